//! Stand-ins for what lives outside: messengers' APIs and a company's webhook receiver. They are as strict as the real
//! ones, and show on the page what they were sent.

pub mod bizchat;
pub mod facebook;
pub mod kakao;
pub mod kakaobiz;
pub mod line;
pub mod mail;
pub mod navertalk;
pub mod receiver;
pub mod uploads;
pub mod wechat;

use axum::http::StatusCode;
use axum::{Json, Router};
use delivery::Secret;
use serde_json::Value;

use crate::feed::{Entry, Feed, Kind};

/// All of them, below `/stand-in`.
pub fn router(feed: &Feed, secret: Secret) -> Router {
    Router::new()
        .nest("/stand-in/bizchat", bizchat::router(feed.clone()))
        .nest("/stand-in/facebook", facebook::router(feed.clone()))
        .nest("/stand-in/kakao", kakao::router(feed.clone()))
        .nest("/stand-in/kakaobiz", kakaobiz::router(feed.clone()))
        .nest("/stand-in/line", line::router(feed.clone()))
        .nest("/stand-in/mail", mail::router(feed.clone()))
        .nest("/stand-in/navertalk", navertalk::router(feed.clone()))
        .nest(uploads::PATH, uploads::router())
        .nest("/stand-in/wechat", wechat::router(feed.clone()))
        .nest("/stand-in/receiver", receiver::router(feed.clone(), secret))
}

/// Where a platform's API is when its stand-in takes its place. Every host has one: a test of the whole system must not
/// reach the real one.
pub fn place(variable: &str, base: &str) -> Option<String> {
    let hosts = |kind: &platforms::Platform| kind.hosts.iter().any(|host| host.variable == variable);
    let platform = platforms::PLATFORMS.iter().find(|platform| hosts(platform))?;
    Some(format!("{base}/stand-in/{}", platform.kind))
}

/// Puts what was sent and answered on the page, and answers.
fn show(
    feed: &Feed,
    title: &str,
    (status, answer): (StatusCode, Value),
    summary: &str,
    body: Value,
) -> (StatusCode, Json<Value>) {
    let refusal = ["errmsg", "resultMessage", "message", "errorMessage", "errorCode"]
        .iter()
        .find_map(|name| answer[*name].as_str());
    let refusal = refusal.or_else(|| answer["error"]["message"].as_str());
    feed.push(Entry {
        seq: 0,
        at: shell::clock::now(),
        kind: Kind::Platform,
        title: title.to_owned(),
        status: status.as_u16(),
        note: refusal.filter(|text| !["ok", "성공"].contains(text)).unwrap_or_default().to_owned(),
        summary: summary.to_owned(),
        body,
        headers: Vec::new(),
    });
    (status, Json(answer))
}

/// As most messengers count.
fn utf16(text: &str) -> usize {
    text.encode_utf16().count()
}
