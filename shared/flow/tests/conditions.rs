//! Conditions and the choice among edges, as tables.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Talk;
use flow::Bot;
use model::PlatformType;
use serde_json::{Value, json};

/// What is said after the message "Hello 42": "yes" if the condition holds.
fn answer(edges: &Value) -> String {
    let says = |id: u64, text: &str| json!({ "id": id, "type": "response", "data": { "message": { "text": text } } });
    let bot = json!({ "id": 1, "title": "t", "nodes": [
        { "id": 1, "type": "entry", "next": edges }, says(2, "yes"), says(3, "no"), says(4, "other")] });
    let bot = Bot::read(&bot).unwrap();
    let mut talk = Talk::new(&bot, PlatformType::Line);
    talk.params = json!({ "age": "9", "big": 100, "float": 1.0, "zero": 0, "null": null, "name": "Kim", "vip": true,
        "tags": ["a", "b"], "empty": "", "chat:category": "x", "platform": "mine", "or": "either" })
    .as_object()
    .cloned()
    .unwrap();
    let user = json!({ "text": "Hello 42", "payload": "{\"a\":[{\"b\":\"c\"}]}" });
    let done = talk.turn(&user, &mut |_| unreachable!());
    done.said.iter().map(|said| json!(said.data)["text"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn conditions() {
    for (condition, holds) in [
        (json!(null), true),
        (json!({}), true),
        // Paths.
        (json!({ "message": { "equals": "Hello 42" } }), true),
        (json!({ "message.text": { "equals": "Hello 42" } }), true),
        (json!({ "message.payload.a[0].b": { "equals": "c" } }), true),
        (json!({ "message.payload.a.[0].b": { "equals": "c" } }), true),
        (json!({ "name": { "equals": "Kim" } }), true),
        (json!({ "params.name": { "equals": "Kim" } }), true),
        (json!({ "chat:category": { "equals": "x" } }), true),
        (json!({ "platform": { "equals": "line" } }), true),
        (json!({ "params.platform": { "equals": "mine" } }), true),
        (json!({ "tags.length": { "gte": 2 } }), true),
        (json!({ "bot.title": { "equals": "t" } }), true),
        // Equality, in its spellings.
        (json!({ "name": "Kim" }), true),
        (json!({ "name": { "eq": "kim" } }), false),
        (json!({ "name": { "$eq": "Kim" } }), true),
        (json!({ "name": { "equals": ["Lee", "Kim"] } }), true),
        (json!({ "name": { "in": ["Lee"] } }), false),
        (json!({ "name": { "notEquals": "Lee" } }), true),
        (json!({ "name": { "ne": "Kim" } }), false),
        (json!({ "name": { "$ne": ["Lee", "Kim"] } }), false),
        (json!({ "nobody": { "notEquals": "Kim" } }), true),
        (json!({ "nobody": { "equals": "" } }), false),
        (json!({ "null": { "equals": null } }), true),
        (json!({ "vip": { "equals": "true" } }), true),
        (json!({ "vip": { "equals": ["false"] } }), false),
        (json!({ "tags": { "equals": ["a", "b"] } }), false),
        // Numbers, and texts that are numbers.
        (json!({ "big": { "equals": "100" } }), true),
        (json!({ "float": { "equals": "1" } }), true),
        (json!({ "age": { "equals": 9.0 } }), true),
        (json!({ "age": { "equals": "9.0" } }), false),
        (json!({ "age": { "lt": "19" } }), true),
        (json!({ "age": { "$lt": 9 } }), false),
        (json!({ "age": { "lte": 9 } }), true),
        (json!({ "big": { "gt": "99" } }), true),
        (json!({ "big": { "greaterThan": 100 } }), false),
        (json!({ "big": { "greaterThanOrEqual": 100 } }), true),
        (json!({ "age": { "gte": 1, "lte": 8 } }), false),
        (json!({ "name": { "gt": 1 } }), false),
        (json!({ "nobody": { "lt": 1 } }), false),
        (json!({ "zero": { "lessThan": 1 } }), true),
        // Presence. What is null is not there; what is empty is.
        (json!({ "name": { "exists": true } }), true),
        (json!({ "name": { "exists": false } }), false),
        (json!({ "nobody": { "exists": true } }), false),
        (json!({ "nobody": { "exists": false } }), true),
        (json!({ "nobody": { "notExists": true } }), true),
        (json!({ "nobody": { "notExists": false } }), false),
        (json!({ "null": { "exists": true } }), false),
        (json!({ "empty": { "exists": true } }), true),
        (json!({ "zero": { "$exists": true } }), true),
        (json!({ "fetch.error": { "exists": true } }), false),
        // Parts.
        (json!({ "message": { "contains": "42" } }), true),
        (json!({ "message": { "contains": ["x", "Hell"] } }), true),
        (json!({ "message": { "notContains": "42" } }), false),
        (json!({ "nobody": { "notContains": "42" } }), true),
        (json!({ "tags": { "contains": "b" } }), true),
        (json!({ "tags": { "contains": "c" } }), false),
        (json!({ "big": { "contains": "10" } }), true),
        // Regular expressions.
        (json!({ "message": { "regex": "42|43" } }), true),
        (json!({ "message": { "regex": "^42" } }), false),
        (json!({ "message": { "regex": "/^hello/" } }), false),
        (json!({ "message": { "regex": "/^hello/i" } }), true),
        (json!({ "message": { "regex": "/\\w+ \\d{2}$/" } }), true),
        (json!({ "message": { "regex": "^[\\w\\s]+$" } }), true),
        (json!({ "message": { "regex": "a/b" } }), false),
        (json!({ "age": { "regex": "^\\d$" } }), true),
        (json!({ "nobody": { "regex": ".*" } }), false),
        (json!({ "message": { "regex": "(" } }), false),
        (json!({ "message": { "regex": "(?=H)" } }), false),
        // Combinations.
        (json!({ "name": { "equals": "Kim" }, "age": { "equals": 9 } }), true),
        (json!({ "name": { "equals": "Kim" }, "age": { "equals": 8 } }), false),
        (json!({ "or": [{ "name": { "equals": "Lee" } }, { "age": { "equals": 9 } }] }), true),
        (json!({ "$or": [{ "name": { "equals": "Lee" } }, { "age": { "equals": 8 } }] }), false),
        (
            json!({ "and": [{ "name": { "equals": "Kim" } }, { "$or": [{ "age": { "lt": 5 } }, { "vip": true }] }] }),
            true,
        ),
        (json!({ "$and": [{ "name": { "equals": "Kim" } }, { "age": { "lt": 5 } }] }), false),
        (json!({ "or": [] }), true),
        (json!({ "or": { "equals": "either" } }), true),
        (json!([{ "name": "Kim" }, { "age": "9" }]), true),
        // What is not known never holds.
        (json!({ "name": { "sounds": "Kim" } }), false),
        (json!({ "age": { "gt": "many" } }), false),
    ] {
        let edges = json!([{ "nodeId": 3, "priority": 0 }, { "nodeId": 2, "where": condition }]);
        assert_eq!(answer(&edges), if holds { "yes" } else { "no" }, "{condition}");
    }
}

#[test]
fn the_choice_among_edges() {
    let (one, two) = (json!({ "age": 9 }), json!({ "age": 9, "name": "Kim" }));
    let either = json!({ "or": [{ "age": 9 }, { "age": 8 }] });
    for (what, edges, expected) in [
        ("priority", json!([{ "nodeId": 3, "where": two }, { "nodeId": 2, "priority": 2 }]), "yes"),
        ("a text is a priority too", json!([{ "nodeId": 3, "where": two }, { "nodeId": 2, "priority": "2" }]), "yes"),
        ("none is 1", json!([{ "nodeId": 3, "priority": 0, "where": two }, { "nodeId": 2 }]), "yes"),
        (
            "more conditions",
            json!([{ "nodeId": 4 }, { "nodeId": 3, "where": one }, { "nodeId": 2, "where": two }]),
            "yes",
        ),
        ("alternatives count", json!([{ "nodeId": 3, "where": one }, { "nodeId": 2, "where": either }]), "yes"),
        ("then the order", json!([{ "nodeId": 2, "where": two }, { "nodeId": 3, "where": either }]), "yes"),
        ("an edge to nowhere is none", json!([{ "nodeId": 50, "priority": 9 }, { "nodeId": 2 }]), "yes"),
    ] {
        assert_eq!(answer(&edges), expected, "{what}");
    }
}
