//! The delivery worker: makes one DELIVERY of everything that waits for a webhook lane, freezes it, posts it, and only
//! then lets go of the queue's messages. Retries live in the record; a queue delay or the minute's sweep wakes them.
//!
//! ```text
//! create, or look and claim ──► POST ──► parts ──► health ──► record ──► effects
//! ```

mod health;
mod notify;
pub mod owner;
mod sweep;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use delivery::health::SOON_MS;
use delivery::{
    Bundle, Exchange, Fleet, Frozen, Look, Order, Parked, QueuedBundle, Record, RecordState, Tried, Webhook, freeze,
    order, request_headers,
};
use model::{DeliveryId, EpochMillis, Event, EventId};
use serde::Deserialize;
use serde_json::Value;
use store::{Deliveries, Fleets, Kept, StoreError, Webhooks};
use tracing::{error, info, warn};

use crate::aws::Aws;
use crate::cache::Cache;
use crate::canary::Canary;
use crate::clock;
use crate::config::{DeliveryConfig, OperatorConfig};
use crate::guard::Reach;
use crate::metrics::{self, Metric};
use crate::outgoing::Guarded;
use crate::post::{Post, Posted};
use crate::queue::{EventsQueue, RetryQueue};
use crate::records::{BatchResponse, WithTheBatch, each_group, each_in_order};
pub use crate::witness::Witness;

#[derive(Debug)]
pub struct Deliver {
    webhooks: Webhooks,
    fleets: Fleets,
    fleet_known: Cache<(), Fleet>,
    deliveries: Deliveries,
    events: EventsQueue,
    retries: RetryQueue,
    receivers: Guarded,
    canary: Canary,
    operator: Option<OperatorConfig>,
    longest_ms: u64,
    witness: Witness<Point>,
}

/// What the function is invoked with: a batch of `events.fifo`, a batch of the retry queue, or the minute's schedule.
#[derive(Debug)]
pub enum Invocation {
    Events(SqsEvent),
    Retries(SqsEvent),
    Sweep,
}

/// Where a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Stored, and not sent; where it may be sent at once, claimed.
    Frozen,
    /// A later attempt is claimed.
    Claimed,
    /// The receiver has answered, or has not.
    Posted,
    /// What was cut out of it is stored.
    Divided,
    /// The webhook's health is stored.
    Heard,
    /// The record is stored.
    Settled,
    /// What follows from the health is done.
    Told,
}

/// For whom everything is before.
const LATEST: EpochMillis = EpochMillis(i64::MAX);
/// So often somebody else may have written first.
const TRIES: usize = 10;
/// How many webhooks, or reads, are under way at once.
const AT_ONCE: usize = 16;
/// A wake-up that comes before its time by so much was meant for that time.
const EARLY_MS: i64 = 2000;
/// What is known of all webhooks together is believed for so long.
const FLEET_KNOWN_MS: i64 = 1000;
/// Parts of a delivery are sent right after it for so long; then they are woken.
const PARTS_MS: i64 = 15_000;

/// What a worker knows of a webhook while it works for it.
struct Lane {
    webhook: Webhook,
    /// Its deliveries as they were last written here: the index may not know them yet.
    seen: BTreeMap<DeliveryId, Record>,
}

impl Deliver {
    pub fn new(aws: &Aws, config: &DeliveryConfig, reach: Reach) -> Self {
        let dynamodb = aws.dynamodb.clone();
        Self {
            webhooks: Webhooks::new(dynamodb.clone(), &config.tables.webhooks),
            fleets: Fleets::new(dynamodb.clone(), &config.tables.webhooks),
            fleet_known: Cache::new(FLEET_KNOWN_MS),
            deliveries: Deliveries::new(dynamodb, &config.tables.deliveries),
            events: EventsQueue::new(aws.sqs.clone(), &config.events_queue),
            retries: RetryQueue::new(aws.sqs.clone(), &config.retry_queue),
            receivers: Guarded::new(reach),
            canary: Canary::new(reach),
            operator: config.operator.clone(),
            longest_ms: u64::MAX,
            witness: Witness::default(),
        }
    }

    #[must_use]
    pub fn with_witness(self, witness: Witness<Point>) -> Self {
        Self { witness, ..self }
    }

