//! What strangers send. Each is refused with its status, leaves nothing behind, and is logged once, without a word of it.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use aws_sdk_sqs::types::QueueAttributeName;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, Method, Uri};
use closer::dev::Running;
use closer::feed::Kind;
use closer::gateway;
use model::PlatformType;
use serde_json::{Value, json};
use store::StoredBot;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::world::{self, KAKAO_PATH, LINE_SECRET};

const LINE_PATH: &str = "/hooks/line/Bhello";
const KAKAO_SECRET: &str = "local-kakao-secret";
/// Of these no log may hold a piece.
const USER: &str = "U5ec2e7000000000000000000000000a1";
const SAID: &str = "swordfish-4711";

/// A request, its status, and a piece of the one line about it.
struct Case {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    signature: Option<String>,
    body: Vec<u8>,
    status: u16,
    line: &'static str,
}

fn case(name: &'static str, path: &'static str, body: impl Into<Vec<u8>>, status: u16, line: &'static str) -> Case {
    Case { name, method: "POST", path, signature: None, body: body.into(), status, line }
}

impl Case {
    fn signed(self) -> Self {
        let signature = world::line_signature(&self.body);
        self.with_signature(&signature)
    }

    fn with_signature(self, signature: &str) -> Self {
        Self { signature: Some(signature.to_owned()), ..self }
    }

    fn by(self, method: &'static str) -> Self {
        Self { method, ..self }
    }
}

const UNSIGNED: &str = "the signature or secret is missing or wrong";
const NO_JSON: &str = "the body is not this platform's webhook: it is not JSON, line 1 column ";
const NO_OBJECT: &str = "the body is not this platform's webhook: it is not a";
const CUT: &str = "the body is not this platform's webhook: it ends too early, line 1 column ";
const NO_PATH: &str = "there is nothing at this path";
const NO_BOT: &str = "there is no such bot or channel";
const NO_METHOD: &str = "this path does not take this method";
const TOO_LARGE: &str = "the body is larger than 1 MiB";
const IGNORED: &str = "Ignored an event of ";
const CLEANED: &str = r#""kind":"a31ma31ma31ma31ma31ma31ma31ma31ma31ma31m""#;

fn line_cases() -> Vec<Case> {
    let said = line_body("message");
    let at = |path, status, line| case(path, path, said.clone(), status, line).signed();
    let bad = |name, body: Vec<u8>, line| case(name, LINE_PATH, body, 400, line).signed();
    let ignored = |name, body: Vec<u8>, line| case(name, LINE_PATH, body, 200, line).signed();
    let unsigned = |name, signature: &str| case(name, LINE_PATH, said.clone(), 401, UNSIGNED).with_signature(signature);
    let padded = |bytes| [said.clone(), vec![b' '; bytes - said.len()]].concat();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let replaced = |from: &str, to: &str| {
        let text = String::from_utf8(said.clone()).unwrap();
        assert!(text.contains(from));
        text.replace(from, to).into_bytes()
    };
    let large = |name, path, bytes| case(name, path, padded(bytes), 413, TOO_LARGE).signed();
    vec![
        case("no signature", LINE_PATH, said.clone(), 401, UNSIGNED),
        unsigned("an empty signature", ""),
        unsigned("a signature of another body", &world::line_signature(b"{}")),
        unsigned("a signature in hex", "9b2ae5bc91bb2bc0db3bb3b7ed7b4cf1d5a6bcb6e8f1e35b0a1fa4b3c5d7e901"),
        unsigned("a signature that is no base64", "b!6d9LgQ===$"),
        unsigned("the secret for a signature", LINE_SECRET),
        bad("half of a body", said[..said.len() - 20].to_vec(), CUT),
        bad("no JSON", [b"hello ".to_vec(), said.clone()].concat(), NO_OBJECT),
        bad("an object and more", [said.clone(), said.clone()].concat(), NO_JSON),
        bad("a list", [b"[".to_vec(), said.clone(), b"]".to_vec()].concat(), NO_OBJECT),
        bad("a text", format!("\"{SAID}\"").into(), NO_OBJECT),
        bad("nothing", Vec::new(), CUT),
        bad("no UTF-8", [said.clone(), vec![0xff]].concat(), NO_JSON),
        bad("no UTF-8 inside", replaced_bytes(&said, SAID.as_bytes(), b"swordfish-4711\xff\xc0"), NO_JSON),
        // What serde says of these two quotes them.
        bad(
            "a word for the events",
            format!("{{\"events\":\"{SAID}\"}}").into(),
            "a field is missing or of the wrong type",
        ),
        ignored("a word for a time", replaced("1780300045595", &format!("\"{SAID}\"")), "unreadable event"),
        bad("a hundred thousand lists", format!("{{\"events\":{}", "[".repeat(100_000)).into(), CUT),
        ignored("the same, closed", format!("{{\"events\":[{}]}}", nested(100_000)).into(), "unreadable event"),
        ignored("a time beyond all times", replaced("1780300045595", "1e999"), "unreadable event"),
        ignored("a time beyond 64 bits", replaced("1780300045595", "99999999999999999999"), "unreadable event"),
        ignored("an event that is not known yet", line_body("membership"), IGNORED),
        ignored("an event of a name that is none", line_body(&"a\u{1b}[31m\n".repeat(99)), CLEANED),
        large("one byte too many", LINE_PATH, 1024 * 1024 + 1),
        large("2 MiB", LINE_PATH, 2 * 1024 * 1024),
        large("2 MiB for nobody", "/hooks/line/Bnobot", 2 * 1024 * 1024),
        large("10 MiB", LINE_PATH, 10 * 1024 * 1024),
        at("/hooks/line/Bnobot", 404, NO_BOT),
        at("/hooks/line/Bplain", 404, NO_BOT),
        at("/hooks/line/nobody", 404, "there is no bot at this path"),
        at("/hooks/line/B%68ello", 404, "there is no bot at this path"),
        at("/hooks/line/", 404, "there is no bot at this path"),
        at("/hooks/line", 404, "there is no bot at this path"),
        at("/hooks/line/Bhello/more", 404, NO_PATH),
        at(LINE_PATH, 405, NO_METHOD).by("GET"),
        at(LINE_PATH, 405, NO_METHOD).by("PUT"),
        at(LINE_PATH, 405, NO_METHOD).by("DELETE"),
    ]
}

