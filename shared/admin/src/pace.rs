//! How often a key may be used: fifty times a second, and a hundred at once after a pause. Each instance of the function
//! counts for itself; what all of them take is the API's own throttle.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use model::EpochMillis;

const PER_SECOND: i64 = 50;
const AT_ONCE: i64 = 100;
/// Between two requests at an even pace.
const APART_MS: i64 = 1000 / PER_SECOND;
/// More keys than are ever in use.
const MOST: usize = 1000;

/// For each key, when all that it was used for would be paid off at an even pace.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<HashMap<String, EpochMillis>>);

impl Pace {
    /// Counts a use; else, after how many seconds there may be another.
    pub(crate) fn take(&self, key: &str, now: EpochMillis) -> Result<(), u32> {
        let mut paid = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if paid.len() >= MOST {
            paid.retain(|_, at| *at > now);
        }
        let at = paid.entry(key.to_owned()).or_insert(now);
        let next = (*at).max(now).plus_ms(APART_MS);
        let ahead_ms = next.since(now) - AT_ONCE * APART_MS;
        if ahead_ms > 0 {
            return Err(u32::try_from(ahead_ms).unwrap_or(u32::MAX).div_ceil(1000));
        }
        *at = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_at_once_then_fifty_a_second() {
        let pace = Pace::default();
        let at = |ms: i64| EpochMillis(1_000_000 + ms);
        let taken = (0..150).filter(|_| pace.take("a", at(0)).is_ok()).count();
        assert_eq!(taken, 100);
        assert_eq!(pace.take("a", at(0)), Err(1));
        assert_eq!(pace.take("b", at(0)), Ok(()));
        let later = (0..150).filter(|_| pace.take("a", at(1000)).is_ok()).count();
        assert_eq!(later, 50);
        let rested = (0..150).filter(|_| pace.take("a", at(60_000)).is_ok()).count();
        assert_eq!(rested, 100);
    }
}
