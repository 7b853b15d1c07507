//! HTTP to the outside. Two clients: one for the messengers' APIs, whose hosts we know, and a guarded one for addresses
//! that strangers chose. Neither follows a redirect, uses a proxy of the environment, or keeps a cookie.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use delivery::Exchange;
use delivery::limits::{ANSWER_HEADERS, CONNECT_MS, DNS_MS, TLS_MS};
use flow::{HttpAnswer, HttpAsk, HttpFailure};
use platforms::{Call, Outcome};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rustls::pki_types::TrustAnchor;
use rustls::{AlertDescription, ClientConfig, RootCertStore};

use crate::config::Hosts;
use crate::guard::{self, REFUSAL, Reach};
use crate::trip;

/// Naver fetches a picture before it answers, for up to ten seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// A file that a bot names must not take the turn's time.
const FILE_TIMEOUT: Duration = Duration::from_secs(8);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Servers of strangers may be slower: the name, the connection and the handshake together.
const GUARDED_CONNECT_TIMEOUT: Duration = Duration::from_millis(DNS_MS + CONNECT_MS + TLS_MS);

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
    unpooled: OnceLock<Client>,
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
        Self { reach, client: OnceLock::new(), unpooled: OnceLock::new() }
    }

    #[cfg(test)]
    pub(crate) fn trusting(reach: Reach, more: &TrustAnchor<'static>) -> Self {
        let guarded = Self::new(reach);
        let client = build(|builder| guarded.guard(builder).tls_backend_preconfigured(tls(std::slice::from_ref(more))));
        Self { client: OnceLock::from(client), ..guarded }
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

    /// The type of a file that is there, without the file. None where there is none; an error where that cannot be told now.
    pub(crate) async fn kind(&self, url: &str) -> Result<Option<String>, String> {
        let Ok(url) = guard::check(url, self.reach) else { return Ok(None) };
        let response = match self.client().head(url).timeout(CONNECT_TIMEOUT).send().await {
            Ok(response) => response,
            // These stay so.
            Err(error)
                if matches!(
                    exchange(&error),
                    Exchange::BlockedAddress | Exchange::NoSuchName | Exchange::Certificate | Exchange::Malformed
                ) =>
            {
                let reason = describe(&error.without_url());
                tracing::warn!(reason, "A file is refused, for its place cannot be asked");
                return Ok(None);
            }
            Err(error) => return Err(describe(&error.without_url()).to_owned()),
        };
        match response.status().as_u16() {
            status @ (408 | 429 | 500..) => Err(format!("its server answers {status}")),
            200..300 => {
                let kind = response.headers().get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
                Ok(kind.map(str::to_owned))
            }
            // Who may not list a bucket is told 403 of what is not there.
            _ => Ok(None),
        }
    }

    pub(crate) const fn reach(&self) -> Reach {
        self.reach
    }

    pub(crate) fn client(&self) -> &Client {
        self.client.get_or_init(|| build(|builder| self.guard(builder)))
    }

    /// Connects anew for each request.
    pub(crate) fn unpooled(&self) -> &Client {
        self.unpooled.get_or_init(|| build(|builder| self.guard(builder).pool_max_idle_per_host(0)))
    }

    fn guard(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        let public_only = match self.reach {
            Reach::Public | Reach::PublicAnd(_) => true,
            Reach::Anywhere => false,
        };
        builder
            .http1_only()
            .http1_max_headers(ANSWER_HEADERS)
            .connect_timeout(GUARDED_CONNECT_TIMEOUT)
            .connector_layer(trip::Observe)
            .dns_resolver(Arc::new(Names { public_only }))
    }
}

/// For tools of ours: whoever runs them chose the address.
pub fn client() -> Client {
    build(|builder| builder)
}

