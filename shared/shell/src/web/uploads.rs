//! Files that customers upload: straight to S3, by a form that we sign and S3 holds them to.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::EpochMillis;
use platforms::web::{UPLOAD_SECONDS, Upload, Web};
use serde_json::{Map, Value, json};

use crate::clock;
use crate::config::UploadsConfig;
use crate::mail::Account;

#[derive(Debug)]
pub(super) struct Uploads {
    bucket: String,
    url: String,
    account: Account,
}

/// The form, and where the file will be found.
pub(super) struct Form {
    pub(super) url: String,
    pub(super) fields: Map<String, Value>,
    pub(super) uri: String,
}

/// Below this lies everything that customers upload.
const FOLDER: &str = "u/";

impl Uploads {
    pub(super) fn new(config: UploadsConfig, account: Account) -> Self {
        let UploadsConfig { bucket, url } = config;
        let url = url.unwrap_or_else(|| format!("https://{bucket}.s3.{}.amazonaws.com/", account.region));
        Self { bucket, url, account }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) async fn form(
        &self,
        web: &Web,
        prefix: &str,
        upload: &Upload,
        now: EpochMillis,
    ) -> Result<Form, String> {
        let credentials = self.account.credentials.provide_credentials().await.map_err(|error| error.to_string())?;
        let key = web.upload_key(upload, clock::nonce());
        let (date, time) = stamps(now);
        let credential = format!("{}/{date}/{}/s3/aws4_request", credentials.access_key_id(), self.account.region);
        let object = format!("{FOLDER}{key}");
        let mut fields = vec![
            ("key", object),
            ("Content-Type", upload.content_type.to_owned()),
            // What is no picture is never shown in the name of the files' address.
            ("Content-Disposition", disposition(upload.content_type).to_owned()),
            ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
            ("x-amz-credential", credential),
            ("x-amz-date", time),
        ];
        if let Some(token) = credentials.session_token() {
            fields.push(("x-amz-security-token", token.to_owned()));
        }
        let mut conditions = vec![json!({ "bucket": self.bucket }), json!(["content-length-range", 1, upload.size])];
        conditions.extend(fields.iter().map(|(name, value)| json!({ *name: value })));
        let expiration = now.plus_ms(UPLOAD_SECONDS * 1000).iso();
        let policy = STANDARD.encode(json!({ "expiration": expiration, "conditions": conditions }).to_string());
        let signature = sign(credentials.secret_access_key(), &self.account.region, now, &policy);
        fields.extend([("policy", policy), ("x-amz-signature", signature)]);
        Ok(Form {
            url: self.url.clone(),
            fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
            uri: format!("{prefix}{key}"),
        })
    }
}

fn disposition(content_type: &str) -> &'static str {
    if content_type.starts_with("image/") { "inline" } else { "attachment" }
}

fn sign(secret: &str, region: &str, now: EpochMillis, policy: &str) -> String {
    let time = UNIX_EPOCH + Duration::from_millis(now.0.unsigned_abs());
    calculate_signature(generate_signing_key(secret, time, region, "s3"), policy.as_bytes())
}

/// `20261121` and `20261121T194500Z`.
fn stamps(now: EpochMillis) -> (String, String) {
    let iso = now.iso();
    let digits: String = iso.split('.').next().unwrap_or_default().chars().filter(|c| !"-:".contains(*c)).collect();
    (digits.split('T').next().unwrap_or_default().to_owned(), format!("{digits}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: EpochMillis = EpochMillis(1_451_347_200_000);

    /// Of the page "Example: Browser-Based Upload using HTTP POST" of S3's reference.
    #[test]
    fn the_example_of_the_reference() {
        assert_eq!(stamps(NOW), ("20151229".to_owned(), "20151229T000000Z".to_owned()));
        let policy = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";
        let signature = sign("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1", NOW, policy);
        assert_eq!(signature, "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
    }
}
