//! All webhooks together: when many begin to fail at once, the fault is ours, and no receiver is made to pay for it.

use std::collections::BTreeMap;

use model::{EpochMillis, WebhookId};
use serde::{Deserialize, Serialize};

use crate::Cause;
use crate::limits::{DAY_MS, HOUR_MS, MINUTE_MS};

/// Within so long the failures of many are one failure.
pub const TOGETHER_MS: i64 = 10 * MINUTE_MS;
/// So many percent of the webhooks that were well, but never fewer than [`FEW`].
pub const TOGETHER_PERCENT: u32 = 20;
pub const FEW: u32 = 5;
/// So many percent of all webhooks may be switched off in an hour, or [`FEW`].
pub const OFF_PERCENT: u32 = 1;

/// More are not told apart: at so many the clocks stand still in any fleet.
const MOST: usize = 2000;
/// No clock of a webhook looks further back.
const REMEMBERED_MS: i64 = 14 * DAY_MS;

/// What is stored of it. A new version is a new variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum StoredFleet {
    #[serde(rename = "1")]
    V1(Fleet),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fleet {
    /// All that there are, and those that were well in the last hour.
    pub webhooks: u32,
    pub well: u32,
    /// Those that fail, and since when. While the clocks run, only those of the last ten minutes.
    pub failing: BTreeMap<WebhookId, Failure>,
    /// When the clocks stood still. The last has no end while they do.
    pub still: Vec<Still>,
    /// When webhooks were switched off, in the last hour.
    pub switched_off: Vec<EpochMillis>,
    /// Until then a person has said that many may fail together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_until: Option<EpochMillis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub cause: Cause,
    pub at: EpochMillis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Still {
    pub from: EpochMillis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<EpochMillis>,
}

/// For the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Many webhooks began to fail with one cause; the clocks stand still.
    Together { cause: Cause, webhooks: u32 },
    /// Our own way out does not work; the clocks stand still.
    Canary,
    /// They run again.
    Over,
}

impl Fleet {
    /// A webhook that was well began to fail.
    pub fn began(&self, webhook: WebhookId, cause: Cause, now: EpochMillis) -> (Self, Option<Alarm>) {
        let mut fleet = self.clone();
        if !fleet.is_still() {
            fleet.failing.retain(|_, failure| now.since(failure.at) <= TOGETHER_MS);
        }
        if fleet.failing.len() < MOST {
            fleet.failing.insert(webhook, Failure { cause, at: now });
        }
        let webhooks = fleet.together(cause);
        if fleet.is_still() || fleet.is_trusted(now) || webhooks < fleet.many() {
            return (fleet, None);
        }
        fleet.stand_still(now);
        (fleet, Some(Alarm::Together { cause, webhooks }))
    }

    /// A webhook has failed since then, which may not have been told. One that had failed for long before the clocks stood
    /// still is no reason for them to do so.
    pub fn knows(&mut self, webhook: WebhookId, cause: Cause, since: EpochMillis, now: EpochMillis) {
        let lately = self.still.last().filter(|still| still.to.is_none()).map_or(now, |still| still.from);
        if lately.since(since) <= TOGETHER_MS && self.failing.len() < MOST {
            self.failing.entry(webhook).or_insert(Failure { cause, at: since });
        }
    }

    /// A webhook that failed is well again.
    pub fn stopped(&self, webhook: WebhookId) -> Self {
        let mut fleet = self.clone();
        fleet.failing.remove(&webhook);
        fleet
    }

    /// Each minute: the counts as they are, and whether our own way out works. The clocks go on when it does, and when most
    /// of those that failed together are well again; until then it is for a person to say, by [`Fleet::go_on`].
    pub fn tick(&self, webhooks: u32, well: u32, canary_well: bool, now: EpochMillis) -> (Self, Option<Alarm>) {
        let mut fleet = Self { webhooks, ..self.clone() };
        fleet.switched_off.retain(|at| now.since(*at) < HOUR_MS);
        fleet.still.retain(|still| still.to.is_none_or(|to| now.since(to) < REMEMBERED_MS));
        if !fleet.is_still() {
            // Those that were well before, not those that are left.
            fleet.well = well;
            fleet.failing.retain(|_, failure| now.since(failure.at) <= TOGETHER_MS);
        }
        let together = fleet.failing.values().map(|failure| fleet.together(failure.cause)).max().unwrap_or(0);
        match (fleet.is_still(), canary_well) {
            (false, false) => {
                fleet.stand_still(now);
                (fleet, Some(Alarm::Canary))
            }
            (false, true) if together >= fleet.many() && !fleet.is_trusted(now) => {
                let cause =
                    fleet.failing.values().map(|failure| failure.cause).max_by_key(|cause| fleet.together(*cause));
                fleet.stand_still(now);
                (fleet, cause.map(|cause| Alarm::Together { cause, webhooks: together }))
            }
            (true, true) if together < fleet.many() => {
                fleet.go_on(now);
                (fleet, Some(Alarm::Over))
            }
            (true | false, true) | (true, false) => (fleet, None),
        }
    }

    fn stand_still(&mut self, now: EpochMillis) {
        self.still.push(Still { from: now, to: None });
    }

    /// The clocks run again.
    pub fn go_on(&mut self, now: EpochMillis) {
        if let Some(still) = self.still.last_mut() {
            still.to = still.to.or(Some(now));
        }
        self.failing.clear();
    }

    /// The same, by the word of a person: those that fail together now are no reason to stand still again for a day.
    pub fn told_to_go_on(&mut self, now: EpochMillis) {
        self.go_on(now);
        self.trusted_until = Some(now.plus_ms(DAY_MS));
    }

