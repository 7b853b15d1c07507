//! Every messenger on the whole system: a customer says something as the messenger would tell it, and the messenger's
//! stand-in, which is as strict as the messenger, takes what the bot answers.

use std::process::Command;

use closer::dev::Running;
use closer::feed::{Entry, Kind};
use model::PlatformType;
use serde_json::{Value, json};
use store::StoredBot;

use crate::world;

/// What is printed at start can be pasted, and is answered: by the answer itself, or by calls that the stand-in takes.
#[tokio::test]
async fn the_request_that_is_printed_for_each_channel_is_answered() {
    let running = world::start().await;
    let channels = running.bots.all().remove(0).channels;
    assert_eq!(channels.len(), ::platforms::PLATFORMS.len());
    // Web chat is no request: its tests talk to it.
    for channel in channels.into_iter().filter(|channel| channel.platform != PlatformType::Web) {
        let before = world::entries(&running, Kind::Platform).len();
        let command = channel.curl.clone();
        let output = tokio::task::spawn_blocking(move || Command::new("bash").args(["-c", &command]).output().unwrap());
        let output = output.await.unwrap();
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}: {}", channel.platform, String::from_utf8_lossy(&output.stderr));
        assert!(!answer.contains("HTTP/1.1 4") && !answer.contains("HTTP/1.1 5"), "{}: {answer}", channel.platform);
        if answer.contains("별빛 꽃집") {
            continue;
        }
        let calls = world::until(channel.platform.as_str(), || said(&running, before, "별빛 꽃집")).await;
        assert!(calls.iter().all(taken), "{}: {calls:#?}", channel.platform);
    }
    running.stop().await;
}

/// Cards with pictures, a carousel, a place: what each stand-in makes of the richest message of the sample bot.
#[tokio::test]
async fn what_a_bot_shows_is_taken_by_every_messenger() {
    let running = world::start().await;
    show(&running).await;
    let channels = running.bots.all().remove(0).channels;
    for channel in channels.into_iter().filter(|channel| channel.platform != PlatformType::Web) {
        let before = world::entries(&running, Kind::Platform).len();
        let command = channel.curl.clone();
        let output = tokio::task::spawn_blocking(move || Command::new("bash").args(["-c", &command]).output().unwrap());
        let answer = String::from_utf8_lossy(&output.await.unwrap().stdout).into_owned();
        // KakaoTalk takes three bubbles, and shows the first.
        if answer.contains("the end") || (channel.platform == PlatformType::Kakao && answer.contains("choose")) {
            continue;
        }
        let calls = world::until(channel.platform.as_str(), || said(&running, before, "the end")).await;
        assert!(calls.iter().all(taken), "{}: {calls:#?}", channel.platform);
    }
    running.stop().await;
}

#[tokio::test]
async fn navertalk_takes_one_event_as_the_answer_and_more_by_its_api() {
    let running = world::start().await;
    world::echo(&running).await;
    change(&running, PlatformType::Navertalk, json!({ "synchronous": true })).await;
    let answer = say(&running, "navertalk", "local-navertalk-secret", "hello").await;
    assert_eq!(answer["textContent"]["text"], "hello");
    assert_eq!(world::entries(&running, Kind::Platform).len(), 0);

    show(&running).await;
    let answer = say(&running, "navertalk", "local-navertalk-secret", "more").await;
    assert_eq!(answer, Value::Null, "nothing is said twice");
    let calls = world::until("NaverTalk", || said(&running, 0, "the end")).await;
    assert!(calls.len() > 1 && calls.iter().all(taken), "{calls:#?}");
    assert!(said(&running, 0, "hello").is_none(), "what was the answer is not sent as well");
    running.stop().await;
}

