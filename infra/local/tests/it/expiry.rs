//! Conversations end in time, also when the customer never comes back.

use closer::expiry;
use closer::feed::Kind;
use model::{EndUserId, PlatformType};
use serde_json::json;
use store::{StoredBot, Timers};

use crate::world;

const USER: &str = "U0123456789abcdef0123456789abcdef";

/// The bot's conversations end after this many milliseconds.
async fn start(timeout_ms: u32) -> closer::dev::Running {
    let running = world::start().await;
    let mut stored = running.stack.bots.load(&world::bot()).await.unwrap().unwrap();
    stored.json["preference"]["sessionTimeoutMinutes"] = json!(f64::from(timeout_ms) / 60_000.0);
    let version = stored.version + 1;
    running.stack.bots.save(&world::bot(), &StoredBot::new(version, stored.json)).await.unwrap();
    // Longer than the bot that was loaded at start is believed.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    running
}

fn ends(running: &closer::dev::Running) -> usize {
    let entries = world::entries(running, Kind::Delivery);
    entries.iter().map(|entry| entry.body.to_string().matches("bot.conversation.deleted").count()).sum()
}

#[tokio::test]
async fn a_conversation_ends_by_itself() {
    let running = start(2500).await;
    assert_eq!(world::line_text(&running, USER, "e1", "안녕").await, 200);
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    // It goes on: the timer of its beginning rings too early, and is set anew.
    assert_eq!(world::line_text(&running, USER, "e2", "영업 시간").await, 200);
    let started = std::time::Instant::now();
    world::until("the end", || (ends(&running) == 1).then_some(())).await;
    assert!(started.elapsed() >= std::time::Duration::from_millis(2500), "counted from the last message");
    let id = EndUserId::of(&world::bot(), PlatformType::Line, &USER.parse().unwrap());
    assert!(running.stack.sessions.load(id, true).await.unwrap().unwrap().0.talk.is_none());

    // The next message begins another, and ends nothing more.
    assert_eq!(world::line_text(&running, USER, "e3", "안녕").await, 200);
    world::until("the next conversation", || (world::entries(&running, Kind::Platform).len() == 3).then_some(())).await;
    assert_eq!(ends(&running), 1);
    running.stop().await;
}

/// What the function could not take is shown to it again, and the same expiry twice ends one conversation.
#[tokio::test]
async fn a_timer_that_cannot_be_queued_stays() {
    let running = world::start_idle().await;
    assert_eq!(world::line_text(&running, USER, "e1", "안녕").await, 200);
    let services = &running.stack.services;
    let (event, _) = world::batch(&running, &services.queues.inbound).await;
    let worker = running.stack.conversation();
    worker.handle(shell::conversation::Invocation::Messages(event)).await;
    let timers = Timers::new(services.aws.dynamodb.clone(), &services.tables.sessions);
    let tomorrow = model::time::EpochSeconds(shell::clock::now().seconds().0 + 24 * 60 * 60 + 2);
    let timer = timers.due(tomorrow).await.unwrap().remove(0);
    assert_eq!(timer.kind.name(), "expired");
    // As if a day had passed.
    timers.set(&timer, model::time::EpochSeconds(0)).await.unwrap();

    services.aws.sqs.delete_queue().queue_url(&services.queues.inbound).send().await.unwrap();
    expiry::pass(&timers, &worker).await.unwrap();
    assert_eq!(timers.due(tomorrow).await.unwrap().len(), 1, "it could not be queued");
    let name = services.queues.inbound.rsplit('/').next().unwrap();
    let fifo = aws_sdk_sqs::types::QueueAttributeName::FifoQueue;
    services.aws.sqs.create_queue().queue_name(name).attributes(fifo, "true").send().await.unwrap();
    expiry::pass(&timers, &worker).await.unwrap();
    assert!(timers.due(tomorrow).await.unwrap().is_empty());
    let (event, _) = world::batch(&running, &services.queues.inbound).await;
    assert_eq!(event.records.len(), 1);
    running.stop().await;
}
