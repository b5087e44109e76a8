//! Building the index.
//!
//! The numbers of a source are cut into blocks of 1,024, and each account that spoke among them has a block of its own. A
//! block is written once, when no row can appear in it any more, and never changed; 64 of them are replaced by one large
//! block, built anew from the texts. A large block is built in many short transactions, so that messages which come
//! meanwhile do not wait for it, and counts only when its last transaction says so, together with how far the index got.
//! A build that died is found by its age, taken away, and done again.

use std::{collections::BTreeMap, time::Duration};

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use tokio_util::sync::CancellationToken;

use super::{
    block::{self, LARGE, ROWS, SMALL},
    source::Source,
};
use crate::{
    Result,
    conversations::follow::{Next, Span, Step},
    db::{self, Db, now_ms},
};

/// Texts that are read at once while a large block is built.
const READ: i64 = 4_096;
/// Rows of a large block in one transaction: some two milliseconds of SQLite's only writer.
const ROWS_AT_ONCE: usize = 256;
/// Between two such transactions.
const BREATH: Duration = Duration::from_millis(10);
/// A build that has not moved for this long is dead, ms.
const DEAD_AFTER_MS: i64 = 120_000;
/// Blocks that were replaced go after this long: a search that began before may still read them, ms.
const KEPT_MS: i64 = 60_000;

/// Builds the index of what was said, until `stop`.
pub async fn keep(db: Db, stop: CancellationToken) {
    tokio::join!(
        keep_one(&db, Source::Messages, &stop),
        keep_one(&db, Source::Outgoing, &stop),
        keep_one(&db, Source::Records, &stop)
    );
}

async fn keep_one(db: &Db, source: Source, stop: &CancellationToken) {
    let mut rest = BREATH;
    while tokio::time::timeout(rest, stop.cancelled()).await.is_err() {
        rest = source.reader().rest_after(step(db, source).await);
    }
}

/// One step: a block, or the removal of one that was replaced.
///
/// # Errors
/// When the database does not answer; the step is whole or not at all.
pub async fn step(db: &Db, source: Source) -> Result<Step> {
    if sweep(db, source).await? {
        return Ok(Step::More);
    }
    if let Some(base) = replaceable(db, source).await? {
        return large(db, source, base, None).await;
    }
    let span = match source.reader().next(db, LARGE).await? {
        Next::Span(span) => span,
        Next::Look => return Ok(Step::More),
        Next::Rest => return Ok(Step::Rest),
    };
    if span.until - span.from >= LARGE && span.from % LARGE == 0 {
        return large(db, source, span.from, Some(span)).await;
    }
    if span.until - span.from < SMALL {
        source.reader().look_further(db).await?;
        return Ok(Step::Rest);
    }
    small(db, source, Span { from: span.from, until: span.from + SMALL }).await
}

/// Pairs of gram and place, by account.
type Postings = BTreeMap<i64, (Vec<(u32, u32)>, Extent)>;

/// How many texts a block has, and of what time.
#[derive(Clone, Copy)]
struct Extent {
    texts: i64,
    first_at: i64,
    last_at: i64,
}

async fn read(db: &Db, source: Source, base: i64, from: i64, until: i64, into: &mut Postings) -> Result<()> {
    for text in source.between(db, from, until).await? {
        let new = (Vec::new(), Extent { texts: 0, first_at: text.at, last_at: text.at });
        let (postings, extent) = into.entry(text.account_id).or_insert(new);
        extent.texts += 1;
        extent.first_at = extent.first_at.min(text.at);
        extent.last_at = extent.last_at.max(text.at);
        let place = (text.id - base - 1) as u32;
        postings.extend(text.grams().into_iter().map(|gram| (gram, place)));
    }
    Ok(())
}

/// The blocks of 1,024 numbers, in one transaction.
async fn small(db: &Db, source: Source, span: Span) -> Result<Step> {
    let mut postings = Postings::new();
    read(db, source, span.from, span.from, span.until, &mut postings).await?;
    let tx = db.begin_write().await?;
    if !source.reader().pass(&*tx, span).await? {
        return Ok(Step::More);
    }
    for (account, (postings, extent)) in postings {
        let id = insert(&*tx, source, account, span.from, SMALL, extent, "live").await?;
        if let Some(id) = id {
            write(&*tx, id, &block::rows(postings, SMALL)).await?;
        }
    }
    tx.commit().await?;
    Ok(Step::More)
}

/// The blocks of 65,536 numbers behind `base`: in place of small ones, or of a `span` that nobody has read yet.
async fn large(db: &Db, source: Source, base: i64, span: Option<Span>) -> Result<Step> {
    if !clear(db, source, base).await? {
        return Ok(Step::Rest);
    }
    let mut postings = Postings::new();
    let mut from = base;
    while from < base + LARGE {
        let until = (from + READ).min(base + LARGE);
        read(db, source, base, from, until, &mut postings).await?;
        from = until;
    }
    let mut built = Vec::new();
    for (account, (postings, extent)) in postings {
        let tx = db.begin_write().await?;
        let id = insert(&*tx, source, account, base, LARGE, extent, "building").await?;
        tx.commit().await?;
        let Some(id) = id else { return Ok(Step::Rest) };
        let rows = block::rows(postings, LARGE);
        for some in rows.chunks(ROWS_AT_ONCE) {
            let tx = db.begin_write().await?;
            if !still_ours(&*tx, id).await? {
                return Ok(Step::Rest);
            }
            write(&*tx, id, some).await?;
            tx.commit().await?;
            tokio::time::sleep(BREATH).await;
        }
        built.push(id);
    }
    finish(db, source, base, span, &built).await
}