    /// No attempt takes longer: whoever waits for it must have an answer.
    #[must_use]
    pub fn within(self, longest_ms: u64) -> Self {
        Self { longest_ms, ..self }
    }

    fn deadline_ms(&self, webhook: &Webhook) -> u64 {
        webhook.deadline_ms().min(self.longest_ms)
    }

    pub async fn handle(&self, invocation: Invocation) -> BatchResponse {
        let response = match invocation {
            Invocation::Events(event) => each_group(event, &self.events, |records| self.lane(records)).await,
            Invocation::Retries(event) => each_in_order(event, &WithTheBatch, |record| self.wake(record)).await,
            Invocation::Sweep => {
                self.sweep().await;
                metrics::count(Metric::Sweeps, 1);
                BatchResponse::default()
            }
        };
        metrics::flush();
        response
    }

    /// What waits for one lane of one webhook. How many of the records, from the first on, are safe: sent, or frozen for a
    /// later attempt.
    async fn lane(&self, records: Vec<SqsMessage>) -> usize {
        let mut bundles: Vec<Bundle> = Vec::new();
        for record in &records {
            match serde_json::from_str(record.body.as_deref().unwrap_or_default()) {
                Ok(QueuedBundle::V1(bundle)) => bundles.push(bundle),
                Err(error) => {
                    // Those before it go out; it and what follows come again, until it is a dead letter.
                    error!(message.id = record.message_id, reason = ?error.classify(), "Events on the queue cannot be read");
                    break;
                }
            }
        }
        let readable = bundles.len();
        let Some(Bundle { bot_id, webhook_id, .. }) = bundles.first().cloned() else { return 0 };
        let webhook = match self.webhooks.load(&bot_id, webhook_id).await {
            Ok(Some(webhook)) => webhook,
            Ok(None) => {
                info!(bot.id = %bot_id, webhook.id = %webhook_id, "Events of a webhook that was deleted are let go");
                return readable;
            }
            Err(error) => {
                error!(%error, "A webhook could not be read");
                return 0;
            }
        };
        let gathering_ms = gathering_ms(&webhook, &records, clock::now());
        if gathering_ms > 0 {
            let receipts = records.iter().filter_map(|record| record.receipt_handle.clone()).collect();
            match self.events.put_back(receipts, gathering_ms).await {
                Ok(()) => return 0,
                // Sent sooner than its owner asked for.
                Err(error) => warn!(webhook.id = %webhook_id, %error, "Events are not gathered"),
            }
        }
        let events: Vec<Event> = bundles.into_iter().flat_map(|bundle| bundle.events).collect();
        let is_new = records
            .iter()
            .all(|record| record.attributes.get("ApproximateReceiveCount").is_some_and(|count| count == "1"));
        match self.deliver(webhook, events, is_new).await {
            Ok(()) => readable,
            Err(error) => {
                error!(%error, "Events could not be frozen");
                0
            }
        }
    }

    /// `is_new`: nobody has tried it before.
    async fn deliver(&self, webhook: Webhook, mut events: Vec<Event>, is_new: bool) -> Result<(), StoreError> {
        let mut lane = Lane { webhook, seen: BTreeMap::new() };
        if !is_new {
            events = self.frozen_before(&mut lane, events).await?;
        }
        // Where nothing is sent now, those that wait already change nothing: whoever sends them later looks. There may be
        // thousands.
        let mut knows_open = lane.webhook.health.lets_new_ones_go(clock::now());
        let open = if knows_open { self.open(&lane, LATEST).await? } else { Vec::new() };
        // What an earlier try has frozen for later waits for nobody new.
        let mut done: HashSet<EventId> = open.iter().flat_map(|record| record.events.iter().copied()).collect();
        events.retain(|event| done.insert(event.id));
        let (mut free, mut behind) = order::divide(lane.webhook.order, &open, events);
        loop {
            // These first: should this try end while others are sent, the next finds them as they were.
            while !behind.is_empty() {
                behind = self.freeze(&mut lane, behind, Record::behind).await?;
            }
            if free.is_empty() {
                return Ok(());
            }
            let rest = self.freeze(&mut lane, free, Record::new).await?;
            // What was just sent may have failed, and they wait for it now.
            let open = if !knows_open && lane.webhook.health.lets_new_ones_go(clock::now()) {
                knows_open = true;
                self.open(&lane, LATEST).await?
            } else {
                lane.open()
            };
            (free, behind) = order::divide(lane.webhook.order, &open, rest);
        }
    }

