//! When a failed delivery is tried again. Policy is data, chosen per webhook.

use serde::{Deserialize, Serialize};

use crate::limits::DAY_MS;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// Twelve attempts in three days: a weekend passes before anything is given up.
    #[default]
    Durable,
    /// What CLOSER's guide promises: three more attempts in thirty minutes, then the webhook is switched off.
    Closer2020,
}

const DURABLE_SECONDS: [u32; 11] = [5, 30, 120, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
const CLOSER_2020_SECONDS: [u32; 3] = [300, 600, 900];

impl Policy {
    const fn delays(self) -> &'static [u32] {
        match self {
            Self::Durable => &DURABLE_SECONDS,
            Self::Closer2020 => &CLOSER_2020_SECONDS,
        }
    }

    pub const fn attempts(self) -> u32 {
        self.delays().len() as u32 + 1
    }

    /// From the first attempt to the last, with all the jitter there may be.
    pub fn longest_span_ms(self) -> i64 {
        (1..self.attempts()).filter_map(|failures| self.delay_ms(failures, 1.0)).sum()
    }

    /// A delivery that is older is given up, also where holds and probes used up none of its attempts.
    pub fn longest_age_ms(self) -> i64 {
        self.longest_span_ms() + DAY_MS
    }

    /// Milliseconds from failure number `failures` (1, 2, …) to the next attempt; `None` after the last.
    /// `chance` is uniform in 0..1: jitter of up to 20 %, at least up to a second, is added and never subtracted, so that
    /// a crowd of failures does not come back as a crowd.
    pub fn delay_ms(self, failures: u32, chance: f64) -> Option<i64> {
        let seconds = f64::from(*self.delays().get(failures.checked_sub(1)? as usize)?);
        let jitter = (seconds * 0.2).max(1.0) * chance.clamp(0.0, 1.0);
        Some(((seconds + jitter) * 1000.0) as i64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn steps_never_shrink_and_jitter_is_only_added(failures in 0..20u32, chance in any::<f64>()) {
            for policy in [Policy::Durable, Policy::Closer2020] {
                let plain = policy.delay_ms(failures, 0.0);
                prop_assert_eq!(plain.is_some(), (1..policy.attempts()).contains(&failures));
                let Some(plain) = plain else { continue };
                let delay = policy.delay_ms(failures, chance).unwrap();
                prop_assert!(plain <= delay && delay <= plain + (plain / 5).max(1000));
                prop_assert!(policy.delay_ms(failures + 1, 0.0).is_none_or(|next| plain <= next));
            }
        }
    }

    #[test]
    fn the_spans_of_the_contract() {
        let span = |policy: Policy, chance| -> i64 {
            (1..policy.attempts()).map(|failures| policy.delay_ms(failures, chance).unwrap()).sum()
        };
        assert_eq!(Policy::Durable.attempts(), 12);
        assert_eq!(span(Policy::Durable, 0.0), 272_255_000);
        assert_eq!(Policy::Durable.longest_span_ms(), 326_706_000);
        assert_eq!(Policy::Durable.longest_age_ms(), 326_706_000 + 86_400_000);
        assert_eq!(Policy::Closer2020.attempts(), 4);
        assert_eq!(span(Policy::Closer2020, 0.0), 1_800_000);
    }

    #[test]
    fn an_end_and_no_beginning() {
        for policy in [Policy::Durable, Policy::Closer2020] {
            assert_eq!(policy.delay_ms(0, 0.5), None);
            assert_eq!(policy.delay_ms(policy.attempts(), 0.5), None);
        }
        assert_eq!(Policy::Durable.delay_ms(1, 0.0), Some(5000));
        assert_eq!(Policy::Durable.delay_ms(1, 1.0), Some(6000));
    }
}