pub(crate) fn build(adapt: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> Client {
    let builder = Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(Duration::from_secs(10))
        .tls_backend_preconfigured(TLS.clone());
    // Building fails for settings that contradict each other; ours are all here and tested.
    adapt(builder).build().unwrap_or_default()
}

/// Read once, for all clients.
static TLS: LazyLock<ClientConfig> = LazyLock::new(|| tls(&[]));

/// `more`: whom else to trust, in tests.
fn tls(more: &[TrustAnchor<'static>]) -> ClientConfig {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.iter().chain(more).cloned().collect() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    #[expect(clippy::expect_used, reason = "ring has both of rustls's default versions")]
    let builder = versions.expect("ring speaks TLS 1.2 and 1.3");
    builder.with_root_certificates(roots).with_no_client_auth()
}

/// Resolves once, and refuses all of a name's addresses when one of them is not public: a client that tries them in
/// turn would otherwise get there.
struct Names {
    public_only: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum LookupError {
    #[error("{REFUSAL}")]
    Refused,
    #[error("the name does not exist, or has no address")]
    NoSuchName,
    #[error("nobody could tell the name's address")]
    NoAnswer,
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let public_only = self.public_only;
        Box::pin(async move {
            let look = tokio::net::lookup_host((name.as_str(), 0));
            let found = tokio::time::timeout(Duration::from_millis(DNS_MS), look).await;
            trip::looked_up();
            let addresses: Vec<SocketAddr> = match found {
                Ok(Ok(found)) => found.collect(),
                Ok(Err(error)) => return Err(LookupError::of(&error).into()),
                Err(_) => return Err(LookupError::NoAnswer.into()),
            };
            if addresses.is_empty() {
                return Err(LookupError::NoSuchName.into());
            }
            if public_only && !addresses.iter().all(|address| guard::is_public(address.ip())) {
                return Err(LookupError::Refused.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

impl LookupError {
    /// The system has no code for it, only words: those of glibc, musl and macOS for `EAI_NONAME` and `EAI_NODATA`.
    fn of(error: &std::io::Error) -> Self {
        let text = error.to_string();
        let none =
            ["not known", "No address associated", "does not resolve", "Name has no usable address", "nodename nor"];
        if none.iter().any(|words| text.contains(words)) { Self::NoSuchName } else { Self::NoAnswer }
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

pub(crate) fn exchange(error: &reqwest::Error) -> Exchange {
    if error.is_builder() {
        return Exchange::OurFault;
    }
    for cause in causes(error) {
        if let Some(error) = cause.downcast_ref::<LookupError>() {
            return match error {
                LookupError::Refused => Exchange::BlockedAddress,
                LookupError::NoSuchName => Exchange::NoSuchName,
                LookupError::NoAnswer => Exchange::Unresolved,
            };
        }
        match cause.downcast_ref::<rustls::Error>() {
            Some(
                rustls::Error::InvalidCertificate(_)
                | rustls::Error::PeerIncompatible(_)
                | rustls::Error::NoCertificatesPresented
                | rustls::Error::AlertReceived(
                    AlertDescription::ProtocolVersion
                    | AlertDescription::HandshakeFailure
                    | AlertDescription::InsufficientSecurity,
                ),
            ) => return Exchange::Certificate,
            Some(rustls::Error::InvalidMessage(_)) => return Exchange::Malformed,
            Some(_) | None => {}
        }
        if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            return Exchange::Malformed;
        }
    }
    if error.is_timeout() { Exchange::TimedOut } else { Exchange::Disconnected }
}

/// For the bot's author: what happened, without the address.
fn describe(error: &reqwest::Error) -> &'static str {
    match exchange(error) {
        Exchange::BlockedAddress => REFUSAL,
        Exchange::TimedOut => "the server did not answer in time",
        Exchange::Certificate => "the server's certificate is not valid",
        Exchange::Unresolved | Exchange::NoSuchName => "the server's name could not be resolved",
        Exchange::Malformed => "the server's answer is no HTTP",
        Exchange::OurFault => "this is no request that can be sent",
        Exchange::Disconnected | Exchange::Unknown | Exchange::Answered { .. } => "the server could not be reached",
    }
}

/// The error and what is behind it. An I/O error does not count what it wraps among its sources.
fn causes(error: &reqwest::Error) -> Vec<&(dyn std::error::Error + 'static)> {
    let mut causes: Vec<&(dyn std::error::Error + 'static)> = vec![error];
    while let Some(last) = causes.last() {
        let wrapped = last.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let next = match wrapped {
            Some(wrapped) => wrapped as &(dyn std::error::Error + 'static),
            None => match last.source() {
                Some(source) => source,
                None => break,
            },
        };
        causes.push(next);
    }
    causes
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
        let resolved = Names { public_only: true }.resolve("localhost".parse().unwrap()).await;
        assert_eq!(resolved.err().map(|error| error.to_string()), Some(REFUSAL.to_owned()));
        // And by the client: `localhost` with a dot passes the text's check nowhere, so ask the client itself.
        let error = Guarded::new(Reach::Public).client().get("http://localhost:9/").send().await.unwrap_err();
        assert_eq!(exchange(&error.without_url()), Exchange::BlockedAddress);
    }

    #[test]
    fn names_that_do_not_exist_and_names_that_nobody_tells() {
        for (words, expected) in [
            ("failed to lookup address information: Name or service not known", LookupError::NoSuchName),
            ("failed to lookup address information: No address associated with hostname", LookupError::NoSuchName),
            ("failed to lookup address information: Name does not resolve", LookupError::NoSuchName),
            ("failed to lookup address information: Temporary failure in name resolution", LookupError::NoAnswer),
            ("failed to lookup address information: Try again", LookupError::NoAnswer),
            ("failed to lookup address information: System error", LookupError::NoAnswer),
        ] {
            assert_eq!(LookupError::of(&std::io::Error::other(words)), expected, "{words}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let secret = server("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret".to_owned()).await;
        let redirect = format!("HTTP/1.1 302 Found\r\nlocation: {secret}\r\ncontent-length: 0\r\n\r\n");
        let guarded = Guarded::new(Reach::Anywhere);
        let url = server(redirect).await;
        let answer = guarded.ask(get(&url, 1000)).await.unwrap();
        assert_eq!((answer.status, answer.body.len()), (302, 0));
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
        assert_eq!(message(&Guarded::new(Reach::Public), get("http://127.0.0.1/", 10)).await, REFUSAL);
    }
}
