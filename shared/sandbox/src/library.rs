//! What scripts may require, and what our own part of it is made of.

use std::sync::OnceLock;

use rquickjs::loader::Loader;
use rquickjs::loader::bundle::Bundle;
use rquickjs::{Ctx, Function, Module, Result, WriteOptions};

/// The names of a module, and its text: the inside of a CommonJS module. Those that begin with `#` are for the others; a
/// script that asks for one gets it, and nothing that it does not have.
type Source = (&'static [&'static str], &'static str);

const MODULES: &[Source] = &[
    (&["#core"], include_str!("js/core.js")),
    (&["#fetch"], include_str!("js/fetch.js")),
    (&["#locale"], include_str!("js/locale.js")),
    (&["#request"], include_str!("js/request.js")),
    (&["#text"], include_str!("js/text.js")),
    (&["#url"], include_str!("js/url.js")),
    // Node's.
    (&["buffer"], include_str!("js/buffer.js")),
    (&["crypto"], include_str!("js/crypto.js")),
    (&["querystring"], include_str!("js/querystring.js")),
    (&["url"], include_str!("js/url-node.js")),
    (&["util"], include_str!("js/util.js")),
    // Written here after libraries.
    (&["axios"], include_str!("js/axios.js")),
    (&["node-fetch", "fetch"], include_str!("js/node-fetch.js")),
    (&["request"], include_str!("js/request-callback.js")),
    (&["request-promise", "request-promise-native"], include_str!("js/request-promise.js")),
    (&["uuid"], include_str!("js/uuid.js")),
    // Libraries; `lib/README.md` says where they are from.
    (&["lodash"], include_str!("../lib/lodash.min.js")),
    (&["moment", "../moment"], include_str!("../lib/moment.min.js")),
    (&["moment/locale/ko", "./locale/ko"], include_str!("../lib/locale/ko.js")),
    (&["moment/locale/ja", "./locale/ja"], include_str!("../lib/locale/ja.js")),
    (&["moment/locale/zh-cn", "./locale/zh-cn"], include_str!("../lib/locale/zh-cn.js")),
    (&["moment-timezone"], include_str!("../lib/moment-timezone-with-data-10-year-range.min.js")),
];

/// One module with its bytecode, as the loader wants it.
type Code = &'static [(&'static str, &'static [u8])];

/// Compiling lodash takes ten times as long as reading its bytecode, so each module is compiled once in a process.
static CODES: [OnceLock<Code>; MODULES.len()] = [const { OnceLock::new() }; MODULES.len()];

/// The first name of a module that is called so.
pub(crate) fn find(name: &str) -> Option<&'static str> {
    MODULES.iter().find(|(names, _)| names.contains(&name)).map(|(names, _)| names[0])
}

/// The function that fills `exports`, of one of the names of [`find`]. Code is all that runs have in common.
pub(crate) fn load<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Option<Function<'js>>> {
    let Some(index) = MODULES.iter().position(|(names, _)| names[0] == name) else { return Ok(None) };
    let code = match CODES[index].get() {
        Some(code) => code,
        None => {
            let code = compile(ctx, &MODULES[index])?;
            CODES[index].get_or_init(|| Box::leak(Box::new([(MODULES[index].0[0], &*code.leak())])))
        }
    };
    // The bundle trusts its bytes. These are what the same engine wrote, from the text above.
    let module = Bundle(*code).load(ctx, code[0].0, None)?;
    let (module, _) = module.eval()?;
    module.get("default").map(Some)
}

fn compile(ctx: &Ctx<'_>, (names, text): &Source) -> Result<Vec<u8>> {
    let text = format!("export default function (exports, require, module, native, load) {{{text}\n}}");
    let module = Module::declare(ctx.clone(), names[0], text)?;
    module.write(WriteOptions { strip_source: true, strip_debug: true, ..WriteOptions::default() })
}
