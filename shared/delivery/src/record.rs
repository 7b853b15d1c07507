//! The record of a DELIVERY: frozen before the first attempt, and the only place where retries live.
//!
//! ```text
//! look(now) ──► Attempt { record, .. } ──► POST ──► settle(tried) ──► Settled { state, children, heard }
//! ```
//!
//! A worker that dies between two writes loses nothing if it writes in this order: the children, the webhook's health
//! ([`Health::after`]), the record itself.

use std::collections::HashSet;
use std::net::IpAddr;

use model::time::EpochSeconds;
use model::{BotId, ConversationId, DeliveryId, EpochMillis, EventId, WebhookId};
use serde::{Deserialize, Serialize};

use crate::limits::{ANSWER_STORED_BYTES, ANSWERS_KEPT, ATTEMPTS_KEPT, KEPT_MS, LEASE_MS};
use crate::order::waits_until;
use crate::{
    Answer, Asks, Exchange, Frozen, Health, Heard, Judgement, Next, Pass, Policy, Webhook, batch, judge, not_taken,
};

/// So often the same refusal of several events is taken, before they are tried apart from each other.
pub const REFUSALS_OF_SEVERAL: usize = 3;
/// And so often that of one event, before it is given up.
pub const REFUSALS_OF_ONE: usize = 5;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    pub id: DeliveryId,
    pub bot_id: BotId,
    pub webhook_id: WebhookId,
    pub events: Vec<EventId>,
    /// Empty where it was too large to be sent at all, and for an item of the table.
    pub body: String,
    pub state: RecordState,
    /// Attempts begun.
    pub attempt: u32,
    /// Of these, those that used up no retry: holds, probes, what was sent by hand.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub spared: u32,
    /// Retries that a delivery used up of which this is the rest.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub used_before: u32,
    /// That of the delivery it was cut out of, where it was.
    pub created_at: EpochMillis,
    /// Its place among those that were cut out of one delivery: `0` before `1`, at each cut.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The delivery that was divided into this one and another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_of: Option<DeliveryId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_attempt_at: Option<EpochMillis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_since: Option<EpochMillis>,
    /// How long it was held: that time does not make it older.
    #[serde(default, skip_serializing_if = "is_zero_ms")]
    pub held_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redelivery: Option<Redelivery>,
    /// The first, and the last [`ATTEMPTS_KEPT`] but one.
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
    /// Its events go on in these.
    Split {
        into: Vec<DeliveryId>,
    },
    /// Given up; can be sent again by hand.
    Parked {
        reason: Parked,
    },
    /// The webhook is off: kept until it is on again.
    Held,
}

/// Why a delivery was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Parked {
    /// The event is larger than we send, or than the receiver takes.
    TooLarge,
    /// The receiver refuses this one event.
    Rejected,
    /// The schedule has come to its end.
    Exhausted,
    /// Older than any schedule is long.
    Expired,
    /// The receiver asked not to get it again.
    Aborted,
    /// The webhook was deleted.
    Deleted,
    /// Held while the webhook was off, and not wanted when it was on again.
    Dropped,
    /// All that it told was of a customer who was deleted.
    Erased,
    /// As an earlier version put it.
    Other(String),
}

/// Sent again because somebody wanted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Redelivery {
    pub by: RedeliveredBy,
    /// What it is again when that fails: a resend never makes things worse.
    pub otherwise: RecordState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RedeliveredBy {
    /// This one delivery.
    Manual,
    /// All that failed since some time.
    Recover,
}

/// One attempt, for the owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    pub number: u32,
    pub at: EpochMillis,
    pub took_ms: i64,
    pub exchange: Exchange,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub probe: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phases: Option<Phases>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<IpAddr>,
    /// Where a redirect led: the address to register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The beginning of what the receiver said, made harmless. The last [`ANSWERS_KEPT`] attempts have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// When each part of an attempt was done, in milliseconds from its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Phases {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_ms: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_ms: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<u32>,
}

