//! What needs a clock that we set: minutes and days that pass, and many moments in a row.

use crate::change::Change;
use crate::clock::{Millis, Seconds};
use crate::fault::Fault;
use crate::{Sqs, queues, receive, send, wire};

mod history;

const START: Millis = Millis(1_700_000_000_000);

/// A queue and the time there.
struct Stage {
    sqs: Sqs,
    now: Millis,
    url: Option<String>,
}

fn stage(name: &str, attributes: &[(&str, &str)]) -> Stage {
    let mut stage = Stage { sqs: Sqs::open(None).unwrap(), now: START, url: None };
    stage.url = Some(stage.create(name, attributes));
    stage
}

impl Stage {
    fn change<T>(&self, act: impl FnOnce(&mut Change<'_>) -> Result<T, Fault>) -> T {
        self.sqs.change(self.now, act).unwrap()
    }

    fn create(&self, name: &str, attributes: &[(&str, &str)]) -> String {
        let mut attributes = attributes.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let mut input = wire::CreateQueue { queue_name: Some(name.into()), attributes: attributes.by_ref().collect() };
        if name.ends_with(".fifo") {
            input.attributes.insert("FifoQueue".into(), "true".into());
        }
        self.change(|change| queues::create(change, "localhost", &input)).queue_url
    }

    fn send(&self, group: &str, body: &str) -> wire::Sent {
        let input = wire::Send {
            queue_url: self.url.clone(),
            message_body: Some(body.into()),
            message_group_id: Some(group.into()),
            message_deduplication_id: Some(body.into()),
            ..wire::Send::default()
        };
        self.change(|change| send::send(change, &input))
    }

    fn look(&self, most: i64, visibility: i64) -> receive::Look {
        let input = wire::Receive {
            queue_url: self.url.clone(),
            attribute_names: vec!["All".into()],
            max_number_of_messages: Some(most),
            visibility_timeout: Some(visibility),
            ..wire::Receive::default()
        };
        self.change(|change| receive::look(change, &input))
    }

    fn receive(&self, most: i64, visibility: i64) -> Vec<String> {
        self.look(most, visibility).messages.into_iter().map(|message| message.body).collect()
    }

    fn pass(&mut self, span: Seconds) {
        self.now = self.now + span;
    }
}

#[test]
fn a_deduplication_id_is_forgotten_after_five_minutes() {
    let mut stage = stage("dedup.fifo", &[]);
    let first = stage.send("a", "a1");
    assert_eq!(stage.receive(1, 1_000), ["a1"]);

    stage.pass(Seconds(299));
    assert_eq!(stage.send("a", "a1"), first);

    // From the first on, not from its duplicate.
    stage.pass(Seconds(1));
    let second = stage.send("a", "a1");
    assert_ne!(second.message_id, first.message_id);
    assert!(second.sequence_number > first.sequence_number);
}

#[test]
fn a_message_expires_after_the_retention_period_and_unblocks_its_group() {
    let mut stage = stage("expiry.fifo", &[("MessageRetentionPeriod", "60")]);
    stage.send("a", "a1");
    stage.pass(Seconds(30));
    stage.send("a", "a2");
    assert_eq!(stage.receive(1, 43_200), ["a1"]);

    stage.pass(Seconds(29));
    assert!(stage.receive(1, 30).is_empty());
    stage.pass(Seconds(1));
    assert_eq!(stage.receive(10, 30), ["a2"]);
    stage.pass(Seconds(30));
    assert!(stage.receive(10, 30).is_empty());
}

#[test]
fn a_standard_queue_drops_what_expired_too() {
    let mut stage = stage("expiry", &[("MessageRetentionPeriod", "60")]);
    let input = wire::Send {
        queue_url: stage.url.clone(),
        message_body: Some("old".into()),
        message_group_id: Some("tenant".into()),
        ..wire::Send::default()
    };
    stage.change(|change| send::send(change, &input));
    stage.pass(Seconds(60));
    assert!(stage.receive(1, 30).is_empty());
}

#[test]
fn a_look_that_finds_nothing_says_when_to_look_again() {
    let mut stage = stage("next.fifo", &[("DelaySeconds", "5")]);
    assert_eq!(stage.look(1, 30).next, None);
    stage.send("a", "a1");
    assert_eq!(stage.look(1, 30).next, Some(START + Seconds(5)));
    stage.pass(Seconds(5));
    assert_eq!(stage.receive(1, 30), ["a1"]);
    assert_eq!(stage.look(1, 30).next, Some(START + Seconds(35)));
}

#[test]
fn a_dead_letter_keeps_its_count_and_lives_anew() {
    let mut stage = stage("dead.fifo", &[("MessageRetentionPeriod", "60")]);
    let dead = stage.url.clone();
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead.fifo","maxReceiveCount":"2"}"#;
    stage.url = Some(stage.create("source.fifo", &[("RedrivePolicy", policy)]));
    let sent = stage.send("a", "a1");
    for _ in 0..2 {
        assert_eq!(stage.receive(1, 40), ["a1"]);
        stage.pass(Seconds(40));
    }
    stage.send("a", "a2");
    assert_eq!(stage.receive(10, 40), ["a2"]);

    stage.url = dead;
    stage.pass(Seconds(59));
    let letter = stage.look(10, 40).messages.remove(0);
    assert_eq!(letter.message_id, sent.message_id);
    assert_eq!(letter.attributes["ApproximateReceiveCount"], "3");
    assert_eq!(letter.attributes["SequenceNumber"], sent.sequence_number.unwrap());
    assert_eq!(letter.attributes["DeadLetterQueueSourceArn"], "arn:aws:sqs:us-east-1:000000000000:source.fifo");
}
