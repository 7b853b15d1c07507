//! `closer check` and `closer draw`: what a bot's author looks at before publishing it.

#![expect(clippy::print_stdout, reason = "it is a command's output")]

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use inspect::Language;
use serde_json::Value;

#[derive(Debug, Args)]
pub struct Check {
    /// A bot's file, or several
    #[arg(value_name = "BOT.json", required = true)]
    bots: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// `en` or `ko`; as the terminal speaks unless given
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Language>,
}

#[derive(Debug, Args)]
pub struct Draw {
    /// A bot's file
    #[arg(value_name = "BOT.json")]
    bot: PathBuf,
    /// Where to write the picture; to the terminal without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// `en` or `ko`; as the terminal speaks unless given
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Language>,
}

/// True when no bot has an error.
pub fn check(arguments: &Check) -> anyhow::Result<bool> {
    let language = arguments.language.unwrap_or_else(spoken);
    let mut good = true;
    for path in &arguments.bots {
        let report = inspect::check(&read(path)?, language);
        good &= report.exit_code() == 0;
        if arguments.json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            println!("{}", bold(&path.display().to_string()));
            println!("{}", report.text());
        }
    }
    Ok(good)
}

pub fn draw(arguments: &Draw) -> anyhow::Result<()> {
    let path = &arguments.bot;
    let language = arguments.language.unwrap_or_else(spoken);
    let picture = inspect::draw(&read(path)?, language).with_context(|| format!("{} is no bot", path.display()))?;
    match &arguments.output {
        Some(output) => {
            std::fs::write(output, picture).with_context(|| format!("writing {}", output.display()))?;
            println!("{}", output.display());
        }
        None => println!("{picture}"),
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Value> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {name}"))?;
    serde_json::from_str(&text).with_context(|| format!("{name} is not JSON"))
}

fn spoken() -> Language {
    let set =
        ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    if set.is_some_and(|set| set.starts_with("ko")) { Language::Korean } else { Language::English }
}

fn bold(text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}
