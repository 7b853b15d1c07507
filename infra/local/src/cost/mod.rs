//! `closer cost`: holds a script's conversation on LINE with the real functions on the embedded services, counts at the
//! wire what they ask AWS for, and prints what that costs.

#![expect(clippy::print_stdout, reason = "it is a command's output")]

mod bill;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail};
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac as _;
use model::{BotId, EpochMillis, PlatformType};
use serde_json::{Value, json};
use shell::conversation::{Conversation, Invocation};
use shell::deliver::{self, Deliver};
use shell::telemetry::Flat;
use shell::{clock, records::BatchResponse};
use tracing::Instrument as _;
use tracing_subscriber::fmt::format::JsonFields;

pub use bill::{Bill, Line, Measured, Prices, bill, grouped};

use crate::dev::{self, Dev, Running};
use crate::feed::{Feed, Kind};
use crate::meter::{self, Counts, Invocations, Meter};
use crate::{gateway, mapping};

#[derive(Clone, Debug, clap::Args)]
pub struct Cost {
    /// The script whose conversation is held; what its customer says as text is said
    #[arg(long, value_name = "FILE", default_value = "bots/hello.script.json")]
    script: PathBuf,
    /// Turns of a month
    #[arg(long, default_value_t = 1_000_000)]
    turns: u64,
    /// How many webhooks the bot has
    #[arg(long, default_value_t = 1)]
    webhooks: usize,
    /// Customers whose conversations are measured, after one who warms up the functions
    #[arg(long, default_value_t = 5)]
    customers: u64,
    /// Prices of another region, in the form of infra/prices.json
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
}

/// The prices that come with the program.
pub fn prices() -> anyhow::Result<Prices> {
    serde_json::from_str(include_str!("../../../prices.json")).context("infra/prices.json")
}

pub async fn run(cost: &Cost) -> anyhow::Result<()> {
    let prices = match &cost.prices {
        None => prices()?,
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            serde_json::from_str(&text).with_context(|| format!("{} is no table of prices", path.display()))?
        }
    };
    let measured = measure(cost).await?;
    println!(
        "{} on LINE with {} webhooks: {} turns of {} customers\n",
        cost.script.display(),
        cost.webhooks,
        measured.turns,
        measured.customers
    );
    println!("{}", requests(&measured.counts, measured.turns));
    let Prices { region, as_of, sources, .. } = &prices;
    println!(
        "Prices of {region} as of {as_of}, without the free tier ({}, …)\n",
        sources.first().map_or("", String::as_str)
    );
    print!("{}", bill(&measured, &prices, cost.turns).print());
    Ok(())
}

/// For a stack that runs: what it was asked for so far.
pub fn live(meter: &Meter, feed: &Feed) -> anyhow::Result<String> {
    let (counts, invocations) = (meter.counts(), meter.invocations());
    let asked = |by: &str, action: &str, of: &str| {
        let mut amounts =
            counts.iter().filter(|(asked, _)| asked.by == by && asked.action == action && asked.of.ends_with(of));
        amounts.next().map_or(0, |(_, amount)| amount.requests)
    };
    // A turn reads its session once, a DELIVERY its webhook.
    let (turns, deliveries) =
        (asked("conversation", "GetItem", "-sessions"), asked("delivery", "GetItem", "-webhooks"));
    // The feed forgets.
    let bytes = |kind, calls: u64| {
        let (mut shown, mut bytes) = (0, 0);
        feed.each(|entry| {
            if entry.kind == kind {
                shown += 1;
                bytes += entry.body.to_string().len() as u64;
            }
        });
        bytes * calls / u64::max(shown, 1)
    };
    let measured = Measured {
        turns,
        customers: asked("conversation", "UpdateItem", "-sessions"),
        invocations,
        messenger_calls: turns,
        messenger_bytes: bytes(Kind::Platform, turns),
        webhook_calls: deliveries,
        webhook_bytes: bytes(Kind::Delivery, deliveries),
        log_bytes: 0,
        counts,
    };
    let prices = prices()?;
    let bill = bill(&measured, &prices, 1_000_000);
    Ok(format!(
        "{turns} turns so far; `closer cost` measures a script, its log included.\n\n{}\nPrices of {} as of {}\n\n{}",
        requests(&measured.counts, turns),
        prices.region,
        prices.as_of,
        bill.print()
    ))
}

