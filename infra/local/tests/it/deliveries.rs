//! Deliveries against a receiver that does as it is told, the worker's crashes included.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::{HeaderMap, StatusCode};
use closer::dev::{self, Dev, Running};
use delivery::{Bundle, Exchange, Failing, Order, Parked, Policy, Record, RecordState, Secret, State, Webhook};
use model::{
    ConversationId, DeliveryId, EndUserId, EpochMillis, Event, EventData, EventId, EventType, InboundId, Message,
    MessageData, MessageId, PlatformType, SourceType,
};
use serde_json::json;
use shell::deliver::Invocation;
use shell::queue::EventsQueue;
use store::Kept;

use crate::world;

/// One request that the receiver got.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// What was said to it.
    status: u16,
}

impl Got {
    pub(crate) fn events(&self) -> Vec<EventId> {
        let delivery: model::Delivery = serde_json::from_str(&self.body).unwrap();
        delivery.messages.iter().map(|event| event.id).collect()
    }
}

/// What it says to one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Says {
    /// 0 is no answer at all.
    pub(crate) status: u16,
    pub(crate) header: Option<(&'static str, String)>,
    pub(crate) body: String,
}

pub(crate) type Rule = Arc<dyn Fn(&Got) -> Says + Send + Sync>;

/// Answers with the next of its statuses, by its rule when there are none left, and 200 without one.
#[derive(Clone, Default)]
pub(crate) struct Receiver {
    statuses: Arc<Mutex<VecDeque<u16>>>,
    rule: Arc<Mutex<Option<Rule>>>,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Says {
    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    fn with(self, name: &'static str, value: &str) -> Self {
        Self { header: Some((name, value.to_owned())), ..self }
    }
}

impl Receiver {
    pub(crate) async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/closer", listener.local_addr().unwrap());
        let receiver = self.clone();
        let handle = move |headers: HeaderMap, body: String| {
            let receiver = receiver.clone();
            async move {
                let mut got = Got { headers, body, status: 0 };
                let next = receiver.statuses.lock().unwrap().pop_front();
                let rule = receiver.rule.lock().unwrap().clone();
                let says = match (next, rule) {
                    (Some(status), _) => Says::status(status),
                    (None, Some(rule)) => rule(&got),
                    (None, None) => Says::status(200),
                };
                got.status = says.status;
                receiver.got.lock().unwrap().push(got);
                if says.status == 0 {
                    std::future::pending::<()>().await;
                }
                let mut headers = HeaderMap::new();
                if let Some((name, value)) = says.header {
                    headers.insert(name, value.parse().unwrap());
                }
                (StatusCode::from_u16(says.status).unwrap(), headers, says.body)
            }
        };
        tokio::spawn(
            axum::serve(listener, axum::Router::new().route("/closer", axum::routing::post(handle))).into_future(),
        );
        url
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    pub(crate) fn answers(&self, statuses: &[u16]) {
        self.statuses.lock().unwrap().extend(statuses);
    }

    pub(crate) fn follows(&self, rule: &Rule) {
        *self.rule.lock().unwrap() = Some(Arc::clone(rule));
    }

    /// The events that it said 2xx to, as often as it did.
    pub(crate) fn taken(&self) -> Vec<EventId> {
        self.got().iter().filter(|got| (200..300).contains(&got.status)).flat_map(Got::events).collect()
    }
}

pub(crate) struct Setting {
    pub(crate) running: Running,
    pub(crate) receiver: Receiver,
    pub(crate) webhook: Webhook,
}

impl Setting {
    pub(crate) async fn new(policy: Policy, idle: bool) -> Self {
        let dev = Dev { idle, allow_private: true, ..Dev::for_tests(world::root().join("bots")) };
        let running = dev::start(&dev).await.unwrap();
        let webhook = Webhook::new(world::bot(), "", EpochMillis(0));
        Self { running, receiver: Receiver::default(), webhook }.with(|webhook| webhook.policy = policy).await
    }

    /// Another webhook of the bot, with a receiver of its own.
    pub(crate) async fn with(self, set: impl FnOnce(&mut Webhook)) -> Self {
        let receiver = Receiver::default();
        let url = receiver.start().await;
        let mut webhook = Webhook::new(world::bot(), &url, EpochMillis(0));
        webhook.secrets = vec![Secret::from_bytes(&[7; 32]).unwrap()];
        set(&mut webhook);
        self.running.stack.webhooks.delete(&self.webhook).await.unwrap();
        self.running.stack.webhooks.save(&webhook).await.unwrap();
        Self { receiver, webhook, ..self }
    }

    /// `count` events of one turn, queued.
    pub(crate) async fn queue(&self, turn: &str, count: usize) -> Vec<EventId> {
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
        self.enqueue(events).await
    }

