//! What a browser says: frames that are read or refused, connections that are made or not.

use model::{EpochMillis, InboundKind, MessageData};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{KIT, web, web_with};
use crate::Channel as _;
use crate::testkit::any_text;
use crate::web::{Connection, Frame, Heard, Open, Web, complain};

const NOW: EpochMillis = EpochMillis(1_714_037_059_000);

fn row(opened: bool) -> Connection {
    Connection { id: "c=".to_owned(), user_key: "member-1001".parse().unwrap(), connected_at: NOW, opened }
}

fn event(kind: &str, changes: &Value) -> Vec<u8> {
    let mut event = json!({ "requestContext": {
        "eventType": kind, "connectionId": "c=", "connectedAt": NOW, "requestTimeEpoch": NOW, "messageId": "m1",
    } });
    for (name, value) in changes.as_object().unwrap() {
        match event.get_mut(name).and_then(Value::as_object_mut) {
            Some(fields) => fields.extend(value.as_object().unwrap().clone()),
            None => event[name] = value.clone(),
        }
    }
    event.to_string().into_bytes()
}

fn say(web: &Web, body: &str) -> Heard {
    web.hear(&event("MESSAGE", &json!({ "body": body })), Some(&row(true)), NOW).unwrap()
}

/// The error that a frame is answered with; nothing where it is taken.
fn refusal(web: &Web, body: &str) -> Option<Value> {
    let Heard::Frame { frame, .. } = say(web, body) else { panic!("{body}") };
    let complaint = match frame {
        Err(complaint) => complaint,
        Ok(Frame::Message(said)) => said.content.err()?,
        Ok(_) => return None,
    };
    Some(serde_json::from_slice(&complain(&complaint).to_json()).unwrap())
}

fn said(data: &Value) -> String {
    json!({ "action": "message", "v": 1, "clientMessageId": "c1", "data": data }).to_string()
}

