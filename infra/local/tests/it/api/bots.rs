//! Bots and channels.

use serde_json::{Value, json};

use super::{Api, told, until};
use crate::deliveries::Receiver;

/// A bot of one flow that says a word.
pub(crate) fn bot(word: &str) -> Value {
    json!({
        "title": "a bot", "description": "says a word",
        "flows": [{ "id": 1, "title": "s", "data": { "entry": 1 }, "nodes": [
            { "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] },
            { "id": 2, "type": "response", "data": { "message": { "type": "text", "text": word } }, "next": [{ "nodeId": 3 }] },
            { "id": 3, "type": "keyboard", "data": { "type": "any" }, "next": [{ "nodeId": 2 }] },
        ] }],
        "preference": { "entryFlowId": 1, "fallbackFlowId": 1 },
    })
}

#[tokio::test]
async fn a_bot_from_its_creation_to_its_end() {
    let running = super::start().await;
    let api = Api::new(&running);
    let mut brought = bot("first");
    brought["id"] = json!("Bshop1");
    brought["integration"] = json!({ "line": { "channelSecret": "very-secret", "channelAccessToken": "very-secret" } });
    let created = api.call("POST", "/v1/bots", brought.clone()).await;
    assert_eq!((created.status, &created.body["id"]), (201, &json!("Bshop1")));
    assert_eq!(created.headers["location"], "/v1/bots/Bshop1");
    assert_eq!(created.body["channels"], json!(["line"]));
    assert_eq!(api.call("POST", "/v1/bots", brought).await.status, 409);

    // Its webhook hears of what follows.
    let receiver = Receiver::default();
    let url = receiver.start().await;
    api.post("/v1/bots/Bshop1/webhooks", json!({ "name": "crm", "url": url })).await;

    // Published anew, unless somebody was first.
    let etag = created.headers["etag"].to_str().unwrap().to_owned();
    let second = api.call_with("PUT", "/v1/bots/Bshop1", bot("second"), &[("if-match", &etag)]).await;
    assert_eq!(second.status, 200);
    let late = api.call_with("PUT", "/v1/bots/Bshop1", bot("third"), &[("if-match", &etag)]).await;
    assert_eq!((late.status, &late.body["type"]), (412, &json!("urn:closer:problem:changed-meanwhile")));
    assert_eq!(api.get("/v1/bots/Bshop1").await["version"], second.body["version"]);
    // Channels stay, and are in no export.
    assert_eq!(second.body["channels"], json!(["line"]));
    let export = api.get("/v1/bots/Bshop1/export").await;
    assert_eq!(export, bot("second"));
    assert!(api.get("/v1/bots/Bshop1/check?language=ko").await["findings"].is_array());

    // The worker runs it.
    let say = running.stack.bots.load(&"Bshop1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(say.json["integration"]["line"]["channelSecret"], "very-secret");

    let listed = api.get("/v1/bots?limit=1").await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    let mut ids = Vec::new();
    let mut path = "/v1/bots?limit=1".to_owned();
    loop {
        let page = api.get(&path).await;
        ids.push(page["data"][0]["id"].as_str().unwrap().to_owned());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/bots?limit=1&cursor={next}");
    }
    assert!(ids.is_sorted() && ids.contains(&"Bshop1".to_owned()), "{ids:?}");

    assert_eq!(api.call("DELETE", "/v1/bots/Bshop1", Value::Null).await.status, 204);
    for (method, path) in
        [("GET", "/v1/bots/Bshop1"), ("DELETE", "/v1/bots/Bshop1"), ("GET", "/v1/bots/Bshop1/webhooks")]
    {
        assert_eq!(api.call(method, path, Value::Null).await.status, 404, "{method} {path}");
    }
    until("both events", || told(&receiver) == ["bot.updated", "bot.deleted"]).await;
    let told: String = receiver.got().iter().map(|got| got.body.clone()).collect();
    assert!(!told.contains("very-secret"), "{told}");
    // Another bot of that name has none of its webhooks.
    let mut again = bot("again");
    again["id"] = json!("Bshop1");
    api.post("/v1/bots", again).await;
    assert_eq!(api.get("/v1/bots/Bshop1/webhooks").await["data"], json!([]));
    running.stop().await;
}

/// No webhook outlives its bot, whoever comes between the two requests, and none gets another bot's events.
#[tokio::test]
async fn a_webhook_ends_with_its_bot() {
    let running = super::start().await;
    let (api, stack) = (Api::new(&running), &running.stack);
    let id: model::BotId = "Bshop1".parse().unwrap();
    let mut brought = bot("first");
    brought["id"] = json!("Bshop1");
    api.post("/v1/bots", brought.clone()).await;
    let stored = stack.bots.load_current(&id).await.unwrap().unwrap();
    stack.bots.begin_to_delete(&id, stored.version).await.unwrap();
    let late =
        api.call("POST", "/v1/bots/Bshop1/webhooks", json!({ "name": "crm", "url": "https://example.com" })).await;
    assert_eq!(late.status, 404);
    assert!(stack.webhooks.of_bot(&id).await.unwrap().is_empty());

    // One that was left over, and a request to make the bot anew that was not answered.
    let left = delivery::Webhook::new(id.clone(), "https://example.com", model::EpochMillis(1));
    stack.bots.delete(&id, stored.version).await.unwrap();
    stack.webhooks.save(&left).await.unwrap();
    let made = store::StoredBot::new(shell::clock::now().0, bot("first"));
    stack.bots.publish(&id, None, &made, shell::clock::now()).await.unwrap();
    let again = api.call_with("POST", "/v1/bots", brought, &[("idempotency-key", "again")]).await;
    assert_eq!(again.status, 201);
    assert_eq!(api.get("/v1/bots/Bshop1/webhooks").await["data"], json!([]));
    running.stop().await;
}

#[tokio::test]
async fn channels_are_written_and_their_secrets_never_read() {
    let running = super::start().await;
    let api = Api::new(&running);
    let id = api.post("/v1/bots", bot("word")).await["id"].as_str().unwrap().to_owned();
    let at = |tail: &str| format!("/v1/bots/{id}/channels{tail}");
    let settings = json!({ "appSecret": "s3cret-app", "verifyToken": "s3cret-verify", "pageId": "10001", "appId": "20002",
        "pageAccessToken": "s3cret-page" });
    let put = api.ok("PUT", &at("/facebook"), settings).await;
    assert_eq!(put["settings"], json!({ "pageId": "10001", "appId": "20002" }));
    assert_eq!(put["secrets"], json!(["appSecret", "verifyToken", "pageAccessToken"]));
    assert_eq!(put["problem"], Value::Null);
    assert!(put["url"].as_str().unwrap().ends_with(&format!("/hooks/facebook/{id}")));
    // One setting is changed, the others stay.
    let patched = api.ok("PATCH", &at("/facebook"), json!({ "pageId": "10003", "handOver": true })).await;
    assert_eq!(patched["settings"], json!({ "pageId": "10003", "appId": "20002", "handOver": true }));
    assert_eq!(patched["secrets"], put["secrets"]);
    // What does not work is not stored.
    let refused = api.call("PATCH", &at("/facebook"), json!({ "appSecret": null })).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body["detail"].as_str().unwrap().contains("appSecret"));
    let kakao = api.ok("PUT", &at("/kakao"), json!({ "botSecret": "0123456789abcdef0123456789abcdef" })).await;
    assert!(kakao["url"].as_str().unwrap().ends_with(&format!("/hooks/kakao/{id}/{{botSecret}}")));
    let all = api.get(&at("")).await;
    assert_eq!(all["data"].as_array().unwrap().len(), 2);
    for text in [all.to_string(), api.get(&format!("/v1/bots/{id}/export")).await.to_string()] {
        assert!(!text.contains("s3cret") && !text.contains("0123456789abcdef"), "{text}");
    }
    assert_eq!(api.get(&format!("/v1/bots/{id}/health")).await["brokenChannels"], json!([]));
    api.ok("DELETE", &at("/kakao"), Value::Null).await;
    assert_eq!(api.call("GET", &at("/kakao"), Value::Null).await.status, 404);
    assert_eq!(api.call("DELETE", &at("/kakao"), Value::Null).await.status, 404);
    assert_eq!(api.call("GET", &at("/telegram"), Value::Null).await.status, 404);
    assert_eq!(api.call("PATCH", &at("/line"), json!({})).await.status, 404);
    running.stop().await;
}

#[tokio::test]
async fn bots_that_are_none() {
    let running = super::start().await;
    let api = Api::new(&running);
    let mut long = bot("x");
    long["title"] = json!("가".repeat(31));
    let mut named = bot("x");
    named["id"] = json!("Xabc");
    for (body, status) in [
        (json!({}), 422),
        (json!({ "flows": [] }), 422),
        (json!({ "flows": [{ "id": 1, "nodes": "none" }] }), 422),
        (json!([]), 422),
        (long, 422),
        (named, 422),
    ] {
        let answer = api.call("POST", "/v1/bots", body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        assert!(!answer.body["detail"].as_str().unwrap().is_empty());
    }
    // A bot of a megabyte is a bot.
    let mut large = bot("x");
    large["preference"]["systemMessage"] = json!({ "empty": "가나다".repeat(120_000) });
    let id = api.post("/v1/bots", large.clone()).await["id"].as_str().unwrap().to_owned();
    assert_eq!(api.get(&format!("/v1/bots/{id}/export")).await, large);
    running.stop().await;
}
