//! What the customer said in a skill request: pictures, pictures of the secure plugin, a place, or words.

use std::borrow::Cow;

use model::{ContentType, Location, MessageData};
use serde_json::{Map, Value};

use super::buttons::is_web;
use super::wire::SkillPayload;

/// Empty when nothing was said. With a picture or a place, the utterance only repeats it.
pub(super) fn read(payload: &SkillPayload<'_>) -> Vec<MessageData> {
    if let Some(picture) = media(payload) {
        return vec![picture];
    }
    let details = &payload.action.detail_params;
    let secure = secure_images(details);
    if !secure.is_empty() {
        return secure;
    }
    if let Some(location) = details.values().find_map(location) {
        return vec![MessageData::Location { location }];
    }
    let utterance = payload.user_request.utterance.as_deref().unwrap_or_default();
    // Kept to the letter, a line break at its end included.
    if utterance.trim().is_empty() { Vec::new() } else { vec![MessageData::text(utterance)] }
}

fn media(payload: &SkillPayload<'_>) -> Option<MessageData> {
    let media = object(&payload.user_request.params.media)?;
    let url = media.get("url").and_then(Value::as_str).filter(|url| !url.trim().is_empty())?;
    // Never by the ending: Kakao's addresses often have none.
    let content_type = match media.get("type").and_then(Value::as_str) {
        Some("image") => ContentType::Image,
        Some("video") => ContentType::Video,
        Some("audio") => ContentType::Audio,
        _ if payload.flow.trigger.kind.as_deref() == Some("IMAGE_UPLOAD") => ContentType::Image,
        _ => ContentType::Link,
    };
    Some(MessageData::media(content_type, url))
}

/// 이미지 보안전송. The bot's owner chooses the parameter's name, so it is known by its value.
fn secure_images(details: &Map<String, Value>) -> Vec<MessageData> {
    details
        .values()
        .flat_map(|detail| {
            let value = object(&detail["value"]).unwrap_or_default();
            let urls =
                [value.get("secureUrls"), detail.get("origin")].map(|urls| urls.and_then(Value::as_str).map(list));
            urls.into_iter().flatten().find(|urls| !urls.is_empty()).unwrap_or_default()
        })
        .map(|url| MessageData::media(ContentType::Image, url))
        .collect()
}

/// The addresses of `List(url1, url2)`, none if anything else is in it. An address may hold a comma.
fn list(text: &str) -> Vec<String> {
    let Some(inside) = text.trim().strip_prefix("List(").and_then(|text| text.strip_suffix(')')) else {
        return Vec::new();
    };
    let mut urls: Vec<String> = Vec::new();
    for part in inside.split(',') {
        if is_web(part.trim()) {
            urls.push(part.trim().to_owned());
        } else {
            let Some(url) = urls.last_mut() else { return Vec::new() };
            url.push(',');
            url.push_str(part);
        }
    }
    urls
}

/// 위치 전송. Its exact form is not documented.
fn location(detail: &Value) -> Option<Location> {
    let value = object(&detail["value"])?;
    let degrees = |name: &str, most: f64| {
        let degrees = match value.get(name)? {
            Value::Number(number) => number.as_f64()?,
            Value::String(text) => text.trim().parse().ok()?,
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        // Not a number is not within either.
        (-most..=most).contains(&degrees).then_some(degrees)
    };
    let title = ["address", "name"]
        .into_iter()
        .filter_map(|name| value.get(name).and_then(Value::as_str))
        .find(|title| !title.trim().is_empty())
        .map(str::to_owned);
    Some(Location { title, latitude: degrees("latitude", 90.0)?, longitude: degrees("longitude", 180.0)? })
}

/// An object, also one inside a text.
fn object(value: &Value) -> Option<Cow<'_, Map<String, Value>>> {
    match value {
        Value::Object(fields) => Some(Cow::Borrowed(fields)),
        Value::String(text) => serde_json::from_str(text).ok().map(Cow::Owned),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}
