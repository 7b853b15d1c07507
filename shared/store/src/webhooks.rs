//! Webhooks of bots. `pk` = bot id, `sk` = webhook id, `body` = what the owner set, as JSON; its health has attributes of
//! its own, because deliveries change it side by side.

use aws_sdk_dynamodb::Client;
use delivery::{Health, SwitchedOff, Webhook};
use model::{BotId, EpochMillis, WebhookId};

use crate::StoreError;
use crate::item::{Item, json, number, read_json, read_number, read_text, text};

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
        items.iter().map(read).collect()
    }

    pub async fn load(&self, bot_id: &BotId, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", text(bot_id.as_str()))
            .key("sk", text(id.to_string()))
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        output.item.as_ref().map(read).transpose()
    }

    /// What the owner set; its health stays as it is.
    pub async fn save(&self, webhook: &Webhook) -> Result<(), StoreError> {
        let settings = Webhook { health: Health::default(), ..webhook.clone() };
        self.update(webhook, "SET body = :body", &[(":body", json("webhook", &settings)?)]).await
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
        self.update(webhook, expression, &[(":at", number(at.0))]).await
    }

    /// A success: failures are forgotten.
    pub async fn well(&self, webhook: &Webhook) -> Result<(), StoreError> {
        self.update(webhook, "REMOVE failingSince", &[]).await
    }

    pub async fn switch_off(&self, webhook: &Webhook, off: &SwitchedOff) -> Result<(), StoreError> {
        let values = [(":at", number(off.at.0)), (":reason", text(&off.reason))];
        self.update(webhook, "SET offAt = :at, offReason = :reason", &values).await
    }

    pub async fn switch_on(&self, webhook: &Webhook) -> Result<(), StoreError> {
        self.update(webhook, "REMOVE offAt, offReason, failingSince", &[]).await
    }

    async fn update(
        &self,
        webhook: &Webhook,
        expression: &str,
        values: &[(&str, aws_sdk_dynamodb::types::AttributeValue)],
    ) -> Result<(), StoreError> {
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", text(webhook.bot_id.as_str()))
            .key("sk", text(webhook.id.to_string()))
            .update_expression(expression);
        for (name, value) in values {
            request = request.expression_attribute_values(*name, value.clone());
        }
        request.send().await.map_err(|error| StoreError::from_sdk(&error))?;
        Ok(())
    }
}

fn read(item: &Item) -> Result<Webhook, StoreError> {
    let mut webhook: Webhook = read_json("webhook", item, "body")?;
    webhook.health.failing_since = read_number(item, "failingSince").map(EpochMillis);
    webhook.health.off = read_number(item, "offAt").map(|at| SwitchedOff {
        at: EpochMillis(at),
        reason: read_text(item, "offReason").unwrap_or_default().to_owned(),
    });
    Ok(webhook)
}
