//! One webhook with its worker, its table and a receiver that does as it is told, under a clock that is moved by hand.

#![allow(clippy::unwrap_used, dead_code, reason = "a test may, and each uses a part")]

use std::collections::{BTreeMap, BTreeSet};

use delivery::order::divide;
use delivery::{Answer, Effect, Exchange, Fleet, Look, Record, RecordState, Tried, Webhook, freeze};
use model::{
    BotId, ConversationId, Delivery, DeliveryId, EndUserId, EpochMillis, Event, EventData, EventId, EventType,
    InboundId, Message, MessageData, MessageId, PlatformType, SourceType,
};

/// One POST, as the receiver sees it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) at: EpochMillis,
    pub(crate) id: DeliveryId,
    pub(crate) attempt: u32,
    pub(crate) probe: bool,
    pub(crate) body: String,
    pub(crate) events: Vec<EventId>,
}

/// What the receiver, and the world between, do with it.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    pub(crate) took_ms: i64,
    pub(crate) canary_well: bool,
    /// The worker dies: before the POST, or after it and before it could tell.
    pub(crate) dies: Option<Dies>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dies {
    Before,
    After,
}

pub(crate) struct World {
    pub(crate) webhook: Webhook,
    pub(crate) fleet: Fleet,
    pub(crate) records: BTreeMap<DeliveryId, Record>,
    pub(crate) now: EpochMillis,
    pub(crate) chance: f64,
    pub(crate) sent: Vec<EventId>,
    pub(crate) requests: Vec<(Request, Reply)>,
    /// Events that the receiver took, as often as it did.
    pub(crate) taken: Vec<(EpochMillis, DeliveryId, EventId)>,
    pub(crate) effects: Vec<(EpochMillis, Effect)>,
    ticked_at: EpochMillis,
}

const TICK_MS: i64 = 60_000;

pub(crate) fn bot() -> BotId {
    "Bxxxxx".parse().unwrap()
}

/// The `n`th message of a conversation.
pub(crate) fn event(conversation: usize, n: usize, at: EpochMillis) -> Event {
    let cause = InboundId::of(&bot(), PlatformType::Test, &format!("{conversation} {n}"));
    let conversation = InboundId::of(&bot(), PlatformType::Test, &conversation.to_string());
    Event {
        id: EventId::of(cause, 0),
        event: EventType::MessageSent,
        source_type: SourceType::Bot,
        source_id: bot(),
        timestamp: at,
        data: EventData::Message(Box::new(Message {
            id: MessageId::of(cause, 0, at),
            end_user_id: EndUserId::of(&bot(), PlatformType::Test, &"u".parse().unwrap()),
            conversation_id: ConversationId::of(conversation, EpochMillis(0)),
            request_id: None,
            is_user: false,
            meta: None,
            data: MessageData::text(format!("테스트 {n}")),
            timestamp: at,
        })),
    }
}

impl Reply {
    pub(crate) fn of(exchange: Exchange) -> Self {
        Self { answer: Answer::of(exchange), took_ms: 10, canary_well: true, dies: None }
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let start = EpochMillis(1_763_712_000_000);
        let webhook = Webhook::new(bot(), "https://hooks.example.com/closer", start);
        let fleet = Fleet::default().tick(1, 1, true, start).0;
        Self {
            webhook,
            fleet,
            records: BTreeMap::new(),
            now: start,
            chance: 0.0,
            sent: Vec::new(),
            requests: Vec::new(),
            taken: Vec::new(),
            effects: Vec::new(),
            ticked_at: start,
        }
    }

    /// What came for the webhook: frozen, and first attempts made.
    pub(crate) fn events(&mut self, events: Vec<Event>, receiver: &mut dyn FnMut(&Request) -> Reply) {
        self.sent.extend(events.iter().map(|event| event.id));
        let open: Vec<Record> = self.records.values().cloned().collect();
        let (free, behind) = divide(self.webhook.order, &open, events);
        for frozen in freeze(&self.webhook, &free) {
            // No two are made in the same moment: a write to the table lies between them.
            self.now = self.now.plus_ms(1);
            let record = Record::new(frozen, &self.webhook, self.now);
            let id = record.id;
            self.records.insert(id, record.clone());
            match record.state {
                RecordState::Claimed { .. } => self.attempt(record, false, receiver),
                _ => self.look(id, receiver),
            }
        }
        for frozen in freeze(&self.webhook, &behind) {
            self.now = self.now.plus_ms(1);
            let record = Record::behind(frozen, &self.webhook, self.now);
            self.records.insert(record.id, record);
        }
    }

    /// Lets time pass, and does what is due.
    pub(crate) fn run(&mut self, until: EpochMillis, receiver: &mut dyn FnMut(&Request) -> Reply) {
        loop {
            let due = self.records.values().filter_map(|record| Some((record.due_at()?, record.place(), record.id)));
            let due = due.min().map(|(at, _, id)| (at, id));
            let tick_at = self.ticked_at.plus_ms(TICK_MS);
            match due {
                Some((at, id)) if at <= until && at <= tick_at => {
                    self.now = self.now.max(at);
                    self.look(id, receiver);
                }
                _ if tick_at <= until => {
                    self.now = self.now.max(tick_at);
                    self.ticked_at = tick_at;
                    self.tick(receiver);
                }
                _ => break,
            }
        }
        self.now = self.now.max(until);
    }

