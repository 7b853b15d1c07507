//! A batch from a FIFO queue: groups side by side, in order inside a group. A record that fails takes the rest of its
//! group with it, because what comes later must not overtake it, and nothing else. A group that takes long keeps no other
//! from its next messages.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use serde::Serialize;
use tokio::time::Instant;
use tracing::{Instrument as _, error};

use crate::telemetry;

/// The form in which Lambda wants to hear what must be handed out again.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    pub batch_item_failures: Vec<BatchItemFailure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    pub item_identifier: String,
}

/// What is done with the receipts of messages that are finished with, while others of their batch are not.
pub trait Release {
    fn release(&self, receipts: Vec<String>) -> impl Future<Output = ()> + Send;
}

/// They wait for the batch: of a queue without groups none holds up another.
#[derive(Clone, Copy, Debug)]
pub struct WithTheBatch;

impl Release for WithTheBatch {
    async fn release(&self, _: Vec<String>) {}
}

/// So often the groups that are finished with are let go before the others: their next messages are held back until these
/// are deleted.
const SLOW: Duration = Duration::from_millis(100);

/// Of a group: the receipts of what is finished with, and the ids of what is not.
type Finished = (Vec<String>, Vec<String>);

/// One after another inside a group; `handle` is false for what must come again. A panic is one record's failure.
pub async fn each_in_order<F>(
    event: SqsEvent,
    release: &impl Release,
    handle: impl Fn(SqsMessage) -> F,
) -> BatchResponse
where
    F: Future<Output = bool>,
{
    let groups = grouped(event).into_iter().map(|records| {
        let handle = &handle;
        async move {
            let (mut receipts, mut failures) = Finished::default();
            for record in records {
                let id = record.message_id.clone().unwrap_or_default();
                let span = telemetry::of_message(Some(&record));
                let receipt = record.receipt_handle.clone();
                let done = failures.is_empty()
                    && AssertUnwindSafe(handle(record)).catch_unwind().instrument(span).await.unwrap_or_else(|_| {
                        error!(message.id = id, "The handling of a message panicked");
                        false
                    });
                if done {
                    receipts.extend(receipt);
                } else {
                    failures.push(id);
                }
            }
            (receipts, failures)
        }
    });
    gather(groups.collect(), release).await
}

/// Each group as a whole; `handle` says how many of its records, from the first on, are finished with.
pub async fn each_group<F>(
    event: SqsEvent,
    release: &impl Release,
    handle: impl Fn(Vec<SqsMessage>) -> F,
) -> BatchResponse
where
    F: Future<Output = usize>,
{
    let groups = grouped(event).into_iter().map(|records| {
        let ids: Vec<String> = records.iter().map(|record| record.message_id.clone().unwrap_or_default()).collect();
        let receipts: Vec<Option<String>> = records.iter().map(|record| record.receipt_handle.clone()).collect();
        let span = telemetry::of_message(records.first());
        let work = AssertUnwindSafe(handle(records)).catch_unwind().instrument(span);
        async move {
            let done = work.await.unwrap_or_else(|_| {
                error!(message.id = ids.first(), "The handling of a group panicked");
                0
            });
            (receipts.into_iter().take(done).flatten().collect(), ids.into_iter().skip(done).collect())
        }
    });
    gather(groups.collect(), release).await
}

async fn gather<F>(mut groups: FuturesUnordered<F>, release: &impl Release) -> BatchResponse
where
    F: Future<Output = Finished>,
{
    let mut failed = Vec::new();
    let mut finished = Vec::new();
    let mut slow = tokio::time::interval_at(Instant::now() + SLOW, SLOW);
    // Beside the groups, which must not wait for it.
    let mut releases = FuturesUnordered::new();
    loop {
        tokio::select! {
            group = groups.next() => {
                let Some((receipts, failures)) = group else { break };
                finished.extend(receipts);
                failed.extend(failures);
            }
            _ = slow.tick() => {
                if !finished.is_empty() && !groups.is_empty() {
                    releases.push(release.release(std::mem::take(&mut finished)));
                }
            }
            Some(()) = releases.next(), if !releases.is_empty() => {}
        }
    }
    while releases.next().await.is_some() {}
    let failures = failed.into_iter().map(|item_identifier| BatchItemFailure { item_identifier });
    BatchResponse { batch_item_failures: failures.collect() }
}

