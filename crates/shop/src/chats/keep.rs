//! Keeping records: each once, beside its twin if it has one, with what it does to the conversation, in one commit.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, Value};

use super::{
    record::{KEY, Said},
    twin::{self, Alone, Candidate, Same},
};
use crate::{
    Result,
    conversations::reading::{self, Whose},
    db::{self, Db, now_ms},
    inbox::{self, Heard},
};

/// Records of one commit: few enough that no callback waits long for SQLite's one writer.
pub(super) const SLICE: usize = 200;
/// How far around a record its twin is looked for, ms.
const AROUND_MS: i64 = 31_000;
/// For this long a record without a twin may find one: a message may come out of a journal later.
const AGAIN_MS: i64 = 24 * 3_600_000;
/// So many of the latest are looked through again.
const AGAIN: usize = 1_000;

/// How far the records of an account have been read, and how that went.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromQueryResult)]
pub struct Reading {
    /// The account.
    pub account_id: i64,
    /// Whether they are read.
    pub enabled: bool,
    /// Unix seconds.
    pub read_until: i64,
    /// Where reading backwards got, Unix seconds.
    pub back_until: Option<i64>,
    /// Why they could not be read: WeChat's words.
    pub problem: Option<String>,
    /// WeChat's code.
    pub errcode: Option<i64>,
    /// When they were last read, Unix ms.
    pub read_at: Option<i64>,
}

/// What a commit of records brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// New records.
    pub new: usize,
    /// Of those, the ones that stand elsewhere too.
    pub twins: usize,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    openid: String,
    ours: bool,
    worker: String,
    kind: String,
    text: String,
    said_at: i64,
}

/// Keeps the records of a span that was read whole.
pub(super) async fn keep(db: &Db, account_id: i64, said: &[Said]) -> Result<Kept> {
    let mut kept = Kept::default();
    for slice in said.chunks(SLICE) {
        let tx = db.begin_write().await?;
        let some = keep_in(&tx, account_id, slice).await?;
        if some.new == 0 {
            // Read before: nothing was written, and nothing needs to wait for the disk.
            continue;
        }
        kept.new += some.new;
        kept.twins += some.twins;
        tx.commit().await?;
    }
    Ok(kept)
}

/// Keeps at most [`SLICE`] records, in the transaction of whoever counts them.
pub(super) async fn keep_in(tx: &DatabaseTransaction, account_id: i64, said: &[Said]) -> Result<Kept> {
    lock(tx, account_id).await?;
    let new = insert(tx, account_id, said).await?;
    if new.is_empty() {
        return Ok(Kept::default());
    }
    Ok(Kept { new: new.len(), twins: settle(tx, account_id, new, true).await? })
}

/// Of two nodes that keep records of one account, the second waits and finds the rows of the first.
async fn lock(tx: &DatabaseTransaction, account_id: i64) -> Result<()> {
    const SQL: &str = "UPDATE service_reading SET enabled = enabled WHERE account_id = $1";
    db::execute(tx, SQL, [account_id.into()]).await?;
    Ok(())
}

const COLUMNS: usize = 9;

/// The new ones among `said`.
async fn insert(tx: &DatabaseTransaction, account_id: i64, said: &[Said]) -> Result<Vec<Row>> {
    let mut sql = String::from(
        "INSERT INTO service_records (account_id, openid, key, ours, worker, kind, text, said_at, fetched_at) VALUES ",
    );
    db::push_rows(&mut sql, said.len(), COLUMNS);
    sql.push_str(" ON CONFLICT (account_id, key) DO NOTHING RETURNING id, openid, ours, worker, kind, text, said_at");
    let now = now_ms();
    let mut values: Vec<Value> = Vec::with_capacity(said.len() * COLUMNS);
    for one in said {
        let key: &[u8; KEY] = &one.key;
        values.extend([
            account_id.into(),
            one.openid.as_str().into(),
            key.to_vec().into(),
            one.ours.into(),
            one.worker.as_str().into(),
            one.kind.into(),
            one.text.as_str().into(),
            one.at.into(),
            now.into(),
        ]);
    }
    let mut rows = Row::find_by_statement(db::statement(tx, &sql, values)).all(tx).await?;
    rows.sort_by_key(|row| (row.said_at, row.id));
    Ok(rows)
}

/// Finds the twins of `rows` and takes the rest into the conversations; gives how many twins there were. `fresh` rows have not
/// counted yet.
async fn settle(tx: &DatabaseTransaction, account_id: i64, rows: Vec<Row>, fresh: bool) -> Result<usize> {
    let mut of_each: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows {
        of_each.entry(row.openid.clone()).or_default().push(row);
    }
    let mut found = 0;
    for (openid, rows) in of_each {
        let whose = Whose { account_id, openid };
        let alone: Vec<_> = rows.iter().map(Row::alone).collect();
        let from = rows.iter().map(|row| row.said_at).min().unwrap_or(0) - AROUND_MS;
        let until = rows.iter().map(|row| row.said_at).max().unwrap_or(0) + AROUND_MS;
        let candidates = free(tx, candidates(tx, &whose, from, until).await?).await?;
        let twins = twin::find(&alone, &candidates);
        for (id, same) in &twins {
            const SQL: &str = "UPDATE service_records SET same_kind = $2, same_id = $3 WHERE id = $1";
            db::execute(tx, SQL, [(*id).into(), same.kind().into(), same.id().into()]).await?;
        }
        found += twins.len();
        if fresh {
            let rest = rows.iter().filter(|row| twins.iter().all(|(id, _)| *id != row.id));
            let heard: Vec<_> = rest.map(Row::heard).collect();
            inbox::heard(tx, account_id, &whose.openid, &heard).await?;
        } else {
            for row in rows.iter().filter(|row| twins.iter().any(|(id, _)| *id == row.id)) {
                inbox::unheard(tx, account_id, row.ours, row.said_at).await?;
            }
        }
    }
    Ok(found)
}

