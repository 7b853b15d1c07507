//! The end of a turn.

use std::{fmt, mem};

use model::{Button, Card, Keyboard, ManualStatus, Media, MessageData, Params};
use serde_json::Value;

use super::{Fault, Input, Run};
use crate::state::State;
use crate::template::{Text, json_text};

/// What a turn said and changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    pub said: Vec<Said>,
    /// What is to be kept of it, where templates masked a part.
    pub kept: Vec<Kept>,
    /// What the turn did about an agent: called one, or cancelled the call.
    pub manual: Option<ManualStatus>,
    /// What the bot asks for now, offered after the last message.
    pub keyboard: Option<Keyboard>,
    pub state: State,
    pub params: Params,
    /// Whether the turn changed any of them.
    pub params_changed: bool,
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub data: MessageData,
    /// The bot author's own, `message.meta.custom`.
    pub custom: Option<Value>,
    /// Wait so long before it is sent.
    pub delay_ms: u32,
}

/// A message as it is to be kept: with stars in place of what `MASK` marks.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Of which of the messages.
    pub said: usize,
    /// From then on the clear text must not be kept. At first, with 0, what others keep has stars too: events.
    pub after_ms: i64,
    pub data: MessageData,
    pub custom: Option<Value>,
}

/// What went wrong, for the log. Holds nothing that a customer wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub flow_id: Option<u64>,
    pub node_id: Option<u64>,
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.flow_id, self.node_id) {
            (Some(flow_id), Some(node_id)) => write!(f, "flow {flow_id}, node {node_id}: {}", self.what),
            _ => f.write_str(&self.what),
        }
    }
}

impl Run<'_> {
    pub(super) fn finish(&mut self) -> Done {
        let unasked = match self.input {
            Input::Open => !self.bot.preference.welcome_on_session_start,
            Input::Enter { .. } => true,
            Input::Message { .. } => false,
        };
        let quiet = self.quiet || unasked;
        if self.said.is_empty() && !quiet {
            self.say_system(&self.bot.preference.empty);
        }
        self.done()
    }

    /// What was said before is still said; the customer stands where the turn began, and can try again.
    pub(super) fn fail(&mut self, fault: &Fault) -> Done {
        self.problem(&fault.kind());
        self.at = super::At::End;
        self.keyboard = None;
        self.manual = None;
        if let (Fault::TooMany, Some(params)) = (fault, self.params_before.take()) {
            // Kept, they would be too many in each turn to come.
            *self.context.params() = params;
            self.params_changed = false;
        }
        self.silent = false;
        self.context.set("error", Value::String(fault.to_string()));
        self.say_system(&self.bot.preference.error);
        self.context.navigation = mem::take(&mut self.before.navigation);
        self.state.next = self.before.next;
        self.state.back = mem::take(&mut self.before.back);
        self.done()
    }

    fn say_system(&mut self, text: &Text) {
        match self.context.masked(|context| text.render(context).map(MessageData::text)) {
            Ok((MessageData::Text { text, .. }, _)) if text.is_empty() => {}
            Ok((data, copies)) => {
                self.said.push(Said { data, custom: None, delay_ms: 0 });
                self.keep(copies.into_iter().map(|copy| (copy.after_ms, copy.what, None)));
            }
            Err(_) => self.problem("a system message cannot be printed"),
        }
    }

    fn done(&mut self) -> Done {
        for button in mem::take(&mut self.shown) {
            self.state.shown.add(button);
        }
        let mut state = mem::take(&mut self.state);
        state.navigation = mem::take(&mut self.context.navigation);
        let params = self.context.take_params();
        state.results = self.context.take_results();
        Done {
            said: mem::take(&mut self.said),
            kept: mem::take(&mut self.kept),
            manual: self.manual,
            keyboard: self.keyboard.take(),
            state,
            params,
            params_changed: self.params_changed,
            problems: mem::take(&mut self.problems),
        }
    }
}

pub(super) fn button_weight(button: &Button) -> usize {
    let payload = button.payload.as_ref().map_or(0, |payload| json_text(payload).len());
    button.label.len() + button.uri.as_ref().map_or(0, String::len) + payload
}

impl Said {
    /// About its bytes.
    pub(super) fn weight(&self) -> usize {
        let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let media = |media: &Media| media.uri.len() + optional(&media.alt_text);
        let card = |card: &Card| {
            optional(&card.title)
                + optional(&card.description)
                + optional(&card.uri)
                + card.media.as_ref().map_or(0, media)
        };
        let parts = match &self.data {
            MessageData::Text { text, .. } => text.len(),
            MessageData::Media { media: item, text, .. } => media(item) + optional(text),
            MessageData::Cards { cards } => cards.iter().map(card).sum(),
            MessageData::Location { location } => optional(&location.title) + 32,
        };
        parts + self.data.buttons().map(button_weight).sum::<usize>() + 64
    }
}
