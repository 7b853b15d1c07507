//! End users and conversations, with people of the company in them.

use closer::dev::Running;
use closer::feed::Kind;
use model::{EndUserId, PlatformType};
use serde_json::{Value, json};

use super::webhooks::until as list_until;
use super::{Api, told, until};
use crate::deliveries::Receiver;
use crate::world;

const BOT: &str = "/v1/bots/Bhello";
const USER: &str = "U0123456789abcdef0123456789abcdef";

fn agent() -> Value {
    json!({ "id": "a1", "displayName": "상담원" })
}

/// A bot that calls for an agent when asked to, and keeps what was said.
async fn publish(api: &Api) {
    let bot = json!({
        "title": "with people",
        "flows": [
            { "id": 1, "title": "s", "data": { "entry": 1 }, "nodes": [
                { "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] },
                { "id": 2, "type": "response", "data": { "message": { "type": "text", "text": "무엇을 도와 드릴까요?" } }, "next": [{ "nodeId": 3 }] },
                { "id": 3, "type": "keyboard", "data": { "type": "any" }, "next": [{ "nodeId": 4 }] },
                { "id": 4, "type": "manual", "data": {}, "next": [{ "nodeId": 2 }] },
            ] },
            { "id": 2, "title": "t", "data": { "entry": 1 }, "nodes": [
                { "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] },
                { "id": 2, "type": "response", "data": { "message": { "type": "text", "text": "둘째 시나리오" } }, "next": [] },
            ] },
        ],
        "preference": { "entryFlowId": 1, "fallbackFlowId": 1, "history": { "days": 3 } },
    });
    api.ok("PUT", BOT, bot).await;
    // The worker believes a bot for a second.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
}

/// What LINE was sent, texts only.
fn said(running: &Running) -> Vec<String> {
    let calls = world::entries(running, Kind::Platform);
    let texts = calls.iter().flat_map(|call| call.body["messages"].as_array().cloned().unwrap_or_default());
    texts.filter_map(|message| message["text"].as_str().map(str::to_owned)).collect()
}

async fn conversation(api: &Api, state: &str) -> Value {
    let list = format!("{BOT}/conversations?agent={state}");
    list_until(api, &list, |page| page["data"].as_array().unwrap().len() == 1).await["data"][0].clone()
}

#[tokio::test]
async fn a_person_takes_over_speaks_and_leaves() {
    let running = super::start().await;
    let api = Api::new(&running);
    publish(&api).await;
    let receiver = Receiver::default();
    api.post(&format!("{BOT}/webhooks"), json!({ "name": "crm", "url": receiver.start().await })).await;
    world::line_text(&running, USER, "e1", "안녕").await;
    until("the welcome", || said(&running).len() == 1).await;
    world::line_text(&running, USER, "e2", "상담원 연결").await;

    let waiting = conversation(&api, "pending").await;
    assert_eq!((&waiting["agent"]["status"], &waiting["platform"]), (&json!("PENDING"), &json!("line")));
    let path = format!("{BOT}/conversations/{}", waiting["id"].as_str().unwrap());
    assert_eq!(api.get(&path).await["id"], waiting["id"]);

    api.post(&format!("{path}/take-over"), json!({ "agent": agent() })).await;
    conversation(&api, "connected").await;
    assert_eq!(api.get(&format!("{BOT}/conversations?agent=pending")).await["data"], json!([]));
    let before = said(&running).len();
    let answer = api
        .post(
            &format!("{path}/messages"),
            json!({ "agent": agent(), "message": { "type": "text", "text": "제가 도와 드릴게요" } }),
        )
        .await;
    until("the agent's words", || said(&running).last().is_some_and(|text| text == "제가 도와 드릴게요")).await;
    assert_eq!(said(&running).len(), before + 1);
    // The bot is silent.
    world::line_text(&running, USER, "e3", "감사합니다").await;
    let history = format!("{path}/messages");
    let all = list_until(&api, &history, |page| page.to_string().contains("감사합니다")).await;
    assert_eq!(all["keptDays"], 3);
    let texts: Vec<&str> =
        all["data"].as_array().unwrap().iter().filter_map(|message| message["data"]["text"].as_str()).collect();
    assert_eq!(texts.first(), Some(&"안녕"));
    assert!(texts.ends_with(&["제가 도와 드릴게요", "감사합니다"]), "{texts:?}");
    let theirs =
        all["data"].as_array().unwrap().iter().find(|message| message["data"]["text"] == "제가 도와 드릴게요").unwrap();
    assert_eq!(theirs["requestId"], answer["requestId"]);

    // Page by page, backwards.
    let mut back: Vec<String> = Vec::new();
    let mut next = format!("{history}?limit=1");
    loop {
        let page = api.get(&next).await;
        let mut texts: Vec<String> = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|message| message["data"]["text"].as_str().map(str::to_owned))
            .collect();
        texts.append(&mut back);
        back = texts;
        let Some(cursor) = page["next"].as_str() else { break };
        next = format!("{history}?limit=1&cursor={cursor}");
    }
    assert_eq!(back, texts);

    api.post(&format!("{path}/move"), json!({ "flowId": 2 })).await;
    until("the other flow", || said(&running).last().is_some_and(|text| text == "둘째 시나리오")).await;
    assert_eq!(api.call("POST", &format!("{path}/move"), json!({ "flowId": 99 })).await.status, 422);
    assert_eq!(api.call("POST", &format!("{path}/move"), json!({ "flowId": 2, "nodeId": 99 })).await.status, 422);
    api.post(&format!("{path}/finish"), json!({ "params": { "rating": 5 } })).await;
    list_until(&api, &format!("{BOT}/conversations?agent=connected"), |page| page["data"] == json!([])).await;
    let user = EndUserId::of(&world::bot(), PlatformType::Line, &USER.parse().unwrap());
    list_until(&api, &format!("{BOT}/end-users/{user}"), |user| user["params"]["rating"] == 5).await;
    until("the events", || {
        let events = told(&receiver);
        ["agent_call_requested", "agent_call_connected", "agent_call_disconnected"]
            .iter()
            .all(|name| events.contains(&format!("bot.conversation.{name}")))
    })
    .await;
    running.stop().await;
}

#[tokio::test]
async fn what_nobody_can_say() {
    let running = super::start().await;
    let api = Api::new(&running);
    world::line_text(&running, USER, "e1", "안녕").await;
    until("an answer", || !said(&running).is_empty()).await;
    let user = EndUserId::of(&world::bot(), PlatformType::Line, &USER.parse().unwrap());
    let id = api.get(&format!("{BOT}/end-users/{user}")).await["conversationId"].as_str().unwrap().to_owned();
    let say = format!("{BOT}/conversations/{id}/messages");
    for (body, pointer) in [
        (json!({ "agent": agent(), "message": { "type": "text", "text": " " } }), "/message/text"),
        (json!({ "agent": agent(), "message": { "type": "text", "text": "x".repeat(10_001) } }), "/message/text"),
        (json!({ "agent": agent(), "message": { "type": "hologram" } }), "/message"),
        (json!({ "agent": agent(), "message": { "type": "cards", "cards": [] } }), "/message/cards"),
        (
            json!({ "agent": { "id": "a", "displayName": "" }, "message": { "type": "text", "text": "x" } }),
            "/agent/displayName",
        ),
        (
            json!({ "agent": { "id": "a", "displayName": "가".repeat(31) }, "message": { "type": "text", "text": "x" } }),
            "/agent/displayName",
        ),
        (json!({ "message": { "type": "text", "text": "x" } }), ""),
    ] {
        let answer = api.call("POST", &say, body.clone()).await;
        assert_eq!(
            (answer.status, &answer.body["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{body}: {}",
            answer.body
        );
    }
    // KakaoTalk takes answers only.
    let body = world::kakao_body("kakao-user", "안녕");
    world::post(&running, world::KAKAO_PATH, &[], body.as_bytes()).await;
    let found = api.get(&format!("{BOT}/end-users?platform=kakao&userKey=kakao-user")).await;
    let id = found["data"][0]["conversationId"].as_str().unwrap().to_owned();
    let words = json!({ "agent": agent(), "message": { "type": "text", "text": "x" } });
    assert_eq!(api.call("POST", &format!("{BOT}/conversations/{id}/messages"), words).await.status, 409);
    assert_eq!(api.get(&format!("{BOT}/end-users?platform=kakao&userKey=nobody")).await["data"], json!([]));
    assert_eq!(api.call("GET", &format!("{BOT}/end-users?platform=icq&userKey=x"), Value::Null).await.status, 400);
    assert_eq!(api.get(&format!("{BOT}/conversations/{id}/messages")).await["keptDays"], 0);
    running.stop().await;
}

/// Nothing of the customer is left anywhere: not in a table, nor in a delivery that is still to be sent.
#[tokio::test]
async fn a_customer_is_deleted_with_all_data() {
    let running = super::start().await;
    let api = Api::new(&running);
    publish(&api).await;
    let (good, bad) = (Receiver::default(), Receiver::default());
    api.post(&format!("{BOT}/webhooks"), json!({ "name": "good", "url": good.start().await })).await;
    api.post(&format!("{BOT}/webhooks"), json!({ "name": "bad", "url": bad.start().await })).await;
    // One that is deleted has deliveries all the same.
    let third = Receiver::default();
    let deleted = api.post(&format!("{BOT}/webhooks"), json!({ "name": "third", "url": third.start().await })).await;
    bad.follows(&(std::sync::Arc::new(|_: &_| crate::deliveries::Says::status(500)) as _));
    world::line_text(&running, USER, "e1", "비밀번호는 hunter2").await;
    world::line_text(&running, "Uother", "e2", "안녕").await;
    until("attempts", || bad.got().len() >= 2 && told(&good).len() >= 6 && told(&third).len() >= 6).await;
    api.ok("DELETE", &format!("{BOT}/webhooks/{}", deleted["id"].as_str().unwrap()), Value::Null).await;
    let user = EndUserId::of(&world::bot(), PlatformType::Line, &USER.parse().unwrap());
    let path = format!("{BOT}/end-users/{user}");
    list_until(&api, &format!("{path}/messages"), |page| page.to_string().contains("hunter2")).await;
    let holds = |record: &&delivery::Record| record.due_at().is_some() && record.body.contains("hunter2");
    let before = running.stack.deliveries.list().await.unwrap().iter().find(holds).unwrap().body.clone();
    // A second time, for what was on its way at the first.
    let first = api.call("DELETE", &path, Value::Null).await;
    assert_eq!((first.status, first.headers["retry-after"].to_str().unwrap()), (202, "240"));
    let soon = api.call("DELETE", &path, Value::Null).await;
    assert_eq!(soon.status, 202);
    assert_eq!(api.call("GET", &path, Value::Null).await.status, 404, "the customer is gone at once");
    // One of theirs is on its way, as it was.
    shell::clock::pass(admin::SETTLE_MS);
    let deliveries = &running.stack.deliveries;
    let records = deliveries.list().await.unwrap();
    let of_them = |record: &&delivery::Record| {
        record.due_at().is_some() && record.body.contains("bot.end_user.deleted") && !record.body.contains("Uother")
    };
    let waiting = records.iter().find(of_them).unwrap();
    let until_then = shell::clock::now().plus_ms(60_000);
    let on_its_way = delivery::Record {
        state: delivery::RecordState::Claimed { until: until_then },
        attempt: waiting.attempt + 1,
        body: before.clone(),
        ..waiting.clone()
    };
    deliveries.save(&on_its_way, waiting.attempt).await.unwrap();
    let busy = api.call("DELETE", &path, Value::Null).await;
    assert_eq!((busy.status, busy.headers["retry-after"].to_str().unwrap()), (202, "240"));
    shell::clock::pass(admin::SETTLE_MS);
    assert_eq!(api.call("DELETE", &path, Value::Null).await.status, 204);
    for tail in ["", "/messages"] {
        assert_eq!(api.call("GET", &format!("{path}{tail}"), Value::Null).await.status, 404);
    }
    assert_eq!(api.call("DELETE", &path, Value::Null).await.status, 404);
    until("the event", || told(&good).contains(&"bot.end_user.deleted".to_owned())).await;
    let deleted = good.got().iter().find(|got| got.body.contains("bot.end_user.deleted")).unwrap().body.clone();
    assert!(!deleted.contains("hunter2"));
    // What is still to be sent tells of the others, and that this one is gone. No table knows more.
    let services = &running.stack.services;
    let tables = &services.tables;
    let mut kept = String::new();
    for table in [&tables.sessions, &tables.deliveries, &tables.messages, &tables.keys, &tables.webhooks, &tables.bots]
    {
        let items = services.aws.dynamodb.scan().table_name(table).send().await.unwrap();
        kept.push_str(&format!("{:?}", items.items()));
    }
    assert!(!kept.contains("hunter2"), "{kept}");
    assert!(kept.contains("Uother") && kept.contains("bot.end_user.deleted"));
    let sessions =
        format!("{:?}", services.aws.dynamodb.scan().table_name(&tables.sessions).send().await.unwrap().items());
    assert!(!sessions.contains(USER), "{sessions}");
    running.stop().await;
}

/// Whoever is there is deleted, however often they come back, and whatever became of an earlier wish.
#[tokio::test]
async fn a_customer_who_came_back_is_deleted_anew() {
    let running = super::start().await;
    let api = Api::new(&running);
    let receiver = Receiver::default();
    api.post(&format!("{BOT}/webhooks"), json!({ "name": "crm", "url": receiver.start().await })).await;
    let user = EndUserId::of(&world::bot(), PlatformType::Line, &USER.parse().unwrap());
    let path = format!("{BOT}/end-users/{user}");
    // At once, after the second look was due, long after everybody forgot; and by a message that came before the wish, and had
    // to wait.
    let cases = [(0, 0), (0, admin::SETTLE_MS), (0, 2 * 60 * 60 * 1000), (10_000, 10_000)];
    for (n, (before_ms, later_ms)) in cases.into_iter().enumerate() {
        shell::clock::pass(-before_ms);
        world::line_text(&running, USER, &format!("e{n}"), "안녕").await;
        until("the customer", || {
            told(&receiver).iter().filter(|name| *name == "bot.end_user.created").count() == n + 1
        })
        .await;
        shell::clock::pass(later_ms);
        let answer = api.call("DELETE", &path, Value::Null).await;
        assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (202, "240"), "{n}");
        assert_eq!(api.call("GET", &path, Value::Null).await.status, 404, "{n}");
    }
    // Whoever asked comes back with it much later, and it goes on.
    shell::clock::pass(3 * 24 * 60 * 60 * 1000);
    assert_eq!(api.call("DELETE", &path, Value::Null).await.status, 204);
    until("the events", || told(&receiver).iter().filter(|name| *name == "bot.end_user.deleted").count() == 4).await;
    running.stop().await;
}

#[tokio::test]
async fn people_of_a_month() {
    let running = super::start().await;
    let api = Api::new(&running);
    for n in 0..3 {
        world::line_text(&running, &format!("Upeople{n}"), &format!("p{n}"), "안녕").await;
    }
    let usage = list_until(&api, &format!("{BOT}/usage"), |usage| usage["users"] == 3).await;
    assert_eq!(usage["rooms"], 0);
    let month = usage["month"].as_str().unwrap();
    assert_eq!(api.get(&format!("{BOT}/usage?month={month}")).await, usage);
    assert_eq!(api.get(&format!("{BOT}/usage?month=2020-01")).await["users"], 0);
    assert_eq!(api.call("GET", &format!("{BOT}/usage?month=2020-13"), Value::Null).await.status, 400);
    running.stop().await;
}
