//! One inbound, one turn: life-cycle of customer and conversation around a run of the flow, and the events of it all.
//!
//! Pure. [`begin`] decides what an inbound means for a session; [`Handling::step`] runs the bot and yields the session to
//! store, with the turn inside. The caller asks the world where the bot asks, stores once, and acts.

use model::{
    Agent, AgentCalls, ConversationId, EndUser, EpochMillis, Event, EventData, EventId, EventType, Inbound,
    InboundKind, Keyboard, ManualStatus, Message, MessageData, MessageId, Meta, Params, PlatformType, Reply, Sender,
    SourceType,
};

use serde_json::{Map, Value, json};

use crate::limits;
use crate::session::{LATE_MS, LateReply, Session, Talk, Turn};
use crate::{Answer, Ask, Bot, Done, Ids, Input, Kept, Plan, Problem, Run, Said, State, Step};

/// After the last word of an agent who did not take leave, the bot may answer again.
const AGENT_MS: i64 = 60 * 60 * 1000;
/// A text that every messenger shows in one piece; SMS numbers its choices below it.
const SIGNED_CHARS: usize = 900;

/// How the messenger takes replies, as far as a turn cares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// It waits for the reply and reads it from the stored session.
    pub synchronous: bool,
    /// For [`InboundKind::Late`]: what can be done about the reply.
    pub late: Late,
    /// It has no buttons: the customer answers with the number or the label of a choice.
    pub numbers_choices: bool,
    /// Whether somebody of the company can answer there.
    pub agents: AgentCalls,
    /// More people use the bot this month than its plan is for: the plan's line stands below what it says.
    pub beyond_plan: bool,
}

/// What becomes of a reply that nobody took in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Late {
    /// It waits for the customer's next message.
    #[default]
    Keep,
    /// There is still a way to send it.
    Send,
    /// It was no answer to take, and was sent like on other channels.
    Sent,
}

/// What an inbound means.
#[derive(Debug)]
pub enum Begin<'a> {
    /// It was handled, and its turn is still in the session: its actions may be unfinished, and are safe to do again.
    Again(Box<Session>),
    /// It was handled and everything done, or there is nothing to do. Nothing to store.
    Nothing,
    /// Run it.
    Run(Box<Handling<'a>>),
}

/// A turn being taken.
#[derive(Debug)]
pub struct Handling<'a> {
    inbound: &'a Inbound,
    now: EpochMillis,
    channel: Channel,
    session: Session,
    events: Vec<Event>,
    messages: Vec<Message>,
    delays: Vec<u32>,
    keyboard: Option<Keyboard>,
    run: Option<Run<'a>>,
    plan: &'a Plan,
    bot_version: Option<i64>,
    late: bool,
    hand_over: bool,
}

#[derive(Debug)]
pub enum Stepped {
    Ask(Ask),
    /// To be stored. The turn is its last one.
    Done {
        session: Box<Session>,
        problems: Vec<Problem>,
    },
}

pub fn begin<'a>(
    bot: &'a Bot,
    session: Option<Session>,
    inbound: &'a Inbound,
    channel: Channel,
    now: EpochMillis,
) -> Begin<'a> {
    if let Some(session) = &session
        && session.seen.holds(inbound.id)
    {
        return match session.turn(inbound.id) {
            Some(_) => Begin::Again(Box::new(session.clone())),
            None => Begin::Nothing,
        };
    }
    let known = session.is_some();
    let session = session.unwrap_or_else(|| new_session(inbound));
    let mut handling = Handling {
        inbound,
        now,
        channel,
        session,
        events: Vec::new(),
        messages: Vec::new(),
        delays: Vec::new(),
        keyboard: None,
        run: None,
        plan: bot.plan(),
        bot_version: bot.version(),
        late: false,
        hand_over: false,
    };
    if handling.open(bot, known) { Begin::Run(Box::new(handling)) } else { Begin::Nothing }
}

