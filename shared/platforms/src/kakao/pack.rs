//! A turn of any length in one answer: at most three bubbles, and 30 KB.

use crate::Dropped;
use crate::fit::cut;

use super::limits;
use super::wire::{Output, SkillResponse, Template};

/// One output on its way into the answer.
pub(super) struct Bubble {
    pub(super) output: Output,
    /// A further part of a message, only there while slots remain.
    pub(super) spare: bool,
    /// The next bubble goes on with this one's text.
    pub(super) continued: bool,
}

impl Bubble {
    pub(super) fn new(output: Output) -> Self {
        Self { output, spare: false, continued: false }
    }
}

/// Neighbouring texts share a bubble if they must; then further parts go, then whatever is last.
pub(super) fn pack(mut bubbles: Vec<Bubble>, dropped: &mut Vec<Dropped>) -> Vec<Output> {
    while bubbles.len() > limits::OUTPUTS && merge_two(&mut bubbles) {}
    while bubbles.len() > limits::OUTPUTS {
        let at = bubbles.iter().rposition(|bubble| bubble.spare).unwrap_or(bubbles.len() - 1);
        dropped.push(what(&bubbles.remove(at)));
        if let Some(before) = bubbles[..at].last_mut().filter(|before| before.continued) {
            ellipsis(before);
        }
    }
    bubbles.into_iter().map(|bubble| bubble.output).collect()
}

fn merge_two(bubbles: &mut Vec<Bubble>) -> bool {
    for at in 1..bubbles.len() {
        let (Output::SimpleText { text: first }, Output::SimpleText { text: second }) =
            (&bubbles[at - 1].output, &bubbles[at].output)
        else {
            continue;
        };
        let text = format!("{first}\n\n{second}");
        // Not the halves of one text: a blank line would tear a sentence.
        if bubbles[at - 1].continued || !limits::SIMPLE_TEXT.holds(&text) {
            continue;
        }
        let second = bubbles.remove(at);
        let first = &mut bubbles[at - 1];
        first.output = Output::SimpleText { text };
        first.spare &= second.spare;
        first.continued = second.continued;
        return true;
    }
    false
}

/// The rest of this text is gone.
fn ellipsis(bubble: &mut Bubble) {
    bubble.continued = false;
    if let Output::SimpleText { text } = &mut bubble.output {
        *text = cut(&format!("{text}…"), limits::SIMPLE_TEXT, "text", &mut Vec::new()).into_owned();
    }
}

fn what(bubble: &Bubble) -> Dropped {
    let (what, count) = match &bubble.output {
        Output::SimpleText { .. } => ("text", 1),
        Output::SimpleImage { .. } => ("image", 1),
        Output::TextCard(card) if bubble.spare => ("button", card.buttons.len()),
        Output::TextCard(_) | Output::BasicCard(_) => ("card", 1),
        Output::Carousel { items, .. } => ("card", items.len()),
    };
    Dropped { what, count }
}

/// The answer as JSON. If it is too large it loses cards of a carousel, then quick replies, then bubbles, and only when
/// nothing else is left its words.
pub(super) fn serialize(mut template: Template, empty_message: &str, dropped: &mut Vec<Dropped>) -> String {
    loop {
        let response = SkillResponse { version: "2.0", template: Some(template), use_callback: None, data: None };
        let body = json(&response);
        let too_large = !limits::BODY.holds(&body);
        template = match response.template {
            Some(template) if too_large => template,
            Some(_) | None => return body,
        };
        dropped.push(shrink(&mut template, empty_message));
    }
}

fn shrink(template: &mut Template, empty_message: &str) -> Dropped {
    for output in template.outputs.iter_mut().rev() {
        if let Output::Carousel { items, .. } = output
            && items.len() > 1
        {
            items.pop();
            return Dropped { what: "card", count: 1 };
        }
    }
    if template.quick_replies.pop().is_some() {
        return Dropped { what: "quick reply", count: 1 };
    }
    if template.outputs.len() > 1
        && let Some(output) = template.outputs.pop()
    {
        return what(&Bubble::new(output));
    }
    template.outputs = vec![Output::SimpleText { text: empty_message.to_owned() }];
    Dropped { what: "everything", count: 1 }
}

/// Strings, lists and maps with text keys alone: there is nothing in it that JSON could not hold.
pub(super) fn json(response: &SkillResponse) -> String {
    serde_json::to_string(response).unwrap_or_default()
}