#[test]
fn every_error_of_the_protocol() {
    let web = web();
    let text = |text: &str| said(&json!({ "type": "text", "text": text }));
    let media = |uri: &str| said(&json!({ "type": "media", "media": { "contentType": "image", "uri": uri } }));
    let place = |latitude: Value, longitude: Value| {
        said(&json!({ "type": "location", "location": { "latitude": latitude, "longitude": longitude } }))
    };
    let payload = |payload: Value| {
        json!({ "action": "message", "clientMessageId": "c1", "data": { "type": "text", "text": "a" }, "payload": payload }).to_string()
    };
    let upload = |kind: &str, size: Value| {
        json!({ "action": "upload", "clientUploadId": "u1", "contentType": kind, "size": size }).to_string()
    };
    let spoilt = |name: &str, value: Value| {
        let mut frame: Value = serde_json::from_str(&text("hi")).unwrap();
        frame[name] = value;
        frame.to_string()
    };
    let at_most = |bytes: usize| format!("{{\"action\":\"ping\",\"x\":\"{}\"}}", "x".repeat(bytes - 24));
    assert_eq!(at_most(32_768).len(), 32_768);
    let rows: Vec<(&str, String, Option<&str>)> = vec![
        ("a whole frame", at_most(32_768), None),
        ("a byte more", at_most(32_769), Some("frame_too_large")),
        ("nothing", String::new(), Some("bad_json")),
        ("half", "{\"action\":".to_owned(), Some("bad_json")),
        ("a list", "[]".to_owned(), Some("bad_json")),
        ("a text", "\"message\"".to_owned(), Some("bad_json")),
        ("as deep as a stack", "[".repeat(30_000), Some("bad_json")),
        ("no action", "{}".to_owned(), Some("unknown_action")),
        ("an action of nobody", "{\"action\":\"dance\"}".to_owned(), Some("unknown_action")),
        ("an action that is no text", "{\"action\":1}".to_owned(), Some("unknown_action")),
        ("no id", spoilt("clientMessageId", Value::Null), Some("missing_client_message_id")),
        ("an empty id", spoilt("clientMessageId", json!("")), Some("missing_client_message_id")),
        ("an id of 64", spoilt("clientMessageId", json!("x".repeat(64))), None),
        ("an id of 65", spoilt("clientMessageId", json!("x".repeat(65))), Some("missing_client_message_id")),
        (
            "no id comes before bad data",
            json!({ "action": "message", "data": 1 }).to_string(),
            Some("missing_client_message_id"),
        ),
        ("no data", spoilt("data", Value::Null), Some("unsupported_type")),
        ("cards", spoilt("data", json!({ "type": "cards", "cards": [] })), Some("unsupported_type")),
        ("an empty text", text(""), Some("empty_text")),
        ("a blank text", text(" \u{3000}\n"), Some("empty_text")),
        ("a text that is none", spoilt("data", json!({ "type": "text", "text": 1 })), Some("empty_text")),
        ("a thousand emoji", text(&"🍎".repeat(1000)), None),
        ("one more", text(&"🍎".repeat(1001)), Some("text_too_long")),
        ("an upload", media("https://media.example.com/u/Bweb01/8d1f/a.png"), None),
        ("elsewhere", media("https://evil.example.com/u/a.png"), Some("bad_uri")),
        ("no https", media("http://media.example.com/u/a.png"), Some("bad_uri")),
        ("dots", media("https://media.example.com/u/../a.png"), Some("bad_uri")),
        ("dots in disguise", media("https://media.example.com/u/%2e%2e/a.png"), Some("bad_uri")),
        ("dots and a slash in disguise", media("https://media.example.com/u/..%2fa.png"), Some("bad_uri")),
        ("dots in a disguise of their own", media("https://media.example.com/u/%252e%252e/a.png"), Some("bad_uri")),
        ("a backslash", media("https://media.example.com/u\\..\\a.png"), Some("bad_uri")),
        ("somebody at another host", media("https://media.example.com@evil.example.com/u/a.png"), Some("bad_uri")),
        ("somebody", media("https://u:p@media.example.com/u/a.png"), Some("bad_uri")),
        ("a port", media("https://media.example.com:444/u/a.png"), Some("bad_uri")),
        ("the port that it has anyway", media("https://media.example.com:443/u/a.png"), None),
        ("a longer host", media("https://media.example.com.evil.example/u/a.png"), Some("bad_uri")),
        ("the folder alone", media("https://media.example.com/u/"), Some("bad_uri")),
        ("a script", media("javascript:alert(1)"), Some("bad_uri")),
        ("no address", media(""), Some("bad_uri")),
        (
            "media of no kind",
            spoilt("data", json!({ "type": "media", "media": { "contentType": "html" } })),
            Some("unsupported_type"),
        ),
        ("a place", place(json!(90), json!(-180)), None),
        ("a place too far north", place(json!(90.1), json!(0)), Some("bad_location")),
        ("a place too far west", place(json!(0), json!(-180.1)), Some("bad_location")),
        ("a place in words", place(json!("37"), json!(127)), Some("bad_location")),
        ("a payload of 1000", payload(json!("가".repeat(1000))), None),
        ("a payload of 1001", payload(json!("가".repeat(1001))), Some("payload_too_long")),
        ("an object of 1001", payload(json!({ "a": "x".repeat(993) })), Some("payload_too_long")),
        (
            "bad data comes before a long payload",
            spoilt("payload", json!("x".repeat(1001))).replace("hi", " "),
            Some("empty_text"),
        ),
        ("typing", "{\"action\":\"typing\",\"state\":\"on\"}".to_owned(), None),
        ("typing what", "{\"action\":\"typing\"}".to_owned(), Some("bad_frame")),
        ("read what", "{\"action\":\"read\",\"seq\":-1}".to_owned(), Some("bad_frame")),
        ("elsewhere in the bot", json!({ "action": "navigate", "flowId": 1 }).to_string(), Some("not_allowed")),
        ("a picture", upload("image/PNG", json!(1)), None),
        ("ten megabytes", upload("image/png", json!(10 * 1024 * 1024)), None),
        ("a byte more", upload("image/png", json!(10 * 1024 * 1024 + 1)), Some("file_too_large")),
        ("fifty megabytes", upload("video/mp4", json!(50 * 1024 * 1024)), None),
        ("svg", upload("image/svg+xml", json!(1)), Some("unsupported_type")),
        ("html", upload("text/html", json!(1)), Some("unsupported_type")),
        ("no size", upload("image/png", Value::Null), Some("bad_frame")),
    ];
    for (note, body, expected) in rows {
        let error = refusal(&web, &body);
        assert_eq!(error.as_ref().and_then(|error| error["code"].as_str()), expected, "{note}");
        // What the customer wrote is not for a developer's console.
        assert!(error.is_none_or(|error| error["type"] == "ERROR" && !error.to_string().contains("🍎")));
    }
    let id = refusal(&web, &text("")).unwrap();
    assert_eq!(id["clientMessageId"], "c1");
    assert_eq!(refusal(&web, &upload("text/html", json!(1))).unwrap()["clientUploadId"], "u1");
}

