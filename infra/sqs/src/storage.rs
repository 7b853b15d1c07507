//! The tables, and how the file is opened.

use std::path::Path;

use rusqlite::Connection;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the queues' file cannot be opened")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the queues' file has version {0} of the tables, this program knows {VERSION}")]
    Version(i64),
}

const VERSION: i64 = 1;

/// `message.seq` is the sequence number: the order in a group, kept when the message moves to a dead-letter queue.
/// `message.receipt` is the receive count at the latest receive from this queue; null before the first.
/// `message.dedup_id` tells the kinds apart: those of FIFO queues have one, and each kind has indexes of its own, since
/// the pages that a request writes are most of what it costs.
/// `lane` has a row for each group of a FIFO queue that has messages: its first, and when it may be served.
const SCHEMA: &str = "
    CREATE TABLE queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        attributes TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        modified_ms INTEGER NOT NULL
    );
    CREATE TABLE message (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        queue INTEGER NOT NULL REFERENCES queue ON DELETE CASCADE,
        id TEXT NOT NULL,
        group_id TEXT,
        dedup_id TEXT,
        sent_ms INTEGER NOT NULL,
        visible_ms INTEGER NOT NULL,
        first_ms INTEGER,
        receives INTEGER NOT NULL DEFAULT 0,
        receipt INTEGER,
        source TEXT,
        attributes TEXT,
        body TEXT NOT NULL
    );
    CREATE INDEX message_sent ON message (queue, sent_ms);
    CREATE INDEX message_visible ON message (queue, visible_ms) WHERE dedup_id IS NULL;
    CREATE INDEX message_group ON message (queue, group_id) WHERE dedup_id IS NOT NULL;
    CREATE INDEX message_received ON message (queue, group_id, visible_ms)
        WHERE dedup_id IS NOT NULL AND receipt IS NOT NULL;
    CREATE TABLE lane (
        queue INTEGER NOT NULL REFERENCES queue ON DELETE CASCADE,
        group_id TEXT NOT NULL,
        head INTEGER NOT NULL,
        ready_ms INTEGER NOT NULL,
        PRIMARY KEY (queue, group_id)
    ) WITHOUT ROWID;
    CREATE INDEX lane_head ON lane (queue, head, ready_ms);
    CREATE TABLE dedup (
        queue INTEGER NOT NULL REFERENCES queue ON DELETE CASCADE,
        scope TEXT NOT NULL,
        dedup_id TEXT NOT NULL,
        sent_ms INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (queue, scope, dedup_id)
    ) WITHOUT ROWID;
    CREATE INDEX dedup_sent ON dedup (sent_ms);
    PRAGMA user_version = 1;
";

pub(crate) fn open(path: Option<&Path>) -> Result<Connection, OpenError> {
    let mut connection = match path {
        Some(path) => Connection::open(path)?,
        None => Connection::open_in_memory()?,
    };
    // A killed process loses nothing with this; only the machine's own end may take the last moments.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // A checkpoint waits for the disk; with the default, busy queues would make one every hundred requests.
    connection.pragma_update(None, "wal_autocheckpoint", 16_000)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(128);

    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match version {
        0 => {
            let transaction = connection.transaction()?;
            transaction.execute_batch(SCHEMA)?;
            transaction.commit()?;
        }
        VERSION => {}
        newer => return Err(OpenError::Version(newer)),
    }
    Ok(connection)
}