fn kakao_cases() -> Vec<Case> {
    let said = world::kakao_body(USER, SAID);
    let at = |path, status, line| case(path, path, said.clone(), status, line);
    let bad = |name, body: Vec<u8>, line| case(name, KAKAO_PATH, body, 400, line);
    let deep = said.replace(&format!("\"{SAID}\""), &"[".repeat(100_000));
    vec![
        at("/hooks/kakao/Bhello", 404, NO_PATH),
        at("/hooks/kakao/Bhello/local-kakao-secreT", 404, NO_PATH),
        at("/hooks/kakao/Bhello/local-kakao-secret/more", 404, NO_PATH),
        at("/hooks/kakao/Bhello/local-kakao-secret/channel", 401, UNSIGNED),
        at("/hooks/kakao/Bnobot/local-kakao-secret", 404, NO_BOT),
        at("/hooks/kakao/Bplain/local-kakao-secret", 404, NO_BOT),
        at("/hooks/kakao/Bhello/local-kakao-wrong", 404, NO_PATH).by("GET"),
        at(KAKAO_PATH, 405, NO_METHOD).by("GET"),
        at(KAKAO_PATH, 405, NO_METHOD).by("PUT"),
        bad("no user key", said.replace("\"id\"", "\"it\"").into(), "there is no user key"),
        bad("an endless user key", said.replace(USER, &USER.repeat(100)).into(), "the user key is too long"),
        bad("half of a body", said[..said.len() - 20].into(), CUT),
        bad("a list", format!("[{said}]").into(), NO_OBJECT),
        bad("nothing", Vec::new(), NO_OBJECT),
        bad("no UTF-8", replaced_bytes(said.as_bytes(), SAID.as_bytes(), b"swordfish-4711\xff\xc0"), NO_JSON),
        bad("a hundred thousand lists", deep.into(), NO_JSON),
        case("2 MiB", KAKAO_PATH, said.clone() + &" ".repeat(2 * 1024 * 1024), 413, TOO_LARGE),
        case("blanks", KAKAO_PATH, said.replace(SAID, " \\n "), 200, IGNORED),
    ]
}

#[tokio::test]
async fn what_strangers_send_leaves_nothing_but_a_line() {
    let running = world::start_idle().await;
    let StoredBot { mut json, version, .. } = running.stack.bots.load(&world::bot()).await.unwrap().unwrap();
    json["integration"] = json!({});
    running.stack.bots.save(&"Bplain".parse().unwrap(), &StoredBot::new(version, json)).await.unwrap();

    let (log, _guard) = capture();
    for case in line_cases().into_iter().chain(kakao_cases()) {
        let Case { name, method, path, signature, body, status, line } = case;
        let reads = reads(&running);
        let (answer, headers) = send(&running, method, path, signature.as_deref(), &body).await;
        let lines = log.take();

        assert_eq!(answer, status, "{name}: {lines:?}");
        assert_eq!(headers.get("allow").is_some_and(|allow| allow == "POST"), status == 405, "{name}");
        assert_eq!(lines.len(), 1, "{name}: {lines:?}");
        assert!(lines[0].contains(line), "{name}: {lines:?}");
        let tail = path.rsplit('/').next().filter(|tail| tail.starts_with("local"));
        holds_none_of(&lines, &[signature.as_deref(), tail].into_iter().flatten().collect::<Vec<_>>());
        if status == 413 {
            assert_eq!(self::reads(&running), reads, "{name}: nothing is asked before");
        }
        assert_eq!(stored(&running).await, (0, 0), "{name}");
    }
    running.stop().await;
}

