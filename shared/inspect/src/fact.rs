//! Everything that a check can find, and how it is said. A new kind is its code in [`CODES`], its variant with the arms
//! that the compiler asks for, its case in `testdata` and its line in `docs/check.md`; tests miss the last two.

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

    fn english(&self, flow: Option<u64>) -> String {
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

    fn korean(&self, flow: Option<u64>) -> String {
        match self {
            Self::Import { field: Some(field), reason } => {
                format!("봇으로 읽을 수 없습니다. `{field}`: {}", korean_reason(reason))
            }
            Self::Import { field: None, reason } => format!("봇으로 읽을 수 없습니다. {}", korean_reason(reason)),
            Self::ImportWarning { text } => format!("가져올 때 나온 경고: {text}"),
            Self::UnknownType { name } => format!("`{name}` 타입의 노드는 없습니다. 항상 실패합니다"),
            Self::UnavailableNode => {
                "여기서는 쓸 수 없는 노드입니다. 항상 실패하므로 오류를 검사하는 엣지가 있어야 합니다".to_owned()
            }
            Self::UnknownCondition { field, reason } => {
                format!("`{field}`: {}. 이 조건은 절대 성립하지 않습니다", korean_reason(reason))
            }
            Self::BrokenTemplate { field, reason, at } => {
                let at = at.map(|(line, column)| format!(" {line}행 {column}열의")).unwrap_or_default();
                let then = if field.starts_with("preference.") {
                    "이 메시지는 나가지 않습니다"
                } else {
                    "여기에 온 고객은 오류 메시지를 받습니다"
                };
                format!("`{field}`{at} 템플릿을 읽을 수 없습니다: {}. {then}", korean_reason(reason))
            }
            Self::NoMessage { field } => format!("`{field}` 값이 없습니다. 여기에 온 고객은 오류 메시지를 받습니다"),
            Self::UnknownMedia { found } => {
                format!("미디어는 image, video, audio, link 중 하나여야 하는데 `{found}`입니다. 링크로 보냅니다")
            }
            Self::UnknownKeyboard { found } => {
                format!("`{found}` 타입의 입력 요청은 없습니다. 어떤 입력이든 받습니다")
            }
            Self::NoEntry { is_entered: true } => {
                "진입 노드가 없는데 이 플로우로 들어오는 길이 있습니다. 고객은 오류 메시지를 받습니다".to_owned()
            }
            Self::NoEntry { is_entered: false } => {
                "진입 노드가 없습니다. 노드를 직접 지정해야만 들어올 수 있습니다".to_owned()
            }
            Self::MissingNode { way, flow: to, node } => match way {
                Way::Edge => format!("엣지가 가리키는 {node}번 노드가 없습니다. 이 엣지는 무시됩니다"),
                Way::Button(label) => format!(
                    "\"{label}\" 버튼이 가리키는 {to}번 플로우의 {} 노드가 없습니다. 누르면 폴백 플로우로 갑니다",
                    numbered(node)
                ),
                Way::Node | Way::Preference => {
                    format!("{to}번 플로우의 {} 노드가 없습니다. 고객은 오류 메시지를 받습니다", numbered(node))
                }
            },
            Self::MissingFlow { way, flow: to } => match way {
                Way::Button(label) => {
                    format!("\"{label}\" 버튼이 가리키는 {} 플로우가 없습니다. 누르면 폴백 플로우로 갑니다", numbered(to))
                }
                Way::Preference => format!("폴백 플로우인 {to}번 플로우가 없습니다. 시작 플로우가 대신합니다"),
                Way::Edge | Way::Node if to.is_empty() => {
                    "`data.flowId` 값이 없어 갈 곳이 없습니다. 고객은 오류 메시지를 받습니다".to_owned()
                }
                Way::Edge | Way::Node => format!("{} 플로우가 없습니다. 고객은 오류 메시지를 받습니다", numbered(to)),
            },
            Self::NoFallback => "폴백 플로우가 없습니다. 이해하지 못한 메시지는 시작 플로우로 갑니다".to_owned(),
            Self::FallbackGap { path } => format!(
                "폴백 플로우가 아무 말도 하지 않을 수 있습니다(노드 {}). 그런 메시지에는 빈 메시지만 나갑니다. 조건 없는 엣지로 응답 노드를 이으세요",
                way(path, flow)
            ),
            Self::FallbackEmpty => {
                "폴백 플로우가 아무 말도 하지 않습니다. 이해하지 못한 메시지에는 항상 빈 메시지가 나갑니다".to_owned()
            }
            Self::SilentTurn { path } => format!(
                "노드 {} 순서로 가면 아무 말도 하지 않아 빈 메시지가 나갑니다. 사이에 응답 노드를 두세요",
                way(path, flow)
            ),
            Self::DeadEnd { is_fallback: true, .. } => {
                "이어지는 노드가 없습니다. 앞에서 무엇을 물었든 다음 메시지는 다시 폴백 플로우로 갑니다".to_owned()
            }
            Self::DeadEnd { is_first: true, .. } => {
                "첫 응답이 입력 요청 없이 여기서 끝납니다. 고객의 다음 말은 무엇이든 폴백 플로우로 갑니다".to_owned()
            }
            Self::DeadEnd { .. } => "이어지는 노드가 없습니다. 다음 메시지는 폴백 플로우로 갑니다".to_owned(),
            Self::NoElse => {
                "모든 엣지에 조건이 있습니다. 맞는 조건이 없으면 여기서 끝나고 다음 메시지는 폴백 플로우로 갑니다".to_owned()
            }
            Self::UnreachableNode => "이 노드로 오는 길이 없습니다".to_owned(),
            Self::UnreachableFlow => {
                "이 플로우로 오는 플로우 연결이나 버튼이 없습니다. 봇 밖에서만 시작할 수 있습니다".to_owned()
            }
            Self::AnyFlow { nodes_too: false } => {
                "다음 플로우를 템플릿이 정하므로 모든 플로우에 올 수 있다고 봅니다".to_owned()
            }
            Self::AnyFlow { nodes_too: true } => {
                "다음 노드를 템플릿이 정하므로 그럴 수 있는 노드에는 모두 올 수 있다고 봅니다".to_owned()
            }
            Self::HiddenEdge { words, to } => format!(
                "{to}번 노드로 가는 엣지{}는 선택될 수 없습니다. 먼저 검사하는 엣지가 모든 경우를 가져갑니다",
                in_brackets(words).trim_start()
            ),
            Self::SameCondition { words, to, other } if to == other => {
                format!("{to}번 노드로 가는 엣지 중 조건이 같은 것이 둘 있습니다{}", in_brackets(words).trim_start())
            }
            Self::SameCondition { words, to, other } => format!(
                "{to}번 노드로 가는 엣지는 선택될 수 없습니다. {other}번 노드로 가는 엣지가 조건이 같고{} 먼저 검사됩니다",
                in_brackets(words).trim_start()
            ),
            Self::Circle { path, is_sure: true } => format!(
                "입력 요청 없이 제자리를 돕니다(노드 {}). 노드 100개에서 멈추고 오류 메시지가 나갑니다",
                way(path, flow)
            ),
            Self::Circle { path, is_sure: false } => format!(
                "입력 요청 없이 제자리를 돌 수 있습니다(노드 {}). 노드 100개가 되면 멈추고 오류 메시지가 나갑니다",
                way(path, flow)
            ),
            Self::FetchAddress { reason } => match reason {
                Refusal::Private => "사설 주소에는 요청하지 않습니다. 공개된 주소여야 합니다",
                Refusal::Malformed => {
                    "요청할 수 없는 주소입니다. http:// 또는 https://로 시작하고 호스트가 있어야 하며, 사용자 이름과 #은 쓸 수 없습니다"
                }
                Refusal::Port => "요청할 수 없는 포트입니다. 80, 443 또는 1024 이상이어야 합니다",
            }
            .to_owned(),
            Self::FetchHttp => "http://는 암호화되지 않습니다. 서버가 지원하면 https://를 쓰세요".to_owned(),
            Self::ChannelSettings { platform, is_empty: true, .. } => {
                format!("{platform} 채널의 설정이 비어 있습니다. 로컬에서만 동작합니다")
            }
            Self::ChannelSettings { platform, reason, .. } => format!("{platform} 채널을 연결할 수 없습니다: {reason}"),
            Self::ChannelMute { platform, reason } => format!("{platform} 채널에서 답할 수 없습니다: {reason}"),
            Self::ChannelLoss { losses } => format!("채널에 다 담기지 않습니다. {}", losses.korean()),
            Self::TurnLoss { path, losses } => {
                format!("한 번에(노드 {}) 다 담기지 않습니다. {}", way(path, flow), losses.korean())
            }
            Self::LongSystemMessage { name, length, most } => {
                format!("`systemMessage.{name}` 글자 수가 {length}자입니다. {most}자까지 됩니다")
            }
            Self::LongCustom { length, most } => {
                format!("`meta.custom` 글자 수가 {length}자입니다. {most}자에서 잘립니다")
            }
            Self::LongPayload { label, length, most } => {
                format!("\"{label}\" 버튼의 페이로드가 {length}자입니다. {most}자까지 됩니다")
            }
            Self::ManyQuickReplies { count, most } => format!("빠른 답장이 {count}개입니다. {most}개까지 됩니다"),
            Self::ManyCards { count, most } => format!("카드가 {count}장입니다. {most}장까지 됩니다"),
            Self::ManyButtons { count, most } => {
                format!("메시지나 카드 하나에 버튼이 {count}개입니다. {most}개까지 됩니다")
            }
        }
    }
}

