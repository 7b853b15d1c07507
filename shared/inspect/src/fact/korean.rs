//! What was found, in Korean.

use platforms::Dropped;

use super::{Fact, Losses, Refusal, Way, in_brackets, way};

impl Fact {
    pub(super) fn korean(&self, flow: Option<u64>) -> String {
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
    fn korean(&self) -> String {
        self.said(|Dropped { what, count }| {
            let what = korean_part(what);
            if *count == 1 { what.to_owned() } else { format!("{what} {count}개") }
        })
    }
}

/// Some write a name where an id belongs.
fn numbered(id: &str) -> String {
    if id.bytes().all(|b| b.is_ascii_digit()) { format!("{id}번") } else { format!("`{id}`") }
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
        "a third brace follows: put a blank before it" => "닫는 중괄호가 하나 더 있습니다. 사이에 빈칸을 넣으세요",
        "four braces, of raw blocks, have no meaning here" => "중괄호 네 개는 쓸 수 없습니다",
        "this bracket is not closed" => "대괄호가 닫히지 않았습니다",
        "this text is not closed" => "따옴표가 닫히지 않았습니다",
        "this comment is not closed" => "주석이 닫히지 않았습니다",
        "partials have no meaning here" => "파셜은 쓸 수 없습니다",
        "decorators have no meaning here" => "데코레이터는 쓸 수 없습니다",
        "partials and decorators have no meaning here" => "파셜과 데코레이터는 쓸 수 없습니다",
        "{{else}} stands outside of a block" => "{{else}}가 블록 밖에 있습니다",
        "{{else …}} stands outside of a block" => "{{else …}}가 블록 밖에 있습니다",
        "too many blocks inside of each other" => "블록이 너무 깊이 겹쳐 있습니다",
        "too many brackets inside of each other" => "괄호가 너무 깊이 겹쳐 있습니다",
        other => return korean_fault(other).unwrap_or_else(|| other.to_owned()),
    };
    known.to_owned()
}

/// Reasons with a name in them.
fn korean_fault(reason: &str) -> Option<String> {
    let between = |start: &str, end: &str| reason.strip_prefix(start)?.strip_suffix(end);
    if let Some(flow) = between("names flow ", ", which does not exist") {
        return Some(format!("{flow}번 플로우가 없습니다"));
    }
    if let Some(name) = between("Missing helper: \"", "\"") {
        return Some(format!("`{name}` 함수가 없습니다"));
    }
    if let Some(tag) = between("{{/", "}} closes nothing") {
        return Some(format!("{{{{/{tag}}}}}로 닫을 블록이 없습니다"));
    }
    if let Some(name) = between("#", " requires exactly one argument") {
        return Some(format!("#{name}에는 값이 하나 있어야 합니다"));
    }
    if let Some(path) = between("Invalid path: ", "") {
        return Some(format!("`{path}`은(는) 쓸 수 없는 경로입니다"));
    }
    if let Some((opened, closed)) = reason.split_once(" doesn't match ") {
        return Some(format!("`{opened}` 블록을 `{closed}`(으)로 닫았습니다"));
    }
    if let Some((name, values)) = reason.split_once(" takes ")
        && let Some((bounds, given)) = values.split_once(" values, not ")
    {
        let bounds = bounds.replace(" to ", "~").replace(" or more", "개 이상");
        return Some(format!("`{name}`에 줄 값의 수는 {bounds}인데 {given}개입니다"));
    }
    let (expected, got) = reason.strip_prefix("Expecting ")?.rsplit_once(", got ")?;
    let expected = match expected {
        "a name" => "이름",
        "a name or |" => "이름이나 |",
        "the name of a block" => "블록 이름",
        "}} or a blank" => "}}나 빈칸",
        ", or )" => "쉼표나 )",
        other => other,
    };
    Some(match got {
        "the end" => format!("{expected} 없이 끝났습니다"),
        got => format!("{expected} 자리에 {got} 문자가 있습니다"),
    })
}
