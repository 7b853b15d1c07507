//! ChangeMessageVisibility, and receipt handles that are no longer good.

use aws_sdk_sqs::error::ProvideErrorMetadata;

use crate::stand::{FIFO, bodies, client, queue, receives, sleep_ms};

#[tokio::test]
async fn giving_messages_back_keeps_their_order() {
    let queue = queue(&client().await, "back.fifo", &[FIFO]).await;
    for body in ["a1", "a2", "a3"] {
        queue.send("a", body).await;
    }
    let received = queue.receive(2).await;
    assert_eq!(bodies(&received), ["a1", "a2"]);
    // The later one first; it may not be handed out while the earlier is still held.
    queue.hide(&received[1], 0).await;
    assert!(queue.receive(10).await.is_empty());
    queue.hide(&received[0], 0).await;
    assert_eq!(bodies(&queue.receive(10).await), ["a1", "a2", "a3"]);
}

#[tokio::test]
async fn a_longer_timeout_holds_the_group_longer() {
    let queue = queue(&client().await, "longer.fifo", &[FIFO]).await;
    queue.send("a", "a1").await;
    queue.send("a", "a2").await;
    let received = queue.receive_with(1, 1, 0).await;
    queue.hide(&received[0], 60).await;
    sleep_ms(1_100).await;
    assert!(queue.receive(10).await.is_empty());
    queue.delete(&received[0]).await;
    assert_eq!(bodies(&queue.receive(10).await), ["a2"]);
}

#[tokio::test]
async fn a_standard_message_given_back_is_there_at_once() {
    let queue = queue(&client().await, "back", &[]).await;
    queue.send_plain("one").await;
    let received = queue.receive(1).await;
    assert!(queue.receive(1).await.is_empty());
    queue.hide(&received[0], 0).await;
    let again = queue.receive(1).await;
    assert_eq!((bodies(&again), receives(&again[0])), (vec!["one"], "2"));
}

#[tokio::test]
async fn a_stale_receipt_does_not_delete_what_another_holds() {
    let queue = queue(&client().await, "stale.fifo", &[FIFO]).await;
    queue.send("a", "a1").await;
    let stale = queue.receive_with(1, 1, 0).await;
    let held = queue.receive_with(1, 30, 5).await;
    assert_eq!(bodies(&held), ["a1"]);
    assert_ne!(held[0].receipt_handle(), stale[0].receipt_handle());

    delete_whatever_is_answered(&queue, stale[0].receipt_handle().unwrap()).await;
    queue.hide(&held[0], 0).await;
    assert_eq!(bodies(&queue.receive(1).await), ["a1"]);
}

#[tokio::test]
async fn an_expired_receipt_does_not_delete_what_is_visible_again() {
    let queue = queue(&client().await, "expired.fifo", &[FIFO]).await;
    queue.send("a", "a1").await;
    let expired = queue.receive_with(1, 1, 0).await;
    sleep_ms(1_100).await;
    delete_whatever_is_answered(&queue, expired[0].receipt_handle().unwrap()).await;
    assert_eq!(bodies(&queue.receive(1).await), ["a1"]);
}

#[tokio::test]
async fn a_receipt_that_expired_holds_nothing_any_longer() {
    let queue = queue(&client().await, "too-late", &[]).await;
    queue.send_plain("one").await;
    let expired = queue.receive_with(1, 1, 0).await;
    sleep_ms(1_100).await;
    // AWS says yes to this on a standard queue.
    queue.hide(&expired[0], 60).await;
    assert_eq!(bodies(&queue.receive(1).await), ["one"]);
}

#[tokio::test]
async fn what_is_deleted_cannot_be_held_any_longer() {
    let queue = queue(&client().await, "gone", &[]).await;
    queue.send_plain("one").await;
    let received = queue.receive(1).await;
    queue.delete(&received[0]).await;
    // Deleting twice is no error.
    queue.delete(&received[0]).await;

    let change = queue.client.change_message_visibility().queue_url(&queue.url).visibility_timeout(10);
    let refused = change.receipt_handle(received[0].receipt_handle().unwrap()).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidParameterValue"));
}

/// AWS refuses on a FIFO queue, others ignore; what counts is that nothing is lost.
async fn delete_whatever_is_answered(queue: &crate::stand::Queue, receipt: &str) {
    let delete = queue.client.delete_message().queue_url(&queue.url).receipt_handle(receipt);
    if let Err(refused) = delete.send().await {
        assert!(refused.as_service_error().is_some(), "{refused:?}");
    }
}
