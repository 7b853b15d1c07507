//! `closer bot`: what stands in the installation, and files.

#![expect(clippy::print_stdout, reason = "it is a command's output")]

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use inspect::{Language, Severity};
use serde_json::Value;

use super::Connection;
use super::client::Client;
use super::table::{cell, table, time};
use crate::bots;

#[derive(Debug, Subcommand)]
pub enum BotCommand {
    /// Show the bots
    List,
    /// Publish a bot's file: a new bot, or another version of the one with its id
    Push {
        /// A CLOSER export
        #[arg(value_name = "BOT.json")]
        file: PathBuf,
        /// The bot to replace, in place of the file's own id
        #[arg(long, value_name = "ID")]
        id: Option<model::BotId>,
        /// Publish it although `closer check` finds errors
        #[arg(long)]
        force: bool,
    },
    /// Get a bot as a CLOSER export
    Pull {
        #[arg(value_name = "BOT")]
        id: model::BotId,
        /// Where to write it; to the terminal without it
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Delete a bot and its channels
    Delete {
        #[arg(value_name = "BOT")]
        id: model::BotId,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

pub async fn run(command: BotCommand, connection: &Connection) -> anyhow::Result<()> {
    let client = Client::new(connection)?;
    match command {
        BotCommand::List => {
            let bots = client.all("/v1/bots").await?;
            if connection.json {
                println!("{:#}", Value::from(bots));
                return Ok(());
            }
            let rows: Vec<Vec<String>> = bots
                .iter()
                .map(|bot| {
                    let channels: Vec<String> = bot["channels"].as_array().into_iter().flatten().map(cell).collect();
                    vec![cell(&bot["id"]), cell(&bot["title"]), time(&bot["updatedAt"]), channels.join(" ")]
                })
                .collect();
            println!("{}", table(&["BOT", "TITLE", "PUBLISHED (UTC)", "CHANNELS"], &rows));
        }
        BotCommand::Push { file, id, force } => {
            let read = bots::read(&file)?;
            let report = inspect::check(&read.json, Language::English);
            if report.count(Severity::Error) > 0 && !force {
                println!("{}", report.text());
                bail!("{} has errors; --force publishes it all the same", file.display());
            }
            let id = id.unwrap_or(read.id);
            let mut bot = read.json;
            if let Some(bot) = bot.as_object_mut() {
                bot.insert("id".to_owned(), Value::from(id.as_str()));
                if bot.remove("webhooks").is_some() {
                    eprintln!("The file's `webhooks` are for the local stack; `closer webhook add` registers one.");
                }
            }
            let path = format!("/v1/bots/{id}");
            let found = client.ask("GET", &path, None, &[]).await?;
            let pushed = match found.status {
                404 => client.ok("POST", "/v1/bots", Some(&bot), &[]).await?.body,
                // Of two who push at the same moment one is told.
                200 => {
                    let etag = found.etag.unwrap_or_else(|| "*".to_owned());
                    client.ok("PUT", &path, Some(&bot), &[("if-match", etag)]).await?.body
                }
                _ => bail!("{id} cannot be read: {}", cell(&found.body["detail"])),
            };
            if connection.json {
                println!("{pushed:#}");
                return Ok(());
            }
            let word = if found.status == 404 { "created" } else { "published" };
            println!("{id}  {}  {word}", cell(&pushed["title"]));
            let counts = [(Severity::Error, "errors"), (Severity::Warning, "warnings")];
            for (severity, name) in counts.into_iter().filter(|(severity, _)| report.count(*severity) > 0) {
                println!("  {} {name}; `closer check {}` shows them", report.count(severity), file.display());
            }
        }
        BotCommand::Pull { id, output } => {
            let export = format!("{:#}\n", client.get(&format!("/v1/bots/{id}/export")).await?);
            match output {
                None => print!("{export}"),
                Some(path) => {
                    std::fs::write(&path, export).with_context(|| format!("writing {}", path.display()))?;
                    println!("{}", path.display());
                }
            }
        }
        BotCommand::Delete { id, yes } => {
            let bot = client.get(&format!("/v1/bots/{id}")).await?;
            if !yes && !confirmed(&format!("Delete {id}  {} and its channels?", cell(&bot["title"])))? {
                bail!("nothing was deleted");
            }
            client.ok("DELETE", &format!("/v1/bots/{id}"), None, &[]).await?;
            println!("{id}  deleted");
        }
    }
    Ok(())
}

/// Asks whoever sits there.
pub(super) fn confirmed(question: &str) -> anyhow::Result<bool> {
    use std::io::{BufRead as _, Write as _};

    print!("{question} [y/N] ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}
