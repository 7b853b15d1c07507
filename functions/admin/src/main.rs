//! The management API.

use admin::Admin;
use anyhow::Context as _;
use shell::aws::Aws;
use shell::config::AdminConfig;
use shell::guard::Reach;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    shell::telemetry::init();
    let config = AdminConfig::from_env().context("reading the settings")?;
    let admin = Admin::new(&Aws::from_env(), &config, Reach::Public);
    lambda_http::run(lambda_http::service_fn(|request| async {
        Ok::<_, std::convert::Infallible>(admin.handle(request).await)
    }))
    .await
}
