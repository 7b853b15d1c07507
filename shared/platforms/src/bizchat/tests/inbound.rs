use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use http::Method;
use model::{EpochMillis, InboundId, InboundKind, PlatformType};
use serde_json::{Value, json};
use sha1::Sha1;

use super::{AUTH_TOKEN, KIT, MO_SECRET};
use crate::secret::hmac_sha256;
use crate::testkit::{Incoming, RECEIVED_AT};
use crate::{Acknowledge, Channel, ReceiveError, Received};

const URL: &str = "https://bots.example.com/hooks/bizchat/Bxxxxx/twilio";

#[test]
fn cases() {
    KIT.inbound_cases();
}

fn pushed(channel: &dyn Channel, body: &[u8]) -> Result<Received, ReceiveError> {
    pushed_at(channel, body, RECEIVED_AT)
}

fn pushed_at(channel: &dyn Channel, body: &[u8], received_at: EpochMillis) -> Result<Received, ReceiveError> {
    let seconds = received_at.seconds().0.to_string();
    let digest = hmac_sha256(MO_SECRET.as_bytes(), &[seconds.as_bytes(), b".", body]);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let signature = format!("t={seconds},v1={hex}");
    KIT.receive(
        channel,
        &Incoming {
            tail: "mo",
            headers: &[("x-gateway-signature", &signature)],
            body,
            received_at,
            ..Incoming::default()
        },
    )
}