/// Groups in the order of their first record. A record without a group is one of its own.
fn grouped(event: SqsEvent) -> Vec<Vec<SqsMessage>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<SqsMessage>> = Vec::new();
    for record in event.records {
        match record.attributes.get("MessageGroupId") {
            None => groups.push(vec![record]),
            Some(group) => {
                let place = *places.entry(group.clone()).or_insert(groups.len());
                if place == groups.len() {
                    groups.push(Vec::new());
                }
                groups[place].push(record);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn event(records: &[(&str, &str)]) -> SqsEvent {
        let records: Vec<_> = records
            .iter()
            .map(|(group, id)| {
                let attributes = if group.is_empty() {
                    serde_json::json!({})
                } else {
                    serde_json::json!({ "MessageGroupId": group })
                };
                serde_json::json!({ "messageId": id, "body": id, "attributes": attributes })
            })
            .collect();
        serde_json::from_value(serde_json::json!({ "Records": records })).unwrap()
    }

    async fn run(records: &[(&str, &str)], bad: &str) -> (Vec<String>, Vec<String>) {
        let handled = Mutex::new(Vec::new());
        let response = each_in_order(event(records), &WithTheBatch, |record| {
            let (handled, id) = (&handled, record.message_id.unwrap());
            async move {
                assert!(id != "panic", "as told");
                handled.lock().unwrap().push(id.clone());
                id != bad
            }
        })
        .await;
        let failed = response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
        (handled.into_inner().unwrap(), failed)
    }

    #[tokio::test]
    async fn a_failure_takes_the_rest_of_its_group_and_nothing_else() {
        let (handled, failed) = run(&[("a", "a1"), ("b", "b1"), ("a", "a2"), ("a", "a3"), ("b", "b2")], "a2").await;
        assert_eq!(failed, ["a2", "a3"]);
        assert!(!handled.contains(&"a3".to_owned()), "what comes later is not even tried");
        assert!(handled.contains(&"b2".to_owned()));
    }

    #[tokio::test]
    async fn a_panic_is_a_failure() {
        let (handled, failed) = run(&[("a", "panic"), ("a", "a2"), ("", "alone"), ("", "alone2")], "").await;
        assert_eq!(failed, ["panic", "a2"]);
        assert_eq!(handled, ["alone", "alone2"]);
    }

    #[tokio::test]
    async fn a_group_fails_from_some_record_on() {
        let records = event(&[("a", "a1"), ("b", "b1"), ("a", "a2"), ("b", "b2")]);
        let first_of_b =
            |records: Vec<SqsMessage>| async move { usize::from(records[0].message_id.as_deref() == Some("b1")) };
        let response = each_group(records, &WithTheBatch, first_of_b).await;
        let failed: Vec<_> =
            response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
        assert_eq!(failed, ["a1", "a2", "b2"]);
    }

    /// What was released, and when the batch was done.
    #[derive(Default)]
    struct Releases(Mutex<Vec<String>>);

    impl Release for Releases {
        async fn release(&self, receipts: Vec<String>) {
            self.0.lock().unwrap().extend(receipts);
        }
    }

    #[tokio::test]
    async fn what_is_finished_with_does_not_wait_for_a_slow_group() {
        let mut records = event(&[("fast", "f1"), ("slow", "s1"), ("fast", "f2"), ("bad", "b1")]);
        for record in &mut records.records {
            record.receipt_handle.clone_from(&record.message_id);
        }
        let releases = Releases::default();
        let response = each_in_order(records, &releases, |record| {
            let (id, releases) = (record.message_id.unwrap(), &releases);
            async move {
                if id == "s1" {
                    tokio::time::sleep(SLOW * 2).await;
                    assert_eq!(*releases.0.lock().unwrap(), ["f1", "f2"]);
                }
                id != "b1"
            }
        })
        .await;
        assert_eq!(response.batch_item_failures, [BatchItemFailure { item_identifier: "b1".to_owned() }]);
        // The last is acknowledged with the batch.
        assert_eq!(*releases.0.lock().unwrap(), ["f1", "f2"]);
    }
}
