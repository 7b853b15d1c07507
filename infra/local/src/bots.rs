//! Bots of files: a CLOSER export, with three keys of ours beside it: `id`, `integration` (the channels' settings) and
//! `webhooks` (`[{ "name", "url", "secret", "policy"?, "events"?, … }]`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use delivery::{CustomHeader, Order, Policy, Secret, Wanted, Webhook};
use model::{BotId, EpochMillis};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "the channels' secrets are inside")]
pub struct BotFile {
    pub path: PathBuf,
    pub id: BotId,
    pub json: Value,
    pub title: String,
    pub description: String,
    pub warnings: Vec<String>,
    pub webhooks: Vec<Webhook>,
}

/// What is left out is as [`Webhook::new`] has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WebhookEntry {
    #[serde(default)]
    name: String,
    url: String,
    #[serde(default)]
    secret: Option<Secret>,
    #[serde(default)]
    policy: Policy,
    #[serde(default)]
    events: Vec<Wanted>,
    #[serde(default)]
    order: Order,
    #[serde(default)]
    lanes: Option<u8>,
    #[serde(default)]
    timeout_ms: Option<u64>,
    #[serde(default)]
    partial_acknowledgement: bool,
    #[serde(default)]
    revive: bool,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// Every `*.json` of a folder, by name.
pub fn read_folder(folder: &Path) -> anyhow::Result<Vec<BotFile>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(|| format!("reading the folder of bots {}; --bots names another", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .filter(|path| !path.to_string_lossy().ends_with(".script.json"))
        .collect();
    paths.sort();
    let mut bots: Vec<BotFile> = Vec::new();
    for path in paths {
        let bot = read(&path)?;
        if let Some(other) = bots.iter().find(|other| other.id == bot.id) {
            bail!("{} and {} have the same id {}", other.path.display(), bot.path.display(), bot.id);
        }
        bots.push(bot);
    }
    Ok(bots)
}

pub fn read(path: &Path) -> anyhow::Result<BotFile> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {name}"))?;
    let json: Value = serde_json::from_str(&text).with_context(|| format!("{name} is not JSON"))?;
    let bot = flow::Bot::read(&json).with_context(|| format!("{name} is no bot"))?;
    let id: BotId = match json.get("id").and_then(Value::as_str) {
        Some(id) => id.parse().with_context(|| format!("`id` of {name}"))?,
        None => id_of_name(path)?,
    };
    let entries: Vec<WebhookEntry> = serde_json::from_value(json.get("webhooks").cloned().unwrap_or_else(|| json!([])))
        .with_context(|| format!("`webhooks` of {name}"))?;
    let webhooks = entries
        .into_iter()
        .map(|entry| {
            let Some(secret) = entry.secret else {
                let fresh = String::from(Secret::from_bytes(&shell::clock::random_bytes())?);
                bail!("a webhook of {name} has no `secret`; here is one: {fresh}");
            };
            let file = path.display();
            let header = |(name, value): (&String, &String)| {
                CustomHeader::new(name, value).with_context(|| format!("the header `{name}` of a webhook of {file}"))
            };
            let webhook = Webhook::new(id.clone(), &entry.url, EpochMillis(0));
            Ok(Webhook {
                name: entry.name,
                secrets: vec![secret],
                policy: entry.policy,
                events: entry.events,
                order: entry.order,
                lanes: entry.lanes.unwrap_or(webhook.lanes),
                timeout_ms: entry.timeout_ms.unwrap_or(webhook.timeout_ms),
                partial_acknowledgement: entry.partial_acknowledgement,
                revive: entry.revive,
                headers: entry.headers.iter().map(header).collect::<anyhow::Result<_>>()?,
                ..webhook
            })
        })
        .collect::<anyhow::Result<Vec<Webhook>>>()?;
    Ok(BotFile {
        path: path.to_owned(),
        title: bot.title().to_owned(),
        description: bot.description().to_owned(),
        warnings: bot.warnings().iter().map(ToString::to_string).collect(),
        id,
        json,
        webhooks,
    })
}

/// A file without an id keeps the same one as long as it keeps its name.
fn id_of_name(path: &Path) -> anyhow::Result<BotId> {
    let digest = Sha256::digest(path.file_stem().unwrap_or_default().to_string_lossy().as_bytes());
    let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let name: String =
        digest.iter().take(5).map(|byte| char::from(letters[usize::from(*byte) % letters.len()])).collect();
    Ok(format!("B{name}").parse()?)
}
