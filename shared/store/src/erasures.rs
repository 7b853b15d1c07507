//! Customers who are being deleted, in the table of the keys: `pk` = `erase#` + bot id + `#` + end user id, `body` = how far
//! that is, as JSON, `expires` for TTL.

use aws_sdk_dynamodb::Client;
use model::{BotId, DeliveryId, EndUserId, EpochMillis, WebhookId};
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::deliveries::{Kept, Place};
use crate::item::{Item, Versioned, json, number, read_json, read_number, text};

#[derive(Clone, Debug)]
pub struct Erasures {
    client: Client,
    table: String,
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// When everything had been looked at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once_at: Option<EpochMillis>,
    /// The webhook whose deliveries are being looked at, and how far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<(EpochMillis, DeliveryId)>,
    /// A delivery was being sent when it was looked at, or the customer came back: look again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    busy: bool,
}

/// As long as there may be deliveries to look at.
const KEPT_SECONDS: i64 = 20 * 24 * 60 * 60;

impl Erasure {
    /// The customer came back. A look that is under way goes on, and another follows; else it begins anew.
    #[must_use]
    pub fn again(self) -> Self {
        let once_at = self.once_at.filter(|_| self.webhook.is_some());
        Self { once_at, busy: true, ..self }
    }

    /// Of one webhook everything was looked at.
    pub const fn looked(&mut self, at_rest: bool) {
        self.busy |= !at_rest;
    }

    /// Whether all is found that was on its way.
    pub const fn is_complete(&self) -> bool {
        self.once_at.is_some() && !self.busy
    }

    pub fn go_on(&mut self, webhook: WebhookId, to: Option<(Kept, Option<Place>)>) {
        self.webhook = Some(webhook);
        self.state = to.map(|(kept, _)| kept.as_str().to_owned());
        self.place = to.and_then(|(_, place)| place);
    }

    pub fn place(&self) -> Option<(Kept, Option<Place>)> {
        let kept = Kept::ALL.into_iter().find(|kept| Some(kept.as_str()) == self.state.as_deref())?;
        Some((kept, self.place))
    }

    /// Everything was looked at, and will be once more.
    pub fn rest(&mut self, now: EpochMillis) {
        self.once_at = Some(now);
        self.busy = false;
        (self.webhook, self.state, self.place) = (None, None, None);
    }
}

impl Erasures {
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    /// What nobody went on with for so long is forgotten, whenever the table lets go of it.
    pub async fn load(&self, bot_id: &BotId, id: EndUserId, now: EpochMillis) -> Result<Option<Erasure>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", text(pk(bot_id, id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let is_kept = |item: &Item| read_number(item, "expires").is_some_and(|expires| expires > now.seconds().0);
        let Some(item) = output.item.filter(is_kept) else { return Ok(None) };
        let Versioned::V1(erasure) = read_json("erasure", &item, "body")?;
        Ok(Some(erasure))
    }

    pub async fn save(
        &self,
        bot_id: &BotId,
        id: EndUserId,
        erasure: &Erasure,
        now: EpochMillis,
    ) -> Result<(), StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(pk(bot_id, id)))
            .item("body", json("erasure", &Versioned::V1(erasure))?)
            .item("expires", number(now.seconds().0 + KEPT_SECONDS));
        request.send().await.map(drop).map_err(|error| StoreError::from_sdk(&error))
    }

    pub async fn delete(&self, bot_id: &BotId, id: EndUserId) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).key("pk", text(pk(bot_id, id)));
        request.send().await.map(drop).map_err(|error| StoreError::from_sdk(&error))
    }
}

fn pk(bot_id: &BotId, id: EndUserId) -> String {
    format!("erase#{bot_id}#{id}")
}
