//! What the cases cannot say: names of what is ignored, ids, and the sheet's worked examples.

use http::Method;
use model::{InboundId, InboundKind, PlatformType};
use serde_json::{Value, json};

use super::{KIT, PAGE_TOKEN, PROOF, SECRET, hex, receive, settings, signed};
use crate::testkit::{Incoming, reply_of};
use crate::{Acknowledge, Channel, ReceiveError};

fn body(events: &Value) -> Vec<u8> {
    json!({ "object": "page", "entry": [{ "id": "1000000000000001", "messaging": events }] }).to_string().into_bytes()
}

fn ids(channel: &dyn Channel, event: &Value) -> Vec<InboundId> {
    receive(channel, &body(&json!([event]))).unwrap().inbound.iter().map(|inbound| inbound.id).collect()
}

#[test]
fn signatures() {
    let channel = KIT.channel();
    let empty = br#"{"object":"page","entry":[]}"#;
    let escaped = br#"{"object":"page","entry":[{"id":"1","time":2,"messaging":[{"sender":{"id":"3"},"recipient":{"id":"1"},"timestamp":2,"message":{"mid":"m_1","text":"\u00e4\u00f6\u00e5 \ud83d\udc4b https:\/\/a.b"}}]}]}"#;
    let unescaped = r#"{"object":"page","entry":[{"id":"1","time":2,"messaging":[{"sender":{"id":"3"},"recipient":{"id":"1"},"timestamp":2,"message":{"mid":"m_1","text":"äöå 👋 https://a.b"}}]}]}"#;
    assert_eq!((escaped.len(), unescaped.len()), (199, 177));
    let bodies = [&empty[..], &escaped[..], unescaped.as_bytes()];
    let signatures = [
        "7cbc46b042d7e131c845c3f08d7028636dc75bdd529a85bfd25451ef6fc04d04",
        "cabdea321496464163187af0dfb25b25235fc541ae5d1e4486d9acc9427ce956",
        "e395d9baf41f388146ab2eac3fe30597ea6300e8bc53dace9f7099ea4b6adbd7",
    ];
    for (i, signature) in signatures.iter().enumerate() {
        for (j, body) in bodies.iter().enumerate() {
            let signature = format!("sha256={signature}");
            let headers = [("x-hub-signature-256", signature.as_str())];
            let received = KIT.receive(&*channel, &Incoming { headers: &headers, body, ..Incoming::default() });
            assert_eq!(received.err(), (i != j).then_some(ReceiveError::Forbidden), "{i} {j}");
        }
    }
}

#[test]
fn the_proof() {
    let secret = crate::facebook::settings::proof(SECRET, PAGE_TOKEN);
    assert_eq!(secret, PROOF);
    let inbound = KIT.inbound(&Value::Null);
    let reply = reply_of(&json!({ "messages": [{ "type": "text", "text": "x" }] }));
    let url = |channel: &dyn Channel| channel.render(&reply, &inbound, inbound.received_at).calls[0].url.clone();
    let plain = "https://graph.facebook.com/v26.0/1000000000000001/messages";
    assert_eq!(url(&*KIT.channel()), format!("{plain}?appsecret_proof={PROOF}"));
    assert_eq!(url(&*KIT.channel_with(&json!({ "appSecretProof": false }))), plain);
}

#[test]
fn the_challenge_is_answered_as_text() {
    let query =
        [("hub.mode", "subscribe"), ("hub.challenge", "<b>0123</b>"), ("hub.verify_token", super::VERIFY_TOKEN)];
    let incoming = Incoming { method: Method::GET, query: &query, ..Incoming::default() };
    let Acknowledge::Now(reply) = KIT.receive(&*KIT.channel(), &incoming).unwrap().acknowledge else { panic!() };
    assert_eq!((reply.content_type, reply.body.as_str()), ("text/plain; charset=utf-8", "<b>0123</b>"));
}

