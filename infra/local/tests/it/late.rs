//! KakaoTalk and WeChat wait five seconds. What the bot says later must still reach the customer: by the callback, by
//! the messenger's API, when it asks again, or with the next message. And never twice.

use closer::dev::{self, Dev, Running};
use closer::feed::Kind;
use model::{EndUserId, PlatformType};
use serde_json::{Value, json};
use shell::conversation::{Conversation, Invocation};
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
    assert_eq!(answer["template"]["quickReplies"][0]["label"], "꽃다발 보기", "its buttons come with it");
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

/// Several pictures are several turns of one request; one callback brings all of their replies.
#[tokio::test]
async fn all_replies_of_a_request_come_by_its_callback() {
    let running = impatient().await;
    say(&running, json!({ "utterance": "안녕" })).await;
    work(&running, &running.stack.conversation()).await;
    let urls = "List(https://secure.kakaocdn.net/1, https://secure.kakaocdn.net/2)";
    let body = json!({
        "userRequest": { "user": { "id": USER, "type": "botUserKey" }, "utterance": "사진", "callbackUrl": CALLBACK },
        "action": { "detailParams": { "photos": { "value": json!({ "secureUrls": urls }).to_string() } } },
    });
    let (status, _) = world::post(&running, world::KAKAO_PATH, &[], body.to_string().as_bytes()).await;
    assert_eq!(status, 200);
    work(&running, &running.stack.conversation()).await;
    let calls = world::entries(&running, Kind::Platform);
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].body.to_string().matches("사진 잘 받았어요").count(), 2, "{}", calls[0].body);
    running.stop().await;
}

/// A bot that asks a slow server is late, and then says what the server said.
#[tokio::test]
async fn a_slow_server_makes_a_late_reply_and_not_a_wrong_one() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let slow = axum::routing::get(|| async {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        r#"{ "stock": 7 }"#
    });
    tokio::spawn(axum::serve(listener, axum::Router::new().route("/", slow)).into_future());

    let dev = Dev { idle: true, allow_private: true, ..Dev::for_tests(world::root().join("bots")) };
    let running = dev::start(&dev).await.unwrap();
    let mut stored = running.stack.bots.load(&world::bot()).await.unwrap().unwrap();
    stored.json["integration"]["kakao"]["answerWithinMs"] = json!(300);
    stored.json["flows"] = json!([{ "id": 1, "title": "s", "data": { "entry": 1 }, "nodes": [
        { "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] },
        { "id": 2, "type": "fetch", "data": { "uri": url, "method": "GET" }, "next": [{ "nodeId": 3 }] },
        { "id": 3, "type": "response", "data": { "message": { "type": "text", "text": "재고 {{fetch.data.stock}}개" } }, "next": [] },
    ] }]);
    stored.json["preference"]["fallbackFlowId"] = json!(1);
    let version = stored.version + 1;
    running.stack.bots.save(&world::bot(), &StoredBot::new(version, stored.json)).await.unwrap();

    let interim = say_while_working(&running, json!({ "utterance": "안녕", "callbackUrl": CALLBACK })).await;
    assert_eq!(interim["useCallback"], true);
    work(&running, &running.stack.conversation()).await;
    let calls = world::entries(&running, Kind::Platform);
    assert_eq!(calls.len(), 1);
    assert!(calls[0].body.to_string().contains("재고 7개"), "{}", calls[0].body);
    running.stop().await;
}

/// What an agent says by our API, where there is no way to speak unasked: the customer's next message brings it.
#[tokio::test]
async fn what_nobody_asked_for_waits_on_kakao() {
    let running = impatient().await;
    let worker = running.stack.conversation();
    say_while_working(&running, json!({ "utterance": "안녕" })).await;
    let agent = model::Agent {
        id: "a1".to_owned(),
        profile: model::AgentProfile { display_name: "Kim".to_owned(), picture: None },
    };
    let user_key: model::UserKey = USER.parse().unwrap();
    let inbound = model::Inbound {
        id: model::InboundId::of(&world::bot(), PlatformType::Kakao, "said"),
        bot_id: world::bot(),
        platform: PlatformType::Kakao,
        user_key: user_key.clone(),
        conversation_key: user_key,
        timestamp: shell::clock::now(),
        received_at: shell::clock::now(),
        answer_by: None,
        reply_to: Value::Null,
        kind: model::InboundKind::AgentSaid {
            agent,
            data: model::MessageData::text("김 상담원입니다"),
            custom: None,
            conversation_id: None,
        },
    };
    let sqs = &running.stack.services.aws.sqs;
    let send = sqs.send_message().queue_url(&running.stack.services.queues.inbound).message_group_id("g");
    let body = serde_json::to_string(&model::Queued::V1(inbound)).unwrap();
    send.message_deduplication_id("said").message_body(body).send().await.unwrap();
    work(&running, &worker).await;
    assert_eq!(late(&running).await, 1);
    let answer = say_while_working(&running, json!({ "utterance": "네?", "extra": { "closer": "late" } })).await;
    assert!(answer.to_string().contains("김 상담원입니다"), "{answer}");
    running.stop().await;
}

