//! What WeChat's answers mean: <https://developers.weixin.qq.com/doc/service/guide/dev/api/errorcode>. HTTP says 200 nearly
//! always, and `errcode` the truth.

use std::net::IpAddr;

use super::wire::Answer;
use super::{api, limits};
use crate::{Attempt, Call, Need, Obtained, Outcome, Verdict};

pub(super) fn judge(call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
    let answer = match read(outcome) {
        Said::Answer(answer) => answer,
        Said::Down(reason) => return Verdict::Later { reason: reason.to_owned() },
        // There are no keys to repeat under. Silence is worse than hearing the same twice, but twice is enough.
        Said::Unknown if attempt.repeated => {
            return refused("WeChat did not answer again: unknown whether the message arrived", None);
        }
        Said::Unknown => return Verdict::Later { reason: "WeChat did not answer in time".to_owned() },
        Said::Refused(status) => return refused(&format!("WeChat refused the request (status {status})"), None),
    };
    let code = answer.errcode.unwrap_or(0);
    let other_way = |why: &str| match &call.instead {
        Some(instead) => Verdict::Instead((**instead).clone()),
        None => refused(why, Some(code)),
    };
    match code {
        0 => Verdict::Delivered,
        -1 => Verdict::Later { reason: told("WeChat is busy", code) },
        40001 | 40014 | 42001 => Verdict::Renew { reason: told("the access token is spent", code) },
        // The upload has expired or was lost: once more.
        40007 if call.name == api::FILE && !attempt.repeated => {
            Verdict::Renew { reason: told("WeChat does not know the file any more", code) }
        }
        40003 => refused("WeChat does not know the receiver in this account", Some(code)),
        43004 | 43019 => closed("the customer does not follow the account any more, or is blocked", code),
        45015 => closed(
            "the customer has left, or the time for messages is over: 48 hours after the customer's last one, a minute \
             after a follow or a press of the menu",
            code,
        ),
        45009 | 45011 => Verdict::Later { reason: told("the account's calls are used up for the moment", code) },
        // Not closed: the customer's next message allows more, and brings back what was late.
        45047 => refused(
            "the messages that the customer's last one allows are used up; lower messagesPerQuestion, or find out who \
             else sends",
            Some(code),
        ),
        // A menu wants more rights than a text.
        48001 => other_way(
            "the account has no right to customer service messages; set customerService to false, so that everything \
             goes into the answer",
        ),
        40013 | 40125 | 40164 | 41001 | 41004 => refused(&configuration(&answer), Some(code)),
        45002 => other_way("the text is too long for WeChat"),
        40033 | 47001 => other_way("WeChat cannot read what we wrote, which is our mistake"),
        _ => other_way("WeChat refused the message"),
    }
}

pub(super) fn obtain(need: &Need, outcome: &Outcome<'_>) -> Obtained {
    let answer = match read(outcome) {
        Said::Answer(answer) => answer,
        Said::Down(reason) => return Obtained::Later { reason: reason.to_owned() },
        // Neither is harmed by asking again.
        Said::Unknown => return Obtained::Later { reason: "WeChat did not answer in time".to_owned() },
        Said::Refused(status) => {
            return Obtained::Refused { reason: format!("WeChat refused the request (status {status})") };
        }
    };
    let code = answer.errcode.unwrap_or(0);
    let is_token = need.call.name == api::TOKEN;
    match code {
        0 if is_token => match answer.access_token.filter(|token| is_harmless(token)) {
            Some(text) => {
                let seconds = answer.expires_in.unwrap_or(0).saturating_sub(limits::TOKEN_MARGIN_SECONDS);
                Obtained::Text { text, seconds: seconds.max(limits::TOKEN_SECONDS_AT_LEAST) }
            }
            None => Obtained::Refused { reason: "WeChat gave no access token".to_owned() },
        },
        0 => match answer.media_id.filter(|id| !id.is_empty()) {
            Some(text) => Obtained::Text { text, seconds: limits::MEDIA_SECONDS },
            None => Obtained::Refused { reason: "WeChat gave no media id for the file".to_owned() },
        },
        -1 | 45009 | 45011 => {
            Obtained::Later { reason: told("WeChat is busy, or the account's calls are used up", code) }
        }
        // Of a token they say that the AppSecret is wrong.
        40001 | 40014 | 42001 if !is_token => Obtained::Renew { reason: told("the access token is spent", code) },
        40001 => Obtained::Refused { reason: told(SECRET, code) },
        40013 | 40125 | 40164 | 41001 | 41004 => Obtained::Refused { reason: told(&configuration(&answer), code) },
        48001 => Obtained::Refused { reason: told("the account has no right to upload files", code) },
        _ if is_token => Obtained::Refused { reason: told("WeChat gives no access token", code) },
        _ => Obtained::Refused { reason: told("WeChat does not take the file", code) },
    }
}

enum Said {
    Answer(Answer),
    Down(&'static str),
    /// It may have arrived.
    Unknown,
    Refused(u16),
}

fn read(outcome: &Outcome<'_>) -> Said {
    let answer = match outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Unanswered => return Said::Unknown,
        Outcome::Unreachable => return Said::Down("WeChat could not be reached"),
    };
    match answer.status {
        200..300 => {}
        408 | 429 | 500.. => return Said::Down("WeChat is out of order"),
        status => return Said::Refused(status),
    }
    // serde would take a list for an object.
    let is_object = answer.body.trim_ascii_start().first() == Some(&b'{');
    match serde_json::from_slice::<Answer>(answer.body) {
        Ok(answer) if is_object => Said::Answer(answer),
        Ok(_) | Err(_) => Said::Unknown,
    }
}

const SECRET: &str = "WeChat does not take the AppSecret; copy appSecret again, or reset it in the console and set it";

/// What the bot's owner has to set right.
fn configuration(answer: &Answer) -> String {
    match answer.errcode {
        Some(40013) => "WeChat does not know the AppID; copy appId again".to_owned(),
        Some(40125 | 41004) => SECRET.to_owned(),
        Some(40164) => {
            let address = answer.errmsg.as_deref().and_then(address).map_or_else(String::new, |ip| format!(" {ip}"));
            format!(
                "our address{address} is not in the IP allowlist of the account; add it, under Basic configuration in \
                 the Official Account console"
            )
        }
        _ => "WeChat misses the access token".to_owned(),
    }
}

/// Ours, which the message tells: `invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist`.
fn address(message: &str) -> Option<IpAddr> {
    message.split([' ', ',']).find_map(|word| word.parse().ok())
}

/// It goes into addresses.
fn is_harmless(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~!".contains(&byte))
}

/// Never WeChat's own words: they may hold ours.
fn told(why: &str, code: i64) -> String {
    format!("{why} (errcode {code})")
}

fn refused(why: &str, code: Option<i64>) -> Verdict {
    Verdict::Refused { reason: code.map_or_else(|| why.to_owned(), |code| told(why, code)) }
}

fn closed(why: &str, code: i64) -> Verdict {
    Verdict::Closed { reason: told(why, code) }
}
