//! What AWS asks for: measured amounts times the prices of `infra/prices.json`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use shell::metrics::Metric;

use crate::meter::{Amount, Counts, TOOLS};

/// A region's prices in US dollars, without its free tier, and what cannot be measured on one machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Prices {
    pub region: String,
    pub as_of: String,
    pub sources: Vec<String>,
    pub usd: Usd,
    pub assumed: Assumed,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Usd {
    http_api_million: f64,
    lambda_million: f64,
    lambda_gb_second: f64,
    sqs_fifo_million: f64,
    sqs_million: f64,
    dynamodb_write_million: f64,
    dynamodb_read_million: f64,
    dynamodb_gb_month: f64,
    /// Point-in-time recovery.
    dynamodb_recovery_gb_month: f64,
    logs_gb: f64,
    logs_gb_month: f64,
    traffic_out_gb: f64,
    trace_million: f64,
    metric_month: f64,
    alarm_metric_month: f64,
    key_month: f64,
}

/// Times are those of a call within a region, or to a server in the same country.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Assumed {
    dynamodb_ms: f64,
    sqs_ms: f64,
    messenger_ms: f64,
    webhook_ms: f64,
    /// What a function does itself in an invocation.
    own_ms: f64,
    /// As in `infra/template.yaml`.
    pub memory_mb: BTreeMap<String, u32>,
    /// Headers and TLS of a request that leaves AWS.
    request_overhead_bytes: f64,
    metrics_line_bytes: f64,
    pub log_retention_days: f64,
    delivery_retention_days: f64,
    traces_sampled: f64,
    /// Lambda polls an idle queue with so many requests at once, each so long.
    pollers_per_queue: f64,
    poll_seconds: f64,
    /// As in `infra/template.yaml`.
    pub alarm_metrics: u32,
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    pub turns: u64,
    pub customers: u64,
    pub counts: Counts,
    /// By function.
    pub invocations: BTreeMap<&'static str, u64>,
    pub messenger_calls: u64,
    pub messenger_bytes: u64,
    pub webhook_calls: u64,
    pub webhook_bytes: u64,
    pub log_bytes: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub service: &'static str,
    pub what: String,
    /// For one turn, or for a month where nobody talks.
    pub amount: f64,
    pub usd: f64,
}

/// A month.
#[derive(Clone, Debug, Default)]
pub struct Bill {
    pub turns: u64,
    /// What the turns cost.
    pub talk: Vec<Line>,
    /// What is paid when nobody talks.
    pub fixed: Vec<Line>,
}

const MILLION: f64 = 1e6;
const GB: f64 = 1e9;
const MONTH_DAYS: f64 = 30.4;
const MONTH_SECONDS: f64 = MONTH_DAYS * 86_400.0;

