//! The actions on queues.

use std::collections::BTreeMap;

use rusqlite::params;

use crate::change::Change;
use crate::fault::Fault;
use crate::queue::{Queue, arn_of, at, named, url};
use crate::settings::{self, Attributes, Settings};
use crate::{groups, redrive, wire};

pub(crate) fn create(change: &mut Change<'_>, host: &str, input: &wire::CreateQueue) -> Result<wire::QueueUrl, Fault> {
    let name = input.queue_name.as_deref().ok_or(Fault::MissingParameter("QueueName"))?;
    let fifo = input.attributes.get("FifoQueue").is_some_and(|value| value == "true");
    check_name(name, fifo)?;
    let given = settings::canonical(&input.attributes, fifo)?;

    if let Some(queue) = named(change, name)? {
        if let Some((different, _)) = given.iter().find(|(name, value)| queue.attributes.get(*name) != Some(value)) {
            return Err(Fault::QueueNameExists(different.clone()));
        }
        return Ok(wire::QueueUrl { queue_url: url(host, name) });
    }

    let mut attributes = settings::defaults(fifo);
    attributes.extend(given);
    check_whole(change, &attributes)?;
    change.execute(
        "INSERT INTO queue (name, attributes, created_ms, modified_ms) VALUES (?1, ?2, ?3, ?3)",
        params![name, serde_json::to_string(&attributes).map_err(Fault::Stored)?, change.now],
    )?;
    Ok(wire::QueueUrl { queue_url: url(host, name) })
}

pub(crate) fn find_url(
    change: &mut Change<'_>,
    host: &str,
    input: &wire::GetQueueUrl,
) -> Result<wire::QueueUrl, Fault> {
    let name = input.queue_name.as_deref().ok_or(Fault::MissingParameter("QueueName"))?;
    let queue = named(change, name)?.ok_or(Fault::QueueDoesNotExist)?;
    Ok(wire::QueueUrl { queue_url: url(host, &queue.name) })
}

pub(crate) fn list(change: &mut Change<'_>, host: &str, input: &wire::ListQueues) -> Result<wire::QueueUrls, Fault> {
    let most = match input.max_results {
        // Without it AWS gives a thousand, and no token for the rest.
        None => 1_000,
        Some(most @ 1..=1_000) => most,
        Some(_) => return Err(Fault::InvalidParameterValue("MaxResults", "Must be between 1 and 1000")),
    };
    let prefix = input.queue_name_prefix.as_deref().unwrap_or_default();
    let mut names = change.all(
        "SELECT name FROM queue WHERE substr(name, 1, length(?1)) = ?1 AND name > ?2 ORDER BY name LIMIT ?3 + 1",
        params![prefix, input.next_token.as_deref().unwrap_or_default(), most],
        |row| row.get::<_, String>(0),
    )?;
    let most = usize::try_from(most).unwrap_or_default();
    let more = names.len() > most;
    names.truncate(most);
    let next_token = if more && input.max_results.is_some() { names.last().cloned() } else { None };
    Ok(wire::QueueUrls { queue_urls: names.iter().map(|name| url(host, name)).collect(), next_token })
}

pub(crate) fn delete(change: &mut Change<'_>, input: &wire::OnQueue) -> Result<wire::Empty, Fault> {
    let queue = at(change, input.queue_url.as_deref())?;
    change.execute("DELETE FROM queue WHERE id = ?1", [queue.id])?;
    // Who waits there learns that the queue is gone.
    change.touch(&queue.name);
    Ok(wire::Empty {})
}

/// Deduplication forgets too what was sent.
pub(crate) fn purge(change: &mut Change<'_>, input: &wire::OnQueue) -> Result<wire::Empty, Fault> {
    let queue = at(change, input.queue_url.as_deref())?;
    change.execute("DELETE FROM message WHERE queue = ?1", [queue.id])?;
    change.execute("DELETE FROM lane WHERE queue = ?1", [queue.id])?;
    change.execute("DELETE FROM dedup WHERE queue = ?1", [queue.id])?;
    Ok(wire::Empty {})
}

