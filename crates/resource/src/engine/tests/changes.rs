//! Creating, changing, deleting: what is written, and what is refused.

use std::time::Duration;

use futures_util::FutureExt;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::world::{World, at_fault, boss, only};
use crate::{Action, Actor, Done, Error, Input, ListQuery, Problem, Store, Verb, engine::is_sqlite};

#[tokio::test]
async fn a_record_is_stored_whole_and_read_back() {
    let world = World::new().await;
    let other = world.tea("白茶").await;
    world.sql("INSERT INTO origins (id, name) VALUES (7, '杭州')").await;
    let given = json!({
        "sku": "T-1", "title": "龙井", "note": "春", "status": "open", "price": 12_50, "weight": "0.125", "open": true,
        "sold_at": "2026-05-01T08:00:00Z", "tags": ["new"], "origin_id": 7, "keeper": "correct horse",
        "blends": [other.id], "packs": [{"grams": 50}, {"grams": 100}],
    });
    let record = world.create(given).await.unwrap();
    assert_eq!(record, world.engine.get(&world.r, &boss(), record.id).await.unwrap());
    assert_eq!((record.version, record.deleted_at), (Some(1), None));
    assert_eq!(record.get("weight"), 125);
    assert_eq!(record.get("tags"), &json!(["new"]));
    assert_eq!(record.get("blends"), &json!([other.id]));
    assert_eq!(record.get("label"), "龙井!");
    let grams: Vec<_> = record.get("packs").as_array().unwrap().iter().map(|pack| pack["grams"].clone()).collect();
    assert_eq!(grams, [50, 100]);
    assert!(!record.values.contains_key("keeper"), "a password is never read");
    assert_eq!(world.number("SELECT COUNT(*) FROM teas WHERE keeper LIKE 'hash of %'").await, 1);
    let audited = world.store.audited.lock().unwrap();
    let (action, id, before, after) = audited.last().unwrap();
    assert_eq!((action.as_str(), *id, before), ("teas.create", record.id, &None));
    assert_eq!(after.as_ref().unwrap()["price"], 1250);
    assert!(!after.as_ref().unwrap().to_string().contains("hash of"), "no password in the audit log");
}

