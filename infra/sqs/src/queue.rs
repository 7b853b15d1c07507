//! A queue as it is stored, and how it is found by its URL, ARN or name.

use rusqlite::Row;

use crate::change::Change;
use crate::clock::Millis;
use crate::fault::Fault;
use crate::settings::{Attributes, Settings};

pub(crate) const ACCOUNT: &str = "000000000000";

#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) settings: Settings,
    pub(crate) attributes: Attributes,
    pub(crate) created: Millis,
    pub(crate) modified: Millis,
}

/// The queue that a request is for. AWS looks at the last part of the URL only, and so do we: hosts differ.
pub(crate) fn at(change: &Change<'_>, queue_url: Option<&str>) -> Result<Queue, Fault> {
    let name = name_in(queue_url)?;
    named(change, name)?.ok_or(Fault::QueueDoesNotExist)
}

pub(crate) fn name_in(queue_url: Option<&str>) -> Result<&str, Fault> {
    let queue_url = queue_url.ok_or(Fault::MissingParameter("QueueUrl"))?;
    Ok(queue_url.rsplit('/').next().unwrap_or(queue_url))
}

/// The queue of this ARN, if it is one of ours.
pub(crate) fn by_arn(change: &Change<'_>, arn: &str) -> Result<Option<Queue>, Fault> {
    match arn.rsplit(':').next() {
        Some(name) if arn == arn_of(change.region, name) => named(change, name),
        Some(_) | None => Ok(None),
    }
}

pub(crate) fn arn_of(region: &str, name: &str) -> String {
    format!("arn:aws:sqs:{region}:{ACCOUNT}:{name}")
}

pub(crate) fn named(change: &Change<'_>, name: &str) -> Result<Option<Queue>, Fault> {
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?));
    let row =
        change.first("SELECT id, attributes, created_ms, modified_ms FROM queue WHERE name = ?1", [name], read)?;
    let Some((id, attributes, created, modified)) = row else {
        return Ok(None);
    };
    let attributes = serde_json::from_str(&attributes).map_err(Fault::Stored)?;
    let settings = Settings::read(&attributes);
    Ok(Some(Queue { id, name: name.to_owned(), settings, attributes, created, modified }))
}

pub(crate) fn url(host: &str, name: &str) -> String {
    format!("http://{host}/{ACCOUNT}/{name}")
}
