//! LINE's Messaging API, as far as we call it: reply and push. It keeps LINE's rules: a bearer token, 1 to 5 messages, a
//! reply token works once, a retry key is taken once and refused on reply.
//! <https://developers.line.biz/en/reference/messaging-api/>

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::feed::{Entry, Feed, Kind};

#[derive(Clone, Debug)]
struct Line {
    feed: Feed,
    used: Arc<Mutex<Used>>,
}

#[derive(Debug, Default)]
struct Used {
    reply_tokens: HashSet<String>,
    retry_keys: HashSet<String>,
}

pub fn router(feed: Feed) -> Router {
    let line = Line { feed, used: Arc::default() };
    Router::new()
        .route("/v2/bot/message/reply", post(reply))
        .route("/v2/bot/message/push", post(push))
        .route("/v2/bot/message/{id}/content", get(content))
        .with_state(line)
}

async fn reply(State(line): State<Line>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    line.answer("reply", &headers, &body, |used, body| {
        if headers.contains_key("x-line-retry-key") {
            return Err((StatusCode::BAD_REQUEST, "The retry key is not supported"));
        }
        let token = body["replyToken"].as_str().unwrap_or_default();
        if token.is_empty() || !used.reply_tokens.insert(token.to_owned()) {
            return Err((StatusCode::BAD_REQUEST, "Invalid reply token"));
        }
        Ok(())
    })
}

async fn push(State(line): State<Line>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    line.answer("push", &headers, &body, |used, body| {
        if body["to"].as_str().unwrap_or_default().is_empty() {
            return Err((StatusCode::BAD_REQUEST, "The property, 'to', in the request body is invalid"));
        }
        match headers.get("x-line-retry-key").and_then(|key| key.to_str().ok()) {
            Some(key) if !used.retry_keys.insert(key.to_owned()) => {
                Err((StatusCode::CONFLICT, "The retry key is already accepted"))
            }
            _ => Ok(()),
        }
    })
}

/// A picture of one pixel for every message, but for ids that end in a status, or in how many bytes there are.
async fn content(Path(id): Path<String>, headers: HeaderMap) -> Response {
    if !headers.get("authorization").is_some_and(|value| value.as_bytes().starts_with(b"Bearer ")) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if let Some(bytes) = id.split_once('b').and_then(|(_, bytes)| bytes.parse::<usize>().ok()) {
        let body: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
        return ([(header::CONTENT_TYPE, "video/mp4")], body).into_response();
    }
    match id.split_once('s').and_then(|(_, status)| StatusCode::from_bytes(status.as_bytes()).ok()) {
        Some(status) => status.into_response(),
        None => ([(header::CONTENT_TYPE, "image/gif")], PIXEL).into_response(),
    }
}

pub(super) const PIXEL: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

impl Line {
    fn answer(
        &self,
        call: &str,
        headers: &HeaderMap,
        body: &str,
        check: impl FnOnce(&mut Used, &Value) -> Result<(), (StatusCode, &'static str)>,
    ) -> (StatusCode, Json<Value>) {
        let value: Value = serde_json::from_str(body).unwrap_or_default();
        let count = value["messages"].as_array().map_or(0, Vec::len);
        let checked = if !headers.get("authorization").is_some_and(|value| value.as_bytes().starts_with(b"Bearer ")) {
            Err((StatusCode::UNAUTHORIZED, "Authentication failed"))
        } else if !(1..=5).contains(&count) {
            Err((StatusCode::BAD_REQUEST, "Size must be between 1 and 5"))
        } else {
            check(&mut self.used.lock().unwrap_or_else(PoisonError::into_inner), &value)
        };
        let (status, answer) = match checked {
            Ok(()) => {
                let sent: Vec<Value> = (1..=count).map(|n| json!({ "id": n.to_string() })).collect();
                (StatusCode::OK, json!({ "sentMessages": sent }))
            }
            Err((status, message)) => (status, json!({ "message": message })),
        };
        self.feed.push(Entry {
            seq: 0,
            at: shell::clock::now(),
            kind: Kind::Platform,
            title: format!("LINE {call}"),
            status: status.as_u16(),
            note: answer["message"].as_str().unwrap_or_default().to_owned(),
            summary: super::receiver::summary(value["messages"].as_array(), "type"),
            body: value,
            headers: Vec::new(),
        });
        (status, Json(answer))
    }
}
