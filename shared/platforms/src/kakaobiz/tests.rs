//! Every case of `testdata`, and what must hold whatever comes.

mod bizgo;
mod check;
mod ids;
mod robust;
mod uploads;

use model::InboundKind;
use serde_json::{Value, json};

use crate::testkit::{Incoming, Kit, reply_of};
use crate::{Channel, Received};

const SECRET: &str = "path-secret-77";
const SENDER: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

const KIT: Kit = Kit { platform: &super::PLATFORM, settings };

fn settings() -> Value {
    json!({
        "botSecret": SECRET,
        "senderKeys": [SENDER],
        "happytalk": { "clientId": "client-id-1", "clientSecret": "client-secret-1" },
    })
}

fn receive(channel: &dyn Channel, path: &str, body: &Value) -> Received {
    let (tail, body) = (format!("{SECRET}/{path}"), body.to_string());
    KIT.receive(channel, &Incoming { tail: &tail, body: body.as_bytes(), ..Incoming::default() }).unwrap()
}

#[test]
fn inbound() {
    KIT.inbound_cases();
}

#[test]
fn outbound() {
    KIT.outbound_cases(check::rendered, |_| panic!("nothing is answered here"));
}

#[test]
fn judgements() {
    KIT.judge_cases();
}

#[test]
fn obtained() {
    KIT.obtain_cases();
}

/// What is logged of events that lead to nothing.
#[test]
fn ignored() {
    let channel = KIT.channel();
    let message = |fields: Value| {
        let mut message = json!({ "user_key": "U1", "sender_key": SENDER, "type": "text" });
        message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        message
    };
    for (path, body, name) in [
        ("message", message(json!({})), "message that says nothing"),
        ("message", message(json!({ "sender_key": "x" })), "unknown sender key"),
        ("message_bot", json!({ "utterance": "customer words" }), "message_bot"),
        ("고객/x", json!({}), "x"),
        ("", json!({}), "ping"),
        ("cstalk/result", json!({ "msgKey": "1", "requestType": "write", "reportCode": "A507" }), "result write A507"),
        ("cstalk/result", json!({ "msgKey": "1", "requestType": "rich", "reportCode": "A507" }), "result rich A507"),
        ("cstalk/result", json!({ "userKey": "U1", "reportCode": "A000" }), "result A000"),
        ("cstalk/result", json!({ "msgKey": "1", "requestType": "write" }), "write"),
        ("x", json!({ "msgKey": "1", "requestType": "seen_info" }), "seen_info"),
    ] {
        let received = receive(&*channel, path, &body);
        assert_eq!(received.inbound, []);
        assert_eq!(received.ignored.iter().map(crate::Ignored::as_str).collect::<Vec<_>>(), [name], "{path}");
    }
}

/// A press brings back the reference of the button, which stands for its whole label and its payload.
#[test]
fn a_pressed_button_brings_back_its_reference() {
    let channel = KIT.channel();
    for (label, payload) in [("예약 \"🍎\"", json!({ "menu": [1, null] })), ("a", json!("b")), ("a", Value::Null)] {
        let label = format!("{label}{}", "가".repeat(30));
        let button = json!({ "label": label, "payload": payload });
        let reply = reply_of(&json!({
            "messages": [{ "type": "text", "text": "x", "buttons": [button] }],
            "keyboard": { "type": "buttons", "buttons": [button] },
        }));
        let inbound = KIT.inbound(&Value::Null);
        let call = channel.render(&reply, &inbound, inbound.received_at).calls.remove(0);
        let sent: Value = serde_json::from_slice(&call.body).unwrap();
        for button in [&sent["links"][0], &sent["supplement"]["quick_reply"][0]] {
            let (name, extra) = (&button["name"], &button["extra"]);
            let body =
                json!({ "user_key": "U1", "sender_key": SENDER, "type": "text", "contents": [name], "extra": extra });
            let received = receive(&*channel, "message", &body);
            let InboundKind::Message { data, meta, .. } = &received.inbound[0].kind else { panic!() };
            let payload = Some(&payload).filter(|payload| !payload.is_null());
            assert_eq!(meta.payload, Some(json!(model::reference(&label, payload))));
            assert_eq!(json!(data)["text"], *name);
        }
    }
}

/// What an earlier session left is taken away by `null`, which is also what Kakao writes where there is nothing.
#[test]
fn a_session_tells_all_of_where_it_came_from() {
    let said = json!({ "extra": "x", "bot": "true" });
    for (reference, last_reference, params) in [
        (Value::Null, Value::Null, json!([null, null, null])),
        (json!({}), json!({}), json!([null, null, null])),
        (json!({ "extra": null, "lastText": null, "text": null }), json!({ "extra": null }), json!([null, null, null])),
        (json!({ "extra": "null", "lastText": "" }), json!([said]), json!([null, null, null])),
        (json!({ "extra": "x" }), Value::Null, json!(["x", null, null])),
        (json!({ "lastText": "a" }), said.clone(), json!([null, "a", said])),
        (Value::Null, json!({ "extra": "x", "bot": "true", "bot_event": null }), json!([null, null, said])),
    ] {
        let body =
            json!({ "user_key": "U1", "sender_key": SENDER, "reference": reference, "last_reference": last_reference });
        let received = receive(&*KIT.channel(), "reference", &body);
        let InboundKind::Opened { params: told, .. } = &received.inbound[0].kind else { panic!() };
        let told = json!(told);
        assert_eq!(told.as_object().unwrap().len(), 3, "{body}");
        assert_eq!(json!([told["reference"], told["lastText"], told["lastReference"]]), params, "{body}");
    }
}

