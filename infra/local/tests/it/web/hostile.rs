//! What nobody should send.

use std::future::IntoFuture as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::{Tab, said, token};
use crate::world;

#[tokio::test]
async fn every_error_of_the_protocol() {
    let running = world::start().await;
    let (mut tab, _) = Tab::open(&running, &token("member-1"), 0).await;
    tab.of("KEYBOARD").await;
    let text = |text: &str| said("c", text).to_string();
    let data = |data: Value| json!({ "action": "message", "v": 1, "clientMessageId": "c", "data": data }).to_string();
    let upload = |kind: &str, size: u64| {
        json!({ "action": "upload", "v": 1, "clientUploadId": "u", "contentType": kind, "size": size }).to_string()
    };
    for (frame, code) in [
        ("{".to_owned(), "bad_json"),
        ("[]".to_owned(), "bad_json"),
        ("{}".to_owned(), "unknown_action"),
        (json!({ "action": "dance" }).to_string(), "unknown_action"),
        (json!({ "action": "typing" }).to_string(), "bad_frame"),
        (json!({ "action": "message", "data": { "type": "text", "text": "a" } }).to_string(), "missing_client_message_id"),
        (text(" \n"), "empty_text"),
        (text(&"가".repeat(1001)), "text_too_long"),
        (data(json!({ "type": "cards", "cards": [] })), "unsupported_type"),
        (data(json!({ "type": "media", "media": { "contentType": "image", "uri": "https://evil.example/a.png" } })), "bad_uri"),
        (data(json!({ "type": "media", "media": { "contentType": "image", "uri": format!("{}/stand-in/uploads/u/../../../a", super::base(&running)) } })), "bad_uri"),
        (data(json!({ "type": "location", "location": { "latitude": 91, "longitude": 0 } })), "bad_location"),
        (json!({ "action": "message", "clientMessageId": "c", "data": { "type": "text", "text": "a" }, "payload": "x".repeat(1001) }).to_string(), "payload_too_long"),
        (upload("image/svg+xml", 1), "unsupported_type"),
        (upload("image/png", 11 * 1024 * 1024), "file_too_large"),
    ] {
        tab.socket.send(Message::text(frame.clone())).await.unwrap();
        let error = tab.of("ERROR").await;
        assert_eq!(error["code"], code, "{frame}");
    }
    // Binary frames of text are understood, and others are not.
    tab.socket.send(Message::binary(json!({ "action": "ping", "t": 7 }).to_string().into_bytes())).await.unwrap();
    assert_eq!(tab.of("PONG").await["t"], 7);
    tab.socket.send(Message::binary(vec![0xff, 0xfe])).await.unwrap();
    assert_eq!(tab.of("ERROR").await["code"], "bad_json");
    // A thousand emoji are four thousand bytes, and a thousand characters.
    tab.socket.send(Message::text(text(&"🍎".repeat(1000)))).await.unwrap();
    assert_eq!(tab.of("ACK").await["duplicate"], false);
    running.stop().await;
}

#[tokio::test]
async fn before_open_nothing_is_taken() {
    let running = world::start().await;
    let mut tab = Tab::connect(&running, &token("member-1")).await;
    tab.say("c1", "안녕").await;
    let error = tab.of("ERROR").await;
    assert_eq!((&error["code"], &error["clientMessageId"]), (&json!("not_open"), &json!("c1")));
    tab.write(&json!({ "action": "history", "v": 1 })).await;
    assert_eq!(tab.of("ERROR").await["code"], "not_open");
    tab.write(&json!({ "action": "ping", "v": 1 })).await;
    tab.of("PONG").await;
    running.stop().await;
}

