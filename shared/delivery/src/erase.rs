//! A customer is deleted: what deliveries still tell of them goes, too. What was frozen for sending is cut anew without it,
//! byte by byte; what is over and done with loses its body.

use std::collections::HashSet;

use model::{Delivery, EndUserId, EpochMillis, Event, EventData, EventId, EventType};

use crate::record::{Parked, Record, RecordState};

/// What becomes of a delivery.
#[derive(Clone, Debug, PartialEq)]
pub enum Erased {
    /// It tells nothing of the customer.
    Untouched,
    /// It is being sent at this moment: look again when its lease is over.
    Busy,
    Changed(Box<Cut>),
}

/// To be written in this order.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// The delivery that goes on with the other events, where there are any.
    pub rest: Option<Record>,
    pub record: Record,
}

impl Record {
    /// The delivery without the customer.
    pub fn erase(&self, end_user_id: EndUserId, now: EpochMillis) -> Erased {
        let (theirs, others) = divide(&self.body, end_user_id);
        if theirs.is_empty() {
            return Erased::Untouched;
        }
        let gone = |state| {
            let mut gone = Self { body: String::new(), state, ..self.clone() };
            // Whoever read it before may claim it no more: what is gone would be written back, and sent.
            (gone.attempt, gone.spared) = (self.attempt.saturating_add(1), self.spared.saturating_add(1));
            for attempt in &mut gone.attempts {
                // Some receivers say back what they get.
                (attempt.answer, attempt.location) = (None, None);
            }
            gone
        };
        let erased = || RecordState::Parked { reason: Parked::Erased };
        match &self.state {
            RecordState::Claimed { until } if *until > now => Erased::Busy,
            // They can be sent again by hand, and no more then.
            RecordState::Delivered | RecordState::Split { .. } => {
                Erased::Changed(Box::new(Cut { rest: None, record: gone(self.state.clone()) }))
            }
            RecordState::Claimed { .. }
            | RecordState::Waiting { .. }
            | RecordState::Parked { .. }
            | RecordState::Held => match self.without(&others, now) {
                Some(rest) => {
                    let state = RecordState::Split { into: vec![rest.id] };
                    Erased::Changed(Box::new(Cut { rest: Some(rest), record: gone(state) }))
                }
                None => Erased::Changed(Box::new(Cut { rest: None, record: gone(erased()) })),
            },
        }
    }
}

/// The events of a body that tell of the customer, and the others. That the customer is deleted must be told.
fn divide(body: &str, end_user_id: EndUserId) -> (HashSet<EventId>, HashSet<EventId>) {
    let Ok(delivery) = serde_json::from_str::<Delivery>(body) else { return Default::default() };
    let tells = |event: &Event| {
        event.event != EventType::EndUserDeleted
            && match &event.data {
                EventData::Bot(_) => false,
                EventData::EndUser(end_user) => end_user.id == end_user_id,
                EventData::Conversation(conversation) => conversation.end_user_id == end_user_id,
                EventData::Message(message) => message.end_user_id == end_user_id,
            }
    };
    let (theirs, others): (Vec<&Event>, Vec<&Event>) = delivery.messages.iter().partition(|event| tells(event));
    let ids = |events: Vec<&Event>| events.into_iter().map(|event| event.id).collect();
    (ids(theirs), ids(others))
}

#[cfg(test)]
mod tests {
    use model::{
        BotId, ConversationId, EndUser, Event, InboundId, Message, MessageData, MessageId, Params, PlatformType,
        SourceType,
    };

    use super::*;
    use crate::record::{Look, RedeliveredBy, Redelivery};
    use crate::{Webhook, freeze};

    const NOW: EpochMillis = EpochMillis(1_000_000);

    fn bot() -> BotId {
        "Bxxxxx".parse().unwrap()
    }

    fn customer(key: &str) -> EndUserId {
        EndUserId::of(&bot(), PlatformType::Line, &key.parse().unwrap())
    }

    fn event(n: u32, key: &str) -> Event {
        let cause = InboundId::of(&bot(), PlatformType::Test, &n.to_string());
        let at = EpochMillis(i64::from(n));
        Event {
            id: EventId::of(cause, 0),
            event: EventType::MessageReceived,
            source_type: SourceType::Bot,
            source_id: bot(),
            timestamp: at,
            data: EventData::Message(Box::new(Message {
                id: MessageId::of(cause, 0, at),
                end_user_id: customer(key),
                conversation_id: ConversationId::of(cause, at),
                request_id: None,
                is_user: true,
                meta: None,
                data: MessageData::text(format!("{key} says {n}")),
                timestamp: at,
            })),
        }
    }