    pub(crate) fn look(&mut self, id: DeliveryId, receiver: &mut dyn FnMut(&Request) -> Reply) {
        let record = &self.records[&id];
        let open: Vec<Record> = match self.webhook.order {
            delivery::Order::BestEffort => Vec::new(),
            delivery::Order::Conversation => {
                self.records.values().filter(|record| record.due_at().is_some()).cloned().collect()
            }
        };
        match record.look(&self.webhook, &open, self.now) {
            Look::NotDue => {}
            Look::Store(record) => {
                assert!(record.due_at().is_none_or(|at| at > self.now), "it would be looked at for ever: {record:?}");
                self.records.insert(id, record);
            }
            Look::Attempt { record, probe, health } => {
                self.webhook.health = health.unwrap_or_else(|| self.webhook.health.clone());
                self.records.insert(id, record.clone());
                self.attempt(record, probe, receiver);
            }
        }
    }

    fn attempt(&mut self, mut record: Record, probe: bool, receiver: &mut dyn FnMut(&Request) -> Reply) {
        let request = Request {
            at: self.now,
            id: record.id,
            attempt: record.attempt,
            probe,
            body: record.body.clone(),
            events: record.events.clone(),
        };
        let reply = receiver(&request);
        self.requests.push((request.clone(), reply.clone()));
        let took = matches!(reply.answer.exchange, Exchange::Answered { status: 200..=299 });
        if took && reply.dies != Some(Dies::Before) {
            let refused = delivery::not_taken(&reply.answer.body);
            let refused = if self.webhook.partial_acknowledgement { refused } else { Default::default() };
            let events = record.events.iter().filter(|id| !refused.contains(id));
            self.taken.extend(events.map(|id| (self.now, record.id, *id)));
        }
        if reply.dies.is_some() {
            return;
        }
        let at = self.now;
        self.now = self.now.plus_ms(reply.took_ms);
        let tried =
            Tried { probe, canary_well: reply.canary_well, ..Tried::new(at, reply.took_ms, reply.answer.clone()) };
        let settled = record.settle(&self.webhook, tried, self.chance);
        for child in settled.children {
            self.records.entry(child.id).or_insert(child);
        }
        let (health, effects) = self.webhook.health.after(&self.webhook, &settled.heard, &self.fleet);
        let (again, nothing) = health.after(&self.webhook, &settled.heard, &self.fleet);
        if health.failing.is_some() {
            assert_eq!(again.failing, health.failing, "an attempt that is told twice counts once");
            assert!(nothing.is_empty(), "{nothing:?}");
        }
        record.follow(&health);
        self.webhook.health = health;
        self.records.insert(record.id, record);
        self.carry_out(effects, receiver);
    }

    fn tick(&mut self, receiver: &mut dyn FnMut(&Request) -> Reply) {
        let (health, effects) = self.webhook.health.tick(&self.webhook, &self.fleet, self.now);
        self.webhook.health = health;
        self.carry_out(effects, receiver);
    }

    fn carry_out(&mut self, effects: Vec<Effect>, receiver: &mut dyn FnMut(&Request) -> Reply) {
        for effect in effects {
            self.effects.push((self.now, effect.clone()));
            match effect {
                Effect::Began { cause } => self.fleet = self.fleet.began(self.webhook.id, cause, self.now).0,
                Effect::Stopped => self.fleet = self.fleet.stopped(self.webhook.id),
                Effect::SwitchedOff { .. } => self.fleet = self.fleet.switched_off(self.now),
                Effect::Tell(_) | Effect::AskOperator => {}
                Effect::Test => {
                    let id = DeliveryId::of(self.webhook.id, self.sent[0]).following("test");
                    let frozen = delivery::Frozen::test(&self.webhook, id);
                    let request =
                        Request { at: self.now, id, attempt: 1, probe: true, body: frozen.body, events: Vec::new() };
                    let reply = receiver(&request);
                    self.requests.push((request, reply.clone()));
                    let exchange = reply.answer.exchange;
                    let (health, effects) = self.webhook.health.after_test(&self.webhook, exchange, self.now);
                    self.webhook.health = health;
                    self.carry_out(effects, receiver);
                }
            }
        }
    }

    /// Events of which nobody knows any more: neither taken, nor in a record that may still be sent.
    pub(crate) fn lost(&self) -> Vec<EventId> {
        let mut known: BTreeSet<EventId> = self.taken.iter().map(|(_, _, id)| *id).collect();
        for record in self.records.values() {
            match record.state {
                RecordState::Claimed { .. }
                | RecordState::Waiting { .. }
                | RecordState::Parked { .. }
                | RecordState::Held => known.extend(&record.events),
                RecordState::Delivered | RecordState::Split { .. } => {}
            }
        }
        self.sent.iter().filter(|id| !known.contains(id)).copied().collect()
    }

    /// That each delivery had the same bytes whenever it was sent, and holds its events in their order.
    pub(crate) fn check_bodies(&self) {
        let mut bodies: BTreeMap<DeliveryId, &Request> = BTreeMap::new();
        for (request, _) in &self.requests {
            let first = bodies.entry(request.id).or_insert(request);
            assert_eq!(first.body, request.body, "the bytes of a delivery never change");
            assert_eq!(first.events, request.events);
        }
        for request in bodies.values() {
            let delivery: Delivery = serde_json::from_str(&request.body).unwrap();
            assert_eq!(delivery.id, request.id);
            let ids: Vec<EventId> = delivery.messages.iter().map(|event| event.id).collect();
            assert_eq!(ids, request.events);
            assert!(ids.len() <= delivery::MAX_EVENTS);
            let places = |id: &EventId| self.sent.iter().position(|sent| sent == id).unwrap();
            let mut last: BTreeMap<ConversationId, usize> = BTreeMap::new();
            for event in &delivery.messages {
                let place = places(&event.id);
                let before = last.insert(event.conversation_id().unwrap(), place);
                assert!(before.is_none_or(|before| before < place), "order within a conversation");
            }
        }
    }
}
