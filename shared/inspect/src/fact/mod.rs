//! Everything that a check can find, and how it is said. A new kind is its code in [`CODES`], its variant with the arms
//! that the compiler asks for, its case in `testdata` and its line in `docs/check.md`; tests miss the last two.

mod english;
mod korean;

use model::PlatformType;
use platforms::Dropped;

use crate::atlas::Place;
use crate::report::{Language, Severity};
use crate::words::short;

/// The code of each kind of finding. They stay as they are: scripts know them.
pub const CODES: &[&str] = &[
    "import",
    "import-warning",
    "unknown-type",
    "unavailable-node",
    "unknown-condition",
    "broken-template",
    "no-message",
    "unknown-media",
    "unknown-keyboard",
    "no-entry",
    "missing-node",
    "missing-flow",
    "no-fallback",
    "fallback-gap",
    "fallback-empty",
    "silent-turn",
    "dead-end",
    "no-else",
    "unreachable-node",
    "unreachable-flow",
    "any-flow",
    "hidden-edge",
    "same-condition",
    "circle",
    "fetch-address",
    "fetch-http",
    "channel-settings",
    "channel-mute",
    "channel-loss",
    "turn-loss",
    "long-system-message",
    "long-custom",
    "long-payload",
    "many-quick-replies",
    "many-cards",
    "many-buttons",
];

#[derive(Clone, Debug)]
pub(crate) enum Fact {
    Import { field: Option<String>, reason: String },
    ImportWarning { text: String },
    UnknownType { name: String },
    UnavailableNode,
    UnknownCondition { field: String, reason: String },
    BrokenTemplate { field: String, reason: String, at: Option<(usize, usize)> },
    NoMessage { field: String },
    UnknownMedia { found: String },
    UnknownKeyboard { found: String },
    NoEntry { is_entered: bool },
    MissingNode { way: Way, flow: u64, node: String },
    MissingFlow { way: Way, flow: String },
    NoFallback,
    FallbackGap { path: Vec<Place> },
    FallbackEmpty,
    SilentTurn { path: Vec<Place> },
    DeadEnd { is_first: bool, is_fallback: bool },
    NoElse,
    UnreachableNode,
    UnreachableFlow,
    AnyFlow { nodes_too: bool },
    HiddenEdge { words: String, to: u64 },
    SameCondition { words: String, to: u64, other: u64 },
    Circle { path: Vec<Place>, is_sure: bool },
    FetchAddress { reason: Refusal },
    FetchHttp,
    ChannelSettings { platform: PlatformType, reason: String, is_empty: bool },
    ChannelMute { platform: PlatformType, reason: String },
    ChannelLoss { losses: Losses },
    TurnLoss { path: Vec<Place>, losses: Losses },
    LongSystemMessage { name: &'static str, length: usize, most: usize },
    LongCustom { length: usize, most: usize },
    LongPayload { label: String, length: usize, most: usize },
    ManyQuickReplies { count: usize, most: usize },
    ManyCards { count: usize, most: usize },
    ManyButtons { count: usize, most: usize },
}

/// How something leads somewhere.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    Edge,
    Node,
    /// With its label.
    Button(String),
    Preference,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Private,
    Malformed,
    Port,
}

#[derive(Clone, Debug)]
pub(crate) struct Losses {
    pub channels: Vec<(PlatformType, Vec<Dropped>)>,
    /// The bot names its channels. Otherwise it is about what might be.
    pub are_connected: bool,
}

