use serde_json::{Value, json};

use crate::testkit::Kit;

const SECRET: &str = "path-secret-77";
const SENDER: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

const KIT: Kit = Kit { platform: &super::PLATFORM, settings };

fn settings() -> Value {
    json!({
        "botSecret": SECRET,
        "senderKeys": [SENDER],
        "happytalk": { "clientId": "client-id-1", "clientSecret": "client-secret-1" },
    })
}

#[test]
fn inbound() {
    KIT.inbound_cases();
}
