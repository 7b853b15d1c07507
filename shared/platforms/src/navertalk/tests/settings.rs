//! Settings that cannot be used are refused with a word on what to do.

use serde_json::{Value, json};

use super::{KIT, TOKEN};

#[test]
fn settings_say_what_to_set() {
    let missing = "Naver signs nothing, so set `botSecret` to a long random text: the address to enter at \
                   partner.talk.naver.com, 개발자도구 › 챗봇API 설정, ends in it";
    let shape = "`botSecret` must be a text, or a list of texts while you change it";
    let path = "`botSecret` is part of an address: use letters, digits, `-` and `_` alone";
    let token = "`authorization` has a blank or a strange letter in it; copy the Authorization of 개발자도구 › 챗봇API \
                 설정 again, without `Bearer`";
    let time = "`answerWithinMs` must be between 1 and 4500: Naver waits 5 seconds, the way included";
    let header = "`secretHeader` needs `name`, the name of a header, and `value`, a text or a list of two while you \
                  change it";
    let with = |name: &str, value: Value| json!({ "botSecret": "s", name: value });
    for (settings, reason) in [
        (json!({ "botSecret": "s" }), None),
        (json!({ "botSecret": ["aZ09-_.~", "t"], "more": {} }), None),
        (with("authorization", json!(null)), None),
        (with("authorization", json!("")), None),
        (with("authorization", json!(TOKEN)), None),
        (with("partner", json!(null)), None),
        (with("answerWithinMs", json!(1)), None),
        (with("answerWithinMs", json!(4500)), None),
        (with("secretHeader", json!({ "name": "X-A", "value": ["a", "b"] })), None),
        (with("placeholderTitle", json!("가".repeat(200))), None),
        (with("placeholderTitle", json!(" ")), None),
        (with("defaultDescription", json!("가".repeat(1000))), None),
        (json!({}), Some(missing)),
        (json!({ "botSecret": "" }), Some(missing)),
        (json!({ "botSecret": [] }), Some(missing)),
        (json!({ "botSecret": null }), Some(missing)),
        (json!({ "botSecret": 5 }), Some(shape)),
        (json!({ "botSecret": "a/b" }), Some(path)),
        (json!({ "botSecret": ["a", "비밀"] }), Some(path)),
        (json!(null), Some("it must be an object of settings, with `botSecret` at least")),
        (json!("s"), Some("it must be an object of settings, with `botSecret` at least")),
        (with("authorization", json!("Bearer ct_x")), Some(token)),
        (with("authorization", json!("ct_x\n")), Some(token)),
        (with("authorization", json!("토큰")), Some(token)),
        (with("authorization", json!(["t"])), Some("`authorization` must be a text")),
        (with("partner", json!(5)), Some("`partner` must be a text")),
        (with("synchronous", json!("yes")), Some("`synchronous` must be true or false")),
        (with("payments", json!(1)), Some("`payments` must be true or false")),
        (with("notification", json!("x")), Some("`notification` must be true or false")),
        (with("answerWithinMs", json!(0)), Some(time)),
        (with("answerWithinMs", json!(4501)), Some(time)),
        (with("answerWithinMs", json!("4000")), Some("`answerWithinMs` must be a number of milliseconds")),
        (with("secretHeader", json!({ "name": "X A", "value": "a" })), Some(header)),
        (with("secretHeader", json!({ "name": "X-A", "value": "" })), Some(header)),
        (with("secretHeader", json!("X-A: a")), Some(header)),
        (with("placeholderTitle", json!("가".repeat(201))), Some("`placeholderTitle` is longer than 200 characters")),
        (
            with("defaultDescription", json!("가".repeat(1001))),
            Some("`defaultDescription` is longer than 1000 characters"),
        ),
    ] {
        let error = KIT.connect(&settings).err();
        assert_eq!(error, reason.map(|reason| format!("integration.navertalk: {reason}")), "{settings}");
    }
}
