//! Puts our helpers into a parsed template. The crate prints objects as `[object]` and stops at `list.name`; JavaScript
//! prints what it is told to and takes a missing property for an empty text. So each path becomes a call of ours:
//! `{{a.b}}` is `{{$print <here> "a" "b"}}`, and `(f a.b)` is `(f ($at <here> "a" "b"))`.

use std::collections::HashMap;
use std::mem;

use handlebars::template::{BlockParam, HelperTemplate, Parameter, Subexpression, TemplateElement};
use handlebars::{Path, PathSeg, Template};
use serde_json::Value;

use super::helpers::{AT, BLOCKS, PRINT, TICK, VALUES};

pub(super) fn rewrite(template: &mut Template) -> Result<(), String> {
    elements(template, &mut Vec::new())
}

/// `locals` are the names that blocks around give to their items, as in `{{#each list as |item|}}`.
fn elements(template: &mut Template, locals: &mut Vec<String>) -> Result<(), String> {
    for element in &mut template.elements {
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            TemplateElement::Expression(expression) | TemplateElement::HtmlExpression(expression) => {
                inline(expression, locals)?;
            }
            TemplateElement::HelperBlock(expression) => block(expression, locals)?,
            TemplateElement::DecoratorExpression(_)
            | TemplateElement::DecoratorBlock(_)
            | TemplateElement::PartialExpression(_)
            | TemplateElement::PartialBlock(_) => return Err("partials have no meaning here".to_owned()),
            // The crate's enum may grow.
            _ => return Err("not a template that can be used here".to_owned()),
        }
    }
    Ok(())
}

fn inline(expression: &mut HelperTemplate, locals: &[String]) -> Result<(), String> {
    let name = mem::replace(&mut expression.name, Parameter::Name(PRINT.to_owned()));
    let (params, hash) = (mem::take(&mut expression.params), mem::take(&mut expression.hash));
    expression.params = match name {
        Parameter::Path(path) if params.is_empty() && hash.is_empty() => operands(path, locals),
        name if params.is_empty() && hash.is_empty() => vec![value(name, locals)?],
        name => vec![call(&name, params, hash, locals)?],
    };
    Ok(())
}

fn block(expression: &mut HelperTemplate, locals: &mut Vec<String>) -> Result<(), String> {
    let name = expression.name.as_name().unwrap_or_default().to_owned();
    if !BLOCKS.contains(&name.as_str()) {
        return Err(format!("Helper not found {name}"));
    }
    for param in &mut expression.params {
        *param = value(mem::replace(param, Parameter::Literal(Value::Null)), locals)?;
    }
    let outer = locals.len();
    match &expression.block_param {
        Some(BlockParam::Single(item)) => locals.extend(item.as_name().map(str::to_owned)),
        Some(BlockParam::Pair((item, key))) => {
            locals.extend([item, key].into_iter().filter_map(Parameter::as_name).map(str::to_owned));
        }
        // No names, or an enum of the crate that has grown.
        _ => {}
    }
    if let Some(template) = &mut expression.template {
        elements(template, locals)?;
        if name == "each" {
            template.elements.push(tick());
        }
    }
    locals.truncate(outer);
    expression.inverse.as_mut().map_or(Ok(()), |inverse| elements(inverse, locals))
}

/// `{{path}}`, of where it starts and its names.
pub(super) fn print(start: Path, names: impl Iterator<Item = String>) -> TemplateElement {
    let start = std::iter::once(Parameter::Path(start));
    let params = start.chain(names.map(|name| Parameter::Literal(Value::String(name)))).collect();
    *Subexpression::new(Parameter::Name(PRINT.to_owned()), params, HashMap::new()).element
}

/// Counts a round of a loop, for an empty loop prints nothing that would.
fn tick() -> TemplateElement {
    let round = vec![Parameter::Literal(Value::Null)];
    *Subexpression::new(Parameter::Name(TICK.to_owned()), round, HashMap::new()).element
}

fn call(
    name: &Parameter,
    params: Vec<Parameter>,
    hash: HashMap<String, Parameter>,
    locals: &[String],
) -> Result<Parameter, String> {
    let name = name.as_name().unwrap_or_default().to_owned();
    if !VALUES.contains(&name.as_str()) {
        return Err(format!("Helper not found {name}"));
    }
    let params = params.into_iter().map(|param| value(param, locals)).collect::<Result<_, _>>()?;
    let hash = hash.into_iter().map(|(key, param)| Ok((key, value(param, locals)?))).collect::<Result<_, String>>()?;
    Ok(Parameter::Subexpression(Subexpression::new(Parameter::Name(name), params, hash)))
}

fn value(param: Parameter, locals: &[String]) -> Result<Parameter, String> {
    match param {
        Parameter::Path(path) => {
            let name = Parameter::Name(AT.to_owned());
            Ok(Parameter::Subexpression(Subexpression::new(name, operands(path, locals), HashMap::new())))
        }
        Parameter::Subexpression(subexpression) => match *subexpression.element {
            TemplateElement::Expression(expression) => match *expression {
                HelperTemplate { name: Parameter::Path(path), params, hash, .. }
                    if params.is_empty() && hash.is_empty() =>
                {
                    value(Parameter::Path(path), locals)
                }
                HelperTemplate { name, params, hash, .. } => call(&name, params, hash, locals),
            },
            _ => Err("not a template that can be used here".to_owned()),
        },
        literal => Ok(literal),
    }
}

/// Where a path starts, which the crate finds, and the names from there on, which we follow.
fn operands(path: Path, locals: &[String]) -> Vec<Parameter> {
    let (segments, raw) = match path {
        Path::Relative(relative) => relative,
        local @ Path::Local(_) => return vec![Parameter::Path(local)],
    };
    let mut start = Vec::new();
    let mut names = Vec::new();
    for segment in segments {
        match segment {
            PathSeg::Named(name) if names.is_empty() && start.is_empty() && locals.contains(&name) => {
                start.push(PathSeg::Named(name));
            }
            PathSeg::Named(name) => names.push(Parameter::Literal(Value::String(name))),
            ruled => start.push(ruled),
        }
    }
    let mut operands = vec![Parameter::Path(Path::Relative((start, raw)))];
    operands.append(&mut names);
    operands
}
