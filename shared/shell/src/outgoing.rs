//! HTTP to the outside. Two clients: one for the messengers' APIs, whose hosts we know, and a guarded one for addresses
//! that strangers chose. Neither follows a redirect, uses a proxy of the environment, or keeps a cookie.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use delivery::Exchange;
use flow::{HttpAnswer, HttpAsk, HttpFailure};
use platforms::{Call, Outcome};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rustls::{ClientConfig, RootCertStore};

use crate::config::Hosts;
use crate::guard::{self, AddressError, REFUSAL, Reach};

/// Naver fetches a picture before it answers, for up to ten seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// A file that a bot names must not take the turn's time.
const FILE_TIMEOUT: Duration = Duration::from_secs(8);
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The messengers' APIs.
#[derive(Debug)]
pub struct Messengers {
    hosts: Hosts,
    // Made at the first call: a cold start of a function that only reads should not pay for TLS.
    client: OnceLock<Client>,
}

/// Everybody else's servers.
#[derive(Debug)]
pub struct Guarded {
    reach: Reach,
    client: OnceLock<Client>,
}

/// How a call of a messenger ended, owned. See [`platforms::Outcome`].
#[derive(Debug)]
pub enum CallEnd {
    Answered { status: u16, body: Vec<u8> },
    Unanswered,
    Unreachable,
}

impl CallEnd {
    pub fn outcome(&self) -> Outcome<'_> {
        match self {
            Self::Answered { status, body } => Outcome::Answered(platforms::Answer { status: *status, body }),
            Self::Unanswered => Outcome::Unanswered,
            Self::Unreachable => Outcome::Unreachable,
        }
    }
}

/// No answer of a messenger that we look at is longer.
const ANSWER_BYTES: usize = 64 * 1024;

impl Messengers {
    pub fn new(hosts: Hosts) -> Self {
        Self { hosts, client: OnceLock::new() }
    }

    pub async fn call(&self, call: &Call) -> CallEnd {
        let client = self.client.get_or_init(|| build(|builder| builder.timeout(CALL_TIMEOUT)));
        let method = call.method.parse().unwrap_or(reqwest::Method::POST);
        let mut request = client.request(method, self.hosts.place(&call.url)).body(call.body.clone());
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        match request.send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                let body = read(response, ANSWER_BYTES).await.unwrap_or_default();
                CallEnd::Answered { status, body }
            }
            Err(error) if error.is_connect() || error.is_builder() => CallEnd::Unreachable,
            Err(_) => CallEnd::Unanswered,
        }
    }
}

impl Messengers {
    /// A file of a messenger's, or a range of its bytes.
    pub(crate) async fn get(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        range: Option<&str>,
    ) -> Result<Response, reqwest::Error> {
        let client = self.client.get_or_init(|| build(|builder| builder.timeout(CALL_TIMEOUT)));
        let mut request = client.get(self.hosts.place(url));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(range) = range {
            request = request.header(http::header::RANGE, range);
        }
        request.send().await
    }
}

impl Guarded {
    pub fn new(reach: Reach) -> Self {
        Self { reach, client: OnceLock::new() }
    }

    /// One attempt of a delivery.
    pub async fn deliver(&self, url: &str, headers: Vec<(&'static str, String)>, body: String) -> Exchange {
        let url = match guard::check(url, self.reach) {
            Ok(url) => url,
            Err(AddressError::Private | AddressError::Malformed | AddressError::Port) => {
                return Exchange::BlockedAddress;
            }
        };
        let mut request = self.client().post(url).timeout(WEBHOOK_TIMEOUT).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        match request.send().await {
            // The status line is the answer: whatever its body does, a receiver that said 2xx has accepted.
            Ok(response) => Exchange::Answered { status: response.status().as_u16() },
            Err(error) => exchange(&error.without_url()),
        }
    }

    /// What a fetch node asks.
    pub async fn ask(&self, ask: HttpAsk) -> Result<HttpAnswer, HttpFailure> {
        let timeout = Duration::from_millis(ask.timeout_ms.into());
        let body = ask.body.map(String::into_bytes).unwrap_or_default();
        let exchanged = self.exchange(ask.method, &ask.url, ask.headers, body, timeout, ask.max_bytes).await;
        exchanged.map(|(status, _, body)| HttpAnswer { status, body }).map_err(|message| HttpFailure { message })
    }

    /// A request whose every part a stranger chose. The error is for them.
    pub(crate) async fn exchange(
        &self,
        method: &str,
        url: &str,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
        timeout: Duration,
        max_bytes: usize,
    ) -> Result<(u16, Vec<(String, String)>, Vec<u8>), String> {
        let url = guard::check(url, self.reach).map_err(|error| error.to_string())?;
        let method = method.parse::<reqwest::Method>().map_err(|_| "this is no HTTP method".to_owned())?;
        let mut request = self.client().request(method, url).timeout(timeout);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        if !body.is_empty() {
            request = request.body(body);
        }
        let response = request.send().await.map_err(|error| describe(&error.without_url()).to_owned())?;
        let status = response.status().as_u16();
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        match read(response, max_bytes).await {
            Ok(body) => Ok((status, headers, body)),
            Err(ReadError::TooLong) => Err(format!("the answer is longer than {max_bytes} bytes")),
            Err(ReadError::Broken) => Err("the connection broke in the middle of the answer".to_owned()),
        }
    }

    /// A file, or a range of its bytes.
    pub(crate) async fn open(&self, url: &str, range: Option<&str>) -> Option<Response> {
        let url = guard::check(url, self.reach).ok()?;
        let mut request = self.client().get(url).timeout(CALL_TIMEOUT);
        if let Some(range) = range {
            request = request.header(http::header::RANGE, range);
        }
        request.send().await.ok()
    }

    /// A file that a bot names, with its content type.
    pub async fn get(&self, url: &str, most_bytes: usize) -> Result<(String, Vec<u8>), String> {
        let url = guard::check(url, self.reach).map_err(|error| error.to_string())?;
        let request = self.client().get(url).timeout(FILE_TIMEOUT);
        let response = request.send().await.map_err(|error| describe(&error.without_url()).to_owned())?;
        if response.status() != http::StatusCode::OK {
            return Err(format!("its server answers {}", response.status().as_u16()));
        }
        let kind = response.headers().get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or("application/octet-stream").to_owned();
        match read(response, most_bytes).await {
            Ok(body) => Ok((kind, body)),
            Err(ReadError::TooLong) => Err(format!("it is larger than {most_bytes} bytes")),
            Err(ReadError::Broken) => Err("the connection broke in the middle of it".to_owned()),
        }
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| {
            build(|builder| {
                let builder = builder.http1_only().http1_max_headers(100);
                match self.reach {
                    Reach::Public | Reach::PublicAnd(_) => builder.dns_resolver(Arc::new(PublicOnly)),
                    Reach::Anywhere => builder,
                }
            })
        })
    }
}

