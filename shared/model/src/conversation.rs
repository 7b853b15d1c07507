//! CONVERSATION: a session of an end user, from its first message to its expiry.

use serde::{Deserialize, Serialize};

use crate::time::iso;
use crate::{BotId, Context, ConversationId, EndUserId, EpochMillis, Navigation, Params, PlatformType, UserKey};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    pub id: ConversationId,
    pub bot_id: BotId,
    pub end_user_id: EndUserId,
    pub platform: PlatformType,
    pub user_key: UserKey,
    #[serde(default)]
    pub params: Params,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    #[serde(default)]
    pub navigation: Navigation,
    #[serde(with = "iso")]
    pub created_at: EpochMillis,
    #[serde(with = "iso")]
    pub updated_at: EpochMillis,
}
