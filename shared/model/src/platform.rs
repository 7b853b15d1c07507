//! The nine platform types of the webhook guide.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlatformType {
    Kakao,
    /// KakaoTalk consultation talk, 상담톡.
    Kakaobiz,
    Facebook,
    Line,
    Navertalk,
    /// SMS.
    Bizchat,
    Wechat,
    Web,
    /// The preview of the Bot Builder, here the page of `closer dev` and `closer talk`.
    Test,
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no platform; there are {list}", list = PlatformType::ALL.map(PlatformType::as_str).join(", "))]
pub struct UnknownPlatform(pub String);

impl PlatformType {
    pub const ALL: [Self; 9] = [
        Self::Kakao,
        Self::Kakaobiz,
        Self::Facebook,
        Self::Line,
        Self::Navertalk,
        Self::Bizchat,
        Self::Wechat,
        Self::Web,
        Self::Test,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kakao => "kakao",
            Self::Kakaobiz => "kakaobiz",
            Self::Facebook => "facebook",
            Self::Line => "line",
            Self::Navertalk => "navertalk",
            Self::Bizchat => "bizchat",
            Self::Wechat => "wechat",
            Self::Web => "web",
            Self::Test => "test",
        }
    }
}

impl FromStr for PlatformType {
    type Err = UnknownPlatform;

    fn from_str(text: &str) -> Result<Self, UnknownPlatform> {
        Self::ALL.into_iter().find(|platform| platform.as_str() == text).ok_or_else(|| UnknownPlatform(text.to_owned()))
    }
}

impl fmt::Display for PlatformType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