/// An attempt that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    pub at: EpochMillis,
    pub took_ms: i64,
    pub answer: Answer,
    pub phases: Option<Phases>,
    pub peer: Option<IpAddr>,
    /// It was sent to see whether the receiver is back; see [`Pass::Probe`].
    pub probe: bool,
    /// Our own way out works.
    pub canary_well: bool,
}

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    pub state: RecordState,
    /// The webhook answered well: its failures are forgotten.
    pub well: bool,
    /// This was the last attempt of the delivery.
    pub exhausted: bool,
    /// Deliveries that were cut out of it. They are there already if this comes for the second time.
    pub children: Vec<Record>,
    /// For [`Health::after`].
    pub heard: Heard,
}

/// What is to be done with a record that may be due.
#[derive(Clone, Debug, PartialEq)]
pub enum Look {
    NotDue,
    /// No attempt: the record is written as it is here.
    Store(Record),
    /// Claimed for an attempt. Where `health` is there it is written first, and whoever comes second with it does nothing.
    Attempt {
        record: Record,
        probe: bool,
        health: Option<Health>,
    },
}

impl Record {
    /// A new record, claimed for its first attempt; waiting or held where the webhook is not well or off, parked where
    /// nobody would take it.
    pub fn new(frozen: Frozen, webhook: &Webhook, now: EpochMillis) -> Self {
        let mut record = Self::unsent(frozen, webhook, now);
        let pass = webhook.health.pass(record.created_at, record.id, now);
        match pass {
            _ if record.due_at().is_none() => {}
            Pass::Go if webhook.health.sending(pass, now) == webhook.health => record.take(now),
            // One at a time: `look` takes it, with the webhook's health.
            Pass::Go | Pass::Probe => {}
            Pass::Wait { until } => record.state = RecordState::Waiting { due_at: until },
            Pass::Hold => record.hold(now),
        }
        record
    }

    /// A new record that waits for an earlier delivery of its conversations; see [`divide`](crate::order::divide).
    pub fn behind(frozen: Frozen, webhook: &Webhook, now: EpochMillis) -> Self {
        let mut record = Self::unsent(frozen, webhook, now);
        if !webhook.is_on() && record.due_at().is_some() {
            record.hold(now);
        }
        record
    }

    fn unsent(frozen: Frozen, webhook: &Webhook, now: EpochMillis) -> Self {
        let too_large = frozen.is_too_large();
        Self {
            id: frozen.id,
            bot_id: webhook.bot_id.clone(),
            webhook_id: webhook.id,
            events: frozen.events,
            body: if too_large { String::new() } else { frozen.body },
            state: if too_large {
                RecordState::Parked { reason: Parked::TooLarge }
            } else {
                RecordState::Waiting { due_at: now }
            },
            attempt: 0,
            spared: 0,
            used_before: 0,
            created_at: now,
            path: String::new(),
            split_of: None,
            first_attempt_at: None,
            held_since: None,
            held_ms: 0,
            redelivery: None,
            attempts: Vec::new(),
        }
    }

    /// A delivery that was cut out of this one, due now.
    fn child(&self, frozen: Frozen, place: char, used_before: u32, due_at: EpochMillis) -> Self {
        Self {
            id: frozen.id,
            events: frozen.events,
            body: frozen.body,
            state: RecordState::Waiting { due_at },
            attempt: 0,
            spared: 0,
            used_before,
            path: format!("{}{place}", self.path),
            split_of: Some(self.id),
            first_attempt_at: None,
            redelivery: None,
            attempts: Vec::new(),
            ..self.clone()
        }
    }

    /// Whether [`look`](Self::look) must know the others: only of one that would be sent now.
    pub fn asks_for_others(&self, webhook: &Webhook, now: EpochMillis) -> bool {
        matches!(self.look(webhook, &[], now), Look::Attempt { .. })
    }