/// A refusal of the server, where no adapter is asked, is not logged.
#[tokio::test]
async fn the_server_refuses_what_has_no_adapter() {
    let running = world::start_idle().await;
    let (log, _guard) = capture();
    let body = line_body("message");
    let large = vec![b' '; gateway::MAX_BODY_BYTES + 1];
    for (method, path, body, status, lines) in [
        ("POST", "/hooks/telegram/Bhello", &body, 404, 0),
        ("POST", "/hooks/web/Bhello", &body, 404, 0),
        ("POST", "/hooks/LINE/Bhello", &body, 404, 0),
        ("POST", "/hooks/line", &body, 404, 0),
        ("POST", "/hooks", &body, 404, 0),
        ("POST", "/hooks/line/../../api/chat/Bhello", &body, 404, 1),
        ("POST", LINE_PATH, &large, 413, 0),
        ("POST", LINE_PATH, &body, 401, 1),
        ("GET", LINE_PATH, &body, 405, 1),
    ] {
        let answer = over_http(&running, method, path, body).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {path}: {answer}");
        assert_eq!(answer.contains("\r\nallow: POST\r\n"), status == 405, "{method} {path}: {answer}");
        assert!(!answer.contains(SAID) && !answer.contains(USER), "{method} {path}: {answer}");
        let logged = log.take();
        assert_eq!(logged.len(), lines, "{method} {path}: {logged:?}");
        holds_none_of(&logged, &[]);
    }
    assert_eq!(stored(&running).await, (0, 0));
    running.stop().await;
}

/// Times that fit into 64 bits are taken, however odd.
#[tokio::test]
async fn the_first_and_the_last_of_all_times_are_taken() {
    let running = world::start().await;
    let (log, _guard) = capture();
    for (index, timestamp) in [i64::MIN, -1, 0, i64::MAX].into_iter().enumerate() {
        let mut body: Value = serde_json::from_slice(&line_body("message")).unwrap();
        body["events"][0]["timestamp"] = json!(timestamp);
        body["events"][0]["webhookEventId"] = json!(index.to_string());
        let body = body.to_string();
        let signature = world::line_signature(body.as_bytes());
        assert_eq!(send(&running, "POST", LINE_PATH, Some(&signature), body.as_bytes()).await.0, 200, "{timestamp}");
        world::until("the answer", || (world::entries(&running, Kind::Platform).len() > index).then_some(())).await;
        let delivered = || world::entries(&running, Kind::Delivery).iter().map(messages).sum::<usize>();
        world::until("the events", || (delivered() >= 4 + 2 * index).then_some(())).await;
    }
    running.stop().await;
    let lines = log.take();
    assert!(!lines.iter().any(|line| line.contains("ERROR")), "{lines:#?}");
}

/// When all goes well, a log holds nothing of it either.
#[tokio::test]
async fn a_good_turn_is_logged_without_a_word_of_it() {
    const TOKEN: &str = "channel-access-token-of-a-shop";
    let running = world::start().await;
    let StoredBot { version, mut json, .. } = running.stack.bots.load(&world::bot()).await.unwrap().unwrap();
    json["integration"]["line"]["channelAccessToken"] = json!(TOKEN);
    running.stack.bots.save(&world::bot(), &StoredBot::new(version + 1, json)).await.unwrap();
    let secrets: Vec<String> = {
        let webhooks = running.stack.webhooks.of_bot(&world::bot()).await.unwrap();
        webhooks.into_iter().flat_map(|webhook| webhook.secrets).map(String::from).collect()
    };
    assert!(!secrets.is_empty());

    let (log, _guard) = capture();
    let body = line_body("message");
    let signature = world::line_signature(&body);
    assert_eq!(send(&running, "POST", LINE_PATH, Some(&signature), &body).await.0, 200);
    let (status, _) = send(&running, "POST", KAKAO_PATH, None, world::kakao_body(USER, SAID).as_bytes()).await;
    assert_eq!(status, 200);
    world::until("the answer", || (!world::entries(&running, Kind::Platform).is_empty()).then_some(())).await;
    let delivered = || world::entries(&running, Kind::Delivery).iter().map(messages).sum::<usize>();
    world::until("the events of both", || (delivered() >= 8).then_some(())).await;
    let signatures: Vec<String> = world::entries(&running, Kind::Delivery)
        .into_iter()
        .flat_map(|entry| entry.headers)
        .filter(|(name, _)| name == "webhook-signature")
        .map(|(_, value)| value)
        .collect();
    assert!(!signatures.is_empty());
    running.stop().await;

    let lines = log.take();
    for line in ["Queued 1 from `line`", "Queued 1 from `kakao`", "Sent 1 requests to `line`", "\"Delivered "] {
        assert!(lines.iter().any(|logged| logged.contains(line)), "{line}: {lines:#?}");
    }
    let reply = "별빛 꽃집입니다";
    let mut words = vec![TOKEN, &signature, "reply-token-of-4711", reply];
    words.extend(secrets.iter().chain(&signatures).map(String::as_str));
    holds_none_of(&lines, &words);
}

