//! The delivery worker: makes one DELIVERY of everything that waits for a webhook lane, freezes it, posts it, and only
//! then lets go of the queue's messages. Retries live in the record; a queue delay or the minute's sweep wakes them.

use std::collections::HashSet;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use delivery::{Attempt, Bundle, QueuedBundle, Record, RecordState, Settled, Webhook, freeze};
use futures::StreamExt as _;
use model::{DeliveryId, Event, EventId};
use serde::Deserialize;
use serde_json::Value;
use store::{Deliveries, StoreError, Webhooks};
use tracing::{error, info, warn};

use crate::aws::Aws;
use crate::clock;
use crate::config::DeliveryConfig;
use crate::guard::Reach;
use crate::outgoing::Guarded;
use crate::queue::RetryQueue;
use crate::records::{BatchResponse, each_group, each_in_order};

#[derive(Debug)]
pub struct Deliver {
    webhooks: Webhooks,
    deliveries: Deliveries,
    retries: RetryQueue,
    receivers: Guarded,
}

/// What the function is invoked with: a batch of `events.fifo`, a batch of the retry queue, or the minute's schedule.
#[derive(Debug)]
pub enum Invocation {
    Events(SqsEvent),
    Retries(SqsEvent),
    Sweep,
}

/// How many due deliveries a sweep takes, and how many of them at once.
const SWEEP: i32 = 200;
const AT_ONCE: usize = 16;
/// A sweep asks for no more after so long.
const SWEEP_MS: i64 = 40_000;

impl Deliver {
    pub fn new(aws: &Aws, config: &DeliveryConfig, reach: Reach) -> Self {
        let dynamodb = aws.dynamodb.clone();
        Self {
            webhooks: Webhooks::new(dynamodb.clone(), &config.tables.webhooks),
            deliveries: Deliveries::new(dynamodb, &config.tables.deliveries),
            retries: RetryQueue::new(aws.sqs.clone(), &config.retry_queue),
            receivers: Guarded::new(reach),
        }
    }

    pub async fn handle(&self, invocation: Invocation) -> BatchResponse {
        match invocation {
            Invocation::Events(event) => each_group(event, |records| self.lane(records)).await,
            Invocation::Retries(event) => each_in_order(event, |record| self.wake(record)).await,
            Invocation::Sweep => {
                if let Err(error) = self.sweep().await {
                    error!(%error, "The sweep could not look for due deliveries");
                }
                BatchResponse::default()
            }
        }
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
        let events: Vec<Event> = bundles.into_iter().flat_map(|bundle| bundle.events).collect();
        match self.deliver(&webhook, events).await {
            Ok(()) => readable,
            Err(error) => {
                error!(%error, "Events could not be frozen");
                0
            }
        }
    }

    async fn deliver(&self, webhook: &Webhook, mut events: Vec<Event>) -> Result<(), StoreError> {
        let mut done: HashSet<EventId> = HashSet::new();
        events.retain(|event| done.insert(event.id));
        // An earlier try may have frozen a first part of them; what it did not know of is cut anew.
        while !events.is_empty() {
            let Some(frozen) = freeze(webhook, &events).into_iter().next() else { break };
            let id = frozen.id;
            let record = Record::new(frozen, webhook, clock::now());
            let members: HashSet<EventId> = match self.deliveries.create(&record).await {
                Ok(()) => {
                    let members = record.events.iter().copied().collect();
                    if record.state == RecordState::Held {
                        info!(webhook.id = %webhook.id, delivery.id = %id, "Holding events: the webhook is off");
                    } else {
                        self.attempt(webhook, record).await?;
                    }
                    members
                }
                Err(StoreError::Conflict) => match self.deliveries.load(id).await? {
                    Some(earlier) => {
                        let members = earlier.events.iter().copied().collect();
                        self.retry(webhook, &earlier).await?;
                        members
                    }
                    // It was frozen and has expired since: two weeks are enough.
                    None => HashSet::from([events[0].id]),
                },
                Err(error) => return Err(error),
            };
            events.retain(|event| !members.contains(&event.id));
        }
        Ok(())
    }

