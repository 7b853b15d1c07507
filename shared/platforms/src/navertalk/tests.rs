//! The cases of `testdata`, and what must hold whatever comes.

mod check;
mod requests;
mod robust;
mod settings;
mod turns;

use model::EpochMillis;
use serde_json::{Value, json};

use super::PLATFORM;
use crate::testkit::{Incoming, Kit};
use crate::{Channel, ReceiveError, Received};

const KIT: Kit = Kit { platform: &PLATFORM, settings };
const SECRET: &str = "path-secret";
const TOKEN: &str = "ct_wcsmp1_secret-token";

fn settings() -> Value {
    json!({ "botSecret": SECRET, "authorization": TOKEN, "partner": "wcsmp1", "handOver": true })
}

/// With a request of ours, which is let in.
fn receive(channel: &dyn Channel, body: &[u8], received_at: EpochMillis) -> Result<Received, ReceiveError> {
    KIT.receive(channel, &Incoming { tail: SECRET, body, received_at, ..Incoming::default() })
}

#[test]
fn inbound() {
    KIT.inbound_cases();
}

#[test]
fn outbound() {
    KIT.outbound_cases(check::rendered, check::answer);
}

#[test]
fn judge() {
    KIT.judge_cases();
}
