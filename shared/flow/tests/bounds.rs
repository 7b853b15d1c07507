//! What is far too much of anything ends in the error message and a line for the log, and the next turn goes on.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Talk;
use flow::{Answer, Ask, Bot, Done};
use model::{MessageData, PlatformType};
use serde_json::{Value, json};

/// Its first node is `node`, behind which it says back what it hears, in `{{message}}` and `{{params.p}}`.
fn bot(node: &Value) -> Bot {
    let mut node = node.clone();
    node["id"] = json!(2);
    node["next"] = json!([{ "nodeId": 3 }]);
    Bot::read(&json!({ "flows": [{ "id": 1, "nodes": [
        { "id": 1, "type": "entry", "next": [{ "nodeId": 2, "where": { "message": { "notEquals": "fine" } } }, { "nodeId": 3 }] },
        node,
        { "id": 3, "type": "response", "data": { "message": { "type": "text", "text": "{{message}}" } }, "next": [{ "nodeId": 4 }] },
        { "id": 4, "type": "keyboard", "data": { "type": "any" } },
    ] }] }))
    .unwrap()
}

fn text(done: &Done) -> String {
    match &done.said.last().unwrap().data {
        MessageData::Text { text, .. } => text.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn too_much_ends_in_the_error_message() {
    let set = |value: Value| json!({ "type": "parameter", "data": { "set": [{ "key": "p", "value": value }] } });
    let say = |text: &str| json!({ "type": "response", "data": { "message": { "type": "text", "text": text } } });
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let nested = format!("{}x{}", "{{#if 1}}".repeat(40), "{{/if}}".repeat(40));
    for (what, node, user, problem) in [
        ("a circle", json!({ "type": "flow", "data": { "flowId": 1 } }), json!({ "text": "x" }), Some("circle")),
        ("1 MB of params", set(json!("x".repeat(1_000_000))), json!({ "text": "x" }), Some("parameters")),
        ("1 MB in a list", set(json!(vec!["x".repeat(1000); 1000])), json!({ "text": "x" }), Some("parameters")),
        ("a message of 100 KB", say(&"x".repeat(100_000)), json!({ "text": "x" }), Some("messages")),
        ("a template that is too deep", say(&nested), json!({ "text": "x" }), Some("template")),
        (
            "a template that prints too much",
            say("{{#each message.payload}}{{#each ../message.payload}}xxxxxxxxxx{{/each}}{{/each}}"),
            json!({ "text": "x", "payload": vec![1; 1000] }),
            Some("template"),
        ),
        ("10,000 characters", say("ok"), json!({ "text": "가".repeat(10_000) }), None),
        ("a payload that is too deep", say("{{message.payload}}"), json!({ "text": "x", "payload": deep(1000) }), None),
        (
            "a payload of 100 levels",
            say("{{message.payload.[0].[0]}}"),
            json!({ "text": "x", "payload": deep(100) }),
            None,
        ),
        (
            "a server without an end",
            json!({ "type": "fetch", "data": { "uri": "https://example.com/" } }),
            json!({ "text": "x" }),
            Some("too long"),
        ),
    ] {
        let bot = bot(&node);
        let mut talk = Talk::new(&bot, PlatformType::Test);
        let mut world = |_: &Ask| -> Answer { common::answer(&json!({ "outOfTime": true })) };
        let done = talk.turn(&user, &mut world);
        match problem {
            Some(problem) => {
                assert!(text(&done).starts_with("[ERROR]"), "{what}: {}", text(&done));
                assert!(done.problems[0].what.contains(problem), "{what}: {:?}", done.problems);
                assert!(done.problems[0].to_string().len() < 200, "{what}: the log gets a line");
            }
            None => assert!(done.problems.is_empty() && !text(&done).starts_with("[ERROR]"), "{what}"),
        }
        assert!(serde_json::to_string(&done.state).unwrap().len() < 100_000, "{what}");
        let next = talk.turn(&json!({ "text": "fine" }), &mut world);
        assert_eq!(text(&next), "fine", "{what}: and the next turn goes on");
    }
}
