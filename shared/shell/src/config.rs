//! Settings of the functions: one struct each, read once at start, each field's doc naming its variable.

use std::env;

use platforms::Host;

use crate::mail::MailConfig;
use store::Tables;

#[derive(Debug, thiserror::Error)]
#[error("the variable {0} is not set, or cannot be used; {1}")]
pub struct Missing(&'static str, &'static str);

/// What every adapter needs.
#[derive(Clone, Debug)]
pub struct AdapterConfig {
    /// `BOTS_TABLE`
    pub bots_table: String,
    /// `SESSIONS_TABLE`, of adapters whose messenger waits for the reply.
    pub sessions_table: Option<String>,
    /// `INBOUND_QUEUE_URL`
    pub inbound_queue: String,
    /// `PUBLIC_URL`: where this installation is reached from outside, without a slash at its end.
    pub public_url: String,
    /// `BOT_CACHE_SECONDS`: how long a bot that was read is believed. A published bot is live after that. Default 30.
    pub bot_cache_ms: i64,
    /// `LINE_DATA_API_URL` and so on: other addresses for the platforms' APIs, for stand-ins.
    pub hosts: Hosts,
}

#[derive(Clone, Debug)]
pub struct ConversationConfig {
    /// `BOTS_TABLE`, `SESSIONS_TABLE`, `WEBHOOKS_TABLE`; `MESSAGES_TABLE`, for bots that keep what was said; `WEB_TABLE`
    pub tables: Tables,
    /// `WEB_CALLBACK_URL`. Without it and its table replies of web chat have no way.
    pub web_callback_url: Option<String>,
    /// `INBOUND_QUEUE_URL`, where expiries go
    pub inbound_queue: String,
    /// `EVENTS_QUEUE_URL`
    pub events_queue: String,
    pub mail: MailConfig,
    /// `PUBLIC_URL`
    pub public_url: String,
    /// `BOT_CACHE_SECONDS`
    pub bot_cache_ms: i64,
    /// `LINE_API_URL` and so on: other addresses for the platforms' APIs, for stand-ins.
    pub hosts: Hosts,
}

#[derive(Clone, Debug)]
pub struct WebConfig {
    /// `BOTS_TABLE`, `SESSIONS_TABLE`, `WEB_TABLE`
    pub tables: Tables,
    /// `INBOUND_QUEUE_URL`
    pub inbound_queue: String,
    /// `PUBLIC_URL`
    pub public_url: String,
    /// `BOT_CACHE_SECONDS`
    pub bot_cache_ms: i64,
    /// `WEB_SOCKET_URL`: where browsers connect, `wss://…`.
    pub socket_url: String,
    /// `WEB_CALLBACK_URL`: where frames are posted, `https://{api}.execute-api.{region}.amazonaws.com/{stage}`.
    pub callback_url: String,
    /// Without it nothing can be uploaded.
    pub uploads: Option<UploadsConfig>,
}

#[derive(Clone, Debug)]
pub struct UploadsConfig {
    /// `UPLOADS_BUCKET`
    pub bucket: String,
    /// `UPLOADS_URL`: where forms are posted to; the bucket's own address without it.
    pub url: Option<String>,
}

#[derive(Clone, Debug)]
pub struct DeliveryConfig {
    /// `WEBHOOKS_TABLE`, `DELIVERIES_TABLE`
    pub tables: Tables,
    /// `EVENTS_QUEUE_URL`: what is finished with is taken from it before a slow receiver of the same batch is.
    pub events_queue: String,
    /// `RETRY_QUEUE_URL`: wakes retries that are due within 15 minutes.
    pub retry_queue: String,
    pub operator: Option<OperatorConfig>,
}

/// Where the operator hears of webhooks that fail, are switched off, or are back.
#[derive(Clone, Debug)]
pub struct OperatorConfig {
    /// `OPERATOR_WEBHOOK_URL`
    pub url: String,
    /// `OPERATOR_WEBHOOK_SECRET`: `whsec_…`, which signs as that of any webhook does.
    pub secret: delivery::Secret,
}

