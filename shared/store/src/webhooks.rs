//! Webhooks of bots. `pk` = bot id, `sk` = webhook id, `body` = what the owner set, as JSON; its health has attributes of
//! its own, because deliveries change it side by side.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use delivery::{Health, SwitchedOff, Webhook};
use model::{BotId, EpochMillis, WebhookId};
use tracing::error;

use crate::StoreError;
use crate::item::{Item, Versioned, json, number, read_json, read_number, read_text, text};

#[derive(Clone, Debug)]
pub struct Webhooks {
    client: Client,
    table: String,
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

    /// What the owner set; its health stays as it is.
    pub async fn save(&self, webhook: &Webhook) -> Result<(), StoreError> {
        let settings = Webhook { health: Health::default(), ..webhook.clone() };
        let request = self.update(webhook, "SET body = :body");
        send(request.expression_attribute_values(":body", json("webhook", &Versioned::V1(settings))?)).await
    }

    pub async fn delete(&self, webhook: &Webhook) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table);
        let request = request.key("pk", text(webhook.bot_id.as_str())).key("sk", text(webhook.id.to_string()));
        request.send().await.map_err(|error| StoreError::from_sdk(&error))?;
        Ok(())
    }

    /// A failure: the first since the last success is remembered.
    pub async fn failing(&self, webhook: &Webhook, at: EpochMillis) -> Result<(), StoreError> {
        let expression = "SET failingSince = if_not_exists(failingSince, :at)";
        let request = self.update(webhook, expression).condition_expression(EXISTS);
        send(request.expression_attribute_values(":at", number(at.0))).await
    }

    /// A success: failures are forgotten.
    pub async fn well(&self, webhook: &Webhook) -> Result<(), StoreError> {
        send(self.update(webhook, "REMOVE failingSince").condition_expression(EXISTS)).await
    }

    /// Unless something got through since `first_attempt_at`, after the webhook was read.
    pub async fn switch_off(
        &self,
        webhook: &Webhook,
        off: &SwitchedOff,
        first_attempt_at: EpochMillis,
    ) -> Result<(), StoreError> {
        let request = self.update(webhook, "SET offAt = :at, offReason = :reason");
        let request = request
            .condition_expression("attribute_exists(pk) AND failingSince <= :first")
            .expression_attribute_values(":at", number(off.at.0))
            .expression_attribute_values(":reason", text(&off.reason))
            .expression_attribute_values(":first", number(first_attempt_at.0));
        send(request).await
    }

    pub async fn switch_on(&self, webhook: &Webhook) -> Result<(), StoreError> {
        send(self.update(webhook, "REMOVE offAt, offReason, failingSince").condition_expression(EXISTS)).await
    }

    fn update(&self, webhook: &Webhook, expression: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("pk", text(webhook.bot_id.as_str()))
            .key("sk", text(webhook.id.to_string()))
            .update_expression(expression)
    }
}

/// An update makes an item that is not there; of a webhook that was deleted meanwhile, half a one.
const EXISTS: &str = "attribute_exists(pk)";

/// What a condition keeps from being written needs no writing any more.
async fn send(request: UpdateItemFluentBuilder) -> Result<(), StoreError> {
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) => {
            Ok(())
        }
        Err(error) => Err(StoreError::from_sdk(&error)),
    }
}

fn read(item: &Item) -> Result<Webhook, StoreError> {
    let Versioned::V1(mut webhook): Versioned<Webhook> = read_json("webhook", item, "body")?;
    webhook.health.failing_since = read_number(item, "failingSince").map(EpochMillis);
    webhook.health.off = read_number(item, "offAt").map(|at| SwitchedOff {
        at: EpochMillis(at),
        reason: read_text(item, "offReason").unwrap_or_default().to_owned(),
    });
    Ok(webhook)
}
