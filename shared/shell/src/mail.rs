//! E-mail by Amazon SES: one signed request to its API, which saves the functions a whole SDK.
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>

use std::sync::OnceLock;
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use flow::MailAsk;
use reqwest::Client;
use serde_json::{Value, json};
use tracing::error;

use crate::aws::{Signed, signed};
use crate::outgoing;

/// Who may send, and from where.
#[derive(Clone, Debug, Default)]
pub struct MailConfig {
    /// An address or domain that SES has verified, `MAIL_FROM`. Without it no bot can send.
    pub from: Option<String>,
    /// In the place of SES, `AWS_ENDPOINT_URL_SESV2`.
    pub endpoint: Option<String>,
}

/// Region and credentials of the account.
#[derive(Clone, Debug)]
pub struct Account {
    pub region: String,
    pub credentials: SharedCredentialsProvider,
}

#[derive(Debug)]
pub(crate) struct Mail {
    config: MailConfig,
    account: Option<Account>,
    client: OnceLock<Client>,
}

const NOBODY: &str = "this installation has no address to send from: set MAIL_FROM";
const FAILED: &str = "the mail service could not be reached";

impl Mail {
    pub(crate) fn new(config: MailConfig, account: Option<Account>) -> Self {
        Self { config, account, client: OnceLock::new() }
    }

    /// The error is for the bot's author.
    pub(crate) async fn send(&self, ask: &MailAsk) -> Result<(), String> {
        let (Some(from), Some(account)) = (&self.config.from, &self.account) else { return Err(NOBODY.to_owned()) };
        let body = request(from, ask).to_string();
        let base = match &self.config.endpoint {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None => format!("https://email.{}.amazonaws.com", account.region),
        };
        let url = format!("{base}/v2/email/outbound-emails");
        let request = Signed { service: "ses", method: "POST", url: &url, body: body.as_bytes(), json: true };
        let headers = signed(account, &request).await.map_err(|reason| {
            error!(reason, "An e-mail could not be signed");
            FAILED.to_owned()
        })?;
        let client = self.client.get_or_init(|| outgoing::build(|builder| builder));
        let timeout = Duration::from_millis(ask.timeout_ms.into());
        let mut request = client.post(url).timeout(timeout).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|_| FAILED.to_owned())?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let answer: Value = serde_json::from_slice(&response.bytes().await.unwrap_or_default()).unwrap_or_default();
        let reason = answer["message"].as_str().or(answer["Message"].as_str()).unwrap_or_default();
        // SES names addresses in it, which are for the author and not for the log.
        error!(status = status.as_u16(), "The mail service refused an e-mail");
        Err(format!("the mail service answered {}: {reason}", status.as_u16()))
    }
}

fn request(from: &str, ask: &MailAsk) -> Value {
    let text = |data: &str| json!({ "Data": data, "Charset": "UTF-8" });
    json!({
        "FromEmailAddress": from,
        "Destination": { "ToAddresses": ask.to },
        "ReplyToAddresses": ask.reply_to,
        "Content": { "Simple": { "Subject": text(&ask.subject), "Body": { "Html": text(&ask.html) } } },
    })
}
