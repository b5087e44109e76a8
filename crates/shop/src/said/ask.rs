//! Asking the index.

use std::collections::{HashMap, VecDeque};

use sea_orm::{ConnectionTrait, FromQueryResult};

use super::{
    Ask, By, Found, Hit,
    block::{self, ROWS},
    grams::{self, Words},
    source::{self, Source, Text},
};
use crate::{
    Error, Result,
    accounts::{Reach, listed},
    db::{self, Db},
};

/// Numbers behind the index that are read and compared one by one.
const TAIL: i64 = 4_096;
/// Texts that one page compares at most.
const MOST_TEXTS: usize = 4_000;
/// Bytes of the index that one page reads at most.
const MOST_BYTES: usize = 40 << 20;
/// Blocks that are asked at once, in the order of asking: mostly the first few have enough.
const SPANS: [usize; 3] = [4, 16, 64];
/// Hits on a page at most.
pub(super) const MOST_HITS: usize = 100;

/// A page of `size` hits (at most 100) of the account's conversations, the newest first. `from` is where another page
/// ended.
///
/// # Errors
/// [`Error::NotFound`] when `reach` does not see the account; [`Error::Invalid`] at `q` when the question is too long, at
/// `from` when that is no place; or when the database does not answer.
pub async fn search(db: &Db, reach: &Reach, account: i64, ask: &Ask, from: Option<&str>, size: usize) -> Result<Found> {
    reach.must_see(account)?;
    let words = Words::read(&ask.words)?;
    if words.is_empty() && !ask.words.trim().is_empty() {
        return Ok(Found { indexed: 100, ..Found::default() });
    }
    let size = size.clamp(1, MOST_HITS);
    let mut places = Places::read(from)?;
    let question = Question { db, account, ask, words: &words };
    let mut parts: Vec<(Source, Part)> = Vec::new();
    let (mut known, mut there) = (0, 0);
    for source in Source::ALL {
        let latest = source.latest(db).await?;
        let done = done(db, source).await?;
        known += latest - gap(done, latest);
        there += latest;
        if let Some(before) = places.of(source) {
            parts.push((source, question.part(source, before, (done, latest), size + 1).await?));
        }
    }
    let mut hits = Vec::with_capacity(size);
    // Each source keeps the order of its numbers: what is told of it is told before what is left for the next page.
    while hits.len() < size {
        let newest = parts.iter_mut().filter(|(_, part)| !part.hits.is_empty()).max_by_key(|(_, part)| part.hits[0].at);
        let Some((_, part)) = newest else { break };
        hits.extend(part.hits.pop_front());
    }
    for (source, part) in parts {
        places.set(source, part.hits.front().map_or(part.end, |hit| Some(hit.id + 1)));
    }
    let next = places.any().then(|| places.to_text());
    let indexed = if there == 0 { 100 } else { (known * 100 / there).clamp(0, 100) as u8 };
    Ok(Found { hits, next, indexed })
}

/// Numbers that are neither in the index nor near enough to be read one by one.
fn gap(done: i64, latest: i64) -> i64 {
    (latest - TAIL - done).max(0)
}

/// The conversations of the accounts in `reach` in which `words` were said, the newest first, at most `limit`.
///
/// # Errors
/// As [`search`].
pub async fn chats_saying(db: &Db, reach: &Reach, words: &str, limit: usize) -> Result<Vec<(i64, String)>> {
    let mut found: Vec<(i64, i64, String)> = Vec::new();
    let ask = Ask { words: words.to_owned(), ..Ask::default() };
    for (account, _) in listed::names_of(db.read()).await? {
        if !reach.sees(account) {
            continue;
        }
        let (mut from, mut mine) = (None, Vec::<(i64, String)>::new());
        // A word of one talkative conversation must not fill the list: further pages bring others, up to a bound.
        for _ in 0..20 {
            let page = search(db, reach, account, &ask, from.as_deref(), MOST_HITS).await?;
            for hit in page.hits {
                if !mine.iter().any(|(_, openid)| *openid == hit.openid) {
                    mine.push((hit.at, hit.openid));
                }
            }
            from = page.next;
            if mine.len() >= limit || from.is_none() {
                break;
            }
        }
        found.extend(mine.into_iter().map(|(at, openid)| (at, account, openid)));
    }
    found.sort_by_key(|(at, ..)| -at);
    found.truncate(limit);
    Ok(found.into_iter().map(|(_, account, openid)| (account, openid)).collect())
}