#[derive(Clone, Debug)]
pub struct AdminConfig {
    /// `BOTS_TABLE`, `SESSIONS_TABLE`, `WEBHOOKS_TABLE`, `DELIVERIES_TABLE`, `KEYS_TABLE`, `MESSAGES_TABLE`
    pub tables: Tables,
    /// `INBOUND_QUEUE_URL`, where agents speak
    pub inbound_queue: String,
    /// `EVENTS_QUEUE_URL`
    pub events_queue: String,
    /// `RETRY_QUEUE_URL`
    pub retry_queue: String,
    /// `PUBLIC_URL`
    pub public_url: String,
}

/// Where the platforms' APIs are, where that is not where they say.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Vec<(&'static str, String)>);

const SECRET: &str = "it is `whsec_` and the base64 of 24 to 64 bytes, as of any webhook";
const EVENTS: &str = "it is the URL of the FIFO queue to the delivery function";
const RETRIES: &str = "it is the URL of the queue that wakes retries";
const INBOUND: &str = "it is the URL of the FIFO queue to the conversation function";

impl AdapterConfig {
    pub fn from_env() -> Result<Self, Missing> {
        Ok(Self {
            bots_table: required("BOTS_TABLE", "it names the table of the bots")?,
            sessions_table: env::var("SESSIONS_TABLE").ok(),
            inbound_queue: required("INBOUND_QUEUE_URL", INBOUND)?,
            public_url: public_url(),
            bot_cache_ms: bot_cache_ms(),
            hosts: Hosts::from_env(),
        })
    }
}

impl ConversationConfig {
    pub fn from_env() -> Result<Self, Missing> {
        Ok(Self {
            tables: Tables {
                sessions: required("SESSIONS_TABLE", "it names the table of the sessions")?,
                bots: required("BOTS_TABLE", "it names the table of the bots")?,
                webhooks: required("WEBHOOKS_TABLE", "it names the table of the webhooks")?,
                messages: env::var("MESSAGES_TABLE").unwrap_or_default(),
                web: optional("WEB_TABLE").unwrap_or_default(),
                ..Tables::default()
            },
            web_callback_url: optional("WEB_CALLBACK_URL"),
            inbound_queue: required("INBOUND_QUEUE_URL", INBOUND)?,
            events_queue: required("EVENTS_QUEUE_URL", EVENTS)?,
            mail: MailConfig { from: optional("MAIL_FROM"), endpoint: optional("AWS_ENDPOINT_URL_SESV2") },
            public_url: public_url(),
            bot_cache_ms: bot_cache_ms(),
            hosts: Hosts::from_env(),
        })
    }
}

impl DeliveryConfig {
    pub fn from_env() -> Result<Self, Missing> {
        Ok(Self {
            tables: Tables {
                webhooks: required("WEBHOOKS_TABLE", "it names the table of the webhooks")?,
                deliveries: required("DELIVERIES_TABLE", "it names the table of the deliveries")?,
                ..Tables::default()
            },
            events_queue: required("EVENTS_QUEUE_URL", EVENTS)?,
            retry_queue: required("RETRY_QUEUE_URL", RETRIES)?,
            operator: OperatorConfig::from_env()?,
        })
    }
}

impl OperatorConfig {
    fn from_env() -> Result<Option<Self>, Missing> {
        let Some(url) = optional("OPERATOR_WEBHOOK_URL") else { return Ok(None) };
        let secret = required("OPERATOR_WEBHOOK_SECRET", SECRET)?;
        let secret = secret.parse().map_err(|_| Missing("OPERATOR_WEBHOOK_SECRET", SECRET))?;
        Ok(Some(Self { url, secret }))
    }
}

