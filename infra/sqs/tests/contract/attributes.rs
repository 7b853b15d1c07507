//! What travels with a message: its attributes, those of the system, and the sums over them.

use std::collections::HashMap;

use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{MessageAttributeValue, MessageSystemAttributeName};

use crate::stand::{bodies, client, queue, system};

fn attribute(kind: &str, value: &str) -> MessageAttributeValue {
    let attribute = MessageAttributeValue::builder().data_type(kind);
    match kind {
        "Binary" => attribute.binary_value(Blob::new(value)).build().unwrap(),
        _ => attribute.string_value(value).build().unwrap(),
    }
}

#[tokio::test]
async fn attributes_pass_through_with_their_sum() {
    let queue = queue(&client().await, "attributes", &[]).await;
    let send = queue.client.send_message().queue_url(&queue.url).message_body("täxt\u{1F600}\n\"");
    let sent = send
        .message_attributes("trace.id", attribute("String", "ü"))
        .message_attributes("Count", attribute("Number.int", "7"))
        .message_attributes("raw", attribute("Binary", "\u{0}\u{1}"))
        .send()
        .await
        .unwrap();
    let received = queue.receive(1).await;
    assert_eq!(bodies(&received), ["täxt\u{1F600}\n\""]);
    assert_eq!(received[0].md5_of_body(), sent.md5_of_message_body());
    assert_eq!(received[0].md5_of_body(), Some("a820388ae41f22fa8f4a3ecbe7de621b"));
    assert_eq!(received[0].md5_of_message_attributes(), sent.md5_of_message_attributes());
    assert_eq!(received[0].md5_of_message_attributes(), Some("1d0fa663ac4d568311f9b60f82b2f583"));
    let attributes = received[0].message_attributes().unwrap();
    assert_eq!(attributes.len(), 3);
    assert_eq!(attributes["trace.id"], attribute("String", "ü"));
    assert_eq!(attributes["Count"], attribute("Number.int", "7"));
    assert_eq!(attributes["raw"], attribute("Binary", "\u{0}\u{1}"));
}

#[tokio::test]
async fn a_receive_gets_the_attributes_that_it_names() {
    let queue = queue(&client().await, "named", &[]).await;
    let send = queue.client.send_message().queue_url(&queue.url).message_body("one");
    let send = send.message_attributes("keep.me", attribute("String", "1"));
    send.message_attributes("other", attribute("String", "2")).send().await.unwrap();

    for (asked, got) in [(None, vec![]), (Some("other"), vec!["other"]), (Some("keep.*"), vec!["keep.me"])] {
        let receive = queue
            .client
            .receive_message()
            .queue_url(&queue.url)
            .set_message_attribute_names(asked.map(|name| vec![name.to_owned()]));
        let received = receive.send().await.unwrap().messages.unwrap();
        let names: Vec<&String> = received[0].message_attributes().into_iter().flat_map(|all| all.keys()).collect();
        assert_eq!(names, got);
        assert!(received[0].attributes().is_none_or(HashMap::is_empty));
        queue.hide(&received[0], 0).await;
    }
}

#[tokio::test]
async fn the_system_tells_when_and_how_often() {
    let queue = queue(&client().await, "system", &[]).await;
    queue.send_plain("one").await;
    let first = queue.receive_with(1, 30, 0).await;
    queue.hide(&first[0], 0).await;
    let again = queue.receive(1).await;
    let number = |of: &[aws_sdk_sqs::types::Message], name| system(&of[0], &name).unwrap().parse::<i64>().unwrap();

    let sent = number(&first, MessageSystemAttributeName::SentTimestamp);
    let received = number(&first, MessageSystemAttributeName::ApproximateFirstReceiveTimestamp);
    assert!(sent > 1_700_000_000_000 && (sent..sent + 5_000).contains(&received), "{sent} {received}");
    assert_eq!(number(&again, MessageSystemAttributeName::ApproximateFirstReceiveTimestamp), received);
    assert_eq!(number(&again, MessageSystemAttributeName::ApproximateReceiveCount), 2);
    assert!(system(&again[0], &MessageSystemAttributeName::SenderId).is_some());
    assert_eq!(system(&again[0], &MessageSystemAttributeName::SequenceNumber), None);
}
