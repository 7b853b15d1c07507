//! The delivery worker.

use anyhow::Context as _;
use lambda_runtime::{LambdaEvent, service_fn};
use shell::aws::Aws;
use shell::config::DeliveryConfig;
use shell::deliver::Deliver;
use shell::guard::Reach;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    shell::telemetry::init();
    let config = DeliveryConfig::from_env().context("reading the settings")?;
    let deliver = Deliver::new(&Aws::from_env(), &config, Reach::Public);
    let handle =
        |event: LambdaEvent<_>| async { Ok::<_, std::convert::Infallible>(deliver.handle(event.payload).await) };
    lambda_runtime::run(service_fn(handle)).await
}
