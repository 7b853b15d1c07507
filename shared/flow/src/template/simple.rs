//! Most templates of most bots are texts with a few `{{path}}`. Those are put together here, twenty times as fast as the
//! grammar does it; the tests hold the two together.

use handlebars::template::TemplateElement;
use handlebars::{Path, Template};

use super::rewrite;

/// None for whatever needs the grammar.
pub(super) fn compile(prepared: &str) -> Option<Template> {
    let mut template = Template::default();
    let mut rest = prepared;
    while let Some(start) = rest.find("{{") {
        let (before, tag) = rest.split_at(start);
        let (path, after) = tag[2..].split_once("}}")?;
        if before.ends_with('\\') {
            return None;
        }
        if !before.is_empty() {
            template.elements.push(TemplateElement::RawString(before.to_owned()));
        }
        let path = path.trim_matches([' ', '\t', '\n', '\r']);
        let names = path.split('.').map(name).collect::<Option<Vec<_>>>()?;
        let here = Path::Relative((Vec::new(), path.to_owned()));
        template.elements.push(rewrite::print(here, names.into_iter().map(str::to_owned)));
        rest = after;
    }
    if !rest.is_empty() {
        template.elements.push(TemplateElement::RawString(rest.to_owned()));
    }
    Some(template)
}

/// A name, or an index in brackets.
fn name(segment: &str) -> Option<&str> {
    if let Some(index) = segment.strip_prefix('[') {
        return index.strip_suffix(']').filter(|index| index.bytes().all(|byte| byte.is_ascii_digit()));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':') || !c.is_ascii();
    let own_meaning = matches!(segment, "this" | "else" | "as" | "null" | "true" | "false");
    (!segment.is_empty() && !own_meaning && segment.chars().all(plain)).then_some(segment)
}
