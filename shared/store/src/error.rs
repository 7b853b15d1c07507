//! What a caller does differently: take another look, or fail the work and have it handed out again.

use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else wrote first.
    #[error("the item was changed meanwhile")]
    Conflict,
    /// Larger than an item may be.
    #[error("the item is larger than DynamoDB takes")]
    TooLarge,
    #[error("DynamoDB could not be asked: {0}")]
    Unavailable(String),
    /// What is stored is not what we store. Someone must look.
    #[error("the stored {what} cannot be read: {reason}")]
    Corrupt { what: &'static str, reason: String },
}

impl StoreError {
    pub(crate) fn corrupt(what: &'static str, error: &serde_json::Error) -> Self {
        Self::Corrupt { what, reason: format!("{:?} at column {}", error.classify(), error.column()) }
    }

    /// Any failure of a request without a condition.
    pub(crate) fn from_sdk<E>(error: &SdkError<E>) -> Self
    where
        SdkError<E>: std::error::Error,
    {
        let text = DisplayErrorContext(error).to_string();
        if text.contains("Item size") && text.contains("exceeded the maximum") {
            Self::TooLarge
        } else {
            Self::Unavailable(text)
        }
    }
}
