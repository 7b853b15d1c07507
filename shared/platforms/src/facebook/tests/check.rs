//! What must be true of everything that goes to Meta, said apart from the code that makes it so.

use model::Inbound;
use serde_json::Value;

use crate::facebook::limits;
use crate::fit::Limit;
use crate::{Call, Rendered};

pub(super) fn rendered(rendered: &Rendered, inbound: &Inbound) {
    let calls = &rendered.calls;
    let messages = calls.iter().filter(|call| call.name == "message").count();
    for (index, call) in calls.iter().enumerate() {
        assert!(call.method == "POST" && call.needs.is_empty());
        assert!(call.headers.iter().any(|(name, value)| *name == "authorization" && value == "Bearer EAAB-page-token"));
        let body: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(body["recipient"], serde_json::json!({ "id": inbound.conversation_key }));
        if call.name == "pass_thread_control" {
            assert_eq!(index + 1, calls.len(), "nothing is sent after the conversation is given away");
            assert!(path(call).ends_with("/1000000000000001/pass_thread_control"));
            keys(&body, &["metadata", "recipient", "target_app_id"]);
            assert_eq!(body["target_app_id"], 263_902_037_430_900_i64);
            assert_eq!(body["metadata"], inbound.id.action("pass_thread_control", 0).to_string());
            continue;
        }
        message(call, index, index + 1 == messages, inbound);
        if let Some(instead) = &call.instead {
            assert!(instead.instead.is_none());
            message(instead, index, index + 1 == messages, inbound);
            let other: Value = serde_json::from_slice(&instead.body).unwrap();
            text(&other["message"]["text"], limits::TEXT);
            assert_eq!(other["message"].get("quick_replies"), body["message"].get("quick_replies"));
        }
    }
}

fn path(call: &Call) -> &str {
    let url = call.url.strip_prefix("https://graph.facebook.com/v").unwrap();
    url.split('?').next().unwrap()
}

fn message(call: &Call, index: usize, is_last: bool, inbound: &Inbound) {
    assert_eq!(call.name, "message");
    assert!(path(call).ends_with("/1000000000000001/messages"));
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    keys(&body, &["message", "messaging_type", "recipient"]);
    assert!(["RESPONSE", "UPDATE"].contains(&body["messaging_type"].as_str().unwrap()));

    let message = &body["message"];
    assert_eq!(message["metadata"], inbound.id.action("message", index).to_string());
    match (message.get("text"), message.get("attachment")) {
        (Some(said), None) => text(said, limits::TEXT),
        (None, Some(attached)) => attachment(attached),
        other => panic!("{other:?}"),
    }
    if let Some(quick_replies) = message.get("quick_replies") {
        assert!(is_last, "only the last message keeps its quick replies");
        assert!((1..=limits::QUICK_REPLIES).contains(&list(quick_replies).len()));
        for quick_reply in list(quick_replies) {
            keys(quick_reply, &["content_type", "payload", "title"]);
            assert_eq!(quick_reply["content_type"], "text");
            text(&quick_reply["title"], limits::LABEL);
            payload(&quick_reply["payload"]);
        }
    }
}

fn attachment(attachment: &Value) {
    keys(attachment, &["payload", "type"]);
    let payload = &attachment["payload"];
    match attachment["type"].as_str().unwrap() {
        "image" | "video" | "audio" => {
            keys(payload, &["is_reusable", "url"]);
            url(&payload["url"]);
        }
        "template" if payload["template_type"] == "button" => {
            keys(payload, &["buttons", "template_type", "text"]);
            text(&payload["text"], limits::BUTTON_TEXT);
            assert!(!list(&payload["buttons"]).is_empty());
            buttons(&payload["buttons"]);
        }
        "template" => {
            keys(payload, &["elements", "template_type"]);
            assert_eq!(payload["template_type"], "generic");
            assert!((1..=limits::ELEMENTS).contains(&list(&payload["elements"]).len()));
            list(&payload["elements"]).iter().for_each(element);
        }
        other => panic!("{other}"),
    }
}

fn element(element: &Value) {
    text(&element["title"], limits::ELEMENT_TEXT);
    let besides = ["subtitle", "image_url", "buttons"].iter().filter(|name| element.get(**name).is_some()).count();
    assert!(besides > 0, "a title alone is refused");
    element.get("subtitle").iter().for_each(|subtitle| text(subtitle, limits::ELEMENT_TEXT));
    element.get("image_url").iter().for_each(|image| url(image));
    element.get("buttons").iter().for_each(|each| buttons(each));
    if let Some(action) = element.get("default_action") {
        keys(action, &["type", "url"]);
        assert_eq!(action["type"], "web_url");
        url(&action["url"]);
    }
}

fn buttons(buttons: &Value) {
    assert!((1..=limits::BUTTONS).contains(&list(buttons).len()));
    for button in list(buttons) {
        text(&button["title"], limits::LABEL);
        match button["type"].as_str().unwrap() {
            "web_url" => url(&button["url"]),
            "postback" => payload(&button["payload"]),
            "phone_number" => {
                let digits = button["payload"].as_str().unwrap().strip_prefix('+').unwrap();
                assert!(!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
            }
            other => panic!("{other}"),
        }
    }
}

/// Label and payload, or what the conversation knows them by.
fn payload(payload: &Value) {
    text(payload, limits::PAYLOAD);
    let payload = payload.as_str().unwrap();
    match serde_json::from_str::<Value>(payload) {
        Ok(carried) => assert!(carried["label"].is_string()),
        Err(_) => assert!(payload.starts_with("p_") && payload.len() == 34),
    }
}

fn url(url: &Value) {
    text(url, limits::URL);
    let url = url.as_str().unwrap();
    assert!(url.is_ascii() && (url.starts_with("https://") || url.starts_with("http://")), "{url}");
}

/// Meta refuses empty texts everywhere.
fn text(text: &Value, limit: Limit) {
    let text = text.as_str().unwrap();
    assert!(!text.trim().is_empty());
    assert!(limit.holds(text), "{} in {limit:?}", limit.length(text));
}

fn keys(object: &Value, expected: &[&str]) {
    let mut names: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, expected);
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}
