//! Templates: Handlebars, with CLOSER's reading of paths. Compiled when a bot is read; a text without `{{` costs nothing.
//!
//! `prepare` turns CLOSER's spelling into what the crate parses, `rewrite` puts our `helpers` where the crate's own
//! evaluation differs from the JavaScript one. The functions of the guide, `NAME(a, b)`, and the expansion `[i]` will be
//! read by `prepare` and be helpers too.

mod helpers;
mod json;
mod logic;
mod paper;
mod path;
mod prepare;
mod rewrite;
mod simple;

use std::borrow::Cow;

use handlebars::{RenderContext, Renderable, Template};

use crate::context::Context;
pub(crate) use json::{json_text, scalar_text};

/// A text of a bot, as it was read.
#[derive(Debug)]
pub(crate) enum Text {
    Plain(String),
    Template(Box<Template>),
    /// It does not parse. The reason, in the words of the parser, is the error of whoever reaches it.
    Broken(String),
}

/// In the words of Handlebars; a bot's author sees it as `{{error}}`.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct TemplateError(pub(crate) String);

impl Text {
    pub(crate) fn read(source: &str) -> Self {
        if !source.contains("{{") {
            return Self::Plain(source.to_owned());
        }
        match compile(source) {
            Ok(template) => Self::Template(Box::new(template)),
            Err(reason) => Self::Broken(reason),
        }
    }

    pub(crate) fn render(&self, context: &mut Context<'_>) -> Result<Cow<'_, str>, TemplateError> {
        match self {
            Self::Plain(text) => Ok(Cow::Borrowed(text)),
            Self::Template(template) => print(template, context.whole()).map(Cow::Owned),
            Self::Broken(reason) => Err(TemplateError(reason.clone())),
        }
    }

    /// The text, where it is the same each time.
    pub(crate) fn plain(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Template(_) | Self::Broken(_) => None,
        }
    }
}

fn compile(source: &str) -> Result<Template, String> {
    let prepared = prepare::prepare(source)?;
    simple::compile(&prepared).map_or_else(|| parse(&prepared), Ok)
}

fn parse(prepared: &str) -> Result<Template, String> {
    let mut template = Template::compile(prepared).map_err(|error| match error.pos() {
        Some((line, column)) => format!("{} (line {line}, column {column})", error.reason()),
        None => error.reason().to_string(),
    })?;
    rewrite::rewrite(&mut template)?;
    Ok(template)
}

fn print(template: &Template, context: &handlebars::Context) -> Result<String, TemplateError> {
    let mut paper = paper::Paper::default();
    let result = template.render(&helpers::REGISTRY, context, &mut RenderContext::new(None), &mut paper);
    match result {
        Ok(()) => Ok(paper.text),
        Err(_) if paper.full => Err(TemplateError(paper::FULL.to_owned())),
        Err(error) => Err(TemplateError(error.to_string())),
    }
}

#[cfg(test)]
mod tests;
