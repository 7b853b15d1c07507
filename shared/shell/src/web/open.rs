//! The first frame of a connection: who is there, what was missed, and whether a conversation begins.
//!
//! | step | if the process dies after it |
//! | --- | --- |
//! | 1. The socket is sent what its user is sent | no CONTEXT: the browser connects anew after ten seconds, the row is found dead or expires |
//! | 2. The queue hears of the opening, where it means something | the same; the next `open` finds the conversation there |
//! | 3. CONTEXT | the browser may lack frames, sees the numbers rise, and opens again |
//! | 4. What was missed | |
//!
//! The log is read after CONTEXT was posted. So whatever came to the socket before CONTEXT is among what is replayed, and
//! a browser may pass over all that comes before.

use model::{Context, ConversationId, EndUserId, InboundKind, Navigation, PlatformType};
use platforms::web::{self, Answer, EventName, Open, Replay};
use serde_json::Value;
use store::{Head, StoreError, WebConnection};

use super::{HearError, Point, Speaker, WebChat};
use crate::clock;

/// One more than are sent, to know whether there are.
const READ: usize = 51;
/// API Gateway's, of a frame.
const FRAME_BYTES: usize = 32_768;
/// Frames that are read at once for a history; some are keyboards, which are none.
const PAGE: usize = 100;
/// More is not read for one answer.
const PAGES: usize = 5;

impl WebChat {
    pub(super) async fn open(&self, speaker: &Speaker<'_>, event: &EventName, open: &Open) -> Result<(), HearError> {
        let Speaker { brain, web, row, connection } = speaker;
        let user = row.end_user_id;
        let (session, head) = futures::try_join!(self.sessions.load(user, true), self.log.head(user))?;
        let session = session.map(|(session, _)| session);
        let timeout_ms = brain.bot.preference().session_timeout_ms;
        let live = session.as_ref().and_then(|session| Some((session, session.live(event.at, timeout_ms)?)));
        let known = session.as_ref().map(|session| session.end_user.params.clone()).unwrap_or_default();
        let inbounds = web.open(open, connection, event, live.map(|(_, talk)| talk.id), &known);

        // As the worker will name it, for ids come from what caused them.
        let begins = inbounds.iter().find(|inbound| matches!(inbound.kind, InboundKind::Opened { .. }));
        let begins = begins.map(|inbound| ConversationId::of(inbound.id, inbound.received_at));
        let row = WebConnection { opened: true, begins, ..row.clone() };
        self.connections.open(&row).await?;
        self.remember(&row, clock::now());
        self.witness.reached(Point::Registered).await;

        let going_on = live.and_then(|(session, _)| session.conversation(clock::now())?.context);
        let mut context = match (begins, going_on) {
            (Some(conversation_id), _) => Context {
                bot_id: web.bot_id().clone(),
                conversation_id,
                end_user_id: Some(user),
                manual: None,
                navigation: Navigation::default(),
                params: known,
                platform: PlatformType::Web,
                user_key: connection.user_key.clone(),
            },
            (None, Some(context)) => context,
            // Where nothing is live, something begins.
            (None, None) => return Ok(()),
        };
        for (name, value) in &open.params {
            match value {
                Value::Null => drop(context.params.remove(name)),
                value => drop(context.params.insert(name.clone(), value.clone())),
            }
        }
        if !inbounds.is_empty() {
            self.inbound.send(inbounds).await?;
            self.witness.reached(Point::Announced).await;
        }
        let keyboard = if begins.is_some() { None } else { self.keyboard(user, head).await? };
        let resumed = begins.is_none();
        let mut frame = web::context(&context, resumed, head.last, clock::now(), keyboard.as_ref()).to_json();
        if frame.len() > FRAME_BYTES {
            // Parameters of a bot may be as large as a frame; whoever needs them there has to ask for fewer.
            context.params.clear();
            frame = web::context(&context, resumed, head.last, clock::now(), keyboard.as_ref()).to_json();
        }
        if !self.frames.send(&connection.id, Some(user), &frame).await {
            return Ok(());
        }
        self.witness.reached(Point::Welcomed).await;
        self.replay(speaker, open.last_seq, head).await
    }

    async fn replay(&self, speaker: &Speaker<'_>, has: u64, head: Head) -> Result<(), HearError> {
        let (user, id) = (speaker.row.end_user_id, &speaker.connection.id);
        let kept = self.log.after(user, web::read_after(has, head.last), READ).await?;
        let kept: Vec<(u64, Vec<u8>)> =
            kept.into_iter().map(|(seq, frame)| (seq, web::stamp(frame.as_bytes(), seq))).collect();
        let Replay { count, told } = web::replay(has, head.last, &kept);
        for (_, frame) in kept.iter().take(count) {
            if !self.frames.send(id, Some(user), frame).await {
                return Ok(());
            }
        }
        if let Some((event, data)) = told {
            self.answer(speaker, &Answer::Event { event, data }).await;
        }
        Ok(())
    }

    /// The choices that are offered now.
    async fn keyboard(&self, user: EndUserId, head: Head) -> Result<Option<Value>, StoreError> {
        let Some(seq) = head.keyboard else { return Ok(None) };
        let frame = self.log.frame(user, seq).await?.unwrap_or_default();
        Ok(serde_json::from_str::<Value>(&frame).ok().and_then(|mut frame| Some(frame.get_mut("keyboard")?.take())))
    }

    /// What was said before a frame, the oldest first.
    pub(super) async fn history(
        &self,
        speaker: &Speaker<'_>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<(), HearError> {
        let user = speaker.row.end_user_id;
        let mut before = before.unwrap_or(u64::MAX);
        let mut items: Vec<Value> = Vec::new();
        let mut more = true;
        for _ in 0..PAGES {
            let page = self.log.before(user, before, PAGE).await?;
            let Some((oldest, _)) = page.last() else {
                more = false;
                break;
            };
            before = *oldest;
            let stamped = page.iter().map(|(seq, frame)| web::stamp(frame.as_bytes(), *seq));
            let read = stamped.filter_map(|frame| serde_json::from_slice::<Value>(&frame).ok());
            items.extend(read.filter(|frame| frame["type"] != "KEYBOARD"));
            if items.len() > limit {
                break;
            }
        }
        more |= items.len() > limit;
        items.truncate(limit);
        items.reverse();
        let (items, cut) = web::history(items);
        self.answer(speaker, &Answer::History { items, more: more || cut }).await;
        Ok(())
    }
}
