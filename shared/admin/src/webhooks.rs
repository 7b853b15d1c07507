//! Webhooks: what their owner sets, sees and does.

use std::collections::BTreeMap;

use delivery::order::MAX_LANES;
use delivery::webhook::{LONGEST_OVERLAP_MS, MAX_HEADERS, OVERLAP_MS};
use delivery::{CustomHeader, Exchange, Health, Order, Policy, Secret, State, Wanted, Webhook};
use http::StatusCode;
use model::{BotId, EpochMillis, WebhookId};
use serde::Deserialize;
use serde_json::{Value, json};
use shell::deliver::owner::{GoOn, Walked};
use shell::{clock, guard};
use store::{Edition, StoreError};

use crate::bots::OWED_MS;
use crate::{Admin, Answer, Problem, Reply, Wish, cursor, key};

const HOUR_MS: i64 = 60 * 60 * 1000;
/// The longest time that recovery goes back: bodies are kept no longer.
const RECOVER_MS: i64 = 14 * 24 * HOUR_MS;
/// As long as deliveries of a deleted webhook may be there.
const KEPT_MS: i64 = 20 * 24 * HOUR_MS;
/// More would make a bundle of each event for each of them.
const MOST: usize = 50;

/// What can be set of a webhook, at any time. What is left out stays as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Changes {
    name: Option<String>,
    policy: Option<Policy>,
    events: Option<Vec<String>>,
    order: Option<Order>,
    lanes: Option<u8>,
    window_ms: Option<u32>,
    timeout_ms: Option<u64>,
    partial_acknowledgement: Option<bool>,
    revive: Option<bool>,
    /// All of them, by name.
    headers: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
