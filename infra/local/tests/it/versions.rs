//! A conversation goes on with the bot that it began with, when another is published meanwhile.

use closer::dev::Running;
use closer::feed::Kind;
use serde_json::json;
use shell::conversation::Invocation;
use store::StoredBot;

use crate::world;

const OLD: &str = "U0123456789abcdef0123456789abcdef";
const NEW: &str = "U1123456789abcdef0123456789abcdef";

#[tokio::test]
async fn a_conversation_goes_on_with_the_bot_that_it_began_with() {
    let running = world::start_idle().await;
    publish(&running, "first").await;
    assert_eq!(turn(&running, OLD, "e1").await, "first");
    publish(&running, "second").await;
    assert_eq!(turn(&running, OLD, "e2").await, "first");
    assert_eq!(turn(&running, NEW, "e3").await, "second");
    publish(&running, "third").await;
    assert_eq!(turn(&running, OLD, "e4").await, "first", "two versions on");
    assert_eq!(turn(&running, NEW, "e5").await, "second");

    // Its conversation ends, and the next one begins with what is live.
    let id = model::EndUserId::of(&world::bot(), model::PlatformType::Line, &OLD.parse().unwrap());
    let (mut session, version) = running.stack.sessions.load(id, true).await.unwrap().unwrap();
    let talk = session.talk.as_mut().unwrap();
    talk.last_message_at = talk.last_message_at.plus_ms(-25 * 60 * 60 * 1000);
    running.stack.sessions.save(&session, version).await.unwrap();
    assert_eq!(turn(&running, OLD, "e6").await, "third");

    // One that is not kept any more.
    let dynamodb = &running.stack.services.aws.dynamodb;
    let table = &running.stack.services.tables.bots;
    let second = running
        .stack
        .sessions
        .load(model::EndUserId::of(&world::bot(), model::PlatformType::Line, &NEW.parse().unwrap()), true);
    let second = second.await.unwrap().unwrap().0.talk.unwrap().bot_version.unwrap();
    let key = aws_sdk_dynamodb::types::AttributeValue::S(format!("Bhello#{second}"));
    dynamodb.delete_item().table_name(table).key("pk", key).send().await.unwrap();
    assert_eq!(turn(&running, NEW, "e7").await, "third");
    running.stop().await;
}

#[tokio::test]
async fn of_two_who_publish_at_once_one_is_told() {
    let running = world::start_idle().await;
    let bots = &running.stack.bots;
    let before = bots.load(&world::bot()).await.unwrap().unwrap();
    let bot = |n: i64| StoredBot::new(before.version + n, before.json.clone());
    let now = shell::clock::now();
    let (one, other) = (bot(1), bot(2));
    let id = world::bot();
    let (one, other) =
        tokio::join!(bots.publish(&id, Some(&before), &one, now), bots.publish(&id, Some(&before), &other, now));
    let results = [one, other];
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert!(results.iter().any(|result| matches!(result, Err(store::StoreError::Conflict))), "{results:?}");
    running.stop().await;
}

/// A bot that says one word, whatever is said.
async fn publish(running: &Running, word: &str) {
    let before = running.stack.bots.load(&world::bot()).await.unwrap().unwrap();
    let json = json!({
        "title": word, "integration": before.json["integration"],
        "flows": [{ "id": 1, "title": "s", "data": { "entry": 1 }, "nodes": [
            { "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] },
            { "id": 2, "type": "response", "data": { "message": { "type": "text", "text": word } }, "next": [{ "nodeId": 3 }] },
            { "id": 3, "type": "keyboard", "data": { "type": "any" }, "next": [{ "nodeId": 2 }] },
        ] }],
        "preference": { "entryFlowId": 1, "fallbackFlowId": 1 },
    });
    let bot = StoredBot::new(before.version + 1, json);
    running.stack.bots.publish(&world::bot(), Some(&before), &bot, shell::clock::now()).await.unwrap();
}

/// What the bot says to a text, by a worker that has read no bot yet.
async fn turn(running: &Running, user: &str, event: &str) -> String {
    assert_eq!(world::line_text(running, user, event, "안녕").await, 200);
    let queue = &running.stack.services.queues.inbound;
    let (batch, receipts) = world::batch(running, queue).await;
    let response = running.stack.conversation().handle(Invocation::Messages(batch)).await;
    assert!(response.batch_item_failures.is_empty());
    closer::mapping::acknowledge(&running.stack.services.aws.sqs, queue, receipts.into_iter()).await;
    let calls = world::entries(running, Kind::Platform);
    calls.last().unwrap().body["messages"][0]["text"].as_str().unwrap().to_owned()
}
