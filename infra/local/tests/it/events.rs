//! Every sample of `events/`, run by the function that it is for, so that `cargo lambda invoke line --data-file
//! events/line/text.json` does what is written here. A sample that is not in the list is a failure, and so is a row
//! without a sample.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_sqs::types::QueueAttributeName;
use base64::Engine as _;
use closer::dev::Running;
use closer::feed::{Entry, Kind};
use closer::mapping;
use delivery::{Bundle, QueuedBundle, Record, RecordState, Webhook, freeze};
use lambda_http::Body;
use model::{DeliveryId, EpochMillis, Inbound, MessageData, PlatformType, Queued};
use serde_json::{Value, json};
use shell::conversation;
use shell::deliver::Invocation;
use shell::records::BatchResponse;
use store::StoredBot;

use crate::world;

/// The samples, and what comes of each on a stack of its own.
const SAMPLES: &[(&str, &[&str])] = &[
    ("conversation/timer.json", &["queued expired"]),
    (
        "conversation/expired.json",
        &[
            "LINE push 200: 1: text",
            "events bot.conversation.deleted",
            "events bot.end_user.created, bot.conversation.created, bot.message.received, bot.message.sent",
            "turn",
            "talk false, late 0",
        ],
    ),
    (
        "conversation/joined.json",
        &[
            "LINE push 200: 1: text",
            "events bot.end_user.created, bot.conversation.created, bot.message.sent",
            "turn 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?",
            "talk true, late 0",
        ],
    ),
    (
        "conversation/late.json",
        &[
            "events bot.end_user.created, bot.conversation.created, bot.message.received, bot.message.sent",
            "turn 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?",
            "turn",
            "turn 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?",
            "talk true, late 0",
        ],
    ),
    ("conversation/left.json", &["events bot.end_user.deleted", "turn", "talk false, late 0"]),
    (
        "conversation/opened.json",
        &[
            "events bot.end_user.created, bot.conversation.created, bot.message.sent",
            "turn 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?",
            "talk true, late 0",
        ],
    ),
    (
        "conversation/received-again.json",
        &[
            "LINE push 200: 1: text",
            "LINE push 409: 1: text",
            "events bot.end_user.created, bot.conversation.created, bot.message.received, bot.message.sent",
            "turn 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?",
            "talk true, late 0",
        ],
    ),
    (
        "conversation/text.json",
        &[
            "LINE push 200: 1: text",
            "events bot.end_user.created, bot.conversation.created, bot.message.received, bot.message.sent",
            "turn 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?",
            "talk true, late 0",
        ],
    ),
    (
        "conversation/two-groups-one-unreadable.json",
        &[
            "again 3",
            "again 4",
            "LINE push 200: 1: text",
            "LINE push 200: 1: text",
            "events bot.end_user.created, bot.conversation.created, bot.message.received, bot.message.sent",
            "events bot.end_user.created, bot.conversation.created, bot.message.received, bot.message.sent",
            "turn 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?",
            "talk true, late 0",
            "turn 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?",
            "talk true, late 0",
        ],
    ),
    ("conversation/unknown-bot.json", &[]),
    ("delivery/deleted-webhook.json", &[]),
    (
        "delivery/one-turn.json",
        &["delivered, attempts 1, events 2", "DELIVERY 200: 2: bot.message.received, bot.message.sent"],
    ),
    ("delivery/retry-of-nothing.json", &["claimed, attempts 1, events 2"]),
    (
        "delivery/retry.json",
        &["delivered, attempts 2, events 2", "DELIVERY 200: 2: bot.message.received, bot.message.sent"],
    ),
    (
        "delivery/sweep.json",
        &["delivered, attempts 2, events 2", "DELIVERY 200: 2: bot.message.received, bot.message.sent"],
    ),
    (
        "delivery/two-lanes-one-unreadable.json",
        &[
            "again 3",
            "delivered, attempts 1, events 2",
            "waiting, attempts 1, events 2",
            "DELIVERY 200: 2: bot.message.received, bot.message.sent",
            "wake-ups 1",
        ],
    ),
    (
        "delivery/two-turns-one-lane.json",
        &[
            "delivered, attempts 1, events 4",
            "DELIVERY 200: 4: bot.message.received, bot.message.sent, bot.message.received, bot.message.sent",
        ],
    ),
    ("delivery/unreachable.json", &["waiting, attempts 1, events 2", "wake-ups 1"]),
    (
        "kakao/callback.json",
        &[
            r#"200 {"version":"2.0","useCallback":true,"data":{"text":"답변을 준비하고 있어요. 잠시만 기다려 주세요."}}"#,
            "queued late",
            "queued message",
        ],
    ),
    ("kakao/channel-added.json", &["200", "queued joined"]),
    ("kakao/image.json", &["200 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?", "queued message"]),
    ("kakao/text.json", &["200 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?", "queued message"]),
    ("kakao/welcome.json", &["200 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?", "queued opened"]),
    ("kakao/wrong-secret.json", &["404"]),
    ("line/base64.json", &["200", "queued message", "LINE reply 200: 1: text"]),
    ("line/follow.json", &["200", "queued joined", "LINE reply 200: 1: text"]),
    ("line/image.json", &["200", "queued message", "LINE reply 200: 1: text"]),
    ("line/postback.json", &["200", "queued message", "LINE reply 200: 1: text"]),
    (
        "line/several-events.json",
        &[
            "200",
            "queued joined",
            "queued message",
            "queued message",
            "LINE reply 200: 1: text",
            "LINE reply 200: 1: text",
            "LINE reply 200: 1: text",
        ],
    ),
    ("line/text.json", &["200", "queued message", "LINE reply 200: 1: text"]),
    ("line/unfollow.json", &["200", "queued left"]),
    ("line/verify.json", &["200"]),
    ("line/wrong-signature.json", &["401"]),
    ("bizchat/base64.json", &["200", "queued message", "SENS messages 202: LMS"]),
    ("bizchat/choice.json", &["200", "queued message", "SENS messages 202: LMS"]),
    ("bizchat/number-of-another.json", &["404"]),
    ("bizchat/opt-out.json", &["200", "queued left"]),
    (
        "bizchat/pictures.json",
        &[
            "200",
            "queued message",
            "queued message",
            "queued message",
            "SENS messages 202: LMS",
            "SENS messages 202: SMS",
            "SENS messages 202: SMS",
        ],
    ),
    ("bizchat/text.json", &["200", "queued message", "SENS messages 202: LMS"]),
    (
        "bizchat/two-customers.json",
        &["200", "queued message", "queued message", "SENS messages 202: LMS", "SENS messages 202: LMS"],
    ),
    ("bizchat/wrong-signature.json", &["403"]),
    ("facebook/agent-echo.json", &["200", "queued echo"]),
    ("facebook/base64.json", &["200", "queued message", "Messenger message 200: text"]),
    ("facebook/image.json", &["200", "queued message", "Messenger message 200: text"]),
    ("facebook/postback.json", &["200", "queued message", "Messenger message 200: text"]),
    (
        "facebook/several-events.json",
        &["200", "queued message", "queued message", "Messenger message 200: text", "Messenger message 200: text"],
    ),
    ("facebook/text.json", &["200", "queued message", "Messenger message 200: text"]),
    ("facebook/verify.json", &["200 1158201444"]),
    ("facebook/wrong-signature.json", &["403"]),
    (
        "kakaobiz/base64.json",
        &["200 {\"code\":\"A000\",\"result\":\"Success\"}", "queued message", "상담톡 write 200: LI"],
    ),
    (
        "kakaobiz/bizgo-text.json",
        &["200 {\"code\":\"A000\",\"result\":\"Success\"}", "queued message", "상담톡 write 200: LI"],
    ),
    (
        "kakaobiz/button.json",
        &["200 {\"code\":\"A000\",\"result\":\"Success\"}", "queued message", "상담톡 write 200: LI"],
    ),
    ("kakaobiz/expired-session.json", &["200 {\"code\":\"A000\",\"result\":\"Success\"}", "queued closed"]),
    (
        "kakaobiz/photos.json",
        &[
            "200 {\"code\":\"A000\",\"result\":\"Success\"}",
            "queued message",
            "queued message",
            "상담톡 write 200: LI",
            "상담톡 write 200: LI",
        ],
    ),
    (
        "kakaobiz/reference.json",
        &["200 {\"code\":\"A000\",\"result\":\"Success\"}", "queued opened", "상담톡 write 200: LI"],
    ),
    (
        "kakaobiz/text.json",
        &["200 {\"code\":\"A000\",\"result\":\"Success\"}", "queued message", "상담톡 write 200: LI"],
    ),
    ("kakaobiz/wrong-secret.json", &["404"]),
    ("navertalk/agent-echo.json", &["200", "queued echo"]),
    ("navertalk/button.json", &["200", "queued message", "NaverTalk send 200: textContent"]),
    ("navertalk/image.json", &["200", "queued message", "NaverTalk send 200: textContent"]),
    ("navertalk/leave-base64.json", &["200", "queued left"]),
    ("navertalk/open.json", &["200", "queued opened", "NaverTalk send 200: textContent"]),
    (
        "navertalk/pay-complete.json",
        &["404 {\"event\":\"send\",\"textContent\":{\"text\":\"결제를 처리할 수 없습니다.\"}}"],
    ),
    ("navertalk/text.json", &["200", "queued message", "NaverTalk send 200: textContent"]),
    ("navertalk/wrong-secret.json", &["404"]),
    ("web/connect-expired.json", &["401"]),
    ("web/connect-foreign-origin.json", &["403"]),
    ("web/connect.json", &["200", "row"]),
    ("web/disconnect.json", &["200"]),
    ("web/message.json", &["200", "queued message", "1 MESSAGE \"매장 위치\""]),
    ("web/nobody.json", &["200"]),
    ("web/open.json", &["200", "queued opened"]),
    ("web/token-of-a-foreign-page.json", &["403", "origin_not_allowed"]),
    ("web/token-of-a-server.json", &["201", "token of member-1001"]),
    ("wechat/base64.json", &["200 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?", "queued message"]),
    ("wechat/image.json", &["200 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?", "queued message"]),
    ("wechat/secure.json", &["200 (encrypted)", "queued message"]),
    ("wechat/subscribe.json", &["200 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?", "queued joined"]),
    ("wechat/text.json", &["200 안녕하세요, 별빛 꽃집입니다. 무엇을 도와드릴까요?", "queued message"]),
    ("wechat/unsubscribe.json", &["200 success", "queued left"]),
    ("wechat/verify.json", &["200 5837291046512873940"]),
    ("wechat/wrong-signature.json", &["403"]),
];

