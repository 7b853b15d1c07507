//! A conversation, and coming back to it.

use std::future::IntoFuture as _;
use std::sync::{Arc, Mutex};

use closer::dev::{self, Dev};
use serde_json::json;

use super::{Tab, log, token, visitor};
use crate::world;

pub(super) const WELCOME: &str = "안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?";

#[tokio::test]
async fn a_visitor_is_welcomed_and_answered_in_order() {
    let running = world::start().await;
    let (token, visitor_id) = visitor(&running, None).await;
    let (mut tab, context) = Tab::open(&running, &token, 0).await;
    assert_eq!((&context["resumed"], &context["lastSeq"]), (&json!(false), &json!(0)));
    assert!(context["context"]["userKey"].as_str().unwrap().starts_with("anon:"));
    let welcome = tab.of("MESSAGE").await;
    assert_eq!((&welcome["seq"], &welcome["message"]["data"]["text"]), (&json!(1), &json!(WELCOME)));
    assert_eq!(welcome["message"]["conversationId"], context["context"]["conversationId"], "named before it began");
    assert_eq!(tab.of("KEYBOARD").await["seq"], 2);

    tab.say("c1", "매장 위치").await;
    let ack = tab.of("ACK").await;
    assert_eq!((&ack["clientMessageId"], &ack["seq"], &ack["duplicate"]), (&json!("c1"), &json!(3), &json!(false)));
    let own = tab.of("MESSAGE").await;
    assert_eq!((&own["seq"], &own["clientMessageId"]), (&json!(3), &json!("c1")));
    assert_eq!(own["message"]["id"], ack["messageId"]);
    assert_eq!(own["message"]["conversationId"], context["context"]["conversationId"]);
    let answer = tab.of("MESSAGE").await;
    assert_eq!((&answer["seq"], &answer["message"]["isUser"]), (&json!(4), &json!(false)));

    // The same visitor in the evening.
    tab.vanish();
    let (again, _) = visitor(&running, Some(&visitor_id)).await;
    let (mut tab, resumed) = Tab::open(&running, &again, 0).await;
    assert_eq!(resumed["resumed"], true);
    assert_eq!(resumed["context"]["userKey"], context["context"]["userKey"]);
    assert_eq!(tab.hears().await, WELCOME);
    let told = tab.of("EVENT").await;
    assert_eq!((&told["event"], &told["data"]["from"]), (&json!("web.resumed"), &json!(1)));
    running.stop().await;
}

/// The next day the old conversation ends before the new one says something, also where nobody else hears of it.
#[tokio::test]
async fn a_conversation_ends_before_the_next_one_speaks() {
    let running = world::start().await;
    for webhook in running.stack.webhooks.of_bot(&world::bot()).await.unwrap() {
        running.stack.webhooks.delete(&webhook).await.unwrap();
    }
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let (token, visitor_id) = visitor(&running, None).await;
    let (mut tab, first) = Tab::open(&running, &token, 0).await;
    tab.of("KEYBOARD").await;
    let has = tab.last;
    tab.vanish();
    shell::clock::pass(25 * 60 * 60 * 1000);
    let (again, _) = visitor(&running, Some(&visitor_id)).await;
    let (mut tab, second) = Tab::open(&running, &again, has).await;
    assert_ne!(first["context"]["conversationId"], second["context"]["conversationId"]);
    let mut order = Vec::new();
    while order.len() < 3 {
        let frame = tab.next().await.unwrap();
        match (frame["type"].as_str().unwrap(), frame["event"].as_str()) {
            ("EVENT", Some("bot.conversation.deleted")) => order.push("end"),
            ("MESSAGE", _) => order.push("welcome"),
            ("KEYBOARD", _) => order.push("choices"),
            _ => {}
        }
    }
    assert_eq!(order, ["end", "welcome", "choices"]);
    running.stop().await;
}

