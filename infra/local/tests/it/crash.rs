//! The conversation worker is stopped after each of its steps, and the message handed out again: one state change, no
//! event lost or changed, nothing said twice.

use std::sync::Arc;

use axum::http::StatusCode;
use closer::dev::Running;
use closer::feed::Kind;
use delivery::{Bundle, QueuedBundle};
use futures::FutureExt as _;
use model::{EndUserId, Event, PlatformType};
use serde_json::{Value, json};
use shell::conversation::{Conversation, Invocation, Point, Witness};
use store::StoredBot;
use tokio::sync::Notify;

use crate::world;

const USER: &str = "U0123456789abcdef0123456789abcdef";

/// Every step of a turn that makes two calls, in their order; `None` is after all of them, before the acknowledgement.
const STEPS: [Option<Point>; 7] = [
    Some(Point::Loaded),
    Some(Point::Ran),
    Some(Point::Committed),
    Some(Point::Sent(0)),
    Some(Point::Sent(1)),
    Some(Point::Enqueued),
    None,
];

#[tokio::test]
async fn stopped_after_each_step_with_a_reply_token() {
    let reference = turn(None, false, false).await;
    assert_eq!(reference.delivered, ["reply", "push"], "seven texts are a reply of five and a push of two");
    assert_eq!(reference.events.len(), 10, "user and conversation created, one received, seven sent");
    for step in STEPS {
        let crashed = turn(step, true, false).await;
        crashed.same_as(&reference, &format!("stopped after {step:?}"));
    }
}

#[tokio::test]
async fn stopped_after_each_step_of_pushes() {
    let reference = turn(None, false, true).await;
    assert_eq!(reference.delivered, ["push", "push"]);
    for step in STEPS {
        let crashed = turn(step, true, true).await;
        crashed.same_as(&reference, &format!("stopped after {step:?}"));
    }
}

/// A platform's own redelivery, long after the queue forgot the first one.
#[tokio::test]
async fn a_redelivered_message_is_known_by_its_session() {
    let running = world::start_idle().await;
    for (event, queue_key) in [("e1", "k1"), ("e2", "k2"), ("e1", "k3")] {
        let inbound = model::Inbound {
            id: model::InboundId::of(&world::bot(), PlatformType::Line, event),
            bot_id: world::bot(),
            platform: PlatformType::Line,
            user_key: USER.parse().unwrap(),
            conversation_key: USER.parse().unwrap(),
            timestamp: model::EpochMillis(0),
            received_at: shell::clock::now(),
            answer_by: None,
            reply_to: Value::Null,
            kind: closer::chat::message_kind(json!({ "text": "안녕" }).as_object().unwrap().clone()).unwrap(),
        };
        // Past the queue's deduplication, as after its five minutes.
        let body = serde_json::to_string(&model::Queued::V1(inbound)).unwrap();
        let sqs = &running.stack.services.aws.sqs;
        let send = sqs.send_message().queue_url(&running.stack.services.queues.inbound).message_body(body);
        send.message_group_id("g").message_deduplication_id(queue_key).send().await.unwrap();
    }
    let (event, _) = world::batch(&running, &running.stack.services.queues.inbound).await;
    assert_eq!(event.records.len(), 3);
    let response = running.stack.conversation().handle(Invocation::Messages(event)).await;
    assert!(response.batch_item_failures.is_empty());
    assert_eq!(world::entries(&running, Kind::Platform).len(), 2, "the third was handled before");
    running.stop().await;
}

/// As when a queue's visibility ends while a slow worker is still at it.
#[tokio::test]
async fn two_workers_with_one_message_take_one_turn() {
    let running = world::start_idle().await;
    says(&running, 7).await;
    assert_eq!(world::line_text(&running, USER, "e1", "안녕").await, 200);
    let (event, _) = world::batch(&running, &running.stack.services.queues.inbound).await;
    let (one, other) = (running.stack.conversation(), running.stack.conversation());
    let (one, other) =
        tokio::join!(one.handle(Invocation::Messages(event.clone())), other.handle(Invocation::Messages(event)));
    assert!(one.batch_item_failures.is_empty() && other.batch_item_failures.is_empty());
    let left = left(running).await;
    assert_eq!(left.texts.len(), 7, "each text once");
    assert_eq!((left.turns, left.events.len()), (1, 10));
}

