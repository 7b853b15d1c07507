//! Inbound: one thing a messenger told us about one customer, in our words. An adapter makes it, the queue carries it,
//! the conversation worker handles it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Agent, BotId, ConversationId, EndUserId, EpochMillis, InboundId, MessageData, Meta, Params, PlatformType, UserKey,
};

/// What is on the queue. A new version is a new variant; the old ones stay readable, for messages under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum Queued {
    #[serde(rename = "1")]
    V1(Inbound),
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inbound {
    pub id: InboundId,
    pub bot_id: BotId,
    pub platform: PlatformType,
    /// Who did it.
    pub user_key: UserKey,
    /// Where answers go and what order is kept by: the user, except in groups and rooms.
    pub conversation_key: UserKey,
    /// When it happened, by the messenger's clock.
    pub timestamp: EpochMillis,
    /// When it reached us.
    pub received_at: EpochMillis,
    /// When the messenger stops waiting for the answer, on channels that wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<EpochMillis>,
    /// What the platform's `outbound` needs for an answer, such as a reply token. Only that platform reads it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub reply_to: Value,
    pub kind: InboundKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum InboundKind {
    /// The customer said something.
    Message {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        platform_message_id: Option<String>,
        data: MessageData,
        #[serde(default)]
        meta: Box<Meta>,
    },
    /// A room opened, with nothing said yet: the welcome block, a group that invited us.
    Opened {
        #[serde(default, skip_serializing_if = "Params::is_empty")]
        params: Params,
        /// The room is entered again and again: the welcome is for the first time of a conversation only.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        once: bool,
    },
    /// The customer became a friend or follower.
    Joined {
        #[serde(default, skip_serializing_if = "Params::is_empty")]
        params: Params,
    },
    /// What is known of the customer changed. `null` takes a parameter away.
    Updated { params: Params },
    /// The customer removed the friend or blocked us.
    Left {
        #[serde(default, skip_serializing_if = "Params::is_empty")]
        params: Params,
    },
    /// The customer is no friend any more, and can go on talking all the same.
    Unfriended {
        #[serde(default, skip_serializing_if = "Params::is_empty")]
        params: Params,
    },
    /// The room is closed to us; the customer remains. `conversation_id` where we know which was meant, for a new one may
    /// have begun meanwhile.
    Closed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation_id: Option<ConversationId>,
    },
    /// Somebody else said something to the customer: a person of the company, by the messenger's own console.
    Echo {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        platform_message_id: Option<String>,
        data: MessageData,
        #[serde(default)]
        meta: Box<Meta>,
    },
    /// A person of the company took the conversation over, by our API.
    AgentJoined {
        agent: Agent,
        /// The conversation that was meant, where that is known: a new one may have begun meanwhile, and is not theirs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation_id: Option<ConversationId>,
    },
    /// A person of the company says something by our API: it is sent to the customer.
    AgentSaid {
        agent: Agent,
        data: MessageData,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom: Option<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation_id: Option<ConversationId>,
    },
    /// A person of the company is done with the conversation, and it is the bot's again.
    AgentLeft {
        #[serde(default, skip_serializing_if = "Params::is_empty")]
        params: Params,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation_id: Option<ConversationId>,
    },
    /// The company moves the conversation to a flow, by our API. Without a node, to its entry.
    Moved {
        flow_id: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node_id: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation_id: Option<ConversationId>,
    },
    /// The customer asks for the answer that came too late.
    Collect,
    /// The conversation had its time. `conversation_id` says which, for a new one may have begun meanwhile.
    Expired { conversation_id: ConversationId },
    /// The answer to `of` came too late for the messenger, and must reach the customer in another way.
    Late { of: InboundId },
}

impl Inbound {
    /// The id that sessions, queues and answers are keyed by: the customer's own, except in groups and rooms.
    pub fn session_id(&self) -> EndUserId {
        EndUserId::of(&self.bot_id, self.platform, &self.conversation_key)
    }

    pub fn end_user_id(&self) -> EndUserId {
        EndUserId::of(&self.bot_id, self.platform, &self.user_key)
    }

    pub fn is_group(&self) -> bool {
        self.user_key != self.conversation_key
    }
}

impl InboundKind {
    pub fn opened() -> Self {
        Self::Opened { params: Params::new(), once: false }
    }

    pub fn closed() -> Self {
        Self::Closed { conversation_id: None }
    }

    pub fn left() -> Self {
        Self::Left { params: Params::new() }
    }

    /// For logs and counts.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::Opened { .. } => "opened",
            Self::Joined { .. } => "joined",
            Self::Updated { .. } => "updated",
            Self::Left { .. } => "left",
            Self::Unfriended { .. } => "unfriended",
            Self::Closed { .. } => "closed",
            Self::Echo { .. } => "echo",
            Self::AgentJoined { .. } => "agentJoined",
            Self::AgentSaid { .. } => "agentSaid",
            Self::AgentLeft { .. } => "agentLeft",
            Self::Moved { .. } => "moved",
            Self::Collect => "collect",
            Self::Expired { .. } => "expired",
            Self::Late { .. } => "late",
        }
    }
}

/// What the customer said and where an answer goes are not for logs.
impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, bot_id, platform, kind, .. } = self;
        f.debug_struct("Inbound")
            .field("id", id)
            .field("bot_id", bot_id)
            .field("platform", platform)
            .field("kind", &kind.name())
            .finish_non_exhaustive()
    }
}