#[tokio::test]
async fn what_was_missed_comes_once_and_in_order() {
    let running = world::start().await;
    world::echo(&running).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let token = token("member-1");
    let (mut tab, _) = Tab::open(&running, &token, 0).await;
    for n in 0..3 {
        tab.say(&format!("c{n}"), &format!("{n}")).await;
        while tab.hears().await != n.to_string() {}
    }
    let has = tab.last;
    let (mut other, _) = Tab::open(&running, &token, has).await;
    tab.vanish();
    other.say("c3", "3").await;
    while other.hears().await != "3" {}

    // One that has everything, one that lacks some, one whose numbers are of another log.
    let last = world_last(&running, &token).await;
    let (mut tab, context) = Tab::open(&running, &token, last).await;
    assert_eq!(context["lastSeq"], last);
    assert!(tab.is_silent(200).await);
    let (mut tab, _) = Tab::open(&running, &token, has).await;
    assert_eq!(tab.next().await.unwrap()["seq"], has + 1);
    let mut seen = vec![has + 1];
    let told = loop {
        let frame = tab.next().await.unwrap();
        match frame["seq"].as_u64() {
            Some(seq) => seen.push(seq),
            None => break frame,
        }
    };
    assert_eq!(seen, (has + 1..=last).collect::<Vec<_>>());
    assert_eq!(told["data"], json!({ "from": has + 1, "to": last, "more": false }));
    let (mut tab, _) = Tab::open(&running, &token, last + 7).await;
    let told = loop {
        let frame = tab.of("EVENT").await;
        if frame["event"] == "web.resumed" {
            break frame;
        }
    };
    assert_eq!(told["data"]["reset"], true);
    running.stop().await;
}

async fn world_last(running: &closer::dev::Running, token: &str) -> u64 {
    // Until the keyboard behind the last answer is there too.
    for _ in 0..50 {
        let (_, one) = Tab::open(running, token, 0).await;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let (_, two) = Tab::open(running, token, 0).await;
        if one["lastSeq"] == two["lastSeq"] {
            return two["lastSeq"].as_u64().unwrap();
        }
    }
    panic!("the log does not come to rest");
}

#[tokio::test]
async fn tabs_of_a_customer_share_everything_and_nobody_else_does() {
    let running = world::start().await;
    let one_token = token("member-1");
    let (mut one, _) = Tab::open(&running, &one_token, 0).await;
    one.hears().await;
    let (mut two, context) = Tab::open(&running, &one_token, 0).await;
    assert_eq!(context["resumed"], true);
    assert_eq!(context["keyboard"]["type"], "buttons");
    two.hears().await;
    two.of("EVENT").await;
    let (mut stranger, _) = Tab::open(&running, &token("member-2"), 0).await;
    stranger.of("KEYBOARD").await;

    one.write(&json!({ "action": "typing", "v": 1, "state": "on" })).await;
    assert_eq!(two.of("EVENT").await["data"], json!({ "who": "user", "state": "on" }));
    one.write(&json!({ "action": "read", "v": 1, "seq": 1 })).await;
    assert_eq!(two.of("EVENT").await["data"], json!({ "seq": 1 }));
    one.say("c1", "매장 위치").await;
    let own = two.of("MESSAGE").await;
    assert_eq!((&own["message"]["isUser"], &own["clientMessageId"]), (&json!(true), &json!("c1")));
    assert!(own["message"]["meta"].is_null());
    two.of("MESSAGE").await;
    assert!(stranger.is_silent(300).await);
    running.stop().await;
}

