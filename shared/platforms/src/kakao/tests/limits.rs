//! Kakao's limits once more, in numbers, from the outside of an answer.

use serde_json::Value;

/// Panics where Kakao would not deliver.
pub(super) fn check(body: &str) {
    assert!(body.len() <= 30_720, "{} bytes", body.len());
    let response: Value = serde_json::from_str(body).unwrap();
    assert_eq!(response["version"], "2.0");
    let outputs = response["template"]["outputs"].as_array().unwrap();
    assert!((1..=3).contains(&outputs.len()), "{} outputs", outputs.len());
    for output in outputs {
        let (kind, output) = output.as_object().unwrap().iter().next().unwrap();
        match kind.as_str() {
            "simpleText" => words(output, "text", 1000, true),
            "simpleImage" => {
                web(&output["imageUrl"]);
                words(output, "altText", 50, false);
            }
            "textCard" | "basicCard" => card(output, kind, false),
            "carousel" => {
                let items = output["items"].as_array().unwrap();
                assert!((1..=10).contains(&items.len()));
                for item in items {
                    card(item, output["type"].as_str().unwrap(), true);
                }
            }
            other => panic!("{other}"),
        }
    }
    let quick_replies = &response["template"]["quickReplies"];
    if !quick_replies.is_null() {
        let quick_replies = quick_replies.as_array().unwrap();
        assert!((1..=10).contains(&quick_replies.len()));
        for quick_reply in quick_replies {
            assert_eq!(quick_reply["action"], "message");
            button(quick_reply, 30);
        }
    }
}

fn card(card: &Value, kind: &str, in_carousel: bool) {
    words(card, "title", 50, false);
    match kind {
        "textCard" => {
            assert!(card["thumbnail"].is_null());
            assert!(card["title"].is_string() || card["description"].is_string());
            let together = length(&card["title"]) + length(&card["description"]);
            assert!(together <= if in_carousel { 50 + 128 } else { 400 }, "{together}");
            words(card, "description", if in_carousel { 128 } else { 400 }, false);
        }
        "basicCard" => {
            web(&card["thumbnail"]["imageUrl"]);
            words(&card["thumbnail"], "altText", 50, false);
            words(card, "description", 230, false);
        }
        other => panic!("{other}"),
    }
    if card["buttons"].is_null() {
        return;
    }
    let buttons = card["buttons"].as_array().unwrap();
    assert!((1..=3).contains(&buttons.len()));
    assert_eq!(card["buttonLayout"] == "vertical", buttons.len() == 2);
    for each in buttons {
        button(each, 14);
    }
}

fn button(button: &Value, label: usize) {
    words(button, "label", label, true);
    match button["action"].as_str().unwrap() {
        "message" => {
            assert!(!button["messageText"].as_str().unwrap().trim().is_empty());
            assert!(button["extra"].is_null() || button["extra"].is_object());
            assert!(button["extra"].to_string().encode_utf16().count() <= 1000);
        }
        "webLink" => web(&button["webLinkUrl"]),
        "phone" => assert!(!button["phoneNumber"].as_str().unwrap().is_empty()),
        "operator" => {}
        other => panic!("{other}"),
    }
}

fn words(of: &Value, name: &str, most: usize, required: bool) {
    assert!(!required || of[name].is_string(), "{name} is missing");
    if of[name].is_null() {
        return;
    }
    assert!(!of[name].as_str().unwrap().trim().is_empty(), "{name} is blank");
    assert!(length(&of[name]) <= most, "{name} has {}", length(&of[name]));
}

fn web(url: &Value) {
    assert!(url.as_str().unwrap().to_ascii_lowercase().starts_with("http"), "{url}");
}

fn length(text: &Value) -> usize {
    text.as_str().unwrap_or_default().encode_utf16().count()
}
