//! The management API: bots, channels, webhooks, deliveries, customers, conversations. `openapi.json` describes it, and
//! `docs/api.md` says it in words. [`route::ROUTES`] is the table of contents.
//!
//! A request is checked in this order: path, key, right, bot, rate; then, with an `Idempotency-Key`, whether it was made
//! before; then its body.

mod bots;
mod channels;
mod conversations;
mod deliveries;
mod end_users;
mod fleet;
pub mod key;
mod pace;
mod problem;
pub mod route;
mod usage;
mod webhooks;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, Method, StatusCode, header};
use lambda_http::{Body, Request, RequestExt as _, Response};
use model::{BotId, EpochMillis};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shell::aws::Aws;
use shell::cache::Cache;
use shell::clock;
use shell::config::{AdminConfig, DeliveryConfig};
use shell::deliver::Deliver;
use shell::guard::Reach;
use shell::queue::{EventsQueue, InboundQueue};
use store::{
    Asked, Bots, Deliveries, Erasures, Fleets, Keys, Messages, Sessions, StoredKey, Timers, Usage, WebFrames, Webhooks,
};
use tracing::{error, info, warn};

pub use end_users::SETTLE_MS;
pub use problem::{Fault, Problem};
use route::{Action, Found, Route};

/// The description of all of it, OpenAPI 3.1.
pub const OPENAPI: &str = include_str!("../openapi.json");

/// A bot is the largest of what is sent.
pub const MAX_BODY_BYTES: usize = store::MAX_BOT_BYTES;
/// A key that was taken back is good for so long at most.
const KEY_CACHE_MS: i64 = 30_000;
/// Lists have so many entries unless asked for more, and at most.
const PAGE: u16 = 20;
const LONGEST_PAGE: u16 = 100;
/// API Gateway waits for 30 seconds.
const ATTEMPT_MS: u64 = 20_000;
const IDEMPOTENCY_KEY_BYTES: usize = 255;

#[derive(Debug)]
pub struct Admin {
    keys: Keys,
    known: Cache<String, Option<StoredKey>>,
    pace: pace::Pace,
    bots: Bots,
    sessions: Sessions,
    timers: Timers,
    messages: Messages,
    /// Where there is web chat.
    frames: Option<WebFrames>,
    usage: Usage,
    webhooks: Webhooks,
    deliveries: Deliveries,
    erasures: Erasures,
    fleets: Fleets,
    inbound: InboundQueue,
    events: EventsQueue,
    deliver: Deliver,
    reach: Reach,
    public_url: String,
}

/// A request that may be done, as far as path, key and rate go.
struct Wish<'a> {
    route: &'static Route,
    /// What stands for the names of the path, after the bot's.
    names: Vec<&'a str>,
    key: StoredKey,
    query: Vec<(String, String)>,
    if_match: Option<String>,
    body: &'a [u8],
    now: EpochMillis,
    /// The same for a request that is repeated under one `Idempotency-Key`: what a request makes is named after it.
    seed: String,
    /// It has an `Idempotency-Key`.
    may_be_repeated: bool,
}

/// What is answered when all is well.
#[derive(Debug, Serialize, Deserialize)]
struct Reply {
    status: u16,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    body: Value,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
}

type Answer = Result<Reply, Problem>;

