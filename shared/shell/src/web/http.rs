//! The HTTP side: tokens, and the files of a page. Events of an HTTP API, payload version 2.0,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_http::http::Method;
use model::{EpochMillis, PlatformType};
use platforms::Channel;
use platforms::web::{self, TokenRequest};
use serde_json::{Map, Value, json};
use tracing::{error, info};

use super::pace::Step;
use super::{WebChat, files, status};
use crate::clock;

const TOKENS: &str = "/v1/web/tokens";
/// A token and some parameters; nobody says more.
const BODY_BYTES: usize = 16 * 1024;

/// What is read of an event.
struct Asked<'a> {
    method: Method,
    path: &'a str,
    origin: Option<&'a str>,
    authorization: Option<&'a str>,
    etag: Option<&'a str>,
    source: &'a str,
    body: Vec<u8>,
}

impl WebChat {
    pub(super) async fn http(&self, event: &Value, now: EpochMillis) -> Value {
        let Some(asked) = Asked::read(event) else { return status(400) };
        let tail = asked.path.find(TOKENS).map(|at| asked.path[at + TOKENS.len()..].trim_end_matches('/'));
        match tail {
            Some("") => self.tokens(&asked, false, now).await,
            Some("/refresh") => self.tokens(&asked, true, now).await,
            Some(_) => status(404),
            None if asked.method == Method::GET || asked.method == Method::HEAD => {
                let socket = origin(&self.socket_url);
                let uploads = self.uploads.as_ref().map(|uploads| origin(uploads.url())).unwrap_or_default();
                files::serve(asked.path, asked.etag, &[&socket, &uploads]).unwrap_or_else(|| status(404))
            }
            None => status(404),
        }
    }

    async fn tokens(&self, asked: &Asked<'_>, refresh: bool, now: EpochMillis) -> Value {
        let preflight = asked.method == Method::OPTIONS;
        if asked.body.len() > BODY_BYTES {
            return refuse(413, "bad_request", asked.origin);
        }
        let caller = asked.source.parse().ok().filter(|_| !preflight);
        // A company's server asks for all of its customers. What says that it is one may read a bot, and not more, until its
        // key is known to be good.
        let step = match (caller, asked.authorization) {
            (Some(caller), None) => self.paces.caller(caller, now),
            (Some(caller), Some(_)) => self.paces.server(caller, now),
            (None, _) => Step::Go,
        };
        if let Step::Wait { retry_after_ms, .. } = step {
            return too_fast(asked.origin, retry_after_ms);
        }
        let Some(bot_id) = web::bot_of(&asked.body) else {
            // Which sites may ask is the bot's to say, and only the request itself names the bot: its answer shows it.
            return if preflight { allow_all(asked.origin) } else { refuse(400, "bad_request", asked.origin) };
        };
        let brain = match self.brains.get(&bot_id, now).await {
            Ok(brain) => brain,
            Err(error) => {
                error!(bot.id = %bot_id, %error, "A bot could not be read");
                return refuse(503, "internal", asked.origin);
            }
        };
        let web = brain.as_deref().and_then(|brain| brain.channel(PlatformType::Web)).and_then(Channel::web);
        let is_strange = asked.authorization.is_some_and(|key| !web.is_some_and(|web| web.holds_key(key)));
        if let Some(caller) = caller.filter(|_| is_strange)
            && let Step::Wait { retry_after_ms, .. } = self.paces.caller(caller, now)
        {
            return too_fast(asked.origin, retry_after_ms);
        }
        let Some(web) = web else { return refuse(404, "bot_not_found", asked.origin) };
        if let Step::Wait { retry_after_ms, .. } = self.paces.bot(&bot_id, now) {
            return too_fast(asked.origin, retry_after_ms);
        }
        let request = TokenRequest {
            method: &asked.method,
            refresh,
            origin: asked.origin,
            authorization: asked.authorization,
            body: &asked.body,
            socket_url: &self.socket_url,
        };
        let reply = web.tokens(&request, now, clock::nonce());
        let status = reply.status.as_u16();
        info!(bot.id = %bot_id, status, "A token was asked for");
        let headers: Map<String, Value> =
            reply.headers.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        json!({ "statusCode": status, "headers": headers, "body": reply.body, "isBase64Encoded": false })
    }
}

impl<'a> Asked<'a> {
    fn read(event: &'a Value) -> Option<Self> {
        let http = &event["requestContext"]["http"];
        let header = |name: &str| {
            let headers = event["headers"].as_object()?;
            headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
        };
        let text = event["body"].as_str().unwrap_or_default();
        let body = match event["isBase64Encoded"].as_bool() {
            Some(true) => STANDARD.decode(text).ok()?,
            Some(false) | None => text.as_bytes().to_vec(),
        };
        Some(Self {
            method: http["method"].as_str()?.parse().ok()?,
            path: event["rawPath"].as_str()?,
            origin: header("origin"),
            authorization: header("authorization"),
            etag: header("if-none-match"),
            source: http["sourceIp"].as_str().unwrap_or_default(),
            body,
        })
    }
}

/// As a browser writes it: `wss://host`.
fn origin(address: &str) -> String {
    match url::Url::parse(address) {
        Ok(url) => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
        }
        Err(_) => String::new(),
    }
}

/// An error says nothing that a stranger's page could use.
fn refuse(status: u16, code: &str, origin: Option<&str>) -> Value {
    let mut headers = json!({ "content-type": "application/json", "cache-control": "no-store", "vary": "Origin" });
    if let Some(origin) = origin {
        headers["access-control-allow-origin"] = origin.into();
    }
    json!({ "statusCode": status, "headers": headers, "body": json!({ "error": code }).to_string(), "isBase64Encoded": false })
}

fn too_fast(origin: Option<&str>, retry_after_ms: u64) -> Value {
    let mut answer = refuse(429, "rate_limited", origin);
    answer["headers"]["retry-after"] = retry_after_ms.div_ceil(1000).to_string().into();
    answer["headers"]["access-control-expose-headers"] = "retry-after".into();
    answer
}

fn allow_all(origin: Option<&str>) -> Value {
    let headers = json!({
        "access-control-allow-origin": origin.unwrap_or("*"),
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "600",
        "vary": "Origin",
    });
    json!({ "statusCode": 204, "headers": headers })
}
