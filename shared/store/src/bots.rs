//! Bots: one item per bot, its export and its channels. `pk` = bot id, `version`, `body` = the bot as JSON text, secrets
//! of its channels included; the table's key encrypts them.

use aws_sdk_dynamodb::Client;
use model::BotId;
use serde_json::Value;

use crate::StoreError;
use crate::item::{json, number, read_json, read_number, text};

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
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", text(id.as_str()))
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let Some(item) = output.item else { return Ok(None) };
        let version = read_number(&item, "version").unwrap_or_default();
        Ok(Some(StoredBot { version, json: read_json("bot", &item, "body")? }))
    }

    /// Replaces the bot as a whole: nobody ever sees half of two versions.
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

impl std::fmt::Debug for StoredBot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredBot").field("version", &self.version).finish_non_exhaustive()
    }
}
