//! Buttons that the customer saw. On most messengers a press comes back as the label alone, maybe a cut one, on some as
//! a reference, and on the poorest as a number; and an old button can be pressed at any time: what it stood for is
//! remembered here.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits;

/// Latest last, each button once: a label means what it meant when it was shown last.
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
        // A label that leads elsewhere now leads nowhere else.
        let same = |known: &ShownButton| {
            known.label == button.label
                && (known.payload == button.payload || known.goto.is_some() || button.goto.is_some())
        };
        if let Some(index) = self.0.iter().position(same) {
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

    /// The button of a [`model::Button::reference`].
    pub(crate) fn find_reference(&self, reference: &str) -> Option<&ShownButton> {
        // Most payloads are none.
        let is_one = reference.len() == 34 && reference.starts_with("p_");
        self.0.iter().rev().filter(|_| is_one).find(|button| button.reference() == reference)
    }

    /// The button whose number or label a customer typed, who had nothing to press. Blanks and case do not count.
    pub(crate) fn find_typed(&self, text: &str, choices: &[String]) -> Option<&ShownButton> {
        let typed = plain(text);
        let offered = || choices.iter().filter_map(|reference| self.find_reference(reference));
        match number(&typed) {
            Some(number) => self.find_reference(choices.get(number.checked_sub(1)?)?),
            None => offered().find(|button| !typed.is_empty() && plain(&button.label) == typed),
        }
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

impl ShownButton {
    fn reference(&self) -> String {
        model::reference(&self.label, self.payload.as_ref())
    }
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// `1`, `１`, `①`, `1번`, `1.`, `(1)`.
fn number(typed: &str) -> Option<usize> {
    let typed = typed.trim_end_matches("번");
    let typed = typed.trim_matches(|c| "().".contains(c));
    let mut value = 0;
    for (at, c) in typed.chars().enumerate() {
        value = match c {
            '①'..='⑳' if at == 0 && typed.chars().count() == 1 => {
                usize::try_from(u32::from(c) - u32::from('①')).ok()? + 1
            }
            '０'..='９' => value * 10 + usize::try_from(u32::from(c) - u32::from('０')).ok()?,
            '0'..='9' => value * 10 + usize::try_from(u32::from(c) - u32::from('0')).ok()?,
            _ => return None,
        };
        // Nobody is offered so many; a phone number is no choice.
        if at > 2 {
            return None;
        }
    }
    (!typed.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers() {
        for (typed, expected) in [
            ("1", Some(1)),
            ("12", Some(12)),
            ("１", Some(1)),
            ("①", Some(1)),
            ("⑳", Some(20)),
            ("3번", Some(3)),
            ("3.", Some(3)),
            ("(3)", Some(3)),
            ("0", Some(0)),
            ("", None),
            ("번", None),
            ("①②", None),
            ("1a", None),
            ("1234", None),
            ("-1", None),
            ("일", None),
        ] {
            assert_eq!(number(typed), expected, "{typed:?}");
        }
    }

    fn button(label: &str, payload: Option<Value>) -> ShownButton {
        ShownButton { label: label.to_owned(), payload, goto: None }
    }

    #[test]
    fn a_press_is_found_by_label_reference_or_number() {
        let mut shown = Shown::default();
        for n in [1, 2] {
            shown.add(button("고르기", Some(json!(n))));
        }
        shown.add(button("Go Back", None));
        let choices: Vec<String> = [1, 2]
            .iter()
            .map(|n| model::reference("고르기", Some(&json!(n))))
            .chain([model::reference("Go Back", None)])
            .collect();
        let payload =
            |button: Option<&ShownButton>| button.map(|button| (button.label.clone(), button.payload.clone()));
        let first = Some(("고르기".to_owned(), Some(json!(1))));
        let second = Some(("고르기".to_owned(), Some(json!(2))));
        let back = Some(("Go Back".to_owned(), None));
        assert_eq!(payload(shown.find("고르기")), second, "the latest");
        assert_eq!(payload(shown.find_reference(&choices[0])), first);
        assert_eq!(payload(shown.find_reference("p_0")), None);
        for (typed, found) in [
            ("1", &first),
            (" 2번 ", &second),
            ("3", &back),
            ("4", &None),
            ("0", &None),
            ("goback", &back),
            ("고르기", &first),
            ("", &None),
        ] {
            assert_eq!(payload(shown.find_typed(typed, &choices)), *found, "{typed:?}");
        }
    }
}
