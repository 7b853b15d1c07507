//! What a push leads to, beyond what its case shows.

use http::{Method, StatusCode};
use model::{EpochMillis, Inbound, InboundKind};
use serde_json::{Value, json};

use super::super::crypt::{Key, signature};
use super::super::xml;
use super::{KEY, KIT, SECRET, TOKEN, text};
use crate::testkit::{Incoming, NONCE, RECEIVED_AT};
use crate::{Acknowledge, Channel, ReceiveError, Received};

pub(super) const TIMESTAMP: &str = "1780300045";
const OLD_KEY: &str = "qP3vX8kLmN0sTuVwYz1aBcDeFgHiJkLmNoPqRsTuVwX";

pub(super) fn push(kind: &str, inside: &str) -> String {
    format!(
        "<xml><ToUserName>gh_local</ToUserName><FromUserName>U1</FromUserName><CreateTime>1780300045</CreateTime>\
         <MsgType>{kind}</MsgType>{inside}</xml>"
    )
}

pub(super) fn hi() -> String {
    push("text", "<Content>hi</Content><MsgId>24537846213905512</MsgId>")
}

pub(super) fn plain(channel: &dyn Channel, body: &[u8], received_at: EpochMillis) -> Result<Received, ReceiveError> {
    let signature = signature(TOKEN, &[TIMESTAMP, "7"]);
    let query = [("signature", &*signature), ("timestamp", TIMESTAMP), ("nonce", "7")];
    KIT.receive(channel, &Incoming { query: &query, body, received_at, ..Incoming::default() })
}

pub(super) fn secure(channel: &dyn Channel, xml: &str, token: &str, key: &str) -> Result<Received, ReceiveError> {
    let encrypted = Key::parse(key).unwrap().close(xml, "wxlocal", [1; 16]);
    let (short, long) = (signature(token, &[TIMESTAMP, "7"]), signature(token, &[TIMESTAMP, "7", &encrypted]));
    let body = format!("<xml><ToUserName>gh_local</ToUserName><Encrypt>{encrypted}</Encrypt></xml>");
    let query = [
        ("signature", &*short),
        ("timestamp", TIMESTAMP),
        ("nonce", "7"),
        ("encrypt_type", "aes"),
        ("msg_signature", &*long),
    ];
    KIT.receive(channel, &Incoming { query: &query, body: body.as_bytes(), ..Incoming::default() })
}

fn only(received: Received) -> Inbound {
    let [inbound] = <[Inbound; 1]>::try_from(received.inbound).unwrap();
    inbound
}

#[test]
fn a_retry_is_the_same_message() {
    let channel = KIT.channel();
    let id = |body: &str, after_ms| only(plain(&*channel, body.as_bytes(), RECEIVED_AT.plus_ms(after_ms)).unwrap()).id;
    let event = |name: &str, key: &str| push("event", &format!("<Event>{name}</Event><EventKey>{key}</EventKey>"));
    assert_eq!(id(&hi(), 0), id(&hi(), 5000));
    assert_eq!(id(&hi(), 0), id(&hi().replace("hi", "other"), 0), "the MsgId alone counts");
    assert_ne!(id(&hi(), 0), id(&hi().replace("905512", "905513"), 0));
    assert_eq!(id(&event("subscribe", ""), 0), id(&event("subscribe", ""), 5000));
    assert_ne!(id(&event("subscribe", ""), 0), id(&event("unsubscribe", ""), 0));
    assert_ne!(id(&event("CLICK", "a"), 0), id(&event("CLICK", "b"), 0), "two presses in a second");
    let later = event("CLICK", "a").replace("1780300045", "1780300046");
    assert_ne!(id(&event("CLICK", "a"), 0), id(&later, 0));
    let nameless = push("text", "<Content>hi</Content>");
    assert_eq!(id(&nameless, 0), id(&nameless, 5000));
}

