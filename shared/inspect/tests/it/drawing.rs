//! `testdata/draw/<name>.json` is a bot, `<name>.svg` its picture: `tour` is laid out by us and said in Korean, the nodes
//! of `stored` stand where their author put them.

use std::collections::BTreeSet;

use inspect::{Language, draw};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::{files, golden, read};

#[test]
fn pictures() {
    let mut failures = Vec::new();
    for path in files("testdata/draw", ".json") {
        let language = if path.ends_with("tour.json") { Language::Korean } else { Language::English };
        let svg = draw(&read(&path), language).unwrap();
        assert_drawn(&svg);
        assert_eq!(svg, draw(&read(&path), language).unwrap(), "the same bot is drawn the same");
        golden(&path.with_extension("svg"), &svg, &mut failures);
    }
    assert!(
        failures.is_empty(),
        "these differ; UPDATE=1 rewrites them, and a browser shows them\n{}",
        failures.join("\n")
    );
}

/// A box of a node: left, top, width, height.
type Box = [i64; 4];

/// It is XML, needs nothing from elsewhere, all that it refers to is there, and no box lies on another.
pub(crate) fn assert_drawn(svg: &str) {
    assert!(!svg.chars().any(|c| (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}')));
    let mut reader = Reader::from_str(svg);
    let (mut ids, mut links) = (BTreeSet::new(), BTreeSet::new());
    let mut panels: Vec<Vec<Box>> = Vec::new();
    let mut depth = 0;
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error} in\n{svg}"));
        let tag = match &event {
            Event::Start(tag) => {
                depth += 1;
                tag
            }
            Event::Empty(tag) => tag,
            Event::End(_) => {
                depth -= 1;
                continue;
            }
            Event::GeneralRef(name) => {
                assert!(["amp", "lt", "gt", "quot"].contains(&&*name.decode().unwrap()), "{name:?}");
                continue;
            }
            Event::Text(_) => continue,
            Event::Eof => break,
            other => panic!("{other:?}"),
        };
        if let Some(id) = attribute(tag, "id") {
            assert!(ids.insert(id), "an id twice");
        }
        links.extend(attribute(tag, "href").map(|link| link.strip_prefix('#').expect("a place in it").to_owned()));
        let class = attribute(tag, "class").unwrap_or_default();
        if class == "flow-panel" {
            panels.push(Vec::new());
        } else if class.starts_with("node ") {
            let place = attribute(tag, "transform").unwrap();
            let place = place.strip_prefix("translate(").and_then(|rest| rest.strip_suffix(')')).unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            panels.last_mut().unwrap().push([x.parse().unwrap(), y.parse().unwrap(), 0, 0]);
        } else if class == "box" {
            let [_, _, width, height] = panels.last_mut().unwrap().last_mut().unwrap();
            *width = attribute(tag, "width").unwrap().parse().unwrap();
            *height = attribute(tag, "height").unwrap().parse().unwrap();
        }
    }
    assert_eq!(depth, 0);
    assert!(links.is_subset(&ids), "{:?} are not there", links.difference(&ids).collect::<Vec<_>>());
    for boxes in panels {
        for (index, [x, y, width, height]) in boxes.iter().enumerate() {
            for [other_x, other_y, other_width, other_height] in &boxes[..index] {
                let is_apart = x + width <= *other_x
                    || other_x + other_width <= *x
                    || y + height <= *other_y
                    || other_y + other_height <= *y;
                assert!(is_apart, "a box at {x}, {y} lies on one at {other_x}, {other_y}");
            }
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut found = None;
    for attribute in tag.attributes() {
        let attribute = attribute.unwrap();
        let value = attribute.unescape_value().unwrap().into_owned();
        if attribute.key.as_ref() == name.as_bytes() {
            found = Some(value);
        }
    }
    found
}
