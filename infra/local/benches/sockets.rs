//! Many sockets of web chat at once: the memory of one that is idle, and how soon all are answered, each in order.
//!
//! `cargo bench -p closer --bench sockets`; `-- SOCKETS MESSAGES` changes the crowd. It takes two files for each socket:
//! `ulimit -n 8192`. The program runs in a process of its own, the browsers in this one.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark's output, and its end if anything fails")]

#[path = "../tests/it/program.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod program;
#[path = "../tests/it/web/tab.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod tab;
#[path = "../tests/it/world.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod world;

use std::time::{Duration, Instant};

use program::Program;
use tab::{ECHO, Tab, token};

#[tokio::main]
async fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let (sockets, messages) = (numbers.first().copied().unwrap_or(2000), numbers.get(1).copied().unwrap_or(10));
    let folder = tempfile::tempdir().unwrap();
    let bots = folder.path().join("bots");
    std::fs::create_dir(&bots).unwrap();
    std::fs::write(bots.join("echo.json"), ECHO).unwrap();
    let program = Program::start(&["--memory", "--bots", bots.to_str().unwrap()]);
    let address = program.address();

    let before = resident_kb(&program);
    let mut tabs = Vec::new();
    let started = Instant::now();
    for n in 0..sockets {
        tabs.push(Tab::connect_to(address, &token(&format!("member-{n}"))).await);
    }
    let connected = started.elapsed();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = resident_kb(&program);
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
    println!("{} MB in the end", resident_kb(&program) / 1024);
}

/// What it has in memory, as proc(5) tells it.
fn resident_kb(program: &Program) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
