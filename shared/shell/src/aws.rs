//! Clients of AWS. Endpoints come from the standard `AWS_ENDPOINT_URL_*` variables, so nothing here knows whether it
//! talks to AWS or to the local stack.

use aws_config::BehaviorVersion;
use aws_sdk_sqs::config::SharedHttpClient;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

use crate::mail::Account;

/// The services that a function asks. A client that is never used costs nothing.
#[derive(Clone, Debug)]
pub struct Aws {
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub sqs: aws_sdk_sqs::Client,
    /// For what has no client. None where no credentials are to be had.
    pub account: Option<Account>,
}

impl Aws {
    /// Region, credentials and endpoints from the environment.
    pub async fn from_env() -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client()).load().await;
        let account = config
            .region()
            .zip(config.credentials_provider())
            .map(|(region, credentials)| Account { region: region.to_string(), credentials });
        Self { dynamodb: aws_sdk_dynamodb::Client::new(&config), sqs: aws_sdk_sqs::Client::new(&config), account }
    }
}

/// Who vouches for AWS: Amazon's own roots, <https://www.amazontrust.com/repository/>. Reading the system's whole list takes
/// longer than the rest of a function's start.
const ROOTS: &[u8] = include_bytes!("aws-roots.pem");

/// One pool of connections for all clients of a process.
pub fn http_client() -> SharedHttpClient {
    let builder = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    match TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(ROOTS)).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(error) => {
            tracing::error!(%error, "The roots of AWS cannot be read; the system's are used");
            builder.build_https()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each is one that AWS names, and none is forgotten.
    #[test]
    fn the_roots_are_amazons_five() {
        let text = std::str::from_utf8(ROOTS).unwrap();
        assert_eq!(text.matches("-----BEGIN CERTIFICATE-----").count(), 5);
        assert!(
            TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(ROOTS)).build().is_ok()
        );
    }
}