/// Where each source goes on: below this number; none when it is all looked at.
struct Places(HashMap<Source, Option<i64>>);

impl Places {
    fn read(text: Option<&str>) -> Result<Self> {
        let Some(text) = text else {
            return Ok(Self(Source::ALL.into_iter().map(|source| (source, Some(i64::MAX))).collect()));
        };
        let mut places: HashMap<_, _> = Source::ALL.into_iter().map(|source| (source, None)).collect();
        for part in text.split('-') {
            let read = || {
                let (number, before) = part.split_once(':')?;
                let number: i16 = number.parse().ok()?;
                let source = Source::ALL.into_iter().find(|source| source.number() == number)?;
                Some((source, before.parse::<i64>().ok()?))
            };
            let (source, before) = read().ok_or_else(|| Error::field("from", "said.no_place"))?;
            places.insert(source, Some(before));
        }
        Ok(Self(places))
    }

    fn of(&self, source: Source) -> Option<i64> {
        self.0.get(&source).copied().flatten()
    }

    fn set(&mut self, source: Source, before: Option<i64>) {
        self.0.insert(source, before);
    }

    fn any(&self) -> bool {
        self.0.values().any(Option::is_some)
    }

    fn to_text(&self) -> String {
        let parts =
            Source::ALL.into_iter().filter_map(|source| Some(format!("{}:{}", source.number(), self.of(source)?)));
        parts.collect::<Vec<_>>().join("-")
    }
}

/// What one source has.
struct Part {
    hits: VecDeque<Hit>,
    /// Where it goes on.
    end: Option<i64>,
}

/// A block that may have something.
#[derive(FromQueryResult)]
struct Block {
    id: i64,
    base: i64,
    size: i32,
    first_at: i64,
    last_at: i64,
}

struct Question<'a> {
    db: &'a Db,
    account: i64,
    ask: &'a Ask,
    words: &'a Words,
}

