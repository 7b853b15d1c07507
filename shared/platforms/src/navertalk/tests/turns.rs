//! Buttons there and back, and answers while Naver waits.

use model::{Button, InboundKind, Keyboard, KeyboardType, MessageData};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{KIT, check, receive};
use crate::testkit::{NONCE, RECEIVED_AT, any_text, reply_of};

/// Presses the first button of a message, as NaverTalk would.
fn press(label: &str, payload: &Value, as_quick_reply: bool) -> (Value, Value) {
    let channel = KIT.channel();
    let buttons = vec![Button { label: label.to_owned(), payload: Some(payload.clone()), ..Button::default() }];
    let mut reply = reply_of(&json!({ "messages": [{ "type": "text", "text": "x" }] }));
    if as_quick_reply {
        reply.keyboard = Some(Keyboard { kind: KeyboardType::Buttons, buttons, ..Keyboard::default() });
    } else {
        reply.messages[0].data = MessageData::Text { text: "x".to_owned(), buttons };
    }
    let inbound = KIT.inbound(&Value::Null);
    let rendered = channel.render(&reply, &inbound, inbound.received_at);
    check::rendered(&rendered, &inbound);
    let body: Value = serde_json::from_slice(&rendered.calls[0].body).unwrap();
    let button = if as_quick_reply {
        &body["textContent"]["quickReply"]["buttonList"][0]["data"]
    } else {
        &body["compositeContent"]["compositeList"][0]["buttonList"][0]["data"]
    };
    let text = json!({ "text": button["title"], "code": button["code"], "inputType": "button" });
    let event = json!({ "event": "send", "user": "U1", "textContent": text });
    let received = receive(&*channel, event.to_string().as_bytes(), RECEIVED_AT).unwrap();
    let InboundKind::Message { data, meta, .. } = &received.inbound[0].kind else { panic!() };
    (json!(data)["text"].clone(), json!(meta.payload))
}

#[test]
fn a_pressed_button_brings_back_its_label_and_payload() {
    let labels = [
        "예",
        "예약 \"🍎\"",
        " 빈칸 ",
        "열여덟 글자를 꼭 채운 단추 이름들",
        "열 글자보다는 조금 더 긴 이름",
        &"👨‍👩‍👧‍👦".repeat(9),
    ];
    for label in labels {
        for (payload, back) in [
            (json!(null), json!(null)),
            (json!({}), json!(null)),
            (json!(""), json!(null)),
            (json!({ "menu": [1, null] }), json!({ "menu": [1, null] })),
            (json!("BUY 1"), json!("BUY 1")),
            (json!("null"), json!("null")),
            (json!(" \n"), json!(" \n")),
            (json!("{}"), json!("{}")),
            (json!("5"), json!("5")),
            (json!([1, {}]), json!([1, {}])),
            (json!(0), json!(0)),
            (json!(false), json!(false)),
            (json!({ "_label": "x" }), json!({ "_label": "x" })),
            (json!({ "_payload": null }), json!({ "_payload": null })),
            (json!({ "_label": "x", "_payload": 1, "a": 2 }), json!({ "_label": "x", "_payload": 1, "a": 2 })),
            (json!("{\"_label\":\"x\"}"), json!("{\"_label\":\"x\"}")),
        ] {
            for as_quick_reply in [false, true] {
                assert_eq!(press(label, &payload, as_quick_reply), (json!(label), back.clone()), "{label} {payload}");
            }
        }
    }
}

/// A text that holds an object says as much as the object.
#[test]
fn a_payload_in_json_comes_back_as_json() {
    let text = json!("{\"a\":1}");
    assert_eq!(press("예", &text, false), (json!("예"), json!({ "a": 1 })));
}