/// The two characters that the queue refuses, in what the customer says and so in what the bot says back.
#[tokio::test]
async fn every_character_passes_the_queues() {
    let running = world::start_idle().await;
    world::echo(&running).await;
    let text = "a\u{fffe}b\u{ffff}c\u{0}\u{1f}😀";
    assert_eq!(world::line_text(&running, USER, "e1", text).await, 200);
    let (event, _) = world::batch(&running, &running.stack.services.queues.inbound).await;
    assert!(running.stack.conversation().handle(Invocation::Messages(event)).await.batch_item_failures.is_empty());
    let left = left(running).await;
    assert_eq!(left.texts, [text]);
    assert_eq!(left.events.len(), 4);
}

/// The queue to the delivery worker is gone, and the message that could not be finished ends as a dead letter.
#[tokio::test]
async fn what_could_not_be_told_is_told_by_the_next_turn() {
    let running = world::start_idle().await;
    let services = &running.stack.services;
    let sqs = &services.aws.sqs;
    sqs.delete_queue().queue_url(&services.queues.events).send().await.unwrap();
    let handle = async |event: &str, failures: usize| {
        assert_eq!(world::line_text(&running, USER, event, "안녕").await, 200);
        let (batch, receipts) = world::batch(&running, &services.queues.inbound).await;
        let response = running.stack.conversation().handle(Invocation::Messages(batch)).await;
        assert_eq!(response.batch_item_failures.len(), failures);
        closer::mapping::acknowledge(sqs, &services.queues.inbound, receipts.into_iter()).await;
    };
    handle("e1", 1).await;
    let name = services.queues.events.rsplit('/').next().unwrap();
    let fifo = aws_sdk_sqs::types::QueueAttributeName::FifoQueue;
    sqs.create_queue().queue_name(name).attributes(fifo, "true").send().await.unwrap();
    handle("e2", 0).await;

    let texts = world::entries(&running, Kind::Platform).into_iter().filter(|entry| entry.status == 200);
    assert_eq!(texts.count(), 2, "the reply of the first was said, and once");
    let (events, _) = world::batch(&running, &services.queues.events).await;
    let causes: Vec<_> = events
        .records
        .iter()
        .map(|record| {
            let QueuedBundle::V1(bundle) = serde_json::from_str(record.body.as_ref().unwrap()).unwrap();
            bundle.events[0].event.as_str()
        })
        .collect();
    assert_eq!(causes, ["bot.end_user.created", "bot.message.received"], "the first turn's, then the second's");
    let id = EndUserId::of(&world::bot(), PlatformType::Line, &USER.parse().unwrap());
    let (session, _) = running.stack.sessions.load(id, true).await.unwrap().unwrap();
    assert!(session.turns.iter().all(|turn| !turn.owed), "nothing is owed any more");
    let timers = store::Timers::new(services.aws.dynamodb.clone(), &services.tables.sessions);
    let in_two_days = shell::clock::now().plus_ms(2 * 24 * 60 * 60 * 1000).seconds();
    assert_eq!(timers.due(in_two_days).await.unwrap().len(), 1, "the conversation will end");
    running.stop().await;
}

