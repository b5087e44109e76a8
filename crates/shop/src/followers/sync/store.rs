//! What WeChat told of followers, brought into the table: new ones are inserted, changed ones updated, and the others
//! left alone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::tz::TimeZone;
use puzi_wechat::client::Follower;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use super::{
    bits::Bits,
    details::{Refusal, Told},
};
use crate::{
    Result,
    accounts::LiveAccount,
    db::{self, Db},
    followers::{
        LOCK,
        growth::{Bookings, day_of},
        search,
    },
    runs::{Counted, Halt, Turn},
};

/// Rows of one statement: few, so that there are few different statements.
const ROWS: usize = 50;
const COLUMNS: usize = 15;
/// An answer may have been on its way for so long: what an event said within this time is newer, in milliseconds.
const ON_THE_WAY_MS: i64 = 5_000;
/// An answer that was asked for so long after the last change is newer than that, in milliseconds.
const SURELY_MS: i64 = 60_000;

/// What stays the same while answers are stored.
pub(in crate::followers) struct Store {
    account: i64,
    zone: TimeZone,
    /// Who followed before this moment (Unix ms) came before the account was connected here.
    connected_at: i64,
    /// Row numbers of tags by WeChat's numbers.
    tags: HashMap<i64, i64>,
    /// WeChat's numbers that its own list of tags did not have either.
    unknown: HashSet<i64>,
}

/// What of one step is new to the caller.
#[derive(Debug, Default)]
pub(in crate::followers) struct Stored {
    pub(super) counted: Counted,
    /// Of whom nothing was told, and why.
    pub(super) refused: Vec<(String, Refusal)>,
    /// Told of, and in no row: refused and unknown, or gone before they could be asked for.
    pub(super) passed: i64,
}

#[derive(Debug, Clone, FromQueryResult)]
struct Row {
    id: i64,
    openid: String,
    nickname: Option<String>,
    subscribed: bool,
    subscription_changed_at: i64,
    scene: Option<String>,
    unionid: Option<String>,
    remark: String,
    source: Option<String>,
    followed_at: Option<i64>,
    left_at: Option<i64>,
    details_at: Option<i64>,
    marked_at: Option<i64>,
    booked_day: Option<i64>,
    language: String,
}

impl Store {
    pub(super) async fn of_turn(turn: &Turn, zone: &TimeZone) -> Result<Self> {
        Self::new(&turn.db, &turn.live, zone).await
    }

    pub(in crate::followers) async fn new(db: &Db, live: &LiveAccount, zone: &TimeZone) -> Result<Self> {
        let connected_at = live.account.verified_at.unwrap_or(i64::MAX);
        let (account, zone) = (live.account.id, zone.clone());
        let mut store = Self { account, zone, connected_at, tags: HashMap::new(), unknown: HashSet::new() };
        store.read_tags(db).await?;
        Ok(store)
    }

    /// Takes up the tags as they are in the table.
    pub(in crate::followers) async fn read_tags(&mut self, db: &Db) -> Result<()> {
        let on = db.read();
        let sql = "SELECT wechat_id, id FROM tags WHERE account_id = $1";
        let rows = on.query_all_raw(db::statement(on, sql, [self.account.into()])).await?;
        self.tags = rows
            .iter()
            .map(|row| Ok((row.try_get("", "wechat_id")?, row.try_get("", "id")?)))
            .collect::<Result<_, sea_orm::DbErr>>()?;
        Ok(())
    }

    /// Whether `told` names a tag that is not known here: it was made since the list of tags was read.
    pub(in crate::followers) fn misses_a_tag(&self, told: &[Told]) -> bool {
        self.missed(told).next().is_some()
    }

    /// Tags of `told` that are not known here, and of which it is not known that WeChat's list lacks them too.
    fn missed<'a>(&'a self, told: &'a [Told]) -> impl Iterator<Item = i64> + 'a {
        let cards = told.iter().filter_map(|one| one.card.as_ref().ok());
        let tags = cards.flat_map(|card| card.tagid_list.iter().copied());
        tags.filter(|tag| !self.tags.contains_key(tag) && !self.unknown.contains(tag))
    }

