//! Tokens, and who gets them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use model::EpochMillis;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{web, web_with};
use crate::secret::hmac_sha256;
use crate::web::{TokenError, TokenReply, TokenRequest, Web};

const NOW: EpochMillis = EpochMillis(1_714_037_054_000);
const SECRET: &str = "web-shared-token-secret-0123456789abcdef";
const VECTOR: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJjaGF0LWdhdGV3YXkiLCJhdWQiOiJ3ZWIiLCJzdWIiOiJtZW1iZXItMTAwMSIsImJvdCI6IkJ3ZWIwMSIsImlhdCI6MTcxNDAzNzA1NCwiZXhwIjoxNzE0MDM4ODU0LCJqdGkiOiJtZW1iZXItMTAwMS0xNzE0MDM3MDU0In0.pHarqGakBYbD2LGl1iKBNvgdD6CJRip7a27jvHLN35I";
const HASH: &str = "6a917d904a47282d4501b6add150e5c10a0ffe2a3e8d79d267ac8f9d5f0c9954";

fn claims() -> Value {
    json!({ "iss": "chat-gateway", "aud": "web", "sub": "member-1001", "bot": "Bweb01", "iat": 1_714_037_054,
        "exp": 1_714_038_854, "jti": "1" })
}

fn signed(header: &Value, claims: &Value, secret: &str) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = hmac_sha256(secret.as_bytes(), &[signed.as_bytes()]);
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn the_vector() {
    let web = web();
    let (_, token) = web.mint("member-1001".parse().unwrap(), false, NOW).unwrap();
    assert_eq!(token, VECTOR);
    assert_eq!(web.verify(VECTOR, NOW).unwrap().sub.as_str(), "member-1001");
}

#[test]
fn only_ours_and_only_in_its_time() {
    let web = web();
    let hs256 = json!({ "alg": "HS256", "typ": "JWT" });
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        signed(&hs256, &claims, SECRET)
    };
    let unsigned = |alg: &str| {
        let token = signed(&json!({ "alg": alg }), &claims(), SECRET);
        format!("{}.", token.rsplit_once('.').unwrap().0)
    };
    let (head, signature) = VECTOR.rsplit_once('.').unwrap();
    for (note, token, expected) in [
        ("nothing", String::new(), TokenError::Missing),
        ("no token", "a.b".to_owned(), TokenError::Malformed),
        ("four parts", format!("{VECTOR}.x"), TokenError::Malformed),
        ("a very long one", "x".repeat(100_000), TokenError::Malformed),
        ("no base64", format!("!{VECTOR}"), TokenError::Malformed),
        ("padding", format!("{VECTOR}="), TokenError::Malformed),
        ("another letter", format!("{head}.Q{}", &signature[1..]), TokenError::Signature),
        ("no signature", format!("{head}."), TokenError::Signature),
        ("none", unsigned("none"), TokenError::Algorithm),
        ("None", unsigned("None"), TokenError::Algorithm),
        ("nothing at all", unsigned(""), TokenError::Algorithm),
        ("HS512", signed(&json!({ "alg": "HS512" }), &claims(), SECRET), TokenError::Algorithm),
        ("RS256", signed(&json!({ "alg": "RS256" }), &claims(), SECRET), TokenError::Algorithm),
        ("hs256", signed(&json!({ "alg": "hs256" }), &claims(), SECRET), TokenError::Algorithm),
        (
            "crit",
            signed(&json!({ "alg": "HS256", "crit": ["b64"], "b64": false }), &claims(), SECRET),
            TokenError::Algorithm,
        ),
        ("no alg", signed(&json!({}), &claims(), SECRET), TokenError::Malformed),
        ("another secret", signed(&hs256, &claims(), "another"), TokenError::Signature),
        ("no secret", signed(&hs256, &claims(), ""), TokenError::Signature),
        ("another issuer", with("iss", json!("other")), TokenError::Foreign),
        ("another audience", with("aud", json!("api")), TokenError::Foreign),
        ("many audiences", with("aud", json!(["web"])), TokenError::Malformed),
        ("another bot", with("bot", json!("Bweb02")), TokenError::Foreign),
        ("nobody", with("sub", json!("")), TokenError::Malformed),
        ("no end", with("exp", Value::Null), TokenError::Malformed),
        ("an end in milliseconds", with("exp", json!("1714038854")), TokenError::Malformed),
        ("from the future", with("iat", json!(1_714_037_054 + 61)), TokenError::TooEarly),
    ] {
        assert_eq!(web.verify(&token, NOW).map(|_| ()), Err(expected), "{note}");
    }
    assert!(web.verify(&with("iat", json!(1_714_037_054 + 60)), NOW).is_ok(), "a clock a minute ahead");
    let end = EpochMillis(1_714_038_854_000);
    assert!(web.verify(VECTOR, end.plus_ms(-1)).is_ok());
    assert_eq!(web.verify(VECTOR, end), Err(TokenError::Expired), "no leeway");
    for (iat, exp) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (0, i64::MIN)] {
        let mut claims = claims();
        (claims["iat"], claims["exp"]) = (json!(iat), json!(exp));
        drop(web.verify(&signed(&hs256, &claims, SECRET), NOW));
    }
    let rotated = web_with(&json!({ "tokenSecret": ["a-new-secret-of-16-letters", SECRET] }));
    assert!(rotated.verify(VECTOR, NOW).is_ok());
    assert_ne!(rotated.mint("member-1001".parse().unwrap(), false, NOW).unwrap().1, VECTOR);
}

