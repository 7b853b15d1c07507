//! DELIVERY: the body of a request to a company's webhook. Exactly these four fields, and nothing of ours is added.

use serde::{Deserialize, Serialize};

use crate::{DeliveryId, Event, WebhookId};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    pub id: DeliveryId,
    pub webhook_id: WebhookId,
    /// The text as registered, also where we connect to a cleaner form of it.
    pub webhook_url: String,
    /// Empty only in a test.
    pub messages: Vec<Event>,
}
