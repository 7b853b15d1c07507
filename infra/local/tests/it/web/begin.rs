//! How conversations begin: once, whoever dies, and whoever comes at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use closer::dev::Running;
use serde_json::{Value, json};
use shell::conversation::Invocation;
use shell::web::Point;

use super::crash::{dying, soon};
use super::talk::WELCOME;
use super::{Tab, handshake, token};
use crate::world;

const POINTS: [Point; 5] = [Point::Connected, Point::Begun, Point::Registered, Point::Announced, Point::Welcomed];

#[derive(Clone, Copy, Debug)]
enum Opening {
    First,
    FirstWithRestart,
    Restart,
    TwoAtOnce,
    TwoRestartsAtOnce,
}

/// The function dies after each step of an opening, and the browsers do what the SDK does: connect and say the same again.
#[tokio::test]
async fn an_opening_that_dies_begins_one_conversation() {
    use Opening::{First, FirstWithRestart, Restart, TwoAtOnce, TwoRestartsAtOnce};
    for (opening, browsers, restarts, welcomes, ends) in [
        (First, 1, false, 1, 0),
        (FirstWithRestart, 1, true, 1, 0),
        (Restart, 1, true, 2, 1),
        (TwoAtOnce, 2, false, 1, 0),
        (TwoRestartsAtOnce, 2, true, 2, 1),
    ] {
        let stopped = POINTS.map(|point| async move {
            let note = format!("{opening:?}, {point:?}");
            // Not before the conversation that a restart ends is there.
            let dead = Arc::new(AtomicBool::new(true));
            let running = dying(point, &dead).await;
            let token = token("member-1");
            let mut restart_id = "of-nothing".to_owned();
            if ends > 0 {
                let (mut tab, context) = Tab::open(&running, &token, 0).await;
                tab.of("KEYBOARD").await;
                restart_id = context["context"]["conversationId"].as_str().unwrap().to_owned();
            }
            dead.store(false, Ordering::SeqCst);
            let mut open = json!({ "action": "open", "v": 1 });
            if restarts {
                (open["restart"], open["restartId"]) = (json!(true), json!(restart_id));
            }
            let comers = (0..browsers).map(|_| told(&running, &token, &open));
            let told = futures::future::join_all(comers).await;
            assert!(told.iter().all(|id| *id == told[0]), "{note}: {told:?}");

            let items = settled(&running, &token, welcomes).await;
            assert!(dead.load(Ordering::SeqCst), "{note} was never reached");
            let welcomed: Vec<&Value> =
                items.iter().filter(|item| item["message"]["data"]["text"] == WELCOME).collect();
            let ended = items.iter().filter(|item| item["event"] == "bot.conversation.deleted").count();
            assert_eq!((welcomed.len(), ended), (welcomes, ends), "{note}: {items:?}");
            assert_eq!(welcomed[welcomes - 1]["message"]["conversationId"], told[0], "{note}");
            running.stop().await;
        });
        futures::future::join_all(stopped).await;
    }
}

/// The conversation that CONTEXT names, however often it takes.
async fn told(running: &Running, token: &str, open: &Value) -> Value {
    for _ in 0..5 {
        let Ok((mut tab, _)) = handshake(running.address, &format!("?token={token}"), &[]).await else { continue };
        tab.write(open).await;
        while let Some(frame) = soon(&mut tab, 1000).await {
            if frame["type"] == "CONTEXT" {
                return frame["context"]["conversationId"].clone();
            }
        }
    }
    panic!("nobody is welcome");
}

/// What the log holds, when nothing more comes.
async fn settled(running: &Running, token: &str, welcomes: usize) -> Vec<Value> {
    let mut before = Vec::new();
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let (mut tab, _) = Tab::open(running, token, 0).await;
        tab.write(&json!({ "action": "history", "v": 1 })).await;
        let items = tab.of("HISTORY").await["items"].as_array().unwrap().clone();
        let said = items.iter().filter(|item| item["message"]["data"]["text"] == WELCOME).count();
        if said >= welcomes && items == before {
            return items;
        }
        before = items;
    }
    panic!("the log does not come to rest: {before:?}");
}

