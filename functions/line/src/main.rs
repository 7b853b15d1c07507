//! LINE's adapter.

use anyhow::Context as _;
use shell::adapter::Adapter;
use shell::aws::Aws;
use shell::config::AdapterConfig;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    shell::telemetry::init();
    let config = AdapterConfig::from_env().context("reading the settings")?;
    let adapter = Adapter::new(&platforms::line::PLATFORM, &Aws::from_env(), &config);
    lambda_http::run(lambda_http::service_fn(|request| async {
        Ok::<_, std::convert::Infallible>(adapter.handle(request).await)
    }))
    .await
}
