//! What we put on the queues. Every message has a key of its own, so that one that is sent twice arrives once.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, MessageSystemAttributeNameForSends,
    MessageSystemAttributeValue, SendMessageBatchRequestEntry,
};
use delivery::{Bundle, QueuedBundle, Webhook, order};
use model::{DeliveryId, Inbound, Queued};
use tracing::warn;

use crate::records::Release;
use crate::telemetry;

#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error("the queue could not be asked: {0}")]
    Unavailable(String),
    #[error("the queue refused {0} messages")]
    Refused(usize),
    #[error("the message cannot be written")]
    Unwritable,
}

/// `inbound.fifo`: to the conversation worker, in order per customer.
#[derive(Clone, Debug)]
pub struct InboundQueue(Queue);

/// `events.fifo`: to the delivery worker, in order per webhook lane.
#[derive(Clone, Debug)]
pub struct EventsQueue(Queue);

/// Wakes a delivery that is due within 15 minutes. Not FIFO: those know no delay per message.
#[derive(Clone, Debug)]
pub struct RetryQueue(Queue);

/// The longest delay that SQS knows.
const MAX_DELAY_MS: i64 = 900_000;

impl InboundQueue {
    pub fn new(client: Client, url: &str) -> Self {
        Self(Queue { client, url: url.to_owned() })
    }

    /// All of them, or an error: the messenger then sends them again, and those that did arrive are known by their ids.
    pub async fn send(&self, inbound: Vec<Inbound>) -> Result<(), QueueError> {
        let messages: Result<Vec<Message>, QueueError> = inbound
            .into_iter()
            .map(|inbound| {
                let (group, key) = (inbound.session_id().to_string(), inbound.id.to_string());
                Message::new(group, key, &Queued::V1(inbound))
            })
            .collect();
        self.0.send(messages?).await
    }
}

impl EventsQueue {
    pub fn new(client: Client, url: &str) -> Self {
        Self(Queue { client, url: url.to_owned() })
    }

    /// Events that are gathered for a while: they come again with those that came behind them.
    pub async fn put_back(&self, receipts: Vec<String>, wait_ms: i64) -> Result<(), QueueError> {
        self.0.put_back(receipts, wait_ms).await
    }

    /// What each webhook is told, in its lanes.
    pub async fn send(&self, bundles: Vec<(&Webhook, Bundle)>) -> Result<(), QueueError> {
        let messages: Result<Vec<Message>, QueueError> = bundles
            .into_iter()
            .flat_map(|(webhook, bundle)| order::lanes(webhook, bundle))
            .filter_map(|(lane, bundle)| {
                // Named after its first event, as the delivery is: the same turn makes the same bundle.
                let key = DeliveryId::of(bundle.webhook_id, bundle.events.first()?.id).to_string();
                // One delivery of a lane is in flight at a time, and all of a conversation goes by one lane.
                let group = format!("{}#{lane}", bundle.webhook_id);
                Some(Message::new(group, key, &QueuedBundle::V1(bundle)))
            })
            .collect();
        self.0.send(messages?).await
    }
}

impl Release for InboundQueue {
    async fn release(&self, receipts: Vec<String>) {
        self.0.delete(receipts).await;
    }
}

impl Release for EventsQueue {
    async fn release(&self, receipts: Vec<String>) {
        self.0.delete(receipts).await;
    }
}

impl RetryQueue {
    pub fn new(client: Client, url: &str) -> Self {
        Self(Queue { client, url: url.to_owned() })
    }

    /// False when it is due too late for the queue; the minute's sweep will find it.
    pub async fn wake(&self, id: DeliveryId, delay_ms: i64) -> Result<bool, QueueError> {
        if delay_ms > MAX_DELAY_MS {
            return Ok(false);
        }
        // A second early would find it not yet due.
        let seconds = i32::try_from((delay_ms.max(0) + 999) / 1000).unwrap_or(900).min(900);
        let Queue { client, url } = &self.0;
        let request = client.send_message().queue_url(url).delay_seconds(seconds).message_body(id.to_string());
        let request = request.set_message_system_attributes(trace());
        request.send().await.map_err(|error| unavailable(&error))?;
        Ok(true)
    }
}

#[derive(Clone)]
struct Queue {
    client: Client,
    url: String,
}

struct Message {
    group: String,
    key: String,
    body: String,
}

impl Message {
    fn new(group: String, key: String, content: &impl serde::Serialize) -> Result<Self, QueueError> {
        let body = serde_json::to_string(content).map_err(|_| QueueError::Unwritable)?;
        // SQS takes every character but these two. In JSON they stand in texts only, where an escape means the same.
        let body = body.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
        Ok(Self { group, key, body })
    }
}

/// SQS takes ten messages and one MiB in a request; some room is left for the envelope.
const BATCH: usize = 10;
const BATCH_BYTES: usize = 1_000_000;

