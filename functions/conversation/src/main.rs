//! The conversation worker.

use anyhow::Context as _;
use lambda_runtime::{LambdaEvent, service_fn};
use shell::aws::Aws;
use shell::config::ConversationConfig;
use shell::conversation::Conversation;
use shell::guard::Reach;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    shell::telemetry::init();
    let config = ConversationConfig::from_env().context("reading the settings")?;
    let conversation = Conversation::new(&Aws::from_env(), &config, Reach::Public);
    let handle = |event: LambdaEvent<_>| async {
        if Conversation::is_worn_out() {
            std::process::exit(1);
        }
        Ok::<_, std::convert::Infallible>(conversation.handle(event.payload).await)
    };
    lambda_runtime::run(service_fn(handle)).await
}