/// Of a kind, with all that must not be logged.
fn line_body(kind: &str) -> Vec<u8> {
    json!({ "destination": "U00000000000000000000000000000000", "events": [{
        "type": kind, "mode": "active", "timestamp": 1_780_300_045_595_i64, "webhookEventId": "01KT12DQ8VWZFMSGCVCDREMD88",
        "replyToken": "reply-token-of-4711", "source": { "type": "user", "userId": USER },
        "message": { "type": "text", "id": "1", "text": SAID },
    }] })
    .to_string()
    .into_bytes()
}

fn replaced_bytes(body: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = body.windows(from.len()).position(|window| window == from).unwrap();
    [&body[..at], to, &body[at + from.len()..]].concat()
}

fn holds_none_of(lines: &[String], words: &[&str]) {
    for line in lines {
        for word in words.iter().chain(&[LINE_SECRET, KAKAO_SECRET, USER, SAID]).filter(|word| !word.is_empty()) {
            assert!(!line.contains(word), "`{word}` is in a log: {line}");
        }
    }
}

fn messages(entry: &closer::feed::Entry) -> usize {
    entry.body["messages"].as_array().map_or(0, Vec::len)
}

async fn send(running: &Running, method: &str, path: &str, signature: Option<&str>, body: &[u8]) -> (u16, HeaderMap) {
    let platform: PlatformType = path.split('/').nth(2).unwrap().parse().unwrap();
    let headers: HeaderMap = signature
        .map(|signature| (HeaderName::from_static("x-line-signature"), signature.parse().unwrap()))
        .into_iter()
        .collect();
    let (method, uri): (Method, Uri) = (method.parse().unwrap(), path.parse().unwrap());
    let adapter = &running.stack.adapters[&platform];
    let response = gateway::invoke(
        async |request| adapter.handle(request).await,
        &method,
        &uri,
        &headers,
        &Bytes::copy_from_slice(body),
    )
    .await;
    (response.status().as_u16(), response.headers().clone())
}

/// By hand, so that nothing tidies the path.
async fn over_http(running: &Running, method: &str, path: &str, body: &[u8]) -> String {
    let stream = tokio::net::TcpStream::connect(running.address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    let write = async {
        // A server that has refused reads no further.
        let _ = writer.write_all(&[head.as_bytes(), body].concat()).await;
    };
    let mut answer = Vec::new();
    let read = async {
        let _ = reader.read_to_end(&mut answer).await;
    };
    tokio::join!(write, read);
    String::from_utf8(answer).unwrap()
}

/// What DynamoDB was asked so far.
fn reads(running: &Running) -> u64 {
    running
        .stack
        .services
        .requests()
        .iter()
        .filter(|(name, _)| name.starts_with("DynamoDB"))
        .map(|(_, count)| count)
        .sum()
}

/// Sessions, and messages on the inbound queue.
async fn stored(running: &Running) -> (i32, i32) {
    let services = &running.stack.services;
    let scan = services.aws.dynamodb.scan().table_name(&services.tables.sessions).send().await.unwrap();
    let attributes = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ];
    let request = services.aws.sqs.get_queue_attributes().queue_url(&services.queues.inbound);
    let output = request.set_attribute_names(Some(attributes.to_vec())).send().await.unwrap();
    let count = |name| output.attributes().unwrap()[name].parse::<i32>().unwrap();
    (scan.count(), attributes.iter().map(count).sum())
}

/// The log lines of this thread, in the form that a function writes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

fn capture() -> (Log, tracing::subscriber::DefaultGuard) {
    // While only one subscriber lives, a line that another thread comes by first is off for all.
    static ANOTHER: LazyLock<tracing::Dispatch> =
        LazyLock::new(|| tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(std::io::sink).finish()));
    LazyLock::force(&ANOTHER);
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_target(false);
    let subscriber = subscriber.with_max_level(LevelFilter::INFO).with_writer(log.clone()).finish();
    (log, tracing::subscriber::set_default(subscriber))
}

impl Log {
    /// The lines since the last time.
    fn take(&self) -> Vec<String> {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
