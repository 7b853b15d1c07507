//! `testdata/judge.json` and `testdata/late.json`: the callback, before and after it was called.

use model::{EpochMillis, MessageData};
use serde_json::{Value, json};

use super::{CALLBACK, RECEIVED_AT, connect, folder, inbound, limits, read, reply, reply_of};
use crate::{Answer, Attempt, Call, Outcome, Verdict};

#[test]
fn every_judgement() {
    for row in read(&folder("judge.json")).as_array().unwrap() {
        let mut call = callback();
        if row["plain"] == true {
            call = *call.instead.take().unwrap();
        }
        let body = match &row["body"] {
            Value::String(text) => text.clone(),
            body => body.to_string(),
        };
        let outcome = match row["outcome"].as_str() {
            Some("unanswered") => Outcome::Unanswered,
            Some("unreachable") => Outcome::Unreachable,
            _ => Outcome::Answered(Answer {
                status: u16::try_from(row["status"].as_u64().unwrap()).unwrap(),
                body: body.as_bytes(),
            }),
        };
        let attempt = Attempt { repeated: row["repeated"] == true, age_ms: row["ageMs"].as_i64().unwrap_or(5_000) };
        let verdict = connect(&Value::Null).judge(&call, &outcome, attempt);
        let (name, reason) = match &verdict {
            Verdict::Delivered => ("delivered", ""),
            Verdict::Instead(other) => {
                assert_eq!(Some(other), call.instead.as_deref());
                ("instead", "")
            }
            Verdict::Renew { reason } => ("renew", reason.as_str()),
            Verdict::Closed { reason } => ("closed", reason.as_str()),
            Verdict::Later { reason } => ("later", reason.as_str()),
            Verdict::Refused { reason } => ("refused", reason.as_str()),
        };
        assert_eq!(name, row["verdict"], "{row}: {reason}");
        assert!(reason.contains(row["reason"].as_str().unwrap_or_default()), "{row}: {reason}");
        assert!(!reason.contains("secret words"), "{reason}");
    }
}

fn callback() -> Call {
    let reply = reply(vec![MessageData::text("안녕")], None);
    let inbound = inbound(json!({ "callbackUrl": CALLBACK }));
    let channel = connect(&Value::Null);
    channel.synchronous().unwrap().late(&reply, &inbound, RECEIVED_AT.plus_ms(6_000)).unwrap().calls.remove(0)
}

#[test]
fn every_late_answer() {
    for row in read(&folder("late.json")).as_array().unwrap() {
        let channel = connect(&row["config"]);
        let reply_to = if row["callback"] == true { json!({ "callbackUrl": CALLBACK }) } else { Value::Null };
        let inbound = inbound(reply_to);
        let synchronous = channel.synchronous().unwrap();

        let interim = synchronous.interim(&inbound).unwrap();
        let interim_body: Value = serde_json::from_str(&interim.body).unwrap();
        assert_eq!(interim_body, row["interim"], "{row}");
        assert_eq!((interim.status.as_u16(), interim.content_type), (200, "application/json"));
        if interim_body["useCallback"].is_null() {
            limits::check(&interim.body);
        }

        let now = EpochMillis(RECEIVED_AT.0 + row["afterMs"].as_i64().unwrap());
        let Some(rendered) = synchronous.late(&reply_of(row), &inbound, now) else {
            assert!(row["call"].is_null(), "{row}");
            continue;
        };
        let [call] = &rendered.calls[..] else { panic!("{row}") };
        assert_eq!((call.method, call.url.as_str(), call.name), ("POST", CALLBACK, "callback"));
        assert_eq!(call.headers, [("content-type", "application/json".to_owned())]);
        let body = |call: &Call| -> Value {
            let body = std::str::from_utf8(&call.body).unwrap();
            limits::check(body);
            serde_json::from_str(body).unwrap()
        };
        assert_eq!(body(call), row["call"], "{row}");
        let plain = call.instead.as_deref().unwrap();
        assert_eq!(body(plain), row["plain"], "{row}");
        assert_eq!((plain.url.as_str(), &plain.headers, &plain.instead), (CALLBACK, &call.headers, &None));
    }
}

#[test]
fn there_is_nothing_to_send() {
    let reply = reply(vec![MessageData::text("안녕")], None);
    let inbound = inbound(json!({ "callbackUrl": CALLBACK }));
    assert_eq!(connect(&Value::Null).render(&reply, &inbound, RECEIVED_AT), crate::Rendered::default());
}
