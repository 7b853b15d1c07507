//! Happytalk's API for consultation talk: one bubble per call, pictures uploaded before, a serial number is taken once.
//! <https://developer-center.happytalk.io/KakaoWebhook>

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{show, utf16};
use crate::feed::Feed;

#[derive(Clone, Debug)]
struct Kakaobiz {
    feed: Feed,
    serials: Arc<Mutex<HashSet<String>>>,
}

pub fn router(feed: Feed) -> Router {
    Router::new()
        .route("/v1/chat/write", post(write))
        .route("/v1/image/upload", post(upload))
        .route("/v1/file/upload", post(upload))
        .with_state(Kakaobiz { feed, serials: Arc::default() })
}

fn authorized(headers: &HeaderMap) -> bool {
    ["ht-client-id", "ht-client-secret"].iter().all(|name| headers.get(*name).is_some_and(|value| !value.is_empty()))
}

async fn write(State(kakaobiz): State<Kakaobiz>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    let serial = value["serial_number"].as_str().unwrap_or_default().to_owned();
    let answer = if !authorized(&headers) {
        (StatusCode::UNAUTHORIZED, json!({ "code": "401", "message": "Unauthorized" }))
    } else if !right(&value) {
        (StatusCode::OK, json!({ "code": "-400", "message": "InvalidParameterException" }))
    } else if !kakaobiz.serials.lock().unwrap_or_else(PoisonError::into_inner).insert(serial) {
        (StatusCode::OK, json!({ "code": "-503", "message": "duplicated serial_number" }))
    } else {
        (StatusCode::OK, json!({ "code": "0" }))
    };
    let kind = value["message_type"].as_str().unwrap_or_default().to_owned();
    show(&kakaobiz.feed, "상담톡 write", answer, &kind, value)
}

fn right(body: &Value) -> bool {
    let within = |value: &Value, most: usize| utf16(value.as_str().unwrap_or_default()) <= most;
    let required =
        |name: &str, most: usize| body[name].as_str().is_some_and(|text| !text.is_empty() && utf16(text) <= most);
    let links = body["links"].as_array().map(Vec::as_slice).unwrap_or_default();
    let quick = body["supplement"]["quick_reply"].as_array().map(Vec::as_slice).unwrap_or_default();
    let button = |most: usize| {
        move |button: &Value| {
            let name = button["name"].as_str().is_some_and(|name| !name.is_empty() && utf16(name) <= most);
            let extra = button["extra"].as_str().unwrap_or_default();
            let safe = extra.len() <= 50 && extra.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            name && safe && button["type"].is_string()
        }
    };
    let content = match body["message_type"].as_str() {
        Some("TX" | "LI") => required("message", 1000),
        Some("IM") => required("image_url", 1000),
        Some("FI" | "AU") => body["file_url"].is_string(),
        _ => false,
    };
    required("user_key", 20)
        && required("sender_key", 40)
        && required("serial_number", 30)
        && content
        && within(&body["message"], 1000)
        && links.len() <= 5
        && links.iter().all(button(28))
        && quick.len() <= 10
        && quick.iter().all(button(14))
}

async fn upload(State(kakaobiz): State<Kakaobiz>, headers: HeaderMap, body: Bytes) -> (StatusCode, Json<Value>) {
    let multipart =
        headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data; boundary="));
    let answer = if authorized(&headers) && multipart {
        let url = "https://mud-kage.kakao.com/dn/local/img.jpg";
        (StatusCode::OK, json!({ "code": "0000", "image": url, "file": url, "name": "local", "size": body.len() }))
    } else {
        (StatusCode::OK, json!({ "code": "-505", "message": "FailedToUpload" }))
    };
    show(&kakaobiz.feed, "상담톡 upload", answer, &format!("{} bytes", body.len()), Value::Null)
}