    /// What is to be done with it now. `open` are the other deliveries of the webhook that are not at their end; only
    /// webhooks with [`Order::Conversation`](crate::Order::Conversation) need them.
    pub fn look(&self, webhook: &Webhook, open: &[Self], now: EpochMillis) -> Look {
        if self.due_at().is_none_or(|due_at| due_at > now) {
            return Look::NotDue;
        }
        let wait = |until| Look::Store(Self { state: RecordState::Waiting { due_at: until }, ..self.clone() });
        let pass = match webhook.health.pass(self.created_at, self.id, now) {
            // A line that is sent in order is not spread.
            Pass::Wait { until } if self.held_ms > 0 || self.redelivery.is_some() => {
                Pass::Wait { until: webhook.health.next_at().filter(|next_at| *next_at > now).unwrap_or(until) }
            }
            pass => pass,
        };
        if pass == Pass::Hold {
            let mut held = self.clone();
            held.hold(now);
            return Look::Store(held);
        }
        if self.is_expired(webhook.policy, now) {
            let state = RecordState::Parked { reason: Parked::Expired };
            return Look::Store(Self { state, ..self.clone() });
        }
        if let Some(until) = waits_until(webhook.order, self, open, now) {
            return wait(until);
        }
        match pass {
            Pass::Wait { until } => wait(until),
            Pass::Go | Pass::Probe => match self.claim(now) {
                Some(record) => {
                    let health = webhook.health.sending(pass, now);
                    let health = (health != webhook.health).then_some(health);
                    Look::Attempt { record, probe: pass == Pass::Probe, health }
                }
                None => Look::NotDue,
            },
            Pass::Hold => Look::NotDue,
        }
    }

    /// The record claimed for its next attempt; `None` when it is not due, or somebody else has it.
    pub fn claim(&self, now: EpochMillis) -> Option<Self> {
        let mut claimed = self.clone();
        match self.state {
            RecordState::Claimed { until } if until <= now => {
                let at = until.plus_ms(-LEASE_MS);
                claimed.log(Attempt::new(self.attempt, at, LEASE_MS, Exchange::Unknown));
            }
            RecordState::Waiting { due_at } if due_at <= now => {}
            RecordState::Claimed { .. }
            | RecordState::Waiting { .. }
            | RecordState::Delivered
            | RecordState::Split { .. }
            | RecordState::Parked { .. }
            | RecordState::Held => return None,
        }
        claimed.take(now);
        Some(claimed)
    }

    fn take(&mut self, now: EpochMillis) {
        self.state = RecordState::Claimed { until: now.plus_ms(LEASE_MS) };
        self.attempt = self.attempt.saturating_add(1);
        self.first_attempt_at = self.first_attempt_at.or(Some(now));
    }

    /// The record after its attempt. `chance` is uniform in 0..1, for the jitter.
    pub fn settle(&mut self, webhook: &Webhook, tried: Tried, chance: f64) -> Settled {
        let Tried { at, took_ms, answer, phases, peer, probe, canary_well } = tried;
        let ended = at.plus_ms(took_ms);
        let judgement = judge(&answer, canary_well, ended);
        let (number, exchange) = (self.attempt, answer.exchange);
        self.log(Attempt {
            phases,
            peer,
            probe,
            location: answer.location.clone(),
            answer: shown(&answer),
            ..Attempt::new(number, at, took_ms, exchange)
        });
        let by = self.redelivery.as_ref().map(|redelivery| redelivery.by);
        let (children, exhausted) = self.proceed(webhook, &judgement, &answer, probe, ended, chance);
        let first_attempt_at = self.first_attempt_at.unwrap_or(self.created_at);
        let heard = Heard {
            delivery: self.id,
            created_at: self.created_at,
            attempt: number,
            used: self.used(),
            // A first attempt fails as of its beginning, so that no success can hide between the two.
            began: if number == 1 { first_attempt_at } else { at },
            ended,
            first_attempt_at,
            exchange,
            judgement: Judgement { counts: judgement.counts && by.is_none(), ..judgement },
            exhausted,
            probe,
            set_aside: matches!(self.state, RecordState::Parked { reason: Parked::Rejected | Parked::Aborted }),
            open: self.due_at().is_some(),
            next_at: self.due_at(),
        };
        let well = judgement.next == Next::Accepted;
        Settled { state: self.state.clone(), well, exhausted, children, heard }
    }

    /// The record under the health that follows from its attempt: the delivery that is sent to see is due with the probe.
    pub fn follow(&mut self, health: &Health) {
        if let (RecordState::Waiting { due_at }, Some(probe_at)) = (&mut self.state, health.probe_at(self.id)) {
            *due_at = probe_at;
        }
    }

