use model::{EpochMillis, Inbound};
use proptest::prelude::*;
use serde_json::json;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{AUTH_TOKEN, KIT, MO_SECRET, check};
use crate::testkit::{NONCE, RECEIVED_AT, any_reply, reply_of};
use crate::{Call, Channel};

fn inbound() -> Inbound {
    KIT.inbound(&json!({ "userKey": "+821012345678", "conversationKey": "+821012345678" }))
}

fn with_driver(driver: &str) -> Box<dyn Channel> {
    KIT.channel_with(&json!({ "driver": driver }))
}

#[test]
fn cases() {
    KIT.outbound_cases(check::calls, |_| unreachable!("nothing is an answer here"));
}

#[test]
fn judge() {
    KIT.judge_cases();
}

#[test]
fn obtain() {
    KIT.obtain_cases();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_goes_out_is_within_every_limit(
        reply in any_reply(),
        driver in prop::sample::select(vec!["sens", "solapi", "twilio", "msghub"]),
    ) {
        let inbound = inbound();
        let channel = with_driver(driver);
        let rendered = channel.render(&reply, &inbound, RECEIVED_AT);
        check::calls(&rendered, &inbound);
        // Each choice that has a label can be chosen, by the number of its place.
        let said: Vec<String> = rendered.calls.iter().map(check::text).collect();
        let said = said.join("\n");
        let shown = |number: usize| said.lines().any(|line| line.starts_with(&format!("{number}. ")));
        for (index, choice) in reply.choices().enumerate() {
            // A letter under a thousand accents fits in no message with its number.
            let fits = choice.label.graphemes(true).all(|letter| letter.len() < 100);
            let has_label = fits && choice.label.chars().any(char::is_alphanumeric);
            prop_assert!(!has_label || reply.messages.is_empty() || shown(index + 1), "{} of {driver}", index + 1);
        }
    }
}

fn call(driver: &str, settings: &serde_json::Value) -> (Box<dyn Channel>, Call) {
    let mut changes = settings.clone();
    changes["driver"] = json!(driver);
    let channel = KIT.channel_with(&changes);
    let reply = reply_of(&json!({ "messages": [{ "type": "text", "text": "a" }] }));
    let call = channel.render(&reply, &inbound(), RECEIVED_AT).calls.remove(0);
    (channel, call)
}

fn header<'a>(call: &'a Call, name: &str) -> Vec<&'a str> {
    call.headers.iter().filter(|(known, _)| *known == name).map(|(_, value)| value.as_str()).collect()
}

/// <https://api.ncloud-docs.com/docs/common-ncpapi>, worked by hand.
#[test]
fn sens_signs_address_and_time() {
    let sens = json!({ "serviceId": "ncp:sms:kr:123456789012:demo", "accessKey": "demoAccessKey", "secretKey": "demoSecretKey" });
    let (channel, mut call) = call("sens", &json!({ "sens": sens }));
    assert_eq!(header(&call, "x-ncp-apigw-signature-v2"), [""; 0], "it would be too old");
    for at in [1, 1_714_037_060_000] {
        channel.sign(&mut call, EpochMillis(at), NONCE);
    }
    assert_eq!(header(&call, "x-ncp-apigw-timestamp"), ["1714037060000"]);
    assert_eq!(header(&call, "x-ncp-iam-access-key"), ["demoAccessKey"]);
    assert_eq!(header(&call, "x-ncp-apigw-signature-v2"), ["rsR1l+NMQ7jg90daLOFAtBvkR8Ys/u9PUJhooqZQbYI="]);
    assert_eq!(header(&call, "content-type"), ["application/json; charset=utf-8"]);
}

#[test]
fn sens_signs_an_upload_too() {
    let channel = with_driver("sens");
    let media = json!({ "type": "media", "media": { "contentType": "image", "uri": "https://a.example/1.jpg" } });
    let reply = reply_of(&json!({ "messages": [media] }));
    let mut call = channel.render(&reply, &inbound(), RECEIVED_AT).calls.remove(0);
    channel.sign(&mut call.needs[0].call, RECEIVED_AT, NONCE);
    assert!(call.needs[0].call.url.ends_with("/files"));
    assert_eq!(header(&call.needs[0].call, "x-ncp-apigw-signature-v2").len(), 1);
}

#[test]
fn solapi_signs_time_and_salt_each_time_anew() {
    let solapi = json!({ "apiKey": "K", "apiSecret": "S" });
    let (channel, mut call) = call("solapi", &json!({ "solapi": solapi }));
    assert_eq!(header(&call, "authorization"), [""; 0]);
    channel.sign(&mut call, RECEIVED_AT, NONCE);
    let first = header(&call, "authorization")[0].to_owned();
    assert!(first.starts_with(
        "HMAC-SHA256 apiKey=K, date=2026-06-01T07:47:25.700Z, salt=0123456789abcdef0123456789abcdef, signature="
    ));
    channel.sign(&mut call, RECEIVED_AT, NONCE + 1);
    assert_eq!(header(&call, "authorization").len(), 1);
    assert_ne!(header(&call, "authorization"), [first]);
}

