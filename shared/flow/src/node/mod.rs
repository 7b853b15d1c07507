//! The node types. A new one is a file, its line in [`TYPES`], its arms below and its goldens in `testdata`.

pub(crate) mod agent_call;
mod back;
mod email;
mod entry;
mod fetch;
mod flow;
mod keyboard;
pub(crate) mod llm;
pub(crate) mod parameter;
mod response;
mod sandbox;
mod unavailable;

use serde_json::Value;

use crate::ask::{Answer, Ask};
use crate::import::{ImportError, Reader};
use crate::message::{Message, button::Button};
use crate::run::{Fault, Run};
use crate::state::Place;

/// The names of a type in exports, and what reads its `data`. The guide shows only some of the names; the others are
/// likely spellings.
type Type = (&'static [&'static str], fn(&str, &Value, &mut Reader) -> Result<Kind, ImportError>);

const TYPES: &[Type] = &[
    (&["entry"], |_, _, _| Ok(Kind::Entry(entry::Entry))),
    (&["response", "message"], |_, data, reader| response::read(data, reader).map(Kind::Response)),
    (&["keyboard", "request"], |_, data, reader| keyboard::read(data, reader).map(Kind::Keyboard)),
    (&["flow"], |_, data, reader| flow::read(data, reader).map(Kind::Flow)),
    (&["back"], |_, data, reader| back::read(data, reader).map(Kind::Back)),
    (&["parameter", "parameters", "param", "params"], |_, data, reader| {
        parameter::read(data, reader).map(Kind::Parameter)
    }),
    (&["manual", "agent", "agentCall", "agent-call"], |_, data, reader| {
        agent_call::read(data, reader).map(|node| Kind::AgentCall(Box::new(node)))
    }),
    (&["email", "mail"], |_, data, reader| email::read(data, reader).map(|node| Kind::Email(Box::new(node)))),
    (&["llm"], |_, data, reader| llm::read(data, reader).map(Kind::Llm)),
    (&["fetch", "http"], |_, data, reader| fetch::read(data, reader).map(Kind::Fetch)),
    (&["sandbox", "script", "code"], |_, data, reader| sandbox::read(data, reader).map(Kind::Sandbox)),
    // Each of these will move up when it is built.
    (unavailable::NAMES, |name, _, reader| Ok(Kind::Unavailable(unavailable::read(name, reader)))),
];

#[derive(Debug)]
pub(crate) enum Kind {
    Entry(entry::Entry),
    Response(response::Response),
    Keyboard(keyboard::Keyboard),
    Flow(flow::Flow),
    Back(back::Back),
    Parameter(parameter::Parameter),
    AgentCall(Box<agent_call::AgentCall>),
    Email(Box<email::Email>),
    Llm(llm::Llm),
    Fetch(fetch::Fetch),
    Sandbox(sandbox::Sandbox),
    Unavailable(unavailable::Unavailable),
}

/// What follows a node.
#[derive(Debug)]
pub(crate) enum Then {
    /// The edge that holds.
    Edge,
    Goto(Place),
    /// The end of the turn: the customer's next message is for this node.
    Wait(model::Keyboard),
    /// The same, with somebody of the company called.
    CallAgent(model::Keyboard),
    /// The same node again, with the answer.
    Ask(Ask),
}

pub(crate) fn read(name: &str, data: &Value, reader: &mut Reader) -> Result<Kind, ImportError> {
    reader.object(data, "data")?;
    match TYPES.iter().find(|(names, _)| names.contains(&name)) {
        Some((_, read)) => read(name, data, reader),
        None => Ok(Kind::Unavailable(unavailable::read(name, reader))),
    }
}

impl Kind {
    pub(crate) fn run(&self, run: &mut Run<'_>) -> Result<Then, Fault> {
        match self {
            Self::Entry(node) => node.run(),
            Self::Response(node) => node.run(run),
            Self::Keyboard(node) => node.run(run),
            Self::Flow(node) => node.run(run),
            Self::Back(node) => node.run(run),
            Self::Parameter(node) => node.run(run),
            Self::AgentCall(node) => node.run(run),
            Self::Email(node) => node.run(run),
            Self::Llm(node) => node.run(run),
            Self::Fetch(node) => node.run(run),
            Self::Sandbox(node) => node.run(run),
            Self::Unavailable(node) => node.run(run),
        }
    }

    /// What the world answered to [`Then::Ask`].
    pub(crate) fn answer(&self, run: &mut Run<'_>, answer: Option<Answer>) -> Result<Then, Fault> {
        match self {
            Self::Fetch(node) => node.answer(run, answer),
            Self::Email(node) => node.answer(run, answer),
            Self::Llm(node) => node.answer(run, answer),
            Self::Sandbox(node) => node.answer(run, answer),
            Self::Entry(_)
            | Self::Response(_)
            | Self::Keyboard(_)
            | Self::Flow(_)
            | Self::Back(_)
            | Self::Parameter(_)
            | Self::AgentCall(_)
            | Self::Unavailable(_) => Ok(Then::Edge),
        }
    }

    /// For messages to the bot's author.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Entry(_) => "entry",
            Self::Response(_) => "response",
            Self::Keyboard(_) => "keyboard",
            Self::Flow(_) => "flow",
            Self::Back(_) => "back",
            Self::Parameter(_) => "parameter",
            Self::AgentCall(_) => "manual",
            Self::Email(_) => "email",
            Self::Llm(_) => "llm",
            Self::Fetch(_) => "fetch",
            Self::Sandbox(_) => "sandbox",
            Self::Unavailable(node) => &node.name,
        }
    }

    /// The flows that it always leads to, or whose buttons do.
    pub(crate) fn flows(&self) -> Vec<u64> {
        match self {
            Self::Flow(node) => node.flow().into_iter().collect(),
            Self::Response(node) => node.flows(),
            Self::AgentCall(node) => node.messages().flat_map(Message::buttons).filter_map(Button::flow).collect(),
            Self::Keyboard(node) => node.flows(),
            Self::Entry(_)
            | Self::Back(_)
            | Self::Parameter(_)
            | Self::Email(_)
            | Self::Llm(_)
            | Self::Fetch(_)
            | Self::Sandbox(_)
            | Self::Unavailable(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    /// The first name of a type is the name of its folder.
    #[test]
    fn each_type_has_goldens() {
        let testdata = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata"));
        let named = |names: &[&'static str]| if names == super::unavailable::NAMES { "unavailable" } else { names[0] };
        let bare: Vec<_> = super::TYPES
            .iter()
            .map(|(names, _)| named(names))
            .filter(|name| {
                let golden = |file: &std::fs::DirEntry| file.path().extension().is_some_and(|end| end == "json");
                !std::fs::read_dir(testdata.join(name)).is_ok_and(|folder| folder.flatten().any(|file| golden(&file)))
            })
            .collect();
        assert!(bare.is_empty(), "node types without a golden in testdata: {bare:?}");
    }
}