/// An account that may send: the reply follows by the API, once, however often Tencent asks.
#[tokio::test]
async fn wechat_is_told_later_what_was_not_ready() {
    let running = impatient().await;
    let (status, answer) = wechat(&running, "1", 0, "안녕").await;
    assert_eq!((status, answer.as_str()), (200, "success"));
    work(&running, &running.stack.conversation()).await;
    let calls = world::entries(&running, Kind::Platform);
    let sent: Vec<_> = calls.iter().map(|call| call.title.as_str()).collect();
    assert_eq!(sent, ["WeChat stable_token", "WeChat custom/send"], "{calls:#?}");
    assert!(calls[1].body.to_string().contains("별빛 꽃집입니다"));
    assert_eq!((calls[1].status, calls[1].note.as_str()), (200, ""));

    // Tencent did not hear our answer, and asks again.
    let (status, answer) = wechat(&running, "1", 5000, "안녕").await;
    assert_eq!((status, answer.as_str()), (200, "success"), "the reply has gone out");
    assert_eq!(world::entries(&running, Kind::Platform).len(), 2);

    // The next message is in time, and the token is kept.
    let worker = running.stack.conversation();
    let ((_, answer), ()) = tokio::join!(wechat(&running, "2", 0, "영업 시간"), work(&running, &worker));
    assert!(answer.contains("평일은 10시"), "{answer}");

    // An answer that Tencent did not hear: the reply follows by the API, and no other answer doubles it.
    let (status, answer) = wechat(&running, "2", 5000, "영업 시간").await;
    assert_eq!((status, answer.as_str()), (200, "success"));
    let (status, answer) = wechat(&running, "2", 10_000, "영업 시간").await;
    assert_eq!((status, answer.as_str()), (200, "success"));
    work(&running, &worker).await;
    let calls = world::entries(&running, Kind::Platform);
    assert_eq!(calls.len(), 4, "a token of this worker's, and one message: {calls:#?}");
    assert!(calls[3].body.to_string().contains("평일은 10시"));
    running.stop().await;
}

/// An account that may not: the reply is for one of the times that Tencent asks again.
#[tokio::test]
async fn wechat_without_the_api_is_answered_when_it_asks_again() {
    let running = impatient().await;
    let mut stored = running.stack.bots.load(&world::bot()).await.unwrap().unwrap();
    stored.json["integration"]["wechat"]["customerService"] = json!(false);
    let version = stored.version + 1;
    running.stack.bots.save(&world::bot(), &StoredBot::new(version, stored.json)).await.unwrap();

    let (status, answer) = wechat(&running, "1", 0, "안녕").await;
    assert_eq!((status, answer.as_str()), (503, ""), "by now nobody listens any more");
    work(&running, &running.stack.conversation()).await;
    let (status, answer) = wechat(&running, "1", 5000, "안녕").await;
    assert!(status == 200 && answer.contains("별빛 꽃집입니다"), "{answer}");
    assert_eq!(world::entries(&running, Kind::Platform).len(), 0);
    let (event, _) = world::batch(&running, &running.stack.services.queues.inbound).await;
    assert!(event.records.is_empty(), "the three tries are one message, and nothing was late");
    running.stop().await;
}

/// A text of `openid` on WeChat, plain and signed. `age_ms` old: Tencent's tries are five seconds apart.
async fn wechat(running: &Running, id: &str, age_ms: i64, text: &str) -> (u16, String) {
    use sha1::Digest as _;
    let now = shell::clock::now();
    let (sent, timestamp) = ((now.0 - age_ms) / 1000, (now.0 / 1000).to_string());
    let mut parts = ["localwechattoken", &timestamp, "70017"];
    parts.sort_unstable();
    let signature: String = sha1::Sha1::digest(parts.concat()).iter().map(|byte| format!("{byte:02x}")).collect();
    let body = format!(
        "<xml><ToUserName>gh_local</ToUserName><FromUserName>oLocal</FromUserName><CreateTime>{sent}</CreateTime>\
         <MsgType>text</MsgType><Content>{text}</Content><MsgId>{id}</MsgId></xml>"
    );
    let path = format!("/hooks/wechat/Bhello?signature={signature}&timestamp={timestamp}&nonce=70017");
    let (status, answer) = world::post(running, &path, &[], body.as_bytes()).await;
    (status.as_u16(), answer)
}

/// No worker runs, and the adapters wait 300 ms.
async fn impatient() -> Running {
    let running = world::start_idle().await;
    let mut stored = running.stack.bots.load(&world::bot()).await.unwrap().unwrap();
    for platform in ["kakao", "wechat"] {
        stored.json["integration"][platform]["answerWithinMs"] = json!(300);
    }
    let version = stored.version + 1;
    running.stack.bots.save(&world::bot(), &StoredBot::new(version, stored.json)).await.unwrap();
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
    assert!(worker.handle(Invocation::Messages(event)).await.batch_item_failures.is_empty());
    closer::mapping::acknowledge(&running.stack.services.aws.sqs, queue, receipts.into_iter()).await;
}

/// How many replies wait for the customer's next message.
async fn late(running: &Running) -> usize {
    let id = EndUserId::of(&world::bot(), PlatformType::Kakao, &USER.parse().unwrap());
    running.stack.sessions.load(id, true).await.unwrap().unwrap().0.late.len()
}