    pub fn is_still(&self) -> bool {
        self.still.last().is_some_and(|still| still.to.is_none())
    }

    /// The time between the two, without that in which the clocks stood still.
    pub fn elapsed_ms(&self, from: EpochMillis, to: EpochMillis) -> i64 {
        let still = |still: &Still| still.to.unwrap_or(to).min(to).since(still.from.max(from)).max(0);
        to.since(from).saturating_sub(self.still.iter().map(still).sum())
    }

    /// Whether one more may be switched off, or a person should look first.
    pub fn may_switch_off(&self, now: EpochMillis) -> bool {
        let recent = self.switched_off.iter().filter(|at| now.since(**at) < HOUR_MS).count();
        let limit = (self.webhooks * OFF_PERCENT / 100).max(FEW);
        !self.is_still() && u32::try_from(recent).is_ok_and(|recent| recent < limit)
    }

    pub fn switched_off(&self, now: EpochMillis) -> Self {
        let mut fleet = self.clone();
        fleet.switched_off.push(now);
        fleet
    }

    fn is_trusted(&self, now: EpochMillis) -> bool {
        self.trusted_until.is_some_and(|until| now < until)
    }

    fn together(&self, cause: Cause) -> u32 {
        u32::try_from(self.failing.values().filter(|failure| failure.cause == cause).count()).unwrap_or(u32::MAX)
    }

    fn many(&self) -> u32 {
        let part = u64::from(self.well) * u64::from(TOGETHER_PERCENT);
        u32::try_from(part.div_ceil(100)).unwrap_or(u32::MAX).clamp(FEW, MOST as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(n: u32) -> WebhookId {
        WebhookId::of(&"Bxxxxx".parse().unwrap(), &format!("https://example.com/{n}"))
    }

    fn fleet(webhooks: u32) -> Fleet {
        Fleet::default().tick(webhooks, webhooks, true, EpochMillis(0)).0
    }

    #[test]
    fn a_fifth_of_those_that_were_well_but_never_fewer_than_five() {
        for (webhooks, minutes_apart, causes, still) in [
            (3, 0, 1, None),
            (5, 0, 1, Some(5)),
            (25, 0, 1, Some(5)),
            (26, 0, 1, Some(6)),
            (100, 0, 1, Some(20)),
            (100, 0, 2, Some(39)),
            (100, 1, 1, None),
            (20_000, 0, 1, Some(2000)),
        ] {
            let mut fleet = fleet(webhooks);
            let mut alarmed = None;
            for n in 0..webhooks {
                let cause = [Cause::TimedOut, Cause::ErrorStatus][(n % causes) as usize];
                let at = EpochMillis(i64::from(n * minutes_apart) * MINUTE_MS);
                let (next, alarm) = fleet.began(webhook(n), cause, at);
                fleet = next;
                if alarm.is_some() {
                    alarmed = Some(n + 1);
                    break;
                }
            }
            assert_eq!(alarmed, still, "{webhooks} {minutes_apart} {causes}");
            assert_eq!(fleet.is_still(), still.is_some());
        }
    }

    #[test]
    fn clocks_stand_still_until_most_are_well() {
        let hour = |hours: i64| EpochMillis(hours * HOUR_MS);
        let mut fleet = fleet(10);
        for n in 0..5 {
            fleet = fleet.began(webhook(n), Cause::TimedOut, hour(1)).0;
        }
        let (mut fleet, alarm) = fleet.tick(10, 5, true, hour(100));
        assert_eq!(alarm, None, "as long as they fail it is for a person to say");
        assert_eq!(fleet.elapsed_ms(hour(0), hour(100)), HOUR_MS);
        assert!(!fleet.may_switch_off(hour(100)));
        fleet = fleet.stopped(webhook(0));
        let (fleet, alarm) = fleet.tick(10, 6, true, hour(101));
        assert_eq!(alarm, Some(Alarm::Over));
        assert_eq!(fleet.elapsed_ms(hour(0), hour(102)), 2 * HOUR_MS);
        assert_eq!(fleet.elapsed_ms(hour(50), hour(60)), 0);
    }

    #[test]
    fn the_canary_alone_stops_the_clocks() {
        let (ill, alarm) = fleet(1).tick(1, 1, false, EpochMillis(0));
        assert_eq!((alarm, ill.is_still()), (Some(Alarm::Canary), true));
        assert_eq!(ill.tick(1, 1, false, EpochMillis(1)).1, None, "said once");
        assert_eq!(ill.tick(1, 1, true, EpochMillis(60_000)).1, Some(Alarm::Over));
    }

    #[test]
    fn one_percent_an_hour() {
        for (webhooks, may) in [(1, 5), (500, 5), (1000, 10)] {
            let mut fleet = fleet(webhooks);
            for _ in 0..may {
                assert!(fleet.may_switch_off(EpochMillis(0)));
                fleet = fleet.switched_off(EpochMillis(0));
            }
            assert!(!fleet.may_switch_off(EpochMillis(HOUR_MS - 1)));
            assert!(fleet.may_switch_off(EpochMillis(HOUR_MS)));
        }
    }

    #[test]
    fn version_1_of_the_stored_form() {
        let golden = include_str!("../testdata/fleet_v1.json");
        let fleet: StoredFleet = serde_json::from_str(golden).unwrap();
        assert_eq!(serde_json::to_value(&fleet).unwrap(), serde_json::from_str::<serde_json::Value>(golden).unwrap());
    }
}
