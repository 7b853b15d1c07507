//! Sockets of web chat, in the table `web`, each twice: `pk` = `connection#` + its id, which says whose it is, and from
//! its `open` on `pk` = `user#` + end user, `sk` = `connection#` + id, by which everybody's sockets are found. Both have
//! `expires`, because a `$disconnect` may never come.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use model::time::EpochSeconds;
use model::{BotId, EndUserId, EpochMillis, UserKey};

use crate::StoreError;
use crate::item::{Item, number, read_number, read_text, text};

#[derive(Clone, Debug)]
pub struct WebConnections {
    client: Client,
    table: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebConnection {
    pub id: String,
    pub bot_id: BotId,
    pub user_key: UserKey,
    pub end_user_id: EndUserId,
    pub connected_at: EpochMillis,
    pub opened: bool,
    pub expires: EpochSeconds,
}

pub(crate) const CONNECTION: &str = "connection#";
/// The by-id row has the table's range key for the frames' sake.
pub(crate) const ALONE: &str = "-";

impl WebConnections {
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    pub async fn load(&self, id: &str) -> Result<Option<WebConnection>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", text(by_id(id)))
            .key("sk", text(ALONE))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        output.item.map(|item| read(id, &item)).transpose()
    }

    /// A socket that was let in. Nobody is sent anything by it yet.
    pub async fn connect(&self, connection: &WebConnection) -> Result<(), StoreError> {
        let request = self.client.put_item().table_name(&self.table).item("sk", text(ALONE));
        let request = request.item("pk", text(by_id(&connection.id))).item("opened", AttributeValue::Bool(false));
        let request = request
            .item("bot", text(connection.bot_id.as_str()))
            .item("userKey", text(connection.user_key.as_str()))
            .item("endUser", text(connection.end_user_id.to_string()))
            .item("connectedAt", number(connection.connected_at.0))
            .item("expires", number(connection.expires.0));
        request.send().await.map(drop).map_err(|error| StoreError::from_sdk(&error))
    }

    /// From now on it is sent what its user is sent. The row of the user comes first: a process that dies in between
    /// leaves a socket that has to open again, and none that believes itself open and is forgotten.
    pub async fn open(&self, connection: &WebConnection) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(user(connection.end_user_id)))
            .item("sk", text(format!("{CONNECTION}{}", connection.id)))
            .item("expires", number(connection.expires.0));
        put.send().await.map_err(|error| StoreError::from_sdk(&error))?;
        let connection = WebConnection { opened: true, ..connection.clone() };
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", text(by_id(&connection.id)))
            .key("sk", text(ALONE))
            .update_expression(
                "SET opened = :opened, bot = :bot, userKey = :key, endUser = :user, connectedAt = :at, expires = :end",
            )
            .expression_attribute_values(":opened", AttributeValue::Bool(true))
            .expression_attribute_values(":bot", text(connection.bot_id.as_str()))
            .expression_attribute_values(":key", text(connection.user_key.as_str()))
            .expression_attribute_values(":user", text(connection.end_user_id.to_string()))
            .expression_attribute_values(":at", number(connection.connected_at.0))
            .expression_attribute_values(":end", number(connection.expires.0));
        update.send().await.map(drop).map_err(|error| StoreError::from_sdk(&error))
    }

    /// Whoever is open now, as far as anybody knows.
    pub async fn of_user(&self, id: EndUserId, now: EpochSeconds) -> Result<Vec<String>, StoreError> {
        let items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .filter_expression("expires > :now")
            .expression_attribute_values(":pk", text(user(id)))
            .expression_attribute_values(":sk", text(CONNECTION))
            .expression_attribute_values(":now", number(now.0))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<Item>, _>>()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let id = |item: &Item| Some(read_text(item, "sk")?.strip_prefix(CONNECTION)?.to_owned());
        Ok(items.iter().filter_map(id).collect())
    }

    /// Deleting what is not there is nothing.
    pub async fn delete(&self, id: &str, end_user_id: EndUserId) -> Result<(), StoreError> {
        for (pk, sk) in [(user(end_user_id), format!("{CONNECTION}{id}")), (by_id(id), ALONE.to_owned())] {
            let request = self.client.delete_item().table_name(&self.table).key("pk", text(pk)).key("sk", text(sk));
            request.send().await.map_err(|error| StoreError::from_sdk(&error))?;
        }
        Ok(())
    }
}

pub(crate) fn by_id(id: &str) -> String {
    format!("{CONNECTION}{id}")
}

pub(crate) fn user(id: EndUserId) -> String {
    format!("user#{id}")
}

fn read(id: &str, item: &Item) -> Result<WebConnection, StoreError> {
    let missing = |name: &str| StoreError::Corrupt { what: "connection", reason: format!("`{name}` is missing") };
    let parsed = |name: &'static str| read_text(item, name).ok_or_else(|| missing(name));
    Ok(WebConnection {
        id: id.to_owned(),
        bot_id: parsed("bot")?.parse().map_err(|_| missing("bot"))?,
        user_key: parsed("userKey")?.parse().map_err(|_| missing("userKey"))?,
        end_user_id: parsed("endUser")?.parse().map_err(|_| missing("endUser"))?,
        connected_at: EpochMillis(read_number(item, "connectedAt").ok_or_else(|| missing("connectedAt"))?),
        opened: item.get("opened").and_then(|opened| opened.as_bool().ok()).copied().unwrap_or_default(),
        expires: EpochSeconds(read_number(item, "expires").ok_or_else(|| missing("expires"))?),
    })
}
