//! When conversations end: a marker item per session in the table of the sessions, which DynamoDB removes when its time
//! has come. `pk` = `expiry#` + session id, `expires` for TTL, `body` = the inbound to queue then, as JSON.
//!
//! The table's stream shows the removed item. It may come late, or of a conversation that went on: the worker looks.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use model::time::EpochSeconds;
use model::{EndUserId, Inbound};
use serde_json::Value;
use tracing::error;

use crate::StoreError;
use crate::item::{Item, Versioned, json, number, read_json, text};

#[derive(Clone, Debug)]
pub struct Timers {
    client: Client,
    table: String,
}

const PREFIX: &str = "expiry#";

impl Timers {
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    /// Sets the session's timer, in place of an earlier one.
    pub async fn set(&self, inbound: &Inbound, expires: EpochSeconds) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(key(inbound.session_id())))
            .item("expires", number(expires.0))
            .item("body", json("timer", &Versioned::V1(inbound))?)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        Ok(())
    }

    /// The customer is deleted.
    pub async fn delete(&self, session_id: EndUserId) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).key("pk", text(key(session_id)));
        request.send().await.map(drop).map_err(|error| StoreError::from_sdk(&error))
    }

    /// Those whose time has come. DynamoDB finds them itself; the local stack asks.
    pub async fn due(&self, now: EpochSeconds) -> Result<Vec<Inbound>, StoreError> {
        let items = self
            .client
            .scan()
            .table_name(&self.table)
            .filter_expression("begins_with(pk, :prefix) AND expires <= :now")
            .expression_attribute_values(":prefix", text(PREFIX))
            .expression_attribute_values(":now", number(now.0))
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<Item>, _>>()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let readable = |item| {
            let read = read_json("timer", item, "body").inspect_err(|error| error!(%error, "A timer is passed over"));
            read.ok().map(|Versioned::V1(inbound)| inbound)
        };
        Ok(items.iter().filter_map(readable).collect())
    }

    /// As TTL removes it: not if it was set anew meanwhile.
    pub async fn remove(&self, id: EndUserId, now: EpochSeconds) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).key("pk", text(key(id)));
        let request =
            request.condition_expression("expires <= :now").expression_attribute_values(":now", number(now.0));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(StoreError::from_sdk(&error)),
        }
    }
}

/// The inbound of a timer that the table's stream shows as removed; `None` for everything else in the stream.
pub fn removed(record: &Value) -> Option<Result<Inbound, StoreError>> {
    if record["eventName"] != "REMOVE" {
        return None;
    }
    let image = &record["dynamodb"]["OldImage"];
    if !image["pk"]["S"].as_str().or_else(|| record["dynamodb"]["Keys"]["pk"]["S"].as_str())?.starts_with(PREFIX) {
        return None;
    }
    let read = serde_json::from_str(image["body"]["S"].as_str().unwrap_or_default());
    Some(read.map(|Versioned::V1(inbound)| inbound).map_err(|error| StoreError::corrupt("timer", &error)))
}

/// The stream's record of a removed timer, as the local stack makes it.
pub fn removal(inbound: &Inbound) -> Result<Value, StoreError> {
    let body = serde_json::to_string(&Versioned::V1(inbound)).map_err(|error| StoreError::corrupt("timer", &error))?;
    let pk = key(inbound.session_id());
    Ok(serde_json::json!({
        "eventName": "REMOVE",
        "eventSource": "aws:dynamodb",
        "userIdentity": { "type": "Service", "principalId": "dynamodb.amazonaws.com" },
        "dynamodb": {
            "Keys": { "pk": { "S": pk } },
            "OldImage": { "pk": { "S": pk }, "body": { "S": body } },
            "SequenceNumber": inbound.id.to_string(),
        },
    }))
}

fn key(id: EndUserId) -> String {
    format!("{PREFIX}{id}")
}
