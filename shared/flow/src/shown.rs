//! Buttons that the customer saw. On most messengers a press comes back as the label alone, maybe a cut one, on some as
//! a reference, and on the poorest as a number; and an old button can be pressed at any time: what it stood for is
//! remembered here.

use model::Params;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits;
use crate::template::json_text;

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
    /// What a press sets; `null` removes.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    pub(crate) params: Params,
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
        if let Some(index) = self.0.iter().position(|known| *known == button) {
            self.0.remove(index);
        }
        if self.0.len() >= limits::SHOWN {
            self.0.remove(0);
        }
        self.0.push(button);
        let mut sum: usize = self.0.iter().map(ShownButton::weight).sum();
        while sum > limits::SHOWN_BYTES && self.0.len() > 1 {
            sum -= self.0.remove(0).weight();
        }
    }

    /// The button that a text is the press of.
    pub(crate) fn find(&self, text: &str) -> Option<&ShownButton> {
        let whole = self.0.iter().rev().find(|button| button.label == text);
        whole.or_else(|| self.find_cut(text))
    }

    /// The button of a [`model::Button::reference`].
    pub(crate) fn find_reference(&self, reference: &str) -> Option<&ShownButton> {
        // Most payloads are none.
        let called =
            |button: &&ShownButton| button.reference() == reference || button.code().as_deref() == Some(reference);
        self.0.iter().rev().filter(|_| is_reference(reference)).find(called)
    }

    /// The button whose label or number a customer typed, who had nothing to press. Blanks and case of a label do not
    /// count. A choice may be called `2`, and is then meant rather than the second.
    pub(crate) fn find_typed(&self, text: &str, choices: &[String]) -> Option<&ShownButton> {
        let offered = || choices.iter().filter_map(|reference| self.find_reference(reference));
        let same = |button: &&ShownButton| button.label == text.trim();
        let alike = |button: &&ShownButton| !plain(text).is_empty() && plain(&button.label) == plain(text);
        let counted = || self.find_reference(choices.get(number(text)?.checked_sub(1)?)?);
        offered().find(same).or_else(counted).or_else(|| offered().find(alike))
    }

    /// Messengers cut long labels. A cut one counts if no other label begins like it; of buttons with the same label the
    /// latest.
    fn find_cut(&self, text: &str) -> Option<&ShownButton> {
        let start = text.strip_suffix('…').or_else(|| text.strip_suffix("..."))?.trim_end();
        let mut candidates = self.0.iter().rev().filter(|button| !start.is_empty() && button.label.starts_with(start));
        let latest = candidates.next()?;
        candidates.all(|other| other.label == latest.label).then_some(latest)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl ShownButton {
    /// About its bytes.
    fn weight(&self) -> usize {
        let payload = self.payload.as_ref().map_or(0, |payload| json_text(payload).len());
        let params = self.params.iter().map(|(key, value)| key.len() + json_text(value).len());
        self.label.len() + payload + params.sum::<usize>() + 32
    }

    /// As of the button that was sent.
    fn reference(&self) -> String {
        model::reference(&self.label, self.carried().as_ref())
    }

    /// The payload that goes with the button to the messenger. Buttons that lead to different places may have the same
    /// label, so those carry a code for theirs.
    pub(crate) fn carried(&self) -> Option<Value> {
        self.code().map(Value::String).or_else(|| self.payload.clone())
    }

    fn code(&self) -> Option<String> {
        let goto = serde_json::to_value(self.goto?).unwrap_or_default();
        Some(model::reference(&self.label, Some(&goto)))
    }
}

/// Whether a payload is one of ours: a [`model::Button::reference`], or the code of a `goto` button.
pub(crate) fn is_reference(payload: &str) -> bool {
    payload.len() == 34 && payload.starts_with("p_")
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// `1`, `１`, `①`, `1번`, `1.`, `(1)`. Not `1 2`, which may be anything.
fn number(typed: &str) -> Option<usize> {
    let typed = typed.trim();
    let typed = typed.strip_suffix("번").unwrap_or(typed);
    let typed = typed.trim_matches(|c| "(). ".contains(c));
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
            (" 3 번 ", Some(3)),
            ("1 2", None),
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
        ShownButton { label: label.to_owned(), payload, goto: None, params: Params::new() }
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
        // A choice that is called a number.
        shown.add(button("2", None));
        let named = [choices[0].clone(), choices[1].clone(), model::reference("2", None)];
        assert_eq!(payload(shown.find_typed("2", &named)), Some(("2".to_owned(), None)));
        assert_eq!(payload(shown.find_typed("2", &choices)), second, "an older button is not meant");
    }

    #[test]
    fn a_cut_label_is_found_if_it_can_be_only_one() {
        let mut shown = Shown::default();
        for (label, payload) in [("카탈로그 보기", 1), ("카탈로그 보기", 2), ("예약하기", 3), ("예약 취소", 4)]
        {
            shown.add(button(label, Some(json!(payload))));
        }
        for (text, found) in
            [("카탈로그…", Some(2)), ("카탈로...", Some(2)), ("예약…", None), ("예약하…", Some(3)), ("…", None)]
        {
            assert_eq!(shown.find(text).and_then(|button| button.payload.clone()), found.map(|n| json!(n)), "{text}");
        }
    }

    #[test]
    fn buttons_of_one_label_that_lead_to_different_places_are_told_apart() {
        let mut shown = Shown::default();
        let to = |node_id| ShownButton {
            goto: Some(Goto { flow_id: 1, node_id: Some(node_id) }),
            ..button("자세히", None)
        };
        for node_id in [1, 2, 1, 3] {
            shown.add(to(node_id));
        }
        assert_eq!(shown.0.len(), 3, "each once");
        for node_id in [1, 2, 3] {
            let carried = to(node_id).carried().unwrap();
            let sent = model::Button { payload: Some(carried.clone()), ..model::Button::say("자세히") };
            for reference in [carried.as_str().unwrap(), &sent.reference()] {
                assert_eq!(shown.find_reference(reference), Some(&to(node_id)));
            }
        }
        assert_eq!(shown.find("자세히"), Some(&to(3)), "the latest");
    }
}
