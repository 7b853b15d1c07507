//! Logs. A line reads alone, has fields, and the same name for the same thing everywhere: `bot.id`, `platform`,
//! `inbound.id`, `webhook.id`, `delivery.id`. Never the customer's words, a token or a signature.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// JSON on Lambda, text for people. `AWS_LAMBDA_LOG_LEVEL` or `RUST_LOG` says how much; `info` otherwise.
pub fn init() {
    let level = std::env::var("RUST_LOG").or_else(|_| std::env::var("AWS_LAMBDA_LOG_LEVEL"));
    let filter = EnvFilter::new(level.unwrap_or_else(|_| "info".to_owned()).to_lowercase());
    let on_lambda = std::env::var_os("AWS_LAMBDA_FUNCTION_NAME").is_some();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(std::io::stderr);
    // A panic's own text may quote what a customer wrote.
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(at, "A panic");
    }));
    // A second start in one process, as tests do, keeps the first.
    let _ = if on_lambda {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).compact().try_init()
    };
}
