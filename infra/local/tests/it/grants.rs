//! Least privilege, measured: what each function asks AWS for while the system is put through everything is what its
//! role in `infra/template.yaml` allows, no less and no more.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;

use closer::dev::{self, Dev, Running};
use closer::feed::Kind;
use closer::meter::{Counts, TOOLS};
use delivery::{Order, Webhook};
use model::EpochMillis;
use serde_json::{Value, json};
use shell::deliver::Invocation;
use store::{Kept, StoredBot};

use crate::template::Template;
use crate::world;

/// Action and table, index or queue: `dynamodb:GetItem closer-bots`.
type Grants = BTreeMap<String, BTreeSet<String>>;

/// What no request of the functions shows: Lambda asks for it in their name, or it goes by no client of the SDK.
const BESIDE: &[(&str, &[&str], &str)] = &[
    ("Logs", &["logs:CreateLogStream", "logs:PutLogEvents"], "*"),
    ("Traces", &["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*"),
    ("Poll", &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "conversation delivery"),
    ("PollTimers", &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], "conversation"),
    ("ListStreams", &["dynamodb:ListStreams"], "conversation"),
    (
        "FixedIp",
        &[
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ],
        "conversation wechat",
    ),
    // `shell` signs these itself.
    ("Mail", &["ses:SendEmail"], "conversation"),
    ("Connections", &["execute-api:ManageConnections"], "conversation web"),
    ("Uploads", &["s3:PutObject"], "web"),
];

/// What each function may do that its own requests show.
fn granted(template: &Template) -> Grants {
    allowed(template, false)
}

/// With `polls` also what Lambda's pollers do in its name: a function deletes itself what others in its batch hold up.
fn allowed(template: &Template, polls: bool) -> Grants {
    let mut grants = Grants::new();
    for (name, function) in template.functions() {
        let granted = grants.entry(name.clone()).or_default();
        for statement in template.statements(function) {
            assert_eq!(statement["Effect"], "Allow");
            let sid = statement["Sid"].as_str().unwrap();
            let actions: Vec<&str> =
                statement["Action"].as_array().unwrap().iter().map(|action| action.as_str().unwrap()).collect();
            if let Some((_, expected, whose)) = BESIDE.iter().find(|(beside, ..)| *beside == sid) {
                assert_eq!(actions, *expected, "{name} {sid}");
                assert!(*whose == "*" || whose.split(' ').any(|it| it == name), "{name} has no need of {sid}");
                if !polls || sid != "Poll" {
                    continue;
                }
            }
            let resources = match &statement["Resource"] {
                Value::Array(all) => all.clone(),
                one => vec![one.clone()],
            };
            for resource in resources {
                let of = template.local_name(&resource);
                granted.extend(actions.iter().map(|action| format!("{action} {of}")));
            }
        }
    }
    grants
}

fn asked(counts: &Counts) -> Grants {
    let mut grants = Grants::new();
    for asked in counts.keys().filter(|asked| asked.by != TOOLS) {
        if asked.action == "TransactWriteItems" {
            // Of web chat: the log's last number, a frame and its key.
            let granted = ["UpdateItem", "PutItem"].map(|action| format!("dynamodb:{action} {}", asked.of));
            grants.entry(asked.by.to_owned()).or_default().extend(granted);
            continue;
        }
        let action = match asked.action.as_str() {
            // The batch is the same permission.
            "SendMessageBatch" => "SendMessage",
            "DeleteMessageBatch" => "DeleteMessage",
            "ChangeMessageVisibilityBatch" => "ChangeMessageVisibility",
            other => other,
        };
        let grant = format!("{}:{action} {}", asked.service.to_lowercase(), asked.of);
        grants.entry(asked.by.to_owned()).or_default().insert(grant);
    }
    grants
}

#[tokio::test]
async fn each_function_asks_for_what_its_role_allows_and_nothing_is_allowed_in_vain() {
    let template = Template::read();
    let running = dev::start(&Dev { allow_private: true, ..Dev::for_tests(world::root().join("bots")) }).await.unwrap();

    everything(&running).await;
    manage(&running).await;
    let counts = running.stack.services.meter.counts();
    // The bill knows what each of them takes.
    for (asked, amount) in counts.iter().filter(|(asked, _)| asked.service == "DynamoDB" && asked.by != TOOLS) {
        assert!(amount.read_units + amount.write_units > 0.0, "{asked:?}: {amount:?}");
    }
    let asked = asked(&counts);
    running.stop().await;
    let granted = granted(&template);
    let allowed = allowed(&template, true);
    for (name, grants) in &asked {
        let beyond: Vec<&String> = grants.difference(&allowed[name]).collect();
        assert!(beyond.is_empty(), "{name} asks for what its role does not allow: {beyond:?}");
    }
    for (name, grants) in &granted {
        let vain: Vec<&String> =
            grants.iter().filter(|grant| !asked.get(name).is_some_and(|it| it.contains(*grant))).collect();
        assert!(vain.is_empty(), "{name} may do what it never does: {vain:?}");
    }
}

