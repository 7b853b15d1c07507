//! A message as its author wrote it, templates and all.
//!
//! ```json
//! { "type": "text", "text": "…", "buttons": [] }
//! { "type": "media", "media": { "contentType": "image", "uri": "…" }, "buttons": [] }
//! { "type": "cards", "cards": [ { "title": "…", "description": "…", "media": {}, "uri": "…", "buttons": [] } ] }
//! { "type": "location", "location": { "label": "…", "latitude": 37.5, "longitude": 127.0 } }
//! ```

pub(crate) mod button;
mod read;

use model::{ContentType, Location, MessageData};

use crate::context::Context;
use crate::run::Fault;
use crate::shown::ShownButton;
use crate::template::{Expansion, TemplateError, Text};
use button::{Button, render_buttons};
pub(crate) use read::read;

#[derive(Debug)]
pub(crate) enum Message {
    Text { text: Text, buttons: Vec<Button> },
    Media { media: Media, text: Option<Text>, buttons: Vec<Button> },
    Cards { cards: Vec<Card> },
    Location { title: Option<Text>, latitude: Text, longitude: Text },
}

#[derive(Debug)]
pub(crate) struct Media {
    content_type: ContentType,
    uri: Text,
    alt_text: Option<Text>,
}

#[derive(Debug)]
pub(crate) struct Card {
    title: Option<Text>,
    description: Option<Text>,
    media: Option<Media>,
    uri: Option<Text>,
    buttons: Vec<Button>,
    expansion: Expansion,
}

impl Message {
    /// None if there is nothing to say. What its buttons stand for is added to `shown`.
    pub(crate) fn render(
        &self,
        context: &mut Context<'_>,
        shown: &mut Vec<ShownButton>,
    ) -> Result<Option<MessageData>, Fault> {
        let data = match self {
            Self::Text { text, buttons } => {
                let text = text.render(context)?.into_owned();
                MessageData::Text { text, buttons: render_buttons(buttons, context, shown)? }
            }
            Self::Media { media, text, buttons } => MessageData::Media {
                media: media.render(context)?,
                text: optional(text.as_ref(), context)?,
                buttons: render_buttons(buttons, context, shown)?,
            },
            Self::Cards { cards } => {
                let mut rendered = Vec::with_capacity(cards.len());
                for card in cards {
                    card.expansion.each(context, &mut rendered, |context| card.render(context, shown).map(Some))?;
                }
                MessageData::Cards { cards: rendered }
            }
            Self::Location { title, latitude, longitude } => MessageData::Location {
                location: Location {
                    title: optional(title.as_ref(), context)?,
                    latitude: degrees(latitude, context)?,
                    longitude: degrees(longitude, context)?,
                },
            },
        };
        let nothing = match &data {
            MessageData::Text { text, buttons } => text.is_empty() && buttons.is_empty(),
            MessageData::Media { media, .. } => media.uri.is_empty(),
            MessageData::Cards { cards } => cards.is_empty(),
            MessageData::Location { .. } => false,
        };
        Ok((!nothing).then_some(data))
    }

    pub(crate) fn buttons(&self) -> Vec<&Button> {
        match self {
            Self::Text { buttons, .. } | Self::Media { buttons, .. } => buttons.iter().collect(),
            Self::Cards { cards } => cards.iter().flat_map(|card| &card.buttons).collect(),
            Self::Location { .. } => Vec::new(),
        }
    }
}

impl Media {
    fn render(&self, context: &mut Context<'_>) -> Result<model::Media, TemplateError> {
        Ok(model::Media {
            content_type: self.content_type,
            uri: self.uri.render(context)?.into_owned(),
            alt_text: optional(self.alt_text.as_ref(), context)?,
        })
    }
}

impl Card {
    fn render(&self, context: &mut Context<'_>, shown: &mut Vec<ShownButton>) -> Result<model::Card, TemplateError> {
        let media = self.media.as_ref().map(|media| media.render(context)).transpose()?;
        Ok(model::Card {
            title: optional(self.title.as_ref(), context)?,
            description: optional(self.description.as_ref(), context)?,
            media: media.filter(|media| !media.uri.is_empty()),
            uri: optional(self.uri.as_ref(), context)?,
            buttons: render_buttons(&self.buttons, context, shown)?,
        })
    }
}

/// What prints nothing is left out.
fn optional(text: Option<&Text>, context: &mut Context<'_>) -> Result<Option<String>, TemplateError> {
    let Some(text) = text else { return Ok(None) };
    Ok(Some(text.render(context)?.into_owned()).filter(|text| !text.is_empty()))
}

fn degrees(text: &Text, context: &mut Context<'_>) -> Result<f64, Fault> {
    let text = text.render(context)?;
    text.trim().parse().ok().filter(|degrees: &f64| degrees.is_finite()).ok_or(Fault::NoNumber)
}