    /// The state that follows, with what was cut out of the record, and whether its schedule has come to an end.
    fn proceed(
        &mut self,
        webhook: &Webhook,
        judgement: &Judgement,
        answer: &Answer,
        probe: bool,
        ended: EpochMillis,
        chance: f64,
    ) -> (Vec<Self>, bool) {
        let redelivery = self.redelivery.take();
        if judgement.next == Next::Accepted {
            self.state = RecordState::Delivered;
            let rest = webhook.partial_acknowledgement.then(|| self.rest(webhook.policy, answer, ended, chance));
            return (rest.flatten().into_iter().collect(), false);
        }
        if judgement.asks == Some(Asks::Abort) {
            return (self.park(Parked::Aborted), false);
        }
        if let (Next::Later { delay_ms, .. }, None | Some(RedeliveredBy::Recover)) =
            (judgement.next, redelivery.as_ref().map(|redelivery| redelivery.by))
        {
            self.redelivery = redelivery;
            self.spared = self.spared.saturating_add(1);
            self.state = RecordState::Waiting { due_at: ended.plus_ms(delay_ms) };
            return (Vec::new(), false);
        }
        if let Some(Redelivery { otherwise, .. }) = redelivery {
            self.spared = self.spared.saturating_add(1);
            self.state = otherwise;
            return (Vec::new(), false);
        }
        let not_before_ms = match judgement.next {
            Next::TooLarge => {
                let parts = self.split(ended);
                return (if parts.is_empty() { self.park(Parked::TooLarge) } else { parts }, false);
            }
            Next::Refused { not_before_ms } => {
                let several = self.events.len() > 1;
                let refusals = self.refusals(answer.exchange);
                if several && refusals >= REFUSALS_OF_SEVERAL {
                    let parts = self.split(ended);
                    return (if parts.is_empty() { self.park(Parked::Rejected) } else { parts }, false);
                }
                if !several && refusals >= REFUSALS_OF_ONE {
                    return (self.park(Parked::Rejected), false);
                }
                not_before_ms
            }
            Next::Again { not_before_ms } => not_before_ms,
            Next::Later { delay_ms, .. } => delay_ms,
            Next::Accepted => 0,
        };
        if probe {
            // The schedule stands still; when the next probe is due, the webhook's health says.
            self.spared = self.spared.saturating_add(1);
            self.state = RecordState::Waiting { due_at: ended.plus_ms(not_before_ms) };
            return (Vec::new(), false);
        }
        match webhook.policy.delay_ms(self.used(), chance) {
            Some(delay_ms) => {
                self.state = RecordState::Waiting { due_at: ended.plus_ms(delay_ms.max(not_before_ms)) };
                (Vec::new(), false)
            }
            None => (self.park(Parked::Exhausted), true),
        }
    }

    /// Retries used up, the first attempt included.
    fn used(&self) -> u32 {
        self.attempt.saturating_sub(self.spared).saturating_add(self.used_before)
    }

    fn park(&mut self, reason: Parked) -> Vec<Self> {
        self.state = RecordState::Parked { reason };
        Vec::new()
    }

    fn split(&mut self, now: EpochMillis) -> Vec<Self> {
        let Some([first, second]) = self.frozen().halves() else { return Vec::new() };
        let parts = vec![self.child(first, '0', 0, now), self.child(second, '1', 0, now)];
        self.state = RecordState::Split { into: parts.iter().map(|part| part.id).collect() };
        parts
    }

    /// What the receiver did not take of it. It goes on where this one's schedule stands: a receiver that never takes an
    /// event comes to an end with it.
    fn rest(&self, policy: Policy, answer: &Answer, ended: EpochMillis, chance: f64) -> Option<Self> {
        let rest = self.frozen().rest(&not_taken(&answer.body))?;
        let used = self.used();
        let delay_ms = policy.delay_ms(used, chance);
        let mut child = self.child(rest, '0', used, ended.plus_ms(delay_ms.unwrap_or(0)));
        // It was delivered, and is not divided.
        child.split_of = None;
        if delay_ms.is_none() {
            child.state = RecordState::Parked { reason: Parked::Rejected };
        }
        Some(child)
    }

