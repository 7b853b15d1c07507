//! Who may see and do what, on every route of the description.

use serde_json::{Value, json};
use store::Right;

use super::Api;
use super::bots::bot;
use super::webhooks::until;
use crate::deliveries::Receiver;
use crate::world;

/// A bot that has one of everything, and the path of each.
struct Full {
    names: Vec<(&'static str, String)>,
}

async fn full(running: &closer::dev::Running, api: &Api) -> Full {
    let receiver = Receiver::default();
    let webhook = api.post("/v1/bots/Bhello/webhooks", json!({ "name": "w", "url": receiver.start().await })).await;
    let webhook = webhook["id"].as_str().unwrap().to_owned();
    world::line_text(running, "Uisolated", "e1", "안녕").await;
    let deliveries = format!("/v1/bots/Bhello/webhooks/{webhook}/deliveries");
    let page = until(api, &deliveries, |page| !page["data"].as_array().unwrap().is_empty()).await;
    let found = api.get("/v1/bots/Bhello/end-users?platform=line&userKey=Uisolated").await["data"][0].clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Full {
        names: vec![
            ("{bot}", "Bhello".to_owned()),
            ("{platform}", "line".to_owned()),
            ("{webhook}", webhook),
            ("{delivery}", text(&page["data"][0]["id"])),
            ("{endUser}", text(&found["id"])),
            ("{conversation}", text(&found["conversationId"])),
        ],
    }
}

impl Full {
    fn path(&self, template: &str) -> String {
        self.names.iter().fold(template.to_owned(), |path, (name, value)| path.replace(name, value))
    }
}

/// What each route would take, were it allowed.
fn body(method: &str, template: &str) -> Value {
    let agent = json!({ "id": "a", "displayName": "a" });
    match (method, template.rsplit('/').next().unwrap()) {
        ("POST", "bots") | ("PUT", "{bot}") => bot("taken over"),
        ("PUT" | "PATCH", "{platform}") => json!({ "channelSecret": "x", "channelAccessToken": "x" }),
        ("POST", "webhooks") => json!({ "name": "w", "url": "https://example.com/" }),
        ("PATCH", "{webhook}") => json!({ "name": "taken over" }),
        ("POST", "on") => json!({ "held": "drop" }),
        ("POST", "recovery") => json!({ "since": shell::clock::now().0 }),
        ("POST", "messages") => json!({ "agent": agent, "message": { "type": "text", "text": "taken over" } }),
        ("POST", "take-over") => json!({ "agent": agent }),
        ("POST", "move") => json!({ "flowId": 1 }),
        _ => Value::Null,
    }
}

/// What a route needs of its query.
fn query(template: &str) -> &'static str {
    match template.rsplit('/').next().unwrap() {
        "end-users" => "?platform=line&userKey=Uisolated",
        "conversations" => "?agent=pending",
        _ => "",
    }
}

#[tokio::test]
async fn a_key_of_one_bot_sees_nothing_of_another_on_any_route() {
    let running = super::start().await;
    let owner = Api::new(&running);
    let full = full(&running, &owner).await;
    let mut other = bot("of somebody else");
    other["id"] = json!("Bother");
    owner.post("/v1/bots", other).await;
    let stranger = Api::with(&running, Some(&["Bother"]), &Right::ALL).await;
    let before = running.stack.bots.load(&world::bot()).await.unwrap().unwrap().version;
    let mut walked = 0;
    for (method, template, _) in owner.operations() {
        let (path, body) = (format!("{}{}", full.path(&template), query(&template)), body(&method, &template));
        if !template.contains("{bot}") {
            continue;
        }
        walked += 1;
        let answer = stranger.call(&method, &path, body.clone()).await;
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.body);
        // It does not even tell whether there is such a bot.
        let nobody = stranger.call(&method, &path.replace("Bhello", "Bnone1"), body.clone()).await;
        assert_eq!((nobody.status, nobody.body), (answer.status, answer.body), "{method} {path}");
        // What is Bhello's is not found below its own bot either.
        if template.matches('{').count() > 1 && !template.ends_with("{platform}") {
            let smuggled = stranger.call(&method, &path.replace("Bhello", "Bother"), body).await;
            assert_eq!(smuggled.status, 404, "{method} {path}: {}", smuggled.body);
        }
    }
    assert!(walked >= 40, "{walked}");
    let lists = stranger.get("/v1/bots").await;
    assert_eq!(
        lists["data"].as_array().unwrap().iter().map(|bot| bot["id"].clone()).collect::<Vec<_>>(),
        [json!("Bother")]
    );
    assert_eq!(stranger.call("POST", "/v1/bots", bot("one more")).await.status, 403);
    assert_eq!(stranger.call("GET", "/v1/fleet", Value::Null).await.status, 403);
    assert_eq!(stranger.call("POST", "/v1/fleet/clocks", Value::Null).await.status, 403);
    // Nothing happened.
    assert_eq!(running.stack.bots.load(&world::bot()).await.unwrap().unwrap().version, before);
    assert_eq!(owner.get(&full.path("/v1/bots/{bot}/webhooks/{webhook}")).await["name"], "w");
    running.stop().await;
}

#[tokio::test]
async fn every_route_wants_a_key_and_one_of_its_rights() {
    let running = super::start().await;
    let owner = Api::new(&running);
    let full = full(&running, &owner).await;
    let nobody = owner.keyed("");
    let mut forged = owner.key.clone();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'B' } else { 'A' });
    let forger = owner.keyed(&forged);
    let mut limited = Vec::new();
    for right in Right::ALL {
        limited.push((right, Api::with(&running, None, &[right]).await));
    }
    for (method, template, rights) in owner.operations() {
        let (path, body) = (format!("{}{}", full.path(&template), query(&template)), body(&method, &template));
        for (who, api) in [("nobody", &nobody), ("a forger", &forger)] {
            let answer = api.call(&method, &path, body.clone()).await;
            assert_eq!(
                (answer.status, &answer.headers["www-authenticate"]),
                (401, &"Bearer".parse().unwrap()),
                "{who} {method} {path}"
            );
        }
        for (right, api) in &limited {
            if rights.contains(&right.as_str().to_owned()) {
                continue;
            }
            let answer = api.call(&method, &path, body.clone()).await;
            assert_eq!(answer.status, 403, "{} {method} {path}", right.as_str());
        }
    }
    // Those with the right are let through: readers read everything that is to be read.
    let reader = &limited[0].1;
    for (method, template, rights) in owner.operations() {
        if rights.contains(&"read".to_owned()) {
            let path = format!("{}{}", full.path(&template), query(&template));
            assert_eq!(reader.call(&method, &path, Value::Null).await.status, 200, "{method} {path}");
        }
    }
    running.stop().await;
}