impl<'a> Handling<'a> {
    /// Runs on. The first call gets no answer, each next the answer to the question before.
    pub fn step(&mut self, answer: Option<Answer>) -> Stepped {
        let mut problems = Vec::new();
        if let Some(run) = &mut self.run {
            match run.step(answer) {
                Step::Ask(ask) => return Stepped::Ask(ask),
                Step::Done(done) => problems = self.close(*done),
            }
        }
        let messages = std::mem::take(&mut self.messages);
        let reply = Reply { messages, keyboard: self.keyboard.take(), hand_over: self.hand_over };
        let mut turn = Turn::new(self.inbound, self.now, reply, std::mem::take(&mut self.events));
        turn.late = self.late;
        turn.delays = std::mem::take(&mut self.delays);
        if turn.reply_or_received(&self.inbound.kind) {
            let counters = self.plan.counters(self.inbound.platform, self.inbound.received_at);
            turn.counts = self.session.count(counters);
        }
        let mut session = self.session.clone();
        session.seen.push(self.inbound.id);
        session.push(turn, self.channel.synchronous);
        Stepped::Done { session: Box::new(session), problems }
    }

    /// A conversation that goes on with a former bot has the plan and the accounts of the live one.
    pub fn of_live(&mut self, live: &'a Bot) {
        self.plan = live.plan();
        if let Some(run) = &mut self.run {
            run.llm = live.llm.as_ref();
        }
    }

    /// What the inbound means for customer and conversation. False when it means nothing.
    fn open(&mut self, bot: &'a Bot, known: bool) -> bool {
        let inbound = self.inbound;
        match &inbound.kind {
            InboundKind::Message { data, meta, .. } => {
                self.expire(bot);
                self.arrive(known, None);
                self.converse();
                self.receive(data, meta);
                // A human owns the conversation: the bot hears, and says nothing.
                let agents = self.session.talk.as_ref().is_some_and(|talk| talk.agent.is_some());
                if !meta.standby && !self.agent_talks() {
                    self.collect();
                    // The agent went without a word.
                    let completed = bot.preference().completed_flow.filter(|_| agents);
                    self.start(
                        bot,
                        match completed {
                            Some(flow_id) => Input::Enter { flow_id, node_id: None },
                            None => Input::Message { data, payload: meta.payload.as_ref() },
                        },
                    );
                }
                true
            }
            InboundKind::Echo { data, meta, .. } => {
                self.expire(bot);
                self.arrive(known, None);
                self.converse();
                self.connect_agent();
                self.hear_agent(data, meta);
                true
            }
            InboundKind::AgentJoined { conversation_id, .. } => {
                let known = known && self.is_meant(*conversation_id, bot);
                if known {
                    self.expire(bot);
                    self.converse();
                    self.connect_agent();
                }
                known
            }
            InboundKind::AgentSaid { agent, data, custom, conversation_id } => {
                let known = known && self.is_meant(*conversation_id, bot);
                if known {
                    self.expire(bot);
                    self.converse();
                    self.connect_agent();
                    self.collect();
                    self.keyboard = None;
                    let meta = Meta { custom: custom.clone(), ..agent_meta(agent) };
                    let said = self.tell_message(EventType::MessageSent, data, &meta);
                    self.messages.extend(said);
                }
                known
            }
            InboundKind::AgentLeft { params, conversation_id } => {
                let known = known && self.is_meant(*conversation_id, bot);
                if !known {
                    return false;
                }
                let expired = known && self.expire(bot);
                let learned = known && self.learn(params);
                let left = self.disconnect_agent();
                if left && let Some(flow_id) = bot.preference().completed_flow {
                    self.converse();
                    self.collect();
                    self.start(bot, Input::Enter { flow_id, node_id: None });
                }
                if learned {
                    self.tell_end_user(EventType::EndUserUpdated);
                }
                left || learned || expired
            }
            InboundKind::Moved { flow_id, node_id, conversation_id } => {
                let known = known && self.is_meant(*conversation_id, bot);
                if known {
                    self.expire(bot);
                    self.converse();
                    if !self.agent_talks() {
                        // Nobody came so far, and nobody is waited for any more.
                        self.disconnect_agent();
                    }
                    self.collect();
                    self.start(bot, Input::Enter { flow_id: *flow_id, node_id: *node_id });
                }
                known
            }
            InboundKind::Opened { params, once } => {
                self.expire(bot);
                let going_on = self.session.talk.is_some();
                let learned = self.learn(params);
                self.arrive(known, None);
                self.converse();
                if !(*once && going_on) {
                    self.welcome(bot);
                } else if learned {
                    self.tell_conversation(EventType::ConversationUpdated);
                }
                true
            }
            InboundKind::Updated { params } => {
                let learned = self.learn(params);
                if self.session.end_user.deleted_at.is_some() {
                    // Nobody came back by that.
                    return learned;
                }
                self.arrive(known, Some(&Params::new()));
                true
            }
            InboundKind::Joined { params } => {
                self.arrive(known, Some(params));
                // Where a new friend can be answered at once, the room opens with it.
                if !inbound.reply_to.is_null() {
                    self.expire(bot);
                    self.converse();
                    self.welcome(bot);
                }
                true
            }
            InboundKind::Left { params } => {
                self.learn(params);
                self.end_talk(None);
                self.depart();
                true
            }
            InboundKind::Unfriended { params } => {
                self.learn(params);
                self.depart();
                true
            }
            InboundKind::Closed { conversation_id } => {
                let current = self.session.talk.as_ref().map(|talk| talk.id);
                known && (conversation_id.is_none() || *conversation_id == current) && self.end_talk(None)
            }
            InboundKind::Expired { conversation_id } => {
                let current = self.session.talk.as_ref().is_some_and(|talk| talk.id == *conversation_id);
                known && current && self.expire(bot)
            }
            InboundKind::Late { of } => {
                let Some(turn) = self.session.turn(*of) else { return false };
                let reply = turn.reply.clone();
                if reply.is_empty() {
                    return false;
                }
                match self.channel.late {
                    Late::Sent => return false,
                    Late::Send => {
                        self.collect();
                        self.keyboard = reply.keyboard;
                        self.messages.extend(reply.messages);
                        self.late = true;
                    }
                    Late::Keep => self.session.keep_late(LateReply { at: self.now, reply }),
                }
                true
            }
            InboundKind::Collect => {
                self.arrive(known, None);
                self.collect();
                true
            }
        }
    }

