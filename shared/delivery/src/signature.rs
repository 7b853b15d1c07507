//! The signature of Standard Webhooks 1.0.0, and the headers of a request.
//!
//! `v1,` + base64 of the HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}` under the secret's bytes.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use model::time::EpochSeconds;
use model::{DeliveryId, EpochMillis};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::webhook::MAX_HEADERS;
use crate::{Record, RedeliveredBy, Webhook};

/// `whsec_` + base64 of 24 to 64 bytes; ours have 32.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Secret(Vec<u8>);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a webhook secret is `whsec_` and the base64 of 24 to 64 bytes")]
pub struct SecretError;

/// The headers of attempt `attempt`, the same for every receiver, in the order in which they are sent.
/// While a secret is rotated both sign, the current one first.
pub fn headers(
    id: DeliveryId,
    attempt: u32,
    at: EpochSeconds,
    body: &[u8],
    secrets: &[Secret],
) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        // These two are the guide's, to the letter.
        ("user-agent", "CLOSER/webhook".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("accept", "*/*".to_owned()),
        // No answer of a receiver is worth a decompression bomb.
        ("accept-encoding", "identity".to_owned()),
        ("webhook-id", id.to_string()),
        ("webhook-timestamp", at.0.to_string()),
    ];
    let signatures: Vec<String> = secrets.iter().map(|secret| secret.sign(&id.to_string(), at, body)).collect();
    if !signatures.is_empty() {
        headers.push(("webhook-signature", signatures.join(" ")));
    }
    headers.push(("closer-delivery-attempt", attempt.to_string()));
    headers
}

/// The headers of an attempt of `record`, with those that the owner wants. The secrets are those that sign at that time.
pub fn request_headers(webhook: &Webhook, record: &Record, at: EpochMillis) -> Vec<(Cow<'static, str>, String)> {
    let secrets = webhook.signing(at);
    let ours = headers(record.id, record.attempt, at.seconds(), record.body.as_bytes(), &secrets);
    let mut headers: Vec<_> = ours.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect();
    if let Some(redelivery) = &record.redelivery {
        let by = match redelivery.by {
            RedeliveredBy::Manual => "manual",
            RedeliveredBy::Recover => "recover",
        };
        headers.push((Cow::Borrowed("closer-redelivery"), by.to_owned()));
    }
    if let Some(parent) = record.split_of {
        headers.push((Cow::Borrowed("closer-split-of"), parent.to_string()));
    }
    let custom = webhook.headers.iter().take(MAX_HEADERS);
    headers.extend(custom.map(|header| (Cow::Owned(header.name().to_owned()), header.value().to_owned())));
    headers
}

impl Secret {
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SecretError> {
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes.to_vec())) } else { Err(SecretError) }
    }

    pub fn sign(&self, id: &str, at: EpochSeconds, body: &[u8]) -> String {
        // HMAC takes a key of any length; ours was checked when it was parsed.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(id.as_bytes());
        mac.update(b".");
        mac.update(at.0.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let bytes = STANDARD.decode(text.strip_prefix("whsec_").ok_or(SecretError)?).map_err(|_| SecretError)?;
        Self::from_bytes(&bytes)
    }
}

impl TryFrom<String> for Secret {
    type Error = SecretError;

    fn try_from(text: String) -> Result<Self, SecretError> {
        text.parse()
    }
}

