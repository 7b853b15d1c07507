//! End users: a customer on one channel, found, read, and deleted with all that is known.

use flow::Session;
use http::StatusCode;
use model::{
    BotId, EndUser, EndUserId, Event, EventData, EventId, EventType, InboundId, Params, PlatformType, SourceType,
    UserKey,
};
use serde_json::{Value, json};
use store::Said;

use crate::{Admin, Answer, Problem, Reply, Wish, cursor};

impl Admin {
    /// By the key that the messenger gave.
    pub(crate) async fn find_end_user(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        self.stored(bot).await?;
        let platform = wish.parameter("platform").and_then(|text| text.parse::<PlatformType>().ok());
        let user_key = wish.parameter("userKey").and_then(|text| text.parse::<UserKey>().ok());
        let (Some(platform), Some(user_key)) = (platform, user_key) else {
            return Err(Problem::new("malformed", "`platform` names a messenger, and `userKey` the customer there."));
        };
        let id = EndUserId::of(bot, platform, &user_key);
        let found = self.sessions.load(id, true).await?;
        Ok(Reply::list(found.iter().map(|(session, _)| shown(session)).collect(), None))
    }

    pub(crate) async fn get_end_user(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        Ok(Reply::ok(shown(&self.end_user(wish, bot).await?)))
    }

    /// All that is known: params, conversation, what was said, what deliveries still hold. The session goes last: until then
    /// the request can be made again.
    pub(crate) async fn delete_end_user(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let session = self.end_user(wish, bot).await?;
        let id = session.end_user.id;
        let webhooks = self.webhooks.of_bot(bot).await?;
        self.tell(&webhooks, &deleted(&session, wish)).await?;
        let mut complete = true;
        for webhook in &webhooks {
            complete &= self.deliver.erase(webhook, id).await?;
        }
        self.messages.erase(id).await?;
        if let Some(frames) = &self.frames {
            frames.erase(id).await?;
        }
        if !complete {
            let body = json!({ "complete": false });
            return Ok(Reply::with(StatusCode::ACCEPTED, body).header("retry-after", "60"));
        }
        self.timers.delete(id).await?;
        self.sessions.delete(id).await?;
        Ok(Reply::empty())
    }

    /// What was said to and by the customer, in all conversations that are kept.
    pub(crate) async fn list_end_user_messages(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let session = self.end_user(wish, bot).await?;
        self.said(wish, bot, &session, None).await
    }

    /// `conversation`: of this one only.
    pub(crate) async fn said(
        &self,
        wish: &Wish<'_>,
        bot: &BotId,
        session: &Session,
        conversation: Option<model::ConversationId>,
    ) -> Answer {
        let before: Option<String> = wish.cursor()?;
        let kept_days = self.brain(bot).await?.preference().history_days;
        let said = self.messages.of_session(session.end_user.id, conversation, before.as_deref(), wish.limit()?);
        let Said { messages, before } = said.await?;
        Ok(Reply::ok(json!({
            "data": messages,
            "next": before.map(|before| cursor(&before)),
            // 0: the bot keeps none, see `preference.history.days`.
            "keptDays": kept_days,
        })))
    }

    /// Another bot's customer is nobody.
    pub(crate) async fn end_user(&self, wish: &Wish<'_>, bot: &BotId) -> Result<Session, Problem> {
        let id: EndUserId = wish.name(0, "end user")?;
        let found = self.sessions.load(id, true).await?;
        let session = found.map(|(session, _)| session).filter(|session| session.end_user.bot_id == *bot);
        session.ok_or_else(|| Problem::not_found("end user"))
    }

    pub(crate) async fn brain(&self, bot: &BotId) -> Result<flow::Bot, Problem> {
        let stored = self.bots.load(bot).await?.ok_or_else(|| Problem::not_found("bot"))?;
        crate::bots::read(&stored.json)
    }
}

/// ENDUSER, and the conversation that is going on.
fn shown(session: &Session) -> Value {
    let mut shown = json!(session.end_user);
    shown["conversationId"] = json!(session.talk.as_ref().map(|talk| talk.id));
    shown
}

/// Whoever keeps data of the customer must hear of it; what is known of the customer must not be said once more.
fn deleted(session: &Session, wish: &Wish<'_>) -> Event {
    let EndUser { id, bot_id, platform, user_key, created_at, .. } = session.end_user.clone();
    // The same for a request that is made again.
    let updated_at = session.end_user.updated_at;
    let cause = InboundId::of(&bot_id, platform, &format!("delete {id} {}", updated_at.0));
    Event {
        id: EventId::of(cause, 0),
        event: EventType::EndUserDeleted,
        source_type: SourceType::Bot,
        source_id: bot_id.clone(),
        timestamp: wish.now,
        data: EventData::EndUser(Box::new(EndUser {
            id,
            bot_id,
            platform,
            user_key,
            params: Params::new(),
            last_message_id: None,
            last_conversation_id: session.end_user.last_conversation_id,
            created_at,
            updated_at: wish.now,
            deleted_at: Some(wish.now),
        })),
    }
}
