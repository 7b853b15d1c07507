//! Runs scripts against a world of canned answers.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sandbox::{FetchError, Fetcher, Fetching, Limits, Ran, Request, Response, Start};
use serde_json::{Value, json};

/// Answers requests by address, and remembers them. One without an answer is refused, as a private address is.
#[derive(Default)]
pub struct World {
    pub answers: Value,
    pub asked: Mutex<Vec<Request>>,
}

pub const START: Start = Start { now_ms: 1_780_300_800_000, seed: [7; 32] };

impl Fetcher for World {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        let answer = self.answers.get(&request.url).cloned();
        self.asked.lock().unwrap().push(request);
        Box::pin(async move {
            let Some(answer) = answer else {
                return Err(FetchError { message: "Cannot use private IP address for request url".to_owned() });
            };
            if let Some(failure) = answer["failure"].as_str() {
                return Err(FetchError { message: failure.to_owned() });
            }
            let pause = answer["afterMs"].as_u64().unwrap_or_default();
            tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
            let body = match (answer["text"].as_str(), answer["hex"].as_str()) {
                (Some(text), _) => text.as_bytes().to_vec(),
                (None, Some(hex)) => {
                    let digits = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
                    (0..hex.len()).step_by(2).map(digits).collect()
                }
                (None, None) => answer["json"].to_string().into_bytes(),
            };
            let headers = answer["headers"].as_object().into_iter().flatten();
            let headers = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
            let status = u16::try_from(answer["status"].as_u64().unwrap_or(200)).unwrap();
            Ok(Response { status, headers: headers.collect(), body })
        })
    }
}

/// One at a time: those that measure time must not wait for others.
static ALONE: Mutex<()> = Mutex::new(());

pub fn run_in(world: &World, script: &str, context: &Value, limits: Limits) -> Ran {
    timed(world, script, context, limits).0
}

/// The same, and how long it took.
pub fn timed(world: &World, script: &str, context: &Value, limits: Limits) -> (Ran, Duration) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let began = Instant::now();
    let ran = runtime.block_on(sandbox::run(script, context, START, limits, world));
    (ran, began.elapsed())
}

pub fn run(script: &str) -> Ran {
    run_in(&World::default(), script, &json!({}), Limits::default())
}

/// What the script throws or returns, in a line.
pub fn told(script: &str) -> String {
    tell(run(script))
}

pub fn tell(ran: Ran) -> String {
    match ran.result {
        Ok(value) => value.to_string(),
        Err(failure) => failure.to_string(),
    }
}
