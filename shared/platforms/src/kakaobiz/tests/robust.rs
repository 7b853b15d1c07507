//! Whatever comes in and whatever a bot says: no panic, no limit broken, nothing told.

use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{KIT, SECRET, SENDER, check};
use crate::testkit::{Incoming, any_reply, reply_of};
use crate::{Attempt, Outcome, Verdict};

fn bizgo() -> Value {
    json!({ "dealer": "bizgo", "bizgo": { "token": "bizgo-token-1" } })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_goes_out_is_within_every_limit(
        reply in any_reply(),
        by_bizgo in any::<bool>(),
        quick_replies in any::<bool>(),
        link_message in prop::sample::select(vec![20, 60, 1000]),
    ) {
        let mut settings = if by_bizgo { bizgo() } else { json!({}) };
        settings["quickReplies"] = json!(quick_replies);
        settings["linkMessageLimit"] = json!(link_message);
        let inbound = KIT.inbound(&json!({ "replyTo": { "senderKey": SENDER } }));
        let rendered = KIT.channel_with(&settings).render(&reply, &inbound, inbound.received_at);
        check::rendered(&rendered, &inbound);
        let calls = rendered.calls.iter().flat_map(|call| std::iter::once(call).chain(call.instead.as_deref()));
        for call in calls {
            let body: Value = serde_json::from_slice(&call.body).unwrap();
            let hangs = ["links", "supplement", "image_url"].iter().any(|name| !body[*name].is_null())
                || !body["attachment"]["buttons"].is_null() || !body["attachment"]["quickReplies"].is_null();
            let units = body["message"].as_str().unwrap_or_default().encode_utf16().count();
            prop_assert!(!hangs || units <= link_message, "{}", units);
        }
    }
}

#[test]
fn no_body_is_a_panic() {
    KIT.no_body_is_a_panic(|case, body| {
        let secret = case["config"]["botSecret"].as_str().unwrap_or("old-secret");
        let tail = case["request"]["path"].as_str().unwrap().replace("/hooks/kakaobiz/", "");
        let Some((_, path)) = tail.split_once('/') else { return false };
        let tail = format!("{secret}/{path}");
        let mut settings = case["config"].clone();
        settings.as_object_mut().unwrap().remove("secretHeader");
        let channel = KIT.connect(&settings).unwrap();
        KIT.receive(&*channel, &Incoming { tail: &tail, body, ..Incoming::default() }).is_ok()
    });
}

#[test]
fn nothing_is_told() {
    const WORDS: &str = "customer-words";
    let inbound = KIT.inbound(&json!({ "userKey": "user-key-1", "conversationKey": "user-key-1" }));
    let say = json!({ "label": WORDS, "payload": WORDS });
    let media = |kind: &str| json!({ "type": "media", "media": { "contentType": kind, "uri": format!("https://a.example/{WORDS}") }, "text": WORDS });
    let reply = reply_of(&json!({
        "messages": [
            { "type": "text", "text": WORDS.repeat(500), "buttons": [say, { "label": WORDS, "uri": WORDS }] },
            { "type": "cards", "cards": [{ "title": WORDS, "uri": WORDS }] },
            media("image"), media("video"), media("audio"),
        ],
        "keyboard": { "type": "buttons", "buttons": [say] },
    }));
    let told = format!("{WORDS} client-id-1 client-secret-1 user-key-1 {SENDER}");
    let bodies: Vec<String> = ["-505", "-501", "1", "0", &told]
        .iter()
        .map(|code| json!({ "code": code, "message": told, "file": "https://a.example/", "name": WORDS }).to_string())
        .chain([told.clone(), format!("[{told}]")])
        .collect();
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    let secrets = [WORDS, "client-secret-1", "client-id-1", "user-key-1", SECRET];
    let rendered = KIT.channel().render(&reply, &inbound, inbound.received_at);
    assert!(!rendered.dropped.is_empty());
    KIT.nothing_is_told(&rendered, &bodies, &secrets);

    let body = json!({ "user_key": "user-key-1", "sender_key": SENDER, "contents": [WORDS] }).to_string();
    let channel = KIT.channel();
    for (tail, body) in [
        (format!("{SECRET}/message"), &body[..40]),
        (format!("{SECRET}/message"), WORDS),
        (format!("{SECRET}/message"), "{\"user_key\":\"user-key-1\"}"),
        (format!("{SECRET}x/message"), &body),
    ] {
        let error = KIT.receive(&*channel, &Incoming { tail: &tail, body: body.as_bytes(), ..Incoming::default() });
        let told = error.map(|_| ()).map_err(|error| format!("{error} {error:?}")).unwrap_err();
        assert!(secrets.iter().all(|secret| !told.contains(secret)), "{told}");
    }
    let received = KIT.receive(
        &*channel,
        &Incoming {
            method: Method::POST,
            tail: &format!("{SECRET}/message"),
            body: body.as_bytes(),
            ..Incoming::default()
        },
    );
    let told = format!("{:?}", received.unwrap());
    assert!(secrets.iter().all(|secret| *secret == "user-key-1" || !told.contains(secret)), "{told}");
}

/// Nobody's settings may be changed so between a turn and its answer, but they can be.
#[test]
fn without_a_dealer_nothing_was_sent() {
    let reply = reply_of(&json!({ "messages": [{ "type": "text", "text": "x" }] }));
    let inbound = KIT.inbound(&Value::Null);
    let call = KIT.channel().render(&reply, &inbound, inbound.received_at).calls.remove(0);
    let silent = KIT.channel_with(&json!({ "happytalk": null }));
    let verdict = silent.judge(&call, &Outcome::Unanswered, Attempt { repeated: false, age_ms: 0 });
    assert!(matches!(verdict, Verdict::Refused { reason } if reason.contains("happytalk.clientId")));
}
