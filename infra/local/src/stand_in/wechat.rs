//! WeChat's API: a token that is fetched, customer service messages, media. Refusals come with HTTP 200.
//! <https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage>

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::show;
use crate::feed::Feed;

const TOKEN: &str = "local-wechat-access-token";

pub fn router(feed: Feed) -> Router {
    Router::new()
        .route("/cgi-bin/stable_token", post(stable_token))
        .route("/cgi-bin/message/custom/send", post(send))
        .route("/cgi-bin/media/upload", post(upload))
        .route("/cgi-bin/media/get", get(media))
        .with_state(feed)
}

type Parameters = Query<BTreeMap<String, String>>;

fn authorized(query: &Parameters) -> bool {
    query.get("access_token").is_some_and(|token| token == TOKEN)
}

fn refused(code: i64, message: &str) -> (StatusCode, Value) {
    (StatusCode::OK, json!({ "errcode": code, "errmsg": message }))
}

async fn stable_token(State(feed): State<Feed>, body: String) -> (StatusCode, Json<Value>) {
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    let named = value["appid"].is_string() && value["secret"].is_string();
    let answer = if value["grant_type"] == "client_credential" && named {
        (StatusCode::OK, json!({ "access_token": TOKEN, "expires_in": 7200 }))
    } else {
        refused(40_002, "invalid grant_type")
    };
    // The secret is not for the page.
    show(&feed, "WeChat stable_token", answer, "", Value::Null)
}

async fn send(State(feed): State<Feed>, query: Parameters, body: String) -> (StatusCode, Json<Value>) {
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    let kind = value["msgtype"].as_str().unwrap_or_default().to_owned();
    let content = &value[kind.as_str()];
    let text = content["content"].as_str().unwrap_or_default();
    let answer = if !authorized(&query) {
        refused(40_001, "invalid credential, access_token is invalid or not latest")
    } else if body.contains("\\u") {
        refused(40_033, "invalid charset")
    } else if !value["touser"].is_string() || !content.is_object() {
        refused(47_001, "data format error")
    } else if text.len() > 2048 {
        refused(45_002, "content size out of limit")
    } else if kind == "news" && content["articles"].as_array().is_none_or(|articles| articles.len() != 1) {
        refused(45_008, "article size out of limit")
    } else if ["image", "voice", "video"].contains(&kind.as_str()) && content["media_id"] != "local-media-id" {
        refused(40_007, "invalid media_id")
    } else {
        (StatusCode::OK, json!({ "errcode": 0, "errmsg": "ok" }))
    };
    show(&feed, "WeChat custom/send", answer, &kind, value)
}

async fn upload(
    State(feed): State<Feed>,
    query: Parameters,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let multipart =
        headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data; boundary="));
    let answer = if !authorized(&query) {
        refused(40_001, "invalid credential, access_token is invalid or not latest")
    } else if !multipart || body.is_empty() {
        refused(41_005, "media data missing")
    } else {
        (StatusCode::OK, json!({ "type": query.get("type"), "media_id": "local-media-id", "created_at": 1 }))
    };
    show(&feed, "WeChat media/upload", answer, &format!("{} bytes", body.len()), Value::Null)
}

async fn media(query: Parameters) -> Response {
    if !authorized(&query) {
        return Json(json!({ "errcode": 40_001, "errmsg": "invalid credential" })).into_response();
    }
    match query.get("media_id").map(String::as_str) {
        Some("gone") => return Json(json!({ "errcode": 40_007, "errmsg": "invalid media_id" })).into_response(),
        // Where WeChat keeps videos. No address of ours: it must not be asked for.
        Some("video") => return Json(json!({ "video_url": "http://127.0.0.1:9/video.mp4" })).into_response(),
        _ => {}
    }
    ([(header::CONTENT_TYPE, "image/gif")], super::line::PIXEL).into_response()
}
