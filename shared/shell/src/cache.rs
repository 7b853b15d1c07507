//! What was read from a table, believed for a while. A turn costs one read because the bot is not read again.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use model::EpochMillis;

/// Strangers may ask for bots that do not exist; their answers must not fill the memory.
const MOST: usize = 2000;

#[derive(Debug)]
pub struct Cache<K, V> {
    lifetime_ms: i64,
    entries: Mutex<HashMap<K, (EpochMillis, V)>>,
}

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    pub fn new(lifetime_ms: i64) -> Self {
        Self { lifetime_ms, entries: Mutex::default() }
    }

    /// The value as it was less than a lifetime ago, else as `load` finds it. `load` is given the old one.
    pub async fn get<E, F>(&self, key: &K, now: EpochMillis, load: impl FnOnce(Option<V>) -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        let old = {
            let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            match entries.get(key) {
                Some((at, value)) if now.since(*at) < self.lifetime_ms => return Ok(value.clone()),
                Some((_, value)) => Some(value.clone()),
                None => None,
            }
        };
        let value = load(old).await?;
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST {
            entries.clear();
        }
        entries.insert(key.clone(), (now, value.clone()));
        Ok(value)
    }
}
