//! One follower, as their page shows them.

use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult};

use super::{
    Filter, Followers, MOST_IDS,
    entity::{self, Model},
    face::{Face, Known, face},
    search,
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
        use sea_orm::ConnectionTrait;
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
            "SELECT * FROM followers WHERE account_id = $1{conditions} ORDER BY id DESC LIMIT {}",
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

    /// Asks WeChat about one follower and keeps what it tells. An event that came later than what is told is not undone.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach; what WeChat refuses.
    pub async fn refresh(&self, reach: &Reach, id: i64) -> Result<()> {
        let known = self.get(reach, id).await?;
        let asked_at = db::now_ms();
        let told = self.live(known.account_id)?.client.users().info(&known.openid).await?;
        if told.openid != known.openid {
            return Err(Error::NotFound);
        }
        let tx = self.db.begin_write().await?;
        if told.subscribe {
            const SQL: &str = "UPDATE followers SET remark = $1, source = COALESCE($2, source), unionid = COALESCE($3, unionid), \
                               language = $4, followed_at = $5, details_at = $6, \
                               subscribed = CASE WHEN $5 >= subscription_changed_at THEN TRUE ELSE subscribed END, \
                               version = CASE WHEN remark = $1 THEN version ELSE version + 1 END WHERE id = $7";
            let filled = |text: String| Some(text).filter(|text| !text.is_empty());
            let values = [
                told.remark.into(),
                filled(told.subscribe_scene).into(),
                told.unionid.into(),
                told.language.into(),
                (told.subscribe_time * 1_000).into(),
                asked_at.into(),
                id.into(),
            ];
            db::execute(&*tx, SQL, values).await?;
            db::execute(&*tx, "DELETE FROM follower_tags WHERE follower_id = $1", [id.into()]).await?;
            for tag in told.tagid_list {
                const PAIR: &str = "INSERT INTO follower_tags (tag_id, follower_id) SELECT id, $1 FROM tags \
                                    WHERE account_id = $2 AND wechat_id = $3 ON CONFLICT DO NOTHING";
                db::execute(&*tx, PAIR, [id.into(), known.account_id.into(), tag.into()]).await?;
            }
        } else {
            // Five seconds: they may have followed while WeChat was asked.
            const SQL: &str = "UPDATE followers SET subscribed = FALSE, left_at = COALESCE(left_at, $1), details_at = $1 \
                               WHERE id = $2 AND subscription_changed_at <= $3";
            db::execute(&*tx, SQL, [asked_at.into(), id.into(), (asked_at - 5_000).into()]).await?;
        }
        search::index(&*tx, &[id]).await?;
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
