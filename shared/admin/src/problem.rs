//! What is said of a request that is not done: problem details of RFC 9457, `application/problem+json`.

use http::StatusCode;
use serde::Serialize;
use shell::queue::QueueError;
use store::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// `urn:closer:problem:…`, what a program goes by.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    /// For a person: what to do.
    detail: String,
    /// What of the body is meant, as JSON Pointers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    /// For `retry-after`.
    #[serde(skip)]
    pub(crate) seconds: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub pointer: String,
    pub detail: String,
}

/// Every kind of problem, with its status and title. `docs/api.md` has the same list.
const KINDS: &[(&str, StatusCode, &str)] = &[
    ("malformed", StatusCode::BAD_REQUEST, "The request cannot be read"),
    ("unauthorized", StatusCode::UNAUTHORIZED, "There is no valid key"),
    ("forbidden", StatusCode::FORBIDDEN, "The key has no right to do this"),
    ("not-found", StatusCode::NOT_FOUND, "There is no such thing"),
    ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED, "This cannot be done here"),
    ("conflict", StatusCode::CONFLICT, "This is not possible as things stand"),
    ("changed-meanwhile", StatusCode::PRECONDITION_FAILED, "It was changed meanwhile"),
    ("too-large", StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
    ("invalid", StatusCode::UNPROCESSABLE_ENTITY, "What is asked for is not valid"),
    ("other-request", StatusCode::UNPROCESSABLE_ENTITY, "The Idempotency-Key was used for another request"),
    ("too-many-requests", StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
    ("unavailable", StatusCode::SERVICE_UNAVAILABLE, "It cannot be done at this moment"),
];

impl Problem {
    pub(crate) fn new(kind: &'static str, detail: impl Into<String>) -> Self {
        let (_, status, title) = KINDS.iter().find(|(known, ..)| *known == kind).unwrap_or(&KINDS[KINDS.len() - 1]);
        Self {
            kind: format!("urn:closer:problem:{kind}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            seconds: None,
        }
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new("not-found", format!("There is no such {what}, or the key is not for its bot."))
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new("conflict", detail)
    }

    /// One part of the body is not as it should be.
    pub(crate) fn invalid(pointer: &str, detail: impl Into<String>) -> Self {
        Self::faults(vec![Fault { pointer: pointer.to_owned(), detail: detail.into() }])
    }

    pub(crate) fn faults(errors: Vec<Fault>) -> Self {
        let detail = match errors.first() {
            Some(Fault { pointer, detail }) if pointer.is_empty() => detail.clone(),
            Some(Fault { pointer, detail }) => format!("`{pointer}`: {detail}"),
            None => String::new(),
        };
        Self { errors, ..Self::new("invalid", detail) }
    }

    pub(crate) fn after(self, seconds: u32) -> Self {
        Self { seconds: Some(seconds), ..self }
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// Ours, and passing. The cause is for the log.
fn unavailable(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "A request of the management API could not be done");
    Problem::new("unavailable", "Try again in some seconds.").after(5)
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => {
                Self::conflict("Somebody else changed it at the same moment. Read it again and repeat the request.")
            }
            StoreError::TooLarge => Self::new("too-large", "It is larger than can be stored."),
            StoreError::Unavailable(_) | StoreError::Corrupt { .. } => unavailable(&error),
        }
    }
}

impl From<QueueError> for Problem {
    fn from(error: QueueError) -> Self {
        unavailable(&error)
    }
}
