//! Receives that wait.

use std::time::{Duration, Instant};

use aws_sdk_sqs::types::Message;
use tokio::task::JoinHandle;

use crate::stand::{FIFO, Queue, bodies, client, queue, sleep_ms};

#[tokio::test]
async fn a_receive_that_finds_nothing_waits_its_time() {
    let queue = queue(&client().await, "patience", &[("ReceiveMessageWaitTimeSeconds", "1")]).await;
    let since = Instant::now();
    // The queue's own time, not one of the request.
    let received = queue.client.receive_message().queue_url(&queue.url).send().await.unwrap();
    assert!(received.messages().is_empty());
    assert_took(since, 900..2_000);

    let since = Instant::now();
    assert!(queue.receive_with(1, 30, 0).await.is_empty());
    assert_took(since, 0..500);
}

#[tokio::test]
async fn a_send_wakes_it() {
    for (case, attributes) in [("wake", &[][..]), ("wake.fifo", &[FIFO])] {
        let queue = queue(&client().await, case, attributes).await;
        let (queue, waiting) = wait_on(queue).await;
        let since = Instant::now();
        if attributes.is_empty() {
            queue.send_plain("one").await;
        } else {
            queue.send("a", "one").await;
        }
        assert_eq!(bodies(&waiting.await.unwrap()), ["one"]);
        assert_took(since, 0..1_000);
    }
}

#[tokio::test]
async fn a_group_that_is_free_again_wakes_it() {
    let queue = queue(&client().await, "unblock.fifo", &[FIFO]).await;
    queue.send("a", "a1").await;
    queue.send("a", "a2").await;
    let first = queue.receive(1).await;

    let (queue, waiting) = wait_on(queue).await;
    let since = Instant::now();
    queue.delete(&first[0]).await;
    let second = waiting.await.unwrap();
    assert_eq!(bodies(&second), ["a2"]);
    assert_took(since, 0..1_000);

    let (queue, waiting) = wait_on(queue).await;
    let since = Instant::now();
    queue.hide(&second[0], 0).await;
    assert_eq!(bodies(&waiting.await.unwrap()), ["a2"]);
    assert_took(since, 0..1_000);
}

#[tokio::test]
async fn the_end_of_a_visibility_timeout_wakes_it() {
    let queue = queue(&client().await, "return", &[]).await;
    queue.send_plain("one").await;
    let since = Instant::now();
    assert_eq!(queue.receive_with(1, 1, 0).await.len(), 1);
    assert_eq!(bodies(&queue.receive_with(1, 30, 10).await), ["one"]);
    assert_took(since, 900..2_000);
}

#[tokio::test]
async fn of_two_who_wait_one_gets_the_message() {
    let queue = queue(&client().await, "two.fifo", &[FIFO]).await;
    let (queue, one) = wait_on(queue).await;
    let (queue, other) = wait_on(queue).await;
    let since = Instant::now();
    queue.send("a", "a1").await;
    queue.send("b", "b1").await;
    let (one, other) = (one.await.unwrap(), other.await.unwrap());
    let mut all = [bodies(&one), bodies(&other)].concat();
    all.sort_unstable();
    assert_eq!(all, ["a1", "b1"]);
    assert_took(since, 0..1_000);
}

/// Begins a receive of one message, that waits for up to ten seconds, and leaves it the time to arrive.
async fn wait_on(queue: Queue) -> (Queue, JoinHandle<Vec<Message>>) {
    let waiting = queue.clone();
    let waiting = tokio::spawn(async move { waiting.receive_with(1, 30, 10).await });
    sleep_ms(150).await;
    assert!(!waiting.is_finished());
    (queue, waiting)
}

fn assert_took(since: Instant, ms: std::ops::Range<u64>) {
    let took = since.elapsed();
    assert!((Duration::from_millis(ms.start)..Duration::from_millis(ms.end)).contains(&took), "{took:?}");
}
