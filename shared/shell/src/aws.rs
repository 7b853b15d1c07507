//! Clients of AWS. Endpoints come from the standard `AWS_ENDPOINT_URL_*` variables, so nothing here knows whether it
//! talks to AWS or to the local stack.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sdk_sqs::config::retry::{ReconnectMode, RetryConfig};
use aws_sdk_sqs::config::{BehaviorVersion, Region};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_types::SdkConfig;

use crate::clock;
use crate::mail::Account;

mod connector;

pub use connector::http_client;

/// The services that a function asks. A client that is never used costs nothing.
#[derive(Clone, Debug)]
pub struct Aws {
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub sqs: aws_sdk_sqs::Client,
    /// For what has no client. None where no credentials are to be had.
    pub account: Option<Account>,
}

impl Aws {
    /// Region, credentials and endpoints from the environment, where Lambda puts them. The SDK's other ways to find them are
    /// half a megabyte that no function needs.
    pub fn from_env() -> Self {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http_client())
            .retry_config(retries())
            .region(variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).map(Region::new));
        if let Some((key, secret)) = variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY")) {
            let credentials = Credentials::new(key, secret, variable("AWS_SESSION_TOKEN"), None, "environment");
            config.set_credentials_provider(Some(SharedCredentialsProvider::new(credentials)));
        }
        let config = config.build();
        let at = |service: &str| {
            let url = variable(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| variable("AWS_ENDPOINT_URL"));
            let mut config = config.to_builder();
            config.set_endpoint_url(url);
            config.build()
        };
        let account = config
            .region()
            .zip(config.credentials_provider())
            .map(|(region, credentials)| Account { region: region.to_string(), credentials });
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&at("DYNAMODB")),
            sqs: aws_sdk_sqs::Client::new(&at("SQS")),
            account,
        }
    }
}

/// Three tries. Which connection a try takes is [`connector`]'s affair.
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_reconnect_mode(ReconnectMode::ReuseAllConnections)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A request to a service that has no client here.
pub(crate) struct Signed<'a> {
    pub(crate) service: &'a str,
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    pub(crate) body: &'a [u8],
    /// It says so in a header, which is signed too.
    pub(crate) json: bool,
}

/// The headers that a signed request must have, which saves the functions a whole SDK.
pub(crate) async fn signed(account: &Account, request: &Signed<'_>) -> Result<Vec<(String, String)>, String> {
    let credentials = account.credentials.provide_credentials().await.map_err(|error| error.to_string())?;
    let identity = credentials.into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&account.region)
        .name(request.service)
        .time(UNIX_EPOCH + Duration::from_millis(clock::now().0.unsigned_abs()))
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let headers = request.json.then_some(("content-type", "application/json")).into_iter();
    let signable = SignableRequest::new(request.method, request.url, headers, SignableBody::Bytes(request.body));
    let (instructions, _) =
        sign(signable.map_err(|error| error.to_string())?, &params).map_err(|error| error.to_string())?.into_parts();
    Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
