//! Whatever a receiver answers: no event is lost, none overtakes another of its conversation, no byte changes, and
//! everything comes to an end.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use std::collections::BTreeMap;

use common::{Dies, Reply, World, event};
use delivery::order::LONGEST_WAIT_MS;
use delivery::{Answer, Exchange, Order, Policy, RecordState};
use model::{EpochMillis, EventId};
use proptest::prelude::*;

fn any_reply() -> impl Strategy<Value = Reply> {
    let exchange = prop_oneof![
        6 => Just(Exchange::Answered { status: 200 }),
        6 => prop::sample::select(vec![400, 401, 404, 408, 410, 413, 422, 429, 500, 503])
            .prop_map(|status| Exchange::Answered { status }),
        1 => any::<u16>().prop_map(|status| Exchange::Answered { status }),
        4 => prop::sample::select(vec![
            Exchange::TimedOut,
            Exchange::Disconnected,
            Exchange::Malformed,
            Exchange::Certificate,
            Exchange::NoSuchName,
            Exchange::Unresolved,
            Exchange::BlockedAddress,
            Exchange::OurFault,
        ]),
    ];
    let retry_after = prop::option::weighted(0.2, prop_oneof!["[0-9]{1,6}", "\\PC{0,9}"]);
    let asks = prop::option::weighted(0.03, prop::sample::select(vec!["disable", "abort-message", "?"]));
    let dies = prop::option::weighted(0.1, prop::sample::select(vec![Dies::Before, Dies::After]));
    (exchange, retry_after, asks, dies, 0..15_000i64, any::<bool>(), any::<prop::sample::Index>()).prop_map(
        |(exchange, retry_after, asks, dies, took_ms, canary_well, index)| {
            // Which of the events it does not take, if it tells.
            let body = vec![b'#'; index.index(8)];
            let webhook_delivery = asks.map(str::to_owned);
            let answer = Answer { retry_after, webhook_delivery, body, ..Answer::of(exchange) };
            Reply { answer, took_ms, canary_well, dies }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_answered(
        replies in prop::collection::vec(any_reply(), 1..60),
        batches in prop::collection::vec((prop::collection::vec(0..3usize, 1..9), 0..600_000i64), 1..6),
        by_conversation in any::<bool>(),
        durable in any::<bool>(),
        partial in any::<bool>(),
        chance in 0.0..1.0f64,
        jump_ms in prop_oneof![Just(0), -600_000..600_000i64],
    ) {
        let mut world = World::new();
        world.chance = chance;
        world.webhook.order = if by_conversation { Order::Conversation } else { Order::BestEffort };
        world.webhook.policy = if durable { Policy::Durable } else { Policy::Closer2020 };
        world.webhook.partial_acknowledgement = partial;
        let mut replies = replies.into_iter();
        let mut receiver = |request: &common::Request| {
            let mut reply = replies.next().unwrap_or_else(|| Reply::of(Exchange::Answered { status: 200 }));
            let refused = request.events.iter().take(reply.answer.body.len() / 2);
            let items: Vec<_> =
                refused.map(|id| serde_json::json!({ "itemIdentifier": id })).collect();
            reply.answer.body = serde_json::json!({ "batchItemFailures": items }).to_string().into_bytes();
            reply
        };
        let mut place: BTreeMap<EventId, (usize, usize)> = BTreeMap::new();
        let mut n = 0;
        for (index, (conversations, pause_ms)) in batches.into_iter().enumerate() {
            let mut events = Vec::new();
            for conversation in conversations {
                let event = event(conversation, n, world.now);
                place.insert(event.id, (conversation, n));
                events.push(event);
                n += 1;
            }
            world.events(events, &mut receiver);
            prop_assert_eq!(world.lost(), []);
            world.run(world.now.plus_ms(pause_ms), &mut receiver);
            if index == 0 {
                // Another worker's clock.
                world.now = world.now.plus_ms(jump_ms);
            }
        }
        let began = world.now;
        world.run(began.plus_ms(6 * 86_400_000), &mut receiver);
        world.check_bodies();
        prop_assert_eq!(world.lost(), []);
        for record in world.records.values() {
            prop_assert!(record.due_at().is_none(), "everything comes to an end: {:?}", record);
        }
        // The order of deliveries is that of their times, which a clock that jumps does not know.
        if by_conversation && jump_ms == 0 && world.webhook.is_on() {
            // In the order of the first time that each was taken.
            let mut first: BTreeMap<EventId, (EpochMillis, model::DeliveryId)> = BTreeMap::new();
            for (at, delivery, id) in &world.taken {
                first.entry(*id).or_insert((*at, *delivery));
            }
            for (id, (at, delivery)) in &first {
                let (conversation, n) = place[id];
                let overtaken = first.iter().any(|(other, (other_at, _))| {
                    let (other_conversation, other_n) = place[other];
                    conversation == other_conversation && other_n < n && other_at > at
                });
                // A part that was not taken comes after what was: the receiver chose that order.
                let patience = world.records[delivery].created_at.plus_ms(LONGEST_WAIT_MS);
                prop_assert!(!overtaken || partial || patience <= *at, "{:?} at {:?}", place[id], at);
            }
        }
    }
}

#[test]
fn states_that_nobody_looks_at_again_are_ends() {
    let record = |state: RecordState| {
        let mut world = World::new();
        let at = world.now;
        world.events(vec![event(0, 0, at)], &mut |_| Reply::of(Exchange::Answered { status: 200 }));
        delivery::Record { state, ..world.records.into_values().next().unwrap() }
    };
    for state in [RecordState::Delivered, RecordState::Split { into: vec![] }, RecordState::Held] {
        let record = record(state);
        assert!(record.due_at().is_none() && record.claim(EpochMillis(i64::MAX)).is_none());
    }
}
