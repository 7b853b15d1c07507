//! KakaoTalk waits five seconds. What the bot says later must still reach the customer: by the callback, or with the
//! next message.

use closer::dev::Running;
use closer::feed::Kind;
use model::{EndUserId, PlatformType};
use serde_json::{Value, json};
use shell::conversation::Conversation;
use store::StoredBot;

use crate::world;

const USER: &str = "local-user";
const CALLBACK: &str = "https://bot-api.kakao.com/v1/bots/local/callback/a%2Fb";

#[tokio::test]
async fn without_a_callback_the_next_press_brings_it() {
    let running = impatient().await;
    let interim = say(&running, json!({ "utterance": "영업 시간" })).await;
    assert_eq!(interim["template"]["quickReplies"][0]["extra"], json!({ "closer": "late" }));
    assert!(!interim.to_string().contains("별빛"), "nobody answered yet");

    let worker = running.stack.conversation();
    work(&running, &worker).await;
    assert_eq!(late(&running).await, 1, "the greeting is kept");

    let press = json!({ "utterance": "답변 확인", "extra": { "closer": "late" } });
    let answer = say_while_working(&running, press.clone()).await;
    assert!(answer.to_string().contains("별빛 꽃집입니다"), "{answer}");
    assert_eq!(late(&running).await, 0);
    // A second press has nothing to bring, and still gets a valid answer.
    let again = say_while_working(&running, press).await;
    assert!(!again["template"]["outputs"].as_array().unwrap().is_empty());
    assert!(!again.to_string().contains("별빛 꽃집입니다"));
    running.stop().await;
}

#[tokio::test]
async fn without_a_callback_another_message_brings_it_first() {
    let running = impatient().await;
    say(&running, json!({ "utterance": "안녕" })).await;
    work(&running, &running.stack.conversation()).await;
    let answer = say_while_working(&running, json!({ "utterance": "영업 시간" })).await;
    let text = answer["template"]["outputs"].to_string();
    let (greeting, hours) = (text.find("별빛 꽃집입니다").unwrap(), text.find("평일은 10시").unwrap());
    assert!(greeting < hours, "what was late comes first: {text}");
    running.stop().await;
}

#[tokio::test]
async fn with_a_callback_it_is_sent_once() {
    let running = impatient().await;
    let interim = say(&running, json!({ "utterance": "안녕", "callbackUrl": CALLBACK })).await;
    assert_eq!(interim["useCallback"], true);
    work(&running, &running.stack.conversation()).await;
    let calls = world::entries(&running, Kind::Platform);
    assert_eq!(calls.iter().map(|entry| entry.note.as_str()).collect::<Vec<_>>(), ["SUCCESS"]);
    assert!(calls[0].body.to_string().contains("별빛 꽃집입니다"));
    assert_eq!(late(&running).await, 0, "it was sent, so it is not kept");
    running.stop().await;
}

#[tokio::test]
async fn a_callback_that_is_refused_leaves_it_for_the_next_message() {
    let running = impatient().await;
    let spent = format!("http://{}/stand-in/kakao/v1/bots/local/callback/a%2Fb", running.address);
    world::http_client().post(spent).body("{}").send().await.unwrap();
    say(&running, json!({ "utterance": "안녕", "callbackUrl": CALLBACK })).await;
    work(&running, &running.stack.conversation()).await;
    let notes: Vec<String> = world::entries(&running, Kind::Platform).into_iter().map(|entry| entry.note).collect();
    assert!(notes.iter().all(|note| note.starts_with("FAIL")) && notes.len() == 2, "{notes:?}");
    assert_eq!(late(&running).await, 1);
    running.stop().await;
}

#[tokio::test]
async fn the_whole_stack_answers_in_time() {
    let running = world::start().await;
    let body = world::kakao_body(USER, "안녕");
    let (status, answer) = world::post(&running, world::KAKAO_PATH, &[], body.as_bytes()).await;
    assert_eq!(status, 200);
    assert!(answer.contains("별빛 꽃집입니다"), "{answer}");
    running.stop().await;
}

/// No worker runs, and the adapter waits 300 ms.
async fn impatient() -> Running {
    let running = world::start_idle().await;
    let mut stored = running.stack.bots.load(&world::bot()).await.unwrap().unwrap();
    stored.json["integration"]["kakao"]["answerWithinMs"] = json!(300);
    let version = stored.version + 1;
    running.stack.bots.save(&world::bot(), &StoredBot { version, json: stored.json }).await.unwrap();
    running
}

async fn say(running: &Running, said: Value) -> Value {
    let body = json!({
        "userRequest": { "user": { "id": USER, "type": "botUserKey" }, "utterance": said["utterance"], "callbackUrl": said["callbackUrl"] },
        "action": { "clientExtra": said["extra"] },
    });
    let (status, answer) = world::post(running, world::KAKAO_PATH, &[], body.to_string().as_bytes()).await;
    assert_eq!(status, 200);
    serde_json::from_str(&answer).unwrap()
}

async fn say_while_working(running: &Running, said: Value) -> Value {
    let worker = running.stack.conversation();
    let (answer, ()) = tokio::join!(say(running, said), work(running, &worker));
    answer
}

/// Handles what is on the queue.
async fn work(running: &Running, worker: &Conversation) {
    let queue = &running.stack.services.queues.inbound;
    let (event, receipts) = world::batch(running, queue).await;
    assert!(!event.records.is_empty());
    assert!(worker.handle(event).await.batch_item_failures.is_empty());
    closer::mapping::acknowledge(&running.stack.services.aws.sqs, queue, receipts.into_iter()).await;
}

/// How many replies wait for the customer's next message.
async fn late(running: &Running) -> usize {
    let id = EndUserId::of(&world::bot(), PlatformType::Kakao, &USER.parse().unwrap());
    running.stack.sessions.load(id, true).await.unwrap().unwrap().0.late.len()
}
