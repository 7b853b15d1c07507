//! What CloudWatch draws and alarms on, in its embedded format: one line of the log per invocation, which costs less than
//! a request. `docs/operations.md` tells each metric.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Mutex, OnceLock, PoisonError};

use model::EpochMillis;
use serde_json::{Value, json};

use crate::clock;

/// A count, unless its name ends in `Ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Events of messengers that an adapter queued.
    Received,
    /// Requests that an adapter answered with 4xx.
    Refused,
    /// Requests that an adapter answered with 5xx.
    Unavailable,
    /// Replies that were not there while the messenger waited.
    LateReplies,
    /// Turns that were stored.
    Turns,
    /// Messages that must be handed out again.
    TurnsFailed,
    /// Replies that were given up, turns that were undone.
    TurnsLost,
    /// Calls that a messenger refused for good.
    CallsRefused,
    /// Frames of web chat that a socket should have had, and that could not be posted.
    FramesUnposted,
    /// Scripts that did not end, and keep a core busy.
    StuckScripts,
    /// From the receipt of a customer's message until all was said.
    ReplyMs,
    /// DELIVERies that were taken.
    Deliveries,
    /// Attempts that failed.
    DeliveryFailures,
    /// DELIVERies that were given up.
    Parked,
    /// Webhooks that were switched off.
    WebhooksOff,
    /// Many webhooks fail at once, our own way out does not work, or somebody should look.
    FleetAlarms,
    /// Runs of the minute's sweep.
    Sweeps,
    /// An attempt at a webhook.
    DeliveryMs,
}

impl Metric {
    pub const ALL: [Self; 18] = [
        Self::Received,
        Self::Refused,
        Self::Unavailable,
        Self::LateReplies,
        Self::Turns,
        Self::TurnsFailed,
        Self::TurnsLost,
        Self::CallsRefused,
        Self::FramesUnposted,
        Self::StuckScripts,
        Self::ReplyMs,
        Self::Deliveries,
        Self::DeliveryFailures,
        Self::Parked,
        Self::WebhooksOff,
        Self::FleetAlarms,
        Self::Sweeps,
        Self::DeliveryMs,
    ];

    pub fn name(self) -> String {
        format!("{self:?}")
    }

    const fn is_time(self) -> bool {
        matches!(self, Self::ReplyMs | Self::DeliveryMs)
    }
}

type Gathered = BTreeMap<Metric, Vec<i64>>;

/// CloudWatch takes so many values of a metric in a line.
const MAX_VALUES: usize = 100;

/// The name of the stack, where there is somebody to count for.
static STACK: OnceLock<String> = OnceLock::new();
/// A function does one invocation at a time.
static GATHERED: Mutex<Gathered> = Mutex::new(Gathered::new());

/// From now on is counted: on Lambda, once.
pub(crate) fn start(stack: String) {
    let _ = STACK.set(stack);
}

pub fn count(metric: Metric, n: usize) {
    add(metric, i64::try_from(n).unwrap_or(i64::MAX));
}

pub fn time(metric: Metric, ms: i64) {
    add(metric, ms.max(0));
}

fn add(metric: Metric, value: i64) {
    if STACK.get().is_none() {
        return;
    }
    let mut gathered = GATHERED.lock().unwrap_or_else(PoisonError::into_inner);
    let values = gathered.entry(metric).or_default();
    match values.first_mut() {
        Some(sum) if !metric.is_time() => *sum = sum.saturating_add(value),
        Some(_) | None => values.push(value),
    }
    values.truncate(MAX_VALUES);
}

/// Writes what was counted since the last time. At the end of an invocation.
pub fn flush() {
    let Some(stack) = STACK.get() else { return };
    let gathered = std::mem::take(&mut *GATHERED.lock().unwrap_or_else(PoisonError::into_inner));
    if !gathered.is_empty() {
        let line = line(stack, &gathered, clock::now());
        // There is nobody to tell that the log cannot be written.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}

fn line(stack: &str, gathered: &Gathered, at: EpochMillis) -> Value {
    let metrics: Vec<Value> = gathered
        .keys()
        .map(|metric| json!({ "Name": metric.name(), "Unit": if metric.is_time() { "Milliseconds" } else { "Count" } }))
        .collect();
    let mut line = json!({
        "_aws": {
            "Timestamp": at.0,
            "CloudWatchMetrics": [{ "Namespace": "Closer", "Dimensions": [["Stack"]], "Metrics": metrics }],
        },
        "Stack": stack,
    });
    for (metric, values) in gathered {
        line[metric.name()] = if metric.is_time() { json!(values) } else { json!(values.first()) };
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The only test that starts counting: it is for the whole process.
    #[test]
    fn counts_are_summed_and_times_are_listed() {
        count(Metric::Turns, 5);
        start("closer".to_owned());
        assert!(GATHERED.lock().unwrap().is_empty(), "before the start nobody counts");
        count(Metric::Turns, 1);
        count(Metric::Turns, 2);
        for ms in [3, -1, 7] {
            time(Metric::ReplyMs, ms);
        }
        (0..200).for_each(|ms| time(Metric::DeliveryMs, ms));
        let gathered = std::mem::take(&mut *GATHERED.lock().unwrap());
        let mut line = line("closer", &gathered, EpochMillis(1_780_000_000_000));
        assert_eq!(line["DeliveryMs"].as_array().unwrap().len(), MAX_VALUES);
        line["DeliveryMs"] = json!([]);
        assert_eq!(
            line.to_string(),
            r#"{"_aws":{"Timestamp":1780000000000,"CloudWatchMetrics":[{"Namespace":"Closer","Dimensions":[["Stack"]],"Metrics":[{"Name":"Turns","Unit":"Count"},{"Name":"ReplyMs","Unit":"Milliseconds"},{"Name":"DeliveryMs","Unit":"Milliseconds"}]}]},"Stack":"closer","Turns":3,"ReplyMs":[3,0,7],"DeliveryMs":[]}"#
        );
    }

    #[test]
    fn all_are_listed() {
        let text = include_str!("metrics.rs");
        let body = text.split_once("pub enum Metric {").unwrap().1.split_once("\n}").unwrap().0;
        let variants = body.lines().filter(|line| line.trim_end().ends_with(',')).count();
        assert_eq!(variants, Metric::ALL.len());
    }
}
