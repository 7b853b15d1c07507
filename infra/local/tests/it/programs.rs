//! The program itself, as people and scripts start it.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::program::{CLOSER, Program};
use crate::world;

fn closer(arguments: &[&str]) -> Output {
    Command::new(CLOSER).args(arguments).current_dir(world::root()).output().unwrap()
}

fn last_line(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned()
}

/// Data of others, which is not part of the project.
fn shared(path: &str) -> Option<String> {
    let path = world::root().join("../shared").join(path);
    if !path.exists() {
        eprintln!("skipped: {} is absent", path.display());
        return None;
    }
    Some(path.display().to_string())
}

#[test]
fn fixtures_of_every_platform_pass() {
    let ours = ["shared/platforms/src/line/testdata/inbound", "shared/platforms/src/kakao/testdata/inbound"];
    let theirs = [shared("platforms/samples/line"), shared("platforms/samples/kakao")];
    for folder in ours.into_iter().map(str::to_owned).chain(theirs.into_iter().flatten()) {
        let output = closer(&["fixtures", &folder]);
        let last = last_line(&output);
        assert!(output.status.success() && last.contains(" 0 failed, 0 skipped"), "{folder}: {last}");
    }
    assert_eq!(closer(&["fixtures", "docs"]).status.code(), Some(2), "a folder without cases is a mistake");
}

