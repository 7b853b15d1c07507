//! The attributes that a queue is made with: which there are, what they may be, and what we read from them.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Seconds;
use crate::fault::Fault;

/// As given and stored; those of a stored queue are canonical and complete.
pub(crate) type Attributes = BTreeMap<String, String>;

/// What the queue's attributes mean to us.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) fifo: bool,
    pub(crate) content_based: bool,
    /// Deduplication counts in a group instead of the whole queue.
    pub(crate) dedup_by_group: bool,
    pub(crate) visibility: Seconds,
    pub(crate) delay: Seconds,
    pub(crate) wait: Seconds,
    pub(crate) retention: Seconds,
    pub(crate) max_bytes: usize,
    pub(crate) redrive: Option<Redrive>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Redrive {
    pub(crate) dead_letter_target_arn: String,
    pub(crate) max_receive_count: i64,
}

/// Whole numbers: least, most, and what a queue has unless told.
const NUMBERS: [(&str, RangeInclusive<i64>, i64); 5] = [
    ("DelaySeconds", 0..=900, 0),
    ("MaximumMessageSize", 1_024..=1_048_576, 1_048_576),
    ("MessageRetentionPeriod", 60..=1_209_600, 345_600),
    ("ReceiveMessageWaitTimeSeconds", 0..=20, 0),
    ("VisibilityTimeout", 0..=43_200, 30),
];

/// What only a FIFO queue has: the choices, the first being what it has unless told.
const OF_FIFO: [(&str, &[&str]); 4] = [
    ("ContentBasedDeduplication", &["false", "true"]),
    ("DeduplicationScope", &["queue", "messageGroup"]),
    ("FifoQueue", &["true"]),
    ("FifoThroughputLimit", &["perQueue", "perMessageGroupId"]),
];

/// Kept and given back; nothing here acts on them.
const KEPT: [&str; 5] =
    ["KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "SqsManagedSseEnabled"];

pub(crate) fn is_known(name: &str) -> bool {
    name == "RedrivePolicy"
        || KEPT.contains(&name)
        || NUMBERS.iter().any(|(known, _, _)| *known == name)
        || OF_FIFO.iter().any(|(known, _)| *known == name)
}

pub(crate) fn defaults(fifo: bool) -> Attributes {
    let numbers = NUMBERS.iter().map(|(name, _, value)| ((*name).to_owned(), value.to_string()));
    let choices = OF_FIFO.iter().filter(|_| fifo).map(|(name, choices)| ((*name).to_owned(), choices[0].to_owned()));
    numbers.chain(choices).collect()
}

/// Checks what a request gives for a queue of this kind, and spells it as we store it.
pub(crate) fn canonical(given: &Attributes, fifo: bool) -> Result<Attributes, Fault> {
    given.iter().map(|(name, value)| Ok((name.clone(), canonical_value(name, value, fifo)?))).collect()
}

fn canonical_value(name: &str, value: &str, fifo: bool) -> Result<String, Fault> {
    let invalid = || Fault::InvalidAttributeValue(name.to_owned());
    if let Some((_, range, _)) = NUMBERS.iter().find(|(known, _, _)| *known == name) {
        let number: i64 = value.parse().map_err(|_| invalid())?;
        return if range.contains(&number) { Ok(number.to_string()) } else { Err(invalid()) };
    }
    if let Some((_, choices)) = OF_FIFO.iter().find(|(known, _)| *known == name) {
        // To a standard queue AWS says that it does not know the name; so it does to `FifoQueue=false`.
        if !fifo {
            return Err(Fault::InvalidAttributeName(name.to_owned()));
        }
        return if choices.contains(&value) { Ok(value.to_owned()) } else { Err(invalid()) };
    }
    if name == "RedrivePolicy" && !value.is_empty() {
        let redrive = redrive(value).ok_or(Fault::InvalidParameterValue("RedrivePolicy", "Invalid policy"))?;
        return serde_json::to_string(&redrive).map_err(Fault::Stored);
    }
    if is_known(name) { Ok(value.to_owned()) } else { Err(Fault::InvalidAttributeName(name.to_owned())) }
}

/// AWS takes the count as a number and, because its console once wrote it so, as a string.
fn redrive(policy: &str) -> Option<Redrive> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let count = match policy.get("maxReceiveCount")? {
        Value::Number(count) => count.as_i64()?,
        Value::String(count) => count.parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let target = policy.get("deadLetterTargetArn")?.as_str()?.to_owned();
    (1..=1_000).contains(&count).then_some(Redrive { dead_letter_target_arn: target, max_receive_count: count })
}

impl Settings {
    /// Reads complete attributes.
    pub(crate) fn read(attributes: &Attributes) -> Settings {
        let is = |name: &str, value: &str| attributes.get(name).is_some_and(|set| set == value);
        // What was stored went through `canonical`, over `defaults`.
        let number = |name: &str| attributes.get(name).and_then(|set| set.parse::<i64>().ok()).unwrap_or_default();
        Settings {
            fifo: is("FifoQueue", "true"),
            content_based: is("ContentBasedDeduplication", "true"),
            dedup_by_group: is("DeduplicationScope", "messageGroup"),
            visibility: Seconds(number("VisibilityTimeout")),
            delay: Seconds(number("DelaySeconds")),
            wait: Seconds(number("ReceiveMessageWaitTimeSeconds")),
            retention: Seconds(number("MessageRetentionPeriod")),
            max_bytes: usize::try_from(number("MaximumMessageSize")).unwrap_or_default(),
            redrive: attributes.get("RedrivePolicy").and_then(|policy| redrive(policy)),
        }
    }
}
