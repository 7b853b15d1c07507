//! What must be true of everything that goes to LINE, said apart from the code that makes it so.

use model::Inbound;
use serde_json::Value;

use crate::Call;
use crate::fit::Limit;
use crate::line::limits;

pub(super) fn calls(calls: &[Call], inbound: &Inbound) {
    for (index, call) in calls.iter().enumerate() {
        let is_last = index + 1 == calls.len();
        match (call.name, &call.instead) {
            ("reply", Some(push)) => {
                assert_eq!(index, 0, "a reply token works once");
                assert_eq!(call.url, "https://api.line.me/v2/bot/message/reply");
                assert!(!call.headers.iter().any(|(name, _)| *name == "x-line-retry-key"), "LINE refuses that");
                self::push(push, index, inbound);
                body(push, is_last);
            }
            ("push", None) => push(call, index, inbound),
            other => panic!("{other:?}"),
        }
        body(call, is_last);
    }
}

fn push(call: &Call, index: usize, inbound: &Inbound) {
    assert_eq!(call.url, "https://api.line.me/v2/bot/message/push");
    let key = inbound.id.action("push", index).to_string();
    assert!(call.headers.contains(&("x-line-retry-key", key)));
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(body["to"], inbound.conversation_key.as_str());
}

fn body(call: &Call, is_last: bool) {
    assert!(call.method == "POST");
    assert!(call.body.len() <= limits::BODY.0);
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    let messages = list(&body["messages"]);
    assert!((1..=limits::MESSAGES).contains(&messages.len()));
    for (index, message) in messages.iter().enumerate() {
        object(message);
        if let Some(quick_reply) = message.get("quickReply") {
            assert!(is_last && index + 1 == messages.len(), "only the last shows quick replies");
            let items = list(&quick_reply["items"]);
            assert!((1..=limits::QUICK_REPLIES).contains(&items.len()));
            for item in items {
                assert_eq!(item["type"], "action");
                action(&item["action"], limits::LABEL);
            }
        }
    }
}

fn object(message: &Value) {
    match message["type"].as_str().unwrap() {
        "text" => text(&message["text"], limits::TEXT),
        "image" | "video" => {
            url(&message["originalContentUrl"]);
            url(&message["previewImageUrl"]);
        }
        "location" => {
            text(&message["title"], limits::PLACE);
            text(&message["address"], limits::PLACE);
            assert!(message["latitude"].as_f64().unwrap().abs() <= limits::LATITUDE);
            assert!(message["longitude"].as_f64().unwrap().abs() <= limits::LONGITUDE);
        }
        "template" => {
            text(&message["altText"], limits::ALT_TEXT);
            template(&message["template"]);
        }
        "flex" => {
            text(&message["altText"], limits::ALT_TEXT);
            flex(&message["contents"]);
        }
        other => panic!("{other}"),
    }
}

fn template(template: &Value) {
    if template["type"] == "buttons" {
        return column(template, limits::BUTTONS, limits::BUTTONS_TEXT);
    }
    assert_eq!(template["type"], "carousel");
    let columns = list(&template["columns"]);
    assert!((1..=limits::COLUMNS).contains(&columns.len()));
    let shape = |column: &Value| {
        let has = |name| column.get(name).is_some();
        (has("title"), has("thumbnailImageUrl"), list(&column["actions"]).len())
    };
    for each in columns {
        column(each, limits::COLUMN_BUTTONS, limits::COLUMN_TEXT);
        assert_eq!(shape(each), shape(&columns[0]));
    }
}

fn column(column: &Value, buttons: usize, bare_text: Limit) {
    let (title, image) = (column.get("title"), column.get("thumbnailImageUrl"));
    let limit = if title.or(image).is_some() { limits::SHORT_TEXT } else { bare_text };
    text(&column["text"], limit);
    title.iter().for_each(|title| text(title, limits::TITLE));
    image.iter().for_each(|image| url(image));
    column.get("defaultAction").iter().for_each(|each| action(each, limits::LABEL));
    assert!((1..=buttons).contains(&list(&column["actions"]).len()));
    list(&column["actions"]).iter().for_each(|each| action(each, limits::LABEL));
}

fn flex(contents: &Value) {
    if contents["type"] == "bubble" {
        return bubble(contents);
    }
    assert_eq!(contents["type"], "carousel");
    assert!(limits::FLEX.holds(&contents.to_string()));
    assert!((2..=limits::BUBBLES).contains(&list(&contents["contents"]).len()));
    list(&contents["contents"]).iter().for_each(bubble);
}

fn bubble(bubble: &Value) {
    assert_eq!(bubble["type"], "bubble");
    assert!(limits::BUBBLE.holds(&bubble.to_string()));
    let names: Vec<_> =
        bubble.as_object().unwrap().keys().filter(|name| *name != "type" && *name != "action").collect();
    assert!(!names.is_empty() && names.iter().all(|name| ["hero", "body", "footer"].contains(&name.as_str())));
    bubble.get("hero").iter().for_each(|hero| url(&hero["url"]));
    bubble.get("action").iter().for_each(|each| action(each, limits::FLEX_LABEL));
    for stack in ["body", "footer"].iter().filter_map(|name| bubble.get(name)) {
        assert!(!list(&stack["contents"]).is_empty());
        for part in list(&stack["contents"]) {
            match part["type"].as_str().unwrap() {
                "text" => text(&part["text"], limits::BUBBLE_TEXT),
                "button" => action(&part["action"], limits::FLEX_LABEL),
                other => panic!("{other}"),
            }
        }
    }
}

fn action(action: &Value, label: Limit) {
    text(&action["label"], label);
    match action["type"].as_str().unwrap() {
        "uri" => {
            text(&action["uri"], limits::URI);
            let uri = action["uri"].as_str().unwrap();
            let scheme = uri.split(':').next().unwrap().to_ascii_lowercase();
            assert!(uri.is_ascii() && limits::URI_SCHEMES.contains(&&*scheme));
        }
        "message" => text(&action["text"], limits::SAID),
        "postback" => {
            text(&action["data"], limits::DATA);
            text(&action["displayText"], limits::SAID);
        }
        "location" => {}
        other => panic!("{other}"),
    }
}

fn url(url: &Value) {
    text(url, limits::MEDIA_URL);
    let url = url.as_str().unwrap();
    assert!(url.is_ascii() && url.to_ascii_lowercase().starts_with("https://"));
}

/// LINE refuses empty texts everywhere.
fn text(text: &Value, limit: Limit) {
    let text = text.as_str().unwrap();
    assert!(!text.trim().is_empty());
    assert!(limit.holds(text), "{} in {limit:?}", limit.length(text));
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}
