//! Every case of `testdata`. To add one to `inbound`, sign its body with `openssl dgst -sha256 -hmac SECRET NAME.body`; one
//! of `outbound` needs no more than its `reply`, and `UPDATE=1 cargo test` writes what comes out of it, for you to read.

mod check;
mod requests;
mod robust;

use serde_json::{Value, json};

use super::PLATFORM;
use crate::secret::hmac_sha256;
use crate::testkit::{Incoming, Kit};
use crate::{Channel, ReceiveError, Received};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const VERIFY_TOKEN: &str = "verify-me";
const PAGE_TOKEN: &str = "EAAB-page-token";
const PROOF: &str = "f28c65eddb1e67f21354744863da01fea5d19f1fd177406d30990c4af70af88d";

const KIT: Kit = Kit { platform: &PLATFORM, settings };

fn settings() -> Value {
    json!({
        "appSecret": SECRET,
        "verifyToken": VERIFY_TOKEN,
        "pageId": "1000000000000001",
        "appId": "2000000000000002",
        "pageAccessToken": PAGE_TOKEN,
        "handOver": true,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn signed(secret: &str, body: &[u8]) -> String {
    format!("sha256={}", hex(&hmac_sha256(secret.as_bytes(), &[body])))
}

fn receive(channel: &dyn Channel, body: &[u8]) -> Result<Received, ReceiveError> {
    let signature = signed(SECRET, body);
    KIT.receive(channel, &Incoming { headers: &[("x-hub-signature-256", &signature)], body, ..Incoming::default() })
}

#[test]
fn inbound() {
    KIT.inbound_cases();
}

#[test]
fn outbound() {
    KIT.outbound_cases(check::rendered, |_| panic!("Messenger does not wait"));
}

#[test]
fn judge() {
    KIT.judge_cases();
}
