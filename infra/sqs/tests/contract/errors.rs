//! Refusals as the SDK's own types, or by their code where it has none.

use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::QueueAttributeName as Name;

use crate::stand::{FIFO, client, name, ours, queue};

#[tokio::test]
async fn a_queue_that_does_not_exist() {
    let client = client().await;
    let missing = queue(&client, "missing", &[]).await;
    client.delete_queue().queue_url(&missing.url).send().await.unwrap();

    let send = client.send_message().queue_url(&missing.url).message_body("x").send().await.unwrap_err();
    assert_eq!(send.code(), Some("AWS.SimpleQueueService.NonExistentQueue"));
    assert!(send.into_service_error().is_queue_does_not_exist());
    let receive = client.receive_message().queue_url(&missing.url).send().await.unwrap_err();
    assert!(receive.into_service_error().is_queue_does_not_exist());
    let purge = client.purge_queue().queue_url(&missing.url).send().await.unwrap_err();
    assert!(purge.into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn a_queue_that_exists_otherwise() {
    let client = client().await;
    queue(&client, "otherwise", &[("VisibilityTimeout", "7")]).await;
    let create = client.create_queue().queue_name(name("otherwise")).attributes(Name::VisibilityTimeout, "8");
    let refused = create.send().await.unwrap_err().into_service_error();
    assert_eq!(refused.code(), Some("QueueAlreadyExists"));
    assert!(refused.is_queue_name_exists(), "{refused:?}");
}

#[tokio::test]
async fn attributes_that_a_queue_cannot_have() {
    let client = client().await;
    for (queue_name, attribute, value, code) in [
        ("no-suffix", Name::FifoQueue, "true", "InvalidParameterValue"),
        ("unknown", Name::from("Colour"), "red", "InvalidAttributeName"),
        ("too-long", Name::VisibilityTimeout, "43201", "InvalidAttributeValue"),
        ("no-number", Name::DelaySeconds, "soon", "InvalidAttributeValue"),
    ] {
        let create = client.create_queue().queue_name(name(queue_name)).attributes(attribute, value);
        let refused = create.send().await.unwrap_err();
        assert_eq!(refused.code(), Some(code), "{queue_name}");
    }
    let suffix_only = client.create_queue().queue_name(name("standard.fifo")).send().await.unwrap_err();
    assert_eq!(suffix_only.code(), Some("InvalidParameterValue"));
}

#[tokio::test]
async fn messages_that_a_fifo_queue_refuses() {
    let queue = queue(&client().await, "refused.fifo", &[FIFO]).await;
    let send = || queue.client.send_message().queue_url(&queue.url).message_body("x");
    let refused = [
        (send().message_deduplication_id("d"), "MissingParameter"),
        (send().message_group_id("a"), "InvalidParameterValue"),
        (send().message_group_id("a").message_deduplication_id("d").delay_seconds(5), "InvalidParameterValue"),
    ];
    for (send, code) in refused {
        assert_eq!(send.send().await.unwrap_err().code(), Some(code));
    }
    assert!(queue.receive(10).await.is_empty());
}

#[tokio::test]
async fn messages_that_a_standard_queue_refuses() {
    let queue = queue(&client().await, "refused", &[("MaximumMessageSize", "1024")]).await;
    let send = |body: &str| queue.client.send_message().queue_url(&queue.url).message_body(body);
    let refused = [
        (send("x").delay_seconds(901), "InvalidParameterValue"),
        (send("x").message_deduplication_id("d"), "InvalidParameterValue"),
        (send(&"x".repeat(1_025)), "InvalidParameterValue"),
        (send("\u{1}"), "InvalidMessageContents"),
    ];
    for (send, code) in refused {
        assert_eq!(send.send().await.unwrap_err().code(), Some(code));
    }
    send(&"x".repeat(1_024)).message_group_id("fair").send().await.unwrap();
    assert_eq!(queue.receive(10).await.len(), 1);
}

#[tokio::test]
async fn receives_that_ask_for_too_much() {
    let queue = queue(&client().await, "too-much", &[]).await;
    let receive = || queue.client.receive_message().queue_url(&queue.url);
    for receive in
        [receive().max_number_of_messages(11), receive().max_number_of_messages(0), receive().wait_time_seconds(21)]
    {
        assert_eq!(receive.send().await.unwrap_err().code(), Some("InvalidParameterValue"));
    }
}

#[tokio::test]
async fn a_receipt_that_is_none() {
    let queue = queue(&client().await, "no-receipt", &[]).await;
    let delete = queue.client.delete_message().queue_url(&queue.url).receipt_handle("garbage").send().await;
    assert!(delete.unwrap_err().into_service_error().is_receipt_handle_is_invalid());
    let change = queue.client.change_message_visibility().queue_url(&queue.url).receipt_handle("garbage");
    let refused = change.visibility_timeout(1).send().await.unwrap_err().into_service_error();
    assert!(refused.is_receipt_handle_is_invalid(), "{refused:?}");
}

#[tokio::test]
async fn an_action_that_only_aws_serves() {
    let (_, client) = ours().await;
    let queue = queue(&client, "tags", &[]).await;
    let refused = client.tag_queue().queue_url(&queue.url).tags("k", "v").send().await.unwrap_err();
    assert!(refused.into_service_error().is_unsupported_operation());
}
