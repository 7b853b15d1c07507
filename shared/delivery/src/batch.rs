//! Batching: events of a webhook lane become one DELIVERY, whose bytes are made once and never again.

use model::{BotId, Delivery, DeliveryId, Event, EventId, WebhookId};
use serde::{Deserialize, Serialize};

use crate::Webhook;

pub const MAX_EVENTS: usize = 50;
/// Of the events in a batch; an event that is larger goes alone.
pub const MAX_BYTES: usize = 128 * 1024;

/// What is on the events queue. A new version is a new variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum QueuedBundle {
    #[serde(rename = "1")]
    V1(Bundle),
}

/// The events of one turn for one webhook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bundle {
    pub bot_id: BotId,
    pub webhook_id: WebhookId,
    pub events: Vec<Event>,
}

/// A DELIVERY as it will be sent, however often.
#[derive(Clone, Debug, PartialEq)]
pub struct Frozen {
    pub id: DeliveryId,
    pub events: Vec<EventId>,
    pub body: String,
}

/// The deliveries of these events, cut in the order of arrival, so that the same queue messages make the same deliveries
/// also when more of them have arrived meanwhile.
pub fn freeze(webhook: &Webhook, events: &[Event]) -> Vec<Frozen> {
    let mut frozen = Vec::new();
    let mut batch: Vec<&Event> = Vec::new();
    let mut bytes = 0;
    for event in events {
        let size = serde_json::to_string(event).map_or(0, |json| json.len());
        if !batch.is_empty() && (batch.len() == MAX_EVENTS || bytes + size > MAX_BYTES) {
            frozen.extend(close(webhook, std::mem::take(&mut batch)));
            bytes = 0;
        }
        batch.push(event);
        bytes += size;
    }
    frozen.extend(close(webhook, batch));
    frozen
}

fn close(webhook: &Webhook, mut batch: Vec<&Event>) -> Option<Frozen> {
    let id = DeliveryId::of(webhook.id, batch.first()?.id);
    order(&mut batch);
    let delivery = Delivery {
        id,
        webhook_id: webhook.id,
        webhook_url: webhook.url.clone(),
        messages: batch.iter().copied().cloned().collect(),
    };
    // A DELIVERY holds no map with keys that JSON refuses, so this does not fail.
    let body = serde_json::to_string(&delivery).unwrap_or_default();
    Some(Frozen { id, events: batch.into_iter().map(|event| event.id).collect(), body })
}

/// By time, and by arrival where that is equal. No event passes another of its own conversation.
fn order(batch: &mut [&Event]) {
    for start in 1..batch.len() {
        let mut at = start;
        while at > 0
            && batch[at - 1].timestamp > batch[at].timestamp
            && batch[at - 1].conversation_id() != batch[at].conversation_id()
        {
            batch.swap(at - 1, at);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{
        ConversationId, EndUserId, EpochMillis, EventData, EventType, InboundId, Message, MessageData, MessageId,
        PlatformType, SourceType,
    };

    use super::*;

    fn event(n: usize, conversation: &str, at: i64, text: &str) -> Event {
        let bot_id: BotId = "Bxxxxx".parse().unwrap();
        let cause = InboundId::of(&bot_id, PlatformType::Test, &format!("{conversation}{n}"));
        let conversation = InboundId::of(&bot_id, PlatformType::Test, conversation);
        let at = EpochMillis(at);
        Event {
            id: EventId::of(cause, n),
            event: EventType::MessageSent,
            source_type: SourceType::Bot,
            source_id: bot_id.clone(),
            timestamp: at,
            data: EventData::Message(Box::new(Message {
                id: MessageId::of(cause, n, at),
                end_user_id: EndUserId::of(&bot_id, PlatformType::Test, &"u".parse().unwrap()),
                conversation_id: ConversationId::of(conversation, EpochMillis(0)),
                request_id: None,
                is_user: false,
                meta: None,
                data: MessageData::text(text),
                timestamp: at,
            })),
        }
    }

    fn webhook() -> Webhook {
        Webhook::new("Bxxxxx".parse().unwrap(), "https://example.com", EpochMillis(0))
    }

    #[test]
    fn fifty_events_and_128_kib() {
        let small: Vec<Event> = (0..101).map(|n| event(n, "a", 0, "x")).collect();
        assert_eq!(
            freeze(&webhook(), &small).iter().map(|frozen| frozen.events.len()).collect::<Vec<_>>(),
            [50, 50, 1]
        );

        let text = "가".repeat(15_000);
        let large: Vec<Event> = (0..7).map(|n| event(n, "a", 0, &text)).collect();
        let frozen = freeze(&webhook(), &large);
        assert_eq!(frozen.iter().map(|frozen| frozen.events.len()).collect::<Vec<_>>(), [2, 2, 2, 1]);

        let huge = [event(0, "a", 0, &"x".repeat(MAX_BYTES)), event(1, "a", 0, "y")];
        assert_eq!(freeze(&webhook(), &huge).len(), 2, "a large one goes alone");
        assert!(freeze(&webhook(), &[]).is_empty(), "never empty");
    }

    #[test]
    fn time_orders_conversations_but_not_inside_one() {
        let events =
            [event(0, "a", 30, "a0"), event(1, "a", 10, "a1"), event(2, "b", 20, "b2"), event(3, "b", 5, "b3")];
        let frozen = freeze(&webhook(), &events);
        let delivery: Delivery = serde_json::from_str(&frozen[0].body).unwrap();
        let order: Vec<EventId> = delivery.messages.iter().map(|event| event.id).collect();
        assert_eq!(order, frozen[0].events);
        let place = |n: usize| order.iter().position(|id| *id == events[n].id).unwrap();
        assert!(place(0) < place(1), "conversation a keeps its order");
        assert!(place(2) < place(3), "conversation b keeps its order");
    }

    #[test]
    fn the_same_events_make_the_same_bytes_and_id() {
        let events: Vec<Event> = (0..3).map(|n| event(n, "a", 0, "x")).collect();
        assert_eq!(freeze(&webhook(), &events), freeze(&webhook(), &events));
        // A later try of the same queue messages may see more of them: the first delivery still has the same id.
        let more: Vec<Event> = (0..5).map(|n| event(n, "a", 0, "x")).collect();
        assert_eq!(freeze(&webhook(), &events)[0].id, freeze(&webhook(), &more)[0].id);
    }
}
