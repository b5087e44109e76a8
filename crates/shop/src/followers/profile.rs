//! One follower, as their page shows them.

use jiff::tz::TimeZone;
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult};

use super::{
    Filter, Followers, MOST_IDS,
    entity::{self, Model},
    face::{Face, Known, face},
    sync::{Store, Told, kept},
};
use crate::{Error, Result, accounts::Reach, db, texts::Locale};

impl Followers {
    /// The follower `id`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none within reach.
    pub async fn get(&self, reach: &Reach, id: i64) -> Result<Model> {
        let found = entity::Entity::find_by_id(id).one(self.db.read()).await?.ok_or(Error::NotFound)?;
        reach.must_see(found.account_id)?;
        Ok(found)
    }

    /// The follower of this row number or openid; an openid of several accounts is nobody's without the account.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, or not only one, within reach.
    pub async fn find(&self, reach: &Reach, account: Option<i64>, which: &str) -> Result<Model> {
        if let Ok(id) = which.parse::<i64>()
            && let Ok(found) = self.get(reach, id).await
            && account.is_none_or(|account| account == found.account_id)
        {
            return Ok(found);
        }
        let mut values = vec![which.into()];
        let mut sql = "SELECT id FROM followers WHERE openid = $1".to_owned();
        if let Some(account) = account {
            values.push(account.into());
            sql.push_str(" AND account_id = $2");
        } else {
            // The index begins with the account.
            let accounts = self.registry.all().iter().map(|live| live.account.id.to_string()).collect::<Vec<_>>();
            if accounts.is_empty() {
                return Err(Error::NotFound);
            }
            sql.push_str(&format!(" AND account_id IN ({})", accounts.join(", ")));
        }
        sql.push_str(&reach.sql("account_id", &mut values));
        sql.push_str(" LIMIT 2");
        let on = self.db.read();
        match on.query_all_raw(db::statement(on, &sql, values)).await?.as_slice() {
            [one] => self.get(reach, one.try_get("", "id")?).await,
            _ => Err(Error::NotFound),
        }
    }

    /// The newest whom a filter chooses, at most `limit`.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach.
    pub async fn latest(&self, reach: &Reach, account: i64, filter: &Filter, limit: usize) -> Result<Vec<Model>> {
        reach.must_see(account)?;
        let mut values = vec![account.into()];
        let conditions = filter.conditions(self.db.is_sqlite(), &mut values);
        let sql = format!(
            "SELECT * FROM followers WHERE {}{conditions} ORDER BY id DESC LIMIT {}",
            filter.account_is(self.db.is_sqlite()),
            limit.min(1_000_000)
        );
        let on = self.db.read();
        Ok(Model::find_by_statement(db::statement(on, &sql, values)).all(on).await?)
    }

    /// The row numbers of these followers of an account.
    ///
    /// # Errors
    /// [`Error::NotFound`] when one of them is not there.
    pub async fn ids_of(&self, reach: &Reach, account: i64, openids: &[String]) -> Result<Vec<i64>> {
        reach.must_see(account)?;
        let wanted: std::collections::BTreeSet<&str> = openids.iter().map(String::as_str).collect();
        let wanted: Vec<&str> = wanted.into_iter().take(MOST_IDS + 1).collect();
        let mut ids = Vec::with_capacity(wanted.len());
        for part in wanted.chunks(200) {
            let mut values = vec![account.into()];
            let places: Vec<_> = part
                .iter()
                .map(|openid| {
                    values.push((*openid).into());
                    format!("${}", values.len())
                })
                .collect();
            let sql = format!("SELECT id FROM followers WHERE account_id = $1 AND openid IN ({})", places.join(", "));
            let on = self.db.read();
            for row in on.query_all_raw(db::statement(on, &sql, values)).await? {
                ids.push(row.try_get("", "id")?);
            }
        }
        if ids.len() == wanted.len() { Ok(ids) } else { Err(Error::NotFound) }
    }

    /// The accounts of these followers; of more than a few, only as many as it takes to know that they are several.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none of them within reach.
    pub async fn accounts_of(&self, reach: &Reach, ids: &[i64]) -> Result<Vec<i64>> {
        let mut accounts = Vec::new();
        for part in ids.chunks(500) {
            let list = part.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
            let mut values = Vec::new();
            let limit = reach.sql("account_id", &mut values);
            let sql = format!("SELECT DISTINCT account_id FROM followers WHERE id IN ({list}){limit}");
            let on = self.db.read();
            for row in on.query_all_raw(db::statement(on, &sql, values)).await? {
                let account: i64 = row.try_get("", "account_id")?;
                if !accounts.contains(&account) {
                    accounts.push(account);
                }
            }
        }
        if accounts.is_empty() { Err(Error::NotFound) } else { Ok(accounts) }
    }

    /// Asks WeChat about one follower and keeps what it tells, as a synchronisation does: what an event said later, or was
    /// done here meanwhile, is not undone. Days of growth are those of `zone`.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach; what WeChat refuses.
    pub async fn refresh(&self, reach: &Reach, id: i64, zone: &TimeZone) -> Result<()> {
        let known = self.get(reach, id).await?;
        let live = self.live(known.account_id)?;
        let asked_at = db::now_ms();
        let card = live.client.users().info(&known.openid).await?;
        if card.openid != known.openid {
            return Err(Error::NotFound);
        }
        let told = [Told { openid: known.openid, asked_at, card: Ok(Box::new(kept(card))) }];
        let mut store = Store::new(&self.db, &live, zone).await?;
        if store.misses_a_tag(&told) {
            self.read_tags(reach, known.account_id).await?;
            store.read_tags(&self.db).await?;
        }
        let tx = self.db.begin_write().await?;
        store.store(&*tx, &told, None).await?;
        tx.commit().await
    }
}

/// What a follower is called and shown as.
pub fn face_of(follower: &Model, locale: Locale) -> Face {
    let known = Known {
        nickname: follower.nickname.as_deref(),
        remark: &follower.remark,
        picture: follower.picture.as_deref(),
        consented: follower.consented_at.is_some(),
    };
    face(&follower.openid, known, locale)
}
