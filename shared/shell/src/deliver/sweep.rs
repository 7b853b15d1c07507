//! Once a minute: all deliveries that are due, and what time alone brings to webhooks that are not well.

use std::collections::BTreeMap;

use delivery::{Fleet, Order, Record, Webhook};
use futures::StreamExt as _;
use model::{DeliveryId, EpochMillis, WebhookId};
use store::{StoreError, Survey};
use tracing::{error, info};

use super::health::sound;
use super::{AT_ONCE, Deliver};
use crate::clock;

/// How many due deliveries are read at once.
const PAGE: i32 = 200;
/// How many pages a round reads.
const PAGES: usize = 25;
/// How many of one webhook a round takes: who has much to catch up on, and is slow, must not stand before all others.
const SHARE: usize = 200;
/// A round begins nothing more after so long.
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
        loop {
            let (webhooks, is_all) = self.due().await?;
            let count: usize = webhooks.values().map(Vec::len).sum();
            if count > 0 {
                info!(due = count, "Sweeping {count} due deliveries");
            }
            let round = until.min(clock::now().plus_ms(ROUND_MS));
            let looks = webhooks.into_values().map(|records| self.sweep_webhook(records, (round, until)));
            let looked: usize =
                futures::stream::iter(looks).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await.iter().sum();
            // The same would come again where none could be looked at.
            if (is_all && looked == count) || looked == 0 || clock::now() > until {
                return Ok(());
            }
        }
    }

    /// What is due of each webhook, as much as a round takes of it, and whether that is all.
    async fn due(&self) -> Result<(BTreeMap<WebhookId, Vec<Record>>, bool), StoreError> {
        let now = clock::now();
        let mut webhooks: BTreeMap<WebhookId, Vec<Record>> = BTreeMap::new();
        let (mut after, mut is_all) = (None, true);
        for _ in 0..PAGES {
            let (due, last) = self.deliveries.due(now, after, PAGE).await?;
            for record in self.read(due).await {
                let records = webhooks.entry(record.webhook_id).or_default();
                if records.len() < SHARE {
                    records.push(record);
                } else {
                    is_all = false;
                }
            }
            after = last;
            if after.is_none() {
                break;
            }
        }
        Ok((webhooks, is_all && after.is_none()))
    }

    async fn read(&self, due: Vec<DeliveryId>) -> Vec<Record> {
        let loads = futures::stream::iter(due).map(|id| async move {
            let record = self.deliveries.load(id).await;
            record
                .inspect_err(|error| error!(delivery.id = %id, %error, "A due delivery could not be read"))
                .ok()
                .flatten()
        });
        loads.buffered(AT_ONCE).filter_map(std::future::ready).collect().await
    }

    /// Those of one webhook, in order and as many at once as it can bear. How many were looked at.
    async fn sweep_webhook(&self, mut records: Vec<Record>, (round, until): (EpochMillis, EpochMillis)) -> usize {
        records.sort_by(|a, b| (a.place(), a.id).cmp(&(b.place(), b.id)));
        let Some(first) = records.first() else { return 0 };
        let in_flight = match self.webhooks.load(&first.bot_id, first.webhook_id).await {
            Ok(Some(webhook)) => match webhook.order {
                Order::BestEffort => webhook.health.in_flight(),
                Order::Conversation => 1,
            },
            Ok(None) => 1,
            Err(error) => {
                error!(webhook.id = %first.webhook_id, %error, "A webhook could not be read");
                return 0;
            }
        };
        let looks = futures::stream::iter(records).map(|record| async move {
            // What is not looked at now is due in the next round, or minute.
            clock::now() <= round && self.visit(&record, until).await
        });
        let looked: Vec<bool> = looks.buffer_unordered(usize::from(in_flight)).collect().await;
        looked.into_iter().filter(|looked| *looked).count()
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
