//! `closer render`: what a messenger is sent for a MESSAGE, and what of it was cut, split off or left out. Authors of
//! bots see by it how a card looks everywhere before they publish it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use model::{
    BotId, EndUserId, Inbound, InboundId, InboundKind, Keyboard, Message, MessageData, MessageId, PlatformType, Reply,
};
use platforms::{Call, Dropped, Embedded, File, Platform, Setup, Want};
use serde::Deserialize;
use serde_json::{Value, json};
use shell::clock;

use crate::dev::stand_in_settings;

#[derive(Clone, Debug, clap::Args)]
pub struct Render {
    /// The messenger; several may be given, and without any it is all of them
    #[arg(long = "platform", value_name = "NAME")]
    pub platforms: Vec<PlatformType>,
    /// A MESSAGE, its data alone, or a list of them, as JSON
    #[arg(long, value_name = "FILE")]
    pub message: PathBuf,
    /// A KEYBOARD to show after it, as JSON
    #[arg(long, value_name = "FILE")]
    pub keyboard: Option<PathBuf>,
    /// The settings of the channel, as in `integration.<platform>` of a bot
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What one messenger makes of it.
#[derive(Debug)]
struct Shown {
    platform: PlatformType,
    answer: Option<String>,
    calls: Vec<Call>,
    dropped: Vec<Dropped>,
}

#[expect(clippy::print_stdout, reason = "it is a command's output")]
pub fn run(arguments: &Render) -> anyhow::Result<()> {
    let keyboard = arguments.keyboard.as_deref().map(|path| {
        let keyboard: Keyboard = serde_json::from_value(read(path)?)
            .with_context(|| format!("{}: this is no KEYBOARD, such as {KEYBOARD}", path.display()))?;
        anyhow::Ok(keyboard)
    });
    let reply = Reply { messages: messages(&arguments.message)?, keyboard: keyboard.transpose()?, hand_over: false };
    let config = arguments.config.as_deref().map(read).transpose()?;
    let mut shown = Vec::new();
    for platform in platforms::PLATFORMS {
        if arguments.platforms.is_empty() || arguments.platforms.contains(&platform.kind) {
            shown.push(show(platform, config.as_ref(), &reply)?);
        }
    }
    if let Some(unknown) = arguments.platforms.iter().find(|kind| platforms::find(**kind).is_none()) {
        anyhow::bail!("`{unknown}` is not rendered by an adapter; there are {}", names());
    }
    if arguments.json {
        println!("{:#}", shown.iter().map(as_json).collect::<Value>());
    } else {
        println!("{}", shown.iter().map(as_text).collect::<Vec<_>>().join("\n"));
    }
    Ok(())
}

const KEYBOARD: &str = r#"{"type":"buttons","buttons":[{"label":"…"}]}"#;

pub(crate) fn names() -> String {
    platforms::PLATFORMS.iter().map(|platform| platform.kind.as_str()).collect::<Vec<_>>().join(", ")
}

pub(crate) fn read(path: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{}: this is no JSON", path.display()))
}

fn messages(path: &Path) -> anyhow::Result<Vec<Message>> {
    let value = read(path)?;
    let list = match &value {
        Value::Array(list) => list.clone(),
        Value::Object(fields) if fields.contains_key("messages") => {
            fields["messages"].as_array().cloned().unwrap_or_default()
        }
        _ => vec![value],
    };
    let bot_id: BotId = "Bhello".parse()?;
    let cause = InboundId::of(&bot_id, PlatformType::Test, "render");
    let at = clock::now();
    let message = |(index, value): (usize, &Value)| -> anyhow::Result<Message> {
        // A MESSAGE, a response node, or the data itself.
        let data = ["data", "message"].iter().find_map(|name| value.get(name)).unwrap_or(value);
        let data = MessageData::deserialize(data).with_context(|| {
            format!("{}: this is no MESSAGE; its data is such as {{\"type\":\"text\",\"text\":\"…\"}}", path.display())
        })?;
        Ok(Message {
            id: MessageId::of(cause, index, at),
            end_user_id: EndUserId::of(&bot_id, PlatformType::Test, &"render".parse()?),
            conversation_id: model::ConversationId::of(cause, at),
            request_id: None,
            is_user: false,
            meta: None,
            data,
            timestamp: at,
        })
    };
    list.iter().enumerate().map(message).collect()
}

fn show(platform: &Platform, config: Option<&Value>, reply: &Reply) -> anyhow::Result<Shown> {
    let bot_id: BotId = "Bhello".parse()?;
    let stand_in = stand_in_settings(platform.kind);
    let setup = Setup {
        bot_id: &bot_id,
        settings: config.unwrap_or(&stand_in),
        preference: &Value::Null,
        public_url: "https://bots.example.com",
    };
    let channel = (platform.connect)(setup)?;
    let now = clock::now();
    // Some look at it: a text message goes to a telephone.
    let user = if platform.kind == PlatformType::Bizchat { "+821012345678" } else { "USER" };
    let inbound = Inbound {
        id: InboundId::of(&bot_id, platform.kind, "render"),
        bot_id,
        platform: platform.kind,
        user_key: user.parse()?,
        conversation_key: user.parse()?,
        timestamp: now,
        received_at: now,
        answer_by: Some(now.plus_ms(4000)),
        reply_to: Value::Null,
        kind: InboundKind::Collect,
    };
    let platform = platform.kind;
    if let Some(synchronous) = channel.synchronous()
        && synchronous.takes(reply, &inbound)
    {
        let (answer, dropped) = synchronous.answer(reply, &inbound, now, 0);
        return Ok(Shown { platform, answer: Some(answer.body), calls: Vec::new(), dropped });
    }
    let rendered = channel.render(reply, &inbound, now);
    Ok(Shown { platform, answer: None, calls: rendered.calls, dropped: rendered.dropped })
}

fn as_text(shown: &Shown) -> String {
    let mut lines = vec![shown.platform.to_string()];
    if let Some(answer) = &shown.answer {
        lines.push("  the answer to its own request".to_owned());
        lines.push(indented(&pretty(answer.as_bytes())));
    }
    for (index, call) in shown.calls.iter().enumerate() {
        for need in &call.needs {
            lines.push(match &need.what {
                Want::Token => format!("     first {}: a token, kept while it lives", need.call.name),
                Want::File(File { source, .. }) | Want::Embedded(Embedded { source, .. }) => {
                    format!("     first {}: {source}", need.call.name)
                }
            });
        }
        lines.push(format!("  {}  {} {}", index + 1, call.method, call.url));
        lines.push(indented(&pretty(&call.body)));
        if let Some(instead) = &call.instead {
            lines.push(format!("     if that is refused: {}", instead.name));
        }
    }
    if shown.answer.is_none() && shown.calls.is_empty() {
        lines.push("  nothing to send".to_owned());
    }
    for Dropped { what, count } in &shown.dropped {
        lines.push(format!("  did not fit: {count} × {what}"));
    }
    lines.join("\n") + "\n"
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("     {line}")).collect::<Vec<_>>().join("\n")
}

/// JSON for people, everything else as it is.
fn pretty(body: &[u8]) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => format!("{value:#}"),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    }
}

fn as_json(shown: &Shown) -> Value {
    let dropped = shown.dropped.iter().map(|Dropped { what, count }| json!({ "what": what, "count": count }));
    json!({
        "platform": shown.platform,
        "answer": shown.answer.as_ref().map(|answer| value(answer.as_bytes())),
        "calls": shown.calls.iter().map(call_json).collect::<Value>(),
        "dropped": dropped.collect::<Value>(),
    })
}

fn call_json(call: &Call) -> Value {
    json!({
        "name": call.name, "method": call.method, "url": call.url, "body": value(&call.body),
        "instead": call.instead.as_deref().map(call_json),
    })
}

fn value(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body)))
}