pub(crate) fn build(adapt: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> Client {
    let builder = Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(Duration::from_secs(10))
        .tls_backend_preconfigured(tls());
    // Building fails for settings that contradict each other; ours are all here and tested.
    adapt(builder).build().unwrap_or_default()
}

fn tls() -> ClientConfig {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    #[expect(clippy::expect_used, reason = "ring has both of rustls's default versions")]
    let builder = versions.expect("ring speaks TLS 1.2 and 1.3");
    builder.with_root_certificates(roots).with_no_client_auth()
}

/// Resolves once, and refuses all of a name's addresses when one of them is not public: a client that tries them in
/// turn would otherwise get there.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Vec<SocketAddr> = found.collect();
            if !addresses.iter().all(|address| guard::is_public(address.ip())) {
                return Err(REFUSAL.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

enum ReadError {
    TooLong,
    Broken,
}

async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, ReadError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| ReadError::Broken)? {
        if body.len() + chunk.len() > most {
            return Err(ReadError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn exchange(error: &reqwest::Error) -> Exchange {
    let text = chain(error);
    if text.contains(REFUSAL) {
        Exchange::BlockedAddress
    } else if error.is_timeout() {
        Exchange::TimedOut
    } else if text.contains("certificate") {
        Exchange::Certificate
    } else if text.contains("dns error") || text.contains("failed to lookup") {
        Exchange::Unresolved
    } else {
        Exchange::Disconnected
    }
}

/// For the bot's author: what happened, without the address.
fn describe(error: &reqwest::Error) -> &'static str {
    match exchange(error) {
        Exchange::BlockedAddress => REFUSAL,
        Exchange::TimedOut => "the server did not answer in time",
        Exchange::Certificate => "the server's certificate is not valid",
        Exchange::Unresolved => "the server's name could not be resolved",
        Exchange::Disconnected | Exchange::Answered { .. } => "the server could not be reached",
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use flow::HttpAsk;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers every connection with these bytes, and says where.
    async fn server(answer: String) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let _ = connection.read(&mut [0; 4096]).await;
                let _ = connection.write_all(answer.as_bytes()).await;
            }
        });
        format!("http://{address}")
    }

    fn get(url: &str, max_bytes: usize) -> HttpAsk {
        let (headers, body) = (Vec::new(), None);
        HttpAsk { method: "GET", url: url.to_owned(), headers, body, timeout_ms: 5000, max_bytes }
    }

    async fn message(guarded: &Guarded, ask: HttpAsk) -> String {
        match guarded.ask(ask).await {
            Err(failure) => failure.message,
            Ok(answer) => panic!("{answer:?}"),
        }
    }

    /// Names are judged when they are resolved: `localtest.me` and its like look like any other.
    #[tokio::test]
    async fn a_name_with_a_private_address_is_refused() {
        let resolved = PublicOnly.resolve("localhost".parse().unwrap()).await;
        assert_eq!(resolved.err().map(|error| error.to_string()), Some(REFUSAL.to_owned()));
        // And by the client: `localhost` with a dot passes the text's check nowhere, so ask the client itself.
        let error = Guarded::new(Reach::Public).client().get("http://localhost:9/").send().await.unwrap_err();
        assert_eq!(exchange(&error.without_url()), Exchange::BlockedAddress);
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let secret = server("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret".to_owned()).await;
        let redirect = format!("HTTP/1.1 302 Found\r\nlocation: {secret}\r\ncontent-length: 0\r\n\r\n");
        let guarded = Guarded::new(Reach::Anywhere);
        let url = server(redirect).await;
        let answer = guarded.ask(get(&url, 1000)).await.unwrap();
        assert_eq!((answer.status, answer.body.len()), (302, 0));
        assert_eq!(guarded.deliver(&url, Vec::new(), String::new()).await, Exchange::Answered { status: 302 });
    }

    #[tokio::test]
    async fn failures_are_told_without_the_address() {
        let guarded = Guarded::new(Reach::Anywhere);
        let long = server(format!("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{}", "x".repeat(11))).await;
        assert_eq!(message(&guarded, get(&long, 10)).await, "the answer is longer than 10 bytes");
        assert!(guarded.ask(get(&long, 11)).await.is_ok());
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let nobody = format!("http://{free}/certificate");
        assert_eq!(message(&guarded, get(&nobody, 10)).await, "the server could not be reached");
        assert_eq!(guarded.deliver(&nobody, Vec::new(), String::new()).await, Exchange::Disconnected);
        assert_eq!(message(&Guarded::new(Reach::Public), get("http://127.0.0.1/", 10)).await, REFUSAL);
    }
}
