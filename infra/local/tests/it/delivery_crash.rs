//! The delivery worker is stopped at each point that it comes by, one after another, and the time goes on: no event is lost,
//! and no byte of a delivery changes.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use delivery::{Fleet, Health, Order, Policy, RecordState, State};
use futures::FutureExt as _;
use model::EventId;
use serde_json::json;
use shell::deliver::{Invocation, Point, Witness};
use store::Fleets;
use tokio::sync::Notify;

use crate::deliveries::{Got, Rule, Says, Setting, check_bodies, message};
use crate::world;

const EVENTS: usize = 3;

struct Script {
    name: &'static str,
    policy: Policy,
    /// Given the second event, and how many requests came before.
    rule: fn(&Got, EventId, usize) -> u16,
    /// Events that it takes in the end.
    taken: usize,
}

const SCRIPTS: [Script; 6] = [
    Script { name: "well", policy: Policy::Durable, rule: |_, _, _| 200, taken: EVENTS },
    Script {
        name: "fails once",
        policy: Policy::Durable,
        rule: |_, _, n| if n == 0 { 500 } else { 200 },
        taken: EVENTS,
    },
    Script {
        name: "holds once",
        policy: Policy::Durable,
        rule: |_, _, n| if n == 0 { 429 } else { 200 },
        taken: EVENTS,
    },
    Script {
        name: "takes one at a time",
        policy: Policy::Durable,
        rule: |got, _, _| if got.events().len() > 1 { 413 } else { 200 },
        taken: EVENTS,
    },
    Script {
        name: "refuses the second",
        policy: Policy::Durable,
        rule: |got, second, _| if got.events().contains(&second) { 400 } else { 200 },
        taken: EVENTS - 1,
    },
    Script { name: "never", policy: Policy::Closer2020, rule: |_, _, _| 500, taken: 0 },
];

#[tokio::test]
async fn stopped_at_each_point() {
    let mut setting = Setting::new(Policy::Durable, true).await;
    for script in &SCRIPTS {
        let (next, points) = life(setting, script, None).await;
        setting = next;
        assert!(points.len() >= 6, "{}: {points:?}", script.name);
        for stop in 0..points.len() {
            setting = life(setting, script, Some(stop)).await.0;
        }
    }
    setting.running.stop().await;
}

