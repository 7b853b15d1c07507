//! The health of a webhook: how fast it is sent to, when it is left in peace, and when it is switched off.
//!
//! ```text
//! Active ──too much to do──▶ Throttled ──a good while──▶ Active
//! Active, Throttled ──five failures in a row──▶ Paused ──a probe is taken──▶ Throttled
//! any ──nothing taken for 72 hours, or the receiver says so──▶ Disabled ──the owner──▶ Throttled
//! ```
//!
//! Every change raises `version`, and is written on the condition of the version it was read with; the loser reads again.
//! A webhook that takes what it gets never changes.

use std::collections::BTreeSet;

use model::{DeliveryId, EpochMillis};
use serde::{Deserialize, Serialize};

use crate::limits::{DAY_MS, HOUR_MS, LEASE_MS};
use crate::{Asks, Cause, Exchange, Fleet, Judgement, Next, Notice, NoticeKind, Policy, Webhook};

/// Requests a second, and at a time.
pub const FASTEST: u8 = 50;
pub const MOST_IN_FLIGHT: u8 = 8;
/// A pause after so many failures in a row, if the last success is at least so long ago.
pub const PAUSE_AFTER: usize = 5;
pub const PAUSE_AFTER_MS: i64 = 60_000;
/// The first probe of a pause comes after this; each further wait is twice as long, up to the second.
pub const PROBE_MS: i64 = 30_000;
/// A worker waits so long itself; queues know whole seconds only.
pub const SOON_MS: i64 = 300;
pub const LONGEST_PROBE_MS: i64 = 900_000;
/// `durable`: off after so long without a success, if there were so many attempts, and the last of them was not long ago.
pub const OFF_AFTER_MS: i64 = 72 * HOUR_MS;
pub const OFF_AFTER_FAILURES: usize = 10;
pub const OFF_LAST_MS: i64 = 24 * HOUR_MS;
pub const WARN_AFTER_MS: [i64; 2] = [24 * HOUR_MS, 48 * HOUR_MS];
/// Two 410 in a row, so far apart.
pub const GONE_APART_MS: i64 = 30_000;
/// A receiver that asks for more holds the others back for so long; then one of them is sent to see.
pub const LONGEST_HOLD_MS: i64 = HOUR_MS;
/// While it is off: a test so often, for so long.
pub const TEST_EVERY_MS: i64 = DAY_MS;
pub const TESTS: u32 = 7;

/// Over so many places in the queue.
const SPREAD: u128 = 64;
/// More are not needed to decide anything.
const ATTEMPTS_KNOWN: usize = 16;
/// When the last failure was is known so well: a receiver that fails often does not make us write as often.
const LAST_KNOWN_MS: i64 = 60_000;
/// The same refusal, so often, is a mistake that the owner should know of.
const REFUSALS_TOLD: u32 = 3;
/// What happens is gathered for so long while a receiver fails: it gets fewer requests, and fuller ones.
const GATHER_MS: i64 = 2000;

/// What is stored of it. A new version is a new variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum StoredHealth {
    #[serde(rename = "1", rename_all = "camelCase")]
    V1 {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failing_since: Option<EpochMillis>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        off: Option<SwitchedOff>,
    },
    #[serde(rename = "2")]
    V2(Health),
}

