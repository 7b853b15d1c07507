//! Twenty webhooks of one bot, some of them unwell: the others must not feel it, and in the end nothing is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use closer::dev::{self, Dev, Running};
use delivery::{Bundle, Secret, Webhook};
use model::{
    ConversationId, EndUserId, EpochMillis, Event, EventData, EventId, EventType, InboundId, Message, MessageData,
    MessageId, PlatformType, SourceType,
};
use shell::queue::EventsQueue;

use crate::world;

/// Never answers.
pub(crate) const HANGS: u16 = 0;
const CONVERSATIONS: usize = 50;
/// Of one turn.
const BUNDLE: usize = 5;

/// What an event was sent with, and how long it took.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) id: EventId,
    conversation: ConversationId,
    n: usize,
    pub(crate) took_ms: i64,
}

/// A company's server.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) webhook: Webhook,
    /// What it answers with.
    status: Arc<AtomicU16>,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Node {
    pub(crate) fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// What it took, as often as it did.
    pub(crate) fn taken(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    pub(crate) fn distinct(&self) -> usize {
        self.taken().iter().map(|got| got.id).collect::<BTreeSet<_>>().len()
    }

    /// Whether each conversation came in its order, repetitions apart.
    pub(crate) fn is_in_order(&self) -> bool {
        let mut last: BTreeMap<ConversationId, usize> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        self.taken().iter().filter(|got| seen.insert(got.id)).all(|got| {
            let before = last.insert(got.conversation, got.n);
            before.is_none_or(|before| before < got.n)
        })
    }
}

/// A bot with these webhooks and no other, and its workers.
pub(crate) async fn start(statuses: &[Option<u16>]) -> (Running, Vec<Node>) {
    let dev = Dev { allow_private: true, ..Dev::for_tests(world::root().join("bots")) };
    let running = dev::start(&dev).await.unwrap();
    for webhook in running.stack.webhooks.of_bot(&world::bot()).await.unwrap() {
        running.stack.webhooks.delete(&webhook).await.unwrap();
    }
    let mut nodes = Vec::new();
    for status in statuses {
        let node = serve(*status).await;
        running.stack.webhooks.save(&node.webhook).await.unwrap();
        nodes.push(node);
    }
    (running, nodes)
}

/// `None`: nobody listens there.
async fn serve(status: Option<u16>) -> Node {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/closer", listener.local_addr().unwrap());
    let mut webhook = Webhook::new(world::bot(), &url, EpochMillis(0));
    webhook.secrets = vec![Secret::from_bytes(&[7; 32]).unwrap()];
    webhook.timeout_ms = 3000;
    let node = Node { webhook, status: Arc::new(AtomicU16::new(status.unwrap_or(HANGS))), got: Arc::default() };
    if status.is_none() {
        return node;
    }
    let server = node.clone();
    let handle = move |headers: HeaderMap, body: String| {
        let node = server.clone();
        async move {
            let status = node.status.load(Ordering::SeqCst);
            if status == HANGS {
                std::future::pending::<()>().await;
            }
            let at = model::time::EpochSeconds(headers["webhook-timestamp"].to_str().unwrap().parse().unwrap());
            let signature = node.webhook.secrets[0].sign(headers["webhook-id"].to_str().unwrap(), at, body.as_bytes());
            assert_eq!(headers["webhook-signature"], *signature);
            if status == 200 {
                let delivery: model::Delivery = serde_json::from_str(&body).unwrap();
                let now = shell::clock::now();
                node.got.lock().unwrap().extend(delivery.messages.iter().filter_map(|event| read(event, now)));
            }
            StatusCode::from_u16(status).unwrap()
        }
    };
    tokio::spawn(
        axum::serve(listener, axum::Router::new().route("/closer", axum::routing::post(handle))).into_future(),
    );
    node
}

fn read(event: &Event, now: EpochMillis) -> Option<Got> {
    let EventData::Message(message) = &event.data else { return None };
    let MessageData::Text { text, .. } = &message.data else { return None };
    let n = text.parse().ok()?;
    Some(Got { id: event.id, conversation: message.conversation_id, n, took_ms: now.since(event.timestamp) })
}

/// Queues `count` events for all of them, so many bundles a second. Their ids.
pub(crate) async fn traffic(
    running: &Running,
    nodes: &[Node],
    from: usize,
    count: usize,
    per_second: u32,
) -> Vec<EventId> {
    let services = &running.stack.services;
    let queue = EventsQueue::new(services.aws.sqs.clone(), &services.queues.events);
    let mut pace = tokio::time::interval(Duration::from_secs(1) / per_second);
    let mut ids = Vec::new();
    for turn in from / BUNDLE..(from + count) / BUNDLE {
        pace.tick().await;
        let events: Vec<Event> = (0..BUNDLE).map(|index| event(turn, turn * BUNDLE + index)).collect();
        ids.extend(events.iter().map(|event| event.id));
        let bundle = |node: &Node| Bundle { bot_id: world::bot(), webhook_id: node.webhook.id, events: events.clone() };
        queue.send(nodes.iter().map(|node| (&node.webhook, bundle(node))).collect()).await.unwrap();
    }
    ids
}

pub(crate) fn event(turn: usize, n: usize) -> Event {
    let conversation = format!("conversation {}", turn % CONVERSATIONS);
    let began = InboundId::of(&world::bot(), PlatformType::Test, &conversation);
    let cause = InboundId::of(&world::bot(), PlatformType::Test, &format!("{conversation} {n}"));
    let now = shell::clock::now();
    Event {
        id: EventId::of(cause, 0),
        event: EventType::MessageSent,
        source_type: SourceType::Bot,
        source_id: world::bot(),
        timestamp: now,
        data: EventData::Message(Box::new(Message {
            id: MessageId::of(cause, 0, now),
            end_user_id: EndUserId::of(&world::bot(), PlatformType::Test, &"u".parse().unwrap()),
            conversation_id: ConversationId::of(began, EpochMillis(0)),
            request_id: None,
            is_user: false,
            meta: None,
            data: MessageData::text(n.to_string()),
            timestamp: now,
        })),
    }
}

/// Sixteen that are well, two that hang, one that nobody listens at, one that answers 500.
pub(crate) fn twenty() -> Vec<Option<u16>> {
    let mut statuses = vec![Some(200); 16];
    statuses.extend([Some(HANGS), Some(HANGS), None, Some(500)]);
    statuses
}

async fn health(running: &Running, node: &Node) -> delivery::Health {
    running.stack.webhooks.load(&world::bot(), node.webhook.id).await.unwrap().unwrap().health
}

/// From lively traffic to the switch-off after three days, and back. The days are simulated.
#[tokio::test]
async fn from_trouble_to_the_switch_off_and_back() {
    const EVENTS: usize = 500;
    const MORE: usize = 50;
    const HOUR_MS: i64 = 60 * 60 * 1000;
    let (running, nodes) = start(&twenty()).await;
    let (well, unwell) = nodes.split_at(16);
    let ids = traffic(&running, &nodes, 0, EVENTS, 20).await;
    world::until("all events at those that are well", || {
        well.iter().all(|node| node.distinct() == EVENTS).then_some(())
    })
    .await;
    for node in well {
        assert!(node.is_in_order());
    }
    let slowest = well.iter().flat_map(Node::taken).map(|got| got.took_ms).max();
    eprintln!("the slowest event took {slowest:?} ms");
    assert!(unwell.iter().all(|node| node.taken().is_empty()));

    // The one with 500 is itself again after some hours, and gets what it missed.
    let deliver = running.stack.deliver();
    let sweep = async |hours: i64| {
        shell::clock::pass(hours * HOUR_MS);
        deliver.handle(shell::deliver::Invocation::Sweep).await;
    };
    for _ in 0..3 {
        sweep(2).await;
    }
    let recovers = &unwell[3];
    assert!(health(&running, recovers).await.failing.is_some());
    assert!(
        matches!(health(&running, &unwell[0]).await.state, delivery::State::Paused { .. }),
        "{:?}",
        health(&running, &unwell[0]).await
    );
    recovers.answers(200);
    for _ in 0..200 {
        if recovers.distinct() == EVENTS {
            break;
        }
        shell::clock::pass(HOUR_MS / 6);
        deliver.handle(shell::deliver::Invocation::Sweep).await;
    }
    assert_eq!(recovers.distinct(), EVENTS, "{:?}", health(&running, recovers).await);
    assert!(health(&running, recovers).await.failing.is_none());

    // The others are warned of twice, and switched off after three days.
    let mut warnings = BTreeSet::new();
    let dead = &unwell[..3];
    for _ in 0..20 {
        sweep(6).await;
        for node in dead {
            warnings.extend(health(&running, node).await.failing.map(|failing| failing.warnings));
        }
    }
    assert!(warnings.is_superset(&BTreeSet::from([1, 2])), "{warnings:?}");
    for node in dead {
        let state = health(&running, node).await.state;
        assert!(matches!(state, delivery::State::Disabled { reason: delivery::Reason::Failing, .. }), "{state:?}");
    }
    for node in well.iter().chain([recovers]) {
        assert!(health(&running, node).await.is_on());
    }

    // What comes now is held for them; it is sent when they are switched on again, with all that waited.
    let more = traffic(&running, &nodes, EVENTS, MORE, 50).await;
    world::until("the rest at those that are well", || {
        well.iter().all(|node| node.distinct() == EVENTS + MORE).then_some(())
    })
    .await;
    let all: BTreeSet<EventId> = ids.into_iter().chain(more).collect();
    for node in &dead[..2] {
        node.answers(200);
        let mut webhook = running.stack.webhooks.load(&world::bot(), node.webhook.id).await.unwrap().unwrap();
        assert!(deliver.switch(&mut webhook, true).await.unwrap());
        let held = deliver.release(&webhook, None).await.unwrap();
        let parked = deliver.recover(&webhook, EpochMillis(0), None).await.unwrap();
        assert!(held.count > 0, "nothing was held; {} were given up", parked.count);
    }
    for _ in 0..400 {
        if dead[..2].iter().all(|node| node.distinct() == all.len()) {
            break;
        }
        shell::clock::pass(60_000);
        deliver.handle(shell::deliver::Invocation::Sweep).await;
    }
    for node in well.iter().chain([recovers]).chain(&dead[..2]) {
        let taken: BTreeSet<EventId> = node.taken().iter().map(|got| got.id).collect();
        assert_eq!(taken.len(), all.len(), "lost {}", all.len() - taken.len());
    }
    running.stop().await;
}
