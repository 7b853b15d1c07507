//! What templates can call: the functions of the guide, each in its file, and Handlebars' own small ones. Written
//! `NAME(a, b)`, anywhere, or `NAME a b` as in Handlebars.

mod date;
mod escape;
mod format;
mod josa;
mod mask;
mod quote;
mod rand;
mod truncate;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

use super::json::scalar_text;
use super::logic::{compare, equal, truthy};
use super::path;
use super::setting::Setting;
use crate::limits;

pub(super) struct Function {
    name: &'static str,
    arguments: (usize, usize),
    reads: Reads,
    pub(super) make: for<'v> fn(&[Argument<'v>], &mut Setting) -> Made<'v>,
}

/// How much of its arguments a function reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// What they are.
    Objects,
    /// Numbers and texts. The message is its text.
    Scalars,
    /// Whatever it is, as text.
    Texts,
}

pub(super) type Made<'v> = Result<Option<Cow<'v, Value>>, String>;

const MANY: usize = usize::MAX;

static FUNCTIONS: &[Function] = &[
    Function { name: "DATE", arguments: (0, 4), reads: Reads::Texts, make: date::date },
    Function { name: "ESCAPE", arguments: (1, 1), reads: Reads::Texts, make: escape::escape },
    Function { name: "FORMAT", arguments: (1, 2), reads: Reads::Texts, make: format::format },
    Function { name: "JOSA", arguments: (2, 2), reads: Reads::Texts, make: josa::josa },
    Function { name: "MASK", arguments: (1, 2), reads: Reads::Texts, make: mask::mask },
    Function { name: "QUOTE", arguments: (1, 2), reads: Reads::Texts, make: quote::quote },
    Function { name: "RAND", arguments: (0, MANY), reads: Reads::Texts, make: rand::rand },
    Function { name: "TRUNCATE", arguments: (1, 3), reads: Reads::Texts, make: truncate::truncate },
    Function { name: "$eq", arguments: (2, 2), reads: Reads::Scalars, make: |of, _| yes(equal(&of[0], &of[1])) },
    Function { name: "$ne", arguments: (2, 2), reads: Reads::Scalars, make: |of, _| yes(!equal(&of[0], &of[1])) },
    Function { name: "$lt", arguments: (2, 2), reads: Reads::Scalars, make: |of, _| ordered(of, Ordering::is_lt) },
    Function { name: "$lte", arguments: (2, 2), reads: Reads::Scalars, make: |of, _| ordered(of, Ordering::is_le) },
    Function { name: "$gt", arguments: (2, 2), reads: Reads::Scalars, make: |of, _| ordered(of, Ordering::is_gt) },
    Function { name: "$gte", arguments: (2, 2), reads: Reads::Scalars, make: |of, _| ordered(of, Ordering::is_ge) },
    Function {
        name: "$and",
        arguments: (1, MANY),
        reads: Reads::Objects,
        make: |of, _| yes(of.iter().all(|argument| truthy(argument.value.as_deref()))),
    },
    Function {
        name: "$or",
        arguments: (1, MANY),
        reads: Reads::Objects,
        make: |of, _| yes(of.iter().any(|argument| truthy(argument.value.as_deref()))),
    },
    Function { name: "lookup", arguments: (2, 2), reads: Reads::Objects, make: lookup },
];

pub(super) fn named(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

#[derive(Debug)]
pub(super) struct Argument<'v> {
    /// None for what is missing, which to JavaScript is not `null`.
    pub(super) value: Option<Cow<'v, Value>>,
    /// It stands in the template itself.
    pub(super) literal: bool,
}

impl Argument<'_> {
    /// As it would be printed.
    fn text(&self) -> Cow<'_, str> {
        self.value.as_deref().map_or(Cow::Borrowed(""), scalar_text)
    }

    /// Missing, or `null`.
    fn is_nothing(&self) -> bool {
        self.value.as_deref().is_none_or(Value::is_null)
    }

    /// A whole number, or a text that is one: what customers say is kept as text.
    fn integer(&self) -> Option<i64> {
        match self.value.as_deref()? {
            Value::String(text) => text.trim().parse().ok(),
            value => whole(value),
        }
    }
}

/// `3.0` is whole too: JavaScript knows no other.
#[expect(clippy::cast_possible_truncation, reason = "a whole number that fits")]
fn whole(value: &Value) -> Option<i64> {
    const SAFE: f64 = 9_007_199_254_740_992.0;
    value.as_i64().or_else(|| {
        value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() <= SAFE).map(|number| number as i64)
    })
}

impl Function {
    pub(super) fn takes(&self, arguments: usize) -> Result<(), String> {
        let (least, most) = self.arguments;
        if (least..=most).contains(&arguments) {
            return Ok(());
        }
        let bounds = match (least, most) {
            (least, MANY) => format!("{least} or more"),
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} to {most}"),
        };
        Err(format!("{} takes {bounds} values, not {arguments}", self.name))
    }

    /// Whether the message is more to it than its text.
    pub(super) fn takes_objects(&self) -> bool {
        self.reads == Reads::Objects
    }

    /// What reading the argument costs, in steps.
    pub(super) fn cost(&self, argument: &Argument<'_>) -> usize {
        match (self.reads, argument.value.as_deref()) {
            (Reads::Scalars | Reads::Texts, Some(Value::String(text))) => text.len() / limits::TEMPLATE_STEP_BYTES,
            (Reads::Texts, Some(value @ (Value::Array(_) | Value::Object(_)))) => values(value),
            (Reads::Objects | Reads::Scalars | Reads::Texts, _) => 0,
        }
    }
}

/// How many values are in it, a long text for several.
fn values(value: &Value) -> usize {
    1 + match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len() / limits::TEMPLATE_STEP_BYTES,
        Value::Array(list) => list.iter().map(values).sum(),
        Value::Object(object) => {
            object.iter().map(|(key, value)| key.len() / limits::TEMPLATE_STEP_BYTES + values(value)).sum()
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what functions return")]
fn text<'v>(text: String) -> Made<'v> {
    Ok(Some(Cow::Owned(Value::String(text))))
}

#[expect(clippy::unnecessary_wraps, reason = "what functions return")]
fn yes<'v>(yes: bool) -> Made<'v> {
    Ok(Some(Cow::Owned(Value::Bool(yes))))
}

fn ordered<'v>(of: &[Argument<'v>], holds: fn(Ordering) -> bool) -> Made<'v> {
    yes(compare(&of[0], &of[1]).is_some_and(holds))
}

fn lookup<'v>(of: &[Argument<'v>], _: &mut Setting) -> Made<'v> {
    let key = of[1].text();
    Ok(match &of[0].value {
        // JavaScript's `object && object[key]`.
        Some(value) if !value.is_array() && !truthy(Some(value)) => Some(value.clone()),
        value => value.clone().and_then(|object| path::step(object, &key)),
    })
}

#[cfg(test)]
mod tests {
    /// What a function does is shown by cases of its name.
    #[test]
    fn each_function_has_cases() {
        let testdata = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/templates"));
        let bare: Vec<_> = super::FUNCTIONS
            .iter()
            .map(|function| function.name)
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_uppercase()))
            .filter(|name| !testdata.join(format!("{}.json", name.to_lowercase())).exists())
            .collect();
        assert!(bare.is_empty(), "functions without cases in testdata/templates: {bare:?}");
    }
}
