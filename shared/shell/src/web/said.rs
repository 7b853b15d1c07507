//! A customer's message: known by the browser's own id, kept, queued, acknowledged, shown to the other tabs.
//!
//! | step | if the process dies after it |
//! | --- | --- |
//! | 1. Into the log, under the inbound's id | no ACK: the browser says it again, and gets the same number and the same time |
//! | 2. To `inbound.fifo` | the same; the queue and the session know the inbound |
//! | 3. The log knows that the queue has it | the same, and it is not queued again |
//! | 4. ACK | the other tabs see it when they next resume |
//! | 5. To everybody's tabs | |
//!
//! The log comes before the queue, so that no answer stands in it above what it answers. What the queue refused stands in
//! it without an answer until the browser says it again.

use model::{ContentType, ConversationId, InboundKind, Message, MessageData};
use platforms::web::{self, Answer, Code, Complaint, Content, EventName, Said};
use store::Appended;
use tracing::{info, warn};

use super::open::Stands;
use super::{HearError, Point, Speaker, WebChat};

impl WebChat {
    pub(super) async fn say(&self, speaker: &Speaker<'_>, event: &EventName, said: &Said) -> Result<(), HearError> {
        let Speaker { web, row, connection, .. } = speaker;
        let user = row.end_user_id;
        let id = web.said_id(said, connection);
        let key = id.to_string();
        let _turn = match &self.queues {
            Some(queues) => Some(queues.turn(user).await),
            None => None,
        };
        let (known, session, head) =
            futures::try_join!(self.log.by_key(user, &key), self.sessions.load(user, true), self.log.head(user))?;
        let ack = |kept: store::KeptFrame, duplicate| Answer::Ack {
            client_message_id: &said.client_message_id,
            message_id: model::MessageId::of(id, 0, kept.at),
            seq: kept.seq,
            timestamp: kept.at,
            duplicate,
        };
        if let Some(kept) = known.filter(|kept| kept.done) {
            self.answer(speaker, &ack(kept, true)).await;
            return Ok(());
        }
        let content = match (&said.content, known) {
            // It was looked at before, and what is in the log counts.
            (Ok(content), Some(_)) => Ok(content.clone()),
            (Ok(content), None) => self.looked_at(said, content.clone()).await?,
            (Err(complaint), _) => Err(complaint.clone()),
        };
        let content = match content {
            Ok(content) => content,
            Err(complaint) => {
                self.answer(speaker, &web::complain(&complaint)).await;
                return Ok(());
            }
        };
        let at = known.map_or(event.at, |kept| kept.at);
        let session = session.map(|(session, _)| session);
        let stands = Stands::of(speaker, session.as_ref(), &head, at);
        // What begins goes before what is live, and before this message, should whoever announced it have died.
        let awaited = stands.announced.filter(|_| stands.is_awaited);
        let awaited = awaited.map(|beginning| web.announce(&beginning, &connection.user_key));
        let (begins, mut inbounds) = awaited.map_or((None, Vec::new()), |(id, inbounds)| (Some(id), inbounds));
        let conversation_id = begins.or(stands.live);
        let (mut inbound, message_id) = web.said(said, content, connection, at);
        let InboundKind::Message { data, .. } = &inbound.kind else { return Ok(()) };
        let frame = web::heard_frame(
            &Message {
                id: message_id,
                end_user_id: user,
                conversation_id: conversation_id.unwrap_or_else(|| ConversationId::of(id, at)),
                request_id: Some(id),
                is_user: true,
                meta: None,
                data: data.clone(),
                timestamp: at,
            },
            &said.client_message_id,
        )
        .to_string();
        let appended = self.frames.keep(user, &key, &frame, at, Some(head.last)).await?;
        self.witness.reached(Point::Kept).await;
        let kept = appended.kept();
        let duplicate = matches!(appended, Appended::Before(_));
        // What is queued is what is kept: of two at the same time, and of one that is said again in other words.
        (inbound.timestamp, inbound.received_at) = (kept.at, kept.at);
        let stored = if duplicate { self.log.frame(user, kept.seq).await? } else { None };
        let first = stored.as_deref().and_then(|frame| web::heard_data(frame.as_bytes()));
        if let (InboundKind::Message { data, .. }, Some(first)) = (&mut inbound.kind, first) {
            *data = first;
        }
        if !kept.done {
            inbounds.push(inbound);
            self.inbound.send(inbounds).await?;
            self.witness.reached(Point::Queued).await;
            self.log.done(user, &key).await?;
            self.witness.reached(Point::Marked).await;
            info!(bot.id = %web.bot_id(), inbound.id = %id, "Queued a message of web chat");
        }
        self.answer(speaker, &ack(kept, duplicate)).await;
        self.witness.reached(Point::Acknowledged).await;
        let frame = stored.unwrap_or(frame);
        // It was acknowledged, and it is in the log: a tab that was not told sees a hole in the numbers.
        if let Err(error) = self.frames.post(user, &web::stamp(frame.as_bytes(), kept.seq)).await {
            warn!(%error, "Nobody could be told of a message");
        }
        Ok(())
    }

    /// An upload is asked once what it is: the browser's word is not taken for it.
    async fn looked_at(&self, said: &Said, mut content: Content) -> Result<Result<Content, Complaint>, HearError> {
        let MessageData::Media { media, .. } = &mut content.data else { return Ok(Ok(content)) };
        let bad = Complaint {
            client_message_id: Some(said.client_message_id.clone()),
            ..Complaint::new(Code::BadUri, "media.uri is the `uri` of an upload that is there")
        };
        let kind = self.world.kind(&media.uri).await.map_err(HearError::Upload)?;
        media.content_type = match kind.as_deref().and_then(|kind| kind.split('/').next()) {
            Some("image") => ContentType::Image,
            Some("video") => ContentType::Video,
            Some("audio") => ContentType::Audio,
            _ => return Ok(Err(bad)),
        };
        Ok(Ok(content))
    }
}
