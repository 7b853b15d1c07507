//! Comparisons as in JavaScript: `$eq` strictly, `$lt` and its like by number.

use std::cmp::Ordering;

use serde_json::Value;

use super::functions::Argument;

/// What `if` takes for something: all but nothing, `false`, zero, an empty text and an empty list.
pub(super) fn truthy(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(yes)) => *yes,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(_)) => true,
    }
}

pub(super) fn equal(left: &Argument<'_>, right: &Argument<'_>) -> bool {
    match (left.value.as_deref(), right.value.as_deref()) {
        (None, None) => true,
        (None, Some(_)) | (Some(_), None) => false,
        (Some(Value::Number(left)), Some(Value::Number(right))) => left.as_f64() == right.as_f64(),
        // Two are the same only if they are one.
        (Some(left @ (Value::Array(_) | Value::Object(_))), Some(right)) => std::ptr::eq(left, right),
        (Some(left), Some(right)) => left == right,
    }
}

/// None if they cannot be compared.
pub(super) fn compare(left: &Argument<'_>, right: &Argument<'_>) -> Option<Ordering> {
    match (left.value.as_deref()?, right.value.as_deref()?) {
        (Value::String(left), Value::String(right)) => Some(left.encode_utf16().cmp(right.encode_utf16())),
        (left, right) => number(left)?.partial_cmp(&number(right)?),
    }
}

/// What JavaScript makes of a value that is compared with a number; nothing for NaN.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Null => Some(0.0),
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.trim().is_empty() => Some(0.0),
        Value::String(text) => text.trim().parse().ok(),
        Value::Array(_) | Value::Object(_) => None,
    }
}
