//! NaverTalk's Send API: one event per call; refusals come with HTTP 200. <https://github.com/navertalk/chatbot-api>

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{show, utf16};
use crate::feed::Feed;

pub fn router(feed: Feed) -> Router {
    Router::new().route("/chatbot/v1/event", post(event)).with_state(feed)
}

const CONTENTS: [&str; 3] = ["textContent", "imageContent", "compositeContent"];

async fn event(State(feed): State<Feed>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    let token = headers.get("authorization").map(HeaderValue::as_bytes).unwrap_or_default();
    let checked = if token.is_empty() || token.starts_with(b"Bearer") {
        Err(("01", "Authorization is wrong"))
    } else {
        check(&value)
    };
    let answer = match checked {
        Ok(()) => json!({ "success": true, "resultCode": "00" }),
        Err((code, message)) => json!({ "success": false, "resultCode": code, "resultMessage": message }),
    };
    let content = CONTENTS.into_iter().find(|content| value[*content].is_object()).unwrap_or_default();
    let title = format!("NaverTalk {}", value["event"].as_str().unwrap_or("event"));
    show(&feed, &title, (StatusCode::OK, answer), content, value)
}

fn check(body: &Value) -> Result<(), (&'static str, &'static str)> {
    let broken = |message| Err(("02", message));
    if !body["user"].is_string() {
        return broken("user is missing");
    }
    match body["event"].as_str() {
        Some("send") => {}
        Some("handover") if body["options"]["control"].is_string() => return Ok(()),
        Some("action") if body["options"]["action"].is_string() => return Ok(()),
        _ => return broken("event is missing"),
    }
    if CONTENTS.into_iter().filter(|content| body[*content].is_object()).count() != 1 {
        return broken("exactly one content is sent");
    }
    let within = |value: &Value, most: usize| {
        value.is_null() || value.as_str().is_some_and(|text| !text.is_empty() && utf16(text) <= most)
    };
    let button = |most: usize| {
        move |button: &Value| {
            let data = &button["data"];
            let title = data["title"].as_str().is_some_and(|title| !title.is_empty() && utf16(title) <= most);
            let code = utf16(data["code"].as_str().unwrap_or_default()) <= 1000;
            let links = button["type"] != "LINK" || (data["url"].is_string() && data["mobileUrl"].is_string());
            title && code && links
        }
    };
    let buttons = |list: &Value, most: usize| {
        list.as_array().is_none_or(|list| (1..=10).contains(&list.len()) && list.iter().all(button(most)))
    };
    let text = &body["textContent"]["text"];
    let composites = body["compositeContent"]["compositeList"].as_array().map(Vec::as_slice).unwrap_or_default();
    let composite = |composite: &Value| {
        within(&composite["title"], 200)
            && within(&composite["description"], 1000)
            && buttons(&composite["buttonList"], 18)
    };
    let quick = CONTENTS.into_iter().all(|content| buttons(&body[content]["quickReply"]["buttonList"], 10));
    let right = within(text, 10_000)
        && composites.len() <= 10
        && (body["compositeContent"].is_null() || !composites.is_empty())
        && composites.iter().all(composite)
        && quick;
    if right { Ok(()) } else { broken("a member is missing or too long") }
}