    /// Takes up WeChat's list of tags as it is now, for the sake of those that `told` names.
    pub(super) async fn tags_changed(&mut self, turn: &Turn, told: &[Told]) -> Result<(), Halt> {
        super::read_tags(turn).await?;
        self.read_tags(&turn.db).await?;
        self.lacks(told);
        Ok(())
    }

    /// What a fresh list does not have is not asked for with each group anew.
    fn lacks(&mut self, told: &[Told]) {
        let unknown: Vec<_> = self.missed(told).collect();
        self.unknown.extend(unknown);
    }

    /// Stores what was told. With `bits`, who has theirs set is passed over, and all others get it.
    pub(in crate::followers) async fn store<C: ConnectionTrait>(
        &self,
        tx: &C,
        told: &[Told],
        mut bits: Option<&mut Bits>,
    ) -> Result<Stored> {
        let told: BTreeMap<&str, &Told> = told.iter().map(|one| (one.openid.as_str(), one)).collect();
        let mut rows = self.known(tx, told.keys().copied()).await?;
        let new: Vec<_> = told.values().copied().filter(|one| !rows.contains_key(one.openid.as_str())).collect();
        let inserted = self.insert(tx, &new).await?;
        if inserted.len() < new.len() {
            // Whoever turned up between the two statements, on PostgreSQL.
            let others = new.iter().map(|one| one.openid.as_str()).filter(|openid| !inserted.contains_key(*openid));
            rows.extend(self.known(tx, others).await?);
        }
        if let Some(bits) = &mut bits {
            bits.load(tx, rows.values().map(|row| row.id).chain(inserted.values().copied())).await?;
        }
        let (mut stored, mut bookings) = (Stored::default(), Bookings::default());
        let (mut named, mut tagged, mut counted) = (Vec::new(), Vec::new(), HashSet::new());
        for one in told.values() {
            let id = rows.get(one.openid.as_str()).map(|row| row.id).or(inserted.get(&one.openid).copied());
            if let (Some(bits), Some(id)) = (&mut bits, id)
                && !bits.set(id)
            {
                continue;
            }
            match id {
                Some(_) => stored.counted.seen += 1,
                None => stored.passed += 1,
            }
            let card = match &one.card {
                Ok(card) => card,
                Err(refusal) => {
                    stored.refused.push((one.openid.clone(), refusal.clone()));
                    if let Some(id) = id {
                        // Not asked again and again by itself.
                        let sql = "UPDATE followers SET details_at = $1 WHERE id = $2 AND details_at IS NULL";
                        db::execute(tx, sql, [one.asked_at.into(), id.into()]).await?;
                    }
                    continue;
                }
            };
            if let Some(id) = inserted.get(&one.openid) {
                stored.counted.added += 1;
                self.book_coming(&mut bookings, card);
                counted.insert(*id);
                tagged.extend((!card.tagid_list.is_empty()).then_some((*id, card.tagid_list.as_slice())));
                continue;
            }
            let Some(row) = rows.get(one.openid.as_str()) else { continue };
            // What was done here since they were asked for is newer.
            let newer = row.details_at.max(row.marked_at).is_some_and(|at| at > one.asked_at);
            if newer {
                continue;
            }
            if !card.subscribe {
                stored.counted.gone += self.gone(tx, row, one.asked_at, &mut bookings).await?;
                continue;
            }
            let change = self.change(row, one, card, &mut bookings);
            if let Some(change) = change {
                self.update(tx, row, &change).await?;
                if change.counts {
                    stored.counted.changed += 1;
                    counted.insert(row.id);
                }
                if change.named {
                    named.push(row.id);
                }
            }
            tagged.push((row.id, card.tagid_list.as_slice()));
        }
        let tagged = self.tag(tx, &tagged).await?;
        stored.counted.changed += tagged.difference(&counted).count() as i64;
        search::index(tx, &named).await?;
        bookings.store(tx, self.account).await?;
        if let Some(bits) = bits {
            bits.store(tx).await?;
        }
        Ok(stored)
    }