pub(crate) fn attributes(
    change: &mut Change<'_>,
    input: &wire::GetQueueAttributes,
) -> Result<wire::QueueAttributes, Fault> {
    let queue = at(change, input.queue_url.as_deref())?;
    let all = described(change, &queue)?;
    let wanted = &input.attribute_names;
    let is_known = |name: &String| name == "All" || all.contains_key(name) || settings::is_known(name);
    if let Some(unknown) = wanted.iter().find(|name| !is_known(name)) {
        return Err(Fault::InvalidAttributeName(unknown.clone()));
    }
    let is_wanted = |name: &String| wanted.iter().any(|wanted| wanted == "All" || wanted == name);
    Ok(wire::QueueAttributes { attributes: all.into_iter().filter(|(name, _)| is_wanted(name)).collect() })
}

pub(crate) fn set_attributes(change: &mut Change<'_>, input: &wire::SetQueueAttributes) -> Result<wire::Empty, Fault> {
    let queue = at(change, input.queue_url.as_deref())?;
    let given = settings::canonical(&input.attributes, queue.settings.fifo)?;
    let mut attributes = queue.attributes;
    attributes.extend(given);
    // An empty policy takes the policy away.
    attributes.retain(|_, value| !value.is_empty());
    check_whole(change, &attributes)?;
    change.execute(
        "UPDATE queue SET attributes = ?2, modified_ms = ?3 WHERE id = ?1",
        params![queue.id, serde_json::to_string(&attributes).map_err(Fault::Stored)?, change.now],
    )?;
    Ok(wire::Empty {})
}

fn check_name(name: &str, fifo: bool) -> Result<(), Fault> {
    let stem = if fifo { name.strip_suffix(".fifo").unwrap_or_default() } else { name };
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if !stem.is_empty() && name.len() <= 80 && stem.chars().all(is_allowed) {
        return Ok(());
    }
    let reason = if fifo {
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with \
         .fifo suffix and be 1 to 80 in length"
    } else {
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    };
    Err(Fault::InvalidParameterValue("QueueName", reason))
}

/// What can only be checked of the attributes together, or against other queues.
fn check_whole(change: &Change<'_>, attributes: &Attributes) -> Result<(), Fault> {
    let per_group = attributes.get("FifoThroughputLimit").is_some_and(|limit| limit == "perMessageGroupId");
    let settings = Settings::read(attributes);
    if per_group && !settings.dedup_by_group {
        return Err(Fault::InvalidAttributeValue("FifoThroughputLimit".to_owned()));
    }
    redrive::check(change, &settings)
}

/// Every attribute that the queue has, the counted ones too.
fn described(change: &Change<'_>, queue: &Queue) -> Result<BTreeMap<String, String>, Fault> {
    groups::expire(change, queue)?;
    let counted = change.first(
        "SELECT count(*) FILTER (WHERE visible_ms <= ?2),
                count(*) FILTER (WHERE visible_ms > ?2 AND receipt IS NOT NULL),
                count(*) FILTER (WHERE visible_ms > ?2 AND receipt IS NULL)
         FROM message WHERE queue = ?1",
        params![queue.id, change.now],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)),
    )?;
    let (visible, in_flight, delayed) = counted.unwrap_or_default();
    let mut all = queue.attributes.clone();
    all.extend(
        [
            ("QueueArn", arn_of(change.region, &queue.name)),
            ("CreatedTimestamp", queue.created.in_seconds().to_string()),
            ("LastModifiedTimestamp", queue.modified.in_seconds().to_string()),
            ("ApproximateNumberOfMessages", visible.to_string()),
            ("ApproximateNumberOfMessagesNotVisible", in_flight.to_string()),
            ("ApproximateNumberOfMessagesDelayed", delayed.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    Ok(all)
}
