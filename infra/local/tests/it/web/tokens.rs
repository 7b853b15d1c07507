//! Who gets a token, and what a handshake without a good one gets.

use serde_json::{Value, json};

use super::{SECRET, base, claims, handshake, signed, token, visitor};
use crate::world;

#[tokio::test]
async fn tokens_are_for_those_who_may() {
    let running = world::start().await;
    let (good, visitor_id) = visitor(&running, None).await;
    let ours = base(&running);
    let hash = {
        use hmac::Mac as _;
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(b"local-web-identity-secret").unwrap();
        mac.update(b"member-1");
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let evil = "https://evil.example".to_owned();
    let bot = json!("Bhello");
    let member = json!({ "botId": bot, "userKey": "member-1", "userHash": hash });
    /// What it is, the path behind `tokens`, who asks, with which key, for what; the status and a part of the answer.
    type Row<'a> = (&'a str, &'a str, Option<&'a String>, Option<&'a str>, Value, u16, &'a str);
    let rows: Vec<Row<'_>> = vec![
        ("a visitor", "", Some(&ours), None, json!({ "botId": bot }), 201, "anon:"),
        ("one who was here", "", Some(&ours), None, json!({ "botId": bot, "visitorId": visitor_id }), 201, &visitor_id),
        ("one who is vouched for", "", Some(&ours), None, member.clone(), 201, "member-1"),
        ("one who is not", "", Some(&ours), None, json!({ "botId": bot, "userKey": "member-1" }), 403, "hash_mismatch"),
        ("a page of others", "", Some(&evil), None, json!({ "botId": bot }), 403, "origin_not_allowed"),
        ("a program without a key", "", None, None, json!({ "botId": bot }), 403, "origin_not_allowed"),
        (
            "the company's server",
            "",
            None,
            Some("Bearer local-web-api-key"),
            json!({ "botId": bot, "userKey": "m" }),
            201,
            "\"m\"",
        ),
        (
            "somebody else's server",
            "",
            None,
            Some("Bearer another-web-api-key"),
            json!({ "botId": bot, "userKey": "m" }),
            401,
            "unauthorized",
        ),
        ("no bot", "", Some(&ours), None, json!({}), 400, "bad_request"),
        ("no JSON", "", Some(&ours), None, json!("x"), 400, "bad_request"),
        ("another bot", "", Some(&ours), None, json!({ "botId": "Bxxxxx" }), 404, "bot_not_found"),
        ("the next token", "/refresh", Some(&ours), None, json!({ "token": good }), 201, "anon:"),
        ("the next of none", "/refresh", Some(&ours), None, json!({ "botId": bot }), 400, "bad_request"),
        (
            "the next of a made one",
            "/refresh",
            Some(&ours),
            None,
            json!({ "token": signed("x", &json!({ "alg": "none" }), &claims("m")) }),
            401,
            "unauthorized",
        ),
        ("no such path", "/x", Some(&ours), None, json!({ "botId": bot }), 404, ""),
    ];
    for (note, path, origin, authorization, body, status, says) in rows {
        let mut request = world::http_client().post(format!("{ours}/v1/web/tokens{path}"));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let response = request.body(body.to_string()).send().await.unwrap();
        assert_eq!(response.status(), status, "{note}");
        let allowed =
            response.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        let key = says.split('.').next().unwrap();
        assert!(text.contains(key), "{note}: {text}");
        if status == 201 {
            assert!(text.contains(&format!("ws://{}/ws", running.address)), "{text}");
            assert_eq!(allowed.as_ref(), origin, "{note}");
        }
        assert!(origin != Some(&evil) || allowed.is_none(), "{note}: a page of others learns nothing");
    }
    // A browser asks first whether it may, and names no bot: the answer itself says.
    let preflight = world::http_client().request(reqwest::Method::OPTIONS, format!("{ours}/v1/web/tokens"));
    let response = preflight.header("origin", &ours).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["access-control-allow-headers"]),
        (204, &"content-type".parse().unwrap())
    );
    running.stop().await;
}

