//! How the SDK's requests travel: over the client that calls the messengers too. The SDK's own one brings HTTP/2, which
//! neither DynamoDB nor SQS speaks, and a second pool.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use reqwest::{Body, Client, Request};

use crate::outgoing::build;

/// As long as the SDK keeps its own. A worker that nobody wrote to for half a minute should not shake hands again.
const IDLE: Duration = Duration::from_secs(90);

/// One pool of connections for all clients of a process. Its time for a connection is ours, not the SDK's settings'.
pub fn http_client() -> SharedHttpClient {
    SharedHttpClient::new(Pools::default())
}

#[derive(Clone, Debug, Default)]
struct Pools(Arc<Mutex<Pool>>);

/// Made at the first request: a cold start should not pay for TLS before it has to.
#[derive(Debug, Default)]
struct Pool {
    number: u64,
    client: Option<Client>,
}

impl Pools {
    fn pool(&self) -> (u64, Client) {
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || build(|builder| builder.http1_only().pool_idle_timeout(IDLE));
        let client = pool.client.get_or_insert_with(make).clone();
        (pool.number, client)
    }

    /// The server behind a connection of it may be unwell, or gone: the next try, and whoever comes next, takes a new one.
    fn leave(&self, number: u64) {
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.number == number {
            *pool = Pool { number: number + 1, client: None };
        }
    }
}

impl HttpClient for Pools {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector { pools: self.clone(), read: settings.read_timeout() })
    }
}

#[derive(Debug)]
struct Connector {
    pools: Pools,
    /// From the request to the first byte of its answer.
    read: Option<Duration>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (pools, read) = (self.pools.clone(), self.read);
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let request =
                Request::try_from(request.map(Body::wrap)).map_err(|error| ConnectorError::user(error.into()))?;
            let (number, client) = pools.pool();
            let answer = async { client.execute(request).await.map_err(failure) };
            let answer = match read {
                Some(limit) => {
                    let late = tokio::time::timeout(limit, answer).await;
                    late.unwrap_or_else(|late| Err(ConnectorError::timeout(late.into())))
                }
                None => answer.await,
            };
            if answer.as_ref().map_or(true, |answer| answer.status().is_server_error()) {
                pools.leave(number);
            }
            let answer = http::Response::<Body>::from(answer?).map(SdkBody::from_body_1_x);
            HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// What the SDK makes of it: a request that is none is not tried again, all else is.
fn failure(error: reqwest::Error) -> ConnectorError {
    // Its address has what was asked for.
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::config::timeout::TimeoutConfig;
    use aws_sdk_sqs::config::{BehaviorVersion, Config, Credentials, Region};
    use aws_sdk_sqs::error::SdkError;
    use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

    use super::*;
    use crate::aws::retries;

    /// What a service does with one request.
    #[derive(Clone, Copy)]
    enum Act {
        Answer(u16),
        HangUp,
        Hang,
    }
    use Act::{Answer, Hang, HangUp};

    /// Acts in turn, one request each, and tells which of its connections each came by.
    async fn service(acts: Vec<Act>) -> (String, UnboundedReceiver<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, told) = unbounded_channel();
        let acts = Arc::new(std::sync::Mutex::new(acts.into_iter()));
        tokio::spawn(async move {
            for connection in 1.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (acts, tell) = (Arc::clone(&acts), tell.clone());
                tokio::spawn(serve(stream, connection, move || acts.lock().unwrap().next(), tell));
            }
        });
        (url, told)
    }

    async fn serve(stream: TcpStream, connection: usize, next: impl Fn() -> Option<Act>, tell: UnboundedSender<usize>) {
        let mut stream = BufReader::new(stream);
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                    return;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
            }
            stream.read_exact(&mut vec![0; length]).await.unwrap();
            let _ = tell.send(connection);
            match next() {
                Some(Answer(status)) => {
                    let answer = format!(
                        "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{{}}"
                    );
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
                Some(HangUp) | None => return,
                Some(Hang) => std::future::pending().await,
            }
        }
    }

    fn sqs(url: &str) -> aws_sdk_sqs::Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("ap-northeast-2"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .retry_config(retries().with_initial_backoff(Duration::from_millis(1)))
            .timeout_config(TimeoutConfig::builder().read_timeout(Duration::from_millis(200)).build())
            .http_client(http_client())
            .endpoint_url(url);
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    /// What the service does, how many requests are made of it, and by which connections they come.
    #[tokio::test]
    async fn requests_share_a_connection_that_is_well() {
        let cases: [(Vec<Act>, usize, &[usize]); 7] = [
            (vec![Answer(200), Answer(200), Answer(200)], 3, &[1, 1, 1]),
            // Nor does anybody come back to a server that is unwell.
            (vec![Answer(200), Answer(503), Answer(200), Answer(200)], 3, &[1, 1, 2, 2]),
            (vec![Answer(500), Answer(200)], 1, &[1, 2]),
            (vec![Answer(503), Answer(500), Answer(200)], 1, &[1, 2, 3]),
            (vec![HangUp, Answer(200)], 1, &[1, 2]),
            (vec![Hang, Answer(200)], 1, &[1, 2]),
            // Not tried again; the connection serves the next one.
            (vec![Answer(400), Answer(200)], 2, &[1, 1]),
        ];
        for (acts, requests, connections) in cases {
            let refused = acts.iter().any(|act| matches!(act, Answer(400)));
            let (url, mut told) = service(acts).await;
            let client = sqs(&url);
            let mut failures = 0;
            for _ in 0..requests {
                failures += usize::from(client.list_queues().send().await.is_err());
            }
            assert_eq!(failures, usize::from(refused), "{connections:?}");
            let mut came_by = Vec::new();
            while let Ok(connection) = told.try_recv() {
                came_by.push(connection);
            }
            assert_eq!(came_by, connections);
        }
    }

    #[tokio::test]
    async fn failures_are_told_as_the_sdk_tells_them() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nobody = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let refused = sqs(&nobody).list_queues().send().await.unwrap_err();
        assert!(matches!(&refused, SdkError::DispatchFailure(failure) if failure.is_io()), "{refused:?}");

        let (url, _told) = service(vec![Hang, Hang, Hang]).await;
        let late = sqs(&url).list_queues().send().await.unwrap_err();
        assert!(matches!(&late, SdkError::DispatchFailure(failure) if failure.is_timeout()), "{late:?}");
    }
}
