//! What the tests of the platforms share. A case is a file in the platform's `testdata`, a harness is here, and
//! `UPDATE=1 cargo test` writes what comes out of an outbound case into it, for you to read.

use std::path::PathBuf;

use http::{HeaderMap, Method};
use model::{
    Button, Card, ContentType, EpochMillis, Inbound, InboundId, Keyboard, KeyboardType, Location, Media, MessageData,
    Reply,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    Answer, Attempt, Call, Channel, HttpReply, Obtained, Outcome, Platform, ReceiveError, Received, Rendered, Request,
    Setup, Verdict, fixtures,
};

pub(crate) const RECEIVED_AT: EpochMillis = EpochMillis(1_780_300_045_700);
pub(crate) const NONCE: u128 = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;

/// A platform under test: where its cases are, and settings that every feature works with.
pub(crate) struct Kit {
    pub(crate) platform: &'static Platform,
    pub(crate) settings: fn() -> Value,
}

/// A request, all of it overridable.
pub(crate) struct Incoming<'a> {
    pub(crate) method: Method,
    pub(crate) tail: &'a str,
    pub(crate) url: &'a str,
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
    pub(crate) received_at: EpochMillis,
}

impl Default for Incoming<'_> {
    fn default() -> Self {
        Self {
            method: Method::POST,
            tail: "",
            url: "https://bots.example.com/",
            query: &[],
            headers: &[],
            body: b"",
            received_at: RECEIVED_AT,
        }
    }
}

impl Kit {
    pub(crate) fn folder(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src").join(self.platform.kind.as_str()).join("testdata")
    }

