//! Bots: one item per bot, its export and its channels. `pk` = bot id, `version` = when it was published, in milliseconds,
//! `createdAt`, `body` = the bot as JSON text, or `packed`, the same compressed, where that would be large; secrets of its
//! channels included, which the table's key encrypts. What was published before is kept for the conversations that
//! began with it: `pk` = bot id, `#`, version; `expires` in seconds.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use model::{BotId, EpochMillis};
use serde_json::Value;

use crate::StoreError;
use crate::item::{Item, number, read_json, read_number, read_text, text, update_conflict_or};
use crate::schema::LIVE_INDEX;

/// A conversation that goes on for longer goes over to the bot of then.
const KEPT_SECONDS: i64 = 30 * 24 * 60 * 60;
/// A body that is longer is packed: an item takes 400 KB, and a read is paid by its size.
const PLAIN_BYTES: usize = 16 * 1024;
/// Exports are JSON, which packs to a tenth; nobody draws a bot of this size.
pub const MAX_BOT_BYTES: usize = 4 * 1024 * 1024;
/// And an item takes 400 KB of what that packs to.
const PACKED_BYTES: usize = 390 * 1024;
/// Of `compress_to_vec_zlib`: what zlib itself uses.
const LEVEL: u8 = 6;

#[derive(Clone, Debug)]
pub struct Bots {
    client: Client,
    table: String,
}

/// No `Debug` that shows it: the channels' secrets are inside.
#[derive(Clone)]
pub struct StoredBot {
    /// When it was published, in milliseconds; more than that of any bot before it.
    pub version: i64,
    /// A CLOSER export with `integration` beside `flows` and `preference`.
    pub json: Value,
    /// Of the first version.
    pub created_at: EpochMillis,
    /// [`Bots::begin_to_delete`] did.
    pub is_deleted: bool,
}

impl StoredBot {
    pub const fn new(version: i64, json: Value) -> Self {
        Self { version, json, created_at: EpochMillis(version), is_deleted: false }
    }
}

impl Bots {
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    pub async fn load(&self, id: &BotId) -> Result<Option<StoredBot>, StoreError> {
        self.load_item(id.as_str(), false).await
    }

    /// As of now, at twice the price of a moment ago: for whoever writes it next.
    pub async fn load_current(&self, id: &BotId) -> Result<Option<StoredBot>, StoreError> {
        self.load_item(id.as_str(), true).await
    }

    /// One that was published before, if it is still kept.
    pub async fn load_version(&self, id: &BotId, version: i64) -> Result<Option<StoredBot>, StoreError> {
        self.load_item(&former(id, version), false).await
    }