#[test]
fn nothing_is_believed_but_the_row() {
    let web = web();
    let frame = json!({
        "action": "message", "clientMessageId": "c1", "data": { "type": "text", "text": "hi" },
        "isUser": false, "userKey": "somebody", "meta": { "sender": { "userKey": "agent", "platform": "closer-chat" } },
        "timestamp": 1, "conversationId": "x", "params": { "vip": true }, "payload": "{\"a\":1}",
    });
    let Heard::Frame { connection, event, frame: Ok(Frame::Message(said)) } = say(&web, &frame.to_string()) else {
        panic!()
    };
    let content = said.content.clone().unwrap();
    let (inbound, id) = web.said(&said, content, &connection, event.at);
    assert_eq!((inbound.user_key.as_str(), inbound.timestamp), ("member-1001", NOW));
    assert_eq!(inbound.id, web.said_id(&said, &connection));
    assert_eq!(id, model::MessageId::of(inbound.id, 0, NOW));
    let InboundKind::Message { data, meta, .. } = inbound.kind else { panic!() };
    assert_eq!(data, MessageData::text("hi"));
    assert_eq!((&meta.sender, meta.extra.is_empty()), (&None, true));
    assert_eq!(meta.payload, Some(json!({ "a": 1 })), "a text that holds an object is that");
}

#[test]
fn no_recorded_event_is_a_panic() {
    let web = web();
    KIT.no_body_is_a_panic(|_, body| {
        let rows = [None, Some(row(true)), Some(Connection { id: "L0SM9cOFvHcCIhw=".to_owned(), ..row(true) })];
        rows.iter().any(|row| web.hear(body, row.as_ref(), NOW).is_ok())
    });
}

#[test]
fn nothing_is_told_that_is_not_for_logs() {
    let web = web();
    let frame = json!({ "action": "message", "clientMessageId": "c1", "data": { "type": "text", "text": "customer words" },
        "payload": "customer words" });
    let open = json!({ "action": "open", "params": { "page": "customer words" } });
    for body in [frame, open] {
        let told = format!("{:?}", say(&web, &body.to_string()));
        assert!(!told.contains("customer words"), "{told}");
    }
    let inbound = KIT.inbound(&json!({}));
    let reply = crate::testkit::reply_of(&json!({ "messages": [{ "type": "text", "text": "customer words" }] }));
    let rendered = web.render(&reply, &inbound, NOW);
    let secrets = ["customer words", "web-shared-token-secret", "web-shared-identity-secret", "key-of-the-company-1"];
    KIT.nothing_is_told(&rendered, &["customer words"], &secrets);
}

