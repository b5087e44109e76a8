//! Files of WeChat's in answers: which rules name one, and another in its place.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::Value;

use super::{
    entity::{Column, Entity, Model},
    store::rows,
};
use crate::{
    Result, accounts,
    db::{self, now_ms},
};

/// Fields of an answer that hold WeChat's number of a file.
const FIELDS: [&str; 2] = ["media_id", "thumb_media_id"];

/// The rules of an account whose answers name `media_id`: number and name. With `enabled` those alone that answer now.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn naming_media<C: ConnectionTrait>(
    on: &C,
    account_id: i64,
    media_id: &str,
    enabled: bool,
) -> Result<Vec<(i64, String)>> {
    let mut rules = Entity::find().filter(Column::AccountId.eq(account_id)).filter(Column::Answer.contains(media_id));
    if enabled {
        rules = rules.filter(Column::Enabled.eq(true));
    }
    let named = |rule: &Model| answer(rule).is_some_and(|answer| names(&answer, media_id));
    let found = rules.all(on).await?;
    Ok(found.into_iter().filter(named).map(|rule| (rule.id, rule.name)).collect())
}

/// Puts `new` where answers of the account name `old`, in the transaction `tx`; gives how many rules it changed.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn swap_media<C: ConnectionTrait>(tx: &C, account_id: i64, old: &str, new: &str) -> Result<u64> {
    let mut changed = 0;
    for rule in rows(tx, account_id).await? {
        let Some(mut answer) = answer(&rule).filter(|answer| names(answer, old)) else { continue };
        swap(&mut answer, old, new);
        const SQL: &str = "UPDATE reply_rules SET answer = $1, version = version + 1, updated_at = $2 WHERE id = $3";
        db::execute(tx, SQL, [answer.to_string().into(), now_ms().into(), rule.id.into()]).await?;
        changed += 1;
    }
    if changed > 0 {
        accounts::rules_changed(tx, account_id).await?;
    }
    Ok(changed)
}

fn answer(rule: &Model) -> Option<Value> {
    serde_json::from_str(&rule.answer).ok()
}

fn names(within: &Value, media_id: &str) -> bool {
    match within {
        Value::Array(list) => list.iter().any(|value| names(value, media_id)),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| FIELDS.contains(&name.as_str()) && value == media_id || names(value, media_id)),
        _ => false,
    }
}

fn swap(within: &mut Value, old: &str, new: &str) {
    match within {
        Value::Array(list) => list.iter_mut().for_each(|value| swap(value, old, new)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if FIELDS.contains(&name.as_str()) && value == old {
                    *value = new.into();
                } else {
                    swap(value, old, new);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_is_changed_wherever_an_answer_names_it_and_nowhere_else() {
        let mut answer = json!({ "kind": "one_of", "answers": [
            { "kind": "image", "media_id": "a" },
            { "kind": "music", "title": "a", "thumb_media_id": "a", "music_url": "https://x.example/a" },
            { "kind": "text", "content": "a" },
        ] });
        assert!(names(&answer, "a") && !names(&answer, "b"));
        assert!(!names(&json!({ "kind": "text", "content": "a" }), "a"));
        swap(&mut answer, "a", "b");
        let expected = json!({ "kind": "one_of", "answers": [
            { "kind": "image", "media_id": "b" },
            { "kind": "music", "title": "a", "thumb_media_id": "b", "music_url": "https://x.example/a" },
            { "kind": "text", "content": "a" },
        ] });
        assert_eq!(answer, expected);
    }
}
