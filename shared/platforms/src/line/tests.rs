//! Every case of `testdata`. To add one to `inbound`, sign its body with
//! `openssl dgst -sha256 -hmac SECRET -binary NAME.body | base64`; one of `outbound` needs no more than its `reply`, and
//! `UPDATE=1 cargo test` writes what comes out of it, for you to read.

mod check;
mod openapi;
mod properties;

use std::path::PathBuf;

use http::{HeaderMap, Method};
use model::{EpochMillis, Inbound, InboundId, PlatformType, Reply};
use serde_json::{Map, Value, json};
use unicode_segmentation::UnicodeSegmentation;

use super::PLATFORM;
use crate::secret::hmac_sha256;
use crate::{Answer, Attempt, Call, Channel, Outcome, ReceiveError, Received, Request, Setup, Verdict, fixtures};

const TOKEN: &str = "secret-token";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/line/testdata")).join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_str().unwrap().ends_with(ending));
    files.sort();
    assert!(!files.is_empty());
    files
}

fn read(path: &PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn channel(settings: &Value) -> Box<dyn Channel> {
    let bot_id = "Bxxxxx".parse().unwrap();
    let setup = Setup { bot_id: &bot_id, settings, public_url: "https://bots.example.com", preference: &Value::Null };
    (PLATFORM.connect)(setup).unwrap()
}

fn settings() -> Value {
    json!({ "channelSecret": SECRET, "channelAccessToken": TOKEN })
}

fn receive(channel: &dyn Channel, body: &[u8], signature: &str) -> Result<Received, ReceiveError> {
    let mut headers = HeaderMap::new();
    headers.insert("x-line-signature", signature.parse().unwrap());
    let received_at = EpochMillis(1_780_300_800_000);
    let (method, tail, url, query) = (&Method::POST, "", "https://bots.example.com/hooks/line/Bxxxxx/", &[].into());
    channel.receive(&Request { method, tail, url, query, headers: &headers, body, received_at })
}

fn sign(body: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(hmac_sha256(SECRET.as_bytes(), &[body]))
}

#[test]
fn inbound() {
    let mut failures = Vec::new();
    for path in files("inbound", ".case.json") {
        let body = std::fs::read(path.to_str().unwrap().replace(".case.json", ".body")).unwrap();
        match fixtures::run(&PLATFORM, &fixtures::Case { json: read(&path), body }, &[]) {
            fixtures::Verdict::Passed => {}
            other => failures.push(format!("{}: {other:?}", path.display())),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn outbound() {
    let mut failures = Vec::new();
    for path in files("outbound", ".json") {
        let mut case = read(&path);
        let (calls, dropped) = render(&case);
        let same = case["expect"] == calls && case["dropped"] == dropped;
        if same {
            continue;
        }
        if std::env::var_os("UPDATE").is_none() {
            failures.push(format!("{}: {calls:#} {dropped}", path.display()));
            continue;
        }
        case["expect"] = calls;
        case["dropped"] = dropped;
        let parts = ["note", "settings", "inbound", "ageMs", "reply", "expect", "dropped"]
            .iter()
            .filter(|name| !case[**name].is_null())
            .map(|name| format!("  {}: {}", json!(name), format!("{:#}", case[*name]).replace('\n', "\n  ")));
        std::fs::write(&path, format!("{{\n{}\n}}\n", parts.collect::<Vec<_>>().join(",\n"))).unwrap();
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The calls and what was dropped, as a golden shows them.
fn render(case: &Value) -> (Value, Value) {
    let channel =
        channel(if case["settings"].is_null() { None } else { Some(&case["settings"]) }.unwrap_or(&settings()));
    let inbound = inbound_of(&case["inbound"]);
    let now = inbound.received_at.plus_ms(case["ageMs"].as_i64().unwrap_or(1000));
    let rendered = channel.render(&reply_of(&case["reply"]), &inbound, now);
    check::calls(&rendered.calls, &inbound);
    let dropped: Vec<_> =
        rendered.dropped.iter().map(|dropped| format!("{} {}", dropped.count, dropped.what)).collect();
    (rendered.calls.iter().map(shown).collect(), json!(dropped))
}

fn reply_of(reply: &Value) -> Reply {
    let mut reply = expanded(reply);
    for message in reply["messages"].as_array_mut().unwrap() {
        let id = "018f0000-0000-7000-8000-000000000000";
        let data = message.take();
        *message =
            json!({ "id": id, "endUserId": id, "conversationId": id, "isUser": false, "data": data, "timestamp": 0 });
    }
    serde_json::from_value(reply).unwrap()
}

fn inbound_of(overrides: &Value) -> Inbound {
    let bot_id = "Bxxxxx".parse().unwrap();
    let mut inbound = json!({
        "id": InboundId::of(&bot_id, PlatformType::Line, "01KT12DQ8VWZFMSGCVCDREMD88"),
        "botId": bot_id,
        "platform": "line",
        "userKey": "U1",
        "conversationKey": "U1",
        "timestamp": 1_780_300_045_595_i64,
        "receivedAt": 1_780_300_045_700_i64,
        "kind": { "type": "message", "data": { "type": "text", "text": "hi" } },
    });
    for (name, value) in overrides.as_object().unwrap_or(&Map::new()) {
        inbound[name] = value.clone();
    }
    serde_json::from_value(inbound).unwrap()
}

fn shown(call: &Call) -> Value {
    let mut headers: Map<_, _> = call.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    assert_eq!(headers.remove("authorization"), Some(json!(format!("Bearer {TOKEN}"))));
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    let mut shown = json!({ "name": call.name, "url": call.url, "headers": headers, "body": shortened(&body) });
    if let Some(instead) = &call.instead {
        let other: Value = serde_json::from_slice(&instead.body).unwrap();
        assert_eq!(body["messages"], other["messages"]);
        shown["instead"] = self::shown(instead);
        shown["instead"]["body"]["messages"] = json!("the same");
    }
    shown
}

/// `{{a*3}}` is `aaa`, in every text of the case.
fn expanded(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(
            text.split("{{")
                .enumerate()
                .map(|(index, part)| match part.split_once("}}") {
                    Some((run, rest)) if index > 0 => {
                        let (unit, times) = run.rsplit_once('*').unwrap();
                        unit.repeat(times.parse().unwrap()) + rest
                    }
                    _ => part.to_owned(),
                })
                .collect::<String>()
        ),
        Value::Array(list) => list.iter().map(expanded).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), expanded(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// The other way round, and without the middle of what is long in another way.
fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let characters: Vec<_> = text.graphemes(true).collect();
            let mut short = String::new();
            for run in characters.chunk_by(|one, next| one == next) {
                match run.len() {
                    0..10 => short.push_str(&run.concat()),
                    times => short.push_str(&format!("{{{{{}*{times}}}}}", run[0])),
                }
            }
            let count = short.chars().count();
            if count > 200 {
                let start: String = short.chars().take(60).collect();
                let end: String = short.chars().skip(count - 20).collect();
                short = format!("{start} [{} units] {end}", text.encode_utf16().count());
            }
            json!(short)
        }
        Value::Array(list) => list.iter().map(shortened).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shortened(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[test]
fn judge() {
    let channel = channel(&settings());
    let reply = reply_of(&json!({ "messages": [{ "type": "text", "text": "customer words" }] }));
    let inbound = inbound_of(&json!({ "replyTo": { "token": "reply-token" } }));
    let rows: Value = serde_json::from_str(include_str!("testdata/judge.json")).unwrap();
    for row in rows.as_array().unwrap() {
        let mut call = channel.render(&reply, &inbound, inbound.received_at).calls.remove(0);
        let push = call.instead.clone().unwrap();
        match row["call"].as_str() {
            Some("reply") => assert_eq!(call.name, "reply"),
            Some("push") => call = *push.clone(),
            other => panic!("{other:?}"),
        }
        let body = row["body"].as_str().unwrap_or_default().as_bytes();
        let outcome = match row["outcome"].as_str() {
            None => Outcome::Answered(Answer { status: row["status"].as_u64().unwrap().try_into().unwrap(), body }),
            Some("unanswered") => Outcome::Unanswered,
            Some("unreachable") => Outcome::Unreachable,
            Some(other) => panic!("{other}"),
        };
        let attempt = Attempt { repeated: row["repeated"] == true, age_ms: row["ageMs"].as_i64().unwrap_or(1000) };
        let (verdict, reason) = match channel.judge(&call, &outcome, attempt) {
            Verdict::Delivered => ("delivered", None),
            Verdict::Instead(call) => {
                assert_eq!(call, *push);
                ("instead", None)
            }
            Verdict::Renew { reason } => ("renew", Some(reason)),
            Verdict::Closed { reason } => ("closed", Some(reason)),
            Verdict::Later { reason } => ("later", Some(reason)),
            Verdict::Refused { reason } => ("refused", Some(reason)),
        };
        assert_eq!((json!(verdict), json!(reason)), (row["verdict"].clone(), row["reason"].clone()), "{row:#}");
    }
}

/// <https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/>, line-bot-sdk-nodejs, and one with
/// letters beyond ASCII.
#[test]
fn signatures() {
    let bodies = [
        r#"{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}"#,
        r#"{"hello":"world"}"#,
        r#"{"destination":"U0123456789abcdef0123456789abcdef","events":[{"type":"message","message":{"type":"text","id":"1","text":"안녕 👋"}}]}"#,
    ];
    let secrets = ["8c570fa6dd201bb328f1c1eac23a96d8", "test_secret", "0123456789abcdef0123456789abcdef"];
    let signatures = [
        "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=",
        "t7Hn4ZDHqs6e+wdvI5TyQIvzie0DmMUmuXEBqyyE/tM=",
        "QJJ8h7bBGD5B+4+GcC6GHox8Bg6gFvyVq1QwmCl8rls=",
    ];
    for (i, secret) in secrets.iter().enumerate() {
        let channel = channel(&json!({ "channelSecret": secret }));
        for (j, body) in bodies.iter().enumerate() {
            let received = receive(&*channel, body.as_bytes(), signatures[i]);
            match (i == j, j) {
                (false, _) => assert_eq!(received, Err(ReceiveError::Unsigned)),
                (true, 1) => assert!(matches!(received, Err(ReceiveError::Malformed(_)))),
                (true, _) => assert_eq!(received.unwrap().inbound, []),
            }
        }
    }
}

#[test]
fn what_is_ignored_has_a_name() {
    let channel = channel(&settings());
    let ignored = |event: Value| {
        let body = json!({ "events": [event] }).to_string();
        let received = receive(&*channel, body.as_bytes(), &sign(body.as_bytes())).unwrap();
        assert_eq!(received.inbound, []);
        received.ignored[0].as_str().to_owned()
    };
    for (event, name) in [
        (json!(5), "unreadable event"),
        (json!({}), "event without a type"),
        (json!({ "type": "messageEdited" }), "messageEdited"),
        (json!({ "type": "unsend" }), "unsend"),
        (json!({ "type": "a\n\"b\"/../c".repeat(9) }), "ab..cab..cab..cab..cab..cab..cab..cab..c"),
        (json!({ "type": "message" }), "message without a message"),
        (json!({ "type": "message", "message": { "type": "hologram" } }), "message hologram"),
        (json!({ "type": "message", "message": { "type": "text" } }), "message text without its fields"),
        (json!({ "type": "message", "message": { "type": "text", "text": "x" } }), "message without a user"),
        (json!({ "type": "follow", "mode": "standby" }), "follow standby"),
        (
            json!({ "type": "postback", "postback": { "data": "x", "params": { "status": "FAILED" } } }),
            "postback richmenu",
        ),
        (json!({ "type": "message", "replyToken": "0".repeat(32) }), "verify"),
    ] {
        assert_eq!(ignored(event), name);
    }
}

#[test]
fn the_reply_token_goes_with_the_inbound_and_nowhere_else() {
    let channel = channel(&settings());
    let body = br#"{"events":[{"type":"follow","source":{"userId":"U1"},"replyToken":"T1"},
        {"type":"message","source":{"userId":"U1"},"replyToken":"T2","message":{"type":"text","text":"x"}},
        {"type":"message","source":{"userId":"U1"},"message":{"type":"text","text":"x"}},
        {"type":"message","source":{"userId":"U1"},"mode":"standby","replyToken":"T4","message":{"type":"text","text":"x"}}]}"#;
    let inbound = receive(&*channel, body, &sign(body)).unwrap().inbound;
    let tokens: Vec<_> = inbound.iter().map(|inbound| inbound.reply_to.clone()).collect();
    assert_eq!(tokens, [json!({ "token": "T1" }), json!({ "token": "T2" }), Value::Null, Value::Null]);
    assert!(inbound.iter().all(|inbound| !json!(inbound.kind).to_string().contains("\"T")));
}

#[test]
fn an_event_has_the_same_id_each_time() {
    let channel = channel(&settings());
    let id = |event: Value| {
        let body = json!({ "events": [event] }).to_string();
        receive(&*channel, body.as_bytes(), &sign(body.as_bytes())).unwrap().inbound[0].id
    };
    let of = |event: &str| InboundId::of(&"Bxxxxx".parse().unwrap(), PlatformType::Line, event);
    let event = |id: Value, message_id: Value, redelivery: bool| {
        json!({ "type": "message", "webhookEventId": id, "source": { "userId": "U1" }, "timestamp": 1,
            "deliveryContext": { "isRedelivery": redelivery },
            "message": { "type": "text", "id": message_id, "text": "x" } })
    };
    for redelivery in [false, true] {
        assert_eq!(id(event(json!("E1"), json!("1"), redelivery)), of("E1"));
        assert_eq!(id(event(Value::Null, json!("1"), redelivery)), of("1"));
        assert_eq!(id(event(json!(""), json!(""), redelivery)), of("message U1 1970-01-01T00:00:00.001Z"));
    }
}

#[test]
fn a_pressed_button_brings_back_its_label_and_payload() {
    let channel = channel(&settings());
    for (label, payload) in [("예약 \"🍎\"", json!({ "menu": [1, null] })), ("a", json!("b")), ("a", json!(false))]
    {
        let button = json!({ "label": label, "payload": payload });
        let reply = reply_of(&json!({ "messages": [{ "type": "text", "text": "x", "buttons": [button] }] }));
        let inbound = inbound_of(&Value::Null);
        let call = channel.render(&reply, &inbound, inbound.received_at).calls.remove(0);
        let sent: Value = serde_json::from_slice(&call.body).unwrap();
        let data = &sent["messages"][0]["template"]["actions"][0]["data"];
        let event = json!({ "type": "postback", "source": { "userId": "U1" }, "postback": { "data": data } });
        let body = json!({ "events": [event] }).to_string();
        let received = receive(&*channel, body.as_bytes(), &sign(body.as_bytes())).unwrap();
        let kind = json!(received.inbound[0].kind);
        assert_eq!((&kind["data"]["text"], &kind["meta"]["payload"]), (&json!(label), &payload));
    }
}

#[test]
fn settings_say_what_to_set() {
    let bot_id = "Bxxxxx".parse().unwrap();
    let secret =
        "set channelSecret to the Channel secret, on the Basic settings of your channel in the LINE Developers Console";
    let shape = "channelSecret is a text or a list of texts, channelAccessToken and videoPreviewImageUrl a text";
    let preview = "videoPreviewImageUrl is the https address of a JPEG or PNG";
    let blank = "channelAccessToken has a blank or a strange letter in it; copy it again, on the Messaging API tab of your channel in the LINE Developers Console";
    for (settings, reason) in [
        (json!({ "channelSecret": "s" }), None),
        (json!({ "channelSecret": ["s", "t"], "botUserId": "U1", "more": {} }), None),
        (json!({ "channelSecret": "s", "channelAccessToken": null }), None),
        (json!({ "channelSecret": "s", "channelAccessToken": "" }), None),
        (json!({ "channelSecret": "s", "channelAccessToken": "aB+/=-_." }), None),
        (json!({}), Some(secret)),
        (json!({ "channelSecret": "" }), Some(secret)),
        (json!({ "channelSecret": [] }), Some(secret)),
        (json!({ "channelSecret": null }), Some(secret)),
        (json!({ "channelSecret": 5 }), Some(shape)),
        (json!({ "channelSecret": "s", "channelAccessToken": ["t"] }), Some(shape)),
        (json!(null), Some(shape)),
        (json!("s"), Some(shape)),
        (json!({ "channelSecret": "s", "channelAccessToken": "t\n" }), Some(blank)),
        (json!({ "channelSecret": "s", "channelAccessToken": "토큰" }), Some(blank)),
        (json!({ "channelSecret": "s", "videoPreviewImageUrl": "https://a.example/1.png" }), None),
        (json!({ "channelSecret": "s", "videoPreviewImageUrl": "http://a.example/1.png" }), Some(preview)),
        (json!({ "channelSecret": "s", "videoPreviewImageUrl": "https://a.example/1.mp4" }), Some(preview)),
    ] {
        let setup = Setup {
            bot_id: &bot_id,
            settings: &settings,
            public_url: "https://bots.example.com",
            preference: &Value::Null,
        };
        let error = (PLATFORM.connect)(setup).err();
        let expected = reason.map(|reason| format!("integration.line: {reason}"));
        assert_eq!(error.map(|error| error.to_string()), expected, "{settings}");
    }
}

/// What is logged: `Debug` and `Display` of all that we return. `Received` is not, nor what it holds.
#[test]
fn no_secret_and_no_words_can_be_logged() {
    const WORDS: &str = "customer-words";
    let channel = channel(&settings());
    let mut logged = vec![format!("{channel:?} {PLATFORM:?}")];

    let inbound = inbound_of(&json!({ "replyTo": { "token": "reply-token" } }));
    let say = json!({ "label": WORDS, "payload": WORDS });
    let reply = reply_of(&json!({
        "messages": [
            { "type": "text", "text": WORDS.repeat(30), "buttons": [say, { "label": WORDS, "uri": WORDS }] },
            { "type": "cards", "cards": [{ "title": WORDS.repeat(20), "uri": WORDS }] },
        ],
        "keyboard": { "type": "buttons", "buttons": [say] },
    }));
    let rendered = channel.render(&reply, &inbound, inbound.received_at);
    assert!(!rendered.dropped.is_empty());
    logged.push(format!("{rendered:?}"));
    for call in &rendered.calls {
        let body = json!({ "message": format!("{WORDS} {TOKEN} reply-token") }).to_string();
        for status in [200, 400, 401, 409, 429, 500] {
            let outcome = Outcome::Answered(Answer { status, body: body.as_bytes() });
            logged.push(format!("{:?}", channel.judge(call, &outcome, Attempt { repeated: false, age_ms: 0 })));
        }
    }

    let text = json!({ "events": [{ "type": "message", "message": { "type": "text", "text": WORDS } }] }).to_string();
    for body in [&text[..], &text[..60], &format!("{{{text}"), &format!("{{\"events\":\"{WORDS}\"}}"), WORDS] {
        match receive(&*channel, body.as_bytes(), &sign(body.as_bytes())) {
            Ok(received) => logged.push(format!("{:?} {:?}", received.ignored, received.acknowledge)),
            Err(error) => logged.push(format!("{error} {error:?}")),
        }
        let error = receive(&*channel, body.as_bytes(), WORDS).unwrap_err();
        logged.push(format!("{error} {error:?}"));
    }
    let bot_id = "Bxxxxx".parse().unwrap();
    for settings in [
        json!({ "channelSecret": SECRET, "channelAccessToken": "secret-token " }),
        json!({ "channelSecret": { "a": SECRET } }),
    ] {
        let setup = Setup {
            bot_id: &bot_id,
            settings: &settings,
            public_url: "https://bots.example.com",
            preference: &Value::Null,
        };
        let error = (PLATFORM.connect)(setup).err().unwrap();
        logged.push(format!("{error} {error:?}"));
    }

    for line in logged {
        for secret in [WORDS, TOKEN, "reply-token", SECRET] {
            assert!(!line.contains(secret), "{secret} in {line}");
        }
    }
}
