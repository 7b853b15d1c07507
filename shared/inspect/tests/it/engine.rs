//! The checks only read; the engine runs. What goes wrong when it runs must have been found.

use flow::{Bot, Ids, Input, Run, State, Step};
use inspect::{Language, check};
use model::{BotId, ConversationId, EpochMillis, InboundId, MessageData, Params, PlatformType, Position, UserKey};
use proptest::prelude::*;
use serde_json::{Value, json};

const EMPTY: &str = "nothing was said";
const ERROR: &str = "something failed: {{error}}";

/// Codes that say that a turn may say nothing, or fail.
const SILENT: &[&str] = &["fallback-gap", "fallback-empty", "silent-turn", "no-else"];
const FAILING: &[&str] = &["circle", "missing-flow", "missing-node", "no-entry", "no-message", "broken-template"];

fn any_node(count: usize) -> impl Strategy<Value = Value> {
    let kinds = vec!["response", "response", "response", "keyboard", "flow", "parameter", "nlp", "entry"];
    let wheres = vec![
        json!(null),
        json!(null),
        json!({ "message": { "equals": "a" } }),
        json!({ "message": { "notEquals": "a" } }),
        json!({ "message": { "contains": "b" } }),
        json!({ "x": { "exists": true } }),
        json!({ "nlp.status": "FAILED" }),
    ];
    let edge = (0..count, prop::sample::select(wheres));
    let text = prop::sample::select(vec!["words", "words", "words", "", "{{", "{{x}}."]);
    let to = (0..count + 1, 1..4_usize, any::<bool>());
    (prop::sample::select(kinds), prop::collection::vec(edge, 0..4), text, to).prop_map(
        |(kind, edges, text, (node, flow, has_node))| {
            let next: Vec<Value> =
                edges.into_iter().map(|(to, condition)| json!({ "nodeId": to, "where": condition })).collect();
            let node = if has_node { json!(node) } else { json!(null) };
            let goto = json!({ "type": "goto", "label": "b", "flowId": flow, "nodeId": node });
            let buttons = if flow == 1 { json!([goto]) } else { json!([{ "label": "a" }]) };
            let data = match kind {
                "response" if text.is_empty() => json!({ "message": { "text": "" } }),
                "response" => json!({ "message": { "text": text, "buttons": buttons } }),
                "keyboard" => json!({ "buttons": buttons }),
                "flow" => json!({ "flowId": flow, "nodeId": node }),
                "parameter" => json!({ "set": [{ "key": "x", "value": "1" }] }),
                _ => json!({}),
            };
            json!({ "type": kind, "data": data, "next": next })
        },
    )
}

fn any_flow() -> impl Strategy<Value = Vec<Value>> {
    (2..7_usize).prop_flat_map(|count| prop::collection::vec(any_node(count), count))
}

/// What is said to each message, the words of all of it, and where that ends.
fn talk(bot: &Bot, messages: &[&str]) -> Vec<(String, Option<Position>)> {
    let bot_id: BotId = "Bcheck".parse().unwrap();
    let user_key: UserKey = "U".parse().unwrap();
    let at = EpochMillis(1_700_000_000_000);
    let conversation_id = ConversationId::of(InboundId::of(&bot_id, PlatformType::Web, "1"), at);
    let ids =
        Ids { bot_id: &bot_id, conversation_id, end_user_id: None, platform: PlatformType::Web, user_key: &user_key };
    let (mut state, mut params) = (State::default(), Params::new());
    let mut answers = Vec::new();
    for message in std::iter::once(None).chain(messages.iter().copied().map(Some)) {
        let data = message.map(MessageData::text);
        let input = data.as_ref().map_or(Input::Open, |data| Input::Message { data, payload: None });
        let Step::Done(done) = Run::new(bot, ids, state, params, input, at, 0).step(None) else {
            unreachable!("nothing asks")
        };
        let words = done.said.iter().map(|said| json!(said.data)["text"].as_str().unwrap().to_owned()).collect();
        answers.push((words, done.state.navigation.current.clone()));
        (state, params) = (done.state, done.params);
    }
    answers
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_goes_wrong_was_found(
        flows in prop::collection::vec(any_flow(), 1..3),
        messages in prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 1..8),
        has_fallback in any::<bool>(),
    ) {
        let flows: Vec<Value> = flows.into_iter().enumerate().map(|(index, mut nodes)| {
            nodes[0]["type"] = "entry".into();
            nodes[0]["data"] = json!({});
            for (id, node) in nodes.iter_mut().enumerate() {
                node["id"] = id.into();
            }
            json!({ "id": index + 1, "data": { "entry": 0 }, "nodes": nodes })
        }).collect();
        let fallback = if has_fallback { json!(flows.len()) } else { json!(null) };
        let json = json!({ "flows": flows, "preference": {
            "fallbackFlowId": fallback, "systemMessage": { "empty": EMPTY, "error": ERROR } } });
        let report = check(&json, Language::English);
        let has = |codes: &[&str]| report.findings.iter().any(|finding| codes.contains(&finding.code));
        let lost = |position: &Position| report.findings.iter().any(|finding| {
            let is_flow = finding.flow.as_ref().is_some_and(|flow| flow.id == position.flow_id);
            let is_node = finding.node.as_ref().is_some_and(|node| node.id == position.node_id);
            is_flow && (finding.code == "unreachable-flow" || (is_node && finding.code == "unreachable-node"))
        });
        for (answer, position) in talk(&Bot::read(&json).unwrap(), &messages) {
            prop_assert!(!position.as_ref().is_some_and(lost), "{position:?}\n{report}\n{json:#}");
            prop_assert!(!answer.contains(EMPTY) || has(SILENT), "{report}\n{json:#}");
            prop_assert!(!answer.contains("something failed") || has(FAILING), "{answer}\n{report}\n{json:#}");
        }
    }
}
