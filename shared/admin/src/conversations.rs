//! Conversations: where they stand, and people of the company in them. What people do goes by the queue of the customer's
//! own messages, so in one order with them.

use flow::{Session, Talk};
use http::StatusCode;
use model::{
    Agent, AgentCalls, AgentProfile, BotId, ConversationId, EpochMillis, Inbound, InboundId, InboundKind, MessageData,
    Params, PlatformType,
};
use platforms::Setup;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{AgentState, Waiting};

use crate::{Admin, Answer, Problem, Reply, Wish, cursor};

const NAME_CHARS: usize = 30;
const ID_CHARS: usize = 100;
/// Longer texts are nobody's words; each messenger cuts or splits sooner.
const TEXT_CHARS: usize = 10_000;
const MESSAGE_BYTES: usize = 32 * 1024;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AgentBody {
    id: String,
    display_name: String,
    #[serde(default)]
    picture: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Speech {
    agent: AgentBody,
    message: Value,
    #[serde(default)]
    custom: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Taking {
    agent: AgentBody,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Finishing {
    #[serde(default)]
    params: Params,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Moving {
    flow_id: u64,
    #[serde(default)]
    node_id: Option<u64>,
}

impl Admin {
    /// Those that wait for somebody of the company, or have somebody.
    pub(crate) async fn list_conversations(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        self.stored(bot).await?;
        let state = match wish.parameter("agent") {
            Some("pending") => AgentState::Pending,
            Some("connected") => AgentState::Connected,
            Some(_) | None => {
                return Err(Problem::new("malformed", "`agent` is `pending`, for customers who wait, or `connected`."));
            }
        };
        let limit = wish.limit()?;
        let after: Option<(model::EndUserId, i64)> = wish.cursor()?;
        let after = after.map(|(session_id, since)| Waiting { session_id, since: EpochMillis(since) });
        let found = self.sessions.with_agents(bot, state, after, i32::from(limit)).await?;
        let mut data = Vec::new();
        for waiting in &found {
            // The index lags behind by moments: what is shown is as of now.
            if let Some((session, _)) = self.sessions.load(waiting.session_id, true).await? {
                data.extend(shown(&session, wish.now));
            }
        }
        let full = found.len() == usize::from(limit);
        let next = found.last().filter(|_| full).map(|last| cursor(&(last.session_id, last.since.0)));
        Ok(Reply::list(data, next))
    }

    pub(crate) async fn get_conversation(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let session = self.talking(wish, bot).await?;
        let shown = shown(&session, wish.now).ok_or_else(|| Problem::not_found("conversation"))?;
        Ok(Reply::ok(shown))
    }

    pub(crate) async fn list_messages(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let session = self.talking(wish, bot).await?;
        let conversation = session.talk.as_ref().map(|talk| talk.id);
        self.said(wish, bot, &session, conversation).await
    }

    pub(crate) async fn send_message(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let Speech { agent, message, custom } = wish.read()?;
        let agent = read_agent(agent)?;
        let data = read_message(&message)?;
        let session = self.talking(wish, bot).await?;
        self.reachable(&session, bot).await?;
        let conversation_id = session.talk.as_ref().map(|talk| talk.id);
        self.queue(wish, &session, InboundKind::AgentSaid { agent, data, custom, conversation_id }).await
    }

    pub(crate) async fn take_over(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let Taking { agent } = wish.read()?;
        let agent = read_agent(agent)?;
        let session = self.talking(wish, bot).await?;
        self.reachable(&session, bot).await?;
        let conversation_id = session.talk.as_ref().map(|talk| talk.id);
        self.queue(wish, &session, InboundKind::AgentJoined { agent, conversation_id }).await
    }

    pub(crate) async fn finish(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let Finishing { params } = wish.read_or_default()?;
        let session = self.talking(wish, bot).await?;
        let conversation_id = session.talk.as_ref().map(|talk| talk.id);
        self.queue(wish, &session, InboundKind::AgentLeft { params, conversation_id }).await
    }

    pub(crate) async fn move_to(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let Moving { flow_id, node_id } = wish.read()?;
        let session = self.talking(wish, bot).await?;
        let live = self.brain(bot).await?;
        if !live.has(flow_id, None) {
            return Err(Problem::invalid("/flowId", "is no flow of the bot"));
        }
        if node_id.is_some() && !live.has(flow_id, node_id) {
            return Err(Problem::invalid("/nodeId", "is no node of the flow"));
        }
        let conversation_id = session.talk.as_ref().map(|talk| talk.id);
        self.queue(wish, &session, InboundKind::Moved { flow_id, node_id, conversation_id }).await
    }

    /// The customer whose conversation the path names, while it goes on.
    async fn talking(&self, wish: &Wish<'_>, bot: &BotId) -> Result<Session, Problem> {
        let id: ConversationId = wish.name(0, "conversation")?;
        let gone = || {
            Problem::new(
                "not-found",
                "No such conversation is going on with this bot. What was said in one that is over is at /end-users/{id}/messages.",
            )
        };
        let session_id = self.sessions.of_conversation(id).await?.ok_or_else(gone)?;
        let found = self.sessions.load(session_id, true).await?;
        let session = found.map(|(session, _)| session).filter(|session| session.end_user.bot_id == *bot);
        let timeout_ms = self.brain(bot).await?.preference().session_timeout_ms;
        // One that had its time is over, also before anybody has told it so.
        let goes_on = |talk: &Talk| talk.id == id && wish.now.since(talk.last_message_at) < timeout_ms;
        session.filter(|session| session.talk.as_ref().is_some_and(goes_on)).ok_or_else(gone)
    }

    /// Whether the messenger lets somebody of the company write.
    async fn reachable(&self, session: &Session, bot: &BotId) -> Result<(), Problem> {
        let kind = session.end_user.platform;
        let refuse = |why: &str| Err(Problem::conflict(format!("Nobody can write to this customer: {why}.")));
        if kind == PlatformType::Test {
            return refuse("it is the preview");
        }
        let stored = self.stored(bot).await?;
        let preference = stored.json.get("preference").unwrap_or(&Value::Null);
        let settings = stored.json.get("integration").and_then(|all| all.get(kind.as_str()));
        let Some((platform, settings)) = platforms::find(kind).zip(settings) else {
            return refuse("the bot has no such channel any more");
        };
        match (platform.connect)(Setup { bot_id: bot, settings, preference, public_url: &self.public_url }) {
            Err(error) => refuse(&error.reason),
            Ok(channel) if channel.agent_calls() == AgentCalls::Taken => Ok(()),
            Ok(_) => refuse("the messenger takes no messages but answers"),
        }
    }

    async fn queue(&self, wish: &Wish<'_>, session: &Session, kind: InboundKind) -> Answer {
        let end_user = &session.end_user;
        let name = kind.name();
        let inbound = Inbound {
            id: InboundId::of(&end_user.bot_id, end_user.platform, &format!("{name} {}", wish.seed)),
            bot_id: end_user.bot_id.clone(),
            platform: end_user.platform,
            user_key: end_user.user_key.clone(),
            conversation_key: end_user.user_key.clone(),
            timestamp: wish.now,
            received_at: wish.now,
            answer_by: None,
            reply_to: Value::Null,
            kind,
        };
        let id = inbound.id;
        self.inbound.send(vec![inbound]).await?;
        // The MESSAGE that comes of it has it as its `requestId`.
        Ok(Reply::with(StatusCode::ACCEPTED, json!({ "requestId": id })))
    }
}

/// CONVERSATION, and who of the company is in it.
fn shown(session: &Session, now: EpochMillis) -> Option<Value> {
    let talk: &Talk = session.talk.as_ref()?;
    let conversation = session.conversation(talk.last_message_at)?;
    let mut shown = json!(conversation);
    shown["lastMessageAt"] = json!(talk.last_message_at.iso());
    shown["agent"] = match talk.manual {
        None => Value::Null,
        Some(status) => json!({
            "status": status,
            "since": talk.manual_since.map(EpochMillis::iso),
            "waitedMs": talk.manual_since.map(|since| now.since(since).max(0)),
        }),
    };
    Some(shown)
}

fn read_agent(AgentBody { id, display_name, picture }: AgentBody) -> Result<Agent, Problem> {
    let between = |pointer: &str, text: &str, most: usize| {
        if text.trim().is_empty() || text.chars().count() > most {
            return Err(Problem::invalid(pointer, format!("has 1 to {most} characters")));
        }
        Ok(())
    };
    between("/agent/id", &id, ID_CHARS)?;
    between("/agent/displayName", &display_name, NAME_CHARS)?;
    if picture.as_deref().is_some_and(|picture| !picture.starts_with("https://")) {
        return Err(Problem::invalid("/agent/picture", "is an address that begins with https://"));
    }
    Ok(Agent { id, profile: AgentProfile { display_name, picture } })
}

/// MESSAGE.DATA.
fn read_message(message: &Value) -> Result<MessageData, Problem> {
    if message.to_string().len() > MESSAGE_BYTES {
        return Err(Problem::invalid("/message", format!("has up to {MESSAGE_BYTES} bytes")));
    }
    let data = MessageData::deserialize(message).map_err(|error| Problem::invalid("/message", error.to_string()))?;
    match &data {
        MessageData::Text { text, .. } if text.trim().is_empty() || text.chars().count() > TEXT_CHARS => {
            Err(Problem::invalid("/message/text", format!("has 1 to {TEXT_CHARS} characters")))
        }
        MessageData::Cards { cards } if cards.is_empty() => {
            Err(Problem::invalid("/message/cards", "has at least one card"))
        }
        MessageData::Text { .. }
        | MessageData::Media { .. }
        | MessageData::Cards { .. }
        | MessageData::Location { .. } => Ok(data),
    }
}
