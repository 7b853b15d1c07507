//! What must be true of everything that goes to a dealer, said apart from the code that makes it so.

use model::Inbound;
use serde_json::Value;

use super::SENDER;
use crate::fit::Limit;
use crate::kakaobiz::limits;
use crate::{Call, Rendered, Want};

pub(super) fn rendered(rendered: &Rendered, inbound: &Inbound) {
    let mut serials = Vec::new();
    for call in &rendered.calls {
        self::call(call, inbound);
        serials.push(serial(call));
        assert_eq!(call.needs.is_empty(), call.instead.is_none(), "what needs an upload can do without it");
        for need in &call.needs {
            upload(need);
            let text = std::str::from_utf8(&call.body).unwrap();
            assert_eq!(text.matches(&format!("\"{}\"", need.mark)).count(), 1, "the mark is a value of its own");
            assert_eq!(text.matches(&need.mark).count(), 1);
        }
        if let Some(instead) = &call.instead {
            self::call(instead, inbound);
            serials.push(serial(instead));
            assert!(instead.needs.is_empty() && instead.instead.is_none());
        }
    }
    let count = serials.len();
    serials.sort();
    serials.dedup();
    assert_eq!(serials.len(), count, "each has a serial number of its own");
    for dropped in &rendered.dropped {
        assert!(dropped.count > 0);
    }
}

fn body(call: &Call) -> Value {
    serde_json::from_slice(&call.body).unwrap()
}

fn serial(call: &Call) -> String {
    let body = body(call);
    let serial = body["serial_number"].as_str().or(body["ref"].as_str()).unwrap().to_owned();
    assert!(serial.len() == limits::SERIAL_NUMBER && serial.bytes().all(|byte| byte.is_ascii_hexdigit()));
    serial
}

fn call(call: &Call, inbound: &Inbound) {
    assert_eq!((call.method, call.name), ("POST", "write"));
    assert!(call.headers.contains(&("content-type", "application/json".to_owned())));
    let body = body(call);
    match call.url.as_str() {
        "https://kakao-api.happytalk.io/v1/chat/write" => {
            has_header(call, "ht-client-id", "client-id-1");
            has_header(call, "ht-client-secret", "client-secret-1");
            assert_eq!((&body["user_key"], &body["sender_key"]), (&key(inbound), &SENDER.into()));
            happytalk(&body);
        }
        "https://mars.ibapi.kr/api/comm/v1/cstalk/plain" => bizgo(call, &body, inbound, false),
        "https://mars.ibapi.kr/api/comm/v1/cstalk/rich" => bizgo(call, &body, inbound, true),
        other => panic!("{other}"),
    }
}

fn key(inbound: &Inbound) -> Value {
    inbound.conversation_key.as_str().into()
}

fn has_header(call: &Call, name: &'static str, value: &str) {
    assert!(call.headers.contains(&(name, value.to_owned())), "{name}");
}

fn happytalk(body: &Value) {
    let has = |name: &str| body.get(name).is_some();
    let hangs = has("links") || has("supplement");
    match body["message_type"].as_str().unwrap() {
        "TX" => {
            text(&body["message"], limits::MESSAGE);
            assert!(!hangs && !has("image_url") && !has("file_url"));
        }
        "LI" => {
            text(&body["message"], limits::MESSAGE);
            assert!((hangs || has("image_url")) && !has("file_url"));
        }
        "IM" => assert!(has("image_url") && !has("message") && !hangs && !has("file_url")),
        "FI" | "AU" => assert!(has("file_url") && !has("message") && !hangs && !has("image_url")),
        other => panic!("{other}"),
    }
    buttons(body.get("links"), limits::BUTTONS, limits::BUTTON_NAME, ["url_mobile", "scheme_android"]);
    let quick_replies = body.get("supplement").map(|supplement| &supplement["quick_reply"]);
    buttons(quick_replies, limits::QUICK_REPLIES, limits::QUICK_REPLY_NAME, ["url_mobile", "scheme_android"]);
}

