//! Follows paths as JavaScript does: what is not there is nothing, and never an error.

use std::borrow::Cow;

use serde_json::Value;

/// `here.name`.
pub(super) fn step<'v>(here: Cow<'v, Value>, name: &str) -> Option<Cow<'v, Value>> {
    match here {
        Cow::Borrowed(here) => match member(here, name) {
            Some(next) => Some(Cow::Borrowed(next)),
            None => made(here, name).map(Cow::Owned),
        },
        Cow::Owned(here) => member(&here, name).cloned().or_else(|| made(&here, name)).map(Cow::Owned),
    }
}

fn member<'v>(here: &'v Value, name: &str) -> Option<&'v Value> {
    match here {
        Value::Object(object) => object.get(name),
        Value::Array(list) => index(name).and_then(|index| list.get(index)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// What JavaScript has without it being stored.
fn made(here: &Value, name: &str) -> Option<Value> {
    match here {
        Value::Array(list) if name == "length" => Some(list.len().into()),
        Value::String(text) if name == "length" => Some(text.encode_utf16().count().into()),
        // Letters beyond the BMP count as one here: half of one cannot be printed.
        Value::String(text) => text.chars().nth(index(name)?).map(|letter| letter.to_string().into()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn index(name: &str) -> Option<usize> {
    name.parse().ok().filter(|_| name.bytes().all(|byte| byte.is_ascii_digit()))
}
