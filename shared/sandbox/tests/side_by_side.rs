//! Runs beside each other, and runs that nobody waits for. A file by itself: they share the process's slots.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use std::time::{Duration, Instant};

use common::{START, World};
use futures::future::join_all;
use sandbox::{Limits, Ran};
use serde_json::json;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// As a worker spawns its sessions.
fn spawnable(future: impl Future<Output = Ran> + Send) -> impl Future<Output = Ran> + Send {
    future
}

#[test]
fn one_waits_for_no_other() {
    let world = World { answers: json!({ "https://a.b/": { "afterMs": 200, "text": "x" } }), ..World::default() };
    let asks = "module.exports = async () => (await fetch('https://a.b/')).text();";
    let computes = "for (;;) ;";
    let (context, began) = (json!({}), Instant::now());
    let limits = Limits { timeout_ms: 5000, ..Limits::default() };
    let brief = Limits { timeout_ms: 2500, ..Limits::default() };
    let ran = block_on(async {
        let endless = spawnable(sandbox::run(computes, &context, START, brief, &world));
        let asking = (0..8).map(|_| sandbox::run(asks, &context, START, limits, &world));
        let (endless, asked) = tokio::join!(endless, async {
            let asked = join_all(asking).await;
            (asked, began.elapsed())
        });
        assert_eq!(endless.result.unwrap_err().name, "TimeoutError");
        asked
    });
    assert!(ran.0.iter().all(|ran| ran.result == Ok(json!("x"))));
    assert!(ran.1 < Duration::from_millis(2000), "eight pauses of 200 ms took {:?}", ran.1);
}

#[test]
fn who_is_waited_for_no_more_ends() {
    let (world, context) = (World::default(), json!({}));
    block_on(async {
        // More than there are slots, each good for five seconds.
        for _ in 0..40 {
            let endless = sandbox::run("for (;;) ;", &context, START, Limits::default(), &world);
            assert!(tokio::time::timeout(Duration::from_millis(20), endless).await.is_err());
        }
        let began = Instant::now();
        let ran = sandbox::run("module.exports = async () => 1", &context, START, Limits::default(), &world).await;
        assert_eq!(ran.result, Ok(json!(1)));
        assert!(began.elapsed() < Duration::from_secs(2));
    });
}

#[test]
fn the_same_start_draws_the_same() {
    let (world, context) = (World::default(), json!({}));
    let script = "module.exports = async () => [Math.random(), require('crypto').randomBytes(4).toString('hex'), require('uuid').v4()];";
    let draw = |seed| {
        let start = sandbox::Start { seed, ..START };
        block_on(sandbox::run(script, &context, start, Limits::default(), &world)).result.unwrap()
    };
    assert_eq!(draw([1; 32]), draw([1; 32]));
    assert_ne!(draw([1; 32]), draw([2; 32]));
}
