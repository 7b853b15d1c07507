//! Whatever comes in and whatever a bot says: no panic, no limit broken, nothing told.

use std::fs;

use model::{Button, Card, ContentType, Keyboard, KeyboardType, Location, Media, MessageData};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::requests::receive;
use super::{CALLBACK, RECEIVED_AT, connect, files, inbound, limits, read, reply};
use crate::{Acknowledge, Answer, Attempt, Outcome};

fn text(most: usize) -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "가",
        "각",
        "a",
        "b c",
        " ",
        "\n",
        "\n\n",
        ". ",
        "😀",
        "👨‍👩‍👧‍👦",
        "🇰🇷",
        "\u{1112}\u{1161}\u{11ab}",
        "e\u{301}",
        "\"",
        "\\",
        "\u{0}",
    ]);
    // Long runs reach the limits sooner than long lists.
    vec((piece, 1..most.div_ceil(4)), 0..6)
        .prop_map(|runs| runs.into_iter().map(|(piece, count)| piece.repeat(count)).collect())
}

fn uri() -> impl Strategy<Value = String> {
    let start = prop::sample::select(vec!["https://e.x/", "HTTP://e.x/", "tel:", "mailto:", "data:", "", "https://"]);
    (start, 0..6000_usize).prop_map(|(start, count)| format!("{start}{}", "a".repeat(count)))
}

fn button() -> impl Strategy<Value = Button> {
    let payload = prop_oneof![
        Just(json!({})),
        Just(json!({ "payload": 1 })),
        text(2000).prop_map(|text| json!({ "a": text })),
        text(1000).prop_map(Value::from),
    ];
    (text(60), option::weighted(0.3, uri()), option::of(payload), prop::bool::weighted(0.1))
        .prop_map(|(label, uri, payload, agent_call)| Button { label, uri, payload, agent_call })
}

fn media() -> impl Strategy<Value = Media> {
    let kind =
        prop::sample::select(vec![ContentType::Image, ContentType::Video, ContentType::Audio, ContentType::Link]);
    (kind, uri(), option::of(text(80))).prop_map(|(content_type, uri, alt_text)| Media { content_type, uri, alt_text })
}

fn card() -> impl Strategy<Value = Card> {
    (option::of(text(100)), option::of(text(500)), option::of(media()), option::of(uri()), vec(button(), 0..5))
        .prop_map(|(title, description, media, uri, buttons)| Card { title, description, media, uri, buttons })
}

