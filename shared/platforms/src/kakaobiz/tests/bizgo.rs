//! What BizGo's answers mean; `testdata/judge.json` and `obtain.json` have Happytalk's.

use serde_json::{Value, json};

use super::KIT;
use crate::testkit::reply_of;
use crate::{Answer, Attempt, Obtained, Outcome, Verdict};

const IMAGE: &str = "https://a.example/b.jpg";

fn envelope(auth: &str, code: &str, result: &str) -> Value {
    json!({ "common": { "authCode": auth, "authResult": "auth text" }, "data": { "code": code, "result": result } })
}

fn name(verdict: &Verdict) -> (&'static str, String) {
    match verdict {
        Verdict::Delivered => ("delivered", String::new()),
        Verdict::Instead(_) => ("instead", String::new()),
        Verdict::Renew { reason } => ("renew", reason.clone()),
        Verdict::Later { reason } => ("later", reason.clone()),
        Verdict::Refused { reason } => ("refused", reason.clone()),
        Verdict::Closed { reason } => ("closed", reason.clone()),
    }
}

#[test]
fn judgements() {
    let channel = KIT.channel_with(&json!({ "dealer": "bizgo", "bizgo": { "token": "bizgo-token-1" } }));
    let inbound = KIT.inbound(&Value::Null);
    let reply = reply_of(&json!({ "messages": [
        { "type": "text", "text": "customer words" },
        { "type": "media", "media": { "contentType": "image", "uri": IMAGE } },
    ] }));
    let calls = channel.render(&reply, &inbound, inbound.received_at).calls;
    for (call, status, body, expected, reason) in [
        (0, 200, envelope("A000", "A000", "Success"), "delivered", ""),
        (
            0,
            200,
            json!({ "common": { "authCode": "A000" }, "data": { "code": "A000", "msgKey": "1" } }),
            "delivered",
            "",
        ),
        (0, 200, envelope("A001", "A000", ""), "refused", "bizgo.token"),
        (0, 401, envelope("A002", "", ""), "refused", "code A002: auth text"),
        (0, 401, json!({ "common": { "authCode": "A003" }, "data": null }), "refused", "bizgo.token"),
        (0, 200, envelope("A004", "", ""), "refused", "bizgo.token"),
        (0, 200, envelope("A005", "", ""), "refused", "bizgo.token"),
        (0, 403, json!(""), "refused", "bizgo.token"),
        (0, 200, envelope("A000", "A507", "invalid userKey"), "refused", "customer any more"),
        (0, 200, envelope("A000", "A999", "session not found"), "closed", "session is over"),
        (0, 200, envelope("A000", "A999", "상담 세션이 없습니다"), "closed", "session is over"),
        (0, 429, json!(""), "later", "no more messages"),
        (0, 500, json!(""), "refused", "repetition twice"),
        (0, 503, envelope("A000", "A500", "down"), "refused", "repetition twice"),
        (0, 200, json!({}), "refused", "unknown whether"),
        (0, 200, json!({ "common": 1 }), "refused", "unknown whether"),
        (0, 200, envelope("A000", "A600", "customer words"), "refused", "(status 200, code A600)"),
        (1, 200, envelope("A000", "A600", "image"), "instead", ""),
        (1, 413, json!(""), "instead", ""),
    ] {
        let text = body.to_string();
        let outcome = Outcome::Answered(Answer { status, body: text.as_bytes() });
        let verdict = channel.judge(&calls[call], &outcome, Attempt { repeated: false, age_ms: 0 });
        let (name, told) = name(&verdict);
        assert_eq!(name, expected, "{status} {body} {told}");
        assert!(told.contains(reason), "{told}");
    }
    for (outcome, repeated, expected) in [
        (Outcome::Unreachable, true, "later"),
        (Outcome::Unanswered, false, "refused"),
        (
            Outcome::Answered(Answer { status: 200, body: br#"{"data":{"code":"A1","result":"duplicated"}}"# }),
            true,
            "refused",
        ),
    ] {
        let verdict = channel.judge(&calls[0], &outcome, Attempt { repeated, age_ms: 0 });
        assert_eq!(name(&verdict).0, expected, "{outcome:?}");
    }

    let need = &calls[1].needs[0];
    let uploaded = json!({ "common": { "authCode": "A000" }, "data": { "code": "A000", "data": { "imgUrl": "https://k.example/i.jpg" } } });
    for (status, body, expected) in [
        (200, uploaded, Obtained::Text { text: "https://k.example/i.jpg".to_owned(), seconds: 600 }),
        (
            200,
            envelope("A000", "A000", "x"),
            Obtained::Refused {
                reason: "the dealer did not say where the uploaded file is (status 200, code A000: x)".to_owned(),
            },
        ),
        (
            401,
            envelope("A001", "", ""),
            Obtained::Refused {
                reason: "BizGo does not take bizgo.token, or not from this address (status 401, code A001: auth text)"
                    .to_owned(),
            },
        ),
    ] {
        let text = body.to_string();
        assert_eq!(channel.obtain(need, &Outcome::Answered(Answer { status, body: text.as_bytes() })), expected);
    }
}
