//! What a bot's author is told about an export, as tables.

#![allow(clippy::unwrap_used, reason = "a test may")]

use flow::Bot;
use serde_json::{Value, json};

#[expect(clippy::needless_pass_by_value, reason = "rows read better")]
fn with(node: Value) -> Value {
    json!({ "flows": [{ "id": 1, "title": "start", "nodes": [{ "id": 1, "type": "entry" }, node] }] })
}

#[test]
fn errors() {
    let say = |message: Value| with(json!({ "id": 2, "type": "response", "data": { "message": message } }));
    let entry = json!({ "id": 1, "type": "entry" });
    for (json, expected) in [
        (json!([]), "this is no bot and no flow: it has neither `flows` nor `nodes`"),
        (json!({ "title": "x" }), "this is no bot and no flow: it has neither `flows` nor `nodes`"),
        (json!({ "flows": {} }), "bot: `flows` is a list"),
        (json!({ "flows": [] }), "bot: `flows` is empty: a bot has at least one"),
        (json!({ "flows": [{ "nodes": [] }] }), "bot: `flows[0].id` is a whole number"),
        (json!({ "flows": [{ "id": 1 }, { "id": "one" }] }), "bot: `flows[1].id` is a whole number"),
        (
            json!({ "flows": [{ "id": 1 }, { "id": 1, "title": "b" }] }),
            "flow 1 (b): `id` is the id of another flow too",
        ),
        (json!({ "flows": [{ "id": 1, "nodes": 1 }] }), "flow 1: `nodes` is a list"),
        (json!({ "id": 1, "nodes": [{ "type": "entry" }] }), "flow 1: `nodes[0].id` is a whole number"),
        (json!({ "id": 1, "nodes": [{ "id": 1 }] }), "flow 1: `nodes[0].type` is a text"),
        (
            json!({ "id": 1, "nodes": [entry, entry] }),
            "flow 1, node 1 (entry): `id` is the id of another node of this flow too",
        ),
        (with(json!({ "id": 2, "type": "flow", "data": [] })), "flow 1 (start), node 2 (flow): `data` is an object"),
        (with(json!({ "id": 2, "type": "entry", "next": 3 })), "flow 1 (start), node 2 (entry): `next` is a list"),
        (
            with(json!({ "id": 2, "type": "entry", "next": [{ "nodeId": 1 }, {}] })),
            "flow 1 (start), node 2 (entry): `next[1].nodeId` is a whole number",
        ),
        (
            with(json!({ "id": 2, "type": "entry", "next": [{ "nodeId": 1, "priority": "high" }] })),
            "flow 1 (start), node 2 (entry): `next[0].priority` is a number",
        ),
        (
            with(json!({ "id": 2, "type": "entry", "next": [{ "nodeId": 1, "where": "message" }] })),
            "flow 1 (start), node 2 (entry): `next[0].where` is an object of paths and their tests",
        ),
        (say(json!("hello")), "flow 1 (start), node 2 (response): `data.message` is an object"),
        (say(json!({ "text": ["a"] })), "flow 1 (start), node 2 (response): `data.message.text` is a text"),
        (
            say(json!({ "type": "video" })),
            "flow 1 (start), node 2 (response): `data.message.type` is text, media, cards or location, not `video`",
        ),
        (
            say(json!({ "text": "a", "buttons": [{ "label": "x" }, { "type": "goto", "label": "y" }] })),
            "flow 1 (start), node 2 (response): `data.message.buttons[1].flowId` is missing",
        ),
        (
            say(json!({ "type": "cards", "cards": [{}, { "buttons": [{ "label": "x", "type": "link" }] }] })),
            "flow 1 (start), node 2 (response): `data.message.cards[1].buttons[0].uri` is missing",
        ),
        (
            say(json!({ "type": "location", "location": { "latitude": 1 } })),
            "flow 1 (start), node 2 (response): `data.message.location` has a latitude and a longitude",
        ),
        (
            with(json!({ "id": 2, "type": "back", "data": { "operation": "push" } })),
            "flow 1 (start), node 2 (back): `data.operation` is pop, drop or clear, not `push`",
        ),
        (with(json!({ "id": 2, "type": "fetch" })), "flow 1 (start), node 2 (fetch): `data.uri` is missing"),
        (
            with(json!({ "id": 2, "type": "fetch", "data": { "uri": "u", "method": "SING" } })),
            "flow 1 (start), node 2 (fetch): `data.method` is GET, POST, PUT or DELETE",
        ),
        (with(json!({ "id": 2, "type": "sandbox" })), "flow 1 (start), node 2 (sandbox): `data.script` is missing"),
        (
            with(json!({ "id": 2, "type": "sandbox", "data": { "script": 1 } })),
            "flow 1 (start), node 2 (sandbox): `data.script` is a text",
        ),
        (
            with(json!({ "id": 2, "type": "parameter", "data": { "set": [{ "value": 1 }] } })),
            "flow 1 (start), node 2 (parameter): `data.set[0].key` is missing",
        ),
        (
            with(json!({ "id": 2, "type": "keyboard", "data": { "strict": "yes" } })),
            "flow 1 (start), node 2 (keyboard): `data.strict` is true or false",
        ),
        (
            json!({ "flows": [{ "id": 1, "nodes": [entry] }], "preference": { "entryFlowId": 7 } }),
            "bot: `preference.entryFlowId` names flow 7, which does not exist",
        ),
        (
            json!({ "flows": [{ "id": 1, "nodes": [entry] }], "preference": { "sessionBehavior": { "restoreNavigation": 1 } } }),
            "bot: `preference.sessionBehavior.restoreNavigation` is true or false",
        ),
    ] {
        assert_eq!(Bot::read(&json).unwrap_err().to_string(), expected, "{json}");
    }
}

