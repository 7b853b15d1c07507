//! Web chat: the token API and the sockets.

use anyhow::Context as _;
use lambda_runtime::{LambdaEvent, service_fn};
use shell::aws::Aws;
use shell::config::WebConfig;
use shell::guard::Reach;
use shell::web::WebChat;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    shell::telemetry::init();
    let config = WebConfig::from_env().context("reading the settings")?;
    let web = WebChat::new(&Aws::from_env(), &config, Reach::Public);
    let handle = |event: LambdaEvent<_>| async { Ok::<_, std::convert::Infallible>(web.handle(event.payload).await) };
    lambda_runtime::run(service_fn(handle)).await
}
