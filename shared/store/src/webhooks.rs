//! Webhooks of bots. `pk` = bot id, `sk` = webhook id, `body` = what the owner set, as JSON; its health has attributes of
//! its own, because deliveries change it side by side: `health`, as JSON, and `healthVersion`, on whose condition it is
//! written. A webhook that was always well has neither. `edition` counts what the owner changed. Of a bot that was deleted they
//! stay until what they are owed is sent: `expires` for TTL.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use delivery::{Health, StoredHealth, SwitchedOff, Webhook};
use model::{BotId, EpochMillis, WebhookId};
use tracing::error;

use crate::StoreError;
use crate::item::{Item, Versioned, json, number, read_json, read_number, read_text, text, update_conflict_or};

#[derive(Clone, Debug)]
pub struct Webhooks {
    client: Client,
    table: String,
}

/// All webhooks, as far as somebody has to look after them.
#[derive(Debug, Default)]
pub struct Survey {
    pub webhooks: u32,
    /// Those that fail, are slowed down, paused, or off.
    pub unwell: Vec<Webhook>,
}

/// Which of the owner's changes was read; the next is only taken if no other came between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edition(i64);

impl Webhooks {
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    /// Those that get what happens.
    pub async fn of_bot(&self, bot_id: &BotId) -> Result<Vec<Webhook>, StoreError> {
        self.query(bot_id, Some("attribute_not_exists(expires)"), false).await
    }

    /// As of now, at twice the price of a moment ago: for whoever must miss none.
    pub async fn of_bot_current(&self, bot_id: &BotId) -> Result<Vec<Webhook>, StoreError> {
        self.query(bot_id, Some("attribute_not_exists(expires)"), true).await
    }

    /// Also those that are deleted, as long as deliveries of theirs may be kept.
    pub async fn of_bot_ever(&self, bot_id: &BotId) -> Result<Vec<Webhook>, StoreError> {
        self.query(bot_id, None, false).await
    }

    async fn query(&self, bot_id: &BotId, filter: Option<&str>, current: bool) -> Result<Vec<Webhook>, StoreError> {
        let items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :bot")
            .set_filter_expression(filter.map(str::to_owned))
            .expression_attribute_values(":bot", text(bot_id.as_str()))
            .consistent_read(current)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        // One that cannot be read must not keep the others from what happens.
        let readable =
            |item| read(item).inspect_err(|error| error!(bot.id = %bot_id, %error, "A webhook is passed over"));
        Ok(items.iter().filter_map(|item| readable(item).ok()).collect())
    }

    pub async fn load(&self, bot_id: &BotId, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        let item = self.item(bot_id, id).await?;
        item.filter(|item| !item.contains_key("deleted")).as_ref().map(read).transpose()
    }

