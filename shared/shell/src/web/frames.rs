//! Frames for everybody of a customer: into the log, then to each socket. A process that dies in between has lost
//! nothing: whoever does the same again posts them again, and a browser drops what it has.

use std::time::Duration;

use futures::StreamExt as _;
use model::time::EpochSeconds;
use model::{EndUserId, EpochMillis};
use platforms::Call;
use platforms::web::{self, Answer, Offer, Posted};
use store::{Appended, Keyboard, StoreError, WebConnections, WebFrames};
use tracing::{error, warn};

use super::sockets::Sockets;
use crate::clock;
use crate::metrics::{self, Metric};
use crate::outgoing::CallEnd;

#[derive(Debug)]
pub(crate) struct Frames {
    log: WebFrames,
    connections: WebConnections,
    sockets: Sockets,
}

/// Sockets that are posted to at once.
const AT_ONCE: usize = 16;
/// Pauses before a frame is posted again to a socket that does not take it.
const PAUSES_MS: [u64; 2] = [100, 400];

/// Tabs and a worker may append at once; one of them succeeds each time.
const TRIES: u32 = 16;
/// Between two tries: an append takes some ten milliseconds.
const LEAST_MS: u64 = 20;
const MOST_MS: u64 = 400;

impl Frames {
    pub(crate) fn new(log: WebFrames, connections: WebConnections, sockets: Sockets) -> Self {
        Self { log, connections, sockets }
    }

    /// What `platforms::web` renders: a call to the customer's log in place of a host. 409: the log had it.
    pub(crate) async fn carry_out(&self, call: &Call, end_user_id: EndUserId) -> CallEnd {
        let answered = |status| CallEnd::Answered { status, body: Vec::new() };
        let key = call.headers.iter().find(|(name, _)| *name == web::KEY).map(|(_, key)| key);
        let (Some(key), Ok(frame)) = (key, std::str::from_utf8(&call.body)) else { return answered(400) };
        match self.keep(end_user_id, key, frame, clock::now(), None).await {
            Ok(appended) => {
                let stamped = web::stamp(frame.as_bytes(), appended.kept().seq);
                // It is kept, and that is enough: whoever lacks it finds it at the next number, or by a ping. What follows
                // it in the turn must be kept, too, and what the customer says next must not wait.
                if let Err(error) = self.post(end_user_id, &stamped).await {
                    warn!(%error, "Nobody could be told of a frame");
                    metrics::count(Metric::FramesUnposted, 1);
                }
                match appended {
                    Appended::Now(_) => answered(200),
                    Appended::Before(_) => answered(409),
                }
            }
            Err(error) => {
                error!(%error, "A frame is not kept");
                answered(503)
            }
        }
    }

    pub(crate) async fn keep(
        &self,
        end_user_id: EndUserId,
        key: &str,
        frame: &str,
        at: EpochMillis,
        // The log's last number, where it was read a moment ago.
        last: Option<u64>,
    ) -> Result<Appended, StoreError> {
        let keyboard = match web::offer(frame.as_bytes()) {
            Offer::Unchanged => Keyboard::Unchanged,
            Offer::Begins => Keyboard::Begins,
            Offer::Ends => Keyboard::Ends,
        };
        let mut last = last;
        for tries in 0..TRIES {
            let behind = match last.take() {
                Some(last) => last,
                None => self.log.head(end_user_id).await?.last,
            };
            if let Some(appended) = self.log.append(end_user_id, key, frame, keyboard, at, behind).await? {
                return Ok(appended);
            }
            tokio::time::sleep(pause(tries, clock::nonce())).await;
        }
        Err(StoreError::Conflict)
    }

    /// To every socket of the customer. One that does not take it after all is closed: its browser connects anew, and
    /// says what it has.
    pub(crate) async fn post(&self, end_user_id: EndUserId, frame: &[u8]) -> Result<(), StoreError> {
        let ids = self.connections.of_user(end_user_id, now()).await?;
        let mut posts = Vec::new();
        for id in ids {
            posts.push(self.post_to(id, end_user_id, frame));
        }
        futures::stream::iter(posts).buffer_unordered(AT_ONCE).collect::<()>().await;
        Ok(())
    }

