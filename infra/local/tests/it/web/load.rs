//! Many sockets at once. Not among the tests that always run: `just sockets`.

#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::time::{Duration, Instant};

use super::{Tab, token};
use crate::programs::Program;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes"]
async fn two_thousand_sockets_say_ten_messages_each() {
    let number =
        |name: &str, otherwise: usize| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (sockets, messages) = (number("SOCKETS", 2000), number("MESSAGES", 10));
    let folder = tempfile::tempdir().unwrap();
    let bots = folder.path().join("bots");
    std::fs::create_dir(&bots).unwrap();
    std::fs::write(bots.join("echo.json"), ECHO).unwrap();
    let program = Program::start(&["--memory", "--bots", bots.to_str().unwrap()]);
    let address = program.address();

    let before = program.resident_kb();
    let mut tabs = Vec::new();
    let started = Instant::now();
    for n in 0..sockets {
        tabs.push(Tab::connect_to(address, &token(&format!("member-{n}"))).await);
    }
    let connected = started.elapsed();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = program.resident_kb();
    println!("{sockets} sockets in {connected:.1?}, {:.1} KB each while idle", (idle - before) as f64 / sockets as f64);

    let started = Instant::now();
    let talks = tabs.into_iter().map(|mut tab| {
        tokio::spawn(async move {
            tab.patience = Duration::from_secs(600);
            tab.write(&serde_json::json!({ "action": "open", "v": 1 })).await;
            tab.of("CONTEXT").await;
            let mut slowest = Duration::ZERO;
            for n in 0..messages {
                let said = Instant::now();
                tab.say(&format!("c{n}"), &format!("말 {n}")).await;
                // Passing over the greeting; any other answer is out of order.
                let answer = loop {
                    let text = tab.hears().await;
                    if text.starts_with('말') {
                        break text;
                    }
                };
                assert_eq!(answer, format!("말 {n}"));
                slowest = slowest.max(said.elapsed());
            }
            slowest
        })
    });
    let slowest = futures::future::join_all(talks).await.into_iter().map(Result::unwrap).max().unwrap();
    let took = started.elapsed();
    let all = sockets * messages;
    println!(
        "{all} messages in {took:.1?}, {:.0} a second, the slowest answered after {slowest:.1?}",
        all as f64 / took.as_secs_f64()
    );
    println!("{} MB in the end", program.resident_kb() / 1024);
}

/// Says back what it hears.
pub(super) const ECHO: &str = r#"{ "id": "Bhello", "title": "echo", "flows": [{ "id": 1, "title": "s", "data": { "entry": 1 }, "nodes": [
    { "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] },
    { "id": 2, "type": "response", "data": { "message": { "type": "text", "text": "{{message.text}}" } }, "next": [{ "nodeId": 3 }] },
    { "id": 3, "type": "keyboard", "data": { "type": "any" }, "next": [{ "nodeId": 2 }] } ] }],
    "preference": { "entryFlowId": 1, "fallbackFlowId": 1 } }"#;
