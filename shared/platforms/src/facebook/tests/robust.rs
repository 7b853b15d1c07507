//! What must hold for anything, not only for the cases that somebody thought of.

use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{KIT, PAGE_TOKEN, PROOF, SECRET, VERIFY_TOKEN, check, receive, settings, signed};
use crate::testkit::{Incoming, any_reply, reply_of};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_goes_out_is_within_every_limit(reply in any_reply()) {
        let inbound = KIT.inbound(&Value::Null);
        let rendered = KIT.channel().render(&reply, &inbound, inbound.received_at);
        check::rendered(&rendered, &inbound);
        let passes = rendered.calls.iter().filter(|call| call.name == "pass_thread_control").count();
        prop_assert_eq!(passes, usize::from(reply.hand_over));
    }
}

#[test]
fn no_body_is_a_panic() {
    let channel = KIT.channel();
    KIT.no_body_is_a_panic(|_, body| receive(&*channel, body).is_ok());
}

#[test]
fn no_secret_and_no_words_can_be_logged() {
    const WORDS: &str = "customer-words";
    let channel = KIT.channel();
    let inbound = KIT.inbound(&Value::Null);
    let say = json!({ "label": WORDS, "payload": WORDS });
    let reply = reply_of(&json!({
        "messages": [
            { "type": "text", "text": WORDS, "buttons": [say, { "label": WORDS, "uri": WORDS }] },
            { "type": "media", "media": { "contentType": "image", "uri": "https://a.example/customer-words" } },
            { "type": "cards", "cards": [{ "title": WORDS.repeat(20), "uri": WORDS }] },
        ],
        "keyboard": { "type": "buttons", "buttons": [say] },
        "handOver": true,
    }));
    let rendered = channel.render(&reply, &inbound, inbound.received_at);
    assert!(!rendered.dropped.is_empty());
    let message = format!("{WORDS} {PAGE_TOKEN} {PROOF} is bad");
    let secrets = [WORDS, PAGE_TOKEN, PROOF, SECRET, VERIFY_TOKEN];
    for said in [message.as_str(), PAGE_TOKEN, PROOF] {
        for code in [0, 1, 10, 100, 190, 551] {
            let body = json!({ "error": { "message": said, "code": code, "error_user_msg": WORDS } }).to_string();
            KIT.nothing_is_told(&rendered, &[&body], &secrets);
        }
    }

    let text = json!({ "object": "page", "entry": [{ "id": "1000000000000001",
        "messaging": [{ "sender": { "id": 1 }, "message": { "text": WORDS } }] }] })
    .to_string();
    let mut logged = Vec::new();
    for body in [&text[..], &text[..60], &format!("{{{text}"), &format!("{{\"entry\":\"{WORDS}\"}}"), WORDS] {
        match receive(&*channel, body.as_bytes()) {
            Ok(received) => logged.push(format!("{received:?}")),
            Err(error) => logged.push(format!("{error} {error:?}")),
        }
        let signature = signed("another", body.as_bytes());
        let headers = [("x-hub-signature-256", signature.as_str())];
        let incoming = Incoming { headers: &headers, body: body.as_bytes(), ..Incoming::default() };
        let error = KIT.receive(&*channel, &incoming).unwrap_err();
        logged.push(format!("{error} {error:?}"));
    }
    let query = [("hub.mode", "subscribe"), ("hub.challenge", WORDS), ("hub.verify_token", WORDS)];
    let incoming = Incoming { method: Method::GET, query: &query, ..Incoming::default() };
    logged.push(format!("{:?}", KIT.receive(&*channel, &incoming)));
    for (name, value) in [
        ("pageAccessToken", json!(format!("{PAGE_TOKEN} "))),
        ("appSecret", json!({ "a": SECRET })),
        ("pageId", json!(WORDS)),
        ("graphVersion", json!(WORDS)),
    ] {
        let mut settings = settings();
        settings[name] = value;
        logged.push(KIT.connect(&settings).unwrap_err());
    }
    for line in logged {
        for secret in secrets {
            assert!(!line.contains(secret), "{secret} in {line}");
        }
    }
}
