//! Deliveries against a receiver that does as it is told, the worker's crashes included.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use closer::dev::{self, Dev, Running};
use delivery::{Bundle, Exchange, Policy, Record, RecordState, Secret, Webhook};
use model::{EpochMillis, Event, EventData, EventId, EventType, InboundId, PlatformType, SourceType};
use shell::deliver::Invocation;
use shell::queue::EventsQueue;

use crate::world;

/// One request that the receiver got.
#[derive(Clone, Debug)]
struct Got {
    headers: HeaderMap,
    body: String,
}

/// Answers with the next of its statuses, 200 when there are none left; 0 is no answer at all.
#[derive(Clone, Default)]
struct Receiver {
    statuses: Arc<Mutex<VecDeque<u16>>>,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Receiver {
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/closer", listener.local_addr().unwrap());
        let receiver = self.clone();
        let handle = move |headers: HeaderMap, body: String| {
            let receiver = receiver.clone();
            async move {
                receiver.got.lock().unwrap().push(Got { headers, body });
                let status = receiver.statuses.lock().unwrap().pop_front().unwrap_or(200);
                if status == 0 {
                    std::future::pending::<()>().await;
                }
                StatusCode::from_u16(status).unwrap()
            }
        };
        tokio::spawn(
            axum::serve(listener, axum::Router::new().route("/closer", axum::routing::post(handle))).into_future(),
        );
        url
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    fn answers(&self, statuses: &[u16]) {
        self.statuses.lock().unwrap().extend(statuses);
    }
}

struct Setting {
    running: Running,
    receiver: Receiver,
    webhook: Webhook,
}

impl Setting {
    async fn new(policy: Policy, idle: bool) -> Self {
        let dev = Dev { idle, allow_private: true, ..Dev::for_tests(world::root().join("bots")) };
        let running = dev::start(&dev).await.unwrap();
        let receiver = Receiver::default();
        let url = receiver.start().await;
        let mut webhook = Webhook::new(world::bot(), &url, EpochMillis(0));
        webhook.secrets = vec![Secret::from_bytes(&[7; 32]).unwrap()];
        webhook.policy = policy;
        running.stack.webhooks.save(&webhook).await.unwrap();
        Self { running, receiver, webhook }
    }

    /// `count` events of one turn, queued.
    async fn queue(&self, turn: &str, count: usize) -> Vec<EventId> {
        let cause = InboundId::of(&world::bot(), PlatformType::Test, turn);
        let bot = model::Bot {
            id: world::bot(),
            title: turn.to_owned(),
            description: String::new(),
            integration: serde_json::Value::Null,
            preference: serde_json::Value::Null,
            data: serde_json::Value::Null,
            created_at: EpochMillis(0),
            updated_at: EpochMillis(0),
            deleted_at: None,
        };
        let events: Vec<Event> = (0..count)
            .map(|index| Event {
                id: EventId::of(cause, index),
                event: EventType::BotUpdated,
                source_type: SourceType::Bot,
                source_id: world::bot(),
                timestamp: EpochMillis(0),
                data: EventData::Bot(Box::new(bot.clone())),
            })
            .collect();
        let ids = events.iter().map(|event| event.id).collect();
        let services = &self.running.stack.services;
        let queue = EventsQueue::new(services.aws.sqs.clone(), &services.queues.events);
        queue.send(vec![Bundle { bot_id: world::bot(), webhook_id: self.webhook.id, events }]).await.unwrap();
        ids
    }

    /// Hands what is queued to a worker, and acknowledges it or not.
    async fn deliver(&self, acknowledge: bool) {
        let services = &self.running.stack.services;
        let (event, receipts) = world::batch(&self.running, &services.queues.events).await;
        assert!(!event.records.is_empty());
        let response = self.running.stack.deliver().handle(Invocation::Events(event)).await;
        assert!(response.batch_item_failures.is_empty());
        if acknowledge {
            let receipts = receipts.into_iter();
            closer::mapping::acknowledge(&services.aws.sqs, &services.queues.events, receipts).await;
        } else {
            self.hand_out_again(&receipts).await;
        }
    }

