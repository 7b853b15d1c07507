//! Takes the SDK's token off transactions. The embedded DynamoDB keeps each for ten minutes and goes through all of them at the
//! next, which a crowd's transactions make the slower the more there were. What we write in one has conditions that a
//! second one does not meet.

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;

#[derive(Debug)]
pub(crate) struct Untoken;

impl Intercept for Untoken {
    fn name(&self) -> &'static str {
        "Untoken"
    }

    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let body = request.body().bytes().and_then(|body| without_token(std::str::from_utf8(body).ok()?));
        if let Some(body) = body {
            let length = body.len().to_string();
            *request.body_mut() = body.into();
            request.headers_mut().insert("content-length", length);
        }
        Ok(())
    }
}

/// In what customers say the quotes around a name are escaped.
fn without_token(body: &str) -> Option<String> {
    let (before, rest) = body.split_once("\"ClientRequestToken\":\"")?;
    let (_, after) = rest.split_once('"')?;
    // One comma goes with it.
    let (before, after) = match before.strip_suffix(',') {
        Some(before) => (before, after),
        None => (before, after.strip_prefix(',').unwrap_or(after)),
    };
    Some(format!("{before}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_json() {
        for (body, expected) in [
            (r#"{"TransactItems":[],"ClientRequestToken":"a"}"#, Some(r#"{"TransactItems":[]}"#)),
            (r#"{"ClientRequestToken":"a","TransactItems":[]}"#, Some(r#"{"TransactItems":[]}"#)),
            (r#"{"ClientRequestToken":"a"}"#, Some("{}")),
            (r#"{"a":1,"ClientRequestToken":"a","b":2}"#, Some(r#"{"a":1,"b":2}"#)),
            (r#"{"Item":{"S":"\"ClientRequestToken\":\"a\""}}"#, None),
        ] {
            assert_eq!(without_token(body).as_deref(), expected, "{body}");
        }
    }
}