/// For `turns` turns a month.
pub fn bill(measured: &Measured, prices: &Prices, turns: u64) -> Bill {
    let Prices { usd, assumed, .. } = prices;
    let month = turns as f64;
    let per_turn = |amount: f64| amount / (measured.turns.max(1) as f64);
    let mut talk = Vec::new();
    let mut line = |service, what: &str, amount: f64, price: f64| {
        let amount = per_turn(amount);
        talk.push(Line { service, what: what.to_owned(), amount, usd: amount * month * price });
    };
    let total = |wanted: &dyn Fn(&crate::meter::Asked) -> bool| -> Amount {
        let mut sum = Amount::default();
        measured.counts.iter().filter(|(asked, _)| asked.by != TOOLS && wanted(asked)).for_each(|(_, one)| sum += *one);
        sum
    };

    let adapters: u64 =
        measured.invocations.iter().filter(|(name, _)| !WORKERS.contains(name)).map(|(_, count)| count).sum();
    line("API Gateway", "requests", adapters as f64, usd.http_api_million / MILLION);

    let invocations: u64 = measured.invocations.values().sum();
    line("Lambda", "invocations", invocations as f64, usd.lambda_million / MILLION);
    for (name, count) in &measured.invocations {
        let dynamodb = total(&|asked| asked.by == *name && asked.service == "DynamoDB").requests as f64;
        let sqs = total(&|asked| asked.by == *name && asked.service == "SQS").requests as f64;
        let outside = match *name {
            "conversation" => measured.messenger_calls as f64 * assumed.messenger_ms,
            "delivery" => measured.webhook_calls as f64 * assumed.webhook_ms,
            _ => 0.0,
        };
        let ms = dynamodb * assumed.dynamodb_ms + sqs * assumed.sqs_ms + outside + *count as f64 * assumed.own_ms;
        let gb = f64::from(assumed.memory_mb.get(*name).copied().unwrap_or(256)) / 1024.0;
        line("Lambda", &format!("ms of {name}"), ms, gb / 1000.0 * usd.lambda_gb_second);
    }

    let sent = total(&|asked| asked.service == "SQS" && asked.of.ends_with(".fifo")).chunks as f64;
    // Alone, a message is received and deleted by itself; in a crowd ten share both.
    let received = 2.0 * WORKERS.iter().filter_map(|name| measured.invocations.get(name)).sum::<u64>() as f64;
    line("SQS", "requests, FIFO", sent + received, usd.sqs_fifo_million / MILLION);
    let retries = total(&|asked| asked.service == "SQS" && !asked.of.ends_with(".fifo")).chunks as f64;
    if retries > 0.0 {
        line("SQS", "requests", 3.0 * retries, usd.sqs_million / MILLION);
    }

    let dynamodb = total(&|asked| asked.service == "DynamoDB");
    line("DynamoDB", "read units", dynamodb.read_units, usd.dynamodb_read_million / MILLION);
    line("DynamoDB", "write units", dynamodb.write_units, usd.dynamodb_write_million / MILLION);
    let kept = usd.dynamodb_gb_month + usd.dynamodb_recovery_gb_month;
    let stored = |of: &str| total(&|asked| asked.action == "PutItem" && asked.of.ends_with(of));
    // The last writing of an item is as large as the average of all.
    let delivery = stored("deliveries");
    let deliveries = per_item(delivery) * measured.webhook_calls as f64;
    line("DynamoDB", "bytes kept of deliveries", deliveries, kept / GB * assumed.delivery_retention_days / MONTH_DAYS);
    let sessions = per_item(stored("sessions")) * measured.customers as f64;
    line("DynamoDB", "bytes kept of sessions", sessions, kept / GB);

    let log = measured.log_bytes as f64 + invocations as f64 * assumed.metrics_line_bytes;
    let log_price = usd.logs_gb + usd.logs_gb_month * assumed.log_retention_days / MONTH_DAYS;
    line("CloudWatch", "bytes of logs", log, log_price / GB);
    line("X-Ray", "traces", adapters as f64 * assumed.traces_sampled, usd.trace_million / MILLION);
    let calls = (measured.messenger_calls + measured.webhook_calls) as f64;
    let out = (measured.messenger_bytes + measured.webhook_bytes) as f64 + calls * assumed.request_overhead_bytes;
    line("Traffic", "bytes out", out, usd.traffic_out_gb / GB);

    Bill { turns, talk, fixed: fixed(prices) }
}

/// The functions behind queues.
const WORKERS: [&str; 2] = ["conversation", "delivery"];

fn per_item(amount: Amount) -> f64 {
    amount.sent_bytes as f64 / (amount.requests.max(1) as f64)
}

fn fixed(Prices { usd, assumed, .. }: &Prices) -> Vec<Line> {
    let polls = assumed.pollers_per_queue * MONTH_SECONDS / assumed.poll_seconds;
    let sweeps = MONTH_SECONDS / 60.0;
    let memory = f64::from(assumed.memory_mb.get("delivery").copied().unwrap_or(256)) / 1024.0;
    let sweep_ms = 3.0 * assumed.dynamodb_ms + assumed.own_ms;
    let line = |service, what: &str, amount: f64, price: f64| Line {
        service,
        what: what.to_owned(),
        amount,
        usd: amount * price,
    };
    vec![
        line("SQS", "polls of two FIFO queues", 2.0 * polls, usd.sqs_fifo_million / MILLION),
        line("SQS", "polls of the retry queue", polls, usd.sqs_million / MILLION),
        line(
            "Lambda",
            "sweeps",
            sweeps,
            usd.lambda_million / MILLION + memory * sweep_ms / 1000.0 * usd.lambda_gb_second,
        ),
        // A query of the index, the fleet, a page of webhooks.
        line("DynamoDB", "read units of sweeps", 2.0 * sweeps, usd.dynamodb_read_million / MILLION),
        line("CloudWatch", "metrics", Metric::ALL.len() as f64, usd.metric_month),
        line("CloudWatch", "metrics of alarms", f64::from(assumed.alarm_metrics), usd.alarm_metric_month),
        line("KMS", "keys", 1.0, usd.key_month),
    ]
}