    /// The `n`th message of a conversation, queued.
    pub(crate) async fn queue_message(&self, conversation: &str, n: usize) -> EventId {
        self.enqueue(vec![message(conversation, n)]).await.remove(0)
    }

    pub(crate) async fn enqueue(&self, events: Vec<Event>) -> Vec<EventId> {
        let ids = events.iter().map(|event| event.id).collect();
        let services = &self.running.stack.services;
        let queue = EventsQueue::new(services.aws.sqs.clone(), &services.queues.events);
        let bundle = Bundle { bot_id: world::bot(), webhook_id: self.webhook.id, events };
        queue.send(vec![(&self.webhook, bundle)]).await.unwrap();
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

    pub(crate) async fn hand_out_again(&self, receipts: &[String]) {
        let services = &self.running.stack.services;
        for receipt in receipts {
            let visible = services.aws.sqs.change_message_visibility().queue_url(&services.queues.events);
            visible.receipt_handle(receipt).visibility_timeout(0).send().await.unwrap();
        }
    }

    pub(crate) async fn records(&self) -> Vec<Record> {
        let mut records = self.running.stack.deliveries.list().await.unwrap();
        records.retain(|record| record.webhook_id == self.webhook.id);
        records
    }

    /// Lets as much time pass as anything waits for. What is due then, in order.
    pub(crate) async fn later(&self) -> Vec<DeliveryId> {
        let now = shell::clock::now();
        let stack = &self.running.stack;
        let mut health = self.health().await;
        let before = health.clone();
        health.hold_until = health.hold_until.map(|_| now);
        match &mut health.state {
            State::Active | State::Disabled { .. } => {}
            State::Throttled { next_at, .. } => *next_at = now,
            State::Paused { probe_at, .. } => *probe_at = now,
        }
        if health != before {
            health.version += 1;
            stack.webhooks.save_health(&self.webhook, &health, before.version).await.unwrap();
        }
        let mut open = stack.deliveries.of_webhook(self.webhook.id, Kept::Open).await.unwrap();
        for record in &mut open {
            record.state = match record.state {
                RecordState::Claimed { .. } => RecordState::Claimed { until: now },
                _ => RecordState::Waiting { due_at: now },
            };
            stack.deliveries.save(record, record.attempt).await.unwrap();
        }
        open.iter().map(|record| record.id).collect()
    }

    /// Until nothing waits any more.
    pub(crate) async fn much_later(&self) {
        for _ in 0..200 {
            if self.later().await.is_empty() {
                return;
            }
            self.running.stack.deliver().handle(Invocation::Sweep).await;
        }
        panic!("it has no end: {:#?}", self.records().await);
    }

    async fn set_health(&self, health: &delivery::Health) {
        let version = self.health().await.version;
        self.running.stack.webhooks.save_health(&self.webhook, health, version).await.unwrap();
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

    pub(crate) async fn health(&self) -> delivery::Health {
        self.running.stack.webhooks.load(&world::bot(), self.webhook.id).await.unwrap().unwrap().health
    }
}

/// The `n`th message of a conversation.
pub(crate) fn message(conversation: &str, n: usize) -> Event {
    let cause = InboundId::of(&world::bot(), PlatformType::Test, &format!("{conversation} {n}"));
    let began = InboundId::of(&world::bot(), PlatformType::Test, conversation);
    let at = EpochMillis(0);
    let said = Message {
        id: MessageId::of(cause, 0, at),
        end_user_id: EndUserId::of(&world::bot(), PlatformType::Test, &"u".parse().unwrap()),
        conversation_id: ConversationId::of(began, at),
        request_id: None,
        is_user: false,
        meta: None,
        data: MessageData::text(format!("{conversation} {n}")),
        timestamp: at,
    };
    Event {
        id: EventId::of(cause, 0),
        event: EventType::MessageSent,
        source_type: SourceType::Bot,
        source_id: world::bot(),
        timestamp: at,
        data: EventData::Message(Box::new(said)),
    }
}

fn header<'a>(got: &'a Got, name: &str) -> &'a str {
    got.headers[name].to_str().unwrap()
}

/// Somebody else's library takes what we send, before and while a secret is replaced, and nothing that was touched.
#[tokio::test]
async fn the_library_of_standard_webhooks_takes_every_request() {
    let setting = Setting::new(Policy::Durable, false).await;
    setting.queue("first", 2).await;
    world::until("a delivery", || (setting.receiver.got().len() == 1).then_some(())).await;
    let mut rotated = setting.webhook.clone();
    rotated.rotate(Secret::from_bytes(&[9; 32]).unwrap(), 60_000, shell::clock::now());
    setting.running.stack.webhooks.save(&rotated).await.unwrap();
    setting.queue("second", 2).await;
    world::until("another", || (setting.receiver.got().len() == 2).then_some(())).await;
    let library = |secret: &Secret| standardwebhooks::Webhook::new(&String::from(secret.clone())).unwrap();
    let (old, new) = (&setting.webhook.secrets[0], &rotated.secrets[0]);
    let got = setting.receiver.got();
    for (request, secret, taken) in [(0, old, true), (0, new, false), (1, old, true), (1, new, true)] {
        let Got { headers, body, .. } = &got[request];
        let verified = library(secret).verify(body.as_bytes(), headers);
        assert_eq!(verified.is_ok(), taken, "{request} {verified:?}");
        assert!(library(secret).verify(body.replace(':', ": ").as_bytes(), headers).is_err());
    }
    setting.running.stop().await;
}

/// A window gathers the events of several turns, and nothing overtakes.
#[tokio::test]
async fn events_are_gathered_for_as_long_as_their_webhook_wants() {
    let setting = Setting::new(Policy::Durable, false).await.with(|webhook| webhook.window_ms = 1500).await;
    let started = std::time::Instant::now();
    let mut ids = Vec::new();
    for turn in 0..4 {
        ids.extend(setting.queue(&format!("turn {turn}"), 2).await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let got = world::until("a delivery", || Some(setting.receiver.got()).filter(|got| !got.is_empty())).await;
    assert!(started.elapsed() >= Duration::from_millis(1500));
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].events(), ids);
    setting.running.stop().await;
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
    assert_eq!(setting.health().await.failing, None, "the success cleared it");
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
    let (due, _) = setting.running.stack.deliveries.due(later, None, 10).await.unwrap();
    assert_eq!(due.iter().map(|due| due.id).collect::<Vec<_>>(), [record.id], "the sweep will find it");

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
        assert!(setting.health().await.is_on(), "after {attempts}");
        let record = setting.records().await.remove(0);
        let RecordState::Waiting { due_at } = record.state else { panic!("{record:?}") };
        let wait_s = due_at.since(record.attempts.last().unwrap().at) / 1000;
        let planned = i64::from(attempts) * 300;
        assert!((planned..=planned * 6 / 5 + 1).contains(&wait_s), "{wait_s} s after failure {attempts}");
        setting.sweep_when_due(record).await;
    }
    assert_eq!(setting.receiver.got().len(), 4);
    assert!(!setting.health().await.is_on());
    assert!(matches!(setting.records().await[0].state, RecordState::Parked { .. }));