/// As version 1 told of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SwitchedOff {
    pub at: EpochMillis,
    pub reason: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    pub version: u64,
    #[serde(flatten)]
    pub state: State,
    /// Nothing is sent until then, by the receiver's wish. When the time is over, one delivery is sent to see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_until: Option<EpochMillis>,
    /// What went wrong since the last success. Any success clears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Failing>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum State {
    #[default]
    Active,
    Throttled {
        per_second: u8,
        in_flight: u8,
        /// When it last became slower or faster.
        since: EpochMillis,
        /// The next request is sent then at the earliest.
        next_at: EpochMillis,
    },
    /// Nothing is sent but probes.
    Paused {
        since: EpochMillis,
        probe_at: EpochMillis,
        probes: u32,
        /// The delivery that is sent to see.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        oldest: Option<Oldest>,
    },
    /// Switched off: events are held.
    Disabled {
        since: EpochMillis,
        reason: Reason,
        /// A test is sent then, to see whether it is back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test_at: Option<EpochMillis>,
        tests: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Oldest {
    pub created_at: EpochMillis,
    pub delivery: DeliveryId,
}

/// Why a webhook is off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// Nothing was taken for three days.
    Failing,
    /// `closer2020`: the four attempts of a delivery failed, and no other got through.
    Exhausted,
    /// Two answers in a row were 410.
    Gone,
    /// The receiver said `webhook-delivery: disable`.
    Asked,
    /// The owner did it.
    ByHand,
    /// As version 1 put it.
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failing {
    pub since: EpochMillis,
    /// At most [`LAST_KNOWN_MS`] before the last failure.
    pub last: EpochMillis,
    /// The first of the failed attempts: a set, so that what is handled twice counts once.
    pub attempts: BTreeSet<(DeliveryId, u32)>,
    /// How the last one ended.
    pub exchange: Exchange,
    /// Refusals one after another that are not of a delivery's content: 401, 403, 404 … More than [`REFUSALS_TOLD`] are not
    /// counted.
    #[serde(default)]
    pub refusals: u32,
    /// The first of the answers 410 that came one after another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_at: Option<EpochMillis>,
    /// How many warnings the owner has had.
    #[serde(default)]
    pub warnings: u8,
    #[serde(default)]
    pub certificate_told: bool,
    /// The operator was asked whether to switch it off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub operator_asked: bool,
}

/// What an attempt told of its webhook. [`Record::settle`](crate::Record::settle) makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub delivery: DeliveryId,
    pub created_at: EpochMillis,
    pub attempt: u32,
    /// Retries of the delivery used up, the first attempt included.
    pub used: u32,
    pub began: EpochMillis,
    pub ended: EpochMillis,
    pub first_attempt_at: EpochMillis,
    pub exchange: Exchange,
    pub judgement: Judgement,
    /// The delivery has no attempt left.
    pub exhausted: bool,
    pub probe: bool,
    /// One event that the receiver does not want was set aside: that says nothing of the webhook.
    pub set_aside: bool,
    /// The delivery is not at its end.
    pub open: bool,
    pub next_at: Option<EpochMillis>,
}

/// What is to be done beside storing the health, once it is stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// For [`Fleet::began`].
    Began { cause: Cause },
    /// For [`Fleet::stopped`].
    Stopped,
    /// For [`Fleet::switched_off`], and for the log.
    SwitchedOff { reason: Reason },
    /// Outside of the webhook itself: it fails.
    Tell(Notice),
    /// It would be switched off now, but so would too many. A person should look; said once.
    AskOperator,
    /// Send a test DELIVERY; [`Health::after_test`] takes what comes of it.
    Test,
}

/// Whether a delivery of the webhook may be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    Go,
    /// It goes to see whether the receiver is back.
    Probe,
    Wait {
        until: EpochMillis,
    },
    /// The webhook is off.
    Hold,
}

impl Health {
    pub const fn is_on(&self) -> bool {
        !matches!(self.state, State::Disabled { .. })
    }

    /// How many requests may be on their way at a time.
    pub const fn in_flight(&self) -> u8 {
        match self.state {
            State::Active => MOST_IN_FLIGHT,
            State::Throttled { in_flight, .. } => in_flight,
            State::Paused { .. } | State::Disabled { .. } => 1,
        }
    }

    /// How long events are gathered for its sake.
    pub(crate) fn gathers_ms(&self) -> i64 {
        let failing = self.failing.as_ref().filter(|failing| failing.attempts.len() >= PAUSE_AFTER);
        failing.map_or(0, |_| GATHER_MS)
    }

    /// When this delivery is sent as a probe, if it is the one.
    pub(crate) fn probe_at(&self, delivery: DeliveryId) -> Option<EpochMillis> {
        match self.state {
            State::Paused { probe_at, oldest: Some(oldest), .. } if oldest.delivery == delivery => Some(probe_at),
            State::Active | State::Throttled { .. } | State::Paused { .. } | State::Disabled { .. } => None,
        }
    }

    /// Whether what is made now may be sent at once.
    pub fn lets_new_ones_go(&self, now: EpochMillis) -> bool {
        let waits = |until: Option<EpochMillis>| until.is_some_and(|until| until > now);
        match self.state {
            State::Disabled { .. } | State::Paused { .. } => false,
            State::Throttled { next_at, .. } => !waits(Some(next_at)) && !waits(self.hold_until),
            State::Active => !waits(self.hold_until),
        }
    }

