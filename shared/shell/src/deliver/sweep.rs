//! Once a minute: all deliveries that are due, and what time alone brings to webhooks that are not well.

use std::collections::BTreeMap;

use delivery::{Fleet, Order, Webhook};
use futures::StreamExt as _;
use model::{EpochMillis, WebhookId};
use store::{Due, StoreError, Survey};
use tracing::{error, info};

use super::health::sound;
use super::{AT_ONCE, Deliver};
use crate::clock;

/// How many due deliveries are asked for at once.
const PAGE: i32 = 200;
/// How many pages a round reads.
const PAGES: usize = 25;
/// How many of one webhook a round takes: who has much to catch up on, and is slow, must not stand before all others.
const SHARE: usize = 200;
/// Of one webhook a round begins nothing more after so long, and reads no more.
const ROUND_MS: i64 = 5_000;
/// What is older than this, a survey knows of.
const SURVEYED_MS: i64 = 60_000;
/// A sweep begins nothing more after so long.
const SWEEP_MS: i64 = 40_000;

impl Deliver {
    pub(super) async fn sweep(&self) {
        let (tended, swept) = futures::join!(self.tend(), self.sweep_due());
        if let Err(error) = tended {
            error!(%error, "The sweep could not look after the webhooks");
        }
        if let Err(error) = swept {
            error!(%error, "The sweep could not look for due deliveries");
        }
    }

    /// All that is due, as far as the time allows; the next minute goes on. In rounds, so that each webhook has its turn.
    async fn sweep_due(&self) -> Result<(), StoreError> {
        let until = clock::now().plus_ms(SWEEP_MS);
        let (mut after, mut is_all) = (None, true);
        loop {
            let mut webhooks: BTreeMap<WebhookId, Vec<Due>> = BTreeMap::new();
            let now = clock::now();
            for _ in 0..PAGES {
                let (due, last) = self.deliveries.due(now, after, PAGE).await?;
                for due in due {
                    let line = webhooks.entry(due.webhook_id).or_default();
                    is_all &= line.len() < SHARE;
                    if line.len() < SHARE {
                        line.push(due);
                    }
                }
                after = last;
                if after.is_none() || clock::now().since(now) > ROUND_MS {
                    break;
                }
            }
            let count: usize = webhooks.values().map(Vec::len).sum();
            if count > 0 {
                info!(due = count, "Sweeping {count} due deliveries");
            }
            let looks = webhooks.into_values().map(|line| self.sweep_webhook(line, until));
            let looked: usize =
                futures::stream::iter(looks).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await.iter().sum();
            is_all &= looked == count;
            // To the end of the line, and once more from its beginning where somebody was passed over. The same would come
            // again where none could be looked at.
            if clock::now() > until || (after.is_none() && (is_all || looked == 0)) {
                return Ok(());
            }
            is_all |= after.is_none();
        }
    }

    /// Those of one webhook, in order and as many at once as it can bear. How many were looked at.
    async fn sweep_webhook(&self, mut line: Vec<Due>, until: EpochMillis) -> usize {
        // Its turn begins now.
        let end = until.min(clock::now().plus_ms(ROUND_MS));
        // Parts of one delivery stay as they are due.
        line.sort_by_key(|due| due.created_at);
        let in_flight = match self.in_flight(&line).await {
            Ok(in_flight) => in_flight,
            Err(error) => {
                error!(%error, "A webhook that is owed deliveries could not be read");
                return 0;
            }
        };
        let looks = futures::stream::iter(line).map(|due| async move {
            // What is not looked at now is due in the next round, or minute.
            if clock::now() > end {
                return false;
            }
            match self.deliveries.load(due.id).await {
                Ok(Some(record)) => self.visit(&record, until).await,
                Ok(None) => true,
                Err(error) => {
                    error!(delivery.id = %due.id, %error, "A due delivery could not be read");
                    false
                }
            }
        });
        let looked: Vec<bool> = looks.buffer_unordered(usize::from(in_flight)).collect().await;
        looked.into_iter().filter(|looked| *looked).count()
    }

    async fn in_flight(&self, line: &[Due]) -> Result<u8, StoreError> {
        let Some(first) = line.first() else { return Ok(1) };
        let Some(record) = self.deliveries.load(first.id).await? else { return Ok(1) };
        Ok(match self.webhooks.load(&record.bot_id, record.webhook_id).await? {
            Some(Webhook { order: Order::BestEffort, health, .. }) => health.in_flight(),
            Some(_) | None => 1,
        })
    }

