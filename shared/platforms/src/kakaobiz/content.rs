//! What an event says: the entries of `contents`, what a pressed button brought along, and where a customer came from.
//! <https://mbi-developer-center.happytalk.io/kakaotalk_webhook/counsel_data_reception/kakao_meta_data>

use model::{ContentType, InboundKind, MessageData, Meta, Params};
use serde_json::{Value, json};

use super::buttons::is_web;
use super::event::Event;
use super::tolerant::Entry;

/// Each entry is a message, with its place among them. The first brings along what belongs to all.
pub(super) fn messages(event: Event<'_>) -> Vec<(String, InboundKind)> {
    let kind = event.kind.as_deref().unwrap_or_default();
    let of_each = || {
        let mut extra = serde_json::Map::new();
        for (name, value) in [("sessionId", &event.session_id), ("appUserId", &event.app_user_id)] {
            if let Some(value) = value {
                extra.insert(name.to_owned(), json!(value));
            }
        }
        extra
    };
    let mut payload = event.extra.as_deref().and_then(self::payload);
    // The whole of a text that is too long for Kakao. To fetch it takes longer than the request may.
    let mut attachment_url = event.attachment.url.or(event.attachment.text);

    let mut messages = Vec::with_capacity(event.entries.0.len());
    for (index, entry) in event.entries.0.into_iter().enumerate() {
        let Some((data, comment)) = read(kind, entry) else { continue };
        let place = if index == 0 { String::new() } else { format!("#{index}") };
        let platform_message_id = event.serial.as_ref().map(|serial| format!("{serial}{place}"));
        let mut extra = of_each();
        if let Some(url) = attachment_url.take() {
            extra.insert("attachmentUrl".to_owned(), json!(url));
        }
        let meta = Box::new(Meta { payload: payload.take(), comment, extra, ..Meta::default() });
        messages.push((place, InboundKind::Message { platform_message_id, data, meta }));
    }
    messages
}

/// The session began. Who it is in the company's own app is told here, and not with each word.
pub(super) fn reference(event: Event<'_>) -> Vec<(String, InboundKind)> {
    let app_user_id = app_user_id(&event);
    let mut kinds = vec![(String::new(), InboundKind::Opened { params: opened(event), once: true })];
    if let Some(id) = app_user_id {
        let params = Params::from_iter([("appUserId".to_owned(), id)]);
        kinds.push((" appUserId".to_owned(), InboundKind::Updated { params }));
    }
    kinds
}

/// Where the customer came from this time. All of it each time: `null` takes away what an earlier session told.
fn opened(event: Event<'_>) -> Params {
    let reference = event.reference;
    let mut words = [&reference["lastText"], &reference["text"]].into_iter().filter_map(Value::as_str);
    let last_text = words.find(|text| !text.is_empty());
    Params::from_iter([
        ("reference".to_owned(), json!(entry_of(&reference["extra"]))),
        ("lastText".to_owned(), json!(last_text)),
        ("lastReference".to_owned(), json!(last_reference(event.last_reference))),
    ])
}

/// Kakao writes all its fields, and `null` where there is nothing.
fn last_reference(told: Value) -> Option<Value> {
    let Value::Object(mut fields) = told else { return None };
    fields.retain(|_, value| !value.is_null());
    (!fields.is_empty()).then_some(Value::Object(fields))
}

fn app_user_id(event: &Event<'_>) -> Option<Value> {
    if let Some(id) = &event.app_user_id {
        return Some(json!(id));
    }
    match &event.reference["appUserId"] {
        Value::Number(id) => Some(json!(id.to_string())),
        Value::String(id) if !id.is_empty() => Some(json!(id)),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// An entry of a message of this type, with the caption or file name that came along. Nothing if it says nothing.
fn read(kind: &str, entry: Entry<'_>) -> Option<(MessageData, Option<String>)> {
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
fn payload(extra: &str) -> Option<Value> {
    match serde_json::from_str(extra) {
        Ok(Value::Object(fields)) => (!fields.is_empty()).then_some(Value::Object(fields)),
        Ok(Value::Null) => None,
        Ok(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | Err(_) => {
            (!extra.trim().is_empty()).then(|| json!(extra))
        }
    }
}

/// `reference.extra`: JSON in a text, where it is JSON that holds something.
fn entry_of(extra: &Value) -> Option<Value> {
    match extra {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => match serde_json::from_str(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => Some(inner),
            Ok(Value::Null) => None,
            Ok(Value::Bool(_) | Value::Number(_) | Value::String(_)) | Err(_) => Some(extra.clone()),
        },
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(extra.clone()),
    }
}