#[test]
fn nobody_comes_by_http() {
    let incoming = crate::testkit::Incoming { body: b"{}", ..crate::testkit::Incoming::default() };
    assert_eq!(KIT.receive(&*KIT.channel(), &incoming), Err(crate::ReceiveError::UnknownPath));
}

#[test]
fn who_speaks() {
    let web = web();
    let body = said(&json!({ "type": "text", "text": "hi" }));
    let of = |bot: &str, key: &str| json!({ "body": body, "requestContext": { "authorizer": { "botId": bot, "userKey": key } } });
    let hear = |changes: &Value, row: Option<&Connection>| web.hear(&event("MESSAGE", changes), row, NOW).unwrap();
    let taken = |heard: &Heard| matches!(heard, Heard::Frame { frame: Ok(_), .. });
    assert!(taken(&hear(&json!({ "body": body }), Some(&row(true)))));
    assert!(taken(&hear(&of("Bweb01", "member-1001"), Some(&row(true)))));
    for (note, changes, row) in [
        ("no row and no authorizer", json!({ "body": body }), None),
        ("an authorizer of another bot, and no row", of("Bother", "member-1001"), None),
        ("the row is somebody else's", of("Bweb01", "other"), Some(row(true))),
        (
            "the row is of another connection",
            json!({ "body": body, "requestContext": { "connectionId": "d=" } }),
            Some(row(true)),
        ),
    ] {
        assert!(matches!(hear(&changes, row.as_ref()), Heard::Refused { .. }), "{note}");
    }
    for (note, changes, row) in [
        ("not opened", json!({ "body": body }), Some(row(false))),
        ("an authorizer alone knows of no open", of("Bweb01", "member-1001"), None),
    ] {
        let Heard::Frame { frame: Err(complaint), .. } = hear(&changes, row.as_ref()) else { panic!("{note}") };
        assert_eq!((complaint.code, complaint.client_message_id.as_deref()), (super::super::Code::NotOpen, Some("c1")));
    }
    // A binary frame of a text.
    let base64 = "eyJhY3Rpb24iOiJwaW5nIn0=";
    assert!(taken(&hear(&json!({ "body": base64, "isBase64Encoded": true }), Some(&row(false)))));
    assert!(!taken(&hear(&json!({ "body": "AAAA", "isBase64Encoded": true }), Some(&row(false)))));
    assert!(!taken(&hear(&json!({ "body": "%", "isBase64Encoded": true }), Some(&row(false)))));
}

#[test]
fn connections_are_made_or_not() {
    let web = web();
    let (_, token) = web.mint("member-1001".parse().unwrap(), false, NOW).unwrap();
    let query = json!({ "token": token });
    let connect = |changes: Value| match web.hear(&event("CONNECT", &changes), None, NOW).unwrap() {
        Heard::Connected { connection, subprotocol } => {
            assert_eq!(connection.user_key.as_str(), "member-1001");
            assert_eq!(connection.expires_at(), NOW.plus_ms(7_500_000));
            (200, subprotocol)
        }
        Heard::Refused { status, reason } => {
            assert!(!reason.contains(&token));
            (status.as_u16(), None)
        }
        other => panic!("{other:?}"),
    };
    let from = |origin: &str| json!({ "queryStringParameters": query, "headers": { "Origin": origin } });
    let offered = |protocols: &str| json!({ "headers": { "sec-websocket-protocol": protocols } });
    let cv = Some("closer.v1");
    for (note, changes, expected) in [
        ("a program", json!({ "queryStringParameters": query }), (200, None)),
        ("the shop", from("https://shop.example.com"), (200, None)),
        ("our own page", from("https://bots.example.com"), (200, None)),
        ("a longer host", from("https://shop.example.com.evil.example"), (403, None)),
        ("a host before it", from("https://evil.example/https://shop.example.com"), (403, None)),
        ("without TLS", from("http://shop.example.com"), (403, None)),
        ("a port", from("https://shop.example.com:8443"), (403, None)),
        ("a host below", from("https://a.shop.example.com"), (403, None)),
        ("a file or a sandbox", from("null"), (403, None)),
        ("nothing", from(""), (403, None)),
        (
            "two origins",
            json!({ "queryStringParameters": query, "headers": { "origin": "https://shop.example.com" },
            "multiValueHeaders": { "origin": ["https://shop.example.com", "https://evil.example"] } }),
            (403, None),
        ),
        ("no token", json!({}), (401, None)),
        ("no token in a query", json!({ "queryStringParameters": { "a": "b" } }), (401, None)),
        ("a token that is none", json!({ "queryStringParameters": { "token": "x" } }), (401, None)),
        ("by subprotocol", offered(&format!("closer.v1, bearer.{token}")), (200, cv)),
        ("by subprotocol, the other way", offered(&format!("bearer.{token},closer.v1")), (200, cv)),
        ("without ours", offered(&format!("bearer.{token}")), (200, None)),
        ("ours alone", offered("closer.v1"), (401, None)),
    ] {
        assert_eq!(connect(changes), expected, "{note}");
    }
    let later = NOW.plus_ms(1_800_000);
    let event = event("CONNECT", &json!({ "queryStringParameters": query }));
    assert!(matches!(web.hear(&event, None, later).unwrap(), Heard::Refused { .. }), "it has expired");
    let other = web_with(&json!({ "tokenSecret": "another-secret-of-16-letters" }));
    assert!(matches!(other.hear(&event, None, NOW).unwrap(), Heard::Refused { .. }), "of another bot's secret");
}

