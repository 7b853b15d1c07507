//! What WeChat would refuse, or show as a failure.

use model::Inbound;
use serde_json::Value;

use super::super::{limits, xml};
use crate::{Call, HttpReply, Rendered, Want};

pub(super) fn rendered(rendered: &Rendered, inbound: &Inbound) {
    let most = if inbound.reply_to["brief"] == true { 3 } else { 5 };
    assert!(rendered.calls.len() <= most, "{} messages", rendered.calls.len());
    for one in &rendered.calls {
        call(one, inbound);
        let mut next = one.instead.as_deref();
        assert_eq!(next.is_none(), one.name == "text", "only a text has nothing simpler");
        while let Some(instead) = next {
            assert_eq!(instead.name, "text");
            call(instead, inbound);
            next = instead.instead.as_deref();
        }
    }
}

fn call(call: &Call, inbound: &Inbound) {
    let token = &call.needs[0];
    assert_eq!(token.what, Want::Token);
    assert!(token.mark.len() > 30 && !String::from_utf8_lossy(&call.body).contains(&token.mark));
    assert_eq!(call.url, format!("https://api.weixin.qq.com/cgi-bin/message/custom/send?access_token={}", token.mark));
    assert_eq!(token.call.url, "https://api.weixin.qq.com/cgi-bin/stable_token");

    let body: Value = serde_json::from_slice(&call.body).unwrap();
    let without_backslashes = String::from_utf8_lossy(&call.body).replace(r"\\", "");
    assert!(!without_backslashes.contains(r"\u"), "no escapes");
    assert_eq!(body["touser"], inbound.user_key.as_str());
    let kind = body["msgtype"].as_str().unwrap();
    let content = &body[kind];
    match kind {
        "text" => text(content["content"].as_str().unwrap()),
        "msgmenu" => {
            assert!(!content["head_content"].as_str().unwrap().trim().is_empty());
            text(content["head_content"].as_str().unwrap());
            let list = content["list"].as_array().unwrap();
            assert!(!list.is_empty());
            for item in list {
                let (id, label) = (item["id"].as_str().unwrap(), item["content"].as_str().unwrap());
                assert!(id.len() == 34 && id.starts_with("p_"), "{id}");
                assert!(!label.trim().is_empty() && limits::LABEL.holds(label) && !label.contains('\n'), "{label}");
            }
        }
        "news" => {
            let articles = content["articles"].as_array().unwrap();
            assert_eq!(articles.len(), 1);
            let field = |name: &str| articles[0][name].as_str().unwrap_or_default();
            article(field("title"), field("description"), field("url"), field("picurl"));
        }
        "image" | "voice" | "video" => {
            let file = &call.needs[1];
            assert_eq!(content["media_id"], file.mark);
            let Want::File(want) = &file.what else { panic!() };
            assert!(want.source.starts_with("http") && want.field == "media");
            assert_eq!(
                file.call.url,
                format!("https://api.weixin.qq.com/cgi-bin/media/upload?access_token={{access_token}}&type={kind}")
            );
            assert_eq!(file.call.needs.len(), 1);
            assert_eq!(call.needs.len(), 2);
            return;
        }
        other => panic!("{other}"),
    }
    assert_eq!(call.needs.len(), 1);
}

/// What is shown of an answer, if anything.
pub(super) fn answer(answer: &HttpReply) -> Option<String> {
    assert_eq!(answer.status, 200);
    if answer.body == "success" {
        assert!(answer.content_type.starts_with("text/plain"));
        return None;
    }
    assert!(answer.content_type.starts_with("application/xml"));
    let push = xml::read(&answer.body).unwrap();
    if push.encrypt.is_some() {
        return Some(String::new());
    }
    assert_eq!(push.to_user_name.as_deref(), Some("U1"));
    assert!(push.create_time.is_some_and(|time| time.len() == 10));
    match push.msg_type.as_deref() {
        Some("text") => {
            let content = push.content.unwrap();
            text(&content);
            Some(content.into_owned())
        }
        Some("news") => {
            let inside = |name: &str| {
                let (_, rest) = answer.body.split_once(&format!("<{name}>")).unwrap();
                let xml =
                    format!("<xml><Content>{}</Content></xml>", rest.split_once(&format!("</{name}>")).unwrap().0);
                xml::read(&xml).unwrap().content.unwrap_or_default().into_owned()
            };
            assert!(answer.body.contains("<ArticleCount>1</ArticleCount><Articles><item>"));
            article(&inside("Title"), &inside("Description"), &inside("Url"), &inside("PicUrl"));
            Some(inside("Title"))
        }
        other => panic!("{other:?}"),
    }
}

fn text(text: &str) {
    assert!(!text.trim().is_empty());
    assert!(text.len() <= 2000, "{} bytes", text.len());
    assert!(!text.chars().any(|c| (c < ' ' && !"\t\n\r".contains(c)) || c == '\u{fffe}'), "control characters");
    assert_eq!(text.matches("<a href=\"").count(), text.matches("</a>").count(), "a link is torn: {text}");
}

fn article(title: &str, description: &str, url: &str, picture: &str) {
    assert!(!title.trim().is_empty() && limits::TITLE.holds(title), "{title}");
    assert!(limits::DESCRIPTION.holds(description));
    assert!(url.starts_with("http"), "{url}");
    assert!(picture.is_empty() || picture.starts_with("http"), "{picture}");
}
