//! An adapter: checks what a messenger sends, queues it, answers. It reads no session, but for messengers that wait for
//! the reply.
//!
//! `POST /hooks/{platform}/{botId}[/…]`; the rest of the path is the platform's.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use lambda_http::{Body, Request, RequestExt as _, Response};
use model::{BotId, EpochMillis, Inbound, InboundId, InboundKind};
use platforms::{Acknowledge, Call, Channel, Content, Dropped, HttpReply, Opened, Platform, Synchronous};
use store::{Bots, Sessions};
use tracing::{error, info, warn};

use crate::aws::Aws;
use crate::bots::Channels;
use crate::clock;
use crate::config::AdapterConfig;
use crate::guard::Reach;
use crate::media::{self, Fetch};
use crate::metrics::{self, Metric};
use crate::needs::Needs;
use crate::outgoing::{Guarded, Messengers};
use crate::queue::InboundQueue;
use crate::waiting;

/// No messenger sends more, and nobody else shall.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

#[derive(Debug)]
pub struct Adapter {
    platform: &'static Platform,
    channels: Channels,
    inbound: InboundQueue,
    sessions: Option<Sessions>,
    messengers: Messengers,
    needs: Needs,
    /// For files that a messenger keeps elsewhere.
    world: Guarded,
    public_url: String,
}

impl Adapter {
    pub fn new(platform: &'static Platform, aws: &Aws, config: &AdapterConfig) -> Self {
        let dynamodb = aws.dynamodb.clone();
        let bots = Bots::new(dynamodb.clone(), &config.bots_table);
        Self {
            platform,
            channels: Channels::new(platform, bots, &config.public_url, config.bot_cache_ms),
            inbound: InboundQueue::new(aws.sqs.clone(), &config.inbound_queue),
            sessions: config.sessions_table.as_ref().map(|table| Sessions::new(dynamodb, table)),
            messengers: Messengers::new(config.hosts.clone()),
            // An adapter hands no files over; a token is all that it may need.
            needs: Needs::new(Guarded::new(Reach::Public)),
            world: Guarded::new(Reach::Public),
            public_url: config.public_url.clone(),
        }
    }

