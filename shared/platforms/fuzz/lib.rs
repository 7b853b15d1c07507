//! Any bytes, signed as the messenger would, through an adapter: whatever comes, it must not panic. What it takes, it
//! must be able to answer.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use http::{HeaderMap, Method};
use model::{BotId, EpochMillis, Reply};
use platforms::web::{Beginning, Begins, Connection, Frame, Heard, Standing, TokenRequest, Web};
use platforms::{Acknowledge, Channel, Platform, Request, Setup};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use sha2::Sha256;

const NOW: EpochMillis = EpochMillis(1_780_300_045_000);
const SECRET: &str = "secret";

pub fn kakao(body: &[u8]) {
    static CHANNEL: LazyLock<Box<dyn Channel>> = LazyLock::new(|| {
        connect(&platforms::kakao::PLATFORM, json!({ "botSecret": SECRET, "channelAdminKey": SECRET }))
    });
    let (way, body) = split(body);
    let tail = if way.is_multiple_of(4) { "secret/channel" } else { "secret" };
    receive(&**CHANNEL, tail, &[("authorization", "KakaoAK secret")], &[], body);
}

pub fn kakaobiz(body: &[u8]) {
    static CHANNEL: LazyLock<Box<dyn Channel>> = LazyLock::new(|| {
        let settings = json!({ "botSecret": SECRET, "senderKeys": ["0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"] });
        connect(&platforms::kakaobiz::PLATFORM, settings)
    });
    let (way, body) = split(body);
    let tails = ["message", "reference", "expired_session", "cstalk/message", "message_bot", ""];
    receive(&**CHANNEL, &format!("secret/{}", tails[usize::from(way) % tails.len()]), &[], &[], body);
}

pub fn navertalk(body: &[u8]) {
    static CHANNEL: LazyLock<Box<dyn Channel>> =
        LazyLock::new(|| connect(&platforms::navertalk::PLATFORM, json!({ "botSecret": SECRET, "authorization": "t" })));
    receive(&**CHANNEL, SECRET, &[], &[], body);
}

pub fn line(body: &[u8]) {
    static CHANNEL: LazyLock<Box<dyn Channel>> =
        LazyLock::new(|| connect(&platforms::line::PLATFORM, json!({ "channelSecret": SECRET, "channelAccessToken": "t" })));
    receive(&**CHANNEL, "", &[("x-line-signature", &STANDARD.encode(hmac(&[body])))], &[], body);
}

pub fn facebook(body: &[u8]) {
    static CHANNEL: LazyLock<Box<dyn Channel>> = LazyLock::new(|| {
        let settings = json!({ "appSecret": SECRET, "verifyToken": SECRET, "pageId": "104477991122334", "appId": "1122334455667788", "pageAccessToken": "t" });
        connect(&platforms::facebook::PLATFORM, settings)
    });
    let signature = format!("sha256={}", hex(&hmac(&[body])));
    receive(&**CHANNEL, "", &[("x-hub-signature-256", &signature)], &[], body);
}

pub fn wechat(body: &[u8]) {
    static CHANNEL: LazyLock<Box<dyn Channel>> = LazyLock::new(|| {
        let settings = json!({ "originalId": "gh_5a8e0c6b1d2f", "appId": "wx3f1c9a7b2d4e6f80", "appSecret": SECRET, "token": SECRET,
            "encodingAESKey": "qP3vX8kLmN0sTuVwYz1aBcDeFgHiJkLmNoPqRsTuVwX" });
        connect(&platforms::wechat::PLATFORM, settings)
    });
    let (way, body) = split(body);
    let signature = |parts: &[&str]| {
        let mut parts = parts.to_vec();
        parts.sort_unstable();
        hex(&Sha1::digest(parts.concat()))
    };
    let plain = signature(&[SECRET, "1714037001", "70017"]);
    let mut query = vec![("signature", plain.as_str()), ("timestamp", "1714037001"), ("nonce", "70017")];
    let encrypted = std::str::from_utf8(body).ok().and_then(|text| {
        let (_, rest) = text.split_once("<Encrypt><![CDATA[")?;
        Some(rest.split_once("]]>")?.0)
    });
    let message = signature(&[SECRET, "1714037001", "70017", encrypted.unwrap_or_default()]);
    if !way.is_multiple_of(2) {
        query.extend([("encrypt_type", "aes"), ("msg_signature", message.as_str())]);
    }
    receive(&**CHANNEL, "", &[], &query, body);
}