struct Ask<'a> {
    method: Method,
    refresh: bool,
    origin: Option<&'a str>,
    authorization: Option<&'a str>,
    body: Value,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        let origin = Some("https://shop.example.com");
        Self { method: Method::POST, refresh: false, origin, authorization: None, body: json!({}) }
    }
}

fn ask(web: &Web, ask: &Ask<'_>, now: EpochMillis) -> TokenReply {
    let body = ask.body.to_string();
    let request = TokenRequest {
        method: &ask.method,
        refresh: ask.refresh,
        origin: ask.origin,
        authorization: ask.authorization,
        body: body.as_bytes(),
        socket_url: "wss://chat.example.com/prod",
    };
    web.tokens(&request, now, 7)
}

#[test]
fn who_gets_a_token() {
    let web = web();
    let key = Some("Bearer key-of-the-company-1");
    let evil = Some("https://evil.example");
    let known = json!({ "userKey": "member-1001", "userHash": HASH });
    let body = |body: Value| Ask { body, ..Ask::default() };
    for (note, request, status, told) in [
        ("a visitor", body(json!({})), 201, "anon:"),
        ("a visitor who was somebody else's", body(json!({ "visitorId": "8d1f" })), 201, "anon:"),
        ("a customer", body(known.clone()), 201, "member-1001"),
        ("a hash of somebody else", body(json!({ "userKey": "member-1002", "userHash": HASH })), 403, "hash_mismatch"),
        (
            "a hash in capitals",
            body(json!({ "userKey": "member-1001", "userHash": HASH.to_uppercase() })),
            201,
            "member-1001",
        ),
        ("no hash", body(json!({ "userKey": "member-1001" })), 403, "hash_mismatch"),
        ("half a hash", body(json!({ "userKey": "member-1001", "userHash": &HASH[..32] })), 403, "hash_mismatch"),
        ("a visitor's name", body(json!({ "userKey": "anon:1", "userHash": HASH })), 400, "bad_request"),
        (
            "a name of 91",
            Ask { authorization: key, body: json!({ "userKey": "가".repeat(91) }), ..Ask::default() },
            400,
            "bad_request",
        ),
        (
            "a name of 90",
            Ask { authorization: key, body: json!({ "userKey": "가".repeat(90) }), ..Ask::default() },
            201,
            "가",
        ),
        ("no JSON", body(json!([])), 400, "bad_request"),
        ("strange fields", body(json!({ "userKey": 1 })), 400, "bad_request"),
        ("elsewhere", Ask { origin: evil, body: known.clone(), ..Ask::default() }, 403, "origin_not_allowed"),
        ("a page that does not say where", Ask { origin: None, ..Ask::default() }, 403, "origin_not_allowed"),
        (
            "a server",
            Ask { origin: None, authorization: key, body: json!({ "userKey": "u" }), ..Ask::default() },
            201,
            "\"u\"",
        ),
        ("a server without a user", Ask { origin: None, authorization: key, ..Ask::default() }, 400, "bad_request"),
        (
            "a server as a visitor",
            Ask { authorization: key, body: json!({ "userKey": "anon:1" }), ..Ask::default() },
            400,
            "bad_request",
        ),
        (
            "another key",
            Ask { authorization: Some("Bearer nope"), body: known.clone(), ..Ask::default() },
            401,
            "unauthorized",
        ),
        ("no scheme", Ask { authorization: Some("key-of-the-company-1"), ..Ask::default() }, 401, "unauthorized"),
        ("letters of more bytes", Ask { authorization: Some("Bearer가"), ..Ask::default() }, 401, "unauthorized"),
        ("GET", Ask { method: Method::GET, ..Ask::default() }, 405, "bad_request"),
        ("a preflight", Ask { method: Method::OPTIONS, ..Ask::default() }, 204, ""),
        (
            "the next token",
            Ask { refresh: true, body: json!({ "token": VECTOR }), ..Ask::default() },
            201,
            "member-1001",
        ),
        ("the next without one", Ask { refresh: true, ..Ask::default() }, 400, "bad_request"),
        (
            "the next of a forged one",
            Ask { refresh: true, body: json!({ "token": "a.b.c" }), ..Ask::default() },
            401,
            "unauthorized",
        ),
        (
            "the next elsewhere",
            Ask { refresh: true, origin: evil, body: json!({ "token": VECTOR }), ..Ask::default() },
            403,
            "origin",
        ),
    ] {
        let reply = ask(&web, &request, NOW);
        assert_eq!(reply.status.as_u16(), status, "{note}: {}", reply.body);
        assert!(reply.body.contains(told), "{note}: {}", reply.body);
        let allowed = reply.headers.iter().find(|(name, _)| *name == "access-control-allow-origin");
        let ours = request.origin == Some("https://shop.example.com");
        assert_eq!(allowed.map(|(_, origin)| origin.as_str()), request.origin.filter(|_| ours), "{note}");
        assert!(reply.headers.contains(&("vary", "Origin".to_owned())), "{note}");
        if status == 201 {
            let body: Value = serde_json::from_str(&reply.body).unwrap();
            let claims = web.verify(body["token"].as_str().unwrap(), NOW).unwrap();
            assert_eq!(claims.sub.as_str(), body["userKey"]);
            assert_eq!(claims.anon, body["visitorId"].is_string(), "{note}");
            assert_eq!((&body["expiresIn"], &body["refreshAfter"]), (&json!(1800), &json!(1500)));
        }
    }
    let keyless = web_with(&json!({ "apiKey": "", "identitySecret": "" }));
    assert_eq!(ask(&keyless, &Ask { authorization: Some("Bearer "), ..Ask::default() }, NOW).status, 401);
    let empty_hash = json!({ "userKey": "u", "userHash": "" });
    assert_eq!(ask(&keyless, &body(empty_hash), NOW).status, 403);
}

