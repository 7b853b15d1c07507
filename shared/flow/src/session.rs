//! Session: everything about one customer's conversation, stored as one item, so that a turn costs one read and one
//! write. What a turn has yet to say to the world is inside: a worker that dies after the write has lost nothing.

use std::fmt;

use model::{
    Context, Conversation, ConversationId, EndUser, EpochMillis, Event, Inbound, InboundId, InboundKind, Manual,
    ManualStatus, Reply,
};
use serde::{Deserialize, Serialize};

use crate::State;

/// What is in the store. A new version is a new variant; the old ones stay readable.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "v")]
pub enum Stored {
    #[serde(rename = "1")]
    V1(Box<Session>),
}

/// The same, to write without a copy.
#[derive(Debug, Serialize)]
#[serde(tag = "v")]
pub enum StoredRef<'a> {
    #[serde(rename = "1")]
    V1(&'a Session),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The customer, or the room itself where several share it.
    pub end_user: EndUser,
    /// `None` between two conversations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk: Option<Talk>,
    /// Where the next conversation goes on, for bots with `restoreNavigation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<State>,
    /// What was handled lately: messengers redeliver for longer than the queue remembers.
    #[serde(default)]
    pub seen: Ring,
    /// The counters that the customer is in already, latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counted: Vec<String>,
    /// The last turn, and those before it whose replies or events somebody may still want.
    #[serde(default)]
    pub turns: Vec<Turn>,
    /// Replies that came too late for a messenger that waits; they go before the next one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<LateReply>,
}

/// The conversation that is going on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Talk {
    pub id: ConversationId,
    pub created_at: EpochMillis,
    /// Of the last message, by our clock: expiry is counted from here.
    pub last_message_at: EpochMillis,
    /// Of the bot, when the conversation began: it goes on with that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_version: Option<i64>,
    pub state: State,
    /// When somebody of the company spoke last, while the conversation is theirs: the bot is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<EpochMillis>,
    /// How the last agent call went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual: Option<ManualStatus>,
    /// Since when it goes so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual_since: Option<EpochMillis>,
}

impl Talk {
    pub(crate) fn set_manual(&mut self, status: ManualStatus, at: EpochMillis) {
        if self.manual.replace(status) != Some(status) {
            self.manual_since = Some(at);
        }
    }
}

/// A turn that was taken: what it says, and to whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// What caused it, without what the customer said.
    pub origin: Inbound,
    pub at: EpochMillis,
    pub reply: Reply,
    /// How long to wait before each message of the reply, in milliseconds. Empty where there is nothing to wait for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delays: Vec<u32>,
    /// For the company's webhooks; empty where it has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// The counters of the bot's use that go up by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<String>,
    /// Its actions failed when they were tried: later turns must not push it out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owed: bool,
    /// How many of its calls were made, while some are still owed: those are not made again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sent: usize,
    /// It brings a reply that was too late for its own request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LateReply {
    pub at: EpochMillis,
    pub reply: Reply,
}

/// The first 64 bits of the last ids that were handled, newest last.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Ring(Vec<u64>);

/// Enough for the redeliveries of a lively talk, and half a kilobyte of every write.
const RING: usize = 32;

/// A synchronous channel's request looks for its turn for seconds, and its late answer is asked for within a minute.
const KEEP_TURNS_MS: i64 = 60_000;
const KEEP_TURNS: usize = 10;

/// More would not fit into the next answer.
const KEEP_LATE: usize = 3;

/// After this nobody remembers the question.
pub(crate) const LATE_MS: i64 = 30 * 60 * 1000;

impl Session {
    pub fn turn(&self, id: InboundId) -> Option<&Turn> {
        self.turns.iter().find(|turn| turn.origin.id == id)
    }

    /// Stores a turn and lets go of those that are finished with. `synchronous`: somebody is waiting to read it here.
    pub fn push(&mut self, turn: Turn, synchronous: bool) {
        let now = turn.at;
        let wanted = |old: &Turn| old.owed || (synchronous && now.since(old.at) < KEEP_TURNS_MS);
        self.turns.retain(wanted);
        for old in self.turns.iter_mut().filter(|old| !old.owed) {
            // They were told before this turn began; only the reply is still looked for.
            old.events.clear();
        }
        let mut surplus = (self.turns.len() + 1).saturating_sub(KEEP_TURNS);
        self.turns.retain(|old| {
            let goes = surplus > 0 && !old.owed;
            surplus -= usize::from(goes);
            !goes
        });
        self.turns.push(turn);
    }

