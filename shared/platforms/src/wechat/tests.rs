//! Every case of `testdata`, and what must hold whatever comes. A case of `outbound` needs no more than its `reply`;
//! `UPDATE=1 cargo test` writes what comes out of it, for you to read. One of `inbound` needs the signature of its
//! timestamp and nonce, and an encrypted one the one over its Encrypt as well.

mod check;
mod requests;
mod robust;

use model::{Inbound, Reply};
use serde_json::{Value, json};

use super::PLATFORM;
use crate::testkit::{Kit, RECEIVED_AT, reply_of};

const TOKEN: &str = "localwechattoken";
const SECRET: &str = "local-wechat-secret";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

const KIT: Kit = Kit { platform: &PLATFORM, settings };

fn settings() -> Value {
    json!({
        "originalId": "gh_local",
        "appId": "wxlocal",
        "appSecret": SECRET,
        "token": TOKEN,
        "encodingAESKey": KEY,
    })
}

fn inbound(reply_to: &Value) -> Inbound {
    KIT.inbound(&json!({ "replyTo": reply_to }))
}

fn text(text: &str) -> Reply {
    reply_of(&json!({ "messages": [{ "type": "text", "text": text }] }))
}

#[test]
fn inbound_cases() {
    KIT.inbound_cases();
}

#[test]
fn outbound_cases() {
    KIT.outbound_cases(check::rendered, |answer| {
        check::answer(answer);
    });
}

#[test]
fn judge_cases() {
    KIT.judge_cases();
}

#[test]
fn obtain_cases() {
    KIT.obtain_cases();
}

#[test]
fn settings_say_what_to_set() {
    let token = "set `token` to the Token that you chose under Server configuration in the Official Account console; \
                 without it nobody could tell WeChat from a stranger";
    let key = "set `encodingAESKey` to the current EncodingAESKey, under Server configuration in the Official Account \
               console";
    let app_id = "set `appId` to the AppID (wx…), under Basic configuration in the Official Account console";
    let original = "set `originalId` to the original ID (gh_…) of the account, in its public profile";
    for (changes, reason) in [
        (json!({}), None),
        (json!({ "token": ["a", "b"], "appSecret": ["a", "b"], "more": {} }), None),
        (json!({ "appSecret": null, "encodingAESKey": null, "customerService": false }), None),
        (json!({ "encodingAESKey": "", "previousEncodingAESKey": "", "appSecret": "" }), None),
        (json!({ "customerService": true, "answerWithinMs": 1, "messagesPerQuestion": 20 }), None),
        (json!({ "token": "" }), Some(token)),
        (json!({ "token": [] }), Some(token)),
        (json!({ "token": null }), Some(token)),
        (json!({ "token": 5 }), Some("`token` must be a text, or a list of texts while you change it")),
        (json!({ "appId": "" }), Some(app_id)),
        (json!({ "appId": "wx local" }), Some(app_id)),
        (json!({ "originalId": null }), Some(original)),
        (json!({ "originalId": 1 }), Some("`originalId` must be a text")),
        (json!({ "encodingAESKey": "short" }), Some("`encodingAESKey` has 43 letters and digits; copy it again")),
        (
            json!({ "previousEncodingAESKey": format!("{KEY}H") }),
            Some("`previousEncodingAESKey` has 43 letters and digits; copy it again"),
        ),
        (json!({ "encodingAESKey": null, "previousEncodingAESKey": KEY }), Some(key)),
        (json!({ "encodingAESKey": null, "requireEncryption": true }), Some(key)),
        (json!({ "requireEncryption": "yes" }), Some("`requireEncryption` must be true or false")),
        (json!({ "customerService": 1 }), Some("`customerService` must be true or false")),
        (
            json!({ "customerService": true, "appSecret": null }),
            Some(
                "`customerService` needs `appSecret`, the AppSecret under Basic configuration in the Official Account \
                 console",
            ),
        ),
        (
            json!({ "answerWithinMs": 4801 }),
            Some("`answerWithinMs` must be between 1 and 4800: WeChat waits 5 seconds, the way included"),
        ),
        (
            json!({ "answerWithinMs": 0 }),
            Some("`answerWithinMs` must be between 1 and 4800: WeChat waits 5 seconds, the way included"),
        ),
        (json!({ "answerWithinMs": "1" }), Some("`answerWithinMs` must be a number of milliseconds")),
        (
            json!({ "messagesPerQuestion": 0 }),
            Some("`messagesPerQuestion` must be at least 1; to send nothing, set `customerService` to false"),
        ),
        (json!({ "messagesPerQuestion": -1 }), Some("`messagesPerQuestion` must be a whole number")),
    ] {
        let mut settings = settings();
        settings.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap());
        let error = KIT.connect(&settings).err();
        assert_eq!(error, reason.map(|reason| format!("integration.wechat: {reason}")), "{changes}");
    }
    for settings in [json!(null), json!("x"), json!([])] {
        let error = KIT.connect(&settings).err().unwrap();
        assert_eq!(error, "integration.wechat: it is an object with `originalId`, `appId` and `token`");
    }
}

