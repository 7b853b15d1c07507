//! The budget: a turn of ten nodes without I/O in 50 µs, a bot of a thousand nodes read in 5 ms.
//!
//! `cargo bench -p closer-flow`

#![allow(clippy::unwrap_used, reason = "a bench may")]

use flow::{Bot, Ids, Input, Run, State, Step};
use model::{BotId, ConversationId, EpochMillis, MessageData, Params, PlatformType, UserKey};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

/// Every tenth node a keyboard, the others texts: one in three a template, one in thirty with a block, one in six with
/// conditions on an edge, of which twenty regular expressions differ.
fn bot(nodes: u64) -> Value {
    let node = |id: u64| {
        let next = id % nodes + 1;
        let always = json!([{ "nodeId": next }]);
        if id == 1 {
            return json!({ "id": id, "type": "entry", "next": always });
        }
        if id % 10 == 1 {
            let buttons = json!([{ "label": "yes", "payload": "{\"a\":1}" }, { "label": "no" }]);
            return json!({ "id": id, "type": "keyboard", "next": always, "data": { "type": "buttons", "buttons": buttons } });
        }
        let text = match id {
            _ if id.is_multiple_of(30) => "Hello{{#if name}} {{name}}{{else}} you{{/if}}.",
            _ if id.is_multiple_of(3) => "{{name}}, you said \"{{message}}\".",
            _ => "What a nice day it is today.",
        };
        let regex = format!("yes|yeah|{}", id % 20);
        let where_ = json!({ "message.text": { "regex": regex }, "params.age": { "gte": 19 } });
        let edges = if id.is_multiple_of(6) {
            json!([{ "nodeId": next }, { "nodeId": next, "where": where_ }])
        } else {
            always
        };
        json!({ "id": id, "type": "response", "data": { "message": { "type": "text", "text": text } }, "next": edges })
    };
    json!({ "title": "bench", "flows": [{ "id": 1, "nodes": (1..=nodes).map(node).collect::<Vec<_>>() }] })
}

fn turn(bot: &Bot, state: State, params: Params, message: &MessageData) -> (State, Params) {
    let (bot_id, user_key): (BotId, UserKey) = ("Bxxxxx".parse().unwrap(), "U1".parse().unwrap());
    let conversation_id: ConversationId = "018f0000-0000-7000-8000-000000000001".parse().unwrap();
    let ids =
        Ids { bot_id: &bot_id, conversation_id, end_user_id: None, platform: PlatformType::Line, user_key: &user_key };
    let input = Input::Message { data: message, payload: None };
    match Run::new(bot, ids, state, params, input, EpochMillis(0), 0).step(None) {
        Step::Done(done) => (done.state, done.params),
        Step::Ask(ask) => panic!("{ask:?}"),
    }
}

#[divan::bench]
fn turn_of_ten_nodes(bencher: divan::Bencher<'_, '_>) {
    let bot = Bot::read(&bot(100)).unwrap();
    let params = json!({ "name": "Kim", "age": "30" }).as_object().cloned().unwrap();
    let message = MessageData::text("yes");
    // The middle of a conversation, with its visits, buttons and stack.
    let begun = (0..50).fold((State::default(), params), |(state, params), _| turn(&bot, state, params, &message));
    bencher.with_inputs(|| begun.clone()).bench_values(|(state, params)| turn(&bot, state, params, &message));
}

/// The budget: five expressions in 5 µs.
#[divan::bench(args = ["plain", "functions"], sample_size = 100)]
fn template_of_five_expressions(bencher: divan::Bencher<'_, '_>, kind: &str) {
    let text = match kind {
        "plain" => "{{name}} {{params.name}} {{tags[0]}} {{#if ($eq platform \"line\")}}a{{/if}} {{message}}",
        _ => {
            "{{JOSA(name, \"이\")}} {{FORMAT(age, \"0,0.00\")}} {{DATE(null, \"YYYY-MM-DD HH:mm\", \"Asia/Seoul\")}} \
             {{#if ($eq platform \"line\")}}a{{/if}} {{TRUNCATE(message, 2)}}"
        }
    };
    let bot = said(text);
    bench_turn(bencher, &bot);
}

/// What the turn around it takes.
#[divan::bench(sample_size = 100)]
fn template_of_none(bencher: divan::Bencher<'_, '_>) {
    bench_turn(bencher, &said("{{botId}}"));
}

fn said(text: &str) -> Bot {
    let message = json!({ "type": "text", "text": text });
    Bot::read(&json!({ "id": 1, "nodes": [{ "id": 1, "type": "entry", "next": [{ "nodeId": 2 }] },
        { "id": 2, "type": "response", "data": { "message": message } }] }))
    .unwrap()
}

fn bench_turn(bencher: divan::Bencher<'_, '_>, bot: &Bot) {
    let params = json!({ "name": "Kim", "age": "30", "tags": ["a", "b"] }).as_object().cloned().unwrap();
    let message = MessageData::text("yes");
    bencher.with_inputs(|| params.clone()).bench_values(|params| turn(bot, State::default(), params, &message));
}

#[divan::bench]
fn read_a_thousand_nodes(bencher: divan::Bencher<'_, '_>) {
    let json = bot(1000);
    bencher.bench(|| Bot::read(&json).unwrap());
}
