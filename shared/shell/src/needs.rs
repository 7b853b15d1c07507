//! Gets what a call needs before it can be made: tokens, kept while they live, and files, handed to the messenger once
//! and named again while it remembers them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use model::EpochMillis;
use platforms::{Call, Channel, Need, Obtained, Want};

use crate::clock;
use crate::outgoing::{Guarded, Messengers};

#[derive(Debug)]
pub(crate) struct Needs {
    world: Guarded,
    kept: Mutex<HashMap<Key, Arc<Kept>>>,
}

/// The request that asks for it, and the file that it hands over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    url: String,
    body: Vec<u8>,
    headers: Vec<(&'static str, String)>,
    source: Option<String>,
}

/// What was obtained, and until when it is good. Whoever needs it while another fetches it waits for that one.
type Kept = tokio::sync::Mutex<Option<(String, EpochMillis)>>;

/// Why a call cannot be made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    Later { reason: String },
    Refused { reason: String },
}

/// Entries; a bot that makes a picture for every customer must not fill the memory.
const MOST: usize = 1000;

impl Needs {
    pub(crate) fn new(world: Guarded) -> Self {
        Self { world, kept: Mutex::default() }
    }

    /// The call with all that it needs in its place, and signed.
    pub(crate) async fn complete(
        &self,
        messengers: &Messengers,
        channel: &dyn Channel,
        call: &Call,
    ) -> Result<Call, Lack> {
        let mut ready = self.fill(messengers, channel, call.clone()).await?;
        channel.sign(&mut ready, clock::now(), clock::nonce());
        Ok(ready)
    }

    /// Lets go of what the messenger does not take any more.
    pub(crate) fn forget(&self, call: &Call) {
        for need in &call.needs {
            self.forget(&need.call);
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(need));
        }
    }

    fn fill<'a>(
        &'a self,
        messengers: &'a Messengers,
        channel: &'a dyn Channel,
        mut call: Call,
    ) -> BoxFuture<'a, Result<Call, Lack>> {
        async move {
            for need in std::mem::take(&mut call.needs) {
                let text = self.obtain(messengers, channel, &need).await?;
                call.put(&need.mark, &text);
            }
            Ok(call)
        }
        .boxed()
    }

    async fn obtain(&self, messengers: &Messengers, channel: &dyn Channel, need: &Need) -> Result<String, Lack> {
        let kept = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= MOST {
                kept.clear();
            }
            Arc::clone(kept.entry(key(need)).or_default())
        };
        let mut kept = kept.lock().await;
        if let Some((text, until)) = &*kept
            && clock::now().since(*until) < 0
        {
            return Ok(text.clone());
        }
        let (text, seconds) = self.ask(messengers, channel, need).await?;
        *kept = Some((text.clone(), clock::now().plus_ms(seconds.saturating_mul(1000))));
        Ok(text)
    }

    async fn ask(&self, messengers: &Messengers, channel: &dyn Channel, need: &Need) -> Result<(String, i64), Lack> {
        let file = match &need.what {
            Want::Token => None,
            Want::File(file) => {
                let (content_type, bytes) = self.world.get(&file.source, file.most_bytes).await.map_err(|reason| {
                    Lack::Refused { reason: format!("the file for the messenger cannot be had: {reason}") }
                })?;
                Some(file.multipart(&bytes, &content_type))
            }
        };
        let mut renewed = false;
        loop {
            let mut call = self.fill(messengers, channel, (*need.call).clone()).await?;
            if let Some((content_type, body)) = &file {
                call.headers.retain(|(name, _)| *name != "content-type");
                call = call.header("content-type", content_type);
                call.body.clone_from(body);
            }
            channel.sign(&mut call, clock::now(), clock::nonce());
            let end = messengers.call(&call).await;
            match channel.obtain(need, &end.outcome()) {
                Obtained::Text { text, seconds } => return Ok((text, seconds)),
                Obtained::Renew { .. } if !renewed && !need.call.needs.is_empty() => {
                    renewed = true;
                    self.forget(&need.call);
                }
                Obtained::Renew { reason } | Obtained::Refused { reason } => return Err(Lack::Refused { reason }),
                Obtained::Later { reason } => return Err(Lack::Later { reason }),
            }
        }
    }
}

fn key(need: &Need) -> Key {
    let Call { url, body, headers, .. } = &*need.call;
    let source = match &need.what {
        Want::Token => None,
        Want::File(file) => Some(file.source.clone()),
    };
    Key { url: url.clone(), body: body.clone(), headers: headers.clone(), source }
}