    /// The files of a folder of `testdata` that end so.
    pub(crate) fn files(&self, folder: &str, ending: &str) -> Vec<PathBuf> {
        let folder = self.folder().join(folder);
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.to_str().unwrap().ends_with(ending));
        files.sort();
        assert!(!files.is_empty());
        files
    }

    pub(crate) fn connect(&self, settings: &Value) -> Result<Box<dyn Channel>, String> {
        self.connect_preferring(settings, &Value::Null)
    }

    fn connect_preferring(&self, settings: &Value, preference: &Value) -> Result<Box<dyn Channel>, String> {
        let bot_id = "Bxxxxx".parse().unwrap();
        let setup = Setup { bot_id: &bot_id, settings, public_url: "https://bots.example.com", preference };
        (self.platform.connect)(setup).map_err(|error| error.to_string())
    }

    pub(crate) fn channel(&self) -> Box<dyn Channel> {
        self.connect(&(self.settings)()).unwrap()
    }

    /// With some settings changed.
    pub(crate) fn channel_with(&self, changes: &Value) -> Box<dyn Channel> {
        self.channel_preferring(changes, &Value::Null)
    }

    fn channel_preferring(&self, changes: &Value, preference: &Value) -> Box<dyn Channel> {
        let mut settings = (self.settings)();
        settings.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap_or_default());
        self.connect_preferring(&settings, preference).unwrap()
    }

    pub(crate) fn receive(&self, channel: &dyn Channel, incoming: &Incoming<'_>) -> Result<Received, ReceiveError> {
        let mut headers = HeaderMap::new();
        for (name, value) in incoming.headers {
            headers.append(name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap());
        }
        let query = incoming.query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        channel.receive(&Request {
            method: &incoming.method,
            tail: incoming.tail,
            url: incoming.url,
            query: &query,
            headers: &headers,
            body: incoming.body,
            received_at: incoming.received_at,
        })
    }

    /// `testdata/inbound/*.case.json` with their `.body`: see `docs/fixtures.md`.
    pub(crate) fn inbound_cases(&self) {
        let mut failures = Vec::new();
        for path in self.files("inbound", ".case.json") {
            let case = recorded(&path);
            let after = case.json["after"].as_array().cloned().unwrap_or_default();
            let earlier = after.iter().map(|name| path.with_file_name(format!("{}.case.json", name.as_str().unwrap())));
            let earlier: Vec<_> = earlier.map(|path| recorded(&path)).collect();
            match fixtures::run(self.platform, &case, &earlier) {
                fixtures::Verdict::Passed => {}
                other => failures.push(format!("{}: {other:?}", path.display())),
            }
        }
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }

    /// `testdata/outbound/*.json`: `note`, `settings` (changes), `inbound` (overrides), `ageMs`, `reply`; and what comes
    /// out: `answer` on channels that take the reply as one, else `calls`, and `dropped`. `check` looks at every call.
    pub(crate) fn outbound_cases(&self, check: impl Fn(&Rendered, &Inbound), check_answer: impl Fn(&HttpReply)) {
        let mut failures = Vec::new();
        for path in self.files("outbound", ".json") {
            let mut case = read(&path);
            let channel = self.channel_preferring(&case["settings"], &case["preference"]);
            let inbound = self.inbound(&case["inbound"]);
            let now = inbound.received_at.plus_ms(case["ageMs"].as_i64().unwrap_or(1000));
            let reply = reply_of(&case["reply"]);
            let mut out = Map::new();
            let dropped;
            match channel.synchronous() {
                Some(synchronous) if synchronous.takes(&reply, &inbound) => {
                    let (answer, lost) = synchronous.answer(&reply, &inbound, now, NONCE);
                    check_answer(&answer);
                    dropped = lost;
                    out.insert("answer".to_owned(), shortened(&body(answer.body.as_bytes())));
                }
                _ => {
                    let rendered = channel.render(&reply, &inbound, now);
                    check(&rendered, &inbound);
                    out.insert("calls".to_owned(), rendered.calls.iter().map(shown).collect());
                    dropped = rendered.dropped;
                }
            }
            let dropped: Value =
                dropped.iter().map(|dropped| json!(format!("{} {}", dropped.count, dropped.what))).collect();
            out.insert("dropped".to_owned(), dropped);
            if out.iter().all(|(name, value)| case[name] == *value) {
                continue;
            }
            if std::env::var_os("UPDATE").is_none() {
                failures.push(format!("{}: {:#}", path.display(), Value::from(out)));
                continue;
            }
            for name in ["answer", "calls", "dropped"] {
                case[name] = out.get(name).cloned().unwrap_or_default();
            }
            let parts = ["note", "settings", "preference", "inbound", "ageMs", "reply", "answer", "calls", "dropped"]
                .iter()
                .filter(|name| !case[**name].is_null())
                .map(|name| format!("  {}: {}", json!(name), format!("{:#}", case[*name]).replace('\n', "\n  ")));
            std::fs::write(&path, format!("{{\n{}\n}}\n", parts.collect::<Vec<_>>().join(",\n"))).unwrap();
        }
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }

    /// `testdata/judge.json`: rows of `note`, `settings` (changes), `reply` (a text without it) and `inbound`, `call` (its name; the first
    /// without it), `status` and `body` or `outcome` (`unanswered`, `unreachable`), `repeated`, `ageMs`; and `verdict` with a part of its
    /// `reason`, which never holds a word of the reply.
    pub(crate) fn judge_cases(&self) {
        for row in read(&self.folder().join("judge.json")).as_array().unwrap() {
            let channel = self.channel_with(&row["settings"]);
            let plain = json!({ "messages": [{ "type": "text", "text": "customer words" }] });
            let reply = reply_of(if row["reply"].is_null() { &plain } else { &row["reply"] });
            let inbound = self.inbound(&row["inbound"]);
            let calls = channel.render(&reply, &inbound, inbound.received_at).calls;
            let name = row["call"].as_str();
            let call = calls.iter().flat_map(with_instead).find(|call| name.is_none_or(|name| call.name == name));
            let call = call.unwrap_or_else(|| panic!("no such call: {row}"));
            with_outcome(row, |outcome| {
                let attempt =
                    Attempt { repeated: row["repeated"] == true, age_ms: row["ageMs"].as_i64().unwrap_or(1000) };
                let verdict = channel.judge(call, outcome, attempt);
                let (name, reason) = match &verdict {
                    Verdict::Delivered => ("delivered", ""),
                    Verdict::Instead(_) => ("instead", ""),
                    Verdict::Renew { reason } => ("renew", reason.as_str()),
                    Verdict::Later { reason } => ("later", reason.as_str()),
                    Verdict::Refused { reason } => ("refused", reason.as_str()),
                    Verdict::Closed { reason } => ("closed", reason.as_str()),
                };
                assert_told(row, name, reason);
            });
        }
    }

    /// `testdata/obtain.json`: the same for what a call needs; `need` is the name of its call, `obtained` the outcome.
    pub(crate) fn obtain_cases(&self) {
        for row in read(&self.folder().join("obtain.json")).as_array().unwrap() {
            let channel = self.channel_with(&row["settings"]);
            let reply = reply_of(&row["reply"]);
            let inbound = self.inbound(&row["inbound"]);
            let calls = channel.render(&reply, &inbound, inbound.received_at).calls;
            let needs = calls.iter().flat_map(|call| &call.needs);
            let need =
                needs.clone().chain(needs.flat_map(|need| &need.call.needs)).find(|need| need.call.name == row["need"]);
            let need = need.unwrap_or_else(|| panic!("no such need: {row}"));
            with_outcome(row, |outcome| {
                let obtained = channel.obtain(need, outcome);
                let (name, reason) = match &obtained {
                    Obtained::Text { text, seconds } => {
                        assert_eq!(
                            (json!(text), json!(seconds)),
                            (row["text"].clone(), row["seconds"].clone()),
                            "{row}"
                        );
                        ("text", "")
                    }
                    Obtained::Renew { reason } => ("renew", reason.as_str()),
                    Obtained::Later { reason } => ("later", reason.as_str()),
                    Obtained::Refused { reason } => ("refused", reason.as_str()),
                };
                let mut row = row.clone();
                row["verdict"] = row["obtained"].take();
                assert_told(&row, name, reason);
            });
        }
    }

    /// A message of the customer's, changed by `overrides`.
    pub(crate) fn inbound(&self, overrides: &Value) -> Inbound {
        let bot_id = "Bxxxxx".parse().unwrap();
        let kind = self.platform.kind;
        let mut inbound = json!({
            "id": InboundId::of(&bot_id, kind, "1"),
            "botId": bot_id,
            "platform": kind,
            "userKey": "U1",
            "conversationKey": "U1",
            "timestamp": RECEIVED_AT.0 - 100,
            "receivedAt": RECEIVED_AT,
            "kind": { "type": "message", "data": { "type": "text", "text": "hi" } },
        });
        for (name, value) in overrides.as_object().unwrap_or(&Map::new()) {
            inbound[name] = value.clone();
        }
        serde_json::from_value(inbound).unwrap()
    }

    /// Bodies of the inbound cases with bytes changed, cut or doubled, and with every value exchanged for odd ones.
    /// `receive` signs the body, so that it is read, and says whether it was.
    pub(crate) fn no_body_is_a_panic(&self, receive: impl Fn(&Value, &[u8]) -> bool) {
        // xorshift, so that a failure comes again.
        let mut state = 88_172_645_463_325_252_u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).unwrap()
        };
        let words = [
            "null",
            "\"\"",
            "[]",
            "{}",
            "0",
            "-1",
            "1e999",
            "true",
            "\"\\ud800\"",
            "\u{0}",
            "\"type\"",
            ",",
            "}",
            "\\",
            "]]>",
            "<",
            "%",
            "&",
            "=",
        ];
        let odd = [
            json!(null),
            json!(true),
            json!(-1.5e300),
            json!(""),
            json!("\u{0}"),
            json!("{\"a\":1}"),
            json!([[1]]),
            json!({ "a": {} }),
        ];
        let mut read_bodies = 0;
        for path in self.files("inbound", ".case.json") {
            let case = read(&path);
            let original = std::fs::read(path.to_str().unwrap().replace(".case.json", ".body")).unwrap();
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
                read_bodies += usize::from(receive(&case, &body));
            }
            let Ok(value) = serde_json::from_slice::<Value>(&original) else { continue };
            let mut pointers = Vec::new();
            collect_pointers(&value, String::new(), &mut pointers);
            for pointer in pointers {
                for odd in &odd {
                    let mut changed = value.clone();
                    *changed.pointer_mut(&pointer).unwrap() = odd.clone();
                    read_bodies += usize::from(receive(&case, changed.to_string().as_bytes()));
                }
            }
        }
        assert!(read_bodies > 200, "most must get past the signature: {read_bodies}");
    }

    /// None of `secrets` is in what can be logged of a channel and of `rendered`: `Debug` of all that we return.
    pub(crate) fn nothing_is_told(&self, rendered: &Rendered, bodies: &[&str], secrets: &[&str]) {
        let channel = self.channel();
        let mut told = vec![format!("{channel:?} {:?} {rendered:?}", self.platform)];
        for call in rendered.calls.iter().flat_map(with_instead) {
            for body in bodies {
                for status in [200, 201, 302, 400, 401, 403, 404, 409, 429, 500] {
                    let outcome = Outcome::Answered(Answer { status, body: body.as_bytes() });
                    told.push(format!("{:?}", channel.judge(call, &outcome, Attempt { repeated: false, age_ms: 0 })));
                    for need in &call.needs {
                        told.push(format!("{need:?} {:?}", channel.obtain(need, &outcome)));
                    }
                }
            }
        }
        for line in told {
            for secret in secrets {
                assert!(!line.contains(secret), "{secret} in {line}");
            }
        }
    }
}