#[test]
fn what_is_too_long_for_a_code_comes_back_as_its_name() {
    let fits = json!("a".repeat(1000));
    assert_eq!(press("예", &fits, false).1, fits);
    for (label, payload) in
        [("예", json!("a".repeat(1001))), ("열여덟 글자보다도 훨씬 더 긴 단추의 이름", json!("가".repeat(990)))]
    {
        let button = Button { label: label.to_owned(), payload: Some(payload.clone()), ..Button::default() };
        assert_eq!(press(label, &payload, false).1, button.reference());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_label_and_payload_come_back(label in any_text(), text in any_text(), in_object in any::<bool>()) {
        if label.trim().is_empty() || text.is_empty() {
            return Ok(());
        }
        let payload = if in_object { json!({ "a": text }) } else { json!(text) };
        let button = Button { label: label.clone(), payload: Some(payload.clone()), ..Button::default() };
        let (said, brought) = press(&label, &payload, false);
        // A name stands for both.
        prop_assert!((&said, &brought) == (&json!(label), &payload) || brought == button.reference());
    }
}

#[test]
fn an_answer_holds_one_event_and_the_rest_is_sent() {
    let channel = KIT.channel_with(&json!({ "synchronous": true }));
    let mute = KIT.channel_with(&json!({ "synchronous": true, "authorization": null }));
    let waited = KIT.inbound(&json!({ "answerBy": RECEIVED_AT.plus_ms(4000) }));
    let not_waited = KIT.inbound(&Value::Null);
    let now = waited.received_at;
    let text = json!({ "type": "text", "text": "가" });
    let image = json!({ "type": "media", "media": { "contentType": "image", "uri": "https://img.example/1.png" } });
    let both = json!({ "type": "media", "media": image["media"], "text": "가" });
    for (reply, takes) in [
        (json!({ "messages": [] }), true),
        (json!({ "messages": [text] }), true),
        (json!({ "messages": [image] }), true),
        (json!({ "messages": [text, text] }), false),
        (json!({ "messages": [both] }), false),
        (json!({ "messages": [{ "type": "text", "text": "가".repeat(10_001) }] }), false),
        (json!({ "messages": [text], "handOver": true }), false),
        (json!({ "messages": [], "handOver": true }), false),
    ] {
        let reply = reply_of(&reply);
        let synchronous = channel.synchronous().unwrap();
        assert_eq!(synchronous.takes(&reply, &waited), takes);
        assert!(!synchronous.takes(&reply, &not_waited), "nobody waits");
        let (answer, dropped) = synchronous.answer(&reply, &waited, now, NONCE);
        check::answer(&answer);
        assert_eq!(answer.body.is_empty(), !takes || reply.messages.is_empty());
        assert_eq!(dropped, []);
        assert_eq!(synchronous.late(&reply, &waited, now), Some(channel.render(&reply, &waited, now)));

        // All that there is to say it with.
        let synchronous = mute.synchronous().unwrap();
        assert!(synchronous.takes(&reply, &waited));
        let (answer, dropped) = synchronous.answer(&reply, &waited, now, NONCE);
        check::answer(&answer);
        assert_eq!(answer.body.is_empty(), reply.messages.is_empty());
        assert_eq!(dropped.is_empty(), takes);
        assert_eq!(synchronous.late(&reply, &waited, now), None);
    }
    assert_eq!(channel.synchronous().unwrap().interim(&waited).map(|reply| reply.body), Some(String::new()));
}

#[test]
fn an_answer_names_nobody_and_sending_names_the_customer() {
    let channel = KIT.channel_with(&json!({ "synchronous": true, "notification": true }));
    let inbound = KIT.inbound(&json!({ "answerBy": RECEIVED_AT.plus_ms(4000) }));
    let reply = reply_of(&json!({ "messages": [{ "type": "text", "text": "hello world" }] }));
    let (answer, _) = channel.synchronous().unwrap().answer(&reply, &inbound, inbound.received_at, NONCE);
    assert_eq!(answer.body, r#"{"event":"send","textContent":{"text":"hello world"}}"#);
    let call = channel.render(&reply, &inbound, inbound.received_at).calls.remove(0);
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    let expected = json!({ "event": "send", "user": "U1", "textContent": { "text": "hello world" },
        "options": { "notification": true } });
    assert_eq!(body, expected);
}