    pub fn pass(&self, created_at: EpochMillis, delivery: DeliveryId, now: EpochMillis) -> Pass {
        match self.state {
            State::Disabled { .. } => return Pass::Hold,
            State::Paused { probe_at, oldest, .. } => {
                let is_oldest =
                    oldest.is_none_or(|oldest| delivery == oldest.delivery || created_at < oldest.created_at);
                // The oldest may be gone; another goes then, a little later.
                let due_at = if is_oldest { probe_at } else { probe_at.plus_ms(LEASE_MS) };
                return if due_at <= now { Pass::Probe } else { Pass::Wait { until: due_at } };
            }
            State::Active | State::Throttled { .. } => {}
        }
        if let Some(until) = self.hold_until.filter(|until| *until > now) {
            return Pass::Wait { until };
        }
        match self.state {
            // Whose turn is that near waits for it, and stays in its order.
            State::Throttled { next_at, .. } if next_at > now && next_at.since(now) <= SOON_MS => {
                Pass::Wait { until: next_at }
            }
            State::Throttled { per_second, next_at, .. } if next_at > now => {
                // Spread by their ids: a crowd that comes back in the same moment would only be sent away again.
                let places = i64::try_from(delivery.uuid().as_u128() % SPREAD).unwrap_or_default();
                Pass::Wait { until: next_at.plus_ms(places * 1000 / i64::from(per_second.max(1))) }
            }
            State::Active | State::Throttled { .. } | State::Paused { .. } | State::Disabled { .. } => Pass::Go,
        }
    }

    /// When the next request may be sent, where the pace or a hold says so.
    pub(crate) fn next_at(&self) -> Option<EpochMillis> {
        match self.state {
            State::Throttled { next_at, .. } => Some(self.hold_until.map_or(next_at, |until| until.max(next_at))),
            State::Active | State::Paused { .. } | State::Disabled { .. } => None,
        }
    }

    /// The health while a delivery that may pass is on its way. Where it differs it is written first: of two that want to
    /// pass one gets it.
    pub fn sending(&self, pass: Pass, now: EpochMillis) -> Self {
        let mut health = self.clone();
        match (&mut health.state, pass) {
            (State::Paused { probe_at, .. }, Pass::Probe) => *probe_at = now.plus_ms(LEASE_MS),
            (State::Throttled { per_second, next_at, .. }, Pass::Go) => {
                *next_at = now.plus_ms(1000 / i64::from((*per_second).max(1)));
            }
            (State::Active | State::Throttled { .. } | State::Paused { .. } | State::Disabled { .. }, _) => {}
        }
        if pass == Pass::Go && health.hold_until.is_some() {
            health.hold_until = Some(now.plus_ms(LEASE_MS));
        }
        health.versioned(self)
    }

    /// The health after an attempt, and what follows. The same attempt told twice changes nothing the second time.
    pub fn after(&self, webhook: &Webhook, heard: &Heard, fleet: &Fleet) -> (Self, Vec<Effect>) {
        let mut effects = Vec::new();
        if !self.is_on() {
            // It was on its way when the webhook was switched off.
            return (self.clone(), effects);
        }
        let mut health = self.clone();
        if heard.judgement.asks == Some(Asks::Disable) {
            health.switch_off(Reason::Asked, heard.exchange, heard.ended, &mut effects);
            return (health.versioned(self), effects);
        }
        match heard.judgement.next {
            Next::Accepted => health.accepted(heard, &mut effects),
            Next::Later { delay_ms, hold: true } => {
                let until = heard.ended.plus_ms(delay_ms.min(LONGEST_HOLD_MS));
                health.hold_until = Some(health.hold_until.map_or(until, |earlier| earlier.max(until)));
                health.slow_down(heard.ended);
                health.probed(heard);
            }
            Next::Later { hold: false, .. } | Next::Again { .. } | Next::Refused { .. } | Next::TooLarge => {
                health.end_hold(heard);
                if heard.judgement.slower {
                    health.slow_down(heard.ended);
                }
                if heard.set_aside {
                    health.forget(heard.delivery, &mut effects);
                } else if heard.judgement.counts {
                    health.failed(webhook.policy, heard, fleet, &mut effects);
                }
                health.probed(heard);
            }
        }
        (health.versioned(self), effects)
    }

    /// An answer ends the hold if it is that of the delivery which was sent to see, and not of one that was on its way when
    /// the receiver asked for it.
    fn end_hold(&mut self, heard: &Heard) {
        if self.hold_until.is_some_and(|until| until <= heard.began.plus_ms(LEASE_MS)) {
            self.hold_until = None;
        }
    }

