//! What a button carries: its whole label, for Messenger cuts what it shows, and what the bot's author gave it.

use model::Button;
use serde_json::{Map, Value, json};

use super::limits;
use super::wire::Carried;

/// `label` is the button's own, trimmed. What is too long for Messenger is known to the conversation by its reference.
pub(super) fn carried(label: &str, button: &Button) -> String {
    let params = button.payload.as_ref().filter(|payload| says_something(payload));
    serde_json::to_string(&Carried { label, params })
        .ok()
        .filter(|carried| limits::PAYLOAD.holds(carried))
        .unwrap_or_else(|| button.reference())
}

/// The label and payload of our own button; of another's only the payload.
pub(super) fn pressed(payload: &str) -> (Option<String>, Option<Value>) {
    let Ok(mut fields) = serde_json::from_str::<Map<String, Value>>(payload) else {
        return (None, (!payload.is_empty()).then(|| json!(payload)));
    };
    let ours = fields.len() == 1 + usize::from(fields.contains_key("params"));
    match fields.get("label") {
        Some(Value::String(label)) if ours && !label.trim().is_empty() => {
            let label = label.clone();
            (Some(label), fields.remove("params").filter(says_something))
        }
        _ => (None, Some(Value::Object(fields)).filter(says_something)),
    }
}

fn says_something(payload: &Value) -> bool {
    match payload {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_button_carries_comes_back() {
        for payload in [
            json!({ "a": [1, null] }),
            json!("text"),
            json!("{\"a\":1}"),
            json!(0),
            json!(false),
            json!([]),
            json!({ "label": "x" }),
            json!({ "label": "x", "params": 1 }),
        ] {
            let button = Button { payload: Some(payload.clone()), ..Button::say("예약 \"🍎\"") };
            assert_eq!(pressed(&carried(&button.label, &button)), (Some(button.label.clone()), Some(payload)));
        }
        for payload in [None, Some(json!(null)), Some(json!("")), Some(json!({}))] {
            let button = Button { payload, ..Button::say("a") };
            assert_eq!(carried("a", &button), r#"{"label":"a"}"#);
        }
        assert_eq!(pressed(r#"{"label":"a"}"#), (Some("a".to_owned()), None));
    }

    #[test]
    fn what_others_wrote_is_kept() {
        for (payload, expected) in [
            ("", None),
            ("{}", None),
            ("BUY", Some(json!("BUY"))),
            ("null", Some(json!("null"))),
            ("[1]", Some(json!("[1]"))),
            ("{\"a\":1", Some(json!("{\"a\":1"))),
            ("{\"a\":1}", Some(json!({ "a": 1 }))),
            ("{\"label\":1}", Some(json!({ "label": 1 }))),
            ("{\"label\":\" \"}", Some(json!({ "label": " " }))),
            ("{\"label\":\"a\",\"b\":1}", Some(json!({ "label": "a", "b": 1 }))),
            ("{\"params\":1}", Some(json!({ "params": 1 }))),
        ] {
            assert_eq!(pressed(payload), (None, expected), "{payload}");
        }
    }

    #[test]
    fn what_is_too_long_is_a_reference() {
        let frame = r#"{"label":"a","params":""}"#.len();
        for (units, reference) in [(1000 - frame, false), (1001 - frame, true), (5000, true)] {
            let button = Button { payload: Some(json!("가".repeat(units))), ..Button::say("a") };
            let carried = carried("a", &button);
            assert_eq!(carried == button.reference(), reference, "{units}");
            assert!(limits::PAYLOAD.holds(&carried));
        }
    }
}