    async fn hand_out_again(&self, receipts: &[String]) {
        let services = &self.running.stack.services;
        for receipt in receipts {
            let visible = services.aws.sqs.change_message_visibility().queue_url(&services.queues.events);
            visible.receipt_handle(receipt).visibility_timeout(0).send().await.unwrap();
        }
    }

    async fn records(&self) -> Vec<Record> {
        self.running.stack.deliveries.list().await.unwrap()
    }

    /// Lets time pass until the record is due, and the sweep look.
    async fn sweep_when_due(&self, mut record: Record) {
        let now = shell::clock::now();
        record.state = match record.state {
            RecordState::Waiting { .. } => RecordState::Waiting { due_at: now },
            RecordState::Claimed { .. } => RecordState::Claimed { until: now },
            other => panic!("{other:?} is never due"),
        };
        self.running.stack.deliveries.save(&record, record.attempt).await.unwrap();
        self.running.stack.deliver().handle(Invocation::Sweep).await;
    }

    async fn health(&self) -> delivery::Health {
        self.running.stack.webhooks.load(&world::bot(), self.webhook.id).await.unwrap().unwrap().health
    }
}

fn header<'a>(got: &'a Got, name: &str) -> &'a str {
    got.headers[name].to_str().unwrap()
}

/// In real time: the retry queue wakes it five seconds later.
#[tokio::test]
async fn a_failed_delivery_comes_again_with_the_same_bytes() {
    let setting = Setting::new(Policy::Durable, false).await;
    setting.receiver.answers(&[500]);
    setting.queue("turn", 2).await;
    let started = std::time::Instant::now();
    let got = world::until("the second attempt", || Some(setting.receiver.got()).filter(|got| got.len() == 2)).await;
    assert!(started.elapsed() >= Duration::from_secs(5));
    let (first, second) = (&got[0], &got[1]);
    assert_eq!(first.body, second.body);
    assert_eq!(header(first, "webhook-id"), header(second, "webhook-id"));
    assert_eq!((header(first, "closer-delivery-attempt"), header(second, "closer-delivery-attempt")), ("1", "2"));
    for got in [first, second] {
        assert_eq!((header(got, "user-agent"), header(got, "content-type")), ("CLOSER/webhook", "application/json"));
        let at = model::time::EpochSeconds(header(got, "webhook-timestamp").parse().unwrap());
        let signature = setting.webhook.secrets[0].sign(header(got, "webhook-id"), at, got.body.as_bytes());
        assert_eq!(header(got, "webhook-signature"), signature);
    }
    // The attempt is recorded a moment after the answer.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let record = setting.records().await.remove(0);
    assert_eq!((record.state, record.attempts.len()), (RecordState::Delivered, 2));
    assert_eq!(setting.health().await.failing_since, None, "the success cleared it");
    setting.running.stop().await;
}

#[tokio::test]
async fn what_waits_for_a_lane_becomes_one_delivery() {
    let setting = Setting::new(Policy::Durable, true).await;
    let mut ids = Vec::new();
    for turn in ["a", "b", "c"] {
        ids.extend(setting.queue(turn, 2).await);
    }
    setting.deliver(true).await;
    let got = setting.receiver.got();
    assert_eq!(got.len(), 1);
    let delivery: model::Delivery = serde_json::from_str(&got[0].body).unwrap();
    assert_eq!(delivery.messages.iter().map(|event| event.id).collect::<Vec<_>>(), ids);
    assert_eq!(delivery.webhook_url, setting.webhook.url);
    setting.running.stop().await;
}

#[tokio::test]
async fn queue_messages_that_come_again_are_posted_once() {
    let setting = Setting::new(Policy::Durable, true).await;
    setting.queue("a", 2).await;
    setting.deliver(false).await;
    // More has come meanwhile: the first delivery is the same, the rest another.
    setting.queue("b", 1).await;
    setting.deliver(true).await;
    let bodies: Vec<model::Delivery> =
        setting.receiver.got().iter().map(|got| serde_json::from_str(&got.body).unwrap()).collect();
    assert_eq!(bodies.iter().map(|delivery| delivery.messages.len()).collect::<Vec<_>>(), [2, 1]);
    setting.running.stop().await;
}