    fn accepted(&mut self, heard: &Heard, effects: &mut Vec<Effect>) {
        self.end_hold(heard);
        let failing = self.failing.take();
        if failing.is_some() {
            effects.push(Effect::Stopped);
        }
        let was_told = failing.is_some_and(|failing| failing.was_told());
        let was_paused = matches!(self.state, State::Paused { .. });
        if was_told || was_paused {
            effects.push(Effect::Tell(Notice::new(NoticeKind::Recovered, heard.exchange, heard.ended)));
        }
        self.speed_up(heard.ended);
    }

    /// What a delivery told is not held against the webhook any more.
    fn forget(&mut self, delivery: DeliveryId, effects: &mut Vec<Effect>) {
        let Some(failing) = &mut self.failing else { return };
        failing.attempts.retain(|(of, _)| *of != delivery);
        if failing.attempts.is_empty() {
            self.failing = None;
            effects.push(Effect::Stopped);
        }
    }

    fn failed(&mut self, policy: Policy, heard: &Heard, fleet: &Fleet, effects: &mut Vec<Effect>) {
        let now = heard.ended;
        let Some(cause) = heard.exchange.cause() else { return };
        if self.failing.is_none() {
            effects.push(Effect::Began { cause });
        }
        let failing = self.failing.get_or_insert_with(|| Failing::new(heard));
        let attempt = (heard.delivery, heard.attempt);
        if failing.attempts.contains(&attempt) {
            return;
        }
        failing.exchange = heard.exchange;
        failing.since = failing.since.min(heard.began);
        let is_new = failing.attempts.len() < ATTEMPTS_KNOWN && failing.attempts.insert(attempt);
        if is_new || now.since(failing.last) >= LAST_KNOWN_MS {
            failing.last = failing.last.max(now);
        }
        if fleet.is_still() {
            // Nobody is to blame for what happens now. Deliveries wait for it to end, as far as the policy lets them.
            if policy == Policy::Durable {
                self.pause(heard);
            }
            return;
        }
        let is_gone = heard.exchange == Exchange::Answered { status: 410 };
        failing.gone_at = is_gone.then_some(failing.gone_at.unwrap_or(now));
        if failing.gone_at.is_some_and(|first| now.since(first) >= GONE_APART_MS) {
            self.switch_off(Reason::Gone, heard.exchange, now, effects);
            return;
        }
        failing.tell(heard, effects);
        match policy {
            Policy::Durable => {
                self.judge_age(fleet, now, heard.next_at, effects);
                self.pause(heard);
            }
            Policy::Closer2020 => self.closer2020(heard, fleet, effects),
        }
    }

    fn closer2020(&mut self, heard: &Heard, fleet: &Fleet, effects: &mut Vec<Effect>) {
        let Some(failing) = &mut self.failing else { return };
        // A success after the delivery's first attempt cleared the record, and a later failure began a new one.
        let nothing_got_through = failing.since <= heard.first_attempt_at;
        if heard.used >= 2 && failing.warnings == 0 {
            failing.warnings = 1;
            let notice = Notice::new(NoticeKind::Failing, heard.exchange, failing.since);
            let off_at = heard.first_attempt_at.plus_ms(Policy::Closer2020.longest_span_ms());
            effects.push(Effect::Tell(notice.next(heard.next_at).off(Some(off_at))));
        }
        if heard.exhausted && nothing_got_through {
            self.switch_off_if_few(Reason::Exhausted, heard.exchange, fleet, heard.ended, effects);
        }
    }

    /// `durable`: warns, and switches off after both warnings.
    fn judge_age(&mut self, fleet: &Fleet, now: EpochMillis, next_at: Option<EpochMillis>, effects: &mut Vec<Effect>) {
        let Some(failing) = &mut self.failing else { return };
        let elapsed_ms = fleet.elapsed_ms(failing.since, now);
        let was_warned = usize::from(failing.warnings) == WARN_AFTER_MS.len();
        let due = WARN_AFTER_MS.iter().filter(|after_ms| elapsed_ms >= **after_ms).count();
        if due > usize::from(failing.warnings) {
            failing.warnings = u8::try_from(due).unwrap_or(u8::MAX);
            let off_at = now.plus_ms((OFF_AFTER_MS - elapsed_ms).max(0));
            let notice = Notice::new(NoticeKind::Failing, failing.exchange, failing.since);
            effects.push(Effect::Tell(notice.next(next_at).off(Some(off_at))));
        }
        let long = elapsed_ms >= OFF_AFTER_MS;
        let often = failing.attempts.len() >= OFF_AFTER_FAILURES;
        let lately = now.since(failing.last) <= OFF_LAST_MS;
        if long && often && lately && was_warned {
            let exchange = failing.exchange;
            self.switch_off_if_few(Reason::Failing, exchange, fleet, now, effects);
        }
    }