/// The webhook of `events/delivery`; its receiver is up.
const SHOP: &str = "https://hooks.example.com/closer";
/// Another, whose receiver is not to be had.
const DOWN: &str = "https://down.example.com/closer";

#[tokio::test]
async fn every_sample_does_what_is_written_here() {
    let mut files = BTreeSet::new();
    walk(&world::root().join("events"), "", &mut files);
    let mut wrong = Vec::new();
    for file in &files {
        let text = read(file);
        let running = world::start_idle().await;
        let outcome = match file.split_once('/').unwrap().0 {
            "conversation" => turns(&running, &text).await,
            "web" => web_chat(&running, file, &text).await,
            "delivery" => deliveries(&running, file, &text).await,
            platform => request(&running, platform.parse().unwrap(), file, &text).await,
        };
        crate::grants::check(&running);
        running.stop().await;
        if SAMPLES.iter().find(|(name, _)| name == file).is_none_or(|(_, expected)| *expected != outcome) {
            wrong.push(format!("(\n    \"{file}\",\n    &{outcome:#?},\n),"));
        }
    }
    assert!(wrong.is_empty(), "these do something else:\n{}", wrong.join("\n"));
    assert_eq!(SAMPLES.len(), files.len(), "there are rows without a sample, or two for one");
}

