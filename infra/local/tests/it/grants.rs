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
use store::StoredBot;

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
    // `shell::mail` signs it itself.
    ("Mail", &["ses:SendEmail"], "conversation"),
];

/// Deployed before their code is here.
const COMING: [&str; 2] = ["Web", "Connections"];

fn granted(template: &Template) -> Grants {
    let mut grants = Grants::new();
    for (name, function) in template.functions() {
        if ["admin", "web"].contains(&name.as_str()) {
            continue;
        }
        let granted = grants.entry(name.clone()).or_default();
        for statement in template.statements(function) {
            assert_eq!(statement["Effect"], "Allow");
            let sid = statement["Sid"].as_str().unwrap();
            let actions: Vec<&str> =
                statement["Action"].as_array().unwrap().iter().map(|action| action.as_str().unwrap()).collect();
            if let Some((_, expected, whose)) = BESIDE.iter().find(|(beside, ..)| *beside == sid) {
                assert_eq!(actions, *expected, "{name} {sid}");
                assert!(*whose == "*" || whose.split(' ').any(|it| it == name), "{name} has no need of {sid}");
                continue;
            }
            if COMING.contains(&sid) {
                continue;
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
        let action = match asked.action.as_str() {
            // The batch is the same permission.
            "SendMessageBatch" => "SendMessage",
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
    let asked = asked(&running.stack.services.meter.counts());
    running.stop().await;
    let granted = granted(&template);
    for (name, grants) in &asked {
        let beyond: Vec<&String> = grants.difference(&granted[name]).collect();
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
    let granted = granted(&Template::read());
    for (name, grants) in asked(&running.stack.services.meter.counts()) {
        assert!(grants.is_subset(&granted[&name]), "{name}: {grants:?} goes beyond {:?}", granted[&name]);
    }
}

/// Every messenger, a plan, a conversation that ends, webhooks that take, fail, and want their order kept.
async fn everything(running: &Running) {
    let stack = &running.stack;
    let StoredBot { version, mut json } = stack.bots.load(&world::bot()).await.unwrap().unwrap();
    json["plan"] = json!({ "monthlyUsers": 1, "line": "powered by closer.ai" });
    json["preference"]["sessionTimeoutMinutes"] = json!(1.0 / 60.0);
    json["integration"]["navertalk"]["synchronous"] = json!(true);
    stack.bots.save(&world::bot(), &StoredBot { version: version + 1, json }).await.unwrap();
    let down = Webhook {
        url: "http://127.0.0.1:9/".to_owned(),
        order: Order::Conversation,
        ..Webhook::new(world::bot(), "http://127.0.0.1:9/", EpochMillis(0))
    };
    stack.webhooks.save(&down).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;

    for channel in running.bots.all().remove(0).channels {
        let output =
            tokio::task::spawn_blocking(move || Command::new("bash").args(["-c", &channel.curl]).output().unwrap());
        assert!(output.await.unwrap().status.success(), "{}", channel.platform);
    }
    let ended = |entry: &closer::feed::Entry| entry.body.to_string().contains("bot.conversation.deleted");
    world::until("an end", || world::entries(running, Kind::Delivery).iter().any(ended).then_some(())).await;
    // The failing webhook's deliveries wait; the sweep looks for them, and at its health.
    let worker = stack.deliver();
    let failing =
        || async { stack.webhooks.load(&world::bot(), down.id).await.unwrap().unwrap().health.failing.is_some() };
    for _ in 0..100 {
        worker.handle(Invocation::Sweep).await;
        if failing().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the webhook that is down does not fail");
}

/// Only those that give the reply as their answer read what was said.
#[test]
fn of_the_adapters_only_those_that_wait_read_sessions() {
    let granted = granted(&Template::read());
    let reads = granted.iter().filter(|(_, grants)| grants.iter().any(|grant| grant.contains("closer-sessions")));
    let reads: Vec<&str> = reads.map(|(name, _)| name.as_str()).collect();
    assert_eq!(reads, ["conversation", "kakao", "navertalk", "wechat"]);
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
