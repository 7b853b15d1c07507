//! S3, as far as an upload by a browser needs it: a signed form that it is held to, and the file afterwards. Kept in
//! memory, and shown to whoever knows the address.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::services::{ACCESS_KEY, REGION};
use crate::sigv4::{self, Refusal};

pub const BUCKET: &str = "closer-local-uploads";
/// Where it is, below the local address.
pub const PATH: &str = "/stand-in/uploads";

/// The largest that anybody may upload, and the form around it.
const BODY_BYTES: usize = 51 * 1024 * 1024;
/// Files that are kept; the oldest go.
const KEPT: usize = 50;

#[derive(Clone, Default)]
struct Files(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    files: HashMap<String, (String, String, Bytes)>,
    order: Vec<String>,
}

pub fn router() -> Router {
    Router::new()
        .route("/", post(take))
        .route("/{*key}", get(show))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(Files::default())
}

async fn take(State(files): State<Files>, mut form: Multipart) -> Response {
    let mut fields: HashMap<String, String> = HashMap::new();
    let mut file = None;
    // S3 reads nothing behind the file.
    while let (None, Ok(Some(field))) = (&file, form.next_field().await) {
        let name = field.name().unwrap_or_default().to_ascii_lowercase();
        if name == "file" {
            file = field.bytes().await.ok();
        } else if let Ok(text) = field.text().await {
            fields.insert(name, text);
        }
    }
    let Some(file) = file else {
        let message = "POST requires exactly one file upload per request.";
        return refuse(StatusCode::BAD_REQUEST, &Refusal("InvalidArgument", message.to_owned()));
    };
    if let Err(refusal) = check(&fields, file.len()) {
        let is_size = matches!(refusal.0, "EntityTooLarge" | "EntityTooSmall" | "InvalidPolicyDocument");
        return refuse(if is_size { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN }, &refusal);
    }
    let of = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let mut kept = files.0.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.order.len() == KEPT {
        let oldest = kept.order.remove(0);
        kept.files.remove(&oldest);
    }
    kept.order.push(of("key"));
    kept.files.insert(of("key"), (of("content-type"), of("content-disposition"), file));
    (StatusCode::NO_CONTENT, [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")]).into_response()
}

/// Whether the form is the one that was signed.
fn check(fields: &HashMap<String, String>, bytes: usize) -> Result<(), Refusal> {
    let of = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let refuse = |code, message: &str| Refusal(code, message.to_owned());
    let denied = |reason: &str| Refusal("AccessDenied", format!("Invalid according to Policy: {reason}"));
    let unreadable = || refuse("InvalidPolicyDocument", "Invalid Policy: Invalid JSON.");
    if of("policy").is_empty() || of("x-amz-algorithm") != "AWS4-HMAC-SHA256" {
        return Err(refuse("AccessDenied", "Access Denied"));
    }
    let [key, date, region, "s3", "aws4_request"] = *of("x-amz-credential").split('/').collect::<Vec<_>>() else {
        return Err(refuse("AccessDenied", "Access Denied"));
    };
    if key != ACCESS_KEY {
        let message = "The AWS Access Key Id you provided does not exist in our records.";
        return Err(refuse("InvalidAccessKeyId", message));
    }
    // What is signed is the policy as it is sent.
    let is_here = region == REGION && of("x-amz-date").starts_with(date);
    if !is_here || !sigv4::is_signature(of("x-amz-signature"), date, region, "s3", of("policy")) {
        let message = "The request signature we calculated does not match the signature you provided. Check your key and \
                       signing method.";
        return Err(refuse("SignatureDoesNotMatch", message));
    }
    let policy: Value = STANDARD
        .decode(of("policy"))
        .ok()
        .and_then(|policy| serde_json::from_slice(&policy).ok())
        .ok_or_else(unreadable)?;
    if policy["expiration"].as_str().is_none_or(|end| end <= shell::clock::now().iso().as_str()) {
        return Err(denied("Policy expired."));
    }
    let conditions = policy["conditions"].as_array().ok_or_else(unreadable)?;
    let mut named = vec!["policy", "x-amz-signature"];
    for condition in conditions {
        if let Some([kind, least, most]) = condition.as_array().map(Vec::as_slice)
            && kind == "content-length-range"
        {
            let bytes = bytes as u64;
            if least.as_u64().is_some_and(|least| bytes < least) {
                let message = "Your proposed upload is smaller than the minimum allowed size";
                return Err(refuse("EntityTooSmall", message));
            }
            if most.as_u64().is_none_or(|most| bytes > most) {
                return Err(refuse("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"));
            }
            continue;
        }
        let Some((name, value)) = condition.as_object().and_then(|pair| pair.iter().next()) else {
            return Err(unreadable());
        };
        let matches = match name.as_str() {
            "bucket" => value == BUCKET,
            name => value == of(&name.to_ascii_lowercase()),
        };
        if !matches {
            return Err(denied(&format!("Policy Condition failed: [\"eq\", \"${name}\", {value}]")));
        }
        named.push(name);
    }
    // Each field must be one that was signed.
    let unknown = |field: &&String| !named.iter().any(|name| name.eq_ignore_ascii_case(field));
    match fields.keys().find(unknown) {
        Some(field) => Err(denied(&format!("Extra input fields: {field}"))),
        None => Ok(()),
    }
}

async fn show(State(files): State<Files>, Path(key): Path<String>) -> Response {
    match files.0.lock().unwrap_or_else(PoisonError::into_inner).files.get(&key) {
        Some((kind, disposition, bytes)) => {
            let headers = [
                (header::CONTENT_TYPE, kind.as_str()),
                (header::CONTENT_DISPOSITION, disposition.as_str()),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, bytes.clone()).into_response()
        }
        None => {
            let message = "The specified key does not exist.";
            refuse(StatusCode::NOT_FOUND, &Refusal("NoSuchKey", message.to_owned()))
        }
    }
}

fn refuse(status: StatusCode, Refusal(code, message): &Refusal) -> Response {
    let message = message.replace('&', "&amp;").replace('<', "&lt;");
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let headers = [(header::CONTENT_TYPE, "application/xml"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (status, headers, text).into_response()
}