impl Question<'_> {
    /// The newest `want` hits of `source` with numbers below `before`. The index knows the numbers up to `done`.
    async fn part(&self, source: Source, before: i64, (done, latest): (i64, i64), want: usize) -> Result<Part> {
        let mut part = Part { hits: VecDeque::new(), end: None };
        let (speaks, by) = source.gram_of(&self.ask.by);
        if !speaks {
            return Ok(part);
        }
        let edge = done.max(latest - TAIL);
        if before > edge + 1 {
            let texts = source.newest(self.db, self.account, edge, before).await?;
            self.take(source, texts, &mut part.hits);
            if part.hits.len() >= want {
                part.hits.truncate(want);
                part.end = part.hits.back().map(|hit| hit.id);
                return Ok(part);
            }
        }
        self.indexed(source, before.min(done + 1), by, want, &mut part).await?;
        Ok(part)
    }

    async fn indexed(&self, source: Source, before: i64, by: Option<u32>, want: usize, part: &mut Part) -> Result<()> {
        let mut grams = self.words.grams();
        grams.extend(by);
        if let [kind] = self.ask.kinds.as_slice() {
            grams.push(source::of_kind(kind));
        }
        if grams.is_empty() {
            grams.push(grams::of_all());
        }
        let blocks = self.blocks(source, before).await?;
        let (mut texts, mut bytes, mut from) = (0, 0, 0);
        for step in 0.. {
            let length = SPANS.get(step).copied().unwrap_or(256);
            let some = &blocks[from..blocks.len().min(from + length)];
            from += some.len();
            if some.is_empty() {
                return Ok(());
            }
            let rows = self.rows(some, &grams).await?;
            bytes += rows.values().map(Vec::len).sum::<usize>();
            for block in some {
                let mut places = candidates(&rows, block, &grams)?;
                places.retain(|id| *id < before);
                places.reverse();
                let mut rest = places.as_slice();
                while !rest.is_empty() {
                    let (now, later) = rest.split_at(rest.len().min(64));
                    rest = later;
                    texts += now.len();
                    let found = source.among(self.db, self.account, now).await?;
                    self.take(source, found, &mut part.hits);
                    let last = now.last().copied();
                    if part.hits.len() >= want {
                        part.hits.truncate(want);
                        part.end = part.hits.back().map(|hit| hit.id);
                        return Ok(());
                    }
                    if texts >= MOST_TEXTS {
                        part.end = last;
                        return Ok(());
                    }
                }
                if bytes >= MOST_BYTES {
                    part.end = Some(block.base + 1);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The account's blocks below `before`, the newest first.
    async fn blocks(&self, source: Source, before: i64) -> Result<Vec<Block>> {
        const SQL: &str = "SELECT id, base, size, first_at, last_at FROM said_blocks WHERE account_id = $1 \
                           AND source = $2 AND base < $3 AND state = 'live' ORDER BY base DESC";
        let values = [self.account.into(), source.number().into(), before.saturating_sub(1).into()];
        let blocks = Block::find_by_statement(db::statement(self.db.read(), SQL, values)).all(self.db.read()).await?;
        let (from, until) = (self.ask.from.unwrap_or(i64::MIN), self.ask.until.unwrap_or(i64::MAX));
        Ok(blocks.into_iter().filter(|block| block.last_at >= from && block.first_at < until).collect())
    }

    /// The rows of the blocks' buckets in which `grams` lie, by number.
    async fn rows(&self, blocks: &[Block], grams: &[u32]) -> Result<HashMap<i64, Vec<u8>>> {
        let mut ids: Vec<i64> = blocks.iter().flat_map(|block| grams.iter().map(|gram| block.row(*gram))).collect();
        ids.sort_unstable();
        ids.dedup();
        let (one_of, list) = source::one_of(self.db, &ids);
        let sql = format!("SELECT id, words FROM said_words WHERE id {one_of}");
        let rows = self.db.read().query_all_raw(db::statement(self.db.read(), &sql, [list])).await?;
        rows.into_iter().map(|row| Ok((row.try_get("", "id")?, row.try_get("", "words")?))).collect()
    }

    /// Adds those of `texts` that are what was asked for.
    fn take(&self, source: Source, texts: Vec<Text>, hits: &mut VecDeque<Hit>) {
        hits.extend(texts.into_iter().filter_map(|text| self.fits(source, &text).then(|| self.hit(source, text))));
    }

    fn fits(&self, source: Source, text: &Text) -> bool {
        let Ask { kinds, by, from, until, .. } = self.ask;
        (kinds.is_empty() || kinds.contains(&text.kind))
            && (by.is_empty() || by.contains(&source.by(text)))
            && from.is_none_or(|from| text.at >= from)
            && until.is_none_or(|until| text.at < until)
            && self.words.stand_in(&text.text)
    }

    fn hit(&self, source: Source, text: Text) -> Hit {
        let by: By = source.by(&text);
        Hit {
            source,
            id: text.id,
            account_id: text.account_id,
            openid: text.openid,
            at: text.at,
            by,
            name: if by == By::Follower { String::new() } else { text.name },
            kind: text.kind,
            marks: self.words.marks(&text.text),
            text: text.text,
        }
    }
}

impl Block {
    fn row(&self, gram: u32) -> i64 {
        self.id * ROWS + i64::from(block::bucket(gram, i64::from(self.size)))
    }
}

/// The numbers of the texts of a block that have all `grams`, in order.
fn candidates(rows: &HashMap<i64, Vec<u8>>, block: &Block, grams: &[u32]) -> Result<Vec<i64>> {
    let mut lists = Vec::with_capacity(grams.len());
    for gram in grams {
        let Some(row) = rows.get(&block.row(*gram)) else { return Ok(Vec::new()) };
        let places = block::places(row, *gram).map_err(|_| {
            let id = block.id;
            Error::Database(sea_orm::DbErr::Custom(format!("block {id} of the index of words cannot be read")))
        })?;
        if places.is_empty() {
            return Ok(Vec::new());
        }
        lists.push(places);
    }
    Ok(block::common(lists).into_iter().map(|place| block.base + 1 + i64::from(place)).collect())
}

/// Up to which number the index knows a source.
async fn done(db: &Db, source: Source) -> Result<i64> {
    let sql = "SELECT COALESCE(MAX(done_id), 0) AS n FROM message_cursors WHERE name = $1";
    db::one_number(db.read(), sql, [source.reader().name().into()]).await
}