/// The answer, what was queued, and what became of it.
async fn request(running: &Running, platform: PlatformType, file: &str, text: &str) -> Vec<String> {
    let event: Value = serde_json::from_str(text).unwrap();
    is_as_api_gateway_makes_it(file, &event);
    // Where nobody works on it, what KakaoTalk is told in time; its own patience would be four seconds.
    let works = file != "kakao/callback.json";
    let stack = &running.stack;
    let StoredBot { version, mut json, .. } = stack.bots.load(&world::bot()).await.unwrap().unwrap();
    json["integration"]["kakao"]["answerWithinMs"] = json!(if works { 4000 } else { 300 });
    json["integration"]["kakao"]["channelAdminKey"] = json!("local-kakao-admin-key");
    stack.bots.save(&world::bot(), &StoredBot::new(version + 1, json)).await.unwrap();

    let answered = Cell::new(false);
    let adapter = async {
        let response = stack.adapters[&platform].handle(lambda_http::request::from_str(text).unwrap()).await;
        answered.set(true);
        response
    };
    let worker = async {
        let conversation = stack.conversation();
        let mut queued = Vec::new();
        loop {
            let last = answered.get();
            let event = take(running, &stack.services.queues.inbound).await;
            for record in &event.records {
                let Queued::V1(inbound) = serde_json::from_str(record.body.as_deref().unwrap()).unwrap();
                queued.push(format!("queued {}", inbound.kind.name()));
            }
            if last && event.records.is_empty() {
                // Groups come in any order.
                queued.sort();
                return queued;
            }
            if works {
                assert_eq!(
                    conversation.handle(conversation::Invocation::Messages(event)).await,
                    BatchResponse::default()
                );
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (response, queued) = tokio::join!(adapter, worker);

    let mut outcome = vec![response.status().as_u16().to_string()];
    if let Body::Text(answer) = response.body() {
        outcome[0] += &format!(" {}", said(answer));
    }
    outcome.extend(queued);
    outcome.extend(platform_calls(running));
    outcome
}

/// The answer, what was queued, and the sockets that are known.
async fn web_chat(running: &Running, file: &str, text: &str) -> Vec<String> {
    let event: Value = serde_json::from_str(text).unwrap();
    let services = &running.stack.services;
    let rows = store::WebConnections::new(services.aws.dynamodb.clone(), &services.tables.web);
    let frames = store::WebFrames::new(services.aws.dynamodb.clone(), &services.tables.web);
    let (bot_id, user_key) = (world::bot(), "member-1001".parse().unwrap());
    let end_user_id = model::EndUserId::of(&bot_id, PlatformType::Web, &user_key);
    let id = "L0SM9cOFvHcCIhw=";
    if ["web/open.json", "web/message.json", "web/disconnect.json"].contains(&file) {
        // Of the handshake before.
        let row = store::WebConnection {
            id: id.to_owned(),
            bot_id,
            user_key,
            end_user_id,
            connected_at: EpochMillis(1_748_764_800_000),
            opened: false,
            expires: shell::clock::now().plus_ms(60_000).seconds(),
        };
        rows.connect(&row).await.unwrap();
        if file == "web/message.json" {
            rows.open(&row).await.unwrap();
        }
    }
    let answer = running.stack.web().handle(event).await;
    let mut outcome = vec![answer["statusCode"].to_string()];
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
    outcome.extend(body["error"].as_str().map(str::to_owned));
    outcome.extend(body["userKey"].as_str().map(|key| format!("token of {key}")));
    for record in take(running, &services.queues.inbound).await.records {
        let Queued::V1(inbound) = serde_json::from_str(record.body.as_deref().unwrap()).unwrap();
        outcome.push(format!("queued {}", inbound.kind.name()));
    }
    for (seq, frame) in frames.after(end_user_id, 0, 10).await.unwrap() {
        let frame: Value = serde_json::from_str(&frame).unwrap();
        outcome.push(format!("{seq} {} {}", frame["type"].as_str().unwrap(), frame["message"]["data"]["text"]));
    }
    // Nobody has these sockets open: what is posted to one is answered with 410, and its row goes.
    if rows.load(id).await.unwrap().is_some() {
        outcome.push("row".to_owned());
    }
    outcome
}

/// What must come again, what was said, what webhooks are to be told, and what is kept for who waits.
async fn turns(running: &Running, text: &str) -> Vec<String> {
    let event = match serde_json::from_str(text).unwrap() {
        conversation::Invocation::Messages(event) => event,
        timers @ conversation::Invocation::Timers(_) => {
            assert_eq!(running.stack.conversation().handle(timers).await, BatchResponse::default());
            let queued = take(running, &running.stack.services.queues.inbound).await.records;
            let kind = |body: String| match serde_json::from_str(&body).unwrap() {
                Queued::V1(inbound) => format!("queued {}", inbound.kind.name()),
            };
            return queued.into_iter().map(|record| kind(record.body.unwrap())).collect();
        }
    };
    let mut inbound: Vec<Inbound> = Vec::new();
    for record in &event.records {
        let Ok(Queued::V1(queued)) = serde_json::from_str(record.body.as_deref().unwrap()) else { continue };
        assert_eq!(record.attributes["MessageGroupId"], queued.session_id().to_string());
        assert_eq!(record.attributes["MessageDeduplicationId"], queued.id.to_string());
        inbound.push(queued);
    }
    let sessions: BTreeSet<_> = inbound.iter().map(Inbound::session_id).collect();

    let ids: Vec<String> = event.records.iter().map(|record| record.message_id.clone().unwrap()).collect();
    let mut outcome =
        failed(&ids, &running.stack.conversation().handle(conversation::Invocation::Messages(event)).await);
    outcome.extend(platform_calls(running));
    let mut told = Vec::new();
    for record in take(running, &running.stack.services.queues.events).await.records {
        let QueuedBundle::V1(bundle) = serde_json::from_str(&record.body.unwrap()).unwrap();
        let events: Vec<&str> = bundle.events.iter().map(|event| event.event.as_str()).collect();
        told.push(format!("events {}", events.join(", ")));
    }
    told.sort();
    outcome.extend(told);
    for id in sessions {
        let Some((session, _)) = running.stack.sessions.load(id, true).await.unwrap() else { continue };
        for turn in session.turns {
            let texts = turn.reply.messages.iter().map(|message| match &message.data {
                MessageData::Text { text, .. } => text.as_str(),
                other => other.type_name(),
            });
            outcome.push(format!("turn {}", texts.collect::<Vec<_>>().join(" | ")).trim_end().to_owned());
        }
        outcome.push(format!("talk {}, late {}", session.talk.is_some(), session.late.len()));
    }
    outcome
}

/// What must come again, how each delivery stands, what the receiver was sent, and who is to be woken.
async fn deliveries(running: &Running, file: &str, text: &str) -> Vec<String> {
    let stack = &running.stack;
    let dev = stack.webhooks.of_bot(&world::bot()).await.unwrap().remove(0);
    // Known by the addresses of the samples, reached at others.
    let at = |url: &str, place: &str| Webhook {
        url: place.to_owned(),
        secrets: dev.secrets.clone(),
        ..Webhook::new(world::bot(), url, EpochMillis(0))
    };
    let shop = at(SHOP, &dev.url);
    for webhook in [&shop, &at(DOWN, "http://127.0.0.1:9/")] {
        stack.webhooks.save(webhook).await.unwrap();
    }
    if file.starts_with("delivery/retry") || file.starts_with("delivery/sweep") {
        // A worker died an hour ago while it sent this.
        let event: SqsEvent = serde_json::from_str(&read("delivery/one-turn.json")).unwrap();
        let QueuedBundle::V1(bundle) = serde_json::from_str(event.records[0].body.as_deref().unwrap()).unwrap();
        let frozen = freeze(&shop, &bundle.events).remove(0);
        stack.deliveries.create(&Record::new(frozen, &shop, shell::clock::now().plus_ms(-3_600_000))).await.unwrap();
    }

    let invocation: Invocation = serde_json::from_str(text).unwrap();
    let records = match &invocation {
        Invocation::Events(event) | Invocation::Retries(event) => event.records.clone(),
        Invocation::Sweep => Vec::new(),
    };
    for record in &records {
        let Ok(QueuedBundle::V1(bundle)) = serde_json::from_str(record.body.as_deref().unwrap()) else { continue };
        let Bundle { webhook_id, events, .. } = bundle;
        assert_eq!(record.attributes["MessageGroupId"], format!("{webhook_id}#0"));
        let id = DeliveryId::of(webhook_id, events[0].id).to_string();
        assert_eq!(record.attributes["MessageDeduplicationId"], id);
    }
    let ids: Vec<String> = records.into_iter().map(|record| record.message_id.unwrap()).collect();
    let mut outcome = failed(&ids, &stack.deliver().handle(invocation).await);
    let mut frozen: Vec<String> = stack.deliveries.list().await.unwrap().iter().map(describe).collect();
    frozen.sort();
    outcome.extend(frozen);
    outcome.extend(world::entries(running, Kind::Delivery).iter().map(line));
    let delayed = QueueAttributeName::ApproximateNumberOfMessagesDelayed;
    let request = stack.services.aws.sqs.get_queue_attributes().queue_url(&stack.services.queues.retries);
    let attributes = request.attribute_names(delayed.clone()).send().await.unwrap().attributes.unwrap();
    if attributes[&delayed] != "0" {
        outcome.push(format!("wake-ups {}", attributes[&delayed]));
    }
    outcome
}

fn describe(record: &Record) -> String {
    let state = match &record.state {
        RecordState::Claimed { .. } => "claimed",
        RecordState::Waiting { .. } => "waiting",
        RecordState::Delivered => "delivered",
        RecordState::Split { .. } => "split",
        RecordState::Parked { .. } => "parked",
        RecordState::Held => "held",
    };
    format!("{state}, attempts {}, events {}", record.attempt, record.events.len())
}

/// The places of the records that must come again, counted from 1.
fn failed(ids: &[String], response: &BatchResponse) -> Vec<String> {
    let place = |id: &String| ids.iter().position(|other| other == id).unwrap() + 1;
    response.batch_item_failures.iter().map(|failure| format!("again {}", place(&failure.item_identifier))).collect()
}

fn platform_calls(running: &Running) -> Vec<String> {
    let mut calls: Vec<String> = world::entries(running, Kind::Platform).iter().map(line).collect();
    calls.sort();
    calls
}

fn line(entry: &Entry) -> String {
    format!("{} {}: {}", entry.title, entry.status, entry.summary)
}

/// The texts of a SkillResponse, the first line of WeChat's, which has the time in it, or all of another answer.
fn said(answer: &str) -> String {
    if answer.starts_with("<xml><Encrypt>") {
        return "(encrypted)".to_owned();
    }
    let value: Value = serde_json::from_str(answer).unwrap_or_default();
    match value["template"]["outputs"].as_array() {
        Some(outputs) => {
            let texts = outputs.iter().map(|output| output["simpleText"]["text"].as_str().unwrap_or("…"));
            texts.collect::<Vec<_>>().join(" | ")
        }
        None => match answer.split_once("<Content><![CDATA[") {
            Some((_, content)) => content.split(['\n', ']']).next().unwrap().to_owned(),
            None => answer.to_owned(),
        },
    }
}

/// What waits on a queue now, off it.
async fn take(running: &Running, queue: &str) -> SqsEvent {
    let client = &running.stack.services.aws.sqs;
    let messages = mapping::receive(client, queue, 0).await.unwrap();
    let receipts = messages.iter().filter_map(|message| message.receipt_handle.clone());
    mapping::acknowledge(client, queue, receipts).await;
    mapping::event(messages)
}

fn is_as_api_gateway_makes_it(file: &str, event: &Value) {
    // A GET has none.
    let Some(body) = event["body"].as_str() else { return };
    let length = match event["isBase64Encoded"].as_bool().unwrap() {
        true => base64::engine::general_purpose::STANDARD.decode(body).unwrap().len(),
        false => body.len(),
    };
    assert_eq!(event["headers"]["content-length"], length.to_string(), "{file}");
    assert_eq!(event["rawPath"], event["requestContext"]["http"]["path"], "{file}");
}

fn read(file: &str) -> String {
    std::fs::read_to_string(world::root().join("events").join(file)).unwrap()
}

fn walk(folder: &Path, prefix: &str, files: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name);
        }
    }
}