    /// With these of its events only, standing where this one stands.
    pub(crate) fn without(&self, others: &HashSet<EventId>, now: EpochMillis) -> Option<Self> {
        let rest = self.frozen().rest(others)?;
        let mut child = self.child(rest, '0', self.used(), now);
        child.split_of = None;
        (child.held_since, child.held_ms) = (self.held_since, self.held_ms);
        child.redelivery.clone_from(&self.redelivery);
        match &self.state {
            RecordState::Claimed { .. } | RecordState::Delivered | RecordState::Split { .. } => {}
            state @ (RecordState::Waiting { .. } | RecordState::Parked { .. } | RecordState::Held) => {
                child.state = state.clone();
            }
        }
        Some(child)
    }

    /// How often the last attempts ended in this way, one after another.
    fn refusals(&self, exchange: Exchange) -> usize {
        self.attempts.iter().rev().take_while(|attempt| attempt.exchange == exchange).count()
    }

    fn hold(&mut self, now: EpochMillis) {
        self.state = RecordState::Held;
        self.held_since = Some(now);
    }

    fn log(&mut self, attempt: Attempt) {
        self.attempts.push(attempt);
        if self.attempts.len() > ATTEMPTS_KEPT {
            self.attempts.remove(1);
        }
        if let Some(old) = self.attempts.len().checked_sub(ANSWERS_KEPT + 1) {
            self.attempts[old].answer = None;
        }
        if self.attempts.len() > ANSWERS_KEPT {
            self.attempts[0].answer = None;
        }
    }

    /// Claimed to be sent once more because somebody asks for it; `None` while it is being sent, and when its body is gone.
    pub fn resend(&self, now: EpochMillis) -> Option<Self> {
        if matches!(self.state, RecordState::Claimed { .. } | RecordState::Split { .. }) || !self.is_kept(now) {
            return None;
        }
        let mut claimed = self.clone();
        claimed.redelivery = Some(Redelivery { by: RedeliveredBy::Manual, otherwise: self.state.clone() });
        claimed.take(now);
        Some(claimed)
    }

    /// Takes back what [`recover`] did and has not been sent yet.
    pub fn cancel_recovery(&self) -> Option<Self> {
        match (&self.state, &self.redelivery) {
            (RecordState::Waiting { .. }, Some(Redelivery { by: RedeliveredBy::Recover, otherwise })) => {
                Some(Self { state: otherwise.clone(), redelivery: None, ..self.clone() })
            }
            _ => None,
        }
    }

    /// With its webhook, for the request's headers and body.
    pub fn frozen(&self) -> Frozen {
        Frozen { id: self.id, events: self.events.clone(), body: self.body.clone() }
    }

    pub fn conversations(&self) -> Vec<ConversationId> {
        batch::conversations(&self.body)
    }

    /// The earlier of two deliveries of a webhook has the lower place.
    pub fn place(&self) -> (EpochMillis, &str) {
        (self.created_at, &self.path)
    }

    fn is_kept(&self, now: EpochMillis) -> bool {
        !self.body.is_empty() && now.since(self.created_at) < KEPT_MS
    }

    /// Older than its schedule can be. The time that it was held does not count, and nobody's wish to send it expires so.
    fn is_expired(&self, policy: Policy, now: EpochMillis) -> bool {
        self.redelivery.is_none() && now.since(self.created_at).saturating_sub(self.held_ms) > policy.longest_age_ms()
    }

    /// Bodies hold the words of customers: after 14 days a record goes.
    pub const fn expires_at(&self) -> EpochSeconds {
        let kept = self.created_at.plus_ms(KEPT_MS).plus_ms(self.held_ms);
        let kept = match self.due_at() {
            // What is still to be sent stays until its schedule can have come to its end.
            Some(due_at) if due_at.plus_ms(LONGEST_OWED_MS).0 > kept.0 => due_at.plus_ms(LONGEST_OWED_MS),
            Some(_) | None => kept,
        };
        kept.seconds()
    }

    /// When somebody must look at it again, if ever: what the due index holds.
    pub const fn due_at(&self) -> Option<EpochMillis> {
        match self.state {
            RecordState::Claimed { until: due } | RecordState::Waiting { due_at: due } => Some(due),
            RecordState::Delivered | RecordState::Split { .. } | RecordState::Parked { .. } | RecordState::Held => None,
        }
    }
}

/// Longer than any schedule, jitter and holds included.
const LONGEST_OWED_MS: i64 = 5 * 24 * 60 * 60 * 1000;

