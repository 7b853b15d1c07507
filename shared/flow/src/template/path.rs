//! Follows paths as JavaScript does: what is not there is nothing, and never an error.

use handlebars::{Context, Helper, PathAndJson, ScopedJson};
use serde_json::Value;

pub(super) enum Found<'rc> {
    Here(&'rc Value),
    Made(Value),
    Missing,
}

/// Follows the names in params 1… from param 0. At the root, a name that the context lacks is a parameter of the bot.
pub(super) fn find<'rc>(call: &Helper<'rc>, context: &'rc Context) -> Found<'rc> {
    let Some(start) = call.param(0) else { return Found::Missing };
    let names = || call.params()[1..].iter().map(|name| name.value().as_str().unwrap_or_default());
    let Some(path) = start.context_path() else {
        if start.is_value_missing() {
            return Found::Missing;
        }
        return match follow(start.value(), names()) {
            Found::Here(value) => Found::Made(value.clone()),
            Found::Made(value) => Found::Made(value),
            Found::Missing => Found::Missing,
        };
    };
    let Found::Here(here) = follow(context.data(), path.iter().map(String::as_str)) else { return Found::Missing };
    let here = match names().next() {
        Some(first) if is_parameter(first, path, here) => &here["params"],
        Some(_) | None => here,
    };
    follow(here, names())
}

fn is_parameter(name: &str, path: &[String], here: &Value) -> bool {
    path.is_empty() && here.get(name).is_none() && here.get("params").is_some()
}

pub(super) fn follow<'v, 'n>(mut here: &'v Value, names: impl Iterator<Item = &'n str>) -> Found<'v> {
    let mut names = names.peekable();
    while let Some(name) = names.next() {
        let next = match here {
            Value::Object(object) => object.get(name),
            Value::Array(list) if name == "length" && names.peek().is_none() => return Found::Made(list.len().into()),
            Value::Array(list) => name.parse::<usize>().ok().and_then(|index| list.get(index)),
            Value::String(text) if name == "length" && names.peek().is_none() => {
                return Found::Made(text.encode_utf16().count().into());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        match next {
            Some(next) => here = next,
            None => return Found::Missing,
        }
    }
    Found::Here(here)
}

/// The value, and the way to it, from which the paths inside a block start.
pub(super) fn at<'rc>(call: &Helper<'rc>, context: &'rc Context) -> ScopedJson<'rc> {
    match find(call, context) {
        Found::Missing => ScopedJson::Missing,
        Found::Made(value) => ScopedJson::Derived(value),
        Found::Here(value) => {
            let start = call.param(0).and_then(PathAndJson::context_path).map_or(&[][..], Vec::as_slice);
            let names = call.params()[1..].iter().filter_map(|name| name.value().as_str());
            let mut path = start.to_vec();
            if let (Some(first), true) = (names.clone().next(), start.is_empty())
                && is_parameter(first, start, context.data())
            {
                path.push("params".to_owned());
            }
            path.extend(names.map(str::to_owned));
            ScopedJson::Context(value, path)
        }
    }
}

/// The message stands for its text wherever one value is wanted.
pub(super) fn said<'v>(value: &'v Value, context: &'v Context) -> &'v Value {
    match context.data().get("message") {
        Some(message) if std::ptr::eq(message, value) => text_of(message),
        Some(_) | None => value,
    }
}

fn text_of(message: &Value) -> &Value {
    message.get("text").unwrap_or(&Value::Null)
}

pub(super) fn scalar<'p>(param: &'p PathAndJson<'_>) -> &'p Value {
    match param.context_path().map(Vec::as_slice) {
        Some([only]) if only == "message" => text_of(param.value()),
        Some(_) | None => param.value(),
    }
}
