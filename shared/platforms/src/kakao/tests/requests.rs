//! `testdata/inbound`: every recorded request through the adapter. What fixtures do not say is under `expect.adapter`.

use std::collections::BTreeMap;
use std::fs;

use http::{HeaderMap, HeaderName};
use model::{BotId, EpochMillis, InboundId, PlatformType};
use serde_json::{Value, json};

use super::{RECEIVED_AT, bot_id, connect, files, limits, read};
use crate::fixtures::{self, Verdict};
use crate::{Acknowledge, ReceiveError, Received, Request, Setup};

#[test]
fn every_case() {
    let mut failures = Vec::new();
    for (name, path) in files("inbound", ".case.json") {
        let body = fs::read(path.with_file_name(format!("{name}.body"))).unwrap();
        let case = fixtures::Case { json: read(&path), body };
        match fixtures::run(&super::super::PLATFORM, &case, &[]) {
            Verdict::Passed => {}
            Verdict::Failed(reasons) => failures.push(format!("{name}: {reasons:?}")),
            Verdict::Skipped(reason) => failures.push(format!("{name}: skipped, {reason}")),
        }
        let fixtures::Case { json: case, body } = case;
        let expected = &case["expect"]["adapter"];
        if !expected.is_null() {
            let actual = adapter_view(&receive(&case, &body).unwrap());
            if !fixtures::matches(expected, &actual) {
                failures.push(format!("{name}: adapter: expected {expected}, got {actual}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

pub(super) fn receive(case: &Value, body: &[u8]) -> Result<Received, ReceiveError> {
    let setup = Setup {
        bot_id: &bot_id(),
        settings: &case["config"],
        public_url: "https://bots.example.com",
        preference: &Value::Null,
    };
    let channel = (super::super::PLATFORM.connect)(setup).unwrap();
    let request = &case["request"];
    let mut headers = HeaderMap::new();
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        headers.append(name.parse::<HeaderName>().unwrap(), value.as_str().unwrap().parse().unwrap());
    }
    let path = request["path"].as_str().unwrap();
    channel.receive(&Request {
        method: &request["method"].as_str().unwrap().parse().unwrap(),
        tail: path.strip_prefix("/hooks/kakao/").unwrap(),
        url: path,
        query: &BTreeMap::new(),
        headers: &headers,
        body,
        received_at: EpochMillis(request["receivedAt"].as_i64().unwrap()),
    })
}

fn adapter_view(received: &Received) -> Value {
    let (acknowledge, until) = match &received.acknowledge {
        Acknowledge::Now(reply) => {
            if !reply.body.is_empty() {
                limits::check(&reply.body);
            }
            ("now", Value::Null)
        }
        Acknowledge::Content(_) => panic!("there are no files here"),
        Acknowledge::WithReply { until } => ("withReply", json!(until)),
    };
    // On channels that wait, all of a turn's inbounds are waited for until the same time.
    for inbound in &received.inbound {
        assert_eq!(json!(inbound.answer_by), until);
    }
    json!({
        "acknowledge": acknowledge,
        "until": until,
        "ignored": received.ignored.iter().map(crate::Ignored::as_str).collect::<Vec<_>>(),
        "replyTo": received.inbound.iter().map(|inbound| inbound.reply_to.clone()).collect::<Vec<_>>(),
        "kinds": received.inbound.iter().map(|inbound| inbound.kind.name()).collect::<Vec<_>>(),
        "timestamps": received.inbound.iter().map(|inbound| inbound.timestamp).collect::<Vec<_>>(),
    })
}

fn say(utterance: &str, headers: &Value, received_at: EpochMillis) -> InboundId {
    let body = json!({ "userRequest": { "user": { "id": "u1" }, "utterance": utterance } }).to_string();
    let case = json!({
        "config": { "botSecret": "s" },
        "request": { "method": "POST", "path": "/hooks/kakao/s", "headers": headers, "receivedAt": received_at },
    });
    receive(&case, body.as_bytes()).unwrap().inbound[0].id
}

#[test]
fn a_turn_has_an_id_of_its_own() {
    let first = json!({ "x-request-id": "1" });
    let second = json!({ "x-request-id": "2" });
    let none = json!({});
    assert_eq!(say("네", &first, RECEIVED_AT), say("네", &first, RECEIVED_AT.plus_ms(9)), "a repetition");
    assert_ne!(say("네", &first, RECEIVED_AT), say("네", &second, RECEIVED_AT), "people say the same twice");
    assert_ne!(say("네", &none, RECEIVED_AT), say("네", &none, RECEIVED_AT.plus_ms(1)));
    assert_ne!(say("네", &none, RECEIVED_AT), say("아니요", &none, RECEIVED_AT));
    assert_eq!(say("네", &none, RECEIVED_AT), say("네", &none, RECEIVED_AT));
}

#[test]
fn several_pictures_have_several_ids() {
    let path = super::folder("inbound/secure_images.case.json");
    let body = fs::read(path.with_file_name("secure_images.body")).unwrap();
    let ids: std::collections::BTreeSet<_> =
        receive(&read(&path), &body).unwrap().inbound.iter().map(|inbound| inbound.id).collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_channel_event_is_known_by_its_resource() {
    let of = |name: &str| {
        let path = super::folder("inbound").join(format!("{name}.case.json"));
        let body = fs::read(path.with_file_name(format!("{name}.body"))).unwrap();
        receive(&read(&path), &body).unwrap().inbound[0].id
    };
    let bot: BotId = bot_id();
    assert_eq!(of("channel_added_params"), InboundId::of(&bot, PlatformType::Kakao, "channel r1"));
}

#[test]
fn settings_that_cannot_work_say_why() {
    let secret = "sample-secret";
    for (settings, word) in [
        (json!(null), "botSecret"),
        (json!({}), "secretHeader"),
        (json!({ "botSecret": "" }), "botSecret"),
        (json!({ "botSecret": [] }), "botSecret"),
        (json!({ "botSecret": 7 }), "`botSecret` must be a text"),
        (json!({ "botSecret": format!("{secret}/x") }), "letters"),
        (json!({ "secretHeader": { "name": "X-Secret", "value": "" } }), "`value`"),
        (json!({ "secretHeader": { "name": "X Secret", "value": secret } }), "`name`"),
        (json!({ "secretHeader": { "value": secret } }), "`name`"),
        (json!({ "secretHeader": secret }), "`name`"),
        (json!({ "botSecret": secret, "answerWithinMs": 4501 }), "4500"),
        (json!({ "botSecret": secret, "answerWithinMs": 0 }), "4500"),
        (json!({ "botSecret": secret, "answerWithinMs": "x" }), "answerWithinMs"),
        (json!({ "botSecret": secret, "placeholderImage": "x.png" }), "placeholderImage"),
        (json!({ "botSecret": secret, "welcomeBlockNames": secret }), "welcomeBlockNames"),
        (json!({ "botSecret": secret, "emptyMessage": "가".repeat(1001) }), "emptyMessage"),
        (json!({ "botSecret": secret, "channelAdminKey": { "a": secret } }), "channelAdminKey"),
    ] {
        let setup = Setup { bot_id: &bot_id(), settings: &settings, public_url: "", preference: &Value::Null };
        let error = (super::super::PLATFORM.connect)(setup).expect_err("settings that cannot work");
        let text = format!("{error} {error:?}");
        assert!(error.to_string().starts_with("integration.kakao: ") && text.contains(word), "{text}");
        assert!(!text.contains(secret), "{text}");
    }
    connect(&json!({ "future": true, "answerWithinMs": 4500, "emptyMessage": " ", "channelAdminKey": null }));
}