/// One second apart at first; the webhook's pace may make it longer.
pub const APART_MS: i64 = 1000;

/// What was given up since `since`, set to be sent once more, in order, the first at `from`.
pub fn recover(records: &[Record], since: EpochMillis, from: EpochMillis, now: EpochMillis) -> Vec<Record> {
    let parked = |record: &&Record| matches!(record.state, RecordState::Parked { .. });
    let of_the_time = |record: &&Record| record.created_at >= since && record.is_kept(now);
    in_order(records.iter().filter(parked).filter(of_the_time), from, |record| {
        record.redelivery = Some(Redelivery { by: RedeliveredBy::Recover, otherwise: record.state.clone() });
    })
}

/// What was held while the webhook was off, set to be sent in order, the first at `from`. Their schedules go on where they
/// stood.
pub fn release(records: &[Record], from: EpochMillis, now: EpochMillis) -> Vec<Record> {
    let held = |record: &&Record| record.state == RecordState::Held && record.is_kept(now);
    in_order(records.iter().filter(held), from, |record| {
        record.held_ms += now.since(record.held_since.take().unwrap_or(record.created_at)).max(0);
    })
}

/// What was held, given up by the owner's choice.
pub fn drop_held(records: &[Record]) -> Vec<Record> {
    let held = records.iter().filter(|record| record.state == RecordState::Held);
    held.map(|record| Record { state: RecordState::Parked { reason: Parked::Dropped }, ..record.clone() }).collect()
}

fn in_order<'a>(
    records: impl Iterator<Item = &'a Record>,
    from: EpochMillis,
    change: impl Fn(&mut Record),
) -> Vec<Record> {
    let mut records: Vec<Record> = records.cloned().collect();
    records.sort_by(|a, b| (a.place(), a.id).cmp(&(b.place(), b.id)));
    let mut due_at = from;
    for record in &mut records {
        change(record);
        record.state = RecordState::Waiting { due_at };
        due_at = due_at.plus_ms(APART_MS);
    }
    records
}

impl Attempt {
    pub const fn new(number: u32, at: EpochMillis, took_ms: i64, exchange: Exchange) -> Self {
        Self { number, at, took_ms, exchange, probe: false, phases: None, peer: None, location: None, answer: None }
    }
}

impl Tried {
    pub const fn new(at: EpochMillis, took_ms: i64, answer: Answer) -> Self {
        Self { at, took_ms, answer, phases: None, peer: None, probe: false, canary_well: true }
    }
}

/// What the receiver said, for people to read: no character of it moves a cursor or turns a line around.
fn shown(answer: &Answer) -> Option<String> {
    if answer.compressed {
        return Some("compressed, not shown".to_owned());
    }
    let start = &answer.body[..answer.body.len().min(ANSWER_STORED_BYTES)];
    let mut text: String = String::from_utf8_lossy(start)
        .chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect();
    text.truncate(text.floor_char_boundary(ANSWER_STORED_BYTES));
    (!text.is_empty()).then_some(text)
}

impl Parked {
    fn as_str(&self) -> &str {
        match self {
            Self::TooLarge => "TOO_LARGE",
            Self::Rejected => "REJECTED",
            Self::Exhausted => "EXHAUSTED",
            Self::Expired => "EXPIRED",
            Self::Aborted => "ABORTED",
            Self::Deleted => "DELETED",
            Self::Dropped => "DROPPED",
            Self::Erased => "ERASED",
            Self::Other(text) => text,
        }
    }
}

impl From<String> for Parked {
    fn from(text: String) -> Self {
        let known = [
            Self::TooLarge,
            Self::Rejected,
            Self::Exhausted,
            Self::Expired,
            Self::Aborted,
            Self::Deleted,
            Self::Dropped,
            Self::Erased,
        ];
        known.into_iter().find(|parked| parked.as_str() == text).unwrap_or(Self::Other(text))
    }
}

impl From<Parked> for String {
    fn from(parked: Parked) -> Self {
        parked.as_str().to_owned()
    }
}

impl std::fmt::Display for Parked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero_ms(ms: &i64) -> bool {
    *ms == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::State;