#[tokio::test]
async fn a_message_that_is_sent_again_is_acknowledged_and_not_heard() {
    let running = world::start().await;
    let token = token("member-1");
    let (mut tab, _) = Tab::open(&running, &token, 0).await;
    tab.of("KEYBOARD").await;
    tab.say("c1", "매장 위치").await;
    let first = tab.of("ACK").await;
    tab.of("KEYBOARD").await;
    // Whatever it says by now, also nothing that could be taken.
    for frame in [super::said("c1", "매장 위치"), super::said("c1", "다른 말"), super::said("c1", "")] {
        tab.write(&frame).await;
        let second = tab.of("ACK").await;
        for name in ["messageId", "seq", "timestamp"] {
            assert_eq!(second[name], first[name], "{name}");
        }
        assert_eq!(second["duplicate"], true);
    }
    assert!(tab.is_silent(300).await);
    let log = log(&running, &token).await;
    assert_eq!(log.iter().filter(|line| line.starts_with('>')).count(), 1, "{log:?}");
    running.stop().await;
}

#[tokio::test]
async fn a_restart_ends_one_conversation_and_begins_another() {
    let running = world::start().await;
    let token = token("member-1");
    let (mut tab, before) = Tab::open(&running, &token, 0).await;
    tab.of("KEYBOARD").await;
    tab.write(&json!({ "action": "open", "v": 1, "lastSeq": 2, "restart": true, "params": { "page": "/cart" } })).await;
    let after = tab.of("CONTEXT").await;
    assert_ne!(after["context"]["conversationId"], before["context"]["conversationId"]);
    assert_eq!((&after["resumed"], &after["context"]["params"]["page"]), (&json!(false), &json!("/cart")));
    assert!(after["keyboard"].is_null());
    let ended = tab.of("EVENT").await;
    assert_eq!(ended["event"], "bot.conversation.deleted");
    assert_eq!(ended["data"]["conversation"]["id"], before["context"]["conversationId"]);
    let welcome = tab.of("MESSAGE").await;
    assert_eq!(welcome["message"]["conversationId"], after["context"]["conversationId"]);
    running.stop().await;
}