pub fn bizchat(body: &[u8]) {
    static CHANNEL: LazyLock<Box<dyn Channel>> = LazyLock::new(|| {
        let settings = json!({ "numbers": ["15881234", "0215881234"], "moSecret": SECRET, "twilioAuthToken": SECRET });
        connect(&platforms::bizchat::PLATFORM, settings)
    });
    let (way, body) = split(body);
    if way.is_multiple_of(2) {
        let seconds = NOW.0 / 1000;
        let signature = format!("t={seconds},v1={}", hex(&hmac(&[seconds.to_string().as_bytes(), b".", body])));
        receive(&**CHANNEL, "mo", &[("x-gateway-signature", &signature)], &[], body);
    } else {
        // A signature over the parts of a form needs the form read; one that is wrong is read as far.
        receive(&**CHANNEL, "twilio", &[("x-twilio-signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")], &[], body);
    }
}

/// An event of the WebSocket API: as recorded, and as the body of a frame; and the body of a request for a token.
pub fn web(body: &[u8]) {
    static WEB: LazyLock<Web> = LazyLock::new(|| {
        let bot_id: BotId = "Bweb01".parse().expect("a bot id");
        let settings = json!({ "tokenSecret": "secret-of-16-letters", "uploadUriPrefixes": ["https://media.example.com/u/"] });
        let public_url = "https://bots.example.com";
        Web::connect(Setup { bot_id: &bot_id, settings: &settings, public_url, preference: &Value::Null })
            .expect("settings that connect")
    });
    let user_key = "member-1001".parse().expect("a user key");
    let row = Connection { id: "L0SM9cOFvHcCIhw=".to_owned(), user_key, connected_at: NOW, opened: true };
    let context = json!({ "eventType": "MESSAGE", "connectionId": row.id, "connectedAt": NOW, "requestTimeEpoch": NOW });
    let framed = json!({ "requestContext": context, "body": String::from_utf8_lossy(body) }).to_string();
    // Before there is a row: a handshake, and whom it is for.
    drop(platforms::web::asked(body));
    drop(WEB.hear(body, None, NOW));
    // The token API.
    drop(platforms::web::bot_of(body));
    for refresh in [false, true] {
        let origin = Some("https://bots.example.com");
        let request = TokenRequest { method: &Method::POST, refresh, origin, authorization: None, body, socket_url: "wss://x" };
        let reply = WEB.tokens(&request, NOW, 7);
        assert!(serde_json::from_str::<Value>(&reply.body).is_ok_and(|body| body.is_object()));
    }
    for event in [body, framed.as_bytes()] {
        let Ok(Heard::Frame { connection, event, frame }) = WEB.hear(event, Some(&row), NOW) else { continue };
        match frame {
            Ok(Frame::Message(said)) => {
                if let Ok(content) = said.content.clone() {
                    let (inbound, _) = WEB.said(&said, content, &connection, event.at);
                    assert_eq!(inbound.id, WEB.said_id(&said, &connection));
                }
            }
            Ok(Frame::Open(open)) => {
                let standing = Standing { live: None, announced: None, is_awaited: false, params: &open.params, lost: None };
                let opening = WEB.open(&open, &connection, &event, standing);
                let Begins::Now(beginning) = opening.begins else { panic!("nothing was there to go on with") };
                assert_eq!(Beginning::read(&beginning.to_json()), Some(beginning.clone()));
                let standing = Standing { announced: Some(&beginning), is_awaited: true, ..standing };
                assert_eq!(WEB.open(&open, &connection, &event, standing).inbounds, opening.inbounds);
            }
            Ok(_) | Err(_) => {}
        }
    }
}

/// The last byte chooses a way, so that a recorded body is a body also here.
fn split(body: &[u8]) -> (u8, &[u8]) {
    body.split_last().map_or((0, body), |(way, body)| (*way, body))
}

fn connect(platform: &Platform, settings: Value) -> Box<dyn Channel> {
    let bot_id: BotId = "Bxxxxx".parse().expect("a bot id");
    let setup = Setup { bot_id: &bot_id, settings: &settings, public_url: "https://bots.example.com", preference: &Value::Null };
    (platform.connect)(setup).expect("settings that connect")
}

fn receive(channel: &dyn Channel, tail: &str, headers: &[(&'static str, &str)], query: &[(&str, &str)], body: &[u8]) {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().expect("a header")))
        .collect();
    let query: BTreeMap<String, String> =
        query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let url = "https://bots.example.com/hooks/x/Bxxxxx";
    let request = Request { method: &Method::POST, tail, url, query: &query, headers: &headers, body, received_at: NOW };
    let Ok(received) = channel.receive(&request) else { return };
    let Acknowledge::WithReply { .. } = received.acknowledge else { return };
    let (Some(synchronous), Some(last)) = (channel.synchronous(), received.inbound.last()) else {
        panic!("nobody will answer");
    };
    drop(synchronous.answer(&Reply::default(), last, NOW, 1));
    drop(synchronous.interim(last));
}

fn hmac(parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
