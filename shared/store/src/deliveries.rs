//! Deliveries: one item per DELIVERY. `pk` = delivery id, `attempt`, `webhookId`, `state`, `body` = the record as JSON
//! without what is sent, `sent` = that, as it is, `expires` for TTL; `dueShard` and `dueAt` only while somebody must look at
//! it again, which keeps that index small; `keptAs` (webhook and [`Kept`]) and `createdAt` for lists.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::Select;
use delivery::{Record, RecordState};
use futures::{StreamExt as _, TryStreamExt as _};
use model::{DeliveryId, EpochMillis, WebhookId};

use tracing::error;

use crate::item::{Item, Versioned, json, number, read_json, read_number, read_text, text};
use crate::schema::{DUE_INDEX, KEPT_INDEX};
use crate::sessions::conflict_or;
use crate::{AT_ONCE, StoreError};

#[derive(Clone, Debug)]
pub struct Deliveries {
    client: Client,
    table: String,
}

/// One partition of the index takes 1,000 writes a second; a second shard is a second query a minute.
const SHARD: &str = "0";

/// How a delivery stands, as lists tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// Claimed, or waiting for its next attempt.
    Open,
    /// Held while the webhook is off.
    Held,
    /// Given up.
    Parked,
    Delivered,
    /// Its events went on in others.
    Split,
}

/// Some of a webhook's deliveries.
#[derive(Debug, Default)]
pub struct Page {
    /// The latest first.
    pub records: Vec<Record>,
    /// Where the next list goes on; `None` at the end.
    pub next: Option<Cursor>,
}

/// Of each state, the last delivery that a list showed; `None` where it showed none yet. A state that is not there has no
/// more.
pub type Cursor = BTreeMap<Kept, Option<Place>>;

/// Where a delivery is in a list of its webhook.
pub type Place = (EpochMillis, DeliveryId);

