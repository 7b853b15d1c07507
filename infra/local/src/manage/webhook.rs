//! `closer webhook`: a bot's webhooks, what became of their deliveries, and sending them again.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command's output")]

use anyhow::{Context as _, bail};
use clap::{Subcommand, ValueEnum};
use model::{BotId, DeliveryId};
use serde_json::{Map, Value, json};

use super::Connection;
use super::bot::confirmed;
use super::client::Client;
use super::table::{cell, table, time};

/// A webhook is named by its id, the beginning of it, its name or its address.
#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// Show a bot's webhooks, and how they are
    List { bot: BotId },
    /// Register a webhook; its secret is printed
    Add {
        bot: BotId,
        #[arg(value_name = "URL")]
        address: String,
        /// What it is called; its host without it
        #[arg(long)]
        name: Option<String>,
        /// Event types that it gets, such as `bot.message.*`; all without it
        #[arg(long, value_delimiter = ',', value_name = "TYPE")]
        events: Vec<String>,
        /// `durable` tries for three days, `closer2020` for half an hour
        #[arg(long)]
        policy: Option<String>,
    },
    /// Send a DELIVERY without events, now
    Test { bot: BotId, webhook: String },
    /// Show deliveries, the latest first
    Deliveries {
        bot: BotId,
        webhook: String,
        /// open, held, parked, delivered or split
        #[arg(long)]
        state: Option<String>,
        /// A time, or how long ago, such as `2h`
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// How many
        #[arg(long, default_value_t = 20)]
        limit: u16,
    },
    /// Show one delivery with its attempts
    Show { bot: BotId, webhook: String, delivery: DeliveryId },
    /// Send one delivery again, now
    Resend { bot: BotId, webhook: String, delivery: DeliveryId },
    /// Send once more all that was given up since then, in order
    Recover {
        bot: BotId,
        webhook: String,
        /// A time, or how long ago, such as `2h`; up to 14 days
        #[arg(long, value_name = "TIME", required_unless_present = "cancel")]
        since: Option<String>,
        /// Give up what recovery has not sent yet
        #[arg(long, conflicts_with = "since")]
        cancel: bool,
    },
    /// Switch a webhook on
    On {
        bot: BotId,
        webhook: String,
        /// What becomes of the deliveries that were held
        #[arg(long)]
        held: Held,
    },
    /// Switch a webhook off; its events are held for 14 days
    Off { bot: BotId, webhook: String },
    /// Show the secret, or replace it
    Secret {
        bot: BotId,
        webhook: String,
        /// Replace it by a new one
        #[arg(long)]
        rotate: bool,
        /// How many hours the old one signs along; 0 when others know it
        #[arg(long, requires = "rotate", value_name = "HOURS")]
        overlap: Option<u16>,
    },
    /// Delete a webhook, and give up what is open of it
    Delete {
        bot: BotId,
        webhook: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Held {
    Send,
    Drop,
    Keep,
}

pub async fn run(command: WebhookCommand, connection: &Connection) -> anyhow::Result<()> {
    let client = Client::new(connection)?;
    let answer = match &command {
        WebhookCommand::List { bot } => json!(client.all(&format!("/v1/bots/{bot}/webhooks")).await?),
        WebhookCommand::Add { bot, address, name, events, policy } => {
            let host = address.split('/').nth(2).unwrap_or(address);
            let mut body = Map::new();
            body.insert("url".to_owned(), json!(address));
            body.insert("name".to_owned(), json!(name.as_deref().unwrap_or(host)));
            body.insert("events".to_owned(), json!(events));
            body.extend(policy.as_ref().map(|policy| ("policy".to_owned(), json!(policy))));
            client.post(&format!("/v1/bots/{bot}/webhooks"), Some(&body.into())).await?
        }
        WebhookCommand::Test { bot, webhook } => {
            client.post(&format!("{}/test", path(&client, bot, webhook).await?), None).await?
        }
        WebhookCommand::Deliveries { bot, webhook, state, since, limit } => {
            let path = path(&client, bot, webhook).await?;
            let mut query = format!("limit={limit}");
            if let Some(state) = state {
                query.push_str(&format!("&state={state}"));
            }
            if let Some(since) = since {
                query.push_str(&format!("&since={}", moment(since)?));
            }
            client.get(&format!("{path}/deliveries?{query}")).await?["data"].take()
        }
        WebhookCommand::Show { bot, webhook, delivery } => {
            client.get(&format!("{}/deliveries/{delivery}", path(&client, bot, webhook).await?)).await?
        }
        WebhookCommand::Resend { bot, webhook, delivery } => {
            client.post(&format!("{}/deliveries/{delivery}/resend", path(&client, bot, webhook).await?), None).await?
        }
        WebhookCommand::Recover { bot, webhook, since, cancel } => {
            let path = format!("{}/recovery", path(&client, bot, webhook).await?);
            match since {
                Some(since) if !cancel => to_the_end(&client, &path, Some(&json!({ "since": moment(since)? }))).await?,
                _ => to_the_end(&client, &path, None).await?,
            }
        }
        WebhookCommand::On { bot, webhook, held } => {
            let held = match held {
                Held::Send => "send",
                Held::Drop => "drop",
                Held::Keep => "keep",
            };
            let path = format!("{}/on", path(&client, bot, webhook).await?);
            to_the_end(&client, &path, Some(&json!({ "held": held }))).await?
        }
        WebhookCommand::Off { bot, webhook } => {
            client.post(&format!("{}/off", path(&client, bot, webhook).await?), None).await?
        }
        WebhookCommand::Secret { bot, webhook, rotate, overlap } => {
            let path = format!("{}/secret", path(&client, bot, webhook).await?);
            match (rotate, overlap) {
                (false, _) => client.get(&path).await?,
                (true, None) => client.post(&path, None).await?,
                (true, Some(hours)) => client.post(&path, Some(&json!({ "overlapHours": hours }))).await?,
            }
        }
        WebhookCommand::Delete { bot, webhook, yes } => {
            let path = path(&client, bot, webhook).await?;
            let shown = client.get(&path).await?;
            if !yes && !confirmed(&format!("Delete {}  {}?", cell(&shown["name"]), cell(&shown["url"])))? {
                bail!("nothing was deleted");
            }
            client.ok("DELETE", &path, None, &[]).await?;
            shown
        }
    };
    if connection.json {
        println!("{answer:#}");
    } else {
        println!("{}", text(&command, &answer));
    }
    Ok(())
}

/// What one request has no time for, the next goes on with. The last answer, with all deliveries counted. Without a body it is
/// a DELETE.
async fn to_the_end(client: &Client, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
    let (mut count, mut query) = (0, String::new());
    loop {
        let path = format!("{path}{query}");
        let mut answer = match body {
            Some(body) => client.post(&path, Some(body)).await?,
            None => client.ok("DELETE", &path, None, &[]).await?.body,
        };
        count += answer["deliveries"].as_u64().unwrap_or_default();
        let Some(next) = answer["next"].as_str() else {
            answer["deliveries"] = count.into();
            return Ok(answer);
        };
        eprintln!("{count} deliveries so far");
        query = format!("?cursor={next}");
    }
}

/// The webhook that is meant.
async fn path(client: &Client, bot: &BotId, name: &str) -> anyhow::Result<String> {
    let webhooks = client.all(&format!("/v1/bots/{bot}/webhooks")).await?;
    let means = |webhook: &&Value| {
        let is = |field: &str| webhook[field].as_str() == Some(name);
        is("id") || is("name") || is("url") || webhook["id"].as_str().is_some_and(|id| id.starts_with(name))
    };
    let meant: Vec<&Value> = webhooks.iter().filter(means).collect();
    match meant.as_slice() {
        [one] => Ok(format!("/v1/bots/{bot}/webhooks/{}", cell(&one["id"]))),
        [] => bail!("{bot} has no webhook `{name}`; `closer webhook list {bot}` shows them"),
        several => bail!("{bot} has {} webhooks that `{name}` may mean; use the id", several.len()),
    }
}

/// A time as the API takes it.
fn moment(text: &str) -> anyhow::Result<String> {
    let explain = || format!("`{text}` is no time: it is as 2026-01-31T09:00:00Z, or as 90m, 2h, 3d for how long ago");
    if let Ok(at) = text.parse::<model::EpochMillis>() {
        return Ok(at.iso());
    }
    let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
    let (number, unit) = text.split_at(last);
    let unit_ms = match unit {
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => bail!(explain()),
    };
    let number: i64 = number.parse().with_context(explain)?;
    Ok(shell::clock::now().plus_ms(number.saturating_mul(-unit_ms)).iso())
}

/// For people.
fn text(command: &WebhookCommand, answer: &Value) -> String {
    let rows = || answer.as_array().cloned().unwrap_or_default();
    match command {
        WebhookCommand::List { .. } => {
            let rows: Vec<Vec<String>> = rows()
                .iter()
                .map(|webhook| {
                    let id = cell(&webhook["id"]);
                    vec![
                        id.get(..8).unwrap_or_default().to_owned(),
                        cell(&webhook["name"]),
                        state(webhook),
                        cell(&webhook["policy"]),
                        cell(&webhook["url"]),
                    ]
                })
                .collect();
            table(&["ID", "NAME", "STATE", "POLICY", "URL"], &rows)
        }
        WebhookCommand::Deliveries { .. } => {
            let rows: Vec<Vec<String>> = rows().iter().map(delivery).collect();
            table(&["DELIVERY", "CREATED (UTC)", "STATE", "EVENTS", "TRIES", "LAST"], &rows)
        }
        WebhookCommand::Add { .. } => {
            format!("{}  {}\nsecret  {}", cell(&answer["id"]), cell(&answer["url"]), cell(&answer["secret"]))
        }
        WebhookCommand::Test { .. } => {
            let word = if answer["ok"] == true { "answers" } else { "does not take it:" };
            let what = outcome(&answer["status"], &answer["cause"]);
            format!("{word} {what} in {} ms", cell(&answer["tookMs"]))
        }
        WebhookCommand::Show { .. } | WebhookCommand::Resend { .. } => {
            let head = table(&["DELIVERY", "CREATED (UTC)", "STATE", "EVENTS", "TRIES", "LAST"], &[delivery(answer)]);
            let log = answer["log"].as_array().cloned().unwrap_or_default();
            let rows: Vec<Vec<String>> = log
                .iter()
                .map(|attempt| {
                    vec![
                        cell(&attempt["number"]),
                        time(&attempt["at"]),
                        outcome(&attempt["status"], &attempt["cause"]),
                        format!("{} ms", cell(&attempt["tookMs"])),
                        cell(&attempt["answer"]).chars().take(60).collect(),
                    ]
                })
                .collect();
            format!("{head}\n\n{}", table(&["TRY", "AT (UTC)", "OUTCOME", "TOOK", "ANSWER"], &rows))
        }
        WebhookCommand::Recover { cancel, .. } => {
            let count = cell(&answer["deliveries"]);
            if *cancel {
                format!("{count} deliveries are given up again")
            } else {
                format!("{count} deliveries are sent again, in order")
            }
        }
        WebhookCommand::On { held, .. } => {
            let count = cell(&answer["deliveries"]);
            let what = match held {
                Held::Send => format!("{count} held deliveries are sent, in order"),
                Held::Drop => format!("{count} held deliveries are given up"),
                Held::Keep => "what was held stays held".to_owned(),
            };
            format!("{}  on; {what}", cell(&answer["name"]))
        }
        WebhookCommand::Off { .. } => format!("{}  off; its events are held for 14 days", cell(&answer["name"])),
        WebhookCommand::Secret { .. } => {
            let retiring = answer["retiring"].as_array().cloned().unwrap_or_default();
            let old = retiring.iter().map(|old| format!("\nan old one signs along until {}", time(&old["until"])));
            format!("{}{}", cell(&answer["secret"]), old.collect::<String>())
        }
        WebhookCommand::Delete { .. } => format!("{}  deleted", cell(&answer["name"])),
    }
}

fn delivery(row: &Value) -> Vec<String> {
    let state = match (cell(&row["reason"]).as_str(), time(&row["dueAt"]).as_str()) {
        ("", "") => cell(&row["state"]),
        ("", due) => format!("{} until {}", cell(&row["state"]), due.get(11..).unwrap_or(due)),
        (reason, _) => format!("{} {reason}", cell(&row["state"])),
    };
    let last = match (&row["lastStatus"], &row["lastCause"]) {
        (Value::Null, Value::Null) => String::new(),
        (status, cause) => outcome(status, cause),
    };
    vec![cell(&row["id"]), time(&row["createdAt"]), state, cell(&row["events"]), cell(&row["attempts"]), last]
}

fn outcome(status: &Value, cause: &Value) -> String {
    match (status, cause.as_str()) {
        (Value::Number(status), _) => status.to_string(),
        (_, Some("couldNotConnect")) => "could not connect".to_owned(),
        (_, Some("timedOut")) => "timed out".to_owned(),
        (_, Some("addressNotAllowed")) => "address not allowed".to_owned(),
        (_, Some(cause)) => cause.to_owned(),
        (_, None) => String::new(),
    }
}

/// `active`, or what is the matter.
fn state(webhook: &Value) -> String {
    let health = &webhook["health"];
    let state = cell(&health["state"]);
    match (health["reason"].as_str(), &health["failing"], time(&health["offAt"])) {
        (Some(reason), ..) => format!("{state} ({reason})"),
        (None, Value::Null, _) => state,
        (None, failing, off) => {
            format!("{state}, failing since {}, off at {off}", time(&failing["since"]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for text in ["2h", "90m", "3d", "15s", "2026-01-31T09:00:00Z"] {
            assert!(moment(text).is_ok(), "{text}");
        }
        assert_eq!(moment("2026-01-31T09:00:00Z").unwrap(), "2026-01-31T09:00:00.000Z");
        for text in ["", "h", "2", "3일", "2 h", "yesterday", "9999999999999999999d"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