/// Messages with a delay come one by one, each once, in their order and not before their time.
#[tokio::test]
async fn messages_wait_as_long_as_the_bot_says() {
    let running = world::start().await;
    let mut stored = running.stack.bots.load(&world::bot()).await.unwrap().unwrap();
    let node = |id: u64, delay: u32| {
        json!({ "id": id, "type": "response", "next": [{ "nodeId": id + 1 }],
            "data": { "message": { "type": "text", "text": format!("text {id}") }, "delay": delay } })
    };
    let mut nodes = vec![json!({ "id": 1, "type": "entry", "next": [{ "nodeId": 2 }] })];
    nodes.extend([node(2, 0), node(3, 400), node(4, 0), node(5, 400)]);
    nodes.push(json!({ "id": 6, "type": "keyboard", "data": { "type": "any" }, "next": [{ "nodeId": 2 }] }));
    stored.json["flows"] = json!([{ "id": 1, "nodes": nodes }]);
    stored.json["preference"] = json!({});
    save(&running, stored).await;
    let started = std::time::Instant::now();
    say(&running, "navertalk", "local-navertalk-secret", "hello").await;
    let calls = world::until("the last", || said(&running, 0, "text 5")).await;
    assert!(started.elapsed() >= std::time::Duration::from_millis(800));
    let texts: Vec<_> = calls.iter().map(|call| call.body["textContent"]["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["text 2", "text 3", "text 4", "text 5"]);
    running.stop().await;
}

/// A person of the company answers in NaverTalk's own console.
#[tokio::test]
async fn while_a_person_talks_on_navertalk_the_bot_is_silent() {
    let running = world::start().await;
    world::echo(&running).await;
    let user = "al-2eGuGr5WQOnco1_V-FQ";
    let send = |event: Value| {
        let running = &running;
        async move {
            let path = "/hooks/navertalk/Bhello/local-navertalk-secret";
            let (status, _) = world::post(running, path, &[], event.to_string().as_bytes()).await;
            assert_eq!(status, 200);
        }
    };
    let text =
        |text: &str| json!({ "event": "send", "user": user, "textContent": { "text": text, "inputType": "typing" } });
    send(text("one")).await;
    world::until("one", || said(&running, 0, "one")).await;
    send(json!({ "event": "echo", "echoedEvent": "send", "user": user, "partner": "wclocal",
        "textContent": { "text": "from a person" }, "options": { "sourceId": 1, "threadOwnerId": 1, "managerNickname": "kim" } }))
    .await;
    send(text("two")).await;
    send(json!({ "event": "handover", "user": user, "partner": "wclocal",
        "options": { "control": "passThread", "metadata": "{'managerNickname':'kim','autoEnd':false}" } }))
    .await;
    send(text("three")).await;
    world::until("three", || said(&running, 0, "three")).await;
    let calls = world::entries(&running, Kind::Platform);
    assert_eq!(calls.len(), 2, "{calls:#?}");

    let told = world::until("the events", || {
        let events: Vec<String> = world::entries(&running, Kind::Delivery)
            .iter()
            .flat_map(|entry| entry.body["messages"].as_array().cloned().unwrap_or_default())
            .map(|event| event["event"].as_str().unwrap().trim_start_matches("bot.").to_owned())
            .collect();
        events.iter().filter(|event| *event == "message.received").count().eq(&3).then_some(events)
    })
    .await;
    let talk: Vec<&str> = told
        .iter()
        .map(String::as_str)
        .filter(|event| event.starts_with("message") || event.contains("agent_call"))
        .collect();
    assert_eq!(
        talk,
        [
            "message.received",
            "message.sent",
            "conversation.agent_call_connected",
            "message.sent",
            "message.received",
            "conversation.agent_call_disconnected",
            "message.received",
            "message.sent",
        ]
    );
    running.stop().await;
}

async fn say(running: &Running, platform: &str, secret: &str, text: &str) -> Value {
    let body =
        json!({ "event": "send", "user": "al-2eGuGr5WQOnco1_V-FQ", "textContent": { "text": text } }).to_string();
    let (status, answer) =
        world::post(running, &format!("/hooks/{platform}/Bhello/{secret}"), &[], body.as_bytes()).await;
    assert_eq!(status, 200);
    serde_json::from_str(&answer).unwrap_or_default()
}

/// The calls after the first `before`, once one of them holds the text.
fn said(running: &Running, before: usize, text: &str) -> Option<Vec<Entry>> {
    let calls = world::entries(running, Kind::Platform).split_off(before);
    calls.iter().any(|call| call.body.to_string().contains(text)).then_some(calls)
}

fn taken(call: &Entry) -> bool {
    call.status < 300 && call.note.is_empty()
}

/// Settings of one channel, changed; live after the second for which a bot is believed.
async fn change(running: &Running, platform: PlatformType, changes: Value) {
    let mut stored = running.stack.bots.load(&world::bot()).await.unwrap().unwrap();
    let settings = stored.json["integration"][platform.as_str()].as_object_mut().unwrap();
    settings.extend(changes.as_object().unwrap().clone());
    save(running, stored).await;
}

/// The bot shows everything there is, whatever is said.
async fn show(running: &Running) {
    let mut stored = running.stack.bots.load(&world::bot()).await.unwrap().unwrap();
    let button = |label: &str| json!({ "type": "postback", "label": label, "payload": "{\"item\":1}" });
    let card = |title: &str| {
        json!({ "title": title, "description": "a card", "media": { "contentType": "image", "uri": "https://example.com/a.jpg" },
            "buttons": [button("buy"), { "type": "link", "label": "see", "uri": "https://example.com/" }] })
    };
    let media = |kind: &str, uri: &str| json!({ "type": "media", "media": { "contentType": kind, "uri": uri } });
    let messages = [
        json!({ "type": "text", "text": "choose", "buttons": [button("a"), button("b")] }),
        media("video", "https://example.com/a.mp4"),
        media("audio", "https://example.com/a.mp3"),
        media("link", "https://example.com/"),
        json!({ "type": "cards", "cards": [card("one")] }),
        json!({ "type": "cards", "cards": [card("one"), card("two"), card("three")] }),
        json!({ "type": "location", "location": { "title": "shop", "latitude": 37.5, "longitude": 127.0 } }),
        json!({ "type": "text", "text": "the end" }),
    ];
    let mut nodes = vec![json!({ "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] })];
    for (id, message) in (2..).zip(messages) {
        nodes.push(
            json!({ "id": id, "type": "response", "data": { "message": message }, "next": [{ "nodeId": id + 1 }] }),
        );
    }
    nodes.push(
        json!({ "id": 10, "type": "keyboard", "data": { "type": "buttons", "buttons": [button("yes"), button("no")] },
        "next": [{ "nodeId": 2 }] }),
    );
    stored.json["flows"] = json!([{ "id": 1, "title": "s", "data": { "entry": 1 }, "nodes": nodes }]);
    stored.json["preference"] = json!({ "entryFlowId": 1, "fallbackFlowId": 1 });
    save(running, stored).await;
}

async fn save(running: &Running, mut stored: StoredBot) {
    stored.version += 1;
    running.stack.bots.save(&world::bot(), &stored).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
}
