//! The function of web chat stopped after each of its steps, and the whole program killed in mid-conversation. Whatever
//! was said is heard once, and whatever was answered is seen once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use closer::dev::{self, Dev, Running};
use futures::FutureExt as _;
use serde_json::{Value, json};
use shell::web::{Point, Witness};

use super::{Tab, handshake, log, log_at, token};
use crate::program::Program;
use crate::world;

const POINTS: [Point; 9] = [
    Point::Connected,
    Point::Begun,
    Point::Registered,
    Point::Announced,
    Point::Welcomed,
    Point::Kept,
    Point::Queued,
    Point::Marked,
    Point::Acknowledged,
];

#[tokio::test]
async fn a_function_that_dies_after_any_step_loses_and_doubles_nothing() {
    for point in POINTS {
        let dead = Arc::new(AtomicBool::new(false));
        let running = dying(point, &dead).await;
        world::echo(&running).await;
        let token = token("member-1");
        let mut seen = Seen::default();
        // A browser: it connects until it is welcome, and says its message until it is acknowledged.
        let mut acknowledged = false;
        for _ in 0..4 {
            let Some(mut tab) = connected(&running, &token, &seen).await else { continue };
            if !acknowledged {
                tab.say("c1", "하나").await;
            }
            while let Some(frame) = soon(&mut tab, 700).await {
                seen.take(&frame);
                acknowledged |= frame["type"] == "ACK";
            }
            // Where a number is missing, it opens again.
            if acknowledged && seen.heard("하나") && seen.last() == seen.frames.len() as u64 {
                break;
            }
        }
        assert!(dead.load(Ordering::SeqCst), "{point:?} was never reached");
        assert!(acknowledged, "{point:?}");
        let log = log(&running, &token).await;
        let count = |line: &str| log.iter().filter(|other| *other == line).count();
        assert_eq!((count("> 하나"), count("< 하나")), (1, 1), "{point:?}: {log:?}");
        let (own, answer) =
            (log.iter().position(|line| line == "> 하나"), log.iter().position(|line| line == "< 하나"));
        assert!(own < answer, "{point:?}: {log:?}");
        // What the browser saw is what the log holds: each number once, and none left out.
        let numbers: Vec<u64> = seen.frames.keys().copied().collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "{point:?}");
        running.stop().await;
    }
}

/// Instances of the function do not know of each other, and a customer's frames come to any of them.
#[tokio::test]
async fn instances_that_append_at_once_all_do() {
    const FRAMES: usize = 40;
    let running = world::start_idle().await;
    let (mut tab, context) = Tab::open(&running, &token("member-1"), 0).await;
    let services = &running.stack.services;
    let rows = store::WebConnections::new(services.aws.dynamodb.clone(), &services.tables.web);
    let user = context["context"]["endUserId"].as_str().unwrap().parse().unwrap();
    let id = rows.of_user(user, shell::clock::now().seconds()).await.unwrap().remove(0);
    let said = (0..FRAMES).map(|n| {
        let web = running.stack.web();
        let now = shell::clock::now();
        let context = json!({
            "eventType": "MESSAGE", "connectionId": id, "connectedAt": now, "requestTimeEpoch": now, "messageId": n.to_string(),
        });
        let event = json!({ "requestContext": context, "body": super::said(&format!("c{n}"), "말").to_string() });
        tokio::spawn(async move { web.handle(event).await })
    });
    futures::future::join_all(said).await;
    let mut numbers = BTreeSet::new();
    for _ in 0..FRAMES {
        numbers.insert(tab.of("ACK").await["seq"].as_u64().unwrap());
    }
    assert_eq!(numbers, (1..=FRAMES as u64).collect());
    running.stop().await;
}

/// Said again in other words, it is what was said first that the bot hears.
#[tokio::test]
async fn what_is_queued_is_what_was_kept() {
    let dead = Arc::new(AtomicBool::new(false));
    let running = dying(Point::Kept, &dead).await;
    world::echo(&running).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let (mut tab, _) = Tab::open(&running, &token("member-1"), 0).await;
    tab.of("KEYBOARD").await;
    tab.say("c1", "하나").await;
    while tab.next().await.unwrap()["message"] != "Internal server error" {}
    tab.say("c1", "둘").await;
    assert_eq!(tab.of("ACK").await["duplicate"], true);
    assert_eq!(tab.hears().await, "하나");
    running.stop().await;
}

/// The first time that the point is reached, the process goes no further.
pub(super) async fn dying(point: Point, dead: &Arc<AtomicBool>) -> Running {
    let dead = Arc::clone(dead);
    let web_witness = Witness::new(move |reached| {
        if reached == point && !dead.swap(true, Ordering::SeqCst) {
            return async { panic!("the function dies here") }.boxed();
        }
        async {}.boxed()
    });
    let dev = Dev { web_witness, ..Dev::for_tests(world::root().join("bots")) };
    dev::start(&dev).await.unwrap()
}