/// The owner is shown it, the store keeps it. Nothing else asks for it.
impl From<Secret> for String {
    fn from(secret: Secret) -> Self {
        format!("whsec_{}", STANDARD.encode(secret.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("whsec_…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CustomHeader, Frozen, RecordState, Redelivery};

    /// Two vectors that Standard Webhooks publishes.
    #[test]
    fn published_vectors() {
        for (secret, id, at, body, signature) in [
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                r#"{"test": 2432232314}"#,
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
            (
                "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                1_649_367_553,
                r#"{"email":"test@example.com","username":"test_user"}"#,
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
        ] {
            assert_eq!(secret.parse::<Secret>().unwrap().sign(id, EpochSeconds(at), body.as_bytes()), signature);
        }
    }

    /// Ours, which Python's hmac, openssl and both foreign libraries agree on.
    #[test]
    fn our_vector_rotation_and_retry() {
        let body = include_str!("../testdata/vector.json").trim_end();
        assert_eq!(body.len(), 579);
        let id: DeliveryId = "0b7c9d1e-5f3a-4c2b-8e6d-1a2b3c4d5e6f".parse().unwrap();
        let bytes: Vec<u8> = (0..64).collect();
        let a = Secret::from_bytes(&bytes[..32]).unwrap();
        let b = Secret::from_bytes(&bytes[32..]).unwrap();
        assert_eq!(String::from(a.clone()), "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        let signature = |at, secrets: &[Secret]| {
            let headers = headers(id, 1, EpochSeconds(at), body.as_bytes(), secrets);
            headers.into_iter().find(|(name, _)| *name == "webhook-signature").unwrap().1
        };
        let (by_a, by_b) =
            ("v1,DsvyRQrtOox+ifRITuJbfVQRr+j01ParQO4EZZJj1rc=", "v1,yAtITQoQh4QYcGD/NSFr8GSVG+M5iSBwnJPkNl8fzyY=");
        assert_eq!(signature(1_763_712_000, std::slice::from_ref(&a)), by_a);
        assert_eq!(signature(1_763_712_000, std::slice::from_ref(&b)), by_b);
        assert_eq!(signature(1_763_712_000, &[b, a.clone()]), format!("{by_b} {by_a}"));
        assert_eq!(signature(1_763_712_005, &[a]), "v1,yGEv7y49jB6cMafx0OIjbiwZB81CJ3N5PabTRJo19jI=");
    }

    #[test]
    fn a_body_that_was_written_again_is_signed_differently() {
        let body = include_str!("../testdata/vector.json").trim_end();
        let escaped: String = body
            .chars()
            .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) })
            .collect();
        assert_eq!(escaped.len(), 603);
        let secret = Secret::from_bytes(&(0..32).collect::<Vec<u8>>()).unwrap();
        let signature = secret.sign(ID, EpochSeconds(1_763_712_000), escaped.as_bytes());
        assert_eq!(signature, "v1,O0So5CnajJpB8syPF8G4r2lVkg/m9nVBtTOGgjeNRk4=");
    }

    const ID: &str = "0b7c9d1e-5f3a-4c2b-8e6d-1a2b3c4d5e6f";

    #[test]
    fn all_headers_in_their_order() {
        let mut webhook = Webhook::new("Bxxxxx".parse().unwrap(), "https://example.com", EpochMillis(0));
        webhook.secrets = vec![Secret::from_bytes(&[0; 32]).unwrap()];
        webhook.headers = vec![CustomHeader::new("X-Api-Key", "k").unwrap()];
        let record = Record::new(Frozen::test(&webhook, ID.parse().unwrap()), &webhook, EpochMillis(0));
        let names = |record: &Record| {
            let headers = request_headers(&webhook, record, EpochMillis(1000));
            headers.into_iter().map(|(name, _)| name.into_owned()).collect::<Vec<_>>().join(" ")
        };
        let plain = "user-agent content-type accept accept-encoding webhook-id webhook-timestamp webhook-signature \
                     closer-delivery-attempt";
        assert_eq!(names(&record), format!("{plain} x-api-key"));
        let again = Record {
            split_of: Some(record.id),
            redelivery: Some(Redelivery { by: RedeliveredBy::Manual, otherwise: RecordState::Delivered }),
            ..record
        };
        assert_eq!(names(&again), format!("{plain} closer-redelivery closer-split-of x-api-key"));
    }

    #[test]
    fn secrets_are_parsed_and_not_shown() {
        for bad in
            ["", "whsec_", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "whsec_AAEC", "whsec_!!!", "whsk_AAEC"]
        {
            assert_eq!(bad.parse::<Secret>(), Err(SecretError), "{bad}");
        }
        let text = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        assert_eq!(String::from(text.parse::<Secret>().unwrap()), text);
        assert_eq!(format!("{:?}", text.parse::<Secret>().unwrap()), "whsec_…");
    }
}
