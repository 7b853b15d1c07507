//! What was said on web chat, numbered, for browsers that come back: in the table `web`, all below `pk` = `user#` + end
//! user. `sk` = `log` holds the last number, which frame is the keyboard in force, and which conversation begins; `frame#` +
//! number the frame as JSON; `key#` + key what number that frame got, so that it gets no second one.
//!
//! A frame is appended by one transaction of the three: there is never a number without its frame, nor a frame twice.
//! Everything has `expires`.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use futures::{StreamExt as _, TryStreamExt as _};
use model::{EndUserId, EpochMillis};

use crate::item::{Item, number, read_number, read_text, text};
use crate::web_connections::{ALONE, CONNECTION, by_id, user};
use crate::{AT_ONCE, StoreError};

#[derive(Clone, Debug)]
pub struct WebFrames {
    client: Client,
    table: String,
}

/// Where a log stands.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Numbers rise by one from 1; 0 before the first.
    pub last: u64,
    /// The frame that is the keyboard in force.
    pub keyboard: Option<u64>,
    /// What was announced last by [`WebFrames::begin`].
    pub begins: Option<String>,
}

/// What begins may hold what a page tells of its customer.
impl std::fmt::Debug for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { last, keyboard, .. } = self;
        f.debug_struct("Head").field("last", last).field("keyboard", keyboard).finish_non_exhaustive()
    }
}

/// What appending a frame does to the keyboard in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyboard {
    Unchanged,
    /// It is the frame itself.
    Begins,
    Ends,
}

/// What is known of a frame by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptFrame {
    pub seq: u64,
    /// As it was first appended.
    pub at: EpochMillis,
    /// What it stands for went on to where it goes. See [`WebFrames::done`].
    pub done: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    Now(KeptFrame),
    /// The key had been used: nothing was written.
    Before(KeptFrame),
}

/// A month's talk is there on reopening.
const FRAME_SECONDS: i64 = 30 * 24 * 60 * 60;
/// The last number outlives the frames, or a browser of before would take new ones for those that it has.
const LOG_SECONDS: i64 = 400 * 24 * 60 * 60;
/// A browser says again what was not acknowledged for a day, and a turn is said again for as long.
const KEY_SECONDS: i64 = 2 * 24 * 60 * 60;

const LOG: &str = "log";
const FRAME: &str = "frame#";
const KEY: &str = "key#";

impl Appended {
    pub fn kept(self) -> KeptFrame {
        match self {
            Self::Now(kept) | Self::Before(kept) => kept,
        }
    }
}

impl WebFrames {
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    pub async fn head(&self, id: EndUserId) -> Result<Head, StoreError> {
        let item = self.item(id, LOG.to_owned()).await?.unwrap_or_default();
        Ok(Head {
            last: unsigned(&item, "last").unwrap_or_default(),
            keyboard: unsigned(&item, "keyboard").filter(|keyboard| *keyboard > 0),
            begins: read_text(&item, "begins").map(str::to_owned),
        })
    }

