//! What the owner of a webhook does with it and with its deliveries. Each may be asked for twice: what is done already is
//! not done again.

use delivery::{Attempt, Cut, Erased, Exchange, Frozen, Phases, Record, RecordState, Webhook, request_headers};
use futures::StreamExt as _;
use model::{DeliveryId, EndUserId, EpochMillis, EventId, InboundId, PlatformType};
use store::{Kept, StoreError};
use tracing::{info, warn};

use super::{AT_ONCE, Deliver, Lane, TRIES};
use crate::clock;
use crate::post::{Post, Posted};

/// How a test ended.
#[derive(Clone, Debug)]
pub struct Tested {
    pub id: DeliveryId,
    pub at: EpochMillis,
    pub took_ms: i64,
    pub exchange: Exchange,
    pub phases: Option<Phases>,
    /// The first of what the receiver said, harmless to show.
    pub answer: Option<String>,
    pub location: Option<String>,
}

/// What became of a wish to send one again.
#[derive(Debug)]
pub enum Resent {
    /// The record after the attempt.
    Tried(Box<Record>),
    /// It is being sent at this moment, its events go on in others, or its body is gone.
    Refused,
    /// There is no such delivery of this webhook.
    Unknown,
}

impl Deliver {
    /// A DELIVERY without events, to see whether the receiver is there. It leaves no record. A failure does not count.
    pub async fn try_out(&self, webhook: &mut Webhook) -> Result<Tested, StoreError> {
        let (tested, effects) = self.test(webhook).await?;
        self.carry_out(webhook, effects).await;
        Ok(tested)
    }

    pub(super) async fn post_test(&self, webhook: &Webhook) -> Tested {
        let at = clock::now();
        let cause = InboundId::of(&webhook.bot_id, PlatformType::Test, &format!("test {} {}", webhook.id, at.0));
        let frozen = Frozen::test(webhook, DeliveryId::of(webhook.id, EventId::of(cause, 0)));
        let mut record = Record { attempt: 1, ..Record::behind(frozen, webhook, at) };
        let headers = request_headers(webhook, &record, at);
        let post =
            Post { url: &webhook.url, headers: &headers, body: &record.body, deadline_ms: webhook.deadline_ms() };
        let Posted { answer, phases, peer } = self.receivers.deliver(&post).await;
        let (took_ms, exchange) = (clock::now().since(at), answer.exchange);
        info!(webhook.id = %webhook.id, ?exchange, took_ms, "Tested a webhook");
        // The record is not kept; it only knows how to show an attempt.
        let tried = delivery::Tried { phases, peer, ..delivery::Tried::new(at, took_ms, answer) };
        record.settle(webhook, tried, 0.0);
        let shown = record.attempts.pop().unwrap_or_else(|| Attempt::new(1, at, took_ms, exchange));
        let Attempt { phases, answer, location, .. } = shown;
        Tested { id: record.id, at, took_ms, exchange, phases, answer, location }
    }

    /// Sends one delivery again, now, whatever its schedule says. Its failure changes nothing.
    pub async fn resend(&self, webhook: Webhook, id: DeliveryId) -> Result<Resent, StoreError> {
        let Some(record) = self.deliveries.load(id).await?.filter(|record| record.webhook_id == webhook.id) else {
            return Ok(Resent::Unknown);
        };
        let Some(claimed) = record.resend(clock::now()) else { return Ok(Resent::Refused) };
        let mut lane = Lane { webhook, seen: std::collections::BTreeMap::new() };
        if !self.save(&mut lane, &claimed, record.attempt).await? {
            return Ok(Resent::Refused);
        }
        let parts = self.attempt(&mut lane, claimed, false).await?;
        for part in &parts {
            self.put_off(part).await;
        }
        let after = self.deliveries.load(id).await?;
        Ok(after.map_or(Resent::Unknown, |record| Resent::Tried(Box::new(record))))
    }