/// A session of another time, with more in it than the limits of today allow.
#[tokio::test]
async fn a_turn_that_is_larger_than_an_item_is_undone() {
    let running = world::start_idle().await;
    let handle = async |event: &str| {
        assert_eq!(world::line_text(&running, USER, event, "안녕").await, 200);
        let queue = &running.stack.services.queues.inbound;
        let (batch, receipts) = world::batch(&running, queue).await;
        let response = running.stack.conversation().handle(Invocation::Messages(batch)).await;
        assert!(response.batch_item_failures.is_empty());
        closer::mapping::acknowledge(&running.stack.services.aws.sqs, queue, receipts.into_iter()).await;
    };
    handle("e1").await;
    let id = EndUserId::of(&world::bot(), PlatformType::Line, &USER.parse().unwrap());
    let (mut session, version) = running.stack.sessions.load(id, true).await.unwrap().unwrap();
    // A new conversation tells of the params several times.
    session.talk = None;
    session.end_user.params.insert("x".to_owned(), json!("x".repeat(150_000)));
    session.turns.clear();
    running.stack.sessions.save(&session, version).await.unwrap();

    handle("e2").await;
    let (after, _) = running.stack.sessions.load(id, true).await.unwrap().unwrap();
    assert!(after.talk.is_none() && after.turns.is_empty(), "as it was");
    assert!(after.seen.holds(model::InboundId::of(&world::bot(), PlatformType::Line, "e2")), "but known");
    assert_eq!(world::entries(&running, Kind::Platform).len(), 1, "nothing was said");
    running.stop().await;
}

/// LINE is down: the company is told once, the customer when LINE is back; and after a day nobody waits any more.
#[tokio::test]
async fn a_messenger_that_is_down_holds_up_nobody_else() {
    let running = world::start_idle().await;
    let services = &running.stack.services;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let down = worker(&running, &format!("http://{free}"));
    let session = async || {
        let id = EndUserId::of(&world::bot(), PlatformType::Line, &USER.parse().unwrap());
        running.stack.sessions.load(id, true).await.unwrap().unwrap().0
    };

    assert_eq!(world::line_text(&running, USER, "e1", "안녕").await, 200);
    let (event, receipts) = world::batch(&running, &services.queues.inbound).await;
    for _ in 0..2 {
        let response = down.handle(Invocation::Messages(event.clone())).await;
        assert_eq!(response.batch_item_failures.len(), 1, "it comes again");
        let turn = session().await.turns.remove(0);
        assert!(turn.owed && turn.events.is_empty(), "the reply is owed, the events were told");
    }
    let (told, _) = world::batch(&running, &services.queues.events).await;
    assert_eq!(told.records.len(), 1);
    let up = running.stack.conversation();
    assert!(up.handle(Invocation::Messages(event)).await.batch_item_failures.is_empty());
    assert_eq!(world::entries(&running, Kind::Platform).iter().filter(|entry| entry.status == 200).count(), 1);
    assert!(!session().await.turns[0].owed);
    closer::mapping::acknowledge(&services.aws.sqs, &services.queues.inbound, receipts.into_iter()).await;

    assert_eq!(world::line_text(&running, USER, "e2", "안녕").await, 200);
    let (mut event, _) = world::batch(&running, &services.queues.inbound).await;
    let model::Queued::V1(mut inbound) = serde_json::from_str(event.records[0].body.as_ref().unwrap()).unwrap();
    inbound.received_at = inbound.received_at.plus_ms(-25 * 60 * 60 * 1000);
    event.records[0].body = Some(serde_json::to_string(&model::Queued::V1(inbound)).unwrap());
    assert!(down.handle(Invocation::Messages(event)).await.batch_item_failures.is_empty(), "given up");
    assert!(!session().await.turns[0].owed);
    running.stop().await;
}