#[test]
fn a_visitor_comes_back_as_the_same() {
    let web = web();
    let parsed = |reply: &TokenReply| serde_json::from_str::<Value>(&reply.body).unwrap();
    let first = parsed(&ask(&web, &Ask::default(), NOW));
    let again = parsed(&ask(&web, &Ask { body: json!({ "visitorId": first["visitorId"] }), ..Ask::default() }, NOW));
    assert_eq!((&first["userKey"], &first["visitorId"]), (&again["userKey"], &again["visitorId"]));
    let next =
        parsed(&ask(&web, &Ask { refresh: true, body: json!({ "token": first["token"] }), ..Ask::default() }, NOW));
    assert_eq!(first["visitorId"], next["visitorId"]);
    // By the uuid alone, which a log may show, nobody is anybody.
    let uuid = first["userKey"].as_str().unwrap().strip_prefix("anon:").unwrap();
    for guess in [uuid.to_owned(), format!("{uuid}."), format!("{uuid}.AAAA")] {
        let body = json!({ "visitorId": guess }).to_string();
        let request = TokenRequest {
            method: &Method::POST,
            refresh: false,
            origin: Some("https://shop.example.com"),
            authorization: None,
            body: body.as_bytes(),
            socket_url: "",
        };
        let reply = web.tokens(&request, NOW, 8);
        assert_ne!(parsed(&reply)["userKey"], first["userKey"], "{guess}");
    }
}

#[test]
fn a_token_is_exchanged_for_a_day() {
    let web = web();
    let end = EpochMillis(1_714_038_854_000);
    for (after_ms, status) in [(0, 201), (86_400_000 - 1, 201), (86_400_000, 401)] {
        let request = Ask { refresh: true, body: json!({ "token": VECTOR }), ..Ask::default() };
        assert_eq!(ask(&web, &request, end.plus_ms(after_ms)).status, status, "{after_ms}");
    }
}

proptest! {
    #[test]
    fn a_changed_token_is_none(at in 0usize..VECTOR.len(), letter in "[A-Za-z0-9._=-]") {
        let mut token = VECTOR.to_owned();
        token.replace_range(at..=at, &letter);
        // The last letter of a signature has two bits that mean nothing; a decoder that is not strict would take them.
        prop_assert_eq!(web().verify(&token, NOW).is_ok(), token == VECTOR);
    }

    #[test]
    fn what_is_minted_is_verified(key in "\\PC{1,60}", seconds in 0i64..4_000_000_000) {
        let web = web();
        let now = EpochMillis(seconds * 1000);
        let (claims, token) = web.mint(key.parse().unwrap(), false, now).unwrap();
        prop_assert_eq!(web.verify(&token, now).unwrap(), claims);
    }
}
