//! What a dealer's answers mean. None publishes all its codes, so those that we do not know are for good:
//! <https://developer-center.happytalk.io/KakaoWebhook/Upload/image>,
//! <https://developers.bizgo.io/api-sdk/api-reference/comm/kakao-counsel>.

use crate::{Answer, Attempt, Call, Need, Obtained, Outcome, Verdict, complaint};

use super::dealer::{Dealer, Uploaded};
use super::limits;
use super::wire::{BizgoAnswer, HappytalkAnswer};

/// Fields whose texts are the dealer's own words.
const OWN: &[&str] = &["type", "message_type", "msgType"];

pub(super) fn judge(dealer: &Dealer, call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
    let name = dealer.name();
    let answer = match outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Unreachable => return Verdict::Later { reason: format!("{name} could not be reached") },
        // Once more, under the same serial number. More often might be more than once for the customer.
        Outcome::Unanswered if knows_repetitions(dealer) && !attempt.repeated => {
            return Verdict::Later { reason: format!("{name} did not answer in time") };
        }
        Outcome::Unanswered => {
            return Verdict::Refused { reason: format!("{name} did not answer: unknown whether it arrived") };
        }
    };
    let said = Said::read(dealer, answer.body);
    let reason = |why: &str| said.reason(why, answer, call);
    let refused = |why: &str| Verdict::Refused { reason: reason(why) };
    let or_instead = |why: &str| match &call.instead {
        Some(instead) => Verdict::Instead((**instead).clone()),
        None => refused(why),
    };

    if said.is_done() && (200..300).contains(&answer.status) {
        return Verdict::Delivered;
    }
    if attempt.repeated && knows_repetitions(dealer) && said.is_of_repetition() {
        return Verdict::Delivered;
    }
    match (said.code.as_str(), answer.status) {
        ("-501", _) => refused("the dealer does not know the sender key; check senderKeys"),
        ("-505", _) | (_, 413) => or_instead("the file is too large or of the wrong kind"),
        ("A001" | "A002" | "A003" | "A004" | "A005", _) | (_, 401 | 403) => refused(unauthorized(dealer)),
        ("A507", _) => refused("the dealer does not know the customer any more"),
        (_, 429) => Verdict::Later { reason: reason("the dealer takes no more messages for the moment") },
        // Under the same serial number again. BizGo has none, and wants nothing repeated but what it had too much of.
        (_, 408 | 503) if knows_repetitions(dealer) => Verdict::Later { reason: reason("the dealer is out of order") },
        (_, 500..) if knows_repetitions(dealer) && !attempt.repeated => {
            Verdict::Later { reason: reason("the dealer is out of order") }
        }
        (_, 500..) if knows_repetitions(dealer) => refused("the dealer is out of order: unknown whether it arrived"),
        (_, 408 | 500..) => refused("the dealer is out of order, and might send a repetition twice"),
        // The code for this is not published; the words for it are the same everywhere.
        _ if said.is_of_session() => Verdict::Closed { reason: reason("the customer's consultation session is over") },
        ("", 200..300) => refused("the dealer's answer has no code: unknown whether it arrived"),
        // The first try may be with the customer, and this only say that it was one too many.
        _ if attempt.repeated => refused("the dealer refused the repetition: unknown whether the first try arrived"),
        _ => or_instead("the dealer refused the message"),
    }
}

/// What an upload gave: the address of a picture; of another file also its name and size.
pub(super) fn obtain(dealer: &Dealer, need: &Need, outcome: &Outcome<'_>) -> Obtained {
    let name = dealer.name();
    let answer = match outcome {
        Outcome::Answered(answer) => answer,
        // An upload more than needed shows nothing to anybody.
        Outcome::Unanswered => return Obtained::Later { reason: format!("{name} did not answer in time") },
        Outcome::Unreachable => return Obtained::Later { reason: format!("{name} could not be reached") },
    };
    let said = Said::read(dealer, answer.body);
    let reason = |why: &str| said.reason(why, answer, &need.call);
    let refused = |why: &str| Obtained::Refused { reason: reason(why) };
    if said.is_done() && (200..300).contains(&answer.status) {
        return match &said.uploaded {
            Some(text) => Obtained::Text { text: text.clone(), seconds: limits::UPLOAD_SECONDS },
            None => refused("the dealer did not say where the uploaded file is"),
        };
    }
    match (said.code.as_str(), answer.status) {
        ("-501", _) => refused("the dealer does not know the sender key; check senderKeys"),
        ("-505", _) | (_, 413) => refused("the file is too large or of the wrong kind"),
        ("A001" | "A002" | "A003" | "A004" | "A005", _) | (_, 401 | 403) => refused(unauthorized(dealer)),
        (_, 408 | 429 | 500..) => Obtained::Later { reason: reason("the dealer takes no files for the moment") },
        _ => refused("the dealer refused the file"),
    }
}