/// The worker dies while it waits for the receiver.
#[tokio::test]
async fn a_worker_that_dies_in_mid_attempt_loses_nothing() {
    let setting = Setting::new(Policy::Durable, true).await;
    setting.receiver.answers(&[0]);
    setting.queue("a", 1).await;
    let services = &setting.running.stack.services;
    let (event, receipts) = world::batch(&setting.running, &services.queues.events).await;
    let worker = setting.running.stack.deliver();
    tokio::select! {
        _ = worker.handle(Invocation::Events(event)) => panic!("the receiver does not answer"),
        () = world::until("the attempt", || (setting.receiver.got().len() == 1).then_some(())) => {}
    }
    drop(worker);

    // The queue hands it out again while the lease still holds: no second attempt, and the queue may let go.
    setting.hand_out_again(&receipts).await;
    setting.deliver(true).await;
    assert_eq!(setting.receiver.got().len(), 1);
    let record = setting.records().await.remove(0);
    assert!(matches!(record.state, RecordState::Claimed { .. }));
    let later = shell::clock::now().plus_ms(delivery::LEASE_MS);
    assert_eq!(setting.running.stack.deliveries.due(later, 10).await.unwrap(), [record.id], "the sweep will find it");

    setting.sweep_when_due(record).await;
    let record = setting.records().await.remove(0);
    assert_eq!((record.state, record.attempt), (RecordState::Delivered, 2));
    assert_eq!(setting.receiver.got().len(), 2);
    setting.running.stop().await;
}

/// A sweep and a wake-up look at the same delivery at the same time.
#[tokio::test]
async fn of_two_workers_one_gets_a_due_delivery() {
    let setting = Setting::new(Policy::Durable, true).await;
    setting.receiver.answers(&[500]);
    setting.queue("a", 1).await;
    setting.deliver(true).await;
    let mut record = setting.records().await.remove(0);
    record.state = RecordState::Waiting { due_at: EpochMillis(0) };
    setting.running.stack.deliveries.save(&record, record.attempt).await.unwrap();
    let workers: Vec<_> = (0..5).map(|_| setting.running.stack.deliver()).collect();
    futures::future::join_all(workers.iter().map(|worker| worker.handle(Invocation::Sweep))).await;
    assert_eq!(setting.receiver.got().len(), 2, "one attempt failed, one more was made");
    assert_eq!(setting.records().await[0].attempt, 2);
    setting.running.stop().await;
}

#[tokio::test]
async fn closer2020_switches_off_after_the_fourth_attempt_and_holds_what_comes() {
    let setting = Setting::new(Policy::Closer2020, true).await;
    setting.receiver.answers(&[404, 404, 404, 404]);
    setting.queue("a", 1).await;
    setting.deliver(true).await;
    for attempts in 1..4 {
        assert!(setting.health().await.off.is_none(), "after {attempts}");
        let record = setting.records().await.remove(0);
        let RecordState::Waiting { due_at } = record.state else { panic!("{record:?}") };
        let wait_s = due_at.since(record.attempts.last().unwrap().at) / 1000;
        let planned = i64::from(attempts) * 300;
        assert!((planned..=planned * 6 / 5 + 1).contains(&wait_s), "{wait_s} s after failure {attempts}");
        setting.sweep_when_due(record).await;
    }
    assert_eq!(setting.receiver.got().len(), 4);
    assert!(setting.health().await.off.is_some());
    assert!(matches!(setting.records().await[0].state, RecordState::Parked { .. }));

    setting.queue("b", 1).await;
    setting.deliver(true).await;
    assert_eq!(setting.receiver.got().len(), 4, "nothing is sent");
    assert_eq!(setting.records().await.iter().filter(|record| record.state == RecordState::Held).count(), 1);
    setting.running.stop().await;
}