#[tokio::test]
async fn a_picture_is_uploaded_said_and_shown() {
    let running = world::start().await;
    let (mut tab, _) = Tab::open(&running, &token("member-1"), 0).await;
    tab.of("KEYBOARD").await;
    let picture = b"\x89PNG picture of a flower";
    let ask = json!({ "action": "upload", "v": 1, "clientUploadId": "u1", "contentType": "image/png", "size": picture.len(), "name": "꽃.png" });
    tab.write(&ask).await;
    let upload = tab.of("UPLOAD").await;
    let fields = upload["fields"].as_object().unwrap();
    let form = |changes: &[(&str, &str)], file: &[u8]| {
        let mut body = Vec::new();
        for (name, value) in fields {
            let value =
                changes.iter().find(|(changed, _)| changed == name).map_or(value.as_str().unwrap(), |(_, value)| value);
            body.extend(format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        body.extend(b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\ncontent-type: image/png\r\n\r\n");
        body.extend(file);
        body.extend(b"\r\n--b--\r\n");
        body
    };
    let post = |body: Vec<u8>| {
        let url = upload["url"].as_str().unwrap();
        let request = world::http_client().post(url).header("content-type", "multipart/form-data; boundary=b");
        async move {
            let response = request.body(body).send().await.unwrap();
            let status = response.status().as_u16();
            let text = response.text().await.unwrap();
            let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
            (status, code.map(|(code, _)| code.to_owned()).unwrap_or_default())
        }
    };
    let media = |uri: &str, id: &str| {
        json!({ "action": "message", "v": 1, "clientMessageId": id,
            "data": { "type": "media", "media": { "contentType": "video", "uri": uri } } })
    };
    let uri = upload["uri"].as_str().unwrap().to_owned();
    tab.write(&media(&uri, "too-early")).await;
    assert_eq!(tab.of("ERROR").await["code"], "bad_uri", "nothing is there yet");
    let lax = {
        use base64::Engine as _;
        let policy = json!({ "expiration": "2099-01-01T00:00:00.000Z", "conditions": [["starts-with", "$key", ""]] });
        base64::engine::general_purpose::STANDARD.encode(policy.to_string())
    };
    for (note, changes, file, expected) in [
        ("another place", &[("key", "u/other/a.png")][..], &picture[..], (403, "AccessDenied")),
        ("another type", &[("Content-Type", "text/html")], &picture[..], (403, "AccessDenied")),
        (
            "a signature that was guessed",
            &[("x-amz-signature", &"0".repeat(64))],
            &picture[..],
            (403, "SignatureDoesNotMatch"),
        ),
        ("a policy of one's own", &[("policy", &lax)], &picture[..], (403, "SignatureDoesNotMatch")),
        (
            "of another day",
            &[("x-amz-credential", "local/20200101/ap-northeast-2/s3/aws4_request")],
            &picture[..],
            (403, "SignatureDoesNotMatch"),
        ),
        (
            "somebody else's",
            &[("x-amz-credential", "AKIDEXAMPLE/20200101/ap-northeast-2/s3/aws4_request")],
            &picture[..],
            (403, "InvalidAccessKeyId"),
        ),
        ("a byte more", &[], &[&picture[..], b"x"].concat()[..], (400, "EntityTooLarge")),
        ("nothing", &[], b"", (400, "EntityTooSmall")),
        ("as it was signed", &[], &picture[..], (204, "")),
    ] {
        let (status, code) = post(form(changes, file)).await;
        assert_eq!((status, code.as_str()), expected, "{note}");
    }
    tab.write(&media(&uri, "c1")).await;
    let own = tab.of("MESSAGE").await;
    assert_eq!(own["message"]["data"]["media"], json!({ "contentType": "image", "uri": uri }));
    let shown = world::http_client().get(&uri).send().await.unwrap();
    assert_eq!(shown.headers()["content-type"], "image/png");
    assert_eq!(shown.headers()["x-content-type-options"], "nosniff");
    tab.write(&media(&uri.replace(".png", ".gif"), "c2")).await;
    assert_eq!(tab.of("ERROR").await["code"], "bad_uri", "somebody else's");
    running.stop().await;
}

/// A look at an upload that comes to nothing refuses nobody for good, and leaves nothing in the log.
#[tokio::test]
async fn an_upload_that_cannot_be_looked_at_is_said_again() {
    let dev = Dev { allow_private: true, ..Dev::for_tests(world::root().join("bots")) };
    let running = dev::start(&dev).await.unwrap();
    // What it answers, of what type.
    let answer = Arc::new(Mutex::new((0, "")));
    let files = {
        let answer = Arc::clone(&answer);
        axum::Router::new().fallback(move || {
            let (status, kind) = *answer.lock().unwrap();
            async move { (axum::http::StatusCode::from_u16(status).unwrap(), [("content-type", kind)]) }
        })
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let files_url = format!("http://{}/u/", listener.local_addr().unwrap());
    let server = tokio::spawn(axum::serve(listener, files).into_future());
    let mut stored = running.stack.bots.load(&world::bot()).await.unwrap().unwrap();
    // Nobody listens at the second.
    stored.json["integration"]["web"]["uploadUriPrefixes"] = json!([files_url, "http://127.0.0.1:9/u/"]);
    stored.version += 1;
    running.stack.bots.save(&world::bot(), &stored).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let token = token("member-1");
    let (mut tab, _) = Tab::open(&running, &token, 0).await;
    tab.of("KEYBOARD").await;
    for (note, id, uri, (status, kind), expected) in [
        ("S3 is ill", "c1", &files_url, (503, "application/xml"), "internal"),
        ("S3 is ill for longer", "c1", &files_url, (500, "application/xml"), "internal"),
        ("S3 wants less", "c1", &files_url, (429, "application/xml"), "internal"),
        ("well again", "c1", &files_url, (200, "image/png"), "ACK"),
        ("nobody is there", "c2", &"http://127.0.0.1:9/u/".to_owned(), (200, "image/png"), "internal"),
        ("there is no such file", "c3", &files_url, (404, "image/png"), "bad_uri"),
        ("nobody may say whether there is", "c3", &files_url, (403, "application/xml"), "bad_uri"),
        ("it is no picture", "c3", &files_url, (200, "text/html"), "bad_uri"),
    ] {
        *answer.lock().unwrap() = (status, kind);
        let media = json!({ "contentType": "video", "uri": format!("{uri}a.png") });
        let data = json!({ "type": "media", "media": media });
        tab.write(&json!({ "action": "message", "v": 1, "clientMessageId": id, "data": data })).await;
        let said = loop {
            let frame = tab.next().await.unwrap();
            match frame["type"].as_str().unwrap() {
                "ERROR" => {
                    assert_eq!(frame["retryAfterMs"].is_null(), expected == "bad_uri", "{note}");
                    break frame["code"].clone();
                }
                "ACK" => break frame["type"].clone(),
                _ => {}
            }
        };
        assert_eq!(said, expected, "{note}");
    }
    let said = log(&running, &token).await;
    assert_eq!(said.iter().filter(|line| line.starts_with('>')).count(), 1, "{said:?}");
    server.abort();
    running.stop().await;
}

#[tokio::test]
async fn history_goes_back_to_the_beginning() {
    let running = world::start().await;
    let token = token("member-1");
    let (mut tab, _) = Tab::open(&running, &token, 0).await;
    tab.of("KEYBOARD").await;
    for n in 0..6 {
        tab.say(&format!("c{n}"), &format!("말 {n}")).await;
        tab.of("KEYBOARD").await;
    }
    let mut before = None;
    let mut all = Vec::new();
    loop {
        tab.write(&json!({ "action": "history", "v": 1, "limit": 4, "beforeSeq": before })).await;
        let history = tab.of("HISTORY").await;
        let items = history["items"].as_array().unwrap().clone();
        assert!(items.len() <= 4 && items.iter().all(|item| item["type"] != "KEYBOARD"));
        before = items.first().map(|item| item["seq"].as_u64().unwrap());
        all.splice(0..0, items.iter().map(|item| item["seq"].as_u64().unwrap()));
        if history["more"] == false {
            break;
        }
    }
    assert!(all.is_sorted() && all.first() == Some(&1), "{all:?}");
    assert_eq!(all.len(), 13, "{all:?}");
    running.stop().await;
}

#[tokio::test]
async fn a_page_leads_its_customer_where_the_bot_lets_it() {
    let running = world::start().await;
    let token = token("member-1");
    let (mut tab, _) = Tab::open(&running, &token, 0).await;
    tab.of("KEYBOARD").await;
    let navigate = json!({ "action": "navigate", "v": 1, "flowId": 1, "nodeId": 6 });
    tab.write(&navigate).await;
    assert_eq!(tab.of("ERROR").await["code"], "not_allowed");

    let mut stored = running.stack.bots.load(&world::bot()).await.unwrap().unwrap();
    stored.json["integration"]["web"]["navigation"] = json!(true);
    stored.version += 1;
    running.stack.bots.save(&world::bot(), &stored).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    tab.write(&navigate).await;
    assert!(tab.hears().await.contains("평일은 10시부터"));
    running.stop().await;
}

#[tokio::test]
async fn an_end_user_can_be_erased() {
    let running = world::start().await;
    let token = token("member-1");
    let (mut tab, context) = Tab::open(&running, &token, 0).await;
    tab.of("KEYBOARD").await;
    let services = &running.stack.services;
    let frames = store::WebFrames::new(services.aws.dynamodb.clone(), &services.tables.web);
    let id = context["context"]["endUserId"].as_str().unwrap().parse().unwrap();
    assert_eq!(frames.head(id).await.unwrap().last, 2);
    frames.erase(id).await.unwrap();
    assert_eq!(frames.head(id).await.unwrap(), store::Head::default());
    assert!(frames.after(id, 0, 10).await.unwrap().is_empty());
    tab.vanish();
    let (_, context) = Tab::open(&running, &token, 0).await;
    assert_eq!(context["lastSeq"], 0);
    running.stop().await;
}
