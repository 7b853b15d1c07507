//! What a bot is used for is counted, each customer once a month, and beyond its plan the plan's line stands below.

use closer::feed::Kind;
use serde_json::json;
use shell::conversation::Invocation;
use store::{StoredBot, Usage};

use crate::world;

#[tokio::test]
async fn people_are_counted_once_and_beyond_the_plan_a_line_is_added() {
    let running = world::start_idle().await;
    world::echo(&running).await;
    let bots = &running.stack.bots;
    let mut stored = bots.load(&world::bot()).await.unwrap().unwrap();
    stored.json["plan"] = json!({ "monthlyUsers": 1, "line": "powered by closer.ai" });
    let version = stored.version + 1;
    bots.save(&world::bot(), &StoredBot::new(version, stored.json)).await.unwrap();
    let services = &running.stack.services;
    let usage = Usage::new(services.aws.dynamodb.clone(), &services.tables.sessions);
    let month = flow::Plan::default().month(shell::clock::now());
    let mut said = Vec::new();
    for (user, event, users) in [("1", "e1", 1), ("1", "e2", 1), ("2", "e3", 2), ("1", "e4", 2)] {
        let user = format!("U{user:0>32}");
        assert_eq!(world::line_text(&running, &user, event, "안녕").await, 200);
        let queue = &services.queues.inbound;
        let (batch, receipts) = world::batch(&running, queue).await;
        let worker = running.stack.conversation();
        for _ in 0..2 {
            // As when the messenger sends it again.
            let response = worker.handle(Invocation::Messages(batch.clone())).await;
            assert!(response.batch_item_failures.is_empty());
        }
        closer::mapping::acknowledge(&services.aws.sqs, queue, receipts.into_iter()).await;
        assert_eq!(usage.read(&world::bot(), &month).await.unwrap(), users, "{event}");
        let mut calls = world::entries(&running, Kind::Platform).into_iter().filter(|call| call.status == 200);
        said.push(calls.next_back().unwrap().body["messages"][0]["text"].as_str().unwrap().to_owned());
    }
    let signed = "안녕\n\npowered by closer.ai";
    assert_eq!(said, ["안녕", "안녕", "안녕", signed], "the second was there before it was known");
    running.stop().await;
}
