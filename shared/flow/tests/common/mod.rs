//! Talks to a bot through the public API, as the conversation worker does.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use std::collections::VecDeque;

use flow::{Answer, Ask, Bot, Done, HttpAnswer, HttpFailure, Ids, Input, Run, ScriptAsk, ScriptFailure, State, Step};
use model::{AgentCalls, BotId, ConversationId, EpochMillis, MessageData, Params, PlatformType, UserKey};
use serde_json::{Value, json};

pub struct Talk<'b> {
    bot: &'b Bot,
    platform: PlatformType,
    pub state: State,
    pub params: Params,
    pub agents: AgentCalls,
    /// What the next scripts return, see [`script_answer`], and those that ran.
    pub scripts: VecDeque<Value>,
    pub ran: Vec<ScriptAsk>,
}

impl<'b> Talk<'b> {
    pub fn new(bot: &'b Bot, platform: PlatformType) -> Self {
        let (scripts, ran, agents) = (VecDeque::new(), Vec::new(), AgentCalls::Taken);
        Self { bot, platform, state: State::default(), params: Params::new(), agents, scripts, ran }
    }

    /// `user` is null when the room opens, else a MESSAGE.DATA, text unless it says otherwise, with its `payload`.
    pub fn turn(&mut self, user: &Value, world: &mut dyn FnMut(&Ask) -> Answer) -> Done {
        let data = message(user);
        let payload = user.get("payload");
        let input = data.as_ref().map_or(Input::Open, |data| Input::Message { data, payload });
        let (bot_id, user_key): (BotId, UserKey) = ("Bxxxxx".parse().unwrap(), "U1".parse().unwrap());
        let conversation_id: ConversationId = "018f0000-0000-7000-8000-000000000001".parse().unwrap();
        let ids =
            Ids { bot_id: &bot_id, conversation_id, end_user_id: None, platform: self.platform, user_key: &user_key };
        // What is stored must be read again.
        let state = serde_json::from_value(serde_json::to_value(&self.state).unwrap()).unwrap();
        assert_eq!(self.state, state);
        let params = std::mem::take(&mut self.params);
        let mut run = Run::new(self.bot, ids, state, params, input, EpochMillis(1_780_300_800_000), 7)
            .with_agents(self.agents, None);
        let mut answer = None;
        let done = loop {
            match run.step(answer.take()) {
                Step::Ask(Ask::Script(ask)) => {
                    answer = Some(script_answer(&self.scripts.pop_front().unwrap_or_default()));
                    self.ran.push(ask);
                }
                Step::Ask(ask) => answer = Some(world(&ask)),
                Step::Done(done) => break *done,
            }
        };
        self.state.clone_from(&done.state);
        self.params.clone_from(&done.params);
        done
    }
}

fn message(user: &Value) -> Option<MessageData> {
    let mut json = user.as_object()?.clone();
    json.remove("payload");
    json.entry("type").or_insert(json!("text"));
    Some(serde_json::from_value(Value::Object(json)).unwrap())
}

/// `{ "status": 200, "json": {} }`, `{ "status": 200, "text": "" }`, `{ "failure": "" }` or `{ "outOfTime": true }`.
pub fn answer(reply: &Value) -> Answer {
    if reply["outOfTime"] == true {
        return Answer::OutOfTime;
    }
    if reply["mail"] == "sent" {
        return Answer::Mail(Ok(()));
    }
    if let Some(failure) = reply["mail"]["failure"].as_str() {
        return Answer::Mail(Err(failure.to_owned()));
    }
    if let Some(failure) = reply["failure"].as_str() {
        return Answer::Http(Err(HttpFailure { message: failure.to_owned() }));
    }
    let status = u16::try_from(reply["status"].as_u64().unwrap()).unwrap();
    let body = match reply["text"].as_str() {
        Some("@long") => vec![b'x'; 300_000],
        Some("@large") => vec![b'x'; 40_000],
        Some(text) => text.as_bytes().to_vec(),
        None => reply["json"].to_string().into_bytes(),
    };
    Answer::Http(Ok(HttpAnswer { status, body }))
}

/// `{ "result": {} }`, `{ "failure": "" }` or `{ "outOfTime": true }`; the script that is not told of returns nothing.
fn script_answer(reply: &Value) -> Answer {
    if reply["outOfTime"] == true {
        return Answer::OutOfTime;
    }
    match (reply["failure"].as_str(), reply["result"].as_str()) {
        (Some(failure), _) => {
            let (message, name) = (failure.to_owned(), "TypeError".to_owned());
            Answer::Script(Err(ScriptFailure { message, name, stack: "at script.js:1".to_owned() }))
        }
        (None, Some("@long")) => Answer::Script(Ok(json!({ "custom": "x".repeat(50_000) }))),
        (None, _) => Answer::Script(Ok(reply["result"].clone())),
    }
}

pub fn read(path: &std::path::Path) -> Value {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn spec(path: &str) -> std::path::PathBuf {
    std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/spec")).join(path)
}
