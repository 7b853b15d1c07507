//! `closer talk --script FILE`: the real engine with a virtual clock and no network, so that a bot's author can test a
//! bot as others test code. `docs/scripts.md` describes the format.

#![expect(clippy::print_stdout, reason = "it is a command's output")]

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use flow::{Answer, Ask, Begin, Bot, Channel, HttpAnswer, HttpFailure, ScriptFailure, Session, Stepped};
use model::{
    Agent, AgentCalls, AgentProfile, BotId, Button, Card, EpochMillis, Event, Inbound, InboundId, InboundKind,
    MessageData, Params, PlatformType, Reply,
};
use platforms::fixtures::matches;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use shell::guard::{self, Reach};

use crate::chat::message_kind;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    /// For people.
    #[serde(default, rename = "note")]
    _note: Option<String>,
    bot: String,
    platform: PlatformType,
    #[serde(default)]
    now: Option<String>,
    #[serde(default)]
    http: Vec<Mock>,
    turns: Vec<ScriptTurn>,
}

/// A reply for every request with this method and URL.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mock {
    method: String,
    url: String,
    reply: MockReply,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MockReply {
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    json: Option<Value>,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptTurn {
    /// For people.
    #[serde(default, rename = "note")]
    _note: Option<String>,
    /// Time since the turn before: `90m`, `25h`.
    #[serde(default)]
    after: Option<String>,
    /// `null`: the room opens. Left out only where an agent does something.
    #[serde(default, deserialize_with = "given")]
    user: Option<Option<Map<String, Value>>>,
    #[serde(default)]
    agent: Option<AgentStep>,
    #[serde(default)]
    bot: Option<Vec<Value>>,
    #[serde(default)]
    keyboard: Option<Vec<String>>,
    #[serde(default)]
    events: Option<Vec<String>>,
}

/// What a person of the company does: `"joins"`, `"leaves"`, or a MESSAGE.DATA that they say.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum AgentStep {
    Does(AgentDoes),
    Says(Map<String, Value>),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AgentDoes {
    Joins,
    Leaves,
}

/// What is there, be it `null`.
fn given<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub passed: usize,
    pub failed: usize,
}

const fn ok() -> u16 {
    200
}

/// Holds the conversation and prints it, with a diff where it went otherwise.
pub fn run(path: &Path) -> anyhow::Result<Summary> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {name}"))?;
    let script: Script = serde_json::from_str(&text).with_context(|| format!("{name} is no script"))?;
    let bot_path = path.with_file_name("").join(&script.bot);
    let bot = std::fs::read_to_string(&bot_path).with_context(|| format!("reading the bot {}", bot_path.display()))?;
    let bot: Value = serde_json::from_str(&bot).with_context(|| format!("{} is not JSON", bot_path.display()))?;
    let bot = Bot::read(&bot).with_context(|| format!("{} is no bot", bot_path.display()))?;
    let start = script.now.as_deref().unwrap_or("2026-01-01T00:00:00Z");
    let mut talk = Talk { bot: &bot, script: &script, now: start.parse().context("`now`")?, session: None };

    println!("{name}");
    for warning in bot.warnings() {
        println!("  warning   {warning}");
    }
    let paint = Paint(std::io::stdout().is_terminal());
    let mut summary = Summary::default();
    for (index, turn) in script.turns.iter().enumerate() {
        let outcome = talk.turn(index, turn).with_context(|| format!("turn {} of {name}", index + 1))?;
        let differences = differences(turn, &outcome);
        print!("{}", transcript(turn, &outcome, &paint));
        for difference in &differences {
            println!("{}", paint.red(&format!("  ✗ turn {}: {difference}", index + 1)));
        }
        if differences.is_empty() {
            summary.passed += 1;
        } else {
            summary.failed += 1;
        }
    }
    Ok(summary)
}

struct Talk<'a> {
    bot: &'a Bot,
    script: &'a Script,
    now: EpochMillis,
    session: Option<Session>,
}

struct Outcome {
    reply: Reply,
    events: Vec<Event>,
    problems: Vec<String>,
}