    /// Cuts the first delivery of the events, and sends it if it may be sent. The events that are left.
    async fn freeze(
        &self,
        lane: &mut Lane,
        mut events: Vec<Event>,
        make: fn(Frozen, &Webhook, EpochMillis) -> Record,
    ) -> Result<Vec<Event>, StoreError> {
        let Some(frozen) = freeze(&lane.webhook, &events).into_iter().next() else { return Ok(Vec::new()) };
        let (id, now) = (frozen.id, clock::now());
        let record = make(frozen, &lane.webhook, now);
        // An earlier try may have frozen a first part of them; what it did not know of is cut anew.
        let members: HashSet<EventId> = match self.deliveries.create(&record).await {
            Ok(()) => {
                self.witness.reached(Point::Frozen).await;
                let members = record.events.iter().copied().collect();
                lane.saw(&record);
                let record = self.still_held(lane, record).await?;
                self.begin(lane, record).await?;
                members
            }
            // None: it was frozen and has expired since; two weeks are enough.
            Err(StoreError::Conflict) => self.earlier(lane, id).await?.unwrap_or_else(|| HashSet::from([events[0].id])),
            Err(error) => return Err(error),
        };
        events.retain(|event| !members.contains(&event.id));
        Ok(events)
    }

    /// Without what an earlier try has frozen, wherever that has got since. Each of its deliveries starts with the first event
    /// of a conversation that was not in one before it.
    async fn frozen_before(&self, lane: &mut Lane, mut events: Vec<Event>) -> Result<Vec<Event>, StoreError> {
        // Otherwise each starts with the first event of all, and is found by being made again.
        if lane.webhook.order == Order::BestEffort {
            return Ok(events);
        }
        loop {
            let before = events.len();
            let mut conversations = HashSet::new();
            let firsts = events.iter().filter(|event| conversations.insert(event.conversation_id()));
            for first in firsts.map(|event| event.id).collect::<Vec<_>>() {
                if let Some(members) = self.earlier(lane, DeliveryId::of(lane.webhook.id, first)).await? {
                    events.retain(|event| !members.contains(&event.id));
                }
            }
            if events.len() == before {
                return Ok(events);
            }
        }
    }

    /// A delivery that an earlier try has frozen goes on. Its events, if there is one.
    async fn earlier(&self, lane: &mut Lane, id: DeliveryId) -> Result<Option<HashSet<EventId>>, StoreError> {
        let Some(earlier) = self.deliveries.load(id).await? else { return Ok(None) };
        let members = earlier.events.iter().copied().collect();
        lane.saw(&earlier);
        // Nobody has let go of its events: they come now, as far as the owner can tell.
        let earlier = self.still_held(lane, earlier).await?;
        self.go(lane, vec![earlier], clock::now().plus_ms(PARTS_MS)).await?;
        Ok(Some(members))
    }

    /// Whoever switched the webhook on meanwhile has not seen this one among those that are held.
    async fn still_held(&self, lane: &mut Lane, record: Record) -> Result<Record, StoreError> {
        if record.state != RecordState::Held || !self.reread(&mut lane.webhook).await? || !lane.webhook.is_on() {
            return Ok(record);
        }
        let now = clock::now();
        let Some(released) = delivery::release(std::slice::from_ref(&record), now, now).pop() else {
            return Ok(record);
        };
        // Where somebody else did the same, it is open, and woken.
        Ok(if self.save(lane, &released, record.attempt).await? { released } else { record })
    }

    /// A record that was just stored.
    async fn begin(&self, lane: &mut Lane, record: Record) -> Result<(), StoreError> {
        let now = clock::now();
        let parts = match record.state {
            RecordState::Claimed { .. } => self.attempt(lane, record, false).await?,
            RecordState::Waiting { due_at } if due_at <= now => vec![record],
            RecordState::Waiting { .. }
            | RecordState::Held
            | RecordState::Parked { .. }
            | RecordState::Delivered
            | RecordState::Split { .. } => {
                self.put_off(&record).await;
                return Ok(());
            }
        };
        self.go(lane, parts, now.plus_ms(PARTS_MS)).await
    }