/// Only a key that is good is known for a company's server.
#[tokio::test]
async fn one_address_gets_no_end_of_tokens() {
    let ours = r#"{"botId":"Bhello","userKey":"m"}"#;
    for (note, authorization, body, is_server) in [
        ("a page", None, r#"{"botId":"Bhello"}"#, false),
        ("a key that was made up", Some("Bearer another-web-api-key"), ours, false),
        ("no key at all", Some("x"), ours, false),
        ("for a bot that there is not", Some("Bearer local-web-api-key"), r#"{"botId":"Bxxxxx"}"#, false),
        ("the company's server", Some("Bearer local-web-api-key"), ours, true),
    ] {
        let running = world::start().await;
        let ask = || {
            let request = world::http_client().post(format!("{}/v1/web/tokens", base(&running)));
            let request = request.header("origin", base(&running)).body(body);
            match authorization {
                Some(key) => request.header("authorization", key).send(),
                None => request.send(),
            }
        };
        let answers = futures::future::join_all((0..90).map(|_| ask())).await;
        let refused: Vec<_> = answers.into_iter().map(Result::unwrap).filter(|answer| answer.status() == 429).collect();
        assert_eq!(refused.is_empty(), is_server, "{note}");
        assert!(refused.len() < 40, "{note}: {}", refused.len());
        assert!(refused.iter().all(|answer| answer.headers()["retry-after"] == "1"), "{note}");
        running.stop().await;
    }
}

#[tokio::test]
async fn handshakes_of_those_who_may_not_are_refused() {
    let running = world::start().await;
    let ours = base(&running);
    let header = |alg: &str| json!({ "alg": alg, "typ": "JWT" });
    let with = |name: &str, value: Value| {
        let mut claims = claims("member-1");
        claims[name] = value;
        signed(SECRET, &header("HS256"), &claims)
    };
    let none = {
        let whole = signed(SECRET, &header("none"), &claims("member-1"));
        whole.rsplit_once('.').unwrap().0.to_owned() + "."
    };
    let now = shell::clock::now().seconds().0;
    for (note, token, status) in [
        ("a good one", token("member-1"), None),
        ("none", String::new(), Some(401)),
        ("no JWT", "x.y.z".to_owned(), Some(401)),
        ("alg none", none, Some(401)),
        ("alg none with a signature", signed(SECRET, &header("none"), &claims("member-1")), Some(401)),
        ("another secret", signed("another-secret-of-letters", &header("HS256"), &claims("member-1")), Some(401)),
        ("expired", with("exp", json!(now)), Some(401)),
        ("in milliseconds", with("iat", json!(now * 1000)), Some(401)),
        ("for somebody else", with("aud", json!("api")), Some(401)),
        ("of another issuer", with("iss", json!("evil")), Some(401)),
        ("of a bot that there is not", with("bot", json!("Bxxxxx")), Some(401)),
        ("of no bot", with("bot", json!("../Bhello")), Some(401)),
    ] {
        let connected = handshake(running.address, &format!("?token={token}"), &[("origin", ours.clone())]).await;
        assert_eq!(connected.map(drop).err(), status, "{note}");
    }
    for (note, origin, status) in [
        ("our own page", ours.clone(), None),
        ("as localhost", ours.replace("127.0.0.1", "localhost"), None),
        ("a longer host", format!("{ours}.evil.example"), Some(403)),
        ("another port", "http://127.0.0.1:1".to_owned(), Some(403)),
        ("with TLS", ours.replace("http:", "https:"), Some(403)),
        ("a path", format!("{ours}/"), Some(403)),
        ("ours behind theirs", format!("https://evil.example/{ours}"), Some(403)),
        ("a file", "null".to_owned(), Some(403)),
    ] {
        let query = format!("?token={}", token("member-1"));
        let connected = handshake(running.address, &query, &[("origin", origin)]).await;
        assert_eq!(connected.map(drop).err(), status, "{note}");
    }
    let query = format!("?token={}", token("member-1"));
    let two = [("origin", ours.clone()), ("origin", "https://evil.example".to_owned())];
    assert_eq!(handshake(running.address, &query, &two).await.map(drop).err(), Some(403));
    assert_eq!(handshake(running.address, &query, &[]).await.map(|(_, chosen)| chosen).ok(), Some(None), "a program");
    running.stop().await;
}

#[tokio::test]
async fn the_files_of_a_page_are_served() {
    let running = world::start().await;
    for (path, kind, says) in [
        ("/webchat.js", "text/javascript", "CloserWebchat"),
        ("/closer-sdk.js", "text/javascript", "export"),
        ("/closer-sdk.global.js", "text/javascript", "CloserSDK"),
        ("/webchat/Bhello", "text/html", "/webchat.js"),
    ] {
        let get = |etag: &str| {
            world::http_client().get(format!("{}{path}", base(&running))).header("if-none-match", etag).send()
        };
        let response = get("").await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with(kind), "{path}");
        let policy =
            response.headers().get("content-security-policy").map(|policy| policy.to_str().unwrap().to_owned());
        assert_eq!(policy.is_some_and(|policy| policy.contains("script-src 'self'")), kind == "text/html", "{path}");
        let etag = response.headers()["etag"].to_str().unwrap().to_owned();
        assert!(response.text().await.unwrap().contains(says), "{path}");
        assert_eq!(get(&etag).await.unwrap().status(), 304, "{path}");
    }
    running.stop().await;
}
