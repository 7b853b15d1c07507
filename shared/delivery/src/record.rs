//! The record of a DELIVERY: frozen before the first attempt, and the only place where retries live.

use model::time::EpochSeconds;
use model::{BotId, DeliveryId, EpochMillis, EventId, WebhookId};
use serde::{Deserialize, Serialize};

use crate::{Exchange, Frozen, Judgement, Policy, Webhook, judge};

/// How long an attempt may take before another worker may take the delivery over.
pub const LEASE_MS: i64 = 60_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    pub id: DeliveryId,
    pub bot_id: BotId,
    pub webhook_id: WebhookId,
    pub events: Vec<EventId>,
    pub body: String,
    pub state: RecordState,
    /// Attempts begun.
    pub attempt: u32,
    pub created_at: EpochMillis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_attempt_at: Option<EpochMillis>,
    #[serde(default)]
    pub attempts: Vec<Attempt>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RecordState {
    /// A worker has it until then; afterwards whoever looks first.
    Claimed {
        until: EpochMillis,
    },
    /// The next attempt is due then.
    Waiting {
        due_at: EpochMillis,
    },
    Delivered,
    /// Given up; can be sent again by hand.
    Parked {
        reason: String,
    },
    /// The webhook is off: kept until it is on again.
    Held,
}

/// One attempt, for the owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    pub number: u32,
    pub at: EpochMillis,
    pub took_ms: i64,
    pub exchange: Exchange,
}

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    pub state: RecordState,
    /// The webhook answered well: its failures are forgotten.
    pub well: bool,
    /// This was the last attempt of the delivery.
    pub exhausted: bool,
}

impl Record {
    /// A new record, claimed for its first attempt; held where the webhook is off.
    pub fn new(frozen: Frozen, webhook: &Webhook, now: EpochMillis) -> Self {
        let on = webhook.is_on();
        Self {
            id: frozen.id,
            bot_id: webhook.bot_id.clone(),
            webhook_id: webhook.id,
            events: frozen.events,
            body: frozen.body,
            state: if on { RecordState::Claimed { until: now.plus_ms(LEASE_MS) } } else { RecordState::Held },
            attempt: u32::from(on),
            created_at: now,
            first_attempt_at: on.then_some(now),
            attempts: Vec::new(),
        }
    }

    /// The record claimed for its next attempt; `None` when it is not due, or somebody else has it.
    pub fn claim(&self, now: EpochMillis) -> Option<Self> {
        match self.state {
            RecordState::Claimed { until: due } | RecordState::Waiting { due_at: due } if due <= now => {}
            RecordState::Claimed { .. }
            | RecordState::Waiting { .. }
            | RecordState::Delivered
            | RecordState::Parked { .. }
            | RecordState::Held => return None,
        }
        Some(Self {
            state: RecordState::Claimed { until: now.plus_ms(LEASE_MS) },
            attempt: self.attempt + 1,
            first_attempt_at: self.first_attempt_at.or(Some(now)),
            ..self.clone()
        })
    }

    /// The record after its attempt. `chance` is uniform in 0..1, for the jitter.
    pub fn settle(&mut self, policy: Policy, attempt: Attempt, chance: f64) -> Settled {
        let ended = attempt.at.plus_ms(attempt.took_ms);
        let judgement = judge(attempt.exchange);
        self.attempts.push(attempt);
        let (well, not_before_ms) = match judgement {
            Judgement::Accepted => (true, 0),
            Judgement::Again { not_before_ms } => (false, not_before_ms),
        };
        let delay_ms = policy.delay_ms(self.attempt, chance);
        self.state = match delay_ms {
            _ if well => RecordState::Delivered,
            Some(delay_ms) => RecordState::Waiting { due_at: ended.plus_ms(delay_ms.max(not_before_ms)) },
            None => RecordState::Parked { reason: format!("{} attempts failed", self.attempt) },
        };
        Settled { state: self.state.clone(), well, exhausted: !well && delay_ms.is_none() }
    }

    /// Bodies hold the words of customers: after 14 days a record goes.
    pub const fn expires_at(&self) -> EpochSeconds {
        EpochSeconds(self.created_at.seconds().0 + 14 * 24 * 60 * 60)
    }

    /// When somebody must look at it again, if ever: what the due index holds.
    pub const fn due_at(&self) -> Option<EpochMillis> {
        match self.state {
            RecordState::Claimed { until: due } | RecordState::Waiting { due_at: due } => Some(due),
            RecordState::Delivered | RecordState::Parked { .. } | RecordState::Held => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let webhook = Webhook::new("Bxxxxx".parse().unwrap(), "https://example.com", EpochMillis(0));
        let event = EventId::of(model::InboundId::of(&webhook.bot_id, model::PlatformType::Test, "e"), 0);
        let frozen = Frozen { id: DeliveryId::of(webhook.id, event), events: vec![event], body: "{}".to_owned() };
        Record::new(frozen, &webhook, EpochMillis(0))
    }

    fn attempt(number: u32, at: EpochMillis, status: u16) -> Attempt {
        Attempt { number, at, took_ms: 10, exchange: Exchange::Answered { status } }
    }

    #[test]
    fn a_whole_life_on_the_durable_schedule() {
        let mut record = record();
        let mut now = EpochMillis(0);
        for number in 1..=12 {
            let settled = record.settle(Policy::Durable, attempt(number, now, 500), 0.0);
            assert_eq!(settled.exhausted, number == 12);
            let RecordState::Waiting { due_at } = record.state else { break };
            assert!(record.claim(EpochMillis(due_at.0 - 1)).is_none(), "not before its time");
            now = due_at;
            record = record.claim(now).unwrap();
        }
        assert_eq!(record.state, RecordState::Parked { reason: "12 attempts failed".to_owned() });
        assert_eq!(now.0, 272_255_000 + 11 * 10);
        assert_eq!((record.attempt, record.attempts.len(), record.due_at()), (12, 12, None));
    }

    #[test]
    fn a_claim_excludes_others_until_its_lease_ends() {
        let record = record();
        assert_eq!(record.attempt, 1);
        assert!(record.claim(EpochMillis(LEASE_MS - 1)).is_none());
        let taken_over = record.claim(EpochMillis(LEASE_MS)).unwrap();
        assert_eq!(taken_over.attempt, 2, "the attempt of the worker that died counts");
        assert_eq!(taken_over.due_at(), Some(EpochMillis(2 * LEASE_MS)));
    }

    #[test]
    fn success_ends_it() {
        let mut record = record();
        assert!(record.settle(Policy::Durable, attempt(1, EpochMillis(0), 204), 0.0).well);
        assert_eq!(record.state, RecordState::Delivered);
        assert!(record.claim(EpochMillis(i64::MAX)).is_none());
    }

    #[test]
    fn a_timeout_waits_at_least_a_minute() {
        let mut record = record();
        let attempt = Attempt { number: 1, at: EpochMillis(0), took_ms: 15_000, exchange: Exchange::TimedOut };
        record.settle(Policy::Durable, attempt, 0.0);
        assert_eq!(record.state, RecordState::Waiting { due_at: EpochMillis(75_000) });
    }

    #[test]
    fn version_1_of_the_stored_form() {
        let golden = include_str!("../testdata/record_v1.json");
        let record: Record = serde_json::from_str(golden).unwrap();
        assert_eq!(serde_json::to_value(&record).unwrap(), serde_json::from_str::<serde_json::Value>(golden).unwrap());
    }
}
