//! What a provider is asked to send. All that a turn says goes into one message where it fits: an SMS up to 90 bytes, an
//! LMS up to 2000, an MMS where there is a picture to it; and into several numbered ones otherwise.

use model::{Inbound, Reply};

use super::driver::{Driver, Kind, Outgoing};
use super::lines::{self, Letters};
use super::pieces::pieces;
use super::settings::Settings;
use super::{encode, limits};
use crate::{Call, Dropped, Rendered};

pub(super) fn render(settings: &Settings, reply: &Reply, inbound: &Inbound) -> Rendered {
    if reply.messages.is_empty() {
        return Rendered::default();
    }
    let unsent = |what: &'static str| Rendered { calls: Vec::new(), dropped: vec![Dropped { what, count: 1 }] };
    let Some(driver) = &settings.driver else { return unsent(settings.missing) };
    let Some(to) = driver.number(inbound.conversation_key.as_str()) else {
        return unsent("reply: the driver sends to Korean numbers only");
    };
    let Some(from) = driver.number(&settings.from) else {
        return unsent("reply: the driver sends from Korean numbers only, so set another `from`");
    };
    let route = Route { settings, driver, inbound, to, from };

    let (letters, room) = (driver.letters(), driver.room());
    let (text, dropped) = lines::text(reply, letters, None);
    let texts = pieces(&text, room);
    if let [only] = texts.as_slice()
        && let Some((media, url)) = lines::picture(reply).filter(|_| driver.takes_pictures())
    {
        let (beside, dropped) = lines::text(reply, letters, Some(media));
        // The provider wants some text to a picture.
        let beside = if beside.trim().is_empty() && letters == Letters::Cp949 { only } else { beside.trim() };
        let instead = route.call(only, route.kind(only, 1), 0);
        let call = Call { instead: Some(Box::new(instead)), ..route.call(beside, Kind::Mms(&url), 0) };
        return Rendered { calls: vec![call], dropped };
    }
    let count = texts.len();
    let calls =
        texts.iter().enumerate().map(|(index, text)| route.call(text, route.kind(text, count), index)).collect();
    Rendered { calls, dropped }
}

struct Route<'a> {
    settings: &'a Settings,
    driver: &'a Driver,
    inbound: &'a Inbound,
    to: String,
    from: String,
}

impl Route<'_> {
    /// Several are of one kind: SMS and LMS overtake each other. Twilio knows but one.
    fn kind(&self, text: &str, count: usize) -> Kind<'static> {
        match self.driver.letters() {
            Letters::Cp949 if count > 1 || encode::bytes(text) > limits::SMS => Kind::Lms,
            Letters::Cp949 | Letters::All => Kind::Sms,
        }
    }

    fn call(&self, text: &str, kind: Kind<'_>, index: usize) -> Call {
        self.driver.call(&Outgoing {
            to: &self.to,
            from: &self.from,
            text,
            subject: self.settings.title.as_deref(),
            kind,
            cause: self.inbound.id,
            index,
        })
    }
}
