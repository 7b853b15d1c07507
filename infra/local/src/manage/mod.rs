//! `closer bot`, `closer webhook` and `closer key`: the management API for people, of the local stack or of a deployed one.

mod bot;
mod client;
mod key;
mod table;
mod webhook;

pub use bot::{BotCommand, run as bot};
pub use key::{KeyCommand, run as key};
pub use webhook::{WebhookCommand, run as webhook};

use std::path::PathBuf;

use clap::Args;

/// Which installation is meant, and how to print.
#[derive(Clone, Debug, Args)]
pub struct Connection {
    /// Where the installation is; the local stack without it
    #[arg(long, env = "CLOSER_URL", value_name = "URL", global = true)]
    pub url: Option<String>,
    /// A key of its management API, made by `closer key create`
    #[arg(long, env = "CLOSER_KEY", value_name = "KEY", global = true, hide_env_values = true)]
    pub key: Option<String>,
    /// Where the local stack keeps its data
    #[arg(long, value_name = "DIR", default_value = "./.closer", global = true)]
    pub data: PathBuf,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
}
