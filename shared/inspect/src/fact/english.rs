//! What was found, in English.

use platforms::Dropped;

use super::{Fact, Losses, Refusal, Way, in_brackets, way};
use crate::atlas::Place;

impl Fact {
    pub(super) fn english(&self, flow: Option<u64>) -> String {
        match self {
            Self::Import { field: Some(field), reason } => format!("this is no bot that can be read: `{field}` {reason}"),
            Self::Import { field: None, reason } => format!("this is no bot that can be read: {reason}"),
            Self::ImportWarning { text } => text.clone(),
            Self::UnknownType { name } => format!("no node is known by the type `{name}`: it always fails"),
            Self::UnavailableNode => "this node is not available here: it always fails, and only an edge for its error helps".to_owned(),
            Self::UnknownCondition { field, reason } => format!("`{field}` {reason}: the condition never holds"),
            Self::BrokenTemplate { field, reason, at } => {
                let at = at.map(|(line, column)| format!(", line {line}, column {column}")).unwrap_or_default();
                let then = if field.starts_with("preference.") {
                    "It is never said"
                } else {
                    "Whoever comes here gets the error message"
                };
                format!("the template in `{field}`{at} cannot be read: {reason}. {then}")
            }
            Self::NoMessage { field } => format!("`{field}` is missing: whoever comes here gets the error message"),
            Self::UnknownMedia { found } => {
                format!("a medium is image, video, audio or link, not `{found}`: it is sent as a link")
            }
            Self::UnknownKeyboard { found } => format!("a keyboard of type `{found}` is not known: anything is taken"),
            Self::NoEntry { is_entered: true } => {
                "the flow has no entry node, and something leads there: the customer gets the error message".to_owned()
            }
            Self::NoEntry { is_entered: false } => "the flow has no entry node: only its nodes can be led to".to_owned(),
            Self::MissingNode { way, flow: to, node } => match way {
                Way::Edge => format!("an edge leads to node {node}, which does not exist, and is left out"),
                Way::Button(label) => format!(
                    "the button \"{label}\" leads to node {node} of flow {to}, which does not exist: a press enters the fallback flow"
                ),
                Way::Node | Way::Preference => format!(
                    "leads to node {node} of flow {to}, which does not exist: the customer gets the error message"
                ),
            },
            Self::MissingFlow { way, flow: to } => match way {
                Way::Button(label) => format!(
                    "the button \"{label}\" leads to flow {to}, which does not exist: a press enters the fallback flow"
                ),
                Way::Preference => format!("the fallback flow {to} does not exist: the start flow takes its place"),
                Way::Edge | Way::Node if to.is_empty() => {
                    "leads nowhere, as `data.flowId` is missing: the customer gets the error message".to_owned()
                }
                Way::Edge | Way::Node => {
                    format!("leads to flow {to}, which does not exist: the customer gets the error message")
                }
            },
            Self::NoFallback => "no fallback flow is set: what nothing understands enters the start flow".to_owned(),
            Self::FallbackGap { path } => format!(
                "the fallback flow may say nothing ({}): such a message is answered with the empty message alone. Give it an \
                 edge without a condition, to a response",
                nodes(path, flow)
            ),
            Self::FallbackEmpty => {
                "the fallback flow never says anything: whatever is not understood gets the empty message".to_owned()
            }
            Self::SilentTurn { path } => format!(
                "a turn may go through {} without a word, and is answered with the empty message. Put a response between",
                nodes(path, flow)
            ),
            Self::DeadEnd { is_fallback: true, .. } => {
                "nothing follows: the next message enters the fallback flow again, whatever was asked before".to_owned()
            }
            Self::DeadEnd { is_first: true, .. } => {
                "the first turn ends here without a keyboard: whatever the customer says next enters the fallback flow".to_owned()
            }
            Self::DeadEnd { .. } => "nothing follows: the next message enters the fallback flow".to_owned(),
            Self::NoElse => {
                "all its edges have conditions: if none holds, the turn ends here, and the next message enters the fallback flow"
                    .to_owned()
            }
            Self::UnreachableNode => "nothing leads here".to_owned(),
            Self::UnreachableFlow => "no flow and no button leads here: it is entered only from outside".to_owned(),
            Self::AnyFlow { nodes_too: false } => {
                "a template says which flow comes next, so every flow counts as one that is led to".to_owned()
            }
            Self::AnyFlow { nodes_too: true } => {
                "a template says which node comes next, so every node that it may mean counts as one that is led to".to_owned()
            }
            Self::HiddenEdge { words, to } => format!(
                "the edge to node {to}{} is never chosen: the edges that are tried before it leave nothing for it",
                in_brackets(words)
            ),
            Self::SameCondition { words, to, other } if to == other => {
                format!("there are two edges to node {to} of one condition{}", in_brackets(words))
            }
            Self::SameCondition { words, to, other } => format!(
                "the edge to node {to} is never chosen: the one to node {other} has the same condition{} and is tried before it",
                in_brackets(words)
            ),
            Self::Circle { path, is_sure: true } => format!(
                "leads in a circle without a keyboard ({}): the turn is broken off after 100 nodes with the error message",
                nodes(path, flow)
            ),
            Self::Circle { path, is_sure: false } => format!(
                "may lead in a circle without a keyboard ({}): after 100 nodes a turn is broken off with the error message",
                nodes(path, flow)
            ),
            Self::FetchAddress { reason } => match reason {
                Refusal::Private => "the address is private and never asked: only public ones are",
                Refusal::Malformed => {
                    "the address is never asked: one starts with http:// or https:// and names a host, without a user \
                     and without a fragment"
                }
                Refusal::Port => "the address is never asked: its port is 80, 443, or one from 1024 on",
            }
            .to_owned(),
            Self::FetchHttp => "http:// is not encrypted: use https:// where the server has it".to_owned(),
            Self::ChannelSettings { platform, is_empty: true, .. } => {
                format!("the settings of {platform} are empty: it works on the local stack alone")
            }
            Self::ChannelSettings { platform, reason, .. } => format!("{platform} cannot be connected: {reason}"),
            Self::ChannelMute { platform, reason } => format!("the bot cannot answer on {platform}: {reason}"),
            Self::ChannelLoss { losses } => format!("does not fit: {}", losses.english()),
            Self::TurnLoss { path, losses } => {
                format!("in one turn ({}) it does not fit: {}", nodes(path, flow), losses.english())
            }
            Self::LongSystemMessage { name, length, most } => {
                format!("`systemMessage.{name}` has {length} characters, and {most} are allowed")
            }
            Self::LongCustom { length, most } => {
                format!("`meta.custom` has {length} characters: it is cut to {most}")
            }
            Self::LongPayload { label, length, most } => {
                format!("the payload of \"{label}\" has {length} characters, and {most} are allowed")
            }
            Self::ManyQuickReplies { count, most } => format!("{count} quick replies, and {most} are allowed"),
            Self::ManyCards { count, most } => format!("{count} cards, and {most} are allowed"),
            Self::ManyButtons { count, most } => format!("{count} buttons on one message or card, and {most} are allowed"),
        }
    }
}

impl Losses {
    fn english(&self) -> String {
        self.said(|Dropped { what, count }| if *count == 1 { (*what).to_owned() } else { format!("{count} × {what}") })
    }
}

fn nodes(path: &[Place], flow: Option<u64>) -> String {
    format!("node{} {}", if path.len() == 1 { "" } else { "s" }, way(path, flow))
}