struct Registration {
    url: String,
    #[serde(default)]
    secret: Option<String>,
    #[serde(flatten)]
    changes: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rotation {
    #[serde(default)]
    secret: Option<String>,
    #[serde(default)]
    overlap_hours: Option<u16>,
}

/// What is done with the deliveries that were held.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WithHeld {
    Send,
    Drop,
    Keep,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SwitchOn {
    held: WithHeld,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recovery {
    since: Value,
}

impl Admin {
    pub(crate) async fn list_webhooks(&self, bot: &BotId) -> Answer {
        self.stored(bot).await?;
        let mut webhooks = self.webhooks.of_bot(bot).await?;
        webhooks.sort_by_key(|webhook| (webhook.created_at, webhook.id));
        Ok(Reply::list(webhooks.iter().map(shown).collect(), None))
    }

    pub(crate) async fn create_webhook(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        self.stored(bot).await?;
        let Registration { url, secret, changes } = wish.read()?;
        let changes: Changes =
            serde_json::from_value(json!(changes)).map_err(|error| Problem::invalid("", error.to_string()))?;
        let name = changes.name.clone().unwrap_or_default();
        let registered = Webhook::register(bot.clone(), &name, &url, wish.now).map_err(|error| match error {
            delivery::RegistrationError::Name => Problem::invalid("/name", error.to_string()),
            delivery::RegistrationError::Url => Problem::invalid("/url", error.to_string()),
        })?;
        guard::check(&url, self.reach).map_err(|error| Problem::invalid("/url", error.to_string()))?;
        let secret = match secret {
            Some(secret) => read_secret(secret)?,
            None => fresh(),
        };
        let id = WebhookId::of(bot, &format!("{url} {}", wish.seed));
        let mut webhook = Webhook { id, secrets: vec![secret], ..registered };
        apply(&mut webhook, changes)?;
        let others = self.webhooks.of_bot(bot).await?;
        if let Some(other) = others.iter().find(|other| other.url == url && other.id != id) {
            return Err(Problem::conflict(format!("This address is registered, as {}.", other.id)));
        }
        if others.len() >= MOST {
            return Err(Problem::conflict(format!("A bot has up to {MOST} webhooks.")));
        }
        let is_new = match self.webhooks.create(&webhook).await {
            Ok(()) => true,
            // The same request, made before and not answered.
            Err(StoreError::Conflict) => {
                webhook = self.webhook(wish, bot, Some(id)).await?;
                false
            }
            Err(error) => return Err(error.into()),
        };
        // Whoever deletes the bot from here on finds it; whoever has begun to may not have.
        if self.bots.load_current(bot).await?.is_none_or(|bot| bot.is_deleted) {
            if is_new {
                self.webhooks.bury(&webhook, wish.now.plus_ms(OWED_MS)).await?;
            } else {
                // It may be owed deliveries.
                self.webhooks.retire(&webhook, wish.now.plus_ms(OWED_MS)).await?;
            }
            return Err(Problem::not_found("bot"));
        }
        let mut body = shown(&webhook);
        // Here, and where it is asked for.
        body["secret"] = json!(webhook.secrets.first().cloned().map(String::from));
        let location = format!("/v1/bots/{bot}/webhooks/{id}");
        Ok(Reply::with(StatusCode::CREATED, body).header("location", location))
    }

    pub(crate) async fn get_webhook(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        Ok(Reply::ok(shown(&self.webhook(wish, bot, None).await?)))
    }

    pub(crate) async fn patch_webhook(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let changes: Value = wish.json()?;
        if changes.get("url").is_some() {
            let detail =
                "cannot be changed: retries, signatures and health are of one receiver. Register another webhook.";
            return Err(Problem::invalid("/url", detail));
        }
        let changes: Changes = wish.read()?;
        let (mut webhook, edition) = self.webhook_to_edit(wish, bot).await?;
        if let Some(name) = &changes.name {
            Webhook::register(bot.clone(), name, &webhook.url, wish.now)
                .map_err(|error| Problem::invalid("/name", error.to_string()))?;
        }
        apply(&mut webhook, changes)?;
        self.webhooks.edit(&webhook, edition).await?;
        Ok(Reply::ok(shown(&webhook)))
    }

    pub(crate) async fn delete_webhook(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let webhook = self.webhook(wish, bot, None).await?;
        self.webhooks.bury(&webhook, wish.now.plus_ms(KEPT_MS)).await?;
        Ok(Reply::empty())
    }

    pub(crate) async fn get_secret(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let webhook = self.webhook(wish, bot, None).await?;
        Ok(Reply::ok(secrets(&webhook, wish.now)))
    }

    pub(crate) async fn rotate_secret(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let Rotation { secret, overlap_hours } = wish.read_or_default()?;
        let overlap_ms = match overlap_hours {
            None => OVERLAP_MS,
            Some(hours) => i64::from(hours) * HOUR_MS,
        };
        if overlap_ms > LONGEST_OVERLAP_MS {
            return Err(Problem::invalid("/overlapHours", "is a number of hours from 0 to 168"));
        }
        let secret = match secret {
            Some(secret) => read_secret(secret)?,
            None => fresh(),
        };
        let (mut webhook, edition) = self.webhook_to_edit(wish, bot).await?;
        if webhook.secrets.first() != Some(&secret) {
            webhook.rotate(secret, overlap_ms, wish.now);
            self.webhooks.edit(&webhook, edition).await?;
        }
        Ok(Reply::ok(secrets(&webhook, wish.now)))
    }

    pub(crate) async fn switch_on(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        // Never silently: whoever switches it on says what becomes of what was held.
        let SwitchOn { held } = wish.read()?;
        let at: Option<GoOn> = wish.cursor()?;
        let mut webhook = self.webhook(wish, bot, None).await?;
        if at.is_some() && !webhook.is_on() {
            return Err(Problem::conflict("The webhook was switched off meanwhile."));
        }
        if !self.deliver.switch(&mut webhook, true).await? {
            return Err(Problem::not_found("webhook"));
        }
        let walked = match held {
            WithHeld::Send => self.deliver.release(&webhook, at).await?,
            WithHeld::Drop => self.deliver.drop_held(&webhook, at).await?,
            WithHeld::Keep => Walked::default(),
        };
        let mut body = shown(&webhook);
        body["deliveries"] = walked.count.into();
        body["next"] = json!(walked.next.as_ref().map(cursor));
        Ok(Reply::ok(body))
    }

    pub(crate) async fn switch_off(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let mut webhook = self.webhook(wish, bot, None).await?;
        if !self.deliver.switch(&mut webhook, false).await? {
            return Err(Problem::not_found("webhook"));
        }
        Ok(Reply::ok(shown(&webhook)))
    }

    pub(crate) async fn test_webhook(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let mut webhook = self.webhook(wish, bot, None).await?;
        let tested = self.deliver.try_out(&mut webhook).await?;
        Ok(Reply::ok(json!({
            "delivery": tested.id,
            "ok": tested.exchange.cause().is_none(),
            "at": tested.at.iso(),
            "tookMs": tested.took_ms,
            "status": status(tested.exchange),
            "cause": tested.exchange.cause(),
            "phases": tested.phases,
            "location": tested.location,
            "answer": tested.answer,
            "webhook": shown(&webhook),
        })))
    }

    pub(crate) async fn recover(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let Recovery { since } = wish.read()?;
        let read = match &since {
            Value::String(text) => crate::time(text),
            Value::Number(ms) => ms.as_i64().map(EpochMillis),
            _ => None,
        };
        let since = read.ok_or_else(|| Problem::invalid("/since", "is a time such as 2026-01-31T09:00:00Z"))?;
        if wish.now.since(since) > RECOVER_MS {
            return Err(Problem::invalid("/since", "is more than 14 days ago: nothing of then is kept"));
        }
        let webhook = self.webhook(wish, bot, None).await?;
        if !webhook.is_on() {
            return Err(Problem::conflict("The webhook is off: switch it on first."));
        }
        Ok(set(StatusCode::ACCEPTED, self.deliver.recover(&webhook, since, wish.cursor()?).await?))
    }

    pub(crate) async fn cancel_recovery(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let webhook = self.webhook(wish, bot, None).await?;
        Ok(set(StatusCode::OK, self.deliver.cancel_recovery(&webhook, wish.cursor()?).await?))
    }

    pub(crate) async fn release_held(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let webhook = self.webhook(wish, bot, None).await?;
        if !webhook.is_on() {
            return Err(Problem::conflict("The webhook is off: switch it on first."));
        }
        Ok(set(StatusCode::ACCEPTED, self.deliver.release(&webhook, wish.cursor()?).await?))
    }

    pub(crate) async fn drop_held(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let webhook = self.webhook(wish, bot, None).await?;
        Ok(set(StatusCode::OK, self.deliver.drop_held(&webhook, wish.cursor()?).await?))
    }

    /// The webhook that the path names, or `id`.
    pub(crate) async fn webhook(
        &self,
        wish: &Wish<'_>,
        bot: &BotId,
        id: Option<WebhookId>,
    ) -> Result<Webhook, Problem> {
        let id = match id {
            Some(id) => id,
            None => wish.name(0, "webhook")?,
        };
        let found = self.webhooks.load_to_edit(bot, id).await?;
        found.map(|(webhook, _)| webhook).ok_or_else(|| Problem::not_found("webhook"))
    }

    async fn webhook_to_edit(&self, wish: &Wish<'_>, bot: &BotId) -> Result<(Webhook, Edition), Problem> {
        let found = self.webhooks.load_to_edit(bot, wish.name(0, "webhook")?).await?;
        found.ok_or_else(|| Problem::not_found("webhook"))
    }
}

fn set(status: StatusCode, walked: Walked) -> Reply {
    Reply::with(status, json!({ "deliveries": walked.count, "next": walked.next.as_ref().map(cursor) }))
}

fn apply(webhook: &mut Webhook, changes: Changes) -> Result<(), Problem> {
    let between = |pointer: &str, good: bool, range: &str| {
        if good { Ok(()) } else { Err(Problem::invalid(pointer, format!("is a number from {range}"))) }
    };
    if let Some(name) = changes.name {
        webhook.name = name;
    }
    if let Some(policy) = changes.policy {
        webhook.policy = policy;
    }
    if let Some(events) = changes.events {
        let wanted = events.into_iter().enumerate().map(|(index, text)| {
            Wanted::try_from(text).map_err(|error| Problem::invalid(&format!("/events/{index}"), error.to_string()))
        });
        webhook.events = wanted.collect::<Result<_, _>>()?;
    }
    if let Some(order) = changes.order {
        webhook.order = order;
    }
    if let Some(lanes) = changes.lanes {
        between("/lanes", (1..=MAX_LANES).contains(&lanes), "1 to 8")?;
        webhook.lanes = lanes;
    }
    if let Some(window_ms) = changes.window_ms {
        between("/windowMs", window_ms <= delivery::webhook::LONGEST_WINDOW_MS, "0 to 10000")?;
        webhook.window_ms = window_ms;
    }
    if let Some(timeout_ms) = changes.timeout_ms {
        between("/timeoutMs", (3000..=30_000).contains(&timeout_ms), "3000 to 30000")?;
        webhook.timeout_ms = timeout_ms;
    }
    if let Some(partial) = changes.partial_acknowledgement {
        webhook.partial_acknowledgement = partial;
    }
    if let Some(revive) = changes.revive {
        webhook.revive = revive;
    }
    if let Some(headers) = changes.headers {
        if headers.len() > MAX_HEADERS {
            return Err(Problem::invalid("/headers", format!("are up to {MAX_HEADERS}")));
        }
        let header = |(name, value): (&String, &String)| {
            CustomHeader::new(name, value)
                .map_err(|error| Problem::invalid(&format!("/headers/{name}"), error.to_string()))
        };
        webhook.headers = headers.iter().map(header).collect::<Result<_, _>>()?;
    }
    Ok(())
}

fn read_secret(text: String) -> Result<Secret, Problem> {
    Secret::try_from(text).map_err(|error| Problem::invalid("/secret", error.to_string()))
}

#[expect(clippy::expect_used, reason = "32 bytes are a secret")]
fn fresh() -> Secret {
    Secret::from_bytes(&clock::random_bytes()).expect("a secret of 32 bytes")
}

/// Those that sign now. A receiver takes any of them.
fn secrets(webhook: &Webhook, now: EpochMillis) -> Value {
    let retiring = webhook.retiring.iter().filter(|retiring| retiring.until > now);
    json!({
        "secret": webhook.secrets.first().cloned().map(String::from),
        "retiring": retiring
            .map(|retiring| json!({ "id": key::hash(&String::from(retiring.secret.clone()))[..8], "until": retiring.until.iso() }))
            .collect::<Vec<Value>>(),
    })
}

/// A webhook as its owner sees it: no secret, and of its headers the names.
pub(crate) fn shown(webhook: &Webhook) -> Value {
    json!({
        "id": webhook.id,
        "botId": webhook.bot_id,
        "name": webhook.name,
        "url": webhook.url,
        "policy": webhook.policy,
        "events": webhook.events,
        "order": webhook.order,
        "lanes": webhook.lanes,
        "windowMs": webhook.window_ms,
        "timeoutMs": webhook.timeout_ms,
        "partialAcknowledgement": webhook.partial_acknowledgement,
        "revive": webhook.revive,
        "headers": webhook.headers.iter().map(CustomHeader::name).collect::<Vec<_>>(),
        "createdAt": webhook.created_at.iso(),
        "on": webhook.is_on(),
        "health": health(&webhook.health, webhook.policy),
    })
}

fn health(health: &Health, policy: Policy) -> Value {
    let iso = |at: EpochMillis| at.iso();
    let (state, since, reason, next) = match &health.state {
        State::Active => ("active", None, None, None),
        State::Throttled { since, .. } => ("throttled", Some(*since), None, None),
        State::Paused { since, probe_at, .. } => ("paused", Some(*since), None, Some(*probe_at)),
        State::Disabled { since, reason, test_at, .. } => ("disabled", Some(*since), Some(reason), *test_at),
    };
    let failing = health.failing.as_ref().map(|failing| {
        json!({
            "since": failing.since.iso(),
            "last": failing.last.iso(),
            "attempts": failing.attempts.len(),
            "cause": failing.exchange.cause(),
            "status": status(failing.exchange),
        })
    });
    json!({
        "state": state,
        "since": since.map(iso),
        "reason": reason,
        // When somebody looks whether the receiver is back.
        "nextProbeAt": next.map(iso),
        "holdUntil": health.hold_until.map(iso),
        "failing": failing,
        // When it is switched off, if nothing gets better.
        "offAt": health.off_at(policy).map(iso),
    })
}

pub(crate) const fn status(exchange: Exchange) -> Option<u16> {
    match exchange {
        Exchange::Answered { status } => Some(status),
        Exchange::TimedOut
        | Exchange::Disconnected
        | Exchange::Malformed
        | Exchange::Certificate
        | Exchange::NoSuchName
        | Exchange::Unresolved
        | Exchange::BlockedAddress
        | Exchange::Unknown
        | Exchange::OurFault => None,
    }
}
