//! What the followers of a page are called and shown as.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, Value};

use super::{Face, Known, face};
use crate::{
    Result,
    db::{self, Db},
    texts::Locale,
};

/// What is known of a follower's name and picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Row number.
    pub id: i64,
    /// Nickname, of WeChat or of consent.
    pub nickname: Option<String>,
    /// What the team calls them.
    pub remark: String,
    /// Kept picture.
    pub picture: Option<String>,
    /// They agreed to show name and picture.
    pub consented: bool,
}

impl Person {
    /// What they are called and shown as, `openid` being theirs.
    pub fn face(&self, openid: &str, locale: Locale) -> Face {
        let known = Known {
            nickname: self.nickname.as_deref(),
            remark: &self.remark,
            picture: self.picture.as_deref(),
            consented: self.consented,
        };
        face(openid, known, locale)
    }
}

/// The faces of these followers, by account and openid; whoever has no row has a made one. At most a page of them is asked
/// for.
///
/// # Errors
/// When the database does not answer.
pub async fn faces(db: &Db, whose: &[(i64, String)], locale: Locale) -> Result<HashMap<(i64, String), Face>> {
    let people = people(db, whose).await?;
    let face = |whose: &(i64, String)| match people.get(whose) {
        Some(person) => person.face(&whose.1, locale),
        None => face(&whose.1, Known::default(), locale),
    };
    Ok(whose.iter().map(|whose| (whose.clone(), face(whose))).collect())
}

/// What is known of these followers, by account and openid. At most a page of them is asked for.
///
/// # Errors
/// When the database does not answer.
pub async fn people(db: &Db, whose: &[(i64, String)]) -> Result<HashMap<(i64, String), Person>> {
    let mut people = HashMap::with_capacity(whose.len());
    for part in whose.chunks(100) {
        let mut sql = String::from(
            "SELECT id, account_id, openid, nickname, remark, picture, consented_at FROM followers \
             WHERE (account_id, openid) IN (VALUES ",
        );
        db::push_rows(&mut sql, part.len(), 2);
        sql.push(')');
        let values = part.iter().flat_map(|(id, openid)| [Value::from(*id), openid.as_str().into()]);
        for row in db.read().query_all_raw(db::statement(db.read(), &sql, values)).await? {
            let person = Person {
                id: row.try_get("", "id")?,
                nickname: row.try_get("", "nickname")?,
                remark: row.try_get("", "remark")?,
                picture: row.try_get("", "picture")?,
                consented: row.try_get::<Option<i64>>("", "consented_at")?.is_some(),
            };
            people.insert((row.try_get("", "account_id")?, row.try_get("", "openid")?), person);
        }
    }
    Ok(people)
}