    /// Lets go of what is only a convenience, for a session that has become larger than an item.
    pub fn lighten(&mut self, keep: InboundId) {
        self.late.clear();
        self.turns.retain(|turn| turn.origin.id == keep || turn.owed);
        if let Some(talk) = &mut self.talk {
            talk.state.lighten();
        }
    }

    /// Takes over what was done for turns meanwhile, into what somebody else wrote.
    pub fn settle(&mut self, done: &Self) {
        for turn in &mut self.turns {
            if let Some(done) = done.turn(turn.origin.id) {
                (turn.owed, turn.sent) = (done.owed, done.sent);
                turn.events.clone_from(&done.events);
            }
        }
        for late in &done.late {
            if !self.late.contains(late) {
                self.keep_late(late.clone());
            }
        }
    }

    /// The conversation that a message would go on with.
    pub fn live(&self, now: EpochMillis, timeout_ms: i64) -> Option<&Talk> {
        self.talk.as_ref().filter(|talk| now.since(talk.last_message_at) < timeout_ms)
    }

    /// The version of the bot that a message is for, when a conversation goes on.
    pub fn bot_version(&self, now: EpochMillis, timeout_ms: i64) -> Option<i64> {
        self.live(now, timeout_ms)?.bot_version
    }

    /// Keeps a reply for the customer's next message.
    pub fn keep_late(&mut self, late: LateReply) {
        let surplus = (self.late.len() + 1).saturating_sub(KEEP_LATE);
        self.late.drain(..surplus);
        self.late.push(late);
    }

    /// Those of `counters` that the customer was not in yet, and is from now on.
    pub(crate) fn count(&mut self, counters: Vec<String>) -> Vec<String> {
        let new: Vec<String> = counters.into_iter().filter(|counter| !self.counted.contains(counter)).collect();
        self.counted.extend(new.iter().cloned());
        // This month's and today's.
        let surplus = self.counted.len().saturating_sub(2);
        self.counted.drain(..surplus);
        new
    }

    /// CONVERSATION as events show it.
    pub fn conversation(&self, now: EpochMillis) -> Option<Conversation> {
        let talk = self.talk.as_ref()?;
        let EndUser { id, bot_id, platform, user_key, params, .. } = &self.end_user;
        let navigation = talk.state.navigation.clone();
        Some(Conversation {
            id: talk.id,
            bot_id: bot_id.clone(),
            end_user_id: *id,
            platform: *platform,
            user_key: user_key.clone(),
            params: params.clone(),
            context: Some(Context {
                bot_id: bot_id.clone(),
                conversation_id: talk.id,
                end_user_id: Some(*id),
                manual: talk.manual.map(|status| Manual { status }),
                navigation: navigation.clone(),
                params: params.clone(),
                platform: *platform,
                user_key: user_key.clone(),
            }),
            navigation,
            created_at: talk.created_at,
            updated_at: now,
        })
    }
}

impl Turn {
    /// Something was said, by either side: the customer uses the bot.
    pub(crate) fn reply_or_received(&self, kind: &InboundKind) -> bool {
        !self.reply.messages.is_empty() || matches!(kind, InboundKind::Message { .. })
    }

    /// `inbound` loses its content here: the reply needs to know where to go, not what was said.
    pub fn new(inbound: &Inbound, at: EpochMillis, reply: Reply, events: Vec<Event>) -> Self {
        let origin = Inbound { kind: InboundKind::Collect, ..inbound.clone() };
        Self { origin, at, reply, delays: Vec::new(), events, counts: Vec::new(), owed: false, sent: 0, late: false }
    }
}

impl Ring {
    pub fn holds(&self, id: InboundId) -> bool {
        self.0.contains(&short(id))
    }

    pub fn push(&mut self, id: InboundId) {
        let surplus = (self.0.len() + 1).saturating_sub(RING);
        self.0.drain(..surplus);
        self.0.push(short(id));
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn short(id: InboundId) -> u64 {
    id.uuid().as_u64_pair().0
}

impl Serialize for Ring {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|id| write!(f, "{id:016x}"))
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ids", self.0.len())
    }
}

impl<'de> Deserialize<'de> for Ring {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let id = |chunk: &[u8]| std::str::from_utf8(chunk).ok().and_then(|hex| u64::from_str_radix(hex, 16).ok());
        let ids: Option<Vec<u64>> = text.as_bytes().chunks(16).map(id).collect();
        ids.map(Self).ok_or_else(|| serde::de::Error::custom("a ring is ids of 16 hex digits"))
    }
}
