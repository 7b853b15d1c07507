//! Tells tests where a turn is, so that they can stop the worker right there.

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
#[derive(Clone, Default)]
pub struct Witness(Option<Arc<dyn Fn(Point) -> futures::future::BoxFuture<'static, ()> + Send + Sync>>);

impl Witness {
    pub fn new(reached: impl Fn(Point) -> futures::future::BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(reached)))
    }

    pub(crate) async fn reached(&self, point: Point) {
        if let Some(reached) = &self.0 {
            reached(point).await;
        }
    }
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "a witness" } else { "no witness" })
    }
}
