//! Batching: events of a webhook lane become one DELIVERY, whose bytes are made once and never again.

use std::collections::HashSet;

use model::{BotId, ConversationId, Delivery, DeliveryId, Event, EventId, WebhookId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Webhook;
use crate::limits::{HARD_BYTES, MAX_BYTES, MAX_EVENTS};

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
    let Some(first) = events.first() else { return Vec::new() };
    let envelope = write(webhook.id, &webhook.url, DeliveryId::of(webhook.id, first.id), &[]).len();
    let mut frozen = Vec::new();
    let mut batch: Vec<&Event> = Vec::new();
    let mut bytes = envelope;
    for event in events {
        // And the comma.
        let size = serde_json::to_string(event).map_or(0, |json| json.len()) + 1;
        if !batch.is_empty() && (batch.len() == MAX_EVENTS || bytes + size > MAX_BYTES) {
            frozen.extend(close(webhook, std::mem::take(&mut batch)));
            bytes = envelope;
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
    let body = write(webhook.id, &webhook.url, id, &batch);
    Some(Frozen { id, events: batch.into_iter().map(|event| event.id).collect(), body })
}

fn write(webhook_id: WebhookId, url: &str, id: DeliveryId, events: &[&Event]) -> String {
    let delivery =
        Delivery { id, webhook_id, webhook_url: url.to_owned(), messages: events.iter().copied().cloned().collect() };
    // A DELIVERY holds no map with keys that JSON refuses, so this does not fail.
    serde_json::to_string(&delivery).unwrap_or_default()
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

impl Frozen {
    /// What the test button sends: a DELIVERY of no events, for one that was made up would be counted by the company.
    pub fn test(webhook: &Webhook, id: DeliveryId) -> Self {
        Self { id, events: Vec::new(), body: write(webhook.id, &webhook.url, id, &[]) }
    }

    /// Larger than we send anything.
    pub const fn is_too_large(&self) -> bool {
        self.body.len() > HARD_BYTES
    }

    /// The same events in two deliveries, the first half first; `None` for fewer than two events.
    pub fn halves(&self) -> Option<[Self; 2]> {
        let half = self.events.len().div_ceil(2);
        let (first, second) = self.events.split_at(half);
        Some([self.part("first half", first)?, self.part("second half", second)?])
    }

    /// What a receiver did not take of it, in the order in which it was; `None` when that is nothing. Ids that it does not
    /// hold are passed over.
    pub fn rest(&self, refused: &HashSet<EventId>) -> Option<Self> {
        let rest: Vec<EventId> = self.events.iter().copied().filter(|id| refused.contains(id)).collect();
        self.part("rest", &rest)
    }

    /// The conversations that it tells of.
    pub fn conversations(&self) -> Vec<ConversationId> {
        conversations(&self.body)
    }

    /// Events are taken over byte by byte: what was signed once reads the same in another delivery.
    fn part(&self, what: &str, events: &[EventId]) -> Option<Self> {
        if events.is_empty() {
            return None;
        }
        let parent: Sent<'_> = serde_json::from_str(&self.body).ok()?;
        let id = self.id.following(what);
        let members: HashSet<EventId> = events.iter().copied().collect();
        let messages: Vec<&RawValue> =
            parent.messages.into_iter().filter(|event| id_of(event).is_some_and(|id| members.contains(&id))).collect();
        let part = Sent { id, messages, ..parent };
        Some(Self { id, events: events.to_vec(), body: serde_json::to_string(&part).ok()? })
    }
}

/// The events that a receiver says it did not take, in the shape that SQS knows:
/// `{"batchItemFailures":[{"itemIdentifier":"<EVENT.id>"}]}`. Any other body says that it took all of them.
pub fn not_taken(answer: &[u8]) -> HashSet<EventId> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Failures {
        batch_item_failures: Vec<Failure>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Failure {
        item_identifier: String,
    }
    let failures = serde_json::from_slice::<Failures>(answer).map_or_else(|_| Vec::new(), |it| it.batch_item_failures);
    failures.into_iter().filter_map(|failure| failure.item_identifier.parse().ok()).collect()
}

pub(crate) fn conversations(body: &str) -> Vec<ConversationId> {
    let Ok(delivery) = serde_json::from_str::<Delivery>(body) else { return Vec::new() };
    delivery.messages.iter().filter_map(Event::conversation_id).collect()
}

/// A DELIVERY whose events stay as they were written. The fields are in the order of [`Delivery`]'s.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent<'a> {
    id: DeliveryId,
    webhook_id: WebhookId,
    webhook_url: String,
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
}

fn id_of(event: &RawValue) -> Option<EventId> {
    #[derive(Deserialize)]
    struct Identified {
        id: EventId,
    }
    serde_json::from_str::<Identified>(event.get()).ok().map(|event| event.id)
}

#[cfg(test)]
mod tests {
    use model::{
        EndUserId, EpochMillis, EventData, EventType, InboundId, Message, MessageData, MessageId, PlatformType,
        SourceType,
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
        assert!(frozen.iter().all(|frozen| frozen.body.len() <= MAX_BYTES));
    }

    #[test]
    fn the_soft_limit_is_of_the_whole_body() {
        let webhook = webhook();
        let events: Vec<Event> = (0..2).map(|n| event(n, "a", 0, "x")).collect();
        let room = MAX_BYTES - freeze(&webhook, &events)[0].body.len();
        for (more, deliveries) in [(room - 1, 1), (room, 2)] {
            let events = [event(0, "a", 0, "x"), event(1, "a", 0, &"x".repeat(more + 1))];
            assert_eq!(freeze(&webhook, &events).len(), deliveries, "{more}");
        }
    }

    #[test]
    fn what_is_larger_than_256_kib_is_known() {
        for (bytes, too_large) in [(HARD_BYTES - 2000, false), (HARD_BYTES, true)] {
            let frozen = freeze(&webhook(), &[event(0, "a", 0, &"x".repeat(bytes))]);
            assert_eq!(frozen[0].is_too_large(), too_large, "{bytes}");
        }
    }

    #[test]
    fn halves_down_to_one() {
        let webhook = webhook();
        let events: Vec<Event> = (0..5).map(|n| event(n, "a", 0, "가")).collect();
        let whole = freeze(&webhook, &events).remove(0);
        let [first, second] = whole.halves().unwrap();
        assert_eq!((first.events.len(), second.events.len()), (3, 2));
        assert_eq!([&first.events[..], &second.events[..]].concat(), whole.events);
        assert!(first.id != second.id && first.id != whole.id);
        assert_eq!(whole.halves().unwrap(), [first.clone(), second.clone()], "the same each time");
        let delivery: Delivery = serde_json::from_str(&second.body).unwrap();
        assert_eq!(delivery.messages, &events[3..]);
        assert_eq!(serde_json::to_string(&delivery).unwrap(), second.body, "written as `freeze` writes");
        assert!(second.halves().unwrap()[1].halves().is_none(), "one event has no halves");
    }

    #[test]
    fn partial_acknowledgements() {
        let events: Vec<Event> = (0..3).map(|n| event(n, "a", 0, "x")).collect();
        let whole = freeze(&webhook(), &events).remove(0);
        let failures = |ids: &[&str]| {
            let items: Vec<_> = ids.iter().map(|id| serde_json::json!({ "itemIdentifier": id })).collect();
            serde_json::json!({ "batchItemFailures": items }).to_string()
        };
        let (second, third) = (events[1].id.to_string(), events[2].id.to_string());
        let unknown = "11111111-2222-4333-8444-555555555555";
        for (answer, rest) in [
            (failures(&[&third, &second]), vec![events[1].id, events[2].id]),
            (failures(&[&second, &second, unknown, "no id"]), vec![events[1].id]),
            (failures(&[unknown]), vec![]),
            (failures(&[]), vec![]),
            ("OK".to_owned(), vec![]),
            (String::new(), vec![]),
            ("{}".to_owned(), vec![]),
            (r#"{"batchItemFailures":"all"}"#.to_owned(), vec![]),
        ] {
            let again = whole.rest(&not_taken(answer.as_bytes()));
            assert_eq!(again.map(|again| again.events).unwrap_or_default(), rest, "{answer}");
        }
    }

    #[test]
    fn a_test_is_empty() {
        let id = DeliveryId::of(webhook().id, event(0, "a", 0, "x").id);
        let delivery: Delivery = serde_json::from_str(&Frozen::test(&webhook(), id).body).unwrap();
        assert_eq!((delivery.id, delivery.messages), (id, vec![]));
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