fn called_since(before: &Invocations, after: &Invocations) -> Invocations {
    after.iter().map(|(name, count)| (*name, count - before.get(name).copied().unwrap_or_default())).collect()
}

/// What each function asks for in a turn.
pub fn requests(counts: &Counts, turns: u64) -> String {
    let turns = turns.max(1) as f64;
    let mut text = format!(
        "  {:<14} {:<9} {:<18} {:<22} {:>8} {:>8} {:>8} {:>9}\n",
        "function", "", "", "", "requests", "reads", "writes", "bytes"
    );
    for (asked, amount) in counts.iter().filter(|(asked, _)| asked.by != meter::TOOLS) {
        text += &format!(
            "  {:<14} {:<9} {:<18} {:<22} {:>8.2} {:>8.2} {:>8.2} {:>9.0}\n",
            asked.by,
            asked.service,
            asked.action,
            asked.of,
            amount.requests as f64 / turns,
            amount.read_units / turns,
            amount.write_units / turns,
            (amount.sent_bytes + amount.received_bytes) as f64 / turns
        );
    }
    text
}

async fn measure(cost: &Cost) -> anyhow::Result<Measured> {
    let log_bytes = count_log();
    let name = cost.script.display();
    let text = std::fs::read_to_string(&cost.script).with_context(|| format!("reading {name}"))?;
    let script: Value = serde_json::from_str(&text).with_context(|| format!("{name} is no script"))?;
    let bot = script["bot"].as_str().with_context(|| format!("{name} names no bot"))?;
    let bot = cost.script.with_file_name("").join(bot);
    let texts: Vec<&str> =
        script["turns"].as_array().into_iter().flatten().filter_map(|turn| turn["user"]["text"].as_str()).collect();
    if texts.is_empty() {
        bail!("in {name} no customer says a text");
    }
    let folder = bot.parent().context("a bot lies in a folder")?;
    let running = dev::start(&Dev { idle: true, kept: 100_000, ..Dev::for_tests(folder) }).await?;
    let same = |path: &str| std::fs::canonicalize(path).ok() == std::fs::canonicalize(&bot).ok();
    let all = running.bots.all();
    let connected =
        all.iter().find(|one| same(&one.path)).with_context(|| format!("{} was not loaded", bot.display()))?;
    let id = connected.id.clone();
    set_webhooks(&running, &id, cost.webhooks).await?;

    let talk =
        Talk { conversation: running.stack.conversation(), deliver: running.stack.deliver(), running: &running, id };
    talk.hold("U00000000000000000000000000000000", &texts).await?;
    let (before, log_before) = (running.stack.services.meter.counts(), log_bytes.load(Ordering::Relaxed));
    let outside = |kind| {
        let (mut calls, mut bytes) = (0, 0);
        running.feed.each(|entry| {
            if entry.kind == kind {
                calls += 1;
                bytes += entry.body.to_string().len() as u64;
            }
        });
        (calls, bytes)
    };
    let (messengers, webhooks) = (outside(Kind::Platform), outside(Kind::Delivery));
    let services = &running.stack.services;
    let invoked = services.meter.invocations();
    for customer in 1..=cost.customers {
        talk.hold(&format!("U{customer:032x}"), &texts).await?;
    }
    let after = running.stack.services.meter.counts();
    let (messengers_after, webhooks_after) = (outside(Kind::Platform), outside(Kind::Delivery));
    let measured = Measured {
        turns: cost.customers * texts.len() as u64,
        customers: cost.customers,
        counts: meter::since(&before, &after),
        invocations: called_since(&invoked, &services.meter.invocations()),
        messenger_calls: messengers_after.0 - messengers.0,
        messenger_bytes: messengers_after.1 - messengers.1,
        webhook_calls: webhooks_after.0 - webhooks.0,
        webhook_bytes: webhooks_after.1 - webhooks.1,
        log_bytes: log_bytes.load(Ordering::Relaxed) - log_before,
    };
    drop(talk);
    running.stop().await;
    Ok(measured)
}

/// The built-in receiver, as often as is wanted.
async fn set_webhooks(running: &Running, bot_id: &BotId, wanted: usize) -> anyhow::Result<()> {
    let webhooks = &running.stack.webhooks;
    let there = webhooks.of_bot(bot_id).await?;
    for webhook in &there {
        webhooks.delete(webhook).await?;
    }
    let Some(first) = there.first() else {
        if wanted > 0 {
            bail!("{bot_id} has no webhook to count");
        }
        return Ok(());
    };
    for number in 0..wanted {
        let id = delivery::Webhook::new(bot_id.clone(), &format!("{} {number}", first.url), EpochMillis(0)).id;
        webhooks.save(&delivery::Webhook { id, ..first.clone() }).await?;
    }
    Ok(())
}

