//! One turn, from what the customer did to what the bot says.
//!
//! ```text
//! start ──► node ──► edge ──► node ──► … ──► keyboard: wait for the next message
//!                      └─ none holds ──────► the next message enters the fallback flow
//! ```

mod done;
mod fault;
mod origin;
mod start;

use std::mem;

use model::{AgentCalls, EpochMillis, Keyboard, ManualStatus, MessageData, Navigation, Params, Position};
use serde_json::{Map, Value, json};

use crate::ask::{Answer, Ask};
use crate::bot::{Account, Bot};
use crate::context::{Context, Ids};
use crate::limits;
use crate::node::{Kind, Then};
use crate::shown::ShownButton;
use crate::state::{Next, Place, State};
pub use done::{Done, Kept, Problem, Said};
pub(crate) use fault::Fault;
use origin::Origin;

/// What the customer did.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The room opened, with nothing said yet.
    Open,
    /// Somebody of the company moved the conversation here; the entry node, if it names none.
    Enter { flow_id: u64, node_id: Option<u64> },
    Message {
        data: &'a MessageData,
        /// Of a pressed button, if the messenger brings it. JSON text and an object mean the same.
        payload: Option<&'a Value>,
    },
}

#[derive(Debug)]
pub enum Step {
    Ask(Ask),
    Done(Box<Done>),
}

/// A turn under way.
#[derive(Debug)]
pub struct Run<'a> {
    pub(crate) bot: &'a Bot,
    pub(crate) context: Context<'a>,
    pub(crate) state: State,
    input: Input<'a>,
    /// What the message is the press of, whole where a messenger brought less.
    pressed: Option<MessageData>,
    at: At,
    nodes: u32,
    origin: Origin,
    /// The customer does not see the welcome: the message is the answer to its first keyboard.
    silent: bool,
    said: Vec<Said>,
    kept: Vec<Kept>,
    said_bytes: usize,
    shown: Vec<ShownButton>,
    keyboard: Option<Keyboard>,
    pub(crate) params_changed: bool,
    pub(crate) agents: AgentCalls,
    /// The parameters before the first was set in this turn, for when they become too many.
    params_before: Option<Params>,
    /// Of the live bot; a conversation may go on with a former one.
    pub(crate) llm: Option<&'a Account>,
    /// What a language model was asked.
    pub(crate) question: Option<String>,
    /// What the turn did about an agent.
    manual: Option<ManualStatus>,
    /// Nothing is said, and that is no fault of the bot.
    quiet: bool,
    problems: Vec<Problem>,
    before: Before,
}

#[derive(Clone, Copy, Debug)]
enum At {
    Start,
    Node(Place),
    /// The node waits for an answer of the world.
    Asked(Place),
    End,
}

/// What an error turn returns to.
#[derive(Debug)]
struct Before {
    navigation: Navigation,
    next: Next,
    back: Vec<Place>,
}

impl<'a> Run<'a> {
    pub fn new(
        bot: &'a Bot,
        ids: Ids<'a>,
        mut state: State,
        params: Params,
        input: Input<'a>,
        now: EpochMillis,
        seed: u64,
    ) -> Self {
        let navigation = mem::take(&mut state.navigation);
        let results = mem::take(&mut state.results);
        let before = Before { navigation: navigation.clone(), next: state.next, back: state.back.clone() };
        Self {
            bot,
            context: Context::new(bot, ids, params, results, navigation, now, seed),
            state,
            input,
            pressed: None,
            at: At::Start,
            nodes: 0,
            origin: Origin::Next,
            silent: false,
            said: Vec::new(),
            kept: Vec::new(),
            said_bytes: 0,
            shown: Vec::new(),
            keyboard: None,
            params_changed: false,
            agents: AgentCalls::Taken,
            params_before: None,
            llm: bot.llm.as_ref(),
            question: None,
            manual: None,
            quiet: false,
            problems: Vec::new(),
            before,
        }
    }

    pub(crate) fn remember_params(&mut self) {
        if self.params_before.is_none() {
            self.params_before = Some(self.context.params().clone());
        }
    }

    /// What the messenger tells beside the message, `message.meta`.
    #[must_use]
    pub const fn with_meta(mut self, meta: &'a Map<String, Value>) -> Self {
        self.context.meta = Some(meta);
        self
    }

    /// Whether somebody of the company can answer on this channel, and how the last call of one went.
    #[must_use]
    pub fn with_agents(mut self, agents: AgentCalls, manual: Option<ManualStatus>) -> Self {
        self.agents = agents;
        if let Some(status) = manual {
            self.context.set("manual", json!({ "status": status }));
        }
        self
    }

    /// Runs on until something must be asked of the world or the turn is done. The first call gets None, each next the
    /// answer to the [`Ask`] before.
    pub fn step(&mut self, answer: Option<Answer>) -> Step {
        match self.advance(answer) {
            Ok(Some(ask)) => Step::Ask(ask),
            Ok(None) => Step::Done(Box::new(self.finish())),
            Err(fault) => Step::Done(Box::new(self.fail(&fault))),
        }
    }

