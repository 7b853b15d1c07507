//! An SQS endpoint for the local stack and for tests: the AWS JSON protocol, FIFO groups kept, stored in SQLite.
//!
//! What was acknowledged survives a killed process. Signatures are not checked, and there is one account.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::serve::ListenerExt;
use tokio::sync::watch;

mod action;
mod attributes;
mod batch;
mod bells;
mod change;
mod clock;
mod fault;
mod groups;
mod hand_out;
mod message;
mod queue;
mod queues;
mod receipt;
mod receive;
mod redrive;
mod send;
mod service;
mod settings;
mod settle;
mod storage;
#[cfg(test)]
mod tests;
mod wire;

pub use storage::OpenError;

/// A handle on the queues; clones share them.
#[derive(Debug, Clone)]
pub struct Sqs {
    shared: Arc<Shared>,
    region: Arc<str>,
}

#[derive(Debug)]
struct Shared {
    connection: Mutex<rusqlite::Connection>,
    bells: bells::Bells,
    counts: Mutex<BTreeMap<&'static str, u64>>,
}

impl Sqs {
    /// Opens the queues kept in this file, made if missing; without a path they are kept in memory.
    pub fn open(path: Option<&Path>) -> Result<Sqs, OpenError> {
        let shared = Shared {
            connection: Mutex::new(storage::open(path)?),
            bells: bells::Bells::default(),
            counts: Mutex::default(),
        };
        Ok(Sqs { shared: Arc::new(shared), region: Arc::from("us-east-1") })
    }

    /// The region named in the ARNs that this handle gives and understands, `us-east-1` unless told.
    #[must_use]
    pub fn with_region(self, region: &str) -> Sqs {
        Sqs { region: Arc::from(region), ..self }
    }

    /// How many requests were served, by action, refused ones too.
    /// A receive that found nothing is under `ReceiveMessageEmpty` instead of `ReceiveMessage`.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.shared.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, name: &'static str) {
        *self.shared.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
    }
}

/// The endpoint as a router, for a caller who serves it beside other things.
pub fn router(sqs: Sqs) -> axum::Router {
    service::router(sqs, watch::channel(false).1)
}

/// Serves until `shutdown`; then the receives that still wait are answered empty.
pub async fn serve(
    listener: tokio::net::TcpListener,
    sqs: Sqs,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (close, closing) = watch::channel(false);
    // Nagle would hold back small answers for as long as the client delays its acknowledgement.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::warn!(%error, "Could not set TCP_NODELAY");
        }
    });
    axum::serve(listener, service::router(sqs, closing))
        .with_graceful_shutdown(async move {
            shutdown.await;
            close.send_replace(true);
        })
        .await
}