#[test]
fn the_others_need_no_signature() {
    for driver in ["twilio", "msghub"] {
        let (channel, mut call) = call(driver, &json!({}));
        let before = call.clone();
        channel.sign(&mut call, RECEIVED_AT, NONCE);
        assert_eq!(call, before);
    }
}

/// `printf %s "$(printf %s PASSWORD | openssl dgst -sha512 -binary | base64 -w0).SALT" | openssl dgst -sha512 -binary | base64 -w0`
#[test]
fn the_message_hub_gets_a_hashed_password_and_one_token_for_all() {
    let (_, one) = call("msghub", &json!({}));
    let (_, other) = call("msghub", &json!({}));
    assert_eq!(one.needs, other.needs);
    let login = &one.needs[0].call;
    let body: serde_json::Value = serde_json::from_slice(&login.body).unwrap();
    assert_eq!(login.url, "https://api.msghub.uplus.co.kr/auth/v1/f82ac59657837bf6");
    assert_eq!(
        body,
        json!({ "apiKey": "hub-key", "apiPwd": "paWG56XaupS0lBpGf/ZHyPzB9/rSDBuxqaKcSgkL831hNLYYAXM//t2loSPp7/5TVIA2FXQ2nYR/JFAs6p5EkQ==" })
    );
}

/// What is put in goes to its own place, whatever a text says; with marks that are always the same it did not.
#[test]
fn no_text_is_taken_for_a_mark() {
    let words = "closer-mark-token closer-mark-tokenx closer-mark-tokenxx closer-mark-file-id closer-mark-file-idx \
                 closer-mark-file-body";
    for driver in ["sens", "msghub"] {
        let channel = with_driver(driver);
        let media = json!({ "type": "media", "media": { "contentType": "image", "uri": "https://a.example/1.jpg" }, "text": words });
        let mut call =
            channel.render(&reply_of(&json!({ "messages": [media] })), &inbound(), RECEIVED_AT).calls.remove(0);
        for need in std::mem::take(&mut call.needs) {
            call.put(&need.mark, "what-was-obtained");
        }
        let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
        let (said, place) = match driver {
            "sens" => (&body["content"], body["files"][0]["fileId"].as_str().unwrap()),
            _ => (&body["msg"], header(&call, "authorization")[0].trim_start_matches("Bearer ")),
        };
        assert!(said.as_str().unwrap().starts_with(words), "{said}");
        assert_eq!(place, "what-was-obtained");
        assert_eq!(
            String::from_utf8_lossy(&call.body).matches("what-was-obtained").count(),
            usize::from(driver == "sens")
        );
    }
}

#[test]
fn a_repeated_render_is_the_same_to_the_byte() {
    for driver in ["sens", "solapi", "twilio", "msghub"] {
        assert_eq!(call(driver, &json!({})).1, call(driver, &json!({})).1);
    }
}

#[test]
fn nothing_is_told() {
    let secrets = [
        "customer words",
        "01012345678",
        "+8210",
        "secret-access-key",
        "secret-sens-key",
        "secret-solapi-key",
        "secret-solapi-secret",
        AUTH_TOKEN,
        "secret-hub-password",
        MO_SECRET,
    ];
    let bodies = [
        r#"{"code":"01012345678","message":"customer words"}"#,
        r#"{"errorCode":"secret-sens-key","errorMessage":"customer words +821012345678"}"#,
        r#"{"error":{"errorCode":"customer words"},"data":[{"code":"01012345678"}]}"#,
        "customer words",
    ];
    for driver in ["sens", "solapi", "twilio", "msghub"] {
        let channel = with_driver(driver);
        let media = json!({ "type": "media", "media": { "contentType": "image", "uri": "https://a.example/1.jpg" }, "text": "customer words" });
        let mut rendered = channel.render(&reply_of(&json!({ "messages": [media] })), &inbound(), RECEIVED_AT);
        channel.sign(&mut rendered.calls[0], RECEIVED_AT, NONCE);
        let kit = crate::testkit::Kit {
            platform: KIT.platform,
            settings: match driver {
                "sens" => || with("sens"),
                "solapi" => || with("solapi"),
                "twilio" => || with("twilio"),
                _ => || with("msghub"),
            },
        };
        kit.nothing_is_told(&rendered, &bodies, &secrets);
    }
}

fn with(driver: &str) -> serde_json::Value {
    let mut settings = super::settings();
    settings["driver"] = json!(driver);
    settings
}
