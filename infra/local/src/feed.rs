//! What the page shows of the stack's talk with the outside: the last entries, and each new one as it comes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use model::EpochMillis;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::broadcast;

/// As many as a person scrolls through.
pub const KEPT: usize = 200;

#[derive(Clone, Debug)]
pub struct Feed(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    kept: usize,
    entries: Mutex<(u64, VecDeque<Entry>)>,
    new: broadcast::Sender<Entry>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub seq: u64,
    pub at: EpochMillis,
    pub kind: Kind,
    pub title: String,
    pub status: u16,
    pub note: String,
    pub summary: String,
    pub body: Value,
    pub headers: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A DELIVERY to a webhook.
    Delivery,
    /// A request to a messenger.
    Platform,
}

impl Feed {
    pub fn keeping(kept: usize) -> Self {
        Self(Arc::new(Shared { kept, entries: Mutex::default(), new: broadcast::channel(kept).0 }))
    }

    /// `seq` is given here.
    pub fn push(&self, mut entry: Entry) {
        let mut guard = self.0.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, entries) = &mut *guard;
        *last += 1;
        entry.seq = *last;
        if entries.len() == self.0.kept {
            entries.pop_front();
        }
        entries.push_back(entry.clone());
        // Nobody may be looking.
        let _ = self.0.new.send(entry);
    }

    /// Looks at each there is.
    pub fn each(&self, look: impl FnMut(&Entry)) {
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner).1.iter().for_each(look);
    }

    /// Those there are, and a receiver of those to come.
    pub fn follow(&self) -> (Vec<Entry>, broadcast::Receiver<Entry>) {
        let guard = self.0.entries.lock().unwrap_or_else(PoisonError::into_inner);
        (guard.1.iter().cloned().collect(), self.0.new.subscribe())
    }
}
