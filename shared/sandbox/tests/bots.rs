//! Bots whose scripts really run: those of `shared/spec`, where they are at hand.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use std::path::{Path, PathBuf};

use common::{World, run_in};
use flow::{Answer, Ask, Bot, Done, Ids, Input, Run, ScriptAsk, ScriptFailure, State, Step};
use model::{BotId, ConversationId, EpochMillis, MessageData, Params, PlatformType, UserKey};
use sandbox::Limits;
use serde_json::{Value, json};

/// As whoever carries out asks does it.
fn answer(ask: &ScriptAsk, world: &World) -> Answer {
    let limits = Limits { timeout_ms: ask.timeout_ms, result_bytes: ask.max_bytes, ..Limits::default() };
    let ran = run_in(world, &ask.script, &ask.context, limits);
    Answer::Script(ran.result.map_err(|failure| ScriptFailure {
        message: failure.message,
        name: failure.name,
        stack: failure.stack,
    }))
}

struct Talk {
    bot: Bot,
    state: State,
    params: Params,
    world: World,
}

impl Talk {
    fn new(path: &Path, world: World) -> Option<Self> {
        let Ok(bytes) = std::fs::read(path) else {
            eprintln!("skipped: {} is not here", path.display());
            return None;
        };
        let bot = Bot::read(&serde_json::from_slice(&bytes).unwrap()).unwrap();
        Some(Self { bot, state: State::default(), params: Params::new(), world })
    }

    fn turn(&mut self, user: &Value) -> Done {
        let data = user["text"].as_str().map(MessageData::text);
        let input = data.as_ref().map_or(Input::Open, |data| Input::Message { data, payload: None });
        let (bot_id, user_key): (BotId, UserKey) = ("Bxxxxx".parse().unwrap(), "U1".parse().unwrap());
        let conversation_id: ConversationId = "018f0000-0000-7000-8000-000000000001".parse().unwrap();
        let platform = PlatformType::Test;
        let ids = Ids { bot_id: &bot_id, conversation_id, end_user_id: None, platform, user_key: &user_key };
        let (state, params) = (std::mem::take(&mut self.state), std::mem::take(&mut self.params));
        let mut run = Run::new(&self.bot, ids, state, params, input, EpochMillis(1_780_300_800_000), 7);
        let mut step = run.step(None);
        let done = loop {
            match step {
                Step::Ask(Ask::Script(ask)) => step = run.step(Some(answer(&ask, &self.world))),
                Step::Ask(ask @ (Ask::Http(_) | Ask::Mail(_))) => panic!("{ask:?}"),
                Step::Done(done) => break *done,
            }
        };
        self.state.clone_from(&done.state);
        self.params.clone_from(&done.params);
        done
    }
}

fn spec(path: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/spec")).join(path)
}

fn texts(done: &Done) -> Vec<Value> {
    done.said.iter().map(|said| json!(said.data)["text"].clone()).collect()
}

#[test]
fn the_script_of_the_calculator() {
    let Some(mut talk) = Talk::new(&spec("scripts/sandbox.bot.json"), World::default()) else { return };
    let script: Value = serde_json::from_slice(&std::fs::read(spec("scripts/sandbox.script.json")).unwrap()).unwrap();
    for turn in script["turns"].as_array().unwrap() {
        let done = talk.turn(&turn["user"]);
        assert_eq!(Value::Array(texts(&done)), turn["bot"], "{}", turn["note"]);
    }
}

#[test]
fn an_export_that_asks_a_server() {
    let export = spec("examples/closer/flow_export_sandbox_cards.json");
    let Some(mut talk) = Talk::new(&export, World::default()) else { return };
    let done = talk.turn(&json!({ "text": "hi" }));
    let [Value::String(text)] = &texts(&done)[..] else { panic!("{done:?}") };
    assert!(text.starts_with("오류가 발생했습니다.") && text.contains("Cannot use private IP address"), "{text}");

    let results: Vec<Value> =
        (1..4).map(|n| json!({ "name": format!("ship {n}"), "model": "m", "manufacturer": "f" })).collect();
    talk.world.answers = json!({ "https://swapi.dev/api/starships": { "json": { "count": 3, "results": results } } });
    let done = talk.turn(&json!({ "text": "재시도" }));
    assert!(!done.problems.iter().any(|problem| problem.what.contains("script")), "{:?}", done.problems);
    assert!(!done.said.is_empty());
}