    fn pause(&mut self, heard: &Heard) {
        let Some(failing) = &self.failing else { return };
        let long = heard.ended.since(failing.since) >= PAUSE_AFTER_MS;
        let awake = matches!(self.state, State::Active | State::Throttled { .. });
        if awake && long && failing.attempts.len() >= PAUSE_AFTER {
            let oldest = heard.open.then_some(Oldest { created_at: heard.created_at, delivery: heard.delivery });
            let probe_at = heard.ended.plus_ms(PROBE_MS);
            self.state = State::Paused { since: heard.ended, probe_at, probes: 0, oldest };
        }
    }

    /// A probe that was not taken: the next comes later.
    fn probed(&mut self, heard: &Heard) {
        let State::Paused { probe_at, probes, oldest, .. } = &mut self.state else { return };
        if !heard.probe {
            return;
        }
        *probes = probes.saturating_add(1);
        let wait_ms = PROBE_MS.checked_shl(*probes).filter(|ms| *ms > 0 && *probes < 32).unwrap_or(LONGEST_PROBE_MS);
        *probe_at = heard.ended.plus_ms(wait_ms.min(LONGEST_PROBE_MS)).max(self.hold_until.unwrap_or(heard.ended));
        *oldest = heard.open.then_some(Oldest { created_at: heard.created_at, delivery: heard.delivery });
    }

    fn slow_down(&mut self, now: EpochMillis) {
        let (per_second, in_flight) = match self.state {
            State::Active => (FASTEST, MOST_IN_FLIGHT),
            State::Throttled { per_second, in_flight, .. } => (per_second, in_flight),
            State::Paused { .. } | State::Disabled { .. } => return,
        };
        self.state = State::Throttled {
            per_second: (per_second / 2).max(1),
            in_flight: (in_flight / 2).max(1),
            since: now,
            next_at: now,
        };
    }

    /// One request a second more for each second that went well.
    fn speed_up(&mut self, now: EpochMillis) {
        match self.state {
            State::Active | State::Disabled { .. } => {}
            State::Paused { .. } => self.state = State::slow(now),
            State::Throttled { per_second, in_flight, since, next_at } => {
                let good = u8::try_from((now.since(since) / 1000).clamp(0, i64::from(FASTEST))).unwrap_or(FASTEST);
                if good == 0 {
                    return;
                }
                let per_second = per_second.saturating_add(good).min(FASTEST);
                let in_flight = in_flight.saturating_mul(2).clamp(1, MOST_IN_FLIGHT);
                let is_well = per_second == FASTEST && in_flight == MOST_IN_FLIGHT;
                self.state = if is_well {
                    State::Active
                } else {
                    State::Throttled { per_second, in_flight, since: now, next_at }
                };
            }
        }
    }

    /// Where too many go off at once, a person is asked, once.
    fn switch_off_if_few(
        &mut self,
        reason: Reason,
        exchange: Exchange,
        fleet: &Fleet,
        now: EpochMillis,
        effects: &mut Vec<Effect>,
    ) {
        if fleet.may_switch_off(now) {
            self.switch_off(reason, exchange, now, effects);
            return;
        }
        if let Some(failing) = self.failing.as_mut().filter(|failing| !failing.operator_asked) {
            failing.operator_asked = true;
            effects.push(Effect::AskOperator);
        }
    }

    fn switch_off(&mut self, reason: Reason, exchange: Exchange, now: EpochMillis, effects: &mut Vec<Effect>) {
        let since = self.failing.as_ref().map_or(now, |failing| failing.since);
        let by_hand = reason == Reason::ByHand;
        self.hold_until = None;
        self.state = State::Disabled {
            since: now,
            reason: reason.clone(),
            test_at: (!by_hand).then_some(now.plus_ms(TEST_EVERY_MS)),
            tests: 0,
        };
        effects.push(Effect::SwitchedOff { reason: reason.clone() });
        if !by_hand {
            effects.push(Effect::Tell(Notice::new(NoticeKind::Disabled(reason), exchange, since)));
        }
    }

