//! One attempt of a delivery: a POST to an address that a stranger chose, and what came of it.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use delivery::limits::{ANSWER_BYTES, ANSWER_HEADER_BYTES};
use delivery::{Answer, Exchange, Phases};
use http::header::{CONTENT_ENCODING, LOCATION, RETRY_AFTER};
use reqwest::{Client, Response};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::guard;
use crate::outgoing::{Guarded, exchange};
use crate::trip::{self, Trip};

/// What is to be sent.
#[derive(Debug)]
pub struct Post<'a> {
    pub url: &'a str,
    pub headers: &'a [(Cow<'static, str>, String)],
    pub body: &'a str,
    /// To the last byte of the answer.
    pub deadline_ms: u64,
}

#[derive(Debug)]
pub struct Posted {
    pub answer: Answer,
    pub phases: Option<Phases>,
    pub peer: Option<IpAddr>,
}

/// Of where a redirect leads. The record keeps some thirty of them.
const LOCATION_BYTES: usize = 1024;

impl Guarded {
    /// One attempt of a delivery, which may be two requests; see [`delivery::once_more`].
    pub async fn deliver(&self, post: &Post<'_>) -> Posted {
        let Ok(url) = guard::check(post.url, self.reach()) else {
            return Posted { answer: Answer::of(Exchange::BlockedAddress), phases: None, peer: None };
        };
        let started = Instant::now();
        let deadline = started + Duration::from_millis(post.deadline_ms);
        let (posted, trip) = trip::observed(started, send(self.client(), &url, post, deadline)).await;
        if !delivery::once_more(posted.answer.exchange, !trip.connecting, 1) {
            return posted.with(trip, &url);
        }
        let (posted, trip) = trip::observed(started, send(self.unpooled(), &url, post, deadline)).await;
        posted.with(trip, &url)
    }
}

async fn send(client: &Client, url: &Url, post: &Post<'_>, deadline: Instant) -> Posted {
    let mut request = client.post(url.clone()).body(post.body.to_owned());
    for (name, value) in post.headers {
        request = request.header(name.as_ref(), value);
    }
    let nothing = |exchange| Posted { answer: Answer::of(exchange), phases: None, peer: None };
    match timeout_at(deadline, request.send()).await {
        Err(_) => nothing(Exchange::TimedOut),
        Ok(Err(error)) => nothing(exchange(&error.without_url())),
        Ok(Ok(response)) => {
            let peer = response.remote_addr().map(|address| address.ip());
            let phases = Some(Phases { first_byte_ms: Some(trip::elapsed_ms()), ..Phases::default() });
            Posted { answer: read(response, deadline).await, phases, peer }
        }
    }
}

