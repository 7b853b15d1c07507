//! The edge where the clock and chance are read, and the two units of time. Inside, the time is an argument.

use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime};

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};

/// A moment, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Millis(pub(crate) i64);

/// A span, in the unit of every setting of SQS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seconds(pub(crate) i64);

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub(crate) fn now() -> Millis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[expect(clippy::disallowed_methods, reason = "an id of a message stands for no event of ours; AWS draws it too")]
pub(crate) fn message_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

impl Millis {
    /// How long from now until this moment; nothing if it has passed.
    pub(crate) fn after(self, now: Millis) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - now.0).unwrap_or_default())
    }

    pub(crate) fn in_seconds(self) -> i64 {
        self.0 / 1000
    }
}

impl Add<Seconds> for Millis {
    type Output = Millis;

    fn add(self, span: Seconds) -> Millis {
        Millis(self.0 + span.0 * 1000)
    }
}

impl Sub<Seconds> for Millis {
    type Output = Millis;

    fn sub(self, span: Seconds) -> Millis {
        Millis(self.0 - span.0 * 1000)
    }
}

impl ToSql for Millis {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for Millis {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Millis> {
        i64::column_result(value).map(Millis)
    }
}
