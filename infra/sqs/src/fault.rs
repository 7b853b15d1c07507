//! What can be wrong with a request, and how AWS spells it.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html>

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("The specified queue does not exist.")]
    QueueDoesNotExist,
    #[error("A queue already exists with the same name and a different value for attribute {0}.")]
    QueueNameExists(String),
    #[error("The input receipt handle is invalid.")]
    ReceiptHandleIsInvalid,
    #[error("The request must contain the parameter {0}.")]
    MissingParameter(&'static str),
    #[error("The value for parameter {0} is invalid. Reason: {1}.")]
    InvalidParameterValue(&'static str, &'static str),
    #[error("Unknown Attribute {0}.")]
    InvalidAttributeName(String),
    #[error("Invalid value for the parameter {0}.")]
    InvalidAttributeValue(String),
    #[error("The message contains characters outside the allowed set.")]
    InvalidMessageContents,
    #[error("There should be at least one entry in the request.")]
    EmptyBatchRequest,
    #[error("Maximum number of entries per request are 10. You have sent {0}.")]
    TooManyEntriesInBatchRequest(usize),
    #[error("Two or more entries have the same Id.")]
    BatchEntryIdsNotDistinct,
    #[error(
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
    )]
    InvalidBatchEntryId,
    #[error("Batch requests cannot be longer than 1048576 bytes.")]
    BatchRequestTooLong,
    #[error("The local SQS does not serve {0}.")]
    UnsupportedOperation(&'static str),
    #[error("The header x-amz-target names no action of SQS.")]
    InvalidAction,
    #[error("The body is not the JSON of this action.")]
    Malformed(#[source] serde_json::Error),
    #[error("The storage failed.")]
    Storage(#[from] rusqlite::Error),
    #[error("What is stored cannot be read or written as JSON.")]
    Stored(#[source] serde_json::Error),
}

impl Fault {
    /// The shape in the body, and the code of the older query protocol, by which the SDKs name their errors.
    fn spelling(&self) -> (&'static str, &'static str) {
        match self {
            Fault::QueueDoesNotExist => {
                ("com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
            }
            Fault::QueueNameExists(_) => ("com.amazonaws.sqs#QueueNameExists", "QueueAlreadyExists"),
            Fault::ReceiptHandleIsInvalid => ("com.amazonaws.sqs#ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"),
            Fault::MissingParameter(_) => {
                ("com.amazon.coral.service#MissingRequiredParameterException", "MissingParameter")
            }
            Fault::InvalidParameterValue(_, _) => {
                ("com.amazon.coral.service#InvalidParameterValueException", "InvalidParameterValue")
            }
            Fault::InvalidAttributeName(_) => ("com.amazonaws.sqs#InvalidAttributeName", "InvalidAttributeName"),
            Fault::InvalidAttributeValue(_) => ("com.amazonaws.sqs#InvalidAttributeValue", "InvalidAttributeValue"),
            Fault::InvalidMessageContents => ("com.amazonaws.sqs#InvalidMessageContents", "InvalidMessageContents"),
            Fault::EmptyBatchRequest => {
                ("com.amazonaws.sqs#EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest")
            }
            Fault::TooManyEntriesInBatchRequest(_) => (
                "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            ),
            Fault::BatchEntryIdsNotDistinct => {
                ("com.amazonaws.sqs#BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
            }
            Fault::InvalidBatchEntryId => {
                ("com.amazonaws.sqs#InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId")
            }
            Fault::BatchRequestTooLong => {
                ("com.amazonaws.sqs#BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong")
            }
            Fault::UnsupportedOperation(_) => {
                ("com.amazonaws.sqs#UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation")
            }
            Fault::InvalidAction => ("com.amazon.coral.service#UnknownOperationException", "InvalidAction"),
            Fault::Malformed(_) => ("com.amazon.coral.service#SerializationException", "MalformedInput"),
            Fault::Storage(_) | Fault::Stored(_) => ("com.amazon.coral.service#InternalFailure", "InternalFailure"),
        }
    }

    /// The code that an entry of a batch fails with.
    pub(crate) fn code(&self) -> &'static str {
        self.spelling().1
    }

    /// Whether the request is to blame; otherwise we are, and a batch fails as a whole.
    pub(crate) fn is_of_sender(&self) -> bool {
        !matches!(self, Fault::Storage(_) | Fault::Stored(_))
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (kind, code) = self.spelling();
        let (status, blame) = if self.is_of_sender() {
            (StatusCode::BAD_REQUEST, "Sender")
        } else {
            tracing::error!(error = ?self, "The local SQS could not serve a request");
            (StatusCode::INTERNAL_SERVER_ERROR, "Receiver")
        };
        let headers =
            [("content-type", "application/x-amz-json-1.0"), ("x-amzn-query-error", &format!("{code};{blame}"))];
        // The array replaces the content type that `Json` sets.
        (status, headers, Json(json!({ "__type": kind, "message": self.to_string() }))).into_response()
    }
}