    /// Whatever comes is answered; nothing is an error of the function.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        let response = match self.receive(request, clock::now()).await {
            Ok(response) => response,
            Err(refusal) => {
                let Refusal { status, bot_id, reason } = refusal;
                let (platform, status) = (self.platform.kind, status.as_u16());
                if status >= 500 {
                    metrics::count(Metric::Unavailable, 1);
                    error!(%platform, bot.id = bot_id, status, reason, "A request of `{platform}` could not be taken");
                } else {
                    metrics::count(Metric::Refused, 1);
                    warn!(%platform, bot.id = bot_id, status, reason, "A request to `{platform}` was refused");
                }
                respond(HttpReply::empty(refusal.status))
            }
        };
        metrics::flush();
        response
    }

    async fn receive(&self, request: Request, received_at: EpochMillis) -> Result<Response<Body>, Refusal> {
        let path = request.raw_http_path().to_owned();
        let (id, tail) = bot_and_tail(&path, self.platform.kind.as_str())
            .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "there is no bot at this path"))?;
        let at_bot = |refusal: Refusal| Refusal { bot_id: Some(id.to_string()), ..refusal };
        let body = bytes(request.body());
        if body.len() > MAX_BODY_BYTES {
            return Err(at_bot(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 1 MiB")));
        }
        let channel = match self.channels.get(&id, received_at).await {
            Ok(Some(channel)) => channel,
            Ok(None) => return Err(at_bot(Refusal::new(StatusCode::NOT_FOUND, "there is no such bot or channel"))),
            Err(error) => return Err(at_bot(Refusal::because(&error))),
        };
        self.take(&channel, &id, tail, &request, body, received_at).await.map_err(at_bot)
    }

    async fn take(
        &self,
        channel: &Arc<dyn Channel>,
        bot_id: &BotId,
        tail: &str,
        request: &Request,
        body: &[u8],
        received_at: EpochMillis,
    ) -> Result<Response<Body>, Refusal> {
        let query: BTreeMap<String, String> =
            request.query_string_parameters().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        // As the sender wrote it, which some signatures cover.
        let asked = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        let url = format!("{}{}{asked}", self.public_url, request.raw_http_path());
        let received = channel
            .receive(&platforms::Request {
                method: request.method(),
                tail,
                url: &url,
                query: &query,
                headers: request.headers(),
                body,
                received_at,
            })
            .map_err(|error| Refusal::new(error.status(), &error.to_string()))?;

        let platform = self.platform.kind;
        for ignored in &received.ignored {
            info!(%platform, bot.id = %bot_id, kind = ignored.as_str(), "Ignored an event of `{platform}`");
        }
        let awaits = matches!(received.acknowledge, Acknowledge::WithReply { .. });
        let mut awaited = if awaits { received.inbound.clone() } else { Vec::new() };
        awaited.retain(|inbound| inbound.answer_by.is_some());
        let count = received.inbound.len();
        if count > 0 {
            let id = received.inbound.first().map(|inbound| inbound.id.to_string());
            self.inbound.send(received.inbound).await.map_err(|error| Refusal::because(&error))?;
            metrics::count(Metric::Received, count);
            info!(%platform, bot.id = %bot_id, inbound.id = id, count, "Queued {count} from `{platform}`");
        }
        match (received.acknowledge, channel.synchronous()) {
            (Acknowledge::Now(reply), _) => Ok(respond(reply)),
            (Acknowledge::Content(content), _) => {
                let range = request.headers().get(http::header::RANGE).and_then(|range| range.to_str().ok());
                self.content(&**channel, content, range).await
            }
            (Acknowledge::WithReply { until }, Some(synchronous)) => {
                self.reply(synchronous, &awaited, until).await.map(respond)
            }
            (Acknowledge::WithReply { .. }, None) => {
                Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the platform waits, but takes no reply"))
            }
        }
    }

    /// A file of the messenger's, fetched with the token that it needs; with another when that one is spent.
    async fn content(
        &self,
        channel: &dyn Channel,
        content: Content,
        range: Option<&str>,
    ) -> Result<Response<Body>, Refusal> {
        let Content { url, headers, needs } = content;
        let words = !needs.is_empty();
        let call = Call { method: "GET", url, headers, body: Vec::new(), name: "content", needs, instead: None };
        for _ in 0..2 {
            let ready = self.needs.complete(&self.messengers, channel, &call).await.map_err(|lack| {
                error!(platform = %self.platform.kind, ?lack, "A file of a messenger cannot be had");
                Refusal::new(StatusCode::BAD_GATEWAY, "the messenger gives no token for its file")
            })?;
            let content = Content { url: ready.url, headers: ready.headers, needs: Vec::new() };
            let body = match media::fetch(&self.messengers, &content, range, words).await {
                Fetch::Answer(response) => return Ok(response),
                Fetch::Elsewhere(url) => return Ok(media::fetch_public(&self.world, &url, range).await),
                Fetch::Instead(body) => body,
            };
            match channel.opened(&body) {
                Opened::File => return Ok(media::whole(body)),
                Opened::Elsewhere(url) => return Ok(media::fetch_public(&self.world, &url, range).await),
                Opened::Gone => return Ok(media::status(StatusCode::GONE)),
                Opened::Later => return Ok(media::busy()),
                Opened::Renew => self.needs.forget(&call),
            }
        }
        Err(Refusal::new(StatusCode::BAD_GATEWAY, "the messenger does not take its own token"))
    }

    /// The reply to what was queued, when it is there in time. When it is not, the worker hears of it, by way of the same
    /// queue and so after the turns themselves: it then knows that nobody saw their replies.
    async fn reply(
        &self,
        synchronous: &dyn Synchronous,
        awaited: &[Inbound],
        until: EpochMillis,
    ) -> Result<HttpReply, Refusal> {
        let (Some(sessions), Some(last)) = (&self.sessions, awaited.last()) else {
            return Err(Refusal::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "SESSIONS_TABLE is not set, or nothing was sent",
            ));
        };
        let (platform, bot_id, id) = (last.platform, &last.bot_id, last.id);
        let ids: Vec<InboundId> = awaited.iter().map(|inbound| inbound.id).collect();
        let reply = if synchronous.asks_again(last) {
            None
        } else {
            match waiting::reply(sessions, last.session_id(), &ids, until).await {
                Ok(reply) => reply,
                Err(error) => {
                    error!(%platform, bot.id = %bot_id, inbound.id = %id, %error, "A session could not be read");
                    // As if it were not there in time: what follows counts on that.
                    tokio::time::sleep(Duration::from_millis(until.since(clock::now()).max(0).unsigned_abs())).await;
                    None
                }
            }
        };
        if let Some(reply) = reply {
            let (reply, dropped) = synchronous.answer(&reply, last, clock::now(), clock::nonce());
            log_dropped(last, &dropped);
            return Ok(reply);
        }
        let Some(interim) = synchronous.interim(last) else {
            info!(%platform, bot.id = %bot_id, inbound.id = %id, "The reply is for the messenger's next try");
            return Ok(HttpReply::empty(StatusCode::SERVICE_UNAVAILABLE));
        };
        metrics::count(Metric::LateReplies, 1);
        warn!(%platform, bot.id = %bot_id, inbound.id = %id, "The reply was not there in time");
        let late = |inbound: &Inbound| Inbound {
            id: inbound.id.following("late"),
            kind: InboundKind::Late { of: inbound.id },
            ..inbound.clone()
        };
        self.inbound.send(awaited.iter().map(late).collect()).await.map_err(|error| Refusal::because(&error))?;
        Ok(interim)
    }
}

