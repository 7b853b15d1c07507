//! What an adapter costs per webhook, without I/O: check, parse, map. Beside it the floor, which nobody can do without:
//! the HMAC-SHA256 of the same bytes and one typed parse of the same JSON. Both run in turns in one process, so that
//! their ratio means something on any machine. The goal is 1.5 (`cargo bench -p closer-platforms`).

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, reason = "a benchmark prints, and may fail")]

use std::borrow::Cow;
use std::hint::black_box;
use std::time::Instant;

use hmac::{Hmac, Mac};
use model::BotId;
use platforms::fixtures::Recorded;
use platforms::{Channel, Request, Setup};
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;

/// Batches per measurement and calls in each: the quickest batch counts, what is slower was disturbed.
const BATCHES: usize = 400;
const CALLS: u32 = 200;

fn main() {
    // `cargo test --benches` runs it too, once and for the exercise.
    let quick = std::env::args().any(|argument| argument == "--test");
    // `cargo bench -p closer-platforms -- line` measures that alone.
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let batches = if quick { 1 } else { BATCHES };
    println!("{:<10} {:<24} {:>6} {:>9} {:>9} {:>6}", "platform", "body", "bytes", "floor ns", "ours ns", "ratio");
    for platform in platforms::PLATFORMS {
        if only.as_ref().is_some_and(|only| only != platform.kind.as_str()) {
            continue;
        }
        let folder = format!("{}/src/{}/testdata/inbound", env!("CARGO_MANIFEST_DIR"), platform.kind);
        for name in NAMES.iter().find(|(kind, _)| *kind == platform.kind.as_str()).map_or(&[][..], |(_, names)| names) {
            let path = format!("{folder}/{name}");
            let case: Value = serde_json::from_slice(&std::fs::read(format!("{path}.case.json")).unwrap()).unwrap();
            let body = std::fs::read(format!("{path}.body")).unwrap();
            let bot_id: BotId = "Bxxxxx".parse().unwrap();
            let setup = Setup {
                bot_id: &bot_id,
                settings: &case["config"],
                public_url: "https://bots.example.com",
                preference: &Value::Null,
            };
            let channel = (platform.connect)(setup).unwrap();
            let recorded = Recorded::read(platform, &case["request"]).unwrap();
            let request = recorded.request(&body);
            assert!(!channel.receive(&request).expect("it is taken").inbound.is_empty(), "{name}");
            let (floor, ours) = compare(platform.kind.as_str(), &*channel, &request, batches);
            println!(
                "{:<10} {name:<24} {:>6} {floor:>9.0} {ours:>9.0} {:>6.2}",
                platform.kind.as_str(),
                body.len(),
                ours / floor
            );
        }
    }
}

/// Typical bodies: a plain text, and what is sent most besides.
const NAMES: &[(&str, &[&str])] = &[
    ("bizchat", &["mo_sms_text", "mo_mms_text_two_images"]),
    ("facebook", &["text", "image"]),
    ("kakaobiz", &["message_text", "message_photo_multi"]),
    ("navertalk", &["send_typing", "send_image"]),
    ("wechat", &["text_plain", "image_plain", "text_aes"]),
    ("kakao", &["text_fallback", "image_upload"]),
    ("line", &["text-user", "image", "multi-event"]),
];

/// Nanoseconds per call of the floor and of the adapter, the quickest batch of each.
fn compare(platform: &str, channel: &dyn Channel, request: &Request<'_>, batches: usize) -> (f64, f64) {
    let (mut floor, mut ours) = (f64::MAX, f64::MAX);
    for _ in 0..batches {
        floor = floor.min(batch(|| least(platform, request.body)));
        ours = ours.min(batch(|| drop(black_box(channel.receive(black_box(request))))));
    }
    (floor, ours)
}

fn batch(mut call: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    start.elapsed().as_nanos() as f64 / f64::from(CALLS)
}

