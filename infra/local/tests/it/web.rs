//! Web chat over real sockets: what browsers do, what nobody should do, and what is left when somebody dies.

mod begin;
mod crash;
mod hostile;
mod tab;
mod talk;
mod tokens;

use std::net::SocketAddr;
use std::time::Duration;

use closer::dev::Running;
use serde_json::{Value, json};

use crate::world;
use tab::{ECHO, SECRET, Tab, claims, handshake, said, signed, token};

fn base(running: &Running) -> String {
    format!("http://{}", running.address)
}

/// A token of a new visitor, and the id that brings the same visitor back.
async fn visitor(running: &Running, visitor_id: Option<&str>) -> (String, String) {
    let answer = ask(running, &json!({ "botId": "Bhello", "visitorId": visitor_id })).await;
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("token"), text("visitorId"))
}

async fn ask(running: &Running, body: &Value) -> Value {
    let request = world::http_client().post(format!("{}/v1/web/tokens", base(running)));
    let request = request.header("origin", base(running)).header("content-type", "application/json");
    let response = request.body(body.to_string()).send().await.unwrap();
    assert_eq!(response.status(), 201);
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// What the log holds, as a browser that has nothing is told: `> ` the customer, `< ` the bot.
async fn log(running: &Running, token: &str) -> Vec<String> {
    log_at(running.address, token).await
}

async fn log_at(address: SocketAddr, token: &str) -> Vec<String> {
    let mut tab = Tab::connect_to(address, token).await;
    tab.write(&json!({ "action": "open", "v": 1 })).await;
    tab.of("CONTEXT").await;
    tab.write(&json!({ "action": "history", "v": 1 })).await;
    let history = tab.of("HISTORY").await;
    let items = history["items"].as_array().unwrap();
    let line = |frame: &Value| match frame["type"].as_str().unwrap() {
        "MESSAGE" => {
            let side = if frame["message"]["isUser"] == true { '>' } else { '<' };
            format!("{side} {}", frame["message"]["data"]["text"].as_str().unwrap_or("…"))
        }
        _ => frame["event"].as_str().unwrap().to_owned(),
    };
    items.iter().map(line).collect()
}

/// Who talks in [`exercise`].
pub(crate) const EXERCISED: &str = "exercised";

/// All that the function of web chat asks AWS for, and the worker for its frames.
pub(crate) async fn exercise(running: &Running) {
    let services = &running.stack.services;
    let rows = store::WebConnections::new(services.aws.dynamodb.clone(), &services.tables.web);
    let now = shell::clock::now();
    let user_key: model::UserKey = EXERCISED.parse().unwrap();
    // A socket whose farewell never came: the worker finds it.
    rows.open(&store::WebConnection {
        id: "YWJjZGVmZ2hpams=".to_owned(),
        bot_id: world::bot(),
        end_user_id: model::EndUserId::of(&world::bot(), model::PlatformType::Web, &user_key),
        user_key,
        connected_at: now,
        opened: true,
        expires: now.plus_ms(60_000).seconds(),
    })
    .await
    .unwrap();
    let token = token(EXERCISED);
    let (mut tab, _) = Tab::open(running, &token, 0).await;
    tab.of("KEYBOARD").await;
    tab.say("c1", "매장 위치").await;
    tab.of("ACK").await;
    tab.of("KEYBOARD").await;
    let id = model::EndUserId::of(&world::bot(), model::PlatformType::Web, &EXERCISED.parse().unwrap());
    tab.vanish();
    world::until_async("a farewell", async || {
        tokio::time::sleep(Duration::from_millis(50)).await;
        rows.of_user(id, now.seconds()).await.unwrap().is_empty().then_some(())
    })
    .await;
}