impl Admin {
    pub fn new(aws: &Aws, config: &AdminConfig, reach: Reach) -> Self {
        let (dynamodb, tables) = (&aws.dynamodb, &config.tables);
        let delivery = DeliveryConfig {
            tables: tables.clone(),
            events_queue: config.events_queue.clone(),
            retry_queue: config.retry_queue.clone(),
            // What is done by hand is known to whoever does it.
            operator: None,
        };
        Self {
            keys: Keys::new(dynamodb.clone(), &tables.keys),
            known: Cache::new(KEY_CACHE_MS),
            pace: pace::Pace::default(),
            bots: Bots::new(dynamodb.clone(), &tables.bots),
            sessions: Sessions::new(dynamodb.clone(), &tables.sessions),
            timers: Timers::new(dynamodb.clone(), &tables.sessions),
            messages: Messages::new(dynamodb.clone(), &tables.messages),
            frames: (!tables.web.is_empty()).then(|| WebFrames::new(dynamodb.clone(), &tables.web)),
            usage: Usage::new(dynamodb.clone(), &tables.sessions),
            webhooks: Webhooks::new(dynamodb.clone(), &tables.webhooks),
            deliveries: Deliveries::new(dynamodb.clone(), &tables.deliveries),
            fleets: Fleets::new(dynamodb.clone(), &tables.webhooks),
            erasures: Erasures::new(dynamodb.clone(), &tables.keys),
            inbound: InboundQueue::new(aws.sqs.clone(), &config.inbound_queue),
            events: EventsQueue::new(aws.sqs.clone(), &config.events_queue),
            deliver: Deliver::new(aws, &delivery, reach).within(ATTEMPT_MS),
            reach,
            public_url: config.public_url.clone(),
        }
    }