    fn webhook() -> Webhook {
        Webhook::new("Bxxxxx".parse().unwrap(), "https://example.com", EpochMillis(0))
    }

    fn frozen(body: &str) -> Frozen {
        let webhook = webhook();
        let event = EventId::of(model::InboundId::of(&webhook.bot_id, model::PlatformType::Test, "e"), 0);
        Frozen { id: DeliveryId::of(webhook.id, event), events: vec![event], body: body.to_owned() }
    }

    fn record() -> Record {
        Record::new(frozen("{}"), &webhook(), EpochMillis(0))
    }

    fn tried(at: EpochMillis, status: u16) -> Tried {
        Tried::new(at, 10, Answer::of(Exchange::Answered { status }))
    }

    #[test]
    fn a_whole_life_on_the_durable_schedule() {
        let mut record = record();
        let mut now = EpochMillis(0);
        for number in 1..=12 {
            let settled = record.settle(&webhook(), tried(now, 500), 0.0);
            assert_eq!(settled.exhausted, number == 12);
            let RecordState::Waiting { due_at } = record.state else { break };
            assert!(record.claim(EpochMillis(due_at.0 - 1)).is_none(), "not before its time");
            now = due_at;
            record = record.claim(now).unwrap();
        }
        assert_eq!(record.state, RecordState::Parked { reason: Parked::Exhausted });
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
        assert_eq!(taken_over.attempts, [Attempt::new(1, EpochMillis(0), LEASE_MS, Exchange::Unknown)]);
        assert_eq!(taken_over.due_at(), Some(EpochMillis(2 * LEASE_MS)));
    }

    #[test]
    fn success_ends_it() {
        let mut record = record();
        assert!(record.settle(&webhook(), tried(EpochMillis(0), 204), 0.0).well);
        assert_eq!(record.state, RecordState::Delivered);
        assert!(record.claim(EpochMillis(i64::MAX)).is_none());
    }

    #[test]
    fn what_is_too_large_is_parked_without_its_body() {
        let record = Record::new(frozen(&"x".repeat(crate::limits::HARD_BYTES + 1)), &webhook(), EpochMillis(0));
        assert_eq!(record.state, RecordState::Parked { reason: Parked::TooLarge });
        assert_eq!((record.body.len(), record.events.len(), record.attempt), (0, 1, 0));
        assert!(record.resend(EpochMillis(0)).is_none());
    }

    #[test]
    fn a_resend_never_makes_things_worse() {
        let parked = RecordState::Parked { reason: Parked::Exhausted };
        let waiting = RecordState::Waiting { due_at: EpochMillis(900_000) };
        for (before, status, after) in [
            (&waiting, 200, &RecordState::Delivered),
            (&waiting, 500, &waiting),
            (&waiting, 429, &waiting),
            (&parked, 200, &RecordState::Delivered),
            (&parked, 400, &parked),
            (&parked, 413, &parked),
        ] {
            let earlier = Record { state: before.clone(), attempt: 3, ..record() };
            let mut record = earlier.resend(EpochMillis(1000)).unwrap();
            assert_eq!((record.id, &record.body, record.attempt), (earlier.id, &earlier.body, 4));
            assert!(record.resend(EpochMillis(1000)).is_none(), "one at a time");
            let settled = record.settle(&webhook(), tried(EpochMillis(1000), status), 0.0);
            assert_eq!((&record.state, &record.redelivery), (after, &None), "{status}");
            assert!(!settled.heard.judgement.counts);
            assert_eq!(record.used(), if status == 200 { 4 } else { 3 }, "the schedule stays where it was");
        }
        let old = Record { state: parked, ..record() };
        assert!(old.resend(EpochMillis(KEPT_MS)).is_none(), "after 14 days it is gone");
    }