/// From the queue to the end of the last record. `stop`: at how many points the worker has been when it dies.
async fn life(setting: Setting, script: &Script, stop: Option<usize>) -> (Setting, Vec<Point>) {
    let setting = setting.with(|webhook| webhook.policy = script.policy).await;
    // So many that fail at once would be nobody's fault.
    let services = &setting.running.stack.services;
    let fleets = Fleets::new(services.aws.dynamodb.clone(), &services.tables.webhooks);
    let (_, version) = fleets.load().await.unwrap();
    fleets.save(&Fleet::default(), version).await.unwrap();
    let ids = setting.queue("a", EVENTS).await;
    let (rule, second, requests) = (script.rule, ids[1], AtomicUsize::new(0));
    let rule: Rule = Arc::new(move |got| Says::status(rule(got, second, requests.fetch_add(1, Ordering::SeqCst))));
    setting.receiver.follows(&rule);

    let points: Arc<Mutex<Vec<Point>>> = Arc::default();
    let died = Arc::new(Notify::new());
    let worker = || {
        let (points, died) = (Arc::clone(&points), Arc::clone(&died));
        let witness = Witness::new(move |point| {
            let (seen, died) = (Arc::clone(&points), Arc::clone(&died));
            async move {
                let place = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(point);
                    seen.len() - 1
                };
                if Some(place) == stop {
                    died.notify_one();
                    std::future::pending::<()>().await;
                }
            }
            .boxed()
        });
        setting.running.stack.deliver().with_witness(witness)
    };

    let queue = &services.queues.events;
    loop {
        let (event, receipts) = world::batch(&setting.running, queue).await;
        let deliver = worker();
        tokio::select! {
            response = deliver.handle(Invocation::Events(event)) => {
                assert!(response.batch_item_failures.is_empty());
                closer::mapping::acknowledge(&services.aws.sqs, queue, receipts.into_iter()).await;
                break;
            }
            () = died.notified() => setting.hand_out_again(&receipts).await,
        }
    }
    for rounds in 0.. {
        assert!(rounds < 200, "{} stopped at {stop:?} has no end: {:#?}", script.name, setting.records().await);
        let due = setting.later().await;
        if due.is_empty() {
            break;
        }
        let wake_ups: Vec<_> = due.iter().map(|id| json!({ "messageId": id, "body": id })).collect();
        let wake_ups = serde_json::from_value(json!({ "Records": wake_ups })).unwrap();
        let deliver = worker();
        tokio::select! {
            _ = deliver.handle(Invocation::Retries(wake_ups)) => {}
            () = died.notified() => {}
        }
    }

    let points = points.lock().unwrap().clone();
    let when = format!("{} stopped at {:?}", script.name, stop.map(|stop| (stop, points[stop])));
    let mut known: BTreeSet<EventId> = setting.receiver.taken().into_iter().collect();
    assert_eq!(known.len(), script.taken, "{when}: all that it takes");
    let mut kept: BTreeSet<EventId> = BTreeSet::new();
    for record in setting.records().await {
        match record.state {
            RecordState::Parked { .. } | RecordState::Held => kept.extend(record.events),
            RecordState::Delivered | RecordState::Split { .. } => {}
            RecordState::Claimed { .. } | RecordState::Waiting { .. } => panic!("{when}: {record:?}"),
        }
    }
    assert_eq!(kept.len(), EVENTS - script.taken, "{when}: and the rest can be sent again");
    known.extend(kept);
    assert_eq!(known, ids.iter().copied().collect(), "{when}: none is lost");
    let again = setting.receiver.taken().len() - script.taken;
    assert!(again <= if stop.is_some() { EVENTS } else { 0 }, "{when}: {again} came twice");
    check_bodies(&setting.receiver.got(), &when);
    // Of a first attempt that nobody told of, nobody knows what got through after it: then it is left on.
    let heard = stop.is_none_or(|stop| points[..=stop].contains(&Point::Heard));
    let may_be_on = script.policy == Policy::Durable || !heard;
    assert_eq!(setting.health().await.is_on(), may_be_on, "{when}");
    (setting, points)
}

/// The owner switches the webhook on while a worker that was told it is off is down: nobody else knows of what it held.
#[tokio::test]
async fn switched_on_while_the_worker_was_down() {
    let setting = Setting::new(Policy::Durable, true).await;
    let deliver = setting.running.stack.deliver();
    let mut webhook = setting.webhook.clone();
    assert!(deliver.switch(&mut webhook, false).await.unwrap());
    let ids = setting.queue("a", EVENTS).await;
    let queue = &setting.running.stack.services.queues.events;
    let (event, receipts) = world::batch(&setting.running, queue).await;
    dies_when_frozen(&setting, event).await;
    assert!(setting.records().await.iter().all(|record| record.state == RecordState::Held));
    assert!(deliver.switch(&mut webhook, true).await.unwrap());
    setting.hand_out_again(&receipts).await;
    let (event, _) = world::batch(&setting.running, queue).await;
    deliver.handle(Invocation::Events(event)).await;
    setting.much_later().await;
    assert_eq!(setting.receiver.taken(), ids);
    setting.running.stop().await;
}