#[derive(Default)]
struct Seen {
    /// By number.
    frames: BTreeMap<u64, Value>,
}

impl Seen {
    fn take(&mut self, frame: &Value) {
        if let Some(seq) = frame["seq"].as_u64().filter(|_| frame["type"] != "ACK") {
            let before = self.frames.insert(seq, frame.clone());
            assert!(before.is_none_or(|before| before == *frame), "two frames of one number");
        }
    }

    fn last(&self) -> u64 {
        // As the SDK: what is behind a hole is not passed on.
        (1..).take_while(|seq| self.frames.contains_key(seq)).last().unwrap_or_default()
    }

    fn heard(&self, text: &str) -> bool {
        let is_it = |frame: &Value| frame["message"]["isUser"] == false && frame["message"]["data"]["text"] == text;
        self.frames.values().any(is_it)
    }
}

/// A socket that has said CONTEXT, if it does within a second.
async fn connected(running: &Running, token: &str, seen: &Seen) -> Option<Tab> {
    let (mut tab, _) = handshake(running.address, &format!("?token={token}"), &[]).await.ok()?;
    tab.write(&json!({ "action": "open", "v": 1, "lastSeq": seen.last() })).await;
    loop {
        let frame = soon(&mut tab, 1000).await?;
        if frame["type"] == "CONTEXT" {
            return Some(tab);
        }
    }
}

pub(super) async fn soon(tab: &mut Tab, milliseconds: u64) -> Option<Value> {
    tokio::time::timeout(Duration::from_millis(milliseconds), tab.next()).await.ok()?
}

#[tokio::test]
async fn a_socket_that_is_gone_is_forgotten() {
    let running = world::start().await;
    let token = token("member-1");
    let (mut tab, context) = Tab::open(&running, &token, 0).await;
    tab.of("KEYBOARD").await;
    let (gone, _) = Tab::open(&running, &token, 0).await;
    let services = &running.stack.services;
    let rows = store::WebConnections::new(services.aws.dynamodb.clone(), &services.tables.web);
    let user = context["context"]["endUserId"].as_str().unwrap().parse().unwrap();
    let now = shell::clock::now().seconds();
    assert_eq!(rows.of_user(user, now).await.unwrap().len(), 2);
    gone.vanish();
    for _ in 0..50 {
        if rows.of_user(user, now).await.unwrap().len() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(rows.of_user(user, now).await.unwrap().len(), 1, "by its farewell");
    // One whose farewell never came.
    let mut row = rows.load(&rows.of_user(user, now).await.unwrap()[0]).await.unwrap().unwrap();
    row.id = "YWJjZGVmZ2hpams=".to_owned();
    rows.open(&row).await.unwrap();
    tab.say("c1", "매장 위치").await;
    tab.of("KEYBOARD").await;
    assert_eq!(rows.of_user(user, now).await.unwrap().len(), 1, "by 410");
    assert!(rows.load("YWJjZGVmZ2hpams=").await.unwrap().is_none());
    running.stop().await;
}

/// The program is killed while it hears and answers, and started again on what it kept.
#[tokio::test]
async fn killed_in_mid_conversation_it_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (bots, data) = (folder.path().join("bots"), folder.path().join("data"));
    std::fs::create_dir(&bots).unwrap();
    std::fs::write(bots.join("echo.json"), super::ECHO).unwrap();
    let arguments = ["--data", data.to_str().unwrap(), "--bots", bots.to_str().unwrap()];
    let token = token("member-1");
    const MESSAGES: usize = 15;
    let mut acknowledged = 0;
    let mut program = Program::start(&arguments);
    for killed_after in [4, 9, usize::MAX] {
        let mut tab = Tab::connect_to(program.address(), &token).await;
        tab.write(&json!({ "action": "open", "v": 1 })).await;
        tab.of("CONTEXT").await;
        // As the SDK: one at a time, again until it is acknowledged, and no wait for answers.
        while acknowledged < MESSAGES {
            tab.say(&format!("c{acknowledged}"), &format!("말 {acknowledged}")).await;
            if acknowledged == killed_after {
                tokio::time::sleep(Duration::from_millis(15)).await;
                break;
            }
            while tab.of("ACK").await["clientMessageId"] != format!("c{acknowledged}") {}
            acknowledged += 1;
        }
        if acknowledged < MESSAGES {
            program.signal("-9");
            drop(program);
            program = Program::start(&arguments);
        }
    }
    // What a killed worker had received comes back when its visibility ends.
    let last = format!("< 말 {}", MESSAGES - 1);
    let mut log = Vec::new();
    for _ in 0..100 {
        log = log_at(program.address(), &token).await;
        if log.contains(&last) {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    for side in ['>', '<'] {
        let said: Vec<&String> = log.iter().filter(|line| line.starts_with(&format!("{side} 말"))).collect();
        let expected: Vec<String> = (0..MESSAGES).map(|n| format!("{side} 말 {n}")).collect();
        assert_eq!(said, expected.iter().collect::<Vec<_>>(), "{log:#?}");
    }
}