    /// First contact, or back after having left: the customer is announced.
    fn arrive(&mut self, known: bool, joined: Option<&Params>) {
        let user = &mut self.session.end_user;
        let back = user.deleted_at.take().is_some();
        user.updated_at = self.now;
        if let Some(params) = joined {
            user.params.extend(params.clone());
        }
        if !known || back {
            self.tell_end_user(EventType::EndUserCreated);
        } else if joined.is_some() {
            self.tell_end_user(EventType::EndUserUpdated);
        }
    }

    /// Gone, as far as the messenger tells. Of somebody whom we never spoke to the company is told all the same, as it
    /// may know the key.
    fn depart(&mut self) {
        self.session.end_user.deleted_at = Some(self.now);
        self.session.end_user.updated_at = self.now;
        self.tell_end_user(EventType::EndUserDeleted);
    }

    /// Takes over what the messenger tells of the customer; `null` takes a parameter away. True if that changed any.
    fn learn(&mut self, params: &Params) -> bool {
        let known = &mut self.session.end_user.params;
        let mut changed = false;
        for (name, value) in params {
            changed |= match value {
                Value::Null => known.remove(name).is_some(),
                value => known.insert(name.clone(), value.clone()).as_ref() != Some(value),
            };
        }
        changed
    }

    /// Whether the conversation that goes on is the one that somebody of the company means. One that had its time does not.
    fn is_meant(&self, conversation_id: Option<ConversationId>, bot: &Bot) -> bool {
        let Some(id) = conversation_id else { return true };
        let timeout_ms = bot.preference().session_timeout_ms;
        let talk = self.session.talk.as_ref().filter(|talk| talk.id == id);
        talk.is_some_and(|talk| self.inbound.received_at.since(talk.last_message_at) < timeout_ms)
    }