pub(crate) fn read(path: &PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn recorded(path: &PathBuf) -> fixtures::Case {
    let body = std::fs::read(path.to_str().unwrap().replace(".case.json", ".body")).unwrap();
    fixtures::Case { json: read(path), body }
}

/// A reply whose messages are written without what every message has.
pub(crate) fn reply_of(reply: &Value) -> Reply {
    let mut reply = expanded(reply);
    for message in reply["messages"].as_array_mut().unwrap() {
        let id = "018f0000-0000-7000-8000-000000000000";
        let data = message.take();
        *message =
            json!({ "id": id, "endUserId": id, "conversationId": id, "isUser": false, "data": data, "timestamp": 0 });
    }
    serde_json::from_value(reply).unwrap()
}

fn with_instead(call: &Call) -> Vec<&Call> {
    let mut all = vec![call];
    let mut next = call.instead.as_deref();
    while let Some(call) = next {
        all.push(call);
        next = call.instead.as_deref();
    }
    all
}

fn with_outcome(row: &Value, then: impl FnOnce(&Outcome<'_>)) {
    let body = match &row["body"] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    then(&match row["outcome"].as_str() {
        None => Outcome::Answered(Answer {
            status: u16::try_from(row["status"].as_u64().unwrap_or(200)).unwrap(),
            body: body.as_bytes(),
        }),
        Some("unanswered") => Outcome::Unanswered,
        Some("unreachable") => Outcome::Unreachable,
        Some(other) => panic!("{other}"),
    });
}

fn assert_told(row: &Value, name: &str, reason: &str) {
    assert_eq!(name, row["verdict"], "{row}: {reason}");
    assert!(reason.contains(row["reason"].as_str().unwrap_or_default()), "{row}: {reason}");
    assert!(!reason.contains("customer words"), "{reason}");
}

/// A call as a golden shows it. Headers that hold secrets are the platform's to check.
pub(crate) fn shown(call: &Call) -> Value {
    let secret = |name: &str| ["authorization", "x-ncp-apigw-signature-v2"].contains(&name) || name.contains("secret");
    let headers: Map<_, _> = call
        .headers
        .iter()
        .filter(|(name, _)| !secret(name))
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let mut shown =
        json!({ "name": call.name, "url": call.url, "headers": headers, "body": shortened(&body(&call.body)) });
    if call.method != "POST" {
        shown["method"] = json!(call.method);
    }
    if !call.needs.is_empty() {
        let needs = call.needs.iter().map(|need| {
            let what = match &need.what {
                crate::Want::Token => json!("token"),
                crate::Want::Embedded(file) => {
                    json!({ "source": file.source, "mark": file.mark, "mostBytes": file.most_bytes })
                }
                crate::Want::File(file) => {
                    json!({ "source": file.source, "field": file.field, "fields": file.fields, "mostBytes": file.most_bytes })
                }
            };
            json!({ "mark": need.mark, "what": what, "call": self::shown(&need.call) })
        });
        shown["needs"] = needs.collect();
    }
    if let Some(instead) = &call.instead {
        shown["instead"] = self::shown(instead);
    }
    shown
}

/// JSON as JSON, everything else as text.
fn body(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(bytes)))
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
            if count > 400 {
                let start: String = short.chars().take(120).collect();
                let end: String = short.chars().skip(count - 60).collect();
                short = format!("{start} [{} units] {end}", text.encode_utf16().count());
            }
            json!(short)
        }
        Value::Array(list) => list.iter().map(shortened).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shortened(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
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

/// Anything that a person or a template could write, in lengths around the usual limits.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => any::<char>().prop_map(String::from),
        4 => prop::sample::select(vec![
            "가", "a ", "\n", ". ", "🍎", "👨‍👩‍👧‍👦", "🇰🇷", "\u{301}", "\u{1}", "\"", "\\", "<", "&", "]]>", "\u{1112}\u{1161}\u{11ab}",
        ])
        .prop_map(str::to_owned),
    ];
    let times = prop::sample::select(vec![1, 1, 1, 2, 7, 10, 14, 18, 20, 28, 41, 45, 81, 200, 641, 1001, 2001, 5001]);
    prop::collection::vec((part, times).prop_map(|(part, times)| part.repeat(times)), 0..4)
        .prop_map(|parts| parts.concat())
}

