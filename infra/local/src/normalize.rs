//! `closer normalize`: what an adapter makes of a captured webhook: its answer, and the messages and events for the bot.

use std::path::PathBuf;

use anyhow::Context as _;
use model::{BotId, PlatformType};
use platforms::fixtures::Recorded;
use platforms::{Acknowledge, Ignored, Setup};
use serde_json::{Value, json};

use crate::render::{names, read};

#[derive(Clone, Debug, clap::Args)]
pub struct Normalize {
    /// The messenger
    #[arg(long, value_name = "NAME")]
    pub platform: PlatformType,
    /// The settings of the channel, as in `integration.<platform>` of a bot: its secrets check the signature
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Method, path, query, headers and time of receipt, as `request` of a recorded case (docs/fixtures.md)
    #[arg(long, value_name = "FILE")]
    pub request: PathBuf,
    /// The body, byte for byte; empty without it
    #[arg(long, value_name = "FILE")]
    pub body: Option<PathBuf>,
}

/// True if the adapter took it.
#[expect(clippy::print_stdout, reason = "it is a command's output")]
pub fn run(arguments: &Normalize) -> anyhow::Result<bool> {
    let platform = platforms::find(arguments.platform)
        .with_context(|| format!("`{}` has no adapter; there are {}", arguments.platform, names()))?;
    let (config, request) = (read(&arguments.config)?, read(&arguments.request)?);
    // A whole case will do.
    let request = request.get("request").unwrap_or(&request);
    let config = config.get("config").unwrap_or(&config);
    let body = match &arguments.body {
        Some(path) => std::fs::read(path).with_context(|| format!("reading {}", path.display()))?,
        None => Vec::new(),
    };
    let bot_id: BotId = "Bhello".parse()?;
    let setup =
        Setup { bot_id: &bot_id, settings: config, preference: &Value::Null, public_url: "https://bots.example.com" };
    let channel = (platform.connect)(setup)?;
    let recorded = Recorded::read(platform, request).map_err(|what| anyhow::anyhow!("{what} cannot be read"))?;
    let (taken, shown) = match channel.receive(&recorded.request(&body)) {
        Ok(received) => {
            let answer = match &received.acknowledge {
                Acknowledge::Now(reply) => json!({ "status": reply.status.as_u16(), "body": reply.body }),
                Acknowledge::Content(content) => json!({ "file": content.url }),
                Acknowledge::WithReply { until } => json!({ "reply": "the bot's, in time", "until": until }),
            };
            let ignored: Value = received.ignored.iter().map(Ignored::as_str).collect();
            (true, json!({ "answer": answer, "inbound": received.inbound, "ignored": ignored }))
        }
        Err(error) => (false, json!({ "answer": { "status": error.status().as_u16() }, "refused": error.to_string() })),
    };
    println!("{shown:#}");
    Ok(taken)
}