impl Talk<'_> {
    fn turn(&mut self, index: usize, turn: &ScriptTurn) -> anyhow::Result<Outcome> {
        if let Some(after) = &turn.after {
            self.now = self.now.plus_ms(duration_ms(after)?);
        }
        let agent =
            Agent { id: "agent".to_owned(), profile: AgentProfile { display_name: "agent".to_owned(), picture: None } };
        let kind = match (turn.user.clone(), &turn.agent) {
            (Some(None), None) => InboundKind::opened(),
            (Some(Some(message)), None) => message_kind(message)?,
            (None, Some(AgentStep::Does(AgentDoes::Joins))) => {
                InboundKind::AgentJoined { agent, conversation_id: None }
            }
            (None, Some(AgentStep::Does(AgentDoes::Leaves))) => {
                InboundKind::AgentLeft { params: Params::new(), conversation_id: None }
            }
            (None, Some(AgentStep::Says(message))) => match message_kind(message.clone())? {
                InboundKind::Message { data, .. } => {
                    InboundKind::AgentSaid { agent, data, custom: None, conversation_id: None }
                }
                other => bail!("an agent cannot do that: {}", other.name()),
            },
            (None, None) => bail!("a turn has a `user`, which may be null, or an `agent`"),
            (Some(_), Some(_)) => bail!("a turn has a `user` or an `agent`, not both"),
        };
        let bot_id: BotId = "Btalks".parse()?;
        let key: model::UserKey = "customer".parse()?;
        let inbound = Inbound {
            id: InboundId::of(&bot_id, self.script.platform, &index.to_string()),
            bot_id,
            platform: self.script.platform,
            conversation_key: key.clone(),
            user_key: key,
            timestamp: self.now,
            received_at: self.now,
            answer_by: None,
            reply_to: Value::Null,
            kind,
        };
        let channel = channel(self.script.platform);
        let mut handling = match flow::begin(self.bot, self.session.take(), &inbound, channel, self.now) {
            Begin::Run(handling) => handling,
            Begin::Again(_) => bail!("the turn was taken for one that had been"),
            Begin::Nothing => bail!("nothing happens by that"),
        };
        let mut answer = None;
        loop {
            match handling.step(answer.take()) {
                Stepped::Ask(ask) => answer = Some(self.answer(ask)),
                Stepped::Done { session, problems } => {
                    let turn = session.turns.last().cloned().context("no turn was stored")?;
                    self.session = Some(*session);
                    let problems = problems.iter().map(ToString::to_string).collect();
                    return Ok(Outcome { reply: turn.reply, events: turn.events, problems });
                }
            }
        }
    }

    /// With the script's replies for what it asks of the network.
    fn script(&self, ask: &flow::ScriptAsk) -> Result<Value, ScriptFailure> {
        let now_ms = self.now.0.unsigned_abs();
        let start = sandbox::Start { now_ms, seed: [7; 32] };
        let limits = sandbox::Limits { timeout_ms: ask.timeout_ms, result_bytes: ask.max_bytes, ..Default::default() };
        let mocks = Mocks(&self.script.http);
        let run = sandbox::run(&ask.script, &ask.context, start, limits, &mocks);
        let ran = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(run));
        ran.console.iter().for_each(|line| println!("  console   {line}"));
        let failed = |sandbox::Failure { message, name, stack }| ScriptFailure { message, name, stack };
        ran.result.map_err(failed)
    }

    /// The guard comes first, as on the network.
    fn answer(&self, ask: Ask) -> Answer {
        let ask = match ask {
            Ask::Http(ask) => ask,
            // A script is a rehearsal.
            Ask::Mail(_) => return Answer::Mail(Ok(())),
            Ask::Script(ask) => return Answer::Script(self.script(&ask)),
        };
        let failure = |message: String| Answer::Http(Err(HttpFailure { message }));
        match Mocks(&self.script.http).reply(ask.method, &ask.url) {
            Ok((status, body)) => Answer::Http(Ok(HttpAnswer { status, body })),
            Err(message) => failure(message),
        }
    }
}

/// The network of a script.
struct Mocks<'a>(&'a [Mock]);

impl Mocks<'_> {
    fn reply(&self, method: &str, url: &str) -> Result<(u16, Vec<u8>), String> {
        guard::check(url, Reach::Public).map_err(|error| error.to_string())?;
        let mock = self.0.iter().find(|mock| mock.method == method && mock.url == url);
        let Some(Mock { reply, .. }) = mock else {
            return Err(format!("the script has no reply for {method} {url}"));
        };
        let body = match (&reply.json, &reply.text) {
            (Some(json), _) => json.to_string(),
            (None, Some(text)) => text.clone(),
            (None, None) => String::new(),
        };
        Ok((reply.status, body.into_bytes()))
    }
}

impl sandbox::Fetcher for Mocks<'_> {
    fn fetch(&self, request: sandbox::Request) -> sandbox::Fetching<'_> {
        let reply = self.reply(&request.method, &request.url);
        Box::pin(async move {
            let (status, body) = reply.map_err(|message| sandbox::FetchError { message })?;
            Ok(sandbox::Response { status, headers: Vec::new(), body })
        })
    }
}

/// What the bot knows of the messenger.
fn channel(platform: PlatformType) -> Channel {
    let agents = match platform {
        PlatformType::Kakao | PlatformType::Test => AgentCalls::Button,
        _ => AgentCalls::Taken,
    };
    Channel { numbers_choices: platform == PlatformType::Bizchat, agents, ..Channel::default() }
}

