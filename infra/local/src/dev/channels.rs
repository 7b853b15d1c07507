//! Bots of the folder, put into the tables, each with every channel: with the file's settings where it has them, else
//! with settings for the stand-in.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use delivery::{Secret, Webhook};
use model::{BotId, EpochMillis, PlatformType, WebhookId};
use serde::Serialize;
use serde_json::{Value, json};
use shell::clock;
use store::StoredBot;

use crate::bots::{self, BotFile};
use crate::dev::{Dev, curls};
use crate::stack::Stack;
use crate::stand_in;

/// A bot as the page and the terminal show it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    pub id: BotId,
    pub title: String,
    pub description: String,
    pub path: String,
    pub warnings: Vec<String>,
    pub channels: Vec<ConnectedChannel>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectedChannel {
    pub platform: PlatformType,
    pub url: String,
    pub curl: String,
    pub stand_in: bool,
}

/// The bots that are live, shared by the page and by what watches the files.
#[derive(Clone, Debug)]
pub struct Bots(Arc<Mutex<Vec<Connected>>>);

impl Bots {
    pub(super) fn new(bots: Vec<Connected>) -> Self {
        Self(Arc::new(Mutex::new(bots)))
    }

    pub fn all(&self) -> Vec<Connected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a bot in the place of its former self. The channels of one that is new, for nobody has seen them yet.
    pub(super) fn put(&self, bot: Connected) -> Option<Vec<ConnectedChannel>> {
        let mut bots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(former) = bots.iter_mut().find(|former| former.id == bot.id) {
            *former = bot;
            return None;
        }
        let channels = bot.channels.clone();
        bots.push(bot);
        Some(channels)
    }
}

pub(super) async fn load(
    dev: &Dev,
    stack: &Stack,
    base: &str,
    public_url: &str,
    secret: &Secret,
) -> anyhow::Result<Vec<Connected>> {
    let files = bots::read_folder(&dev.bots)?;
    anyhow::ensure!(
        !files.is_empty(),
        "there is no bot in {}; put a CLOSER export there, as *.json",
        dev.bots.display()
    );
    let mut connected = Vec::new();
    for file in files {
        connected.push(put(dev, stack, file, base, public_url, secret).await?);
    }
    Ok(connected)
}

/// Puts one bot into the tables.
pub(super) async fn put(
    dev: &Dev,
    stack: &Stack,
    file: BotFile,
    base: &str,
    public_url: &str,
    secret: &Secret,
) -> anyhow::Result<Connected> {
    let BotFile { path, id, mut json, title, description, warnings, webhooks } = file;
    let channels = channels(dev, &id, &mut json, base, public_url);
    let stored = StoredBot::new(clock::now().0, json);
    stack.bots.save(&id, &stored).await.with_context(|| format!("storing the bot of {}", path.display()))?;
    let receiver = receiver(&id, base, secret);
    let webhooks: Vec<&Webhook> = webhooks.iter().chain([&receiver]).collect();
    // One that was taken out of the file, or the receiver of another port, gets nothing more. Those that the management API
    // registered have other ids, and stay.
    for old in stack.webhooks.of_bot(&id).await.context("reading the webhooks")? {
        let of_a_file = old.id == WebhookId::of(&id, &old.url);
        if of_a_file && !webhooks.iter().any(|webhook| webhook.id == old.id) {
            stack.webhooks.delete(&old).await.context("removing a webhook")?;
        }
    }
    for webhook in webhooks {
        stack.webhooks.save(webhook).await.context("storing a webhook")?;
    }
    Ok(Connected { id, title, description, path: path.display().to_string(), warnings, channels })
}

/// The webhook of the built-in receiver, by which the page sees what goes out.
fn receiver(id: &BotId, base: &str, secret: &Secret) -> Webhook {
    let mut webhook = Webhook::new(id.clone(), &format!("{base}/stand-in/receiver"), EpochMillis(0));
    "closer dev".clone_into(&mut webhook.name);
    webhook.secrets = vec![secret.clone()];
    webhook
}

/// Gives a bot the settings of a stand-in for each channel that it has none of.
pub fn complete(bot: &mut Value) {
    for platform in platforms::PLATFORMS {
        let name = platform.kind.as_str();
        if !bot["integration"].get(name).is_some_and(Value::is_object) {
            bot["integration"][name] = curls::stand_in_settings(platform.kind);
        }
    }
}

/// The channels of a bot, completed with stand-ins.
fn channels(dev: &Dev, id: &BotId, bot: &mut Value, base: &str, public_url: &str) -> Vec<ConnectedChannel> {
    let mut channels = Vec::new();
    for platform in platforms::PLATFORMS {
        let name = platform.kind.as_str();
        let real = bot["integration"].get(name).is_some_and(Value::is_object);
        if !real {
            if dev.live {
                // Its answers would go to the real messenger, with credentials that it does not know; and everybody knows
                // the secrets of the stand-ins.
                continue;
            }
            bot["integration"][name] = curls::stand_in_settings(platform.kind);
        }
        if platform.kind == PlatformType::Web {
            channels.push(web(dev, id, &mut bot["integration"][name], base, public_url, real));
            continue;
        }
        let settings = &bot["integration"][name];
        let path = format!("/hooks/{name}/{id}{}", curls::tail(platform.kind, settings));
        channels.push(ConnectedChannel {
            platform: platform.kind,
            curl: curls::curl(platform.kind, &format!("{base}{path}"), settings, real),
            url: format!("{public_url}{path}"),
            stand_in: !real || !dev.live,
        });
    }
    channels
}

/// Web chat is a page and not a webhook. Pages of this machine may always open it, and what is uploaded stays here.
fn web(dev: &Dev, id: &BotId, settings: &mut Value, base: &str, public_url: &str, real: bool) -> ConnectedChannel {
    let local = base.replace("127.0.0.1", "localhost");
    let mut origins = settings["allowedOrigins"].as_array().cloned().unwrap_or_default();
    origins.extend([base.into(), local.into()]);
    settings["allowedOrigins"] = origins.into();
    if !dev.live {
        settings["uploadUriPrefixes"] = json!([format!("{public_url}{}/u/", stand_in::uploads::PATH)]);
    }
    ConnectedChannel {
        platform: PlatformType::Web,
        curl: curls::token(id, base, settings, real),
        url: format!("{public_url}/webchat/{id}"),
        stand_in: !real || !dev.live,
    }
}