    async fn load_item(&self, key: &str, current: bool) -> Result<Option<StoredBot>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", text(key))
            .consistent_read(current)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let Some(item) = output.item else { return Ok(None) };
        let version = read_number(&item, "version").unwrap_or_default();
        let created_at = EpochMillis(read_number(&item, "createdAt").unwrap_or(version));
        let is_deleted = item.contains_key("deleting");
        Ok(Some(StoredBot { version, json: unpack(&item)?, created_at, is_deleted }))
    }

    /// Replaces the bot that is `before`, and keeps that for the conversations that began with it. `Conflict` when
    /// somebody else published meanwhile, and, without a `before`, when there is one.
    pub async fn publish(
        &self,
        id: &BotId,
        before: Option<&StoredBot>,
        bot: &StoredBot,
        now: EpochMillis,
    ) -> Result<(), StoreError> {
        if let Some(before) = before {
            // Channels and accounts are the live bot's, and its secrets need not be in two places.
            let mut body = before.json.clone();
            if let Some(bot) = body.as_object_mut() {
                bot.remove("integration");
            }
            let (name, value) = pack(&body)?;
            self.client
                .put_item()
                .table_name(&self.table)
                .item("pk", text(former(id, before.version)))
                .item("version", number(before.version))
                .item("createdAt", number(before.created_at.0))
                .item(name, value)
                .item("expires", number(now.seconds().0 + KEPT_SECONDS))
                .send()
                .await
                .map_err(|error| StoreError::from_sdk(&error))?;
        }
        let put = self.put(id, bot)?;
        let put = match before {
            Some(before) => put
                .condition_expression("version = :before AND attribute_not_exists(deleting)")
                .expression_attribute_values(":before", number(before.version)),
            None => put.condition_expression("attribute_not_exists(pk)"),
        };
        put.send().await.map(drop).map_err(|error| update_conflict_or(&error))
    }

    /// Replaces the bot as a whole, also for the conversations that are going on: nobody ever sees half of two versions.
    pub async fn save(&self, id: &BotId, bot: &StoredBot) -> Result<(), StoreError> {
        self.put(id, bot)?.send().await.map(drop).map_err(|error| StoreError::from_sdk(&error))
    }

    fn put(&self, id: &BotId, bot: &StoredBot) -> Result<UpdateItemFluentBuilder, StoreError> {
        let (name, value) = pack(&bot.json)?;
        let other = if name == "body" { "packed" } else { "body" };
        let set = format!(
            "SET version = :version, {name} = :bot, createdAt = if_not_exists(createdAt, :created), live = :live REMOVE {other}"
        );
        let request = self.client.update_item().table_name(&self.table).key("pk", text(id.as_str()));
        Ok(request
            .update_expression(set)
            .expression_attribute_values(":version", number(bot.version))
            .expression_attribute_values(":bot", value)
            .expression_attribute_values(":created", number(bot.created_at.0))
            .expression_attribute_values(":live", text(LIVE)))
    }

    /// Begins to delete the bot of that version: nobody publishes it any more, and [`Bots::delete`] follows. `Conflict` when
    /// somebody else published meanwhile.
    pub async fn begin_to_delete(&self, id: &BotId, version: i64) -> Result<(), StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", text(id.as_str()))
            .update_expression("SET deleting = :version")
            .condition_expression("version = :version")
            .expression_attribute_values(":version", number(version));
        request.send().await.map(drop).map_err(|error| update_conflict_or(&error))
    }

    /// Takes away the bot that [`Bots::begin_to_delete`] began with. What was published before it goes when its time is over.
    /// `Conflict` when it is gone already, and another may be there.
    pub async fn delete(&self, id: &BotId, version: i64) -> Result<(), StoreError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("pk", text(id.as_str()))
            .condition_expression("deleting = :version")
            .expression_attribute_values(":version", number(version));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Err(StoreError::Conflict)
            }
            Err(error) => Err(StoreError::from_sdk(&error)),
        }
    }

    /// Up to `limit` ids of the bots there are, in their order, behind `after`.
    pub async fn page(&self, after: Option<&BotId>, limit: i32) -> Result<Vec<BotId>, StoreError> {
        let start =
            after.map(|after| Item::from([("pk".to_owned(), text(after.as_str())), ("live".to_owned(), text(LIVE))]));
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(LIVE_INDEX)
            .key_condition_expression("live = :live")
            .expression_attribute_values(":live", text(LIVE))
            .set_exclusive_start_key(start)
            .limit(limit)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        Ok(output.items().iter().filter_map(|item| read_text(item, "pk")?.parse().ok()).collect())
    }
}

/// What all bots have in common that are not of the past.
const LIVE: &str = "1";

fn former(id: &BotId, version: i64) -> String {
    format!("{id}#{version}")
}

/// The attribute that a bot is in, and what it is.
fn pack(bot: &Value) -> Result<(&'static str, AttributeValue), StoreError> {
    let json = serde_json::to_string(bot).map_err(|error| StoreError::corrupt("bot", &error))?;
    if json.len() > MAX_BOT_BYTES {
        return Err(StoreError::TooLarge);
    }
    if json.len() <= PLAIN_BYTES {
        return Ok(("body", AttributeValue::S(json)));
    }
    let packed = compress_to_vec_zlib(json.as_bytes(), LEVEL);
    // Pictures inside of it do not pack.
    if packed.len() > PACKED_BYTES {
        Err(StoreError::TooLarge)
    } else {
        Ok(("packed", AttributeValue::B(Blob::new(packed))))
    }
}

fn unpack(item: &Item) -> Result<Value, StoreError> {
    let Some(AttributeValue::B(packed)) = item.get("packed") else { return read_json("bot", item, "body") };
    let json = decompress_to_vec_zlib_with_limit(packed.as_ref(), MAX_BOT_BYTES)
        .map_err(|error| StoreError::Corrupt { what: "bot", reason: error.to_string() })?;
    serde_json::from_slice(&json).map_err(|error| StoreError::corrupt("bot", &error))
}

impl std::fmt::Debug for StoredBot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredBot").field("version", &self.version).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn large_bots_are_packed() {
        for (length, expected) in [(10, "body"), (PLAIN_BYTES, "packed"), (1_000_000, "packed")] {
            let bot = json!({ "flows": "가".repeat(length / 3) });
            let (name, value) = pack(&bot).unwrap();
            assert_eq!(name, expected, "{length}");
            let item = Item::from([(name.to_owned(), value)]);
            assert_eq!(unpack(&item).unwrap(), bot);
        }
        let too_large = pack(&json!("x".repeat(MAX_BOT_BYTES)));
        assert!(matches!(too_large, Err(StoreError::TooLarge)));
    }

    /// A packed body that would fill the memory is not unpacked.
    #[test]
    fn what_unpacks_to_too_much_is_corrupt() {
        let packed = compress_to_vec_zlib(&vec![b' '; MAX_BOT_BYTES + 1], 1);
        let item = Item::from([("packed".to_owned(), AttributeValue::B(Blob::new(packed)))]);
        assert!(matches!(unpack(&item), Err(StoreError::Corrupt { what: "bot", .. })));
    }
}