fn message() -> impl Strategy<Value = MessageData> {
    prop_oneof![
        (text(3000), vec(button(), 0..11)).prop_map(|(text, buttons)| MessageData::Text { text, buttons }),
        (media(), option::of(text(1200)), vec(button(), 0..5)).prop_map(|(media, text, buttons)| MessageData::Media {
            media,
            text,
            buttons
        }),
        vec(card(), 0..13).prop_map(|cards| MessageData::Cards { cards }),
        (option::of(text(80)), any::<f64>(), any::<f64>()).prop_map(|(title, latitude, longitude)| {
            MessageData::Location { location: Location { title, latitude, longitude } }
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_breaks_a_limit(
        messages in vec(message(), 0..6),
        buttons in option::of(vec(button(), 0..14)),
        placeholder in any::<bool>(),
    ) {
        let config = if placeholder { json!({ "placeholderImage": "https://e.x/p" }) } else { Value::Null };
        let keyboard = buttons.map(|buttons| Keyboard { kind: KeyboardType::Buttons, buttons, ..Keyboard::default() });
        let reply = reply(messages, keyboard);
        let channel = connect(&config);
        let synchronous = channel.synchronous().unwrap();
        limits::check(&synchronous.answer(&reply, &inbound(json!({})), RECEIVED_AT, 0).0.body);
        let rendered = synchronous.late(&reply, &inbound(json!({ "callbackUrl": CALLBACK })), RECEIVED_AT).unwrap();
        let call = &rendered.calls[0];
        limits::check(std::str::from_utf8(&call.body).unwrap());
        limits::check(std::str::from_utf8(&call.instead.as_ref().unwrap().body).unwrap());
    }
}

#[test]
fn no_body_makes_it_panic() {
    let odd = [
        json!(null),
        json!(true),
        json!(-1.5e300),
        json!(""),
        json!("List("),
        json!("{\"url\":1}"),
        json!([[1]]),
        json!({"a": {}}),
    ];
    for (name, path) in files("inbound", ".case.json") {
        let case = read(&path);
        let body = fs::read(path.with_file_name(format!("{name}.body"))).unwrap();
        for end in (0..body.len()).step_by(7) {
            let _ = receive(&case, &body[..end]);
            let mut flipped = body.clone();
            flipped[end] ^= 0x15;
            let _ = receive(&case, &flipped);
        }
        let Ok(value) = serde_json::from_slice::<Value>(&body) else { continue };
        let mut pointers = Vec::new();
        collect_pointers(&value, String::new(), &mut pointers);
        for pointer in pointers {
            for odd in &odd {
                let mut mutated = value.clone();
                *mutated.pointer_mut(&pointer).unwrap() = odd.clone();
                if let Ok(received) = receive(&case, mutated.to_string().as_bytes())
                    && let Acknowledge::WithReply { .. } = received.acknowledge
                {
                    assert!(!received.inbound.is_empty(), "{name}: nobody will answer");
                }
            }
        }
    }
}

fn collect_pointers(value: &Value, at: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                collect_pointers(value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), pointers);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                collect_pointers(value, format!("{at}/{index}"), pointers);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    pointers.push(at);
}

const SECRETS: [&str; 6] = ["path-secret", "head-secret", "admin-secret", "tok%2Fen", "user words", "bot words"];

/// `Inbound` is for the queue and shows what it holds, so `Received` is looked at in parts.
#[test]
fn nothing_is_told() {
    let config = json!({
        "botSecret": "path-secret",
        "secretHeader": { "name": "X-Secret", "value": "head-secret" },
        "channelAdminKey": "admin-secret",
    });
    let channel = connect(&config);
    let mut told = vec![format!("{channel:?}"), format!("{:?}", super::super::PLATFORM)];

    let case = |path: &str, header: &str| {
        let headers = json!({ "x-secret": header, "authorization": format!("KakaoAK {header}") });
        json!({ "config": config, "request": { "method": "POST", "path": path, "headers": headers, "receivedAt": 0 } })
    };
    let whole = json!({
        "event": "user words <script>",
        "userRequest": { "user": { "id": "u1" }, "utterance": " ", "callbackUrl": format!("{CALLBACK}@"), "params": { "media": "user words" } },
    })
    .to_string();
    let bodies = [
        whole.as_str(),
        "{\"userRequest\":{\"utterance\":\"user words",
        "[\"user words\"]",
        "{\"user words\":tok%2Fen}",
        "user words",
    ];
    for path in
        ["/hooks/kakao/path-secret", "/hooks/kakao/path-secret/channel", "/hooks/kakao/path-secre", "/hooks/kakao/"]
    {
        for header in ["head-secret", "admin-secret", "wrong"] {
            for body in bodies {
                told.push(match receive(&case(path, header), body.as_bytes()) {
                    Ok(received) => {
                        assert!(received.inbound.is_empty());
                        // The name of an unknown event is told, cleaned, on purpose.
                        let ignored = format!("{:?}", received.ignored).replace("user words script", "");
                        format!("{ignored} {:?}", received.acknowledge)
                    }
                    Err(error) => format!("{error} {error:?}"),
                });
            }
        }
    }

    let long = format!("bot words {}", "가".repeat(5000));
    let reply = reply(vec![MessageData::text(long), MessageData::text("bot words")], None);
    let synchronous = channel.synchronous().unwrap();
    let inbound = inbound(json!({ "callbackUrl": CALLBACK }));
    told.push(format!(
        "{:?} {:?}",
        synchronous.answer(&reply, &inbound, RECEIVED_AT, 0),
        synchronous.interim(&inbound)
    ));
    let rendered = synchronous.late(&reply, &inbound, RECEIVED_AT).unwrap();
    told.push(format!("{rendered:?}"));
    let answer = format!(r#"{{"status":"FAIL","message":"user words {CALLBACK}"}}"#);
    for body in [answer.as_str(), "user words", r#"{"message":"Invalid json response from bot-skill. user words"}"#] {
        for status in [200, 302, 400, 500] {
            let outcome = Outcome::Answered(Answer { status, body: body.as_bytes() });
            let attempt = Attempt { repeated: false, age_ms: 0 };
            told.push(format!("{:?}", channel.judge(&rendered.calls[0], &outcome, attempt)));
        }
    }
    for told in told {
        for secret in SECRETS {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
    }
}
