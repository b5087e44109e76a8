//! Fields that lie in another table, and are set when records were read.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{FutureExt as _, TryStreamExt as _};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use super::world::{Plain, World, boss};
use crate::{Error, Format, ListQuery, Record, computed, integer};

#[tokio::test]
async fn what_lies_elsewhere_is_asked_for_once_a_page() {
    let world = World::with(|teas| {
        teas.field(integer("packs_sold").filled().in_list())
            .field(computed("sells", |tea| tea.number("packs_sold").is_some().into()).in_list())
            .fill(|store, records| {
                async move {
                    let sql = "SELECT CAST(tea_id AS BIGINT), COUNT(*) FROM tea_packs GROUP BY tea_id";
                    for row in store
                        .reader()
                        .query_all_raw(Statement::from_string(store.reader().get_database_backend(), sql))
                        .await?
                    {
                        let (id, sold): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
                        for record in records.iter_mut().filter(|record| record.id == id) {
                            record.set("packs_sold", sold);
                        }
                    }
                    Ok(())
                }
                .boxed()
            })
    })
    .await;
    let sold = world.create(json!({"title": "sold", "status": "open", "packs": [{"grams": 5}, {"grams": 6}]})).await;
    let kept = world.tea("kept").await;
    let sold = sold.unwrap();
    let seen = |record: &Record| (record.get("packs_sold").clone(), record.get("sells").clone());
    let page = world.engine.list(&world.r, &boss(), &ListQuery::default()).await.unwrap();
    assert_eq!(
        [seen(&page.records[1]), seen(&page.records[0])],
        [(json!(2), json!(true)), (json!(null), json!(false))]
    );
    for (id, expected) in [(sold.id, (json!(2), json!(true))), (kept.id, (json!(null), json!(false)))] {
        assert_eq!(seen(&world.engine.get(&world.r, &boss(), id).await.unwrap()), expected);
    }
    let query = ListQuery::from_pairs([("columns".to_owned(), "title,packs_sold".to_owned())]).unwrap();
    let file = world.engine.export(&world.r, &boss(), &query, Format::Csv, Arc::new(Plain)).unwrap();
    let file: Vec<Bytes> = file.try_collect().await.unwrap();
    let file = String::from_utf8(file.concat()).unwrap();
    assert!(
        file.contains(&format!("{},sold,2\r\n", sold.id)) && file.contains(&format!("{},kept,\r\n", kept.id)),
        "{file}"
    );
    let sorted = ListQuery::from_pairs([("sort".to_owned(), "packs_sold".to_owned())]).unwrap();
    assert!(matches!(world.engine.list(&world.r, &boss(), &sorted).await, Err(Error::Request(_))));
}

#[tokio::test]
async fn what_a_reader_may_not_see_is_in_no_list_page_file_or_answer() {
    let world = World::with(|teas| {
        teas.veiled(|by, tea| {
            if !by.may("teas.taste") {
                tea.set("note", "…");
            }
        })
    })
    .await;
    let made = world.create(json!({"title": "one", "status": "open", "note": "bitter"})).await.unwrap();
    let clerk = crate::Actor::new("staff", Some(2), "clerk", |asked| asked != "teas.taste");
    for (by, expected) in [(&boss(), "bitter"), (&clerk, "…")] {
        let query = ListQuery::from_pairs([("columns".to_owned(), "title,note".to_owned())]).unwrap();
        let page = world.engine.list(&world.r, by, &query).await.unwrap();
        assert_eq!(page.records[0].text("note"), expected);
        let one = world.engine.get(&world.r, by, made.id).await.unwrap();
        assert_eq!(one.text("note"), expected);
        let file = world.engine.export(&world.r, by, &query, Format::Csv, Arc::new(Plain)).unwrap();
        let file: Vec<Bytes> = file.try_collect().await.unwrap();
        assert!(String::from_utf8(file.concat()).unwrap().contains(&format!("one,{expected}")));
        let input = crate::Input::from_json(json!({"title": "one"})).unwrap();
        let saved = world.engine.update(&world.r, by, made.id, one.version, &input).await.unwrap();
        assert_eq!(saved.text("note"), expected);
    }
    // What is hidden from somebody is not lost when they save.
    assert_eq!(world.engine.get(&world.r, &boss(), made.id).await.unwrap().text("note"), "bitter");
}

#[test]
#[should_panic(expected = "lies in no column")]
fn what_lies_elsewhere_is_not_searched() {
    let _ = super::world::teas().field(integer("packs_sold").filled().filter());
}
