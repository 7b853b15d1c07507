//! What every call must be, whatever the reply.

use encoding_rs::EUC_KR;
use model::Inbound;
use serde_json::Value;

use super::super::limits;
use crate::{Call, Rendered, Want};

pub(super) fn calls(rendered: &Rendered, inbound: &Inbound) {
    for call in &rendered.calls {
        one(call, inbound);
        if let Some(instead) = &call.instead {
            assert_eq!(call.name, "mms");
            assert!(instead.instead.is_none() && instead.name != "mms");
            one(instead, inbound);
        }
    }
    let several = rendered.calls.len() > 1;
    for (index, call) in rendered.calls.iter().enumerate() {
        let number = format!("({}/{})\n", index + 1, rendered.calls.len());
        assert_eq!(text(call).starts_with(&number), several, "{number}");
        assert!(!several || call.name == "lms" || call.url.contains("twilio"));
    }
}

pub(super) fn text(call: &Call) -> String {
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let in_json = [&body["content"], &body["messages"][0]["text"], &body["msg"]];
    in_json.into_iter().find_map(Value::as_str).map_or_else(|| field(call, "Body").unwrap_or_default(), str::to_owned)
}

fn field(call: &Call, name: &str) -> Option<String> {
    form_urlencoded::parse(&call.body).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

fn one(call: &Call, inbound: &Inbound) {
    assert!(["sms", "lms", "mms"].contains(&call.name));
    assert_eq!(call.method, "POST");
    let said = text(call);
    if call.url.starts_with("https://api.twilio.com/") {
        assert!(said.encode_utf16().count() <= limits::TWILIO_BODY);
        assert_eq!(field(call, "To").as_deref(), Some(inbound.user_key.as_str()));
        assert_eq!(field(call, "MediaUrl").is_some(), call.name == "mms");
        assert!(!said.trim().is_empty() || call.name == "mms");
        return;
    }
    assert!(!said.trim().is_empty());
    let bytes = cp949(&said);
    assert!(bytes <= limits::LMS && (call.name != "sms" || bytes <= limits::SMS), "{bytes} in {}", call.name);
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    let message = if body["messages"][0]["text"].is_string() { &body["messages"][0] } else { &body };
    let to = [&message["to"], &body["messages"][0]["to"], &body["recvInfoLst"][0]["phone"]];
    assert_eq!(to.into_iter().find_map(Value::as_str), Some("01012345678"));
    let subject = message["subject"].as_str().or(message["title"].as_str());
    assert!(subject.is_none_or(|subject| !subject.trim().is_empty() && cp949(subject) <= limits::SUBJECT));
    assert!(subject.is_none() || call.name != "sms");
    if call.url.contains("sens") {
        assert_eq!(body["type"].as_str().map(str::to_lowercase).as_deref(), Some(call.name));
        assert_eq!((body["contentType"].as_str(), body["countryCode"].as_str()), (Some("COMM"), Some("82")));
        assert_eq!(body["files"].as_array().map_or(0, Vec::len), usize::from(call.name == "mms"));
        assert_eq!(call.needs.len(), usize::from(call.name == "mms"));
    }
    if call.url.contains("msghub") {
        let key = body["recvInfoLst"][0]["cliKey"].as_str().unwrap();
        assert!(key.len() == limits::CLI_KEY && key.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert!(call.name == "sms" || subject.is_some(), "it wants a title");
        assert!(matches!(call.needs[0].what, Want::Token));
        assert!(call.headers[1].1.contains(&call.needs[0].mark));
    }
}

/// As an operator counts, and not by our own function.
fn cp949(text: &str) -> usize {
    let (encoded, _, lossy) = EUC_KR.encode(text);
    assert!(!lossy, "{text:?}");
    encoded.len()
}
