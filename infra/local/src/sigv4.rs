//! AWS's side of Signature Version 4: what was signed is signed again and compared, and refused in AWS's words.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use axum::http::HeaderMap;
use hmac::{Hmac, Mac as _};
use model::EpochMillis;
use sha2::{Digest as _, Sha256};

use crate::services::{ACCESS_KEY, REGION};

/// A request as it came.
#[derive(Debug)]
pub struct Request<'a> {
    pub service: &'static str,
    pub method: &'a str,
    /// Encoded, as it was asked for.
    pub path: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// AWS's name for what is wrong, and its words.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal(pub &'static str, pub String);

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// How far a request's clock may be off.
const SKEW_MS: i64 = 5 * 60 * 1000;

/// Whether the request is of somebody who has the local credentials. It has no query.
pub fn check(request: &Request<'_>, now: EpochMillis) -> Result<(), Refusal> {
    let refuse = |code, message: &str| Refusal(code, message.to_owned());
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let authorization = header("authorization");
    let Some(parameters) = authorization.strip_prefix(ALGORITHM).filter(|rest| rest.starts_with(' ')) else {
        return Err(refuse("MissingAuthenticationTokenException", "Missing Authentication Token"));
    };
    let parameter = |name: &str| {
        let found = parameters.split(',').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
        let missing = || format!("Authorization header requires '{name}' parameter. Authorization={ALGORITHM}");
        found.ok_or_else(|| Refusal("IncompleteSignatureException", missing()))
    };
    let (credential, signed, signature) =
        (parameter("Credential")?, parameter("SignedHeaders")?, parameter("Signature")?);
    let [key, date, region, service, "aws4_request"] = *credential.split('/').collect::<Vec<_>>() else {
        return Err(refuse("IncompleteSignatureException", "Credential must have exactly 5 slash-delimited elements"));
    };
    if key != ACCESS_KEY {
        let message = "The security token included in the request is invalid.";
        return Err(refuse("UnrecognizedClientException", message));
    }
    if region != REGION {
        let message = format!("Credential should be scoped to a valid region, not '{region}'.");
        return Err(Refusal("InvalidSignatureException", message));
    }
    if service != request.service {
        let message = format!("Credential should be scoped to correct service: '{}'.", request.service);
        return Err(Refusal("InvalidSignatureException", message));
    }
    let time = header("x-amz-date");
    if !time.starts_with(date) || time.len() != "20150830T123600Z".len() {
        let message = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP";
        return Err(refuse("InvalidSignatureException", message));
    }
    // Of one length, such texts sort like times.
    let (earliest, latest) = (stamp(now.plus_ms(-SKEW_MS)), stamp(now.plus_ms(SKEW_MS)));
    if time < earliest.as_str() {
        let message = format!("Signature expired: {time} is now earlier than {earliest} ({} - 5 min.)", stamp(now));
        return Err(Refusal("InvalidSignatureException", message));
    }
    if time > latest.as_str() {
        let message =
            format!("Signature not yet current: {time} is still later than {latest} ({} + 5 min.)", stamp(now));
        return Err(Refusal("InvalidSignatureException", message));
    }
    let names: Vec<&str> = signed.split(';').collect();
    if !names.contains(&"host") {
        let message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
        return Err(refuse("InvalidSignatureException", message));
    }
    let headers: String = names.iter().map(|name| format!("{name}:{}\n", header(name).trim())).collect();
    let canonical = format!(
        "{}\n{}\n\n{headers}\n{signed}\n{}",
        request.method,
        twice_encoded(request.path),
        hex(&Sha256::digest(request.body))
    );
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let to_sign = format!("{ALGORITHM}\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    if !is_signature(signature, date, region, service, &to_sign) {
        let message = format!(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
             Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this \
             request should have been\n'{canonical}'\n\nThe String-to-Sign should have been\n'{to_sign}'\n"
        );
        return Err(Refusal("InvalidSignatureException", message));
    }
    Ok(())
}

/// Whether a text was signed with the local secret.
pub fn is_signature(signature: &str, date: &str, region: &str, service: &str, text: &str) -> bool {
    let mac = |key: &[u8], text: &str| {
        // A key of any length is one.
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        mac.update(text.as_bytes());
        Some(mac.finalize().into_bytes().to_vec())
    };
    let signed = || {
        // The local secret is the local key.
        let date = mac(format!("AWS4{ACCESS_KEY}").as_bytes(), date)?;
        let key = mac(&mac(&mac(&date, region)?, service)?, "aws4_request")?;
        mac(&key, text)
    };
    signed().is_some_and(|signed| hex(&signed) == signature)
}

/// All services but S3 encode once more what is encoded.
fn twice_encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// `20261121T194500Z`.
fn stamp(at: EpochMillis) -> String {
    at.timestamp().strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
