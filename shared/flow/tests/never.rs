//! Whatever an export holds and whatever a customer says: no panic, and no turn beyond its limits.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Talk;
use flow::Bot;
use model::PlatformType;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Everything that exports hold, in one bot.
fn seed() -> Value {
    json!({ "title": "bot", "flows": [
        { "id": 1, "data": { "entry": 1 }, "nodes": [
            { "id": 1, "type": "entry", "next": [{ "nodeId": 2 }, { "nodeId": 5, "where": { "params.a": { "exists": true } } }] },
            { "id": 2, "type": "response", "data": { "message": { "type": "text", "text": "{{#each l}}{{this}}{{/each}}{{a}}",
                "buttons": [{ "type": "goto", "label": "b", "flowId": 2 }, { "label": "c", "payload": "{\"flowId\":2}" }] },
                "delay": 3, "meta": { "custom": "{{message}}" } }, "next": [{ "nodeId": 3 }] },
            { "id": 3, "type": "keyboard", "data": { "type": "number", "strict": true, "buttons": [{ "label": "a" }],
                "messages": { "failure": { "message": { "text": "no" } } } }, "next": [
                { "nodeId": 4, "where": { "message.text": { "regex": "/a|b/i" } }, "priority": 2 },
                { "nodeId": 6, "where": { "or": [{ "message": { "equals": "b" } }, { "a": { "gte": 3 } }] } },
                { "nodeId": 7 }] },
            { "id": 4, "type": "parameter", "data": { "set": [{ "key": "a", "value": "{{a}}{{a}}{{message.text}}" },
                { "key": "l", "value": [1, [2, { "x": null }]], "where": { "a": { "contains": ["a"] } } }] }, "next": [{ "nodeId": 2 }] },
            { "id": 5, "type": "fetch", "data": { "uri": "https://example.com/{{a}}", "method": "POST", "body": { "q": "{{a}}" } },
                "next": [{ "nodeId": 2, "where": { "fetch.error": { "exists": true } } }, { "nodeId": 7 }] },
            { "id": 6, "type": "flow", "data": { "flowId": "{{message.payload.flowId}}", "nodeId": 1 } },
            { "id": 7, "type": "response", "data": { "message": { "type": "cards", "cards": [{ "title": "{{lookup l 0}}",
                "media": { "contentType": "image", "uri": "u" }, "buttons": [{ "type": "link", "label": "l", "uri": "u" }] }] } } }] },
        { "id": 2, "nodes": [
            { "id": 1, "type": "entry", "next": [{ "nodeId": 2, "where": { "message": { "contains": "b" } } }, { "nodeId": 3 }] },
            { "id": 2, "type": "back", "data": { "operation": "pop", "count": 1 } },
            { "id": 3, "type": "nlp", "next": [{ "nodeId": 4 }] },
            { "id": 4, "type": "response", "data": { "message": { "type": "location",
                "location": { "latitude": "{{a}}", "longitude": 1 } } }, "next": [{ "nodeId": 5 }] },
            { "id": 5, "type": "back", "data": { "operation": "drop" }, "next": [{ "nodeId": 6 }] },
            { "id": 6, "type": "sandbox", "data": { "script": "a" }, "next": [{ "nodeId": 1 }] }] }],
      "preference": { "entryFlowId": 1, "fallbackFlowId": 2, "systemMessage": { "empty": "e", "error": "{{error}}" },
        "sessionBehavior": { "welcomeOnSessionStart": true, "welcomeOnMessageWithoutSession": false } } })
}

/// About the number of values in it.
const PLACES: usize = 340;

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..8u64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_template().prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{ "a": 1 }, "b", null])),
        Just(json!({ "where": { "$or": [{ "message": {} }] }, "type": "cards", "nodeId": 2 })),
    ]
}