impl AdminConfig {
    pub fn from_env() -> Result<Self, Missing> {
        Ok(Self {
            tables: Tables {
                sessions: required("SESSIONS_TABLE", "it names the table of the sessions")?,
                bots: required("BOTS_TABLE", "it names the table of the bots")?,
                webhooks: required("WEBHOOKS_TABLE", "it names the table of the webhooks")?,
                deliveries: required("DELIVERIES_TABLE", "it names the table of the deliveries")?,
                keys: required("KEYS_TABLE", "it names the table of the API's keys")?,
                messages: required("MESSAGES_TABLE", "it names the table of what was said")?,
                web: optional("WEB_TABLE").unwrap_or_default(),
            },
            inbound_queue: required("INBOUND_QUEUE_URL", INBOUND)?,
            events_queue: required("EVENTS_QUEUE_URL", EVENTS)?,
            retry_queue: required("RETRY_QUEUE_URL", RETRIES)?,
            public_url: public_url(),
        })
    }
}

impl WebConfig {
    pub fn from_env() -> Result<Self, Missing> {
        Ok(Self {
            tables: Tables {
                sessions: required("SESSIONS_TABLE", "it names the table of the sessions")?,
                bots: required("BOTS_TABLE", "it names the table of the bots")?,
                web: required("WEB_TABLE", "it names the table of web chat")?,
                ..Tables::default()
            },
            inbound_queue: required("INBOUND_QUEUE_URL", INBOUND)?,
            public_url: public_url(),
            bot_cache_ms: bot_cache_ms(),
            socket_url: required("WEB_SOCKET_URL", "it is where browsers connect, wss://…")?,
            callback_url: required("WEB_CALLBACK_URL", "it is where frames are posted, https://…/{stage}")?,
            uploads: optional("UPLOADS_BUCKET").map(|bucket| UploadsConfig { bucket, url: optional("UPLOADS_URL") }),
        })
    }
}

impl Hosts {
    pub fn from_env() -> Self {
        Self::new(|host| env::var(host.variable).ok())
    }

    /// `place` says where a host is instead, if anywhere.
    pub fn new(place: impl Fn(&Host) -> Option<String>) -> Self {
        let all = platforms::PLATFORMS.iter().flat_map(|platform| platform.hosts);
        Self(all.filter_map(|host| Some((host.url, place(host)?.trim_end_matches('/').to_owned()))).collect())
    }

    /// The address to call. Only the start is exchanged: the rest may hold a token that no encoder may touch.
    pub fn place(&self, url: &str) -> String {
        self.0
            .iter()
            .find_map(|(from, to)| {
                let rest = url.strip_prefix(from)?;
                (rest.is_empty() || rest.starts_with('/')).then(|| format!("{to}{rest}"))
            })
            .unwrap_or_else(|| url.to_owned())
    }
}

fn public_url() -> String {
    env::var("PUBLIC_URL").unwrap_or_default().trim_end_matches('/').to_owned()
}

fn bot_cache_ms() -> i64 {
    env::var("BOT_CACHE_SECONDS").ok().and_then(|seconds| seconds.parse::<i64>().ok()).unwrap_or(30) * 1000
}

fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn required(name: &'static str, what: &'static str) -> Result<String, Missing> {
    env::var(name).ok().filter(|value| !value.is_empty()).ok_or(Missing(name, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_takes_the_place_of_a_host() {
        let hosts = Hosts::new(|host| (host.variable == "LINE_API_URL").then(|| "http://127.0.0.1:9/line/".to_owned()));
        for (url, placed) in [
            ("https://api.line.me/v2/bot/message/push", "http://127.0.0.1:9/line/v2/bot/message/push"),
            ("https://api.line.me.evil.example/v2", "https://api.line.me.evil.example/v2"),
            ("https://api-data.line.me/v2/x%2Fy", "https://api-data.line.me/v2/x%2Fy"),
        ] {
            assert_eq!(hosts.place(url), placed);
        }
    }
}
