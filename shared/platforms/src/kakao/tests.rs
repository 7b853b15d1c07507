//! The cases of `testdata`, and what must hold whatever comes.

mod answers;
mod calls;
mod limits;
mod requests;
mod robust;

use std::fs;
use std::path::{Path, PathBuf};

use model::{BotId, EpochMillis, Inbound, InboundId, InboundKind, Message, MessageData, PlatformType, Reply};
use serde::Deserialize;
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

use crate::{Channel, Setup};

const RECEIVED_AT: EpochMillis = EpochMillis(1_718_100_000_000);
const CALLBACK: &str = "https://bot-api.kakao.com/v1/bots/b/callback/tok%2Fen%3D";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kakao/testdata").join(name)
}

/// The files of a folder that end so, with their names without it.
fn files(name: &str, end: &str) -> Vec<(String, PathBuf)> {
    let mut files: Vec<_> = fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| Some((path.file_name()?.to_str()?.strip_suffix(end)?.to_owned(), path)))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn bot_id() -> BotId {
    "Bxxxxx".parse().unwrap()
}

/// With a secret, unless `config` sets one.
fn connect(config: &Value) -> Box<dyn Channel> {
    let mut settings = json!({ "botSecret": "path-secret" });
    settings.as_object_mut().unwrap().extend(config.as_object().cloned().unwrap_or_default());
    let setup = Setup {
        bot_id: &bot_id(),
        settings: &settings,
        public_url: "https://bots.example.com",
        preference: &Value::Null,
    };
    (super::PLATFORM.connect)(setup).unwrap()
}

fn inbound(reply_to: Value) -> Inbound {
    let key: model::UserKey = "u1".parse().unwrap();
    Inbound {
        id: InboundId::of(&bot_id(), PlatformType::Kakao, "1"),
        bot_id: bot_id(),
        platform: PlatformType::Kakao,
        user_key: key.clone(),
        conversation_key: key,
        timestamp: RECEIVED_AT,
        received_at: RECEIVED_AT,
        answer_by: Some(RECEIVED_AT.plus_ms(4000)),
        reply_to,
        kind: InboundKind::opened(),
    }
}

fn reply(messages: Vec<MessageData>, keyboard: Option<model::Keyboard>) -> Reply {
    let id = "6f1c9b52-4a0e-5d7c-93c1-c705e24b07a1";
    let message = |data| Message {
        id: id.parse().unwrap(),
        end_user_id: id.parse().unwrap(),
        conversation_id: id.parse().unwrap(),
        request_id: None,
        is_user: false,
        meta: None,
        data,
        timestamp: RECEIVED_AT,
    };
    Reply { messages: messages.into_iter().map(message).collect(), keyboard, hand_over: false }
}

/// The `reply` of a case: messages without what every message has.
fn reply_of(case: &Value) -> Reply {
    let case = map_texts(&case["reply"], &expand);
    let messages = Vec::deserialize(&case["messages"]).unwrap();
    reply(messages, Option::deserialize(&case["keyboard"]).unwrap())
}

fn map_texts(value: &Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(text)),
        Value::Array(list) => list.iter().map(|value| map_texts(value, change)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), map_texts(value, change)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// `{가×1000}` is a thousand of them: cases stay readable.
fn expand(text: &str) -> String {
    let Some((before, rest)) = text.split_once('{') else { return text.to_owned() };
    let (inside, after) = rest.split_once('}').unwrap();
    let (what, count) = inside.split_once('×').unwrap();
    format!("{before}{}{}", what.repeat(count.parse().unwrap()), expand(after))
}

/// The other way, for expectations.
fn fold(text: &str) -> String {
    let mut folded = String::new();
    let mut rest: &[&str] = &text.graphemes(true).collect::<Vec<_>>();
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|other| other == &first).count();
        folded += &if count < 20 { first.repeat(count) } else { format!("{{{first}×{count}}}") };
        rest = &rest[count..];
    }
    folded
}