/// Pieces of templates in any order.
fn any_template() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "{{",
        "}}",
        "{{{",
        "}}}",
        "{{#if a}}",
        "{{/if}}",
        "{{else}}",
        "{{else if b}}",
        "{{^}}",
        "{{#each l}}",
        "{{#each l as |x i|}}",
        "{{/each}}",
        "{{#with a}}",
        "{{/with}}",
        "{{this}}",
        "{{../a}}",
        "{{@index}}",
        "{{@root.l}}",
        "{{l[0].x}}",
        "{{l.[1]}}",
        "($eq a 1)",
        "{{$and a b}}",
        "{{lookup l \"a\"}}",
        "{{~",
        "~}}",
        "[",
        "]",
        "(",
        ")",
        "\"",
        "'",
        "\\",
        "{{!",
        "--}}",
        "{{!--",
        "{{>a}}",
        "{{*a}}",
        "{{&a}}",
        " ",
        "\n",
        "가",
        "a",
        ".",
        "/",
        "#",
        "|",
        "as |x|",
        "=",
        "a=1",
        "@",
        "null",
        "true",
        "-1.5",
        "{{#if ($gt l.length 1)}}",
        "{{~#if a~}}",
        "{{{{a}}}}",
        "{{else~}}",
        "{{~else if a}}",
        "{{l[i].x}}",
        "{{l[0..2].x}}",
        "{{RAND(1, a)}}",
        "{{DATE(a, ",
        "FORMAT(l, ",
        "{{MASK(a, \"1h\")}}",
        "TRUNCATE(a, 2)",
        "JOSA(",
        ", ",
        ")}}",
        "{{^a}}",
        "{{/a}}",
        "{{#a}}",
        "undefined",
        "@root",
        "\u{feff}",
    ]);
    prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any_value(),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-330..330i32).prop_map(|power| Value::from(1.5 * 10_f64.powi(power))),
        ".*".prop_map(Value::from),
        "[0-9]{4}[-/. 년]?[0-9WT]{1,4}[-월]?[0-9:]{0,8}[Z+ -]?[0-9]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[abx]", inner, 0..3).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Patterns of dates and numbers, and what is nearly one.
fn any_pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        "[YMDdHhmsSaAZzXxQWwgGEekLlTon\\[\\]\\\\ .-]{0,40}",
        "[0,.\\[\\]abkmtoi%$:()+e -]{0,40}",
        "[0-9a-z]{0,3}"
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_panic_and_no_endless_turn(
        changes in prop::collection::vec((0..PLACES, any_value()), 0..6),
        says in prop::collection::vec((prop_oneof!["a", "b", "7", "가 b…", any_template()], any_value()), 1..6),
    ) {
        let mut json = seed();
        for (mut index, value) in changes {
            put(&mut json, &mut index, &value);
        }
        if let Ok(bot) = Bot::read(&json) {
            let mut talk = Talk::new(&bot, PlatformType::Test);
            let users = says.iter().map(|(text, payload)| json!({ "text": text, "payload": payload }));
            for user in std::iter::once(Value::Null).chain(users) {
                let mut asks = 0;
                let done = talk.turn(&user, &mut |_| {
                    asks += 1;
                    common::answer(&json!({ "status": 200, "json": [1, { "a": [2.5] }] }))
                });
                prop_assert!(done.said.len() <= 101 && asks <= 100);
                prop_assert!(json!(done.state).to_string().len() < 64 * 1024);
                prop_assert!(Value::Object(done.params).to_string().len() < 256 * 1024);
                let said: usize = done.said.iter().map(|said| json!(said.data).to_string().len()).sum();
                prop_assert!(said < 256 * 1024, "{said}");
            }
        }
    }

    #[test]
    fn no_result_of_a_script_panics(
        changes in prop::collection::vec((0..20_usize, any_value()), 0..5),
        text in any_template(),
    ) {
        let bot = json!({ "id": 1, "nodes": [{ "id": 1, "type": "entry", "next": [{ "nodeId": 2 }] },
            { "id": 2, "type": "sandbox", "data": { "script": text }, "next": [{ "nodeId": 3 }] },
            { "id": 3, "type": "response", "data": { "message": { "text": "{{sandbox}}{{params}}" } } }] });
        let mut result = json!({ "params": { "a": text, "l": [1] }, "custom": {}, "message": { "type": "text", "text": text,
            "buttons": [{ "label": "b", "payload": {} }], "cards": [{ "title": "t" }], "media": { "uri": "u" } } });
        for (mut index, value) in changes {
            put(&mut result, &mut index, &value);
        }
        let bot = Bot::read(&bot).unwrap();
        let mut talk = Talk::new(&bot, PlatformType::Test);
        talk.scripts.push_back(json!({ "result": result }));
        let done = talk.turn(&json!({ "text": "a" }), &mut |_| unreachable!());
        prop_assert!(!done.said.is_empty() && talk.ran.len() == 1);
    }

    #[test]
    fn no_template_panics(text in prop_oneof![any_template(), ".*", "[{}]{2}.*"], a in any_json(), l in any_json()) {
        let message = json!({ "type": "cards", "cards": [
            { "title": text, "buttons": [{ "label": text }] }, { "title": "{{l[i].x}}{{l[3..1].x}}", "description": text }] });
        let bot = json!({ "id": 1, "nodes": [{ "id": 1, "type": "entry", "next": [{ "nodeId": 2 }] },
            { "id": 2, "type": "response", "data": { "message": { "text": text } }, "next": [{ "nodeId": 3 }] },
            { "id": 3, "type": "response", "data": { "message": message } }] });
        let bot = Bot::read(&bot).unwrap();
        let mut talk = Talk::new(&bot, PlatformType::Test);
        talk.params = json!({ "a": a, "l": l }).as_object().cloned().unwrap();
        let done = talk.turn(&json!({ "text": "a" }), &mut |_| unreachable!());
        let said: usize = done.said.iter().map(|said| json!(said.data).to_string().len()).sum();
        prop_assert!(said < 256 * 1024, "{said}");
    }

    #[test]
    fn no_function_panics(
        name in prop::sample::select(vec!["DATE", "ESCAPE", "FORMAT", "JOSA", "MASK", "QUOTE", "RAND", "TRUNCATE", "lookup", "$lt"]),
        of in prop::collection::vec(prop_oneof![any_json(), any_pattern().prop_map(Value::from)], 0..5),
    ) {
        let names: Vec<_> = (0..of.len()).map(|index| format!("of[{index}]")).collect();
        let case = json!({ "template": format!("{{{{{name}({})}}}}", names.join(", ")), "context": { "of": of }, "expect": 0 });
        let reason = flow::cases::template(&case).unwrap_err();
        prop_assert!(reason.len() < 128 * 1024, "{reason}");
    }
}