    async fn post_to(&self, id: String, end_user_id: EndUserId, frame: &[u8]) {
        let posted = self.deliver(&id, frame).await;
        self.settle(&id, Some(end_user_id), posted).await;
    }

    /// Whoever is gone is forgotten. A socket that takes nothing must not stay: its browser would wait for ever.
    async fn settle(&self, id: &str, end_user_id: Option<EndUserId>, posted: Posted) {
        match posted {
            Posted::Sent => return,
            Posted::Refused | Posted::Unavailable => return metrics::count(Metric::FramesUnposted, 1),
            Posted::Gone => {}
            Posted::Later => {
                warn!(connection.id = id, "A socket takes nothing any more, and is closed");
                if !self.close(id).await {
                    // It is open all the same, and may take the next.
                    return;
                }
            }
        }
        if let Some(end_user_id) = end_user_id {
            self.drop_row(id, end_user_id).await;
        }
    }

    /// What is of the moment: once, to whoever takes it.
    pub(crate) async fn tell(
        &self,
        end_user_id: EndUserId,
        frame: &[u8],
        except: Option<&str>,
    ) -> Result<(), StoreError> {
        let ids = self.connections.of_user(end_user_id, now()).await?;
        let mut posts = Vec::new();
        for id in ids.into_iter().filter(|id| Some(id.as_str()) != except) {
            posts.push(self.tell_to(id, end_user_id, frame));
        }
        futures::stream::iter(posts).buffer_unordered(AT_ONCE).collect::<()>().await;
        Ok(())
    }

    async fn tell_to(&self, id: String, end_user_id: EndUserId, frame: &[u8]) {
        if self.sockets.post(&id, frame).await == Posted::Gone {
            self.drop_row(&id, end_user_id).await;
        }
    }

    /// To one socket alone. False if it was not reached.
    pub(crate) async fn answer(&self, id: &str, end_user_id: Option<EndUserId>, answer: &Answer<'_>) -> bool {
        self.send(id, end_user_id, &answer.to_json()).await
    }

    pub(crate) async fn send(&self, id: &str, end_user_id: Option<EndUserId>, frame: &[u8]) -> bool {
        let posted = self.deliver(id, frame).await;
        self.settle(id, end_user_id, posted).await;
        matches!(posted, Posted::Sent | Posted::Refused)
    }

    /// False if it may be open still.
    pub(crate) async fn close(&self, id: &str) -> bool {
        self.sockets.close(id).await
    }

    /// Several times, while it may help.
    async fn deliver(&self, id: &str, frame: &[u8]) -> Posted {
        if self.sockets.are_away() {
            return Posted::Unavailable;
        }
        let mut pauses = PAUSES_MS.into_iter();
        loop {
            let posted = self.sockets.post(id, frame).await;
            match (posted, pauses.next()) {
                (Posted::Later | Posted::Unavailable, Some(pause)) => {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                (Posted::Refused, _) => {
                    error!(connection.id = id, bytes = frame.len(), "A frame was refused");
                    return posted;
                }
                (Posted::Unavailable, None) => {
                    self.sockets.leave();
                    return posted;
                }
                (Posted::Sent | Posted::Gone | Posted::Later, _) => return posted,
            }
        }
    }

    async fn drop_row(&self, id: &str, end_user_id: EndUserId) {
        if let Err(error) = self.connections.delete(id, end_user_id).await {
            // It is forgotten by itself in time.
            warn!(%error, connection.id = id, "The row of a socket that is gone stays");
        }
    }
}

/// Longer each time, and another each time: those that met once should not meet again.
fn pause(tries: u32, chance: u128) -> Duration {
    let most = MOST_MS.min(LEAST_MS << tries.min(16));
    Duration::from_millis(u64::try_from(chance % u128::from(most)).unwrap_or(most))
}

fn now() -> EpochSeconds {
    clock::now().seconds()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_differ() {
        for (tries, most) in [(0, 20), (1, 40), (3, 160), (5, 400), (15, 400), (u32::MAX, 400)] {
            let pauses: std::collections::BTreeSet<u64> =
                (0..1000).map(|chance| u64::try_from(pause(tries, chance).as_millis()).unwrap()).collect();
            assert_eq!((pauses.first(), pauses.last()), (Some(&0), Some(&(most - 1))), "{tries}");
            assert_eq!(pauses.len() as u64, most, "{tries}");
        }
    }
}
