//! Which followers a run has seen: a bit for each row number, in chunks of 32,768, stored with the step that saw them.

use std::collections::{HashMap, HashSet};

use sea_orm::ConnectionTrait;

use crate::{Result, db};

/// Bytes of a chunk.
const BYTES: usize = 4_096;
/// Row numbers of a chunk.
const PER_CHUNK: i64 = 8 * BYTES as i64;
/// Chunks kept in memory; numbers mostly come in order.
const KEPT: usize = 64;

/// A set of row numbers that belongs to a run. What is set is stored by [`Bits::store`] alone.
pub(in crate::followers) struct Bits {
    run: i64,
    /// A second set of the same run lies under negative numbers.
    second: bool,
    chunks: HashMap<i64, Vec<u8>>,
    changed: HashSet<i64>,
}

impl Bits {
    /// Those whom the run has listed.
    pub(super) fn listed(run: i64) -> Self {
        Self { run, second: false, chunks: HashMap::new(), changed: HashSet::new() }
    }

    /// Those whom the run has found on the blacklist.
    pub(super) fn blocked(run: i64) -> Self {
        Self { second: true, ..Self::listed(run) }
    }

    fn number(&self, chunk: i64) -> i64 {
        if self.second { -1 - chunk } else { chunk }
    }

    /// Reads the chunks of `ids`.
    pub(super) async fn load<C: ConnectionTrait>(&mut self, on: &C, ids: impl IntoIterator<Item = i64>) -> Result<()> {
        let needed: HashSet<i64> = ids.into_iter().map(|id| id / PER_CHUNK).collect();
        if self.chunks.len() + needed.len() > KEPT {
            self.chunks.retain(|chunk, _| needed.contains(chunk));
        }
        for chunk in needed {
            if self.chunks.contains_key(&chunk) {
                continue;
            }
            let sql = "SELECT bits FROM run_seen WHERE run_id = $1 AND chunk = $2";
            let values = [self.run.into(), self.number(chunk).into()];
            let row = on.query_one_raw(db::statement(on, sql, values)).await?;
            let mut bits: Vec<u8> = row.map(|row| row.try_get("", "bits")).transpose()?.unwrap_or_default();
            bits.resize(BYTES, 0);
            self.chunks.insert(chunk, bits);
        }
        Ok(())
    }

    /// Whether the bit of `id`, whose chunk is loaded, is set.
    pub(super) fn has(&self, id: i64) -> bool {
        let (byte, bit) = place(id);
        self.chunks.get(&(id / PER_CHUNK)).is_some_and(|bits| bits[byte] & bit != 0)
    }

    /// Sets the bit of `id`, whose chunk is loaded; false when it was set.
    pub(super) fn set(&mut self, id: i64) -> bool {
        let (chunk, (byte, bit)) = (id / PER_CHUNK, place(id));
        let Some(bits) = self.chunks.get_mut(&chunk) else { return false };
        let new = bits[byte] & bit == 0;
        bits[byte] |= bit;
        if new {
            self.changed.insert(chunk);
        }
        new
    }

    /// Stores what was set, in the transaction of the step that saw them.
    pub(super) async fn store<C: ConnectionTrait>(&mut self, tx: &C) -> Result<()> {
        const SQL: &str = "INSERT INTO run_seen (run_id, chunk, bits) VALUES ($1, $2, $3) \
                           ON CONFLICT (run_id, chunk) DO UPDATE SET bits = excluded.bits";
        for chunk in std::mem::take(&mut self.changed) {
            let values = [self.run.into(), self.number(chunk).into(), self.chunks[&chunk].clone().into()];
            db::execute(tx, SQL, values).await?;
        }
        Ok(())
    }
}

fn place(id: i64) -> (usize, u8) {
    let within = (id % PER_CHUNK) as usize;
    (within / 8, 1 << (within % 8))
}
