//! `serve [--file PATH] [--port N]`: the endpoint alone, as the contract test starts and kills it.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::Parser;
use closer_sqs::Sqs;
use tokio::net::TcpListener;

#[derive(Parser)]
struct Options {
    /// Where the queues are kept; in memory without it.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Any free port without it.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "the address is what the one who starts it reads")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    let sqs = Sqs::open(options.file.as_deref())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    closer_sqs::serve(listener, sqs, std::future::pending()).await?;
    Ok(())
}
