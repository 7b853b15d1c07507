//! What the answers of the providers mean. Their words are not repeated, for they may hold the customer's number; their
//! codes are.
//!
//! A message that may have been sent is sent again only where the provider would know it: twice is worse than late here,
//! for each costs money and rings.

use serde_json::Value;

use super::driver::{Driver, LOGIN, MMS, UPLOAD};
use super::limits;
use super::settings::Settings;
use crate::{Answer, Attempt, Call, Need, Obtained, Outcome, Verdict};

pub(super) fn judge(settings: &Settings, call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
    let Some(driver) = &settings.driver else {
        return Verdict::Refused { reason: settings.missing.trim_start_matches("reply: ").to_owned() };
    };
    let name = driver.name();
    match outcome {
        Outcome::Unreachable => Verdict::Later { reason: format!("{name} could not be reached") },
        Outcome::Unanswered => unanswered(driver, attempt),
        Outcome::Answered(answer) => {
            let said = Said::of(answer, call);
            match driver {
                Driver::Sens(_) => sens(driver, call, &said, attempt),
                Driver::Solapi(_) => solapi(driver, call, &said, attempt),
                Driver::Twilio(_) => twilio(driver, call, &said, attempt),
                Driver::Msghub(_) => msghub(driver, call, &said, attempt),
            }
        }
    }
}

const NOT_AGAIN: &str = "the message may have been sent, so it is not sent again";

fn unanswered(driver: &Driver, attempt: Attempt) -> Verdict {
    let name = driver.name();
    if knows_again(driver, attempt) {
        return Verdict::Later { reason: format!("{name} did not answer in time") };
    }
    Verdict::Refused { reason: format!("{name} did not answer in time: {NOT_AGAIN}") }
}

/// Whether the provider will tell the message that it may have from the one that is sent again.
const fn knows_again(driver: &Driver, attempt: Attempt) -> bool {
    match driver {
        Driver::Sens(_) | Driver::Solapi(_) | Driver::Twilio(_) => false,
        // An earlier try may be too long ago for the message hub to know it.
        Driver::Msghub(_) => !attempt.repeated || attempt.age_ms < limits::CLI_KEY_MS,
    }
}

/// What an answer says, as far as it can be told.
struct Said {
    status: u16,
    json: Value,
    code: String,
}

impl Said {
    fn of(answer: &Answer<'_>, call: &Call) -> Self {
        let json: Value = serde_json::from_slice(answer.body).unwrap_or_default();
        let code = code(&json).filter(|code| !quotes(code, call)).unwrap_or_default();
        Self { status: answer.status, json, code }
    }

    fn reason(&self, why: &str) -> String {
        match self.code.as_str() {
            "" => format!("{why} (status {})", self.status),
            code => format!("{why} (status {}, code {code})", self.status),
        }
    }
}

/// The provider's code of what went wrong. Nothing as long as a phone number or a key is one.
fn code(json: &Value) -> Option<String> {
    let places = [&json["errorCode"], &json["error"]["errorCode"], &json["code"], &json["statusCode"]];
    let code = places.into_iter().find_map(|place| match place {
        Value::String(code) => Some(code.clone()),
        Value::Number(code) => Some(code.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })?;
    let digits = code.bytes().filter(u8::is_ascii_digit).count();
    let is_code = (1..=30).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric()) && digits <= 6;
    is_code.then_some(code)
}

/// Whether something that we sent is in there.
fn quotes(code: &str, call: &Call) -> bool {
    let within = |bytes: &[u8]| code.len() > 6 && bytes.windows(code.len()).any(|window| window == code.as_bytes());
    within(&call.body) || within(call.url.as_bytes()) || call.headers.iter().any(|(_, value)| within(value.as_bytes()))
}

fn sens(driver: &Driver, call: &Call, said: &Said, attempt: Attempt) -> Verdict {
    match said.status {
        // Taken; what became of it is not told.
        200..300 if said.json["statusName"] == "fail" => refused(call, said, "SENS did not take the message"),
        200..300 => Verdict::Delivered,
        401 | 403 => {
            refused(call, said, "SENS does not take sens.accessKey and sens.secretKey, or its clock is not ours")
        }
        404 => refused(call, said, "SENS does not know sens.serviceId"),
        _ => rest(driver, call, said, attempt),
    }
}

fn solapi(driver: &Driver, call: &Call, said: &Said, attempt: Attempt) -> Verdict {
    let count = &said.json["count"];
    let none_taken = count["registeredSuccess"] == 0 && count["registeredFailed"].as_u64().is_some_and(|n| n > 0);
    match said.status {
        200..300 if none_taken => {
            refused(call, said, "Solapi did not take the message; is the number in `from` registered?")
        }
        200..300 => Verdict::Delivered,
        401 | 403 => refused(call, said, "Solapi does not take solapi.apiKey and solapi.apiSecret"),
        402 => refused(call, said, "the balance at Solapi is used up"),
        _ => rest(driver, call, said, attempt),
    }
}