#[test]
fn what_leads_to_a_reply_waits_for_it() {
    let event = |name: &str, inside: &str| push("event", &format!("<Event>{name}</Event>{inside}"));
    let click = event("CLICK", "<EventKey>a</EventKey>");
    let channel = KIT.channel();
    let alone = KIT.channel_with(&json!({ "customerService": false, "answerWithinMs": 4000 }));
    let slow = KIT.channel_with(&json!({ "answerWithinMs": 4700 }));
    for (channel, body, age_ms, waits_ms, reply_to) in [
        (&channel, hi(), 700, Some(4400), json!({ "account": "gh_local" })),
        (&channel, event("subscribe", ""), 700, Some(4400), json!({ "account": "gh_local", "brief": true })),
        (&channel, click, 700, Some(4400), json!({ "account": "gh_local", "brief": true })),
        (&channel, hi(), 11_000, Some(4400), json!({ "account": "gh_local" })),
        (&slow, hi(), 700, Some(4700), json!({ "account": "gh_local" })),
        // Past Tencent's five seconds, so that it asks again; and the last time before them.
        (&alone, hi(), 700, Some(5600), json!({ "account": "gh_local" })),
        (&alone, hi(), 5_900, Some(5600), json!({ "account": "gh_local" })),
        (&alone, hi(), 10_900, Some(4000), json!({ "account": "gh_local" })),
        (&channel, event("unsubscribe", ""), 700, None, Value::Null),
        (&channel, event("SCAN", "<EventKey>1</EventKey>"), 700, None, Value::Null),
        (&channel, event("LOCATION", "<Latitude>1</Latitude><Longitude>2</Longitude>"), 700, None, Value::Null),
    ] {
        let received_at = EpochMillis(1_780_300_045_000 + age_ms);
        let received = plain(&**channel, body.as_bytes(), received_at).unwrap();
        let until = waits_ms.map(|ms| received_at.plus_ms(ms));
        match (&received.acknowledge, until) {
            (Acknowledge::WithReply { until }, Some(expected)) => assert_eq!(*until, expected, "{body}"),
            (Acknowledge::Now(reply), None) => assert_eq!(reply.body, "success"),
            other => panic!("{body}: {other:?}"),
        }
        let inbound = only(received);
        assert_eq!((inbound.answer_by, &inbound.reply_to), (until, &reply_to), "{body}");
    }
}

#[test]
fn an_answer_is_encrypted_with_the_key_and_token_of_the_push() {
    let channel = KIT.channel_with(&json!({ "token": ["newtoken", TOKEN], "previousEncodingAESKey": OLD_KEY }));
    for (token, key) in [("newtoken", KEY), (TOKEN, KEY), (TOKEN, OLD_KEY)] {
        let inbound = only(secure(&*channel, &hi(), token, key).unwrap());
        assert!(!inbound.reply_to.to_string().contains(token) && !inbound.reply_to.to_string().contains(key));
        let answer = |nonce| {
            let (answer, _) = channel.synchronous().unwrap().answer(&text("네"), &inbound, RECEIVED_AT, nonce);
            answer.body
        };
        let body = answer(NONCE);
        assert_ne!(body, answer(NONCE + 1));
        let field = |name: &str| {
            let rest = body.split_once(&format!("<{name}>")).unwrap().1;
            let inside = rest.split_once(&format!("</{name}>")).unwrap().0;
            inside.trim_start_matches("<![CDATA[").trim_end_matches("]]>").to_owned()
        };
        let encrypted = field("Encrypt");
        assert_eq!(field("MsgSignature"), signature(token, &[&field("TimeStamp"), &field("Nonce"), &encrypted]));
        assert_eq!(field("TimeStamp"), RECEIVED_AT.seconds().0.to_string());
        let opened = Key::parse(key).unwrap().open(&encrypted, "wxlocal").unwrap();
        let push = xml::read(&opened).unwrap();
        assert_eq!(push.content.as_deref(), Some("네"));
        assert_eq!(
            (push.to_user_name.as_deref(), push.from_user_name.as_deref()),
            (Some("U1"), Some("gh_local")),
            "they change places"
        );
    }
}

#[test]
fn a_pressed_choice_brings_back_its_reference() {
    let channel = KIT.channel();
    let button = json!({ "label": "예약 \"🍎\" & 100%", "payload": { "menu": [1, null] } });
    let reply =
        crate::testkit::reply_of(&json!({ "messages": [{ "type": "text", "text": "고르세요", "buttons": [button] }] }));
    let inbound = super::inbound(&json!({ "account": "gh_local" }));
    let rendered = channel.render(&reply, &inbound, RECEIVED_AT);
    let sent: Value = serde_json::from_slice(&rendered.calls[0].body).unwrap();
    let item = &sent["msgmenu"]["list"][0];
    let (answer, _) = channel.synchronous().unwrap().answer(&reply, &inbound, RECEIVED_AT, 1);
    let id = item["id"].as_str().unwrap();
    assert!(answer.body.contains(&format!("&msgmenuid={id}\">")), "{}", answer.body);

    let (label, id) = (item["content"].as_str().unwrap(), item["id"].as_str().unwrap());
    let inside = format!("<Content><![CDATA[{label}]]></Content><MsgId>1</MsgId><bizmsgmenuid>{id}</bizmsgmenuid>");
    let inbound = only(plain(&*channel, push("text", &inside).as_bytes(), RECEIVED_AT).unwrap());
    let InboundKind::Message { data, meta, .. } = inbound.kind else { panic!() };
    assert_eq!(json!(data)["text"], button["label"]);
    let shown: model::Button = serde_json::from_value(button).unwrap();
    assert_eq!(meta.payload, Some(json!(shown.reference())));
}

