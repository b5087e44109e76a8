//! Filters and searches: what is found, and what is refused.

use serde_json::json;

use super::world::{World, boss};
use crate::{Actor, Count, Engine, Error, ListQuery, Resource, Result};

async fn titles(world: &World, pairs: &[(&str, &str)]) -> Result<Vec<String>> {
    titles_of(&world.engine, &world.r, &boss(), pairs).await
}

async fn titles_of(engine: &Engine, r: &Resource, by: &Actor, pairs: &[(&str, &str)]) -> Result<Vec<String>> {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let page = engine.list(r, by, &ListQuery::from_pairs(pairs)?).await?;
    Ok(page.records.iter().rev().map(|record| record.text("title").to_owned()).collect())
}

async fn shelf() -> World {
    let world = World::new().await;
    world.sql("INSERT INTO origins (id, name) VALUES (7, '杭州')").await;
    for tea in [
        json!({"title": "龙井绿茶", "status": "open", "price": 1200, "tags": ["new"], "origin_id": 7, "sku": "A_1"}),
        json!({"title": "Keemun 100%", "status": "open", "price": 800, "note": "红茶", "sold_at": "2026-05-01T15:59:59Z"}),
        json!({"title": "keemun_x", "status": "closed", "open": false, "tags": ["new", "rare"], "sku": "A21"}),
    ] {
        world.create(tea).await.unwrap();
    }
    world
}

#[tokio::test]
async fn filters_ask_what_they_say() {
    let world = shelf().await;
    let (green, black, last) = ("龙井绿茶", "Keemun 100%", "keemun_x");
    for (name, value, expected) in [
        ("f.status", "open", vec![green, black]),
        ("f.status.not", "open", vec![last]),
        ("f.status.any", "draft,closed", vec![last]),
        ("f.price.from", "8.01", vec![green]),
        ("f.price.to", "8", vec![black]),
        ("f.price", "12.00", vec![green]),
        ("f.price.not", "12", vec![black, last]),
        ("f.price.empty", "1", vec![last]),
        ("f.price.empty", "0", vec![green, black]),
        ("f.open", "1", vec![green, black]),
        ("f.open", "0", vec![last]),
        ("f.tags", "new", vec![green, last]),
        ("f.tags.any", "rare,x", vec![last]),
        ("f.tags.not", "rare", vec![green, black]),
        ("f.tags.empty", "1", vec![black]),
        ("f.origin_id", "7", vec![green]),
        ("f.origin_id.not", "7", vec![black, last]),
        ("f.origin_id.empty", "1", vec![black, last]),
        ("f.blends.empty", "1", vec![green, black, last]),
        ("f.title.contains", "KEEMUN", vec![black, last]),
        ("f.title.contains", "_", vec![last]),
        ("f.title.contains", "%", vec![black]),
        ("f.sku.contains", "A_", vec![green]),
        ("f.sold_at.from", "2026-05-01", vec![black]),
        ("f.sold_at.to", "2026-05-01", vec![black]),
        ("f.sold_at.to", "2026-04-30", vec![]),
        ("q", "绿茶", vec![green]),
        ("q", "红茶", vec![black]),
        ("q", "keemun", vec![black, last]),
        ("q", "keemun 100%", vec![black]),
        ("q", "n_x", vec![last]),
        ("q", r"\", vec![]),
    ] {
        assert_eq!(titles(&world, &[(name, value)]).await.unwrap(), expected, "{name}={value}");
    }
    // The last second of the first of May in Shanghai.
    let shanghai = boss().in_zone(jiff::tz::TimeZone::get("Asia/Shanghai").unwrap());
    for (name, value, found) in [("f.sold_at.from", "2026-05-02", 0), ("f.sold_at.to", "2026-05-01", 1)] {
        let seen = titles_of(&world.engine, &world.r, &shanghai, &[(name, value)]).await.unwrap();
        assert_eq!(seen.len(), found, "{name}");
    }
}

#[tokio::test]
async fn what_a_list_does_not_offer_is_refused() {
    let world = shelf().await;
    for pair in [
        ("f.keeper", "x"),
        ("f.nothing", "x"),
        ("f.note", "x"),
        ("f.status.from", "open"),
        ("f.status", "burnt"),
        ("f.status", "open' OR 1=1 --"),
        ("f.price.from", "cheap"),
        ("f.origin_id", "7 OR 1=1"),
        ("f.sold_at.from", "yesterday"),
        ("f.open", "maybe"),
        ("sort", "keeper"),
        ("sort", "status"),
        ("sort", "id; DROP TABLE teas"),
        ("after", "bm9uc2Vuc2U"),
    ] {
        assert!(matches!(titles(&world, &[pair]).await, Err(Error::Request(_))), "{pair:?}");
    }
    let plain = world.engine.resources().get("origins").unwrap().clone();
    let searched = titles_of(&world.engine, &plain, &boss(), &[("q", "x")]).await;
    assert!(matches!(searched, Err(Error::Request(_))), "nothing there is searchable");
}

#[tokio::test]
async fn a_cursor_belongs_to_its_list() {
    let world = shelf().await;
    let ask = async |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        world.engine.list(&world.r, &boss(), &ListQuery::from_pairs(pairs).unwrap()).await
    };
    let next = ask(&[("size", "1"), ("sort", "price")]).await.unwrap().next.unwrap();
    assert!(ask(&[("sort", "price"), ("after", &next)]).await.is_ok());
    for other in [&[("sort", "-price")][..], &[("sort", "title")], &[], &[("sort", "price"), ("f.status", "open")]] {
        let mut pairs = other.to_vec();
        pairs.push(("after", &next));
        assert!(matches!(ask(&pairs).await, Err(Error::Request(_))), "{other:?}");
    }
}

