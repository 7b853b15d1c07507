//! What was said, for bots that keep it: one item per turn. `pk` = session id, `sk` = conversation id, which begins with its
//! time, `#`, time of the turn, `#`, its inbound id; `body` = its MESSAGEs as JSON, `expires` for TTL.

use std::borrow::Cow;

use aws_sdk_dynamodb::Client;
use futures::{StreamExt as _, TryStreamExt as _};
use model::{ConversationId, EndUserId, EpochMillis, InboundId, Message};
use serde::{Deserialize, Serialize};

use crate::item::{Item, Versioned, json, number, read_json, read_text, text};
use crate::{AT_ONCE, StoreError};

#[derive(Clone, Debug)]
pub struct Messages {
    client: Client,
    table: String,
}

/// Some of what was said.
#[derive(Debug, Default)]
pub struct Said {
    /// The earliest first.
    pub messages: Vec<Message>,
    /// What was said before these is before this.
    pub before: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    messages: Cow<'a, [Message]>,
}

impl Messages {
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    /// Keeps what was said in a turn. Twice is as once.
    pub async fn keep(
        &self,
        session_id: EndUserId,
        (turn, at): (InboundId, EpochMillis),
        messages: &[Message],
        expires: EpochMillis,
    ) -> Result<(), StoreError> {
        let Some(first) = messages.first() else { return Ok(()) };
        self.client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(session_id.to_string()))
            .item("sk", text(format!("{}#{:013}#{turn}", first.conversation_id, at.0)))
            .item("body", json("messages", &Versioned::V1(Kept { messages: Cow::Borrowed(messages) }))?)
            .item("expires", number(expires.seconds().0))
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        Ok(())
    }

    /// The last of them, whole turns and up to so many; of one conversation, where one is named; before `before`, where
    /// that is given.
    pub async fn of_session(
        &self,
        id: EndUserId,
        conversation: Option<ConversationId>,
        before: Option<&str>,
        turns: u16,
    ) -> Result<Said, StoreError> {
        // `$` comes right behind `#`: all that begins with the conversation's id lies between.
        let (from, to) = match conversation {
            Some(conversation) => (format!("{conversation}#"), format!("{conversation}$")),
            None => ("0".to_owned(), "g".to_owned()),
        };
        let to = before.map_or(to.as_str(), |before| before.min(to.as_str()));
        if to <= from.as_str() {
            return Ok(Said::default());
        }
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :id AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":id", text(id.to_string()))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .scan_index_forward(false)
            // One more than asked for: `BETWEEN` includes the end, and there may be more before the last.
            .limit(i32::from(turns) + 2)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let mut items: Vec<&Item> =
            output.items().iter().filter(|item| read_text(item, "sk").is_some_and(|sk| sk < to)).collect();
        let more = items.len() > usize::from(turns) || output.last_evaluated_key.is_some();
        items.truncate(usize::from(turns));
        let read = |item: &&Item| {
            let Versioned::V1(Kept { messages }) = read_json("messages", item, "body")?;
            Ok(messages.into_owned())
        };
        let read: Vec<Vec<Message>> = items.iter().rev().map(read).collect::<Result<_, StoreError>>()?;
        let before = items.last().and_then(|item| read_text(item, "sk")).filter(|_| more).map(str::to_owned);
        Ok(Said { messages: read.into_iter().flatten().collect(), before })
    }

    /// Everything that was said. What is said meanwhile stays.
    pub async fn erase(&self, id: EndUserId) -> Result<(), StoreError> {
        let items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :id")
            .expression_attribute_values(":id", text(id.to_string()))
            .projection_expression("pk, sk")
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<Item>, _>>()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let deletes = items.into_iter().map(|item| async {
            let request = self.client.delete_item().table_name(&self.table).set_key(Some(item));
            request.send().await.map(drop).map_err(|error| StoreError::from_sdk(&error))
        });
        futures::stream::iter(deletes).buffer_unordered(AT_ONCE).try_collect().await
    }
}
