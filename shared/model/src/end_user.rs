//! ENDUSER: a customer on one channel of one bot.

use serde::{Deserialize, Serialize};

use crate::time::{iso, iso_option};
use crate::{BotId, ConversationId, EndUserId, EpochMillis, MessageId, Params, PlatformType, UserKey};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndUser {
    pub id: EndUserId,
    pub bot_id: BotId,
    pub platform: PlatformType,
    pub user_key: UserKey,
    #[serde(default)]
    pub params: Params,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_id: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_conversation_id: Option<ConversationId>,
    #[serde(with = "iso")]
    pub created_at: EpochMillis,
    #[serde(with = "iso")]
    pub updated_at: EpochMillis,
    /// When the friend was removed or the room left; `null` while neither has happened.
    #[serde(default, with = "iso_option")]
    pub deleted_at: Option<EpochMillis>,
}
