//! How far a request has come: whether it had to connect, and when each part was done. The client tells of it by what it
//! calls on its way, the resolver and the connector, which are polled within the request's own task.

use std::cell::Cell;
use std::future::Future;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Trip {
    started: Instant,
    /// No connection of the pool was free.
    pub(crate) connecting: bool,
    pub(crate) looked_up_ms: Option<u32>,
    /// TLS included.
    pub(crate) connected_ms: Option<u32>,
}

tokio::task_local! {
    static TRIP: Cell<Trip>;
}

/// The future, with how far it came. `started` may be earlier.
pub(crate) async fn observed<F: Future>(started: Instant, future: F) -> (F::Output, Trip) {
    let trip = Trip { started, connecting: false, looked_up_ms: None, connected_ms: None };
    let work = async {
        let output = future.await;
        (output, TRIP.with(Cell::get))
    };
    TRIP.scope(Cell::new(trip), work).await
}

pub(crate) fn looked_up() {
    note(|trip| trip.looked_up_ms = Some(trip.elapsed_ms()));
}

/// 0 where nobody observes.
pub(crate) fn elapsed_ms() -> u32 {
    TRIP.try_with(|trip| trip.get().elapsed_ms()).unwrap_or_default()
}

/// A connection that another request took over is made in a task of its own, where nobody observes.
fn note(change: impl FnOnce(&mut Trip)) {
    let _ = TRIP.try_with(|cell| {
        let mut trip = cell.get();
        change(&mut trip);
        cell.set(trip);
    });
}

impl Trip {
    fn elapsed_ms(&self) -> u32 {
        u32::try_from(self.started.elapsed().as_millis()).unwrap_or(u32::MAX)
    }
}

/// Around the client's connector.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observe;

#[derive(Clone, Debug)]
pub(crate) struct Observed<S>(S);

impl<S> Layer<S> for Observe {
    type Service = Observed<S>;

    fn layer(&self, connector: S) -> Observed<S> {
        Observed(connector)
    }
}

impl<S, T> Service<T> for Observed<S>
where
    S: Service<T>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, target: T) -> Self::Future {
        note(|trip| trip.connecting = true);
        let connection = self.0.call(target);
        Box::pin(async move {
            let connected = connection.await;
            note(|trip| trip.connected_ms = Some(trip.elapsed_ms()));
            connected
        })
    }
}
