//! LINE, by the Messaging API: <https://developers.line.biz/en/reference/messaging-api/>.
//!
//! Messages come in by webhook. Answers go out by the reply token of a message while it lives, which costs nothing, and
//! by push otherwise.

mod buttons;
mod cards;
mod inbound;
mod judge;
mod limits;
mod messages;
mod objects;
mod outbound;
#[cfg(test)]
mod tests;
mod wire;

use std::fmt;

use model::{BotId, EpochMillis, Inbound, PlatformType, Reply};
use serde::Deserialize;

use crate::{
    Attempt, Call, Channel, Host, Outcome, Platform, ReceiveError, Received, Rendered, Request, Secrets, SettingsError,
    Setup, Verdict,
};

pub const PLATFORM: Platform = Platform { kind: PlatformType::Line, hosts: HOSTS, connect };

const HOSTS: &[Host] =
    &[Host { variable: "LINE_API_URL", url: API_URL }, Host { variable: "LINE_DATA_API_URL", url: DATA_API_URL }];
const API_URL: &str = "https://api.line.me";
/// For what customers sent. The other host does not know it.
const DATA_API_URL: &str = "https://api-data.line.me";

/// A LINE Official Account.
struct Line {
    bot_id: BotId,
    public_url: String,
    secrets: Secrets,
    /// Without it the bot listens, but cannot answer.
    token: Option<String>,
    /// LINE wants a picture to stand for a video, and a bot gives none.
    video_preview: Option<String>,
}

/// `integration.line` of a bot.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Settings {
    channel_secret: Secrets,
    channel_access_token: Option<String>,
    /// The picture that stands for every video until it plays. Videos are links without it.
    video_preview_image_url: Option<String>,
}

fn connect(setup: Setup<'_>) -> Result<Box<dyn Channel>, SettingsError> {
    let refuse = |reason: &str| SettingsError { platform: PlatformType::Line, reason: reason.to_owned() };
    let settings = Settings::deserialize(setup.settings).map_err(|_| {
        refuse("channelSecret is a text or a list of texts, channelAccessToken and videoPreviewImageUrl a text")
    })?;
    if settings.channel_secret.is_empty() {
        return Err(refuse(
            "set channelSecret to the Channel secret, on the Basic settings of your channel in the LINE Developers Console",
        ));
    }
    let token = settings.channel_access_token.filter(|token| !token.is_empty());
    if token.iter().any(|token| !token.bytes().all(|b| b.is_ascii_graphic())) {
        return Err(refuse(
            "channelAccessToken has a blank or a strange letter in it; copy it again, on the Messaging API tab of your channel in the LINE Developers Console",
        ));
    }
    let video_preview = settings.video_preview_image_url.filter(|url| !url.is_empty());
    if video_preview.iter().any(|url| objects::picture_at(url).is_none()) {
        return Err(refuse("videoPreviewImageUrl is the https address of a JPEG or PNG"));
    }
    Ok(Box::new(Line {
        bot_id: setup.bot_id.clone(),
        public_url: setup.public_url.to_owned(),
        secrets: settings.channel_secret,
        token,
        video_preview,
    }))
}

impl Channel for Line {
    fn receive(&self, request: &Request<'_>) -> Result<Received, ReceiveError> {
        inbound::receive(self, request)
    }

    fn render(&self, reply: &Reply, inbound: &Inbound, now: EpochMillis) -> Rendered {
        outbound::render(self, reply, inbound, now)
    }

    fn judge(&self, call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
        judge::judge(call, outcome, attempt)
    }

    /// What the reply token brings is free, and it brings one request.
    fn pauses(&self) -> bool {
        false
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("bot_id", &self.bot_id).field("secrets", &self.secrets).finish_non_exhaustive()
    }
}