/// Of a turn one event waits for an earlier delivery of its conversation. The worker dies when that is stored, and when the turn is
/// handed out again nothing is sent any more, or everything that was waited for has been.
#[tokio::test]
async fn changed_while_the_worker_was_down() {
    for is_paused in [true, false] {
        let setting =
            Setting::new(Policy::Durable, true).await.with(|webhook| webhook.order = Order::Conversation).await;
        setting.receiver.follows(&(Arc::new(|_: &Got| Says::status(500)) as Rule));
        setting.queue_message("a", 0).await;
        let queue = &setting.running.stack.services.queues.events;
        let (event, receipts) = world::batch(&setting.running, queue).await;
        setting.running.stack.deliver().handle(Invocation::Events(event)).await;
        closer::mapping::acknowledge(&setting.running.stack.services.aws.sqs, queue, receipts.into_iter()).await;
        let ids = setting.enqueue(vec![message("b", 0), message("a", 1)]).await;
        let (event, receipts) = world::batch(&setting.running, queue).await;
        dies_when_frozen(&setting, event).await;

        setting.receiver.follows(&(Arc::new(|_: &Got| Says::status(200)) as Rule));
        if is_paused {
            let (before, now) = (setting.health().await, shell::clock::now());
            let state = State::Paused { since: now, probe_at: now.plus_ms(30_000), probes: 0, oldest: None };
            let paused = Health { version: before.version + 1, state, ..before.clone() };
            setting.running.stack.webhooks.save_health(&setting.webhook, &paused, before.version).await.unwrap();
        } else {
            setting.much_later().await;
        }
        setting.hand_out_again(&receipts).await;
        let (event, _) = world::batch(&setting.running, queue).await;
        setting.running.stack.deliver().handle(Invocation::Events(event)).await;
        let records = setting.records().await;
        for id in &ids {
            let holds = records.iter().filter(|record| record.events.contains(id)).count();
            assert_eq!(holds, 1, "{records:#?}");
        }
        setting.much_later().await;
        let taken = setting.receiver.taken();
        for id in ids {
            assert_eq!(taken.iter().filter(|taken| **taken == id).count(), 1, "{taken:?}");
        }
        setting.running.stop().await;
    }
}

/// The owner sends a held delivery by hand, and switches the webhook on while the receiver thinks: who looked for what was held
/// did not find this one.
#[tokio::test]
async fn switched_on_while_one_was_resent() {
    let setting = Setting::new(Policy::Durable, true).await;
    let stack = &setting.running.stack;
    let mut webhook = setting.webhook.clone();
    assert!(stack.deliver().switch(&mut webhook, false).await.unwrap());
    let ids = setting.queue("a", EVENTS).await;
    let (event, _) = world::batch(&setting.running, &stack.services.queues.events).await;
    stack.deliver().handle(Invocation::Events(event)).await;
    let held = setting.records().await.remove(0);
    assert_eq!(held.state, RecordState::Held);
    setting.receiver.answers(&[500]);
    let (owner, off) = (Arc::new(stack.deliver()), webhook.clone());
    let witness = Witness::new(move |point| {
        let (owner, mut webhook) = (Arc::clone(&owner), off.clone());
        async move {
            if point == Point::Posted {
                assert!(owner.switch(&mut webhook, true).await.unwrap());
            }
        }
        .boxed()
    });
    stack.deliver().with_witness(witness).resend(webhook, held.id).await.unwrap();
    let records = setting.records().await;
    assert!(records.iter().all(|record| record.state != RecordState::Held), "{records:#?}");
    setting.much_later().await;
    assert_eq!(setting.receiver.taken(), ids);
    setting.running.stop().await;
}

/// A worker that dies as soon as it has stored a delivery.
async fn dies_when_frozen(setting: &Setting, event: aws_lambda_events::sqs::SqsEvent) {
    let died = Arc::new(Notify::new());
    let dies = Arc::clone(&died);
    let witness = Witness::new(move |point| {
        let died = Arc::clone(&dies);
        async move {
            assert_eq!(point, Point::Frozen);
            died.notify_one();
            std::future::pending::<()>().await;
        }
        .boxed()
    });
    let worker = setting.running.stack.deliver().with_witness(witness);
    tokio::select! {
        _ = worker.handle(Invocation::Events(event)) => panic!("it dies"),
        () = died.notified() => {}
    }
}