    /// The rows of `openids`, locked in the order in which everybody locks them.
    async fn known<'a, C: ConnectionTrait>(
        &self,
        tx: &C,
        openids: impl Iterator<Item = &'a str>,
    ) -> Result<HashMap<String, Row>> {
        let lock = if tx.get_database_backend() == sea_orm::DbBackend::Sqlite { "" } else { LOCK };
        let places: Vec<_> = (2..2 + ROWS).map(|at| format!("${at}")).collect();
        let sql = format!(
            "SELECT id, openid, nickname, subscribed, subscription_changed_at, scene, unionid, remark, source, \
             followed_at, left_at, details_at, marked_at, booked_day, language FROM followers \
             WHERE account_id = $1 AND openid IN ({}) ORDER BY openid{lock}",
            places.join(", ")
        );
        let openids: BTreeSet<_> = openids.collect();
        let openids: Vec<_> = openids.into_iter().collect();
        let mut rows = HashMap::with_capacity(openids.len());
        for part in openids.chunks(ROWS) {
            // Filled up with the last one: one statement for all sizes.
            let last = part.last().copied().unwrap_or_default();
            let filled = part.iter().copied().chain(std::iter::repeat_n(last, ROWS - part.len()));
            let values = std::iter::once(self.account.into()).chain(filled.map(Value::from));
            for row in Row::find_by_statement(db::statement(tx, &sql, values)).all(tx).await? {
                rows.insert(row.openid.clone(), row);
            }
        }
        Ok(rows)
    }

    /// Inserts those who follow, and gives the numbers of those who were not there.
    async fn insert<C: ConnectionTrait>(&self, tx: &C, new: &[&Told]) -> Result<HashMap<String, i64>> {
        let cards = new.iter().filter_map(|one| Some((*one, one.card.as_ref().ok()?)));
        let mut cards: Vec<_> = cards.filter(|(_, card)| card.subscribe).collect();
        if tx.get_database_backend() == sea_orm::DbBackend::Sqlite {
            // In the order they came. PostgreSQL locks rows one by one: there everybody goes by the openid.
            cards.sort_by_key(|(_, card)| card.subscribe_time);
        }
        let mut inserted = HashMap::with_capacity(cards.len());
        for part in cards.chunks(ROWS) {
            let mut sql = String::from(
                "INSERT INTO followers (account_id, openid, nickname, subscribed, subscription_changed_at, scene, \
                 first_seen_at, last_seen_at, unionid, remark, source, followed_at, language, details_at, booked_day) VALUES ",
            );
            db::push_rows(&mut sql, part.len(), COLUMNS);
            sql.push_str(" ON CONFLICT (account_id, openid) DO NOTHING RETURNING id, openid");
            let mut values: Vec<Value> = Vec::with_capacity(part.len() * COLUMNS);
            for (one, card) in part {
                let followed_at = card.subscribe_time * 1_000;
                values.extend([
                    self.account.into(),
                    card.openid.as_str().into(),
                    filled(&card.nickname).into(),
                    true.into(),
                    followed_at.into(),
                    scene(card).into(),
                    followed_at.into(),
                    followed_at.into(),
                    card.unionid.as_deref().and_then(filled).into(),
                    card.remark.as_str().into(),
                    filled(&card.subscribe_scene).into(),
                    followed_at.into(),
                    card.language.as_str().into(),
                    one.asked_at.into(),
                    day_of(followed_at, &self.zone).into(),
                ]);
            }
            for row in tx.query_all_raw(db::statement(tx, &sql, values)).await? {
                inserted.insert(row.try_get("", "openid")?, row.try_get("", "id")?);
            }
        }
        Ok(inserted)
    }

    /// Books the coming of somebody whom no event told of.
    fn book_coming(&self, bookings: &mut Bookings, card: &Follower) -> i64 {
        let followed_at = card.subscribe_time * 1_000;
        let day = day_of(followed_at, &self.zone);
        let sums = bookings.on(day, filled(&card.subscribe_scene));
        if followed_at < self.connected_at {
            sums.imported += 1;
        } else {
            sums.followed += 1;
        }
        day
    }

    /// They follow no more, unless an event says something later.
    async fn gone<C: ConnectionTrait>(&self, tx: &C, row: &Row, asked_at: i64, bookings: &mut Bookings) -> Result<i64> {
        let known_at = asked_at - ON_THE_WAY_MS;
        if !row.subscribed || known_at < row.subscription_changed_at {
            if row.details_at.is_none() {
                let sql = "UPDATE followers SET details_at = $1 WHERE id = $2";
                db::execute(tx, sql, [asked_at.into(), row.id.into()]).await?;
            }
            return Ok(0);
        }
        let sql = "UPDATE followers SET subscribed = FALSE, subscription_changed_at = $1, left_at = $2, details_at = $2, \
                   booked_day = NULL WHERE id = $3";
        db::execute(tx, sql, [known_at.into(), asked_at.into(), row.id.into()]).await?;
        bookings.on(day_of(asked_at, &self.zone), row.source.as_deref()).found_left += 1;
        Ok(1)
    }

    /// What is other than in the row; none when nothing is.
    fn change(&self, row: &Row, one: &Told, card: &Follower, bookings: &mut Bookings) -> Option<Change> {
        let followed_at = card.subscribe_time * 1_000;
        let newer = one.asked_at - SURELY_MS >= row.subscription_changed_at;
        let comes_back = !row.subscribed && (newer || followed_at >= row.subscription_changed_at);
        if !row.subscribed && !comes_back {
            // An event said later that they left.
            return None;
        }
        let source = filled(&card.subscribe_scene).map(str::to_owned).or_else(|| row.source.clone());
        let mut after = Row {
            nickname: filled(&card.nickname).map(str::to_owned).or_else(|| row.nickname.clone()),
            subscribed: true,
            subscription_changed_at: row.subscription_changed_at.max(if comes_back { followed_at } else { 0 }),
            scene: row.scene.clone().or_else(|| scene(card)),
            unionid: card.unionid.clone().filter(|id| !id.is_empty()).or_else(|| row.unionid.clone()),
            remark: card.remark.clone(),
            source,
            followed_at: Some(followed_at),
            left_at: None,
            language: card.language.clone(),
            ..row.clone()
        };
        let counts = (&after.nickname, after.subscribed, &after.scene, &after.unionid, &after.remark)
            != (&row.nickname, row.subscribed, &row.scene, &row.unionid, &row.remark)
            || (&after.source, after.followed_at, &after.language) != (&row.source, row.followed_at, &row.language);
        // Found to have left, by a list that was too short: they never had.
        let found = row.left_at.filter(|at| comes_back && *at > row.subscription_changed_at);
        if let Some(found) = found.filter(|_| row.booked_day.is_none() && row.followed_at == Some(followed_at)) {
            bookings.on(day_of(found, &self.zone), row.source.as_deref()).found_left -= 1;
            after.booked_day = Some(day_of(followed_at, &self.zone));
        } else if row.booked_day.is_none() {
            after.booked_day = Some(self.book_coming(bookings, card));
        } else if row.source.is_none() && after.source.is_some() {
            // Booked by an event that did not tell how they came.
            if let Some(day) = row.booked_day {
                bookings.on(day, None).followed -= 1;
                bookings.on(day, after.source.as_deref()).followed += 1;
            }
        }
        let same = !counts && row.details_at.is_some() && row.booked_day.is_some() && row.left_at.is_none();
        let named = after.nickname != row.nickname || after.remark != row.remark;
        after.details_at = Some(one.asked_at);
        (!same).then_some(Change { after, counts, named })
    }

    async fn update<C: ConnectionTrait>(&self, tx: &C, row: &Row, change: &Change) -> Result<()> {
        const SQL: &str = "UPDATE followers SET nickname = $1, subscribed = $2, subscription_changed_at = $3, scene = $4, \
                           unionid = $5, source = $6, followed_at = $7, left_at = $8, language = $9, details_at = $10, \
                           booked_day = $11, remark = $12, \
                           version = CASE WHEN remark = $12 THEN version ELSE version + 1 END WHERE id = $13";
        let after = &change.after;
        let values = [
            after.nickname.as_deref().into(),
            after.subscribed.into(),
            after.subscription_changed_at.into(),
            after.scene.as_deref().into(),
            after.unionid.as_deref().into(),
            after.source.as_deref().into(),
            after.followed_at.into(),
            after.left_at.into(),
            after.language.as_str().into(),
            after.details_at.into(),
            after.booked_day.into(),
            after.remark.as_str().into(),
            row.id.into(),
        ];
        db::execute(tx, SQL, values).await?;
        Ok(())
    }

    /// Puts on and takes off the tags that WeChat says otherwise of; gives the followers whom that changed.
    async fn tag<C: ConnectionTrait>(&self, tx: &C, told: &[(i64, &[i64])]) -> Result<HashSet<i64>> {
        let mut changed = HashSet::new();
        if self.tags.is_empty() {
            return Ok(changed);
        }
        for part in told.chunks(ROWS) {
            let places: Vec<_> = (1..=ROWS).map(|at| format!("${at}")).collect();
            let sql =
                format!("SELECT tag_id, follower_id FROM follower_tags WHERE follower_id IN ({})", places.join(", "));
            let last = part.last().map_or(0, |(id, _)| *id);
            let filled = part.iter().map(|(id, _)| *id).chain(std::iter::repeat_n(last, ROWS - part.len()));
            let mut have = BTreeSet::new();
            for row in tx.query_all_raw(db::statement(tx, &sql, filled.map(Value::from))).await? {
                have.insert((row.try_get::<i64>("", "follower_id")?, row.try_get::<i64>("", "tag_id")?));
            }
            let should: BTreeSet<_> = part
                .iter()
                .flat_map(|(id, tags)| tags.iter().filter_map(|tag| Some((*id, *self.tags.get(tag)?))))
                .collect();
            for (follower, tag) in have.difference(&should) {
                let sql = "DELETE FROM follower_tags WHERE tag_id = $1 AND follower_id = $2";
                db::execute(tx, sql, [(*tag).into(), (*follower).into()]).await?;
                changed.insert(*follower);
            }
            for (follower, tag) in should.difference(&have) {
                // A tag may have been taken away since.
                let sql = "INSERT INTO follower_tags (tag_id, follower_id) SELECT id, $1 FROM tags WHERE id = $2 \
                           ON CONFLICT DO NOTHING";
                db::execute(tx, sql, [(*follower).into(), (*tag).into()]).await?;
                changed.insert(*follower);
            }
        }
        Ok(changed)
    }
}

/// A row as it is to be.
struct Change {
    after: Row,
    /// It is one that a person would see.
    counts: bool,
    /// Other words find them.
    named: bool,
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// The scene of the QR code they came by.
fn scene(card: &Follower) -> Option<String> {
    match (card.qr_scene_str.as_str(), card.qr_scene) {
        ("", 0) => None,
        ("", number) => Some(number.to_string()),
        (name, _) => Some(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_a_fresh_list_does_not_have_is_not_asked_for_again() {
        let zone = TimeZone::UTC;
        let tags = HashMap::from([(100, 1)]);
        let mut store = Store { account: 1, zone, connected_at: 0, tags, unknown: HashSet::new() };
        let told = |tag: i64| {
            let card = serde_json::json!({ "openid": "oA", "subscribe": 1, "tagid_list": [100, tag] });
            let card = Ok(Box::new(serde_json::from_value(card).unwrap()));
            [Told { openid: "oA".into(), asked_at: 1, card }]
        };
        assert!(!store.misses_a_tag(&told(100)));
        assert!(store.misses_a_tag(&told(101)));
        store.lacks(&told(101));
        assert!(!store.misses_a_tag(&told(101)) && store.misses_a_tag(&told(102)));
    }
}