impl Row {
    fn alone(&self) -> Alone {
        Alone { id: self.id, ours: self.ours, kind: self.kind.clone(), text: self.text.clone(), at: self.said_at }
    }

    fn heard(&self) -> Heard<'_> {
        Heard { ours: self.ours, worker: &self.worker, kind: &self.kind, text: &self.text, at: self.said_at }
    }
}

/// What may be the twin of a record of this follower.
async fn candidates(tx: &DatabaseTransaction, whose: &Whose, from: i64, until: i64) -> Result<Vec<Candidate>> {
    let messages = reading::said_within(tx, whose, from, until).await?;
    let pushed = messages.into_iter().map(|message| Candidate {
        same: Same::Message(message.id),
        ours: !message.inbound,
        kind: message.kind,
        text: message.text,
        at: message.at,
    });
    let sent = inbox::sent_within(tx, whose, from, until).await?;
    let sent =
        sent.into_iter().map(|(id, kind, text, at)| Candidate { same: Same::Sent(id), ours: true, kind, text, at });
    Ok(sent.chain(pushed).collect())
}

/// Those of `candidates` that are nobody's twin.
async fn free(tx: &DatabaseTransaction, candidates: Vec<Candidate>) -> Result<Vec<Candidate>> {
    if candidates.is_empty() {
        return Ok(candidates);
    }
    let (mut messages, mut sent) = (Vec::new(), Vec::new());
    for candidate in &candidates {
        match candidate.same {
            Same::Message(id) => messages.push(id),
            Same::Sent(id) => sent.push(id),
        }
    }
    let mut taken = Vec::new();
    for (kind, ids) in [("message", messages), ("sent", sent)] {
        for some in ids.chunks(500) {
            let list: Vec<_> = some.iter().map(i64::to_string).collect();
            let sql = format!(
                "SELECT same_id FROM service_records WHERE same_kind = '{kind}' AND same_id IS NOT NULL \
                 AND same_id IN ({})",
                list.join(", ")
            );
            for row in tx.query_all_raw(db::statement(tx, &sql, [])).await? {
                taken.push((kind, row.try_get::<i64>("", "same_id")?));
            }
        }
    }
    let free = candidates.into_iter().filter(|candidate| {
        let same = candidate.same;
        !taken.contains(&(same.kind(), same.id()))
    });
    Ok(free.collect())
}

/// Looks once more for twins of the latest records that have none: of followers only of whom something came since.
pub(super) async fn look_again(db: &Db, account_id: i64) -> Result<usize> {
    let from = now_ms() - AGAIN_MS;
    let sql = format!(
        "SELECT id, openid, ours, worker, kind, text, said_at FROM service_records \
         WHERE account_id = $1 AND same_id IS NULL AND said_at >= $2 ORDER BY said_at DESC LIMIT {AGAIN}"
    );
    let rows = Row::find_by_statement(db::statement(db.read(), &sql, [account_id.into(), from.into()]));
    let rows = rows.all(db.read()).await?;
    let mut of_each: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for row in &rows {
        let (from, until) = of_each.entry(row.openid.clone()).or_insert((row.said_at, row.said_at));
        (*from, *until) = ((*from).min(row.said_at), (*until).max(row.said_at));
    }
    // Looking needs no write lock, and mostly there is nothing: an agent's words are nowhere else.
    let mut hopeful = Vec::new();
    for (openid, (from, until)) in of_each {
        let whose = Whose { account_id, openid };
        let (from, until) = (from - AROUND_MS, until + AROUND_MS);
        if !reading::said_within(db.read(), &whose, from, until).await?.is_empty()
            || !inbox::sent_within(db.read(), &whose, from, until).await?.is_empty()
        {
            hopeful.push(whose.openid);
        }
    }
    let mut found = 0;
    for openid in hopeful {
        let tx = db.begin_write().await?;
        lock(&tx, account_id).await?;
        // Read again behind the lock: another node may have found them.
        let sql = "SELECT id, openid, ours, worker, kind, text, said_at FROM service_records WHERE account_id = $1 \
                   AND openid = $2 AND same_id IS NULL AND said_at >= $3";
        let values = [account_id.into(), openid.into(), from.into()];
        let rows = Row::find_by_statement(db::statement(&*tx, sql, values)).all(&*tx).await?;
        found += settle(&tx, account_id, rows, false).await?;
        tx.commit().await?;
    }
    Ok(found)
}
