//! Dead-letter queues.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};

use crate::stand::{FIFO, Queue, bodies, client, name, queue, receives, sleep_ms, system};

fn policy(arn: &str, most: u32) -> String {
    format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{most}}}"#)
}

/// A queue and its dead-letter queue.
async fn pair(client: &Client, case: &str, kind: &[(&str, &str)], most: u32) -> (Queue, Queue) {
    let dead = queue(client, &format!("dead-{case}"), kind).await;
    let policy = policy(&dead.arn().await, most);
    let attributes = [kind, &[("RedrivePolicy", policy.as_str())]].concat();
    (queue(client, case, &attributes).await, dead)
}

#[tokio::test]
async fn a_group_moves_in_order_and_those_behind_go_on() {
    let (source, dead) = pair(&client().await, "redrive.fifo", &[FIFO], 1).await;
    let sent = [source.send("a", "a1").await, source.send("a", "a2").await];
    let received = source.receive_with(10, 1, 0).await;
    assert_eq!(bodies(&received), ["a1", "a2"]);
    source.send("a", "a3").await;
    // Not before the next receive that would hand them out.
    sleep_ms(1_100).await;
    assert!(dead.receive(10).await.is_empty());
    assert_eq!(bodies(&source.receive(10).await), ["a3"]);

    let letters = dead.receive(10).await;
    assert_eq!(bodies(&letters), ["a1", "a2"]);
    for (letter, sent) in letters.iter().zip(&sent) {
        assert_eq!(letter.message_id(), sent.message_id());
        assert_eq!(system(letter, &MessageSystemAttributeName::MessageGroupId), Some("a"));
    }
}

#[tokio::test]
async fn a_message_is_received_as_often_as_the_policy_says() {
    let (source, dead) = pair(&client().await, "redrive", &[], 2).await;
    source.send_plain("one").await;
    for count in ["1", "2"] {
        let received = source.receive(1).await;
        assert_eq!((bodies(&received), receives(&received[0])), (vec!["one"], count));
        source.hide(&received[0], 0).await;
    }
    assert!(source.receive(1).await.is_empty());
    assert_eq!(bodies(&dead.receive(1).await), ["one"]);
}

#[tokio::test]
async fn a_policy_can_be_set_later_and_taken_away() {
    let client = client().await;
    let (dead, source) = (queue(&client, "dead-later", &[]).await, queue(&client, "later", &[]).await);
    let set = |policy: String| {
        let set = source.client.set_queue_attributes().queue_url(&source.url);
        set.attributes(QueueAttributeName::RedrivePolicy, policy).send()
    };
    set(policy(&dead.arn().await, 1)).await.unwrap();
    assert!(source.attribute(QueueAttributeName::RedrivePolicy).await.unwrap().contains(&dead.arn().await));
    set(String::new()).await.unwrap();
    assert_eq!(source.attribute(QueueAttributeName::RedrivePolicy).await, None);
}

#[tokio::test]
async fn a_policy_must_name_a_queue_that_is_there() {
    let client = client().await;
    let missing = policy("arn:aws:sqs:us-east-1:000000000000:nowhere", 1);
    let create = client.create_queue().queue_name(name("dangling"));
    let refused = create.attributes(QueueAttributeName::RedrivePolicy, missing).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidParameterValue"));
}