    /// Whatever comes is answered; nothing is an error of the function.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        let path = request.raw_http_path().to_owned();
        if request.method() == Method::GET && path.ends_with("/v1/openapi.json") {
            let body = Body::Text(OPENAPI.to_owned());
            return respond(StatusCode::OK, "application/json", body, &[]);
        }
        match self.answer(&request, &path).await {
            Ok(reply) => {
                let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
                let body = if reply.body.is_null() { Body::Empty } else { Body::Text(reply.body.to_string()) };
                respond(status, "application/json", body, &reply.headers)
            }
            Err(problem) => {
                // Its detail may repeat what was sent.
                let (status, method) = (problem.status(), request.method());
                warn!(status = status.as_u16(), %method, "A request to the management API was refused");
                let mut headers = Vec::new();
                match status {
                    StatusCode::UNAUTHORIZED => headers.push(("www-authenticate".to_owned(), "Bearer".to_owned())),
                    StatusCode::METHOD_NOT_ALLOWED => headers.push(("allow".to_owned(), problem.detail().to_owned())),
                    _ => {}
                }
                headers.extend(problem.seconds.map(|seconds| ("retry-after".to_owned(), seconds.to_string())));
                let body = Body::Text(json!(problem).to_string());
                respond(status, "application/problem+json", body, &headers)
            }
        }
    }

    async fn answer(&self, request: &Request, path: &str) -> Answer {
        let now = clock::now();
        let (route, names) = match route::find(request.method(), path) {
            Found::Route(route, names) => (route, names),
            Found::Others(methods) => {
                let list: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
                return Err(Problem::new("method-not-allowed", list.join(", ")));
            }
            Found::Nothing => {
                return Err(Problem::new("not-found", "There is nothing at this path; see /v1/openapi.json."));
            }
        };
        let key = self.key(request, now).await?;
        if !route.rights.iter().any(|right| key.rights.contains(right)) {
            let list: Vec<&str> = route.rights.iter().map(|right| right.as_str()).collect();
            return Err(Problem::new("forbidden", format!("It takes a key with the right `{}`.", list.join("` or `"))));
        }
        let mut names = names.into_iter();
        let bot = match route.path.contains("{bot}").then(|| names.next()).flatten() {
            None => None,
            Some(text) => {
                let id: Option<BotId> = text.parse().ok().filter(|id| key::may(&key, id));
                Some(id.ok_or_else(|| Problem::not_found("bot"))?)
            }
        };
        if let Err(seconds) = self.pace.take(&key.id, now) {
            return Err(Problem::new("too-many-requests", "The key is used too often.").after(seconds));
        }
        let body = bytes(request.body());
        if body.len() > MAX_BODY_BYTES {
            return Err(Problem::new("too-large", format!("A body has up to {MAX_BODY_BYTES} bytes.")));
        }
        let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let wish = Wish {
            route,
            names: names.collect(),
            key,
            query: request
                .query_string_parameters()
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            if_match: text("if-match"),
            body,
            now,
            seed: format!("{:032x}", clock::nonce()),
            may_be_repeated: false,
        };
        match (request.method(), text("idempotency-key")) {
            (&Method::POST, Some(name)) => self.once(wish, bot, path, &name).await,
            _ => self.carry_out(wish, bot).await,
        }
    }

    /// Whose request it is.
    async fn key(&self, request: &Request, now: EpochMillis) -> Result<StoredKey, Problem> {
        let refuse = |detail: &str| Problem::new("unauthorized", detail);
        let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(header) = header else {
            return Err(refuse("Send `Authorization: Bearer closer_…`; `closer key create` makes a key."));
        };
        let scheme = header.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer "));
        let text = scheme.map(|scheme| header[scheme.len()..].trim());
        let parsed = text.and_then(key::parse);
        let Some((id, secret)) = parsed else {
            return Err(refuse("This is no key: one is `closer_`, 12 hex digits, `_` and its secret."));
        };
        let known = self.known.get(&id.to_owned(), now, |_| self.keys.load(id)).await?;
        known.filter(|key| key::fits(key, secret)).ok_or_else(|| refuse("The key is not known, or was taken back."))
    }

    /// A request with an `Idempotency-Key`: the second of the same gets the answer of the first.
    async fn once(&self, wish: Wish<'_>, bot: Option<BotId>, path: &str, name: &str) -> Answer {
        if name.is_empty() || name.len() > IDEMPOTENCY_KEY_BYTES {
            let detail = format!("`Idempotency-Key` has 1 to {IDEMPOTENCY_KEY_BYTES} characters.");
            return Err(Problem::new("malformed", detail));
        }
        let (key_id, now, name, action) = (wish.key.id.clone(), wish.now, key::hash(name), wish.route.action);
        let mut query = wish.query.clone();
        query.sort();
        let request = key::hash(&format!("{path}\n{query:?}\n{}", String::from_utf8_lossy(wish.body)));
        match self.keys.ask(&key_id, &name, &request, now).await? {
            Asked::First => {}
            Asked::UnderWay => {
                return Err(Problem::conflict("The same request is being done at this moment.").after(1));
            }
            Asked::Other => {
                return Err(Problem::new("other-request", "Use another key for another request, a UUID for example."));
            }
            Asked::Answered(answer) => {
                return serde_json::from_str(&answer).map_err(|error| {
                    error!(reason = ?error.classify(), "An answer that was kept cannot be read");
                    Problem::new("unavailable", "What this request was answered with is not known any more.")
                });
            }
        }
        let seed = format!("{key_id} {name}");
        match self.carry_out(Wish { seed, may_be_repeated: true, ..wish }, bot).await {
            Ok(reply) => {
                let answer = json!(kept(action, &reply)).to_string();
                if let Err(error) = self.keys.answer(&key_id, &name, &request, &answer, now).await {
                    // It is done. A repeated request is done again, under the same names.
                    error!(%error, "An answer could not be kept");
                }
                Ok(reply)
            }
            Err(problem) => {
                // Nothing came of it: the next try is as the first.
                if let Err(error) = self.keys.give_back(&key_id, &name).await {
                    error!(%error, "An Idempotency-Key could not be given back");
                }
                Err(problem)
            }
        }
    }

    async fn carry_out(&self, wish: Wish<'_>, bot: Option<BotId>) -> Answer {
        let (action, key_id) = (wish.route.action, wish.key.id.clone());
        let reply = match (action, bot) {
            (Action::GetKey, _) => Ok(Reply::ok(json!({
                "id": wish.key.id,
                "name": wish.key.name,
                "bots": wish.key.bots,
                "rights": wish.key.rights,
                "createdAt": wish.key.created_at.iso(),
            }))),
            (Action::GetFleet, _) => self.get_fleet(&wish).await,
            (Action::StartClocks, _) => self.start_clocks(&wish).await,
            (Action::ListBots, _) => self.list_bots(&wish).await,
            (Action::CreateBot, _) => self.create_bot(&wish).await,
            (_, None) => Err(Problem::not_found("bot")),
            (_, Some(bot)) => self.of_bot(&wish, &bot).await,
        };
        if reply.is_ok() && wish.route.method != Method::GET {
            info!(key.id = key_id, ?action, "Done by the management API");
        }
        reply
    }

    async fn of_bot(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        match wish.route.action {
            Action::GetKey | Action::GetFleet | Action::StartClocks | Action::ListBots | Action::CreateBot => {
                Err(Problem::not_found("bot"))
            }
            Action::GetBot => self.get_bot(bot).await,
            Action::ReplaceBot => self.replace_bot(wish, bot).await,
            Action::DeleteBot => self.delete_bot(wish, bot).await,
            Action::ExportBot => self.export_bot(bot).await,
            Action::CheckBot => self.check_bot(wish, bot).await,
            Action::ListChannels => self.list_channels(bot).await,
            Action::GetChannel => self.get_channel(wish, bot).await,
            Action::PutChannel => self.put_channel(wish, bot, channels::How::Whole).await,
            Action::PatchChannel => self.put_channel(wish, bot, channels::How::Parts).await,
            Action::DeleteChannel => self.delete_channel(wish, bot).await,
            Action::ListWebhooks => self.list_webhooks(bot).await,
            Action::CreateWebhook => self.create_webhook(wish, bot).await,
            Action::GetWebhook => self.get_webhook(wish, bot).await,
            Action::PatchWebhook => self.patch_webhook(wish, bot).await,
            Action::DeleteWebhook => self.delete_webhook(wish, bot).await,
            Action::GetSecret => self.get_secret(wish, bot).await,
            Action::RotateSecret => self.rotate_secret(wish, bot).await,
            Action::SwitchOn => self.switch_on(wish, bot).await,
            Action::SwitchOff => self.switch_off(wish, bot).await,
            Action::TestWebhook => self.test_webhook(wish, bot).await,
            Action::Recover => self.recover(wish, bot).await,
            Action::CancelRecovery => self.cancel_recovery(wish, bot).await,
            Action::ReleaseHeld => self.release_held(wish, bot).await,
            Action::DropHeld => self.drop_held(wish, bot).await,
            Action::ListDeliveries => self.list_deliveries(wish, bot).await,
            Action::GetDelivery => self.get_delivery(wish, bot).await,
            Action::ResendDelivery => self.resend_delivery(wish, bot).await,
            Action::FindEndUser => self.find_end_user(wish, bot).await,
            Action::GetEndUser => self.get_end_user(wish, bot).await,
            Action::DeleteEndUser => self.delete_end_user(wish, bot).await,
            Action::ListEndUserMessages => self.list_end_user_messages(wish, bot).await,
            Action::ListConversations => self.list_conversations(wish, bot).await,
            Action::GetConversation => self.get_conversation(wish, bot).await,
            Action::ListMessages => self.list_messages(wish, bot).await,
            Action::SendMessage => self.send_message(wish, bot).await,
            Action::TakeOver => self.take_over(wish, bot).await,
            Action::Finish => self.finish(wish, bot).await,
            Action::Move => self.move_to(wish, bot).await,
            Action::GetUsage => self.get_usage(wish, bot).await,
            Action::GetHealth => self.get_health(bot).await,
        }
    }
}

