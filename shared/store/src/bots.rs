//! Bots: one item per bot, its export and its channels. `pk` = bot id, `version`, `body` = the bot as JSON text, secrets
//! of its channels included; the table's key encrypts them. What was published before is kept for the conversations
//! that began with it: `pk` = bot id, `#`, version; `expires` in seconds.

use aws_sdk_dynamodb::Client;
use model::{BotId, EpochMillis};
use serde_json::Value;

use crate::StoreError;
use crate::item::{json, number, read_json, read_number, text};
use crate::sessions::conflict_or;

/// A conversation that goes on for longer goes over to the bot of then.
const KEPT_SECONDS: i64 = 30 * 24 * 60 * 60;

#[derive(Clone, Debug)]
pub struct Bots {
    client: Client,
    table: String,
}

/// No `Debug` that shows it: the channels' secrets are inside.
#[derive(Clone)]
pub struct StoredBot {
    pub version: i64,
    /// A CLOSER export with `integration` beside `flows` and `preference`.
    pub json: Value,
}

impl Bots {
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    pub async fn load(&self, id: &BotId) -> Result<Option<StoredBot>, StoreError> {
        self.load_item(id.as_str()).await
    }

    /// One that was published before, if it is still kept.
    pub async fn load_version(&self, id: &BotId, version: i64) -> Result<Option<StoredBot>, StoreError> {
        self.load_item(&former(id, version)).await
    }

    async fn load_item(&self, key: &str) -> Result<Option<StoredBot>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", text(key))
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let Some(item) = output.item else { return Ok(None) };
        let version = read_number(&item, "version").unwrap_or_default();
        Ok(Some(StoredBot { version, json: read_json("bot", &item, "body")? }))
    }

    /// Replaces the bot as a whole, and keeps the one before for the conversations that began with it. `Conflict` when
    /// somebody else published meanwhile.
    pub async fn publish(&self, id: &BotId, bot: &StoredBot, now: EpochMillis) -> Result<(), StoreError> {
        let before = self.load(id).await?;
        if let Some(before) = &before {
            // Channels and accounts are the live bot's, and its secrets need not be in two places.
            let mut body = before.json.clone();
            if let Some(bot) = body.as_object_mut() {
                bot.remove("integration");
            }
            self.client
                .put_item()
                .table_name(&self.table)
                .item("pk", text(former(id, before.version)))
                .item("version", number(before.version))
                .item("body", json("bot", &body)?)
                .item("expires", number(now.seconds().0 + KEPT_SECONDS))
                .send()
                .await
                .map_err(|error| StoreError::from_sdk(&error))?;
        }
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(id.as_str()))
            .item("version", number(bot.version))
            .item("body", json("bot", &bot.json)?);
        let put = match before {
            Some(before) => put
                .condition_expression("version = :before")
                .expression_attribute_values(":before", number(before.version)),
            None => put.condition_expression("attribute_not_exists(pk)"),
        };
        put.send().await.map_err(|error| conflict_or(&error))?;
        Ok(())
    }

    /// Replaces the bot as a whole, also for the conversations that are going on: nobody ever sees half of two versions.
    pub async fn save(&self, id: &BotId, bot: &StoredBot) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(id.as_str()))
            .item("version", number(bot.version))
            .item("body", json("bot", &bot.json)?)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        Ok(())
    }

    /// Every id there is, for people and tools; no function asks.
    pub async fn list(&self) -> Result<Vec<BotId>, StoreError> {
        let items = self
            .client
            .scan()
            .table_name(&self.table)
            .projection_expression("pk")
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let mut ids: Vec<BotId> =
            items.iter().filter_map(|item| crate::item::read_text(item, "pk")?.parse().ok()).collect();
        ids.sort();
        Ok(ids)
    }
}

fn former(id: &BotId, version: i64) -> String {
    format!("{id}#{version}")
}

impl std::fmt::Debug for StoredBot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredBot").field("version", &self.version).finish_non_exhaustive()
    }
}