    #[test]
    fn recovery_is_in_order_and_can_be_cancelled() {
        let state = RecordState::Parked { reason: Parked::Exhausted };
        let at = |ms| Record { state: state.clone(), created_at: EpochMillis(ms), ..record() };
        let delivered = Record { state: RecordState::Delivered, ..at(5) };
        let recovered =
            recover(&[at(30), delivered, at(10), at(20)], EpochMillis(20), EpochMillis(1000), EpochMillis(1000));
        let dues: Vec<_> = recovered.iter().map(|record| (record.created_at.0, record.due_at().unwrap().0)).collect();
        assert_eq!(dues, [(20, 1000), (30, 2000)]);
        assert_eq!(recovered[0].cancel_recovery().unwrap(), at(20));
        assert!(at(20).cancel_recovery().is_none());
        assert!(recover(&[at(0)], EpochMillis(0), EpochMillis(KEPT_MS), EpochMillis(KEPT_MS)).is_empty());
        let mut record = recovered[0].claim(EpochMillis(1000)).unwrap();
        record.settle(&webhook(), tried(EpochMillis(1000), 429), 0.0);
        assert_eq!(record.due_at(), Some(EpochMillis(61_010)), "a receiver that is busy gets it later");
        let mut record = record.claim(EpochMillis(61_010)).unwrap();
        record.settle(&webhook(), tried(EpochMillis(61_010), 500), 0.0);
        assert_eq!(record.state, state);
    }

    #[test]
    fn the_time_that_it_was_held_does_not_make_it_older() {
        let mut webhook = webhook();
        webhook.health = webhook.health.switched_off(EpochMillis(0));
        let held = Record::new(frozen("{}"), &webhook, EpochMillis(0));
        assert_eq!((&held.state, held.attempt), (&RecordState::Held, 0));
        let later = EpochMillis(10 * 86_400_000);
        webhook.health = webhook.health.switched_on(later);
        assert!(matches!(webhook.health.state, State::Throttled { per_second: 1, .. }));
        let released = release(std::slice::from_ref(&held), later, later).remove(0);
        assert!(matches!(released.look(&webhook, &[], later), Look::Attempt { .. }));
        let unreleased = Record { state: RecordState::Waiting { due_at: later }, held_since: None, ..held.clone() };
        let Look::Store(expired) = unreleased.look(&webhook, &[], later) else { panic!("{unreleased:?}") };
        assert_eq!(expired.state, RecordState::Parked { reason: Parked::Expired });
        assert_eq!(drop_held(&[held])[0].state, RecordState::Parked { reason: Parked::Dropped });
    }

    #[test]
    fn what_the_receiver_said_is_harmless() {
        for (body, compressed, text) in [
            (&b"OK\n"[..], false, Some("OK\n".to_owned())),
            (b"", false, None),
            (b"\x1b[31mred\x00\r\xff", false, Some("\u{fffd}[31mred\u{fffd}\u{fffd}\u{fffd}".to_owned())),
            ("a\u{202e}b".as_bytes(), false, Some("a\u{fffd}b".to_owned())),
            (&[0x1f, 0x8b], true, Some("compressed, not shown".to_owned())),
            ("가".repeat(2000).as_bytes(), false, Some("가".repeat(1365))),
        ] {
            let answer = Answer { body: body.to_vec(), compressed, ..Answer::of(Exchange::Answered { status: 500 }) };
            assert_eq!(shown(&answer), text);
        }
    }

    #[test]
    fn hundreds_of_attempts_fit_into_an_item() {
        let mut record = record();
        for n in 0..500 {
            let body = vec![b'x'; 100_000];
            let answer = Answer { body, ..Answer::of(Exchange::Answered { status: 429 }) };
            record.settle(&webhook(), Tried::new(EpochMillis(n), 0, answer), 0.0);
        }
        assert_eq!((record.attempts.len(), record.attempts[0].at), (ATTEMPTS_KEPT, EpochMillis(0)));
        assert!(serde_json::to_string(&record).unwrap().len() < 2 * ANSWERS_KEPT * ANSWER_STORED_BYTES);
    }

    #[test]
    fn version_1_of_the_stored_form() {
        for golden in [include_str!("../testdata/record_v1.json"), include_str!("../testdata/record_v1_full.json")] {
            let record: Record = serde_json::from_str(golden).unwrap();
            let value: serde_json::Value = serde_json::from_str(golden).unwrap();
            assert_eq!(serde_json::to_value(&record).unwrap(), value);
        }
        let old = r#"{ "state": "parked", "reason": "12 attempts failed" }"#;
        let reason = Parked::Other("12 attempts failed".to_owned());
        assert_eq!(serde_json::from_str::<RecordState>(old).unwrap(), RecordState::Parked { reason });
    }
}