    fn advance(&mut self, mut answer: Option<Answer>) -> Result<Option<Ask>, Fault> {
        loop {
            let bot = self.bot;
            let (place, then) = match self.at {
                At::Start => {
                    self.start()?;
                    continue;
                }
                At::Node(place) => {
                    let kind = self.enter(place)?;
                    (place, kind.run(self)?)
                }
                At::Asked(place) => match bot.node(place) {
                    Some(node) => (place, node.kind.answer(self, answer.take())?),
                    None => return Ok(None),
                },
                At::End => return Ok(None),
            };
            if let Then::Ask(ask) = then {
                self.at = At::Asked(place);
                return Ok(Some(ask));
            }
            self.follow(place, then)?;
        }
    }

    fn enter(&mut self, place: Place) -> Result<&'a Kind, Fault> {
        self.nodes += 1;
        if self.nodes > limits::NODES {
            return Err(Fault::Loop);
        }
        let node = self.bot.node(place);
        let node = node.ok_or_else(|| Fault::NoNode(place.flow_id, place.node_id.to_string()))?;
        let visit_count = Some(self.state.visit(place));
        let current = Position { flow_id: place.flow_id, node_id: place.node_id, visit_count };
        let prev = self.context.navigation.current.take();
        self.context.navigate(Navigation { current: Some(current), prev });
        self.begin(place, &node.kind);
        Ok(&node.kind)
    }

    fn follow(&mut self, place: Place, then: Then) -> Result<(), Fault> {
        match then {
            Then::Goto(place) => self.at = At::Node(place),
            Then::Edge => match self.edge(place) {
                Some(next) => self.at = At::Node(next),
                None => self.end(Next::Fallback, None)?,
            },
            Then::Wait(keyboard) => self.end(Next::Keyboard, Some(keyboard))?,
            Then::CallAgent(keyboard) => {
                if !self.silent && self.agents == AgentCalls::Taken {
                    self.manual = Some(ManualStatus::Pending);
                }
                self.end(Next::Agent, Some(keyboard))?;
            }
            Then::Ask(_) => {}
        }
        Ok(())
    }

    /// The first edge that holds; they are sorted.
    fn edge(&mut self, place: Place) -> Option<Place> {
        let edges = &self.bot.node(place)?.edges;
        let edge = edges.iter().find(|edge| edge.condition.holds(&mut self.context))?;
        Some(Place { flow_id: place.flow_id, node_id: edge.node_id })
    }

    fn end(&mut self, next: Next, keyboard: Option<Keyboard>) -> Result<(), Fault> {
        if self.silent {
            return self.end_silence(next);
        }
        self.remember_origin(next);
        self.state.next = next;
        self.said_bytes +=
            keyboard.iter().flat_map(|keyboard| &keyboard.buttons).map(done::button_weight).sum::<usize>();
        if self.said_bytes > limits::SAID_BYTES {
            return Err(Fault::TooLong);
        }
        self.keyboard = keyboard;
        self.at = At::End;
        Ok(())
    }

    /// Says what `make` makes of templates, if that is anything.
    pub(crate) fn say_made(
        &mut self,
        mut make: impl FnMut(&mut Context<'a>, &mut Vec<ShownButton>) -> Result<Option<Said>, Fault>,
    ) -> Result<(), Fault> {
        let ((said, shown), copies) = self.context.masked(|context| {
            let mut shown = Vec::new();
            make(context, &mut shown).map(|said| (said, shown))
        })?;
        // A text that prints nothing is how authors leave a message out.
        let Some(said) = said else { return Ok(()) };
        let copies: Vec<_> = copies.into_iter().filter_map(|copy| Some((copy.after_ms, copy.what.0?))).collect();
        if !self.silent {
            self.said_bytes += copies.iter().map(|(_, said)| said.weight()).sum::<usize>();
        }
        self.say(said, shown)?;
        if !self.silent {
            self.keep(copies.into_iter().map(|(after_ms, said)| (after_ms, said.data, said.custom)));
        }
        Ok(())
    }

    /// Copies of what was said last.
    fn keep(&mut self, copies: impl Iterator<Item = (i64, MessageData, Option<Value>)>) {
        let said = self.said.len().saturating_sub(1);
        self.kept.extend(copies.map(|(after_ms, data, custom)| Kept { said, after_ms, data, custom }));
    }

    pub(crate) fn say(&mut self, said: Said, shown: Vec<ShownButton>) -> Result<(), Fault> {
        if self.silent {
            return Ok(());
        }
        self.said_bytes += said.weight();
        if self.said_bytes > limits::SAID_BYTES {
            return Err(Fault::TooLong);
        }
        self.said.push(said);
        self.show(shown);
        Ok(())
    }

    pub(crate) fn show(&mut self, shown: Vec<ShownButton>) {
        if !self.silent {
            self.shown.extend(shown);
        }
    }

    pub(crate) fn problem(&mut self, what: &str) {
        let current = self.context.navigation.current.as_ref();
        self.problems.push(Problem {
            flow_id: current.map(|current| current.flow_id),
            node_id: current.map(|current| current.node_id),
            what: what.to_owned(),
        });
    }
}
