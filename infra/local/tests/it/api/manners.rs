//! What all routes have in common.

use serde_json::{Value, json};

use super::Api;
use super::bots::bot;
use crate::deliveries::Receiver;

#[tokio::test]
async fn a_request_that_is_repeated_is_done_once() {
    let running = super::start().await;
    let api = Api::new(&running);
    let key = [("idempotency-key", "3f2c")];
    let post = |body: Value| api.call_with("POST", "/v1/bots", body, &key);
    // At once: one of them does it, the others hear of that or get its answer.
    let all = futures::future::join_all((0..5).map(|_| post(bot("once")))).await;
    let created: Vec<&Value> =
        all.iter().filter(|answer| answer.status == 201).map(|answer| &answer.body["id"]).collect();
    assert!(!created.is_empty() && created.iter().all(|id| *id == created[0]), "{created:?}");
    assert!(all.iter().all(|answer| matches!(answer.status, 201 | 409)));
    let again = post(bot("once")).await;
    assert_eq!((again.status, &again.body["id"]), (201, created[0]));
    let other = post(bot("other")).await;
    assert_eq!((other.status, &other.body["type"]), (422, &json!("urn:closer:problem:other-request")));
    let bots = api.get("/v1/bots?limit=100").await;
    let titled = bots["data"].as_array().unwrap().iter().filter(|bot| bot["description"] == "says a word").count();
    assert_eq!(titled, 1);
    // Another key of the API may use the same text.
    let friend = Api::with(&running, None, &store::Right::ALL).await;
    let theirs = friend.call_with("POST", "/v1/bots", bot("theirs"), &key).await;
    assert_eq!(theirs.status, 201);
    assert_ne!(&theirs.body["id"], created[0]);
    // What was refused is not remembered.
    let key = [("idempotency-key", "later")];
    assert_eq!(api.call_with("POST", "/v1/bots", json!({}), &key).await.status, 422);
    assert_eq!(api.call_with("POST", "/v1/bots", bot("now"), &key).await.status, 201);
    let long = "x".repeat(256);
    assert_eq!(api.call_with("POST", "/v1/bots", bot("x"), &[("idempotency-key", &long)]).await.status, 400);

    // A bot and a webhook that were made by requests whose worker died before it answered: the claim is a minute old.
    let receiver = Receiver::default();
    let body = json!({ "name": "w", "url": receiver.start().await });
    let key = [("idempotency-key", "webhook")];
    let one = api.call_with("POST", "/v1/bots/Bhello/webhooks", body.clone(), &key).await;
    let mut named = bot("named");
    named["id"] = json!("Bnamed");
    let first = api.call_with("POST", "/v1/bots", named.clone(), &[("idempotency-key", "bot")]).await;
    let services = &running.stack.services;
    let keys = services.aws.dynamodb.scan().table_name(&services.tables.keys).send().await.unwrap();
    for mut item in keys.items.unwrap() {
        if item["pk"].as_s().unwrap().starts_with("asked#") {
            item.remove("body");
            item.insert("until".to_owned(), aws_sdk_dynamodb::types::AttributeValue::N("1".to_owned()));
            let put = services.aws.dynamodb.put_item().table_name(&services.tables.keys);
            put.set_item(Some(item)).send().await.unwrap();
        }
    }
    let other = api.call_with("POST", "/v1/bots/Bhello/webhooks", body, &key).await;
    assert_eq!((one.status, one.body), (other.status, other.body));
    let again = api.call_with("POST", "/v1/bots", named, &[("idempotency-key", "bot")]).await;
    assert_eq!((first.status, &first.body["version"]), (again.status, &again.body["version"]));
    running.stop().await;
}

#[tokio::test]
async fn requests_that_cannot_be_read() {
    let running = super::start().await;
    let api = Api::new(&running);
    let url = format!("http://{}", running.address);
    let client = shell::outgoing::client();
    let key = format!("Bearer {}", running.key);
    for (method, path, body, status) in [
        ("POST", "/v1/bots", "{", 400),
        ("POST", "/v1/bots", "", 400),
        ("POST", "/v1/bots", "\u{0}", 400),
        ("PATCH", "/v1/bots/Bhello", "{}", 405),
        ("GET", "/v1/bots?limit=0", "", 400),
        ("GET", "/v1/bots?limit=101", "", 400),
        ("GET", "/v1/bots?cursor=%00", "", 400),
        ("GET", "/v1/bots?cursor=bm9uc2Vuc2U", "", 400),
        ("GET", "/v1/nothing", "", 404),
        ("GET", "/v1/bots/..%2F..", "", 404),
        ("GET", "/v1/bots/Bhello/webhooks/not-a-uuid", "", 404),
        ("GET", "/v1/bots/Bhello/webhooks/00000000-0000-0000-0000-000000000000", "", 404),
    ] {
        let request = client.request(method.parse().unwrap(), format!("{url}{path}")).header("authorization", &key);
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["cache-control"], "no-store");
        if status == 405 {
            assert_eq!(response.headers()["allow"], "GET, PUT, DELETE");
        }
        let problem: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
    }
    let large =
        client.put(format!("{url}/v1/bots/Bhello")).header("authorization", &key).body("x".repeat(4 * 1024 * 1024 + 1));
    assert_eq!(large.send().await.unwrap().status().as_u16(), 413);
    for header in ["", "Bearer", "Basic x", "Bearer closer_", "bearer  x", "Bearer closer_000000000000_x"] {
        let response = client.get(format!("{url}/v1/bots")).header("authorization", header).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 401, "{header}");
    }
    // The description is for everybody, and so is how a key is spelled.
    let description = client.get(format!("{url}/v1/openapi.json")).send().await.unwrap();
    assert_eq!(description.status().as_u16(), 200);
    let description: Value = serde_json::from_str(&description.text().await.unwrap()).unwrap();
    assert_eq!(description["openapi"], "3.1.0");
    let lower = client.get(format!("{url}/v1/key")).header("authorization", format!("bearer {}", running.key));
    assert_eq!(lower.send().await.unwrap().status().as_u16(), 200);
    assert_eq!(api.get("/v1/key").await["rights"], json!(["read", "write", "agent"]));
    running.stop().await;
}

#[tokio::test]
async fn a_key_that_is_used_too_often_waits() {
    let running = super::start().await;
    let api = Api::with(&running, None, &[store::Right::Read]).await;
    let url = format!("http://{}/v1/key", running.address);
    let answers = futures::future::join_all((0..300).map(|_| api.client.get(&url).bearer_auth(&api.key).send())).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.as_ref().unwrap().status().as_u16()).collect();
    let good = statuses.iter().filter(|status| **status == 200).count();
    assert!(good >= 100 && statuses.contains(&429), "{good}");
    let refused = answers.iter().flatten().find(|answer| answer.status() == 429).unwrap();
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() >= 1);
    // Nobody else does.
    assert_eq!(Api::new(&running).call("GET", "/v1/key", Value::Null).await.status, 200);
    running.stop().await;
}

/// `closer key` of a colleague who left.
#[tokio::test]
async fn a_key_that_was_taken_back_is_none() {
    let running = super::start().await;
    let api = Api::with(&running, None, &[store::Right::Read]).await;
    let id = api.key.split('_').nth(1).unwrap().to_owned();
    running.stack.keys.delete(&id).await.unwrap();
    // It was not used before, so nobody believes in it.
    assert_eq!(api.call("GET", "/v1/key", Value::Null).await.status, 401);
    running.stop().await;
}
