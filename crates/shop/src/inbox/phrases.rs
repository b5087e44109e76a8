//! Quick phrases: what the team answers often, with places for names.

use sea_orm::{EntityTrait, QueryOrder};

use crate::{Result, db::Db};

/// The table `quick_phrases`.
pub mod entity {
    use sea_orm::entity::prelude::*;

    /// A quick phrase.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "quick_phrases")]
    pub struct Model {
        /// Row number.
        #[sea_orm(primary_key)]
        pub id: i64,
        /// What the list shows.
        pub title: String,
        /// What is written; `{nickname}`, `{staff}`, `{shop}` and `{account}` are filled in.
        pub text: String,
        /// Phrases of one group stand together; may be empty.
        pub group_name: String,
        /// A word that finds it quickly; may be empty.
        pub shortcut: String,
        /// Order within the list.
        pub position: i64,
        /// Grows with each change.
        pub version: i64,
        /// Unix ms.
        pub created_at: i64,
        /// Unix ms.
        pub updated_at: i64,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The phrases, by group and order.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db) -> Result<Vec<entity::Model>> {
    use entity::Column;
    let phrases = entity::Entity::find().order_by_asc(Column::GroupName).order_by_asc(Column::Position);
    Ok(phrases.order_by_asc(Column::Id).all(db.read()).await?)
}

/// The text with its places filled: `{name}` becomes its value. What is no place of ours stays, and a value is not
/// looked through again: a nickname of `{staff}` stays one.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        filled.push_str(&rest[..start]);
        rest = &rest[start..];
        let place = values.iter().find_map(|(name, value)| {
            let after = rest[1..].strip_prefix(name)?.strip_prefix('}')?;
            Some((*value, after))
        });
        match place {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn places_are_filled_once() {
        let values = [("nickname", "{staff}"), ("staff", "阿茶")];
        assert_eq!(fill("{nickname}您好，我是{staff}。{price} {", &values), "{staff}您好，我是阿茶。{price} {");
        assert_eq!(fill("", &values), "");
    }
}
