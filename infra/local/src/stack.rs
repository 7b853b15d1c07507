//! The functions and what connects them, in one process: adapters behind [`crate::gateway`], the conversation and the
//! delivery worker behind their queues, the minute's sweep.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use admin::Admin;
use model::PlatformType;
use shell::adapter::Adapter;
use shell::config::{
    AdapterConfig, AdminConfig, ConversationConfig, DeliveryConfig, Hosts, OperatorConfig, UploadsConfig, WebConfig,
};
use shell::conversation::{self, Conversation, Witness};
use shell::deliver::{Deliver, Invocation};
use shell::guard::Reach;
use shell::mail::MailConfig;
use shell::web::WebChat;
use store::{Bots, Deliveries, Keys, Sessions, Timers, Webhooks};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::services::{self, Ports, Services};
use crate::{expiry, mapping};

#[derive(Clone, Debug)]
pub struct Options {
    /// `None`: in memory.
    pub data: Option<PathBuf>,
    pub ports: Ports,
    pub public_url: String,
    pub reach: Reach,
    pub hosts: Hosts,
    pub mail: MailConfig,
    /// Where frames are posted to the sockets of web chat.
    pub sockets_url: String,
    pub uploads: Option<UploadsConfig>,
    pub operator: Option<OperatorConfig>,
    pub bot_cache_ms: i64,
    pub visibility_seconds: u32,
    /// Batches of a queue under way at once.
    pub pollers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: None,
            ports: services::ANY_PORTS,
            public_url: "http://127.0.0.1:3000".to_owned(),
            reach: Reach::Public,
            hosts: Hosts::default(),
            mail: MailConfig::default(),
            sockets_url: format!("http://127.0.0.1:3000/{}", crate::sockets::STAGE),
            uploads: None,
            operator: None,
            bot_cache_ms: 1000,
            // A turn thinks 25 seconds at most.
            visibility_seconds: 30,
            pollers: 8,
        }
    }
}

#[derive(Debug)]
pub struct Stack {
    pub services: Services,
    pub adapters: BTreeMap<PlatformType, Arc<Adapter>>,
    pub admin: Arc<Admin>,
    pub keys: Keys,
    pub bots: Bots,
    pub sessions: Sessions,
    pub webhooks: Webhooks,
    pub deliveries: Deliveries,
    options: Options,
    workers: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

impl Stack {
    /// Services and adapters; no worker runs yet.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let services = services::start(options.data.as_deref(), options.ports, options.visibility_seconds).await?;
        let (dynamodb, tables) = (&services.aws.dynamodb, &services.tables);
        let config = AdapterConfig {
            bots_table: tables.bots.clone(),
            sessions_table: Some(tables.sessions.clone()),
            inbound_queue: services.queues.inbound.clone(),
            public_url: options.public_url.clone(),
            bot_cache_ms: options.bot_cache_ms,
            hosts: options.hosts.clone(),
        };
        let adapters = platforms::PLATFORMS
            .iter()
            .filter(|platform| platform.kind != PlatformType::Web)
            .map(|platform| {
                (platform.kind, Arc::new(Adapter::new(platform, &services.aws_of(platform.kind.as_str()), &config)))
            })
            .collect();
        let config = AdminConfig {
            tables: tables.clone(),
            inbound_queue: services.queues.inbound.clone(),
            events_queue: services.queues.events.clone(),
            retry_queue: services.queues.retries.clone(),
            public_url: options.public_url.clone(),
        };
        Ok(Self {
            adapters,
            admin: Arc::new(Admin::new(&services.aws_of("admin"), &config, options.reach)),
            keys: Keys::new(dynamodb.clone(), &tables.keys),
            bots: Bots::new(dynamodb.clone(), &tables.bots),
            sessions: Sessions::new(dynamodb.clone(), &tables.sessions),
            webhooks: Webhooks::new(dynamodb.clone(), &tables.webhooks),
            deliveries: Deliveries::new(dynamodb.clone(), &tables.deliveries),
            options,
            workers: Vec::new(),
            stop: watch::channel(false).0,
            services,
        })
    }