/// <https://www.twilio.com/docs/api/errors>.
fn twilio(driver: &Driver, call: &Call, said: &Said, attempt: Attempt) -> Verdict {
    match (said.status, said.code.as_str()) {
        (200..300, _) => Verdict::Delivered,
        (400, "21610") => {
            Verdict::Closed { reason: said.reason("the customer wants no more messages from this number") }
        }
        (401, _) => refused(call, said, "Twilio does not take twilio.accountSid and twilio.authToken"),
        (404, _) => refused(call, said, "Twilio does not know twilio.accountSid"),
        _ => rest(driver, call, said, attempt),
    }
}

fn msghub(driver: &Driver, call: &Call, said: &Said, attempt: Attempt) -> Verdict {
    // An answer holds a code for each receiver; there is one.
    let mut said = Said { status: said.status, json: said.json.clone(), code: said.code.clone() };
    let of_receiver = said.json["data"].get(0).and_then(code).filter(|code| !quotes(code, call));
    if let Some(code) = of_receiver.filter(|_| said.code.is_empty() || said.code == "10000") {
        said.code = code;
    }
    match (said.status, said.code.as_str()) {
        // It knows the cliKey: an earlier try arrived.
        (_, "29005") => Verdict::Delivered,
        (200..300, "" | "10000") => Verdict::Delivered,
        (401, _) | (_, "29011") => Verdict::Renew { reason: said.reason("the message hub wants another token") },
        (403, _) => refused(
            call,
            &said,
            "the message hub does not take requests from here; register the address for the API key",
        ),
        (200..500, "29002" | "29017" | "29019" | "29032" | "65999") => {
            Verdict::Later { reason: said.reason("the message hub is busy") }
        }
        (_, "29015") | (504, _) => unanswered(driver, attempt),
        (_, "29018") => refused(call, &said, "the limit of messages at the message hub is used up"),
        (_, "30116") => refused(call, &said, "the number in `from` is not registered at the message hub"),
        (200..300, _) => refused(call, &said, "the message hub did not take the message"),
        _ => rest(driver, call, &said, attempt),
    }
}

/// What is the same with all.
fn rest(driver: &Driver, call: &Call, said: &Said, attempt: Attempt) -> Verdict {
    let name = driver.name();
    match said.status {
        408 | 429 => Verdict::Later { reason: said.reason(&format!("{name} takes no more messages for the moment")) },
        // Somebody on the way lost patience, and whoever is behind may have the message.
        504 => Verdict::Refused { reason: said.reason(&format!("{name} did not answer in time: {NOT_AGAIN}")) },
        // It broke on the message twice, or took it and broke afterwards. 503 takes nothing.
        500..=502 | 505.. if attempt.repeated && !knows_again(driver, attempt) => {
            Verdict::Refused { reason: said.reason(&format!("{name} is out of order: {NOT_AGAIN}")) }
        }
        500.. => Verdict::Later { reason: said.reason(&format!("{name} is out of order")) },
        _ => refused(call, said, &format!("{name} refused the message; is the number in `from` registered?")),
    }
}

/// A picture may be the reason, so its address goes out in a text.
fn refused(call: &Call, said: &Said, why: &str) -> Verdict {
    match &call.instead {
        Some(instead) if call.name == MMS && said.status == 400 => Verdict::Instead((**instead).clone()),
        Some(_) | None => Verdict::Refused { reason: said.reason(why) },
    }
}

/// A token of the message hub, or the id of a picture at SENS.
pub(super) fn obtain(need: &Need, outcome: &Outcome<'_>) -> Obtained {
    let name = if need.call.name == UPLOAD { "SENS" } else { "the message hub" };
    let answer = match outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Unanswered => return Obtained::Later { reason: format!("{name} did not answer in time") },
        Outcome::Unreachable => return Obtained::Later { reason: format!("{name} could not be reached") },
    };
    let said = Said::of(answer, &need.call);
    let (text, seconds) = match need.call.name {
        LOGIN => (&said.json["data"]["token"], limits::TOKEN_SECONDS),
        _ => (&said.json["fileId"], limits::IMAGE_SECONDS),
    };
    let text = text.as_str().filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic()));
    match (said.status, text) {
        (200..300, Some(text)) => Obtained::Text { text: text.to_owned(), seconds },
        (408 | 429 | 500.., _) => Obtained::Later { reason: said.reason(&format!("{name} is busy or out of order")) },
        _ if need.call.name == LOGIN => Obtained::Refused {
            reason: said.reason(
                "the message hub gives no token: check msghub.apiKey, msghub.apiPwd and the addresses that it allows for the key",
            ),
        },
        _ => Obtained::Refused { reason: said.reason("SENS did not take the picture") },
    }
}
