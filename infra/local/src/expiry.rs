//! DynamoDB's TTL and the stream of its table: removes timers whose time has come, and shows them to the function.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shell::clock;
use shell::conversation::{Conversation, Invocation};
use store::Timers;
use tokio::sync::watch;
use tracing::error;

/// AWS takes minutes; nobody wants to wait that long on one machine.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until `stop`.
pub async fn run(timers: Timers, conversation: Arc<Conversation>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stop.wait_for(|stopped| *stopped) => break,
        }
        if let Err(error) = pass(&timers, &conversation).await {
            error!(%error, "Timers could not be looked at");
        }
    }
}

/// One look. What the function does not take comes again, as from a stream.
pub async fn pass(timers: &Timers, conversation: &Conversation) -> Result<(), store::StoreError> {
    let now = clock::now().seconds();
    for inbound in timers.due(now).await? {
        let event = json!({ "Records": [store::removal(&inbound)?] });
        if conversation.handle(Invocation::Timers(event)).await.batch_item_failures.is_empty() {
            timers.remove(inbound.session_id(), now).await?;
        }
    }
    Ok(())
}
