//! `testdata/outbound`: every reply and what becomes of it. `UPDATE=1 cargo test` rewrites the expectations.

use std::env;
use std::fs;

use serde_json::{Value, json};

use super::{RECEIVED_AT, connect, files, fold, inbound, limits, map_texts, read, reply_of};

#[test]
fn every_case() {
    let mut failures = Vec::new();
    for (name, path) in files("outbound", ".json") {
        let mut case = read(&path);
        let channel = connect(&case["config"]);
        let (answer, dropped) =
            channel.synchronous().unwrap().answer(&reply_of(&case), &inbound(json!({})), RECEIVED_AT, 0);
        limits::check(&answer.body);
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let expect = map_texts(&body, &fold);
        let dropped: Value =
            dropped.iter().map(|dropped| json!(format!("{} × {}", dropped.what, dropped.count))).collect();
        if case["expect"] == expect && case["dropped"] == dropped {
            continue;
        }
        case["expect"] = expect;
        case["dropped"] = dropped;
        let text = serde_json::to_string_pretty(&case).unwrap() + "\n";
        if env::var_os("UPDATE").is_some() {
            fs::write(path, text).unwrap();
        } else {
            failures.push(format!("{name}: {text}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
