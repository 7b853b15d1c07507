//! Points in time. Milliseconds and seconds are different types, because mixing them up is silent otherwise.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z, as in EVENT.timestamp and MESSAGE.timestamp.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EpochMillis(pub i64);

/// Seconds since 1970-01-01T00:00:00Z, as DynamoDB's TTL and `webhook-timestamp` want them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EpochSeconds(pub i64);

impl EpochMillis {
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to `self`; negative when the order is the other way.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    pub const fn seconds(self) -> EpochSeconds {
        EpochSeconds(self.0.div_euclid(1000))
    }

    /// `2018-09-04T07:06:53.047Z`. A time outside of jiff's years is shown as its nearest bound.
    pub fn iso(self) -> String {
        format!("{:.3}", self.timestamp())
    }

    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }
}

impl EpochSeconds {
    pub const fn millis(self) -> EpochMillis {
        EpochMillis(self.0.saturating_mul(1000))
    }
}

impl fmt::Display for EpochMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso())
    }
}

impl std::str::FromStr for EpochMillis {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        text.parse::<Timestamp>().map(|timestamp| Self(timestamp.as_millisecond()))
    }
}

/// `#[serde(with = "time::iso")]`: the form of `createdAt` and its like.
pub mod iso {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    use super::EpochMillis;

    pub fn serialize<S: Serializer>(at: &EpochMillis, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&at.iso())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EpochMillis, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// The same for `deletedAt`, where `null` means never.
pub mod iso_option {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    use super::EpochMillis;

    pub fn serialize<S: Serializer>(at: &Option<EpochMillis>, serializer: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => serializer.serialize_str(&at.iso()),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<EpochMillis>, D::Error> {
        match Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)? {
            Some(text) => text.parse().map(Some).map_err(de::Error::custom),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_has_milliseconds_and_z() {
        for (ms, iso) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_536_044_813_047, "2018-09-04T07:06:53.047Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(EpochMillis(ms).iso(), iso);
            assert_eq!(iso.parse::<EpochMillis>().unwrap(), EpochMillis(ms));
        }
        // A messenger's nonsense is no panic.
        assert!(EpochMillis(i64::MAX).iso().starts_with("9999"));
        assert!(EpochMillis(i64::MIN).iso().starts_with('-'));
    }

    #[test]
    fn seconds_round_down_also_before_1970() {
        assert_eq!(EpochMillis(1999).seconds(), EpochSeconds(1));
        assert_eq!(EpochMillis(-1).seconds(), EpochSeconds(-1));
    }
}
