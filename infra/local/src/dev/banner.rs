//! What the terminal says at start: where everything is, and what to paste.

#![expect(clippy::print_stdout, reason = "it is a command's output")]

use std::io::IsTerminal as _;

use super::{Dev, Running};

pub(super) fn print(dev: &Dev, running: &Running) {
    let (bold, dim, plain) =
        if std::io::stdout().is_terminal() { ("\x1b[1m", "\x1b[2m", "\x1b[0m") } else { ("", "", "") };
    let address = running.address;
    println!("{bold}CLOSER {}{plain}  local stack\n", env!("CARGO_PKG_VERSION"));
    println!("  page       {bold}http://{address}/{plain}");
    if dev.memory {
        println!("  data       in memory");
    } else {
        println!("  data       {}  {dim}(kept between runs; --memory keeps nothing){plain}", dev.data.display());
    }
    println!("  bots       {}  {dim}(live a second after you save one){plain}", dev.bots.display());
    if dev.live {
        println!("  {bold}live{plain}       channels with credentials talk to the real messengers");
    }
    if dev.allow_private {
        println!(
            "\n  {bold}WARNING{plain}    --allow-private: webhooks and HTTP nodes reach private and loopback addresses."
        );
        println!("             A bot can read what only this machine may. Never use it with bots of strangers.");
    }
    for bot in &running.bots {
        println!("\n{bold}{}{plain}  {}  {dim}{}{plain}", bot.id, bot.title, bot.path);
        for warning in &bot.warnings {
            println!("  warning    {warning}");
        }
        for channel in &bot.channels {
            let stand_in = if channel.stand_in { "  (stand-in)" } else { "" };
            println!("\n  {:<10} {}{dim}{stand_in}{plain}\n", channel.platform.as_str(), channel.url);
            for line in channel.curl.lines() {
                println!("    {line}");
            }
        }
    }
    println!("\n{dim}Ctrl-C ends it.{plain}");
}

pub(super) fn stopping() {
    println!("\nStopping.");
}