/// What is kept of an answer for whoever repeats the request: not what customers said.
fn kept(action: Action, reply: &Reply) -> Reply {
    let mut kept = Reply { status: reply.status, body: reply.body.clone(), headers: reply.headers.clone() };
    if action == Action::ResendDelivery {
        kept.body["body"] = Value::Null;
        for attempt in kept.body["log"].as_array_mut().into_iter().flatten() {
            attempt["answer"] = Value::Null;
        }
    }
    kept
}

impl Wish<'_> {
    /// The `index`th name of the path after the bot's.
    fn name<T: std::str::FromStr>(&self, index: usize, what: &str) -> Result<T, Problem> {
        let text = self.names.get(index).map(|text| percent_decode_str(text).decode_utf8_lossy()).unwrap_or_default();
        text.parse().map_err(|_| Problem::not_found(what))
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The whole body as JSON of that shape. Unknown names are refused: they would be taken for done.
    fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let value = self.json()?;
        serde_json::from_value(value).map_err(|error| Problem::invalid("", error.to_string()))
    }

    /// As [`Wish::read`], where no body is as good as `{}`.
    fn read_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        if self.body.is_empty() { Ok(T::default()) } else { self.read() }
    }

    fn json(&self) -> Result<Value, Problem> {
        serde_json::from_slice(self.body)
            .map_err(|error| Problem::new("malformed", format!("The body is not JSON: {error}.")))
    }

    fn limit(&self) -> Result<u16, Problem> {
        match self.parameter("limit") {
            None => Ok(PAGE),
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=LONGEST_PAGE).contains(limit))
                .ok_or_else(|| Problem::new("malformed", format!("`limit` is a number from 1 to {LONGEST_PAGE}."))),
        }
    }

    /// Where a list goes on, as [`cursor`] wrote it.
    fn cursor<T: DeserializeOwned>(&self) -> Result<Option<T>, Problem> {
        let Some(text) = self.parameter("cursor") else { return Ok(None) };
        let refuse = || Problem::new("malformed", "`cursor` is the `next` of an earlier answer.");
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| refuse())?;
        serde_json::from_slice(&json).map(Some).map_err(|_| refuse())
    }

    /// A time, as ISO 8601 or in milliseconds.
    fn time(&self, name: &str) -> Result<Option<EpochMillis>, Problem> {
        let Some(text) = self.parameter(name) else { return Ok(None) };
        time(text).map(Some).ok_or_else(|| {
            Problem::new(
                "malformed",
                format!("`{name}` is a time such as 2026-01-31T09:00:00Z, or milliseconds since 1970."),
            )
        })
    }
}