#[tokio::test]
async fn who_speaks_is_never_taken_from_a_frame() {
    let running = world::start().await;
    world::echo(&running).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let (mut victim, _) = Tab::open(&running, &token("victim"), 0).await;
    victim.of("KEYBOARD").await;
    let (mut tab, _) = Tab::open(&running, &token("member-1"), 0).await;
    tab.of("KEYBOARD").await;
    let mut frame = said("c1", "나는 누구");
    for (name, value) in [
        ("isUser", json!(false)),
        ("userKey", json!("victim")),
        ("endUserId", json!("00000000-0000-0000-0000-000000000000")),
        ("conversationId", json!("00000000-0000-0000-0000-000000000000")),
        ("connectionId", json!("x=")),
        ("botId", json!("Bxxxxx")),
        ("timestamp", json!(1)),
        ("meta", json!({ "sender": { "userKey": "agent", "platform": "closer-chat" } })),
        ("params", json!({ "vip": true })),
    ] {
        frame[name] = value;
    }
    tab.write(&frame).await;
    let own = tab.of("MESSAGE").await;
    assert_eq!((&own["message"]["isUser"], &own["message"]["meta"]), (&json!(true), &Value::Null));
    assert!(own["message"]["timestamp"].as_i64().unwrap() > 1_700_000_000_000);
    while tab.hears().await != "나는 누구" {}
    assert!(victim.is_silent(300).await);
    let (_, context) = Tab::open(&running, &token("member-1"), tab.last).await;
    assert!(context["context"]["params"].get("vip").is_none(), "{context}");
    running.stop().await;
}