fn any_uri() -> impl Strategy<Value = String> {
    let start = prop::sample::select(vec![
        "https://a.example/",
        "http://a.example/",
        "HTTPS://A.example/",
        "tel:",
        "mailto:",
        "javascript:",
        "data:",
        "",
        "https://",
    ]);
    (start, any_text(), prop::sample::select(vec!["", ".jpg", ".gif", ".mp3"]))
        .prop_map(|(start, rest, end)| format!("{start}{rest}{end}"))
}

fn any_button() -> impl Strategy<Value = Button> {
    let payload = prop_oneof![
        Just(json!({})),
        Just(json!({ "payload": 1 })),
        any_text().prop_map(|text| json!({ "a": text })),
        any_text().prop_map(Value::from),
    ];
    (
        any_text(),
        prop::option::weighted(0.3, any_uri()),
        prop::option::weighted(0.4, payload),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(label, uri, payload, agent_call)| Button { label, uri, payload, agent_call })
}

fn any_buttons() -> impl Strategy<Value = Vec<Button>> {
    prop_oneof![Just(vec![]), prop::collection::vec(any_button(), 0..6), prop::collection::vec(any_button(), 0..30)]
}

fn any_media() -> impl Strategy<Value = Media> {
    use ContentType::{Audio, Image, Link, Video};
    (prop::sample::select(vec![Image, Image, Image, Video, Audio, Link]), any_uri(), prop::option::of(any_text()))
        .prop_map(|(content_type, uri, alt_text)| Media { content_type, uri, alt_text })
}

