//! Reply: what a turn says to the customer.

use serde::{Deserialize, Serialize};

use crate::{Keyboard, Message};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub messages: Vec<Message>,
    /// Offered after the last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyboard: Option<Keyboard>,
}

impl Reply {
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }
}
