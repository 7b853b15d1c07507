//! A bot, ready to run.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

use crate::condition::Condition;
use crate::import::{self, ImportError, Warning};
use crate::node::Kind;
use crate::state::Place;
use crate::template::Text;
use crate::usage::Plan;

/// A bot, read and compiled: flows, preference, templates, conditions. Immutable, shared by many turns.
#[derive(Debug)]
pub struct Bot {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) flows: HashMap<u64, Flow>,
    pub(crate) preference: Preference,
    pub(crate) plan: Plan,
    pub(crate) version: Option<i64>,
    pub(crate) llm: Option<Account>,
    pub(crate) warnings: Vec<Warning>,
}

/// `integration.llm`: the account at a language model's server.
pub(crate) struct Account {
    pub(crate) base_url: String,
    pub(crate) api_key: String,
    pub(crate) model: Option<String>,
}

#[derive(Debug)]
pub struct Preference {
    /// The room opened: say the start flow's first messages.
    pub welcome_on_session_start: bool,
    /// The first message of a customer who was told nothing yet: answer it with the start flow. Off, it is the answer to
    /// the start flow's first keyboard.
    pub welcome_on_message_without_session: bool,
    /// A new conversation begins where the last one stood.
    pub restore_navigation: bool,
    pub session_timeout_ms: i64,
    /// Where the bot goes on when an agent is done; without it the agent call, or the start.
    pub completed_flow: Option<u64>,
    /// How long a fetch node waits, and how much it reads.
    pub fetch_timeout_ms: u32,
    pub fetch_bytes: usize,
    /// How long what was said is kept for people of the company to read; 0 is not at all.
    pub history_days: u16,
    pub(crate) entry_flow: u64,
    /// The start flow, if none is set.
    pub(crate) fallback_flow: u64,
    pub(crate) empty: Text,
    pub(crate) error: Text,
}

#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) entry: Option<u64>,
    pub(crate) nodes: HashMap<u64, Node>,
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// In the order in which they are tried: priority, then number of conditions, then as listed.
    pub(crate) edges: Vec<Edge>,
}

#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) node_id: u64,
    pub(crate) condition: Condition,
}

/// The key is a secret.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Bot {
    /// Reads a CLOSER bot export, or a single flow's, which becomes a bot that starts with it. Unknown keys are ignored.
    pub fn read(json: &Value) -> Result<Self, ImportError> {
        import::read(json)
    }

    /// Which of the bot's versions it is, where that is known.
    #[must_use]
    pub fn with_version(self, version: i64) -> Self {
        Self { version: Some(version), ..self }
    }

    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    pub const fn version(&self) -> Option<i64> {
        self.version
    }

    pub fn title(&self) -> &str {
        &self.title
    }

    pub fn description(&self) -> &str {
        &self.description
    }

    /// What will not work as its author may expect: nodes that are not available, templates that do not parse, missing
    /// targets.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    pub fn preference(&self) -> &Preference {
        &self.preference
    }

    /// Whether there is such a flow, and in it such a node.
    pub fn has(&self, flow_id: u64, node_id: Option<u64>) -> bool {
        let flow = self.flows.get(&flow_id);
        flow.is_some_and(|flow| node_id.is_none_or(|node_id| flow.nodes.contains_key(&node_id)))
    }

    pub(crate) fn node(&self, place: Place) -> Option<&Node> {
        self.flows.get(&place.flow_id)?.nodes.get(&place.node_id)
    }

    /// Where a flow is entered.
    pub(crate) fn entry(&self, flow_id: u64) -> Option<Place> {
        let node_id = self.flows.get(&flow_id)?.entry?;
        Some(Place { flow_id, node_id })
    }
}