/// One that somebody must look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub id: DeliveryId,
    pub webhook_id: WebhookId,
    pub created_at: EpochMillis,
}

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

    /// Up to `limit` that were due by `now`, the longest waiting first; `after` goes on behind the last of an earlier list.
    pub async fn due(
        &self,
        now: EpochMillis,
        after: Option<Place>,
        limit: i32,
    ) -> Result<(Vec<Due>, Option<Place>), StoreError> {
        let start = after.map(|(due_at, id)| {
            let key = [("dueShard", text(SHARD)), ("dueAt", number(due_at.0)), ("pk", text(id.to_string()))];
            key.map(|(name, value)| (name.to_owned(), value)).into()
        });
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(DUE_INDEX)
            .key_condition_expression("dueShard = :shard AND dueAt <= :now")
            .expression_attribute_values(":shard", text(SHARD))
            .expression_attribute_values(":now", number(now.0))
            .set_exclusive_start_key(start)
            .limit(limit)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let id = |item: &Item| read_text(item, "pk")?.parse::<DeliveryId>().ok();
        let last = |item: &Item| Some((EpochMillis(read_number(item, "dueAt")?), id(item)?));
        let last = output.last_evaluated_key.as_ref().and_then(last);
        // One that cannot be read must not keep the others from being sent; it is due in the next minute, too.
        let looks = futures::stream::iter(output.items().iter().filter_map(id)).map(|id| async move {
            let due = self.whose(id, now).await;
            due.inspect_err(|error| error!(delivery.id = %id, %error, "A due delivery is passed over")).ok().flatten()
        });
        let due: Vec<Option<Due>> = looks.buffered(AT_ONCE).collect().await;
        Ok((due.into_iter().flatten().collect(), last))
    }

    /// Without what is sent. None when it is not due after all: the index lags.
    async fn whose(&self, id: DeliveryId, now: EpochMillis) -> Result<Option<Due>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).key("pk", text(id.to_string()));
        let request = request.projection_expression("webhookId, createdAt, dueAt").consistent_read(true);
        let item = request.send().await.map_err(|error| StoreError::from_sdk(&error))?.item.unwrap_or_default();
        let due = || {
            let webhook_id = read_text(&item, "webhookId")?.parse().ok()?;
            let created_at = EpochMillis(read_number(&item, "createdAt")?);
            read_number(&item, "dueAt").filter(|due_at| *due_at <= now.0)?;
            Some(Due { id, webhook_id, created_at })
        };
        Ok(due())
    }

    /// Those of a webhook, the earliest first. The index lags behind the table by moments: what it names is read as of now,
    /// what it does not know yet is missing.
    pub async fn of_webhook(&self, id: WebhookId, kept: Kept) -> Result<Vec<Record>, StoreError> {
        self.until(id, kept, EpochMillis(i64::MAX)).await
    }

    /// Of those only what was made by then.
    pub async fn until(&self, id: WebhookId, kept: Kept, until: EpochMillis) -> Result<Vec<Record>, StoreError> {
        let items = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(KEPT_INDEX)
            .key_condition_expression("keptAs = :kept AND createdAt <= :until")
            .expression_attribute_values(":kept", text(kept_as(id, kept)))
            .expression_attribute_values(":until", number(until.0))
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let ids = items.iter().filter_map(|item| read_text(item, "pk")?.parse().ok());
        let loads = futures::stream::iter(ids.collect::<Vec<DeliveryId>>()).map(|id| self.load(id));
        let records: Vec<Option<Record>> = loads.buffered(AT_ONCE).try_collect().await?;
        let mut records: Vec<Record> =
            records.into_iter().flatten().filter(|record| Kept::of(&record.state) == kept).collect();
        records.sort_by(|a, b| (a.place(), a.id).cmp(&(b.place(), b.id)));
        Ok(records)
    }

    /// Some of a webhook's deliveries of `since` and later, the earliest first; `after` goes on behind the last of an earlier
    /// list, which need not stand so any more. The index lags behind by moments: those that it names are read as of now,
    /// and may stand otherwise.
    pub async fn first(
        &self,
        id: WebhookId,
        kept: Kept,
        (since, after): (EpochMillis, Option<Place>),
        limit: i32,
    ) -> Result<(Vec<Record>, Option<Place>), StoreError> {
        let start = after.map(|after| position(id, kept, after));
        // A place before that would be outside of what is asked for.
        let since = after.map_or(since, |(created_at, _)| created_at.min(since));
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(KEPT_INDEX)
            .key_condition_expression("keptAs = :kept AND createdAt >= :since")
            .expression_attribute_values(":since", number(since.0))
            .expression_attribute_values(":kept", text(kept_as(id, kept)))
            .set_exclusive_start_key(start)
            .limit(limit)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let places: Vec<Place> = output.items().iter().filter_map(place).collect();
        let last = places.last().copied().filter(|_| output.last_evaluated_key.is_some());
        let loads = futures::stream::iter(places).map(|(_, id)| self.load(id));
        let records: Vec<Option<Record>> = loads.buffered(AT_ONCE).try_collect().await?;
        let mut records: Vec<Record> = records.into_iter().flatten().collect();
        records.sort_by(|a, b| (a.place(), a.id).cmp(&(b.place(), b.id)));
        Ok((records, last))
    }

    /// How many of a webhook's deliveries stand so. The index lags behind by moments.
    pub async fn count(&self, id: WebhookId, kept: Kept) -> Result<usize, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(KEPT_INDEX)
            .key_condition_expression("keptAs = :kept")
            .expression_attribute_values(":kept", text(kept_as(id, kept)))
            .select(Select::Count)
            .into_paginator()
            .send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| StoreError::from_sdk(&error))?;
            count += usize::try_from(page.count()).unwrap_or_default();
        }
        Ok(count)
    }

    /// Open deliveries, the latest first.
    pub async fn latest_open(&self, id: WebhookId, limit: i32) -> Result<Vec<Record>, StoreError> {
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(KEPT_INDEX)
            .key_condition_expression("keptAs = :kept")
            .expression_attribute_values(":kept", text(kept_as(id, Kept::Open)))
            .scan_index_forward(false)
            .limit(limit)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let places: Vec<Place> = output.items().iter().filter_map(place).collect();
        let loads = futures::stream::iter(places).map(|(_, id)| self.load(id));
        let records: Vec<Option<Record>> = loads.buffered(AT_ONCE).try_collect().await?;
        Ok(records.into_iter().flatten().collect())
    }

    /// Since when the delivery waits that waits longest.
    pub async fn oldest_open(&self, id: WebhookId) -> Result<Option<EpochMillis>, StoreError> {
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(KEPT_INDEX)
            .key_condition_expression("keptAs = :kept")
            .expression_attribute_values(":kept", text(kept_as(id, Kept::Open)))
            .limit(1)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        Ok(output.items().first().and_then(|item| read_number(item, "createdAt")).map(EpochMillis))
    }

    /// Up to `limit` of a webhook's deliveries between the two times, in the states of `cursor`.
    pub async fn page(
        &self,
        id: WebhookId,
        (since, until): (EpochMillis, EpochMillis),
        cursor: Cursor,
        limit: u16,
    ) -> Result<Page, StoreError> {
        let queries = cursor.iter().map(|(kept, last)| async move {
            let start = last.map(|last| position(id, *kept, last));
            let output = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(KEPT_INDEX)
                .key_condition_expression("keptAs = :kept AND createdAt BETWEEN :since AND :until")
                .expression_attribute_values(":kept", text(kept_as(id, *kept)))
                .expression_attribute_values(":since", number(since.0))
                .expression_attribute_values(":until", number(until.0))
                .scan_index_forward(false)
                .set_exclusive_start_key(start)
                .limit(i32::from(limit))
                .send()
                .await
                .map_err(|error| StoreError::from_sdk(&error))?;
            let found: Vec<Place> = output.items().iter().filter_map(place).collect();
            Ok::<_, StoreError>((*kept, found, output.last_evaluated_key.is_some()))
        });
        let found = futures::future::try_join_all(queries).await?;
        // Each list is in its order already, and stays so beside the others.
        let mut rows: Vec<(Kept, EpochMillis, DeliveryId)> =
            found.iter().flat_map(|(kept, rows, _)| rows.iter().map(|(at, id)| (*kept, *at, *id))).collect();
        rows.sort_by_key(|(_, created_at, _)| std::cmp::Reverse(*created_at));
        rows.truncate(usize::from(limit));
        let mut next = Cursor::new();
        for (kept, all, more) in &found {
            let shown = rows.iter().filter(|(of, ..)| of == kept).count();
            let last = all[..shown].last().copied().or(cursor[kept]);
            if *more || shown < all.len() {
                next.insert(*kept, last);
            }
        }
        let loads = futures::stream::iter(rows).map(|(_, _, id)| self.load(id));
        let records: Vec<Option<Record>> = loads.buffered(AT_ONCE).try_collect().await?;
        Ok(Page { records: records.into_iter().flatten().collect(), next: (!next.is_empty()).then_some(next) })
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
            .item("body", json("delivery", &Versioned::V1(Record { body: String::new(), ..record.clone() }))?)
            // Apart: as a text in JSON it could be twice as long, and an item takes 400 KB.
            .item("sent", text(&record.body))
            .item("expires", number(record.expires_at().0));
        let kept = kept_as(record.webhook_id, Kept::of(&record.state));
        let request = request.item("keptAs", text(kept)).item("createdAt", number(record.created_at.0));
        Ok(match record.due_at() {
            Some(due_at) => request.item("dueShard", text(SHARD)).item("dueAt", number(due_at.0)),
            None => request,
        })
    }
}

