//! What cannot be ended from outside: a loop in the engine's own code. A file by itself, for the count is the process's.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use std::time::{Duration, Instant};

use common::{World, run, run_in};
use sandbox::Limits;
use serde_json::json;

#[test]
fn a_native_loop_is_given_up_and_counted() {
    let limits = Limits { timeout_ms: 100, ..Limits::default() };
    // Some seconds of work.
    let script = "const list = []; list.length = 3e8; module.exports = async () => list.join('').length;";
    let began = Instant::now();
    let failure = run_in(&World::default(), script, &json!({}), limits).result.unwrap_err();
    assert_eq!(failure.name, "TimeoutError");
    assert!(began.elapsed() < Duration::from_secs(2), "nobody waits for it: {:?}", began.elapsed());
    assert_eq!(sandbox::stuck(), 1);
    assert_eq!(run("module.exports = async () => 1").result.unwrap(), 1, "others run");
    while sandbox::stuck() > 0 {
        assert!(began.elapsed() < Duration::from_secs(120), "it comes back");
        std::thread::sleep(Duration::from_millis(50));
    }
}