    /// What time alone brings: a warning between two attempts, a test of a webhook that is off.
    pub fn tick(&self, webhook: &Webhook, fleet: &Fleet, now: EpochMillis) -> (Self, Vec<Effect>) {
        let mut health = self.clone();
        let mut effects = Vec::new();
        match &mut health.state {
            State::Disabled { test_at: at @ Some(_), tests, .. } if *at <= Some(now) => {
                *tests += 1;
                *at = (*tests < TESTS).then_some(now.plus_ms(TEST_EVERY_MS));
                effects.push(Effect::Test);
            }
            State::Disabled { .. } => {}
            State::Active | State::Throttled { .. } | State::Paused { .. } => {
                if webhook.policy == Policy::Durable && !fleet.is_still() {
                    health.judge_age(fleet, now, None, &mut effects);
                }
            }
        }
        (health.versioned(self), effects)
    }

    /// After the test that [`Effect::Test`] asks for, or that the owner sent. A failure says nothing new.
    pub fn after_test(&self, webhook: &Webhook, exchange: Exchange, now: EpochMillis) -> (Self, Vec<Effect>) {
        if exchange.cause().is_some() {
            return (self.clone(), Vec::new());
        }
        let mut health = self.clone();
        let mut effects = Vec::new();
        match &health.state {
            State::Disabled { reason: Reason::ByHand, .. } => {}
            State::Disabled { .. } if webhook.revive => {
                health = health.on(now);
                effects.push(Effect::Stopped);
                effects.push(Effect::Tell(Notice::new(NoticeKind::Recovered, exchange, now)));
            }
            State::Disabled { .. } => {
                effects.push(Effect::Tell(Notice::new(NoticeKind::AnswersAgain, exchange, now)));
            }
            State::Active | State::Throttled { .. } | State::Paused { .. } => {
                let failing = health.failing.take();
                if failing.is_some() {
                    effects.push(Effect::Stopped);
                }
                let was_paused = matches!(health.state, State::Paused { .. });
                if was_paused {
                    health.state = State::slow(now);
                }
                if was_paused || failing.is_some_and(|failing| failing.was_told()) {
                    effects.push(Effect::Tell(Notice::new(NoticeKind::Recovered, exchange, now)));
                }
            }
        }
        (health.versioned(self), effects)
    }

    /// When it is switched off at the earliest if nothing gets better.
    pub fn off_at(&self, policy: Policy) -> Option<EpochMillis> {
        let failing = self.failing.as_ref().filter(|_| self.is_on())?;
        Some(failing.since.plus_ms(match policy {
            Policy::Durable => OFF_AFTER_MS,
            Policy::Closer2020 => Policy::Closer2020.longest_span_ms(),
        }))
    }

    /// The owner switches it on. What was held is sent or given up by [`release`](crate::record::release) or
    /// [`drop_held`](crate::record::drop_held), as the owner chooses, and never without being asked.
    pub fn switched_on(&self, now: EpochMillis) -> Self {
        if self.is_on() { self.clone() } else { self.clone().on(now).versioned(self) }
    }

    /// The owner switches it off.
    pub fn switched_off(&self, now: EpochMillis) -> Self {
        let mut health = self.clone();
        if health.is_on() {
            health.switch_off(Reason::ByHand, Exchange::Unknown, now, &mut Vec::new());
        }
        health.versioned(self)
    }

    fn on(self, now: EpochMillis) -> Self {
        Self { state: State::slow(now), hold_until: None, failing: None, ..self }
    }

    fn versioned(mut self, earlier: &Self) -> Self {
        if self != *earlier {
            self.version = earlier.version + 1;
        }
        self
    }
}

impl State {
    /// How it begins again.
    const fn slow(now: EpochMillis) -> Self {
        Self::Throttled { per_second: 1, in_flight: 1, since: now, next_at: now }
    }
}

impl Failing {
    const fn new(heard: &Heard) -> Self {
        Self {
            since: heard.began,
            last: heard.ended,
            attempts: BTreeSet::new(),
            exchange: heard.exchange,
            refusals: 0,
            gone_at: None,
            warnings: 0,
            certificate_told: false,
            operator_asked: false,
        }
    }

    const fn was_told(&self) -> bool {
        self.warnings > 0 || self.certificate_told || self.refusals >= REFUSALS_TOLD
    }