impl Losses {
    fn english(&self) -> String {
        self.said(|Dropped { what, count }| if *count == 1 { (*what).to_owned() } else { format!("{count} × {what}") })
    }

    fn korean(&self) -> String {
        self.said(|Dropped { what, count }| {
            let what = korean_part(what);
            if *count == 1 { what.to_owned() } else { format!("{what} {count}개") }
        })
    }

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

fn nodes(path: &[Place], flow: Option<u64>) -> String {
    format!("node{} {}", if path.len() == 1 { "" } else { "s" }, way(path, flow))
}

/// Some write a name where an id belongs.
fn numbered(id: &str) -> String {
    if id.bytes().all(|b| b.is_ascii_digit()) { format!("{id}번") } else { format!("`{id}`") }
}

fn in_brackets(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(" ({})", short(words, 60)) }
}

/// Of a messenger's adapter, which names what it cuts or leaves out in English.
fn korean_part(what: &str) -> &str {
    match what {
        "text" => "텍스트",
        "button" | "card button" => "버튼",
        "button label" => "버튼 이름",
        "button text" => "버튼 텍스트",
        "button payload" => "버튼 페이로드",
        "quick reply" => "빠른 답장",
        "quick reply link" => "빠른 답장의 링크",
        "card" => "카드",
        "empty card" => "빈 카드",
        "card title" => "카드 제목",
        "card description" => "카드 설명",
        "card uri" | "card link" => "카드 링크",
        "card image" | "card picture" => "카드 이미지",
        "card media" => "카드 미디어",
        "title" => "제목",
        "description" => "설명",
        "alt text" => "대체 텍스트",
        "image" => "이미지",
        "media" => "미디어",
        "location" => "위치",
        "location title" => "위치 이름",
        "address" => "주소",
        "number" => "번호",
        "emoji" => "이모지",
        "character" => "글자",
        "everything" => "전부",
        other => other,
    }
}