#[tokio::test]
async fn the_search_index_follows_every_change() {
    let world = World::with(crate::Resource::indexed_search).await;
    let green =
        world.create(json!({"title": "狮峰龙井绿茶", "note": "明前 Spring-2026", "status": "open"})).await.unwrap();
    let black = world.create(json!({"title": "祁门红茶 Keemun", "status": "open"})).await.unwrap();
    let find = async |q: &str| titles(&world, &[("q", q)]).await.unwrap();
    for (q, expected) in [
        ("绿茶", &["狮峰龙井绿茶"][..]),
        ("龙井 spring", &["狮峰龙井绿茶"]),
        ("茶", &["狮峰龙井绿茶", "祁门红茶 Keemun"]),
        ("红", &["祁门红茶 Keemun"]),
        ("kee", &["祁门红茶 Keemun"]),
        ("2026", &["狮峰龙井绿茶"]),
        ("井龙", &[]),
        ("!!", &[]),
        ("\" OR *", &[]),
        ("emun", &[]),
    ] {
        assert_eq!(find(q).await, expected, "{q}");
    }
    world.update(black.id, 1, json!({"title": "正山小种"})).await.unwrap();
    assert_eq!((find("红茶").await.len(), find("小种").await.len()), (0, 1));
    world.engine.delete(&world.r, &boss(), green.id).await.unwrap();
    assert_eq!(
        (find("绿茶").await.len(), titles(&world, &[("q", "绿茶"), ("deleted", "only")]).await.unwrap().len()),
        (0, 1)
    );
    world.engine.restore(&world.r, &boss(), green.id).await.unwrap();
    world.sql("DELETE FROM teas_search").await;
    assert_eq!(find("绿茶").await.len(), 0);
    let mut after = 0;
    let mut steps = 0;
    while let Some(last) = world.engine.rebuild_search(&world.r, after, 1).await.unwrap() {
        (after, steps) = (last, steps + 1);
    }
    assert_eq!((steps, find("绿茶").await.len()), (2, 1));
}

#[tokio::test]
async fn a_frequent_word_is_paged_like_a_rare_one() {
    let world = World::with(crate::Resource::indexed_search).await;
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100) \
                INSERT INTO teas (title, status, open, price, version, created_at, updated_at, shop_id) \
                SELECT CASE WHEN i % 50 = 0 THEN '红茶 rare' ELSE '红茶' END, 'open', TRUE, i % 3, 1, 0, 0, 1 FROM n";
    world.sql(rows).await;
    world.engine.rebuild_search(&world.r, 0, 2_000).await.unwrap();
    for (q, expected) in [("红茶", 1_100), ("红 rare", 22), ("rar", 22)] {
        for sort in ["-id", "price"] {
            let pairs =
                [("q", q), ("sort", sort), ("size", "200")].map(|(name, value)| (name.to_owned(), value.to_owned()));
            let mut query = ListQuery::from_pairs(pairs).unwrap();
            let mut seen = std::collections::BTreeSet::new();
            let mut pages = 0;
            loop {
                let page = world.engine.list(&world.r, &boss(), &query).await.unwrap();
                seen.extend(page.records.iter().map(|record| record.id));
                pages += 1;
                query.cursor = page.next;
                if query.cursor.is_none() || pages > 10 {
                    break;
                }
            }
            assert_eq!(seen.len(), expected, "{q} {sort}");
        }
    }
}

#[tokio::test]
async fn an_erased_record_is_erased_from_the_search_index() {
    let world = World::with(|mut teas| {
        // As if the table had no such column.
        teas.columns.retain(|column| column != "deleted_at");
        teas.indexed_search()
    })
    .await;
    let tea = world.create(json!({"title": "绿茶", "status": "open", "packs": [{"grams": 5}]})).await.unwrap();
    world.engine.delete(&world.r, &boss(), tea.id).await.unwrap();
    assert!(matches!(world.engine.get(&world.r, &boss(), tea.id).await, Err(Error::NotFound)));
    assert_eq!(world.number("SELECT COUNT(*) FROM tea_packs").await, 0);
    let key = if world.is_sqlite() { "rowid" } else { "id" };
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM teas_search WHERE {key} > 0")).await, 0);
}

#[tokio::test]
async fn what_others_need_is_not_erased() {
    let world = shelf().await;
    let origins = world.engine.resources().get("origins").unwrap().clone();
    let refused = world.engine.delete(&origins, &boss(), 7).await;
    assert!(matches!(refused, Err(Error::Refused(key, _)) if key == "resource.in_use"));
}

#[tokio::test]
async fn a_count_stops_early() {
    let world = World::new().await;
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1003) \
                INSERT INTO teas (title, status, open, version, created_at, updated_at, shop_id) \
                SELECT 't', CASE WHEN i <= 2 THEN 'open' ELSE 'closed' END, TRUE, 1, 0, 0, 1 FROM n";
    world.sql(rows).await;
    let count = async |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        world.engine.list(&world.r, &boss(), &ListQuery::from_pairs(pairs).unwrap()).await.unwrap().count
    };
    assert_eq!(count(&[]).await, Count::MoreThan(1_000));
    assert_eq!(count(&[("f.status", "open")]).await, Count::Exactly(2));
    assert_eq!(count(&[("f.status", "closed")]).await, Count::MoreThan(1_000));
    assert_eq!(count(&[("deleted", "only")]).await, Count::Exactly(0));
}
