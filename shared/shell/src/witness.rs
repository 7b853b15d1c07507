//! Tells tests where a turn or a delivery is, so that they can stop the worker right there.

use std::sync::Arc;

/// Where a turn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    Loaded,
    Ran,
    Committed,
    Sent(usize),
    Enqueued,
}

/// Told of each point as it is reached. In a function it is told nothing.
pub struct Witness<P = Point>(Option<Arc<Reached<P>>>);

type Reached<P> = dyn Fn(P) -> futures::future::BoxFuture<'static, ()> + Send + Sync;

impl<P> Witness<P> {
    pub fn new(reached: impl Fn(P) -> futures::future::BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(reached)))
    }

    pub(crate) async fn reached(&self, point: P) {
        if let Some(reached) = &self.0 {
            reached(point).await;
        }
    }
}

impl<P> Default for Witness<P> {
    fn default() -> Self {
        Self(None)
    }
}

impl<P> Clone for Witness<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<P> std::fmt::Debug for Witness<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "a witness" } else { "no witness" })
    }
}
