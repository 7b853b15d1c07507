//! A file on its way: uploaded, its address put where the mark is, and name and size beside it.

use model::EpochMillis;
use serde_json::{Value, json};

use super::KIT;
use crate::testkit::reply_of;
use crate::{Answer, Call, Channel, Obtained, Outcome};

fn video(channel: &dyn Channel) -> Call {
    let media = json!({ "contentType": "video", "uri": "https://a.example/v.mp4" });
    let reply = reply_of(&json!({ "messages": [{ "type": "media", "media": media }] }));
    let inbound = KIT.inbound(&Value::Null);
    channel.render(&reply, &inbound, inbound.received_at).calls.remove(0)
}

/// What the shell does with a call that needs an upload which is answered so.
fn filled(channel: &dyn Channel, answer: &Value) -> Call {
    let mut call = video(channel);
    let body = answer.to_string();
    let outcome = Outcome::Answered(Answer { status: 200, body: body.as_bytes() });
    let need = call.needs.remove(0);
    let Obtained::Text { text, .. } = channel.obtain(&need, &outcome) else { panic!("{answer}") };
    let escaped = json!(text).to_string();
    let body = String::from_utf8(call.body).unwrap().replace(&need.mark, &escaped[1..escaped.len() - 1]);
    call.body = body.into_bytes();
    channel.sign(&mut call, EpochMillis(0), 0);
    call
}

#[test]
fn happytalk_wants_address_name_and_size() {
    let channel = KIT.channel();
    let url = "http://api1-kage.kakao.com/dn/a/f_x.mp4";
    for (size, sent) in [(json!(9513), json!(9513)), (json!("9513"), json!(9513)), (json!(null), Value::Null)] {
        let mut call = filled(&*channel, &json!({ "code": "0000", "file": url, "name": "봄 \"1\".mp4", "size": size }));
        let body: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(body["file_url"], url);
        assert_eq!((&body["file_name"], &body["file_size"]), (&json!("봄 \"1\".mp4"), &sent));
        assert_eq!(body["message_type"], "FI");
        let once = call.body.clone();
        channel.sign(&mut call, EpochMillis(0), 0);
        assert_eq!(call.body, once, "a repetition is the same");
    }
    let call = filled(&*channel, &json!({ "code": 0, "file": url, "name": "가".repeat(300), "size": 1 }));
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(body["file_name"], format!("{}…", "가".repeat(99)));
}

#[test]
fn bizgo_wants_them_as_texts() {
    let channel = KIT.channel_with(&json!({ "dealer": "bizgo", "bizgo": { "token": "bizgo-token-1" } }));
    let file = json!({ "fileUrl": "https://a.kakao.example/v", "fileName": "v.mp4", "size": "102400" });
    let answer = json!({ "common": { "authCode": "A000" }, "data": { "code": "A000", "data": file } });
    let body: Value = serde_json::from_slice(&filled(&*channel, &answer).body).unwrap();
    assert_eq!(
        body["attachment"]["file"],
        json!({ "fileUrl": "https://a.kakao.example/v", "fileName": "v.mp4", "fileSize": "102400" })
    );
}

/// What a bot says may look like anything, and other calls stay as they are.
#[test]
fn nothing_else_is_touched() {
    let channel = KIT.channel();
    let text = r#"{"url":"https://a.example/","name":"x","size":1}"#;
    let reply = reply_of(&json!({ "messages": [{ "type": "text", "text": text }] }));
    let inbound = KIT.inbound(&Value::Null);
    let call = channel.render(&reply, &inbound, inbound.received_at).calls.remove(0);
    let mut signed = call.clone();
    channel.sign(&mut signed, EpochMillis(0), 0);
    assert_eq!(signed, call);
    let mut unfilled = video(&*channel);
    channel.sign(&mut unfilled, EpochMillis(0), 0);
    assert_eq!(unfilled, video(&*channel));
}
