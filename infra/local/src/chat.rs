//! The platform `test`, as the page and tools speak it: a message goes into the same queue as any messenger's, and the
//! reply is read from the session.

use anyhow::{Context as _, bail};
use model::{BotId, Inbound, InboundId, InboundKind, MessageData, Meta, PlatformType, Reply, UserKey};
use serde::Deserialize;
use serde_json::{Map, Value};
use shell::clock;
use shell::queue::InboundQueue;

use crate::stack::Stack;

/// How long a page waits; a turn thinks 25 seconds at most.
const PATIENCE_MS: i64 = 28_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    pub user_key: UserKey,
    /// `null`: the room opens. Else MESSAGE.DATA, with the `payload` of a pressed button beside it.
    #[serde(default)]
    pub message: Option<Map<String, Value>>,
}

/// Says it, and waits for the reply.
pub async fn say(stack: &Stack, bot_id: &BotId, said: Said) -> anyhow::Result<Reply> {
    if stack.bots.load(bot_id).await?.is_none() {
        bail!("there is no bot {bot_id}");
    }
    let now = clock::now();
    let kind = match said.message {
        None => InboundKind::opened(),
        Some(message) => message_kind(message)?,
    };
    let inbound = Inbound {
        id: InboundId::of(bot_id, PlatformType::Test, &format!("{:?}", clock::random_bytes())),
        bot_id: bot_id.clone(),
        platform: PlatformType::Test,
        conversation_key: said.user_key.clone(),
        user_key: said.user_key,
        timestamp: now,
        received_at: now,
        answer_by: None,
        reply_to: Value::Null,
        kind,
    };
    let (session, id) = (inbound.session_id(), inbound.id);
    let queue = InboundQueue::new(stack.services.aws.sqs.clone(), &stack.services.queues.inbound);
    queue.send(vec![inbound]).await?;
    shell::waiting::reply(&stack.sessions, session, &[id], now.plus_ms(PATIENCE_MS))
        .await?
        .context("the bot did not answer in time; its log says why")
}

/// MESSAGE.DATA with a `payload` beside it; `type` is `text` unless given.
pub fn message_kind(mut message: Map<String, Value>) -> anyhow::Result<InboundKind> {
    let payload = match message.remove("payload") {
        None | Some(Value::Null) => None,
        // JSON text and an object mean the same.
        Some(Value::String(text)) => Some(match serde_json::from_str::<Value>(&text) {
            Ok(value @ Value::Object(_)) => value,
            _ => Value::String(text),
        }),
        Some(value) => Some(value),
    };
    message.entry("type").or_insert_with(|| Value::from("text"));
    let data: MessageData = serde_json::from_value(Value::Object(message)).context("this is no message")?;
    Ok(InboundKind::Message { platform_message_id: None, data, meta: Box::new(Meta { payload, ..Meta::default() }) })
}
