//! What is kept of a conversation between two turns.

use model::{Keyboard, KeyboardType, Message, MessageData, Meta, Navigation, Position, Reply};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::limits;
use crate::shown::Shown;

/// Where a conversation stands between two turns. The default is one that has not begun.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct State {
    /// Shown to webhooks, templates and conditions. Of a conversation that waits, `current` is the keyboard node.
    pub navigation: Navigation,
    pub(crate) next: Next,
    /// Where the turns began whose choices the customer saw, the present one included: what a back node goes back in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) back: Vec<Place>,
    #[serde(skip_serializing_if = "Shown::is_empty")]
    pub(crate) shown: Shown,
    /// References of what the last turn offered, on channels without buttons: the customer answers with their numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) choices: Vec<String>,
    /// The last result of each node type, as `fetch` or `sandbox`: templates and conditions of later turns see it.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(crate) results: Map<String, Value>,
    /// What was asked of language models and answered, latest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) exchanges: Vec<Exchange>,
    /// The nodes that were visited last, with how often.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    visits: Vec<(Place, u64)>,
}

/// What the next message meets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Next {
    /// Nothing has run yet: the welcome.
    #[default]
    Start,
    /// The keyboard node that `navigation` stands at.
    Keyboard,
    /// Somebody of the company was called by the agent-call node that `navigation` stands at, and the customer may cancel.
    Agent,
    /// They are done: that node again.
    CallAgain,
    Fallback,
}

/// A question to a language model, and its answer. Stored as a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, String)", into = "(String, String)")]
pub(crate) struct Exchange {
    pub(crate) question: String,
    pub(crate) answer: String,
}

/// A node of a bot. Stored as a pair, for there may be many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub(crate) struct Place {
    pub(crate) flow_id: u64,
    pub(crate) node_id: u64,
}

impl State {
    /// What the press of a button says, where only its reference came.
    pub(crate) fn whole(&self, meta: &Meta) -> Option<(MessageData, Option<Value>)> {
        let reference = meta.payload.as_ref()?.as_str()?;
        let button = self.shown.find_reference(reference)?;
        Some((MessageData::text(&button.label), button.payload.clone()))
    }

    /// Somebody of the company was called, and nobody came yet.
    pub(crate) const fn calls_agent(&self) -> bool {
        matches!(self.next, Next::Agent)
    }

    /// Where somebody comes unasked, the bot begins again afterwards; unless they start a flow.
    pub(crate) const fn agent_came(&mut self) {
        if !self.calls_agent() {
            self.next = Next::Start;
        }
    }

    /// Where the bot called them it calls again, for the customer may have more to ask.
    pub(crate) const fn agent_done(&mut self) {
        if self.calls_agent() {
            self.next = Next::CallAgain;
        }
    }

    /// For the conversation after this one: nobody is called there yet.
    pub(crate) fn resumed(&self) -> Self {
        let next = if self.calls_agent() { Next::CallAgain } else { self.next };
        Self { next, ..self.clone() }
    }

    /// Old buttons and results of nodes are a convenience.
    pub(crate) fn lighten(&mut self) {
        self.shown = Shown::default();
        self.results = Map::new();
        self.exchanges.clear();
    }

    /// Lets go of the oldest where it becomes too much.
    pub(crate) fn remember(&mut self, exchange: Exchange) {
        self.exchanges.push(exchange);
        let weight = |exchange: &Exchange| exchange.question.len() + exchange.answer.len();
        while self.exchanges.len() > limits::EXCHANGES
            || self.exchanges.iter().map(weight).sum::<usize>() > limits::EXCHANGE_BYTES
        {
            self.exchanges.remove(0);
        }
    }

    /// Remembers what is offered by number. A turn that says nothing takes nothing back.
    pub(crate) fn number(&mut self, messages: &[Message], keyboard: Option<&Keyboard>) {
        if messages.is_empty() {
            return;
        }
        if keyboard.is_some_and(|keyboard| keyboard.kind == KeyboardType::Number && keyboard.buttons.is_empty()) {
            // A number is what the bot asks for.
            self.choices.clear();
            return;
        }
        let reply = Reply { messages: messages.to_vec(), keyboard: keyboard.cloned(), hand_over: false };
        self.choices = reply.choices().map(model::Button::reference).collect();
    }
}

impl From<(u64, u64)> for Place {
    fn from((flow_id, node_id): (u64, u64)) -> Self {
        Self { flow_id, node_id }
    }
}

impl From<Place> for (u64, u64) {
    fn from(place: Place) -> Self {
        (place.flow_id, place.node_id)
    }
}

impl From<(String, String)> for Exchange {
    fn from((question, answer): (String, String)) -> Self {
        Self { question, answer }
    }
}

impl From<Exchange> for (String, String) {
    fn from(exchange: Exchange) -> Self {
        (exchange.question, exchange.answer)
    }
}

impl From<&Position> for Place {
    fn from(position: &Position) -> Self {
        Self { flow_id: position.flow_id, node_id: position.node_id }
    }
}

impl State {
    /// Counts a visit: the how-manyth it is, among those that are remembered.
    pub(crate) fn visit(&mut self, place: Place) -> u64 {
        let known = self.visits.iter().position(|(visited, _)| *visited == place);
        let before = known.map_or(0, |index| self.visits.remove(index).1);
        if self.visits.len() >= limits::VISITS {
            self.visits.remove(0);
        }
        let count = before.saturating_add(1);
        self.visits.push((place, count));
        count
    }

    pub(crate) fn push_back(&mut self, place: Place) {
        if self.back.last() == Some(&place) {
            return;
        }
        if self.back.len() >= limits::BACK {
            self.back.remove(0);
        }
        self.back.push(place);
    }
}
