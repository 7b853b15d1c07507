//! End users: a customer on one channel, found, read, and deleted with all that is known.

use flow::Session;
use http::StatusCode;
use model::{
    BotId, EndUser, EndUserId, Event, EventData, EventId, EventType, InboundId, Params, PlatformType, SourceType,
    UserKey,
};
use serde_json::{Value, json};
use shell::deliver::owner::{ErasedTo, Looked};
use store::{Erasure, Said};

use crate::{Admin, Answer, Problem, Reply, Wish, cursor};

/// Deliveries are looked at for so long in one request.
const WALK_MS: i64 = 15_000;
/// What is on its way has arrived by then: a batch of events whose worker died is handed out again after 150 seconds, and a
/// delivery that is being sent is at rest after 60.
pub const SETTLE_MS: i64 = 240_000;

impl Admin {
    /// By the key that the messenger gave.
    pub(crate) async fn find_end_user(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
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

    /// All that is known: params, conversation, what was said, what deliveries still hold. Twice: what was on its way at the
    /// first time is found by the second, some minutes later, which a mark remembers.
    pub(crate) async fn delete_end_user(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let id: EndUserId = wish.name(0, "end user")?;
        let mark = self.erasures.load(bot, id, wish.now).await?;
        let session = self.session(wish, bot).await?;
        if session.is_none() && mark.is_none() {
            return Err(Problem::not_found("end user"));
        }
        let mut erasure = match mark {
            Some(mark) if session.is_none() => mark,
            // Whoever is there behind a mark came back, or was brought back by a message that was on its way: deleted anew, for
            // nobody is told "gone" of one who is there.
            mark => {
                let begun = mark.map_or_else(Erasure::default, Erasure::again);
                if let Some(session) = &session {
                    // Told twice where the mark is not written: it is the same event.
                    let webhooks = self.webhooks.of_bot(bot).await?;
                    self.tell(&webhooks, &deleted(session, wish)).await?;
                }
                self.erasures.save(bot, id, &begun, wish.now).await?;
                begun
            }
        };
        if session.is_some() {
            self.timers.delete(id).await?;
            self.sessions.delete(id).await?;
        }
        let until = wish.now.plus_ms(WALK_MS);
        // The second look begins when everything has come to rest.
        let rest_ms = erasure.once_at.map_or(0, |at| SETTLE_MS - wish.now.since(at));
        if rest_ms > 0 && erasure.webhook.is_none() {
            return Ok(again(rest_ms));
        }
        self.messages.erase(id).await?;
        if let Some(frames) = &self.frames {
            frames.erase(id).await?;
        }
        let mut webhooks = self.webhooks.of_bot_ever(bot).await?;
        webhooks.sort_by_key(|webhook| webhook.id);
        let begin_at = erasure.webhook;
        for webhook in webhooks.iter().filter(|webhook| begin_at.is_none_or(|at| webhook.id >= at)) {
            let from =
                if erasure.webhook == Some(webhook.id) { ErasedTo(erasure.place()) } else { ErasedTo::default() };
            let Looked { at_rest, to } = self.deliver.erase(webhook, id, from, until).await?;
            erasure.looked(at_rest);
            if let Some(to) = to {
                erasure.go_on(webhook.id, to.0);
                self.erasures.save(bot, id, &erasure, wish.now).await?;
                return Ok(again(0));
            }
        }
        if !erasure.is_complete() {
            erasure.rest(wish.now);
            self.erasures.save(bot, id, &erasure, wish.now).await?;
            return Ok(again(SETTLE_MS));
        }
        self.erasures.delete(bot, id).await?;
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
        // Customers of a bot that was deleted are there until they are deleted, too.
        let kept_days = self.brain(bot).await.map_or(0, |bot| bot.preference().history_days);
        let said = self.messages.of_session(session.end_user.id, conversation, before.as_deref(), wish.limit()?);
        let Said { messages, before } = said.await?;
        Ok(Reply::ok(json!({
            "data": messages,
            "next": before.map(|before| cursor(&before)),
            // 0: the bot keeps none, see `preference.history.days`.
            "keptDays": kept_days,
        })))
    }

    pub(crate) async fn end_user(&self, wish: &Wish<'_>, bot: &BotId) -> Result<Session, Problem> {
        self.session(wish, bot).await?.ok_or_else(|| Problem::not_found("end user"))
    }

    /// Another bot's customer is nobody.
    async fn session(&self, wish: &Wish<'_>, bot: &BotId) -> Result<Option<Session>, Problem> {
        let id: EndUserId = wish.name(0, "end user")?;
        let found = self.sessions.load(id, true).await?;
        Ok(found.map(|(session, _)| session).filter(|session| session.end_user.bot_id == *bot))
    }

    pub(crate) async fn brain(&self, bot: &BotId) -> Result<flow::Bot, Problem> {
        let stored = self.bots.load(bot).await?.ok_or_else(|| Problem::not_found("bot"))?;
        crate::bots::read(&stored.json)
    }
}

/// Not yet all: repeat the request then.
fn again(wait_ms: i64) -> Reply {
    let seconds = wait_ms.max(0).unsigned_abs().div_ceil(1000).max(1);
    Reply::with(StatusCode::ACCEPTED, json!({ "complete": false })).header("retry-after", seconds.to_string())
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