fn bizgo(call: &Call, body: &Value, inbound: &Inbound, is_rich: bool) {
    has_header(call, "authorization", "bizgo-token-1");
    assert_eq!((&body["userKey"], &body["senderKey"]), (&key(inbound), &SENDER.into()));
    let attachment = body.get("attachment");
    let has = |name: &str| attachment.is_some_and(|attachment| attachment.get(name).is_some());
    let hangs = has("buttons") || has("quickReplies");
    match (is_rich, body["msgType"].as_str().unwrap()) {
        (false, "TEXT") => assert!(attachment.is_none()),
        (true, "TEXT") => assert!(hangs && !has("image") && !has("file")),
        (true, "IMAGE") => assert!(has("image") && !has("file")),
        (false, "VIDEO" | "AUDIO") => assert!(has("file") && !has("image") && !hangs),
        other => panic!("{other:?}"),
    }
    if body["msgType"] != "IMAGE" || body.get("message").is_some() {
        text(&body["message"], limits::MESSAGE);
    } else {
        assert!(!hangs);
    }
    let list = |name: &str| attachment.and_then(|attachment| attachment.get(name));
    buttons(list("buttons"), limits::BUTTONS, limits::BUTTON_NAME, ["urlMobile", "schemeAndroid"]);
    buttons(list("quickReplies"), limits::QUICK_REPLIES, limits::QUICK_REPLY_NAME, ["urlMobile", "schemeAndroid"]);
}

fn buttons(list: Option<&Value>, most: usize, name: Limit, [web, app]: [&str; 2]) {
    let Some(list) = list else { return };
    let list = list.as_array().unwrap();
    assert!((1..=most).contains(&list.len()), "{}", list.len());
    for button in list {
        text(&button["name"], name);
        match button["type"].as_str().unwrap() {
            "WL" => {
                url(&button[web], &["http://", "https://"]);
                assert_eq!(button.as_object().unwrap().len(), 4);
            }
            "AL" => {
                text(&button[app], limits::URL);
                let url = button[app].as_str().unwrap();
                assert!(url.is_ascii() && url.contains("://") && !url.starts_with("javascript"));
            }
            "BK" => {
                let extra = button["extra"].as_str().unwrap();
                assert!(limits::EXTRA.holds(extra) && extra.starts_with("p_"));
                assert!(extra.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
            }
            other => panic!("{other}"),
        }
    }
}

fn upload(need: &crate::Need) {
    let Want::File(file) = &need.what else { panic!("no tokens here") };
    url(&Value::from(file.source.as_str()), &["http://", "https://"]);
    assert_eq!((need.call.method, need.call.name), ("POST", "upload"));
    assert!(need.call.body.is_empty() && need.call.needs.is_empty());
    assert!(!need.call.headers.iter().any(|(name, _)| *name == "content-type"), "that has the boundary");
    let field = |name: &str| file.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.as_str());
    match need.call.url.as_str() {
        "https://kakao-api.happytalk.io/v1/image/upload" => {
            assert_eq!((file.field, field("sender_key")), ("image", Some(SENDER)));
            let most = if field("image_type") == Some("link") { 500_000 } else { 5_000_000 };
            assert_eq!(file.most_bytes, most);
        }
        "https://kakao-api.happytalk.io/v1/file/upload" => {
            assert_eq!((file.field, field("sender_key")), ("file", Some(SENDER)));
            assert!(["video", "audio"].contains(&field("file_type").unwrap()));
        }
        "https://mars.ibapi.kr/api/comm/v1/file/cstalk/image" => {
            assert_eq!((file.field, field("senderKey"), field("imageType")), ("file", Some(SENDER), Some("rich")));
        }
        "https://mars.ibapi.kr/api/comm/v1/file/cstalk" => {
            assert_eq!((file.field, field("senderKey")), ("file", Some(SENDER)));
            assert!(["video", "audio"].contains(&field("fileType").unwrap()));
        }
        other => panic!("{other}"),
    }
}

fn url(url: &Value, starts: &[&str]) {
    text(url, limits::URL);
    let url = url.as_str().unwrap();
    assert!(url.is_ascii() && starts.iter().any(|start| url.starts_with(start) && url.len() > start.len()), "{url}");
}

fn text(text: &Value, limit: Limit) {
    let text = text.as_str().unwrap();
    assert!(!text.trim().is_empty());
    assert!(limit.holds(text), "{} in {limit:?}", limit.length(text));
}
