//! The conversation worker: load the session, run the bot, store once, act.
//!
//! What a turn says is stored with the session before any of it is said. A worker that dies anywhere gets the message
//! again from the queue, finds the turn, and says what is still to be said: ids and keys come from the inbound's own id,
//! so that doing it twice is harmless.

use std::sync::Arc;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use delivery::{Bundle, Webhook};
use flow::{Answer, Begin, Channel as Way, Late, Session, Stepped, Talk, Turn};
use model::time::EpochSeconds;
use model::{
    AgentCalls, BotId, ConversationId, EndUserId, EpochMillis, Event, EventData, EventType, Inbound, InboundId,
    InboundKind, Message, PlatformType, Queued,
};
use platforms::Channel;
use serde::Deserialize;
use serde_json::Value;
use store::{Messages, Sessions, StoreError, Timers, Usage, Version, WebConnections, WebFrames, Webhooks};
use tracing::{error, info, warn};

use crate::aws::Aws;
use crate::bots::{Brain, Brains};
use crate::cache::Cache;
use crate::clock;
use crate::config::ConversationConfig;
use crate::guard::Reach;
use crate::metrics::{self, Metric};
use crate::queue::{EventsQueue, InboundQueue, QueueError};
use crate::records::{BatchItemFailure, BatchResponse, each_in_order};
use crate::voice::{Voice, closing, taken};
use crate::web::frames::Frames;
use crate::web::sockets::Sockets;
pub use crate::witness::{Point, Witness};
use crate::world::World;

/// What is done for a turn that is stored.
struct Act<'a> {
    inbound: &'a Inbound,
    brain: &'a Brain,
    webhooks: &'a [Webhook],
    /// It was stored by an earlier try.
    again: bool,
    /// No call to a messenger is begun later.
    by: EpochMillis,
}

#[derive(Debug)]
pub struct Conversation {
    brains: Brains,
    sessions: Sessions,
    webhooks: Webhooks,
    webhooks_of: Cache<BotId, Arc<Vec<Webhook>>>,
    timers: Timers,
    usage: Usage,
    messages: Messages,
    used: Cache<(BotId, String), i64>,
    inbound: InboundQueue,
    events: EventsQueue,
    voice: Voice,
    world: World,
    witness: Witness,
}

/// What the function is invoked with: a batch of `inbound.fifo`, or of the stream of the sessions' table.
#[derive(Debug)]
pub enum Invocation {
    Messages(SqsEvent),
    Timers(Value),
}

/// Why a message must be handed out again.
#[derive(Debug, thiserror::Error)]
enum TurnError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("the messenger is not to be had: {0}")]
    Messenger(String),
}

/// A turn may think this long altogether; then what it has is said.
const TURN_MS: i64 = 25_000;
/// A batch begins no further turn after so long, or it would still run when the queue hands the rest to another worker.
const BEGIN_MS: i64 = 4_000;
/// And no further call to a messenger after so long.
const SAY_MS: i64 = 28_000;
/// LINE knows a retry key for a day; what is older could arrive twice, and nobody waits for it.
const GIVE_UP_MS: i64 = 24 * 60 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// With so many scripts that never end a process is better replaced.
const STUCK: usize = 4;
/// Two workers with one customer's session happen only when a queue's visibility ran out.
const COMMITS: usize = 3;

