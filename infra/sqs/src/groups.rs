//! The lanes of FIFO queues: a group's first message, and since when the group may be served.
//!
//! They are derived from the messages, and kept so that a receive need not look through groups that are blocked.

use rusqlite::params;

use crate::change::Change;
use crate::fault::Fault;
use crate::queue::Queue;

/// Writes a group's lane anew, after one of its messages was handed out, settled, moved or lost.
///
/// A group is ready when its first message is visible and none is in flight. A message that was received counts
/// until its timeout, which may be over: then it blocks nothing, whatever the row says.
pub(crate) fn refresh(change: &Change<'_>, queue: &Queue, group: &str) -> Result<(), Fault> {
    let written = change.execute(
        "INSERT OR REPLACE INTO lane (queue, group_id, head, ready_ms)
         SELECT ?1, ?2, seq, max(visible_ms, coalesce((
             SELECT max(visible_ms) FROM message
             WHERE queue = ?1 AND group_id = ?2 AND dedup_id IS NOT NULL AND receipt IS NOT NULL
         ), 0))
         FROM message WHERE queue = ?1 AND group_id = ?2 AND dedup_id IS NOT NULL ORDER BY seq LIMIT 1",
        params![queue.id, group],
    )?;
    if written == 0 {
        change.execute("DELETE FROM lane WHERE queue = ?1 AND group_id = ?2", params![queue.id, group])?;
    }
    Ok(())
}

/// Drops the messages that are older than the queue keeps them.
pub(crate) fn expire(change: &Change<'_>, queue: &Queue) -> Result<(), Fault> {
    let groups = change.all(
        "DELETE FROM message WHERE queue = ?1 AND sent_ms <= ?2 RETURNING group_id",
        params![queue.id, change.now - queue.settings.retention],
        |row| row.get::<_, Option<String>>(0),
    )?;
    if queue.settings.fifo {
        for group in groups.iter().flatten() {
            refresh(change, queue, group)?;
        }
    }
    Ok(())
}
