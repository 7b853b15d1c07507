//! One test of one value.

use regex::Regex;
use serde_json::Value;

use crate::template::scalar_text;

#[derive(Debug)]
pub(crate) enum Test {
    /// Any of the values.
    Equals(Vec<Value>),
    NotEquals(Vec<Value>),
    /// Any of the texts.
    Contains(Vec<String>),
    NotContains(Vec<String>),
    Exists,
    NotExists,
    Matches(Regex),
    Greater(f64),
    GreaterOrEqual(f64),
    Less(f64),
    LessOrEqual(f64),
}

impl Test {
    pub(crate) fn holds(&self, value: Option<&Value>) -> bool {
        // What is `null` is not there, as in JavaScript's `== null`.
        let value = value.filter(|value| !value.is_null());
        match self {
            Self::Equals(any) => any.iter().any(|wanted| equal(value, wanted)),
            Self::NotEquals(any) => !any.iter().any(|wanted| equal(value, wanted)),
            Self::Contains(any) => contains(value, any),
            Self::NotContains(any) => !contains(value, any),
            Self::Exists => value.is_some(),
            Self::NotExists => value.is_none(),
            Self::Matches(regex) => value.is_some_and(|value| regex.is_match(&scalar_text(value))),
            Self::Greater(bound) => value.and_then(number).is_some_and(|number| number > *bound),
            Self::GreaterOrEqual(bound) => value.and_then(number).is_some_and(|number| number >= *bound),
            Self::Less(bound) => value.and_then(number).is_some_and(|number| number < *bound),
            Self::LessOrEqual(bound) => value.and_then(number).is_some_and(|number| number <= *bound),
        }
    }
}

/// Two texts are compared as texts; a number and a text as numbers, where the text is one.
fn equal(value: Option<&Value>, wanted: &Value) -> bool {
    match (value, wanted) {
        (None, wanted) => wanted.is_null(),
        (Some(Value::String(value)), Value::String(wanted)) => value == wanted,
        (Some(value @ (Value::Array(_) | Value::Object(_))), wanted @ (Value::Array(_) | Value::Object(_))) => {
            value == wanted
        }
        (Some(value), wanted) => match (number(value), number(wanted)) {
            (Some(value), Some(wanted)) => value == wanted,
            _ => scalar_text(value) == scalar_text(wanted),
        },
    }
}

fn contains(value: Option<&Value>, any: &[String]) -> bool {
    match value {
        None => false,
        Some(Value::Array(list)) => list.iter().any(|item| any.iter().any(|wanted| scalar_text(item) == *wanted)),
        Some(value) => {
            let text = scalar_text(value);
            any.iter().any(|wanted| text.contains(wanted.as_str()))
        }
    }
}

/// Numbers, and texts that are numbers: params were texts once, and many still are.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