/// Two of a group never go together: SQS may take the second of a batch and refuse the first, and what is sent again then
/// comes behind it.
fn batches(messages: Vec<Message>) -> Vec<Vec<Message>> {
    let mut batches: Vec<Vec<Message>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let size = message.body.len();
        let fits = |batch: &&mut Vec<Message>| {
            batch.len() < BATCH && bytes + size <= BATCH_BYTES && batch.iter().all(|other| other.group != message.group)
        };
        match batches.last_mut().filter(fits) {
            Some(batch) => {
                bytes += size;
                batch.push(message);
            }
            None => {
                bytes = size;
                batches.push(vec![message]);
            }
        }
    }
    batches
}

impl Queue {
    /// In order: a batch is only sent when the one before has arrived whole.
    async fn send(&self, messages: Vec<Message>) -> Result<(), QueueError> {
        for batch in batches(messages) {
            self.send_batch(batch).await?;
        }
        Ok(())
    }

    /// Hands them out again after so long, in their order, with what has come behind them by then.
    async fn put_back(&self, receipts: Vec<String>, wait_ms: i64) -> Result<(), QueueError> {
        let Self { client, url } = self;
        let seconds = i32::try_from((wait_ms.max(0) + 999) / 1000).unwrap_or(i32::MAX);
        let entries: Vec<_> = receipts
            .into_iter()
            .enumerate()
            .map(|(index, receipt)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(receipt)
                    .visibility_timeout(seconds)
                    .build()
            })
            .collect::<Result<_, _>>()
            .map_err(|_| QueueError::Unwritable)?;
        let request = client.change_message_visibility_batch().queue_url(url).set_entries(Some(entries));
        request.send().await.map(drop).map_err(|error| unavailable(&error))
    }

    /// Lambda deletes them too, when the whole batch is done, and that is no error.
    async fn delete(&self, receipts: Vec<String>) {
        let Self { client, url } = self;
        let entries: Vec<_> = receipts
            .into_iter()
            .enumerate()
            .filter_map(|(index, receipt)| {
                DeleteMessageBatchRequestEntry::builder().id(index.to_string()).receipt_handle(receipt).build().ok()
            })
            .collect();
        for batch in entries.chunks(BATCH) {
            let request = client.delete_message_batch().queue_url(url).set_entries(Some(batch.to_vec()));
            if let Err(error) = request.send().await {
                warn!(error = %DisplayErrorContext(error), "What is finished with waits for its batch");
            }
        }
    }

    async fn send_batch(&self, mut batch: Vec<Message>) -> Result<(), QueueError> {
        let Self { client, url } = self;
        match (batch.pop(), batch.is_empty()) {
            (None, _) => Ok(()),
            (Some(Message { group, key, body }), true) => {
                let request = client.send_message().queue_url(url).message_group_id(group);
                let request = request.message_deduplication_id(key).message_body(body);
                let request = request.set_message_system_attributes(trace());
                request.send().await.map(drop).map_err(|error| unavailable(&error))
            }
            (Some(last), false) => {
                batch.push(last);
                let entries = batch.into_iter().enumerate().map(|(index, Message { group, key, body })| {
                    SendMessageBatchRequestEntry::builder()
                        .id(index.to_string())
                        .message_group_id(group)
                        .message_deduplication_id(key)
                        .message_body(body)
                        .set_message_system_attributes(trace())
                        .build()
                });
                let entries: Vec<_> = entries.collect::<Result<_, _>>().map_err(|_| QueueError::Unwritable)?;
                let request = client.send_message_batch().queue_url(url).set_entries(Some(entries));
                let output = request.send().await.map_err(|error| unavailable(&error))?;
                match output.failed().len() {
                    0 => Ok(()),
                    failed => Err(QueueError::Refused(failed)),
                }
            }
        }
    }
}

/// The trace goes on where the message is handled.
fn trace() -> Option<HashMap<MessageSystemAttributeNameForSends, MessageSystemAttributeValue>> {
    let header = telemetry::trace()?;
    let value = MessageSystemAttributeValue::builder().data_type("String").string_value(header).build().ok()?;
    Some(HashMap::from([(MessageSystemAttributeNameForSends::AwsTraceHeader, value)]))
}

fn unavailable<E>(error: &aws_sdk_sqs::error::SdkError<E>) -> QueueError
where
    aws_sdk_sqs::error::SdkError<E>: std::error::Error,
{
    QueueError::Unavailable(DisplayErrorContext(error).to_string())
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_the_order_of_their_groups() {
        // Of each message the group, once for every 100,000 bytes; of each batch the messages by their places.
        let cases = [
            ("", ""),
            ("a", "0"),
            ("a b c", "0 1 2"),
            ("a a b a", "0, 1 2, 3"),
            ("aaaaaa bbbb c dddddddddddd e", "0 1, 2, 3, 4"),
            ("a b c d e f g h i j k", "0 1 2 3 4 5 6 7 8 9, 10"),
        ];
        for (groups, expected) in cases {
            let messages = groups.split_whitespace().enumerate().map(|(place, group)| Message {
                group: group[..1].to_owned(),
                key: place.to_string(),
                body: "x".repeat(100_000 * group.len()),
            });
            let batches = batches(messages.collect());
            let places =
                |batch: &Vec<Message>| batch.iter().map(|message| message.key.as_str()).collect::<Vec<_>>().join(" ");
            assert_eq!(batches.iter().map(places).collect::<Vec<_>>().join(", "), expected);
        }
    }
}
