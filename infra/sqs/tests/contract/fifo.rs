//! Order within a group, and groups that do not wait for each other.

use aws_sdk_sqs::types::MessageSystemAttributeName;

use crate::stand::{FIFO, bodies, client, queue, receives, system};

#[tokio::test]
async fn a_group_waits_for_its_message_in_flight_while_others_flow() {
    let queue = queue(&client().await, "in-flight.fifo", &[FIFO]).await;
    for (group, body) in [("a", "a1"), ("a", "a2"), ("b", "b1"), ("a", "a3")] {
        queue.send(group, body).await;
    }
    let first = queue.receive(1).await;
    assert_eq!(bodies(&first), ["a1"]);
    assert_eq!(bodies(&queue.receive(10).await), ["b1"]);
    assert!(queue.receive(10).await.is_empty());

    queue.delete(&first[0]).await;
    assert_eq!(bodies(&queue.receive(10).await), ["a2", "a3"]);
}

#[tokio::test]
async fn one_receive_gives_all_of_a_group_then_of_the_next() {
    let queue = queue(&client().await, "several.fifo", &[FIFO]).await;
    for (group, body) in [("a", "a1"), ("b", "b1"), ("a", "a2"), ("c", "c1"), ("b", "b2"), ("a", "a3")] {
        queue.send(group, body).await;
    }
    let received = queue.receive(5).await;
    assert_eq!(bodies(&received), ["a1", "a2", "a3", "b1", "b2"]);
    assert_eq!(bodies(&queue.receive(5).await), ["c1"]);
    // All of what was handed out together has to go before the group goes on.
    queue.send("b", "b3").await;
    queue.delete(&received[4]).await;
    assert!(queue.receive(5).await.is_empty());
    queue.delete(&received[3]).await;
    assert_eq!(bodies(&queue.receive(5).await), ["b3"]);
}

#[tokio::test]
async fn a_receive_takes_no_more_than_it_asked_for() {
    let queue = queue(&client().await, "most.fifo", &[FIFO]).await;
    for body in ["a1", "a2", "a3"] {
        queue.send("a", body).await;
    }
    let received = queue.receive(2).await;
    assert_eq!(bodies(&received), ["a1", "a2"]);
    queue.delete(&received[0]).await;
    queue.delete(&received[1]).await;
    assert_eq!(bodies(&queue.receive(2).await), ["a3"]);
}

#[tokio::test]
async fn the_order_is_kept_after_a_visibility_timeout() {
    let queue = queue(&client().await, "timeout.fifo", &[FIFO, ("VisibilityTimeout", "1")]).await;
    for body in ["a1", "a2"] {
        queue.send("a", body).await;
    }
    // The queue's own timeout, not one of the request.
    let receive = queue.client.receive_message().queue_url(&queue.url).send().await.unwrap();
    assert_eq!(bodies(receive.messages()), ["a1"]);
    assert!(queue.receive(10).await.is_empty());

    let again = queue.receive_with(10, 30, 5).await;
    assert_eq!(bodies(&again), ["a1", "a2"]);
    assert_eq!((receives(&again[0]), receives(&again[1])), ("2", "1"));
}

#[tokio::test]
async fn sequence_numbers_grow_and_are_told_to_both_sides() {
    let queue = queue(&client().await, "sequence.fifo", &[FIFO]).await;
    let (first, second) = (queue.send("a", "a1").await, queue.send("a", "a2").await);
    assert!(second.sequence_number() > first.sequence_number());
    let received = queue.receive(1).await;
    let of = |name| system(&received[0], &name);
    assert_eq!(of(MessageSystemAttributeName::SequenceNumber), first.sequence_number());
    assert_eq!(of(MessageSystemAttributeName::MessageGroupId), Some("a"));
    assert_eq!(of(MessageSystemAttributeName::MessageDeduplicationId), Some("a1"));
    assert_eq!(received[0].message_id(), first.message_id());
}