#[tokio::test]
async fn before_a_worker_came_two_tabs_are_in_one_conversation() {
    let running = world::start_idle().await;
    let token = token("member-1");
    let (mut one, first) = Tab::open(&running, &token, 0).await;
    let (_two, second) = Tab::open(&running, &token, 0).await;
    assert_eq!(first["context"]["conversationId"], second["context"]["conversationId"]);
    work(&running).await;
    let welcome = one.of("MESSAGE").await;
    assert_eq!(welcome["message"]["conversationId"], first["context"]["conversationId"]);
    one.of("KEYBOARD").await;
    assert!(one.is_silent(200).await, "one welcome");
    running.stop().await;
}

/// What is announced goes before what is still live, in every tab.
#[tokio::test]
async fn the_first_words_after_a_restart_are_of_the_new_conversation() {
    let running = world::start_idle().await;
    let token = token("member-1");
    let (mut tab, before) = Tab::open(&running, &token, 0).await;
    work(&running).await;
    tab.of("KEYBOARD").await;
    let (mut other, _) = Tab::open(&running, &token, 2).await;
    tab.write(&json!({ "action": "open", "v": 1, "lastSeq": 2, "restart": true })).await;
    let after = tab.of("CONTEXT").await["context"]["conversationId"].clone();
    assert_ne!(after, before["context"]["conversationId"]);
    for (tab, id) in [(&mut tab, "c1"), (&mut other, "c2")] {
        tab.say(id, "매장 위치").await;
        tab.of("ACK").await;
        let own = tab.of("MESSAGE").await;
        assert_eq!((&own["clientMessageId"], &own["message"]["conversationId"]), (&json!(id), &after));
    }
    work(&running).await;
    let welcome = tab.of("MESSAGE").await;
    assert_eq!(welcome["message"]["conversationId"], after, "{welcome}");
    running.stop().await;
}

/// Our own way to the sockets is closed: what the bot says is kept, all of it, and nothing waits for that.
#[tokio::test]
async fn what_nobody_can_be_told_of_is_kept() {
    let running = world::start_idle().await;
    let token = token("member-1");
    let (mut tab, _) = Tab::open(&running, &token, 0).await;
    work(&running).await;
    tab.of("KEYBOARD").await;
    tab.say("c1", "매장 위치").await;
    tab.of("ACK").await;
    let services = &running.stack.services;
    let config = shell::config::ConversationConfig {
        tables: services.tables.clone(),
        inbound_queue: services.queues.inbound.clone(),
        events_queue: services.queues.events.clone(),
        web_callback_url: Some("http://127.0.0.1:9/ws".to_owned()),
        mail: shell::mail::MailConfig::default(),
        public_url: String::new(),
        bot_cache_ms: 0,
        hosts: shell::config::Hosts::default(),
    };
    let worker = shell::conversation::Conversation::new(&services.aws, &config, shell::guard::Reach::Public);
    let (batch, _) = world::batch(&running, &services.queues.inbound).await;
    let response = worker.handle(Invocation::Messages(batch)).await;
    assert!(response.batch_item_failures.is_empty(), "what comes next would wait");
    // The browser asks after a while whether there is more, and for it. The last of it is the keyboard.
    let has = tab.last;
    tab.write(&json!({ "action": "ping", "v": 1, "t": 7 })).await;
    let pong = tab.of("PONG").await;
    tab.write(&json!({ "action": "open", "v": 1, "lastSeq": has })).await;
    let context = tab.of("CONTEXT").await;
    tab.of("KEYBOARD").await;
    assert_eq!(json!(tab.last), context["lastSeq"]);
    assert_eq!(pong, json!({ "type": "PONG", "t": 7, "lastSeq": tab.last }));
    assert!(tab.last > has);
    running.stop().await;
}

/// A worker comes to everything that is queued.
async fn work(running: &Running) {
    let services = &running.stack.services;
    loop {
        let (batch, receipts) = world::batch(running, &services.queues.inbound).await;
        if batch.records.is_empty() {
            return;
        }
        let response = running.stack.conversation().handle(Invocation::Messages(batch)).await;
        assert!(response.batch_item_failures.is_empty());
        closer::mapping::acknowledge(&services.aws.sqs, &services.queues.inbound, receipts.into_iter()).await;
    }
}
