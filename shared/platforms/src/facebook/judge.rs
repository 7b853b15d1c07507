//! What Meta's answers mean: <https://developers.facebook.com/docs/messenger-platform/error-codes>, by code and subcode.
//! The status says little: most errors are 400.

use super::outbound::PASS;
use super::wire::{Complaint, Failure};
use crate::{Attempt, Call, Outcome, Verdict, complaint};

/// Fields whose texts are Meta's own words.
const OWN: &[&str] = &["type", "template_type", "content_type", "messaging_type"];

pub(super) fn judge(call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
    let answer = match outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Unanswered => return perhaps_sent(call, attempt, "Messenger did not answer in time".to_owned()),
        Outcome::Unreachable => return Verdict::Later { reason: "Messenger could not be reached".to_owned() },
    };
    // serde would take an array for a struct.
    let is_object = answer.body.trim_ascii_start().first() == Some(&b'{');
    let failure: Option<Failure<'_>> = is_object.then(|| serde_json::from_slice(answer.body).ok()).flatten();
    let complaint = failure.and_then(|failure| failure.error);
    if complaint.is_none() && (200..300).contains(&answer.status) {
        return Verdict::Delivered;
    }
    let complaint = complaint.unwrap_or_default();
    let reason = |why: &str| reason(why, answer.status, &complaint, call);
    match meaning(&complaint, answer.status) {
        Meaning::Sent => Verdict::Delivered,
        Meaning::Perhaps(why) => perhaps_sent(call, attempt, reason(why)),
        Meaning::Busy(why) => Verdict::Later { reason: reason(why) },
        Meaning::OnceMore(why) if !attempt.repeated => Verdict::Later { reason: reason(why) },
        // Its server may only have been slow.
        Meaning::FileOnceMore(_) if !attempt.repeated => {
            Verdict::Later { reason: reason("Messenger could not get the file") }
        }
        Meaning::File(why) | Meaning::FileOnceMore(why) | Meaning::Form(why) => match &call.instead {
            Some(instead) => Verdict::Instead((**instead).clone()),
            None => Verdict::Refused { reason: reason(why) },
        },
        // An earlier attempt passed it on.
        Meaning::NotOwner(_) if call.name == PASS && attempt.repeated => Verdict::Delivered,
        Meaning::OnceMore(why) | Meaning::NotOwner(why) | Meaning::Never(why) => {
            Verdict::Refused { reason: reason(why) }
        }
    }
}

/// Messenger has no idempotency key. Nothing said is worse than something said twice, and twice is enough.
fn perhaps_sent(call: &Call, attempt: Attempt, reason: String) -> Verdict {
    // A file is fetched before there is an answer, for longer than we wait, and shown all the same.
    let is_file = call.instead.is_some();
    // Nobody reads that a conversation was passed on, and Messenger says so if it was.
    if call.name == PASS || !(attempt.repeated || is_file) {
        return Verdict::Later { reason };
    }
    Verdict::Refused { reason: format!("{reason}: the message may have arrived, so it is not sent again") }
}

enum Meaning {
    /// Sent, and an error all the same.
    Sent,
    /// Nobody knows whether it was sent.
    Perhaps(&'static str),
    Busy(&'static str),
    /// Not for now, and perhaps in a moment.
    OnceMore(&'static str),
    /// A file that Messenger does not take.
    File(&'static str),
    /// The same, and it may go well the second time.
    FileOnceMore(&'static str),
    /// Something is wrong with the message.
    Form(&'static str),
    /// Another app has the conversation.
    NotOwner(&'static str),
    Never(&'static str),
}

fn meaning(complaint: &Complaint<'_>, status: u16) -> Meaning {
    use Meaning::{Busy, File, FileOnceMore, Form, Never, NotOwner, OnceMore, Perhaps, Sent};

    // Some subcodes come as codes as well.
    let code = complaint.code.unwrap_or_default();
    let subcode = complaint.error_subcode.unwrap_or(if code > 1_000_000 { code } else { 0 });
    match (code, subcode) {
        (1, 1_357_046) => Sent,
        (1, 99) => Never("Meta refused the message"),
        (_, 2_018_344) => Never("Meta wants the Page to accept the terms of inbox labels first"),
        (_, 2_018_338) => Never("Meta warned that this customer is written to too much"),
        (_, 2_018_278 | 2_534_022 | 2_018_065) => Never("the 24 hours are over in which Messenger lets a bot answer"),
        (_, 2_018_108) | (551, _) | (_, 1_545_041) => {
            Never("this customer cannot be written to: they blocked the Page, or left Messenger")
        }
        (_, 1_893_063) => Never("Meta keeps the Page from sending for a while; see its Support Inbox"),
        (_, 2_018_001) => Never("Messenger does not know this customer; is the pageId that of the token?"),
        (_, 2_018_008 | 2_018_294) => FileOnceMore("Messenger could not get the file; it must open to everybody, fast"),
        (_, 2_018_047) => File("Messenger does not take this type of file"),
        (_, 2_018_109) => File("the file is too large for Messenger"),
        (_, 2_018_074) => File("the file is not the Page's own"),
        (_, 2_018_164) => NotOwner("the app may not pass conversations on; see Conversation Routing of the Page"),
        (_, 2_018_300 | 2_534_037) => {
            NotOwner("another app has the conversation; see Conversation Routing of the Page")
        }
        (_, 2_018_321) => OnceMore("the customer is in the form of an ad"),
        (1 | 2 | 1200, _) => Busy("Messenger is out of order"),
        (4 | 17 | 32 | 341 | 613 | 80_006, _) => Busy("Messenger takes no more calls for the moment"),
        (368, _) => Never("Meta blocked the Page or the app for a while over its policy; see the Page's Support Inbox"),
        (3 | 10 | 200..300, _) => {
            Never("Meta does not allow this; the app needs pages_messaging, with Advanced Access, and must be live")
        }
        (100, _) => Form("Messenger found fault with the message"),
        (102 | 190, _) => Never("Meta does not take the pageAccessToken; make a new one and set it"),
        _ => match status {
            429 => Busy("Messenger takes no more calls for the moment"),
            408 | 500.. => Perhaps("Messenger is out of order"),
            _ if complaint.is_transient => Busy("Messenger is out of order"),
            401 => Never("Meta does not take the pageAccessToken; make a new one and set it"),
            _ => Never("Messenger refused the request"),
        },
    }
}

fn reason(why: &str, status: u16, complaint: &Complaint<'_>, call: &Call) -> String {
    let mut codes = format!("status {status}");
    for (name, code) in [("code", complaint.code), ("subcode", complaint.error_subcode)] {
        if let Some(code) = code {
            codes.push_str(&format!(", {name} {code}"));
        }
    }
    complaint::reason(why, &codes, complaint.message.as_deref().unwrap_or_default(), call, OWN)
}