impl Fact {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Import { .. } => "import",
            Self::ImportWarning { .. } => "import-warning",
            Self::UnknownType { .. } => "unknown-type",
            Self::UnavailableNode => "unavailable-node",
            Self::UnknownCondition { .. } => "unknown-condition",
            Self::BrokenTemplate { .. } => "broken-template",
            Self::NoMessage { .. } => "no-message",
            Self::UnknownMedia { .. } => "unknown-media",
            Self::UnknownKeyboard { .. } => "unknown-keyboard",
            Self::NoEntry { .. } => "no-entry",
            Self::MissingNode { .. } => "missing-node",
            Self::MissingFlow { .. } => "missing-flow",
            Self::NoFallback => "no-fallback",
            Self::FallbackGap { .. } => "fallback-gap",
            Self::FallbackEmpty => "fallback-empty",
            Self::SilentTurn { .. } => "silent-turn",
            Self::DeadEnd { .. } => "dead-end",
            Self::NoElse => "no-else",
            Self::UnreachableNode => "unreachable-node",
            Self::UnreachableFlow => "unreachable-flow",
            Self::AnyFlow { .. } => "any-flow",
            Self::HiddenEdge { .. } => "hidden-edge",
            Self::SameCondition { .. } => "same-condition",
            Self::Circle { .. } => "circle",
            Self::FetchAddress { .. } => "fetch-address",
            Self::FetchHttp => "fetch-http",
            Self::ChannelSettings { .. } => "channel-settings",
            Self::ChannelMute { .. } => "channel-mute",
            Self::ChannelLoss { .. } => "channel-loss",
            Self::TurnLoss { .. } => "turn-loss",
            Self::LongSystemMessage { .. } => "long-system-message",
            Self::LongCustom { .. } => "long-custom",
            Self::LongPayload { .. } => "long-payload",
            Self::ManyQuickReplies { .. } => "many-quick-replies",
            Self::ManyCards { .. } => "many-cards",
            Self::ManyButtons { .. } => "many-buttons",
        }
    }

    pub(crate) fn severity(&self) -> Severity {
        match self {
            Self::Import { .. }
            | Self::UnknownType { .. }
            | Self::BrokenTemplate { .. }
            | Self::NoMessage { .. }
            | Self::NoEntry { is_entered: true }
            | Self::MissingNode { way: Way::Node, .. }
            | Self::MissingFlow { way: Way::Node, .. }
            | Self::FallbackEmpty
            | Self::Circle { is_sure: true, .. }
            | Self::FetchAddress { .. }
            | Self::ChannelSettings { is_empty: false, .. } => Severity::Error,
            Self::ImportWarning { .. }
            | Self::UnavailableNode
            | Self::UnknownCondition { .. }
            | Self::UnknownMedia { .. }
            | Self::NoEntry { is_entered: false }
            | Self::MissingNode { .. }
            | Self::MissingFlow { .. }
            | Self::FallbackGap { .. }
            | Self::SilentTurn { .. }
            | Self::DeadEnd { is_first: true, .. }
            | Self::UnreachableNode
            | Self::HiddenEdge { .. }
            | Self::Circle { is_sure: false, .. }
            | Self::FetchHttp
            | Self::ChannelMute { .. }
            | Self::LongSystemMessage { .. }
            | Self::LongCustom { .. }
            | Self::LongPayload { .. }
            | Self::ManyQuickReplies { .. }
            | Self::ManyCards { .. }
            | Self::ManyButtons { .. } => Severity::Warning,
            Self::UnknownKeyboard { .. }
            | Self::NoFallback
            | Self::DeadEnd { is_first: false, .. }
            | Self::NoElse
            | Self::UnreachableFlow
            | Self::AnyFlow { .. }
            | Self::ChannelSettings { is_empty: true, .. } => Severity::Note,
            // The same edge twice does no harm.
            Self::SameCondition { to, other, .. } if to == other => Severity::Note,
            Self::SameCondition { .. } => Severity::Warning,
            Self::ChannelLoss { losses } | Self::TurnLoss { losses, .. } if losses.are_connected => Severity::Warning,
            Self::ChannelLoss { .. } | Self::TurnLoss { .. } => Severity::Note,
        }
    }

    pub(crate) fn text(&self, flow: Option<u64>, language: Language) -> String {
        match language {
            Language::English => self.english(flow),
            Language::Korean => self.korean(flow),
        }
    }
}

impl Losses {
    /// The channels, with what each of them loses as `part` says it.
    fn said(&self, part: impl Fn(&Dropped) -> String) -> String {
        let channel = |(platform, dropped): &(PlatformType, Vec<Dropped>)| {
            format!("{platform} ({})", dropped.iter().map(&part).collect::<Vec<_>>().join(", "))
        };
        self.channels.iter().map(channel).collect::<Vec<_>>().join(", ")
    }
}

/// `3 → 4 → 2/1`: nodes, with their flow where it is another than that of the finding.
fn way(path: &[Place], flow: Option<u64>) -> String {
    /// A line of a report is short.
    const SHOWN: usize = 8;
    let step = |place: &Place| {
        if Some(place.flow) == flow { place.node.to_string() } else { format!("{}/{}", place.flow, place.node) }
    };
    let mut steps: Vec<String> = path.iter().map(step).collect();
    if steps.len() > SHOWN {
        steps.splice(SHOWN - 2..steps.len() - 1, ["…".to_owned()]);
    }
    steps.join(" → ")
}

fn in_brackets(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(" ({})", short(words, 60)) }
}
