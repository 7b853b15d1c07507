//! The cases of `testdata`, and what must hold whatever comes.

mod begin;
mod frames;
mod sockets;
mod tokens;

use serde_json::{Value, json};

use super::{PLATFORM, Web};
use crate::Setup;
use crate::testkit::Kit;

const KIT: Kit = Kit { platform: &PLATFORM, settings };

fn settings() -> Value {
    json!({
        "tokenIssuer": "chat-gateway",
        "tokenSecret": "web-shared-token-secret-0123456789abcdef",
        "identitySecret": "web-shared-identity-secret",
        "apiKey": "key-of-the-company-1",
        "allowedOrigins": ["https://shop.example.com"],
        "uploadUriPrefixes": ["https://media.example.com/u/"],
    })
}

fn web() -> Web {
    web_with(&json!({}))
}

fn web_with(changes: &Value) -> Web {
    let mut settings = settings();
    settings.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap());
    let bot_id = "Bweb01".parse().unwrap();
    let public_url = "https://bots.example.com";
    Web::connect(Setup { bot_id: &bot_id, settings: &settings, public_url, preference: &Value::Null }).unwrap()
}

#[test]
fn inbound() {
    KIT.inbound_cases();
}

#[test]
fn outbound() {
    KIT.outbound_cases(frames::check, |_| unreachable!("nobody waits"));
}

#[test]
fn what_the_log_says_is_judged() {
    KIT.judge_cases();
}

#[test]
fn settings_are_read_or_refused_with_a_reason() {
    for (changes, part) in [
        (json!({ "tokenSecret": "" }), "tokenSecret"),
        (json!({ "tokenSecret": "short" }), "16"),
        (json!({ "apiKey": ["long-enough-for-a-key", "short"] }), "16"),
        (json!({ "allowedOrigins": "https://shop.example.com" }), "lists"),
        (json!({ "allowedOrigins": ["https://shop.example.com/"] }), "origins"),
        (json!({ "allowedOrigins": ["https://Shop.example.com"] }), "origins"),
        (json!({ "allowedOrigins": ["*"] }), "origins"),
        (json!({ "allowedOrigins": ["null"] }), "origins"),
        (json!({ "uploadUriPrefixes": ["http://media.example.com/u/"] }), "https"),
        (json!({ "uploadUriPrefixes": ["https://media.example.com/u"] }), "slash"),
    ] {
        let mut all = settings();
        all.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap());
        let reason = KIT.connect(&all).unwrap_err();
        assert!(reason.contains(part), "{changes}: {reason}");
        assert!(!reason.contains("short\""), "{reason}");
    }
}