#[tokio::test]
async fn an_audit_row_has_the_changed_fields_only() {
    let world = World::new().await;
    let tea = world.tea("龙井").await;
    let changed =
        world.update(tea.id, 1, json!({"title": "龙井", "price": 500, "keeper": "correct horse"})).await.unwrap();
    assert_eq!(changed.version, Some(2));
    let last = world.store.audited.lock().unwrap().last().unwrap().clone();
    assert_eq!(last, ("teas.edit".into(), tea.id, Some(json!({"price": null})), Some(json!({"price": 500}))));
    // The same once more changes nothing and says nothing.
    let same = world.update(tea.id, 2, json!({"price": 500})).await.unwrap();
    assert_eq!(same.version, Some(2));
    assert_eq!(world.store.audited.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn of_two_updates_at_once_one_wins_and_the_other_sees_what_it_says() {
    let world = World::new().await;
    let tea = world.tea("龙井").await;
    let (one, two) = futures_util::join!(
        world.update(tea.id, 1, json!({"title": "one"})),
        world.update(tea.id, 1, json!({"title": "two"})),
    );
    let (won, lost) = if one.is_ok() { (one, two) } else { (two, one) };
    let won = won.unwrap();
    match lost {
        Err(Error::Conflict(current)) => assert_eq!(*current, won),
        other => panic!("{other:?}"),
    }
    assert!(matches!(world.update(tea.id, 1, json!({"title": "three"})).await, Err(Error::Conflict(_))));
    let without = Input::from_json(json!({"title": "x"})).unwrap();
    let missing = world.engine.update(&world.r, &boss(), tea.id, None, &without).await;
    assert!(matches!(missing, Err(Error::Request(_))));
}

#[tokio::test]
async fn of_two_that_want_one_unique_value_the_second_is_told_the_field() {
    let world = World::new().await;
    let make = |title: &'static str| world.create(json!({"title": title, "status": "open", "sku": "same"}));
    let (one, two) = futures_util::join!(make("one"), make("two"));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let lost = if one.is_ok() { two } else { one };
    assert_eq!(at_fault(lost), [("sku".to_owned(), "rules.unique".to_owned())]);
    assert_eq!(world.number("SELECT COUNT(*) FROM teas").await, 1);
    // The database itself refuses, too: nothing between the check and the write can slip in.
    let tea = world.tea("three").await;
    let tx = crate::Store::begin(&*world.store).await.unwrap();
    let mut values = crate::Record::default();
    values.set("sku", "same");
    let on = tx.on();
    let refused = world.engine.update_in(on, &world.r, &boss(), tea.id, Some(1), values).await;
    assert_eq!(at_fault(refused), [("sku".to_owned(), "rules.unique".to_owned())]);
}

#[tokio::test]
async fn a_strangers_record_is_not_found_by_any_verb() {
    let world = World::with(|teas| {
        let polish = Action::new("polish", |_| async { Ok(Done::default()) }.boxed()).bulk();
        teas.scope(|by| by.id.map(|id| ("shop_id", json!(id)))).action(polish)
    })
    .await;
    let mine = world.tea("mine").await;
    let theirs = world.tea("theirs").await;
    world.sql(&format!("UPDATE teas SET shop_id = 9 WHERE id = {}", theirs.id)).await;
    let (engine, r, by, id) = (&world.engine, &world.r, boss(), theirs.id);
    assert!(matches!(engine.get(r, &by, id).await, Err(Error::NotFound)));
    assert!(matches!(world.update(id, 1, json!({"title": "x"})).await, Err(Error::NotFound)));
    assert!(matches!(engine.delete(r, &by, id).await, Err(Error::NotFound)));
    assert!(matches!(engine.restore(r, &by, id).await, Err(Error::NotFound)));
    assert!(matches!(engine.duplicate(r, &by, id).await, Err(Error::NotFound)));
    for action in ["delete", "polish"] {
        assert!(matches!(engine.act(r, &by, action, &[mine.id, id]).await, Err(Error::NotFound)), "{action}");
    }
    assert!(engine.get(r, &by, mine.id).await.unwrap().deleted_at.is_none(), "all or nothing");
    let listed = engine.list(r, &by, &ListQuery::default()).await.unwrap().records;
    assert_eq!(listed.iter().map(|record| record.id).collect::<Vec<_>>(), [mine.id]);
    let offered = engine.options(r, &by, "blends", "").await.unwrap();
    assert_eq!(offered.iter().map(|choice| choice.value.clone()).collect::<Vec<_>>(), [mine.id.to_string()]);
    assert_eq!(world.number("SELECT shop_id FROM teas WHERE title = 'mine'").await, 1);
}

#[tokio::test]
async fn each_verb_takes_its_own_permission() {
    let world = World::new().await;
    let tea = world.tea("龙井").await;
    let (engine, r) = (&world.engine, &world.r);
    let input = Input::from_json(json!({"title": "x", "status": "open"})).unwrap();
    let viewer = only("teas.view");
    assert!(engine.list(r, &viewer, &ListQuery::default()).await.is_ok());
    assert!(engine.get(r, &viewer, tea.id).await.is_ok());
    let forbidden = |error: Error, permission: &str| assert!(matches!(error, Error::Forbidden(it) if it == permission));
    forbidden(engine.create(r, &viewer, &input).await.unwrap_err(), "teas.create");
    forbidden(engine.update(r, &viewer, tea.id, Some(1), &input).await.unwrap_err(), "teas.edit");
    forbidden(engine.delete(r, &viewer, tea.id).await.unwrap_err(), "teas.delete");
    forbidden(engine.act(r, &viewer, "delete", &[tea.id]).await.unwrap_err(), "teas.delete");
    forbidden(engine.restore(r, &viewer, tea.id).await.unwrap_err(), "teas.restore");
    forbidden(engine.duplicate(r, &viewer, tea.id).await.unwrap_err(), "teas.create");
    forbidden(engine.draft(r, &viewer).await.unwrap_err(), "teas.create");
    let editor = only("teas.edit");
    forbidden(engine.list(r, &editor, &ListQuery::default()).await.unwrap_err(), "teas.view");
    forbidden(engine.get(r, &editor, tea.id).await.unwrap_err(), "teas.view");
    forbidden(engine.views(r, &editor).await.unwrap_err(), "teas.view");
    assert!(matches!(engine.act(r, &boss(), "explode", &[tea.id]).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn what_a_resource_does_not_offer_is_not_found() {
    let world = World::with(|teas| teas.without(&[Verb::Delete, Verb::Create])).await;
    assert!(matches!(world.engine.delete(&world.r, &boss(), 1).await, Err(Error::NotFound)));
    assert!(matches!(world.engine.draft(&world.r, &boss()).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_deleted_record_is_out_of_the_list_until_it_is_restored() {
    let world = World::new().await;
    let (one, two) = (world.tea("one").await, world.tea("two").await);
    let (engine, r) = (&world.engine, &world.r);
    assert_eq!(engine.act(r, &boss(), "delete", &[one.id, two.id]).await.unwrap().changed, 2);
    assert!(matches!(engine.delete(r, &boss(), one.id).await, Err(Error::NotFound)));
    assert!(matches!(world.update(one.id, 2, json!({"title": "x"})).await, Err(Error::NotFound)));
    assert!(engine.list(r, &boss(), &ListQuery::default()).await.unwrap().records.is_empty());
    assert!(engine.get(r, &boss(), one.id).await.unwrap().deleted_at.is_some());
    let bin = ListQuery { deleted: true, ..ListQuery::default() };
    assert_eq!(engine.list(r, &boss(), &bin).await.unwrap().records.len(), 2);
    engine.restore(r, &boss(), one.id).await.unwrap();
    assert!(matches!(engine.restore(r, &boss(), one.id).await, Err(Error::NotFound)));
    assert_eq!(engine.get(r, &boss(), one.id).await.unwrap().version, Some(3));
    let actions: Vec<String> = world.store.audited.lock().unwrap().iter().map(|it| it.0.clone()).collect();
    assert_eq!(actions, ["teas.create", "teas.create", "teas.delete", "teas.delete", "teas.restore"]);
}

#[tokio::test]
async fn two_changes_that_wait_for_each_other_both_come_through() {
    let world = World::new().await;
    if is_sqlite(world.store.reader()) {
        // One writes at a time.
        return;
    }
    let (one, two) = (world.tea("one").await, world.tea("two").await);
    let touch = |id: i64| format!("UPDATE teas SET price = 1 WHERE id = {id}");
    let other = world.store.begin().await.unwrap();
    other.on().execute_unprepared(&touch(two.id)).await.unwrap();
    let (engine, r) = (world.engine.clone(), world.r.clone());
    let ids = [one.id, two.id];
    let deleting = tokio::spawn(async move { engine.act(&r, &boss(), "delete", &ids).await });
    // It has the first one and waits for the second, so PostgreSQL takes it back, who waited longer.
    tokio::time::sleep(Duration::from_millis(400)).await;
    other.on().execute_unprepared(&touch(one.id)).await.unwrap();
    other.commit().await.unwrap();
    assert_eq!(deleting.await.unwrap().unwrap().changed, 2);
    assert!(world.engine.get(&world.r, &boss(), one.id).await.unwrap().deleted_at.is_some());
}

#[tokio::test]
async fn a_hook_that_refuses_takes_all_of_it_back() {
    let world = World::with(|teas| {
        teas.before(|change| {
            async move {
                if change.values.text("title") == "forbidden" {
                    return Err(Error::Invalid(vec![Problem::new("title", "teas.forbidden")]));
                }
                let shout = change.values.text("title").to_uppercase();
                if change.verb == Verb::Create {
                    change.values.set("title", shout);
                }
                Ok(())
            }
            .boxed()
        })
        .after(|change| {
            async move {
                match change.values.text("title") {
                    "TOO LATE" => Err(Error::Refused("teas.too_late".into(), Vec::new())),
                    _ => Ok(()),
                }
            }
            .boxed()
        })
    })
    .await;
    let packs = json!([{"grams": 5}]);
    let make = |title: &str| world.create(json!({"title": title, "status": "open", "packs": packs}));
    assert_eq!(at_fault(make("forbidden").await), [("title".to_owned(), "teas.forbidden".to_owned())]);
    assert!(matches!(make("too late").await, Err(Error::Refused(..))));
    assert_eq!(world.number("SELECT COUNT(*) FROM teas").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM tea_packs").await, 0);
    assert_eq!(make("fine").await.unwrap().text("title"), "FINE");
}

#[tokio::test]
async fn rows_and_pairs_are_saved_with_their_record() {
    let world = World::new().await;
    let (tea, one, two) = (world.tea("mix").await, world.tea("one").await, world.tea("two").await);
    let stranger = world.create(json!({"title": "s", "status": "open", "packs": [{"grams": 9}]})).await.unwrap();
    let tea = world
        .update(tea.id, 1, json!({"blends": [two.id, one.id], "packs": [{"grams": 1}, {"grams": 2}, {"grams": 3}]}))
        .await
        .unwrap();
    let pack = |at: usize| tea.get("packs")[at]["id"].clone();
    // The last first, the middle one gone, a new one at the end.
    let packs = json!([{"id": pack(2), "grams": 30}, {"id": pack(0), "grams": 1}, {"grams": 4}]);
    let tea = world.update(tea.id, 2, json!({"blends": [one.id], "packs": packs})).await.unwrap();
    let grams: Vec<_> = tea.get("packs").as_array().unwrap().iter().map(|pack| pack["grams"].clone()).collect();
    assert_eq!(grams, [30, 1, 4]);
    assert_eq!(tea.get("packs")[0]["id"], pack(2));
    assert_eq!(tea.get("blends"), &json!([one.id]));
    let forged = json!({"packs": [{"id": stranger.get("packs")[0]["id"], "grams": 1}]});
    assert!(!at_fault(world.update(tea.id, 3, forged).await).is_empty());
    assert_eq!(world.engine.get(&world.r, &boss(), stranger.id).await.unwrap().get("packs")[0]["grams"], 9);
    let copy = world.engine.duplicate(&world.r, &boss(), tea.id).await.unwrap();
    assert_eq!((copy.id, copy.get("packs")[0].get("id")), (0, None));
    assert_eq!(copy.get("blends"), &json!([one.id]));
}

#[tokio::test]
async fn labels_are_the_titles_of_related_records() {
    let world = World::new().await;
    world.sql("INSERT INTO origins (id, name) VALUES (7, '杭州')").await;
    let one = world.tea("one").await;
    let tea = world.create(json!({"title": "t", "status": "open", "origin_id": 7, "blends": [one.id]})).await.unwrap();
    let labels = world.engine.labels(&world.r, &boss(), &[tea]).await.unwrap();
    assert_eq!((labels.of("origin_id", 7), labels.of("blends", one.id)), (Some("杭州"), Some("one")));
    let offered = world.engine.options(&world.r, &boss(), "origin_id", "杭").await.unwrap();
    assert_eq!((offered[0].value.as_str(), offered[0].label.as_deref()), ("7", Some("杭州")));
    assert!(world.engine.options(&world.r, &boss(), "origin_id", "%").await.unwrap().is_empty());
    assert!(matches!(world.engine.options(&world.r, &boss(), "title", "").await, Err(Error::NotFound)));
}

#[tokio::test]
async fn views_are_ones_own_or_shared() {
    let world = World::new().await;
    let (engine, r, other) = (&world.engine, &world.r, Actor::new("staff", Some(5), "other", |_| true));
    let query = ListQuery::from_pairs([("f.status".to_owned(), "open".to_owned())]).unwrap();
    let id = engine.save_view(r, &boss(), " 在售 ", &query, false).await.unwrap();
    assert_eq!(engine.views(r, &other).await.unwrap(), []);
    assert_eq!(engine.save_view(r, &boss(), "在售", &query, true).await.unwrap(), id);
    let seen = engine.views(r, &other).await.unwrap();
    assert_eq!((seen[0].query.as_str(), seen[0].own, seen.len()), ("f.status=open", false, 1));
    assert!(matches!(engine.delete_view(r, &other, id).await, Err(Error::NotFound)));
    let bad = ListQuery::from_pairs([("f.keeper".to_owned(), "x".to_owned())]).unwrap();
    assert!(matches!(engine.save_view(r, &boss(), "x", &bad, false).await, Err(Error::Request(_))));
    engine.delete_view(r, &boss(), id).await.unwrap();
    assert_eq!(engine.views(r, &boss()).await.unwrap(), []);
}