#[test]
fn warnings() {
    let deep = (0..30).fold(json!({}), |inner, _| json!({ "and": [inner] }));
    assert!(Bot::read(&with(json!({ "id": 2, "type": "entry", "next": [{ "nodeId": 1, "where": deep }] }))).is_err());
    for (json, expected) in [
        (with(json!({ "id": 2, "type": "back" })), vec![]),
        (
            json!({ "flows": [{ "id": 1, "nodes": [{ "id": 1, "type": "entry" }] }],
                "integration": { "llm": { "apiKey": "k", "baseUrl": "http://llm.example/v1" } } }),
            vec!["bot: `integration.llm.baseUrl` is not https: the key and what customers say go in the clear"],
        ),
        (
            json!({ "id": 1, "nodes": [] }),
            vec!["flow 1: has no entry node: it can be entered only at one of its nodes"],
        ),
        (
            with(json!({ "id": 2, "type": "nlp" })),
            vec!["flow 1 (start), node 2 (nlp): is not available here: it always fails"],
        ),
        (
            with(json!({ "id": 2, "type": "teleport" })),
            vec!["flow 1 (start), node 2 (teleport): is of a type that is not known: it always fails"],
        ),
        (
            with(json!({ "id": 2, "type": "response", "data": { "message": { "text": "{{a}}}" } } })),
            vec![
                "flow 1 (start), node 2 (response): the template in `data.message.text` cannot be read: \
                 Parse error on line 1:\n{{a}}}\n-----^\na third brace follows: put a blank before it",
            ],
        ),
        (
            with(json!({ "id": 2, "type": "response" })),
            vec!["flow 1 (start), node 2 (response): has no `data.message`"],
        ),
        (
            with(json!({ "id": 2, "type": "entry", "next": [{ "nodeId": 9 }, { "nodeId": 1 }] })),
            vec!["flow 1 (start), node 2 (entry): an edge leads to node 9, which does not exist"],
        ),
        (
            with(json!({ "id": 2, "type": "flow", "data": { "flowId": 9 } })),
            vec!["flow 1 (start), node 2 (flow): leads to flow 9, which does not exist"],
        ),
        (
            with(
                json!({ "id": 2, "type": "keyboard", "data": { "buttons": [{ "type": "goto", "label": "a", "flowId": 9 }] } }),
            ),
            vec!["flow 1 (start), node 2 (keyboard): leads to flow 9, which does not exist"],
        ),
        (
            with(json!({ "id": 2, "type": "entry", "next": [{ "nodeId": 1, "where": { "message": { "regex": "(" } } },
                { "nodeId": 1, "where": { "a": { "sounds": 1 } } }, { "nodeId": 1, "where": { "a": { "gt": "x" } } }] })),
            vec![
                "flow 1 (start), node 2 (entry): next[0].where.message.regex is no regular expression that can be used \
                 here: the condition never holds",
                "flow 1 (start), node 2 (entry): next[1].where.a.sounds is no operator that is known: the condition \
                 never holds",
                "flow 1 (start), node 2 (entry): next[2].where.a.gt compares with a number: the condition never holds",
            ],
        ),
        (
            json!({ "flows": [{ "id": 1, "nodes": [{ "id": 1, "type": "entry" }] }], "preference": { "fallbackFlowId": 7 } }),
            vec!["bot: the fallback flow 7 does not exist: the start flow takes its place"],
        ),
    ] {
        let bot = Bot::read(&json).unwrap();
        let warnings: Vec<String> = bot.warnings().iter().map(ToString::to_string).collect();
        assert_eq!(warnings, expected, "{json}");
    }
}

#[test]
fn what_is_not_said_has_its_default() {
    let bot = Bot::read(&json!({ "id": 7, "title": "only", "nodes": [{ "id": "1", "type": "entry" }] })).unwrap();
    let preference = bot.preference();
    assert_eq!((bot.title(), bot.description()), ("only", ""));
    assert!(preference.welcome_on_session_start && preference.welcome_on_message_without_session);
    assert_eq!(preference.session_timeout_ms, 86_400_000);
    let json = json!({ "title": "t", "description": "d", "extra": 1, "flows": [{ "id": 1 }],
        "preference": { "sessionTimeoutMinutes": 30, "sessionBehavior": { "restoreNavigation": false } } });
    let bot = Bot::read(&json).unwrap();
    assert_eq!((bot.title(), bot.description()), ("t", "d"));
    assert_eq!(bot.preference().session_timeout_ms, 1_800_000);
    assert!(!bot.preference().restore_navigation);
}
