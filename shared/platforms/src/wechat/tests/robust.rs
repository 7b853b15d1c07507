//! Whatever comes, and whatever a bot says.

use proptest::prelude::*;
use serde_json::json;

use super::requests::{hi, plain, push, secure};
use super::{KEY, KIT, SECRET, TOKEN, check, inbound};
use crate::ReceiveError;
use crate::testkit::{NONCE, RECEIVED_AT, any_reply, reply_of};

#[test]
fn no_body_is_a_panic() {
    let channel = KIT.channel_with(&json!({ "customerService": false }));
    KIT.no_body_is_a_panic(|_, body| {
        let readable = plain(&*channel, body, RECEIVED_AT).is_ok();
        let inside = secure(&*channel, &String::from_utf8_lossy(body), TOKEN, KEY);
        assert!(!matches!(inside, Err(ReceiveError::Forbidden)));
        readable || inside.is_ok()
    });
}

#[test]
fn nothing_is_told() {
    const WORDS: &str = "customer-words";
    let channel = KIT.channel();
    let say = json!({ "label": WORDS, "payload": WORDS });
    let reply = reply_of(&json!({
        "messages": [
            { "type": "text", "text": WORDS.repeat(300), "buttons": [say, { "label": WORDS, "uri": WORDS }] },
            { "type": "media", "media": { "contentType": "image", "uri": format!("https://a.example/{WORDS}.png") } },
            { "type": "cards", "cards": [{ "title": WORDS, "uri": "https://a.example" }] },
        ],
        "keyboard": { "type": "buttons", "buttons": [say] },
    }));
    let inbound = inbound(&json!({ "account": "gh_local" }));
    let rendered = channel.render(&reply, &inbound, RECEIVED_AT);
    assert!(rendered.calls.len() > 2 && !rendered.dropped.is_empty());
    let bodies: Vec<String> = [
        0, -1, 40001, 40003, 40007, 40013, 40125, 40164, 43004, 45002, 45009, 45015, 45047, 48001, 1,
    ]
    .iter()
    .map(|code| {
        json!({ "errcode": code, "errmsg": format!("{WORDS} {SECRET} access-token"), "access_token": "access-token",
                "media_id": "media-id", "expires_in": 7200 })
        .to_string()
    })
    .collect();
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).chain([WORDS, ""]).collect();
    KIT.nothing_is_told(&rendered, &bodies, &[WORDS, SECRET, TOKEN, KEY, "access-token", "media-id"]);

    let words = push("text", &format!("<Content>{WORDS}</Content>"));
    for body in [&words[..], &words[..150], &format!("<{WORDS}>"), &format!("{words}{words}"), WORDS] {
        let told = match plain(&*channel, body.as_bytes(), RECEIVED_AT) {
            Ok(received) => format!("{:?} {:?} {:?}", received.inbound, received.ignored, received.acknowledge),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!told.contains(WORDS), "{told}");
    }
    for changes in [
        json!({ "encodingAESKey": [SECRET] }),
        json!({ "encodingAESKey": SECRET }),
        json!({ "token": { "a": SECRET } }),
        json!({ "appId": format!("{SECRET} ") }),
    ] {
        let mut settings = super::settings();
        settings.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap());
        let error = KIT.connect(&settings).err().unwrap();
        assert!(!error.contains(SECRET), "{error}");
    }
    assert_eq!(plain(&*channel, hi().as_bytes(), RECEIVED_AT).unwrap().inbound.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn whatever_a_bot_says_is_taken(reply in any_reply(), brief in any::<bool>()) {
        let inbound = inbound(&json!({ "account": "gh_local", "brief": brief }));
        for customer_service in [true, false] {
            let channel = KIT.channel_with(&json!({ "customerService": customer_service }));
            let wechat = channel.synchronous().unwrap();
            let takes = wechat.takes(&reply, &inbound);
            let (answer, dropped) = wechat.answer(&reply, &inbound, RECEIVED_AT, NONCE);
            let shown = check::answer(&answer);
            let rendered = channel.render(&reply, &inbound, RECEIVED_AT);
            check::rendered(&rendered, &inbound);
            match (customer_service, takes) {
                (true, true) => prop_assert_eq!(shown.is_some(), !rendered.calls.is_empty()),
                (true, false) => prop_assert!(shown.is_none() && dropped.is_empty() && !rendered.calls.is_empty()),
                (false, true) => prop_assert!(rendered.calls.is_empty()),
                (false, false) => prop_assert!(false, "there is no other way"),
            }
        }
    }
}
