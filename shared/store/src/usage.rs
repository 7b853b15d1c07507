//! Counters of a bot's use, in the table of the sessions: `pk` = `usage#` + bot id + `#` + counter, `count`.

use aws_sdk_dynamodb::Client;
use model::{BotId, EpochMillis};

use crate::StoreError;
use crate::item::{number, read_number, text};

#[derive(Clone, Debug)]
pub struct Usage {
    client: Client,
    table: String,
}

/// Bills are asked about for a year.
const KEPT_SECONDS: i64 = 400 * 24 * 60 * 60;

impl Usage {
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    /// Counts one more. `counter` names what, and the time: `users 2026-11`, `rooms 2026-11-21`.
    pub async fn add(&self, bot_id: &BotId, counter: &str, now: EpochMillis) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("pk", text(key(bot_id, counter)))
            .update_expression("ADD #count :one SET expires = :expires")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":expires", number(now.seconds().0 + KEPT_SECONDS))
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        Ok(())
    }

    pub async fn read(&self, bot_id: &BotId, counter: &str) -> Result<i64, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", text(key(bot_id, counter)))
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        Ok(output.item.and_then(|item| read_number(&item, "count")).unwrap_or_default())
    }
}

fn key(bot_id: &BotId, counter: &str) -> String {
    format!("usage#{bot_id}#{counter}")
}