/// What did not fit, said once.
pub(crate) fn log_dropped(inbound: &Inbound, dropped: &[Dropped]) {
    for Dropped { what, count } in dropped {
        let (platform, bot_id, id) = (inbound.platform, &inbound.bot_id, inbound.id);
        warn!(%platform, bot.id = %bot_id, inbound.id = %id, what, count, "Did not fit `{platform}`: {what}");
    }
}

struct Refusal {
    status: StatusCode,
    bot_id: Option<String>,
    reason: String,
}

impl Refusal {
    fn new(status: StatusCode, reason: &str) -> Self {
        Self { status, bot_id: None, reason: reason.to_owned() }
    }

    /// Ours, and passing: the messenger may come again.
    fn because(error: &dyn std::error::Error) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, &error.to_string())
    }
}

fn bot_and_tail<'a>(path: &'a str, platform: &str) -> Option<(BotId, &'a str)> {
    let at = path.find("/hooks/")?;
    let rest = path[at..].strip_prefix("/hooks/")?.strip_prefix(platform)?.strip_prefix('/')?;
    let (id, tail) = rest.split_once('/').unwrap_or((rest, ""));
    Some((id.parse().ok()?, tail.trim_end_matches('/')))
}

fn bytes(body: &Body) -> &[u8] {
    match body {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        // `Empty`, and whatever a later version may add.
        _ => &[],
    }
}

fn respond(reply: HttpReply) -> Response<Body> {
    let mut response = Response::new(if reply.body.is_empty() { Body::Empty } else { Body::Text(reply.body) });
    *response.status_mut() = reply.status;
    if let Ok(value) = reply.content_type.parse() {
        response.headers_mut().insert(http::header::CONTENT_TYPE, value);
    }
    if reply.status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(http::header::ALLOW, http::HeaderValue::from_static("POST"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (path, expected) in [
            ("/hooks/line/Bxxxxx", Some(("Bxxxxx", ""))),
            ("/hooks/line/Bxxxxx/", Some(("Bxxxxx", ""))),
            ("/prod/hooks/line/Bxxxxx", Some(("Bxxxxx", ""))),
            ("/hooks/line/Bxxxxx/a/b", Some(("Bxxxxx", "a/b"))),
            ("/hooks/line", None),
            ("/hooks/line/", None),
            ("/hooks/line/nope", None),
            ("/hooks/linex/Bxxxxx", None),
            ("/hooks/kakao/Bxxxxx", None),
            ("/", None),
        ] {
            let found = bot_and_tail(path, "line");
            assert_eq!(found.as_ref().map(|(id, tail)| (id.as_str(), *tail)), expected, "{path}");
        }
    }
}
