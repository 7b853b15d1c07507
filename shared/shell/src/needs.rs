//! Gets what a call needs before it can be made: tokens, kept while they live, and files, handed to the messenger once
//! and named again while it remembers them.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use model::EpochMillis;
use platforms::{Call, Channel, Embedded, File, Need, Obtained, Want};

use crate::clock;
use crate::outgoing::{Guarded, Messengers};

pub(crate) struct Needs {
    world: Guarded,
    kept: Mutex<HashMap<Key, Arc<Kept>>>,
}

/// The request that asks for it, the file that it hands over, and what that itself needs: the token in the needs, not in
/// the request, tells two accounts apart.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    url: String,
    body: Vec<u8>,
    headers: Vec<(&'static str, String)>,
    source: Option<String>,
    needs: Vec<Key>,
}

/// What came of the last request. Whoever needs it while another fetches it waits for that one, and shares its failure.
#[derive(Default)]
struct Kept {
    held: tokio::sync::Mutex<Option<Held>>,
    /// Requests that were answered.
    asked: AtomicUsize,
}

struct Held {
    text: Result<String, Lack>,
    /// Until when the text is good.
    until: EpochMillis,
}

/// Why a call cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    Later { reason: String },
    Refused { reason: String },
}

/// Entries; a bot that makes a picture for every customer must not fill the memory.
const MOST: usize = 1000;

impl Needs {
    pub(crate) fn new(world: Guarded) -> Self {
        Self { world, kept: Mutex::default() }
    }

    /// The call with all that it needs in its place, and signed.
    pub(crate) async fn complete(
        &self,
        messengers: &Messengers,
        channel: &dyn Channel,
        call: &Call,
    ) -> Result<Call, Lack> {
        let mut ready = self.fill(messengers, channel, call.clone()).await?;
        channel.sign(&mut ready, clock::now(), clock::nonce());
        Ok(ready)
    }

    /// Lets go of what the messenger does not take any more.
    pub(crate) fn forget(&self, call: &Call) {
        for need in &call.needs {
            self.forget(&need.call);
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(need));
        }
    }

    fn fill<'a>(
        &'a self,
        messengers: &'a Messengers,
        channel: &'a dyn Channel,
        mut call: Call,
    ) -> BoxFuture<'a, Result<Call, Lack>> {
        async move {
            for need in std::mem::take(&mut call.needs) {
                let text = self.obtain(messengers, channel, &need).await?;
                call.put(&need.mark, &text);
            }
            Ok(call)
        }
        .boxed()
    }

    async fn obtain(&self, messengers: &Messengers, channel: &dyn Channel, need: &Need) -> Result<String, Lack> {
        let kept = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= MOST {
                kept.clear();
            }
            Arc::clone(kept.entry(key(need)).or_default())
        };
        let asked_before = kept.asked.load(Ordering::Relaxed);
        let mut held = kept.held.lock().await;
        if let Some(Held { text, until }) = &*held {
            let good = match text {
                Ok(_) => clock::now().since(*until) < 0,
                Err(_) => kept.asked.load(Ordering::Relaxed) > asked_before,
            };
            if good {
                return text.clone();
            }
        }
        let asked = self.ask(messengers, channel, need).await;
        let seconds = asked.as_ref().map_or(0, |(_, seconds)| *seconds);
        let text = asked.map(|(text, _)| text);
        *held = Some(Held { text: text.clone(), until: clock::now().plus_ms(seconds.saturating_mul(1000)) });
        kept.asked.fetch_add(1, Ordering::Relaxed);
        text
    }

    async fn ask(&self, messengers: &Messengers, channel: &dyn Channel, need: &Need) -> Result<(String, i64), Lack> {
        let source = match &need.what {
            Want::Token => None,
            Want::File(File { source, most_bytes, .. }) | Want::Embedded(Embedded { source, most_bytes, .. }) => {
                Some(self.world.get(source, *most_bytes).await.map_err(|reason| Lack::Refused {
                    reason: format!("the file for the messenger cannot be had: {reason}"),
                })?)
            }
        };
        let mut renewed = false;
        loop {
            let mut call = self.fill(messengers, channel, (*need.call).clone()).await?;
            match (&need.what, &source) {
                (Want::File(file), Some((kind, bytes))) => {
                    let (kind, body) = file.multipart(bytes, kind);
                    call.headers.retain(|(name, _)| *name != "content-type");
                    call = call.header("content-type", kind);
                    call.body = body;
                }
                (Want::Embedded(embedded), Some((_, bytes))) => call.body = embedded.body(&call.body, bytes),
                (Want::Token | Want::File(_) | Want::Embedded(_), _) => {}
            }
            channel.sign(&mut call, clock::now(), clock::nonce());
            let end = messengers.call(&call).await;
            match channel.obtain(need, &end.outcome()) {
                Obtained::Text { text, seconds } => return Ok((text, seconds)),
                Obtained::Renew { .. } if !renewed && !need.call.needs.is_empty() => {
                    renewed = true;
                    self.forget(&need.call);
                }
                Obtained::Renew { reason } | Obtained::Refused { reason } => return Err(Lack::Refused { reason }),
                Obtained::Later { reason } => return Err(Lack::Later { reason }),
            }
        }
    }
}