    /// Somebody of the company speaks: from now on the bot is silent.
    fn connect_agent(&mut self) {
        let at = self.inbound.received_at;
        let Some(talk) = &mut self.session.talk else { return };
        talk.set_manual(ManualStatus::Connected, at);
        if talk.agent.replace(at).is_none() {
            talk.state.agent_came();
            self.tell_conversation(EventType::AgentCallConnected);
        }
    }

    /// The agent is done, or will not come. False if there was none.
    fn disconnect_agent(&mut self) -> bool {
        let at = self.inbound.received_at;
        let Some(talk) = &mut self.session.talk else { return false };
        // Of a call that nobody took the company is told as of one that the customer took back.
        let (status, event) = match (talk.agent.take(), talk.state.calls_agent()) {
            (Some(_), _) => (ManualStatus::Completed, EventType::AgentCallDisconnected),
            (None, true) => (ManualStatus::Cancelled, EventType::AgentCallCancelled),
            (None, false) => return false,
        };
        talk.set_manual(status, at);
        talk.state.agent_done();
        self.tell_conversation(event);
        true
    }

    /// Whether the conversation is somebody's. An agent who went without a word does not silence the bot for ever.
    fn agent_talks(&mut self) -> bool {
        let now = self.inbound.received_at;
        let Some(Talk { agent: Some(at), .. }) = self.session.talk else { return false };
        if now.since(at) < AGENT_MS {
            return true;
        }
        self.disconnect_agent();
        false
    }

    /// A conversation, begun if there is none.
    fn converse(&mut self) {
        let at = self.inbound.received_at;
        match &mut self.session.talk {
            Some(talk) => talk.last_message_at = at,
            None => {
                let id = ConversationId::of(self.inbound.id, at);
                let state = self.session.resume.take().unwrap_or_default();
                let bot_version = self.bot_version;
                let created_at = at;
                self.session.talk = Some(Talk {
                    id,
                    created_at,
                    last_message_at: at,
                    bot_version,
                    state,
                    agent: None,
                    manual: None,
                    manual_since: None,
                });
                let before = self.session.end_user.last_conversation_id.replace(id);
                if before.is_some() {
                    self.tell_end_user(EventType::EndUserUpdated);
                }
                self.tell_conversation(EventType::ConversationCreated);
            }
        }
    }

    /// Ends a conversation that had its time. True if it did.
    fn expire(&mut self, bot: &Bot) -> bool {
        let Some(talk) = &self.session.talk else { return false };
        let preference = bot.preference();
        if self.inbound.received_at.since(talk.last_message_at) < preference.session_timeout_ms {
            return false;
        }
        let resume = preference.restore_navigation.then(|| talk.state.resumed());
        self.end_talk(resume)
    }

    fn end_talk(&mut self, resume: Option<State>) -> bool {
        if self.session.talk.is_none() {
            return false;
        }
        self.disconnect_agent();
        self.tell_conversation(EventType::ConversationDeleted);
        self.session.talk = None;
        self.session.resume = resume;
        true
    }

    fn receive(&mut self, data: &MessageData, meta: &Meta) {
        // A messenger that brings back less than a button holds is none of the company's business.
        let whole = self.session.talk.as_ref().and_then(|talk| talk.state.whole(meta));
        match whole {
            Some((data, payload)) => {
                let meta = Meta { payload, ..meta.clone() };
                self.tell_message(EventType::MessageReceived, &data, &meta);
            }
            None => {
                self.tell_message(EventType::MessageReceived, data, meta);
            }
        }
    }

    fn hear_agent(&mut self, data: &MessageData, meta: &Meta) {
        self.tell_message(EventType::MessageSent, data, meta);
    }

    /// A message that the inbound itself is.
    fn tell_message(&mut self, event: EventType, data: &MessageData, meta: &Meta) -> Option<Message> {
        let talk = self.session.talk.as_ref()?;
        let message = Message {
            id: MessageId::of(self.inbound.id, 0, self.inbound.received_at),
            end_user_id: self.inbound.end_user_id(),
            conversation_id: talk.id,
            request_id: Some(self.inbound.id),
            is_user: event == EventType::MessageReceived,
            meta: meta.clone().or_null(),
            data: data.clone(),
            timestamp: self.inbound.timestamp,
        };
        self.session.end_user.last_message_id = Some(message.id);
        self.tell(event, EventData::Message(Box::new(message.clone())));
        Some(message)
    }