    /// All that was given up since then is sent once more, in order and one a second. How many that are.
    pub async fn recover(&self, webhook: &Webhook, since: EpochMillis) -> Result<usize, StoreError> {
        let parked = self.deliveries.of_webhook(webhook.id, Kept::Parked).await?;
        self.set(delivery::recover(&parked, since, clock::now())).await
    }

    /// What [`Deliver::recover`] began and has not sent yet is given up as it was.
    pub async fn cancel_recovery(&self, webhook: &Webhook) -> Result<usize, StoreError> {
        let open = self.deliveries.of_webhook(webhook.id, Kept::Open).await?;
        self.set(open.iter().filter_map(Record::cancel_recovery).collect()).await
    }

    /// What was held while the webhook was off is sent, in order.
    pub async fn release(&self, webhook: &Webhook) -> Result<usize, StoreError> {
        let held = self.deliveries.of_webhook(webhook.id, Kept::Held).await?;
        self.set(delivery::release(&held, clock::now())).await
    }

    /// What was held is given up.
    pub async fn drop_held(&self, webhook: &Webhook) -> Result<usize, StoreError> {
        let held = self.deliveries.of_webhook(webhook.id, Kept::Held).await?;
        self.set(delivery::drop_held(&held)).await
    }

    /// Switches the webhook on or off by hand. False when it is gone.
    pub async fn switch(&self, webhook: &mut Webhook, on: bool) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let (health, now) = (&webhook.health, clock::now());
            let next = if on { health.switched_on(now) } else { health.switched_off(now) };
            if next == *health {
                return Ok(true);
            }
            match self.webhooks.save_health(webhook, &next, health.version).await {
                Ok(()) => {
                    info!(bot.id = %webhook.bot_id, webhook.id = %webhook.id, on, "A webhook is switched by hand");
                    webhook.health = next;
                    return Ok(true);
                }
                Err(StoreError::Conflict) if self.reread(webhook).await? => {}
                Err(StoreError::Conflict) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Takes a customer out of the deliveries of a webhook. False when one is being sent at this moment: look again in a
    /// minute.
    pub async fn erase(&self, webhook: &Webhook, end_user_id: EndUserId) -> Result<bool, StoreError> {
        let mut complete = true;
        for kept in Kept::ALL {
            for record in self.deliveries.of_webhook(webhook.id, kept).await? {
                match record.erase(end_user_id, clock::now()) {
                    Erased::Untouched => {}
                    Erased::Busy => complete = false,
                    Erased::Changed(cut) => {
                        let Cut { rest, record: erased } = *cut;
                        if let Some(rest) = rest {
                            match self.deliveries.create(&rest).await {
                                Ok(()) | Err(StoreError::Conflict) => self.put_off(&rest).await,
                                Err(error) => return Err(error),
                            }
                        }
                        match self.deliveries.save(&erased, record.attempt).await {
                            Ok(()) => {}
                            Err(StoreError::Conflict) => complete = false,
                            Err(error) => return Err(error),
                        }
                    }
                }
            }
        }
        Ok(complete)
    }

    /// Writes the records, unless somebody else did meanwhile, and has them woken. How many were written.
    async fn set(&self, records: Vec<Record>) -> Result<usize, StoreError> {
        let writes = futures::stream::iter(records).map(|record| async move {
            match self.deliveries.save(&record, record.attempt).await {
                Ok(()) => {
                    match record.state {
                        RecordState::Waiting { .. } => self.put_off(&record).await,
                        // In bulk, and by the owner's wish: no line each.
                        RecordState::Parked { .. }
                        | RecordState::Held
                        | RecordState::Claimed { .. }
                        | RecordState::Delivered
                        | RecordState::Split { .. } => {}
                    }
                    Ok(1)
                }
                Err(StoreError::Conflict) => {
                    warn!(delivery.id = %record.id, "A delivery was changed meanwhile, and stays so");
                    Ok(0)
                }
                Err(error) => Err(error),
            }
        });
        let written: Vec<Result<usize, StoreError>> = writes.buffered(AT_ONCE).collect().await;
        written.into_iter().sum()
    }
}