#[test]
fn what_is_ignored_has_a_name() {
    let channel = KIT.channel();
    let ignored = |event: Value| {
        let received = receive(&*channel, &body(&json!([event]))).unwrap();
        assert_eq!(received.inbound, []);
        received.ignored.iter().map(|ignored| ignored.as_str().to_owned()).collect::<Vec<_>>().join(", ")
    };
    let echo = |app_id: &str| json!({ "message": { "is_echo": true, "app_id": app_id, "text": "x" } });
    for (event, name) in [
        (json!({}), "event without a kind"),
        (json!({ "timestamp": 1, "read": {} }), "read"),
        (json!({ "message": null, "hologram\n": 1, "other": 1 }), "hologram"),
        (json!({ "message": {} }), "message without content"),
        (json!({ "message": { "is_deleted": true } }), "message deleted"),
        (json!({ "message": { "text": "x" } }), "message of nobody"),
        (json!({ "sender": { "id": "1000000000000001" }, "message": { "text": "x" } }), "message of the Page"),
        (
            json!({ "message": { "attachments": [{ "type": "a" }, { "type": "image" }] } }),
            "attachment a, attachment image",
        ),
        (json!({ "postback": {} }), "postback without title and payload"),
        (json!({ "postback": { "title": "x" } }), "message of nobody"),
        (json!({ "referral": {} }), "updated of nobody"),
        (json!({ "optin": {} }), "updated of nobody"),
        (json!({ "pass_thread_control": { "new_owner_app_id": 1 } }), "pass_thread_control to another"),
        (json!({ "pass_thread_control": { "new_owner_app_id": 2_000_000_000_000_002_i64 } }), "agentLeft of nobody"),
        (json!({ "policy_enforcement": { "action": "block" } }), "policy_enforcement block"),
        (echo("2000000000000002"), "echo of our own"),
        (echo("1"), "echo of nobody"),
    ] {
        assert_eq!(ignored(event.clone()), name, "{event}");
    }

    let ignored = |body: &str| {
        let received = receive(&*channel, body.as_bytes()).unwrap();
        assert_eq!(received.inbound, []);
        received.ignored.iter().map(|ignored| ignored.as_str().to_owned()).collect::<Vec<_>>().join(", ")
    };
    for (body, name) in [
        ("[]", "unreadable body"),
        ("{}", "object other than page"),
        (r#"{"object":"user","entry":[{}]}"#, "object other than page"),
        (r#"{"object":"page"}"#, ""),
        (r#"{"object":"page","entry":[{"id":"2","messaging":[{},{}]}]}"#, "entry of another Page"),
        (r#"{"object":"page","entry":[{"messaging":[{}]}]}"#, "event of another Page"),
        (
            r#"{"object":"page","entry":[{"standby":[{},{"message":{}}],"changes":[{"field":"feed"}]}]}"#,
            "standby, standby, change feed",
        ),
        (
            r#"{"object":"page","entry":[5,{"id":"1000000000000001","messaging":[{"timestamp":1e999}]}]}"#,
            "unreadable entry, unreadable event",
        ),
    ] {
        assert_eq!(ignored(body), name, "{body}");
    }
}

/// Whether or not Meta says by which app it was, and whichever appId is set.
#[test]
fn the_echo_of_what_we_sent_is_our_own() {
    let reply = reply_of(&json!({ "messages": [{ "type": "text", "text": "x" }, { "type": "text", "text": "y" }] }));
    let inbound = KIT.inbound(&Value::Null);
    for call in KIT.channel().render(&reply, &inbound, inbound.received_at).calls {
        let sent: Value = serde_json::from_slice(&call.body).unwrap();
        let metadata = &sent["message"]["metadata"];
        for (app_id, set) in [(Value::Null, json!("2000000000000002")), (json!(5), json!("6")), (json!(5), Value::Null)]
        {
            let message = json!({ "is_echo": true, "mid": "m", "text": "x", "metadata": metadata, "app_id": app_id });
            let event =
                json!({ "sender": { "id": "1000000000000001" }, "recipient": { "id": "7" }, "message": message });
            let received = receive(&*KIT.channel_with(&json!({ "appId": set })), &body(&json!([event]))).unwrap();
            assert_eq!(received.inbound, []);
            assert_eq!(received.ignored[0].as_str(), "echo of our own", "{event}");
        }
    }
}

#[test]
fn an_event_has_the_same_id_each_time() {
    let channel = KIT.channel();
    let of = |event: &str| InboundId::of(&"Bxxxxx".parse().unwrap(), PlatformType::Facebook, event);
    let with = |kind: Value| {
        let mut event = json!({ "sender": { "id": "7" }, "timestamp": 1_780_300_110_509_i64 });
        event.as_object_mut().unwrap().extend(kind.as_object().cloned().unwrap());
        event
    };
    let file = |kind: &str| json!({ "type": kind, "payload": { "url": "https://a.example/" } });
    let at = "7 1780300110509";
    for (kind, expected) in [
        (json!({ "message": { "mid": "m_1", "text": "x" } }), vec![of("m_1")]),
        (
            json!({ "message": { "mid": "m_1", "text": "x", "attachments": [file("image"), file("video")] } }),
            vec![of("m_1"), of("m_1#2"), of("m_1#3")],
        ),
        (json!({ "message": { "text": "x" } }), vec![of(&format!(r#"{at} message 0 {{"text":"x","type":"text"}}"#))]),
        (json!({ "postback": { "mid": "m_2", "title": "A" } }), vec![of("m_2")]),
        (json!({ "postback": { "title": "A", "payload": "b" } }), vec![of(&format!("{at} postback A b"))]),
        (json!({ "referral": { "ref": "r" } }), vec![of(&format!("{at} referral r"))]),
        (
            json!({ "optin": { "payload": "p", "notification_messages_status": "STOP" } }),
            vec![of(&format!("{at} optin p STOP"))],
        ),
        (
            json!({ "pass_thread_control": { "new_owner_app_id": "2000000000000002" } }),
            vec![of(&format!("{at} pass_thread_control"))],
        ),
    ] {
        for _ in 0..2 {
            assert_eq!(ids(&*channel, &with(kind.clone())), expected, "{kind}");
        }
    }
}

#[test]
fn an_inbound_without_an_id_has_ours() {
    let channel = KIT.channel();
    let event = json!({ "sender": { "id": "7" }, "timestamp": 1, "postback": { "title": "A" } });
    let inbound = receive(&*channel, &body(&json!([event]))).unwrap().inbound.remove(0);
    let InboundKind::Message { platform_message_id, .. } = inbound.kind else { panic!() };
    assert_eq!(platform_message_id, Some(inbound.id.to_string()));
}

/// Through Messenger and back, whichever way it is shown.
#[test]
fn a_pressed_button_brings_back_its_label_and_payload() {
    let channel = KIT.channel();
    let long = "아주 길어서 잘려 나가는 이름 \"🍎\" 그리고 그 뒤";
    for (label, payload) in
        [(long, json!({ "menu": [1, null] })), ("a", json!("b")), ("a", json!(false)), (long, Value::Null)]
    {
        let button = json!({ "label": label, "payload": payload });
        let reply = reply_of(&json!({
            "messages": [{ "type": "text", "text": "x", "buttons": [button] }],
            "keyboard": { "type": "buttons", "buttons": [button] },
        }));
        let inbound = KIT.inbound(&Value::Null);
        let call = channel.render(&reply, &inbound, inbound.received_at).calls.remove(0);
        let sent: Value = serde_json::from_slice(&call.body).unwrap();
        let shown = &sent["message"]["attachment"]["payload"]["buttons"][0];
        let key = &sent["message"]["quick_replies"][0];
        for event in [
            json!({ "sender": { "id": "7" }, "postback": { "title": shown["title"], "payload": shown["payload"] } }),
            json!({ "sender": { "id": "7" },
                "message": { "mid": "m", "text": key["title"], "quick_reply": { "payload": key["payload"] } } }),
        ] {
            let received = receive(&*channel, &body(&json!([event]))).unwrap();
            let kind = json!(received.inbound[0].kind);
            assert_eq!((&kind["data"]["text"], &kind["meta"]["payload"]), (&json!(label), &payload));
        }
    }
}

#[test]
fn settings_say_what_to_set() {
    let changed = |changes: Value| {
        let mut settings = settings();
        settings.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap());
        KIT.connect(&settings).err()
    };
    for (changes, reason) in [
        (json!({ "more": {} }), None),
        (json!({ "appSecret": ["s", "t"], "verifyToken": ["v", "w"] }), None),
        (json!({ "pageId": 1, "appId": 2 }), None),
        (
            json!({ "pageId": " 1 ", "appId": null, "pageAccessToken": null, "graphVersion": null, "appSecretProof": null }),
            None,
        ),
        (json!({ "appId": "", "pageAccessToken": "", "graphVersion": "" }), None),
        (json!({ "graphVersion": "v30.1" }), None),
        (json!({ "appSecret": "" }), Some("set appSecret to")),
        (json!({ "appSecret": [] }), Some("set appSecret to")),
        (json!({ "appSecret": null }), Some("set appSecret to")),
        (json!({ "appSecret": 5 }), Some("appSecret and verifyToken are texts")),
        (json!({ "appSecretProof": "yes" }), Some("appSecretProof true or false")),
        (json!({ "pageAccessToken": ["t"] }), Some("pageAccessToken and graphVersion texts")),
        (json!({ "verifyToken": "" }), Some("set verifyToken to")),
        (json!({ "pageId": null }), Some("set pageId to")),
        (json!({ "pageId": "" }), Some("set pageId to")),
        (json!({ "pageId": "my.page" }), Some("pageId is a number")),
        (json!({ "pageId": -1 }), Some("pageId is a number")),
        (json!({ "pageId": "1/../2" }), Some("pageId is a number")),
        (json!({ "appId": "an app" }), Some("appId is a number")),
        (json!({ "appId": true }), Some("appId is a number")),
        (json!({ "pageAccessToken": "t\n" }), Some("pageAccessToken has a blank")),
        (json!({ "pageAccessToken": "토큰" }), Some("pageAccessToken has a blank")),
        (json!({ "graphVersion": "26.0" }), Some("graphVersion is")),
        (json!({ "graphVersion": "v26" }), Some("graphVersion is")),
        (json!({ "graphVersion": "v26.0/me" }), Some("graphVersion is")),
    ] {
        match (changed(changes.clone()), reason) {
            (None, None) => {}
            (Some(error), Some(reason)) => {
                assert!(error.starts_with("integration.facebook: ") && error.contains(reason), "{changes}: {error}");
            }
            (error, _) => panic!("{changes}: {error:?}"),
        }
    }
    for settings in [json!(null), json!("s"), json!({})] {
        assert!(KIT.connect(&settings).unwrap_err().starts_with("integration.facebook: "));
    }
    assert!(signed(SECRET, b"").starts_with("sha256=") && hex(&[1, 171]) == "01ab");
}