    /// Replies that came too late go before anything new.
    fn collect(&mut self) {
        for late in std::mem::take(&mut self.session.late) {
            if self.now.since(late.at) < LATE_MS {
                self.keyboard = late.reply.keyboard;
                self.messages.extend(late.reply.messages);
            }
        }
    }

    /// What the bot says to somebody who has said nothing. Not into the words of a person.
    fn welcome(&mut self, bot: &'a Bot) {
        if !self.agent_talks() {
            self.start(bot, Input::Open);
        }
    }

    fn start(&mut self, bot: &'a Bot, input: Input<'a>) {
        let Some(talk) = &mut self.session.talk else { return };
        let inbound = self.inbound;
        let ids = Ids {
            bot_id: &inbound.bot_id,
            conversation_id: talk.id,
            // The preview has no end user.
            end_user_id: (inbound.platform != PlatformType::Test).then(|| inbound.end_user_id()),
            platform: inbound.platform,
            user_key: &inbound.user_key,
        };
        let state = std::mem::take(&mut talk.state);
        let params = std::mem::take(&mut self.session.end_user.params);
        let run = Run::new(bot, ids, state, params, input, self.now, inbound.id.uuid().as_u64_pair().1);
        let run = run.with_agents(self.channel.agents, talk.manual);
        self.run = Some(match &inbound.kind {
            InboundKind::Message { meta, .. } => run.with_meta(&meta.extra),
            _ => run,
        });
    }

    /// Takes over what the run did.
    fn close(&mut self, done: Done) -> Vec<Problem> {
        self.run = None;
        let Some(talk) = &mut self.session.talk else { return done.problems };
        let conversation_id = talk.id;
        talk.state = done.state;
        if let Some(status) = done.manual {
            talk.set_manual(status, self.inbound.received_at);
        }
        let changed = done.params_changed;
        self.session.end_user.params = done.params;
        if changed {
            self.tell_end_user(EventType::EndUserUpdated);
            self.tell_conversation(EventType::ConversationUpdated);
        }
        if let Some(status) = done.manual {
            self.hand_over = status == ManualStatus::Pending;
            self.tell_conversation(match status {
                ManualStatus::Cancelled => EventType::AgentCallCancelled,
                ManualStatus::Pending | ManualStatus::Connected | ManualStatus::Handover | ManualStatus::Completed => {
                    EventType::AgentCallRequested
                }
            });
        }
        let (mut said, mut kept) = (done.said, done.kept);
        if self.channel.beyond_plan {
            sign(&mut said, &mut kept, &self.plan.line);
        }
        let late = self.messages.len();
        self.delays = delays(&said, late);
        let mut kept = kept.into_iter().peekable();
        for (index, said) in said.into_iter().enumerate() {
            let meta = Meta { custom: said.custom, ..Meta::default() };
            let message = Message {
                id: MessageId::of(self.inbound.id, index + 1, self.inbound.received_at),
                end_user_id: self.session.end_user.id,
                conversation_id,
                request_id: None,
                is_user: false,
                meta: meta.or_null(),
                data: said.data,
                timestamp: self.now,
            };
            self.session.end_user.last_message_id = Some(message.id);
            let kept = std::iter::from_fn(|| kept.next_if(|copy| copy.said == index));
            let told = self.masked(&message, kept);
            self.tell(EventType::MessageSent, EventData::Message(Box::new(told)));
            self.messages.push(message);
        }
        self.keyboard = done.keyboard;
        if self.channel.numbers_choices
            && let Some(talk) = &mut self.session.talk
        {
            talk.state.number(&self.messages, self.keyboard.as_ref());
        }
        done.problems
    }

