//! Webhooks of bots. `pk` = bot id, `sk` = webhook id, `body` = what the owner set, as JSON; its health has attributes of
//! its own, because deliveries change it side by side: `health`, as JSON, and `healthVersion`, on whose condition it is
//! written. A webhook that was always well has neither.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use delivery::{Health, StoredHealth, SwitchedOff, Webhook};
use model::{BotId, EpochMillis, WebhookId};
use tracing::error;

use crate::StoreError;
use crate::item::{Item, Versioned, json, number, read_json, read_number, read_text, text};

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

impl Webhooks {
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    pub async fn of_bot(&self, bot_id: &BotId) -> Result<Vec<Webhook>, StoreError> {
        let items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :bot")
            .expression_attribute_values(":bot", text(bot_id.as_str()))
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
        output.item.as_ref().map(read).transpose()
    }

    /// Every webhook is looked at, once a minute: a table of some thousand is a page or a few.
    pub async fn survey(&self) -> Result<Survey, StoreError> {
        let mut pages = self.client.scan().table_name(&self.table).filter_expression(UNWELL).into_paginator().send();
        let mut survey = Survey::default();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| StoreError::from_sdk(&error))?;
            survey.webhooks = survey.webhooks.saturating_add(u32::try_from(page.scanned_count()).unwrap_or_default());
            for item in page.items() {
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
            0 => "attribute_exists(pk) AND attribute_not_exists(healthVersion)",
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
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Err(StoreError::Conflict)
            }
            Err(error) => Err(StoreError::from_sdk(&error)),
        }
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

/// The last two are version 1's.
const UNWELL: &str = "attribute_exists(unwell) OR attribute_exists(failingSince) OR attribute_exists(offAt)";

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
