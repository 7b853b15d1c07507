//! Templates: Handlebars 4.0.12 with CLOSER's functions, indexes and reading of paths. Read when a bot is read; a text
//! without `{{` costs nothing.
//!
//! ```text
//! parse ──► tree ──► eval, with the functions and what `setting` holds
//!                └─► expand: how many elements one of a list becomes
//! ```

mod eval;
mod expand;
mod functions;
mod json;
mod logic;
mod parse;
mod path;
mod setting;
mod tree;

use std::borrow::Cow;

use crate::context::Context;
pub(crate) use expand::Expansion;
pub(crate) use json::{json_text, scalar_text};
pub use parse::TemplateFault;
pub(crate) use setting::{Masked, Setting, masked};
use tree::{Path, Template};

/// A text of a bot, as it was read.
#[derive(Debug)]
pub(crate) enum Text {
    Plain(String),
    Template(Box<Template>),
    /// It does not parse. That is the error of whoever reaches it.
    Broken(Box<TemplateFault>),
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
        match parse::parse(source) {
            Ok(template) => Self::Template(Box::new(template)),
            Err(fault) => Self::Broken(Box::new(fault)),
        }
    }

    pub(crate) fn render(&self, context: &mut Context<'_>) -> Result<Cow<'_, str>, TemplateError> {
        match self {
            Self::Plain(text) => Ok(Cow::Borrowed(text)),
            Self::Template(template) => {
                let (root, setting) = context.parts();
                eval::print(template, root, setting).map(Cow::Owned).map_err(TemplateError)
            }
            Self::Broken(fault) => Err(TemplateError(fault.to_string())),
        }
    }

    /// The text, where it is the same each time.
    pub(crate) fn plain(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Template(_) | Self::Broken(_) => None,
        }
    }

    fn paths(&mut self, see: &mut dyn FnMut(&mut Path)) {
        match self {
            Self::Template(template) => template.paths(see),
            Self::Plain(_) | Self::Broken(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