#[test]
fn an_open_keeps_what_can_be_used() {
    let web = web();
    let body = json!({
        "action": "open", "lastSeq": "7", "locale": "de", "tab": "t", "capabilities": ["cards", 1, "x".repeat(65)],
        "params": { "page": "/cart", "n": 1, "b": true, "nothing": null, "deep": { "a": 1 }, "list": [1], "": 1 },
    });
    let Heard::Frame { frame: Ok(Frame::Open(open)), .. } = say(&web, &body.to_string()) else { panic!() };
    let params = json!({ "page": "/cart", "n": 1, "b": true, "nothing": null }).as_object().cloned().unwrap();
    assert_eq!(
        open,
        Open { params, tab: Some("t".to_owned()), capabilities: vec!["cards".to_owned()], ..Open::default() }
    );
    let long = json!({ "action": "open", "params": { "a": "x".repeat(4090) } });
    assert_eq!(refusal(&web, &long.to_string()).unwrap()["code"], "bad_frame");
}

proptest! {
    #[test]
    fn no_frame_is_a_panic(text in any_text(), number in any::<f64>(), deep in 0usize..200) {
        let web = web();
        let nested = format!("{}{}", "[".repeat(deep), "]".repeat(deep));
        for body in [
            text.clone(),
            said(&json!({ "type": "text", "text": text })),
            said(&json!({ "type": "media", "media": { "contentType": "image", "uri": format!("https://media.example.com/u/{text}") } })),
            said(&json!({ "type": "location", "location": { "title": text, "latitude": number, "longitude": number } })),
            format!("{{\"action\":\"open\",\"params\":{{\"a\":{nested}}}}}"),
            format!("{{\"action\":\"message\",\"clientMessageId\":\"a\",\"data\":{nested}}}"),
        ] {
            let Heard::Frame { frame, .. } = say(&web, &body) else { panic!() };
            if let Ok(Frame::Message(said)) = frame
                && let Ok(content) = said.content
                && let MessageData::Media { media, .. } = content.data
            {
                prop_assert!(media.uri.starts_with("https://media.example.com/u/"));
                prop_assert!(!media.uri.contains(".."  ) || !media.uri.contains("/../"));
            }
        }
    }

    #[test]
    fn no_event_is_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in any_text()) {
        let web = web();
        drop(web.hear(&bytes, None, NOW));
        drop(web.hear(&event("CONNECT", &json!({ "queryStringParameters": { "token": text }, "headers": { "origin": text } })), None, NOW));
    }
}

