//! How a turn begins.

use model::MessageData;
use serde_json::Value;

use super::{At, Fault, Input, Origin, Run};
use crate::node::Kind;
use crate::shown::Goto;
use crate::state::{Next, Place};

impl Run<'_> {
    pub(super) fn start(&mut self) -> Result<(), Fault> {
        let Input::Message { data, payload } = self.input else {
            if self.bot.preference.welcome_on_session_start {
                self.at = At::Node(self.start_flow()?);
            } else {
                self.at = At::End;
            }
            return Ok(());
        };
        if self.hear(data, payload)? {
            return Ok(());
        }
        match (self.state.next, self.context.navigation.current.as_ref().map(Place::from)) {
            (Next::Start, _) => {
                self.silent = !self.bot.preference.welcome_on_message_without_session;
                self.at = At::Node(self.start_flow()?);
                Ok(())
            }
            (Next::Keyboard, Some(place)) => self.resume(place),
            (Next::Keyboard, None) | (Next::Fallback, _) => self.fallback(),
        }
    }

    /// Puts the message into the context: with its payload as JSON, or with what it means as the label of a button that
    /// was shown. True if that leads elsewhere.
    fn hear(&mut self, data: &MessageData, payload: Option<&Value>) -> Result<bool, Fault> {
        let (shown, choices) = (&self.state.shown, &self.state.choices);
        let shown = match (data, payload) {
            (_, Some(Value::String(reference))) => shown.find_reference(reference),
            (MessageData::Text { text, .. }, None) => shown.find(text).or_else(|| shown.find_typed(text, choices)),
            (
                MessageData::Text { .. }
                | MessageData::Media { .. }
                | MessageData::Cards { .. }
                | MessageData::Location { .. },
                _,
            ) => None,
        };
        let shown = shown.cloned();
        let Some(button) = shown else {
            self.context.set_message(data, payload.map(as_json));
            return Ok(false);
        };
        self.context.set_message(&MessageData::text(button.label), button.payload.as_ref().map(as_json));
        match button.goto {
            Some(goto) => self.click(goto).map(|()| true),
            None => Ok(false),
        }
    }

    fn click(&mut self, Goto { flow_id, node_id }: Goto) -> Result<(), Fault> {
        let place = match node_id {
            Some(node_id) => Some(Place { flow_id, node_id }).filter(|place| self.bot.node(*place).is_some()),
            None => self.bot.entry(flow_id),
        };
        match place {
            Some(place) => {
                self.at = At::Node(place);
                Ok(())
            }
            None => self.fallback(),
        }
    }

    /// The message is for the keyboard node that waits. It counts as a node of this turn, not as visited again.
    fn resume(&mut self, place: Place) -> Result<(), Fault> {
        let bot = self.bot;
        let Some(Kind::Keyboard(keyboard)) = bot.node(place).map(|node| &node.kind) else { return self.fallback() };
        self.nodes += 1;
        if let Input::Message { data, .. } = self.input
            && let Some(then) = keyboard.resume(self, data)?
        {
            self.origin = Origin::Known;
            return self.follow(place, then);
        }
        match self.edge(place) {
            Some(next) => {
                self.at = At::Node(next);
                Ok(())
            }
            None => self.fallback(),
        }
    }

    fn fallback(&mut self) -> Result<(), Fault> {
        let flow_id = self.bot.preference.fallback_flow;
        let is_start = flow_id == self.bot.preference.entry_flow;
        self.origin = if is_start { Origin::Next } else { Origin::NextHelp };
        self.at = At::Node(self.bot.entry(flow_id).ok_or(Fault::NoEntry(flow_id))?);
        Ok(())
    }

    /// The welcome that nobody sees has come to its first choice, or to its end.
    pub(super) fn end_silence(&mut self, next: Next) -> Result<(), Fault> {
        self.silent = false;
        self.origin = Origin::Next;
        match (next, self.context.navigation.current.as_ref().map(Place::from)) {
            (Next::Keyboard, Some(place)) => self.resume(place),
            (Next::Keyboard, None) | (Next::Start | Next::Fallback, _) => self.fallback(),
        }
    }

    pub(crate) fn start_flow(&self) -> Result<Place, Fault> {
        let flow_id = self.bot.preference.entry_flow;
        self.bot.entry(flow_id).ok_or(Fault::NoEntry(flow_id))
    }
}

/// A text that holds an object or a list is that; any other stays a text, digits and all.
fn as_json(payload: &Value) -> Value {
    let Value::String(text) = payload else { return payload.clone() };
    match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => serde_json::from_str(text).unwrap_or_else(|_| payload.clone()),
        Some(_) | None => payload.clone(),
    }
}