#[tokio::test]
async fn a_frame_that_is_too_large_ends_the_socket() {
    let running = world::start().await;
    let (mut tab, _) = Tab::open(&running, &token("member-1"), 0).await;
    let ping = |bytes: usize| Message::text(json!({ "action": "ping", "x": "x".repeat(bytes - 24) }).to_string());
    assert_eq!(ping(32_768).len(), 32_768);
    tab.socket.send(ping(32_768)).await.unwrap();
    tab.of("PONG").await;
    tab.socket.send(ping(33 * 1024)).await.unwrap();
    let code = loop {
        match tokio::time::timeout(Duration::from_secs(5), tab.socket.next()).await.unwrap() {
            Some(Ok(Message::Close(frame))) => break frame.map(|frame| frame.code),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code, Some(CloseCode::Size));
    running.stop().await;
}

#[tokio::test]
async fn a_flood_hurts_nobody_else() {
    let running = world::start().await;
    world::echo(&running).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let (mut flood, _) = Tab::open(&running, &token("flood"), 0).await;
    let (mut calm, _) = Tab::open(&running, &token("calm"), 0).await;
    calm.say("first", "first").await;
    while calm.hears().await != "first" {}
    let before = round_trip(&mut calm, "before").await;

    let (mut write, mut read) =
        std::mem::replace(&mut flood.socket, Tab::connect(&running, &token("x")).await.socket).split();
    let flooding = tokio::spawn(async move {
        // A thousand a second, for three seconds.
        let mut pace = tokio::time::interval(Duration::from_millis(10));
        for n in 0..3000 {
            if n % 10 == 0 {
                pace.tick().await;
            }
            write.send(Message::text(said(&format!("f{n}"), "홍수").to_string())).await.unwrap();
        }
        write
    });
    let reading = tokio::spawn(async move {
        let (mut acknowledged, mut limited) = (0, 0);
        while let Ok(Some(Ok(Message::Text(text)))) = tokio::time::timeout(Duration::from_secs(5), read.next()).await {
            let frame: Value = serde_json::from_str(&text).unwrap();
            acknowledged += usize::from(frame["type"] == "ACK");
            if frame["code"] == "rate_limited" {
                assert_eq!(frame["retryAfterMs"], 1000);
                limited += 1;
            }
        }
        (acknowledged, limited)
    });
    let mut during = Vec::new();
    while !flooding.is_finished() {
        during.push(round_trip(&mut calm, &format!("during {}", during.len())).await);
    }
    let _socket = flooding.await.unwrap();
    let (acknowledged, limited) = reading.await.unwrap();
    assert!((40..=90).contains(&acknowledged), "{acknowledged} were taken");
    assert!((2..=5).contains(&limited), "told {limited} times");
    during.sort();
    assert!(during[during.len() / 2] < before * 10 + Duration::from_millis(300), "{during:?}");
    running.stop().await;
}

/// From a message to its echo.
async fn round_trip(tab: &mut Tab, text: &str) -> Duration {
    let started = Instant::now();
    tab.say(text, text).await;
    while tab.hears().await != text {}
    started.elapsed()
}

/// Who posts to a socket.
#[derive(Clone, Copy)]
struct Signer {
    key: &'static str,
    secret: &'static str,
    region: &'static str,
    service: &'static str,
    minutes: i64,
}

const US: Signer =
    Signer { key: "local", secret: "local", region: "ap-northeast-2", service: "execute-api", minutes: 0 };

/// As AWS's own library signs.
fn signature(signer: Signer, url: &str, body: &[u8]) -> Vec<(String, String)> {
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    let identity = aws_credential_types::Credentials::new(signer.key, signer.secret, None, None, "test").into();
    let at = shell::clock::now().plus_ms(signer.minutes * 60_000).0.unsigned_abs();
    let params = aws_sigv4::sign::v4::SigningParams::builder()
        .identity(&identity)
        .region(signer.region)
        .name(signer.service)
        .time(std::time::UNIX_EPOCH + Duration::from_millis(at))
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let request = SignableRequest::new("POST", url, std::iter::empty(), SignableBody::Bytes(body)).unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test]
async fn posts_to_sockets_need_a_signature_and_a_socket() {
    let running = world::start().await;
    let client = world::http_client();
    let at = |id: &str| format!("http://{}/ws/@connections/{id}", running.address);
    let id = "YWJjZGVmZ2hpams%3D";
    let large = "x".repeat(128 * 1024 + 1);
    for (note, signer, id, (signed, sent), status, says) in [
        ("nobody", None, id, ("a", "a"), 403, "Missing Authentication Token"),
        ("an id that is not encoded", Some(US), "YWJjZGVmZ2hpams=", ("a", "a"), 403, "does not match the signature"),
        (
            "somebody else",
            Some(Signer { key: "AKIDEXAMPLE", ..US }),
            id,
            ("a", "a"),
            403,
            "token included in the request is invalid",
        ),
        (
            "another secret",
            Some(Signer { secret: "guessed", ..US }),
            id,
            ("a", "a"),
            403,
            "does not match the signature",
        ),
        (
            "another region",
            Some(Signer { region: "us-east-1", ..US }),
            id,
            ("a", "a"),
            403,
            "valid region, not 'us-east-1'",
        ),
        (
            "another service",
            Some(Signer { service: "lambda", ..US }),
            id,
            ("a", "a"),
            403,
            "correct service: 'execute-api'",
        ),
        ("of before", Some(Signer { minutes: -6, ..US }), id, ("a", "a"), 403, "Signature expired"),
        ("of later", Some(Signer { minutes: 6, ..US }), id, ("a", "a"), 403, "not yet current"),
        ("another body", Some(US), id, ("a", "b"), 403, "does not match the signature"),
        ("no socket", Some(US), id, ("a", "a"), 410, "Gone"),
        ("a clock that is a little slow", Some(Signer { minutes: -4, ..US }), id, ("a", "a"), 410, "Gone"),
        ("too much", Some(US), id, (&large, &large), 413, "Message too long"),
    ] {
        let mut request = client.post(at(id)).body(sent.to_owned());
        for (name, value) in signer.map(|signer| signature(signer, &at(id), signed.as_bytes())).unwrap_or_default() {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{note}");
        let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert!(body["message"].as_str().unwrap().contains(says), "{note}: {body}");
    }
    running.stop().await;
}

/// Only a socket that is gone, or that takes nothing, is forgotten; one that takes nothing is closed. What is our own fault
/// costs nobody a connection.
#[tokio::test]
async fn what_becomes_of_a_socket_that_is_posted_to() {
    let running = world::start_idle().await;
    let seen = Arc::new(Mutex::new((200, 204, Vec::new())));
    let api = {
        let seen = Arc::clone(&seen);
        axum::Router::new().fallback(move |method: axum::http::Method| {
            let mut seen = seen.lock().unwrap();
            seen.2.push(method.to_string());
            let status = if method == "DELETE" { seen.1 } else { seen.0 };
            let status = axum::http::StatusCode::from_u16(status).unwrap();
            async move { status }
        })
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let callback_url = format!("http://{}/ws", listener.local_addr().unwrap());
    let server = tokio::spawn(axum::serve(listener, api).into_future());
    let services = &running.stack.services;
    let chat = |callback_url: &str| {
        let config = shell::config::WebConfig {
            tables: services.tables.clone(),
            inbound_queue: services.queues.inbound.clone(),
            public_url: super::base(&running),
            bot_cache_ms: 0,
            socket_url: "wss://local".to_owned(),
            callback_url: callback_url.to_owned(),
            uploads: None,
        };
        shell::web::WebChat::new(&services.aws, &config, shell::guard::Reach::Public)
    };
    let rows = store::WebConnections::new(services.aws.dynamodb.clone(), &services.tables.web);
    let (now, user_key) = (shell::clock::now(), "member-1".parse().unwrap());
    let end_user_id = model::EndUserId::of(&world::bot(), model::PlatformType::Web, &user_key);
    // What a post and a close are answered, what is asked of the API, and whether the row stays.
    let (post, again) = (vec!["POST"], vec!["POST"; 3]);
    let closed = vec!["POST", "POST", "POST", "DELETE"];
    for (note, status, close, asked, stays) in [
        ("it takes it", 200, 204, post.clone(), true),
        ("it is gone", 410, 204, post.clone(), false),
        ("it is refused for good", 413, 204, post, true),
        ("our credentials are not good", 401, 204, again.clone(), true),
        ("or not any more", 403, 204, again, true),
        ("it does not read", 429, 204, closed.clone(), false),
        ("nor here, and is gone when it is closed", 500, 410, closed.clone(), false),
        ("it cannot be closed either", 500, 500, closed.clone(), true),
        ("nor for so much at once", 429, 429, closed, true),
        ("nobody is reached", 0, 204, vec![], true),
    ] {
        let id = "L0SM9cOFvHcCIhw=";
        rows.open(&store::WebConnection {
            id: id.to_owned(),
            bot_id: world::bot(),
            user_key: "member-1".parse().unwrap(),
            end_user_id,
            connected_at: now,
            opened: true,
            expires: now.plus_ms(60_000).seconds(),
        })
        .await
        .unwrap();
        *seen.lock().unwrap() = (status.max(200), close, Vec::new());
        let web = chat(if status == 0 { "http://127.0.0.1:9/ws" } else { &callback_url });
        let context =
            json!({ "eventType": "MESSAGE", "connectionId": id, "connectedAt": now, "requestTimeEpoch": now });
        let event = json!({ "requestContext": context, "body": json!({ "action": "ping", "v": 1 }).to_string() });
        assert_eq!(web.handle(event).await["statusCode"], 200, "{note}");
        assert_eq!(seen.lock().unwrap().2, asked, "{note}");
        assert_eq!(rows.load(id).await.unwrap().is_some(), stays, "{note}");
        assert_eq!(rows.of_user(end_user_id, now.seconds()).await.unwrap().len(), usize::from(stays), "{note}");
    }
    server.abort();
    running.stop().await;
}

/// A log that cannot be read is told, and may be asked again.
#[tokio::test]
async fn a_history_that_cannot_be_read_is_answered() {
    let running = world::start().await;
    let (mut tab, _) = Tab::open(&running, &token("member-1"), 0).await;
    tab.of("KEYBOARD").await;
    let services = &running.stack.services;
    services.aws.dynamodb.delete_table().table_name(&services.tables.web).send().await.unwrap();
    tab.write(&json!({ "action": "history", "v": 1 })).await;
    let error = tab.of("ERROR").await;
    assert_eq!((&error["code"], &error["retryAfterMs"]), (&json!("internal"), &json!(1000)));
    running.stop().await;
}

#[tokio::test]
async fn sockets_end_by_themselves() {
    use closer::dev::{self, Dev};
    use closer::sockets::Lifetimes;
    let lifetimes = Lifetimes { idle: Duration::from_millis(800), whole: Duration::from_millis(2500) };
    let dev = Dev { lifetimes, ..Dev::for_tests(world::root().join("bots")) };
    let running = dev::start(&dev).await.unwrap();
    let (mut idle, _) = Tab::open(&running, &token("idle"), 0).await;
    let (mut busy, _) = Tab::open(&running, &token("busy"), 0).await;
    let started = Instant::now();
    let closed = async |tab: &mut Tab| loop {
        match tab.socket.next().await {
            Some(Ok(Message::Close(frame))) => break frame.unwrap().code,
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(closed(&mut idle).await, CloseCode::Away);
    for _ in 0..3 {
        busy.write(&json!({ "action": "ping", "v": 1 })).await;
        busy.of("PONG").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(closed(&mut busy).await, CloseCode::Away);
    assert!(started.elapsed() < Duration::from_secs(5));
    running.stop().await;
}