    /// Looks at the records, each with what is cut out of it before the next.
    async fn go(&self, lane: &mut Lane, records: Vec<Record>, until: EpochMillis) -> Result<(), StoreError> {
        let mut todo: Vec<Record> = records.into_iter().rev().collect();
        while let Some(record) = todo.pop() {
            if clock::now() > until {
                self.put_off(&record).await;
                continue;
            }
            let parts = self.look(lane, &record).await?;
            todo.extend(parts.into_iter().rev());
        }
        Ok(())
    }

    /// Another attempt, if it is due, the webhook may be sent to, and nobody else is at it. What is cut out of it.
    async fn look(&self, lane: &mut Lane, record: &Record) -> Result<Vec<Record>, StoreError> {
        for _ in 0..TRIES {
            let now = clock::now();
            // There may be thousands, and each is read: those before it only.
            let asks = record.asks_for_others(&lane.webhook, now);
            let open = if asks { self.open(lane, record.created_at).await? } else { Vec::new() };
            match record.look(&lane.webhook, &open, now) {
                Look::NotDue => return Ok(Vec::new()),
                Look::Store(Record { state: RecordState::Waiting { due_at }, .. })
                    if due_at.since(clock::now()) <= SOON_MS =>
                {
                    let wait_ms = due_at.since(clock::now()).max(0).unsigned_abs();
                    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                    if !self.reread(&mut lane.webhook).await? {
                        return Ok(Vec::new());
                    }
                }
                Look::Store(next) => {
                    if self.save(lane, &next, record.attempt).await? {
                        let next = self.still_held(lane, next).await?;
                        self.put_off(&next).await;
                    }
                    return Ok(Vec::new());
                }
                Look::Attempt { record: claimed, probe, health } => {
                    if let Some(health) = health {
                        match self.webhooks.save_health(&lane.webhook, &health, lane.webhook.health.version).await {
                            Ok(()) => lane.webhook.health = health,
                            // Somebody else passes; how it is after that, the next look says.
                            Err(StoreError::Conflict) if self.reread(&mut lane.webhook).await? => continue,
                            Err(StoreError::Conflict) => return Ok(Vec::new()),
                            Err(error) => return Err(error),
                        }
                    }
                    if !self.save(lane, &claimed, record.attempt).await? {
                        return Ok(Vec::new());
                    }
                    self.witness.reached(Point::Claimed).await;
                    return self.attempt(lane, claimed, probe).await;
                }
            }
        }
        // The sweep will look again.
        Ok(Vec::new())
    }

    /// One POST of a claimed record, and what follows from it. The order of the writes is that of `delivery::record`: dying
    /// between two of them makes one attempt more, and loses nothing.
    async fn attempt(&self, lane: &mut Lane, mut record: Record, probe: bool) -> Result<Vec<Record>, StoreError> {
        let (at, number) = (clock::now(), record.attempt);
        let headers = request_headers(&lane.webhook, &record, at);
        let deadline_ms = self.deadline_ms(&lane.webhook);
        let post = Post { url: &lane.webhook.url, headers: &headers, body: &record.body, deadline_ms };
        let Posted { mut answer, phases, peer } = self.receivers.deliver(&post).await;
        self.witness.reached(Point::Posted).await;
        let took_ms = clock::now().since(at);
        let connected = phases.is_some_and(|phases| phases.connect_ms.or(phases.tls_ms).is_some());
        let canary_well = !asks_canary(answer.exchange, connected) || self.canary.is_well().await;
        answer.exchange = blamed(answer.exchange, canary_well);
        let exchange = answer.exchange;
        let tried = Tried { at, took_ms, answer, phases, peer, probe, canary_well };
        let settled = record.settle(&lane.webhook, tried, clock::chance());
        let (webhook_id, id, events) = (lane.webhook.id, record.id, record.events.len());
        metrics::time(Metric::DeliveryMs, took_ms);
        if settled.well {
            metrics::count(Metric::Deliveries, 1);
            info!(webhook.id = %webhook_id, delivery.id = %id, attempt = number, events, took_ms, "Delivered {events} events");
        } else {
            metrics::count(Metric::DeliveryFailures, 1);
            warn!(webhook.id = %webhook_id, delivery.id = %id, attempt = number, events, took_ms, ?exchange, "An attempt failed");
        }
        for part in &settled.children {
            match self.deliveries.create(part).await {
                // There already, if this comes for the second time.
                Ok(()) | Err(StoreError::Conflict) => lane.saw(part),
                Err(error) => return Err(error),
            }
        }
        self.witness.reached(Point::Divided).await;
        let effects = self.hear(&mut lane.webhook, &settled.heard).await?;
        self.witness.reached(Point::Heard).await;
        record.follow(&lane.webhook.health);
        // Where that fails the lease runs out, and the sweep tries again; the receiver knows the delivery by its id.
        let saved = self.save(lane, &record, number).await?;
        if saved {
            record = self.still_held(lane, record).await?;
        }
        self.witness.reached(Point::Settled).await;
        self.carry_out(&mut lane.webhook, effects).await;
        self.witness.reached(Point::Told).await;
        // Somebody took it over, because this took longer than the lease.
        if !saved {
            return Ok(Vec::new());
        }
        self.put_off(&record).await;
        let (due, later): (Vec<Record>, Vec<Record>) =
            settled.children.into_iter().partition(|part| part.due_at().is_some_and(|due_at| due_at <= clock::now()));
        for part in &later {
            self.put_off(part).await;
        }
        Ok(due)
    }