    /// Announces a conversation that begins, unless somebody else has announced one since `before` was read: then false.
    pub async fn begin(
        &self,
        id: EndUserId,
        before: Option<&str>,
        begins: &str,
        at: EpochMillis,
    ) -> Result<bool, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", text(user(id)))
            .key("sk", text(LOG))
            .update_expression("SET begins = :begins, expires = :expires")
            .expression_attribute_values(":begins", text(begins))
            .expression_attribute_values(":expires", number(at.seconds().0 + LOG_SECONDS));
        let request = match before {
            Some(before) => {
                request.condition_expression("begins = :before").expression_attribute_values(":before", text(before))
            }
            None => request.condition_expression("attribute_not_exists(begins)"),
        };
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::from_sdk(&error)),
        }
    }

    pub async fn by_key(&self, id: EndUserId, key: &str) -> Result<Option<KeptFrame>, StoreError> {
        let Some(item) = self.item(id, format!("{KEY}{key}")).await? else { return Ok(None) };
        let missing = || StoreError::Corrupt { what: "frame", reason: "`seq` or `at` is missing".to_owned() };
        Ok(Some(KeptFrame {
            seq: unsigned(&item, "seq").ok_or_else(missing)?,
            at: EpochMillis(read_number(&item, "at").ok_or_else(missing)?),
            done: item.contains_key("done"),
        }))
    }

    /// Appends a frame behind the number `last`, once for a key. None: the log's last number is another by now.
    pub async fn append(
        &self,
        id: EndUserId,
        key: &str,
        frame: &str,
        keyboard: Keyboard,
        at: EpochMillis,
        last: u64,
    ) -> Result<Option<Appended>, StoreError> {
        let seq = last + 1;
        let parts = self.parts(id, key, frame, keyboard, seq, at).map_err(|error| built(&error))?;
        match self.client.transact_write_items().set_transact_items(Some(parts)).send().await {
            Ok(_) => Ok(Some(Appended::Now(KeptFrame { seq, at, done: false }))),
            Err(error)
                if error.as_service_error().is_some_and(TransactWriteItemsError::is_transaction_canceled_exception) =>
            {
                Ok(self.by_key(id, key).await?.map(Appended::Before))
            }
            Err(error) => Err(StoreError::from_sdk(&error)),
        }
    }

    fn parts(
        &self,
        id: EndUserId,
        key: &str,
        frame: &str,
        keyboard: Keyboard,
        seq: u64,
        at: EpochMillis,
    ) -> Result<Vec<TransactWriteItem>, BuildError> {
        let now = at.seconds().0;
        let number_of = |seq: u64| AttributeValue::N(seq.to_string());
        let put = || Put::builder().table_name(&self.table).item("pk", text(user(id)));
        let (set, in_force) = match keyboard {
            Keyboard::Unchanged => ("SET #last = :next, expires = :expires", None),
            Keyboard::Begins => ("SET #last = :next, expires = :expires, keyboard = :keyboard", Some(seq)),
            Keyboard::Ends => ("SET #last = :next, expires = :expires, keyboard = :keyboard", Some(0)),
        };
        let log = Update::builder()
            .table_name(&self.table)
            .key("pk", text(user(id)))
            .key("sk", text(LOG))
            .update_expression(set)
            .condition_expression(if seq == 1 { "attribute_not_exists(#last)" } else { "#last = :last" })
            .expression_attribute_names("#last", "last")
            .expression_attribute_values(":next", number_of(seq))
            .expression_attribute_values(":expires", number(now + LOG_SECONDS));
        let log = match in_force {
            Some(seq) => log.expression_attribute_values(":keyboard", number_of(seq)),
            None => log,
        };
        let log = if seq == 1 { log } else { log.expression_attribute_values(":last", number_of(seq - 1)) };
        let frame = put()
            .item("sk", text(frame_key(seq)))
            .item("body", text(frame))
            .item("expires", number(now + FRAME_SECONDS));
        let key = put()
            .item("sk", text(format!("{KEY}{key}")))
            .item("seq", number_of(seq))
            .item("at", number(at.0))
            .item("expires", number(now + KEY_SECONDS))
            .condition_expression("attribute_not_exists(pk)");
        Ok(vec![
            TransactWriteItem::builder().update(log.build()?).build(),
            TransactWriteItem::builder().put(frame.build()?).build(),
            TransactWriteItem::builder().put(key.build()?).build(),
        ])
    }

    /// Marks that what a frame stands for went on: a second one of its key has nothing left to do.
    pub async fn done(&self, id: EndUserId, key: &str) -> Result<(), StoreError> {
        let request = self.client.update_item().table_name(&self.table).key("pk", text(user(id)));
        let request = request
            .key("sk", text(format!("{KEY}{key}")))
            .update_expression("SET done = :done")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":done", AttributeValue::Bool(true));
        request.send().await.map(drop).map_err(|error| StoreError::from_sdk(&error))
    }

    /// Frames behind a number, in order.
    pub async fn after(&self, id: EndUserId, seq: u64, most: usize) -> Result<Vec<(u64, String)>, StoreError> {
        self.range(id, seq.saturating_add(1), u64::MAX, most, true).await
    }

    /// Frames before a number, the newest first.
    pub async fn before(&self, id: EndUserId, seq: u64, most: usize) -> Result<Vec<(u64, String)>, StoreError> {
        self.range(id, 0, seq.saturating_sub(1), most, false).await
    }

    pub async fn frame(&self, id: EndUserId, seq: u64) -> Result<Option<String>, StoreError> {
        Ok(self.item(id, frame_key(seq)).await?.and_then(|item| read_text(&item, "body").map(str::to_owned)))
    }

    /// Everything of an end user: what was said, and the sockets that are open.
    pub async fn erase(&self, id: EndUserId) -> Result<(), StoreError> {
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .projection_expression("pk, sk")
            .expression_attribute_values(":pk", text(user(id)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut keys = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| StoreError::from_sdk(&error))?;
            keys.extend(read_text(&item, "sk").map(str::to_owned));
        }
        let deletes = keys.into_iter().map(|sk| async move {
            let delete = async |pk: String, sk: &str| {
                let request = self.client.delete_item().table_name(&self.table).key("pk", text(pk)).key("sk", text(sk));
                request.send().await.map(drop).map_err(|error| StoreError::from_sdk(&error))
            };
            // Its own row first: it is found by this one.
            if let Some(connection) = sk.strip_prefix(CONNECTION) {
                delete(by_id(connection), ALONE).await?;
            }
            delete(user(id), &sk).await
        });
        futures::stream::iter(deletes).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn item(&self, id: EndUserId, sk: String) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).key("pk", text(user(id))).key("sk", text(sk));
        let output = request.consistent_read(true).send().await.map_err(|error| StoreError::from_sdk(&error))?;
        Ok(output.item)
    }

    /// Both ends are in it. A megabyte is a page, and a page is enough for whoever asks.
    async fn range(
        &self,
        id: EndUserId,
        from: u64,
        to: u64,
        most: usize,
        forward: bool,
    ) -> Result<Vec<(u64, String)>, StoreError> {
        if from > to {
            return Ok(Vec::new());
        }
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(user(id)))
            .expression_attribute_values(":from", text(frame_key(from)))
            .expression_attribute_values(":to", text(frame_key(to)))
            .scan_index_forward(forward)
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let frame = |item: &Item| {
            let seq = read_text(item, "sk")?.strip_prefix(FRAME)?.parse().ok()?;
            Some((seq, read_text(item, "body")?.to_owned()))
        };
        Ok(output.items().iter().filter_map(frame).collect())
    }
}

/// As texts, numbers of one length sort like numbers.
fn frame_key(seq: u64) -> String {
    format!("{FRAME}{seq:020}")
}

fn unsigned(item: &Item, name: &str) -> Option<u64> {
    read_number(item, name).and_then(|number| u64::try_from(number).ok())
}

fn built(error: &BuildError) -> StoreError {
    StoreError::Unavailable(error.to_string())
}
