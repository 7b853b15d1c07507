//! The same event has the same id however it comes, and another has another.

use model::{EpochMillis, InboundId, PlatformType};
use serde_json::{Value, json};

use super::{KIT, SECRET, SENDER};
use crate::testkit::{Incoming, RECEIVED_AT};

fn ids_at(path: &str, body: &Value, received_at: EpochMillis) -> Vec<InboundId> {
    let channel = KIT.channel_with(&json!({ "senderKeys": [SENDER, "9"] }));
    let (tail, body) = (format!("{SECRET}/{path}"), body.to_string());
    let incoming = Incoming { tail: &tail, body: body.as_bytes(), received_at, ..Incoming::default() };
    KIT.receive(&*channel, &incoming).unwrap().inbound.iter().map(|inbound| inbound.id).collect()
}

fn message(changes: &Value) -> Value {
    let mut body = json!({
        "user_key": "U1", "sender_key": SENDER, "session_id": "5", "time": 1_718_100_000_000_i64,
        "serial_number": "212564745936443011", "type": "text", "contents": ["네"],
    });
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    body
}

fn id(changes: &Value) -> InboundId {
    let ids = ids_at("message", &message(changes), RECEIVED_AT);
    assert_eq!(ids.len(), 1);
    ids[0]
}

fn of(event: &str) -> InboundId {
    InboundId::of(&"Bxxxxx".parse().unwrap(), PlatformType::Kakaobiz, event)
}

/// A redelivery may come changed, and a number is the text of its digits.
#[test]
fn a_serial_number_is_enough() {
    let known = of(&format!("message {SENDER} 212564745936443011"));
    for same in [
        json!({}),
        json!({ "serial_number": 212_564_745_936_443_011_u64 }),
        json!({ "time": 1, "session_id": null, "contents": ["아니요"], "extra": "x" }),
    ] {
        assert_eq!(id(&same), known, "{same}");
    }
    assert_ne!(id(&json!({ "serial_number": "3" })), known);
    assert_ne!(id(&json!({ "sender_key": "9" })), known);
}

#[test]
fn each_entry_has_one_of_its_own() {
    let ids = ids_at("message", &message(&json!({ "contents": ["네", "", "아니요"] })), RECEIVED_AT);
    let key = format!("message {SENDER} 212564745936443011");
    assert_eq!(ids, [of(&key), of(&format!("{key}#2"))]);
}

/// Then it is everything that was told, and a second of the same is a repetition.
#[test]
fn without_a_serial_number_it_is_the_content() {
    let of = |mut changes: Value| {
        changes["serial_number"] = Value::Null;
        id(&changes)
    };
    let known = of(json!({}));
    assert_eq!(of(json!({ "time": "1718100000000", "session_id": 5, "content": "old" })), known);
    for other in [
        json!({ "time": 1_718_100_000_001_i64 }),
        json!({ "session_id": "6" }),
        json!({ "user_key": "U2" }),
        json!({ "sender_key": "9" }),
        json!({ "type": "photo" }),
        json!({ "contents": ["아니요"] }),
        json!({ "contents": [{ "url": "네" }] }),
        json!({ "extra": "x" }),
    ] {
        assert_ne!(of(other.clone()), known, "{other}");
    }
}

/// People do say the same thing twice, so a repetition without any sign of its own is one for a minute only.
#[test]
fn without_a_time_it_is_so_for_a_minute() {
    let body = message(&json!({ "serial_number": null, "time": null }));
    let start = EpochMillis(1_780_300_020_000);
    let known = ids_at("message", &body, start);
    assert_eq!(ids_at("message", &body, start.plus_ms(59_999)), known);
    assert_ne!(ids_at("message", &body, start.plus_ms(60_000)), known);
}

#[test]
fn events_of_a_session_are_told_apart() {
    let body = |time: i64| json!({ "user_key": "U1", "sender_key": SENDER, "session_id": "5", "time": time, "app_user_id": 1 });
    let opened = ids_at("reference", &body(1), RECEIVED_AT);
    assert_eq!(opened.len(), 2);
    assert_ne!(opened[0], opened[1]);
    assert_eq!(opened, ids_at("reference/", &body(1), RECEIVED_AT.plus_ms(999_999)));
    assert_ne!(opened[0], ids_at("reference", &body(2), RECEIVED_AT)[0]);
    assert!(!opened.contains(&ids_at("expired_session", &body(1), RECEIVED_AT)[0]));
}

#[test]
fn bizgo_events_are_known_by_their_key() {
    let body = |key: &str, text: &str| json!({ "msgKey": key, "userKey": "U1", "senderKey": SENDER, "requestType": "message", "contents": [{ "comment": text }] });
    let known = ids_at("cstalk/message", &body("K1", "네"), RECEIVED_AT);
    assert_eq!(known, [of(&format!("message {SENDER} K1"))]);
    assert_eq!(ids_at("other", &body("K1", "아니요"), RECEIVED_AT.plus_ms(1)), known);
    assert_ne!(ids_at("cstalk/message", &body("K2", "네"), RECEIVED_AT), known);
}
