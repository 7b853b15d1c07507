//! The embedded DynamoDB and SQS, each on a loopback port of its own, and clients for them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_sqs::types::QueueAttributeName;
use dynoxide::Database;
use serde_json::json;
use shell::aws::Aws;
use sqs::Sqs;
use store::Tables;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::meter::{Meter, TOOLS};
use crate::untoken::Untoken;

pub const REGION: &str = "ap-northeast-2";
/// What is signed with, key and secret. Sockets and uploads check it; the embedded DynamoDB and SQS do not.
pub const ACCESS_KEY: &str = "local";

#[derive(Debug)]
pub struct Services {
    pub dynamodb: SocketAddr,
    pub sqs: SocketAddr,
    pub aws: Aws,
    pub tables: Tables,
    pub queues: Queues,
    embedded_sqs: Sqs,
    pub meter: Meter,
    servers: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

/// URLs of the queues.
#[derive(Clone, Debug)]
pub struct Queues {
    pub inbound: String,
    pub events: String,
    pub retries: String,
}

#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub dynamodb: u16,
    pub sqs: u16,
}

/// Any that are free.
pub const ANY_PORTS: Ports = Ports { dynamodb: 0, sqs: 0 };

/// Starts both, with their tables and queues. `data`: where they keep what they are given; `None` is memory.
pub async fn start(data: Option<&Path>, ports: Ports, visibility_seconds: u32) -> anyhow::Result<Services> {
    if let Some(data) = data {
        std::fs::create_dir_all(data).with_context(|| format!("making the folder {}", data.display()))?;
    }
    let (stop, stopped) = watch::channel(false);
    let wait = |mut stopped: watch::Receiver<bool>| async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };

    let database = match data {
        Some(data) => {
            let path = data.join("dynamodb.sqlite");
            Database::new(&path.display().to_string())
                .map_err(|error| anyhow!("opening {}: {error}", path.display()))?
        }
        None => Database::memory().map_err(|error| anyhow!("opening a database in memory: {error}"))?,
    };
    let listener = listen(ports.dynamodb).await?;
    let dynamodb = listener.local_addr()?;
    let shutdown = wait(stopped.clone());
    let mut servers = vec![tokio::spawn(async move {
        if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, shutdown).await {
            tracing::error!(%error, "The embedded DynamoDB ended");
        }
    })];

    let path = data.map(|data| data.join("sqs.sqlite"));
    let queues = Sqs::open(path.as_deref()).context("opening the queues")?.with_region(REGION);
    let listener = listen(ports.sqs).await?;
    let sqs_address = listener.local_addr()?;
    let (embedded_sqs, shutdown) = (queues.clone(), wait(stopped));
    servers.push(tokio::spawn(async move {
        if let Err(error) = sqs::serve(listener, queues, shutdown).await {
            tracing::error!(%error, "The embedded SQS ended");
        }
    }));

    let meter = Meter::default();
    let aws = clients(dynamodb, sqs_address, &meter, TOOLS);
    let tables = Tables::with_prefix("closer-");
    store::schema::create(&aws.dynamodb, &tables).await.context("making the tables")?;
    let queues = create_queues(&aws.sqs, visibility_seconds).await.context("making the queues")?;
    Ok(Services { dynamodb, sqs: sqs_address, aws, tables, queues, embedded_sqs, meter, servers, stop })
}

impl Services {
    /// How many requests each action of DynamoDB and SQS was asked, by name.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        let mut requests: BTreeMap<String, u64> =
            self.embedded_sqs.counts().into_iter().map(|(action, count)| (format!("SQS {action}"), count)).collect();
        for (asked, amount) in self.meter.counts() {
            if asked.service == "DynamoDB" {
                *requests.entry(format!("DynamoDB {}", asked.action)).or_default() += amount.requests;
            }
        }
        requests
    }

    /// Clients whose requests are counted as the function's.
    pub fn aws_of(&self, function: &'static str) -> Aws {
        clients(self.dynamodb, self.sqs, &self.meter, function)
    }

    /// Ends both, after the requests that are under way.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for server in self.servers {
            let _ = tokio::time::timeout(std::time::Duration::from_secs(3), server).await;
        }
    }
}

async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await.with_context(|| format!("listening on port {port}"))
}

/// A client of the embedded DynamoDB of a stack that runs in another process.
pub fn dynamodb_at(url: &str) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&common().to_builder().endpoint_url(url).build())
}

/// What all clients of the embedded services have in common.
fn common() -> SdkConfig {
    let credentials = SharedCredentialsProvider::new(Credentials::new(ACCESS_KEY, ACCESS_KEY, None, None, "local"));
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(credentials)
        .sleep_impl(aws_sdk_sqs::config::SharedAsyncSleep::new(Sleep))
        .http_client(shell::aws::http_client())
        .retry_config(shell::aws::retries())
        .build()
}

/// Clients of the embedded services, as a function's come from the environment.
fn clients(dynamodb: SocketAddr, sqs: SocketAddr, meter: &Meter, by: &'static str) -> Aws {
    let common = common();
    let at = |address: SocketAddr| common.to_builder().endpoint_url(format!("http://{address}")).build();
    let dynamodb = aws_sdk_dynamodb::config::Builder::from(&at(dynamodb))
        .interceptor(Untoken)
        .interceptor(meter.interceptor(by, "DynamoDB"));
    let sqs = aws_sdk_sqs::config::Builder::from(&at(sqs)).interceptor(meter.interceptor(by, "SQS"));
    Aws {
        dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
        sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
        account: common
            .credentials_provider()
            .map(|credentials| shell::mail::Account { region: REGION.to_owned(), credentials }),
    }
}

