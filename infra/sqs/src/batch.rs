//! What the batch actions have in common: what makes a batch as a whole wrong, and how its entries fail alone.

use std::collections::BTreeSet;

use crate::fault::Fault;
use crate::wire::{Batch, BatchResult, Delete, Failure, Send, Visibility};

pub(crate) trait Entry {
    fn id(&self) -> Option<&str>;
}

impl Entry for Send {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl Entry for Delete {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl Entry for Visibility {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

/// Does each entry in turn. A fault of ours fails the whole, which is then undone; one of the sender only its entry.
pub(crate) fn each<E: Entry, S>(
    batch: &Batch<E>,
    mut act: impl FnMut(&str, &E) -> Result<S, Fault>,
) -> Result<BatchResult<S>, Fault> {
    let mut result = BatchResult { successful: Vec::new(), failed: Vec::new() };
    for (id, entry) in checked(batch)? {
        match act(id, entry) {
            Ok(success) => result.successful.push(success),
            Err(fault) if fault.is_of_sender() => result.failed.push(Failure {
                id: id.to_owned(),
                sender_fault: true,
                code: fault.code(),
                message: fault.to_string(),
            }),
            Err(fault) => return Err(fault),
        }
    }
    Ok(result)
}

/// The entries with their ids.
fn checked<E: Entry>(batch: &Batch<E>) -> Result<Vec<(&str, &E)>, Fault> {
    let entries = batch.entries.as_deref().unwrap_or_default();
    if entries.is_empty() {
        return Err(Fault::EmptyBatchRequest);
    }
    if entries.len() > 10 {
        return Err(Fault::TooManyEntriesInBatchRequest(entries.len()));
    }
    let mut seen = BTreeSet::new();
    let mut with_ids = Vec::with_capacity(entries.len());
    for entry in entries {
        let id = entry.id().ok_or(Fault::MissingParameter("Id"))?;
        let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        if id.is_empty() || id.len() > 80 || !id.chars().all(is_allowed) {
            return Err(Fault::InvalidBatchEntryId);
        }
        if !seen.insert(id) {
            return Err(Fault::BatchEntryIdsNotDistinct);
        }
        with_ids.push((id, entry));
    }
    Ok(with_ids)
}
