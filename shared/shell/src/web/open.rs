//! The first frame of a connection: who is there, what was missed, and whether a conversation begins.
//!
//! | step | if the process dies after it |
//! | --- | --- |
//! | 1. Where a conversation begins, the log names it, unless another `open` was first | no CONTEXT: the browser connects anew after ten seconds. Its `open`, or anybody else's, finds what begins, and does the rest |
//! | 2. The socket is sent what its user is sent | the same; the row is found dead or expires |
//! | 3. The queue hears of the opening, where it means something | the same; what it hears again has the same ids |
//! | 4. CONTEXT | the browser may lack frames, sees the numbers rise, and opens again |
//! | 5. What was missed | |
//!
//! The log is read after CONTEXT was posted. So whatever came to the socket before CONTEXT is among what is replayed, and
//! a browser may pass over all that comes before.

use flow::Session;
use model::{Context, ConversationId, EndUserId, EpochMillis, Navigation, PlatformType};
use platforms::web::{self, Answer, Beginning, Begins, EventName, Open, Opening, Replay, Standing};
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
/// Whoever loses to another finds what that one began.
const TRIES: usize = 5;

/// Where a customer's conversations stand, as the session and the log tell it.
pub(super) struct Stands {
    pub(super) live: Option<ConversationId>,
    pub(super) announced: Option<Beginning>,
    /// What was announced is still to come, and goes before what is live.
    pub(super) is_awaited: bool,
}

impl Stands {
    pub(super) fn of(speaker: &Speaker<'_>, session: Option<&Session>, head: &Head, now: EpochMillis) -> Self {
        let timeout_ms = speaker.brain.bot.preference().session_timeout_ms;
        let live = session.and_then(|session| session.live(now, timeout_ms)).map(|talk| talk.id);
        let last = session.and_then(|session| session.end_user.last_conversation_id);
        let was_handled = |id| session.is_some_and(|session| session.seen.holds(id));
        let announced = head.begins.as_deref().and_then(Beginning::read);
        let is_awaited = announced
            .as_ref()
            .is_some_and(|announced| speaker.web.is_awaited(announced, (live, last), was_handled, timeout_ms, now));
        Self { live, announced, is_awaited }
    }
}

impl WebChat {
    pub(super) async fn open(&self, speaker: &Speaker<'_>, event: &EventName, open: &Open) -> Result<(), HearError> {
        let Speaker { web, row, connection, .. } = speaker;
        let user = row.end_user_id;
        let (mut lost, mut tries) = (None, 0);
        let (session, head, opening) = loop {
            let (session, head) = futures::try_join!(self.sessions.load(user, true), self.log.head(user))?;
            let session = session.map(|(session, _)| session);
            let stands = Stands::of(speaker, session.as_ref(), &head, event.at);
            let known = session.as_ref().map(|session| session.end_user.params.clone()).unwrap_or_default();
            let standing = Standing {
                live: stands.live,
                announced: stands.announced.as_ref(),
                is_awaited: stands.is_awaited,
                params: &known,
                lost: lost.as_ref(),
            };
            let opening = web.open(open, connection, event, standing);
            let Begins::Now(beginning) = &opening.begins else { break (session, head, opening) };
            if self.log.begin(user, head.begins.as_deref(), &beginning.to_json(), event.at).await? {
                self.witness.reached(Point::Begun).await;
                break (session, head, opening);
            }
            tries += 1;
            if tries == TRIES {
                return Err(StoreError::Conflict.into());
            }
            lost = Some(beginning.clone());
        };
        let Opening { conversation_id, begins, inbounds } = opening;

        let row = WebConnection { opened: true, ..row.clone() };
        self.connections.open(&row).await?;
        self.remember(&row, clock::now());
        self.witness.reached(Point::Registered).await;

        let resumed = begins == Begins::No;
        let going_on = session.as_ref().filter(|_| resumed);
        let going_on = going_on.and_then(|session| session.conversation(clock::now())?.context);
        let mut context = going_on.unwrap_or_else(|| Context {
            bot_id: web.bot_id().clone(),
            conversation_id,
            end_user_id: Some(user),
            manual: None,
            navigation: Navigation::default(),
            params: session.map(|session| session.end_user.params).unwrap_or_default(),
            platform: PlatformType::Web,
            user_key: connection.user_key.clone(),
        });
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
        let keyboard = if resumed { self.keyboard(user, &head).await? } else { None };
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
        self.replay(speaker, open.last_seq, &head).await
    }

    async fn replay(&self, speaker: &Speaker<'_>, has: u64, head: &Head) -> Result<(), HearError> {
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
    async fn keyboard(&self, user: EndUserId, head: &Head) -> Result<Option<Value>, StoreError> {
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
