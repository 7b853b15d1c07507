//! Whatever an export holds: no panic, and a picture that is one.

use flow::Bot;
use inspect::{Language, check, draw};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::drawing::assert_drawn;
use crate::{files, read};

/// All bots of the other tests.
fn bots() -> Vec<Value> {
    let cases = files("testdata/check", ".json");
    cases.into_iter().chain(files("testdata/draw", ".json")).map(|path| read(&path)).collect()
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..8u64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "{{",
            "{{a}}",
            "{{#if a}}b{{/if}}",
            "1",
            "http://{{",
            "text",
            "cards",
            "flow",
            "keyboard"
        ])
        .prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(
            json!([{ "nodeId": 1 }, { "nodeId": 2, "where": { "$or": [{ "message": {} }, { "a": { "regex": "b" } }] } }])
        ),
        Just(json!({ "type": "cards", "cards": [{ "buttons": [{ "label": "a", "flowId": "{{b}}", "nodeId": 2 }] }] })),
        Just(json!({ "line": {}, "kakao": { "botSecret": "0123456789abcdef0123" } })),
        Just(json!({ "design": { "x": 1e300, "y": -5 } })),
    ]
}

/// Puts `value` at the `index`th place of the JSON.
fn put(json: &mut Value, index: &mut usize, value: &Value) {
    if *index == 0 {
        json.clone_from(value);
    }
    *index = index.wrapping_sub(1);
    match json {
        Value::Array(list) => list.iter_mut().for_each(|json| put(json, index, value)),
        Value::Object(object) => object.values_mut().for_each(|json| put(json, index, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn any_node(count: u64) -> impl Strategy<Value = Value> {
    let kinds = vec!["response", "keyboard", "flow", "back", "parameter", "fetch", "nlp", "manual", "teleport"];
    let edge = (0..count + 1, 0..4_usize, any::<Option<u8>>());
    (prop::sample::select(kinds), any::<String>(), prop::collection::vec(edge, 0..6), 0..count, any::<bool>()).prop_map(
        |(kind, words, edges, to, has_place)| {
            let wheres = [json!(null), json!({ "message": { "equals": words } }), json!({ "a": { "exists": true } }), json!({})];
            let next: Vec<Value> = edges
                .into_iter()
                .map(|(to, condition, priority)| json!({ "nodeId": to, "where": wheres[condition], "priority": priority }))
                .collect();
            let data = match kind {
                "response" => json!({ "message": { "type": "text", "text": words } }),
                "keyboard" => json!({ "buttons": [{ "label": words }, { "type": "goto", "label": "b", "flowId": to }] }),
                "flow" => json!({ "flowId": 1, "nodeId": to }),
                "parameter" => json!({ "set": [{ "key": "a", "value": words }] }),
                "fetch" => json!({ "uri": words }),
                _ => json!({}),
            };
            let meta = if has_place { json!({ "design": { "x": to * 190, "y": words.len() * 40 } }) } else { json!({}) };
            json!({ "label": words, "type": kind, "data": data, "next": next, "meta": meta })
        },
    )
}

fn any_bot() -> impl Strategy<Value = Value> {
    (1..25_u64).prop_flat_map(|count| {
        let count_nodes = usize::try_from(count).unwrap();
        prop::collection::vec(any_node(count), count_nodes).prop_map(|mut nodes| {
            nodes[0]["type"] = "entry".into();
            for (index, node) in nodes.iter_mut().enumerate() {
                node["id"] = index.into();
            }
            json!({ "title": "bot", "flows": [{ "id": 1, "title": "a", "nodes": nodes }] })
        })
    })
}

fn look_at(bot: &Value) {
    for language in [Language::English, Language::Korean] {
        let report = check(bot, language);
        let (text, json) = (report.text(), serde_json::to_value(&report).unwrap());
        assert_eq!(text.lines().filter(|line| line.starts_with("  ")).count(), report.findings.len());
        assert_eq!(json["findings"].as_array().unwrap().len(), report.findings.len());
        let place = |finding: &inspect::Finding| {
            (finding.flow.as_ref().map(|flow| flow.id), finding.node.as_ref().map(|node| node.id), finding.severity)
        };
        assert!(report.findings.is_sorted_by_key(place));
        let is_bot = Bot::read(bot).is_ok();
        assert_eq!(!is_bot, report.findings.iter().any(|finding| finding.code == "import"));
        match draw(bot, language) {
            Ok(svg) => assert_drawn(&svg),
            Err(_) => assert!(!is_bot),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_in_an_export(which in 0..1000_usize, changes in prop::collection::vec((0..200_usize, any_value()), 0..5)) {
        let bots = bots();
        let mut bot = bots[which % bots.len()].clone();
        for (mut index, value) in changes {
            put(&mut bot, &mut index, &value);
        }
        look_at(&bot);
    }

    #[test]
    fn any_ways_through_a_bot(bot in any_bot()) {
        look_at(&bot);
    }
}

/// The work must not grow out of hand with a bot that grows.
#[test]
fn a_large_bot_does_not_take_long() {
    let nodes: Vec<Value> = (0..400)
        .map(|id| {
            let next: Vec<Value> = (0..8)
                .map(|step| json!({ "nodeId": (id * 7 + step * 13 + 1) % 400, "where": { "a": { "equals": step } } }))
                .collect();
            let kind = ["response", "parameter", "keyboard"][id % 3];
            json!({ "id": id, "type": if id == 0 { "entry" } else { kind }, "next": next,
                "data": { "message": { "text": "a" }, "buttons": [{ "label": "b" }] } })
        })
        .collect();
    let bot = json!({ "id": 1, "title": "a", "nodes": nodes });
    let began = std::time::Instant::now();
    check(&bot, Language::English);
    draw(&bot, Language::English).unwrap();
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}
