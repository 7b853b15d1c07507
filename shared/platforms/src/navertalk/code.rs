//! What a button carries: `code` on the way out, which comes back with the title of the pressed button.
//!
//! A payload that is an object, or a text, is the code as it is. Beside it stands the whole label where NaverTalk shows a
//! shorter one, and what is neither object nor text is wrapped:
//!
//! ```json
//! { "_label": "the whole label", "a": 1 }
//! { "_label": "the whole label", "_payload": ["a"] }
//! ```

use model::Button;
use serde_json::{Map, Value, json};

use super::limits;

const LABEL: &str = "_label";
const PAYLOAD: &str = "_payload";

/// The code of a button that is shown as `title`. What is too long is named instead, and the conversation knows what the
/// name stands for.
pub(super) fn of(button: &Button, title: &str) -> String {
    let label = (button.label != title).then_some(button.label.as_str());
    let code = encode(label, button.payload.as_ref());
    if limits::CODE.holds(&code) { code } else { button.reference() }
}

fn encode(label: Option<&str>, payload: Option<&Value>) -> String {
    let payload = payload.filter(|payload| !is_nothing(payload));
    let Some(label) = label else {
        return match payload {
            None => "{}".to_owned(),
            Some(Value::String(text)) if comes_back(text) => text.clone(),
            Some(Value::Object(fields)) if !is_ours(fields) => Value::from(fields.clone()).to_string(),
            Some(payload) => json!({ PAYLOAD: payload }).to_string(),
        };
    };
    let mut code = Map::from_iter([(LABEL.to_owned(), json!(label))]);
    match payload {
        None => {}
        Some(Value::Object(fields)) if !is_ours(fields) => code.extend(fields.clone()),
        Some(payload) => code.extend([(PAYLOAD.to_owned(), payload.clone())]),
    }
    Value::Object(code).to_string()
}

/// The whole label, where the code holds it, and the payload.
pub(super) fn read(code: &str) -> (Option<String>, Option<Value>) {
    let mut fields = match serde_json::from_str(code) {
        Ok(Value::Object(fields)) => fields,
        Ok(Value::Null) => return (None, None),
        Ok(_) | Err(_) => return (None, (!code.is_empty()).then(|| json!(code))),
    };
    let label = match fields.get(LABEL) {
        Some(Value::String(label)) if !label.trim().is_empty() => Some(label.clone()),
        Some(_) | None => None,
    };
    if label.is_some() {
        fields.remove(LABEL);
    }
    if fields.len() == 1
        && let Some(payload) = fields.remove(PAYLOAD)
    {
        return (label, Some(payload).filter(|payload| !payload.is_null()));
    }
    (label, (!fields.is_empty()).then_some(Value::Object(fields)))
}

fn is_nothing(payload: &Value) -> bool {
    match payload {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => false,
    }
}

/// Whether a text that is the whole code is read as that text, or as the object in it. A blank one may be as good as none.
fn comes_back(text: &str) -> bool {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => !is_ours(&fields) && !fields.is_empty(),
        Ok(Value::Null) => false,
        Ok(_) | Err(_) => !text.trim().is_empty(),
    }
}

fn is_ours(fields: &Map<String, Value>) -> bool {
    fields.contains_key(LABEL) || fields.contains_key(PAYLOAD)
}
