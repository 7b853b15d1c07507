//! Unavailable: a node that cannot run here. It is kept, and runs as FAILED, so that the edges for its error work.
//!
//! ```json
//! { "type": "nlp", "data": { "nlpType": "dialogflow" } }
//! ```

use serde_json::json;

use super::Then;
use crate::import::Reader;
use crate::run::{Fault, Run};

/// Those that we know by name. The services behind them are gone.
pub(super) const NAMES: &[&str] = &["nlp", "chitchat", "chit-chat", "gsheet", "sheet", "backstack", "alimtalk"];

#[derive(Debug)]
pub(crate) struct Unavailable {
    /// Its type, which is also its key in the context.
    pub(super) name: String,
}

pub(super) fn read(name: &str, reader: &mut Reader) -> Unavailable {
    if NAMES.contains(&name) {
        reader.warn("is not available here: it always fails");
    } else {
        reader.warn("is of a type that is not known: it always fails");
    }
    Unavailable { name: name.to_owned() }
}

impl Unavailable {
    #[expect(clippy::unnecessary_wraps, reason = "nodes look alike")]
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<Then, Fault> {
        run.problem("the node is not available");
        // A type named like a part of the context must not take its place.
        if !matches!(self.name.as_str(), "params" | "message" | "navigation" | "bot" | "error") {
            let error = json!({ "name": "Error", "message": "not available" });
            run.context.set(&self.name, json!({ "status": "FAILED", "error": error }));
        }
        Ok(Then::Edge)
    }
}
