//! `testdata/<group>/<case>.js` is a script, `<case>.json` beside it its context and what the world answers, `<case>.out` what
//! it says, asks and returns. `UPDATE=1` rewrites the last; its diff is what gets reviewed.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use std::fmt::Write as _;
use std::path::Path;

use common::World;
use sandbox::Limits;
use serde_json::{Value, json};

#[test]
fn cases() {
    let testdata = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata"));
    let (mut failures, mut count) = (Vec::new(), 0);
    for folder in std::fs::read_dir(testdata).unwrap().flatten() {
        for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
            let path = file.path();
            if path.extension().is_none_or(|end| end != "js") {
                continue;
            }
            count += 1;
            let transcript = transcript(&path);
            let out = path.with_extension("out");
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(&out, &transcript).unwrap();
            } else if std::fs::read_to_string(&out).unwrap_or_default() != transcript {
                failures.push(format!("{}\n{transcript}", out.display()));
            }
        }
    }
    assert!(count > 0);
    assert!(failures.is_empty(), "these differ; UPDATE=1 rewrites them\n{}", failures.join("\n"));
}

/// The first script of the page for authors.
#[test]
fn the_example_of_the_documents() {
    let page = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scripts-in-bots.md"));
    let page = std::fs::read_to_string(page).unwrap();
    let script = page.split("```js\n").nth(1).unwrap().split("```").next().unwrap();
    let order = json!({ "id": "A7", "due": "2026-05-31T20:00:00Z", "sum": 1_234_500 });
    let answers = json!({ "https://api.example.com/orders/7": { "json": order } });
    let world = World { answers, ..World::default() };
    let ran = common::run_in(&world, script, &json!({ "params": { "order": 7 } }), Limits::default());
    let custom = json!({ "text": "2026년 6월 1일, 1,234,500원" });
    assert_eq!(ran.result, Ok(json!({ "params": { "order": "A7", "asked": null }, "custom": custom })));
}

/// A developer's machine is not in UTC; scripts are all the same.
#[test]
fn cases_in_another_time_zone() {
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    let ran = again.args(["--exact", "cases"]).env("TZ", "KST-9").env_remove("UPDATE").output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
}

fn transcript(path: &Path) -> String {
    let script = std::fs::read_to_string(path).unwrap();
    let case: Value = match std::fs::read(path.with_extension("json")) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
        Err(_) => json!({}),
    };
    let world = World { answers: case["http"].clone(), ..World::default() };
    let context = case.get("context").cloned().unwrap_or(json!({}));
    let ran = common::run_in(&world, &script, &context, Limits::default());
    let mut out = String::new();
    for line in &ran.console {
        writeln!(out, "console  {line}").unwrap();
    }
    for request in world.asked.lock().unwrap().iter() {
        let headers: Vec<_> = request.headers.iter().map(|(name, value)| format!(" {name}: {value}")).collect();
        let body = String::from_utf8_lossy(&request.body);
        writeln!(out, "asked    {} {}{} {body}", request.method, request.url, headers.concat()).unwrap();
    }
    match ran.result {
        Ok(Value::Object(object)) => {
            for (key, value) in object {
                writeln!(out, "result   {key}: {value}").unwrap();
            }
        }
        Ok(value) => writeln!(out, "result   {value}").unwrap(),
        Err(failure) => writeln!(out, "failure  {}", failure.stack).unwrap(),
    }
    out
}