fn differences(turn: &ScriptTurn, outcome: &Outcome) -> Vec<String> {
    let mut differences = Vec::new();
    let said: Vec<Value> = outcome.reply.messages.iter().map(|message| json!(message.data)).collect();
    if let Some(expected) = &turn.bot {
        let expected: Vec<Value> = expected
            .iter()
            .map(|message| {
                message.as_str().map_or_else(|| message.clone(), |text| json!({ "type": "text", "text": text }))
            })
            .collect();
        if expected.len() != said.len() {
            differences.push(format!("{} messages expected, {} came", expected.len(), said.len()));
        }
        for (index, (expected, said)) in expected.iter().zip(&said).enumerate() {
            if !matches(expected, said) {
                differences.push(format!("message {}\n      expected {expected}\n      came     {said}", index + 1));
            }
        }
    }
    if let Some(expected) = &turn.keyboard {
        let labels = labels(&outcome.reply);
        if *expected != labels {
            differences.push(format!("keyboard\n      expected {expected:?}\n      came     {labels:?}"));
        }
    }
    if let Some(expected) = &turn.events {
        let mut names = outcome.events.iter().map(|event| event.event.as_str());
        if !expected.iter().all(|expected| names.any(|name| name == expected)) {
            let names: Vec<&str> = outcome.events.iter().map(|event| event.event.as_str()).collect();
            differences.push(format!("events, in this order\n      expected {expected:?}\n      came     {names:?}"));
        }
    }
    differences
}

fn transcript(turn: &ScriptTurn, outcome: &Outcome, paint: &Paint) -> String {
    let mut text = String::new();
    if let Some(after) = &turn.after {
        let _ = writeln!(text, "  {}", paint.dim(&format!("… {after} later")));
    }
    let said = |message: &Map<String, Value>| match message.get("text").and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => match message_kind(message.clone()) {
            Ok(InboundKind::Message { data, .. }) => shown(&data),
            _ => json!(message).to_string(),
        },
    };
    let (who, what) = match (&turn.user, &turn.agent) {
        (Some(Some(message)), _) => ("customer", said(message)),
        (_, Some(AgentStep::Does(AgentDoes::Joins))) => ("agent", paint.dim("(joins)")),
        (_, Some(AgentStep::Does(AgentDoes::Leaves))) => ("agent", paint.dim("(leaves)")),
        (_, Some(AgentStep::Says(message))) => ("agent", said(message)),
        (Some(None) | None, None) => ("customer", paint.dim("(opens the room)")),
    };
    let _ = writeln!(text, "  {who:<9} {what}");
    let messages = outcome.reply.messages.iter().filter(|_| !matches!(turn.agent, Some(AgentStep::Says(_))));
    for message in messages {
        let _ = writeln!(text, "  bot       {}", shown(&message.data).replace('\n', "\n            "));
    }
    let labels = labels(&outcome.reply);
    if !labels.is_empty() {
        let _ = writeln!(
            text,
            "            {}",
            paint.dim(&labels.iter().map(|label| format!("[{label}]")).collect::<String>())
        );
    }
    for problem in &outcome.problems {
        let _ = writeln!(text, "  {}", paint.dim(&format!("! {problem}")));
    }
    text
}

/// A message as a line or two for a person.
fn shown(data: &MessageData) -> String {
    let buttons = |buttons: &[Button]| -> String {
        let shown = buttons.iter().map(|button| match &button.uri {
            Some(uri) => format!("  ({} → {uri})", button.label),
            None => format!("  ({})", button.label),
        });
        shown.collect()
    };
    match data {
        MessageData::Text { text, buttons: list } => format!("{text}{}", buttons(list)),
        MessageData::Media { media, text, buttons: list } => {
            let kind = json!(media.content_type);
            let text = text.as_ref().map(|text| format!("  {text}")).unwrap_or_default();
            format!("[{}] {}{text}{}", kind.as_str().unwrap_or_default(), media.uri, buttons(list))
        }
        MessageData::Cards { cards } => {
            let card = |card: &Card| {
                let title =
                    [&card.title, &card.description].into_iter().flatten().cloned().collect::<Vec<_>>().join(": ");
                let media = card.media.as_ref().map(|media| format!("  {}", media.uri)).unwrap_or_default();
                format!("[card] {title}{media}{}", buttons(&card.buttons))
            };
            cards.iter().map(card).collect::<Vec<_>>().join("\n")
        }
        MessageData::Location { location } => {
            let title = location.title.as_deref().unwrap_or_default();
            format!("[location] {title} {}, {}", location.latitude, location.longitude)
        }
    }
}

fn labels(reply: &Reply) -> Vec<String> {
    reply.keyboard.iter().flat_map(|keyboard| &keyboard.buttons).map(|button| button.label.clone()).collect()
}

/// `90m`, `25h`, `30s`, `2d`.
fn duration_ms(text: &str) -> anyhow::Result<i64> {
    let unit = text.chars().last().unwrap_or_default();
    let unit_ms = match unit {
        's' => 1000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => bail!("`after` is a number with s, m, h or d, as in `90m`"),
    };
    let number: i64 = text.trim_end_matches(unit).parse().context("`after` is a number with s, m, h or d")?;
    number.checked_mul(unit_ms).context("`after` is too long")
}

/// Colours, on a terminal only.
struct Paint(bool);

impl Paint {
    fn red(&self, text: &str) -> String {
        if self.0 { format!("\x1b[31m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn dim(&self, text: &str) -> String {
        if self.0 { format!("\x1b[2m{text}\x1b[0m") } else { text.to_owned() }
    }
}
