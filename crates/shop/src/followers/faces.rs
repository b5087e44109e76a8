//! What the followers of a page are called and shown as.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, Value};

use super::{Face, Known, face};
use crate::{
    Result,
    db::{self, Db},
    texts::Locale,
};

/// The faces of these followers, by account and openid; whoever has no row has a made one. At most a page of them is asked
/// for.
///
/// # Errors
/// When the database does not answer.
pub async fn faces(db: &Db, whose: &[(i64, String)], locale: Locale) -> Result<HashMap<(i64, String), Face>> {
    let mut faces: HashMap<_, _> =
        whose.iter().map(|whose| (whose.clone(), face(&whose.1, Known::default(), locale))).collect();
    for part in whose.chunks(100) {
        let mut sql = String::from(
            "SELECT account_id, openid, nickname, remark, picture, consented_at FROM followers \
             WHERE (account_id, openid) IN (VALUES ",
        );
        db::push_rows(&mut sql, part.len(), 2);
        sql.push(')');
        let values = part.iter().flat_map(|(id, openid)| [Value::from(*id), openid.as_str().into()]);
        for row in db.read().query_all_raw(db::statement(db.read(), &sql, values)).await? {
            let openid: String = row.try_get("", "openid")?;
            let (nickname, remark, picture): (Option<String>, String, Option<String>) =
                (row.try_get("", "nickname")?, row.try_get("", "remark")?, row.try_get("", "picture")?);
            let known = Known {
                nickname: nickname.as_deref(),
                remark: &remark,
                picture: picture.as_deref(),
                consented: row.try_get::<Option<i64>>("", "consented_at")?.is_some(),
            };
            let face = face(&openid, known, locale);
            faces.insert((row.try_get("", "account_id")?, openid), face);
        }
    }
    Ok(faces)
}
