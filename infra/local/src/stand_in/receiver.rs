//! A company's webhook receiver, as Standard Webhooks wants one: checks the signature and its age, knows deliveries by
//! their id, and answers 401 to what it does not trust.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use delivery::Secret;
use model::time::EpochSeconds;
use serde_json::Value;

use crate::feed::{Entry, Feed, Kind};

#[derive(Clone, Debug)]
struct Receiver {
    feed: Feed,
    secret: Secret,
    seen: Arc<Mutex<HashMap<String, u64>>>,
}

pub fn router(feed: Feed, secret: Secret) -> Router {
    let receiver = Receiver { feed, secret, seen: Arc::default() };
    Router::new().route("/", post(receive)).with_state(receiver)
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: String) -> (StatusCode, &'static str) {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let now = shell::clock::now();
    let at = EpochSeconds(header("webhook-timestamp").parse().unwrap_or_default());
    let expected = receiver.secret.sign(header("webhook-id"), at, body.as_bytes());
    let signed = header("webhook-signature").split(' ').any(|signature| signature == expected);
    let fresh = (now.seconds().0 - at.0).abs() <= 300;
    let delivery: Result<model::Delivery, _> = serde_json::from_str(&body);

    let mut seen = receiver.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let again = seen.entry(header("webhook-id").to_owned()).and_modify(|count| *count += 1).or_insert(1);
    let (status, note) = match (signed && fresh, &delivery) {
        (false, _) => (StatusCode::UNAUTHORIZED, "the signature is wrong".to_owned()),
        (true, Err(error)) => (StatusCode::BAD_REQUEST, format!("this is no DELIVERY: {error}")),
        (true, Ok(_)) if *again > 1 => (StatusCode::OK, format!("signature valid, seen {again} times")),
        (true, Ok(_)) => (StatusCode::OK, "signature valid".to_owned()),
    };
    drop(seen);
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    receiver.feed.push(Entry {
        seq: 0,
        at: now,
        kind: Kind::Delivery,
        title: "DELIVERY".to_owned(),
        status: status.as_u16(),
        note,
        summary: summary(body["messages"].as_array(), "event"),
        headers: headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        body,
    });
    (status, if status == StatusCode::OK { "OK" } else { "" })
}

/// `2: bot.message.received, bot.message.sent`
pub(super) fn summary(list: Option<&Vec<Value>>, key: &str) -> String {
    let names: Vec<&str> = list.into_iter().flatten().filter_map(|item| item[key].as_str()).collect();
    format!("{}: {}", names.len(), names.join(", "))
}
