//! ReceiveMessage: the request, the long poll, and the message as the receiver sees it.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::attributes;
use crate::change::Change;
use crate::clock::{self, Millis, Seconds};
use crate::fault::Fault;
use crate::hand_out::{self, Handed};
use crate::queue::{self, ACCOUNT, Queue};
use crate::receipt::Receipt;
use crate::{Sqs, send, wire};

/// What one look at the queue found.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) messages: Vec<wire::Message>,
    /// When to look again at the latest, unless the bell rings first.
    pub(crate) next: Option<Millis>,
    wait: Seconds,
}

/// Looks until there is something, for as long as the request or its queue says. Closing ends the wait.
pub(crate) async fn receive(
    sqs: &Sqs,
    closing: &mut watch::Receiver<bool>,
    input: &wire::Receive,
) -> Result<wire::Messages, Fault> {
    let bell = sqs.shared.bells.of(queue::name_in(input.queue_url.as_deref())?);
    let since = Instant::now();
    loop {
        // Listening begins before looking, so that nothing is sent between the two unheard.
        let mut rung = std::pin::pin!(bell.notified());
        rung.as_mut().enable();
        let now = clock::now();
        let look = sqs.change(now, |change| look(change, input))?;

        let wait = Duration::from_secs(u64::try_from(look.wait.0).unwrap_or_default());
        let left = wait.saturating_sub(since.elapsed());
        if !look.messages.is_empty() || left.is_zero() || *closing.borrow() {
            return Ok(wire::Messages { messages: look.messages });
        }
        let until_next = look.next.map_or(left, |next| next.after(now).min(left));
        tokio::select! {
            () = rung => {}
            () = tokio::time::sleep(until_next) => {}
            () = closed(closing) => {}
        }
    }
}

/// One look, which hands out what it finds.
pub(crate) fn look(change: &mut Change<'_>, input: &wire::Receive) -> Result<Look, Fault> {
    let queue = queue::at(change, input.queue_url.as_deref())?;
    let wait = match input.wait_time_seconds {
        None => queue.settings.wait,
        Some(wait @ 0..=20) => Seconds(wait),
        Some(_) => return Err(Fault::InvalidParameterValue("WaitTimeSeconds", "Must be >= 0 and <= 20")),
    };
    let most = match input.max_number_of_messages.map(usize::try_from) {
        None => 1,
        Some(Ok(most @ 1..=10)) => most,
        Some(_) => return Err(Fault::InvalidParameterValue("MaxNumberOfMessages", "Must be between 1 and 10")),
    };
    let visibility = match input.visibility_timeout {
        None => queue.settings.visibility,
        Some(visibility @ 0..=43_200) => Seconds(visibility),
        Some(_) => return Err(Fault::InvalidParameterValue("VisibilityTimeout", "Must be between 0 and 43200")),
    };

    let handed = hand_out::hand_out(change, &queue, most, visibility)?;
    let next = if handed.is_empty() { hand_out::next_ready(change, &queue)? } else { None };
    let messages = handed.into_iter().map(|handed| shown(&queue, input, handed)).collect::<Result<_, _>>()?;
    Ok(Look { messages, next, wait })
}

/// Returns when the endpoint closes; never if nobody is left who could close it.
async fn closed(closing: &mut watch::Receiver<bool>) {
    if closing.wait_for(|closed| *closed).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn shown(queue: &Queue, input: &wire::Receive, handed: Handed) -> Result<wire::Message, Fault> {
    let attributes = system_attributes(queue, input, &handed);
    let message_attributes = match &handed.attributes {
        Some(stored) => serde_json::from_str(stored).map_err(Fault::Stored)?,
        None => BTreeMap::new(),
    };
    let message_attributes = attributes::asked_for(message_attributes, &input.message_attribute_names);
    let receipt = Receipt { queue: queue.id, seq: handed.seq, receive: handed.receives };
    Ok(wire::Message {
        message_id: handed.id,
        receipt_handle: receipt.to_string(),
        md5_of_body: format!("{:x}", md5::compute(&handed.body)),
        body: handed.body,
        attributes,
        md5_of_message_attributes: attributes::md5(&message_attributes),
        message_attributes,
    })
}

fn system_attributes(queue: &Queue, input: &wire::Receive, handed: &Handed) -> BTreeMap<&'static str, String> {
    let asked = || input.attribute_names.iter().chain(&input.message_system_attribute_names);
    if asked().next().is_none() {
        return BTreeMap::new();
    }
    let all = [
        ("ApproximateReceiveCount", Some(handed.receives.to_string())),
        ("ApproximateFirstReceiveTimestamp", Some(handed.first.0.to_string())),
        ("SentTimestamp", Some(handed.sent.0.to_string())),
        ("SenderId", Some(ACCOUNT.to_owned())),
        ("MessageGroupId", handed.group.clone()),
        ("MessageDeduplicationId", handed.dedup_id.clone()),
        ("SequenceNumber", queue.settings.fifo.then(|| send::sequence_number(handed.seq))),
        ("DeadLetterQueueSourceArn", handed.source.clone()),
    ];
    all.into_iter()
        .filter(|(name, _)| asked().any(|asked| asked == "All" || asked == name))
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}
