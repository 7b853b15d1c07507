//! Webhooks and their deliveries.

use std::collections::BTreeSet;

use closer::dev::{self, Dev};
use delivery::{Record, RecordState};
use serde_json::{Value, json};

use super::Api;
use crate::deliveries::{Receiver, Says};
use crate::world;

const BOT: &str = "/v1/bots/Bhello";

/// A webhook at a receiver that does as it is told: its path, and what was answered.
async fn register(api: &Api, receiver: &Receiver, more: Value) -> (String, Value) {
    let mut body = json!({ "name": "crm", "url": receiver.start().await });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let webhook = api.post(&format!("{BOT}/webhooks"), body).await;
    (format!("{BOT}/webhooks/{}", webhook["id"].as_str().unwrap()), webhook)
}

#[tokio::test]
async fn registered_changed_and_deleted() {
    let running = super::start().await;
    let api = Api::new(&running);
    let receiver = Receiver::default();
    let (path, webhook) =
        register(&api, &receiver, json!({ "events": ["bot.message.*"], "headers": { "X-Key": "hush" } })).await;
    assert!(webhook["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(webhook["headers"], json!(["x-key"]));
    let read = api.get(&path).await;
    assert!(read.get("secret").is_none() && !read.to_string().contains("hush"));
    assert_eq!(api.get(&format!("{path}/secret")).await["secret"], webhook["secret"]);

    let patched = api
        .ok("PATCH", &path, json!({ "name": "이름", "policy": "closer2020", "timeoutMs": 3000, "events": [] }))
        .await;
    assert_eq!(
        (&patched["name"], &patched["policy"], &patched["timeoutMs"]),
        (&json!("이름"), &json!("closer2020"), &json!(3000))
    );
    assert_eq!((&patched["events"], &patched["headers"]), (&json!([]), &json!(["x-key"])));

    // The same address again, and addresses that nobody may connect to.
    let again = json!({ "name": "b", "url": webhook["url"] });
    assert_eq!(api.call("POST", &format!("{BOT}/webhooks"), again).await.status, 409);
    for (body, pointer) in [
        (json!({ "name": "", "url": "https://example.com" }), "/name"),
        (json!({ "name": "가".repeat(41), "url": "https://example.com" }), "/name"),
        (json!({ "name": "b", "url": "ftp://example.com" }), "/url"),
        (json!({ "name": "b", "url": "https://example.com/#part" }), "/url"),
        (json!({ "name": "b", "url": format!("https://example.com/{}", "x".repeat(255)) }), "/url"),
        (json!({ "name": "b", "url": "https://example.com", "events": ["bot.nothing"] }), "/events/0"),
        (json!({ "name": "b", "url": "https://example.com", "lanes": 9 }), "/lanes"),
        (json!({ "name": "b", "url": "https://example.com", "timeoutMs": 1 }), "/timeoutMs"),
        (json!({ "name": "b", "url": "https://example.com", "headers": { "host": "x" } }), "/headers/host"),
        (json!({ "name": "b", "url": "https://example.com", "secret": "whsec_short" }), "/secret"),
        (json!({ "name": "b", "url": "https://example.com", "polcy": "durable" }), ""),
    ] {
        let answer = api.call("POST", &format!("{BOT}/webhooks"), body.clone()).await;
        assert_eq!(
            (answer.status, &answer.body["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{body}: {}",
            answer.body
        );
    }
    let moved = api.call("PATCH", &path, json!({ "url": "https://example.com" })).await;
    assert_eq!((moved.status, &moved.body["errors"][0]["pointer"]), (422, &json!("/url")));

    // A new secret signs, and the old one along with it.
    let rotated = api.ok("POST", &format!("{path}/secret"), Value::Null).await;
    assert_ne!(rotated["secret"], webhook["secret"]);
    assert_eq!(rotated["retiring"].as_array().unwrap().len(), 1);
    api.post(&format!("{path}/test"), Value::Null).await;
    let signatures = receiver.got()[0].headers["webhook-signature"].to_str().unwrap().to_owned();
    assert_eq!(signatures.split(' ').count(), 2);
    assert_eq!(receiver.got()[0].headers["x-key"], "hush");
    let now =
        api.ok("POST", &format!("{path}/secret"), json!({ "overlapHours": 0, "secret": webhook["secret"] })).await;
    assert_eq!(now["secret"], webhook["secret"]);
    assert_eq!(api.call("POST", &format!("{path}/secret"), json!({ "overlapHours": 169 })).await.status, 422);

    let webhooks = &running.stack.webhooks;
    let before = webhooks.survey().await.unwrap().webhooks;
    let owned = webhooks.of_bot(&world::bot()).await.unwrap();
    let owned = owned.iter().find(|webhook| path.ends_with(&webhook.id.to_string())).unwrap();
    let edited = webhooks.load_to_edit(&world::bot(), owned.id).await.unwrap().unwrap();
    api.ok("DELETE", &path, Value::Null).await;
    assert_eq!(api.call("GET", &path, Value::Null).await.status, 404);
    assert_eq!(api.call("POST", &format!("{path}/test"), Value::Null).await.status, 404);
    // What its deliveries still hold can be found by it; nothing else is kept of it, and it counts no more.
    let ever = webhooks.of_bot_ever(&world::bot()).await.unwrap();
    let left = ever.iter().find(|webhook| webhook.id == owned.id).unwrap();
    assert!(left.secrets.is_empty() && left.headers.is_empty() && left.retiring.is_empty(), "{left:?}");
    assert_eq!(webhooks.survey().await.unwrap().webhooks, before - 1);
    // A worker that is late does not bring it back.
    let late = webhooks.save_health(owned, &owned.health.switched_off(shell::clock::now()), owned.health.version).await;
    assert!(matches!(late, Err(store::StoreError::Conflict)), "{late:?}");
    let late = webhooks.edit(&edited.0, edited.1).await;
    assert!(matches!(late, Err(store::StoreError::Conflict)), "{late:?}");
    running.stop().await;
}

#[tokio::test]
async fn addresses_of_this_machine_are_refused_where_nobody_allows_them() {
    let running = world::start().await;
    let api = Api::new(&running);
    for url in [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "http://localhost:8080/",
        "http://2130706433/",
    ] {
        let answer = api.call("POST", &format!("{BOT}/webhooks"), json!({ "name": "b", "url": url })).await;
        assert_eq!(answer.status, 422, "{url}");
        assert!(
            answer.body["detail"].as_str().unwrap().contains("Cannot use private IP address for request url"),
            "{url}"
        );
    }
    running.stop().await;
}

/// Clocks that stand still go on when a person says so, and not again for the same.
#[tokio::test]
async fn a_person_starts_the_clocks() {
    let running = super::start().await;
    let api = Api::new(&running);
    let services = &running.stack.services;
    let fleets = store::Fleets::new(services.aws.dynamodb.clone(), &services.tables.webhooks);
    let now = shell::clock::now();
    let many = |fleet: delivery::Fleet| {
        (0..6).fold(fleet, |fleet, n| {
            let id = model::WebhookId::of(&world::bot(), &n.to_string());
            fleet.began(id, delivery::Cause::TimedOut, now).0
        })
    };
    let (fleet, version) = fleets.load().await.unwrap();
    fleets.save(&many(fleet), version).await.unwrap();
    assert_eq!(api.get("/v1/fleet").await["still"], true);
    let started = api.post("/v1/fleet/clocks", Value::Null).await;
    assert_eq!((&started["still"], &started["failing"]), (&json!(false), &json!(0)));
    let (fleet, version) = fleets.load().await.unwrap();
    fleets.save(&many(fleet), version).await.unwrap();
    assert_eq!(api.get("/v1/fleet").await["still"], false);
    running.stop().await;
}

#[tokio::test]
async fn a_test_says_how_it_went() {
    let running = super::start().await;
    let api = Api::new(&running);
    let receiver = Receiver::default();
    let (path, _) = register(&api, &receiver, json!({})).await;
    let good = api.post(&format!("{path}/test"), Value::Null).await;
    assert_eq!((&good["ok"], &good["status"], &good["cause"]), (&json!(true), &json!(200), &Value::Null));
    assert_eq!(serde_json::from_str::<Value>(&receiver.got()[0].body).unwrap()["messages"], json!([]));
    receiver.answers(&[500]);
    let bad = api.post(&format!("{path}/test"), Value::Null).await;
    assert_eq!((&bad["ok"], &bad["status"], &bad["cause"]), (&json!(false), &json!(500), &json!("errorStatus")));
    // It does not count.
    assert_eq!(api.get(&path).await["health"]["failing"], Value::Null);
    running.stop().await;
}

#[tokio::test]
async fn what_was_not_taken_is_seen_and_sent_again() {
    let running = super::start().await;
    let api = Api::new(&running);
    let receiver = Receiver::default();
    let (path, _) = register(&api, &receiver, json!({})).await;
    receiver.answers(&[500]);
    world::line_text(&running, "U1", "e1", "안녕").await;
    let deliveries = format!("{path}/deliveries");
    super::until("a failed attempt", || receiver.got().len() == 1).await;
    let waiting = until(&api, &format!("{deliveries}?state=open"), |page| page["data"][0]["state"] == "WAITING").await;
    let delivery = &waiting["data"][0];
    assert_eq!(
        (&delivery["lastStatus"], &delivery["lastCause"], &delivery["attempts"]),
        (&json!(500), &json!("errorStatus"), &json!(1))
    );
    let one = format!("{deliveries}/{}", delivery["id"].as_str().unwrap());
    let whole = api.get(&one).await;
    assert_eq!(whole["log"][0]["status"], 500);
    assert_eq!(whole["body"]["messages"].as_array().unwrap().len(), delivery["events"].as_u64().unwrap() as usize);
    let health = api.get(&path).await["health"].clone();
    assert_eq!(health["failing"]["attempts"], 1);
    assert!(health["offAt"].is_string());

    // Sent by hand, and no retry comes after it.
    let resent = api.post(&format!("{one}/resend"), Value::Null).await;
    assert_eq!((&resent["state"], &resent["attempts"]), (&json!("DELIVERED"), &json!(2)));
    let got = receiver.got();
    assert_eq!(got[1].headers["closer-redelivery"], "manual");
    assert_eq!((&got[1].body, &got[1].headers["webhook-id"]), (&got[0].body, &got[0].headers["webhook-id"]));
    assert_eq!(api.get(&path).await["health"]["failing"], Value::Null);

    // Off: events are held. On again: they are sent, as its owner says.
    assert_eq!(api.post(&format!("{path}/off"), Value::Null).await["health"]["reason"], "byHand");
    for n in 2..5 {
        world::line_text(&running, "U1", &format!("e{n}"), "또").await;
    }
    let held =
        until(&api, &format!("{deliveries}?state=held"), |page| page["data"].as_array().unwrap().len() == 3).await;
    assert_eq!(held["data"][0]["state"], "HELD");
    assert_eq!(api.call("POST", &format!("{path}/held"), Value::Null).await.status, 409);
    assert_eq!(api.call("POST", &format!("{path}/on"), json!({})).await.status, 422);
    let on = api.post(&format!("{path}/on"), json!({ "held": "send" })).await;
    assert_eq!((&on["on"], &on["deliveries"]), (&json!(true), &json!(3)));
    super::until("the held ones", || super::told(&receiver).len() >= 8).await;
    until(&api, &format!("{deliveries}?state=delivered"), |page| page["data"].as_array().unwrap().len() == 4).await;

    // Page by page, over all states, the latest first.
    let mut seen = Vec::new();
    let mut next = format!("{deliveries}?limit=1");
    loop {
        let page = api.get(&next).await;
        seen.extend(page["data"].as_array().unwrap().iter().map(|row| row["createdAt"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next"].as_str() else { break };
        next = format!("{deliveries}?limit=1&cursor={cursor}");
    }
    assert_eq!(seen.len(), 4);
    assert!(seen.is_sorted_by(|one, other| one >= other), "{seen:?}");
    let backwards = format!("{deliveries}?since={}&until={}", seen[0], seen[3]);
    assert_eq!(api.call("GET", &backwards, Value::Null).await.status, 400);
    let since = &seen[1];
    assert_eq!(api.get(&format!("{deliveries}?since={since}")).await["data"].as_array().unwrap().len(), 2);
    assert_eq!(
        api.get(&format!("{deliveries}?until={since}&state=delivered")).await["data"].as_array().unwrap().len(),
        3
    );
    running.stop().await;
}

#[tokio::test]
async fn what_was_given_up_is_recovered() {
    let running = super::start().await;
    let api = Api::new(&running);
    let receiver = Receiver::default();
    let (path, _) = register(&api, &receiver, json!({ "events": ["bot.message.received"] })).await;
    // The receiver asks not to get it again.
    receiver.follows(
        &(std::sync::Arc::new(|_: &_| Says {
            status: 500,
            header: Some(("webhook-delivery", "abort-message".to_owned())),
            body: String::new(),
        }) as _),
    );
    for n in 0..3 {
        world::line_text(&running, &format!("U{n}"), &format!("e{n}"), "안녕").await;
        super::until("an attempt", || receiver.got().len() == n + 1).await;
    }
    let parked = format!("{path}/deliveries?state=parked");
    let page = until(&api, &parked, |page| page["data"].as_array().unwrap().len() == 3).await;
    assert_eq!((&page["data"][0]["state"], &page["data"][0]["reason"]), (&json!("PARKED"), &json!("ABORTED")));
    assert_eq!(
        api.get(&format!("{BOT}/health")).await["webhooks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| path.ends_with(one["id"].as_str().unwrap()))
            .unwrap()["parked"],
        3
    );
    receiver.follows(&(std::sync::Arc::new(|_: &_| Says::status(200)) as _));
    let since = page["data"][2]["createdAt"].clone();
    assert_eq!(
        api.call("POST", &format!("{path}/recovery"), json!({ "since": "2001-01-01T00:00:00Z" })).await.status,
        422
    );
    let recovery = api.call("POST", &format!("{path}/recovery"), json!({ "since": since })).await;
    assert_eq!((recovery.status, &recovery.body["deliveries"]), (202, &json!(3)));
    super::until("all of them", || receiver.got().len() == 6).await;
    assert_eq!(receiver.got()[3].headers["closer-redelivery"], "recover");
    until(&api, &parked, |page| page["data"].as_array().unwrap().is_empty()).await;
    assert_eq!(api.ok("DELETE", &format!("{path}/recovery"), Value::Null).await["deliveries"], 0);

    // Held, and not wanted.
    api.post(&format!("{path}/off"), Value::Null).await;
    world::line_text(&running, "U9", "e9", "안녕").await;
    until(&api, &format!("{path}/deliveries?state=held"), |page| page["data"].as_array().unwrap().len() == 1).await;
    assert_eq!(api.ok("DELETE", &format!("{path}/held"), Value::Null).await["deliveries"], 1);
    let dropped = until(&api, &parked, |page| page["data"].as_array().unwrap().len() == 1).await;
    assert_eq!(dropped["data"][0]["reason"], "DROPPED");
    assert_eq!(api.call("POST", &format!("{path}/recovery"), json!({ "since": since })).await.status, 409);
    running.stop().await;
}

/// Asks until it is so: lists lag behind by moments.
pub(crate) async fn until(api: &Api, path: &str, so: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..200 {
        last = api.get(path).await;
        if so(&last) {
            return last;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{path} stays {last:#}");
}

/// More deliveries than one request has time for: the next goes on where it stopped, and so does the line.
#[tokio::test]
async fn a_wish_for_very_many_deliveries_goes_on() {
    const MANY: usize = 230;
    let dev = Dev { idle: true, allow_private: true, ..Dev::for_tests(world::root().join("bots")) };
    let running = dev::start(&dev).await.unwrap();
    let api = Api::new(&running);
    let (path, _) = register(&api, &Receiver::default(), json!({})).await;
    let webhooks = running.stack.webhooks.of_bot(&world::bot()).await.unwrap();
    let webhook = webhooks.iter().find(|webhook| path.ends_with(&webhook.id.to_string())).unwrap();
    let deliveries = &running.stack.deliveries;
    let now = shell::clock::now();
    for n in 0..MANY {
        let frozen = delivery::freeze(webhook, &[crate::fleet::event(n, n)]).remove(0);
        let made = now.plus_ms(n as i64 - 3_600_000);
        let record =
            Record { state: RecordState::Held, held_since: Some(made), ..Record::behind(frozen, webhook, made) };
        deliveries.create(&record).await.unwrap();
    }
    // Sent, taken back by hand, given up, and sent once more.
    let since = json!({ "since": now.plus_ms(-2 * 3_600_000).iso() });
    for (method, wish, body) in [
        ("POST", "held", Value::Null),
        ("DELETE", "held", Value::Null),
        ("POST", "recovery", since),
        ("DELETE", "recovery", Value::Null),
    ] {
        let (mut counts, mut query) = (Vec::new(), String::new());
        loop {
            let wish = format!("{path}/{wish}{query}");
            let answer = tokio::select! {
                answer = api.call(method, &wish, body.clone()) => answer,
                () = time_flies() => unreachable!(),
            };
            counts.push(answer.body["deliveries"].as_u64().unwrap());
            let Some(next) = answer.body["next"].as_str() else { break };
            query = format!("?cursor={next}");
        }
        assert_eq!((counts.iter().sum(), counts.len() > 1), (MANY as u64, true), "{method} {wish}: {counts:?}");
        let records = deliveries.list().await.unwrap();
        let due: BTreeSet<i64> = records.iter().filter_map(|record| Some(record.due_at()?.0 / 1000)).collect();
        assert_eq!(due.len(), if method == "POST" { MANY } else { 0 }, "one a second");
        if (method, wish) == ("POST", "held") {
            for record in records {
                let again = Record { state: RecordState::Held, held_since: Some(now), ..record.clone() };
                deliveries.save(&again, record.attempt).await.unwrap();
            }
        }
    }
    assert_eq!(api.call("POST", &format!("{path}/held?cursor=x"), Value::Null).await.status, 400);
    // Switched off meanwhile, it is not switched on by whoever goes on.
    api.post(&format!("{path}/off"), Value::Null).await;
    let place = json!({ "place": [0, "0b7c9d1e-5f3a-4c2b-8e6d-1a2b3c4d5e6f"], "from": 0 }).to_string();
    let place = {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(place)
    };
    for (cursor, status) in [("x", 400), (place.as_str(), 409)] {
        let on = api.call("POST", &format!("{path}/on?cursor={cursor}"), json!({ "held": "send" })).await;
        assert_eq!(on.status, status, "{}", on.body);
        assert_eq!(api.get(&path).await["on"], false);
    }
    running.stop().await;
}

/// A quarter of a minute in a moment, again and again.
async fn time_flies() {
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        shell::clock::pass(16_000);
    }
}
