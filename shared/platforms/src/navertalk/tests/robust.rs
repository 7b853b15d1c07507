//! Whatever comes in and whatever a bot says: no panic, no limit broken, nothing told.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{KIT, SECRET, TOKEN, check, receive, settings};
use crate::Acknowledge;
use crate::testkit::{Incoming, NONCE, RECEIVED_AT, any_reply, reply_of};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_goes_out_is_within_every_limit(reply in any_reply()) {
        let inbound = KIT.inbound(&json!({ "answerBy": RECEIVED_AT.plus_ms(4000) }));
        let channel = KIT.channel_with(&json!({ "synchronous": true }));
        let rendered = channel.render(&reply, &inbound, RECEIVED_AT);
        check::rendered(&rendered, &inbound);
        prop_assert_eq!(rendered.calls.iter().any(|call| call.name == "handover"), reply.hand_over);
        let synchronous = channel.synchronous().unwrap();
        let takes = synchronous.takes(&reply, &inbound);
        prop_assert_eq!(takes, rendered.calls.len() <= 1 && !reply.hand_over);
        let (answer, dropped) = synchronous.answer(&reply, &inbound, RECEIVED_AT, NONCE);
        check::answer(&answer);
        prop_assert_eq!(answer.body.is_empty(), !takes || rendered.calls.is_empty());
        prop_assert!(!takes || dropped == rendered.dropped);
    }
}

#[test]
fn no_body_is_a_panic() {
    KIT.no_body_is_a_panic(|case, body| {
        let channel = KIT.connect(&case["config"]).unwrap();
        let tail = case["config"]["botSecret"].as_str().unwrap_or("nt-New");
        let header = case["config"]["secretHeader"]["name"].as_str().map(|name| (name, "h1"));
        let headers: Vec<_> = header.into_iter().collect();
        let received = KIT.receive(&*channel, &Incoming { tail, body, headers: &headers, ..Incoming::default() });
        let Ok(received) = received else { return false };
        // Whatever it is, a charge that is not a sure yes is refused.
        if String::from_utf8_lossy(body).contains("pay_complete") && received.inbound.is_empty() {
            let Acknowledge::Now(reply) = &received.acknowledge else { panic!() };
            let event = serde_json::from_slice::<Value>(body).unwrap()["event"].clone();
            assert_eq!(reply.status == 404, event == "pay_complete");
        }
        true
    });
}

#[test]
fn nothing_is_told() {
    const WORDS: &str = "customer-words";
    const USER: &str = "secret-user-key";
    let channel = KIT.channel();
    let say = json!({ "label": WORDS.repeat(3), "payload": WORDS.repeat(90) });
    let reply = reply_of(&json!({
        "messages": [
            { "type": "text", "text": WORDS.repeat(3000), "buttons": [say, { "label": WORDS, "uri": WORDS }] },
            { "type": "cards", "cards": [{ "title": WORDS.repeat(20), "uri": WORDS,
                "media": { "contentType": "image", "uri": format!("https://{WORDS}.example/1.png") } }] },
        ],
        "keyboard": { "type": "buttons", "buttons": [say] },
        "handOver": true,
    }));
    let inbound = KIT.inbound(&json!({ "conversationKey": USER, "userKey": USER }));
    let rendered = channel.render(&reply, &inbound, RECEIVED_AT);
    assert!(!rendered.dropped.is_empty());
    let answers = ["00", "01", "02", "99", "IMG-01", "IMG-02", WORDS].map(|code| {
        json!({ "success": false, "resultCode": code, "resultMessage": format!("{WORDS} {TOKEN} {USER}") }).to_string()
    });
    let mut bodies: Vec<&str> = answers.iter().map(String::as_str).collect();
    bodies.push(WORDS);
    KIT.nothing_is_told(&rendered, &bodies, &[WORDS, TOKEN, USER, SECRET]);

    let text = json!({ "event": "send", "user": USER, "textContent": { "text": WORDS } }).to_string();
    let broken = format!("{{\"event\":\"send\",\"user\":[\"{USER}\"],\"textContent\":\"{WORDS}\"}}");
    for body in [&text[..], &text[..60], &broken, &format!("{{{text}"), WORDS] {
        let told = match receive(&*channel, body.as_bytes(), RECEIVED_AT) {
            Ok(received) => format!("{received:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!([USER, SECRET, WORDS].iter().all(|secret| !told.contains(secret)), "{told}");
        let error = KIT.receive(&*channel, &Incoming { tail: WORDS, body: body.as_bytes(), ..Incoming::default() });
        let error = error.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(WORDS));
    }
    for (name, value) in [("authorization", json!(format!("{TOKEN} "))), ("botSecret", json!(format!("{SECRET}/")))] {
        let mut settings = settings();
        settings[name] = value;
        let error = KIT.connect(&settings).err().unwrap();
        assert!(!error.contains(TOKEN) && !error.contains(SECRET), "{error}");
    }
}
