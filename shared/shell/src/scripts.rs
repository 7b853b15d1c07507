//! Scripts of bots, run by `sandbox`; what they ask of the network goes through the guarded client.

use std::time::Duration;

use flow::{ScriptAsk, ScriptFailure};
use sandbox::{FetchError, Fetcher, Fetching, Limits, Request, Response, Start};
use serde_json::Value;
use tracing::{debug, error};

use crate::clock;
use crate::metrics::{self, Metric};
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
        metrics::count(Metric::StuckScripts, stuck);
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::guard::Reach;

    async fn run_script(script: &str) -> Result<Value, ScriptFailure> {
        let context = json!({ "message": { "text": "x" } });
        let ask = ScriptAsk { script: script.into(), context, timeout_ms: 5000, max_bytes: 50_000 };
        run(ask, &Guarded::new(Reach::Public)).await
    }

    #[tokio::test]
    async fn a_script_reaches_public_addresses_alone() {
        for url in [
            "http://127.0.0.1/",
            "http://localhost./",
            "http://[::1]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://10.0.0.1/",
            "http://2130706433/",
            "http://localhost:9/",
        ] {
            let script = format!(
                "module.exports = async () => {{ try {{ await fetch({url:?}); return 'reached'; }} catch (e) {{ return e.message; }} }}"
            );
            let said = run_script(&script).await.unwrap();
            assert_eq!(said, crate::guard::REFUSAL, "{url}");
        }
    }

    #[tokio::test]
    async fn a_script_has_its_context_and_chance() {
        let random = "module.exports = async (c) => c.message.text + require('crypto').randomBytes(8).toString('hex')";
        let (one, other) = (run_script(random).await.unwrap(), run_script(random).await.unwrap());
        assert!(one.as_str().unwrap().starts_with('x') && one != other);
        let failure = run_script("module.exports = async () => { throw new TypeError('no'); }").await.unwrap_err();
        assert_eq!((failure.name.as_str(), failure.message.as_str()), ("TypeError", "no"));
    }
}
