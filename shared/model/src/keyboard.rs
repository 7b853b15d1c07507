//! KEYBOARD: what the bot asks the customer for. A hint, never a check: the customer may send anything.

use serde::{Deserialize, Serialize};

use crate::Button;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Keyboard {
    #[serde(rename = "type")]
    pub kind: KeyboardType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Pick the number out of the text, instead of taking digits alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parse: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integer: Option<bool>,
    /// Quick replies. A press says the label.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyboardType {
    #[default]
    Any,
    Text,
    Number,
    Buttons,
    Location,
}