fn read(item: &Item) -> Result<Record, StoreError> {
    let Versioned::V1(record): Versioned<Record> = read_json("delivery", item, "body")?;
    Ok(match read_text(item, "sent") {
        Some(sent) => Record { body: sent.to_owned(), ..record },
        // Of a time when it stood in the record.
        None => record,
    })
}

impl Kept {
    pub const ALL: [Self; 5] = [Self::Open, Self::Held, Self::Parked, Self::Delivered, Self::Split];

    const fn of(state: &RecordState) -> Self {
        match state {
            RecordState::Claimed { .. } | RecordState::Waiting { .. } => Self::Open,
            RecordState::Held => Self::Held,
            RecordState::Parked { .. } => Self::Parked,
            RecordState::Delivered => Self::Delivered,
            RecordState::Split { .. } => Self::Split,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Held => "held",
            Self::Parked => "parked",
            Self::Delivered => "delivered",
            Self::Split => "split",
        }
    }
}

/// The key of the index.
fn position(id: WebhookId, kept: Kept, (created_at, delivery): Place) -> Item {
    Item::from([
        ("pk".to_owned(), text(delivery.to_string())),
        ("keptAs".to_owned(), text(kept_as(id, kept))),
        ("createdAt".to_owned(), number(created_at.0)),
    ])
}

fn place(item: &Item) -> Option<Place> {
    Some((EpochMillis(read_number(item, "createdAt")?), read_text(item, "pk")?.parse().ok()?))
}

fn kept_as(id: WebhookId, kept: Kept) -> String {
    format!("{id}#{}", kept.as_str())
}

const fn state_name(state: &RecordState) -> &'static str {
    match state {
        RecordState::Claimed { .. } => "claimed",
        RecordState::Waiting { .. } => "waiting",
        RecordState::Delivered => "delivered",
        RecordState::Split { .. } => "split",
        RecordState::Parked { .. } => "parked",
        RecordState::Held => "held",
    }
}