    /// False when somebody else wrote first.
    async fn save(&self, lane: &mut Lane, record: &Record, attempt: u32) -> Result<bool, StoreError> {
        match self.deliveries.save(record, attempt).await {
            Ok(()) => {
                lane.saw(record);
                Ok(true)
            }
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What is not sent now: it has a wake-up, or is held or given up, which somebody may look for in the log.
    async fn put_off(&self, record: &Record) {
        let (webhook_id, id, events) = (record.webhook_id, record.id, record.events.len());
        match &record.state {
            RecordState::Waiting { due_at } => {
                if let Err(error) = self.retries.wake(id, due_at.since(clock::now())).await {
                    warn!(delivery.id = %id, %error, "A retry has no wake-up; the sweep will find it");
                }
            }
            RecordState::Held => {
                info!(webhook.id = %webhook_id, delivery.id = %id, events, "Holding a delivery: the webhook is off");
            }
            RecordState::Parked { reason } => {
                metrics::count(Metric::Parked, 1);
                warn!(webhook.id = %webhook_id, delivery.id = %id, events, ?reason, "Gave up a delivery");
            }
            RecordState::Split { into } => {
                info!(webhook.id = %webhook_id, delivery.id = %id, events, parts = into.len(), "Divided a delivery");
            }
            RecordState::Claimed { .. } | RecordState::Delivered => {}
        }
    }

    /// The deliveries of the webhook that are not at their end, where their order matters: those that were made by then.
    async fn open(&self, lane: &Lane, until: EpochMillis) -> Result<Vec<Record>, StoreError> {
        match lane.webhook.order {
            Order::BestEffort => Ok(Vec::new()),
            Order::Conversation => {
                let open = self.deliveries.until(lane.webhook.id, Kept::Open, until).await?;
                let unseen = open.into_iter().filter(|record| !lane.seen.contains_key(&record.id));
                Ok(unseen.chain(lane.open()).collect())
            }
        }
    }

    async fn wake(&self, record: SqsMessage) -> bool {
        let Ok(id) = record.body.unwrap_or_default().parse::<DeliveryId>() else {
            error!(message.id = record.message_id, "A wake-up names no delivery");
            return true;
        };
        match self.deliveries.load(id).await {
            Ok(None) => true,
            // Clocks differ: another wake-up, or it would wait for the sweep. What was put off for longer has one of its own.
            Ok(Some(record))
                if record.due_at().is_some_and(|due_at| (1..=EARLY_MS).contains(&due_at.since(clock::now()))) =>
            {
                self.put_off(&record).await;
                true
            }
            Ok(Some(record)) => self.visit(&record, clock::now().plus_ms(PARTS_MS)).await,
            Err(error) => {
                error!(delivery.id = %id, %error, "A due delivery could not be read");
                false
            }
        }
    }

    /// Looks at one delivery that may be due.
    async fn visit(&self, record: &Record, until: EpochMillis) -> bool {
        let result = async {
            if record.due_at().is_none_or(|due_at| due_at > clock::now()) {
                return Ok(());
            }
            match self.webhooks.load(&record.bot_id, record.webhook_id).await? {
                Some(webhook) => {
                    let mut lane = Lane { webhook, seen: BTreeMap::new() };
                    self.go(&mut lane, vec![record.clone()], until).await
                }
                // Out of the index, so that it does not stand before others for ever.
                None => {
                    let parked = Record { state: RecordState::Parked { reason: Parked::Deleted }, ..record.clone() };
                    match self.deliveries.save(&parked, record.attempt).await {
                        Ok(()) => self.put_off(&parked).await,
                        Err(StoreError::Conflict) => {}
                        Err(error) => return Err(error),
                    }
                    Ok(())
                }
            }
        };
        match result.await {
            Ok(()) => true,
            Err(error) => {
                error!(delivery.id = %record.id, %error, "A due delivery could not be looked at");
                false
            }
        }
    }
}

impl Lane {
    fn open(&self) -> Vec<Record> {
        self.seen.values().filter(|record| record.due_at().is_some()).cloned().collect()
    }

    /// Nobody asks where order does not matter.
    fn saw(&mut self, record: &Record) {
        match self.webhook.order {
            Order::BestEffort => {}
            Order::Conversation => drop(self.seen.insert(record.id, record.clone())),
        }
    }
}

/// How long the events still wait for others, by their webhook's wish.
fn gathering_ms(webhook: &Webhook, records: &[SqsMessage], now: EpochMillis) -> i64 {
    let window = webhook.window();
    if window == 0 {
        return 0;
    }
    let sent_at = |record: &SqsMessage| record.attributes.get("SentTimestamp")?.parse().ok().map(EpochMillis);
    let first = records.iter().filter_map(sent_at).min();
    // Clocks differ.
    first.map_or(0, |first| first.plus_ms(window).since(now).min(window))
}

/// Whether our own way out may be to blame: nobody was reached.
const fn asks_canary(exchange: Exchange, connected: bool) -> bool {
    match exchange {
        Exchange::Unresolved => true,
        Exchange::TimedOut | Exchange::Disconnected => !connected,
        Exchange::Answered { .. }
        | Exchange::Malformed
        | Exchange::Certificate
        | Exchange::NoSuchName
        | Exchange::BlockedAddress
        | Exchange::Unknown
        | Exchange::OurFault => false,
    }
}

/// Where nobody can be reached, this receiver is not to blame. That a name is not found may be its own fault all the same.
const fn blamed(exchange: Exchange, canary_well: bool) -> Exchange {
    match exchange {
        Exchange::TimedOut | Exchange::Disconnected if !canary_well => Exchange::OurFault,
        _ => exchange,
    }
}

impl<'de> Deserialize<'de> for Invocation {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Value::deserialize(deserializer)?;
        if event.get("Records").is_none() {
            // EventBridge's schedule, or a person.
            return Ok(Self::Sweep);
        }
        let event: SqsEvent = serde_json::from_value(event).map_err(serde::de::Error::custom)?;
        // Only the FIFO queue has groups.
        let fifo = event.records.iter().all(|record| record.attributes.contains_key("MessageGroupId"));
        Ok(if fifo { Self::Events(event) } else { Self::Retries(event) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_a_failure_is_put_down_to() {
        for (exchange, connected, asks, when_ill) in [
            (Exchange::TimedOut, false, true, Exchange::OurFault),
            (Exchange::Disconnected, false, true, Exchange::OurFault),
            (Exchange::TimedOut, true, false, Exchange::TimedOut),
            (Exchange::Disconnected, true, false, Exchange::Disconnected),
            (Exchange::Unresolved, false, true, Exchange::Unresolved),
            (Exchange::NoSuchName, false, false, Exchange::NoSuchName),
            (Exchange::Certificate, true, false, Exchange::Certificate),
            (Exchange::Answered { status: 500 }, true, false, Exchange::Answered { status: 500 }),
        ] {
            assert_eq!(asks_canary(exchange, connected), asks, "{exchange:?} {connected}");
            assert_eq!(blamed(exchange, !asks), when_ill, "{exchange:?} {connected}");
            assert_eq!(blamed(exchange, true), exchange);
        }
    }
}
