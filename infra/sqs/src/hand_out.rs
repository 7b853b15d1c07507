//! Which messages a receive gets at this moment, and what that does to them.

use rusqlite::{Row, params};

use crate::change::Change;
use crate::clock::{Millis, Seconds};
use crate::fault::Fault;
use crate::groups;
use crate::queue::Queue;
use crate::redrive::{self, Target};

/// A message as it is being handed out.
#[derive(Debug)]
pub(crate) struct Handed {
    pub(crate) seq: i64,
    pub(crate) id: String,
    pub(crate) group: Option<String>,
    pub(crate) dedup_id: Option<String>,
    pub(crate) sent: Millis,
    pub(crate) first: Millis,
    /// This one included.
    pub(crate) receives: i64,
    pub(crate) source: Option<String>,
    pub(crate) attributes: Option<String>,
    pub(crate) body: String,
}

/// Up to so many messages, in order, each invisible to others for `visibility` from now on.
pub(crate) fn hand_out(
    change: &mut Change<'_>,
    queue: &Queue,
    most: usize,
    visibility: Seconds,
) -> Result<Vec<Handed>, Fault> {
    groups::expire(change, queue)?;
    let target = redrive::target(change, queue)?;
    let found = if queue.settings.fifo {
        find_in_groups(change, queue, target.as_ref(), most)?
    } else {
        let sql = select("queue = ?1 AND dedup_id IS NULL AND visible_ms <= ?2 ORDER BY visible_ms");
        let mut found = Found::default();
        let now = change.now;
        change.each(&sql, params![queue.id, now], |row| found.take(row, now, target.as_ref(), most))?;
        found
    };

    let visible = change.now + visibility;
    for message in &found.handed {
        change.execute(
            "UPDATE message SET receives = ?2, receipt = ?2, visible_ms = ?3, first_ms = ?4 WHERE seq = ?1",
            params![message.seq, message.receives, visible, message.first],
        )?;
    }
    if let Some(target) = &target {
        for seq in &found.exhausted {
            redrive::move_to(change, target, queue, *seq)?;
        }
    }
    for group in &found.groups {
        groups::refresh(change, queue, group)?;
    }
    Ok(found.handed)
}

/// When the next message will be available if nobody does anything.
pub(crate) fn next_ready(change: &Change<'_>, queue: &Queue) -> Result<Option<Millis>, Fault> {
    let sql = if queue.settings.fifo {
        "SELECT min(ready_ms) FROM lane WHERE queue = ?1 AND ready_ms > ?2"
    } else {
        "SELECT min(visible_ms) FROM message WHERE queue = ?1 AND dedup_id IS NULL AND visible_ms > ?2"
    };
    Ok(change.first(sql, params![queue.id, change.now], |row| row.get(0))?.flatten())
}

/// Group by group: as many of the first as there are, then of the one whose first message is next in order.
fn find_in_groups(change: &Change<'_>, queue: &Queue, target: Option<&Target>, most: usize) -> Result<Found, Fault> {
    let now = change.now;
    let mut found = Found::default();
    let ready = "SELECT group_id FROM lane WHERE queue = ?1 AND ready_ms <= ?2 ORDER BY head";
    let of_group = select("queue = ?1 AND dedup_id IS NOT NULL AND group_id = ?2 ORDER BY seq");
    change.each(ready, params![queue.id, now], |row| {
        let group: String = row.get(0)?;
        change.each(&of_group, params![queue.id, group], |row| found.take(row, now, target, most))?;
        found.groups.push(group);
        Ok(found.handed.len() < most)
    })?;
    Ok(found)
}

#[derive(Debug, Default)]
struct Found {
    handed: Vec<Handed>,
    /// Received too often: these move to the dead-letter queue.
    exhausted: Vec<i64>,
    /// The groups whose lanes change by this.
    groups: Vec<String>,
}

impl Found {
    /// Takes the message of this row; says whether to go on to the next.
    fn take(&mut self, row: &Row<'_>, now: Millis, target: Option<&Target>, most: usize) -> Result<bool, Fault> {
        // Only in a group: behind a message that is still delayed none may pass.
        if row.get::<_, Millis>(1)? > now {
            return Ok(false);
        }
        let (seq, receives) = (row.get(0)?, row.get::<_, i64>(2)?);
        if target.is_some_and(|target| receives >= target.max_receives) {
            self.exhausted.push(seq);
            return Ok(true);
        }
        self.handed.push(Handed {
            seq,
            receives: receives + 1,
            first: row.get::<_, Option<Millis>>(3)?.unwrap_or(now),
            id: row.get(4)?,
            group: row.get(5)?,
            dedup_id: row.get(6)?,
            sent: row.get(7)?,
            source: row.get(8)?,
            attributes: row.get(9)?,
            body: row.get(10)?,
        });
        Ok(self.handed.len() < most)
    }
}

fn select(which: &str) -> String {
    format!(
        "SELECT seq, visible_ms, receives, first_ms, id, group_id, dedup_id, sent_ms, source, attributes, body
         FROM message WHERE {which}"
    )
}
