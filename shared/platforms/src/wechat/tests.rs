//! Every case of `testdata`.
use serde_json::{Value, json};

use super::PLATFORM;
use crate::testkit::Kit;

const KIT: Kit = Kit { platform: &PLATFORM, settings };
fn settings() -> Value {
    json!({})
}
#[test]
fn inbound() {
    KIT.inbound_cases();
}