    /// A conversation worker on this stack.
    pub fn conversation(&self) -> Conversation {
        let config = ConversationConfig {
            tables: self.services.tables.clone(),
            inbound_queue: self.services.queues.inbound.clone(),
            events_queue: self.services.queues.events.clone(),
            web_callback_url: Some(self.options.sockets_url.clone()),
            public_url: self.options.public_url.clone(),
            bot_cache_ms: self.options.bot_cache_ms,
            hosts: self.options.hosts.clone(),
            mail: self.options.mail.clone(),
        };
        Conversation::new(&self.services.aws_of("conversation"), &config, self.options.reach)
            .with_witness(Witness::default())
    }

    /// The function of web chat on this stack.
    pub fn web(&self) -> WebChat {
        // `http` becomes `ws`, `https` `wss`; behind a tunnel browsers come by the tunnel.
        let socket_url = format!("{}/{}", self.options.public_url, crate::sockets::STAGE).replacen("http", "ws", 1);
        let config = WebConfig {
            tables: self.services.tables.clone(),
            inbound_queue: self.services.queues.inbound.clone(),
            public_url: self.options.public_url.clone(),
            bot_cache_ms: self.options.bot_cache_ms,
            socket_url,
            callback_url: self.options.sockets_url.clone(),
            uploads: self.options.uploads.clone(),
        };
        WebChat::new(&self.services.aws_of("web"), &config, self.options.reach)
    }

    /// A delivery worker on this stack.
    pub fn deliver(&self) -> Deliver {
        let config = DeliveryConfig {
            tables: self.services.tables.clone(),
            events_queue: self.services.queues.events.clone(),
            retry_queue: self.services.queues.retries.clone(),
            operator: self.options.operator.clone(),
        };
        Deliver::new(&self.services.aws_of("delivery"), &config, self.options.reach)
    }

    /// Connects the workers to their queues.
    pub fn run_workers(&mut self) {
        let (client, queues) = (self.services.aws.sqs.clone(), self.services.queues.clone());
        let (pollers, stopped) = (self.options.pollers, self.stop.subscribe());

        let meter = &self.services.meter;
        let conversation = Arc::new(self.conversation());
        let called = meter.clone();
        let timers = Timers::new(self.services.aws.dynamodb.clone(), &self.services.tables.sessions);
        self.workers.push(tokio::spawn(expiry::run(timers, Arc::clone(&conversation), stopped.clone())));
        self.workers.push(tokio::spawn(mapping::run(
            client.clone(),
            queues.inbound,
            pollers,
            stopped.clone(),
            move |event| {
                let conversation = Arc::clone(&conversation);
                called.invoked("conversation");
                async move { conversation.handle(conversation::Invocation::Messages(event)).await }
            },
        )));

        let deliver = Arc::new(self.deliver());
        for (queue, pollers, wrap) in [
            (queues.events, pollers, Invocation::Events as fn(_) -> _),
            (queues.retries, 1, Invocation::Retries as fn(_) -> _),
        ] {
            let deliver = Arc::clone(&deliver);
            let called = meter.clone();
            self.workers.push(tokio::spawn(mapping::run(
                client.clone(),
                queue,
                pollers,
                stopped.clone(),
                move |event| {
                    let deliver = Arc::clone(&deliver);
                    called.invoked("delivery");
                    async move { deliver.handle(wrap(event)).await }
                },
            )));
        }

        let mut stopped = stopped;
        self.workers.push(tokio::spawn(async move {
            let mut minute = tokio::time::interval(Duration::from_secs(60));
            loop {
                tokio::select! {
                    _ = minute.tick() => {}
                    _ = stopped.wait_for(|stopped| *stopped) => break,
                }
                deliver.handle(Invocation::Sweep).await;
            }
        }));
    }

    /// Ends cleanly: what was received is handled, then the services close.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for worker in self.workers {
            let _ = tokio::time::timeout(Duration::from_secs(30), worker).await;
        }
        self.services.stop().await;
    }
}
