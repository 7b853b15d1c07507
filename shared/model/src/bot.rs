//! BOT as the webhook guide shows it. What a bot *does* is read by the flow engine, from `data` and `preference`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::time::{iso, iso_option};
use crate::{BotId, EpochMillis};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bot {
    pub id: BotId,
    /// At most 30 characters.
    pub title: String,
    /// At most 100 characters.
    #[serde(default)]
    pub description: String,
    /// The channels, without their secrets.
    #[serde(default)]
    pub integration: Value,
    #[serde(default)]
    pub preference: Value,
    #[serde(default)]
    pub data: Value,
    #[serde(with = "iso")]
    pub created_at: EpochMillis,
    #[serde(with = "iso")]
    pub updated_at: EpochMillis,
    #[serde(default, with = "iso_option")]
    pub deleted_at: Option<EpochMillis>,
}
