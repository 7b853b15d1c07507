//! A crowd of customers, all at once: every one gets all answers, in order, and every event arrives once.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use closer::dev::{self, Dev};
use closer::feed::Kind;
use serde_json::Value;

use crate::world;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_customers_with_a_hundred_messages_each() {
    crowd(100, 100).await;
}

async fn crowd(users: usize, messages: usize) {
    let total = users * messages;
    let dev = Dev { kept: 3 * total, ..Dev::for_tests(world::root().join("bots")) };
    let running = Arc::new(dev::start(&dev).await.unwrap());
    world::echo(&running).await;
    // Longer than the bot that was loaded at start is believed.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;

    world::crowd(&running, users, messages).await;

    // Per customer: created twice, and each message received and sent.
    let events = 2 * users + 2 * total;
    world::until("all answers", || (world::count(&running, Kind::Platform) >= total).then_some(())).await;
    world::until("all events", || (world::count(&running, Kind::Delivery) >= events).then_some(())).await;

    let mut answers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for entry in world::entries(&running, Kind::Platform) {
        assert_eq!(entry.status, 200, "{}", entry.note);
        for message in entry.body["messages"].as_array().unwrap() {
            let (user, n) = message["text"].as_str().unwrap().split_once('-').unwrap();
            answers.entry(user.to_owned()).or_default().push(n.parse().unwrap());
        }
    }
    assert_eq!(answers.len(), users);
    for (user, answers) in answers {
        assert_eq!(answers, (0..messages).collect::<Vec<_>>(), "customer {user}");
    }

    let mut seen: HashSet<String> = HashSet::new();
    let mut heard: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in world::entries(&running, Kind::Delivery) {
        assert_eq!((entry.status, entry.note.as_str()), (200, "signature valid"));
        for event in entry.body["messages"].as_array().unwrap() {
            assert!(seen.insert(event["id"].as_str().unwrap().to_owned()), "an event came twice");
            if let Value::String(text) = &event["data"]["message"]["data"]["text"] {
                let conversation = event["data"]["message"]["conversationId"].as_str().unwrap();
                heard.entry(conversation.to_owned()).or_default().push(text.clone());
            }
        }
    }
    assert_eq!(seen.len(), events);
    for (conversation, texts) in heard {
        let (user, _) = texts[0].split_once('-').unwrap();
        let expected: Vec<String> =
            (0..messages).flat_map(|n| [format!("{user}-{n}"), format!("{user}-{n}")]).collect();
        assert_eq!(texts, expected, "conversation {conversation}");
    }
    Arc::try_unwrap(running).unwrap().stop().await;
}
