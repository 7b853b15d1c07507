//! Attributes, read and written.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::StoreError;

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The outermost of what is stored. A new version is a new variant; the old ones stay readable.
#[derive(Serialize, Deserialize)]
#[serde(tag = "v")]
pub(crate) enum Versioned<T> {
    #[serde(rename = "1")]
    V1(T),
}

/// A value as JSON text: it is never asked for by its parts.
pub(crate) fn json<T: Serialize>(what: &'static str, value: &T) -> Result<AttributeValue, StoreError> {
    serde_json::to_string(value).map(AttributeValue::S).map_err(|error| StoreError::corrupt(what, &error))
}

pub(crate) fn read_json<T: DeserializeOwned>(what: &'static str, item: &Item, name: &str) -> Result<T, StoreError> {
    let missing = || StoreError::Corrupt { what, reason: format!("`{name}` is missing") };
    let text = item.get(name).and_then(|value| value.as_s().ok()).ok_or_else(missing)?;
    serde_json::from_str(text).map_err(|error| StoreError::corrupt(what, &error))
}

pub(crate) fn read_number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

pub(crate) fn read_text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// Of an update with a condition: that it does not hold, or whatever else.
pub(crate) fn update_conflict_or(error: &SdkError<UpdateItemError>) -> StoreError {
    if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) {
        return StoreError::Conflict;
    }
    StoreError::from_sdk(error)
}
