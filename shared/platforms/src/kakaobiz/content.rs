//! What the customer said: the entries of `contents`, and what a pressed button brought along.
//! <https://mbi-developer-center.happytalk.io/kakaotalk_webhook/counsel_data_reception/kakao_meta_data>

use model::{ContentType, MessageData};
use serde_json::{Value, json};

use super::buttons::is_web;
use super::tolerant::Entry;

/// An entry of a message of this type, with the caption or file name that came along. Nothing if it says nothing.
pub(super) fn read(kind: &str, entry: Entry<'_>) -> Option<(MessageData, Option<String>)> {
    let content_type = content_type(kind);
    if let Some(url) = entry.url {
        let data = MessageData::media(content_type.unwrap_or(ContentType::Link), url);
        return Some((data, entry.comment.map(String::from)));
    }
    // BizGo puts words into `comment`.
    let text = entry.text.or(entry.comment)?;
    match content_type {
        // An address by itself is a file as well.
        Some(content_type) if is_web(&text) => Some((MessageData::media(content_type, text), None)),
        Some(_) | None => Some((MessageData::text(text), None)),
    }
}

/// Kakao's names and BizGo's. What we do not know comes as it looks, like text.
fn content_type(kind: &str) -> Option<ContentType> {
    let is = |names: &[&str]| names.iter().any(|name| kind.eq_ignore_ascii_case(name));
    if is(&["photo", "image"]) {
        Some(ContentType::Image)
    } else if is(&["video"]) {
        Some(ContentType::Video)
    } else if is(&["audio"]) {
        Some(ContentType::Audio)
    } else if is(&["file"]) {
        Some(ContentType::Link)
    } else {
        None
    }
}

/// `extra` of a button: the reference that we gave it, or whatever somebody else did.
pub(super) fn payload(extra: &str) -> Option<Value> {
    match serde_json::from_str(extra) {
        Ok(Value::Object(fields)) => (!fields.is_empty()).then_some(Value::Object(fields)),
        Ok(Value::Null) => None,
        Ok(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | Err(_) => {
            (!extra.trim().is_empty()).then(|| json!(extra))
        }
    }
}

/// `reference.extra`: JSON in a text, where it is JSON that holds something.
pub(super) fn reference(extra: &Value) -> Option<Value> {
    match extra {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => match serde_json::from_str(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => Some(inner),
            Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | Err(_) => Some(extra.clone()),
        },
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(extra.clone()),
    }
}