fn posted(channel: &dyn Channel, url: &str, token: &str, body: &[u8]) -> Result<Received, ReceiveError> {
    let mut fields: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
    fields.sort();
    fields.dedup();
    let signed: String = fields.into_iter().map(|(name, value)| name + &value).collect();
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(url.as_bytes());
    mac.update(signed.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let headers = &[("x-twilio-signature", signature.as_str())];
    KIT.receive(channel, &Incoming { tail: "twilio", url, headers, body, ..Incoming::default() })
}

#[test]
fn no_body_is_a_panic() {
    let channel = KIT.channel();
    KIT.no_body_is_a_panic(|case, body| {
        let is_form = case["request"]["url"].as_str().unwrap().contains("/twilio");
        let received = if is_form { posted(&*channel, URL, AUTH_TOKEN, body) } else { pushed(&*channel, body) };
        // The signature is right, so what is refused was read.
        assert_ne!(received, Err(ReceiveError::Forbidden));
        received.is_ok()
    });
}

/// Twilio's own: <https://www.twilio.com/docs/usage/security#validating-requests>.
#[test]
fn the_worked_signature() {
    let channel = KIT.channel_with(&json!({ "twilioAuthToken": "12345" }));
    let body = b"Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE";
    let received = |url: &str| {
        let headers = &[("x-twilio-signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8=")];
        KIT.receive(&*channel, &Incoming { tail: "twilio", url, headers, body, ..Incoming::default() })
    };
    // It is a call, which has no message in it; but it is Twilio's.
    assert!(matches!(received("https://mycompany.com/myapp.php?foo=1&bar=2"), Err(ReceiveError::Malformed(_))));
    assert_eq!(received("https://mycompany.com/myapp.php?bar=2&foo=1"), Err(ReceiveError::Forbidden));
}

#[test]
fn a_message_has_the_same_id_each_time() {
    let channel = KIT.channel();
    let of = |event: &str| InboundId::of(&"Bxxxxx".parse().unwrap(), PlatformType::Bizchat, event);
    let ids = |mo: Value| -> Vec<_> {
        let received = pushed(&*channel, json!({ "moLst": [mo] }).to_string().as_bytes()).unwrap();
        received.inbound.iter().map(|inbound| inbound.id).collect()
    };
    let part = json!({ "contentUrl": "https://a.example/1" });
    let mo = |key: Value, parts: &[&Value], message: &str| json!({ "moNumber": "15881234", "moCallback": "01012345678", "moKey": key, "moMsg": message, "contentInfoLst": parts });
    assert_eq!(ids(mo(json!("K"), &[], "a")), [of("K")]);
    assert_eq!(ids(mo(json!("K"), &[&part], "a")), [of("K#1"), of("K#2")]);
    assert_eq!(ids(mo(json!("K"), &[&part], "STOP")), [of("K")]);
    let (one, again) = (ids(mo(Value::Null, &[], "a")), ids(mo(Value::Null, &[], "a")));
    assert_eq!(one, again);
    assert_ne!(one, ids(mo(Value::Null, &[], "b")));
    let at = |received_at: EpochMillis, mo: &Value| {
        let received = pushed_at(&*channel, json!({ "moLst": [mo] }).to_string().as_bytes(), received_at).unwrap();
        received.inbound[0].id
    };
    let nameless = mo(Value::Null, &[], "네");
    let minute = EpochMillis(RECEIVED_AT.0.div_euclid(60_000) * 60_000);
    assert_eq!(at(minute, &nameless), at(minute.plus_ms(59_999), &nameless));
    assert_ne!(at(minute, &nameless), at(minute.plus_ms(60_000), &nameless), "the same words, said again");
    for told in [json!({ "moKey": "K" }), json!({ "moRecvDt": "20240425182419" })] {
        let mut mo = nameless.clone();
        mo.as_object_mut().unwrap().extend(told.as_object().cloned().unwrap());
        assert_eq!(at(minute, &mo), at(minute.plus_ms(60_000), &mo), "{told}");
    }
    let sms = |body: &[u8]| posted(&*channel, URL, AUTH_TOKEN, body).unwrap().inbound[0].id;
    assert_eq!(sms(b"MessageSid=SM1&From=%2B821012345678&To=15881234&Body=a"), of("SM1"));
}

#[test]
fn what_is_ignored_has_a_name() {
    let channel = KIT.channel();
    let of = |mo: Value| -> Vec<String> {
        let good = json!({ "moNumber": "15881234", "moCallback": "01012345678", "moMsg": "a" });
        let received = pushed(&*channel, json!({ "moLst": [mo, good] }).to_string().as_bytes()).unwrap();
        assert_eq!(received.inbound.len(), 1);
        received.ignored.iter().map(|ignored| ignored.as_str().to_owned()).collect()
    };
    assert_eq!(of(json!(5)), ["unreadable MO"]);
    assert_eq!(of(json!({ "moNumber": "1" })), ["MO for another number"]);
    assert_eq!(of(json!({ "moNumber": "15881234" })), ["MO without a sender"]);
    assert_eq!(of(json!({ "moNumber": "15881234", "moCallback": "1" })), ["empty MO"]);
    let part = json!({ "moNumber": "15881234", "moCallback": "1", "contentInfoLst": [{}] });
    assert_eq!(of(part), ["MMS part without an address", "empty MO"]);
    let ignored = |body: &[u8]| posted(&*channel, URL, AUTH_TOKEN, body).unwrap().ignored;
    assert_eq!(ignored(b"MessageStatus=sent")[0].as_str(), "delivery report");
    assert_eq!(ignored(b"MessageSid=SM1&From=%2B821012345678&To=15881234")[0].as_str(), "empty message");
}

#[test]
fn what_twilio_holds_opens_with_the_account() {
    let channel = KIT.channel();
    let source = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1";
    let body =
        format!("MessageSid=SM1&From=%2B821012345678&To=15881234&MediaUrl0={source}&MediaContentType0=image%2Fjpeg");
    let received = posted(&*channel, URL, AUTH_TOKEN, body.as_bytes()).unwrap();
    let InboundKind::Message { data, .. } = &received.inbound[0].kind else { panic!() };
    let link = json!(data)["media"]["uri"].as_str().unwrap().to_owned();
    let tail = link.strip_prefix("https://bots.example.com/hooks/bizchat/Bxxxxx/").unwrap();
    let opened = |channel: &dyn Channel, tail: &str, days: i64| {
        let received_at = RECEIVED_AT.plus_ms(days * 86_400_000);
        KIT.receive(channel, &Incoming { method: Method::GET, tail, received_at, ..Incoming::default() })
    };
    let Acknowledge::Content(content) = opened(&*channel, tail, 14).unwrap().acknowledge else { panic!() };
    assert_eq!(content.url, source);
    let basic = STANDARD.encode(format!("AC1:{AUTH_TOKEN}"));
    assert_eq!(content.headers, [("authorization", format!("Basic {basic}"))]);

    assert_eq!(opened(&*channel, tail, 15), Err(ReceiveError::Expired));
    assert_eq!(opened(&*channel, &format!("{tail}x"), 1), Err(ReceiveError::UnknownPath));
    let without = KIT.channel_with(&json!({ "twilio": null }));
    assert_eq!(opened(&*without, tail, 1), Err(ReceiveError::UnknownPath));
    let rotated = KIT.channel_with(&json!({ "twilioAuthToken": ["new", AUTH_TOKEN] }));
    assert!(opened(&*rotated, tail, 1).is_ok());
    // Signed by us, and yet for another host.
    let forged = crate::media::link(
        "https://bots.example.com",
        PlatformType::Bizchat,
        &"Bxxxxx".parse().unwrap(),
        &serde_json::from_value(json!(AUTH_TOKEN)).unwrap(),
        "https://api.twilio.com.evil.example/",
        crate::media::LIFETIME_SECONDS,
        RECEIVED_AT,
    );
    let tail = forged.split_once("/Bxxxxx/").unwrap().1;
    assert_eq!(opened(&*channel, tail, 1), Err(ReceiveError::UnknownPath));
}