    setting.queue("b", 1).await;
    setting.deliver(true).await;
    assert_eq!(setting.receiver.got().len(), 4, "nothing is sent");
    assert_eq!(setting.records().await.iter().filter(|record| record.state == RecordState::Held).count(), 1);
    setting.running.stop().await;
}

/// What a worker knew of the others a moment ago does not switch off one more.
#[tokio::test]
async fn of_many_that_go_off_in_the_same_second_the_last_ones_stay_on() {
    let setting = Setting::new(Policy::Closer2020, true).await;
    let stack = &setting.running.stack;
    let services = &stack.services;
    let fleets = store::Fleets::new(services.aws.dynamodb.clone(), &services.tables.webhooks);
    setting.receiver.answers(&[404, 404, 404, 404]);
    setting.queue("a", 1).await;
    setting.deliver(true).await;
    for _ in 0..2 {
        let record = setting.records().await.remove(0);
        setting.sweep_when_due(record).await;
    }
    // A failure of another delivery lets the worker ask how the others are.
    let worker = stack.deliver();
    setting.receiver.answers(&[404, 404]);
    setting.queue("b", 1).await;
    let (event, _) = world::batch(&setting.running, &services.queues.events).await;
    worker.handle(Invocation::Events(event)).await;
    let (mut fleet, version) = fleets.load().await.unwrap();
    fleet.switched_off = vec![shell::clock::now(); 5];
    fleets.save(&fleet, version).await.unwrap();
    let last = setting.records().await.into_iter().find(|record| record.attempt == 3).unwrap();
    let due = Record { state: RecordState::Waiting { due_at: shell::clock::now() }, ..last.clone() };
    stack.deliveries.save(&due, 3).await.unwrap();
    let wake_up = json!({ "Records": [{ "messageId": "1", "body": last.id }] });
    worker.handle(Invocation::Retries(serde_json::from_value(wake_up).unwrap())).await;
    let records = setting.records().await;
    let last = records.iter().find(|record| record.id == last.id).unwrap();
    assert!(matches!(last.state, RecordState::Parked { reason: Parked::Exhausted }), "{last:?}");
    let health = setting.health().await;
    assert!(health.is_on() && health.failing.is_some_and(|failing| failing.operator_asked));
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
    assert!(setting.health().await.is_on());
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
    let health = setting.webhook.health.switched_off(EpochMillis(0));
    for version in [0, 1] {
        let saved = setting.running.stack.webhooks.save_health(&setting.webhook, &health, version).await;
        assert!(matches!(saved, Err(store::StoreError::Conflict)), "{saved:?}");
    }
    let left = setting.running.stack.webhooks.of_bot(&world::bot()).await.unwrap();
    assert!(left.iter().all(|webhook| webhook.id != setting.webhook.id), "not even half an item");

    let record = setting.records().await.remove(0);
    setting.sweep_when_due(record).await;
    let record = setting.records().await.remove(0);
    assert_eq!(record.state, RecordState::Parked { reason: Parked::Deleted });
    assert_eq!(setting.receiver.got().len(), 1);
    setting.running.stop().await;
}

