//! Kakao's callback: takes a late answer once per token.
//! <https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/ai_chatbot_callback_guide>

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::feed::{Entry, Feed, Kind};

#[derive(Clone, Debug)]
struct Kakao {
    feed: Feed,
    used: Arc<Mutex<HashSet<String>>>,
}

pub fn router(feed: Feed) -> Router {
    let kakao = Kakao { feed, used: Arc::default() };
    Router::new().route("/v1/bots/{bot}/callback/{token}", post(callback)).with_state(kakao)
}

async fn callback(State(kakao): State<Kakao>, Path((_, token)): Path<(String, String)>, body: String) -> Json<Value> {
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    let outputs = value["template"]["outputs"].as_array().map_or(0, Vec::len);
    let (status, message) = if !kakao.used.lock().unwrap_or_else(PoisonError::into_inner).insert(token) {
        ("FAIL", "Invalid callback token. Check your callback token.")
    } else if value["version"] != "2.0" || !(1..=3).contains(&outputs) || body.len() > 30_720 {
        ("FAIL", "Invalid json response from bot-skill.")
    } else {
        ("SUCCESS", "")
    };
    kakao.feed.push(Entry {
        seq: 0,
        at: shell::clock::now(),
        kind: Kind::Platform,
        title: "Kakao callback".to_owned(),
        status: 200,
        note: format!("{status} {message}").trim_end().to_owned(),
        summary: format!("{outputs} outputs"),
        body: value,
        headers: Vec::new(),
    });
    Json(json!({ "taskId": "local", "status": status, "message": message, "timestamp": shell::clock::now().0 }))
}