struct Talk<'a> {
    running: &'a Running,
    conversation: Conversation,
    deliver: Deliver,
    id: BotId,
}

impl Talk<'_> {
    /// One customer says it all, each when the bot has answered and the company has heard.
    async fn hold(&self, user: &str, texts: &[&str]) -> anyhow::Result<()> {
        let services = &self.running.stack.services;
        for text in texts {
            services.meter.invoked("line");
            self.say(user, text).await?;
            loop {
                let inbound =
                    mapping::receive(&services.aws.sqs, &services.queues.inbound, 0).await.unwrap_or_default();
                if !inbound.is_empty() {
                    services.meter.invoked("conversation");
                    let receipts: Vec<String> = inbound.iter().filter_map(|one| one.receipt_handle.clone()).collect();
                    let work = self.conversation.handle(Invocation::Messages(mapping::event(inbound)));
                    done(&work.instrument(invocation()).await)?;
                    mapping::acknowledge(&services.aws.sqs, &services.queues.inbound, receipts.into_iter()).await;
                }
                let events = mapping::receive(&services.aws.sqs, &services.queues.events, 0).await.unwrap_or_default();
                if events.is_empty() {
                    break;
                }
                services.meter.invoked("delivery");
                let receipts: Vec<String> = events.iter().filter_map(|one| one.receipt_handle.clone()).collect();
                let work = self.deliver.handle(deliver::Invocation::Events(mapping::event(events)));
                done(&work.instrument(invocation()).await)?;
                mapping::acknowledge(&services.aws.sqs, &services.queues.events, receipts.into_iter()).await;
            }
        }
        Ok(())
    }

    /// As LINE tells it.
    async fn say(&self, user: &str, text: &str) -> anyhow::Result<()> {
        let event = format!("{:032x}", clock::nonce());
        let body = json!({
            "destination": "U00000000000000000000000000000000",
            "events": [{
                "type": "message", "mode": "active", "timestamp": clock::now().0, "webhookEventId": event,
                "replyToken": event, "deliveryContext": { "isRedelivery": false },
                "source": { "type": "user", "userId": user },
                "message": { "type": "text", "id": event, "text": text },
            }],
        })
        .to_string();
        let settings = dev::stand_in_settings(PlatformType::Line);
        let secret = settings["channelSecret"].as_str().unwrap_or_default();
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes())?;
        mac.update(body.as_bytes());
        let mut headers = HeaderMap::new();
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        headers.insert("x-line-signature", HeaderValue::from_str(&signature)?);
        let uri: Uri = format!("/hooks/line/{}", self.id).parse()?;
        let adapter = &self.running.stack.adapters[&PlatformType::Line];
        let call = async |request| adapter.handle(request).await;
        let body = Bytes::from(body);
        let answer = gateway::invoke(call, &Method::POST, &uri, &headers, &body).instrument(invocation()).await;
        if !answer.status().is_success() {
            bail!(
                "the adapter of LINE answered {}; a bot that is measured has no LINE settings of its own",
                answer.status()
            );
        }
        Ok(())
    }
}

fn done(response: &BatchResponse) -> anyhow::Result<()> {
    if *response != BatchResponse::default() {
        bail!("a function could not do its work");
    }
    Ok(())
}

/// What Lambda's runtime client adds to each line.
fn invocation() -> tracing::Span {
    tracing::info_span!(
        "invocation",
        requestId = "00000000-0000-0000-0000-000000000000",
        xrayTraceId = "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=1"
    )
}

/// From here on lines of the log are written as on Lambda, and only their bytes are kept.
fn count_log() -> Arc<AtomicU64> {
    let bytes = Arc::new(AtomicU64::new(0));
    let counter = Counter(Arc::clone(&bytes));
    let builder = tracing_subscriber::fmt().fmt_fields(JsonFields::new()).event_format(Flat);
    let _ = builder.with_writer(move || counter.clone()).try_init();
    bytes
}

#[derive(Clone)]
struct Counter(Arc<AtomicU64>);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
