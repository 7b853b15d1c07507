//! Messenger's Send API, as far as we call it: one message per call, to one recipient, within the limits of templates
//! and quick replies. <https://developers.facebook.com/docs/messenger-platform/reference/send-api>

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{show, utf16};
use crate::feed::Feed;

pub fn router(feed: Feed) -> Router {
    Router::new()
        .route("/{version}/{page}/messages", post(messages))
        .route("/{version}/{page}/pass_thread_control", post(pass_thread_control))
        .with_state(feed)
}

async fn messages(
    State(feed): State<Feed>,
    Path((_, page)): Path<(String, String)>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, Json<Value>) {
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    let checked = authorized(&headers).and_then(|()| message(&value));
    let answer = match checked {
        Ok(()) => {
            (StatusCode::OK, json!({ "recipient_id": value["recipient"]["id"], "message_id": format!("m_{page}") }))
        }
        Err(error) => failed(error),
    };
    let kind = ["text", "attachment"].into_iter().find(|kind| !value["message"][*kind].is_null());
    let template = value["message"]["attachment"]["payload"]["template_type"].as_str();
    let summary = template.or(kind).unwrap_or("action").to_owned();
    show(&feed, "Messenger message", answer, &summary, value)
}

async fn pass_thread_control(State(feed): State<Feed>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    let named = value["recipient"]["id"].is_string() && !value["target_app_id"].is_null();
    let checked = authorized(&headers).and(if named { Ok(()) } else { Err((100, "(#100) Invalid parameter")) });
    let answer = match checked {
        Ok(()) => (StatusCode::OK, json!({ "success": true })),
        Err(error) => failed(error),
    };
    show(&feed, "Messenger pass_thread_control", answer, "", value)
}

type Refusal = (u32, &'static str);

fn failed((code, message): Refusal) -> (StatusCode, Value) {
    (StatusCode::BAD_REQUEST, json!({ "error": { "message": message, "type": "OAuthException", "code": code } }))
}

fn authorized(headers: &HeaderMap) -> Result<(), Refusal> {
    let bearer = headers.get("authorization").is_some_and(|value| value.as_bytes().starts_with(b"Bearer "));
    bearer.then_some(()).ok_or((190, "Invalid OAuth access token."))
}

fn message(body: &Value) -> Result<(), Refusal> {
    let invalid = Err((100, "(#100) Invalid parameter"));
    if !body["recipient"]["id"].is_string() || !body["messaging_type"].is_string() {
        return invalid;
    }
    let message = &body["message"];
    let (text, attachment) = (message["text"].as_str(), &message["attachment"]);
    if text.is_some() != attachment.is_null() || text.is_some_and(|text| text.is_empty() || utf16(text) >= 2000) {
        return invalid;
    }
    let replies = message["quick_replies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let payload = |button: &Value| button["payload"].as_str().is_none_or(|payload| utf16(payload) <= 1000);
    let title =
        |value: &Value, most: usize| value.as_str().is_some_and(|title| !title.is_empty() && utf16(title) <= most);
    let reply = |reply: &Value| reply["content_type"] == "text" && title(&reply["title"], 20) && payload(reply);
    if replies.len() > 13
        || !replies.iter().all(reply)
        || utf16(message["metadata"].as_str().unwrap_or_default()) >= 1000
    {
        return invalid;
    }
    let button = |button: &Value| match button["type"].as_str() {
        Some("web_url") => title(&button["title"], 20) && button["url"].is_string(),
        Some("postback" | "phone_number") => {
            title(&button["title"], 20) && button["payload"].is_string() && payload(button)
        }
        _ => false,
    };
    let buttons =
        |value: &Value| value.as_array().is_none_or(|list| (1..=3).contains(&list.len()) && list.iter().all(button));
    let content = &attachment["payload"];
    let right = match (attachment["type"].as_str(), content["template_type"].as_str()) {
        (None, _) => true,
        (Some("image" | "video" | "audio" | "file"), _) => content["url"].is_string(),
        (Some("template"), Some("button")) => {
            title(&content["text"], 640) && content["buttons"].is_array() && buttons(&content["buttons"])
        }
        (Some("template"), Some("generic")) => content["elements"].as_array().is_some_and(|elements| {
            let element = |element: &Value| title(&element["title"], 80) && buttons(&element["buttons"]);
            (1..=10).contains(&elements.len()) && elements.iter().all(element)
        }),
        _ => false,
    };
    if right { Ok(()) } else { invalid }
}
