//! EVENT: what a company's servers are told. Fourteen types; `data` holds exactly one object, after the type's prefix.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Bot, BotId, Conversation, ConversationId, EndUser, EpochMillis, EventId, Message};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub id: EventId,
    pub event: EventType,
    pub source_type: SourceType,
    pub source_id: BotId,
    pub timestamp: EpochMillis,
    pub data: EventData,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventType {
    #[serde(rename = "bot.updated")]
    BotUpdated,
    #[serde(rename = "bot.deleted")]
    BotDeleted,
    #[serde(rename = "bot.end_user.created")]
    EndUserCreated,
    #[serde(rename = "bot.end_user.updated")]
    EndUserUpdated,
    #[serde(rename = "bot.end_user.deleted")]
    EndUserDeleted,
    #[serde(rename = "bot.conversation.created")]
    ConversationCreated,
    #[serde(rename = "bot.conversation.updated")]
    ConversationUpdated,
    /// The conversation expired.
    #[serde(rename = "bot.conversation.deleted")]
    ConversationDeleted,
    #[serde(rename = "bot.conversation.agent_call_requested")]
    AgentCallRequested,
    #[serde(rename = "bot.conversation.agent_call_connected")]
    AgentCallConnected,
    #[serde(rename = "bot.conversation.agent_call_cancelled")]
    AgentCallCancelled,
    #[serde(rename = "bot.conversation.agent_call_disconnected")]
    AgentCallDisconnected,
    /// By the bot or an agent.
    #[serde(rename = "bot.message.sent")]
    MessageSent,
    /// By the customer.
    #[serde(rename = "bot.message.received")]
    MessageReceived,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceType {
    #[default]
    Bot,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EventData {
    Bot(Box<Bot>),
    EndUser(Box<EndUser>),
    Conversation(Box<Conversation>),
    Message(Box<Message>),
}

impl Event {
    /// The order of a delivery is never changed inside one conversation; events of no conversation have none.
    pub fn conversation_id(&self) -> Option<ConversationId> {
        match &self.data {
            EventData::Bot(_) => None,
            EventData::EndUser(end_user) => end_user.last_conversation_id,
            EventData::Conversation(conversation) => Some(conversation.id),
            EventData::Message(message) => Some(message.conversation_id),
        }
    }
}

impl EventType {
    pub const ALL: [Self; 14] = [
        Self::BotUpdated,
        Self::BotDeleted,
        Self::EndUserCreated,
        Self::EndUserUpdated,
        Self::EndUserDeleted,
        Self::ConversationCreated,
        Self::ConversationUpdated,
        Self::ConversationDeleted,
        Self::AgentCallRequested,
        Self::AgentCallConnected,
        Self::AgentCallCancelled,
        Self::AgentCallDisconnected,
        Self::MessageSent,
        Self::MessageReceived,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BotUpdated => "bot.updated",
            Self::BotDeleted => "bot.deleted",
            Self::EndUserCreated => "bot.end_user.created",
            Self::EndUserUpdated => "bot.end_user.updated",
            Self::EndUserDeleted => "bot.end_user.deleted",
            Self::ConversationCreated => "bot.conversation.created",
            Self::ConversationUpdated => "bot.conversation.updated",
            Self::ConversationDeleted => "bot.conversation.deleted",
            Self::AgentCallRequested => "bot.conversation.agent_call_requested",
            Self::AgentCallConnected => "bot.conversation.agent_call_connected",
            Self::AgentCallCancelled => "bot.conversation.agent_call_cancelled",
            Self::AgentCallDisconnected => "bot.conversation.agent_call_disconnected",
            Self::MessageSent => "bot.message.sent",
            Self::MessageReceived => "bot.message.received",
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
