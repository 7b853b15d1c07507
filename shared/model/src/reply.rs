//! Reply: what a turn says to the customer.

use serde::{Deserialize, Serialize};

use crate::{Button, Keyboard, Message};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub messages: Vec<Message>,
    /// Offered after the last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyboard: Option<Keyboard>,
    /// After this the conversation is for a person of the company, where the messenger can hand it over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hand_over: bool,
}

impl Reply {
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && !self.hand_over
    }

    /// What the customer can choose by saying it, in the order of its being shown. Messengers without buttons number
    /// them, from 1.
    pub fn choices(&self) -> impl Iterator<Item = &Button> {
        let of_messages = self.messages.iter().flat_map(|message| message.data.buttons());
        let of_keyboard = self.keyboard.iter().flat_map(|keyboard| &keyboard.buttons);
        of_messages.chain(of_keyboard).filter(|button| button.says())
    }
}
