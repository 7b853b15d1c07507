//! How fast somebody may come: a bucket of tokens each, in the memory of this process. A flood is stopped before anything
//! is read for it, so that it takes nothing from others. Instances do not know of each other; each lets so much through.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use model::{BotId, EndUserId, EpochMillis};

/// The buckets of an instance.
#[derive(Debug, Default)]
pub(super) struct Paces {
    frames: Buckets<String>,
    callers: Buckets<IpAddr>,
    servers: Buckets<IpAddr>,
    bots: Buckets<BotId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Go,
    Wait {
        retry_after_ms: u64,
        /// It was told so within the last second: an answer to each would be a flood, too.
        told: bool,
    },
}

/// One after another for each customer: two that append to one log at once would only stand in each other's way. For the local
/// stack alone: an instance of Lambda handles one event at a time, and instances do not know of each other.
#[derive(Debug, Default)]
pub(super) struct Queues(Mutex<HashMap<EndUserId, Weak<tokio::sync::Mutex<()>>>>);

impl Queues {
    pub(super) async fn turn(&self, id: EndUserId) -> tokio::sync::OwnedMutexGuard<()> {
        let queue = {
            let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if queues.len() >= MOST {
                queues.retain(|_, queue| queue.strong_count() > 0);
            }
            match queues.get(&id).and_then(Weak::upgrade) {
                Some(queue) => queue,
                None => {
                    let queue = Arc::default();
                    queues.insert(id, Arc::downgrade(&queue));
                    queue
                }
            }
        };
        queue.lock_owned().await
    }
}

/// What a bucket holds, and what flows into it each second.
#[derive(Clone, Copy)]
struct Rate {
    burst: f64,
    per_second: f64,
}

/// Messages that waited while a browser was offline come one after another.
const FRAMES: Rate = Rate { burst: 40.0, per_second: 10.0 };
/// An office behind one address.
const CALLERS: Rate = Rate { burst: 60.0, per_second: 2.0 };
const BOTS: Rate = Rate { burst: 1000.0, per_second: 200.0 };
/// Buckets of one kind. Whoever makes up names must not fill the memory.
const MOST: usize = 20_000;

#[derive(Debug)]
struct Buckets<K>(Mutex<HashMap<K, Bucket>>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: EpochMillis,
    told_at: Option<EpochMillis>,
}

impl Paces {
    pub(super) fn frame(&self, connection_id: &str, now: EpochMillis) -> Step {
        self.frames.take(connection_id.to_owned(), FRAMES, now)
    }

    pub(super) fn caller(&self, address: IpAddr, now: EpochMillis) -> Step {
        self.callers.take(address, CALLERS, now)
    }

    /// Whoever says to be a company's server.
    pub(super) fn server(&self, address: IpAddr, now: EpochMillis) -> Step {
        self.servers.take(address, BOTS, now)
    }

    pub(super) fn bot(&self, bot_id: &BotId, now: EpochMillis) -> Step {
        self.bots.take(bot_id.clone(), BOTS, now)
    }

    pub(super) fn forget(&self, connection_id: &str) {
        self.frames.0.lock().unwrap_or_else(PoisonError::into_inner).remove(connection_id);
    }
}

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + std::hash::Hash> Buckets<K> {
    fn take(&self, key: K, rate: Rate, now: EpochMillis) -> Step {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST {
            // Those that are full again are as good as forgotten.
            buckets.retain(|_, bucket| bucket.filled(rate, now).left < rate.burst);
            if buckets.len() >= MOST {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(key).or_insert(Bucket { left: rate.burst, at: now, told_at: None });
        *bucket = bucket.filled(rate, now);
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Step::Go;
        }
        let told = bucket.told_at.is_some_and(|at| now.since(at) < 1000);
        if !told {
            bucket.told_at = Some(now);
        }
        Step::Wait { retry_after_ms: 1000, told }
    }
}

impl Bucket {
    fn filled(self, rate: Rate, now: EpochMillis) -> Self {
        // A clock that goes back fills nothing.
        let seconds = now.since(self.at).max(0) as f64 / 1000.0;
        let left = (self.left + seconds * rate.per_second).min(rate.burst);
        Self { left, at: EpochMillis(self.at.0.max(now.0)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: EpochMillis = EpochMillis(1_700_000_000_000);

    fn taken(paces: &Paces, id: &str, frames: usize, now: EpochMillis) -> (usize, usize) {
        let steps: Vec<Step> = (0..frames).map(|_| paces.frame(id, now)).collect();
        let went = steps.iter().filter(|step| **step == Step::Go).count();
        (went, steps.iter().filter(|step| matches!(step, Step::Wait { told: false, .. })).count())
    }

    #[test]
    fn a_flood_goes_through_in_part_and_is_told_once_a_second() {
        let paces = Paces::default();
        assert_eq!(taken(&paces, "a", 1000, NOW), (40, 1));
        assert_eq!(taken(&paces, "a", 1000, NOW.plus_ms(500)), (5, 0));
        assert_eq!(taken(&paces, "a", 1000, NOW.plus_ms(1500)), (10, 1));
        assert_eq!(taken(&paces, "a", 5, NOW), (0, 0), "a clock that goes back");
        assert_eq!(taken(&paces, "b", 40, NOW), (40, 0), "another is not hurt");
        assert_eq!(taken(&paces, "a", 1000, NOW.plus_ms(60_000)), (40, 1));
    }

    #[test]
    fn names_that_are_made_up_do_not_fill_the_memory() {
        let paces = Paces::default();
        for n in 0..MOST * 2 {
            paces.frame(&n.to_string(), NOW);
        }
        assert!(paces.frames.0.lock().unwrap().len() <= MOST);
    }
}
