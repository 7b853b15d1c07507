//! Logs and traces. A line of the log reads alone, has fields, and the same name for the same thing everywhere: `bot.id`,
//! `platform`, `inbound.id`, `webhook.id`, `delivery.id`. Never the customer's words, a token or a signature.
//! `docs/operations.md` lists the names.

use std::fmt;
use std::io::IsTerminal as _;

use aws_lambda_events::sqs::SqsMessage;
use serde_json::{Map, Value, json};
use tracing::{Event, Span, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::{clock, metrics};

/// JSON on Lambda, text for people. `AWS_LAMBDA_LOG_LEVEL` or `RUST_LOG` says how much, as a level or as `target=level,…`; `info`
/// otherwise. `STACK` is whose metrics these are.
pub fn init() {
    let level = std::env::var("RUST_LOG").or_else(|_| std::env::var("AWS_LAMBDA_LOG_LEVEL"));
    let level = level.ok().and_then(|level| level.to_lowercase().parse::<Targets>().ok());
    let filter = level.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let on_lambda = std::env::var_os("AWS_LAMBDA_FUNCTION_NAME").is_some();
    let builder = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_target(false);
    let builder = builder.with_writer(std::io::stderr);
    // A panic's own text may quote what a customer wrote.
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(at, "A panic");
    }));
    // A second start in one process, as tests do, keeps the first.
    let _ = if on_lambda {
        if let Ok(stack) = std::env::var("STACK") {
            metrics::start(stack);
        }
        builder.fmt_fields(JsonFields::new()).event_format(Flat).finish().with(filter).try_init()
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).compact().finish().with(filter).try_init()
    };
}

/// A line is one object: what the runtime knows of the invocation, what we know of the message, and what happened.
#[derive(Debug)]
pub struct Flat;

impl<S> FormatEvent<S, JsonFields> for Flat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        // Lambda wants these two by these names.
        let mut line = Map::new();
        line.insert("timestamp".to_owned(), json!(clock::now().iso()));
        line.insert("level".to_owned(), json!(event.metadata().level().as_str()));
        let mut take = |fields: &str| {
            if let Ok(Value::Object(fields)) = serde_json::from_str(fields) {
                line.extend(fields);
            }
        };
        for span in context.event_scope().into_iter().flat_map(tracing_subscriber::registry::Scope::from_root) {
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>() {
                take(&fields.fields);
            }
        }
        let mut fields = String::new();
        context.field_format().format_fields(Writer::new(&mut fields), event)?;
        take(&fields);
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// The X-Ray header of the invocation under way, which Lambda's runtime client keeps there.
pub(crate) fn trace() -> Option<String> {
    std::env::var("_X_AMZN_TRACE_ID").ok().filter(|trace| !trace.is_empty())
}

/// What is logged of a message of a queue says in which trace it was sent: an invocation has several, and a trace of its own.
pub(crate) fn of_message(record: Option<&SqsMessage>) -> Span {
    let header = record.and_then(|record| record.attributes.get("AWSTraceHeader"));
    match header.and_then(|header| header.split(';').find_map(|part| part.strip_prefix("Root="))) {
        Some(root) => tracing::info_span!("message", message.trace = root),
        None => Span::none(),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_flat_and_knows_its_invocation_and_its_message() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().fmt_fields(JsonFields::new()).event_format(Flat);
        let subscriber = subscriber.with_writer(move || writer.clone()).finish();
        let record: SqsMessage = serde_json::from_value(json!({
            "attributes": { "AWSTraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1" },
        }))
        .unwrap();
        tracing::subscriber::with_default(subscriber, || {
            let _invocation = tracing::info_span!("Lambda runtime invoke", requestId = "r1").entered();
            let _message = of_message(Some(&record)).entered();
            tracing::info!(bot.id = "Bhello", platform = "line", count = 2, "Queued \"2\"");
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let mut line: Value = serde_json::from_str(text.trim_end()).unwrap();
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
        line["timestamp"] = json!("");
        assert_eq!(
            line.to_string(),
            r#"{"timestamp":"","level":"INFO","requestId":"r1","message.trace":"1-5759e988-bd862e3fe1be46a994272793","bot.id":"Bhello","count":2,"message":"Queued \"2\"","platform":"line"}"#
        );
    }

    #[test]
    fn a_message_without_a_trace_is_none() {
        let record: SqsMessage =
            serde_json::from_value(json!({ "attributes": { "AWSTraceHeader": "Self=1" } })).unwrap();
        assert!(of_message(Some(&record)).is_none() && of_message(None).is_none());
    }
}