/// What was asked for so far is allowed.
pub(crate) fn check(running: &Running) {
    let granted = allowed(&Template::read(), true);
    for (name, grants) in asked(&running.stack.services.meter.counts()) {
        assert!(grants.is_subset(&granted[&name]), "{name}: {grants:?} goes beyond {:?}", granted[&name]);
    }
}

/// Every messenger, a plan, a conversation that ends, webhooks that take, fail, and want their order kept.
async fn everything(running: &Running) {
    let stack = &running.stack;
    let StoredBot { version, mut json, .. } = stack.bots.load(&world::bot()).await.unwrap().unwrap();
    json["plan"] = json!({ "monthlyUsers": 1, "line": "powered by closer.ai" });
    json["preference"]["sessionTimeoutMinutes"] = json!(1.0 / 60.0);
    json["preference"]["history"] = json!({ "days": 1 });
    json["integration"]["navertalk"]["synchronous"] = json!(true);
    stack.bots.save(&world::bot(), &StoredBot::new(version + 1, json)).await.unwrap();
    let down = Webhook {
        url: "http://127.0.0.1:9/".to_owned(),
        order: Order::Conversation,
        window_ms: 100,
        ..Webhook::new(world::bot(), "http://127.0.0.1:9/", EpochMillis(0))
    };
    stack.webhooks.save(&down).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;

    for channel in running.bots.all().remove(0).channels {
        let output =
            tokio::task::spawn_blocking(move || Command::new("bash").args(["-c", &channel.curl]).output().unwrap());
        assert!(output.await.unwrap().status.success(), "{}", channel.platform);
    }
    crate::web::exercise(running).await;
    let ended = |entry: &closer::feed::Entry| entry.body.to_string().contains("bot.conversation.deleted");
    world::until("an end", || world::entries(running, Kind::Delivery).iter().any(ended).then_some(())).await;
    // The failing webhook's deliveries wait; the sweep looks for them, and at its health.
    let worker = stack.deliver();
    let tried_again = || async {
        let open = stack.deliveries.of_webhook(down.id, Kept::Open).await.unwrap();
        open.iter().any(|record| record.attempt >= 2)
    };
    for _ in 0..300 {
        worker.handle(Invocation::Sweep).await;
        if tried_again().await {
            let down = stack.webhooks.load(&world::bot(), down.id).await.unwrap().unwrap();
            assert!(down.health.failing.is_some());
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the webhook that is down is not tried again");
}

/// The management API, all of it that asks for something else than the rest does.
async fn manage(running: &Running) {
    let client = world::http_client();
    let call = async |method: &str, path: &str, body: Value| -> (u16, Value) {
        let url = format!("http://{}/v1{path}", running.address);
        let request = client.request(method.parse().unwrap(), url).bearer_auth(&running.key);
        let request = request.header("idempotency-key", shell::clock::nonce().to_string()).header("if-match", "*");
        let request = if body.is_null() { request } else { request.body(body.to_string()) };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
    };
    let bot = std::fs::read_to_string(world::root().join("bots/hello.json")).unwrap();
    let bot: Value = serde_json::from_str(&bot).unwrap();
    let bot = json!({ "title": "t", "flows": bot["flows"], "preference": bot["preference"] });
    let mut refused = Vec::new();
    let (_, created) = call("POST", "/bots", bot.clone()).await;
    let other = created["id"].as_str().unwrap().to_owned();
    let (_, webhook) =
        call("POST", "/bots/Bhello/webhooks", json!({ "name": "grants", "url": "http://127.0.0.1:9/grants" })).await;
    let webhook = format!("/bots/Bhello/webhooks/{}", webhook["id"].as_str().unwrap());
    let user = model::EndUserId::of(
        &world::bot(),
        model::PlatformType::Line,
        &"U0123456789abcdef0123456789abcdef".parse().unwrap(),
    );
    let agent = json!({ "agent": { "id": "a", "displayName": "A" } });
    for (method, path, body) in [
        ("PUT", format!("/bots/{other}"), bot),
        ("GET", "/bots".to_owned(), Value::Null),
        ("POST", "/bots".to_owned(), json!({})),
        ("DELETE", format!("/bots/{other}"), Value::Null),
        ("GET", "/bots/Bhello/health".to_owned(), Value::Null),
        ("GET", "/bots/Bhello/usage".to_owned(), Value::Null),
        ("PATCH", webhook.clone(), json!({ "name": "other" })),
        ("POST", format!("{webhook}/test"), Value::Null),
        ("POST", format!("{webhook}/off"), Value::Null),
        ("POST", format!("{webhook}/on"), json!({ "held": "send" })),
        ("POST", format!("{webhook}/recovery"), json!({ "since": shell::clock::now().plus_ms(-3_600_000).iso() })),
        ("GET", format!("{webhook}/deliveries"), Value::Null),
        ("DELETE", webhook.clone(), Value::Null),
        ("GET", "/bots/Bhello/conversations?agent=pending".to_owned(), Value::Null),
        ("GET", format!("/bots/Bhello/end-users/{user}"), Value::Null),
        ("GET", format!("/bots/Bhello/end-users/{user}/messages"), Value::Null),
    ] {
        let (status, answer) = call(method, &path, body).await;
        if status >= 400 {
            refused.push(format!("{method} {path}: {status} {answer}"));
        }
    }
    // One is wrong, which gives the key that it used back.
    assert_eq!(refused.len(), 1, "{refused:#?}");
    let sessions = &running.stack.sessions;
    let talk = world::until_async("a talk", async || {
        assert_eq!(
            world::line_text(running, "U0123456789abcdef0123456789abcdef", &shell::clock::nonce().to_string(), "안녕")
                .await,
            200
        );
        tokio::time::sleep(Duration::from_millis(300)).await;
        Some(sessions.load(user, true).await.unwrap()?.0.talk?.id)
    })
    .await;
    let conversation = format!("/bots/Bhello/conversations/{talk}");
    assert!(call("POST", &format!("{conversation}/take-over"), agent).await.0 < 300);
    assert!(call("GET", &conversation, Value::Null).await.0 < 300);
    // The webhook that was down answers: the fleet hears of it.
    let webhooks = running.stack.webhooks.of_bot(&world::bot()).await.unwrap();
    let well = webhooks.iter().find(|webhook| webhook.health.failing.is_none()).unwrap();
    let down = webhooks.iter().find(|webhook| webhook.health.failing.is_some()).unwrap();
    for webhook in [down, well] {
        for kept in [Kept::Open, Kept::Delivered] {
            for record in running.stack.deliveries.of_webhook(webhook.id, kept).await.unwrap().into_iter().take(1) {
                let path = format!("/bots/Bhello/webhooks/{}/deliveries/{}", webhook.id, record.id);
                assert_eq!(call("GET", &path, Value::Null).await.0, 200);
                let (status, answer) = call("POST", &format!("{path}/resend"), Value::Null).await;
                assert!(status < 300, "{status} {answer} {kept:?} {record:?}");
            }
        }
    }
    let up = Webhook { url: well.url.clone(), secrets: well.secrets.clone(), ..down.clone() };
    running.stack.webhooks.save(&up).await.unwrap();
    assert!(call("POST", &format!("/bots/Bhello/webhooks/{}/test", up.id), Value::Null).await.0 < 300);
    let visitor =
        model::EndUserId::of(&world::bot(), model::PlatformType::Web, &crate::web::EXERCISED.parse().unwrap());
    for user in [user, visitor] {
        assert!(call("DELETE", &format!("/bots/Bhello/end-users/{user}"), Value::Null).await.0 < 300);
    }
}

/// Only those that give the reply as their answer read what was said.
#[test]
fn of_the_adapters_only_those_that_wait_read_sessions() {
    let granted = granted(&Template::read());
    let reads = granted.iter().filter(|(_, grants)| grants.iter().any(|grant| grant.contains("closer-sessions")));
    let reads: Vec<&str> = reads.map(|(name, _)| name.as_str()).collect();
    assert_eq!(reads, ["admin", "conversation", "kakao", "navertalk", "web", "wechat"]);
}

#[test]
fn a_wildcard_has_its_reason() {
    let template = Template::read();
    let lines: Vec<&str> = template.text.lines().collect();
    let mut found = 0;
    for (index, line) in lines.iter().enumerate() {
        if line.contains("Resource: '*'") {
            found += 1;
            // On the statement, or in it.
            let before = lines[index.saturating_sub(6)..index].iter();
            assert!(before.rev().any(|line| line.trim_start().starts_with('#')), "line {}: {line}", index + 1);
        }
        let wide = ["'dynamodb:*'", "'sqs:*'", "'logs:*'", "'s3:*'", "Action: '*'"];
        assert!(!wide.iter().any(|wide| line.contains(wide)), "line {}: {line}", index + 1);
    }
    assert!(found > 0, "this looks for nothing");
}
