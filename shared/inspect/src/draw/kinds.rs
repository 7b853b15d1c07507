//! How each kind of node looks: its name, colour and icon.

use crate::Language;
use crate::atlas::{Kind, Node};

pub(super) struct Look {
    /// Its class and the id of its icon.
    pub class: &'static str,
    english: &'static str,
    korean: &'static str,
    /// On a light ground and on a dark one; both carry a white icon.
    pub light: &'static str,
    pub dark: &'static str,
    /// Strokes in a square of 16.
    pub icon: &'static str,
}

pub(super) const LOOKS: &[Look] = &[
    look("entry", "entry", "진입", "#64748b", "#7c8ba1", "M6 4l6 4-6 4z"),
    look("response", "response", "응답", "#2563eb", "#4f83f1", "M3 4h10v6.5H8L5 13v-2.5H3z"),
    look(
        "keyboard",
        "keyboard",
        "입력 요청",
        "#7c3aed",
        "#9566f2",
        "M2.5 4.5h11v7h-11zM5 7h.01M8 7h.01M11 7h.01M5.5 9.3h5",
    ),
    look("flow", "flow", "플로우 연결", "#0d9488", "#17a398", "M2.5 8h9M8.5 5l3 3-3 3M13.5 4v8"),
    look("back", "back", "뒤로가기", "#b45309", "#c8712a", "M13 12V9.5a2.5 2.5 0 0 0-2.5-2.5H3.5M6.5 4l-3 3 3 3"),
    look("parameter", "parameter", "파라미터", "#be185d", "#d2457f", "M3 5.5h10M3 10.5h10M6.5 4v3M10 9v3"),
    look(
        "fetch",
        "HTTP request",
        "HTTP 요청",
        "#15803d",
        "#2f9a55",
        "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M2.5 8h11M8 2.5c3 3 3 8 0 11M8 2.5c-3 3-3 8 0 11",
    ),
    look("script", "script", "스크립트", "#c2410c", "#d9652f", "M6 4.5L2.5 8 6 11.5M10 4.5L13.5 8 10 11.5"),
    look(
        "agent",
        "agent call",
        "상담원 연결",
        "#b91c1c",
        "#d64545",
        "M8 8a2.5 2.5 0 1 0 0-5a2.5 2.5 0 1 0 0 5M3.5 13c.5-3.7 8.5-3.7 9 0",
    ),
    look("email", "e-mail", "이메일", "#0e7490", "#2590ad", "M2.5 4.5h11v7h-11zM2.5 5L8 9l5.5-4"),
    look("sheet", "sheet", "시트", "#047857", "#179470", "M3 3h10v10H3zM3 6.3h10M3 9.6h10M7 3v10"),
    look("nlp", "NLP", "자연어 처리", "#4338ca", "#6f66e0", STAR),
    look("chat", "chit-chat", "일상 대화", "#4338ca", "#6f66e0", STAR),
    look("llm", "LLM", "LLM", "#4338ca", "#6f66e0", STAR),
    look("other", "", "", "#6b7280", "#818998", "M6 6a2 2 0 1 1 2.8 1.9c-.6.2-.8.6-.8 1.3M8 12h.01"),
];

const STAR: &str = "M8 2l1.5 4.5L14 8 9.5 9.5 8 14 6.5 9.5 2 8l4.5-1.5z";

const fn look(
    class: &'static str,
    english: &'static str,
    korean: &'static str,
    light: &'static str,
    dark: &'static str,
    icon: &'static str,
) -> Look {
    Look { class, english, korean, light, dark, icon }
}

pub(super) fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Entry => "entry",
        Kind::Response => "response",
        Kind::Keyboard => "keyboard",
        Kind::Flow => "flow",
        Kind::Back => "back",
        Kind::Parameter => "parameter",
        Kind::Fetch => "fetch",
        Kind::Script => "script",
        Kind::Agent => "agent",
        Kind::Email => "email",
        Kind::Sheet => "sheet",
        Kind::Nlp => "nlp",
        Kind::Chat => "chat",
        Kind::Llm => "llm",
        Kind::Other => "other",
    }
}

/// Of a type that nobody knows its own name.
pub(super) fn name(node: &Node<'_>, language: Language) -> String {
    let look = LOOKS.iter().find(|look| look.class == class(node.kind));
    let name = look.map_or("", |look| match language {
        Language::English => look.english,
        Language::Korean => look.korean,
    });
    if name.is_empty() { node.type_name.to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_look() {
        let kinds = [
            Kind::Entry,
            Kind::Response,
            Kind::Keyboard,
            Kind::Flow,
            Kind::Back,
            Kind::Parameter,
            Kind::Fetch,
            Kind::Script,
            Kind::Agent,
            Kind::Email,
            Kind::Sheet,
            Kind::Nlp,
            Kind::Chat,
            Kind::Llm,
            Kind::Other,
        ];
        let classes: Vec<&str> = kinds.into_iter().map(class).collect();
        assert_eq!(classes, LOOKS.iter().map(|look| look.class).collect::<Vec<_>>());
    }
}