    /// Webhooks that fail are warned of and switched off by time, too; those that are off are tested.
    async fn tend(&self) -> Result<(), StoreError> {
        let survey = self.webhooks.survey().await?;
        let (fleet, version) = self.fleets.load().await?;
        // Where all is well there is nobody to protect.
        let canary_well = (survey.unwell.is_empty() && !fleet.is_still()) || self.canary.is_well().await;
        let ill = survey.unwell.iter().filter(|webhook| !webhook.is_on() || webhook.health.failing.is_some()).count();
        let well = survey.webhooks.saturating_sub(u32::try_from(ill).unwrap_or(u32::MAX));
        let known = forget(&fleet, &survey, clock::now());
        let (ticked, alarm) = known.tick(survey.webhooks, well, canary_well, clock::now());
        let fleet = if ticked == fleet {
            fleet
        } else {
            match self.fleets.save(&ticked, version).await {
                Ok(()) => {
                    alarm.inspect(sound);
                    ticked
                }
                // A delivery changed it meanwhile, and the next minute comes soon.
                Err(StoreError::Conflict) => return Ok(()),
                Err(error) => return Err(error),
            }
        };
        let fleet = &fleet;
        let ticks = futures::stream::iter(survey.unwell).map(|mut webhook| async move {
            let (health, effects) = webhook.health.tick(&webhook, fleet, clock::now());
            if health == webhook.health {
                return;
            }
            match self.webhooks.save_health(&webhook, &health, webhook.health.version).await {
                Ok(()) => {
                    webhook.health = health;
                    self.carry_out(&mut webhook, effects).await;
                }
                // Likewise.
                Err(StoreError::Conflict) => {}
                Err(error) => error!(webhook.id = %webhook.id, %error, "A webhook's health could not be written"),
            }
        });
        ticks.buffer_unordered(AT_ONCE).collect::<()>().await;
        Ok(())
    }
}

/// The fleet without those that fail no more, or are off: of one that was deleted, or whose worker died before it said so, nobody else
/// tells. One that began just now may not be in the survey yet.
fn forget(fleet: &Fleet, survey: &Survey, now: EpochMillis) -> Fleet {
    let fails = |webhook: &&Webhook| webhook.is_on() && webhook.health.failing.is_some();
    let failing = |id: &WebhookId| survey.unwell.iter().filter(fails).any(|webhook| webhook.id == *id);
    let mut known = fleet.clone();
    // And with those that it did not hear of: many that fail at once hinder each other in writing it.
    for webhook in &survey.unwell {
        if let Some(failing) = webhook.health.failing.as_ref().filter(|_| webhook.is_on())
            && let Some(cause) = failing.exchange.cause()
        {
            known.knows(webhook.id, cause, failing.since, now);
        }
    }
    known.failing.retain(|id, failure| failing(id) || now.since(failure.at) < SURVEYED_MS);
    known
}

#[cfg(test)]
mod tests {
    use delivery::fleet::{Failure, Still, TOGETHER_MS};
    use delivery::{Alarm, Cause, Exchange, Failing, Health, Reason, State};

    use super::*;

    const NOW: EpochMillis = EpochMillis(1_763_712_000_000);
    const MINUTE_MS: i64 = 60_000;

    fn unwell(n: usize, failing_ms: i64, on: bool) -> Webhook {
        let url = format!("https://example.com/{n}");
        let mut webhook = Webhook::new("Bxxxxx".parse().unwrap(), &url, EpochMillis(0));
        let failing: Failing = serde_json::from_value(serde_json::json!({
            "since": NOW.plus_ms(-failing_ms),
            "last": NOW,
            "attempts": [],
            "exchange": Exchange::TimedOut,
        }))
        .unwrap();
        let off = State::Disabled { since: NOW, reason: Reason::ByHand, test_at: None, tests: 0 };
        let state = if on { State::Active } else { off };
        webhook.health = Health { failing: Some(failing), state, ..Health::default() };
        webhook
    }

    #[test]
    fn what_a_survey_tells_of_the_fleet() {
        let still = |ago_ms: i64| vec![Still { from: NOW.plus_ms(-ago_ms), to: None }];
        let long = 5 * 60 * MINUTE_MS;
        let over = Some(Alarm::Over);
        let together = Some(Alarm::Together { cause: Cause::TimedOut, webhooks: 5 });
        for (name, still, known, failing_ms, on, alarm) in [
            ("five begin at once, and hinder each other in saying so", vec![], 0, MINUTE_MS, true, together),
            ("and somebody switched them off", vec![], 0, MINUTE_MS, false, None),
            ("five have failed for hours", vec![], 0, long, true, None),
            ("and our way out was away for a minute", still(MINUTE_MS), 0, long, true, over),
            ("our way out is back, and five failed with it", still(MINUTE_MS), 0, MINUTE_MS, true, None),
            ("the clocks stand since five fail", still(long), 5, long + MINUTE_MS, true, None),
            ("somebody switched those off", still(long), 5, long + MINUTE_MS, false, over),
        ] {
            let unwell: Vec<Webhook> = (0..5).map(|n| unwell(n, failing_ms, on)).collect();
            let at = NOW.plus_ms(-failing_ms);
            let failing = unwell.iter().take(known).map(|it| (it.id, Failure { cause: Cause::TimedOut, at }));
            let fleet = Fleet { webhooks: 20, well: 20, failing: failing.collect(), still, ..Fleet::default() };
            let survey = Survey { webhooks: 20, unwell };
            let heard = forget(&fleet, &survey, NOW).tick(20, 15, true, NOW).1;
            assert_eq!(heard, alarm, "{name}");
        }
        assert!(long > TOGETHER_MS);
    }
}
