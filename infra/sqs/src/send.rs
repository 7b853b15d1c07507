//! SendMessage and its batch: deduplication, the sequence number, the group's lane.

use rusqlite::params;

use crate::change::Change;
use crate::clock::{self, Millis, Seconds};
use crate::fault::Fault;
use crate::message::{self, Message};
use crate::queue::{self, Queue};
use crate::{attributes, batch, wire};

/// For so long a deduplication id is remembered, whatever became of its message.
const REMEMBERED: Seconds = Seconds(5 * 60);

const MAX_BATCH_BYTES: usize = 1_048_576;

pub(crate) fn send(change: &mut Change<'_>, input: &wire::Send) -> Result<wire::Sent, Fault> {
    let queue = queue::at(change, input.queue_url.as_deref())?;
    send_to(change, &queue, None, input)
}

pub(crate) fn send_batch(
    change: &mut Change<'_>,
    input: &wire::Batch<wire::Send>,
) -> Result<wire::BatchResult<wire::Sent>, Fault> {
    let queue = queue::at(change, input.queue_url.as_deref())?;
    let entries = input.entries.as_deref().unwrap_or_default();
    // An entry with wrong attributes fails alone, later.
    let size: usize = entries.iter().map(|entry| message::size(entry).unwrap_or_default()).sum();
    if size > MAX_BATCH_BYTES {
        return Err(Fault::BatchRequestTooLong);
    }
    message::check_batch(&queue, entries)?;
    batch::each(input, |id, entry| send_to(change, &queue, Some(id), entry))
}

fn send_to(change: &mut Change<'_>, queue: &Queue, id: Option<&str>, sent: &wire::Send) -> Result<wire::Sent, Fault> {
    let message = Message::parse(queue, sent)?;
    let (seq, message_id) = match earlier(change, queue, &message)? {
        Some(earlier) => earlier,
        None => store(change, queue, &message)?,
    };
    Ok(wire::Sent {
        id: id.map(str::to_owned),
        message_id,
        md5_of_message_body: format!("{:x}", md5::compute(message.body)),
        md5_of_message_attributes: attributes::md5(message.attributes),
        sequence_number: queue.settings.fifo.then(|| sequence_number(seq)),
    })
}

/// AWS writes twenty digits.
pub(crate) fn sequence_number(seq: i64) -> String {
    format!("{seq:020}")
}

/// The message that had this deduplication id within the last minutes.
fn earlier(change: &Change<'_>, queue: &Queue, message: &Message<'_>) -> Result<Option<(i64, String)>, Fault> {
    let Some(dedup_id) = &message.dedup_id else {
        return Ok(None);
    };
    change.execute("DELETE FROM dedup WHERE sent_ms <= ?1", [change.now - REMEMBERED])?;
    change.first(
        "SELECT seq, id FROM dedup WHERE queue = ?1 AND scope = ?2 AND dedup_id = ?3",
        params![queue.id, scope(queue, message), dedup_id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

fn store(change: &mut Change<'_>, queue: &Queue, message: &Message<'_>) -> Result<(i64, String), Fault> {
    let id = clock::message_id();
    let visible: Millis = change.now + message.delay;
    let attributes = match message.attributes.is_empty() {
        true => None,
        false => Some(serde_json::to_string(message.attributes).map_err(Fault::Stored)?),
    };
    let seq = change.insert(
        "INSERT INTO message (queue, id, group_id, dedup_id, sent_ms, visible_ms, attributes, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![queue.id, id, message.group, message.dedup_id, change.now, visible, attributes, message.body],
    )?;
    if let Some(dedup_id) = &message.dedup_id {
        change.execute(
            "INSERT INTO dedup (queue, scope, dedup_id, sent_ms, seq, id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![queue.id, scope(queue, message), dedup_id, change.now, seq, id],
        )?;
        // Behind others of its group it changes nothing about when the group is served.
        change.execute(
            "INSERT OR IGNORE INTO lane (queue, group_id, head, ready_ms) VALUES (?1, ?2, ?3, ?4)",
            params![queue.id, message.group, seq, visible],
        )?;
    }
    change.touch(&queue.name);
    Ok((seq, id))
}

fn scope<'a>(queue: &Queue, message: &Message<'a>) -> &'a str {
    match message.group {
        Some(group) if queue.settings.dedup_by_group => group,
        Some(_) | None => "",
    }
}
