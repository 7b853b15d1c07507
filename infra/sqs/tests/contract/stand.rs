//! The endpoint under test, and a queue there in as few words as the cases need.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::operation::send_message::SendMessageOutput;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use closer_sqs::Sqs;
use tokio::net::TcpListener;

pub(crate) const FIFO: (&str, &str) = ("FifoQueue", "true");

/// The endpoint that the environment names, or one of ours that lives as long as the test.
pub(crate) async fn client() -> Client {
    match std::env::var("SQS_CONTRACT_URL") {
        Ok(url) => client_at(&url),
        Err(_) => ours().await.1,
    }
}

/// One of ours in any case, and its handle.
pub(crate) async fn ours() -> (Sqs, Client) {
    let sqs = Sqs::open(None).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(closer_sqs::serve(listener, sqs.clone(), std::future::pending()));
    (sqs, client_at(&url))
}

pub(crate) fn client_at(url: &str) -> Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "contract"))
        .http_client(shell::aws::http_client())
        .retry_config(aws_sdk_sqs::config::retry::RetryConfig::disabled())
        .endpoint_url(url);
    Client::from_conf(config.build())
}

#[derive(Clone)]
pub(crate) struct Queue {
    pub(crate) client: Client,
    pub(crate) url: String,
}

/// A queue of this case and this run alone, since a foreign endpoint may have seen others.
pub(crate) fn name(case: &str) -> String {
    let (stem, suffix) = case.strip_suffix(".fifo").map_or((case, ""), |stem| (stem, ".fifo"));
    format!("{stem}-{}{suffix}", std::process::id())
}

pub(crate) async fn queue(client: &Client, case: &str, attributes: &[(&str, &str)]) -> Queue {
    let mut create = client.create_queue().queue_name(name(case));
    for (name, value) in attributes {
        create = create.attributes(QueueAttributeName::from(*name), *value);
    }
    let url = create.send().await.unwrap().queue_url.unwrap();
    Queue { client: client.clone(), url }
}

impl Queue {
    /// Sends to a group of a FIFO queue; the body is the deduplication id too.
    pub(crate) async fn send(&self, group: &str, body: &str) -> SendMessageOutput {
        let send = self.client.send_message().queue_url(&self.url).message_body(body);
        send.message_group_id(group).message_deduplication_id(body).send().await.unwrap()
    }

    /// Sends to a standard queue.
    pub(crate) async fn send_plain(&self, body: &str) -> SendMessageOutput {
        self.client.send_message().queue_url(&self.url).message_body(body).send().await.unwrap()
    }

    /// What is there now.
    pub(crate) async fn receive(&self, most: i32) -> Vec<Message> {
        self.receive_with(most, 30, 0).await
    }

    /// With the visibility timeout and the time to wait, in seconds.
    pub(crate) async fn receive_with(&self, most: i32, visibility: i32, wait: i32) -> Vec<Message> {
        let receive = self.client.receive_message().queue_url(&self.url).max_number_of_messages(most);
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        let receive = receive.message_attribute_names("All").visibility_timeout(visibility).wait_time_seconds(wait);
        receive.send().await.unwrap().messages.unwrap_or_default()
    }

    pub(crate) async fn delete(&self, message: &Message) {
        let delete = self.client.delete_message().queue_url(&self.url);
        delete.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
    }

    pub(crate) async fn hide(&self, message: &Message, seconds: i32) {
        let change = self.client.change_message_visibility().queue_url(&self.url);
        let change = change.receipt_handle(message.receipt_handle().unwrap()).visibility_timeout(seconds);
        change.send().await.unwrap();
    }

    pub(crate) async fn attribute(&self, name: QueueAttributeName) -> Option<String> {
        let asked = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(name.clone());
        asked.send().await.unwrap().attributes?.remove(&name)
    }

    pub(crate) async fn arn(&self) -> String {
        self.attribute(QueueAttributeName::QueueArn).await.unwrap()
    }
}

pub(crate) fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.body().unwrap()).collect()
}

pub(crate) fn system<'a>(message: &'a Message, name: &MessageSystemAttributeName) -> Option<&'a str> {
    message.attributes()?.get(name).map(String::as_str)
}

pub(crate) fn receives(message: &Message) -> &str {
    system(message, &MessageSystemAttributeName::ApproximateReceiveCount).unwrap()
}

pub(crate) async fn sleep_ms(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
