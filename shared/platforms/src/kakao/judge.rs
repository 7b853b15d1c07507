//! What the callback URL's answer means.
//! <https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/ai_chatbot_callback_guide>

use crate::{Answer, Attempt, Call, Outcome, Verdict};

use super::limits;
use super::wire::CallbackAnswer;

pub(super) fn judge(call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
    match outcome {
        Outcome::Answered(answer) => answered(call, *answer, attempt),
        // The token works once: if it arrived, another call says nothing; if not, we cannot know.
        Outcome::Unanswered => refused("KakaoTalk did not answer the callback: unknown whether it arrived"),
        Outcome::Unreachable if attempt.age_ms < limits::CALLBACK_MS => later("KakaoTalk's callback is unreachable"),
        Outcome::Unreachable => refused("KakaoTalk's callback was unreachable for its whole minute"),
    }
}

fn answered(call: &Call, answer: Answer<'_>, attempt: Attempt) -> Verdict {
    let Some(CallbackAnswer { status, message }) = read(answer.body) else {
        return match answer.status {
            429 | 500.. => once_more("KakaoTalk's callback is busy or down", attempt),
            200..300 => refused("KakaoTalk's answer to the callback is unreadable: unknown whether it arrived"),
            _ => refused("KakaoTalk refused the callback"),
        };
    };
    if status.is_some_and(|status| status.eq_ignore_ascii_case("SUCCESS")) {
        return Verdict::Delivered;
    }
    let message = message.unwrap_or_default().to_ascii_lowercase();
    match Complaint::find(&message) {
        // Seen when the callback came before our first answer was worked through.
        Some(Complaint::NotYet) => {
            once_more("KakaoTalk does not expect a callback: is the block's callback option on?", attempt)
        }
        Some(Complaint::Internal) => once_more("KakaoTalk has an internal error", attempt),
        Some(Complaint::TestToken) => refused("the console's bot test takes no callback"),
        Some(Complaint::Token) if attempt.repeated => {
            refused("the callback was used up or expired, perhaps by an earlier attempt that arrived")
        }
        Some(Complaint::Token) => refused("the callback was used up or expired"),
        Some(Complaint::Bot) => refused("KakaoTalk does not know the bot of the callback"),
        Some(Complaint::Json) => match &call.instead {
            Some(plain) if attempt.age_ms < limits::CALLBACK_MS => Verdict::Instead((**plain).clone()),
            Some(_) | None => refused("KakaoTalk found fault with the answer's form"),
        },
        Some(Complaint::Advertising) => refused("KakaoTalk does not take this bubble in an advertisement"),
        None if matches!(answer.status, 429 | 500..) => once_more("KakaoTalk's callback is busy or down", attempt),
        None => refused("KakaoTalk refused the callback for a reason that we do not know"),
    }
}

enum Complaint {
    NotYet,
    Internal,
    TestToken,
    Token,
    Bot,
    Json,
    Advertising,
}

impl Complaint {
    /// By the text: there are no codes. The more particular ones come first.
    fn find(message: &str) -> Option<Self> {
        [
            ("use callback true setting", Self::NotYet),
            ("internal server error", Self::Internal),
            ("callback token for testing", Self::TestToken),
            ("invalid callback token", Self::Token),
            ("invalid bot id", Self::Bot),
            ("not suitable for advertising", Self::Advertising),
            ("invalid json response", Self::Json),
        ]
        .into_iter()
        .find_map(|(words, complaint)| message.contains(words).then_some(complaint))
    }
}

fn read(body: &[u8]) -> Option<CallbackAnswer<'_>> {
    // serde would take a list for an object.
    (body.trim_ascii_start().first() == Some(&b'{')).then(|| serde_json::from_slice(body).ok()).flatten()
}

/// A second try inside the minute; a third would find the token spent.
fn once_more(reason: &str, attempt: Attempt) -> Verdict {
    if attempt.repeated || attempt.age_ms >= limits::CALLBACK_MS { refused(reason) } else { later(reason) }
}

fn later(reason: &str) -> Verdict {
    Verdict::Later { reason: reason.to_owned() }
}

fn refused(reason: &str) -> Verdict {
    Verdict::Refused { reason: reason.to_owned() }
}
