//! What a receiver does with what it holds: DeleteMessage, ChangeMessageVisibility, and their batches.

use rusqlite::params;

use crate::change::Change;
use crate::clock::{Millis, Seconds};
use crate::fault::Fault;
use crate::queue::{self, Queue};
use crate::{batch, groups, receipt, wire};

pub(crate) fn delete(change: &mut Change<'_>, input: &wire::Delete) -> Result<wire::Empty, Fault> {
    let queue = queue::at(change, input.queue_url.as_deref())?;
    delete_from(change, &queue, input)?;
    Ok(wire::Empty {})
}

pub(crate) fn delete_batch(
    change: &mut Change<'_>,
    input: &wire::Batch<wire::Delete>,
) -> Result<wire::BatchResult<wire::Done>, Fault> {
    let queue = queue::at(change, input.queue_url.as_deref())?;
    batch::each(input, |id, entry| {
        delete_from(change, &queue, entry)?;
        Ok(wire::Done { id: id.to_owned() })
    })
}

pub(crate) fn change_visibility(change: &mut Change<'_>, input: &wire::Visibility) -> Result<wire::Empty, Fault> {
    let queue = queue::at(change, input.queue_url.as_deref())?;
    change_visibility_in(change, &queue, input)?;
    Ok(wire::Empty {})
}

pub(crate) fn change_visibility_batch(
    change: &mut Change<'_>,
    input: &wire::Batch<wire::Visibility>,
) -> Result<wire::BatchResult<wire::Done>, Fault> {
    let queue = queue::at(change, input.queue_url.as_deref())?;
    batch::each(input, |id, entry| {
        change_visibility_in(change, &queue, entry)?;
        Ok(wire::Done { id: id.to_owned() })
    })
}

/// A stale receipt deletes nothing. On a FIFO queue it is stale as soon as the message is visible again, and AWS says so;
/// on a standard queue only when another receive got the message, and AWS says nothing. To delete twice is no error.
fn delete_from(change: &mut Change<'_>, queue: &Queue, input: &wire::Delete) -> Result<(), Fault> {
    let receipt = receipt::parse(queue, input.receipt_handle.as_deref())?;
    let deleted = change.first(
        "DELETE FROM message WHERE seq = ?1 AND queue = ?2 AND receipt = ?3 AND (visible_ms > ?4 OR NOT ?5)
         RETURNING group_id",
        params![receipt.seq, queue.id, receipt.receive, change.now, queue.settings.fifo],
        |row| row.get::<_, Option<String>>(0),
    )?;
    match deleted {
        Some(Some(group)) => unblock(change, queue, &group),
        Some(None) => Ok(()),
        None if !queue.settings.fifo => Ok(()),
        None => {
            let still_there = change.first(
                "SELECT 1 FROM message WHERE seq = ?1 AND queue = ?2",
                params![receipt.seq, queue.id],
                |row| row.get::<_, i64>(0),
            )?;
            match still_there {
                Some(_) => Err(Fault::InvalidParameterValue("ReceiptHandle", "The receipt handle has expired")),
                None => Ok(()),
            }
        }
    }
}

fn change_visibility_in(change: &mut Change<'_>, queue: &Queue, input: &wire::Visibility) -> Result<(), Fault> {
    let receipt = receipt::parse(queue, input.receipt_handle.as_deref())?;
    let visibility = match input.visibility_timeout {
        None => return Err(Fault::MissingParameter("VisibilityTimeout")),
        Some(visibility @ 0..=43_200) => Seconds(visibility),
        Some(_) => return Err(Fault::InvalidParameterValue("VisibilityTimeout", "Must be between 0 and 43200")),
    };
    let held = change.first(
        "SELECT visible_ms, group_id FROM message WHERE seq = ?1 AND queue = ?2 AND receipt = ?3",
        params![receipt.seq, queue.id, receipt.receive],
        |row| Ok((row.get::<_, Millis>(0)?, row.get::<_, Option<String>>(1)?)),
    )?;
    let unavailable = Fault::InvalidParameterValue(
        "ReceiptHandle",
        "Message does not exist or is not available for visibility timeout change",
    );
    let group = match held {
        None => return Err(unavailable),
        // AWS says yes and changes nothing, whatever its page says of `MessageNotInflight`.
        Some((visible, _)) if visible <= change.now && !queue.settings.fifo => return Ok(()),
        Some((visible, _)) if visible <= change.now => return Err(unavailable),
        Some((_, group)) => group,
    };
    change
        .execute("UPDATE message SET visible_ms = ?2 WHERE seq = ?1", params![receipt.seq, change.now + visibility])?;
    match group {
        Some(group) => unblock(change, queue, &group),
        None => {
            change.touch(&queue.name);
            Ok(())
        }
    }
}

/// The group's next message may be available now. The groups of a standard queue block nothing.
fn unblock(change: &mut Change<'_>, queue: &Queue, group: &str) -> Result<(), Fault> {
    if queue.settings.fifo {
        groups::refresh(change, queue, group)?;
    }
    change.touch(&queue.name);
    Ok(())
}