fn key(need: &Need) -> Key {
    let Call { url, body, headers, .. } = &*need.call;
    let source = match &need.what {
        Want::Token => None,
        Want::File(File { source, .. }) | Want::Embedded(Embedded { source, .. }) => Some(source.clone()),
    };
    let needs = need.call.needs.iter().map(key).collect();
    Key { url: url.clone(), body: body.clone(), headers: headers.clone(), source, needs }
}

/// What is kept are secrets.
impl fmt::Debug for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Needs").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use model::{Inbound, Reply};
    use platforms::{Attempt, Outcome, ReceiveError, Received, Rendered, Request, Verdict};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::config::Hosts;
    use crate::guard::Reach;

    /// Takes any answer's body for a token; `renew` and `busy` mean that.
    #[derive(Debug)]
    struct Test;

    impl Channel for Test {
        fn receive(&self, _: &Request<'_>) -> Result<Received, ReceiveError> {
            Err(ReceiveError::UnknownPath)
        }
        fn render(&self, _: &Reply, _: &Inbound, _: EpochMillis) -> Rendered {
            Rendered::default()
        }
        fn judge(&self, _: &Call, _: &Outcome<'_>, _: Attempt) -> Verdict {
            Verdict::Delivered
        }
        fn sign(&self, call: &mut Call, _: EpochMillis, _: u128) {
            call.headers.push(("x-signed", "yes".to_owned()));
        }
        fn obtain(&self, need: &Need, outcome: &Outcome<'_>) -> Obtained {
            let Outcome::Answered(answer) = outcome else { return Obtained::Later { reason: "gone".to_owned() } };
            match std::str::from_utf8(answer.body).unwrap() {
                "renew" => Obtained::Renew { reason: "spent".to_owned() },
                "busy" => Obtained::Later { reason: "busy".to_owned() },
                text => Obtained::Text { text: text.to_owned(), seconds: if need.mark == "{short}" { 0 } else { 60 } },
            }
        }
    }

    /// Answers each request with the next of these, and keeps what it was asked.
    async fn server(answers: &'static [&'static str]) -> (String, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, count) = (Arc::clone(&asked), AtomicUsize::new(0));
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let mut bytes = vec![0; 8192];
                let read = connection.read(&mut bytes).await.unwrap();
                seen.lock().unwrap().push(String::from_utf8_lossy(&bytes[..read]).into_owned());
                let body = answers[count.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1)];
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: image/png\r\ncontent-length: {length}\r\n\r\n{body}"
                );
                connection.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        (format!("http://{address}"), asked)
    }

    fn needs() -> (Needs, Messengers) {
        (Needs::new(Guarded::new(Reach::Anywhere)), Messengers::new(Hosts::default()))
    }

    fn token(url: &str) -> Need {
        let call = Call::json("token", format!("{url}/token"), &());
        Need { mark: "{token}".to_owned(), what: Want::Token, call: Box::new(call) }
    }

    fn with(need: Need) -> Call {
        let body = serde_json::json!({ "id": need.mark });
        Call { needs: vec![need], ..Call::json("send", "https://m.example/?token={token}", &body) }
    }

    #[tokio::test]
    async fn a_token_is_fetched_once_and_again_when_it_is_spent() {
        let (url, asked) = server(&["one", "two"]).await;
        let (needs, messengers) = needs();
        let call = with(token(&url));
        let both = tokio::join!(needs.complete(&messengers, &Test, &call), needs.complete(&messengers, &Test, &call));
        for ready in [both.0.unwrap(), both.1.unwrap(), needs.complete(&messengers, &Test, &call).await.unwrap()] {
            assert_eq!(
                (ready.url.as_str(), ready.body.as_slice()),
                ("https://m.example/?token=one", &b"{\"id\":\"one\"}"[..])
            );
            assert_eq!(ready.headers.iter().filter(|(name, _)| *name == "x-signed").count(), 1);
        }
        assert_eq!(asked.lock().unwrap().len(), 1);
        needs.forget(&call);
        assert_eq!(needs.complete(&messengers, &Test, &call).await.unwrap().url, "https://m.example/?token=two");
        // One that lives for no time is fetched for each call.
        let short = with(Need { mark: "{short}".to_owned(), ..token(&url) });
        for _ in 0..2 {
            needs.forget(&short);
            needs.complete(&messengers, &Test, &short).await.unwrap();
            needs.complete(&messengers, &Test, &short).await.unwrap();
        }
        assert_eq!(asked.lock().unwrap().len(), 6);
    }

    #[tokio::test]
    async fn a_file_is_handed_over_with_a_token_that_may_be_spent() {
        let (files, _) = server(&["picture"]).await;
        let (url, asked) = server(&["old", "renew", "new", "id-1"]).await;
        let (needs, messengers) = needs();
        let mut upload = Call::json("upload", format!("{url}/upload?token={{token}}"), &());
        upload.needs = vec![token(&url)];
        let source = format!("{files}/cat.png");
        let file = File { source, most_bytes: 7, field: "media", fields: vec![] };
        let need = Need { mark: "{id}".to_owned(), what: Want::File(file.clone()), call: Box::new(upload) };
        let call = with(need.clone());
        for _ in 0..2 {
            let ready = needs.complete(&messengers, &Test, &call).await.unwrap();
            assert_eq!(ready.body, b"{\"id\":\"id-1\"}");
        }
        let asked = asked.lock().unwrap().clone();
        let lines: Vec<_> = asked.iter().map(|request| request.lines().next().unwrap()).collect();
        let expected = ["/token", "/upload?token=old", "/token", "/upload?token=new"];
        assert_eq!(lines, expected.map(|path| format!("POST {path} HTTP/1.1")));
        assert!(
            asked[3].contains("content-type: image/png")
                && asked[3].contains("picture")
                && asked[3].contains("x-signed")
        );

        let large = File { source: format!("{files}/dog.png"), most_bytes: 6, ..file };
        let large = with(Need { what: Want::File(large), ..need });
        let lack = needs.complete(&messengers, &Test, &large).await.unwrap_err();
        let reason = "the file for the messenger cannot be had: it is larger than 6 bytes".to_owned();
        assert_eq!(lack, Lack::Refused { reason });
    }

    #[tokio::test]
    async fn two_accounts_hand_over_the_same_file_each() {
        let (files, _) = server(&["picture"]).await;
        let (url, asked) = server(&["one", "id-1", "two", "id-2"]).await;
        let (needs, messengers) = needs();
        for (account, id) in [("a", "id-1"), ("b", "id-2"), ("a", "id-1")] {
            let mut upload = Call::json("upload", format!("{url}/upload?token={{token}}"), &());
            upload.needs = vec![token(&format!("{url}/{account}"))];
            let file = File { source: format!("{files}/cat.png"), most_bytes: 9, field: "media", fields: Vec::new() };
            let need = Need { mark: "{id}".to_owned(), what: Want::File(file), call: Box::new(upload) };
            let ready = needs.complete(&messengers, &Test, &with(need)).await.unwrap();
            assert_eq!(ready.body, format!("{{\"id\":\"{id}\"}}").into_bytes());
        }
        assert_eq!(asked.lock().unwrap().len(), 4);
    }

    #[tokio::test]
    async fn what_cannot_be_had_says_whether_it_may_be_later() {
        let (needs, messengers) = needs();
        let (busy, _) = server(&["busy"]).await;
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        for (url, reason) in [(busy, "busy"), (format!("http://{free}"), "gone")] {
            let lack = needs.complete(&messengers, &Test, &with(token(&url))).await.unwrap_err();
            assert_eq!(lack, Lack::Later { reason: reason.to_owned() });
        }
        let (busy, asked) = server(&["busy"]).await;
        let call = with(token(&busy));
        let both = tokio::join!(needs.complete(&messengers, &Test, &call), needs.complete(&messengers, &Test, &call));
        assert!(both.0.is_err() && both.0 == both.1);
        assert_eq!(asked.lock().unwrap().len(), 1, "who waited shares the failure");
        let (spent, _) = server(&["renew"]).await;
        let lack = needs.complete(&messengers, &Test, &with(token(&spent))).await.unwrap_err();
        assert_eq!(lack, Lack::Refused { reason: "spent".to_owned() });
    }
}
