//! A message that a queue accepts; it cannot be built otherwise.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>

use sha2::{Digest, Sha256};

use crate::attributes;
use crate::clock::Seconds;
use crate::fault::Fault;
use crate::queue::Queue;
use crate::wire;

#[derive(Debug)]
pub(crate) struct Message<'a> {
    pub(crate) body: &'a str,
    pub(crate) attributes: &'a attributes::MessageAttributes,
    pub(crate) delay: Seconds,
    pub(crate) group: Option<&'a str>,
    /// Present on every message to a FIFO queue.
    pub(crate) dedup_id: Option<String>,
}

const OF_OTHER_KIND: &str = "The request includes a parameter that is not valid for this queue type";

impl<'a> Message<'a> {
    pub(crate) fn parse(queue: &Queue, sent: &'a wire::Send) -> Result<Message<'a>, Fault> {
        let body = body(sent)?;
        if size(sent)? > queue.settings.max_bytes {
            return Err(Fault::InvalidParameterValue("MessageBody", "Message must be shorter than MaximumMessageSize"));
        }
        let group = id("MessageGroupId", sent.message_group_id.as_deref())?;
        let dedup_id = id("MessageDeduplicationId", sent.message_deduplication_id.as_deref())?;
        let attributes = &sent.message_attributes;

        if !queue.settings.fifo {
            if dedup_id.is_some() {
                return Err(Fault::InvalidParameterValue("MessageDeduplicationId", OF_OTHER_KIND));
            }
            let delay = match sent.delay_seconds {
                None => queue.settings.delay,
                Some(delay @ 0..=900) => Seconds(delay),
                Some(_) => return Err(Fault::InvalidParameterValue("DelaySeconds", "Must be between 0 and 900")),
            };
            return Ok(Message { body, attributes, delay, group, dedup_id: None });
        }

        if group.is_none() {
            return Err(Fault::MissingParameter("MessageGroupId"));
        }
        if sent.delay_seconds.is_some_and(|delay| delay != 0) {
            return Err(Fault::InvalidParameterValue("DelaySeconds", OF_OTHER_KIND));
        }
        let dedup_id = match dedup_id {
            Some(given) => given.to_owned(),
            // The attributes of a message are not part of its content.
            None if queue.settings.content_based => format!("{:x}", Sha256::digest(body)),
            None => return Err(without_dedup_id()),
        };
        Ok(Message { body, attributes, delay: queue.settings.delay, group, dedup_id: Some(dedup_id) })
    }
}

/// Whether each entry says what a FIFO queue asks of all: the one thing of an entry that fails the whole batch.
pub(crate) fn check_batch(queue: &Queue, entries: &[wire::Send]) -> Result<(), Fault> {
    if !queue.settings.fifo {
        return Ok(());
    }
    if entries.iter().any(|entry| entry.message_group_id.is_none()) {
        // Not `MissingParameter`, as for a single message.
        return Err(Fault::InvalidParameterValue("MessageGroupId", "The request must contain it"));
    }
    if !queue.settings.content_based && entries.iter().any(|entry| entry.message_deduplication_id.is_none()) {
        return Err(without_dedup_id());
    }
    Ok(())
}

fn without_dedup_id() -> Fault {
    Fault::InvalidParameterValue(
        "MessageDeduplicationId",
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    )
}

/// What counts against the size of a message and of a batch: the body, and the attributes with their names and types.
pub(crate) fn size(sent: &wire::Send) -> Result<usize, Fault> {
    let body = sent.message_body.as_ref().map_or(0, String::len);
    Ok(body + attributes::check(&sent.message_attributes)?)
}

fn body(sent: &wire::Send) -> Result<&str, Fault> {
    // The characters that XML 1.0 allows, since the first protocol of SQS was XML.
    let is_allowed = |letter: char| match letter {
        '\t' | '\n' | '\r' => true,
        '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => false,
        _ => true,
    };
    match sent.message_body.as_deref() {
        None | Some("") => Err(Fault::MissingParameter("MessageBody")),
        Some(body) if body.chars().all(is_allowed) => Ok(body),
        Some(_) => Err(Fault::InvalidMessageContents),
    }
}

fn id<'a>(parameter: &'static str, given: Option<&'a str>) -> Result<Option<&'a str>, Fault> {
    match given {
        None => Ok(None),
        Some(id) if (1..=128).contains(&id.len()) && id.chars().all(|letter| letter.is_ascii_graphic()) => Ok(given),
        Some(_) => Err(Fault::InvalidParameterValue(
            parameter,
            "Can only include alphanumeric and punctuation characters. 1 to 128 in length",
        )),
    }
}
