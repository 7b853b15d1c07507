//! SENS of NAVER Cloud: <https://api.ncloud-docs.com/docs/sens-sms-send>, signed as in
//! <https://api.ncloud-docs.com/docs/common-ncpapi>.
//!
//! 202 means taken, not arrived. There is no key by which SENS would know a message that is sent again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::EpochMillis;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::settings::credentials;
use super::super::wire::{SensFile, SensMessage, SensReceiver, SensUpload};
use super::super::{SENS_URL, limits};
use super::{Kind, Outgoing, mark, set};
use crate::need::Embedded;
use crate::secret::hmac_sha256;
use crate::{Call, Need, Want};

/// How the upload of a picture is named.
pub(in super::super) const UPLOAD: &str = "upload";

/// Where an uploaded picture goes. Nothing that anybody wrote is beside it.
const FILE_BODY: &str = "closer-mark-file-body";

pub(in super::super) struct Sens {
    service_id: String,
    access_key: String,
    secret_key: String,
}

impl Sens {
    pub(super) fn parse(settings: &Value) -> Result<Option<Self>, String> {
        let parsed = credentials(settings, "sens", ["serviceId", "accessKey", "secretKey"])?;
        let Some([service_id, access_key, secret_key]) = parsed else { return Ok(None) };
        if service_id.contains(['/', '?', '#', '%']) {
            return Err("`sens.serviceId` looks like `ncp:sms:kr:…`; copy it again".to_owned());
        }
        Ok(Some(Self { service_id, access_key, secret_key }))
    }

    pub(super) fn call(&self, outgoing: &Outgoing<'_>) -> Call {
        let Outgoing { to, from, text, subject, kind, .. } = *outgoing;
        let mut message = SensMessage {
            kind: match kind {
                Kind::Sms => "SMS",
                Kind::Lms => "LMS",
                Kind::Mms(_) => "MMS",
            },
            // An answer to the customer's own message is no advertisement.
            content_type: "COMM",
            country_code: "82",
            from,
            subject: subject.filter(|_| !matches!(kind, Kind::Sms)),
            content: text,
            messages: [SensReceiver { to }],
            files: Vec::new(),
        };
        let call = self.post(kind.name(), "messages", &message);
        let Kind::Mms(source) = kind else { return call };
        let mark = mark("file-id", &call.body);
        message.files.push(SensFile { file_id: &mark });
        Call { needs: vec![self.upload(source, mark.clone())], ..self.post(kind.name(), "messages", &message) }
    }

    /// The name has to tell one picture from another, for SENS takes the same name and size for the same file.
    fn upload(&self, source: &str, mark: String) -> Need {
        let digest = Sha256::digest(source.as_bytes());
        let mut file_name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        file_name.truncate(limits::FILE_NAME - ".jpg".len());
        file_name.push_str(".jpg");
        let body = SensUpload { file_name: &file_name, file_body: FILE_BODY };
        Need {
            mark,
            what: Want::Embedded(Embedded {
                source: source.to_owned(),
                most_bytes: limits::IMAGE_BYTES,
                mark: FILE_BODY,
            }),
            call: Box::new(self.post(UPLOAD, "files", &body)),
        }
    }

    fn post(&self, name: &'static str, what: &str, body: &impl Serialize) -> Call {
        let mut call = Call::json(name, format!("{SENS_URL}/sms/v2/services/{}/{what}", self.service_id), body);
        set(&mut call, "content-type", "application/json; charset=utf-8".to_owned());
        call.header("x-ncp-iam-access-key", &self.access_key)
    }

    /// SENS takes it for five minutes.
    pub(super) fn sign(&self, call: &mut Call, now: EpochMillis) {
        let address = call.url.split_once("://").map_or(call.url.as_str(), |(_, rest)| rest);
        let path = address.find('/').map_or("/", |at| &address[at..]);
        let signed = format!("{} {path}\n{now}\n{}", call.method, self.access_key, now = now.0);
        let signature = STANDARD.encode(hmac_sha256(self.secret_key.as_bytes(), &[signed.as_bytes()]));
        set(call, "x-ncp-apigw-timestamp", now.0.to_string());
        set(call, "x-ncp-apigw-signature-v2", signature);
    }
}
