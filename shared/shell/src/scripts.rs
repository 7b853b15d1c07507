//! Scripts of bots, run by `sandbox`; what they ask of the network goes through the guarded client.

use std::time::Duration;

use flow::{ScriptAsk, ScriptFailure};
use sandbox::{FetchError, Fetcher, Fetching, Limits, Request, Response, Start};
use serde_json::Value;
use tracing::{debug, error};

use crate::clock;
use crate::outgoing::Guarded;

/// Runs one. What it says on its console is for people at a terminal; it may hold anything.
pub(crate) async fn run(ask: ScriptAsk, http: &Guarded) -> Result<Value, ScriptFailure> {
    let start = Start { now_ms: clock::now().0.unsigned_abs(), seed: clock::random_bytes() };
    let limits = Limits { timeout_ms: ask.timeout_ms, result_bytes: ask.max_bytes, ..Limits::default() };
    let ran = sandbox::run(&ask.script, &ask.context, start, limits, http).await;
    for line in &ran.console {
        debug!(target: "script", "{line}");
    }
    let stuck = sandbox::stuck();
    if stuck > 0 {
        error!(stuck, "Scripts did not end in their time, and each keeps a core busy");
    }
    ran.result.map_err(|failure| ScriptFailure { message: failure.message, name: failure.name, stack: failure.stack })
}

impl Fetcher for Guarded {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        Box::pin(async move {
            let Request { method, url, headers, body, timeout_ms, max_bytes } = request;
            let timeout = Duration::from_millis(timeout_ms.into());
            match self.exchange(&method, &url, headers, body, timeout, max_bytes).await {
                Ok((status, headers, body)) => Ok(Response { status, headers, body }),
                Err(message) => Err(FetchError { message }),
            }
        })
    }
}
