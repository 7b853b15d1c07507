//! Replays the scripts of `shared/spec/scripts`, where they are at hand. Those that need functions, scripts, agents or
//! sessions are for later.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::{Talk, spec};
use flow::Bot;
use serde_json::{Value, json};

#[test]
fn scripts() {
    let mut failures = Vec::new();
    for name in [
        "back-node-recording",
        "dead-ends",
        "edges",
        "operators",
        "payload-and-goto",
        "welcome-off",
        "errors-and-old-nodes",
        "agent-call",
    ] {
        let path = spec(&format!("scripts/{name}.script.json"));
        if !path.exists() {
            eprintln!("skipped {name}: {} is not here", path.display());
            continue;
        }
        let script = common::read(&path);
        let bot = common::read(&spec("scripts").join(script["bot"].as_str().unwrap()));
        failures
            .extend(replay(&script, &Bot::read(&bot).unwrap()).into_iter().map(|failure| format!("{name} {failure}")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn replay(script: &Value, bot: &Bot) -> Vec<String> {
    let mut talk = Talk::new(bot, script["platform"].as_str().unwrap().parse().unwrap());
    let mut failures = Vec::new();
    for (index, turn) in script["turns"].as_array().unwrap().iter().enumerate() {
        let done = talk.turn(&turn["user"], &mut |_| panic!("no request in these scripts"));
        let said: Vec<Value> = done.said.iter().map(|said| json!(said.data)).collect();
        let expected = turn["bot"].as_array().unwrap();
        if said.len() != expected.len() || !expected.iter().zip(&said).all(|(expected, said)| is(expected, said)) {
            failures.push(format!("turn {}: said {}, not {}", index + 1, json!(said), turn["bot"]));
        }
        if let Some(labels) = turn["keyboard"].as_array() {
            let shown = done.keyboard.unwrap_or_default();
            let shown: Vec<Value> = shown.buttons.iter().map(|button| json!(button.label)).collect();
            if shown != *labels {
                failures.push(format!("turn {}: keyboard {}, not {}", index + 1, json!(shown), turn["keyboard"]));
            }
        }
    }
    failures
}

/// A text stands for a text message; of an object, what it names must be there.
fn is(expected: &Value, said: &Value) -> bool {
    match expected {
        Value::String(text) => said["type"] == "text" && said["text"] == *text,
        Value::Object(object) => object.iter().all(|(key, expected)| part(expected, &said[key])),
        _ => false,
    }
}

fn part(expected: &Value, said: &Value) -> bool {
    match (expected, said) {
        (Value::Object(expected), said) => expected.iter().all(|(key, expected)| part(expected, &said[key])),
        (Value::Array(expected), Value::Array(said)) => {
            expected.len() == said.len() && expected.iter().zip(said).all(|(expected, said)| part(expected, said))
        }
        _ => expected == said,
    }
}

#[test]
fn example_exports_import() {
    let Ok(folder) = std::fs::read_dir(spec("examples/closer")) else {
        eprintln!("skipped: no example exports here");
        return;
    };
    for file in folder.flatten().filter(|file| file.file_name().to_string_lossy().contains("_export_")) {
        let bot = Bot::read(&common::read(&file.path())).unwrap_or_else(|error| panic!("{:?}: {error}", file.path()));
        let mut talk = Talk::new(&bot, model::PlatformType::Test);
        for user in [Value::Null, json!({ "text": "뒤로" }), json!({ "text": "x", "payload": "{ \"flowId\": 1 }" })] {
            let done = talk.turn(&user, &mut |_| common::answer(&json!({ "status": 200, "json": { "a": 1 } })));
            assert!(!done.said.is_empty(), "{:?}", file.path());
        }
    }
}