#[test]
fn any_export_with_anything_in_it() {
    // Each single place of the bot, replaced by each kind of value.
    for index in 0..PLACES {
        for value in [json!(null), json!(true), json!(-1), json!("{{x"), json!([{}]), json!({ "a": {} })] {
            let mut json = seed();
            put(&mut json, &mut { index }, &value);
            let Ok(bot) = Bot::read(&json) else { continue };
            let mut talk = Talk::new(&bot, PlatformType::Web);
            for user in [Value::Null, json!({ "text": "7" }), json!({ "text": "b" }), json!({ "text": "c" })] {
                talk.turn(&user, &mut |_| common::answer(&json!({ "failure": "none" })));
            }
        }
    }
}

/// The parser tries again what failed: what is nested and never closed must not double its work each time.
#[test]
fn no_template_takes_long_to_read() {
    let began = std::time::Instant::now();
    for (start, piece) in [
        ("", "{{#if a}}"),
        ("", "{{#each a}}x"),
        ("", "{{#if a}}{{else if b}}"),
        ("", "{{~#if a~}}"),
        ("{{#if ", "($and a "),
        ("{{", "(a "),
        ("{{f ", "a=(g "),
        ("{{f ", "[1,"),
        ("{{f ", "{\"a\":"),
        ("{{#each a as ", "|a "),
    ] {
        for end in ["", "}}", ")}}", "a))}}", "{{/if}}", "{{/each}}", "{{else}}"] {
            for text in [format!("{start}{}{end}", piece.repeat(29)), format!("{start}{piece}{end}").repeat(300)] {
                let message = json!({ "type": "text", "text": text });
                Bot::read(
                    &json!({ "id": 1, "nodes": [{ "id": 1, "type": "response", "data": { "message": message } }] }),
                )
                .unwrap();
            }
        }
    }
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}
