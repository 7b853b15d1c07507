//! `testdata/<node type>/<case>.json` is a bot with the turns of a customer, `<case>.out` what it does. `UPDATE=1`
//! rewrites the second; its diff is what gets reviewed.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use std::fmt::Write as _;
use std::path::Path;

use common::Talk;
use flow::{Ask, Bot, Done, MailAsk};
use model::{AgentCalls, MessageData, PlatformType, Position};
use serde_json::{Value, json};

#[test]
fn goldens() {
    let testdata = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata"));
    let mut failures = Vec::new();
    let nodes = |folder: &std::fs::DirEntry| folder.file_name() != "templates";
    for folder in std::fs::read_dir(testdata).unwrap().flatten().filter(nodes) {
        for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
            let path = file.path();
            if path.extension().is_none_or(|end| end != "json") {
                continue;
            }
            let transcript = transcript(&common::read(&path));
            let out = path.with_extension("out");
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(&out, &transcript).unwrap();
            } else if std::fs::read_to_string(&out).unwrap_or_default() != transcript {
                failures.push(format!("{}\n{transcript}", out.display()));
            }
        }
    }
    assert!(failures.is_empty(), "these differ; UPDATE=1 rewrites them\n{}", failures.join("\n"));
}

fn transcript(case: &Value) -> String {
    let bot = Bot::read(&case["bot"]).unwrap();
    let platform: PlatformType = case["platform"].as_str().unwrap_or("web").parse().unwrap();
    let mut out = String::new();
    for warning in bot.warnings() {
        writeln!(out, "warning  {warning}").unwrap();
    }
    let mut talk = Talk::new(&bot, platform);
    talk.agents = match case["agents"].as_str() {
        Some("button") => AgentCalls::Button,
        Some("refused") => AgentCalls::Refused,
        _ => AgentCalls::Taken,
    };
    talk.params = case["params"].as_object().cloned().unwrap_or_default();
    talk.scripts = case["scripts"].as_array().into_iter().flatten().cloned().collect();
    let mut replies = case["http"].as_array().into_iter().flatten();
    for user in case["turns"].as_array().unwrap() {
        writeln!(
            out,
            "\n> {}",
            sorted(user.get("text").filter(|_| user.as_object().unwrap().len() == 1).unwrap_or(user))
        )
        .unwrap();
        let mut asks = String::new();
        let done = talk.turn(user, &mut |ask| {
            match ask {
                Ask::Http(ask) => {
                    let body = ask.body.as_ref().map(|body| format!(" {body}")).unwrap_or_default();
                    let headers: Vec<_> = ask.headers.iter().map(|(name, value)| format!(" {name}: {value}")).collect();
                    writeln!(asks, "ask      {} {}{}{body}", ask.method, ask.url, headers.concat()).unwrap();
                }
                Ask::Script(_) => unreachable!("the talk answers scripts"),
                Ask::Mail(ask) => {
                    let MailAsk { to, reply_to, subject, html, .. } = ask;
                    writeln!(asks, "mail     {to:?} reply to {reply_to:?}: {subject:?} {html:?}").unwrap();
                }
            }
            common::answer(replies.next().expect("a reply for each request"))
        });
        out.push_str(&asks);
        for ask in talk.ran.drain(..) {
            // The context is much the same each time.
            let context = if out.contains("script   ") { String::new() } else { ask.context.to_string() };
            writeln!(out, "script   {} {context}", ask.script).unwrap();
        }
        tell(&mut out, &done);
    }
    out
}

fn tell(out: &mut String, done: &Done) {
    for (index, said) in done.said.iter().enumerate() {
        write!(out, "said     {}", text(&said.data)).unwrap();
        if let Some(custom) = &said.custom {
            write!(out, " custom {custom}").unwrap();
        }
        if said.delay_ms > 0 {
            write!(out, " after {} ms", said.delay_ms).unwrap();
        }
        out.push('\n');
        for kept in done.kept.iter().filter(|kept| kept.said == index) {
            write!(out, "kept     {}", text(&kept.data)).unwrap();
            if let Some(custom) = &kept.custom {
                write!(out, " custom {custom}").unwrap();
            }
            writeln!(out, " from {} ms on", kept.after_ms).unwrap();
        }
    }
    if let Some(status) = &done.manual {
        writeln!(out, "agent    {}", json!(status)).unwrap();
    }
    if let Some(keyboard) = &done.keyboard {
        writeln!(out, "keyboard {}", sorted(keyboard)).unwrap();
    }
    if !done.params.is_empty() {
        let params = sorted(&done.params).to_string();
        writeln!(out, "params   {}", params.chars().take(120).collect::<String>()).unwrap();
    }
    for problem in &done.problems {
        let at = problem.flow_id.zip(problem.node_id).map(|(flow, node)| format!("{flow}/{node}")).unwrap_or_default();
        writeln!(out, "problem  {at} {}", problem.what).unwrap();
    }
    let place = |position: &Position| {
        format!("{}/{} (visit {})", position.flow_id, position.node_id, position.visit_count.unwrap_or_default())
    };
    let state = json!(done.state);
    let navigation = &done.state.navigation;
    let current = navigation.current.as_ref().map_or("nowhere".to_owned(), place);
    let prev = navigation.prev.as_ref().map(|prev| format!(" from {}", place(prev))).unwrap_or_default();
    writeln!(out, "at       {current}{prev}, next {}, back {}", state["next"], state.get("back").unwrap_or(&json!([])))
        .unwrap();
}

fn sorted(json: &impl serde::Serialize) -> Value {
    let mut json = json!(json);
    json.sort_all_objects();
    json
}

/// Most messages are a text and nothing else.
fn text(data: &MessageData) -> String {
    let data = sorted(data);
    match data.as_object().map(serde_json::Map::len) {
        Some(2) if data["type"] == "text" => data["text"].to_string(),
        _ => data.to_string(),
    }
}
