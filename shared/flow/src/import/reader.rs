//! Reads the fields of an export, and knows where it is reading.

use std::collections::HashMap;

use regex::Regex;
use serde_json::{Map, Value};

use super::error::{ImportError, Site, Warning};
use crate::condition;
use crate::template::{Text, scalar_text};

#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) place: Site,
    pub(crate) warnings: Vec<Warning>,
    /// Bots ask the same in many places, and compiling takes long.
    regexes: HashMap<String, Result<Regex, String>>,
}

static NULL: Value = Value::Null;

impl Reader {
    pub(crate) fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(Warning { place: self.place.clone(), text: text.into() });
    }

    pub(crate) fn error(&self, field: &str, reason: &str) -> ImportError {
        ImportError::Field { place: self.place.clone(), field: field.to_owned(), reason: reason.to_owned() }
    }

    /// A text, or what can be printed as one. None when there is nothing.
    pub(crate) fn text(&mut self, value: &Value, field: &str) -> Result<Option<Text>, ImportError> {
        let text = match value {
            Value::Null => return Ok(None),
            Value::String(_) | Value::Number(_) | Value::Bool(_) => Text::read(&scalar_text(value)),
            Value::Array(_) | Value::Object(_) => return Err(self.error(field, "is a text")),
        };
        if let Text::Broken(fault) = &text {
            self.warn(format!("the template in `{field}` cannot be read: {fault}"));
        }
        Ok(Some(text))
    }

    pub(crate) fn list<'v>(&self, value: &'v Value, field: &str) -> Result<&'v [Value], ImportError> {
        match value {
            Value::Null => Ok(&[]),
            Value::Array(list) => Ok(list),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                Err(self.error(field, "is a list"))
            }
        }
    }

    pub(crate) fn object<'v>(
        &self,
        value: &'v Value,
        field: &str,
    ) -> Result<Option<&'v Map<String, Value>>, ImportError> {
        match value {
            Value::Null => Ok(None),
            Value::Object(object) => Ok(Some(object)),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(self.error(field, "is an object"))
            }
        }
    }

    /// The id of a flow or node.
    pub(crate) fn id(&self, value: &Value, field: &str) -> Result<u64, ImportError> {
        id(value).ok_or_else(|| self.error(field, "is a whole number"))
    }

    pub(crate) fn regex(&mut self, source: &str) -> Result<Regex, String> {
        if let Some(known) = self.regexes.get(source) {
            return known.clone();
        }
        let regex = condition::read_regex(source);
        self.regexes.insert(source.to_owned(), regex.clone());
        regex
    }

    pub(crate) fn flag(&self, value: &Value, field: &str, missing: bool) -> Result<bool, ImportError> {
        match value {
            Value::Null => Ok(missing),
            Value::Bool(flag) => Ok(*flag),
            Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                Err(self.error(field, "is true or false"))
            }
        }
    }

    /// A number, or a text that is one.
    pub(crate) fn number(&self, value: &Value, field: &str) -> Result<Option<f64>, ImportError> {
        match value {
            Value::Null => Ok(None),
            Value::String(text) if text.trim().is_empty() => Ok(None),
            Value::Number(_) | Value::String(_) => {
                condition::number(value).map(Some).ok_or_else(|| self.error(field, "is a number"))
            }
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(self.error(field, "is a number")),
        }
    }
}

/// A number, or a text that is one: ids come as both in templates.
pub(crate) fn id(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `value[key]`, which is `null` where there is none.
pub(crate) fn field<'v>(value: &'v Value, key: &str) -> &'v Value {
    value.get(key).unwrap_or(&NULL)
}
