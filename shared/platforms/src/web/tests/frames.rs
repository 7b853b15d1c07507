//! What a browser is sent.

use model::{Event, Inbound};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::KIT;
use crate::testkit::any_reply;
use crate::web::resume::{Missed, fitting, missed, resumed};
use crate::web::{FRAMES, KEY, Posted, event_frame, heard_frame, history, posted, read_after, replay, stamp};
use crate::{Rendered, fit};

/// Every limit of `limits.rs`, counted anew.
pub(super) fn check(rendered: &Rendered, inbound: &Inbound) {
    let chars = |value: &Value| value.as_str().unwrap_or_default().chars().count();
    let mut keys = std::collections::BTreeSet::new();
    for call in &rendered.calls {
        assert_eq!(call.url, format!("{FRAMES}{}", inbound.conversation_key));
        assert!(stamp(&call.body, u64::MAX).len() <= 32_768);
        let key = call.headers.iter().find(|(name, _)| *name == KEY).unwrap();
        assert!(keys.insert(&key.1), "two frames of one key");
        let frame: Value = serde_json::from_slice(&call.body).unwrap();
        let lists: Vec<(&Value, usize)> = match frame["type"].as_str().unwrap() {
            "KEYBOARD" => vec![(&frame["keyboard"]["buttons"], 50)],
            "MESSAGE" => {
                let data = &frame["message"]["data"];
                assert!(chars(&data["text"]) <= 1000);
                let cards = data["cards"].as_array().map(Vec::as_slice).unwrap_or_default();
                assert!(cards.len() <= 10);
                for card in cards {
                    assert!(chars(&card["title"]) <= 255 && chars(&card["description"]) <= 1000);
                    assert!(card.as_object().is_some_and(|card| !card.is_empty()));
                }
                for media in
                    cards.iter().map(|card| &card["media"]).chain([&data["media"]]).filter(|media| !media.is_null())
                {
                    let uri = media["uri"].as_str().unwrap().to_ascii_lowercase();
                    assert!(uri.starts_with("http:") || uri.starts_with("https:"), "{uri}");
                }
                cards.iter().map(|card| (&card["buttons"], 9)).chain([(&data["buttons"], 9)]).collect()
            }
            other => panic!("{other}"),
        };
        for (buttons, most) in lists {
            let buttons = buttons.as_array().map(Vec::as_slice).unwrap_or_default();
            assert!(buttons.len() <= most);
            for button in buttons {
                assert!((1..=255).contains(&chars(&button["label"])));
                if let Some(uri) = button["uri"].as_str() {
                    let uri = uri.to_ascii_lowercase();
                    assert!(["http:", "https:", "tel:", "mailto:"].iter().any(|start| uri.starts_with(start)), "{uri}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_goes_out_is_within_every_limit(reply in any_reply()) {
        let inbound = KIT.inbound(&json!({}));
        check(&KIT.channel().render(&reply, &inbound, inbound.received_at), &inbound);
    }

    /// A browser that follows the log gets every number once and in order, wherever it was.
    #[test]
    fn nothing_is_missed_and_nothing_doubled(first in 1u64..40, kept in 0u64..100, has in 0u64..200) {
        let last = first + kept - u64::from(kept > 0);
        let log: Vec<u64> = if kept == 0 { Vec::new() } else { (first..=last).collect() };
        let last = log.last().copied().unwrap_or(0);
        match missed(has, log.first().copied().unwrap_or(1), last) {
            None => prop_assert_eq!(has, last),
            Some(Missed { after, reset }) => {
                let mut sent: Vec<u64> = log.iter().copied().filter(|seq| *seq > after).collect();
                let all = sent.len();
                let bodies: Vec<Vec<u8>> = sent.iter().map(|_| vec![b' '; 3000]).collect();
                sent.truncate(fitting(bodies.iter().map(Vec::as_slice)));
                prop_assert!(sent.len() == all || sent.len() >= 30);
                if !reset && has > 0 {
                    prop_assert_eq!(sent.first().copied(), Some(has + 1));
                }
                if reset {
                    prop_assert!(has > last || has + 1 < first);
                }
            }
        }
    }
}

#[test]
fn a_browser_gets_what_it_missed() {
    let missed_of = |after, reset| Some(Missed { after, reset });
    for (note, has, first, last, expected) in [
        ("an empty log", 0, 1, 0, None),
        ("a new browser", 0, 1, 7, missed_of(0, false)),
        ("a new browser in an old conversation", 0, 1, 100, missed_of(70, false)),
        ("a new browser, and a log that forgets", 0, 90, 100, missed_of(89, false)),
        ("nothing missed", 7, 1, 7, None),
        ("one missed", 6, 1, 7, missed_of(6, false)),
        ("a hole", 6, 50, 90, missed_of(49, true)),
        ("no hole", 49, 50, 90, missed_of(49, false)),
        ("a log of another time", 9, 1, 7, missed_of(0, true)),
        ("a log that was cleared", 9, 1, 0, missed_of(0, true)),
        ("the largest number", u64::MAX, 1, 7, missed_of(0, true)),
    ] {
        assert_eq!(missed(has, first, last), expected, "{note}");
    }
    let (name, data) = resumed(Missed { after: 6, reset: false }, 7, 56, 90);
    assert_eq!((name, data), ("web.resumed", json!({ "from": 7, "to": 56, "more": true })));
    let (_, data) = resumed(Missed { after: 0, reset: true }, 1, 7, 7);
    assert_eq!(data, json!({ "from": 1, "to": 7, "more": false, "reset": true }));
}

/// What is kept has forgotten some, and the clock of forgetting keeps no order. A browser that does as it is told comes to an
/// end.
#[test]
fn a_replay_is_of_what_is_kept_and_ends() {
    let all = |first: u64, last: u64| (first..=last).collect::<Vec<u64>>();
    for (note, has, last, kept, expected) in [
        ("an empty log", 0, 0, vec![], json!([])),
        ("nothing missed", 7, 7, all(1, 7), json!([])),
        ("one missed", 6, 7, all(1, 7), json!([{ "from": 7, "to": 7, "more": false }])),
        ("one that came meanwhile", 7, 7, all(1, 8), json!([{ "from": 8, "to": 8, "more": false }])),
        (
            "more than a portion",
            1,
            60,
            all(1, 60),
            json!([{ "from": 2, "to": 51, "more": true }, { "from": 52, "to": 60, "more": false }]),
        ),
        ("a hole", 6, 60, all(50, 60), json!([{ "from": 50, "to": 60, "more": false, "reset": true }])),
        ("everything was forgotten", 6, 60, vec![], json!([{ "from": 61, "to": 60, "more": false, "reset": true }])),
        (
            "everything, for a new browser",
            0,
            60,
            vec![],
            json!([{ "from": 61, "to": 60, "more": false, "reset": true }]),
        ),
        (
            "the newest was forgotten",
            6,
            9,
            vec![7],
            json!([{ "from": 7, "to": 7, "more": true }, { "from": 10, "to": 9, "more": false, "reset": true }]),
        ),
        ("a log of another time", 99, 7, all(1, 7), json!([{ "from": 1, "to": 7, "more": false, "reset": true }])),
        (
            "another time, and nothing is left",
            99,
            7,
            vec![],
            json!([{ "from": 8, "to": 7, "more": false, "reset": true }]),
        ),
        ("a log that was cleared", 9, 0, vec![], json!([{ "from": 1, "to": 0, "more": false, "reset": true }])),
    ] {
        let (mut has, mut heard) = (has, Vec::new());
        for _ in 0..5 {
            let after = read_after(has, last);
            let read = kept.iter().filter(|seq| **seq > after).take(51).map(|seq| (*seq, vec![b' '; 9]));
            let replayed = replay(has, last, &read.collect::<Vec<_>>());
            let Some((name, data)) = replayed.told else { break };
            assert_eq!(name, "web.resumed", "{note}");
            has = data["to"].as_u64().unwrap();
            heard.push(data.clone());
            if data["more"] == false {
                break;
            }
        }
        assert_eq!(Value::from(heard), expected, "{note}");
    }
}

#[test]
fn replays_and_histories_fit() {
    let frames = |count: usize, bytes: usize| vec![vec![b' '; bytes]; count];
    for (count, bytes, expected) in [(0, 9, 0), (50, 9, 50), (51, 9, 50), (4, 32_000, 3), (2, 200_000, 1)] {
        let frames = frames(count, bytes);
        assert_eq!(fitting(frames.iter().map(Vec::as_slice)), expected, "{count} of {bytes}");
    }
    let items = |count: usize, letters: usize| {
        (0..count).map(|n| json!({ "seq": n, "x": "x".repeat(letters) })).collect::<Vec<_>>()
    };
    for (count, letters, kept) in [(0, 1, 0), (50, 1, 50), (60, 1, 50), (10, 10_000, 3), (3, 40_000, 1)] {
        let (items, more) = history(items(count, letters));
        assert_eq!((items.len(), more), (kept, kept < count), "{count} of {letters}");
        // The newest stay.
        assert_eq!(items.last().map(|item| item["seq"].clone()), (count > 0).then(|| json!(count - 1)));
    }
}

#[test]
fn a_frame_gets_its_number() {
    assert_eq!(stamp(br#"{"type":"KEYBOARD"}"#, 7), br#"{"seq":7,"type":"KEYBOARD"}"#);
    assert_eq!(stamp(b"{}", 7), br#"{"seq":7}"#);
}

#[test]
fn what_api_gateway_says_of_a_connection() {
    for (status, expected) in [
        (200, Posted::Sent),
        (410, Posted::Gone),
        (429, Posted::Later),
        (500, Posted::Later),
        (413, Posted::Refused),
        (400, Posted::Refused),
        (401, Posted::Unavailable),
        (403, Posted::Unavailable),
    ] {
        assert_eq!(posted(status), expected, "{status}");
    }
}

fn event(name: &str) -> Event {
    let id = "018f0000-0000-7000-8000-000000000000";
    serde_json::from_value(json!({
        "id": id, "event": name, "sourceType": "bot", "sourceId": "Bweb01", "timestamp": 5,
        "data": { "conversation": {
            "id": id, "botId": "Bweb01", "endUserId": id, "platform": "web", "userKey": "u",
            "params": { "secret": 1 }, "createdAt": "2024-04-25T09:24:19.000Z", "updatedAt": "2024-04-25T09:24:19.000Z",
        } },
    }))
    .unwrap()
}

#[test]
fn a_browser_is_told_of_people_and_of_the_end() {
    for (name, told) in [
        ("bot.conversation.agent_call_requested", true),
        ("bot.conversation.agent_call_connected", true),
        ("bot.conversation.agent_call_cancelled", true),
        ("bot.conversation.agent_call_disconnected", true),
        ("bot.conversation.deleted", true),
        ("bot.conversation.created", false),
        ("bot.conversation.updated", false),
    ] {
        let frame = event_frame(&event(name));
        assert_eq!(frame.is_some(), told, "{name}");
        // Params are the company's.
        assert!(!frame.is_some_and(|frame| frame.to_string().contains("secret")));
    }
}

#[test]
fn other_tabs_see_what_a_customer_said_without_what_is_for_the_bot() {
    let reply = crate::testkit::reply_of(&json!({ "messages": [{ "type": "text", "text": "hi" }] }));
    let mut message = reply.messages[0].clone();
    message.is_user = true;
    message.meta = Some(serde_json::from_value(json!({ "payload": { "a": 1 } })).unwrap());
    let frame = heard_frame(&message, "c1");
    assert_eq!((&frame["clientMessageId"], &frame["message"]["meta"]), (&json!("c1"), &Value::Null));
}

#[test]
fn scalars_are_what_is_counted() {
    let limit = crate::web::limits::TEXT;
    assert!(limit.holds(&"🍎".repeat(1000)) && !limit.holds(&"🍎".repeat(1001)));
    assert_eq!(limit.1, fit::Unit::Scalar);
}
