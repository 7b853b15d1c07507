//! What the owner of a webhook does with it and with its deliveries. Each may be asked for twice: what is done already is
//! not done again.

use delivery::record::APART_MS;
use delivery::{Attempt, Cut, Erased, Exchange, Frozen, Phases, Record, RecordState, Webhook, request_headers};
use futures::StreamExt as _;
use model::{DeliveryId, EndUserId, EpochMillis, EventId, InboundId, PlatformType};
use serde::{Deserialize, Serialize};
use store::{Kept, Place, StoreError};
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

/// What came of a wish for many deliveries.
#[derive(Clone, Copy, Debug, Default)]
pub struct Walked {
    pub count: usize,
    /// Where the same wish goes on, when the time did not suffice.
    pub next: Option<GoOn>,
}

/// How far a wish for many deliveries is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoOn {
    /// The last delivery that was looked at.
    place: Place,
    /// When the next one is due.
    from: EpochMillis,
}

/// Where a walk begins: behind a delivery, and when the first of the line is due.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    after: Option<Place>,
    from: EpochMillis,
}

/// How far the deliveries of a webhook were looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErasedTo(pub Option<(Kept, Option<Place>)>);

/// What came of a look at the deliveries of a webhook.
#[derive(Clone, Copy, Debug)]
pub struct Looked {
    /// None was being sent, or changed, at that moment.
    pub at_rest: bool,
    /// Where another call must go on; `None` when all were looked at.
    pub to: Option<ErasedTo>,
}

impl Line {
    fn of(at: Option<GoOn>) -> Self {
        at.map_or_else(Self::default, |GoOn { place, from }| Self { after: Some(place), from })
    }
}

/// Deliveries are read and written so many at a time.
const PAGE: i32 = 100;
/// A request of the management API ends after 29 seconds.
const WALK_MS: i64 = 15_000;
/// No line is longer: deliveries are not kept for longer.
const LONGEST_LINE_MS: i64 = 14 * 24 * 60 * 60 * 1000;

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
            Post { url: &webhook.url, headers: &headers, body: &record.body, deadline_ms: self.deadline_ms(webhook) };
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

    /// All that was given up since then is sent once more, in order and one a second.
    pub async fn recover(&self, webhook: &Webhook, since: EpochMillis, at: Option<GoOn>) -> Result<Walked, StoreError> {
        let at = self.line(webhook, at).await?;
        let change = |records: &[Record], from| delivery::recover(records, since, from, clock::now());
        self.walk(webhook, (Kept::Parked, since), at, change).await
    }

    /// What [`Deliver::recover`] began and has not sent yet is given up as it was.
    pub async fn cancel_recovery(&self, webhook: &Webhook, at: Option<GoOn>) -> Result<Walked, StoreError> {
        let change = |records: &[Record], _| records.iter().filter_map(Record::cancel_recovery).collect();
        self.walk(webhook, (Kept::Open, EpochMillis(0)), Line::of(at), change).await
    }

    /// What was held while the webhook was off is sent, in order.
    pub async fn release(&self, webhook: &Webhook, at: Option<GoOn>) -> Result<Walked, StoreError> {
        let at = self.line(webhook, at).await?;
        let change = |records: &[Record], from| delivery::release(records, from, clock::now());
        self.walk(webhook, (Kept::Held, EpochMillis(0)), at, change).await
    }

    /// What was held is given up.
    pub async fn drop_held(&self, webhook: &Webhook, at: Option<GoOn>) -> Result<Walked, StoreError> {
        let change = |records: &[Record], _| delivery::drop_held(records);
        self.walk(webhook, (Kept::Held, EpochMillis(0)), Line::of(at), change).await
    }

    /// Behind the line that an earlier wish has set: this one must not overtake it.
    async fn line(&self, webhook: &Webhook, at: Option<GoOn>) -> Result<Line, StoreError> {
        if at.is_some() {
            return Ok(Line::of(at));
        }
        let open = self.deliveries.latest_open(webhook.id, PAGE).await?;
        // One that was held and has been tried is due by its schedule, and not by the line.
        let of_a_line =
            |record: &&Record| record.redelivery.is_some() || (record.held_ms > 0 && record.attempts.is_empty());
        let due = open.iter().filter(of_a_line).filter_map(Record::due_at).max();
        Ok(Line { after: None, from: due.map_or(EpochMillis(0), |due_at| due_at.plus_ms(APART_MS)) })
    }

    /// Page by page, the earliest first: each is written before the next is read. What the time does not suffice for, another
    /// call goes on with.
    async fn walk(
        &self,
        webhook: &Webhook,
        (kept, since): (Kept, EpochMillis),
        Line { mut after, from }: Line,
        change: impl Fn(&[Record], EpochMillis) -> Vec<Record>,
    ) -> Result<Walked, StoreError> {
        let now = clock::now();
        let until = now.plus_ms(WALK_MS);
        let mut from = from.clamp(now, now.plus_ms(LONGEST_LINE_MS));
        let mut count = 0;
        loop {
            let (records, last) = self.deliveries.first(webhook.id, kept, (since, after), PAGE).await?;
            let changed = change(&records, from);
            from = from.plus_ms(APART_MS * i64::try_from(changed.len()).unwrap_or_default());
            count += self.set(changed).await?;
            let Some(last) = last else { return Ok(Walked { count, next: None }) };
            if clock::now() > until {
                return Ok(Walked { count, next: Some(GoOn { place: last, from }) });
            }
            after = Some(last);
        }
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

    /// Takes a customer out of the deliveries of a webhook, from `from` on.
    pub async fn erase(
        &self,
        webhook: &Webhook,
        end_user_id: EndUserId,
        from: ErasedTo,
        until: EpochMillis,
    ) -> Result<Looked, StoreError> {
        let mut at_rest = true;
        let states = Kept::ALL.into_iter().skip_while(|kept| from.0.is_some_and(|(at, _)| *kept < at));
        for kept in states {
            let mut after = from.0.filter(|(at, _)| *at == kept).and_then(|(_, place)| place);
            loop {
                if clock::now() > until {
                    return Ok(Looked { at_rest, to: Some(ErasedTo(Some((kept, after)))) });
                }
                let (records, last) = self.deliveries.first(webhook.id, kept, (EpochMillis(0), after), PAGE).await?;
                for record in records {
                    at_rest &= self.erase_one(&record, end_user_id).await?;
                }
                match last {
                    Some(last) => after = Some(last),
                    None => break,
                }
            }
        }
        Ok(Looked { at_rest, to: None })
    }

    /// False when it must be looked at again.
    async fn erase_one(&self, record: &Record, end_user_id: EndUserId) -> Result<bool, StoreError> {
        match record.erase(end_user_id, clock::now()) {
            Erased::Untouched => Ok(true),
            Erased::Busy => Ok(false),
            Erased::Changed(cut) => {
                let Cut { rest, record: erased } = *cut;
                if let Some(rest) = rest {
                    match self.deliveries.create(&rest).await {
                        Ok(()) | Err(StoreError::Conflict) => self.put_off(&rest).await,
                        Err(error) => return Err(error),
                    }
                }
                match self.deliveries.save(&erased, record.attempt).await {
                    Ok(()) => Ok(true),
                    Err(StoreError::Conflict) => Ok(false),
                    Err(error) => Err(error),
                }
            }
        }
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
