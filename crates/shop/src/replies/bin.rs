//! Deleted rules. They lie in a table of their own, so that nothing that reads rules can meet them and their names are
//! free; for a month they can be taken back.

use sea_orm::{ConnectionTrait, EntityTrait};

use super::{
    entity::{Entity, Model},
    store,
};
use crate::{
    Error, Result, accounts,
    db::{self, now_ms},
};

/// How long a deleted rule can be taken back, in milliseconds.
const KEPT_MS: i64 = 30 * 86_400_000;

/// `trigger` is a word of SQL, too.
const COLUMNS: &str = "id, account_id, name, trigger_kind, \"trigger\", answer, webhook_secret, priority, active, enabled, \
                       created_at, updated_at, version";

/// Moves the rule `id` here, and lets go of what lies here too long.
pub(super) async fn throw<C: ConnectionTrait>(tx: &C, id: i64) -> Result<()> {
    let now = now_ms();
    let keep = format!(
        "INSERT INTO deleted_rules ({COLUMNS}, deleted_at) SELECT {COLUMNS}, CAST($1 AS BIGINT) FROM reply_rules \
         WHERE id = $2"
    );
    db::execute(tx, &keep, [now.into(), id.into()]).await?;
    Entity::delete_by_id(id).exec(tx).await?;
    let gone = "SELECT id FROM deleted_rules WHERE deleted_at < $1";
    for table in ["rule_hits", "rule_totals"] {
        let sql = format!("DELETE FROM {table} WHERE rule_id IN ({gone})");
        db::execute(tx, &sql, [(now - KEPT_MS).into()]).await?;
    }
    db::execute(tx, "DELETE FROM deleted_rules WHERE deleted_at < $1", [(now - KEPT_MS).into()]).await?;
    Ok(())
}

/// Takes the deleted rule `id` back. When its name is taken meanwhile it gets a number behind it.
///
/// # Errors
/// [`Error::NotFound`] when it does not lie here, or is another account's.
pub(super) async fn take_back<C: ConnectionTrait>(tx: &C, account_id: i64, id: i64) -> Result<Model> {
    accounts::rules_changed(tx, account_id).await?;
    store::refuse_if_full(tx, account_id).await?;
    let sql = "SELECT name FROM deleted_rules WHERE id = $1 AND account_id = $2";
    let row = tx.query_one_raw(db::statement(tx, sql, [id.into(), account_id.into()])).await?;
    let name = free_name(tx, account_id, row.ok_or(Error::NotFound)?.try_get("", "name")?).await?;
    let rename = "UPDATE deleted_rules SET name = $1, version = version + 1 WHERE id = $2";
    db::execute(tx, rename, [name.into(), id.into()]).await?;
    let back = format!("INSERT INTO reply_rules ({COLUMNS}) SELECT {COLUMNS} FROM deleted_rules WHERE id = $1");
    db::execute(tx, &back, [id.into()]).await?;
    db::execute(tx, "DELETE FROM deleted_rules WHERE id = $1", [id.into()]).await?;
    store::find(tx, account_id, id).await
}

async fn free_name<C: ConnectionTrait>(tx: &C, account_id: i64, name: String) -> Result<String> {
    let mut candidate = name.clone();
    // There are at most store::MAX_RULES names, so one of these is free.
    for number in 2..=store::MAX_RULES + 2 {
        match store::refuse_if_taken(tx, account_id, 0, &candidate).await {
            Ok(()) => return Ok(candidate),
            Err(Error::Invalid(_)) => candidate = numbered(&name, number),
            Err(error) => return Err(error),
        }
    }
    Err(Error::field("name", "rules.name_taken"))
}

/// `name` with a number, cut so that it stays as short as a name must be.
fn numbered(name: &str, number: u64) -> String {
    let end = format!(" ({number})");
    let kept: String = name.chars().take(super::check::NAME_CHARS - end.len()).collect();
    kept.trim_end().to_owned() + &end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replies::{
        Answer, Draft, Trigger,
        store::{self as rules, test_world::World},
    };

    #[test]
    fn a_numbered_name_is_no_longer_than_a_name_may_be() {
        assert_eq!(numbered("欢迎", 2), "欢迎 (2)");
        assert_eq!(numbered(&"长".repeat(60), 12).chars().count(), 60);
    }

    #[tokio::test]
    async fn a_deleted_rule_is_gone_everywhere_and_comes_back_as_it_was() {
        let world = World::new().await;
        let kept = world.create(Draft::new("默认", Trigger::Default, Answer::text("好"))).await.unwrap();
        let answer =
            Answer::Webhook { url: "https://a.example/".into(), secret: Default::default(), timeout_ms: 4_000 };
        let gone = world.create(Draft::new("关注", Trigger::Follow { scene: None }, answer)).await.unwrap();
        rules::delete(&world.db, world.account, gone.id).await.unwrap();
        assert_eq!(world.rules().await, vec![kept]);
        assert_eq!(rules::load(&world.db, &world.vault, world.account).await.unwrap().len(), 1);

        let tx = world.db.begin_write().await.unwrap();
        assert!(matches!(take_back(&*tx, world.other_account, gone.id).await, Err(Error::NotFound)));
        take_back(&*tx, world.account, gone.id).await.unwrap();
        assert!(matches!(take_back(&*tx, world.account, gone.id).await, Err(Error::NotFound)));
        tx.commit().await.unwrap();
        // The signing key came back with it, too.
        let back = rules::get(&world.db, &world.vault, world.account, gone.id).await.unwrap();
        assert_eq!(back, crate::replies::Rule { version: 2, ..gone });
    }

    #[tokio::test]
    async fn a_name_that_was_given_away_gets_a_number() {
        let world = World::new().await;
        let draft = || Draft::new("默认", Trigger::Default, Answer::text("好"));
        let first = world.create(draft()).await.unwrap();
        rules::delete(&world.db, world.account, first.id).await.unwrap();
        world.create(draft()).await.unwrap();
        let tx = world.db.begin_write().await.unwrap();
        assert_eq!(take_back(&*tx, world.account, first.id).await.unwrap().name, "默认 (2)");
        tx.commit().await.unwrap();
    }
}
