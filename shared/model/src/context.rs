//! CONTEXT and NAVIGATION: where a conversation stands.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{BotId, ConversationId, EndUserId, Manual, PlatformType, UserKey};

/// One dictionary per end user, kept across conversations.
pub type Params = Map<String, Value>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    pub bot_id: BotId,
    pub conversation_id: ConversationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_user_id: Option<EndUserId>,
    /// The agent call, once there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual: Option<Manual>,
    #[serde(default)]
    pub navigation: Navigation,
    #[serde(default)]
    pub params: Params,
    pub platform: PlatformType,
    pub user_key: UserKey,
}

/// `{}` before the first node ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Navigation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Position>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Position>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    pub flow_id: u64,
    pub node_id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit_count: Option<u64>,
}
