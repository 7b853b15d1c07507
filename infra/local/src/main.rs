//! `closer`: the local stack and the tools of bot authors.

#![expect(clippy::print_stdout, reason = "it is a command's output")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use closer::dev::Dev;
use closer::manage::{BotCommand, Connection, KeyCommand, WebhookCommand};
use closer::normalize::Normalize;
use closer::render::Render;
use closer::{author, cost, dev, fixtures, manage, normalize, render, services, talk, templates};

/// One bot for every messenger.
///
/// Without a command it starts the local stack, as `closer dev` does.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    dev: Dev,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything on this machine: adapters, workers, database, queues, and a page to chat on
    Dev(Dev),
    /// Run only DynamoDB, SQS and the messengers' stand-ins, for functions started by `cargo lambda watch`
    Services {
        /// Where to keep what they are given; in memory without it
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// The port of DynamoDB, on loopback
        #[arg(long, default_value_t = 8000)]
        dynamodb_port: u16,
        /// The port of SQS, on loopback
        #[arg(long, default_value_t = 9324)]
        sqs_port: u16,
        /// The folder with the bots to load
        #[arg(long, value_name = "DIR", default_value = "bots")]
        bots: PathBuf,
    },
    /// Run recorded requests of messengers through the adapters
    Fixtures {
        /// A folder with *.case.json files
        dir: PathBuf,
    },
    /// Show what messengers are sent for a MESSAGE, and what does not fit them
    Render(Render),
    /// Show what an adapter makes of a captured webhook
    Normalize(Normalize),
    /// Look for what will not work in a bot: dead ends, texts that are too long, templates that do not parse
    Check(author::Check),
    /// Draw a bot's flows as an SVG
    Draw(author::Draw),
    /// Run cases of what templates print
    Templates {
        /// A folder with *.json files, each a list of cases
        dir: PathBuf,
    },
    /// Print what a bot's turns cost on AWS, from the requests that are counted while its script is held
    Cost(cost::Cost),
    /// Show, publish and fetch the bots of an installation
    Bot {
        #[command(subcommand)]
        command: BotCommand,
        #[command(flatten)]
        connection: Connection,
    },
    /// Webhooks of a bot, what became of their deliveries, and sending them again
    Webhook {
        #[command(subcommand)]
        command: WebhookCommand,
        #[command(flatten)]
        connection: Connection,
    },
    /// Keys of the management API
    Key {
        #[command(subcommand)]
        command: KeyCommand,
        /// The table of the keys of a deployed installation; the local stack's without it
        #[arg(long, env = "KEYS_TABLE", value_name = "TABLE", global = true)]
        table: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Hold scripted conversations with a bot: virtual clock, no network
    Talk {
        /// A script; several may be given
        #[arg(long = "script", value_name = "FILE", required = true, num_args = 1..)]
        scripts: Vec<PathBuf>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // It counts the log itself.
    if !matches!(arguments.command, Some(Command::Cost(_))) {
        shell::telemetry::init();
    }
    let command = arguments.command.unwrap_or(Command::Dev(arguments.dev));
    match run(command).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("closer: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let code = |good: bool| if good { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    match command {
        Command::Dev(dev) => dev::run(dev).await.map(|()| ExitCode::SUCCESS),
        Command::Services { data, dynamodb_port, sqs_port, bots } => {
            let ports = services::Ports { dynamodb: dynamodb_port, sqs: sqs_port };
            services::run(data.as_deref(), ports, &bots).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Fixtures { dir } => fixtures::run(&dir).map(|summary| code(summary.failed == 0)),
        Command::Render(arguments) => render::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Normalize(arguments) => normalize::run(&arguments).map(code),
        Command::Check(arguments) => author::check(&arguments).map(code),
        Command::Draw(arguments) => author::draw(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Bot { command, connection } => manage::bot(command, &connection).await.map(|()| ExitCode::SUCCESS),
        Command::Webhook { command, connection } => {
            manage::webhook(command, &connection).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Key { command, table, connection } => {
            manage::key(command, table.as_deref(), &connection).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Templates { dir } => templates::run(&dir).map(|summary| code(summary.failed == 0)),
        Command::Cost(arguments) => cost::run(&arguments).await.map(|()| ExitCode::SUCCESS),
        Command::Talk { scripts } => {
            let (mut passed, mut failed) = (0, 0);
            for script in &scripts {
                let summary = talk::run(script)?;
                passed += summary.passed;
                failed += summary.failed;
            }
            println!("turns: {passed} passed, {failed} failed");
            Ok(code(failed == 0))
        }
    }
}
