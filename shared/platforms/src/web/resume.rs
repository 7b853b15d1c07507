//! What a browser that comes back has missed. Frames that are kept have numbers, rising by one; a browser says the last
//! that it has.

use serde_json::{Value, json};

use super::limits;

/// Which frames are read for a browser that has everything up to some number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Missed {
    /// Frames after this one.
    pub(super) after: u64,
    /// What it has is not what we have: a log that was cleared, or one of another time.
    pub(super) reset: bool,
}

/// `last` is the log's last number, `first` the first that is still kept. Nothing, where nothing was missed.
pub(super) fn missed(has: u64, first: u64, last: u64) -> Option<Missed> {
    let newest = last.saturating_sub(limits::FIRST).max(before(first));
    if has > last {
        return Some(Missed { after: newest, reset: true });
    }
    if has == last {
        return None;
    }
    if has == 0 {
        return Some(Missed { after: newest, reset: false });
    }
    // Between what it has and what is kept there is a hole.
    Some(Missed { after: has.max(before(first)), reset: before(first) > has })
}

fn before(first: u64) -> u64 {
    first.saturating_sub(1)
}

/// What a browser that comes back is sent of the frames that were read for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// So many of them, from the first.
    pub count: usize,
    /// Behind them, where anything was missed.
    pub told: Option<(&'static str, Value)>,
}

/// `kept` are the frames behind [`read_after`], as they go out and in order; at most one more than are sent. `last`
/// is the last number that the browser was told, and more may have come since.
pub fn replay(has: u64, last: u64, kept: &[(u64, Vec<u8>)]) -> Replay {
    let told = missed(has, 1, last);
    let after = read_after(has, last);
    let newest = kept.last().map_or(last, |(seq, _)| last.max(*seq));
    let Some((first, _)) = kept.first() else {
        let told = match told {
            // All of it was forgotten. Told to ask for the rest, a browser would ask for ever.
            Some(_) if after < newest => {
                Some(resumed(Missed { after: newest, reset: true }, newest + 1, newest, newest))
            }
            told => told.map(|missed| resumed(missed, after + 1, after, newest)),
        };
        return Replay { count: 0, told };
    };
    // Older ones may have been forgotten.
    let missed = if *first > after + 1 { missed(has, *first, newest) } else { told };
    let missed = missed.unwrap_or(Missed { after, reset: false });
    let count = fitting(kept.iter().map(|(_, frame)| frame.as_slice()));
    let to = kept[..count].last().map_or(after, |(seq, _)| *seq);
    Replay { count, told: Some(resumed(missed, *first, to, newest)) }
}

/// From which number on frames are read for a browser that has so many of a log.
pub fn read_after(has: u64, last: u64) -> u64 {
    missed(has, 1, last).map_or(last, |missed| missed.after)
}

/// How many of the frames read go out, by count and bytes. The first goes in any case.
pub(super) fn fitting<'a>(frames: impl IntoIterator<Item = &'a [u8]>) -> usize {
    let mut bytes = 0;
    let mut count = 0;
    for frame in frames {
        bytes += frame.len() + limits::STAMP;
        if count == limits::REPLAY || (count > 0 && bytes > limits::REPLAY_BYTES) {
            break;
        }
        count += 1;
    }
    count
}

/// `web.resumed`, behind what was replayed. With `more` the browser asks for history before `from`, or opens again.
pub(super) fn resumed(missed: Missed, from: u64, to: u64, last: u64) -> (&'static str, Value) {
    let mut data = json!({ "from": from, "to": to, "more": to < last });
    if missed.reset {
        data["reset"] = json!(true);
    }
    ("web.resumed", data)
}

/// The newest of `items`, oldest first, that fit into one HISTORY; true if some did not.
pub fn history(mut items: Vec<Value>) -> (Vec<Value>, bool) {
    let mut bytes = 0;
    let mut kept = 0;
    for item in items.iter().rev() {
        bytes += item.to_string().len() + 1;
        if kept == limits::HISTORY || (kept > 0 && bytes > limits::FRAME.0 - 100) {
            break;
        }
        kept += 1;
    }
    let cut = items.len() - kept;
    items.drain(..cut);
    (items, cut > 0)
}