/// Lets the large blocks count, all at once.
async fn finish(db: &Db, source: Source, base: i64, span: Option<Span>, built: &[i64]) -> Result<Step> {
    const LIVE: &str = "UPDATE said_blocks SET state = 'live', changed_at = $1 WHERE id = $2 AND state = 'building'";
    const REPLACED: &str = "UPDATE said_blocks SET state = 'dying', changed_at = $1 WHERE source = $2 AND size = $3 \
                            AND base >= $4 AND base < $5 AND state = 'live'";
    let tx = db.begin_write().await?;
    match span {
        Some(span) if !source.reader().pass(&*tx, Span { from: span.from, until: base + LARGE }).await? => {
            return Ok(Step::More);
        }
        _ => {}
    }
    for id in built {
        if db::execute(&*tx, LIVE, [now_ms().into(), (*id).into()]).await? == 0 {
            return Ok(Step::More);
        }
    }
    let small: [Value; 5] =
        [now_ms().into(), source.number().into(), (SMALL as i32).into(), base.into(), (base + LARGE).into()];
    db::execute(&*tx, REPLACED, small).await?;
    tx.commit().await?;
    Ok(Step::More)
}

/// Where there are 64 small blocks' numbers that a large one can replace.
async fn replaceable(db: &Db, source: Source) -> Result<Option<i64>> {
    const SQL: &str = "SELECT MIN(base) AS base, (SELECT MAX(done_id) FROM message_cursors WHERE name = $3) AS done \
                       FROM said_blocks WHERE source = $1 AND size = $2 AND state = 'live'";
    #[derive(FromQueryResult)]
    struct Row {
        base: Option<i64>,
        done: Option<i64>,
    }
    let values = [source.number().into(), (SMALL as i32).into(), source.reader().name().into()];
    let row = Row::find_by_statement(db::statement(db.read(), SQL, values)).one(db.read()).await?;
    let Some(Row { base: Some(first), done: Some(done) }) = row else { return Ok(None) };
    let base = first - first % LARGE;
    Ok((base + LARGE <= done).then_some(base))
}

/// Takes away what dead builds left behind `base`. False while somebody builds there.
async fn clear(db: &Db, source: Source, base: i64) -> Result<bool> {
    const SQL: &str = "SELECT id, changed_at FROM said_blocks WHERE source = $1 AND size = $2 AND base = $3 \
                       AND state = 'building'";
    let values = [source.number().into(), (LARGE as i32).into(), base.into()];
    let rows = db.read().query_all_raw(db::statement(db.read(), SQL, values)).await?;
    for row in rows {
        let (id, changed_at): (i64, i64) = (row.try_get("", "id")?, row.try_get("", "changed_at")?);
        if changed_at > now_ms() - DEAD_AFTER_MS {
            return Ok(false);
        }
        remove(db, id).await?;
    }
    Ok(true)
}

/// Removes one block that was replaced and that no search can be reading any more. False when there is none.
async fn sweep(db: &Db, source: Source) -> Result<bool> {
    const SQL: &str =
        "SELECT id FROM said_blocks WHERE source = $1 AND state = 'dying' AND changed_at < $2 ORDER BY id LIMIT 1";
    let values = [source.number().into(), (now_ms() - KEPT_MS).into()];
    let Some(row) = db.read().query_one_raw(db::statement(db.read(), SQL, values)).await? else { return Ok(false) };
    remove(db, row.try_get("", "id")?).await?;
    Ok(true)
}

async fn remove(db: &Db, id: i64) -> Result<()> {
    let tx = db.begin_write().await?;
    let rows = [(id * ROWS).into(), ((id + 1) * ROWS).into()];
    db::execute(&*tx, "DELETE FROM said_words WHERE id >= $1 AND id < $2", rows).await?;
    db::execute(&*tx, "DELETE FROM said_blocks WHERE id = $1", [id.into()]).await?;
    tx.commit().await
}

async fn insert<C: ConnectionTrait>(
    tx: &C,
    source: Source,
    account: i64,
    base: i64,
    size: i64,
    extent: Extent,
    state: &str,
) -> Result<Option<i64>> {
    const SQL: &str = "INSERT INTO said_blocks (account_id, source, base, size, texts, first_at, last_at, state, \
                       changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
                       ON CONFLICT (account_id, source, size, base) DO NOTHING RETURNING id";
    let values: [Value; 9] = [
        account.into(),
        source.number().into(),
        base.into(),
        (size as i32).into(),
        extent.texts.into(),
        extent.first_at.into(),
        extent.last_at.into(),
        state.into(),
        now_ms().into(),
    ];
    let row = tx.query_one_raw(db::statement(tx, SQL, values)).await?;
    Ok(row.map(|row| row.try_get("", "id")).transpose()?)
}

async fn write<C: ConnectionTrait>(tx: &C, id: i64, rows: &[(u32, Vec<u8>)]) -> Result<()> {
    // A few sizes of the statement: each is prepared once.
    for some in rows.chunks(16) {
        let mut sql = String::from("INSERT INTO said_words (id, words) VALUES ");
        db::push_rows(&mut sql, some.len(), 2);
        let values = some
            .iter()
            .flat_map(|(bucket, words)| [Value::from(id * ROWS + i64::from(*bucket)), Value::from(words.clone())]);
        db::execute(tx, &sql, values).await?;
    }
    Ok(())
}

/// Whether the build of block `id` is still going on as far as others see; also says that it does.
async fn still_ours<C: ConnectionTrait>(tx: &C, id: i64) -> Result<bool> {
    const SQL: &str = "UPDATE said_blocks SET changed_at = $1 WHERE id = $2 AND state = 'building'";
    Ok(db::execute(tx, SQL, [now_ms().into(), id.into()]).await? == 1)
}