#[test]
fn a_late_reply_goes_out_while_there_is_time() {
    let channel = KIT.channel();
    let wechat = channel.synchronous().unwrap();
    let alone = KIT.channel_with(&json!({ "customerService": false }));
    let hour = 60 * 60 * 1000;
    for (reply_to, age_ms, sends) in [
        (json!({}), 5_000, true),
        (json!({}), 48 * hour - 1, true),
        (json!({}), 48 * hour, false),
        (json!({ "brief": true }), 49_999, true),
        (json!({ "brief": true }), 50_000, false),
    ] {
        let inbound = inbound(&reply_to);
        let now = inbound.received_at.plus_ms(age_ms);
        let late = wechat.late(&text("늦은 답"), &inbound, now);
        assert_eq!(late.is_some(), sends, "{reply_to} {age_ms}");
        if let Some(late) = late {
            check::rendered(&late, &inbound);
            assert_eq!(late.calls.len(), 1, "also what an answer could hold");
        }
        assert_eq!(alone.synchronous().unwrap().late(&text("늦은 답"), &inbound, now), None);
    }
}

#[test]
fn an_account_that_can_only_answer_waits_for_the_last_try() {
    let sends = KIT.channel();
    let alone = KIT.channel_with(&json!({ "customerService": false, "answerWithinMs": 4000 }));
    for (age_ms, asks_again) in
        [(-500, true), (400, true), (5_900, true), (7_999, true), (8_000, false), (11_200, false)]
    {
        let mut inbound = inbound(&json!({ "account": "gh_local" }));
        inbound.timestamp = RECEIVED_AT.plus_ms(-age_ms);
        let interim = |channel: &dyn crate::Channel| {
            channel.synchronous().unwrap().interim(&inbound).map(|reply| (reply.status.as_u16(), reply.body))
        };
        let success = Some((200, "success".to_owned()));
        assert_eq!(interim(&*alone), if asks_again { None } else { success.clone() }, "{age_ms}");
        assert_eq!(interim(&*sends), success);
    }
    // Of a message without a time nobody knows how often it came, so each may be the last.
    let mut inbound = inbound(&json!({ "account": "gh_local", "untimed": true }));
    inbound.timestamp = RECEIVED_AT;
    assert_eq!(alone.synchronous().unwrap().interim(&inbound).map(|reply| reply.body), Some("success".to_owned()));
}

#[test]
fn what_an_answer_cannot_hold_is_sent() {
    let channel = KIT.channel();
    let wechat = channel.synchronous().unwrap();
    let inbound = inbound(&json!({ "account": "gh_local" }));
    let long = text(&"가".repeat(1000));
    assert!(!wechat.takes(&long, &inbound));
    let (answer, dropped) = wechat.answer(&long, &inbound, RECEIVED_AT, 1);
    assert_eq!((answer.body.as_str(), dropped.len()), ("success", 0));
    assert_eq!(channel.render(&long, &inbound, RECEIVED_AT).calls.len(), 2);

    let alone = KIT.channel_with(&json!({ "customerService": false }));
    assert!(alone.synchronous().unwrap().takes(&long, &inbound));
    let rendered = alone.render(&long, &inbound, RECEIVED_AT);
    assert_eq!(rendered.calls.len(), 0);
    assert_eq!(rendered.dropped.len(), 1, "nobody would hear it, so it is said");
}
