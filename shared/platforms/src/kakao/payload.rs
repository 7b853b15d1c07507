//! What a button carries: `extra` on the way out, which comes back as `action.clientExtra`.

use serde_json::{Map, Value, json};

/// The one key of an object that holds what Kakao would not carry by itself.
const WRAPPER: &str = "payload";
/// The one key of ours on the button of an interim answer.
const LATE: &str = "closer";

/// `extra` for this payload: Kakao takes objects alone, so anything else is wrapped in one.
pub(super) fn to_extra(payload: &Value) -> Option<Value> {
    match payload {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::Object(fields) if fields.is_empty() => None,
        // These two would be taken for our own when they come back.
        Value::Object(fields) if is_wrapper(fields) || is_late(payload) => Some(json!({ WRAPPER: payload })),
        Value::Object(_) => Some(payload.clone()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Some(json!({ WRAPPER: payload })),
    }
}

/// `meta.payload` for this `clientExtra`. The console's own buttons may hold anything.
pub(super) fn from_extra(extra: &Value) -> Option<Value> {
    match extra {
        Value::Object(fields) if fields.is_empty() => None,
        Value::Object(fields) if is_wrapper(fields) => fields.get(WRAPPER).filter(|inner| !inner.is_null()).cloned(),
        Value::Object(_) => Some(extra.clone()),
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ Value::Object(_)) => from_extra(&inner),
            Ok(Value::Null) => None,
            Ok(_) | Err(_) => (!text.trim().is_empty()).then(|| extra.clone()),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}

/// On the button of an interim answer, which fetches the one that came too late.
pub(super) fn late() -> Value {
    json!({ LATE: "late" })
}

pub(super) fn is_late(extra: &Value) -> bool {
    matches!(extra, Value::Object(fields) if fields.len() == 1 && fields.get(LATE).is_some_and(|of| of == "late"))
}

fn is_wrapper(fields: &Map<String, Value>) -> bool {
    fields.len() == 1 && fields.contains_key(WRAPPER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_come_back_as_they_were() {
        for payload in [
            json!({"a": 1}),
            json!("text"),
            json!("null"),
            json!(r#"{"a":1}"#),
            json!(0),
            json!(false),
            json!([1]),
            json!({"payload": 1}),
            json!({"payload": {"payload": null}}),
            late(),
        ] {
            let extra = to_extra(&payload).unwrap();
            assert!(extra.is_object() && !is_late(&extra), "{extra}");
            assert_eq!(from_extra(&extra), Some(payload));
        }
    }

    #[test]
    fn nothing_is_absent() {
        for payload in [json!(null), json!(""), json!({})] {
            assert_eq!(to_extra(&payload), None);
        }
        for extra in [json!(null), json!(""), json!(" "), json!("null"), json!("{}"), json!({}), json!([]), json!(1)] {
            assert_eq!(from_extra(&extra), None);
        }
        assert_eq!(from_extra(&json!(r#"{"a":1}"#)), Some(json!({"a": 1})));
        assert_eq!(from_extra(&json!("buy")), Some(json!("buy")));
    }
}
