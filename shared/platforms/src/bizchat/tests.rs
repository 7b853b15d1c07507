//! Every case of `testdata`. To add one to `inbound`, sign its body: `mo` with
//! `(printf 'SECONDS.'; cat NAME.body) | openssl dgst -sha256 -hmac SECRET`.

mod check;
mod inbound;
mod outbound;

use serde_json::{Value, json};

use super::PLATFORM;
use crate::testkit::Kit;

const KIT: Kit = Kit { platform: &PLATFORM, settings };
const MO_SECRET: &str = "secret-of-the-gateway";
const AUTH_TOKEN: &str = "secret-twilio-token";

fn settings() -> Value {
    json!({
        "numbers": ["15881234", "02-1588-1234"],
        "moSecret": MO_SECRET,
        "twilioAuthToken": AUTH_TOKEN,
        "sens": { "serviceId": "ncp:sms:kr:1:demo", "accessKey": "secret-access-key", "secretKey": "secret-sens-key" },
        "solapi": { "apiKey": "secret-solapi-key", "apiSecret": "secret-solapi-secret" },
        "twilio": { "accountSid": "AC1", "authToken": AUTH_TOKEN },
        "msghub": { "apiKey": "hub-key", "apiPwd": "secret-hub-password" },
    })
}

#[test]
fn settings_that_cannot_work_say_what_to_do() {
    let with = |changes: &Value| {
        let mut settings = settings();
        settings.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        KIT.connect(&settings).map(|_| ())
    };
    assert_eq!(with(&json!({})), Ok(()));
    for (changes, part) in [
        (json!({ "numbers": [] }), "set `numbers`"),
        (json!({ "numbers": null }), "set `numbers`"),
        (json!({ "numbers": "15881234" }), "`numbers` must be a list of texts"),
        (json!({ "numbers": [15881234] }), "`numbers` must be a list of texts"),
        (json!({ "numbers": ["15881234", "별빛"] }), "set `numbers`"),
        (json!({ "moSecret": "", "twilioAuthToken": [] }), "set `moSecret`"),
        (json!({ "moSecret": 5 }), "`moSecret` must be"),
        (json!({ "signatureToleranceSeconds": 0 }), "must be 1 or more"),
        (json!({ "signatureToleranceSeconds": -1 }), "a number of seconds"),
        (json!({ "driver": "nhn" }), "`driver` must be"),
        (json!({ "driver": 1 }), "`driver` must be a text"),
        (json!({ "sens": { "serviceId": "a" } }), "`sens` needs `serviceId`, `accessKey`, `secretKey`"),
        (json!({ "sens": "x" }), "`sens` needs"),
        (json!({ "sens": { "serviceId": "a/b", "accessKey": "a", "secretKey": "s" } }), "`sens.serviceId` looks like"),
        (json!({ "sens": { "serviceId": "a", "accessKey": "a b", "secretKey": "s" } }), "`sens` needs"),
        (json!({ "twilio": { "accountSid": "AC/1", "authToken": "t" } }), "`twilio.accountSid`"),
        (json!({ "driver": "solapi", "solapi": { "apiKey": "k" } }), "`solapi` needs"),
        (json!({ "driver": "msghub", "msghub": { "apiKey": "k", "apiPwd": "가" } }), "`msghub` needs"),
        (json!({ "from": "별빛" }), "`from` must be a number"),
        (json!({ "title": 5 }), "`title` must be a text"),
    ] {
        let error = with(&changes).unwrap_err();
        assert!(error.starts_with("integration.bizchat: ") && error.contains(part), "{changes}: {error}");
    }
    for one in
        [json!({ "moSecret": "" }), json!({ "twilioAuthToken": null }), json!({ "sens": {} }), json!({ "sens": null })]
    {
        assert_eq!(with(&one), Ok(()), "{one}");
    }
}