/// Of what the engine says while it reads a bot. The words of the template's parser stay as they are.
fn korean_reason(reason: &str) -> String {
    let known = match reason {
        "it has neither `flows` nor `nodes`" => "`flows`도 `nodes`도 없습니다",
        "is empty: a bot has at least one" => "비어 있습니다. 하나는 있어야 합니다",
        "is a list" => "목록이어야 합니다",
        "is an object" => "객체여야 합니다",
        "is a text" => "텍스트여야 합니다",
        "is a number" => "숫자여야 합니다",
        "is a whole number" => "0 이상의 정수여야 합니다",
        "is true or false" => "true 또는 false여야 합니다",
        "is missing" => "값이 없습니다",
        "is the id of another flow too" => "다른 플로우와 id가 같습니다",
        "is the id of another node of this flow too" => "같은 플로우의 다른 노드와 id가 같습니다",
        "has a latitude and a longitude" => "위도와 경도가 있어야 합니다",
        "is GET, POST, PUT or DELETE" => "GET, POST, PUT, DELETE 중 하나여야 합니다",
        "is an object of paths and their tests" => "경로와 검사로 된 객체여야 합니다",
        "has too many conditions inside each other" => "조건이 너무 깊이 겹쳐 있습니다",
        "is no operator that is known" => "모르는 연산자입니다",
        "compares with a number" => "숫자와 비교해야 합니다",
        "is no regular expression that can be used here" => "쓸 수 없는 정규 표현식입니다",
        "a template is not closed: }} is missing" => "템플릿을 닫는 }}가 없습니다",
        "a third closing brace follows a template: put a blank before it" => {
            "템플릿 뒤에 닫는 중괄호가 하나 더 있습니다. 사이에 빈칸을 넣으세요"
        }
        "four braces have no meaning here" => "중괄호 네 개는 쓸 수 없습니다",
        "a brace has no meaning inside of a template" => "템플릿 안에 중괄호를 쓸 수 없습니다",
        "a bracket is not closed" => "대괄호가 닫히지 않았습니다",
        "a text in quotes is not closed" => "따옴표가 닫히지 않았습니다",
        "a comment is not closed" => "주석이 닫히지 않았습니다",
        "invalid handlebars syntax" => "Handlebars 문법에 맞지 않습니다",
        "partials have no meaning here" => "파셜은 쓸 수 없습니다",
        "too many blocks inside each other" => "블록이 너무 깊이 겹쳐 있습니다",
        "too many brackets inside each other" => "괄호가 너무 깊이 겹쳐 있습니다",
        other => {
            let flow = other.strip_prefix("names flow ").and_then(|rest| rest.strip_suffix(", which does not exist"));
            return match (flow, other.strip_prefix("Helper not found ")) {
                (Some(flow), _) => format!("{flow}번 플로우가 없습니다"),
                (None, Some(name)) => format!("`{name}` 함수가 없습니다"),
                (None, None) => other.to_owned(),
            };
        }
    };
    known.to_owned()
}
