//! Deduplication within its five minutes; what comes after them is asked with a clock of our own, inside the crate.

use aws_sdk_sqs::types::QueueAttributeName;

use crate::stand::{FIFO, bodies, client, queue};

#[tokio::test]
async fn a_duplicate_is_answered_as_the_first_and_adds_nothing() {
    let queue = queue(&client().await, "duplicate.fifo", &[FIFO]).await;
    let first = queue.send("a", "a1").await;
    let again = queue.client.send_message().queue_url(&queue.url).message_body("another body").message_group_id("b");
    let again = again.message_deduplication_id("a1").send().await.unwrap();
    assert_eq!(again.message_id(), first.message_id());
    assert_eq!(again.sequence_number(), first.sequence_number());
    assert_eq!(bodies(&queue.receive(10).await), ["a1"]);
}

#[tokio::test]
async fn a_deleted_message_is_still_remembered() {
    let queue = queue(&client().await, "remembered.fifo", &[FIFO]).await;
    let first = queue.send("a", "a1").await;
    let received = queue.receive(1).await;
    queue.delete(&received[0]).await;
    let again = queue.send("a", "a1").await;
    assert_eq!(again.message_id(), first.message_id());
    assert_eq!(again.sequence_number(), first.sequence_number());
    assert!(queue.receive(10).await.is_empty());

    queue.send("a", "a2").await;
    assert_eq!(bodies(&queue.receive(10).await), ["a2"]);
}

#[tokio::test]
async fn the_content_can_be_the_deduplication_id() {
    let queue = queue(&client().await, "content.fifo", &[FIFO, ("ContentBasedDeduplication", "true")]).await;
    let send = |body: &str| queue.client.send_message().queue_url(&queue.url).message_group_id("a").message_body(body);
    let first = send("same").send().await.unwrap();
    let second = send("same").send().await.unwrap();
    assert_eq!(first.message_id(), second.message_id());
    // An id that is given goes before the content.
    let third = send("same").message_deduplication_id("given").send().await.unwrap();
    assert_ne!(third.message_id(), first.message_id());
    send("other").send().await.unwrap();
    assert_eq!(bodies(&queue.receive(10).await), ["same", "same", "other"]);
}

#[tokio::test]
async fn the_scope_can_be_the_group() {
    let attributes = [FIFO, ("DeduplicationScope", "messageGroup"), ("FifoThroughputLimit", "perMessageGroupId")];
    let queue = queue(&client().await, "scope.fifo", &attributes).await;
    for group in ["a", "b", "a"] {
        queue.send(group, "same").await;
    }
    assert_eq!(bodies(&queue.receive(10).await), ["same", "same"]);
    let limit = queue.attribute(QueueAttributeName::FifoThroughputLimit).await;
    assert_eq!(limit.as_deref(), Some("perMessageGroupId"));
}

#[tokio::test]
async fn a_standard_queue_takes_everything() {
    let queue = queue(&client().await, "no-dedup", &[]).await;
    let (first, second) = (queue.send_plain("same").await, queue.send_plain("same").await);
    assert_ne!(first.message_id(), second.message_id());
    assert_eq!(first.sequence_number(), None);
    let mut received = queue.receive(10).await;
    while received.len() < 2 {
        // A standard queue may give fewer than there are.
        let more = queue.receive_with(10, 30, 1).await;
        assert!(!more.is_empty());
        received.extend(more);
    }
    assert_eq!(bodies(&received), ["same", "same"]);
}