    /// What an owner should know at once.
    fn tell(&mut self, heard: &Heard, effects: &mut Vec<Effect>) {
        let notice = |kind, since| Effect::Tell(Notice::new(kind, heard.exchange, since).next(heard.next_at));
        match heard.exchange {
            Exchange::Answered { status: 400 | 408 | 410 | 413 | 422 | 429 } => {}
            Exchange::Answered { status: 400..=499 } if self.refusals < REFUSALS_TOLD => {
                self.refusals += 1;
                if self.refusals == REFUSALS_TOLD {
                    effects.push(notice(NoticeKind::Refusing, self.since));
                }
            }
            Exchange::Certificate if !self.certificate_told => {
                self.certificate_told = true;
                effects.push(notice(NoticeKind::Certificate, self.since));
            }
            Exchange::Answered { .. }
            | Exchange::TimedOut
            | Exchange::Disconnected
            | Exchange::Malformed
            | Exchange::Certificate
            | Exchange::NoSuchName
            | Exchange::Unresolved
            | Exchange::BlockedAddress
            | Exchange::Unknown
            | Exchange::OurFault => {}
        }
    }
}

impl From<StoredHealth> for Health {
    fn from(stored: StoredHealth) -> Self {
        match stored {
            StoredHealth::V2(health) => health,
            StoredHealth::V1 { failing_since, off } => Self {
                version: 0,
                state: off.map_or(State::Active, |off| State::Disabled {
                    since: off.at,
                    reason: Reason::Other(off.reason),
                    test_at: None,
                    tests: 0,
                }),
                hold_until: None,
                failing: failing_since.map(|since| Failing {
                    since,
                    last: since,
                    attempts: BTreeSet::new(),
                    exchange: Exchange::Unknown,
                    refusals: 0,
                    gone_at: None,
                    warnings: 0,
                    certificate_told: false,
                    operator_asked: false,
                }),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(golden: &str) -> Health {
        let stored: StoredHealth = serde_json::from_str(golden).unwrap();
        assert_eq!(serde_json::to_value(&stored).unwrap(), serde_json::from_str::<serde_json::Value>(golden).unwrap());
        stored.into()
    }

    #[test]
    fn version_1_stays_readable() {
        let health = round_trip(include_str!("../testdata/health_v1.json"));
        let reason = Reason::Other("4 attempts of a delivery failed within 30 minutes".to_owned());
        let since = EpochMillis(1_763_713_800_000);
        assert_eq!(health.state, State::Disabled { since, reason, test_at: None, tests: 0 });
        assert_eq!(health.failing.unwrap().since, EpochMillis(1_763_712_000_000));
        assert_eq!(round_trip(r#"{"v":"1"}"#), Health::default());
    }

    #[test]
    fn version_2_in_each_state() {
        for golden in include_str!("../testdata/health_v2.jsonl").lines() {
            round_trip(golden);
        }
    }

    #[test]
    fn a_webhook_that_is_well_is_never_written() {
        let webhook = Webhook::new("Bxxxxx".parse().unwrap(), "https://example.com", EpochMillis(0));
        let health = Health::default();
        let id: DeliveryId = "0b7c9d1e-5f3a-4c2b-8e6d-1a2b3c4d5e6f".parse().unwrap();
        assert_eq!(health.pass(EpochMillis(0), id, EpochMillis(0)), Pass::Go);
        assert_eq!(health.sending(Pass::Go, EpochMillis(0)), health);
        assert_eq!(health.after_test(&webhook, Exchange::Answered { status: 200 }, EpochMillis(0)), (health, vec![]));
    }

    /// Age alone would punish quiet webhooks, and count alone busy ones in one bad second.
    #[test]
    fn switched_off_for_age_and_count_and_only_after_both_warnings() {
        let webhook = Webhook::new("Bxxxxx".parse().unwrap(), "https://example.com", EpochMillis(0));
        let fleet = Fleet::default().tick(1000, 1000, true, EpochMillis(0)).0;
        let frozen = Fleet { still: vec![crate::fleet::Still { from: EpochMillis(0), to: None }], ..fleet.clone() };
        let busy = Fleet { switched_off: vec![EpochMillis(100 * HOUR_MS); 10], ..fleet.clone() };
        let now = EpochMillis(100 * HOUR_MS);
        let id: DeliveryId = "0b7c9d1e-5f3a-4c2b-8e6d-1a2b3c4d5e6f".parse().unwrap();
        for (fleet, failing_ms, attempts, last_ms, warnings, expected) in [
            (&fleet, OFF_AFTER_MS, 10, 0, 2, "off"),
            (&fleet, OFF_AFTER_MS, 10, OFF_LAST_MS, 2, "off"),
            (&fleet, OFF_AFTER_MS - 1, 10, 0, 2, ""),
            (&fleet, OFF_AFTER_MS, 9, 0, 2, ""),
            (&fleet, OFF_AFTER_MS, 10, OFF_LAST_MS + 1, 2, ""),
            (&fleet, OFF_AFTER_MS, 10, 0, 1, "warned"),
            (&fleet, OFF_AFTER_MS, 10, 0, 0, "warned"),
            (&fleet, WARN_AFTER_MS[0], 1, 0, 0, "warned"),
            (&fleet, WARN_AFTER_MS[0] - 1, 1, 0, 0, ""),
            (&fleet, WARN_AFTER_MS[1], 1, 0, 1, "warned"),
            (&frozen, OFF_AFTER_MS, 10, 0, 2, ""),
            (&busy, OFF_AFTER_MS, 10, 0, 2, "asked"),
        ] {
            let failing = Failing {
                since: now.plus_ms(-failing_ms),
                last: now.plus_ms(-last_ms),
                attempts: (0..attempts).map(|n| (id, n)).collect(),
                exchange: Exchange::TimedOut,
                refusals: 0,
                gone_at: None,
                warnings,
                certificate_told: false,
                operator_asked: false,
            };
            let health = Health { failing: Some(failing), ..Health::default() };
            let (after, effects) = health.tick(&webhook, fleet, now);
            let did = match effects.as_slice() {
                [] => "",
                [Effect::SwitchedOff { reason: Reason::Failing }, Effect::Tell(_)] if !after.is_on() => "off",
                [Effect::Tell(notice)] if notice.kind == NoticeKind::Failing => "warned",
                [Effect::AskOperator] => "asked",
                other => panic!("{other:?}"),
            };
            assert_eq!(did, expected, "{failing_ms} {attempts} {last_ms} {warnings}");
            if expected == "asked" {
                assert_eq!(after.tick(&webhook, fleet, now), (after.clone(), vec![]), "asked once");
            }
            assert_eq!(after.version, u64::from(after != health), "each change has its version");
        }
    }

    /// Each write is one of the webhook's item, and side by side they would stand in each other's way.
    #[test]
    fn a_receiver_that_always_fails_is_written_seldom() {
        let webhook = Webhook::new("Bxxxxx".parse().unwrap(), "https://example.com", EpochMillis(0));
        for (status, most) in [(500, 22), (403, 22)] {
            let mut health = Health::default();
            let mut gathers = Vec::new();
            for n in 0..1000 {
                let id: DeliveryId = format!("0b7c9d1e-5f3a-4c2b-8e6d-{n:012x}").parse().unwrap();
                let at = EpochMillis(n * 200);
                let exchange = Exchange::Answered { status };
                let heard = Heard {
                    delivery: id,
                    created_at: at,
                    attempt: 1,
                    used: 1,
                    began: at,
                    ended: at,
                    first_attempt_at: at,
                    exchange,
                    judgement: crate::judge(&crate::Answer::of(exchange), true, at),
                    exhausted: false,
                    probe: false,
                    set_aside: false,
                    open: true,
                    next_at: None,
                };
                let known = health.after(&webhook, &heard, &Fleet::default()).0;
                health = known;
                gathers.push(Webhook { health: health.clone(), ..webhook.clone() }.window() > 0);
                let last = health.failing.as_ref().map(|failing| failing.last);
                assert!(last.is_some_and(|last| at.since(last) < LAST_KNOWN_MS), "{last:?} at {at:?}");
            }
            assert!(health.version <= most, "{status}: written {} times", health.version);
            assert_eq!(gathers.iter().position(|gathers| *gathers), Some(PAUSE_AFTER - 1));
        }
    }

    #[test]
    fn rates_halve_and_rise_by_one_each_good_second() {
        let mut health = Health::default();
        let mut seen = Vec::new();
        let mut see = |health: &Health| {
            seen.push(match health.state {
                State::Throttled { per_second, in_flight, .. } => (per_second, in_flight),
                State::Active => (FASTEST, MOST_IN_FLIGHT),
                State::Paused { .. } | State::Disabled { .. } => (0, 0),
            });
        };
        for _ in 0..7 {
            health.slow_down(EpochMillis(0));
            see(&health);
        }
        for at in [999, 1000, 1500, 2000, 5000, 60_000] {
            health.speed_up(EpochMillis(at));
            see(&health);
        }
        let down = [(25, 4), (12, 2), (6, 1), (3, 1), (1, 1), (1, 1), (1, 1)];
        let up = [(1, 1), (2, 2), (2, 2), (3, 4), (6, 8), (50, 8)];
        assert_eq!(seen, [&down[..], &up[..]].concat());
        assert_eq!(health.state, State::Active);
    }
}
