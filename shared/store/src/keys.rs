//! Keys of the management API, and what was asked with an `Idempotency-Key`. `pk` = `key#` + key id, `body` = the key as
//! JSON with the hash of its secret; `pk` = `asked#` + key id + `#` + the hash of the caller's text, `request` = the hash of
//! what was asked, `body` = the answer, once there is one, `until` = when another may try, `expires` for TTL.

use aws_sdk_dynamodb::Client;
use model::{BotId, EpochMillis};
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::item::{Versioned, json, number, read_json, read_text, text};
use crate::sessions::conflict_or;

#[derive(Clone, Debug)]
pub struct Keys {
    client: Client,
    table: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredKey {
    pub id: String,
    pub name: String,
    /// SHA-256 of the secret, in hex. The secret itself is 256 random bits, which nobody guesses.
    pub hash: String,
    /// `None`: all bots of the installation.
    pub bots: Option<Vec<BotId>>,
    pub rights: Vec<Right>,
    pub created_at: EpochMillis,
}

/// What a key is good for. None of them holds another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// See bots, webhooks, deliveries, customers.
    Read,
    /// Change and delete them.
    Write,
    /// Talk to customers.
    Agent,
}

/// What is known of a request that names an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// This is the first, or the one before it died: go on.
    First,
    /// Somebody is at it.
    UnderWay,
    /// It was another request under the same name.
    Other,
    /// It was done; this was the answer.
    Answered(String),
}

/// Answers are repeated for a day.
const REMEMBERED_SECONDS: i64 = 24 * 60 * 60;
/// A worker that has not answered by then is dead: functions end after 30 seconds.
const UNDER_WAY_MS: i64 = 60_000;

impl Keys {
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    /// [`StoreError::Conflict`] when there is one of that id.
    pub async fn create(&self, key: &StoredKey) -> Result<(), StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(pk(&key.id)))
            .item("body", json("key", &Versioned::V1(key))?)
            .condition_expression("attribute_not_exists(pk)");
        request.send().await.map(drop).map_err(|error| conflict_or(&error))
    }

    pub async fn load(&self, id: &str) -> Result<Option<StoredKey>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", text(pk(id)))
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let Some(item) = output.item else { return Ok(None) };
        let Versioned::V1(key) = read_json("key", &item, "body")?;
        Ok(Some(key))
    }

    /// For people and tools, the earliest first.
    pub async fn list(&self) -> Result<Vec<StoredKey>, StoreError> {
        let items = self
            .client
            .scan()
            .table_name(&self.table)
            .filter_expression("begins_with(pk, :prefix)")
            .expression_attribute_values(":prefix", text(PREFIX))
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let read = |item| read_json("key", item, "body").map(|Versioned::V1(key)| key);
        let mut keys: Vec<StoredKey> = items.iter().map(read).collect::<Result<_, _>>()?;
        keys.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(keys)
    }

    pub async fn delete(&self, id: &str) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).key("pk", text(pk(id)));
        request.send().await.map(drop).map_err(|error| StoreError::from_sdk(&error))
    }

    /// Whether a request of this name was made before. The first to ask has it for a minute.
    pub async fn ask(&self, key_id: &str, name: &str, request: &str, now: EpochMillis) -> Result<Asked, StoreError> {
        let pk = asked(key_id, name);
        let claim = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(&pk))
            .item("request", text(request))
            .item("until", number(now.0 + UNDER_WAY_MS))
            .item("expires", number(now.seconds().0 + REMEMBERED_SECONDS))
            // TTL removes late. `until` and `request` are words of DynamoDB's.
            .condition_expression(
                "attribute_not_exists(pk) OR expires < :seconds \
                 OR (attribute_not_exists(body) AND #until < :now AND #request = :request)",
            )
            .expression_attribute_names("#until", "until")
            .expression_attribute_names("#request", "request")
            .expression_attribute_values(":seconds", number(now.seconds().0))
            .expression_attribute_values(":now", number(now.0))
            .expression_attribute_values(":request", text(request));
        match claim.send().await.map_err(|error| conflict_or(&error)) {
            Ok(_) => return Ok(Asked::First),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", text(pk))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        // It was given back just now, or expired: the caller asks again.
        let Some(item) = output.item else { return Ok(Asked::UnderWay) };
        if read_text(&item, "request") != Some(request) {
            return Ok(Asked::Other);
        }
        Ok(match read_text(&item, "body") {
            Some(answer) => Asked::Answered(answer.to_owned()),
            None => Asked::UnderWay,
        })
    }

    /// What the request of that name was answered with.
    pub async fn answer(
        &self,
        key_id: &str,
        name: &str,
        request: &str,
        answer: &str,
        now: EpochMillis,
    ) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(asked(key_id, name)))
            .item("request", text(request))
            .item("body", text(answer))
            .item("until", number(now.0))
            .item("expires", number(now.seconds().0 + REMEMBERED_SECONDS));
        put.send().await.map(drop).map_err(|error| StoreError::from_sdk(&error))
    }

    /// The request of that name came to nothing, and may be made again.
    pub async fn give_back(&self, key_id: &str, name: &str) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).key("pk", text(asked(key_id, name)));
        request.send().await.map(drop).map_err(|error| StoreError::from_sdk(&error))
    }
}

const PREFIX: &str = "key#";

fn pk(id: &str) -> String {
    format!("{PREFIX}{id}")
}

fn asked(key_id: &str, name: &str) -> String {
    format!("asked#{key_id}#{name}")
}

impl Right {
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Agent];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Agent => "agent",
        }
    }
}