impl Bill {
    pub fn talk_usd(&self) -> f64 {
        self.talk.iter().map(|line| line.usd).sum()
    }

    /// Two tables with their sums.
    pub fn print(&self) -> String {
        let mut text = String::new();
        let turns = grouped(self.turns);
        let _ = writeln!(text, "  {:<12} {:<28} {:>14} {:>12}", "service", "what", "a turn", format!("$ of {turns}"));
        for Line { service, what, amount, usd } in &self.talk {
            let _ = writeln!(text, "  {service:<12} {what:<28} {amount:>14.3} {usd:>12.4}");
        }
        let _ = writeln!(text, "  {:<12} {:<28} {:>14} {:>12.4}\n", "", "together", "", self.talk_usd());
        let _ = writeln!(text, "  {:<12} {:<28} {:>14} {:>12}", "service", "when nobody talks", "a month", "$");
        for Line { service, what, amount, usd } in &self.fixed {
            let _ = writeln!(text, "  {service:<12} {what:<28} {amount:>14.0} {usd:>12.4}");
        }
        let fixed: f64 = self.fixed.iter().map(|line| line.usd).sum();
        let _ = writeln!(text, "  {:<12} {:<28} {:>14} {:>12.4}", "", "together", "", fixed);
        text
    }
}

/// `1,000,000`
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::Asked;

    fn asked(by: &'static str, service: &'static str, action: &str, of: &str) -> Asked {
        Asked { by, service, action: action.to_owned(), of: of.to_owned() }
    }

    #[test]
    fn amounts_become_dollars() {
        let prices: Prices = serde_json::from_str(include_str!("../../../prices.json")).unwrap();
        let one = |requests| Amount { requests, chunks: requests, ..Amount::default() };
        let counts = Counts::from([
            (asked("line", "SQS", "SendMessage", "closer-inbound.fifo"), one(2)),
            (asked("conversation", "DynamoDB", "GetItem", "closer-sessions"), Amount { read_units: 4.0, ..one(2) }),
            (
                asked("conversation", "DynamoDB", "PutItem", "closer-sessions"),
                Amount { write_units: 6.0, sent_bytes: 4000, ..one(2) },
            ),
            (asked(TOOLS, "DynamoDB", "GetItem", "closer-bots"), Amount { read_units: 100.0, ..one(100) }),
        ]);
        let measured = Measured {
            turns: 2,
            customers: 1,
            counts,
            invocations: BTreeMap::from([("line", 2), ("conversation", 2)]),
            messenger_calls: 2,
            log_bytes: 1300,
            ..Measured::default()
        };
        let bill = bill(&measured, &prices, 1_000_000);
        let of = |service: &str, what: &str| {
            let line = bill.talk.iter().find(|line| line.service == service && line.what == what);
            line.map(|line| (line.amount, (line.usd * 1000.0).round() / 1000.0))
        };
        for (service, what, amount, usd) in [
            ("API Gateway", "requests", 1.0, 1.0),
            ("Lambda", "invocations", 2.0, 0.4),
            // 8 for the queue, 2 of its own; a quarter of a GB.
            ("Lambda", "ms of line", 10.0, 0.033),
            // Two requests of 5, a call of 80, 2 of its own; a whole GB.
            ("Lambda", "ms of conversation", 92.0, 1.227),
            // Sent, received, deleted.
            ("SQS", "requests, FIFO", 3.0, 1.5),
            ("DynamoDB", "read units", 2.0, 0.25),
            ("DynamoDB", "write units", 3.0, 1.875),
            ("DynamoDB", "bytes kept of sessions", 1000.0, 0.45),
            ("CloudWatch", "bytes of logs", 1350.0, 0.715),
        ] {
            assert_eq!(of(service, what), Some((amount, usd)), "{service} {what}");
        }
        assert!(bill.print().contains("$ of 1,000,000"));
    }

    #[test]
    fn thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
