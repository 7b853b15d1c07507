//! A `closer dev` in memory, on a port of its own, and what tests ask of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use closer::dev::{self, Dev, Running};
use closer::feed::{Entry, Kind};
use closer::{gateway, mapping};
use model::{BotId, PlatformType};

/// What the stand-in of LINE signs with.
pub(crate) const LINE_SECRET: &str = "local-line-channel-secret";
pub(crate) const KAKAO_PATH: &str = "/hooks/kakao/Bhello/local-kakao-secret";

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn bot() -> BotId {
    "Bhello".parse().unwrap()
}

pub(crate) async fn start() -> Running {
    dev::start(&Dev::for_tests(root().join("bots"))).await.unwrap()
}

/// Without workers: the test hands out the messages.
pub(crate) async fn start_idle() -> Running {
    let dev = Dev { idle: true, ..Dev::for_tests(root().join("bots")) };
    dev::start(&dev).await.unwrap()
}

/// A request to an adapter, by way of the gateway, as if from outside.
pub(crate) async fn post(running: &Running, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (StatusCode, String) {
    call(running, "POST", path, headers, body).await
}

pub(crate) async fn call(
    running: &Running,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (StatusCode, String) {
    let platform: PlatformType = path.split('/').nth(2).unwrap().parse().unwrap();
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(axum::http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
    }
    let method: Method = method.parse().unwrap();
    let uri: Uri = path.parse().unwrap();
    let adapter = &running.stack.adapters[&platform];
    let response = gateway::invoke(
        async |request| adapter.handle(request).await,
        &method,
        &uri,
        &map,
        &Bytes::copy_from_slice(body),
    )
    .await;
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// A text of `user` on LINE, signed. `event` is LINE's id of it.
pub(crate) async fn line_text(running: &Running, user: &str, event: &str, text: &str) -> StatusCode {
    let body = serde_json::json!({
        "destination": "U00000000000000000000000000000000",
        "events": [{
            "type": "message", "mode": "active", "timestamp": 1_780_300_045_595_i64, "webhookEventId": event,
            "replyToken": format!("token-{event}"), "deliveryContext": { "isRedelivery": false },
            "source": { "type": "user", "userId": user },
            "message": { "type": "text", "id": event, "text": text },
        }],
    })
    .to_string();
    let signature = line_signature(body.as_bytes());
    post(running, "/hooks/line/Bhello", &[("x-line-signature", &signature)], body.as_bytes()).await.0
}

pub(crate) fn line_signature(body: &[u8]) -> String {
    use base64::Engine as _;
    use hmac::Mac as _;
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(LINE_SECRET.as_bytes()).unwrap();
    mac.update(body);
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

pub(crate) fn kakao_body(user: &str, text: &str) -> String {
    serde_json::json!({ "userRequest": { "user": { "id": user, "type": "botUserKey" }, "utterance": text } })
        .to_string()
}

/// What the stand-ins were sent so far.
pub(crate) fn entries(running: &Running, kind: Kind) -> Vec<Entry> {
    running.feed.follow().0.into_iter().filter(|entry| entry.kind == kind).collect()
}

/// The bot says back what it hears.
pub(crate) async fn echo(running: &Running) {
    let stored = running.stack.bots.load(&bot()).await.unwrap().unwrap();
    let json = serde_json::json!({
        "title": "echo", "integration": stored.json["integration"],
        "flows": [{ "id": 1, "title": "s", "data": { "entry": 1 }, "nodes": [
            { "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] },
            { "id": 2, "type": "response", "data": { "message": { "type": "text", "text": "{{message.text}}" } }, "next": [{ "nodeId": 3 }] },
            { "id": 3, "type": "keyboard", "data": { "type": "any" }, "next": [{ "nodeId": 2 }] },
        ] }],
        "preference": { "entryFlowId": 1, "fallbackFlowId": 1 },
    });
    running.stack.bots.save(&bot(), &store::StoredBot::new(stored.version + 1, json)).await.unwrap();
}

/// All customers at once, each one message after another and without waiting for answers. The text is `customer-number`.
pub(crate) async fn crowd(running: &Arc<Running>, users: usize, messages: usize) {
    let talks = (0..users).map(|user| {
        let running = Arc::clone(running);
        tokio::spawn(async move {
            for n in 0..messages {
                let event = format!("{user}-{n}");
                assert_eq!(line_text(&running, &format!("U{user:032x}"), &event, &event).await, 200);
            }
        })
    });
    for talk in futures::future::join_all(talks).await {
        talk.unwrap();
    }
}

/// Messages or events that the stand-ins were sent so far.
pub(crate) fn count(running: &Running, kind: Kind) -> usize {
    let mut count = 0;
    running.feed.each(|entry| {
        if entry.kind == kind {
            count += entry.body["messages"].as_array().map_or(0, Vec::len);
        }
    });
    count
}

/// Waits until `look` finds something. Two minutes are for slow machines; nothing waits that long.
pub(crate) async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1200 {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("waited two minutes for {what}");
}

/// Likewise, where looking takes a while.
pub(crate) async fn until_async<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..1200 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("waited two minutes for {what}");
}

/// A batch from a queue, as Lambda would get it, with the receipts to delete it by.
pub(crate) async fn batch(running: &Running, queue: &str) -> (SqsEvent, Vec<String>) {
    let client = &running.stack.services.aws.sqs;
    let messages = mapping::receive(client, queue, 1).await.unwrap();
    let receipts = messages.iter().filter_map(|message| message.receipt_handle.clone()).collect();
    (mapping::event(messages), receipts)
}

/// Plain HTTP on loopback.
pub(crate) fn http_client() -> reqwest::Client {
    // Its TLS wants a provider even where there is none to speak.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