impl Conversation {
    pub fn new(aws: &Aws, config: &ConversationConfig, reach: Reach) -> Self {
        let dynamodb = aws.dynamodb.clone();
        let bots = store::Bots::new(dynamodb.clone(), &config.tables.bots);
        let frames = config.web_callback_url.as_ref().filter(|_| !config.tables.web.is_empty()).map(|url| {
            let table = &config.tables.web;
            let sockets = Sockets::new(url, aws.account.clone());
            Frames::new(WebFrames::new(dynamodb.clone(), table), WebConnections::new(dynamodb.clone(), table), sockets)
        });
        Self {
            brains: Brains::new(bots, &config.public_url, config.bot_cache_ms),
            sessions: Sessions::new(dynamodb.clone(), &config.tables.sessions),
            webhooks: Webhooks::new(dynamodb, &config.tables.webhooks),
            webhooks_of: Cache::new(config.bot_cache_ms),
            timers: Timers::new(aws.dynamodb.clone(), &config.tables.sessions),
            usage: Usage::new(aws.dynamodb.clone(), &config.tables.sessions),
            messages: Messages::new(aws.dynamodb.clone(), &config.tables.messages),
            used: Cache::new(config.bot_cache_ms),
            inbound: InboundQueue::new(aws.sqs.clone(), &config.inbound_queue),
            events: EventsQueue::new(aws.sqs.clone(), &config.events_queue),
            voice: Voice::new(config.hosts.clone(), reach, frames),
            world: World::new(aws, config.mail.clone(), reach),
            witness: Witness::default(),
        }
    }

    pub fn with_witness(self, witness: Witness) -> Self {
        Self { witness, ..self }
    }

    /// Scripts that never end have most of the processor. Who sees this before it has begun anything should end: the messages
    /// come again to another process.
    pub fn is_worn_out() -> bool {
        sandbox::stuck() >= STUCK
    }

    pub async fn handle(&self, invocation: Invocation) -> BatchResponse {
        let response = match invocation {
            Invocation::Messages(event) => {
                let started = clock::now();
                each_in_order(event, &self.inbound, |record| self.record(record, started)).await
            }
            Invocation::Timers(event) => self.ring(&event).await,
        };
        metrics::flush();
        response
    }

    /// Timers that rang become ordinary inbounds of their customers, so that an expiry too comes in its order.
    async fn ring(&self, event: &Value) -> BatchResponse {
        for record in event["Records"].as_array().into_iter().flatten() {
            let sent = match store::removed(record) {
                None => Ok(()),
                Some(Ok(inbound)) => self
                    .inbound
                    .send(vec![Inbound { received_at: clock::now(), ..inbound }])
                    .await
                    .map_err(TurnError::from),
                Some(Err(error)) => {
                    // One that cannot be read must not hold up everybody's; the next message applies the expiry.
                    error!(%error, "A timer cannot be read");
                    Ok(())
                }
            };
            if let Err(error) = sent {
                error!(%error, "An expiry could not be queued");
                // A stream goes on from the first that failed.
                let item_identifier = record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default().to_owned();
                return BatchResponse { batch_item_failures: vec![BatchItemFailure { item_identifier }] };
            }
        }
        BatchResponse::default()
    }

    /// True when the message is finished with.
    async fn record(&self, record: SqsMessage, started: EpochMillis) -> bool {
        if clock::now().since(started) > BEGIN_MS {
            return false;
        }
        let first = record.attributes.get("ApproximateReceiveCount").is_some_and(|count| count == "1");
        let body = record.body.unwrap_or_default();
        let Queued::V1(inbound) = match serde_json::from_str(&body) {
            Ok(queued) => queued,
            Err(error) => {
                // Kept for the dead-letter queue: a later version may read it.
                metrics::count(Metric::TurnsFailed, 1);
                error!(message.id = record.message_id, reason = ?error.classify(), "A message on the queue cannot be read");
                return false;
            }
        };
        let (platform, bot_id, id) = (inbound.platform, &inbound.bot_id, inbound.id);
        match self.turn(&inbound, first, started.plus_ms(SAY_MS)).await {
            Ok(()) => true,
            Err(error) => {
                metrics::count(Metric::TurnsFailed, 1);
                error!(%platform, bot.id = %bot_id, inbound.id = %id, kind = inbound.kind.name(), %error, "A turn must be taken again");
                false
            }
        }
    }