const fn knows_repetitions(dealer: &Dealer) -> bool {
    match dealer {
        Dealer::Happytalk { .. } => true,
        Dealer::Bizgo { .. } => false,
    }
}

const fn unauthorized(dealer: &Dealer) -> &'static str {
    match dealer {
        Dealer::Happytalk { .. } => "Happytalk does not take happytalk.clientId and happytalk.clientSecret",
        Dealer::Bizgo { .. } => "BizGo does not take bizgo.token, or not from this address",
    }
}

/// An answer, whoever gave it.
#[derive(Default)]
struct Said {
    code: String,
    message: String,
    uploaded: Option<String>,
}

impl Said {
    fn read(dealer: &Dealer, body: &[u8]) -> Self {
        // serde would take a list for an object.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Self::default();
        }
        match dealer {
            Dealer::Happytalk { .. } => {
                serde_json::from_slice(body).map(|answer| Self::happytalk(&answer)).unwrap_or_default()
            }
            Dealer::Bizgo { .. } => serde_json::from_slice(body).map(Self::bizgo).unwrap_or_default(),
        }
    }

    fn happytalk(answer: &HappytalkAnswer<'_>) -> Self {
        let picture = answer.image.as_str().and_then(address);
        let file =
            answer.file.as_str().and_then(address).map(|url| uploaded(url, answer.name.as_str(), answer.size.as_str()));
        Self { code: owned(answer.code.as_str()), message: owned(answer.message.as_str()), uploaded: picture.or(file) }
    }

    fn bizgo(answer: BizgoAnswer<'_>) -> Self {
        let common = answer.common.unwrap_or_default();
        let data = answer.data.unwrap_or_default();
        if common.auth_code.as_str().is_some_and(|code| code != "A000") {
            let (code, message) = (owned(common.auth_code.as_str()), owned(common.auth_result.as_str()));
            return Self { code, message, uploaded: None };
        }
        let file = data.data.unwrap_or_default();
        let picture = file.img_url.as_str().and_then(address);
        let other = file.file_url.as_str().and_then(address);
        let other = other.map(|url| uploaded(url, file.file_name.as_str(), file.size.as_str()));
        Self { code: owned(data.code.as_str()), message: owned(data.result.as_str()), uploaded: picture.or(other) }
    }

    /// Numbers and texts, of any number of noughts.
    fn is_done(&self) -> bool {
        ["0", "0000", "A000"].contains(&self.code.as_str())
    }

    fn is_of_session(&self) -> bool {
        self.message.to_lowercase().contains("session") || self.message.contains("세션")
    }

    fn is_of_repetition(&self) -> bool {
        self.message.to_lowercase().contains("duplicat") || self.message.contains("중복")
    }

    fn reason(&self, why: &str, answer: &Answer<'_>, call: &Call) -> String {
        let status = answer.status;
        let code: String = self.code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(20).collect();
        let unknown = code.is_empty() || complaint::quotes(&self.code, call, OWN);
        let code = if unknown { String::new() } else { format!(", code {code}") };
        complaint::reason(why, &format!("status {status}{code}"), &self.message, call, OWN)
    }
}

fn owned(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

/// Where Kakao keeps it.
fn address(url: &str) -> Option<String> {
    (super::buttons::is_web(url) && limits::URL.holds(url)).then(|| url.to_owned())
}

fn uploaded(url: String, name: Option<&str>, size: Option<&str>) -> String {
    let name = name.unwrap_or("file").to_owned();
    Uploaded { url, name, size: size.and_then(|size| size.parse().ok()) }.text()
}