    async fn item(&self, bot_id: &BotId, id: WebhookId) -> Result<Option<Item>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", text(bot_id.as_str()))
            .key("sk", text(id.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        Ok(output.item)
    }

    /// Every webhook is looked at, once a minute: a table of some thousand is a page or a few.
    pub async fn survey(&self) -> Result<Survey, StoreError> {
        let mut pages = self.client.scan().table_name(&self.table).filter_expression(TOLD).into_paginator().send();
        let mut survey = Survey::default();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| StoreError::from_sdk(&error))?;
            survey.webhooks = survey.webhooks.saturating_add(u32::try_from(page.scanned_count()).unwrap_or_default());
            for item in page.items() {
                if item.contains_key("deleted") {
                    survey.webhooks = survey.webhooks.saturating_sub(1);
                    continue;
                }
                match read(item) {
                    Ok(webhook) => survey.unwell.push(webhook),
                    Err(error) => error!(webhook.id = read_text(item, "sk"), %error, "A webhook is passed over"),
                }
            }
        }
        // The item of the fleet lies among them. In a table without it the count is one too low, and no matter.
        survey.webhooks = survey.webhooks.saturating_sub(1);
        Ok(survey)
    }

    /// What the owner set; its health stays as it is.
    pub async fn save(&self, webhook: &Webhook) -> Result<(), StoreError> {
        let request = self.update(&webhook.bot_id, webhook.id, "SET body = :body");
        let request = request.expression_attribute_values(":body", json("webhook", &Versioned::V1(webhook))?);
        request.send().await.map(drop).map_err(|error| StoreError::from_sdk(&error))
    }

    /// A new one. [`StoreError::Conflict`] when the bot has it.
    pub async fn create(&self, webhook: &Webhook) -> Result<(), StoreError> {
        let request = self.update(&webhook.bot_id, webhook.id, "SET body = :body REMOVE expires, deleted");
        let request = request
            // One that a deleted bot of the same id had is nobody's.
            .condition_expression("attribute_not_exists(pk) OR attribute_exists(expires)")
            .expression_attribute_values(":body", json("webhook", &Versioned::V1(webhook))?);
        request.send().await.map(drop).map_err(|error| update_conflict_or(&error))
    }

    /// One to be changed by its owner, as of now.
    pub async fn load_to_edit(&self, bot_id: &BotId, id: WebhookId) -> Result<Option<(Webhook, Edition)>, StoreError> {
        let Some(item) = self.item(bot_id, id).await? else { return Ok(None) };
        if item.contains_key("expires") {
            return Ok(None);
        }
        Ok(Some((read(&item)?, Edition(read_number(&item, "edition").unwrap_or_default()))))
    }

    /// What the owner changed; its health stays as it is. [`StoreError::Conflict`] when somebody else changed it since it
    /// was read, and when it is gone.
    pub async fn edit(&self, webhook: &Webhook, edition: Edition) -> Result<(), StoreError> {
        let request = self
            .update(&webhook.bot_id, webhook.id, "SET body = :body, edition = :next")
            .expression_attribute_values(":body", json("webhook", &Versioned::V1(webhook))?)
            .expression_attribute_values(":next", number(edition.0 + 1));
        let request = match edition.0 {
            0 => request.condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(edition) AND attribute_not_exists(expires)",
            ),
            read => request
                .condition_expression("edition = :read AND attribute_not_exists(expires)")
                .expression_attribute_values(":read", number(read)),
        };
        request.send().await.map(drop).map_err(|error| update_conflict_or(&error))
    }

    /// Its bot is deleted: it gets what it is owed, and nothing new.
    pub async fn retire(&self, webhook: &Webhook, expires: EpochMillis) -> Result<(), StoreError> {
        self.end(self.update(&webhook.bot_id, webhook.id, "SET expires = :expires"), expires).await
    }

    /// Its owner has deleted it: it gets nothing more. What its deliveries still hold is found by it until then; secrets and
    /// headers are gone.
    pub async fn bury(&self, webhook: &Webhook, expires: EpochMillis) -> Result<(), StoreError> {
        let nothing = Webhook::new(webhook.bot_id.clone(), &webhook.url, webhook.created_at);
        let left = Webhook { id: webhook.id, ..nothing };
        let expression =
            "SET expires = :expires, deleted = :expires, body = :body REMOVE unwell, health, healthVersion";
        let request = self
            .update(&webhook.bot_id, webhook.id, expression)
            .expression_attribute_values(":body", json("webhook", &Versioned::V1(left))?);
        self.end(request, expires).await
    }

    async fn end(&self, request: UpdateItemFluentBuilder, expires: EpochMillis) -> Result<(), StoreError> {
        let request = request
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":expires", number(expires.seconds().0));
        match request.send().await.map_err(|error| update_conflict_or(&error)) {
            // Deleted by somebody else: as good.
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub async fn delete(&self, webhook: &Webhook) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table);
        let request = request.key("pk", text(webhook.bot_id.as_str())).key("sk", text(webhook.id.to_string()));
        request.send().await.map_err(|error| StoreError::from_sdk(&error))?;
        Ok(())
    }

    /// Its health, in place of the one of `version`. [`StoreError::Conflict`] when somebody else wrote since that was read,
    /// and when the webhook was deleted: an update would make half an item.
    pub async fn save_health(&self, webhook: &Webhook, health: &Health, version: u64) -> Result<(), StoreError> {
        let is_well = *health == Health { version: health.version, ..Health::default() };
        // What surveys ask for.
        let mark = if is_well { " REMOVE unwell," } else { ", unwell = :unwell REMOVE" };
        let expression = format!("SET health = :health, healthVersion = :next{mark} failingSince, offAt, offReason");
        let condition = match version {
            0 => "attribute_exists(pk) AND attribute_not_exists(healthVersion) AND attribute_not_exists(deleted)",
            _ => "attribute_exists(pk) AND healthVersion = :version",
        };
        let mut request = self
            .update(&webhook.bot_id, webhook.id, &expression)
            .condition_expression(condition)
            .expression_attribute_values(":health", json("health", &StoredHealth::V2(health.clone()))?)
            .expression_attribute_values(":next", version_number(health.version));
        if !is_well {
            request = request.expression_attribute_values(":unwell", AttributeValue::Bool(true));
        }
        if version > 0 {
            request = request.expression_attribute_values(":version", version_number(version));
        }
        request.send().await.map(drop).map_err(|error| update_conflict_or(&error))
    }

    fn update(&self, bot_id: &BotId, id: WebhookId, expression: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("pk", text(bot_id.as_str()))
            .key("sk", text(id.to_string()))
            .update_expression(expression)
    }
}

/// Those that are unwell, and those that are deleted. The last two are version 1's.
const TOLD: &str = "attribute_exists(deleted) OR attribute_exists(unwell) OR attribute_exists(failingSince) OR \
     attribute_exists(offAt)";

fn version_number(version: u64) -> AttributeValue {
    number(i64::try_from(version).unwrap_or(i64::MAX))
}

fn read(item: &Item) -> Result<Webhook, StoreError> {
    let Versioned::V1(webhook): Versioned<Webhook> = read_json("webhook", item, "body")?;
    let stored = match item.get("health") {
        Some(_) => read_json("health", item, "health")?,
        // As version 1 had it, in attributes of their own.
        None => StoredHealth::V1 {
            failing_since: read_number(item, "failingSince").map(EpochMillis),
            off: read_number(item, "offAt").map(|at| SwitchedOff {
                at: EpochMillis(at),
                reason: read_text(item, "offReason").unwrap_or_default().to_owned(),
            }),
        },
    };
    Ok(Webhook { health: stored.into(), ..webhook })
}
