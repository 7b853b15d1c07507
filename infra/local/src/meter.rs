//! Counts what each function asks AWS for, at the wire: by action and by table or queue, with bytes and capacity units.
//! What a turn costs, and what a function's policy must grant, follow from that.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_types::config_bag::{Storable, StoreReplace};

/// Who is counted as what nobody deploys: the page, tests, the pollers of the queues.
pub const TOOLS: &str = "tools";

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// The function, or [`TOOLS`].
    pub by: &'static str,
    /// `DynamoDB` or `SQS`.
    pub service: &'static str,
    /// `PutItem`
    pub action: String,
    /// The table, an index of it as `table/index`, or the queue.
    pub of: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Amount {
    pub requests: u64,
    /// What SQS counts: one for each 64 KiB.
    pub chunks: u64,
    pub sent_bytes: u64,
    pub received_bytes: u64,
    pub read_units: f64,
    pub write_units: f64,
}

pub type Counts = BTreeMap<Asked, Amount>;

/// How often each function was called.
pub type Invocations = BTreeMap<&'static str, u64>;

#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<(Counts, Invocations)>>);

impl Meter {
    pub fn counts(&self) -> Counts {
        self.lock().0.clone()
    }

    pub fn invocations(&self) -> Invocations {
        self.lock().1.clone()
    }

    /// A function is called once.
    pub fn invoked(&self, function: &'static str) {
        *self.lock().1.entry(function).or_default() += 1;
    }

    fn lock(&self) -> MutexGuard<'_, (Counts, Invocations)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the clients of a function.
    pub(crate) fn interceptor(&self, by: &'static str, service: &'static str) -> Interceptor {
        Interceptor { meter: self.clone(), by, service }
    }

    fn add(&self, asked: Asked, amount: Amount) {
        *self.lock().0.entry(asked).or_default() += amount;
    }
}

/// What came between two looks.
pub fn since(before: &Counts, after: &Counts) -> Counts {
    let difference = |(asked, now): (&Asked, &Amount)| {
        let then = before.get(asked).copied().unwrap_or_default();
        let amount = Amount {
            requests: now.requests - then.requests,
            chunks: now.chunks - then.chunks,
            sent_bytes: now.sent_bytes - then.sent_bytes,
            received_bytes: now.received_bytes - then.received_bytes,
            read_units: now.read_units - then.read_units,
            write_units: now.write_units - then.write_units,
        };
        (amount.requests > 0).then(|| (asked.clone(), amount))
    };
    after.iter().filter_map(difference).collect()
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.chunks += other.chunks;
        self.sent_bytes += other.sent_bytes;
        self.received_bytes += other.received_bytes;
        self.read_units += other.read_units;
        self.write_units += other.write_units;
    }
}

/// Hears each request, retries included, and each answer.
#[derive(Clone, Debug)]
pub(crate) struct Interceptor {
    meter: Meter,
    by: &'static str,
    service: &'static str,
}

/// What is under way: the answer does not say what was asked.
#[derive(Clone, Debug)]
struct Under(Asked);

impl Storable for Under {
    type Storer = StoreReplace<Self>;
}

const CHUNK: u64 = 64 * 1024;

impl Intercept for Interceptor {
    fn name(&self) -> &'static str {
        "Meter"
    }

    /// DynamoDB says what a request took when it is asked to.
    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let action = action(request.headers().get("x-amz-target"));
        if self.service != "DynamoDB" || !TELLS.contains(&action) {
            return Ok(());
        }
        let rest = request.body().bytes().and_then(|body| std::str::from_utf8(body).ok()?.strip_prefix('{'));
        if let Some(rest) = rest {
            let body = format!("{{\"ReturnConsumedCapacity\":\"TOTAL\",{rest}");
            let length = body.len().to_string();
            *request.body_mut() = body.into();
            request.headers_mut().insert("content-length", length);
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let body = request.body().bytes().unwrap_or_default();
        let sent_bytes = body.len() as u64;
        let amount = Amount { requests: 1, chunks: sent_bytes.div_ceil(CHUNK).max(1), sent_bytes, ..Amount::default() };
        let action = action(request.headers().get("x-amz-target"));
        let asked = self.asked(action, body);
        self.meter.add(asked.clone(), amount);
        config.interceptor_state().store_put(Under(asked));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Under(asked)) = config.load::<Under>().cloned() else { return Ok(()) };
        let answer = context.response().body().bytes().unwrap_or_default();
        let units = units(answer);
        let amount = Amount { received_bytes: answer.len() as u64, ..Amount::default() };
        let amount = match asked.action.as_str() {
            "GetItem" | "Query" | "Scan" => Amount { read_units: units, ..amount },
            _ => Amount { write_units: units, ..amount },
        };
        self.meter.add(asked, amount);
        Ok(())
    }
}

/// The actions that tell their capacity. Our transactions are each of one table; batches, of which there are none, would name
/// several.
const TELLS: [&str; 7] = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "TransactWriteItems"];

impl Interceptor {
    fn asked(&self, action: &str, body: &[u8]) -> Asked {
        let of = match (value(body, "TableName"), value(body, "IndexName"), value(body, "QueueUrl")) {
            (Some(table), Some(index), _) => format!("{table}/{index}"),
            (Some(table), None, _) => table.to_owned(),
            (None, _, Some(queue)) => queue.rsplit('/').next().unwrap_or_default().to_owned(),
            (None, _, None) => String::new(),
        };
        Asked { by: self.by, service: self.service, action: action.to_owned(), of }
    }
}

/// A text of the request, without reading all of it: in what customers say the quotes around a name are escaped.
fn value<'a>(body: &'a [u8], name: &str) -> Option<&'a str> {
    let rest = std::str::from_utf8(body).ok()?.split_once(&format!("\"{name}\":\""))?.1;
    Some(rest.split_once('"')?.0)
}

/// A transaction tells it in a list.
fn units(answer: &[u8]) -> f64 {
    let told = std::str::from_utf8(answer).ok().and_then(|text| {
        let rest = text.split_once("\"ConsumedCapacity\":")?.1.split_once("\"CapacityUnits\":")?.1;
        rest.split([',', '}']).next()?.trim().parse().ok()
    });
    told.unwrap_or_default()
}

/// `DynamoDB_20120810.PutItem`
fn action(target: Option<&str>) -> &str {
    target.unwrap_or_default().rsplit('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_and_an_answer_are_read_as_far_as_is_needed() {
        let said =
            br#"{"ReturnConsumedCapacity":"TOTAL","TableName":"closer-bots","Item":{"a":{"S":"\"QueueUrl\":\"x\""}}}"#;
        assert_eq!((value(said, "TableName"), value(said, "QueueUrl")), (Some("closer-bots"), None));
        for (answer, expected) in [
            (r#"{"ConsumedCapacity":{"CapacityUnits":2.5,"TableName":"t"}}"#, 2.5),
            (r#"{"ConsumedCapacity":{"TableName":"t","CapacityUnits":1}}"#, 1.0),
            (r#"{"ConsumedCapacity":[{"TableName":"t","CapacityUnits":6.0}]}"#, 6.0),
            ("{}", 0.0),
            ("", 0.0),
        ] {
            assert!((units(answer.as_bytes()) - expected).abs() < f64::EPSILON, "{answer}");
        }
    }
}