/// The status line is the answer: whatever the body does, a receiver that said 2xx has accepted.
async fn read(mut response: Response, deadline: Instant) -> Answer {
    let headers = response.headers();
    if headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>() > ANSWER_HEADER_BYTES {
        return Answer::of(Exchange::Malformed);
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut answer = Answer {
        retry_after: text(RETRY_AFTER.as_str()),
        webhook_delivery: text("webhook-delivery"),
        location: text(LOCATION.as_str()).map(|mut location| {
            location.truncate(location.floor_char_boundary(LOCATION_BYTES));
            location
        }),
        compressed: text(CONTENT_ENCODING.as_str()).is_some_and(|encoding| encoding != "identity"),
        ..Answer::of(Exchange::Answered { status: response.status().as_u16() })
    };
    while !answer.compressed && answer.body.len() < ANSWER_BYTES {
        let Ok(Ok(Some(chunk))) = timeout_at(deadline, response.chunk()).await else { break };
        let room = ANSWER_BYTES - answer.body.len();
        answer.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
    }
    answer
}

impl Posted {
    /// TCP and TLS are one step to us; the later of them is what is known.
    fn with(self, trip: Trip, url: &Url) -> Self {
        let (connect_ms, tls_ms) =
            if url.scheme() == "https" { (None, trip.connected_ms) } else { (trip.connected_ms, None) };
        let phases = Phases { dns_ms: trip.looked_up_ms, connect_ms, tls_ms, ..self.phases.unwrap_or_default() };
        Self { phases: (phases != Phases::default()).then_some(phases), ..self }
    }
}

#[cfg(test)]
mod certificates;

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use delivery::Cause;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::guard::Reach;

    const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK";

    /// What a receiver does with the `n`th request, of all its connections.
    type Script = fn(usize) -> Act;

    enum Act {
        /// Says this, and leaves the connection open.
        Say(String),
        /// Says this, and no more for a long time.
        Drip(String),
        /// Says this, and closes.
        Close(String),
    }

    async fn receiver(script: Script) -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, script, Arc::clone(&count)));
            }
        });
        (url, requests)
    }

    async fn serve(mut connection: TcpStream, script: Script, count: Arc<AtomicUsize>) {
        while connection.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {
            match script(count.fetch_add(1, Ordering::SeqCst)) {
                Act::Say(text) => drop(connection.write_all(text.as_bytes()).await),
                Act::Drip(text) => {
                    let _ = connection.write_all(text.as_bytes()).await;
                    std::future::pending::<()>().await;
                }
                Act::Close(text) => {
                    let _ = connection.write_all(text.as_bytes()).await;
                    return;
                }
            }
        }
    }

    async fn post(guarded: &Guarded, url: &str, deadline_ms: u64) -> Posted {
        guarded.deliver(&Post { url, headers: &[], body: "{}", deadline_ms }).await
    }

    #[tokio::test]
    async fn whatever_the_receiver_does() {
        let answered = |status| Exchange::Answered { status };
        let cases: [(&str, Script, Exchange, usize); 18] = [
            ("2xx", |_| Act::Say(OK.to_owned()), answered(200), 1),
            ("slow headers", |_| Act::Drip(String::new()), Exchange::TimedOut, 1),
            ("half a status line", |_| Act::Drip("HTTP/1.1 2".to_owned()), Exchange::TimedOut, 1),
            (
                "a body that drips after 200",
                |_| Act::Drip("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_owned()),
                answered(200),
                1,
            ),
            (
                "a body that drips after 500",
                |_| Act::Drip("HTTP/1.1 500 No\r\ncontent-length: 9\r\n\r\nx".to_owned()),
                answered(500),
                1,
            ),
            (
                "a body that breaks after 200",
                |_| Act::Close("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_owned()),
                answered(200),
                1,
            ),
            ("closed without a word", |_| Act::Close(String::new()), Exchange::Disconnected, 1),
            ("closed in the status line", |_| Act::Close("HTTP/1.1 2".to_owned()), Exchange::Disconnected, 1),
            ("no HTTP", |_| Act::Close("220 smtp.example.com ESMTP\r\n\r\n".to_owned()), Exchange::Malformed, 1),
            (
                "two lengths",
                |_| Act::Close("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nOK".to_owned()),
                Exchange::Malformed,
                1,
            ),
            (
                "a MiB of headers",
                |_| Act::Close(format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "a".repeat(1 << 20))),
                Exchange::Malformed,
                1,
            ),
            (
                "more than 64 KiB of headers",
                |_| Act::Close(format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "a".repeat(70_000))),
                Exchange::Malformed,
                1,
            ),
            (
                "more than 100 headers",
                |_| Act::Close(format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(101))),
                Exchange::Malformed,
                1,
            ),
            (
                "a redirect",
                |_| {
                    Act::Say(
                        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".to_owned(),
                    )
                },
                answered(302),
                1,
            ),
            (
                "101",
                |_| {
                    Act::Say("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n".to_owned())
                },
                answered(101),
                1,
            ),
            ("100 first", |_| Act::Say(format!("HTTP/1.1 100 Continue\r\n\r\n{OK}")), answered(200), 1),
            (
                "421, and well on another connection",
                |n| Act::Say(if n == 0 { OK.replace("200", "421") } else { OK.to_owned() }),
                answered(200),
                2,
            ),
            ("425 each time", |_| Act::Say(OK.replace("200", "425")), answered(425), 2),
        ];
        for (what, script, expected, requests) in cases {
            let (url, count) = receiver(script).await;
            let posted = post(&Guarded::new(Reach::Anywhere), &url, 300).await;
            assert_eq!((posted.answer.exchange, count.load(Ordering::SeqCst)), (expected, requests), "{what}");
            if matches!(expected, Exchange::Answered { .. }) {
                assert_eq!(posted.peer, Some([127, 0, 0, 1].into()), "{what}");
                let phases = posted.phases.unwrap();
                assert!(phases.connect_ms <= phases.first_byte_ms && phases.dns_ms.is_none(), "{what} {phases:?}");
            }
        }
    }

    /// A receiver closes its idle connections without a word. Of a connection that never worked that is a failure.
    #[tokio::test]
    async fn a_stale_connection_of_the_pool_is_tried_once_more() {
        let (url, requests) = receiver(|n| match n {
            1 => Act::Close(String::new()),
            _ => Act::Say(OK.to_owned()),
        })
        .await;
        let guarded = Guarded::new(Reach::Anywhere);
        for expected in [1, 3, 4] {
            let posted = post(&guarded, &url, 3000).await;
            assert_eq!(posted.answer.exchange, Exchange::Answered { status: 200 });
            assert_eq!(requests.load(Ordering::SeqCst), expected);
        }
    }

    #[tokio::test]
    async fn what_is_looked_at_of_an_answer() {
        let (url, _) = receiver(|_| {
            let body = "x".repeat(100_000);
            let headers = "retry-after: 120\r\nwebhook-delivery: disable\r\nlocation: /there";
            Act::Close(format!("HTTP/1.1 503 Busy\r\n{headers}\r\ncontent-length: 100000\r\n\r\n{body}"))
        })
        .await;
        let answer = post(&Guarded::new(Reach::Anywhere), &url, 3000).await.answer;
        assert_eq!(answer.retry_after.as_deref(), Some("120"));
        assert_eq!(answer.webhook_delivery.as_deref(), Some("disable"));
        assert_eq!(answer.location.as_deref(), Some("/there"));
        assert_eq!((answer.body.len(), answer.compressed), (ANSWER_BYTES, false));

        let bomb =
            |_| Act::Close("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nxx".to_owned());
        let (url, _) = receiver(bomb).await;
        let answer = post(&Guarded::new(Reach::Anywhere), &url, 3000).await.answer;
        assert!(answer.compressed && answer.body.is_empty());
    }

    #[tokio::test]
    async fn nobody_there() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let guarded = Guarded::new(Reach::Anywhere);
        let refused = post(&guarded, &format!("http://{free}/certificate"), 3000).await;
        assert_eq!(refused.answer.exchange, Exchange::Disconnected);
        let private = post(&Guarded::new(Reach::Public), "http://127.0.0.1/", 3000).await;
        assert_eq!(private.answer.exchange.cause(), Some(Cause::AddressNotAllowed));
        // Whatever answers here speaks no TLS.
        let (url, _) = receiver(|_| Act::Close(OK.to_owned())).await;
        let plain = post(&guarded, &url.replace("http:", "https:"), 3000).await;
        assert_eq!(plain.answer.exchange, Exchange::Malformed);
    }
}
