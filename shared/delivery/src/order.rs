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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::{Bot, BotId, EndUserId, EventData, EventId, EventType, InboundId, Message, MessageData, MessageId};
    use model::{PlatformType, SourceType};

    use super::*;
    use crate::{RecordState, freeze};

    fn bot() -> BotId {
        "Bxxxxx".parse().unwrap()
    }

    fn event(conversation: usize, n: usize) -> Event {
        let cause = InboundId::of(&bot(), PlatformType::Test, &format!("{conversation} {n}"));
        let began = InboundId::of(&bot(), PlatformType::Test, &conversation.to_string());
        let at = EpochMillis(0);
        Event {
            id: EventId::of(cause, 0),
            event: EventType::MessageSent,
            source_type: SourceType::Bot,
            source_id: bot(),
            timestamp: at,
            data: EventData::Message(Box::new(Message {
                id: MessageId::of(cause, 0, at),
                end_user_id: EndUserId::of(&bot(), PlatformType::Test, &"u".parse().unwrap()),
                conversation_id: ConversationId::of(began, at),
                request_id: None,
                is_user: false,
                meta: None,
                data: MessageData::text("x"),
                timestamp: at,
            })),
        }
    }

    fn of_no_conversation() -> Event {
        let bot = Bot {
            id: bot(),
            title: String::new(),
            description: String::new(),
            integration: serde_json::Value::Null,
            preference: serde_json::Value::Null,
            data: serde_json::Value::Null,
            created_at: EpochMillis(0),
            updated_at: EpochMillis(0),
            deleted_at: None,
        };
        Event { event: EventType::BotUpdated, data: EventData::Bot(Box::new(bot)), ..event(0, 0) }
    }

    #[test]
    fn a_conversation_stays_in_its_lane_and_all_lanes_are_used() {
        for (asked, lanes) in [(0, 1), (1, 1), (3, 3), (8, 8), (200, 8)] {
            let webhook = Webhook { lanes: asked, ..Webhook::new(bot(), "https://example.com", EpochMillis(0)) };
            let of = |conversation| lane(&webhook, event(conversation, 0).conversation_id());
            let used: BTreeSet<u8> = (0..200).map(of).collect();
            assert_eq!(used, (0..lanes).collect());
            assert_eq!(lane(&webhook, event(7, 1).conversation_id()), of(7));
            assert_eq!(lane(&webhook, of_no_conversation().conversation_id()), 0);
        }
    }

    #[test]
    fn a_bundle_is_divided_by_lanes_in_its_order() {
        let webhook = Webhook { lanes: 8, ..Webhook::new(bot(), "https://example.com", EpochMillis(0)) };
        let events: Vec<Event> = (0..40).map(|n| event(n % 5, n)).collect();
        let bundle = Bundle { bot_id: bot(), webhook_id: webhook.id, events: events.clone() };
        let divided = lanes(&webhook, bundle);
        assert_eq!(divided.iter().map(|(_, bundle)| bundle.events.len()).sum::<usize>(), events.len());
        for (number, bundle) in divided {
            let expected: Vec<Event> =
                events.iter().filter(|event| lane(&webhook, event.conversation_id()) == number).cloned().collect();
            assert_eq!(bundle.events, expected);
        }
    }

    #[test]
    fn what_waits_is_of_a_conversation_in_trouble() {
        let webhook = Webhook::new(bot(), "https://example.com", EpochMillis(0));
        let record = |event| Record::new(freeze(&webhook, &[event]).remove(0), &webhook, EpochMillis(0));
        let open = [record(event(1, 0)), Record { state: RecordState::Delivered, ..record(event(2, 0)) }];
        let events = vec![event(1, 1), event(2, 1), of_no_conversation(), event(1, 2)];
        let (free, behind) = divide(Order::Conversation, &open, events.clone());
        assert_eq!(free, [events[1].clone(), events[2].clone()]);
        assert_eq!(behind, [events[0].clone(), events[3].clone()]);
        assert_eq!(divide(Order::BestEffort, &open, events.clone()), (events, vec![]));
    }
}
