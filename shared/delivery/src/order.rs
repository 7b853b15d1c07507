//! Which lane a conversation goes by, and what waits while an earlier delivery is in trouble.
//!
//! A lane is a group of a FIFO queue: one delivery of it is in flight at a time. A conversation stays in its lane, so lanes
//! never change its order.

use std::collections::BTreeMap;

use model::{ConversationId, EpochMillis, Event};
use serde::{Deserialize, Serialize};

use crate::limits::MINUTE_MS;
use crate::{Bundle, Record, Webhook};

/// The most lanes of a webhook.
pub const MAX_LANES: u8 = 8;
/// Nothing waits longer for an earlier delivery.
pub const LONGEST_WAIT_MS: i64 = 30 * MINUTE_MS;

/// What happens to later events while an earlier delivery is tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// They go on, and receivers sort by time.
    #[default]
    BestEffort,
    /// Those of its conversations wait, half an hour at most.
    Conversation,
}

/// The same for a conversation each time, whoever asks; what belongs to none goes by the first.
pub fn lane(webhook: &Webhook, conversation: Option<ConversationId>) -> u8 {
    let lanes = u128::from(webhook.lanes.clamp(1, MAX_LANES));
    // The end of a UUID of version 7 is its random part.
    let place = conversation.map_or(0, |id| id.uuid().as_u128() & u128::from(u32::MAX));
    (place % lanes).try_into().unwrap_or_default()
}

/// The bundle by lanes, the events of each in their order.
pub fn lanes(webhook: &Webhook, bundle: Bundle) -> Vec<(u8, Bundle)> {
    let mut lanes: BTreeMap<u8, Vec<Event>> = BTreeMap::new();
    for event in bundle.events {
        lanes.entry(lane(webhook, event.conversation_id())).or_default().push(event);
    }
    let (bot_id, webhook_id) = (bundle.bot_id, bundle.webhook_id);
    lanes.into_iter().map(|(lane, events)| (lane, Bundle { bot_id: bot_id.clone(), webhook_id, events })).collect()
}

/// What may be sent now of these new events, and what has to wait for one of the open deliveries of the webhook. The latter
/// are frozen apart, as [`Record::behind`].
pub fn divide(order: Order, open: &[Record], events: Vec<Event>) -> (Vec<Event>, Vec<Event>) {
    match order {
        Order::BestEffort => (events, Vec::new()),
        Order::Conversation => {
            let ahead: Vec<ConversationId> =
                open.iter().filter(|record| record.due_at().is_some()).flat_map(Record::conversations).collect();
            events.into_iter().partition(|event| event.conversation_id().is_none_or(|id| !ahead.contains(&id)))
        }
    }
}

/// Until when `record` waits for others of its webhook, if it does.
pub fn waits_until(order: Order, record: &Record, open: &[Record], now: EpochMillis) -> Option<EpochMillis> {
    let patience = record.created_at.plus_ms(LONGEST_WAIT_MS);
    if order == Order::BestEffort || patience <= now {
        return None;
    }
    let conversations = record.conversations();
    let ahead = |other: &&Record| {
        other.place() < record.place()
            && other.due_at().is_some()
            && other.conversations().iter().any(|conversation| conversations.contains(conversation))
    };
    let first = open.iter().filter(ahead).filter_map(Record::due_at).min()?;
    // The other's attempt takes a moment, and it may be looked at in the same one.
    Some(first.max(now).plus_ms(1000).min(patience))
}
