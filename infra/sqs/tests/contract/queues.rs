//! The actions on queues, and the counts that price them.

use aws_sdk_sqs::types::QueueAttributeName as Name;

use crate::stand::{FIFO, client, name, ours, queue};

#[tokio::test]
async fn a_queue_is_made_once_and_found_again() {
    let client = client().await;
    let made = queue(&client, "made.fifo", &[FIFO, ("VisibilityTimeout", "7")]).await;
    assert!(made.url.ends_with(&format!("/{}", name("made.fifo"))), "{}", made.url);
    let again = queue(&client, "made.fifo", &[FIFO, ("VisibilityTimeout", "7")]).await;
    assert_eq!(again.url, made.url);
    let found = client.get_queue_url().queue_name(name("made.fifo")).send().await.unwrap();
    assert_eq!(found.queue_url(), Some(made.url.as_str()));

    queue(&client, "made-too", &[]).await;
    let listed = client.list_queues().queue_name_prefix(name("made-too")).send().await.unwrap();
    let [listed] = listed.queue_urls() else { panic!("{listed:?}") };
    assert!(listed.ends_with(&name("made-too")));

    client.delete_queue().queue_url(&made.url).send().await.unwrap();
    let gone = client.get_queue_url().queue_name(name("made.fifo")).send().await.unwrap_err();
    assert!(gone.into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn attributes_have_defaults_and_can_be_set() {
    let queue = queue(&client().await, "defaults", &[]).await;
    let set = queue.client.set_queue_attributes().queue_url(&queue.url);
    set.attributes(Name::VisibilityTimeout, "5").send().await.unwrap();
    let all = queue.client.get_queue_attributes().queue_url(&queue.url).attribute_names(Name::All);
    let all = all.send().await.unwrap().attributes.unwrap();
    for (name, value) in [
        (Name::VisibilityTimeout, "5"),
        (Name::DelaySeconds, "0"),
        (Name::ReceiveMessageWaitTimeSeconds, "0"),
        (Name::MessageRetentionPeriod, "345600"),
    ] {
        assert_eq!(all[&name], value, "{name}");
    }
    assert!(all[&Name::QueueArn].ends_with(&name("defaults")));
    assert!(all[&Name::CreatedTimestamp].parse::<f64>().unwrap() > 1_700_000_000.0);
    assert!(!all.contains_key(&Name::FifoQueue));
}

#[tokio::test]
async fn messages_are_counted_until_they_are_purged() {
    let queue = queue(&client().await, "counted.fifo", &[FIFO]).await;
    for body in ["a1", "a2", "a3"] {
        queue.send("a", body).await;
    }
    assert_eq!(queue.receive(1).await.len(), 1);
    let visible = queue.attribute(Name::ApproximateNumberOfMessages).await;
    let in_flight = queue.attribute(Name::ApproximateNumberOfMessagesNotVisible).await;
    assert_eq!((visible.as_deref(), in_flight.as_deref()), (Some("2"), Some("1")));

    queue.client.purge_queue().queue_url(&queue.url).send().await.unwrap();
    assert_eq!(queue.attribute(Name::ApproximateNumberOfMessages).await.as_deref(), Some("0"));
    // Deduplication forgot them too, and no group is blocked.
    queue.send("a", "a1").await;
    assert_eq!(queue.receive(10).await[0].body(), Some("a1"));
}

#[tokio::test]
async fn requests_are_counted_by_action() {
    let (sqs, client) = ours().await;
    let queue = queue(&client, "priced", &[]).await;
    queue.send_plain("one").await;
    queue.receive(1).await;
    queue.receive(1).await;
    client.send_message().queue_url("http://localhost/0/nowhere").message_body("x").send().await.unwrap_err();
    let counts: Vec<_> = sqs.counts().into_iter().collect();
    let expected = [("CreateQueue", 1), ("ReceiveMessage", 1), ("ReceiveMessageEmpty", 1), ("SendMessage", 2)];
    assert_eq!(counts, expected);
}
