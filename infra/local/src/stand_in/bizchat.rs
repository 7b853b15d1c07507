//! Providers of text messages: SENS, Solapi, Twilio and Message Hub, as far as we call them. A signature must be there;
//! whether it is right is shown by the vectors of the adapter's tests.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::show;
use crate::feed::Feed;

pub fn router(feed: Feed) -> Router {
    Router::new()
        .route("/sms/v2/services/{service}/messages", post(sens))
        .route("/messages/v4/send-many", post(solapi))
        .route("/2010-04-01/Accounts/{account}/Messages.json", post(twilio))
        .route("/auth/v1/{random}", post(msghub_token))
        .route("/msg/v1/{kind}", post(msghub))
        .with_state(feed)
}

fn has(headers: &HeaderMap, name: &str, start: &str) -> bool {
    headers.get(name).is_some_and(|value| !value.is_empty() && value.as_bytes().starts_with(start.as_bytes()))
}

async fn sens(State(feed): State<Feed>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    let signed = ["x-ncp-apigw-timestamp", "x-ncp-iam-access-key", "x-ncp-apigw-signature-v2"];
    let whole =
        ["type", "from", "content"].iter().all(|name| value[*name].as_str().is_some_and(|text| !text.is_empty()))
            && value["messages"].as_array().is_some_and(|list| (1..=100).contains(&list.len()));
    let answer = if !signed.iter().all(|name| has(&headers, name, "")) {
        (StatusCode::UNAUTHORIZED, json!({ "error": { "errorCode": "200", "message": "Authentication Failed" } }))
    } else if !whole {
        (StatusCode::BAD_REQUEST, json!({ "status": 400, "errorMessage": "Bad Request" }))
    } else {
        (StatusCode::ACCEPTED, json!({ "requestId": "local", "statusCode": "202", "statusName": "success" }))
    };
    let kind = value["type"].as_str().unwrap_or_default().to_owned();
    show(&feed, "SENS messages", answer, &kind, value)
}

async fn solapi(State(feed): State<Feed>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    let answer = if !has(&headers, "authorization", "HMAC-SHA256 apiKey=") {
        (StatusCode::FORBIDDEN, json!({ "errorCode": "SignatureDoesNotMatch" }))
    } else if value["messages"].as_array().is_none_or(Vec::is_empty) {
        (StatusCode::BAD_REQUEST, json!({ "errorCode": "ValidationError" }))
    } else {
        (StatusCode::OK, json!({ "groupId": "local" }))
    };
    show(&feed, "Solapi send-many", answer, "", value)
}

async fn twilio(State(feed): State<Feed>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let answer = if !has(&headers, "authorization", "Basic ") {
        (StatusCode::UNAUTHORIZED, json!({ "code": 20_003, "message": "Authenticate" }))
    } else if !["To=", "From="].iter().all(|name| body.contains(name)) {
        (StatusCode::BAD_REQUEST, json!({ "code": 21_604, "message": "A 'To' phone number is required" }))
    } else {
        (StatusCode::CREATED, json!({ "sid": "SMlocal", "status": "queued" }))
    };
    show(&feed, "Twilio Messages", answer, "", Value::from(body))
}

async fn msghub_token(State(feed): State<Feed>, body: String) -> (StatusCode, Json<Value>) {
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    let answer = if value["apiKey"].is_string() && value["apiPwd"].is_string() {
        (
            StatusCode::OK,
            json!({ "code": "10000", "message": "성공", "data": { "token": "local-token", "refreshToken": "local" } }),
        )
    } else {
        (StatusCode::UNAUTHORIZED, json!({ "code": "29002", "message": "인증 실패" }))
    };
    show(&feed, "Message Hub auth", answer, "", Value::Null)
}

async fn msghub(State(feed): State<Feed>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    let answer = if !has(&headers, "authorization", "Bearer local-token") {
        (StatusCode::UNAUTHORIZED, json!({ "code": "29002", "message": "인증 실패" }))
    } else if value["recvInfoLst"].as_array().is_none_or(|list| !(1..=10).contains(&list.len())) {
        (StatusCode::OK, json!({ "code": "21400", "message": "필수 파라미터 오류" }))
    } else {
        (StatusCode::OK, json!({ "code": "10000", "message": "성공" }))
    };
    show(&feed, "Message Hub msg", answer, "", value)
}
