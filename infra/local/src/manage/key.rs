//! `closer key`: keys of the management API. They are made where the tables are: with AWS credentials, or beside a local
//! stack that runs. No key makes another.

#![expect(clippy::print_stdout, reason = "it is a command's output")]

use anyhow::{Context as _, bail};
use aws_config::BehaviorVersion;
use clap::{Subcommand, ValueEnum};
use model::BotId;
use serde_json::{Value, json};
use shell::clock;
use store::{Keys, Right, StoredKey};

use super::Connection;
use super::bot::confirmed;
use super::table::{cell, table, time};
use crate::dev::access;
use crate::services;

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key; it is printed once and stored as a hash
    Create {
        /// Who or what it is for
        #[arg(long)]
        name: String,
        /// The bots it is for; all without it
        #[arg(long, value_delimiter = ',', value_name = "BOT")]
        bots: Vec<BotId>,
        /// What it is good for
        #[arg(long, value_delimiter = ',', default_value = "read", value_name = "RIGHT")]
        rights: Vec<KeyRight>,
    },
    /// Show the keys there are
    List,
    /// Take a key back; it is good for half a minute more
    Delete {
        /// Its id: the 12 digits after `closer_`
        id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum KeyRight {
    /// See bots, webhooks, deliveries and customers
    Read,
    /// Change and delete them
    Write,
    /// Talk to customers
    Agent,
}

/// `table`: of a deployed installation; the local stack's without it.
pub async fn run(command: KeyCommand, table_name: Option<&str>, connection: &Connection) -> anyhow::Result<()> {
    let keys = keys(table_name, connection).await?;
    match command {
        KeyCommand::Create { name, bots, rights } => {
            let mut rights: Vec<Right> = rights
                .into_iter()
                .map(|right| match right {
                    KeyRight::Read => Right::Read,
                    KeyRight::Write => Right::Write,
                    KeyRight::Agent => Right::Agent,
                })
                .collect();
            rights.sort();
            rights.dedup();
            let bots = (!bots.is_empty()).then_some(bots);
            let (key, text) = admin::key::create(clock::random_bytes(), &name, bots, rights, clock::now());
            keys.create(&key).await.context("storing the key")?;
            if connection.json {
                let mut shown = shown(&key);
                shown["key"] = json!(text);
                println!("{shown:#}");
            } else {
                println!("{text}");
                eprintln!("It is not shown again. `closer key delete {}` takes it back.", key.id);
            }
        }
        KeyCommand::List => {
            let all = keys.list().await.context("reading the keys")?;
            let shown: Vec<Value> = all.iter().map(shown).collect();
            if connection.json {
                println!("{:#}", Value::from(shown));
                return Ok(());
            }
            let list = |value: &Value| value.as_array().map(|all| all.iter().map(cell).collect::<Vec<_>>().join(","));
            let rows: Vec<Vec<String>> = shown
                .iter()
                .map(|key| {
                    vec![
                        cell(&key["id"]),
                        cell(&key["name"]),
                        list(&key["rights"]).unwrap_or_default(),
                        list(&key["bots"]).unwrap_or_else(|| "all".to_owned()),
                        time(&key["createdAt"]),
                    ]
                })
                .collect();
            println!("{}", table(&["KEY", "NAME", "RIGHTS", "BOTS", "CREATED (UTC)"], &rows));
        }
        KeyCommand::Delete { id, yes } => {
            let Some(key) = keys.load(&id).await.context("reading the key")? else {
                bail!("there is no key `{id}`; `closer key list` shows them");
            };
            if !yes && !confirmed(&format!("Take back {id}  {}?", key.name))? {
                bail!("nothing was taken back");
            }
            keys.delete(&id).await.context("taking the key back")?;
            println!("{id}  taken back");
        }
    }
    Ok(())
}

async fn keys(table_name: Option<&str>, connection: &Connection) -> anyhow::Result<Keys> {
    if let Some(name) = table_name {
        let config =
            aws_config::defaults(BehaviorVersion::latest()).http_client(shell::aws::http_client()).load().await;
        return Ok(Keys::new(aws_sdk_dynamodb::Client::new(&config), name));
    }
    match access::running(&connection.data) {
        Some(running) => Ok(Keys::new(services::dynamodb_at(&running.dynamodb), &running.keys_table)),
        None => bail!(
            "no local stack keeps its data in {}; for a deployed installation set KEYS_TABLE or --table to its table of \
             keys, with AWS credentials that may write there",
            connection.data.display()
        ),
    }
}

fn shown(key: &StoredKey) -> Value {
    json!({ "id": key.id, "name": key.name, "rights": key.rights, "bots": key.bots, "createdAt": key.created_at.iso() })
}
