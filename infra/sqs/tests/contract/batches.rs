//! Batches, whole and in part.

use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, ChangeMessageVisibilityBatchResultEntry, DeleteMessageBatchRequestEntry,
    DeleteMessageBatchResultEntry, SendMessageBatchRequestEntry, SendMessageBatchResultEntry,
};

use crate::stand::{FIFO, Queue, bodies, client, queue};

fn entry(id: &str, group: Option<&str>, body: &str) -> SendMessageBatchRequestEntry {
    let entry = SendMessageBatchRequestEntry::builder().id(id).message_body(body);
    let entry = entry.set_message_group_id(group.map(str::to_owned));
    entry.set_message_deduplication_id(group.map(|_| id.to_owned())).build().unwrap()
}

#[tokio::test]
async fn entries_fail_alone() {
    let queue = queue(&client().await, "partly.fifo", &[FIFO]).await;
    let entries = vec![entry("x1", Some("a"), "a1"), entry("x2", Some("a"), "\u{1}"), entry("x3", Some("a"), "a2")];
    let sent = queue.client.send_message_batch().queue_url(&queue.url).set_entries(Some(entries)).send().await.unwrap();
    assert_eq!(sent.successful().iter().map(SendMessageBatchResultEntry::id).collect::<Vec<_>>(), ["x1", "x3"]);
    let [failed] = sent.failed() else { panic!("{sent:?}") };
    assert_eq!((failed.id(), failed.code(), failed.sender_fault()), ("x2", "InvalidMessageContents", true));

    let received = queue.receive(10).await;
    assert_eq!(bodies(&received), ["a1", "a2"]);
    assert_eq!(Some(sent.successful()[0].message_id()), received[0].message_id());
    assert_eq!(sent.successful()[1].md5_of_message_body(), received[1].md5_of_body().unwrap());

    let entry = |id: &str, receipt: &str| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(receipt).build().unwrap()
    };
    let delete = queue.client.delete_message_batch().queue_url(&queue.url);
    let delete = delete.entries(entry("y1", received[0].receipt_handle().unwrap())).entries(entry("y2", "garbage"));
    let deleted = delete.send().await.unwrap();
    assert_eq!(deleted.successful().iter().map(DeleteMessageBatchResultEntry::id).collect::<Vec<_>>(), ["y1"]);
    let [failed] = deleted.failed() else { panic!("{deleted:?}") };
    assert_eq!((failed.id(), failed.code()), ("y2", "ReceiptHandleIsInvalid"));
    queue.hide(&received[1], 0).await;
    assert_eq!(bodies(&queue.receive(10).await), ["a2"]);
}

#[tokio::test]
async fn a_batch_gives_messages_back() {
    let queue = queue(&client().await, "back-batch.fifo", &[FIFO]).await;
    queue.send("a", "a1").await;
    queue.send("a", "a2").await;
    let received = queue.receive(10).await;
    let entry = |id: &str, receipt: &str, seconds: i32| {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(id).receipt_handle(receipt);
        entry.visibility_timeout(seconds).build().unwrap()
    };
    let [first, second] = [0, 1].map(|at: usize| received[at].receipt_handle().unwrap());
    let change = queue.client.change_message_visibility_batch().queue_url(&queue.url);
    let change = change.entries(entry("y1", first, 0)).entries(entry("y2", second, 0));
    let changed = change.entries(entry("y3", second, 43_201)).send().await.unwrap();
    assert_eq!(
        changed.successful().iter().map(ChangeMessageVisibilityBatchResultEntry::id).collect::<Vec<_>>(),
        ["y1", "y2"]
    );
    assert_eq!(changed.failed()[0].code(), "InvalidParameterValue");
    assert_eq!(bodies(&queue.receive(10).await), ["a1", "a2"]);
}

#[tokio::test]
async fn a_batch_can_be_wrong_as_a_whole() {
    let queue = queue(&client().await, "wrong-batch", &[]).await;
    let many = (0..11).map(|at| entry(&at.to_string(), None, "x")).collect();
    let refused = refused(&queue, many).await;
    assert!(refused.is_too_many_entries_in_batch_request(), "{refused:?}");
    let refused = self::refused(&queue, vec![entry("same", None, "x"), entry("same", None, "y")]).await;
    assert!(refused.is_batch_entry_ids_not_distinct(), "{refused:?}");
    let refused = self::refused(&queue, vec![entry("not an id", None, "x")]).await;
    assert!(refused.is_invalid_batch_entry_id(), "{refused:?}");
    let large = "x".repeat(600_000);
    let refused = self::refused(&queue, vec![entry("1", None, &large), entry("2", None, &large)]).await;
    assert!(refused.is_batch_request_too_long(), "{refused:?}");
    let refused = self::refused(&queue, vec![]).await;
    assert!(refused.is_empty_batch_request(), "{refused:?}");
    assert!(queue.receive(10).await.is_empty());
}

#[tokio::test]
async fn a_fifo_batch_fails_whole_for_one_without_group_or_deduplication() {
    let queue = queue(&client().await, "groupless.fifo", &[FIFO]).await;
    let without_id = SendMessageBatchRequestEntry::builder().id("x2").message_body("x").message_group_id("a");
    for second in [entry("x2", None, "x"), without_id.build().unwrap()] {
        let refused = refused(&queue, vec![entry("x1", Some("a"), "a1"), second]).await;
        // Of the group AWS says the first, moto the second.
        assert!(matches!(refused.code(), Some("InvalidParameterValue" | "MissingParameter")), "{refused:?}");
    }
    assert!(queue.receive(10).await.is_empty());
}

async fn refused(
    queue: &Queue,
    entries: Vec<SendMessageBatchRequestEntry>,
) -> aws_sdk_sqs::operation::send_message_batch::SendMessageBatchError {
    let send = queue.client.send_message_batch().queue_url(&queue.url).set_entries(Some(entries));
    let refused = send.send().await.unwrap_err().into_service_error();
    assert!(refused.code().is_some());
    refused
}
