//! Deliveries: one item per DELIVERY. `pk` = delivery id, `attempt`, `webhookId`, `state`, `body` = the record as JSON,
//! `expires` for TTL; `dueShard` and `dueAt` only while somebody must look at it again, which keeps the index small.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use delivery::{Record, RecordState};
use model::{DeliveryId, EpochMillis};

use crate::StoreError;
use crate::item::{Item, Versioned, json, number, read_json, read_text, text};
use crate::schema::DUE_INDEX;
use crate::sessions::conflict_or;

#[derive(Clone, Debug)]
pub struct Deliveries {
    client: Client,
    table: String,
}

/// One partition of the index takes 1,000 writes a second; a second shard is a second query a minute.
const SHARD: &str = "0";

impl Deliveries {
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    /// Freezes a delivery. [`StoreError::Conflict`] when it is there already: an earlier try of the same queue messages.
    pub async fn create(&self, record: &Record) -> Result<(), StoreError> {
        let request = self.put(record)?.condition_expression("attribute_not_exists(pk)");
        request.send().await.map(drop).map_err(|error| conflict_or(&error))
    }

    /// Replaces the record that had `attempt` attempts when it was read. A claim raises that number, so of two workers
    /// only one gets it.
    pub async fn save(&self, record: &Record, attempt: u32) -> Result<(), StoreError> {
        let request = self
            .put(record)?
            .condition_expression("attempt = :attempt")
            .expression_attribute_values(":attempt", number(i64::from(attempt)));
        request.send().await.map(drop).map_err(|error| conflict_or(&error))
    }

    pub async fn load(&self, id: DeliveryId) -> Result<Option<Record>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", text(id.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        output.item.as_ref().map(read).transpose()
    }

    /// Up to `limit` that were due by `now`, the longest waiting first.
    pub async fn due(&self, now: EpochMillis, limit: i32) -> Result<Vec<DeliveryId>, StoreError> {
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(DUE_INDEX)
            .key_condition_expression("dueShard = :shard AND dueAt <= :now")
            .expression_attribute_values(":shard", text(SHARD))
            .expression_attribute_values(":now", number(now.0))
            .limit(limit)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        Ok(output.items().iter().filter_map(|item| read_text(item, "pk")?.parse().ok()).collect())
    }

    /// The newest first, for people and tools; no function asks.
    pub async fn list(&self) -> Result<Vec<Record>, StoreError> {
        let items = self
            .client
            .scan()
            .table_name(&self.table)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let mut records: Vec<Record> = items.iter().map(read).collect::<Result<_, _>>()?;
        records.sort_by_key(|record| std::cmp::Reverse(record.created_at));
        Ok(records)
    }

    fn put(&self, record: &Record) -> Result<PutItemFluentBuilder, StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(record.id.to_string()))
            .item("webhookId", text(record.webhook_id.to_string()))
            .item("attempt", number(i64::from(record.attempt)))
            .item("state", text(state_name(&record.state)))
            .item("body", json("delivery", &Versioned::V1(record))?)
            .item("expires", number(record.expires_at().0));
        Ok(match record.due_at() {
            Some(due_at) => request.item("dueShard", text(SHARD)).item("dueAt", number(due_at.0)),
            None => request,
        })
    }
}

fn read(item: &Item) -> Result<Record, StoreError> {
    let Versioned::V1(record) = read_json("delivery", item, "body")?;
    Ok(record)
}

const fn state_name(state: &RecordState) -> &'static str {
    match state {
        RecordState::Claimed { .. } => "claimed",
        RecordState::Waiting { .. } => "waiting",
        RecordState::Delivered => "delivered",
        RecordState::Parked { .. } => "parked",
        RecordState::Held => "held",
    }
}
