//! AGENT: a person of the company who talks to customers.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub id: String,
    pub profile: AgentProfile,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentProfile {
    /// At most 30 characters.
    pub display_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// Whether somebody of the company can answer on a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AgentCalls {
    #[default]
    Taken,
    /// Only by a button of the messenger's own, in a room that we know nothing of.
    Button,
    Refused,
}

/// How an agent call goes, `context.manual.status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ManualStatus {
    /// Called, and nobody came yet.
    Pending,
    /// Somebody of the company talks.
    Connected,
    /// One agent hands over to another.
    Handover,
    /// The customer did not want to wait.
    Cancelled,
    Completed,
}

/// The agent call of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manual {
    pub status: ManualStatus,
}
