use serde_json::json;

use super::*;
use crate::test_database::TestDatabase;

async fn write(db: &Db, entry: &Entry) {
    let tx = db.begin_write().await.unwrap();
    record(&*tx, entry).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn rows_are_read_by_time_by_subject_and_by_actor() {
    let database = TestDatabase::new().await;
    let db = &database.db;
    let (red, blue) = (Actor::staff(1, "小红").at("192.0.2.1"), Actor::staff(2, "小蓝"));
    let entry = Entry::new(&red, "rules.edit", "rules", 7).before(json!({"name": "旧"})).after(json!({"name": "新"}));
    write(db, &entry).await;
    write(db, &Entry::new(&blue, "rules.delete", "rules", 70).before(json!({"name": "x"}))).await;
    write(db, &Entry::new(&Actor::token(1, "sync"), "rules.edit", "rules", 7)).await;
    write(db, &Entry::new(&Actor::cli("root"), "staff.create", "staff", 7)).await;

    let actions = async |which: Which<'_>| -> Vec<String> {
        list(db, which, 10).await.unwrap().into_iter().map(|row| row.action).collect()
    };
    assert_eq!(actions(Which::default()).await, ["staff.create", "rules.edit", "rules.delete", "rules.edit"]);
    let subject = Which { subject: Some(("rules", "7")), ..Which::default() };
    assert_eq!(actions(subject).await, ["rules.edit", "rules.edit"]);
    let actor = Which { actor: Some((ActorKind::Staff, 1)), ..Which::default() };
    let rows = list(db, actor, 10).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].actor, red);
    assert_eq!((rows[0].before.clone(), rows[0].after.clone()), (entry.before, entry.after));
    assert!(now_ms() - rows[0].at < 60_000);

    let first = list(db, Which::default(), 2).await.unwrap();
    let next = Which { before: Some(first[1].id), ..Which::default() };
    assert_eq!(actions(next).await, ["rules.delete", "rules.edit"]);
}

#[tokio::test]
async fn a_change_taken_back_leaves_no_row() {
    let database = TestDatabase::new().await;
    let tx = database.db.begin_write().await.unwrap();
    record(&*tx, &Entry::new(&Actor::system(), "rules.edit", "rules", 1)).await.unwrap();
    drop(tx);
    assert_eq!(list(&database.db, Which::default(), 10).await.unwrap(), []);
}

#[test]
fn every_kind_of_actor_reads_as_it_is_written() {
    for kind in [ActorKind::Staff, ActorKind::Token, ActorKind::Cli, ActorKind::System] {
        assert_eq!(ActorKind::from_word(kind.as_str()), Some(kind));
    }
    assert_eq!(ActorKind::from_word("nobody"), None);
}
