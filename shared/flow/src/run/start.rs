//! How a turn begins.

use model::{AgentCalls, ManualStatus, MessageData};
use serde_json::{Value, json};

use super::{At, Fault, Input, Origin, Run};
use crate::node::{Kind, parameter};
use crate::shown::{Goto, is_reference};
use crate::state::{Next, Place};

impl Run<'_> {
    pub(super) fn start(&mut self) -> Result<(), Fault> {
        let (data, payload) = match self.input {
            Input::Message { data, payload } => (data, payload),
            Input::Enter { flow_id, node_id } => return self.click(Goto { flow_id, node_id }),
            Input::Open => {
                let welcome = self.bot.preference.welcome_on_session_start;
                self.at = if welcome { At::Node(self.start_flow()?) } else { At::End };
                return Ok(());
            }
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
            (Next::Agent, Some(place)) => self.while_called(place),
            (Next::CallAgain, Some(place)) if self.is_agent_call(place) => {
                self.at = At::Node(place);
                Ok(())
            }
            (Next::CallAgain, Some(_)) => self.fallback(),
            (Next::Keyboard | Next::Agent | Next::CallAgain, None) | (Next::Fallback, _) => self.fallback(),
        }
    }

    /// An agent was called. Until one comes, the customer can say that none is wanted; nothing else is answered.
    fn while_called(&mut self, place: Place) -> Result<(), Fault> {
        let bot = self.bot;
        let Some(Kind::AgentCall(node)) = bot.node(place).map(|node| &node.kind) else { return self.fallback() };
        self.nodes += 1;
        if self.agents == AgentCalls::Taken
            && let Input::Message { data, .. } = self.input
        {
            let said = self.pressed.clone();
            if !node.cancels(self, said.as_ref().unwrap_or(data))? {
                self.quiet = true;
                self.at = At::End;
                return Ok(());
            }
            self.manual = Some(ManualStatus::Cancelled);
            self.context.set("manual", json!({ "status": "CANCELLED" }));
        }
        self.go_on(place)
    }

    /// It may be gone since the agent was called.
    fn is_agent_call(&self, place: Place) -> bool {
        matches!(self.bot.node(place).map(|node| &node.kind), Some(Kind::AgentCall(_)))
    }

    /// Behind a node that waited.
    fn go_on(&mut self, place: Place) -> Result<(), Fault> {
        match self.edge(place) {
            Some(next) => {
                self.at = At::Node(next);
                Ok(())
            }
            None => self.fallback(),
        }
    }

    /// Puts the message into the context: with its payload as JSON, or with what it means as the label of a button that
    /// was shown. True if that leads elsewhere.
    fn hear(&mut self, data: &MessageData, payload: Option<&Value>) -> Result<bool, Fault> {
        let (shown, choices) = (&self.state.shown, &self.state.choices);
        let reference = payload.and_then(Value::as_str).filter(|payload| is_reference(payload));
        let pressed = match (reference, payload, data) {
            // One that was forgotten meanwhile is only what it says: another of the same label may mean another thing.
            (Some(reference), _, _) => shown.find_reference(reference),
            (None, None, MessageData::Text { text, .. }) => {
                shown.find_typed(text, choices).or_else(|| shown.find(text.trim()))
            }
            (None, _, _) => None,
        };
        let Some(button) = pressed.cloned() else {
            self.context.set_message(data, payload.filter(|_| reference.is_none()).map(as_json));
            return Ok(false);
        };
        let label = MessageData::text(button.label);
        self.context.set_message(&label, button.payload.as_ref().map(as_json));
        self.pressed = Some(label);
        if self.state.calls_agent() && self.agents == AgentCalls::Taken {
            // Somebody is called: only the word that cancels it means something.
            return Ok(false);
        }
        for (key, value) in button.params {
            parameter::put(self, key, value);
        }
        parameter::bound(self)?;
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
        if let Input::Message { data, .. } = self.input {
            let pressed = self.pressed.clone();
            if let Some(then) = keyboard.resume(self, pressed.as_ref().unwrap_or(data))? {
                self.origin = Origin::Known;
                return self.follow(place, then);
            }
        }
        self.go_on(place)
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
            (Next::Agent, Some(place)) => {
                self.at = At::Node(place);
                Ok(())
            }
            (Next::Keyboard | Next::Agent, None) | (Next::Start | Next::CallAgain | Next::Fallback, _) => {
                self.fallback()
            }
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
