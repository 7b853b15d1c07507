//! A bot as a picture: an SVG that needs nothing else, for light and dark grounds. Each flow is a panel. A box is a node,
//! with the first words of what it says and a row for each way out, in the order in which they are tried. Ways to other
//! flows end in a stub with their name, which leads there when it is pressed.

mod card;
mod content;
mod kinds;
mod layout;
mod panel;
mod paper;
mod stored;
mod style;
mod ways;

use flow::{Bot, ImportError};
use serde_json::Value;

use crate::Language;
use crate::atlas::{Atlas, text};
use panel::Panel;
use paper::Paper;

/// Around the page, and between panels.
const BETWEEN: i64 = 24;
/// Above the panels.
const TITLE: i64 = 64;

/// Draws what [`flow::Bot::read`] takes.
pub fn draw(bot: &Value, language: Language) -> Result<String, ImportError> {
    let atlas = Atlas::read(bot, &Bot::read(bot)?);
    let mut order: Vec<u64> = atlas.flows.keys().copied().collect();
    order.sort_by_key(|flow| (*flow != atlas.start, *flow != atlas.fallback, *flow));
    let panels: Vec<Panel<'_, '_>> =
        order.iter().filter_map(|id| Some(Panel::new(&atlas, *id, atlas.flows.get(id)?, language))).collect();
    let width = panels.iter().map(|panel| panel.width).max().unwrap_or_default() + 2 * BETWEEN;
    let height = TITLE + panels.iter().map(|panel| panel.height + BETWEEN).sum::<i64>();

    let mut paper = Paper::default();
    let title = text(&bot["title"]);
    paper.open(&format!(
        r#"svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" lang="{language}""#
    ));
    paper.tag("title", title);
    style::write(&mut paper, &used(&atlas));
    paper.empty(&format!(r#"rect class="ground" width="{width}" height="{height}""#));
    paper.text("title", BETWEEN, 34, title, 80);
    paper.text("small", BETWEEN, 54, &counts(&atlas, language), 80);
    let mut y = TITLE;
    for panel in &panels {
        panel.write(&atlas, width - 2 * BETWEEN, y, language, &mut paper);
        y += panel.height + BETWEEN;
    }
    paper.close("svg");
    Ok(paper.0)
}

fn counts(atlas: &Atlas<'_>, language: Language) -> String {
    let (flows, nodes) = (atlas.flows.len(), atlas.places().count());
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    match language {
        Language::English => format!("{}, {}", many(flows, "flow"), many(nodes, "node")),
        Language::Korean => format!("플로우 {flows}개, 노드 {nodes}개"),
    }
}

fn used(atlas: &Atlas<'_>) -> Vec<&'static str> {
    let mut used: Vec<_> = atlas.places().map(|(_, node)| kinds::class(node.kind)).collect();
    used.sort_unstable();
    used.dedup();
    used
}

fn height_of(count: usize, each: i64) -> i64 {
    i64::try_from(count).unwrap_or_default() * each
}
