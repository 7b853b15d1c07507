//! Amazon SES, as far as a bot's e-mail node needs it: what is sent is shown on the page and goes nowhere.
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::show;
use crate::feed::Feed;

/// The installation's address.
pub const FROM: &str = "bot@local.example";

pub fn router(feed: Feed) -> Router {
    Router::new().route("/v2/email/outbound-emails", post(send)).with_state(feed)
}

async fn send(State(feed): State<Feed>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    let refused = |status: StatusCode, message: &str| (status, json!({ "message": message }));
    let signed = headers.get("authorization").is_some_and(|value| value.as_bytes().starts_with(b"AWS4-HMAC-SHA256 "));
    let to = value["Destination"]["ToAddresses"].as_array().cloned().unwrap_or_default();
    let subject = value["Content"]["Simple"]["Subject"]["Data"].as_str();
    let answer = if !signed {
        refused(StatusCode::FORBIDDEN, "Missing Authentication Token")
    } else if value["FromEmailAddress"] != FROM {
        refused(StatusCode::BAD_REQUEST, "Email address is not verified.")
    } else if to.is_empty() || subject.is_none() || !value["Content"]["Simple"]["Body"]["Html"]["Data"].is_string() {
        refused(StatusCode::BAD_REQUEST, "Missing required field")
    } else {
        (StatusCode::OK, json!({ "MessageId": "local" }))
    };
    let to: Vec<&str> = to.iter().filter_map(Value::as_str).collect();
    let summary = format!("{}: {}", to.join(", "), subject.unwrap_or_default());
    show(&feed, "e-mail", answer, &summary, value)
}
