//! Event source mappings: what Lambda does between a queue and a function. Polls, invokes with the same event, deletes
//! what was handled, and leaves what was not until its visibility ends.

use std::future::Future;
use std::sync::Arc;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use shell::records::BatchResponse;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::error;

const BATCH: i32 = 10;
const WAIT_SECONDS: i32 = 20;

/// Runs until `stop`, with `pollers` batches under way at most. What was received by then is still handled.
pub async fn run<F>(
    client: Client,
    queue: String,
    pollers: usize,
    stop: watch::Receiver<bool>,
    handle: impl Fn(SqsEvent) -> F + Send + Sync + 'static,
) where
    F: Future<Output = BatchResponse> + Send + 'static,
{
    let handle = Arc::new(handle);
    let mut tasks = JoinSet::new();
    for _ in 0..pollers {
        let (client, queue, stop, handle) = (client.clone(), queue.clone(), stop.clone(), Arc::clone(&handle));
        tasks.spawn(async move {
            while !*stop.borrow() {
                let mut stopped = stop.clone();
                let messages = tokio::select! {
                    messages = receive(&client, &queue, WAIT_SECONDS) => messages,
                    _ = stopped.wait_for(|stopped| *stopped) => break,
                };
                match messages {
                    Ok(messages) if messages.is_empty() => {}
                    Ok(messages) => invoke(&client, &queue, messages, handle.as_ref()).await,
                    Err(()) => tokio::time::sleep(std::time::Duration::from_millis(500)).await,
                }
            }
        });
    }
    while tasks.join_next().await.is_some() {}
}

/// What waits now, or comes within `wait_seconds`.
pub async fn receive(client: &Client, queue: &str, wait_seconds: i32) -> Result<Vec<Message>, ()> {
    let request = client
        .receive_message()
        .queue_url(queue)
        .max_number_of_messages(BATCH)
        .wait_time_seconds(wait_seconds)
        .message_system_attribute_names(MessageSystemAttributeName::All);
    match request.send().await {
        Ok(output) => Ok(output.messages.unwrap_or_default()),
        Err(error) => {
            error!(queue, error = %aws_sdk_sqs::error::DisplayErrorContext(error), "A queue could not be polled");
            Err(())
        }
    }
}

async fn invoke<F>(client: &Client, queue: &str, messages: Vec<Message>, handle: &(impl Fn(SqsEvent) -> F + Sync))
where
    F: Future<Output = BatchResponse>,
{
    let receipts: Vec<(String, String)> = messages
        .iter()
        .map(|message| {
            let id = message.message_id.clone().unwrap_or_default();
            (id, message.receipt_handle.clone().unwrap_or_default())
        })
        .collect();
    let response = handle(event(messages)).await;
    let failed: Vec<String> = response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
    let done = receipts.into_iter().filter(|(id, _)| !failed.contains(id)).map(|(_, receipt)| receipt);
    acknowledge(client, queue, done).await;
}

/// The event that Lambda makes of received messages.
pub fn event(messages: Vec<Message>) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = messages.into_iter().map(record).collect();
    event
}

fn record(message: Message) -> SqsMessage {
    let mut record = SqsMessage::default();
    record.message_id = message.message_id;
    record.receipt_handle = message.receipt_handle;
    record.body = message.body;
    record.md5_of_body = message.md5_of_body;
    record.event_source = Some("aws:sqs".to_owned());
    record.attributes = message
        .attributes
        .unwrap_or_default()
        .into_iter()
        .map(|(name, value)| (name.as_str().to_owned(), value))
        .collect();
    record
}

/// Deletes what is finished with.
pub async fn acknowledge(client: &Client, queue: &str, receipts: impl Iterator<Item = String>) {
    let entries: Vec<_> = receipts
        .enumerate()
        .filter_map(|(index, receipt)| {
            DeleteMessageBatchRequestEntry::builder().id(index.to_string()).receipt_handle(receipt).build().ok()
        })
        .collect();
    if entries.is_empty() {
        return;
    }
    if let Err(error) = client.delete_message_batch().queue_url(queue).set_entries(Some(entries)).send().await {
        // They come again, and are known by their ids.
        error!(queue, error = %aws_sdk_sqs::error::DisplayErrorContext(error), "Messages could not be deleted");
    }
}