    fn deleted(n: u32, key: &str) -> Event {
        let end_user = EndUser {
            id: customer(key),
            bot_id: bot(),
            platform: PlatformType::Line,
            user_key: key.parse().unwrap(),
            params: Params::new(),
            last_message_id: None,
            last_conversation_id: None,
            created_at: EpochMillis(0),
            updated_at: EpochMillis(0),
            deleted_at: Some(NOW),
        };
        Event { event: EventType::EndUserDeleted, data: EventData::EndUser(Box::new(end_user)), ..event(n, key) }
    }

    fn record(events: &[Event], state: RecordState) -> Record {
        let webhook = Webhook::new(bot(), "https://example.com", NOW);
        let frozen = freeze(&webhook, events).remove(0);
        Record { state, ..Record::new(frozen, &webhook, NOW) }
    }

    fn cut(record: &Record) -> Cut {
        match record.erase(customer("kim"), NOW) {
            Erased::Changed(cut) => *cut,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_open_goes_on_without_the_customer() {
        let events = [event(1, "kim"), event(2, "lee"), event(3, "kim"), event(4, "park")];
        for state in [
            RecordState::Waiting { due_at: NOW },
            RecordState::Held,
            RecordState::Parked { reason: Parked::Exhausted },
            RecordState::Claimed { until: NOW },
        ] {
            let record = record(&events, state.clone());
            let Cut { rest, record: parent } = cut(&record);
            let rest = rest.unwrap();
            assert_eq!(rest.events, [events[1].id, events[3].id]);
            assert!(
                !rest.body.contains("kim") && rest.body.contains("lee says 2") && rest.body.contains("park says 4")
            );
            // What was under way is due at once; the rest stands where it stood.
            let claimed = matches!(state, RecordState::Claimed { .. });
            assert_eq!(rest.state, if claimed { RecordState::Waiting { due_at: NOW } } else { state });
            assert_eq!((rest.created_at, rest.held_since), (record.created_at, record.held_since));
            assert_eq!(parent.state, RecordState::Split { into: vec![rest.id] });
            assert_eq!((parent.body.as_str(), parent.attempt), ("", record.attempt + 1));
            // The second time there is nothing to do.
            assert_eq!(parent.erase(customer("kim"), NOW), Erased::Untouched);
            assert_eq!(rest.erase(customer("kim"), NOW), Erased::Untouched);
        }
    }

    /// What somebody asked to be sent again does not grow old, nor does what is left of it.
    #[test]
    fn what_is_recovered_stays_recovered() {
        let otherwise = RecordState::Parked { reason: Parked::Exhausted };
        let redelivery = Some(Redelivery { by: RedeliveredBy::Recover, otherwise: otherwise.clone() });
        let record = record(&[event(1, "kim"), event(2, "lee")], RecordState::Waiting { due_at: NOW });
        let Cut { rest, .. } = cut(&Record { redelivery, ..record });
        let webhook = Webhook::new(bot(), "https://example.com", NOW);
        let late = NOW.plus_ms(10 * 24 * 60 * 60 * 1000);
        let rest = rest.unwrap();
        assert!(matches!(rest.look(&webhook, &[], late), Look::Attempt { .. }));
        assert_eq!(rest.cancel_recovery().unwrap().state, otherwise);
    }

    #[test]
    fn what_tells_of_nobody_else_is_given_up() {
        let record = record(&[event(1, "kim")], RecordState::Waiting { due_at: NOW });
        let Cut { rest: None, record } = cut(&record) else { panic!("it tells of nobody else") };
        assert_eq!(record.state, RecordState::Parked { reason: Parked::Erased });
        assert_eq!(record.resend(NOW), None);
    }

    #[test]
    fn what_was_delivered_loses_its_body() {
        let record = record(&[event(1, "kim"), event(2, "lee")], RecordState::Delivered);
        let Cut { rest: None, record } = cut(&record) else { panic!("it tells of nobody else") };
        assert_eq!((record.state, record.body.as_str()), (RecordState::Delivered, ""));
    }

    #[test]
    fn nothing_else_changes() {
        let other = record(&[event(1, "lee")], RecordState::Delivered);
        assert_eq!(other.erase(customer("kim"), NOW), Erased::Untouched);
        let told = record(&[deleted(1, "kim")], RecordState::Waiting { due_at: NOW });
        assert_eq!(told.erase(customer("kim"), NOW), Erased::Untouched);
        let busy = record(&[event(1, "kim")], RecordState::Claimed { until: NOW.plus_ms(1) });
        assert_eq!(busy.erase(customer("kim"), NOW), Erased::Busy);
    }
}
