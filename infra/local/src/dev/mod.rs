//! `closer dev`: the stack, the bots of a folder, and a page to chat with them.

pub mod access;
mod banner;
mod channels;
mod curls;
mod server;
mod watch;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use delivery::Secret;
use sha2::{Digest as _, Sha256};
use shell::config::{Hosts, UploadsConfig};
use shell::guard::Reach;
use shell::mail::MailConfig;
use shell::web::{self, Witness};
use tokio::net::TcpListener;

use crate::feed::{Feed, KEPT};
use crate::sockets::{Lifetimes, Sockets};
use crate::stack::{Options, Stack};
use crate::{services, sockets, stand_in};

pub use channels::{Bots, Connected, complete};
pub use curls::stand_in_settings;

#[derive(Clone, Debug, clap::Args)]
pub struct Dev {
    /// Where to keep sessions, queues and deliveries between runs
    #[arg(long, value_name = "DIR", default_value = "./.closer", conflicts_with = "memory")]
    pub data: PathBuf,
    /// Keep everything in memory: each run starts empty
    #[arg(long)]
    pub memory: bool,
    /// The folder with the bots (CLOSER exports, *.json)
    #[arg(long, value_name = "DIR", default_value = "bots")]
    pub bots: PathBuf,
    /// The port of page and webhooks, on loopback
    #[arg(long, default_value_t = 3000)]
    pub port: u16,
    /// Where this machine is reached from outside, as with a tunnel: printed addresses and media links start with it
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Talk to the real messengers on channels that have credentials
    #[arg(long)]
    pub live: bool,
    /// Let webhooks and HTTP nodes reach private and loopback addresses
    #[arg(long)]
    pub allow_private: bool,
    /// Leave the workers unconnected: tests hand out the messages themselves
    #[arg(skip)]
    pub idle: bool,
    /// How many entries the page's feed remembers
    #[arg(skip = KEPT)]
    pub kept: usize,
    /// Of the sockets of web chat
    #[arg(skip)]
    pub lifetimes: Lifetimes,
    /// Stops the function of web chat where a test wants it
    #[arg(skip)]
    pub web_witness: Witness<web::Point>,
}

impl Dev {
    /// In memory, on any free port: for tests and benchmarks.
    pub fn for_tests(bots: impl Into<PathBuf>) -> Self {
        Self {
            data: PathBuf::new(),
            memory: true,
            bots: bots.into(),
            port: 0,
            public_url: None,
            live: false,
            allow_private: false,
            idle: false,
            kept: KEPT,
            lifetimes: Lifetimes::default(),
            web_witness: Witness::default(),
        }
    }
}

/// A running `closer dev`, for tests too.
#[derive(Debug)]
pub struct Running {
    pub address: SocketAddr,
    pub feed: Feed,
    pub stack: Arc<Stack>,
    pub bots: Bots,
    pub sockets: Sockets,
    /// Of the management API, with every right.
    pub key: String,
    announced: Option<access::Announced>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
    watcher: tokio::task::JoinHandle<()>,
    stop: tokio::sync::watch::Sender<bool>,
}

/// Runs until Ctrl-C or SIGTERM.
pub async fn run(dev: Dev) -> anyhow::Result<()> {
    let running = start(&dev).await?;
    banner::print(&dev, &running);
    stop_signal().await;
    banner::stopping();
    running.stop().await;
    Ok(())
}

pub async fn start(dev: &Dev) -> anyhow::Result<Running> {
    let listener = TcpListener::bind(("127.0.0.1", dev.port))
        .await
        .with_context(|| format!("port {} is taken; --port chooses another", dev.port))?;
    let address = listener.local_addr()?;
    let base = format!("http://{address}");
    let public_url = dev.public_url.as_deref().unwrap_or(&base).trim_end_matches('/').to_owned();
    let hosts = if dev.live { Hosts::default() } else { Hosts::new(|host| stand_in::place(host.variable, &base)) };

    let mut stack = Stack::start(Options {
        data: (!dev.memory).then(|| dev.data.clone()),
        ports: services::ANY_PORTS,
        public_url: public_url.clone(),
        reach: if dev.allow_private { Reach::Anywhere } else { Reach::PublicAnd(address) },
        hosts,
        mail: MailConfig {
            from: Some(stand_in::mail::FROM.to_owned()),
            endpoint: Some(format!("{base}/stand-in/mail")),
        },
        sockets_url: format!("{base}/{}", sockets::STAGE),
        uploads: Some(UploadsConfig {
            bucket: stand_in::uploads::BUCKET.to_owned(),
            url: Some(format!("{public_url}{}", stand_in::uploads::PATH)),
        }),
        ..Options::default()
    })
    .await?;
    let data = (!dev.memory).then_some(dev.data.as_path());
    let key = access::key(&stack.keys, data).await?;
    let announced = data.map(|data| {
        let running = access::Running {
            url: base.clone(),
            dynamodb: format!("http://{}", stack.services.dynamodb),
            keys_table: stack.services.tables.keys.clone(),
        };
        access::announce(&running, data)
    });
    let announced = announced.transpose()?;
    let secret = receiver_secret()?;
    let bots = Bots::new(channels::load(dev, &stack, &base, &public_url, &secret).await?);
    if !dev.idle {
        stack.run_workers();
    }

    let stack = Arc::new(stack);
    let feed = Feed::keeping(dev.kept);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let (router, sockets) =
        server::router(dev, Arc::clone(&stack), feed.clone(), bots.clone(), &key, secret.clone(), stopped.clone());
    let mut closing = stopped.clone();
    let server = tokio::spawn(async move {
        let shutdown = async move {
            let _ = closing.wait_for(|stopped| *stopped).await;
        };
        axum::serve(listener, router).with_graceful_shutdown(shutdown).await
    });
    let watcher = tokio::spawn(watch::run(dev.clone(), Arc::clone(&stack), bots.clone(), base, public_url, secret));
    Ok(Running { address, feed, stack, bots, sockets, key, announced, server, watcher, stop })
}

impl Running {
    pub async fn stop(self) {
        drop(self.announced);
        self.watcher.abort();
        let _ = self.watcher.await;
        self.stop.send_replace(true);
        let _ = tokio::time::timeout(std::time::Duration::from_secs(3), self.server).await;
        // The server's handlers held the others.
        if let Ok(stack) = Arc::try_unwrap(self.stack) {
            stack.stop().await;
        }
    }
}

/// Of the built-in receiver. It guards nothing that is not on this machine already.
pub(crate) fn receiver_secret() -> anyhow::Result<Secret> {
    Ok(Secret::from_bytes(&Sha256::digest(b"the receiver of closer dev"))?)
}

pub(crate) async fn stop_signal() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(terminate) => terminate,
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be heard");
            let _ = tokio::signal::ctrl_c().await;
            return;
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
