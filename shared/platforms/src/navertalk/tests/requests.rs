//! What the cases cannot show: ids, what goes with an event, what is waited for, and the names of what is ignored.

use http::StatusCode;
use model::{EpochMillis, Inbound, InboundKind};
use serde_json::{Value, json};

use super::{KIT, receive};
use crate::testkit::RECEIVED_AT;
use crate::{Acknowledge, Channel, HttpReply, Received};

fn of(channel: &dyn Channel, event: &Value) -> Received {
    receive(channel, event.to_string().as_bytes(), RECEIVED_AT).unwrap()
}

fn say(text: &str) -> Value {
    json!({ "event": "send", "user": "U1", "textContent": { "text": text, "inputType": "typing" } })
}

#[test]
fn each_request_is_another_event() {
    let channel = KIT.channel();
    let ids = |event: &Value, at: i64| -> Vec<_> {
        let received = receive(&*channel, event.to_string().as_bytes(), EpochMillis(at)).unwrap();
        received.inbound.iter().map(|inbound| inbound.id).collect()
    };
    let first = ids(&say("예"), 1000);
    assert_eq!(first, ids(&say("예"), 1000), "one request read twice");
    let mut both = say("예");
    both["imageContent"] = json!({ "imageUrl": "https://img.example/1" });
    let mut of_another = say("예");
    of_another["user"] = json!("U2");
    let mut all = [
        first,
        ids(&say("예"), 1001),
        ids(&say("예."), 1000),
        ids(&of_another, 1000),
        ids(&both, 1000),
        ids(&json!({ "event": "open", "user": "U1" }), 1000),
        ids(&json!({ "event": "leave", "user": "U1" }), 1000),
    ]
    .concat();
    assert_eq!(all.len(), 8);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 8);
}

#[test]
fn a_room_is_entered_again_and_again() {
    let received = of(&*KIT.channel(), &json!({ "event": "open", "user": "U1", "options": { "inflow": "list" } }));
    assert!(matches!(&received.inbound[0].kind, InboundKind::Opened { once: true, .. }));
}

#[test]
fn what_is_taken_back_is_forgotten() {
    let event = json!({ "event": "profile", "user": "U1",
        "options": { "result": "WITHDRAW", "withdrawals": ["nickname", "address"] } });
    let received = of(&*KIT.channel(), &event);
    let InboundKind::Updated { params } = &received.inbound[0].kind else { panic!() };
    assert_eq!(json!(params), json!({ "nickname": null, "address": null }));
}

#[test]
fn no_longer_a_friend_is_no_goodbye() {
    let channel = KIT.channel();
    let off = of(&*channel, &json!({ "event": "friend", "user": "U1", "options": { "set": "off" } }));
    assert!(matches!(off.inbound[0].kind, InboundKind::Unfriended { .. }));
    let leave = of(&*channel, &json!({ "event": "leave", "user": "U1" }));
    assert!(matches!(leave.inbound[0].kind, InboundKind::Left { .. }));
}

#[test]
fn the_account_goes_with_the_event_but_not_with_a_new_friend() {
    let channel = KIT.channel();
    let reply_to = |event: &Value| of(&*channel, event).inbound[0].reply_to.clone();
    let mut message = say("예");
    assert_eq!(reply_to(&message), Value::Null);
    message["partner"] = json!("wcother");
    assert_eq!(reply_to(&message), json!({ "partner": "wcother" }));
    let friend = json!({ "event": "friend", "user": "U1", "partner": "wcother", "options": { "set": "on" } });
    assert_eq!(reply_to(&friend), Value::Null);
}

#[test]
fn what_is_ignored_has_a_name() {
    let channel = KIT.channel();
    for (event, name) in [
        (json!({}), "event without a name"),
        (json!({ "event": "test" }), "test"),
        (json!({ "event": "a\n\"b\"/../c".repeat(9) }), "ab..cab..cab..cab..cab..cab..cab..cab..c"),
        (json!({ "event": "send", "user": "U1" }), "send without content"),
        (json!({ "event": "friend", "user": "U1" }), "friend neither on nor off"),
        (json!({ "event": "echo", "user": "U1", "textContent": { "text": "x" } }), "echo of the bot"),
        (json!({ "event": "echo", "user": "U1", "options": { "sourceId": 1 } }), "echo without content"),
        (json!({ "event": "handover", "user": "U1" }), "handover but passThread"),
        (json!({ "event": "profile", "user": "U1", "options": { "result": "CANCEL" } }), "profile CANCEL"),
        (json!({ "event": "profile", "user": "U1", "options": { "result": "SUCCESS" } }), "profile of nothing"),
        (json!({ "event": "pay_complete", "user": "U1" }), "pay_complete refused"),
        (json!({ "event": "pay_confirm", "user": "U1" }), "pay_confirm"),
    ] {
        let received = of(&*channel, &event);
        assert_eq!(received.inbound, []);
        assert_eq!(received.ignored[0].as_str(), name);
    }
}

#[test]
fn only_what_has_an_answer_is_waited_for() {
    let empty = Acknowledge::Now(HttpReply::empty(StatusCode::OK));
    let waiting = KIT.channel_with(&json!({ "synchronous": true, "answerWithinMs": 3000 }));
    let other = KIT.channel();
    assert!(other.synchronous().is_none());
    let until = RECEIVED_AT.plus_ms(3000);
    let mut standby = say("예");
    standby["standby"] = json!(true);
    for (event, waits) in [
        (say("예"), true),
        (json!({ "event": "open", "user": "U1" }), true),
        (standby, false),
        (say(""), false),
        (json!({ "event": "leave", "user": "U1" }), false),
        (json!({ "event": "friend", "user": "U1", "options": { "set": "on" } }), false),
        (json!({ "event": "echo", "user": "U1", "textContent": { "text": "x" }, "options": { "sourceId": 1 } }), false),
        (json!({ "event": "handover", "user": "U1", "options": { "control": "passThread" } }), false),
        (json!({ "event": "profile", "user": "U1", "options": { "result": "SUCCESS", "nickname": "가" } }), false),
        (json!({ "event": "test" }), false),
    ] {
        let received = of(&*waiting, &event);
        let expected = if waits { Acknowledge::WithReply { until } } else { empty.clone() };
        assert_eq!(received.acknowledge, expected, "{event}");
        let by = |inbound: &Inbound| inbound.answer_by;
        assert!(received.inbound.iter().all(|inbound| by(inbound) == waits.then_some(until)), "{event}");

        let received = of(&*other, &event);
        assert_eq!(received.acknowledge, empty, "{event}");
        assert!(received.inbound.iter().all(|inbound| by(inbound).is_none()), "{event}");
    }
}
