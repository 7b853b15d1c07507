//! What must be true of everything that goes to NaverTalk, said apart from the code that makes it so.

use model::Inbound;
use serde_json::Value;

use super::TOKEN;
use crate::fit::Limit;
use crate::fit::Unit::Unknown;
use crate::{Call, HttpReply, Rendered};

pub(super) fn rendered(rendered: &Rendered, inbound: &Inbound) {
    for (index, call) in rendered.calls.iter().enumerate() {
        let is_last = index + 1 == rendered.calls.len();
        let body = sent(call, inbound);
        match call.name {
            "send" => {
                let has_picture = content(&body);
                let before_handover = rendered.calls.get(index + 1).is_some_and(|next| next.name == "handover");
                assert!(
                    quick_reply(&body).is_none() || is_last || before_handover,
                    "only the last shows quick replies"
                );
                assert_eq!(has_picture, call.instead.is_some());
                if let Some(instead) = &call.instead {
                    assert!(instead.name == "send" && instead.instead.is_none());
                    let plain = sent(instead, inbound);
                    assert!(!content(&plain), "Naver could not take the picture");
                    assert_eq!(quick_reply(&plain), quick_reply(&body));
                }
            }
            "handover" => {
                assert!(is_last && call.instead.is_none());
                assert_eq!(body["event"], "handover");
                assert_eq!(body["options"], serde_json::json!({ "control": "passThread", "targetId": 1 }));
            }
            other => panic!("{other}"),
        }
    }
}

/// The answer to an event: empty, or one event of nobody.
pub(super) fn answer(reply: &HttpReply) {
    assert_eq!(reply.status, 200);
    if reply.body.is_empty() {
        return;
    }
    assert_eq!(reply.content_type, "application/json;charset=UTF-8");
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    assert!(body.get("user").is_none() && body.get("options").is_none());
    content(&body);
}

fn sent(call: &Call, inbound: &Inbound) -> Value {
    assert_eq!((call.method, call.url.as_str()), ("POST", "https://gw.talk.naver.com/chatbot/v1/event"));
    let headers = [("content-type", "application/json;charset=UTF-8".to_owned()), ("authorization", TOKEN.to_owned())];
    assert_eq!(call.headers, headers);
    assert!(call.needs.is_empty());
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(body["user"], inbound.conversation_key.as_str());
    body
}

/// Whether there is a picture in it.
fn content(body: &Value) -> bool {
    assert_eq!(body["event"], "send");
    let names = ["textContent", "imageContent", "compositeContent"];
    let contents: Vec<_> = names.into_iter().filter_map(|name| Some((name, body.get(name)?))).collect();
    assert_eq!(contents.len(), 1, "exactly one: {body}");
    if let Some(quick_reply) = quick_reply(body) {
        buttons(&quick_reply["buttonList"], 10);
    }
    let (name, content) = contents[0];
    match name {
        "textContent" => {
            text(&content["text"], 10_000);
            false
        }
        "imageContent" => {
            uri(&content["imageUrl"]);
            true
        }
        _ => {
            let list = list(&content["compositeList"]);
            assert!((1..=10).contains(&list.len()));
            list.iter().filter(|each| composite(each)).count() > 0
        }
    }
}

fn composite(composite: &Value) -> bool {
    let members = composite.as_object().unwrap();
    assert!(members.len() >= 2, "{composite}");
    assert!(members.contains_key("title") || members.contains_key("description"), "{composite}");
    for (name, value) in members {
        match name.as_str() {
            "title" => text(value, 200),
            "description" => text(value, 1000),
            "image" => uri(&value["imageUrl"]),
            "buttonList" => buttons(value, 18),
            other => panic!("{other}"),
        }
    }
    members.contains_key("image")
}

fn quick_reply(body: &Value) -> Option<&Value> {
    ["textContent", "imageContent", "compositeContent"].iter().find_map(|name| body[*name].get("quickReply"))
}

fn buttons(buttons: &Value, title: usize) {
    assert!((1..=10).contains(&list(buttons).len()));
    for button in list(buttons) {
        let data = &button["data"];
        text(&data["title"], title);
        match button["type"].as_str().unwrap() {
            "TEXT" => text(&data["code"], 1000),
            "LINK" => {
                uri(&data["url"]);
                assert_eq!(data["url"], data["mobileUrl"]);
            }
            other => panic!("{other}"),
        }
    }
}

fn uri(uri: &Value) {
    let uri = uri.as_str().unwrap();
    let (_, rest) = uri.split_once("://").filter(|(scheme, _)| ["http", "https"].contains(scheme)).unwrap();
    assert!(!rest.is_empty() && uri.len() <= 2000 && uri.bytes().all(|b| b.is_ascii_graphic()), "{uri}");
}

fn text(text: &Value, most: usize) {
    let text = text.as_str().unwrap();
    assert!(!text.trim().is_empty());
    assert!(Limit(most, Unknown).holds(text), "{} in {most}", text.encode_utf16().count());
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}
