//! What was said in an event: <https://github.com/navertalk/chatbot-api#send-event>. Other people's composites cannot be
//! told in our words, and customers cannot send any.

use model::{ContentType, MessageData, Meta};
use serde_json::json;

use super::code;
use super::inbound::text;
use super::wire::{Event, TextContent};

/// The text, then the picture. There should be one of them.
pub(super) fn read(event: &mut Event<'_>) -> Vec<(MessageData, Meta)> {
    let words = event.text_content.take().and_then(words);
    let picture = event.image_content.take().and_then(|content| text(content.image_url));
    // Naver holds nothing else, so its ending says nothing.
    let picture = picture.map(|url| (MessageData::media(ContentType::Image, url), Meta::default()));
    words.into_iter().chain(picture).collect()
}

fn words(content: TextContent<'_>) -> Option<(MessageData, Meta)> {
    let code = text(content.code).unwrap_or_default();
    let (label, payload) = code::read(&code);
    let said = label.or_else(|| text(content.text).map(String::from));
    // A button may have been made elsewhere, with nothing but a code.
    let said = said.or_else(|| (!code.is_empty()).then(|| code.clone().into_owned()))?;
    let mut meta = Meta { payload, ..Meta::default() };
    if let Some(input_type) = text(content.input_type) {
        meta.extra.insert("inputType".to_owned(), json!(input_type));
    }
    Some((MessageData::text(said), meta))
}