fn least(platform: &str, body: &[u8]) {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"0123456789abcdef0123456789abcdef").unwrap();
    mac.update(black_box(body));
    black_box(mac.finalize().into_bytes());
    match platform {
        "bizchat" => drop(black_box(serde_json::from_slice::<floor::Bizchat<'_>>(body).unwrap())),
        "facebook" => drop(black_box(serde_json::from_slice::<floor::Facebook<'_>>(body).unwrap())),
        "kakaobiz" => drop(black_box(serde_json::from_slice::<floor::Kakaobiz<'_>>(body).unwrap())),
        "navertalk" => drop(black_box(serde_json::from_slice::<floor::Navertalk<'_>>(body).unwrap())),
        // No JSON: its words are only found.
        "wechat" => {
            let mut reader = quick_xml::Reader::from_reader(body);
            while !matches!(black_box(reader.read_event().unwrap()), quick_xml::events::Event::Eof) {}
        }
        "line" => drop(black_box(serde_json::from_slice::<floor::Line<'_>>(body).unwrap())),
        "kakao" => drop(black_box(serde_json::from_slice::<floor::Kakao<'_>>(body).unwrap())),
        other => panic!("{other}"),
    }
}

/// The fields that an adapter must know, and no more.
#[expect(dead_code, reason = "they are parsed and not looked at")]
mod floor {
    use super::{Cow, Deserialize};

    #[derive(Deserialize)]
    pub(super) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

    #[derive(Deserialize)]
    pub(super) struct Line<'a> {
        #[serde(borrow)]
        events: Vec<LineEvent<'a>>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct LineEvent<'a> {
        #[serde(borrow, rename = "type")]
        kind: Text<'a>,
        #[serde(borrow)]
        webhook_event_id: Text<'a>,
        timestamp: i64,
        #[serde(borrow)]
        source: LineSource<'a>,
        #[serde(borrow)]
        reply_token: Option<Text<'a>>,
        #[serde(borrow)]
        mode: Option<Text<'a>>,
        #[serde(borrow)]
        message: Option<LineMessage<'a>>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct LineSource<'a> {
        #[serde(borrow)]
        user_id: Option<Text<'a>>,
    }

    #[derive(Deserialize)]
    struct LineMessage<'a> {
        #[serde(borrow, rename = "type")]
        kind: Text<'a>,
        #[serde(borrow)]
        id: Text<'a>,
        #[serde(borrow)]
        text: Option<Text<'a>>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub(super) struct Bizchat<'a> {
        #[serde(borrow)]
        mo_lst: Vec<Mo<'a>>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Mo<'a> {
        #[serde(borrow)]
        mo_number: Text<'a>,
        #[serde(borrow)]
        mo_callback: Text<'a>,
        #[serde(borrow)]
        mo_msg: Text<'a>,
        #[serde(borrow)]
        mo_recv_dt: Option<Text<'a>>,
    }

    #[derive(Deserialize)]
    pub(super) struct Facebook<'a> {
        #[serde(borrow)]
        object: Text<'a>,
        #[serde(borrow)]
        entry: Vec<FacebookEntry<'a>>,
    }

    #[derive(Deserialize)]
    struct FacebookEntry<'a> {
        #[serde(borrow)]
        id: Text<'a>,
        #[serde(borrow)]
        messaging: Vec<FacebookEvent<'a>>,
    }

    #[derive(Deserialize)]
    struct FacebookEvent<'a> {
        #[serde(borrow)]
        sender: FacebookId<'a>,
        timestamp: i64,
        #[serde(borrow)]
        message: FacebookMessage<'a>,
    }

    #[derive(Deserialize)]
    struct FacebookId<'a> {
        #[serde(borrow)]
        id: Text<'a>,
    }

    #[derive(Deserialize)]
    struct FacebookMessage<'a> {
        #[serde(borrow)]
        mid: Text<'a>,
        #[serde(borrow)]
        text: Option<Text<'a>>,
    }

    #[derive(Deserialize)]
    pub(super) struct Kakaobiz<'a> {
        #[serde(borrow)]
        user_key: Text<'a>,
        #[serde(borrow)]
        sender_key: Text<'a>,
        #[serde(borrow, rename = "type")]
        kind: Text<'a>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub(super) struct Navertalk<'a> {
        #[serde(borrow)]
        event: Text<'a>,
        #[serde(borrow)]
        user: Text<'a>,
        #[serde(borrow)]
        text_content: Option<NavertalkText<'a>>,
    }

    #[derive(Deserialize)]
    struct NavertalkText<'a> {
        #[serde(borrow)]
        text: Text<'a>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub(super) struct Kakao<'a> {
        #[serde(borrow)]
        user_request: KakaoRequest<'a>,
    }

    #[derive(Deserialize)]
    struct KakaoRequest<'a> {
        #[serde(borrow)]
        utterance: Text<'a>,
        #[serde(borrow)]
        user: KakaoUser<'a>,
    }

    #[derive(Deserialize)]
    struct KakaoUser<'a> {
        #[serde(borrow)]
        id: Text<'a>,
    }
}
