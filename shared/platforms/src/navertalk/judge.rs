//! What the Send API's answers mean: <https://github.com/navertalk/chatbot-api#보내기-api>, `#errorcode-명세`.
//!
//! There is no key against sending twice: what may have arrived is not sent again, or the customer would read it twice.

use serde_json::Value;

use super::{outbound, wire};
use crate::{Answer, Attempt, Call, Outcome, Verdict, complaint};

/// Fields whose texts are Naver's own words.
const OWN: &[&str] = &["event", "type", "control"];

pub(super) fn judge(call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
    let answer = match outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Unreachable => return Verdict::Later { reason: "NaverTalk could not be reached".to_owned() },
        // Nobody reads this one, and a customer would wait for an agent in vain.
        Outcome::Unanswered if call.name == outbound::HANDOVER && !attempt.repeated => {
            return Verdict::Later { reason: "NaverTalk did not answer to the handover in time".to_owned() };
        }
        Outcome::Unanswered => {
            let reason = "NaverTalk did not answer in time: the message may have arrived, and is not sent again";
            return Verdict::Refused { reason: reason.to_owned() };
        }
    };
    let sent = read(answer.body);
    let said = said(&sent);
    let reason = |why: &str| reason(why, answer, &sent, &said, call);
    let refused = |why: &str| Verdict::Refused { reason: reason(why) };
    // A second try, as Naver has no key to know it by.
    let once_more = |why: &str| {
        if attempt.repeated { refused(why) } else { Verdict::Later { reason: reason(why) } }
    };
    let picture = |why: &str| match &call.instead {
        Some(plain) => Verdict::Instead((**plain).clone()),
        None => refused(why),
    };

    match (answer.status, code(&sent.result_code).as_str()) {
        (200..300, _) if is_success(&sent) => Verdict::Delivered,
        (200..300, "01") | (401 | 403, _) => refused(
            "NaverTalk does not take the authorization; copy it again from 개발자도구 › 챗봇API 설정 and set it",
        ),
        (200..300, "02") => refused("NaverTalk finds fault with the form of the message"),
        (200..300, "IMG-01") => picture("NaverTalk takes only JPG, PNG and GIF pictures"),
        (200..300, "IMG-03") => picture("the picture is larger than NaverTalk takes, 20 MB"),
        (200..300, "IMG-02") if attempt.repeated => picture("NaverTalk could not fetch the picture in 10 seconds"),
        (200..300, "IMG-02") => once_more("NaverTalk could not fetch the picture in 10 seconds"),
        (200..300, "IMG-99") if attempt.repeated => picture("NaverTalk could not take over the picture"),
        (200..300, "IMG-99") => once_more("NaverTalk could not take over the picture"),
        (200..300, "") if sent.success.is_none() => {
            refused("NaverTalk's answer cannot be read: unknown whether the message arrived")
        }
        (200..300, _) if call.name == outbound::HANDOVER => {
            refused("NaverTalk did not hand over to an agent; is the 핸드오버 API on in the partner centre?")
        }
        (200..300, _) => refused("NaverTalk refused the message"),
        (429, _) => once_more("NaverTalk takes no more messages for the moment"),
        (408 | 500.., _) => once_more("NaverTalk is out of order"),
        _ => refused("NaverTalk refused the request"),
    }
}

fn read(body: &[u8]) -> wire::Sent {
    // serde would take a list for an object.
    let is_object = body.trim_ascii_start().first() == Some(&b'{');
    let sent = is_object.then(|| serde_json::from_slice(body).ok()).flatten();
    sent.unwrap_or(wire::Sent { success: None, result_code: None, result_message: None })
}

fn is_success(sent: &wire::Sent) -> bool {
    match &sent.success {
        Some(Value::Bool(success)) => *success,
        Some(Value::String(success)) => success == "true",
        Some(_) | None => code(&sent.result_code) == "00",
    }
}

fn code(code: &Option<Value>) -> String {
    match code {
        Some(Value::String(code)) => code.clone(),
        Some(_) | None => String::new(),
    }
}

/// The `resultMessage`, or nothing.
fn said(sent: &wire::Sent) -> String {
    match &sent.result_message {
        Some(Value::String(message)) => message.clone(),
        Some(_) | None => String::new(),
    }
}

fn reason(why: &str, answer: &Answer<'_>, sent: &wire::Sent, said: &str, call: &Call) -> String {
    let code = code(&sent.result_code);
    // A code is two digits, or `IMG-` and two: anything else is somebody's words.
    let is_code = (1..=8).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let result = if is_code { format!("result {code}") } else { format!("status {}", answer.status) };
    complaint::reason(why, &result, said, call, OWN)
}
