//! Deliveries: what was sent to a webhook, what came of it, and sending it again.

use delivery::{Attempt, Record, RecordState};
use model::{BotId, Delivery, EpochMillis};
use serde_json::{Value, json};
use shell::deliver::owner::Resent;
use store::{Cursor, Kept, Page};

use crate::webhooks::status;
use crate::{Admin, Answer, Problem, Reply, Wish, cursor};

impl Admin {
    pub(crate) async fn list_deliveries(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let webhook = self.webhook(wish, bot, None).await?;
        let since = wish.time("since")?.unwrap_or(EpochMillis(0));
        let until = wish.time("until")?.unwrap_or(EpochMillis(i64::MAX));
        if since > until {
            return Err(Problem::new("malformed", "`since` is later than `until`."));
        }
        let states = match wish.parameter("state") {
            None => Kept::ALL.to_vec(),
            Some(text) => {
                let state = Kept::ALL.into_iter().find(|kept| kept.as_str() == text);
                let list = Kept::ALL.map(Kept::as_str).join("`, `");
                vec![state.ok_or_else(|| Problem::new("malformed", format!("`state` is one of `{list}`.")))?]
            }
        };
        let position: Cursor = match wish.cursor::<Vec<(String, Option<(i64, model::DeliveryId)>)>>()? {
            None => states.iter().map(|state| (*state, None)).collect(),
            Some(position) => position
                .into_iter()
                // One of another list begins anew.
                .map(|(name, last)| (name, last.filter(|(at, _)| (since.0..=until.0).contains(at))))
                .filter_map(|(name, last)| {
                    let kept = states.iter().copied().find(|kept| kept.as_str() == name)?;
                    Some((kept, last.map(|(at, id)| (EpochMillis(at), id))))
                })
                .collect(),
        };
        let Page { records, next } = self.deliveries.page(webhook.id, (since, until), position, wish.limit()?).await?;
        let next = next.map(|position| {
            let position: Vec<_> =
                position.iter().map(|(kept, last)| (kept.as_str(), last.map(|(at, id)| (at.0, id)))).collect();
            cursor(&position)
        });
        Ok(Reply::list(records.iter().map(shown).collect(), next))
    }

    pub(crate) async fn get_delivery(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let webhook = self.webhook(wish, bot, None).await?;
        let record = self.deliveries.load(wish.name(1, "delivery")?).await?;
        let record =
            record.filter(|record| record.webhook_id == webhook.id).ok_or_else(|| Problem::not_found("delivery"))?;
        Ok(Reply::ok(whole(&record)))
    }

    pub(crate) async fn resend_delivery(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let webhook = self.webhook(wish, bot, None).await?;
        match self.deliver.resend(webhook, wish.name(1, "delivery")?).await? {
            Resent::Tried(record) => Ok(Reply::ok(whole(&record))),
            Resent::Refused => Err(Problem::conflict(
                "It is being sent at this moment, its events went on in other deliveries, or its body is not kept any more.",
            )),
            Resent::Unknown => Err(Problem::not_found("delivery")),
        }
    }
}

/// A delivery in lists.
fn shown(record: &Record) -> Value {
    let (state, due_at) = match &record.state {
        RecordState::Claimed { .. } => ("PENDING", None),
        RecordState::Waiting { due_at } => ("WAITING", Some(due_at.iso())),
        RecordState::Delivered => ("DELIVERED", None),
        RecordState::Split { .. } => ("SPLIT", None),
        RecordState::Parked { .. } => ("PARKED", None),
        RecordState::Held => ("HELD", None),
    };
    let reason = match &record.state {
        RecordState::Parked { reason } => Some(reason),
        RecordState::Claimed { .. }
        | RecordState::Waiting { .. }
        | RecordState::Delivered
        | RecordState::Split { .. }
        | RecordState::Held => None,
    };
    let last = record.attempts.last();
    json!({
        "id": record.id,
        "webhookId": record.webhook_id,
        "state": state,
        "reason": reason,
        "dueAt": due_at,
        "events": record.events.len(),
        "attempts": record.attempt,
        "lastStatus": last.and_then(|attempt| status(attempt.exchange)),
        "lastCause": last.and_then(|attempt| attempt.exchange.cause()),
        "createdAt": record.created_at.iso(),
        "splitOf": record.split_of,
        "redelivery": record.redelivery.as_ref().map(|redelivery| redelivery.by),
    })
}

/// With its attempts, and what is sent.
fn whole(record: &Record) -> Value {
    let mut shown = shown(record);
    shown["eventIds"] = json!(record.events);
    shown["into"] = match &record.state {
        RecordState::Split { into } => json!(into),
        RecordState::Claimed { .. }
        | RecordState::Waiting { .. }
        | RecordState::Delivered
        | RecordState::Parked { .. }
        | RecordState::Held => Value::Null,
    };
    shown["log"] = record.attempts.iter().map(attempt).collect();
    // What was too large to be sent at all, or erased with a customer, is not there.
    shown["body"] = json!(serde_json::from_str::<Delivery>(&record.body).ok());
    shown["expiresAt"] = json!(record.expires_at().millis().iso());
    shown
}

fn attempt(attempt: &Attempt) -> Value {
    json!({
        "number": attempt.number,
        "at": attempt.at.iso(),
        "tookMs": attempt.took_ms,
        "status": status(attempt.exchange),
        "cause": attempt.exchange.cause(),
        "probe": attempt.probe,
        "phases": attempt.phases,
        "peer": attempt.peer,
        "location": attempt.location,
        "answer": attempt.answer,
    })
}
