//! Buttons that the customer saw. On most messengers a press comes back as the label alone, maybe a cut one, and an old
//! button can be pressed at any time: what it stood for is remembered here.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits;

/// Latest last, each label once: a label means what it meant when it was shown last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Shown(Vec<ShownButton>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ShownButton {
    pub(crate) label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payload: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) goto: Option<Goto>,
}

/// Where a `goto` button leads. The flow may be gone when it is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Goto {
    pub(crate) flow_id: u64,
    /// The entry node, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) node_id: Option<u64>,
}

impl Shown {
    pub(crate) fn add(&mut self, button: ShownButton) {
        if let Some(index) = self.0.iter().position(|known| known.label == button.label) {
            self.0.remove(index);
        }
        if self.0.len() >= limits::SHOWN {
            self.0.remove(0);
        }
        self.0.push(button);
    }

    /// The button that a text is the press of.
    pub(crate) fn find(&self, text: &str) -> Option<&ShownButton> {
        let whole = self.0.iter().rev().find(|button| button.label == text);
        whole.or_else(|| self.find_cut(text))
    }

    /// Messengers cut long labels. A cut one counts if no other label begins like it.
    fn find_cut(&self, text: &str) -> Option<&ShownButton> {
        let start = text.strip_suffix('…').or_else(|| text.strip_suffix("..."))?.trim_end();
        let mut candidates = self.0.iter().filter(|button| !start.is_empty() && button.label.starts_with(start));
        match (candidates.next(), candidates.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
