//! How many turns a second the whole system takes on embedded services, and what a turn costs in AWS requests.
//!
//! `cargo bench -p closer --bench turns`; `-- USERS MESSAGES` changes the crowd. Adapters, workers, DynamoDB, SQS, the
//! messenger's stand-in and the webhook receiver all run in this process and share its cores.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark's output, and its end if anything fails")]

#[path = "../tests/it/world.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use closer::dev::{self, Dev};
use closer::feed::Kind;

#[tokio::main]
async fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let (users, messages) = (numbers.first().copied().unwrap_or(100), numbers.get(1).copied().unwrap_or(100));
    let turns = users * messages;
    println!("{users} customers with {messages} messages each, all at once\n");
    run("no webhook", users, messages, turns, false).await;
    run("one webhook", users, messages, turns, true).await;
    alone().await;
}

async fn run(name: &str, users: usize, messages: usize, turns: usize, webhook: bool) {
    let dev = Dev { kept: 4 * turns, ..Dev::for_tests(world::root().join("bots")) };
    let running = Arc::new(dev::start(&dev).await.unwrap());
    world::echo(&running).await;
    if !webhook {
        for webhook in running.stack.webhooks.of_bot(&world::bot()).await.unwrap() {
            running.stack.webhooks.delete(&webhook).await.unwrap();
        }
    }
    // Longer than the bot that was loaded at start is believed.
    tokio::time::sleep(Duration::from_millis(1100)).await;

    let before = running.stack.services.requests();
    let started = Instant::now();
    world::crowd(&running, users, messages).await;
    world::until("all answers", || (world::count(&running, Kind::Platform) >= turns).then_some(())).await;
    let answered = started.elapsed();
    if webhook {
        let events = 2 * users + 2 * turns;
        world::until("all events", || (world::count(&running, Kind::Delivery) >= events).then_some(())).await;
    }
    let after = running.stack.services.requests();
    println!(
        "{name}: {:.0} turns/s, all answered after {:.1} s",
        turns as f64 / answered.as_secs_f64(),
        answered.as_secs_f64()
    );
    print_requests(&before, &after, turns);
    Arc::try_unwrap(running).unwrap().stop().await;
}

/// One customer, one message after another: what a turn costs when nobody shares it, and how long kakao waits.
async fn alone() {
    const TURNS: usize = 500;
    let running = world::start().await;
    let body = world::kakao_body("local-user", "영업 시간");
    let mut waits = Vec::new();
    let before = running.stack.services.requests();
    for _ in 0..TURNS {
        let started = Instant::now();
        let (status, _) = world::post(&running, world::KAKAO_PATH, &[], body.as_bytes()).await;
        assert_eq!(status, 200);
        waits.push(started.elapsed());
    }
    let after = running.stack.services.requests();
    waits.sort();
    let at = |share: usize| waits[TURNS * share / 100].as_secs_f64() * 1000.0;
    println!("kakao, one customer: answer after {:.1} ms (median), {:.1} ms (p99)", at(50), at(99));
    print_requests(&before, &after, TURNS);
    running.stop().await;
}

fn print_requests(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>, turns: usize) {
    println!("  AWS requests per turn");
    for (action, count) in after {
        let count = count - before.get(action).copied().unwrap_or_default();
        if count > 0 {
            println!("    {action:<32} {:>6.2}", count as f64 / turns as f64);
        }
    }
    println!();
}