#[test]
fn the_welcome_is_for_a_new_conversation_alone() {
    let body = json!({ "user_key": "U1", "sender_key": SENDER, "reference": { "extra": "x" } });
    let received = receive(&*KIT.channel(), "reference", &body);
    assert!(matches!(&received.inbound[0].kind, InboundKind::Opened { once: true, .. }));
}

#[test]
fn answers_go_by_the_channel_that_the_customer_wrote_to() {
    let other = "f".repeat(40);
    let channel = KIT.channel_with(&json!({ "senderKeys": [SENDER, other] }));
    let body = json!({ "user_key": "U1", "sender_key": other, "type": "text", "contents": ["x"] });
    let received = receive(&*channel, "message", &body);
    let reply = reply_of(&json!({ "messages": [{ "type": "text", "text": "y" }] }));
    let rendered = channel.render(&reply, &received.inbound[0], received.inbound[0].received_at);
    let sent: Value = serde_json::from_slice(&rendered.calls[0].body).unwrap();
    assert_eq!(sent["sender_key"], other);
}

#[test]
fn test_hosts_are_others() {
    let reply = reply_of(
        &json!({ "messages": [{ "type": "media", "media": { "contentType": "image", "uri": "https://a.example/b" } }] }),
    );
    let happytalk = json!({ "clientId": "a", "clientSecret": "b", "test": true });
    for (settings, host) in [
        (json!({ "happytalk": happytalk }), "https://patch-kakao-api.happytalk.io/"),
        (json!({ "dealer": "bizgo", "bizgo": { "token": "t", "test": true } }), "https://sandbox-mars.ibapi.kr/"),
    ] {
        let inbound = KIT.inbound(&Value::Null);
        let call = KIT.channel_with(&settings).render(&reply, &inbound, inbound.received_at).calls.remove(0);
        assert!(call.url.starts_with(host) && call.needs[0].call.url.starts_with(host), "{}", call.url);
        assert!(call.instead.unwrap().url.starts_with(host));
        assert!(super::PLATFORM.hosts.iter().any(|known| host.starts_with(known.url)));
    }
}

#[test]
fn settings_say_what_to_set() {
    let set = |name: &str, value: Value| {
        let mut settings = settings();
        settings[name] = value;
        settings
    };
    let secret = "sample secret";
    for (settings, word) in [
        (json!(null), "`botSecret` to a long random text"),
        (json!({}), "`botSecret` to a long random text"),
        (set("botSecret", json!("")), "`botSecret`"),
        (set("botSecret", json!([])), "`botSecret`"),
        (set("botSecret", json!(7)), "`botSecret` must be"),
        (set("botSecret", json!("a/b")), "letters, digits"),
        (set("senderKeys", json!(null)), "발신프로필 키"),
        (set("senderKeys", json!([])), "발신프로필 키"),
        (set("senderKeys", json!("")), "발신프로필 키"),
        (set("senderKeys", json!([""])), "발신프로필 키"),
        (set("senderKeys", json!([secret])), "`senderKeys` has a blank"),
        (set("senderKeys", json!({ "a": secret })), "`senderKeys` must be"),
        (set("secretHeader", json!({ "name": "X Y", "value": secret })), "`name`"),
        (set("secretHeader", json!({ "name": "X", "value": "" })), "`value`"),
        (set("secretHeader", json!({ "value": secret })), "`name`"),
        (set("secretHeader", json!(secret)), "`name`"),
        (set("dialect", json!(secret)), "`dialect` is"),
        (set("dialect", json!(1)), "`dialect` must be"),
        (set("dealer", json!(secret)), "`dealer` is"),
        (set("happytalk", json!({ "clientId": "sample-secret" })), "both `clientId` and `clientSecret`"),
        (set("happytalk", json!({ "clientSecret": "sample-secret" })), "both `clientId` and `clientSecret`"),
        (set("happytalk", json!({ "clientId": "a", "clientSecret": secret })), "`happytalk.clientSecret` has a blank"),
        (set("happytalk", json!({ "clientId": "토큰", "clientSecret": "b" })), "`happytalk.clientId` has a blank"),
        (set("happytalk", json!({ "clientId": 1, "clientSecret": secret })), "happytalk: `clientId` must be"),
        (set("happytalk", json!({ "test": secret })), "happytalk: `test` must be"),
        (set("happytalk", json!(secret)), "`happytalk` must be an object"),
        (
            json!({ "botSecret": "s", "senderKeys": "k", "dealer": "bizgo", "bizgo": { "token": secret } }),
            "`bizgo.token` has a blank",
        ),
        (
            json!({ "botSecret": "s", "senderKeys": "k", "dealer": "bizgo", "bizgo": [secret] }),
            "`bizgo` must be an object",
        ),
        (set("quickReplies", json!(secret)), "`quickReplies` must be"),
        (set("linkMessageLimit", json!(19)), "between 20 and 1000"),
        (set("linkMessageLimit", json!(1001)), "between 20 and 1000"),
        (set("linkMessageLimit", json!(secret)), "`linkMessageLimit` must be"),
    ] {
        let error = KIT.connect(&settings).expect_err("settings that cannot work");
        assert!(error.starts_with("integration.kakaobiz: ") && error.contains(word), "{error}");
        assert!(!error.contains(secret) && !error.contains("sample-secret"), "{error}");
    }
    for settings in [
        json!({ "botSecret": "s", "senderKeys": "k" }),
        json!({ "botSecret": ["s", "t"], "senderKeys": ["k", ""], "future": true, "dialect": "", "dealer": "" }),
        set("happytalk", json!({ "clientId": "", "clientSecret": "" })),
        set("secretHeader", json!(null)),
        set("linkMessageLimit", json!(20)),
        set("linkMessageLimit", json!(1000)),
    ] {
        assert!(KIT.connect(&settings).is_ok(), "{settings}");
    }
}