    /// Another attempt, if it is due and nobody else is at it.
    async fn retry(&self, webhook: &Webhook, record: &Record) -> Result<(), StoreError> {
        if !webhook.is_on() {
            return self.hold(webhook, record).await;
        }
        let Some(claimed) = record.claim(clock::now()) else { return Ok(()) };
        match self.deliveries.save(&claimed, record.attempt).await {
            Ok(()) => self.attempt(webhook, claimed).await,
            Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn hold(&self, webhook: &Webhook, record: &Record) -> Result<(), StoreError> {
        if record.due_at().is_none_or(|due_at| due_at > clock::now()) {
            return Ok(());
        }
        info!(webhook.id = %webhook.id, delivery.id = %record.id, "Holding a delivery: the webhook is off");
        let held = Record { state: RecordState::Held, ..record.clone() };
        match self.deliveries.save(&held, record.attempt).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// One POST of a claimed record, and what follows from it.
    async fn attempt(&self, webhook: &Webhook, mut record: Record) -> Result<(), StoreError> {
        let at = clock::now();
        let number = record.attempt;
        let headers = delivery::headers(record.id, number, at.seconds(), record.body.as_bytes(), &webhook.secrets);
        let exchange = self.receivers.deliver(&webhook.url, headers, record.body.clone()).await;
        let now = clock::now();
        let took_ms = now.since(at);
        let attempt = Attempt { number, at, took_ms, exchange };
        let Settled { state, well, exhausted } = record.settle(webhook.policy, attempt, clock::chance());
        let (webhook_id, id, events) = (webhook.id, record.id, record.events.len());
        if well {
            info!(webhook.id = %webhook_id, delivery.id = %id, attempt = number, events, took_ms, "Delivered {events} events");
        } else {
            warn!(webhook.id = %webhook_id, delivery.id = %id, attempt = number, events, took_ms, ?exchange, "An attempt failed");
        }
        // Before the record says that this is done: a crash in between makes one attempt more, and no switch-off less.
        self.health(webhook, &record, well, exhausted).await?;
        match self.deliveries.save(&record, number).await {
            // Somebody took it over, because this took longer than the lease.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => {
                // The lease runs out, and the sweep tries again; the receiver knows the delivery by its id.
                error!(webhook.id = %webhook_id, delivery.id = %id, %error, "An attempt could not be recorded");
                return Ok(());
            }
        }
        if let RecordState::Waiting { due_at } = state
            && let Err(error) = self.retries.wake(id, due_at.since(now)).await
        {
            warn!(delivery.id = %id, %error, "A retry has no wake-up; the sweep will find it");
        }
        Ok(())
    }

    async fn health(&self, webhook: &Webhook, record: &Record, well: bool, exhausted: bool) -> Result<(), StoreError> {
        if well {
            return match webhook.health.failing_since {
                Some(_) => self.webhooks.well(webhook).await,
                None => Ok(()),
            };
        }
        let first = record.first_attempt_at.unwrap_or(record.created_at);
        // A first attempt fails as of its beginning, so that no success can hide between the two.
        let failed_at = if record.attempt == 1 { first } else { clock::now() };
        self.webhooks.failing(webhook, failed_at).await?;
        if !exhausted {
            return Ok(());
        }
        // As it is now, not as it was before the POST: another lane may have got through.
        let Some(webhook) = self.webhooks.load(&webhook.bot_id, webhook.id).await? else { return Ok(()) };
        if let Some(off) = webhook.health.after_last_failure(webhook.policy, first, clock::now()) {
            error!(bot.id = %webhook.bot_id, webhook.id = %webhook.id, reason = off.reason, "A webhook is switched off");
            self.webhooks.switch_off(&webhook, &off, first).await?;
        }
        Ok(())
    }

    async fn wake(&self, record: SqsMessage) -> bool {
        match record.body.unwrap_or_default().parse::<DeliveryId>() {
            Ok(id) => self.look(id).await,
            Err(_) => {
                error!(message.id = record.message_id, "A wake-up names no delivery");
                true
            }
        }
    }

    /// All that is due, as far as the time allows; the next minute goes on.
    async fn sweep(&self) -> Result<(), StoreError> {
        let started = clock::now();
        loop {
            let due = self.deliveries.due(clock::now(), SWEEP).await?;
            let count = due.len();
            if count > 0 {
                info!(due = count, "Sweeping {count} due deliveries");
            }
            let looks = futures::stream::iter(due).map(|id| self.look(id)).buffer_unordered(AT_ONCE);
            let looked: Vec<bool> = looks.collect().await;
            // The same would come again where none could be looked at.
            let stuck = !looked.contains(&true);
            if count < SWEEP.unsigned_abs() as usize || stuck || clock::now().since(started) > SWEEP_MS {
                return Ok(());
            }
        }
    }

    /// Looks at one delivery that may be due.
    async fn look(&self, id: DeliveryId) -> bool {
        let result = async {
            let Some(record) = self.deliveries.load(id).await? else { return Ok(()) };
            if record.due_at().is_none_or(|due_at| due_at > clock::now()) {
                return Ok(());
            }
            match self.webhooks.load(&record.bot_id, record.webhook_id).await? {
                Some(webhook) => self.retry(&webhook, &record).await,
                None => self.park(&record, "the webhook was deleted").await,
            }
        };
        match result.await {
            Ok(()) => true,
            Err(error) => {
                error!(delivery.id = %id, %error, "A due delivery could not be looked at");
                false
            }
        }
    }

    /// Takes a record out of the index, so that it does not stand before others for ever.
    async fn park(&self, record: &Record, reason: &str) -> Result<(), StoreError> {
        let parked = Record { state: RecordState::Parked { reason: reason.to_owned() }, ..record.clone() };
        match self.deliveries.save(&parked, record.attempt).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
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
