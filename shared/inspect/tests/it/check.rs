//! `testdata/check/<code>.json` is a bot that has this finding, `<code>.out` what is said of it, in both languages.

use std::collections::BTreeSet;

use inspect::{CODES, Language, Severity, check};
use serde_json::json;

use crate::{files, golden, read};

#[test]
fn cases() {
    let mut failures = Vec::new();
    let mut codes = BTreeSet::new();
    for path in files("testdata/check", ".json") {
        let bot = read(&path);
        let (english, korean) = (check(&bot, Language::English), check(&bot, Language::Korean));
        let code = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(english.findings.iter().any(|finding| finding.code == code), "{code} is not found:\n{english}");
        let codes_of = |report: &inspect::Report| report.findings.iter().map(|it| it.code).collect::<Vec<_>>();
        assert_eq!(codes_of(&english), codes_of(&korean), "{code}");
        golden(&path.with_extension("out"), &format!("{english}\n{korean}"), &mut failures);
        codes.insert(code);
    }
    assert!(failures.is_empty(), "these differ; UPDATE=1 rewrites them\n{}", failures.join("\n"));
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let mut known = CODES.to_vec();
    known.sort_unstable();
    assert_eq!(codes, known, "each code has a case");
}

#[test]
fn an_error_ends_a_command_with_1_and_nothing_else_does() {
    let fine = json!({ "id": 1, "nodes": [{ "id": 1, "type": "entry" }] });
    assert_eq!(check(&fine, Language::English).worst(), Some(Severity::Error), "its fallback flow is empty");
    let bot = |nodes: serde_json::Value| json!({ "flows": [{ "id": 1, "nodes": nodes }] });
    let hello = json!([{ "id": 1, "type": "entry", "next": [{ "nodeId": 2 }] },
        { "id": 2, "type": "response", "data": { "message": { "text": "a" } }, "next": [{ "nodeId": 7 }] }]);
    for (json, worst, exit_code) in [
        (bot(hello), Some(Severity::Warning), 0),
        (bot(json!([])), Some(Severity::Error), 1),
        (json!("no bot"), Some(Severity::Error), 1),
    ] {
        let report = check(&json, Language::English);
        assert_eq!((report.worst(), report.exit_code()), (worst, exit_code), "{report}");
    }
}

#[test]
fn programs_read_json() {
    let bot = read(&files("testdata/check", "missing-flow.json")[0]);
    let report = serde_json::to_value(check(&bot, Language::English)).unwrap();
    assert_eq!(
        report["findings"][0],
        json!({ "severity": "warning", "code": "missing-flow",
            "text": "the fallback flow 79 does not exist: the start flow takes its place" })
    );
    let node = json!({ "id": 2, "label": "응답", "type": "response" });
    assert_eq!(
        (&report["findings"][1]["flow"], &report["findings"][1]["node"]),
        (&json!({ "id": 1, "title": "시작" }), &node)
    );
}