/// Its health in attributes of their own, and what is sent inside of the record.
#[tokio::test]
async fn what_an_earlier_version_stored() {
    let setting = Setting::new(Policy::Durable, true).await;
    let services = &setting.running.stack.services;
    let n = |at: i64| AttributeValue::N(at.to_string());
    let update = services.aws.dynamodb.update_item().table_name(&services.tables.webhooks);
    update
        .key("pk", AttributeValue::S(world::bot().to_string()))
        .key("sk", AttributeValue::S(setting.webhook.id.to_string()))
        .update_expression("SET failingSince = :since, offAt = :at, offReason = :reason")
        .expression_attribute_values(":since", n(1000))
        .expression_attribute_values(":at", n(2000))
        .expression_attribute_values(":reason", AttributeValue::S("it failed".to_owned()))
        .send()
        .await
        .unwrap();
    let stack = &setting.running.stack;
    let survey = stack.webhooks.survey().await.unwrap();
    assert!(survey.unwell.iter().any(|webhook| webhook.id == setting.webhook.id));
    let health = setting.health().await;
    assert!(
        matches!(&health.state, State::Disabled { reason, .. } if *reason == delivery::Reason::Other("it failed".to_owned()))
    );
    assert_eq!((health.version, health.failing.as_ref().unwrap().since), (0, EpochMillis(1000)));
    setting.set_health(&health.switched_on(EpochMillis(0))).await;
    assert!(setting.health().await.is_on(), "nothing of the old is left");
    let again = stack.webhooks.save_health(&setting.webhook, &health.switched_on(EpochMillis(0)), 0).await;
    assert!(matches!(again, Err(store::StoreError::Conflict)), "one writes, and the others read again");

    let record = include_str!("../../../../shared/delivery/testdata/record_v1.json");
    let id = serde_json::from_str::<Record>(record).unwrap().id;
    let put = services.aws.dynamodb.put_item().table_name(&services.tables.deliveries);
    let body = record.trim_start().replacen('{', r#"{"v":"1","#, 1);
    put.item("pk", AttributeValue::S(id.to_string()))
        .item("attempt", n(1))
        .item("body", AttributeValue::S(body))
        .send()
        .await
        .unwrap();
    let read = stack.deliveries.load(id).await.unwrap().unwrap();
    assert_eq!(read, serde_json::from_str(record).unwrap());
    assert!(!read.body.is_empty());
    setting.running.stop().await;
}

/// What must be escaped most would be twice as large as a text in JSON.
#[tokio::test]
async fn the_largest_delivery_fits_into_an_item() {
    let mut setting = Setting::new(Policy::Durable, true).await;
    let says = Says { body: "\n".repeat(100_000), ..Says::status(500) }.with("location", &"x".repeat(10_000));
    let rule: Rule = Arc::new(move |_: &Got| says.clone());
    for (quotes, reason) in [(129_000, Parked::Exhausted), (140_000, Parked::TooLarge)] {
        setting = setting.with(|_| {}).await;
        setting.receiver.follows(&rule);
        setting.queue(&"\"".repeat(quotes), 1).await;
        setting.deliver(true).await;
        setting.much_later().await;
        let parked = RecordState::Parked { reason };
        assert!(setting.records().await.iter().any(|record| record.state == parked), "{quotes}");
    }
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

/// What a receiver that has answered with its rule to `count` events ends with.
struct Row {
    name: &'static str,
    count: usize,
    rule: Rule,
    /// Those of the events that it never took, and why they were given up.
    parked: &'static [(usize, Parked)],
    requests: usize,
}

fn rows(ids: &[EventId]) -> Vec<Row> {
    let poison = |status, at: usize| -> Rule {
        let poison = ids[at];
        Arc::new(move |got| Says::status(if got.events().contains(&poison) { status } else { 200 }))
    };
    let no_more_than =
        |most| -> Rule { Arc::new(move |got: &Got| Says::status(if got.events().len() > most { 413 } else { 200 })) };
    let refused = ids[1];
    let partly: Rule = Arc::new(move |got| {
        let failed = json!({ "batchItemFailures": [{ "itemIdentifier": refused }, { "itemIdentifier": "unknown" }] });
        let first = header(got, "closer-delivery-attempt") == "1" && got.events().len() > 1;
        Says { body: if first { failed.to_string() } else { "OK".to_owned() }, ..Says::status(200) }
    });
    let abort: Rule = Arc::new(|_| Says::status(500).with("webhook-delivery", "abort-message"));
    let all = |reason: Parked| -> &'static [(usize, Parked)] {
        Box::leak((0..2).map(|at| (at, reason.clone())).collect::<Vec<_>>().into_boxed_slice())
    };
    vec![
        Row { name: "413 for more than three", count: 10, rule: no_more_than(3), parked: &[], requests: 7 },
        Row { name: "413 for more than one", count: 10, rule: no_more_than(1), parked: &[], requests: 19 },
        Row { name: "413 for everything", count: 2, rule: no_more_than(0), parked: all(Parked::TooLarge), requests: 3 },
        Row { name: "400 for one", count: 10, rule: poison(400, 3), parked: &[(3, Parked::Rejected)], requests: 17 },
        Row {
            name: "422 for the only one",
            count: 1,
            rule: poison(422, 0),
            parked: &[(0, Parked::Rejected)],
            requests: 5,
        },
        Row { name: "all but one acknowledged", count: 3, rule: partly, parked: &[], requests: 2 },
        Row { name: "abort-message", count: 2, rule: abort, parked: all(Parked::Aborted), requests: 1 },
    ]
}

#[tokio::test]
async fn deliveries_are_divided_until_each_event_has_its_end() {
    let mut setting = Setting::new(Policy::Durable, true).await;
    let ids = setting.queue("a", 10).await;
    setting.deliver(true).await;
    for Row { name, count, rule, parked, requests } in rows(&ids) {
        setting = setting.with(|webhook| webhook.partial_acknowledgement = true).await;
        setting.receiver.follows(&rule);
        assert_eq!(setting.queue("a", count).await, ids[..count]);
        setting.deliver(true).await;
        setting.much_later().await;

        let reasons: BTreeMap<EventId, Parked> = parked.iter().map(|(at, reason)| (ids[*at], reason.clone())).collect();
        let got = setting.receiver.got();
        let mut arrived = setting.receiver.taken();
        if name == "all but one acknowledged" {
            let first = arrived.iter().position(|id| *id == ids[1]).unwrap();
            arrived.remove(first);
        }
        let mut expected: Vec<EventId> = ids[..count].iter().copied().filter(|id| !reasons.contains_key(id)).collect();
        arrived.sort_unstable();
        expected.sort_unstable();
        assert_eq!(arrived, expected, "{name}: each event once");
        assert_eq!(got.len(), requests, "{name}");
        let kept = setting.running.stack.deliveries.of_webhook(setting.webhook.id, Kept::Parked).await.unwrap();
        let kept: BTreeMap<EventId, Parked> = kept
            .iter()
            .flat_map(|record| match &record.state {
                RecordState::Parked { reason } => record.events.iter().map(|id| (*id, reason.clone())),
                other => panic!("{name}: {other:?}"),
            })
            .collect();
        assert_eq!(kept, reasons, "{name}");
        check_bodies(&got, name);
        let records = setting.records().await;
        for got in &got {
            let record = records.iter().find(|record| record.id.to_string() == header(got, "webhook-id")).unwrap();
            let parent = record.split_of.map(|id| id.to_string());
            assert_eq!(got.headers.get("closer-split-of").map(|id| id.to_str().unwrap()), parent.as_deref(), "{name}");
        }
        assert!(setting.health().await.is_on());
    }
    setting.running.stop().await;
}

/// The bytes of a delivery never change.
pub(crate) fn check_bodies(got: &[Got], name: &str) {
    let mut bodies: BTreeMap<&str, &str> = BTreeMap::new();
    for got in got {
        assert_eq!(*bodies.entry(header(got, "webhook-id")).or_insert(&got.body), got.body, "{name}");
    }
}

#[tokio::test]
async fn a_receiver_says_when_to_come_again() {
    let mut setting = Setting::new(Policy::Durable, true).await;
    for (status, retry_after, wait_s, holds) in [
        (429, "", 60, true),
        (429, "5", 60, true),
        (429, "120", 120, true),
        (429, "inf", 60, true),
        (503, "90", 90, true),
        (503, "", 5, false),
        (500, "120", 120, false),
        (404, "7", 7, false),
    ] {
        let name = format!("{status} {retry_after:?}");
        setting = setting.with(|_| {}).await;
        let says = Says::status(status);
        let says = if retry_after.is_empty() { says } else { says.with("retry-after", retry_after) };
        setting.receiver.follows(&(Arc::new(move |_: &Got| says.clone()) as Rule));
        let first = setting.queue("a", 1).await;
        let asked_at = shell::clock::now();
        setting.deliver(true).await;
        let record = setting.records().await.remove(0);
        let waits_ms = record.due_at().unwrap().since(asked_at);
        assert!(waits_ms >= wait_s * 1000 && waits_ms < wait_s * 1200 + 5000, "{name}: {waits_ms}");
        assert_eq!((record.attempt, record.spared), (1, u32::from(holds)), "{name}: a hold uses up no retry");

        // What comes meanwhile.
        setting.receiver.follows(&(Arc::new(|_: &Got| Says::status(200)) as Rule));
        let second = setting.queue("b", 1).await;
        setting.deliver(true).await;
        let paced = status == 503;
        if holds {
            assert_eq!(setting.receiver.got().len(), 1, "{name}: the whole webhook is held back");
            assert_eq!(setting.health().await.failing, None, "{name}: and not blamed");
        } else {
            assert_eq!(setting.receiver.got().len(), 2, "{name} {paced}");
        }
        setting.much_later().await;
        let arrived: BTreeSet<EventId> = setting.receiver.taken().into_iter().collect();
        assert_eq!(arrived, first.into_iter().chain(second).collect(), "{name}");
        assert_eq!(setting.receiver.taken().len(), 2, "{name}: each once");
    }
    setting.running.stop().await;
}

/// Its owner, or the rule, has switched it off; then it is on again, and the owner says what becomes of what was held.
#[tokio::test]
async fn a_webhook_that_is_off_holds_until_its_owner_decides() {
    let mut setting = Setting::new(Policy::Durable, true).await;
    for sends in [true, false] {
        setting = setting.with(|_| {}).await;
        let stack = &setting.running.stack;
        // One was on its way before.
        setting.receiver.answers(&[500]);
        let mut ids = setting.queue("before", 1).await;
        setting.deliver(true).await;
        setting.set_health(&setting.health().await.switched_off(shell::clock::now())).await;
        for turn in ["a", "b", "c"] {
            ids.extend(setting.queue(turn, 2).await);
            setting.deliver(true).await;
        }
        setting.much_later().await;
        assert_eq!(setting.receiver.got().len(), 1, "nothing is sent");
        let held = stack.deliveries.of_webhook(setting.webhook.id, Kept::Held).await.unwrap();
        assert_eq!(held.iter().flat_map(|record| record.events.clone()).collect::<Vec<_>>(), ids);

        setting.set_health(&setting.health().await.switched_on(shell::clock::now())).await;
        setting.much_later().await;
        assert_eq!(setting.receiver.got().len(), 1, "nothing is sent again without being asked for");
        let decided = if sends {
            delivery::release(&held, shell::clock::now(), shell::clock::now())
        } else {
            delivery::drop_held(&held)
        };
        for record in &decided {
            stack.deliveries.save(record, record.attempt).await.unwrap();
        }
        setting.much_later().await;
        assert!(stack.deliveries.of_webhook(setting.webhook.id, Kept::Held).await.unwrap().is_empty());
        let parked = stack.deliveries.of_webhook(setting.webhook.id, Kept::Parked).await.unwrap();
        if sends {
            assert_eq!(setting.receiver.taken(), ids, "in order");
            assert!(parked.is_empty());
        } else {
            assert_eq!(setting.receiver.got().len(), 1);
            assert_eq!(parked.len(), 4);
        }
    }
    setting.running.stop().await;
}

#[tokio::test]
async fn later_messages_of_a_conversation_in_trouble_wait_and_others_flow() {
    let setting = Setting::new(Policy::Durable, true).await.with(|webhook| webhook.order = Order::Conversation).await;
    let poison: Rule = Arc::new(|got| Says::status(if got.body.contains("\"a 0\"") { 500 } else { 200 }));
    setting.receiver.follows(&poison);
    let mut ids = Vec::new();
    for (conversation, n) in [("a", 0), ("a", 1), ("b", 0), ("a", 2), ("b", 1)] {
        ids.push(setting.queue_message(conversation, n).await);
        setting.deliver(true).await;
    }
    assert_eq!(setting.receiver.taken(), [ids[2], ids[4]], "only the other conversation's");
    let open = setting.running.stack.deliveries.of_webhook(setting.webhook.id, Kept::Open).await.unwrap();
    assert_eq!(open.len(), 3);
    setting.later().await;
    setting.running.stack.deliver().handle(Invocation::Sweep).await;
    assert_eq!(setting.receiver.taken().len(), 2, "they wait as long as it fails");
    setting.receiver.follows(&(Arc::new(|_: &Got| Says::status(200)) as Rule));
    setting.much_later().await;
    assert_eq!(setting.receiver.taken(), [ids[2], ids[4], ids[0], ids[1], ids[3]]);
    setting.running.stop().await;
}

/// There may be thousands, and while nothing is sent nobody asks what it must not overtake: neither of what is new, nor of what
/// was put back to be gathered.
#[tokio::test]
async fn those_that_wait_are_not_read_while_nothing_is_sent() {
    let setting = Setting::new(Policy::Durable, true).await.with(|webhook| webhook.order = Order::Conversation).await;
    let now = shell::clock::now();
    let state = State::Paused { since: now, probe_at: now.plus_ms(30_000), probes: 0, oldest: None };
    let failing = Failing {
        since: now,
        last: now,
        attempts: (1..=5).map(|n| (DeliveryId::of(setting.webhook.id, message("z", 0).id), n)).collect(),
        exchange: Exchange::Answered { status: 500 },
        refusals: 0,
        gone_at: None,
        warnings: 0,
        certificate_told: false,
        operator_asked: false,
    };
    let paused = delivery::Health { version: 1, state, failing: Some(failing), ..delivery::Health::default() };
    setting.running.stack.webhooks.save_health(&setting.webhook, &paused, 0).await.unwrap();
    // They are gathered, and have been.
    shell::clock::pass(5000);
    let services = &setting.running.stack.services;
    for n in 0..6 {
        setting.queue_message("a", n).await;
        let put_back = n % 2 == 1;
        if put_back {
            let (_, receipts) = world::batch(&setting.running, &services.queues.events).await;
            setting.hand_out_again(&receipts).await;
        }
        let before = services.meter.counts();
        setting.deliver(true).await;
        let asked = closer::meter::since(&before, &services.meter.counts());
        let reads = |asked: &&closer::meter::Asked| asked.by == "delivery" && asked.of.contains("deliveries");
        let reads: Vec<_> = asked.keys().filter(reads).filter(|asked| asked.action != "PutItem").collect();
        // Whether an earlier try has frozen it.
        let expected: &[&str] = if put_back { &["GetItem"] } else { &[] };
        assert_eq!(reads.iter().map(|asked| asked.action.as_str()).collect::<Vec<_>>(), expected, "{reads:?}");
    }
    setting.much_later().await;
    assert_eq!(setting.receiver.taken().len(), 6);
    assert!(
        services.meter.counts().keys().any(|asked| asked.by == "delivery" && asked.of.ends_with("deliveries/kept"))
    );
    setting.running.stop().await;
}

/// What is released waits in a long line, and whoever is next asks for those before it alone.
#[tokio::test]
async fn those_behind_are_not_read() {
    const COUNT: usize = 40;
    let setting = Setting::new(Policy::Durable, true).await.with(|webhook| webhook.order = Order::Conversation).await;
    let stack = &setting.running.stack;
    let now = shell::clock::now();
    let mut ids = Vec::new();
    for n in 0..COUNT {
        let event = message(&(n % 4).to_string(), n);
        ids.push(event.id);
        let made_at = now.plus_ms(i64::try_from(n).unwrap() - 1000);
        let frozen = delivery::freeze(&setting.webhook, &[event]).remove(0);
        let record = Record::new(frozen, &setting.webhook, made_at);
        stack.deliveries.create(&Record { state: RecordState::Waiting { due_at: now }, ..record }).await.unwrap();
    }
    let before = stack.services.meter.counts();
    stack.deliver().handle(Invocation::Sweep).await;
    assert_eq!(setting.receiver.taken(), ids, "in order");
    let asked = closer::meter::since(&before, &stack.services.meter.counts());
    let reads = asked.iter().filter(|(asked, _)| asked.action == "GetItem" && asked.of.contains("deliveries"));
    let reads: u64 = reads.map(|(_, count)| count.requests).sum();
    assert!(reads <= 4 * COUNT as u64, "{reads}");
    setting.running.stop().await;
}

#[tokio::test]
async fn conversations_keep_their_lanes() {
    let setting = Setting::new(Policy::Durable, true).await.with(|webhook| webhook.lanes = 4).await;
    let events: Vec<Event> = (0..40).map(|n| message(&(n % 20).to_string(), n)).collect();
    setting.enqueue(events.clone()).await;
    let services = &setting.running.stack.services;
    let (event, _) = world::batch(&setting.running, &services.queues.events).await;
    let mut lanes: BTreeMap<ConversationId, BTreeSet<String>> = BTreeMap::new();
    for record in &event.records {
        let delivery::QueuedBundle::V1(bundle) = serde_json::from_str(record.body.as_deref().unwrap()).unwrap();
        for event in bundle.events {
            let group = record.attributes["MessageGroupId"].clone();
            lanes.entry(event.conversation_id().unwrap()).or_default().insert(group);
        }
    }
    assert!(lanes.len() == 20 && lanes.values().all(|groups| groups.len() == 1), "{lanes:?}");
    assert_eq!(lanes.values().flatten().collect::<BTreeSet<_>>().len(), 4);
    setting.running.stack.deliver().handle(Invocation::Events(event)).await;
    assert_eq!(setting.receiver.got().len(), 4);
    assert_eq!(setting.receiver.taken().len(), 40);
    setting.running.stop().await;
}

/// One webhook has much to catch up on, and its receiver takes its time.
#[tokio::test]
async fn a_sweep_gives_each_webhook_its_turn() {
    let setting = Setting::new(Policy::Durable, true).await;
    let slow: Rule = Arc::new(|_: &Got| {
        std::thread::sleep(Duration::from_millis(20));
        Says::status(200)
    });
    let behind = Receiver::default();
    behind.follows(&slow);
    let mut other = Webhook::new(world::bot(), &behind.start().await, EpochMillis(0));
    (other.order, other.secrets) = (Order::Conversation, vec![Secret::from_bytes(&[8; 32]).unwrap()]);
    let stack = &setting.running.stack;
    stack.webhooks.save(&other).await.unwrap();
    let now = shell::clock::now();
    let waiting = |webhook: &Webhook, event: Event, due_at| {
        let frozen = delivery::freeze(webhook, &[event]).remove(0);
        Record { state: RecordState::Waiting { due_at }, ..Record::new(frozen, webhook, now) }
    };
    for n in 0..450 {
        let record = waiting(&other, message(&n.to_string(), 0), now.plus_ms(-10_000 - i64::from(n)));
        stack.deliveries.create(&record).await.unwrap();
    }
    let record = waiting(&setting.webhook, message("z", 0), now.plus_ms(-1));
    stack.deliveries.create(&record).await.unwrap();

    let deliver = stack.deliver();
    tokio::select! {
        () = world::until("the other's turn", || (!setting.receiver.taken().is_empty()).then_some(())) => {}
        _ = deliver.handle(Invocation::Sweep) => panic!("the slow one had its turns first"),
    }
    assert!(behind.taken().len() < 200, "{}", behind.taken().len());
    setting.running.stop().await;
}

/// What the minute brings to webhooks that are not well.
#[tokio::test]
async fn the_sweep_warns_switches_off_and_tests() {
    const HOUR_MS: i64 = 3_600_000;
    let mut setting = Setting::new(Policy::Durable, true).await;
    // Failing for so long, with so many attempts; then how often it was warned, and whether it is on.
    for (hours, attempts, warned, warnings, is_on) in
        [(1, 12, 0, 0, true), (25, 12, 0, 1, true), (49, 12, 1, 2, true), (73, 12, 2, 2, false), (73, 3, 2, 2, true)]
    {
        setting = setting.with(|_| {}).await;
        setting.receiver.answers(&[500]);
        setting.queue("a", 1).await;
        setting.deliver(true).await;
        let record = setting.records().await.remove(0);
        let mut health = setting.health().await;
        let failing = health.failing.as_mut().unwrap();
        failing.since = failing.since.plus_ms(-hours * HOUR_MS);
        failing.attempts = (0..attempts).map(|n| (record.id, n)).collect();
        failing.warnings = warned;
        health.version += 1;
        setting.set_health(&health).await;
        setting.running.stack.deliver().handle(Invocation::Sweep).await;
        let health = setting.health().await;
        assert_eq!(health.is_on(), is_on, "{hours} {attempts}");
        assert_eq!(health.failing.unwrap().warnings, warnings, "{hours} {attempts}");
    }
    for (revives, status, is_on) in [(true, 200, true), (true, 500, false), (false, 200, false)] {
        setting = setting.with(|webhook| webhook.revive = revives).await;
        setting.receiver.answers(&[status]);
        let mut health = setting.health().await;
        health.version += 1;
        let reason = delivery::Reason::Failing;
        health.state = State::Disabled { since: EpochMillis(0), reason, test_at: Some(EpochMillis(0)), tests: 0 };
        setting.set_health(&health).await;
        for _ in 0..2 {
            setting.running.stack.deliver().handle(Invocation::Sweep).await;
        }
        let got = setting.receiver.got();
        assert_eq!(got.len(), 1, "one test a day");
        assert!(got[0].events().is_empty() && got[0].headers.contains_key("webhook-signature"));
        assert_eq!(setting.health().await.is_on(), is_on, "{revives} {status}");
    }
    setting.running.stop().await;
}
