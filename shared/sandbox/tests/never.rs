//! Whatever a script is and whatever it is given: no panic, and an end.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::{World, run_in};
use proptest::prelude::*;
use sandbox::Limits;
use serde_json::{Value, json};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<i32>().prop_map(|n| Value::from(f64::from(n) + 0.5)),
        ".{0,20}".prop_map(Value::from),
        Just(json!("__proto__")),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-z_가]{0,9}|__proto__|toString", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Pieces of scripts in any order.
fn any_script() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "module.exports = ",
        "exports.handler = ",
        "async ",
        "(context, callback) => ",
        "function* ",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ";",
        ",",
        "=> ",
        "callback(",
        "null",
        "context",
        ".a",
        "?.b",
        "await ",
        "throw ",
        "return ",
        "new ",
        "Promise",
        "require('lodash')",
        "require('moment')()",
        "fetch('https://a.b/')",
        "new URL('a', 'b:c')",
        "Buffer.from('가')",
        "setTimeout(",
        "process.nextTick(",
        "console.log(",
        "for (;;) ",
        "while (context) ",
        "try ",
        "catch ",
        "finally ",
        "'",
        "`${",
        "`",
        "/a+/.exec(",
        "1n",
        "...",
        "**",
        "Object.prototype",
        "__proto__",
        "Symbol.iterator",
        "class A ",
        "extends ",
        "Proxy",
        "eval(",
        "import(",
        "yield ",
        "\\u{",
        "\u{2028}",
        "// ",
        "/*",
        "#a",
        "0x",
        "var a = ",
        "let a = ",
        "label: ",
        "break label",
        "with (context) ",
        "delete ",
        "typeof ",
        "1",
        "'a'",
    ]);
    prop::collection::vec(pieces, 0..25).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_context_comes_back_as_it_was(context in any_json()) {
        let ran = run_in(&World::default(), "module.exports = async (context) => context;", &context, Limits::default());
        prop_assert_eq!(ran.result, Ok(context));
    }

    #[test]
    fn any_script_ends(script in any_script(), context in any_json()) {
        let limits = Limits { timeout_ms: 60, memory_bytes: 4 << 20, ..Limits::default() };
        for script in [script.clone(), format!("module.exports = async (context, callback) => {{ {script} }};")] {
            if let Err(failure) = run_in(&World::default(), &script, &context, limits).result {
                prop_assert!(!failure.name.is_empty() && failure.message != "the script could not be run", "{failure}");
            }
        }
        prop_assert_eq!(sandbox::stuck(), 0);
    }
}