#[test]
fn pages_lead_customers_where_the_bot_lets_them() {
    let web = web_with(&json!({ "navigation": true }));
    for (fields, expected) in [
        (json!({ "flowId": 7 }), Ok((7, None))),
        (json!({ "flowId": 7, "nodeId": 3 }), Ok((7, Some(3)))),
        (json!({ "flowId": 7, "nodeId": null, "force": true }), Ok((7, None))),
        (json!({}), Err("bad_frame")),
        (json!({ "flowId": "7" }), Err("bad_frame")),
        (json!({ "flowId": 7, "nodeId": -1 }), Err("bad_frame")),
    ] {
        let mut body = fields.clone();
        body["action"] = json!("navigate");
        match (say(&web, &body.to_string()), expected) {
            (Heard::Frame { connection, event, frame: Ok(Frame::Navigate { flow_id, node_id }) }, Ok(place)) => {
                assert_eq!((flow_id, node_id), place, "{fields}");
                let inbound = web.navigate(place, &connection, &event);
                assert_eq!(inbound.kind, InboundKind::Moved { flow_id, node_id, conversation_id: None });
                assert_eq!(inbound.id, web.navigate(place, &connection, &event).id, "the same however often it comes");
            }
            (Heard::Frame { .. }, Err(code)) => assert_eq!(refusal(&web, &body.to_string()).unwrap()["code"], code),
            (other, _) => panic!("{fields}: {other:?}"),
        }
    }
}

#[test]
fn whom_an_event_is_for_is_read_before_it_is_believed() {
    let web = web();
    let (_, token) = web.mint("member-1001".parse().unwrap(), false, NOW).unwrap();
    let bot = |changes: &Value| crate::web::asked(&event("CONNECT", changes)).unwrap().bot_id.map(|id| id.to_string());
    let named = Some("Bweb01".to_owned());
    assert_eq!(bot(&json!({ "queryStringParameters": { "token": token } })), named);
    assert_eq!(bot(&json!({ "headers": { "Sec-WebSocket-Protocol": format!("closer.v1, bearer.{token}") } })), named);
    assert_eq!(bot(&json!({ "requestContext": { "authorizer": { "botId": "Bweb01" } } })), named);
    for token in ["", "x", "a.b.c", "a.e30.c", "a.eyJib3QiOiIuLi8ifQ.c"] {
        assert_eq!(bot(&json!({ "queryStringParameters": { "token": token } })), None, "{token}");
    }
    assert_eq!(crate::web::asked(b"{}"), None);
    assert_eq!(crate::web::asked(&event("PING", &json!({}))), None);
    for (body, expected) in [
        (json!({ "botId": "Bweb01" }), true),
        (json!({ "token": token }), true),
        (json!({ "botId": "../../x" }), false),
        (json!({ "token": "x" }), false),
        (json!([]), false),
    ] {
        assert_eq!(crate::web::bot_of(body.to_string().as_bytes()).is_some(), expected, "{body}");
    }
}

#[test]
fn what_a_frame_does_to_the_choices() {
    use crate::web::{Offer, offer};
    for (frame, expected) in [
        (json!({ "type": "KEYBOARD", "keyboard": {} }), Offer::Begins),
        (json!({ "type": "MESSAGE", "message": { "isUser": true } }), Offer::Ends),
        (json!({ "type": "MESSAGE", "message": { "isUser": false } }), Offer::Unchanged),
        (json!({ "type": "EVENT", "event": "bot.conversation.deleted" }), Offer::Ends),
        (json!({ "type": "EVENT", "event": "bot.conversation.agent_call_connected" }), Offer::Unchanged),
        (json!({ "type": "LATER" }), Offer::Unchanged),
        (json!([]), Offer::Unchanged),
    ] {
        assert_eq!(offer(frame.to_string().as_bytes()), expected, "{frame}");
    }
}
