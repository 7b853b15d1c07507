//! What the owner of a webhook is told of its health: a banner, an e-mail, the operator's webhook. Never by the webhook itself.

use std::fmt::Write as _;

use model::EpochMillis;

use crate::limits::HOUR_MS;
use crate::{Cause, Exchange, Reason};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub kind: NoticeKind,
    /// How the last attempt ended.
    pub exchange: Exchange,
    pub since: EpochMillis,
    pub next_at: Option<EpochMillis>,
    /// When it will be switched off if nothing gets better.
    pub off_at: Option<EpochMillis>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// It will be switched off.
    Failing,
    /// The same refusal for the third time.
    Refusing,
    Certificate,
    Disabled(Reason),
    Recovered,
    /// It is off, and took a test.
    AnswersAgain,
}

impl Notice {
    pub const fn new(kind: NoticeKind, exchange: Exchange, since: EpochMillis) -> Self {
        Self { kind, exchange, since, next_at: None, off_at: None }
    }

    #[must_use]
    pub fn next(self, next_at: Option<EpochMillis>) -> Self {
        Self { next_at, ..self }
    }

    #[must_use]
    pub fn off(self, off_at: Option<EpochMillis>) -> Self {
        Self { off_at, ..self }
    }

    /// The event of the operator's webhook.
    pub const fn event(&self) -> &'static str {
        match self.kind {
            NoticeKind::Failing | NoticeKind::Refusing | NoticeKind::Certificate => "webhook.failing",
            NoticeKind::Disabled(_) => "webhook.disabled",
            NoticeKind::Recovered | NoticeKind::AnswersAgain => "webhook.recovered",
        }
    }

    /// Times are Korea's.
    pub fn korean(&self) -> String {
        let mut text = match &self.kind {
            NoticeKind::Failing => "웹훅이 이벤트를 받지 못하고 있습니다.".to_owned(),
            NoticeKind::Refusing => "웹훅이 같은 요청을 세 번 거절했습니다. 주소와 인증을 확인해 주세요.".to_owned(),
            NoticeKind::Certificate => "웹훅 서버의 인증서를 확인할 수 없습니다.".to_owned(),
            NoticeKind::Disabled(reason) => format!("웹훅이 꺼졌습니다. {}", korean_reason(reason)),
            NoticeKind::Recovered => return "웹훅이 다시 이벤트를 받고 있습니다.".to_owned(),
            NoticeKind::AnswersAgain => {
                return "꺼진 웹훅이 테스트에 응답했습니다. 다시 켤 수 있습니다.".to_owned();
            }
        };
        if let Some(cause) = self.exchange.cause().filter(|_| self.exchange != Exchange::Unknown) {
            let _ = write!(text, " 원인: {}", korean_cause(cause));
            if let Exchange::Answered { status } = self.exchange {
                let _ = write!(text, " ({status})");
            }
            text.push('.');
        }
        let _ = write!(text, " 시작: {}.", korean_time(self.since));
        if let Some(at) = self.next_at {
            let _ = write!(text, " 다음 시도: {}.", korean_time(at));
        }
        if let Some(at) = self.off_at {
            let _ = write!(text, " 계속 실패하면 {}에 꺼집니다.", korean_time(at));
        }
        text
    }
}

const fn korean_cause(cause: Cause) -> &'static str {
    match cause {
        Cause::CouldNotConnect => "연결할 수 없음",
        Cause::TimedOut => "응답 시간 초과",
        Cause::ErrorStatus => "오류 응답",
        Cause::Certificate => "인증서 오류",
        Cause::AddressNotAllowed => "허용되지 않는 주소",
        Cause::Unclassified => "기타",
    }
}

const fn korean_reason(reason: &Reason) -> &'static str {
    match reason {
        Reason::Failing => "72시간 동안 한 번도 받지 못했습니다.",
        Reason::Exhausted => "30분 동안 네 번 모두 실패했습니다.",
        Reason::Gone => "서버가 410으로 두 번 답했습니다.",
        Reason::Asked => "서버가 그만 보내 달라고 했습니다.",
        Reason::ByHand | Reason::Other(_) => "",
    }
}

fn korean_time(at: EpochMillis) -> String {
    let iso = at.plus_ms(9 * HOUR_MS).iso();
    format!("{} (KST)", iso.get(..16).unwrap_or(&iso).replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_says_what_since_when_and_what_next() {
        let notice =
            Notice::new(NoticeKind::Failing, Exchange::Answered { status: 503 }, EpochMillis(1_763_712_000_000))
                .next(Some(EpochMillis(1_763_798_400_000)))
                .off(Some(EpochMillis(1_763_971_200_000)));
        assert_eq!(
            notice.korean(),
            "웹훅이 이벤트를 받지 못하고 있습니다. 원인: 오류 응답 (503). 시작: 2025-11-21 17:00 (KST). \
             다음 시도: 2025-11-22 17:00 (KST). 계속 실패하면 2025-11-24 17:00 (KST)에 꺼집니다."
        );
        assert_eq!(notice.event(), "webhook.failing");
    }
}
