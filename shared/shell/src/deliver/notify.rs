//! What an owner or an operator should know of a webhook, outside of that webhook: a line of the log, and the operator's own
//! webhook, where one is set.

use delivery::{Notice, NoticeKind, Webhook, headers};
use model::{DeliveryId, EpochMillis, EventId, InboundId, PlatformType};
use serde_json::{Value, json};
use tracing::{info, warn};

use crate::clock;
use crate::config::OperatorConfig;
use crate::outgoing::Guarded;
use crate::post::Post;

const DEADLINE_MS: u64 = 5000;

/// Tells it. What cannot be posted is in the log all the same.
pub(super) async fn tell(receivers: &Guarded, operator: Option<&OperatorConfig>, webhook: &Webhook, notice: &Notice) {
    log(webhook, notice);
    let Some(OperatorConfig { url, secret }) = operator else { return };
    let now = clock::now();
    let (id, body) = (named(webhook, notice), body(webhook, notice, now).to_string());
    let headers: Vec<_> = headers(id, 1, now.seconds(), body.as_bytes(), std::slice::from_ref(secret))
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .collect();
    let post = Post { url, headers: &headers, body: &body, deadline_ms: DEADLINE_MS };
    let exchange = receivers.deliver(&post).await.answer.exchange;
    if exchange.cause().is_some() {
        warn!(webhook.id = %webhook.id, ?exchange, "The operator's webhook did not take a notice");
    }
}

/// The same for a notice that is told twice.
fn named(webhook: &Webhook, notice: &Notice) -> DeliveryId {
    let what = format!("notice {} {:?} {} {:?}", notice.event(), notice.kind, notice.since.0, notice.off_at);
    DeliveryId::of(webhook.id, EventId::of(InboundId::of(&webhook.bot_id, PlatformType::Test, &what), 0))
}

fn body(webhook: &Webhook, notice: &Notice, now: EpochMillis) -> Value {
    let iso = |at: Option<EpochMillis>| at.map(EpochMillis::iso);
    let status = match notice.exchange {
        delivery::Exchange::Answered { status } => Some(status),
        _ => None,
    };
    let reason = match &notice.kind {
        NoticeKind::Disabled(reason) => Some(reason),
        NoticeKind::Failing
        | NoticeKind::Refusing
        | NoticeKind::Certificate
        | NoticeKind::Recovered
        | NoticeKind::AnswersAgain => None,
    };
    json!({
        "type": notice.event(),
        "timestamp": now.iso(),
        "data": {
            "botId": webhook.bot_id,
            "webhookId": webhook.id,
            "name": webhook.name,
            "url": webhook.url,
            "cause": notice.exchange.cause(),
            "status": status,
            "since": notice.since.iso(),
            "nextAttemptAt": iso(notice.next_at),
            "offAt": iso(notice.off_at),
            "reason": reason,
            "text": notice.korean(),
        },
    })
}

/// What the owner should read, for whoever passes it on: `event` names it, `text` is in Korean.
fn log(webhook: &Webhook, notice: &Notice) {
    let iso = |at: Option<model::EpochMillis>| at.map(model::EpochMillis::iso);
    let (event, text) = (notice.event(), notice.korean());
    let (since, next_at, off_at) = (notice.since.iso(), iso(notice.next_at), iso(notice.off_at));
    let (bot, id, exchange) = (&webhook.bot_id, webhook.id, notice.exchange);
    match notice.kind {
        NoticeKind::Failing | NoticeKind::Refusing | NoticeKind::Certificate | NoticeKind::Disabled(_) => {
            warn!(event, bot.id = %bot, webhook.id = %id, ?exchange, since, next_at, off_at, text, "A webhook's owner should know");
        }
        NoticeKind::Recovered | NoticeKind::AnswersAgain => {
            info!(event, bot.id = %bot, webhook.id = %id, since, text, "A webhook answers again");
        }
    }
}
