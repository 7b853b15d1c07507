//! Messages that become available later.

use std::time::{Duration, Instant};

use aws_sdk_sqs::types::QueueAttributeName;

use crate::stand::{FIFO, bodies, client, queue};

#[tokio::test]
async fn a_queue_can_delay_all_its_messages() {
    let queue = queue(&client().await, "delay.fifo", &[FIFO, ("DelaySeconds", "1")]).await;
    let sent = Instant::now();
    queue.send("a", "a1").await;
    assert!(queue.receive(1).await.is_empty());
    let delayed = queue.attribute(QueueAttributeName::ApproximateNumberOfMessagesDelayed).await;
    assert_eq!(delayed.as_deref(), Some("1"));

    assert_eq!(bodies(&queue.receive_with(1, 30, 5).await), ["a1"]);
    let waited = sent.elapsed();
    assert!((Duration::from_millis(900)..Duration::from_millis(2_000)).contains(&waited), "{waited:?}");
}

#[tokio::test]
async fn a_standard_message_can_be_delayed_alone() {
    let queue = queue(&client().await, "delay", &[]).await;
    let send = queue.client.send_message().queue_url(&queue.url);
    send.message_body("later").delay_seconds(1).send().await.unwrap();
    queue.send_plain("now").await;
    assert_eq!(bodies(&queue.receive(10).await), ["now"]);
    assert!(queue.receive(10).await.is_empty());
    assert_eq!(bodies(&queue.receive_with(10, 30, 5).await), ["later"]);
}

#[tokio::test]
async fn a_message_can_go_before_the_delay_of_its_queue() {
    let queue = queue(&client().await, "delayed", &[("DelaySeconds", "60")]).await;
    queue.send_plain("later").await;
    let send = queue.client.send_message().queue_url(&queue.url);
    send.message_body("now").delay_seconds(0).send().await.unwrap();
    assert_eq!(bodies(&queue.receive(10).await), ["now"]);
}