#[test]
fn media_open_by_our_link_with_the_access_token() {
    let channel = KIT.channel();
    let body = push("voice", "<MediaId>m-1_X</MediaId><MsgId>1</MsgId>");
    let inbound = only(plain(&*channel, body.as_bytes(), RECEIVED_AT).unwrap());
    let InboundKind::Message { data, .. } = inbound.kind else { panic!() };
    let link = json!(data)["media"]["uri"].as_str().unwrap().to_owned();
    let tail = link.strip_prefix("https://bots.example.com/hooks/wechat/Bxxxxx/").unwrap();
    let open = |channel: &dyn Channel, tail: &str, method, received_at| {
        KIT.receive(channel, &Incoming { method, tail, received_at, ..Incoming::default() })
    };
    let Acknowledge::Content(content) = open(&*channel, tail, Method::GET, RECEIVED_AT).unwrap().acknowledge else {
        panic!()
    };
    assert_eq!(content.url, "https://api.weixin.qq.com/cgi-bin/media/get?media_id=m-1_X&access_token={access_token}");
    assert_eq!((content.needs.len(), &*content.needs[0].mark), (1, "{access_token}"));
    assert!(String::from_utf8_lossy(&content.needs[0].call.body).contains(SECRET));

    let refused = |channel: &dyn Channel, tail: &str, method, at| open(channel, tail, method, at).unwrap_err().status();
    let late = RECEIVED_AT.plus_ms(15 * 24 * 60 * 60 * 1000);
    assert_eq!(refused(&*channel, tail, Method::GET, late), StatusCode::GONE);
    assert_eq!(refused(&*channel, tail, Method::POST, RECEIVED_AT), StatusCode::NOT_FOUND);
    assert_eq!(refused(&*channel, &tail[..tail.len() - 2], Method::GET, RECEIVED_AT), StatusCode::NOT_FOUND);
    let other = KIT.channel_with(&json!({ "token": "other" }));
    assert_eq!(refused(&*other, tail, Method::GET, RECEIVED_AT), StatusCode::NOT_FOUND);
    let alone = KIT.channel_with(&json!({ "appSecret": null }));
    assert_eq!(refused(&*alone, tail, Method::GET, RECEIVED_AT), StatusCode::NOT_FOUND);

    // Signed by us, and yet not for the token.
    let tokens = serde_json::from_value(json!(TOKEN)).unwrap();
    for source in [
        "https://evil.example/cgi-bin/media/get?media_id=1",
        "https://api.weixin.qq.com/cgi-bin/media/get?media_id=1&x=2",
        "https://api.weixin.qq.com/cgi-bin/media/get?media_id=",
        "https://api.weixin.qq.com/cgi-bin/user/get?media_id=1",
    ] {
        let bot = "Bxxxxx".parse().unwrap();
        let public = "https://bots.example.com";
        let link = crate::media::link(public, model::PlatformType::Wechat, &bot, &tokens, source, 60, RECEIVED_AT);
        let tail = link.strip_prefix("https://bots.example.com/hooks/wechat/Bxxxxx/").unwrap();
        assert_eq!(refused(&*channel, tail, Method::GET, RECEIVED_AT), StatusCode::NOT_FOUND, "{source}");
    }
}

#[test]
fn what_is_ignored_has_a_name() {
    let channel = KIT.channel();
    for (body, name) in [
        (push("music", ""), "message music"),
        (push("text", ""), "message text without its fields"),
        (push("event", "<Event>VIEW</Event>"), "event VIEW"),
        (push("event", "<Event>가 \n<![CDATA[<b>]]></Event>"), "event  b"),
        (push("event", ""), "event without a name"),
        (hi().replace("gh_local", "gh_other"), "message to another account"),
    ] {
        let received = plain(&*channel, body.as_bytes(), RECEIVED_AT).unwrap();
        let names: Vec<_> = received.ignored.iter().map(crate::Ignored::as_str).collect();
        assert_eq!((names, received.inbound.len()), (vec![name], 0));
    }
}
