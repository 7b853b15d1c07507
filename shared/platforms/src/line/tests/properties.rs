//! What must hold for anything, not only for the cases that somebody thought of.

use model::{Button, Card, ContentType, Keyboard, KeyboardType, Location, Media, MessageData, Reply};
use proptest::prelude::*;
use serde_json::json;

use super::{channel, check, files, inbound_of, receive, reply_of, settings, sign};

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => any::<char>().prop_map(String::from),
        4 => prop::sample::select(vec!["가", "a ", "\n", ". ", "🍎", "👨‍👩‍👧‍👦", "🇰🇷", "\u{301}", "\u{1}", "\"", "$"]).prop_map(str::to_owned),
    ];
    let times = prop::sample::select(vec![1, 1, 1, 2, 7, 20, 41, 61, 300, 2001]);
    prop::collection::vec((part, times).prop_map(|(part, times)| part.repeat(times)), 0..5)
        .prop_map(|parts| parts.concat())
}

fn uri() -> impl Strategy<Value = String> {
    let start = prop::sample::select(vec![
        "https://a.example/",
        "http://a.example/",
        "tel:",
        "line://ti/",
        "javascript:",
        "",
        "https://",
    ]);
    (start, text(), prop::sample::select(vec!["", ".jpg", ".gif"]))
        .prop_map(|(start, rest, end)| format!("{start}{rest}{end}"))
}

fn button() -> impl Strategy<Value = Button> {
    let payload = text().prop_map(|text| json!({ "a": text }));
    (text(), prop::option::weighted(0.3, uri()), prop::option::weighted(0.3, payload))
        .prop_map(|(label, uri, payload)| Button { label, uri, payload, agent_call: false })
}

fn buttons(max: usize) -> impl Strategy<Value = Vec<Button>> {
    prop_oneof![Just(vec![]), prop::collection::vec(button(), 0..5), prop::collection::vec(button(), 0..max)]
}

fn media() -> impl Strategy<Value = Media> {
    use ContentType::{Audio, Image, Link, Video};
    (prop::sample::select(vec![Image, Image, Image, Video, Audio, Link]), uri(), prop::option::of(text()))
        .prop_map(|(content_type, uri, alt_text)| Media { content_type, uri, alt_text })
}

fn card() -> impl Strategy<Value = Card> {
    let parts =
        (prop::option::of(text()), prop::option::of(text()), prop::option::of(media()), prop::option::of(uri()));
    (parts, buttons(12)).prop_map(|((title, description, media, uri), buttons)| Card {
        title,
        description,
        media,
        uri,
        buttons,
    })
}

fn data() -> impl Strategy<Value = MessageData> {
    let same = (card(), 1..30usize).prop_map(|(card, times)| MessageData::Cards { cards: vec![card; times] });
    prop_oneof![
        (text(), buttons(120)).prop_map(|(text, buttons)| MessageData::Text { text, buttons }),
        (media(), prop::option::of(text()), buttons(12)).prop_map(|(media, text, buttons)| MessageData::Media {
            media,
            text,
            buttons
        }),
        prop::collection::vec(card(), 0..16).prop_map(|cards| MessageData::Cards { cards }),
        same,
        (prop::option::of(text()), any::<f64>(), -91.0..91.0f64, any::<bool>()).prop_map(
            |(title, wild, tame, is_wild)| {
                let latitude = if is_wild { wild } else { tame };
                MessageData::Location { location: Location { title, latitude, longitude: tame * 2.0 } }
            }
        ),
    ]
}

fn keyboard() -> impl Strategy<Value = Keyboard> {
    use KeyboardType::{Any, Buttons, Location, Number, Text};
    (prop::sample::select(vec![Any, Text, Number, Buttons, Location]), buttons(50))
        .prop_map(|(kind, buttons)| Keyboard { kind, buttons, ..Keyboard::default() })
}

fn reply() -> impl Strategy<Value = Reply> {
    (prop::collection::vec(data(), 0..8), prop::option::of(keyboard())).prop_map(|(data, keyboard)| {
        let messages = vec![json!({ "type": "text", "text": "" }); data.len()];
        let mut reply = reply_of(&json!({ "messages": messages }));
        for (message, data) in reply.messages.iter_mut().zip(data) {
            message.data = data;
        }
        Reply { keyboard, ..reply }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_goes_out_is_within_every_limit(reply in reply(), has_token in any::<bool>(), age_ms in 0i64..100_000) {
        let reply_to = if has_token { json!({ "token": "t" }) } else { json!(null) };
        let inbound = inbound_of(&json!({ "replyTo": reply_to }));
        let now = inbound.received_at.plus_ms(age_ms);
        let rendered = channel(&settings()).render(&reply, &inbound, now);
        check::calls(&rendered.calls, &inbound);
        let is_reply = rendered.calls.first().is_some_and(|call| call.name == "reply");
        prop_assert_eq!(is_reply, has_token && age_ms < 50_000 && !rendered.calls.is_empty());
    }
}

/// Bodies of the cases with a few bytes changed, cut or doubled, signed so that they are read.
#[test]
fn no_body_is_a_panic() {
    let channel = channel(&settings());
    // xorshift, so that a failure comes again.
    let mut state = 88_172_645_463_325_252_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let words =
        ["null", "\"\"", "[]", "{}", "0", "-1", "1e999", "true", "\"\\ud800\"", "\u{0}", "\"type\"", ",", "}", "\\"];
    let mut read = 0;
    for path in files("inbound", ".body") {
        let original = std::fs::read(path).unwrap();
        for _ in 0..100 {
            let mut body = original.clone();
            for _ in 0..=random(3) {
                if body.is_empty() {
                    break;
                }
                let at = random(body.len());
                let to = (at + random(20)).min(body.len());
                match random(4) {
                    0 => body[at] = u8::try_from(random(256)).unwrap(),
                    1 => drop(body.drain(at..to)),
                    2 => drop(body.splice(at..to, words[random(words.len())].bytes())),
                    _ => {
                        let part = body[at..to].to_vec();
                        body.splice(at..at, part);
                    }
                }
            }
            read += usize::from(receive(&*channel, &body, &sign(&body)).is_ok());
        }
    }
    assert!(read > 1000, "most must get as far as the events: {read}");
}
