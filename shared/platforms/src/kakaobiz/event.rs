//! An event with its dialect settled, and what makes it known again.
//! <https://mbi-developer-center.happytalk.io/kakaotalk_webhook/counsel_data_reception/kakao_meta_data>,
//! <https://developers.bizgo.io/api-sdk/api-reference/comm/kakao-counsel>

use std::borrow::Cow;

use model::{EpochMillis, UserKey};
use serde_json::Value;

use super::settings::Dialect;
use super::tolerant::{Entries, Entry};
use super::wire;

/// Ours: how long an event is known again that has neither an id nor a time.
const NAMELESS_MS: i64 = 60_000;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Message,
    Reference,
    ExpiredSession,
}

impl Route {
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "message" => Some(Self::Message),
            "reference" => Some(Self::Reference),
            "expired_session" => Some(Self::ExpiredSession),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Reference => "reference",
            Self::ExpiredSession => "expired_session",
        }
    }
}

type Text<'a> = Option<Cow<'a, str>>;

/// An event, its dialect settled.
pub(super) struct Event<'a> {
    pub user_key: Text<'a>,
    pub sender_key: Text<'a>,
    pub session_id: Text<'a>,
    pub at: Option<EpochMillis>,
    /// The platform's own id of it.
    pub serial: Text<'a>,
    pub kind: Text<'a>,
    pub app_user_id: Text<'a>,
    pub last_reference: Value,
    pub request_type: Text<'a>,
    pub report_code: Text<'a>,
    pub entries: Entries<'a>,
    pub attachment: Entry<'a>,
    pub extra: Text<'a>,
    pub reference: Value,
}

impl<'a> Event<'a> {
    pub(super) fn of(dialect: Dialect, event: wire::Event<'a>) -> Self {
        let bizgo = match dialect {
            Dialect::Auto => {
                event.msg_key.0.is_some() && (event.request_type.0.is_some() || event.user_key.0.is_none())
            }
            Dialect::Kakao => false,
            Dialect::Bizgo => true,
        };
        // `content` is the elder spelling, and may come beside the other.
        let entries = if event.contents.0.is_empty() { event.content } else { event.contents };
        let (attachment, extra, reference) = (event.attachment, event.extra.0, event.reference);
        if bizgo {
            let time = |text: &Option<Cow<'_, str>>| text.as_deref().and_then(|text| text.parse().ok());
            return Self {
                user_key: event.bizgo_user_key.0,
                sender_key: event.bizgo_sender_key.0,
                session_id: event.bizgo_session_id.0,
                at: time(&event.kakao_time.0).or_else(|| time(&event.send_time.0)),
                serial: event.msg_key.0,
                kind: event.msg_type.0,
                app_user_id: event.bizgo_app_user_id.0,
                last_reference: event.bizgo_last_reference,
                request_type: event.request_type.0,
                report_code: event.report_code.0,
                entries,
                attachment,
                extra,
                reference,
            };
        }
        let time = event.time.as_str().and_then(|time| time.parse().ok()).filter(|time| *time > 0).map(EpochMillis);
        Self {
            user_key: event.user_key.0,
            sender_key: event.sender_key.0,
            session_id: event.session_id.0,
            at: time,
            serial: event.serial_number.0,
            kind: event.kind.0,
            app_user_id: event.app_user_id.0,
            last_reference: event.last_reference,
            request_type: None,
            report_code: event.report_code.0,
            entries,
            attachment,
            extra,
            reference,
        }
    }

    /// What became of something that we sent, for the log: its code under the name of the event.
    pub(super) fn result(&self, name: &str) -> String {
        let code = self.report_code.as_deref().unwrap_or_default();
        match name {
            "result" => format!("result {code}"),
            // A name may be as long as it likes, and a log has room for its beginning.
            name => format!("result {} {code}", name.chars().take(20).collect::<String>()),
        }
    }

    /// What stands for the event's id. Where the platform gave none, it is all that it told.
    pub(super) fn key(&self, route: Route, sender_key: &str, user_key: &UserKey, received_at: EpochMillis) -> String {
        let name = route.name();
        if let Some(serial) = &self.serial {
            return format!("{name} {sender_key} {serial}");
        }
        let session = self.session_id.as_deref().unwrap_or_default();
        let when = match self.at {
            Some(at) => at.0.to_string(),
            None => format!("received {}", received_at.0.div_euclid(NAMELESS_MS)),
        };
        let mut key = format!("{name} {sender_key} {user_key} {session} {when}");
        let entries = self.entries.0.iter().flat_map(|entry| [&entry.text, &entry.url, &entry.comment]);
        for text in [&self.kind, &self.extra].into_iter().chain(entries) {
            key.push('\n');
            key.push_str(text.as_deref().unwrap_or_default());
        }
        if !self.reference.is_null() {
            key.push_str(&self.reference.to_string());
        }
        key
    }
}
