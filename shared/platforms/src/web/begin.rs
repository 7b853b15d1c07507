//! How a conversation begins. An `open` that begins one leaves its [`Beginning`] in the customer's log before the queue hears
//! of it. So whoever opens before a worker came to it finds the conversation that begins already, and whoever repeats an
//! `open` finds its own.

use std::fmt;

use model::{ConversationId, EpochMillis, Inbound, InboundId, InboundKind, Params, UserKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::inbound::{self, Connection, EventName};
use super::{Open, Web};

/// The last beginning that was announced. All that it means for the queue follows from it, the same each time.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Beginning {
    /// Of the `open` that caused it.
    event: String,
    at: EpochMillis,
    /// The conversation that a restart ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends: Option<ConversationId>,
    /// The browser's own name for that restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restart: Option<String>,
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    params: Params,
}

/// As it is in the log.
#[derive(Serialize, Deserialize)]
#[serde(tag = "v")]
enum Stored {
    #[serde(rename = "1")]
    V1(Beginning),
}

/// Where a customer's conversations stand, as far as a worker has come.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    pub live: Option<ConversationId>,
    pub announced: Option<&'a Beginning>,
    /// No worker has come to what was announced. See [`Web::is_awaited`].
    pub is_awaited: bool,
    /// What is known of the customer.
    pub params: &'a Params,
    /// What this `open` would have announced, had not another one done it meanwhile.
    pub lost: Option<&'a Beginning>,
}

/// What an `open` means for the conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    pub conversation_id: ConversationId,
    pub begins: Begins,
    /// For the queue. None where a conversation goes on as it was, so that a lost connection costs no turn.
    pub inbounds: Vec<Inbound>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Begins {
    /// It goes on.
    No,
    /// It was announced before.
    Announced,
    /// To be announced before anything else, on the condition that nobody else has since.
    Now(Beginning),
}

impl Beginning {
    pub fn read(text: &str) -> Option<Self> {
        let Stored::V1(beginning) = serde_json::from_str(text).ok()?;
        Some(beginning)
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(&Stored::V1(self.clone())).unwrap_or_default()
    }

    fn opened_id(&self, web: &Web) -> InboundId {
        inbound::id(web, &format!("open {}", self.event))
    }

    fn conversation_id(&self, web: &Web) -> ConversationId {
        // As the worker will name it, for ids come from what caused them.
        ConversationId::of(self.opened_id(web), self.at)
    }

    fn inbounds(&self, web: &Web, user_key: &UserKey) -> Vec<Inbound> {
        let inbound = |what, kind| inbound::of(web, user_key, self.at, &format!("{what} {}", self.event), kind);
        let closed = self.ends.map(|id| inbound("close", InboundKind::Closed { conversation_id: Some(id) }));
        let opened = inbound("open", InboundKind::Opened { params: self.params.clone(), once: true });
        closed.into_iter().chain([opened]).collect()
    }
}

/// What a page tells of its customer is not for logs.
impl fmt::Debug for Beginning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event, at, ends, .. } = self;
        f.debug_struct("Beginning").field("event", event).field("at", at).field("ends", ends).finish_non_exhaustive()
    }
}

impl Web {
    /// Whether what was announced is still to come. `last` is the last conversation that a worker began, `was_handled` what it
    /// knows of an inbound.
    pub fn is_awaited(
        &self,
        beginning: &Beginning,
        (live, last): (Option<ConversationId>, Option<ConversationId>),
        was_handled: impl FnOnce(InboundId) -> bool,
        timeout_ms: i64,
        now: EpochMillis,
    ) -> bool {
        match live {
            // Beside another one that is live nothing begins.
            Some(live) => beginning.ends == Some(live) && !was_handled(beginning.opened_id(self)),
            None => {
                last != Some(beginning.conversation_id(self))
                    && now.since(beginning.at) < timeout_ms
                    && !was_handled(beginning.opened_id(self))
            }
        }
    }

    /// What the queue hears of a beginning, and the conversation that begins.
    pub fn announce(&self, beginning: &Beginning, user_key: &UserKey) -> (ConversationId, Vec<Inbound>) {
        (beginning.conversation_id(self), beginning.inbounds(self, user_key))
    }
}

pub(super) fn open(
    web: &Web,
    open: &Open,
    connection: &Connection,
    event: &EventName,
    standing: Standing<'_>,
) -> Opening {
    let user_key = &connection.user_key;
    let awaited = standing.announced.filter(|_| standing.is_awaited);
    let restarts =
        open.restart && !standing.announced.is_some_and(|other| is_same_restart(open, event, other, standing));
    let current = awaited.map(|beginning| beginning.conversation_id(web)).or(standing.live);
    if let Some(conversation_id) = current.filter(|_| !restarts) {
        let mut inbounds = awaited.map(|beginning| beginning.inbounds(web, user_key)).unwrap_or_default();
        let known = |name: &String| {
            let announced = awaited.and_then(|beginning| beginning.params.get(name));
            announced.or_else(|| standing.params.get(name)).unwrap_or(&Value::Null)
        };
        if open.params.iter().any(|(name, value)| known(name) != value) {
            let kind = InboundKind::Updated { params: open.params.clone() };
            inbounds.push(inbound::of(web, user_key, event.at, &format!("update {}", event.name), kind));
        }
        let begins = if awaited.is_some() { Begins::Announced } else { Begins::No };
        return Opening { conversation_id, begins, inbounds };
    }
    let beginning = Beginning {
        event: event.name.clone(),
        at: event.at,
        ends: current,
        restart: open.restart_id.clone().filter(|_| open.restart),
        params: open.params.clone(),
    };
    // What this one ends may be unknown to the queue, should whoever announced it have died.
    let mut inbounds = awaited.map(|beginning| beginning.inbounds(web, user_key)).unwrap_or_default();
    inbounds.extend(beginning.inbounds(web, user_key));
    Opening { conversation_id: beginning.conversation_id(web), begins: Begins::Now(beginning), inbounds }
}

/// Whether a restart was announced already: by the same frame, under the same name, or by somebody at the same time who ended
/// the same conversation.
fn is_same_restart(open: &Open, event: &EventName, announced: &Beginning, standing: Standing<'_>) -> bool {
    let same_name = open.restart_id.is_some() && open.restart_id == announced.restart;
    let same_end = standing.lost.is_some_and(|lost| lost.ends == announced.ends);
    announced.event == event.name || same_name || same_end
}