    /// What others are told of a message that masks a part: with stars, and what to put in its place later.
    fn masked(&self, message: &Message, kept: impl Iterator<Item = Kept>) -> Message {
        let mut told = message.clone();
        let mut later = Vec::new();
        for copy in kept {
            if copy.after_ms == 0 {
                told.data = copy.data;
                told.meta = Meta { custom: copy.custom, ..told.meta.take().unwrap_or_default() }.or_null();
                continue;
            }
            let at = self.now.plus_ms(copy.after_ms);
            later.push(match copy.custom {
                Some(custom) => json!({ "at": at, "data": copy.data, "custom": custom }),
                None => json!({ "at": at, "data": copy.data }),
            });
        }
        if !later.is_empty() {
            let mut meta = told.meta.take().unwrap_or_default();
            meta.extra.insert("masks".to_owned(), Value::Array(later));
            told.meta = Some(meta);
        }
        told
    }

    fn tell(&mut self, event: EventType, data: EventData) {
        self.events.push(Event {
            id: EventId::of(self.inbound.id, self.events.len()),
            event,
            source_type: SourceType::Bot,
            source_id: self.inbound.bot_id.clone(),
            timestamp: self.now,
            data,
        });
    }

    /// Not for rooms: a group is no end user, whose members are named by their messages.
    fn tell_end_user(&mut self, event: EventType) {
        if !self.inbound.is_group() {
            self.tell(event, EventData::EndUser(Box::new(self.session.end_user.clone())));
        }
    }

    fn tell_conversation(&mut self, event: EventType) {
        if let Some(conversation) = self.session.conversation(self.now) {
            self.tell(event, EventData::Conversation(Box::new(conversation)));
        }
    }
}

/// The pauses before what is said, behind `late` messages that have waited long enough.
fn delays(said: &[Said], late: usize) -> Vec<u32> {
    let mut left = limits::DELAYS_MS;
    let mut delays = vec![0; late];
    for Said { delay_ms, .. } in said {
        let delay = (*delay_ms).min(limits::DELAY_MS).min(left);
        left -= delay;
        delays.push(delay);
    }
    if left == limits::DELAYS_MS { Vec::new() } else { delays }
}

/// Puts the plan's line below the last message: as a paragraph of it where that is a text with room, else as a message of
/// its own, so that no messenger cuts it.
fn sign(said: &mut Vec<Said>, kept: &mut [Kept], line: &str) {
    let last = said.len().saturating_sub(1);
    match said.last_mut() {
        None => {}
        _ if line.is_empty() => {}
        Some(Said { data: MessageData::Text { text, .. }, .. }) if text.chars().count() + line.len() < SIGNED_CHARS => {
            let copies = kept.iter_mut().filter(|copy| copy.said == last);
            let texts = copies.filter_map(|copy| match &mut copy.data {
                MessageData::Text { text, .. } => Some(text),
                MessageData::Media { .. } | MessageData::Cards { .. } | MessageData::Location { .. } => None,
            });
            for text in texts.chain([text]) {
                text.push_str("\n\n");
                text.push_str(line);
            }
        }
        Some(_) => said.push(Said { data: MessageData::text(line), custom: None, delay_ms: 0 }),
    }
}

/// Who of the company says something by our API.
fn agent_meta(agent: &Agent) -> Meta {
    let sender = Sender { user_key: agent.id.clone(), platform: "closer-chat".to_owned() };
    let persona = serde_json::to_value(&agent.profile).unwrap_or_default();
    Meta { sender: Some(sender), extra: Map::from_iter([("persona".to_owned(), persona)]), ..Meta::default() }
}

fn new_session(inbound: &Inbound) -> Session {
    let end_user = EndUser {
        id: inbound.session_id(),
        bot_id: inbound.bot_id.clone(),
        platform: inbound.platform,
        user_key: inbound.conversation_key.clone(),
        params: Params::new(),
        last_message_id: None,
        last_conversation_id: None,
        created_at: inbound.received_at,
        updated_at: inbound.received_at,
        deleted_at: None,
    };
    Session {
        end_user,
        talk: None,
        resume: None,
        seen: crate::session::Ring::default(),
        counted: Vec::new(),
        turns: Vec::new(),
        late: Vec::new(),
    }
}
