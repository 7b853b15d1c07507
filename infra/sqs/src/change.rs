//! One request is one transaction: what it wrote is there as a whole before it is answered, or not at all.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use rusqlite::{Params, Row, Transaction};

use crate::Sqs;
use crate::clock::Millis;
use crate::fault::Fault;

pub(crate) struct Change<'a> {
    pub(crate) now: Millis,
    pub(crate) region: &'a str,
    transaction: Transaction<'a>,
    touched: BTreeSet<String>,
}

impl Sqs {
    /// Runs one request at this time; afterwards wakes those who wait on the queues that it touched.
    pub(crate) fn change<T>(
        &self,
        now: Millis,
        act: impl FnOnce(&mut Change<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        // A panic inside rolled its transaction back, so a poisoned connection is as good as any.
        let (result, touched) = {
            let mut connection = self.shared.connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction()?;
            let mut change = Change { now, region: &self.region, transaction, touched: BTreeSet::new() };
            let result = act(&mut change)?;
            let Change { transaction, touched, .. } = change;
            transaction.commit()?;
            (result, touched)
        };
        for queue in touched {
            self.shared.bells.ring(&queue);
        }
        Ok(result)
    }
}

impl Change<'_> {
    /// Notes that a message of this queue may have become available.
    pub(crate) fn touch(&mut self, queue: &str) {
        if !self.touched.contains(queue) {
            self.touched.insert(queue.to_owned());
        }
    }

    /// How many rows were written.
    pub(crate) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, Fault> {
        Ok(self.transaction.prepare_cached(sql)?.execute(params)?)
    }

    /// Inserts a row and gives its number.
    pub(crate) fn insert(&self, sql: &str, params: impl Params) -> Result<i64, Fault> {
        Ok(self.transaction.prepare_cached(sql)?.insert(params)?)
    }

    /// The first row, if any.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Fault> {
        let mut statement = self.transaction.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        Ok(rows.next()?.map(read).transpose()?)
    }

    pub(crate) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Fault> {
        let mut statement = self.transaction.prepare_cached(sql)?;
        let rows = statement.query_map(params, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Rows from the first on, for as long as `take` says so; the rest is not read.
    pub(crate) fn each(
        &self,
        sql: &str,
        params: impl Params,
        mut take: impl FnMut(&Row<'_>) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        let mut statement = self.transaction.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            if !take(row)? {
                break;
            }
        }
        Ok(())
    }
}