fn any_card() -> impl Strategy<Value = Card> {
    let parts = (
        prop::option::of(any_text()),
        prop::option::of(any_text()),
        prop::option::of(any_media()),
        prop::option::of(any_uri()),
    );
    (parts, prop::collection::vec(any_button(), 0..8)).prop_map(|((title, description, media, uri), buttons)| Card {
        title,
        description,
        media,
        uri,
        buttons,
    })
}

fn any_data() -> impl Strategy<Value = MessageData> {
    prop_oneof![
        (any_text(), any_buttons()).prop_map(|(text, buttons)| MessageData::Text { text, buttons }),
        (any_media(), prop::option::of(any_text()), any_buttons())
            .prop_map(|(media, text, buttons)| MessageData::Media { media, text, buttons }),
        prop::collection::vec(any_card(), 0..14).prop_map(|cards| MessageData::Cards { cards }),
        (prop::option::of(any_text()), any::<f64>(), -91.0..91.0f64, any::<bool>()).prop_map(
            |(title, wild, tame, is_wild)| {
                let latitude = if is_wild { wild } else { tame };
                MessageData::Location { location: Location { title, latitude, longitude: tame * 2.0 } }
            }
        ),
    ]
}

/// Whatever a bot may say.
pub(crate) fn any_reply() -> impl Strategy<Value = Reply> {
    use KeyboardType::{Any, Buttons, Location, Number, Text};
    let keyboard = (prop::sample::select(vec![Any, Text, Number, Buttons, Buttons, Location]), any_buttons())
        .prop_map(|(kind, buttons)| Keyboard { kind, buttons, ..Keyboard::default() });
    let all = (prop::collection::vec(any_data(), 0..6), prop::option::of(keyboard), prop::bool::weighted(0.1));
    all.prop_map(|(data, keyboard, hand_over)| {
        let messages = vec![json!({ "type": "text", "text": "" }); data.len()];
        let mut reply = reply_of(&json!({ "messages": messages }));
        for (message, data) in reply.messages.iter_mut().zip(data) {
            message.data = data;
        }
        Reply { keyboard, hand_over, ..reply }
    })
}