/// The second of three calls fails until the message comes again: the first is not made again, and the third waits.
#[tokio::test]
async fn a_turn_goes_on_at_the_call_that_failed() {
    let running = world::start_idle().await;
    says(&running, 11).await;
    let taken = Arc::new(std::sync::Mutex::new(Vec::new()));
    let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (seen, count) = (Arc::clone(&taken), Arc::clone(&asked));
    let messenger = axum::routing::any(move |body: String| {
        let before = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let down = (1..=3).contains(&before);
        if !down {
            seen.lock().unwrap().push(body);
        }
        async move { if down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK } }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = axum::serve(listener, axum::Router::new().fallback(messenger));
    tokio::spawn(async move { server.await.unwrap() });
    let worker = worker(&running, &format!("http://{address}"));

    assert_eq!(world::line_text(&running, USER, "e1", "안녕").await, 200);
    let (event, _) = world::batch(&running, &running.stack.services.queues.inbound).await;
    assert_eq!(worker.handle(Invocation::Messages(event.clone())).await.batch_item_failures.len(), 1);
    let id = EndUserId::of(&world::bot(), PlatformType::Line, &USER.parse().unwrap());
    let (session, _) = running.stack.sessions.load(id, true).await.unwrap().unwrap();
    assert_eq!((session.turns[0].owed, session.turns[0].sent), (true, 1));
    assert!(worker.handle(Invocation::Messages(event)).await.batch_item_failures.is_empty());
    let calls = taken.lock().unwrap().clone();
    let counts: Vec<_> = calls
        .iter()
        .map(|body| serde_json::from_str::<Value>(body).unwrap()["messages"].as_array().unwrap().len())
        .collect();
    assert_eq!(counts, [5, 5, 1], "each call once, in order");
    running.stop().await;
}

/// A worker whose messengers are all at `base`.
fn worker(running: &Running, base: &str) -> Conversation {
    let services = &running.stack.services;
    let config = shell::config::ConversationConfig {
        tables: services.tables.clone(),
        inbound_queue: services.queues.inbound.clone(),
        events_queue: services.queues.events.clone(),
        web_callback_url: None,
        public_url: String::new(),
        bot_cache_ms: 1000,
        hosts: shell::config::Hosts::new(|_| Some(base.to_owned())),
        mail: shell::mail::MailConfig::default(),
    };
    Conversation::new(&services.aws, &config, shell::guard::Reach::Public)
}

/// What is left of a turn.
#[derive(Debug)]
struct Left {
    /// Names of the calls that the messenger took.
    delivered: Vec<String>,
    /// Texts in the order in which the messenger took them.
    texts: Vec<String>,
    /// The events on the queue to the delivery worker.
    events: Vec<Event>,
    turns: usize,
    navigation: Value,
}

impl Left {
    fn same_as(&self, reference: &Self, when: &str) {
        assert_eq!(self.delivered, reference.delivered, "{when}");
        assert_eq!(self.texts, reference.texts, "{when}");
        assert_eq!(self.turns, reference.turns, "{when}: one state change");
        assert_eq!(self.navigation, reference.navigation, "{when}");
        let ids = |left: &Self| left.events.iter().map(|event| (event.id, event.event)).collect::<Vec<_>>();
        assert_eq!(ids(self), ids(reference), "{when}: no event lost, none doubled, ids equal");
    }
}

/// One turn of a bot that says seven things. `stop`: where the first worker dies; then the message is handed out again.
async fn turn(stop: Option<Point>, twice: bool, push: bool) -> Left {
    let running = world::start_idle().await;
    says(&running, 7).await;
    if push {
        // Long after the reply token's life.
        line_text_of_an_hour_ago(&running).await;
    } else {
        assert_eq!(world::line_text(&running, USER, "01KT12DQ8VWZFMSGCVCDREMD88", "안녕").await, 200);
    }

    let queue = running.stack.services.queues.inbound.clone();
    let (event, receipts) = world::batch(&running, &queue).await;
    assert_eq!(event.records.len(), 1);
    let died = Arc::new(Notify::new());
    let signal = Arc::clone(&died);
    let witness = Witness::new(move |point| {
        let (signal, here) = (Arc::clone(&signal), Some(point) == stop);
        async move {
            if here {
                signal.notify_one();
                std::future::pending::<()>().await;
            }
        }
        .boxed()
    });
    let worker = running.stack.conversation().with_witness(witness);
    tokio::select! {
        response = worker.handle(Invocation::Messages(event)) => {
            assert!(stop.is_none(), "it was never stopped at {stop:?}");
            assert!(response.batch_item_failures.is_empty());
        }
        () = died.notified() => {}
    }
    drop(worker);

    if twice {
        // Its visibility ends.
        let sqs = &running.stack.services.aws.sqs;
        let visible = sqs.change_message_visibility().queue_url(&queue).receipt_handle(&receipts[0]);
        visible.visibility_timeout(0).send().await.unwrap();
        let (event, _) = world::batch(&running, &queue).await;
        assert_eq!(event.records.len(), 1, "it is handed out again");
        let response = running.stack.conversation().handle(Invocation::Messages(event)).await;
        assert!(response.batch_item_failures.is_empty());
    }
    left(running).await
}

async fn left(running: Running) -> Left {
    let taken: Vec<_> =
        world::entries(&running, Kind::Platform).into_iter().filter(|entry| entry.status == 200).collect();
    let texts = taken.iter().flat_map(|entry| entry.body["messages"].as_array().unwrap().clone());
    let (event, _) = world::batch(&running, &running.stack.services.queues.events).await;
    let bundles: Vec<Bundle> = event
        .records
        .iter()
        .map(|record| {
            let QueuedBundle::V1(bundle) = serde_json::from_str(record.body.as_ref().unwrap()).unwrap();
            bundle
        })
        .collect();
    let id = EndUserId::of(&world::bot(), PlatformType::Line, &USER.parse().unwrap());
    let (session, _) = running.stack.sessions.load(id, true).await.unwrap().unwrap();
    let left = Left {
        delivered: taken.iter().map(|entry| entry.title.trim_start_matches("LINE ").to_owned()).collect(),
        texts: texts.map(|message| message["text"].as_str().unwrap().to_owned()).collect(),
        events: bundles.into_iter().flat_map(|bundle| bundle.events).collect(),
        turns: session.turns.len(),
        navigation: json!(session.talk.unwrap().state.navigation),
    };
    running.stop().await;
    left
}

/// The bot says so many texts.
async fn says(running: &Running, count: u64) {
    let stored = running.stack.bots.load(&world::bot()).await.unwrap().unwrap();
    let say = |id: u64| {
        json!({ "id": id, "type": "response", "data": { "message": { "type": "text", "text": format!("text {id}") } },
                "next": [{ "nodeId": id + 1 }] })
    };
    let mut nodes = vec![json!({ "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] })];
    nodes.extend((2..count + 2).map(say));
    nodes.push(json!({ "id": count + 2, "type": "keyboard", "data": { "type": "any" }, "next": [{ "nodeId": 2 }] }));
    let json = json!({
        "title": "texts", "integration": stored.json["integration"],
        "flows": [{ "id": 1, "title": "s", "data": { "entry": 1 }, "nodes": nodes }],
        "preference": { "entryFlowId": 1, "fallbackFlowId": 1 },
    });
    let version = stored.version + 1;
    running.stack.bots.save(&world::bot(), &StoredBot::new(version, json)).await.unwrap();
}

async fn line_text_of_an_hour_ago(running: &Running) {
    assert_eq!(world::line_text(running, USER, "01KT12DQ8VWZFMSGCVCDREMD88", "안녕").await, 200);
    let queue = &running.stack.services.queues.inbound;
    let (event, receipts) = world::batch(running, queue).await;
    let model::Queued::V1(mut inbound) = serde_json::from_str(event.records[0].body.as_ref().unwrap()).unwrap();
    inbound.received_at = inbound.received_at.plus_ms(-3_600_000);
    closer::mapping::acknowledge(&running.stack.services.aws.sqs, queue, receipts.into_iter()).await;
    let sqs = &running.stack.services.aws.sqs;
    let send = sqs.send_message().queue_url(queue).message_group_id(inbound.session_id().to_string());
    let send = send.message_deduplication_id("an-hour-ago");
    send.message_body(serde_json::to_string(&model::Queued::V1(inbound)).unwrap()).send().await.unwrap();
}
