//! What stands on a node: the first words of what it does, and its ways out.

use serde_json::Value;

use crate::Language;
use crate::atlas::{Aim, Atlas, Kind, Link, Node, text};
use crate::words::{condition, one_line};

/// A way out, a row of the box. Ways are tried from top to bottom.
#[derive(Debug)]
pub(super) struct Row {
    /// In which place it is tried, where there are several.
    pub rank: Option<usize>,
    pub text: String,
    pub end: End,
}

#[derive(Debug)]
pub(super) enum End {
    /// A node of the same flow.
    Node(u64),
    /// Another flow, or a node of it: the id of its place in the drawing, where there is such a place.
    Stub { name: String, href: Option<String> },
    /// It cannot be chosen, or does not exist.
    Lost(u64),
}

pub(super) fn words(node: &Node<'_>, language: Language) -> String {
    let data = node.data;
    let words = match node.kind {
        Kind::Response => message(&data["message"], language),
        Kind::Keyboard => keyboard(data, language),
        Kind::Back => back(data, language),
        Kind::Parameter => parameter(data, language),
        Kind::Fetch => format!("{} {}", data["method"].as_str().unwrap_or("GET"), text(&data["uri"])),
        Kind::Script => text(&data["script"]).to_owned(),
        Kind::Agent => message(&data["messages"]["default"]["message"], language),
        Kind::Email => text(&data["subject"]).to_owned(),
        Kind::Sheet => text(&data["sheetName"]).to_owned(),
        Kind::Llm => text(&data["prompt"]).to_owned(),
        Kind::Entry | Kind::Flow | Kind::Nlp | Kind::Chat | Kind::Other => String::new(),
    };
    one_line(&words)
}

fn message(message: &Value, language: Language) -> String {
    let media = &message["media"];
    let cards = message["cards"].as_array().map_or(&[][..], Vec::as_slice);
    let mut parts = Vec::new();
    if media["uri"].is_string() {
        let kind = match (media["contentType"].as_str(), language) {
            (Some("video"), Language::English) => "video",
            (Some("video"), Language::Korean) => "동영상",
            (Some("audio"), Language::English) => "sound",
            (Some("audio"), Language::Korean) => "음성",
            (Some("link"), Language::English) => "link",
            (Some("link"), Language::Korean) => "링크",
            (_, Language::English) => "image",
            (_, Language::Korean) => "이미지",
        };
        parts.push(format!("[{kind}] {}", text(&media["altText"])));
    }
    parts.push(text(&message["text"]).to_owned());
    if !cards.is_empty() {
        let titles: Vec<&str> = cards.iter().map(|card| text(&card["title"])).filter(|it| !it.is_empty()).collect();
        parts.push(match language {
            Language::English => format!("[{} cards] {}", cards.len(), titles.join(" · ")),
            Language::Korean => format!("[카드 {}장] {}", cards.len(), titles.join(" · ")),
        });
    }
    let place = &message["location"];
    if place.is_object() {
        let name = place["title"].as_str().or(place["label"].as_str()).unwrap_or_default();
        parts.push(match language {
            Language::English => format!("[place] {name}"),
            Language::Korean => format!("[위치] {name}"),
        });
    }
    parts.extend(labels(&message["buttons"]));
    parts.retain(|part| !part.trim().is_empty());
    parts.join(" ")
}

fn labels(buttons: &Value) -> Vec<String> {
    let buttons = buttons.as_array().map_or(&[][..], Vec::as_slice);
    buttons.iter().map(|button| format!("[{}]", text(&button["label"]))).collect()
}

fn keyboard(data: &Value, language: Language) -> String {
    let labels = labels(&data["buttons"]);
    if !labels.is_empty() {
        return labels.join(" ");
    }
    match (data["type"].as_str(), language) {
        (Some("number"), Language::English) => "a number",
        (Some("number"), Language::Korean) => "숫자",
        (Some("location"), Language::English) => "a place",
        (Some("location"), Language::Korean) => "위치",
        (Some("text"), Language::English) => "a text",
        (Some("text"), Language::Korean) => "텍스트",
        (_, Language::English) => "anything",
        (_, Language::Korean) => "무엇이든",
    }
    .to_owned()
}

fn back(data: &Value, language: Language) -> String {
    let count = data["count"].as_str().map_or_else(|| data["count"].to_string(), str::to_owned);
    let count = if data["count"].is_null() { "1".to_owned() } else { count };
    match (data["operation"].as_str(), language) {
        (Some("clear"), Language::English) => "forgets all".to_owned(),
        (Some("clear"), Language::Korean) => "기록 비우기".to_owned(),
        (Some("drop"), Language::English) => format!("forgets {count}"),
        (Some("drop"), Language::Korean) => format!("기록 {count}개 버리기"),
        (_, Language::English) => format!("{count} back"),
        (_, Language::Korean) => format!("{count}단계 뒤로"),
    }
}

fn parameter(data: &Value, language: Language) -> String {
    if data["type"] == "clear" {
        return match language {
            Language::English => "forgets all".to_owned(),
            Language::Korean => "모두 지우기".to_owned(),
        };
    }
    let items = data["set"].as_array().map_or(&[][..], Vec::as_slice);
    let item = |item: &Value| {
        let value = item["value"].as_str().map_or_else(|| item["value"].to_string(), str::to_owned);
        format!("{} = {value}", text(&item["key"]))
    };
    items.iter().map(item).collect::<Vec<_>>().join(", ")
}

pub(super) fn rows(atlas: &Atlas<'_>, node: &Node<'_>, language: Language) -> Vec<Row> {
    let mut rows = Vec::new();
    let count = node.edges.len();
    // A flow node goes where it says, and never by its edges.
    for (index, edge) in node.edges.iter().enumerate().filter(|_| node.kind != Kind::Flow) {
        let words = condition(&edge.condition, language);
        let otherwise = match language {
            _ if count == 1 => "",
            Language::English => "otherwise",
            Language::Korean => "그 밖에",
        };
        rows.push(Row {
            rank: (count > 1).then_some(index + 1),
            text: if words.is_empty() { otherwise.to_owned() } else { words },
            end: if edge.exists && edge.is_open { End::Node(edge.to) } else { End::Lost(edge.to) },
        });
    }
    let links = node.links.iter().map(|link| Row {
        rank: None,
        text: link.button.map(|label| format!("[{label}]")).unwrap_or_default(),
        end: stub(atlas, link),
    });
    rows.extend(links);
    rows
}

fn stub(atlas: &Atlas<'_>, link: &Link<'_>) -> End {
    let mut name = match &link.flow {
        Aim::At(flow) => {
            let title = atlas.flows.get(flow).map_or("✕", |flow| flow.title);
            format!("{flow} {title}").trim_end().to_owned()
        }
        Aim::Anywhere => "{{…}}".to_owned(),
        Aim::Nowhere(_) => "✕".to_owned(),
    };
    match &link.node {
        Some(Aim::At(node)) => name += &format!(" · {node}"),
        Some(Aim::Anywhere) => name += " · {{…}}",
        Some(Aim::Nowhere(_)) => name += " · ✕",
        None => {}
    }
    let href = match (&link.flow, &link.node) {
        (Aim::At(flow), None) if atlas.flows.contains_key(flow) => Some(format!("f{flow}")),
        _ => atlas.end(link).map(|place| format!("f{}n{}", place.flow, place.node)),
    };
    End::Stub { name, href }
}