#[derive(Debug)]
struct Sleep;

impl aws_sdk_sqs::config::AsyncSleep for Sleep {
    fn sleep(&self, duration: std::time::Duration) -> aws_sdk_sqs::config::Sleep {
        aws_sdk_sqs::config::Sleep::new(tokio::time::sleep(duration))
    }
}

/// What waits for a messenger or a table that is down is handed out every half minute: an outage of some hours must not
/// make dead letters of it.
const MAX_RECEIVES: &str = "1000";

/// The queues between the functions, each with its dead-letter queue.
async fn create_queues(client: &aws_sdk_sqs::Client, visibility_seconds: u32) -> anyhow::Result<Queues> {
    let make = |name: &'static str, fifo: bool| async move {
        let suffix = if fifo { ".fifo" } else { "" };
        let dead = create(client, &format!("closer-{name}-dead{suffix}"), fifo, visibility_seconds, None).await?;
        let target = client.get_queue_attributes().queue_url(dead).attribute_names(QueueAttributeName::QueueArn);
        let output = target.send().await?;
        let arn = output.attributes().and_then(|attributes| attributes.get(&QueueAttributeName::QueueArn)).cloned();
        create(client, &format!("closer-{name}{suffix}"), fifo, visibility_seconds, arn).await
    };
    Ok(Queues {
        inbound: make("inbound", true).await?,
        events: make("events", true).await?,
        retries: make("retries", false).await?,
    })
}

async fn create(
    client: &aws_sdk_sqs::Client,
    name: &str,
    fifo: bool,
    visibility_seconds: u32,
    dead_letters: Option<String>,
) -> anyhow::Result<String> {
    let mut request = client.create_queue().queue_name(name);
    if fifo {
        request = request.attributes(QueueAttributeName::FifoQueue, "true");
    }
    let output = request.send().await?;
    let url = output.queue_url().context("a queue without a URL")?.to_owned();
    // Set apart, so that a stack that was made with other settings takes over the new ones.
    let mut request = client
        .set_queue_attributes()
        .queue_url(&url)
        .attributes(QueueAttributeName::VisibilityTimeout, visibility_seconds.to_string());
    if let Some(arn) = dead_letters {
        let policy = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVES }).to_string();
        request = request.attributes(QueueAttributeName::RedrivePolicy, policy);
    }
    request.send().await?;
    Ok(url)
}

/// `closer services`: both of them, with tables, queues and bots, the messengers' stand-ins, and what to export so that
/// functions find them.
#[expect(clippy::print_stdout, reason = "it is a command's output")]
pub async fn run(data: Option<&Path>, ports: Ports, bots: &Path) -> anyhow::Result<()> {
    let services = start(data, ports, 30).await?;
    let store = store::Bots::new(services.aws.dynamodb.clone(), &services.tables.bots);
    let webhooks = store::Webhooks::new(services.aws.dynamodb.clone(), &services.tables.webhooks);
    for mut file in crate::bots::read_folder(bots)? {
        crate::dev::complete(&mut file.json);
        let stored = store::StoredBot::new(shell::clock::now().0, file.json);
        store.save(&file.id, &stored).await?;
        for webhook in &file.webhooks {
            webhooks.save(webhook).await?;
        }
        println!("# {}  {}  {}", file.id, file.title, file.path.display());
    }
    let listener = listen(0).await?;
    let base = format!("http://{}", listener.local_addr()?);
    let stand_ins =
        crate::stand_in::router(&crate::feed::Feed::keeping(crate::feed::KEPT), crate::dev::receiver_secret()?);
    let server = tokio::spawn(axum::serve(listener, stand_ins).into_future());
    for host in platforms::PLATFORMS.iter().flat_map(|platform| platform.hosts) {
        if let Some(place) = crate::stand_in::place(host.variable, &base) {
            println!("export {}={place}", host.variable);
        }
    }
    let (tables, queues) = (&services.tables, &services.queues);
    for (name, value) in [
        ("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{}", services.dynamodb)),
        ("AWS_ENDPOINT_URL_SQS", format!("http://{}", services.sqs)),
        ("AWS_ENDPOINT_URL_SESV2", format!("{base}/stand-in/mail")),
        ("MAIL_FROM", crate::stand_in::mail::FROM.to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", ACCESS_KEY.to_owned()),
        ("SESSIONS_TABLE", tables.sessions.clone()),
        ("BOTS_TABLE", tables.bots.clone()),
        ("WEBHOOKS_TABLE", tables.webhooks.clone()),
        ("DELIVERIES_TABLE", tables.deliveries.clone()),
        ("WEB_TABLE", tables.web.clone()),
        ("KEYS_TABLE", tables.keys.clone()),
        ("MESSAGES_TABLE", tables.messages.clone()),
        ("INBOUND_QUEUE_URL", queues.inbound.clone()),
        ("EVENTS_QUEUE_URL", queues.events.clone()),
        ("RETRY_QUEUE_URL", queues.retries.clone()),
        ("PUBLIC_URL", "http://127.0.0.1:9000".to_owned()),
    ] {
        println!("export {name}={value}");
    }
    println!("# DynamoDB, SQS and the messengers' stand-ins run until Ctrl-C.");
    crate::dev::stop_signal().await;
    server.abort();
    services.stop().await;
    Ok(())
}