#[test]
fn bots_are_checked_and_drawn() {
    let output = closer(&["check", "--language", "en", "bots/hello.json"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.starts_with("bots/hello.json\n"), "{text}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.json");
    let node = json!({ "id": 1, "type": "entry", "next": [{ "nodeId": 9 }] });
    std::fs::write(&path, json!({ "flows": [{ "id": 1, "title": "시작", "nodes": [node] }] }).to_string()).unwrap();
    let output = closer(&["check", "--language", "ko", "--json", path.to_str().unwrap()]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!report["findings"].as_array().unwrap().is_empty(), "{report}");
    let output = closer(&["check", "--language", "de", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there are en and ko"));

    let picture = folder.path().join("hello.svg");
    let output = closer(&["draw", "bots/hello.json", "-o", picture.to_str().unwrap()]);
    assert!(output.status.success());
    assert!(std::fs::read_to_string(picture).unwrap().starts_with("<svg"));
}

#[test]
fn scripts_pass() {
    let mut scripts = vec!["bots/hello.script.json".to_owned(), "bots/llm.script.json".to_owned()];
    if let Some(folder) = shared("spec/scripts") {
        let files = std::fs::read_dir(folder).unwrap().flatten().map(|file| file.path().display().to_string());
        scripts.extend(files.filter(|path| path.ends_with(".script.json")));
    }
    for script in scripts {
        let output = closer(&["talk", "--script", &script]);
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stdout));
        assert!(last_line(&output).ends_with("passed, 0 failed"));
    }
}

/// Bots that others made, as they were exported; the talks with them are ours.
#[test]
fn exports_of_others_run_unchanged() {
    let Some(exports) = shared("spec/examples/closer") else { return };
    let exports = std::path::Path::new(&exports).canonicalize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let scripts = world::root().join("infra/local/testdata/exports");
    for file in std::fs::read_dir(scripts).unwrap().flatten() {
        let text = std::fs::read_to_string(file.path()).unwrap();
        let mut script: serde_json::Value = serde_json::from_str(&text).unwrap();
        script["bot"] = json!(exports.join(script["bot"].as_str().unwrap()));
        let path = folder.path().join(file.file_name());
        std::fs::write(&path, script.to_string()).unwrap();
        let output = closer(&["talk", "--script", path.to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn templates_print_as_the_libraries_do() {
    let Some(folder) = shared("spec/templates") else { return };
    let output = closer(&["templates", &folder]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(last_line(&output), "templates: 363 passed, 0 failed");
}

#[test]
fn a_script_that_fails_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.script.json");
    let bot = world::root().join("bots/hello.json").canonicalize().unwrap();
    let script = json!({ "bot": bot, "platform": "test", "turns": [
        { "user": null, "bot": ["something else"], "keyboard": ["꽃다발 보기"], "events": ["bot.conversation.deleted"] },
        { "user": { "text": "매장 위치" }, "bot": [{ "type": "location" }] },
    ] });
    std::fs::write(&path, script.to_string()).unwrap();
    let output = closer(&["talk", "--script", path.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    for part in
        ["✗ turn 1: message 1", "expected", "✗ turn 1: keyboard", "✗ turn 1: events", "turns: 1 passed, 1 failed"]
    {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

/// The steady state of ARCHITECTURE.md, and a sum.
#[test]
fn a_bill_is_printed_from_what_was_counted() {
    let output = closer(&["cost", "--customers", "2"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let a_turn = |parts: [&str; 4]| {
        let line = text.lines().find(|line| parts.iter().all(|part| line.split_whitespace().any(|word| word == *part)));
        line.unwrap_or_else(|| panic!("{parts:?} is missing in\n{text}")).split_whitespace().nth(4).unwrap().to_owned()
    };
    for (function, service, action, of) in [
        ("line", "SQS", "SendMessage", "closer-inbound.fifo"),
        ("conversation", "DynamoDB", "GetItem", "closer-sessions"),
        ("conversation", "SQS", "SendMessage", "closer-events.fifo"),
        ("delivery", "DynamoDB", "GetItem", "closer-webhooks"),
    ] {
        assert_eq!(a_turn([function, service, action, of]), "1.00");
    }
    assert_eq!(text.matches("together").count(), 2, "{text}");
    assert!(text.contains("$ of 1,000,000"), "{text}");
    assert_eq!(closer(&["cost", "--prices", "bots/hello.json"]).status.code(), Some(2));
}

#[test]
fn mistakes_are_explained() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (arguments, says) in [
        (vec!["--memory", "--port", &port], "is taken; --port chooses another"),
        (vec!["--memory", "--port", "0", "--bots", "nowhere"], "--bots names another"),
        (vec!["talk", "--script", "nowhere.json"], "reading nowhere.json"),
        (vec!["talk", "--script", "bots/hello.json"], "is no script"),
        (vec!["fixtures", "nowhere"], "reading nowhere"),
        (vec!["render", "--message", "nowhere.json"], "reading nowhere.json"),
        (vec!["render", "--message", "bots/hello.json"], "this is no MESSAGE"),
        (
            vec!["render", "--message", "docs/examples/cards.json", "--keyboard", "bots/hello.json"],
            "this is no KEYBOARD",
        ),
        (vec!["render", "--message", "docs/examples/cards.json", "--platform", "test"], "there are bizchat, facebook"),
        (
            vec!["render", "--message", "docs/examples/cards.json", "--platform", "telegram"],
            "is no platform; there are",
        ),
        (vec!["normalize", "--platform", "line", "--config", CARDS, "--request", CARDS], "set channelSecret"),
    ] {
        let output = closer(&arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text.contains(says), "{arguments:?} says\n{text}");
    }
}

const CARDS: &str = "docs/examples/cards.json";

#[test]
fn a_message_is_shown_for_every_messenger() {
    let arguments = ["render", "--message", CARDS, "--keyboard", "docs/examples/keyboard.json"];
    let output = closer(&arguments);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    for platform in ::platforms::PLATFORMS {
        assert!(text.lines().any(|line| line == platform.kind.as_str()), "{} is missing", platform.kind);
    }
    assert_eq!(text.matches("did not fit: 2 × card image").count(), 1, "text messages have no pictures of two cards");

    let output = closer(&[&arguments[..], &["--platform", "line", "--platform", "kakao", "--json"]].concat());
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&shown[0]["platform"], &shown[1]["platform"]), (&json!("kakao"), &json!("line")));
    assert_eq!(shown[0]["answer"]["template"]["quickReplies"][1]["label"], "상담원 연결");
    assert_eq!(shown[1]["calls"][0]["body"]["messages"][0]["template"]["columns"][1]["title"], "튤립 꽃다발");
}

#[test]
fn a_captured_webhook_is_shown_as_the_bot_gets_it() {
    let folder = "shared/platforms/src/line/testdata/inbound";
    let (case, body) = (format!("{folder}/text-user.case.json"), format!("{folder}/text-user.body"));
    let arguments = ["normalize", "--platform", "line", "--config", &case, "--request", &case];
    let output = closer(&[&arguments[..], &["--body", &body]].concat());
    assert_eq!(output.status.code(), Some(0));
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shown["inbound"][0]["kind"]["data"]["type"], "text");
    assert_eq!(shown["answer"], json!({ "status": 200, "body": "" }));
    // Another body than the one that was signed.
    let output = closer(&[&arguments[..], &["--body", &case]].concat());
    assert_eq!(output.status.code(), Some(1));
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let refused = json!({ "answer": { "status": 401 }, "refused": "the signature or secret is missing or wrong" });
    assert_eq!(shown, refused);
}

#[tokio::test]
async fn dev_serves_the_page_chats_and_ends_on_ctrl_c() {
    let mut program = Program::start(&["--memory"]);
    let client = world::http_client();
    let page = client.get(&program.base).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("<!doctype html>"));

    let state: Value = json_of(client.get(format!("{}/api/state", program.base)).send().await.unwrap()).await;
    assert_eq!(state["bots"][0]["id"], "Bhello");
    assert!(!state.to_string().contains("whsec_"), "no secret on the page");

    let foreign =
        client.get(format!("{}/api/state", program.base)).header("host", "evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), 403, "another site's name does not open it");

    let chat = format!("{}/api/chat/Bhello", program.base);
    let said = json!({ "userKey": "u", "message": { "text": "영업 시간" } });
    for message in [json!({ "userKey": "u", "message": null }), said] {
        let answer =
            client.post(&chat).header("content-type", "application/json").body(message.to_string()).send().await;
        let answer = json_of(answer.unwrap()).await;
        assert_eq!(answer["messages"][0]["data"]["type"], "text", "{answer}");
    }
    program.signal("-INT");
    let ended = tokio::task::spawn_blocking(move || program.child.wait().unwrap());
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), ended).await;
    assert!(ended.expect("it ends at once").unwrap().success());
}

async fn json_of(response: reqwest::Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// Everything dies at once, in the middle of a lively talk, and is started again on the same data. Of twenty webhooks two
/// hang, one refuses and one answers 500; the others get every event.
#[tokio::test(flavor = "multi_thread")]
async fn kill_9_loses_no_event() {
    const USERS: usize = 5;
    const MESSAGES: usize = 20;
    let receivers: Vec<Arc<Mutex<Vec<Value>>>> = (0..16).map(|_| Arc::default()).collect();
    let mut urls = Vec::new();
    for got in &receivers {
        urls.push(receiver(Arc::clone(got)).await);
    }
    urls.extend([hanging().await, hanging().await, "http://127.0.0.1:1/".to_owned(), failing().await]);
    let got = &receivers[0];
    let folder = tempfile::tempdir().unwrap();
    let mut bot: Value =
        serde_json::from_str(&std::fs::read_to_string(world::root().join("bots/hello.json")).unwrap()).unwrap();
    let webhook = |url: &String| json!({ "name": "test", "url": url, "timeoutMs": 3000, "secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" });
    bot["webhooks"] = urls.iter().map(webhook).collect();
    std::fs::create_dir(folder.path().join("bots")).unwrap();
    std::fs::write(folder.path().join("bots/hello.json"), bot.to_string()).unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (data, bots) = (path("data"), path("bots"));
    let arguments = ["--data", &data, "--bots", &bots, "--allow-private"];

    let program = Program::start(&arguments);
    let client = world::http_client();
    let base = Arc::new(Mutex::new(program.base.clone()));
    let talks = (0..USERS).map(|user| {
        let (client, base) = (client.clone(), Arc::clone(&base));
        tokio::spawn(async move {
            for n in 0..MESSAGES {
                let body = line_body(user, n);
                // LINE sends again what was not answered with 200.
                loop {
                    let url = format!("{}/hooks/line/Bhello", base.lock().unwrap());
                    let request = client.post(url).header("x-line-signature", world::line_signature(body.as_bytes()));
                    match request.body(body.clone()).send().await {
                        Ok(response) if response.status() == 200 => break,
                        _ => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
                    }
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        })
    });
    let talks: Vec<_> = talks.collect();
    world::until("the talk to be lively", || (count(got, "bot.message.sent").1 >= 20).then_some(())).await;
    program.signal("-KILL");
    drop(program);
    let before = count(got, "bot.message.sent").1;
    assert!(before < USERS * MESSAGES, "it died too late to prove anything");

    let program = Program::start(&arguments);
    program.base.clone_into(&mut base.lock().unwrap());
    for talk in talks {
        talk.await.unwrap();
    }
    let all = USERS * MESSAGES;
    let has_all = |got: &Arc<Mutex<Vec<Value>>>| {
        count(got, "bot.message.received").0 == all && count(got, "bot.message.sent").0 >= all
    };
    world::until("every event", || receivers.iter().all(has_all).then_some(())).await;
    let mut twice = 0;
    for got in &receivers {
        let (distinct, total) = count(got, "bot.message.sent");
        assert_eq!(distinct, all, "every message has its one answer");
        twice += total - distinct;
    }
    eprintln!("killed after {before} of {all} answers: lost 0; of {} events {twice} came twice", all * receivers.len());
    drop(program);
}

/// Distinct ids, and how often any of them came.
fn count(got: &Mutex<Vec<Value>>, event: &str) -> (usize, usize) {
    let got = got.lock().unwrap();
    let ids: Vec<&str> =
        got.iter().filter(|got| got["event"] == event).map(|got| got["id"].as_str().unwrap()).collect();
    (ids.iter().collect::<std::collections::HashSet<_>>().len(), ids.len())
}

async fn receiver(got: Arc<Mutex<Vec<Value>>>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/closer", listener.local_addr().unwrap());
    let handle = move |body: String| {
        let delivery: Value = serde_json::from_str(&body).unwrap();
        got.lock().unwrap().extend(delivery["messages"].as_array().unwrap().iter().cloned());
        async { "OK" }
    };
    tokio::spawn(
        axum::serve(listener, axum::Router::new().route("/closer", axum::routing::post(handle))).into_future(),
    );
    url
}

/// Takes connections, and never answers.
async fn hanging() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/closer", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            connections.push(connection);
        }
    });
    url
}

async fn failing() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/closer", listener.local_addr().unwrap());
    let handle = || async { axum::http::StatusCode::INTERNAL_SERVER_ERROR };
    tokio::spawn(
        axum::serve(listener, axum::Router::new().route("/closer", axum::routing::post(handle))).into_future(),
    );
    url
}

fn line_body(user: usize, n: usize) -> String {
    let event = format!("{user}-{n}");
    json!({
        "destination": "U00000000000000000000000000000000",
        "events": [{
            "type": "message", "mode": "active", "timestamp": 1_780_300_045_595_i64, "webhookEventId": event, "replyToken": event,
            "deliveryContext": { "isRedelivery": false }, "source": { "type": "user", "userId": format!("U{user:032x}") },
            "message": { "type": "text", "id": event, "text": "영업 시간" },
        }],
    })
    .to_string()
}

#[test]
fn documents_name_what_is_there() {
    for (document, file) in [("README.md", "bots/hello.script.json"), ("README.md", "docs/webhooks.md")] {
        let text = std::fs::read_to_string(world::root().join(document)).unwrap();
        assert!(text.contains(file) && Path::new(&world::root().join(file)).exists(), "{document}: {file}");
    }
}