    /// `first`: the queue hands it out for the first time.
    async fn turn(&self, inbound: &Inbound, first: bool, by: EpochMillis) -> Result<(), TurnError> {
        let (platform, bot_id, id) = (inbound.platform, &inbound.bot_id, inbound.id);
        let Some(brain) = self.brains.get(bot_id, clock::now()).await? else {
            warn!(%platform, bot.id = %bot_id, inbound.id = %id, "There is no bot `{bot_id}` to answer");
            return Ok(());
        };
        let webhooks = self.webhooks_of(bot_id).await?;
        let channel = brain.channel(platform);
        for _ in 0..COMMITS {
            let (session, version) = match self.sessions.load(inbound.session_id(), true).await? {
                Some((session, version)) => (Some(session), version),
                None => (None, Version::NONE),
            };
            self.witness.reached(Point::Loaded).await;
            if let Some(session) = &session
                && session.turns.iter().any(|turn| turn.owed && turn.origin.id != id)
            {
                // Debts first: what comes later must not overtake them, nor pile up on them.
                let act = Act { inbound, brain: &brain, webhooks: &webhooks, again: false, by };
                self.act(act, session.clone(), version).await?;
                continue;
            }
            let beyond_plan = self.beyond_plan(&brain, bot_id).await?;
            let way = Way { beyond_plan, ..way(channel, session.as_ref(), inbound) };
            let before = session.as_ref().and_then(|session| session.talk.clone());
            let former = self.former(&brain, session.as_ref(), inbound).await?;
            let bot = &former.as_ref().unwrap_or(&brain).bot;
            let mut begun = flow::begin(bot, session, inbound, way, clock::now());
            if let Begin::Run(handling) = &mut begun {
                handling.of_live(&brain.bot);
            }
            match begun {
                Begin::Nothing if self.expects_again(inbound, &brain, before.as_ref()).await? => return Ok(()),
                Begin::Nothing => {
                    info!(%platform, bot.id = %bot_id, inbound.id = %id, kind = inbound.kind.name(), "Nothing to do");
                    return Ok(());
                }
                // The messenger sent it again after all was done: the first, which stood before it in the queue, is gone.
                Begin::Again(session) if first && session.turn(id).is_some_and(|turn| !turn.owed) => {
                    info!(%platform, bot.id = %bot_id, inbound.id = %id, "Sent again by `{platform}`, and done before");
                    return Ok(());
                }
                Begin::Again(session) => {
                    warn!(%platform, bot.id = %bot_id, inbound.id = %id, "Doing the rest of a turn again");
                    let act = Act { inbound, brain: &brain, webhooks: &webhooks, again: true, by };
                    return self.act(act, *session, version).await;
                }
                Begin::Run(handling) => {
                    let mut session = self.run(*handling, inbound).await;
                    if webhooks.is_empty() && brain.bot.preference().history_days == 0 {
                        let channel = brain.channel(platform);
                        let tells = |event: &Event, channel: &dyn Channel| {
                            // What is said parts what is told before it from what is told after.
                            event.event == EventType::MessageSent || channel.tell(event, inbound).is_some()
                        };
                        let shown = channel.filter(|channel| channel.web().is_some());
                        let told = |event: &Event| shown.is_some_and(|channel| tells(event, channel));
                        session.turns.iter_mut().for_each(|turn| turn.events.retain(told));
                    }
                    self.witness.reached(Point::Ran).await;
                    let mut saved = self.sessions.save(&session, version).await;
                    if matches!(saved, Err(StoreError::TooLarge)) {
                        // Old turns and late replies are a convenience; a customer who gets no answer any more is none.
                        session.lighten(id);
                        saved = self.sessions.save(&session, version).await;
                    }
                    match saved {
                        Ok(version) => {
                            self.witness.reached(Point::Committed).await;
                            metrics::count(Metric::Turns, 1);
                            let act = Act { inbound, brain: &brain, webhooks: &webhooks, again: false, by };
                            self.act(act, session, version).await?;
                            metrics::time(Metric::ReplyMs, clock::now().since(inbound.received_at));
                            return Ok(());
                        }
                        Err(StoreError::Conflict) => {}
                        Err(StoreError::TooLarge) => {
                            // It would be as large each time, and ask the bot's servers each time.
                            metrics::count(Metric::TurnsLost, 1);
                            error!(%platform, bot.id = %bot_id, inbound.id = %id, "A turn is larger than an item: it is undone");
                            return self.undo(inbound).await;
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Whether the month's people are more than the bot's plan is for. Looked up once in a while, and only where there is
    /// a limit.
    async fn beyond_plan(&self, brain: &Brain, bot_id: &BotId) -> Result<bool, StoreError> {
        let plan = brain.bot.plan();
        let Some(limit) = plan.monthly_users else { return Ok(false) };
        let now = clock::now();
        let key = (bot_id.clone(), plan.month(now));
        let used = self.used.get(&key, now, |_| self.usage.read(bot_id, &key.1)).await?;
        Ok(used > limit)
    }

    /// The version that the conversation began with, when another is live by now.
    async fn former(
        &self,
        brain: &Brain,
        session: Option<&Session>,
        inbound: &Inbound,
    ) -> Result<Option<Arc<Brain>>, StoreError> {
        let timeout_ms = brain.bot.preference().session_timeout_ms;
        let version = session.and_then(|session| session.bot_version(inbound.received_at, timeout_ms));
        match version.filter(|version| Some(*version) != brain.bot.version()) {
            Some(version) => {
                let former = self.brains.version(&inbound.bot_id, version, clock::now()).await?;
                // By its own measure the conversation may be over, and the next one begins with the live bot.
                Ok(former.filter(|former| {
                    let timeout_ms = former.bot.preference().session_timeout_ms;
                    session.is_some_and(|session| session.bot_version(inbound.received_at, timeout_ms).is_some())
                }))
            }
            None => Ok(None),
        }
    }

    /// The session stays as it was before the turn, and knows that it was taken.
    async fn undo(&self, inbound: &Inbound) -> Result<(), TurnError> {
        if let Some((mut session, version)) = self.sessions.load(inbound.session_id(), true).await? {
            session.seen.push(inbound.id);
            self.sessions.save(&session, version).await?;
        }
        Ok(())
    }

    async fn run(&self, mut handling: flow::Handling<'_>, inbound: &Inbound) -> Session {
        let started = clock::now();
        let mut answer = None;
        loop {
            match handling.step(answer.take()) {
                Stepped::Ask(ask) => {
                    // A messenger that waits less gets an interim answer, and this one late.
                    let left = u32::try_from(started.plus_ms(TURN_MS).since(clock::now())).unwrap_or_default();
                    answer = Some(match left {
                        0 => Answer::OutOfTime,
                        left => self.world.ask(ask.within(left)).await,
                    });
                }
                Stepped::Done { session, problems } => {
                    for problem in problems {
                        let (platform, bot_id, id) = (inbound.platform, &inbound.bot_id, inbound.id);
                        warn!(%platform, bot.id = %bot_id, inbound.id = %id, %problem, "A bot had a problem");
                    }
                    return *session;
                }
            }
        }
    }

    /// Says what the turn says. An older turn comes first when it is still owed.
    async fn act(&self, act: Act<'_>, mut session: Session, version: Version) -> Result<(), TurnError> {
        let Act { inbound, brain, webhooks, again, by } = act;
        if let Some(talk) = &session.talk {
            let began = |turn: &Turn| talk.id == ConversationId::of(turn.origin.id, turn.origin.received_at);
            if session.turns.iter().any(|turn| (turn.origin.id == inbound.id || turn.owed) && began(turn)) {
                self.set_timer(inbound, brain, talk).await?;
            }
        }
        let session_id = session.end_user.id;
        let mut result = Ok(());
        let mut changed = false;
        let mut undeliverable = Vec::new();
        for turn in &mut session.turns {
            let current = turn.origin.id == inbound.id;
            if !current && !turn.owed {
                continue;
            }
            let before = turn.sent;
            // What comes later must not overtake what failed.
            if result.is_ok() {
                let repeated = again || turn.owed;
                let channel = brain.channel(inbound.platform);
                let spoken = self.voice.say(turn, channel, repeated, by, &self.witness).await;
                undeliverable.extend(spoken.undeliverable);
                let sent = match spoken.failed {
                    Some(reason) => Err(TurnError::Messenger(reason)),
                    None if spoken.closed => self.inbound.send(vec![closing(turn)]).await.map_err(TurnError::from),
                    None => Ok(()),
                };
                // A messenger that is down does not hold up what the company is told, and is no reason to tell it again.
                let mut told = self.tell(&turn.events, webhooks).await;
                if told.is_ok() {
                    told = self.keep(session_id, turn, brain.bot.preference().history_days).await;
                }
                // Those that the messenger shows are counted among its calls, which must stay the same.
                let shown = channel
                    .is_some_and(|channel| turn.events.iter().any(|event| channel.tell(event, &turn.origin).is_some()));
                if sent.is_err() && told.is_ok() && !turn.events.is_empty() && !shown {
                    turn.events.clear();
                    changed = true;
                }
                result = sent.and(told);
                // Rather one too few, where a worker died, than one more for each time that a messenger sends it again.
                for counter in turn.counts.iter().filter(|_| !repeated) {
                    if let Err(error) = self.usage.add(&turn.origin.bot_id, counter, clock::now()).await {
                        // No reason to say the turn again.
                        error!(bot.id = %turn.origin.bot_id, counter, %error, "A use was not counted");
                    }
                }
                if let Err(error) = &result
                    && clock::now().since(turn.origin.received_at) > GIVE_UP_MS
                {
                    let (platform, bot_id, id) = (turn.origin.platform, &turn.origin.bot_id, turn.origin.id);
                    metrics::count(Metric::TurnsLost, 1);
                    error!(%platform, bot.id = %bot_id, inbound.id = %id, %error, "A reply is given up after a day");
                    result = Ok(());
                }
            }
            let owed = result.is_err();
            changed |= turn.owed != owed || (owed && turn.sent != before);
            turn.owed = owed;
        }
        for late in undeliverable {
            session.keep_late(late);
            changed = true;
        }
        if changed {
            // So that a later turn does not push it out, should this message end in the dead-letter queue.
            self.settle(session, version).await?;
        }
        result
    }

    /// Stores what was done. Where somebody else wrote meanwhile, into what they wrote: their copy still owes it.
    async fn settle(&self, session: Session, version: Version) -> Result<(), StoreError> {
        let id = session.end_user.id;
        let (mut current, mut version) = (session.clone(), version);
        for _ in 0..COMMITS {
            match self.sessions.save(&current, version).await {
                Ok(_) => return Ok(()),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
            let Some((theirs, newer)) = self.sessions.load(id, true).await? else { return Ok(()) };
            (current, version) = (theirs, newer);
            current.settle(&session);
        }
        Err(StoreError::Conflict)
    }

    /// An expiry that came while the conversation goes on is set anew. True if it was.
    async fn expects_again(&self, inbound: &Inbound, brain: &Brain, talk: Option<&Talk>) -> Result<bool, StoreError> {
        match (&inbound.kind, talk) {
            (InboundKind::Expired { conversation_id }, Some(talk)) if talk.id == *conversation_id => {
                self.set_timer(inbound, brain, talk).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Makes sure that the conversation ends also when the customer never comes back. Once per conversation, not per
    /// turn: when it rings too early it is set anew.
    async fn set_timer(&self, inbound: &Inbound, brain: &Brain, talk: &Talk) -> Result<(), StoreError> {
        let ends = talk.last_message_at.plus_ms(brain.bot.preference().session_timeout_ms);
        // Whole seconds, and not before its time.
        let expires = EpochSeconds(ends.seconds().0 + 1);
        let (bot_id, platform) = (inbound.bot_id.clone(), inbound.platform);
        let timer = Inbound {
            id: InboundId::of(&bot_id, platform, &format!("expiry {} {}", talk.id, expires.0)),
            bot_id,
            platform,
            user_key: inbound.conversation_key.clone(),
            conversation_key: inbound.conversation_key.clone(),
            timestamp: ends,
            received_at: ends,
            answer_by: None,
            reply_to: Value::Null,
            kind: InboundKind::Expired { conversation_id: talk.id },
        };
        self.timers.set(&timer, expires).await
    }

    /// The turn's events, to the queue of each webhook that wants them.
    async fn tell(&self, events: &[Event], webhooks: &[Webhook]) -> Result<(), TurnError> {
        let bundles: Vec<(&Webhook, Bundle)> = webhooks
            .iter()
            .filter_map(|webhook| {
                let events: Vec<Event> = events.iter().filter(|event| webhook.wants(event.event)).cloned().collect();
                let bundle = Bundle { bot_id: webhook.bot_id.clone(), webhook_id: webhook.id, events };
                (!bundle.events.is_empty()).then_some((webhook, bundle))
            })
            .collect();
        if !bundles.is_empty() {
            self.events.send(bundles).await?;
            self.witness.reached(Point::Enqueued).await;
        }
        Ok(())
    }

    /// What was said in the turn, for bots that keep it.
    async fn keep(&self, session_id: EndUserId, turn: &Turn, days: u16) -> Result<(), TurnError> {
        if days == 0 {
            return Ok(());
        }
        let expires = turn.at.plus_ms(i64::from(days) * DAY_MS);
        let said = |event: &Event| match &event.data {
            EventData::Message(message) => Some((**message).clone()),
            EventData::Bot(_) | EventData::EndUser(_) | EventData::Conversation(_) => None,
        };
        let messages: Vec<Message> = turn.events.iter().filter_map(said).collect();
        self.messages.keep(session_id, (turn.origin.id, turn.at), &messages, expires).await?;
        Ok(())
    }

    async fn webhooks_of(&self, bot_id: &BotId) -> Result<Arc<Vec<Webhook>>, StoreError> {
        let load = |_| async { self.webhooks.of_bot(bot_id).await.map(Arc::new) };
        self.webhooks_of.get(bot_id, clock::now(), load).await
    }
}

/// How the channel takes its replies, and for a late one what can be done about it.
fn way(channel: Option<&dyn Channel>, session: Option<&Session>, inbound: &Inbound) -> Way {
    let numbers_choices = channel.is_some_and(Channel::numbers_choices);
    // The preview has nobody to call.
    let agents = channel.map_or(AgentCalls::Button, Channel::agent_calls);
    let Some(synchronous) = channel.and_then(Channel::synchronous) else {
        // The preview reads its replies from the session, too.
        return Way {
            synchronous: inbound.platform == PlatformType::Test,
            late: Late::Keep,
            numbers_choices,
            agents,
            beyond_plan: false,
        };
    };
    let late = match inbound.kind {
        InboundKind::Late { of } => match session.and_then(|session| session.turn(of)) {
            Some(turn) if !taken(synchronous, turn) => Late::Sent,
            Some(turn) if synchronous.late(&turn.reply, &turn.origin, clock::now()).is_some() => Late::Send,
            Some(_) | None => Late::Keep,
        },
        InboundKind::Message { .. }
        | InboundKind::Opened { .. }
        | InboundKind::Joined { .. }
        | InboundKind::Updated { .. }
        | InboundKind::Left { .. }
        | InboundKind::Unfriended { .. }
        | InboundKind::Closed { .. }
        | InboundKind::Echo { .. }
        | InboundKind::AgentJoined { .. }
        | InboundKind::AgentSaid { .. }
        | InboundKind::AgentLeft { .. }
        | InboundKind::Moved { .. }
        | InboundKind::Collect
        | InboundKind::Expired { .. } => Late::Keep,
    };
    Way { synchronous: true, late, numbers_choices, agents, beyond_plan: false }
}

impl<'de> Deserialize<'de> for Invocation {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Value::deserialize(deserializer)?;
        if event["Records"][0]["eventSource"] == "aws:dynamodb" {
            return Ok(Self::Timers(event));
        }
        serde_json::from_value(event).map(Self::Messages).map_err(serde::de::Error::custom)
    }
}
