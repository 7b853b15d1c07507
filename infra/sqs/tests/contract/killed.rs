//! What was acknowledged is there after `kill -9`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::stand::{FIFO, Queue, bodies, client_at, queue, receives, sleep_ms};

#[tokio::test]
async fn a_killed_process_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("queues.sqlite");
    let mut served = serve(&file);
    let before = queue(&client_at(&served.url), "killed.fifo", &[FIFO]).await;
    let mut sent = Vec::new();
    for (group, body) in [("a", "a1"), ("a", "a2"), ("b", "b1"), ("b", "b2"), ("c", "c1")] {
        sent.push(before.send(group, body).await);
    }
    let of_a = before.receive_with(1, 3, 0).await;
    assert_eq!(bodies(&of_a), ["a1"]);
    let of_b = before.receive(1).await;
    assert_eq!(bodies(&of_b), ["b1"]);
    before.delete(&of_b[0]).await;
    served.kill();

    let served = serve(&file);
    let after = client_at(&served.url);
    let found = after.get_queue_url().queue_name(crate::stand::name("killed.fifo")).send().await.unwrap();
    let after = Queue { client: after, url: found.queue_url.unwrap() };
    // Deleted stays deleted, and remembered; the group of the one in flight is still blocked.
    assert_eq!(after.send("b", "b1").await.message_id(), sent[2].message_id());
    assert_eq!(bodies(&after.receive(10).await), ["b2", "c1"]);
    assert!(after.receive(10).await.is_empty());

    let back = after.receive_with(10, 30, 10).await;
    assert_eq!(bodies(&back), ["a1", "a2"]);
    assert_eq!((receives(&back[0]), back[0].message_id()), ("2", sent[0].message_id()));
    assert!(after.send("a", "a3").await.sequence_number() > sent[4].sequence_number());
}

#[tokio::test]
async fn a_receipt_outlives_the_process_that_gave_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("queues.sqlite");
    let mut served = serve(&file);
    let mut queue = queue(&client_at(&served.url), "receipt.fifo", &[FIFO]).await;
    queue.send("a", "a1").await;
    queue.send("a", "a2").await;
    let held = queue.receive(1).await;
    served.kill();

    let served = serve(&file);
    queue.client = client_at(&served.url);
    queue.delete(&held[0]).await;
    assert_eq!(bodies(&queue.receive(10).await), ["a2"]);
}

#[tokio::test]
async fn what_is_acknowledged_while_it_is_killed_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("queues.sqlite");
    let mut served = serve(&file);
    let mut queue = queue(&client_at(&served.url), "busy.fifo", &[FIFO]).await;
    let senders = ["a", "b", "c", "d"].map(|group| tokio::spawn(send_while_served(queue.clone(), group)));
    sleep_ms(300).await;
    served.kill();

    let served = serve(&file);
    queue.client = client_at(&served.url);
    let mut received: BTreeMap<String, Vec<String>> = BTreeMap::new();
    loop {
        let messages = queue.receive(10).await;
        if messages.is_empty() {
            break;
        }
        for message in &messages {
            let body = message.body().unwrap();
            received.entry(body[..1].to_owned()).or_default().push(body.to_owned());
            queue.delete(message).await;
        }
    }
    for sender in senders {
        let (group, acknowledged) = sender.await.unwrap();
        assert!(acknowledged.len() > 3, "{group} sent only {}", acknowledged.len());
        // One more may have been stored whose answer never came.
        let received = &received[group];
        assert!(received.len() <= acknowledged.len() + 1);
        assert_eq!(received[..acknowledged.len()], acknowledged);
    }
}

/// Sends to this group until nobody answers; gives what was acknowledged.
async fn send_while_served(queue: Queue, group: &'static str) -> (&'static str, Vec<String>) {
    let mut acknowledged = Vec::new();
    loop {
        let body = format!("{group}{}", acknowledged.len());
        let send = queue.client.send_message().queue_url(&queue.url).message_body(&body);
        if send.message_group_id(group).message_deduplication_id(&body).send().await.is_err() {
            return (group, acknowledged);
        }
        acknowledged.push(body);
    }
}

/// The example as a process of its own, killed at the latest when the test ends.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(file: &Path) -> Served {
    // This test is `target/<profile>/deps/contract-…`; Cargo builds the examples of the package beside `deps`.
    let test = std::env::current_exe().unwrap();
    let example: PathBuf = test.parent().and_then(Path::parent).unwrap().join("examples/serve");
    assert!(example.exists(), "first: cargo build --package closer-sqs --example serve");
    let mut child = Command::new(example).arg("--file").arg(file).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    Served { child, url }
}