fn time(text: &str) -> Option<EpochMillis> {
    text.parse().map(EpochMillis).ok().or_else(|| text.parse().ok())
}

fn cursor<T: Serialize>(position: &T) -> String {
    URL_SAFE_NO_PAD.encode(json!(position).to_string())
}

impl Reply {
    fn ok(body: Value) -> Self {
        Self::with(StatusCode::OK, body)
    }

    fn with(status: StatusCode, body: Value) -> Self {
        Self { status: status.as_u16(), body, headers: Vec::new() }
    }

    fn empty() -> Self {
        Self::with(StatusCode::NO_CONTENT, Value::Null)
    }

    /// `next` is where the list goes on.
    fn list(data: Vec<Value>, next: Option<String>) -> Self {
        let mut body = Map::new();
        body.insert("data".to_owned(), data.into());
        body.insert("next".to_owned(), next.into());
        Self::ok(body.into())
    }

    fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

fn respond(status: StatusCode, kind: &str, body: Body, headers: &[(String, String)]) -> Response<Body> {
    let is_empty = matches!(body, Body::Empty);
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let all = response.headers_mut();
    if !is_empty && let Ok(kind) = HeaderValue::from_str(kind) {
        all.insert(header::CONTENT_TYPE, kind);
    }
    // Answers hold what customers said.
    all.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<header::HeaderName>(), value.parse()) {
            all.insert(name, value);
        }
    }
    response
}

fn bytes(body: &Body) -> &[u8] {
    match body {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        // `Empty`, and whatever a later version may add.
        _ => &[],
    }
}

impl fmt::Debug for Wish<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wish").field("route", &self.route.action).finish_non_exhaustive()
    }
}