#[tokio::test]
async fn closer2020_stays_on_when_another_delivery_got_through() {
    let setting = Setting::new(Policy::Closer2020, true).await;
    setting.receiver.answers(&[500, 500, 500, 200, 500]);
    setting.queue("a", 1).await;
    setting.deliver(true).await;
    for _ in 0..2 {
        let record = setting.records().await.remove(0);
        setting.sweep_when_due(record).await;
    }
    setting.queue("b", 1).await;
    setting.deliver(true).await;
    let record = setting.records().await.into_iter().find(|record| record.due_at().is_some()).unwrap();
    setting.sweep_when_due(record).await;
    assert_eq!(setting.receiver.got().len(), 5);
    assert!(setting.health().await.off.is_none());
    setting.running.stop().await;
}

/// Its owner deletes it while a delivery is on its way.
#[tokio::test]
async fn a_deleted_webhook_leaves_nothing_behind() {
    let setting = Setting::new(Policy::Durable, true).await;
    setting.receiver.answers(&[500]);
    setting.queue("a", 1).await;
    setting.deliver(true).await;
    setting.running.stack.webhooks.delete(&setting.webhook).await.unwrap();
    setting.running.stack.webhooks.failing(&setting.webhook, EpochMillis(0)).await.unwrap();
    setting.running.stack.webhooks.well(&setting.webhook).await.unwrap();
    let left = setting.running.stack.webhooks.of_bot(&world::bot()).await.unwrap();
    assert!(left.iter().all(|webhook| webhook.id != setting.webhook.id), "not even half an item");

    let record = setting.records().await.remove(0);
    setting.sweep_when_due(record).await;
    let record = setting.records().await.remove(0);
    assert_eq!(record.state, RecordState::Parked { reason: "the webhook was deleted".to_owned() });
    assert_eq!(setting.receiver.got().len(), 1);
    setting.running.stop().await;
}

/// A message that nobody can read stands between two that are good.
#[tokio::test]
async fn what_stands_before_an_unreadable_message_goes_out() {
    let setting = Setting::new(Policy::Durable, true).await;
    setting.queue("a", 1).await;
    let services = &setting.running.stack.services;
    let bad = services.aws.sqs.send_message().queue_url(&services.queues.events).message_body("{}");
    let lane = format!("{}#0", setting.webhook.id);
    bad.message_group_id(lane).message_deduplication_id("bad").send().await.unwrap();
    setting.queue("b", 1).await;
    let (event, _) = world::batch(&setting.running, &services.queues.events).await;
    assert_eq!(event.records.len(), 3);
    let response = setting.running.stack.deliver().handle(Invocation::Events(event)).await;
    assert_eq!(response.batch_item_failures.len(), 2, "the bad one, and what must not overtake it");
    assert_eq!(setting.receiver.got().len(), 1);
    setting.running.stop().await;
}

/// Without `--allow-private` loopback is as closed as the rest, but for the built-in receiver.
#[tokio::test]
async fn private_addresses_are_not_connected_to() {
    let running = world::start_idle().await;
    let receiver = Receiver::default();
    let reachable = receiver.start().await;
    let mut setting = Setting { running, receiver, webhook: Webhook::new(world::bot(), "", EpochMillis(0)) };
    for url in [reachable.as_str(), "http://169.254.169.254/latest/meta-data/", "http://localhost:3000/"] {
        setting.webhook = Webhook::new(world::bot(), url, EpochMillis(0));
        setting.running.stack.webhooks.save(&setting.webhook).await.unwrap();
        setting.queue(url, 1).await;
        setting.deliver(true).await;
        let records = setting.records().await;
        let record = records.iter().find(|record| record.webhook_id == setting.webhook.id).unwrap();
        assert_eq!(record.attempts[0].exchange, Exchange::BlockedAddress, "{url}");
    }
    assert!(setting.receiver.got().is_empty());
    setting.running.stop().await;
}
