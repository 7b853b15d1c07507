//! Redrive: a message that was received too often moves to the dead-letter queue.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>

use rusqlite::params;

use crate::change::Change;
use crate::fault::Fault;
use crate::groups;
use crate::queue::{self, Queue};
use crate::settings::Settings;

/// A queue's policy with its dead-letter queue.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) max_receives: i64,
    queue: Queue,
}

/// None without a policy, and when the dead-letter queue was deleted since: then the messages stay.
pub(crate) fn target(change: &Change<'_>, queue: &Queue) -> Result<Option<Target>, Fault> {
    let Some(policy) = &queue.settings.redrive else {
        return Ok(None);
    };
    let target = queue::by_arn(change, &policy.dead_letter_target_arn)?;
    Ok(target.map(|queue| Target { max_receives: policy.max_receive_count, queue }))
}

/// A policy must name a queue that exists, of the same kind.
pub(crate) fn check(change: &Change<'_>, settings: &Settings) -> Result<(), Fault> {
    let Some(policy) = &settings.redrive else {
        return Ok(());
    };
    let invalid = |reason| Err(Fault::InvalidParameterValue("RedrivePolicy", reason));
    match queue::by_arn(change, &policy.dead_letter_target_arn)? {
        None => invalid("Dead letter target does not exist"),
        Some(target) if target.settings.fifo != settings.fifo => {
            invalid("Dead-letter queue must be of the same type as the source queue")
        }
        Some(_) => Ok(()),
    }
}

/// Moves a message as it is, with its sequence number and so in its order. The caller refreshes the group it leaves.
pub(crate) fn move_to(change: &mut Change<'_>, target: &Target, source: &Queue, seq: i64) -> Result<(), Fault> {
    let source = queue::arn_of(change.region, &source.name);
    // On a FIFO queue the retention begins anew with the move, on a standard queue it goes on.
    let group = change.first(
        "UPDATE message SET queue = ?2, source = ?3, receipt = NULL, visible_ms = ?4, sent_ms = iif(?5, ?4, sent_ms)
         WHERE seq = ?1 RETURNING group_id",
        params![seq, target.queue.id, source, change.now, target.queue.settings.fifo],
        |row| row.get::<_, Option<String>>(0),
    )?;
    if let (true, Some(group)) = (target.queue.settings.fifo, group.flatten()) {
        groups::refresh(change, &target.queue, &group)?;
    }
    change.touch(&target.queue.name);
    Ok(())
}
