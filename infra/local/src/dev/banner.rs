//! What the terminal says at start: where everything is, and what to paste.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

use model::PlatformType;

use super::{Dev, Running};

/// The messengers whose requests are printed.
const SHOWN: [PlatformType; 2] = [PlatformType::Kakao, PlatformType::Line];

pub(super) fn print(dev: &Dev, running: &Running) {
    let (bold, dim, plain) =
        if std::io::stdout().is_terminal() { ("\x1b[1m", "\x1b[2m", "\x1b[0m") } else { ("", "", "") };
    let address = running.address;
    let mut text = String::new();
    let _ = writeln!(text, "{bold}CLOSER {}{plain}  local stack\n", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(text, "  page       {bold}http://{address}/{plain}");
    let _ = writeln!(text, "  cost       http://{address}/cost  {dim}(what it would cost on AWS, as you talk){plain}");
    if dev.memory {
        let _ = writeln!(text, "  data       in memory");
    } else {
        let _ = writeln!(
            text,
            "  data       {}  {dim}(kept between runs; --memory keeps nothing){plain}",
            dev.data.display()
        );
    }
    if dev.memory {
        let _ = writeln!(text, "  api        http://{address}/v1  {dim}(key {}){plain}", running.key);
    } else {
        let _ = writeln!(
            text,
            "  api        http://{address}/v1  {dim}(`closer bot`, `closer webhook`; key in {}){plain}",
            dev.data.join("key").display()
        );
    }
    let _ = writeln!(text, "  bots       {}  {dim}(live a second after you save one){plain}", dev.bots.display());
    if dev.live {
        let _ = writeln!(text, "  {bold}live{plain}       channels with credentials talk to the real messengers");
    }
    if dev.allow_private {
        let _ = writeln!(
            text,
            "\n  {bold}WARNING{plain}    --allow-private: webhooks and HTTP nodes reach private and loopback addresses."
        );
        let _ = writeln!(
            text,
            "             A bot can read what only this machine may. Never use it with bots of strangers."
        );
    }
    if dev.public_url.is_some() && running.bots.all().iter().any(|bot| bot.channels.iter().any(|one| one.stand_in)) {
        let _ = writeln!(
            text,
            "\n  {bold}WARNING{plain}    --public-url: everybody who finds this address can talk to the bots on stand-in channels,"
        );
        let _ = writeln!(
            text,
            "             whose secrets everybody knows. --live leaves only channels with secrets of their own."
        );
    }
    for bot in running.bots.all() {
        let _ = writeln!(text, "\n{bold}{}{plain}  {}  {dim}{}{plain}", bot.id, bot.title, bot.path);
        for warning in &bot.warnings {
            let _ = writeln!(text, "  warning    {warning}");
        }
        for channel in &bot.channels {
            let stand_in = if channel.stand_in { "  (stand-in)" } else { "" };
            let _ = writeln!(text, "  {:<10} {}{dim}{stand_in}{plain}", channel.platform.as_str(), channel.url);
            if channel.platform == PlatformType::Kakao {
                let _ = writeln!(text, "  {:<10} {}/channel{dim}  (friends and blocks){plain}", "", channel.url);
            }
        }
    }
    // One that answers by its API, and one that waits for the reply.
    if let Some(bot) = running.bots.all().first() {
        let _ =
            writeln!(text, "\nSay something to {} as a messenger would; the page has this for each of them:", bot.id);
        for channel in bot.channels.iter().filter(|channel| SHOWN.contains(&channel.platform)) {
            let _ = writeln!(text, "\n  {dim}{}{plain}", channel.platform);
            for line in channel.curl.lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
    }
    let _ = writeln!(text, "\n{dim}Ctrl-C ends it.{plain}");
    say(&text);
}

pub(super) fn stopping() {
    say("\nStopping.\n");
}

/// Whoever reads may have gone, as `head` does.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
