//! A client of the management API.

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::Connection;
use crate::dev::access;

#[derive(Debug)]
pub(super) struct Client {
    url: String,
    key: String,
    http: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) etag: Option<String>,
    pub(super) body: Value,
}

impl Client {
    pub(super) fn new(connection: &Connection) -> anyhow::Result<Self> {
        let data = &connection.data;
        let url = match &connection.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => match access::running(data) {
                Some(running) => running.url,
                None => bail!(
                    "no local stack keeps its data in {}: start one with `cargo run`, or name an installation with --url",
                    data.display()
                ),
            },
        };
        let key = match &connection.key {
            Some(key) => key.clone(),
            None if connection.url.is_none() => access::stored_key(data)
                .with_context(|| format!("there is no key in {}; --key names one", data.display()))?,
            None => bail!("set CLOSER_KEY or --key to a key of this installation; `closer key create` makes one"),
        };
        Ok(Self { url, key, http: shell::outgoing::client() })
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ok("GET", path, None, &[]).await.map(|answer| answer.body)
    }

    pub(super) async fn post(&self, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        // A command that is cut off may be repeated by whoever waits: the request itself only once.
        let once = format!("{:032x}", shell::clock::nonce());
        self.ok("POST", path, body, &[("idempotency-key", once)]).await.map(|answer| answer.body)
    }

    /// The answer, or what the API says is wrong.
    pub(super) async fn ok(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, String)],
    ) -> anyhow::Result<Answer> {
        let answer = self.ask(method, path, body, headers).await?;
        if answer.status < 300 {
            return Ok(answer);
        }
        let text = |name: &str| answer.body[name].as_str().unwrap_or_default();
        match (text("title"), text("detail")) {
            ("", _) => bail!("{} answers {} to {method} {path}: is it a CLOSER installation?", self.url, answer.status),
            (title, detail) => bail!("{title} ({}). {detail}", answer.status),
        }
    }

    pub(super) async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, String)],
    ) -> anyhow::Result<Answer> {
        let mut request = self.http.request(method.parse()?, format!("{}{path}", self.url)).bearer_auth(&self.key);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.with_context(|| format!("reaching {}", self.url))?;
        let status = response.status().as_u16();
        let etag = response.headers().get("etag").and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        let body = serde_json::from_str(&response.text().await.context("reading the answer")?).unwrap_or_default();
        Ok(Answer { status, etag, body })
    }

    /// All pages of a list.
    pub(super) async fn all(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let mut rows = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut next = format!("{path}{joint}limit=100");
        loop {
            let page = self.get(&next).await?;
            rows.extend(page["data"].as_array().cloned().unwrap_or_default());
            let Some(cursor) = page["next"].as_str() else { return Ok(rows) };
            next = format!("{path}{joint}limit=100&cursor={cursor}");
        }
    }
}
