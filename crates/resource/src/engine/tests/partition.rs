//! A table parted among those who see a part of it each: nothing of another part is found, and pages of several parts, or
//! of a list that looks no further than so many rows, are those of one sorted list.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use super::world::{World, at_fault, boss};
use crate::{
    Action, Actor, Count, Done, Engine, Error, Format, Input, ListQuery, Order, Resource, Store, Verb,
    query::{Page, sql::Sql},
};
use futures_util::{FutureExt, TryStreamExt};

fn parted(teas: Resource) -> Resource {
    let polish = Action::new("polish", |_| async { Ok(Done::default()) }.boxed()).bulk();
    teas.field(crate::integer("shop_id").filter()).partitioned_by("shop_id").action(polish)
}

/// Somebody who may do everything, and sees these parts.
fn of(parts: &[i64]) -> Actor {
    boss().within(Some(parts.into()))
}

async fn world() -> World {
    let world = World::with(parted).await;
    for (id, shop) in [(1, 1), (2, 2), (3, 3), (4, 1)] {
        world
            .sql(&format!(
                "INSERT INTO teas (id, title, status, open, shop_id, version, created_at, updated_at) \
                 VALUES ({id}, 'tea {id}', 'open', TRUE, {shop}, 1, 0, 0)"
            ))
            .await;
    }
    if !world.is_sqlite() {
        world.sql("SELECT setval('teas_id_seq', 100)").await;
    }
    world
}

fn input(json: serde_json::Value) -> Input {
    Input::from_json(json).unwrap()
}

#[tokio::test]
async fn what_lies_in_another_part_is_not_found_by_any_verb() {
    let world = world().await;
    let (engine, r, by) = (&world.engine, &world.r, of(&[1, 3]));
    let id = 2;
    assert!(matches!(engine.get(r, &by, id).await, Err(Error::NotFound)));
    assert!(matches!(engine.update(r, &by, id, Some(1), &input(json!({"title": "x"}))).await, Err(Error::NotFound)));
    assert!(matches!(engine.delete(r, &by, id).await, Err(Error::NotFound)));
    assert!(matches!(engine.restore(r, &by, id).await, Err(Error::NotFound)));
    assert!(matches!(engine.duplicate(r, &by, id).await, Err(Error::NotFound)));
    for action in ["delete", "polish"] {
        assert!(matches!(engine.act(r, &by, action, &[1, id]).await, Err(Error::NotFound)), "{action}");
    }
    assert!(engine.get(r, &by, 1).await.unwrap().deleted_at.is_none(), "all or nothing");
    let offered = engine.options(r, &by, "blends", "").await.unwrap();
    assert!(offered.iter().all(|choice| choice.value != "2"), "{offered:?}");
    let refused = engine.update(r, &by, 1, Some(1), &input(json!({"blends": [2]}))).await;
    assert_eq!(at_fault(refused), [("blends".to_owned(), "rules.choice".to_owned())]);
    // A relation made by somebody who sees more does not tell what it leads to.
    engine.update(r, &boss(), 1, Some(1), &input(json!({"blends": [2, 3]}))).await.unwrap();
    let seen = engine.get(r, &by, 1).await.unwrap();
    let labels = engine.labels(r, &by, &[seen]).await.unwrap();
    assert_eq!((labels.of("blends", 2), labels.of("blends", 3)), (None, Some("tea 3")));
}

#[tokio::test]
async fn lists_searches_and_files_leave_the_other_parts_out() {
    let world = world().await;
    let colleague = |parts: &[i64]| Actor::new("staff", Some(9), "colleague", |_| true).within(Some(parts.into()));
    let views_of =
        [("theirs", "f.shop_id=2", &[2][..]), ("ours", "f.shop_id=3", &[3]), ("王阿姨 138", "q=王阿姨", &[2])];
    for (name, query, parts) in views_of {
        let pairs = query.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let query = ListQuery::from_pairs(pairs).unwrap();
        world.engine.save_view(&world.r, &colleague(parts), name, &query, true).await.unwrap();
    }
    // Of one from before it is not known what its maker saw.
    world
        .sql(
            "INSERT INTO resource_views (resource, owner, name, query, shared, created_at, updated_at) VALUES \
              ('teas', 'staff:9', 'old', '', TRUE, 0, 0)",
        )
        .await;
    let (engine, r) = (&world.engine, &world.r);
    let ids = async |by: &Actor, pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let page = engine.list(r, by, &ListQuery::from_pairs(pairs).unwrap()).await.unwrap();
        assert_eq!(page.count, Count::Exactly(page.records.len() as u64));
        page.records.iter().map(|record| record.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&boss(), &[]).await, [4, 3, 2, 1]);
    assert_eq!(ids(&of(&[1]), &[]).await, [4, 1]);
    assert_eq!(ids(&of(&[3, 1]), &[("sort", "title")]).await, [1, 3, 4]);
    assert_eq!(ids(&of(&[1, 3]), &[("q", "tea")]).await, [4, 3, 1]);
    for none in [&[][..], &[7]] {
        assert_eq!(ids(&of(none), &[]).await, [0; 0]);
    }
    // A filter asks for less, never for more.
    assert_eq!(ids(&of(&[1, 3]), &[("f.shop_id", "2")]).await, [0; 0]);
    assert_eq!(ids(&of(&[1, 3]), &[("f.shop_id", "3")]).await, [3]);
    assert_eq!(ids(&boss(), &[("f.shop_id", "2")]).await, [2]);
    assert_eq!(ids(&of(&[1, 3]), &[("f.shop_id.not", "3")]).await, [4, 1]);
    let chosen = async |by: &Actor, partition, pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let query = ListQuery { partition: Some(partition), ..ListQuery::from_pairs(pairs).unwrap() };
        engine.list(r, by, &query).await.unwrap().records.iter().map(|record| record.id).collect::<Vec<_>>()
    };
    assert_eq!(chosen(&boss(), 1, &[]).await, [4, 1]);
    assert_eq!(chosen(&of(&[1, 3]), 2, &[]).await, [0; 0], "what is chosen does not widen what is seen");
    assert_eq!(chosen(&of(&[1, 3]), 1, &[("f.shop_id", "3")]).await, [3], "a filter says it better");
    let file =
        engine.export(r, &of(&[1, 3]), &ListQuery::default(), Format::Csv, std::sync::Arc::new(super::world::Plain));
    let bytes: Vec<bytes::Bytes> = file.unwrap().try_collect().await.unwrap();
    let text = String::from_utf8(bytes.concat()).unwrap();
    assert!(text.contains("tea 3") && text.contains("tea 4") && !text.contains("tea 2"), "{text}");
    let views = async |by: &Actor| {
        let views = engine.views(r, by).await.unwrap();
        views.into_iter().map(|view| view.name).collect::<Vec<_>>()
    };
    assert_eq!(views(&of(&[1, 3])).await, ["ours"]);
    assert_eq!(views(&of(&[1])).await, [""; 0]);
    assert_eq!(views(&boss()).await, ["old", "ours", "theirs", "王阿姨 138"]);
    // One's own stay, whatever one sees by now.
    assert_eq!(views(&colleague(&[1])).await, ["old", "王阿姨 138"]);
}

#[tokio::test]
async fn nothing_is_made_in_another_part_nor_put_there() {
    let world = world().await;
    let (engine, r) = (&world.engine, &world.r);
    let tea = |shop: Option<i64>| {
        let mut tea = json!({"title": "new", "status": "open"});
        if let Some(shop) = shop {
            tea["shop_id"] = shop.into();
        }
        input(tea)
    };
    assert_eq!(
        at_fault(engine.create(r, &of(&[1, 3]), &tea(Some(2))).await),
        [("shop_id".to_owned(), "rules.choice".to_owned())]
    );
    let open = at_fault(engine.create(r, &of(&[1, 3]), &tea(None)).await);
    assert_eq!(open, [("shop_id".to_owned(), "rules.required".to_owned())], "of several, one is to be named");
    assert_eq!(at_fault(engine.create(r, &of(&[]), &tea(None)).await).len(), 1);
    let made = engine.create(r, &of(&[1]), &tea(None)).await.unwrap();
    assert_eq!(made.number("shop_id"), Some(1), "the only one");
    let moved = engine.update(r, &of(&[1, 3]), made.id, made.version, &input(json!({"shop_id": 2}))).await;
    assert_eq!(at_fault(moved), [("shop_id".to_owned(), "rules.choice".to_owned())]);
    let moved = engine.update(r, &of(&[1, 3]), made.id, made.version, &input(json!({"shop_id": 3}))).await.unwrap();
    assert_eq!(moved.number("shop_id"), Some(3));
    assert!(matches!(engine.get(r, &of(&[1]), made.id).await, Err(Error::NotFound)));
    // A hook that goes astray is taken back with everything else.
    let stray = World::with(|teas| {
        parted(teas).before(|change| {
            change.values.set("shop_id", 2);
            async { Ok(()) }.boxed()
        })
    })
    .await;
    assert!(matches!(stray.engine.create(&stray.r, &of(&[1, 3]), &tea(Some(1))).await, Err(Error::NotFound)));
    assert_eq!(stray.number("SELECT COUNT(*) FROM teas").await, 0);
}

#[tokio::test]
async fn two_limits_hold_at_once() {
    let world = World::with(|teas| {
        parted(teas).scope(|_| Some(("status", "open".into()))).scope(|by| by.id.map(|id| ("weight", id.into())))
    })
    .await;
    for (id, shop, status, weight) in [(1, 1, "open", 1), (2, 1, "closed", 1), (3, 1, "open", 2), (4, 2, "open", 1)] {
        world
            .sql(&format!(
                "INSERT INTO teas (id, title, status, open, shop_id, weight, version, created_at, updated_at) \
                 VALUES ({id}, 'tea', '{status}', TRUE, {shop}, {weight}, 1, 0, 0)"
            ))
            .await;
    }
    let by = of(&[1]);
    let page = world.engine.list(&world.r, &by, &ListQuery::default()).await.unwrap();
    assert_eq!(page.records.iter().map(|record| record.id).collect::<Vec<_>>(), [1]);
    for id in 2..=4 {
        assert!(matches!(world.engine.get(&world.r, &by, id).await, Err(Error::NotFound)), "{id}");
    }
}

#[derive(Debug, Clone)]
struct Row {
    shop: i64,
    price: Option<i64>,
    status: &'static str,
    deleted: bool,
}

#[derive(Debug, Clone)]
struct Ask {
    rows: Vec<Row>,
    sort: &'static str,
    descending: bool,
    filter: Option<(&'static str, &'static str)>,
    parts: Option<Vec<i64>>,
    size: u64,
}

fn ask() -> impl Strategy<Value = Ask> {
    let row =
        (1_i64..4, prop::option::of(-2_i64..3), prop::sample::select(vec!["draft", "open"]), prop::bool::weighted(0.1))
            .prop_map(|(shop, price, status, deleted)| Row { shop, price, status, deleted });
    let filters = vec![None, Some(("f.status", "draft")), Some(("f.price.from", "0")), Some(("q", "7"))];
    let parts = vec![None, Some(vec![]), Some(vec![2]), Some(vec![1, 3]), Some(vec![1, 2, 3]), Some(vec![1, 9])];
    (
        prop::collection::vec(row, 0..60),
        prop::sample::select(vec!["id", "price"]),
        any::<bool>(),
        prop::sample::select(filters),
        prop::sample::select(parts),
        1_u64..6,
    )
        .prop_map(|(rows, sort, descending, filter, parts, size)| Ask {
            rows,
            sort,
            descending,
            filter,
            parts,
            size,
        })
}

fn expected(ask: &Ask) -> Vec<i64> {
    let matches = |(id, row): &(i64, &Row)| {
        let asked = match ask.filter {
            None => true,
            Some(("f.status", status)) => row.status == status,
            Some(("q", text)) => id.to_string().contains(text),
            Some(_) => row.price.is_some_and(|price| price >= 0),
        };
        asked && !row.deleted && ask.parts.as_ref().is_none_or(|parts| parts.contains(&row.shop))
    };
    let mut kept: Vec<(i64, &Row)> = (1..).zip(&ask.rows).filter(matches).collect();
    kept.sort_by_key(|(id, row)| (if ask.sort == "price" { row.price } else { None }, *id));
    if ask.descending {
        kept.reverse();
    }
    kept.into_iter().map(|(id, _)| id).collect()
}

async fn fill(world: &World, rows: &[Row]) {
    world.sql("DELETE FROM teas").await;
    let row = |(id, row): (i64, &Row)| {
        let price = row.price.map_or("NULL".to_owned(), |price| price.to_string());
        let deleted = if row.deleted { "5" } else { "NULL" };
        format!("({id}, 'tea {id}', '{}', {price}, {}, TRUE, 1, {deleted}, 0, 0)", row.status, row.shop)
    };
    let values: Vec<String> = (1..).zip(rows).map(row).collect();
    if !values.is_empty() {
        let columns = "id, title, status, price, shop_id, open, version, deleted_at, created_at, updated_at";
        world.sql(&format!("INSERT INTO teas ({columns}) VALUES {}", values.join(", "))).await;
    }
}

async fn walk(world: &World, ask: &Ask, back: bool) -> Vec<i64> {
    let pairs = ask.filter.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut query = ListQuery::from_pairs(pairs).unwrap();
    query.order = Some(Order { field: ask.sort.to_owned(), descending: ask.descending });
    (query.size, query.back) = (Some(ask.size), back);
    let by = boss().within(ask.parts.clone().map(Into::into));
    let mut seen = Vec::new();
    for _ in 0..=2 * ask.rows.len() + 4 {
        let page = world.engine.list(&world.r, &by, &query).await.unwrap();
        assert!(page.records.len() as u64 <= ask.size);
        let ids = page.records.iter().map(|record| record.id);
        if back {
            seen.splice(0..0, ids);
        } else {
            seen.extend(ids);
        }
        query.cursor = if back { page.previous } else { page.next };
        if query.cursor.is_none() {
            return seen;
        }
    }
    panic!("the pages have no end: {seen:?}");
}

fn prove(declare: impl Fn(Resource) -> Resource) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let world = runtime.block_on(World::with(|teas| declare(parted(teas))));
    let mut runner = TestRunner::new(Config { cases: 96, failure_persistence: None, ..Config::default() });
    runner
        .run(&ask(), |ask| {
            runtime.block_on(async {
                fill(&world, &ask.rows).await;
                let expected = expected(&ask);
                prop_assert_eq!(&walk(&world, &ask, false).await, &expected, "forward");
                prop_assert_eq!(&walk(&world, &ask, true).await, &expected, "backward");
                Ok(())
            })
        })
        .unwrap();
    drop(runtime.enter());
    runtime.block_on(async { drop(world) });
}

#[test]
fn pages_of_several_parts_are_those_of_one_sorted_list() {
    prove(|teas| teas);
}

#[test]
fn pages_that_end_for_looking_too_far_leave_nothing_out() {
    prove(|teas| teas.bounded(8));
    prove(|teas| teas.bounded(3).without_partition_index());
    prove(|teas| teas.bounded(8).partitions(|_| async { Ok(vec![1, 2, 3]) }.boxed()));
}

/// An index has what each status finds in the resource's own order.
fn in_order(mut teas: Resource) -> Resource {
    let status = teas.fields.iter_mut().find(|field| field.name == "status").unwrap();
    status.in_order = true;
    teas
}

#[test]
fn pages_along_the_index_of_one_value_are_those_of_one_sorted_list() {
    prove(|teas| in_order(teas).bounded(8));
    prove(|teas| in_order(teas).ordered_by("price", true).bounded(3));
}

#[tokio::test]
async fn what_one_value_finds_is_found_however_far_it_lies() {
    let world = World::with(|teas| in_order(parted(teas)).bounded(100)).await;
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
                INSERT INTO teas (title, status, price, open, version, created_at, updated_at, shop_id) \
                SELECT 'tea ' || i, CASE WHEN i <= 20 THEN 'draft' ELSE 'open' END, 0, TRUE, 1, 0, 0, i % 2 + 1 FROM n";
    world.sql(rows).await;
    let ask = async |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let page = world.engine.list(&world.r, &of(&[1, 2]), &ListQuery::from_pairs(pairs).unwrap()).await.unwrap();
        (page.records.len(), page.looked, page.count)
    };
    assert_eq!(ask(&[("f.status", "draft")]).await, (20, None, Count::Exactly(20)));
    // Of the others none is looked at, be there more conditions.
    assert_eq!(ask(&[("f.status", "draft"), ("f.title.contains", "tea 1")]).await, (11, None, Count::Exactly(11)));
    // In another order the index is of no use.
    assert_eq!(ask(&[("f.status", "draft"), ("sort", "-price")]).await.1, Some(100));
}

#[tokio::test]
async fn a_page_says_that_it_looked_no_further_and_counts_no_further() {
    let world = World::with(|teas| parted(teas).bounded(100)).await;
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
                INSERT INTO teas (title, status, price, open, version, created_at, updated_at, shop_id) \
                SELECT 'tea ' || i, 'open', 0, i > 50, 1, 0, 0, 1 FROM n";
    world.sql(rows).await;
    let by = of(&[1]);
    let ask = async |pairs: &[(&str, &str)], cursor: Option<String>| {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let query = ListQuery { cursor, ..ListQuery::from_pairs(pairs).unwrap() };
        world.engine.list(&world.r, &by, &query).await.unwrap()
    };
    // Nothing is told of what no index leads to.
    let mut page = ask(&[("f.title.contains", "tea 1")], None).await;
    assert_eq!((page.looked, page.count), (Some(100), Count::Unknown));
    let mut found = page.records.len();
    while let Some(next) = page.next {
        page = ask(&[("f.title.contains", "tea 1")], Some(next)).await;
        found += page.records.len();
    }
    assert_eq!((found, page.looked), (112, None), "1, 10 to 19, 100 to 199, and 1000");
    let whole = ask(&[], None).await;
    assert_eq!((whole.looked, whole.count, whole.records.len()), (None, Count::Exactly(1000), 50));
    // Few are gathered, however far they lie.
    world.sql("UPDATE teas SET status = 'draft' WHERE id <= 3").await;
    let few = ask(&[("f.status", "draft"), ("f.open", "0")], None).await;
    assert_eq!((few.records.len(), few.looked, few.count), (3, None, Count::Exactly(3)));
}

#[tokio::test]
async fn a_column_sorts_the_list_while_a_range_of_it_is_asked_for() {
    let world = World::with(|teas| {
        let mut teas = parted(teas);
        for field in teas.fields.iter_mut().filter(|field| field.name == "sold_at") {
            (field.sortable, field.ordered_with_filter) = (false, true);
        }
        teas
    })
    .await;
    for (id, sold) in [(1, "30"), (2, "NULL"), (3, "10"), (4, "20")] {
        world
            .sql(&format!(
                "INSERT INTO teas (id, title, status, open, sold_at, shop_id, version, created_at, updated_at) \
                 VALUES ({id}, 'tea', 'open', TRUE, {sold}, 1, 1, 0, 0)"
            ))
            .await;
    }
    let ask = async |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let page = world.engine.list(&world.r, &of(&[1]), &ListQuery::from_pairs(pairs).unwrap()).await?;
        Ok::<_, Error>(page.records.iter().map(|record| record.id).collect::<Vec<_>>())
    };
    assert_eq!(ask(&[]).await.unwrap(), [4, 3, 2, 1]);
    assert_eq!(ask(&[("f.sold_at.from", "1970-01-01T00:00:00Z")]).await.unwrap(), [1, 4, 3]);
    assert_eq!(ask(&[("f.sold_at.from", "1970-01-01T00:00:00Z"), ("sort", "sold_at")]).await.unwrap(), [3, 4, 1]);
    assert_eq!(ask(&[("f.sold_at.from", "1970-01-01T00:00:00Z"), ("sort", "-id")]).await.unwrap(), [4, 3, 1]);
    assert!(matches!(ask(&[("sort", "sold_at")]).await, Err(Error::Request(_))), "without a range no index has it");
}

/// How the database reads the pages, with 20,000 rows in four parts.
#[tokio::test]
async fn the_pages_of_each_part_are_read_along_its_indexes() {
    let world = World::with(|teas| parted(teas).bounded(5_000)).await;
    for index in
        ["price ON teas (shop_id, price, id)", "status ON teas (shop_id, status, id)", "shop ON teas (shop_id, id)"]
    {
        world.sql(&format!("CREATE INDEX parted_{index}")).await;
    }
    for old in ["teas_price", "teas_status", "teas_title"] {
        world.sql(&format!("DROP INDEX {old}")).await;
    }
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
                INSERT INTO teas (title, status, price, open, version, created_at, updated_at, shop_id) \
                SELECT 'tea ' || i, CASE WHEN i % 2 = 0 THEN 'open' ELSE 'closed' END, i % 5000, TRUE, 1, 0, 0, i % 4 + 1 FROM n";
    world.sql(rows).await;
    if !world.is_sqlite() {
        world.sql("VACUUM ANALYZE teas").await;
    }
    let reader = world.store.reader();
    for parts in [&[1][..], &[1, 2, 3]] {
        for pairs in [&[][..], &[("sort", "price")], &[("sort", "-price"), ("before", "")], &[("f.status", "open")]] {
            let named = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let query = ListQuery::from_pairs(named).unwrap();
            let by = of(parts);
            let page = Page::new(&world.r, &by, &query, Vec::new()).unwrap();
            let (route, _) = page.survey(reader).await.unwrap();
            let sql = Sql::new(reader);
            let pages = page.statements(&sql, &route, query.back, 51);
            let looks = page.looks(&sql, &route, query.back, 5_000);
            for (statement, looks) in
                pages.into_iter().map(|it| (it, false)).chain(looks.into_iter().map(|it| (it, true)))
            {
                let word = if world.is_sqlite() { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
                let explained = Statement { sql: format!("{word} {}", statement.sql), ..statement };
                let mut plan = Vec::new();
                for row in reader.query_all_raw(explained).await.unwrap() {
                    plan.push(row.try_get_by_index::<String>(if world.is_sqlite() { 3 } else { 0 }).unwrap());
                }
                let plan = plan.join("\n");
                assert!(!plan.contains("SCAN teas") && !plan.contains("Seq Scan"), "{parts:?} {pairs:?}: {plan}");
                // PostgreSQL knows how large each part is, and may walk all of them.
                assert!(!world.is_sqlite() || plan.contains("parted_"), "{parts:?} {pairs:?}: {plan}");
                // What the parts gave is sorted; how far they look is merged.
                assert!(parts.len() > 1 && !looks || !plan.contains("TEMP B-TREE"), "{parts:?} {pairs:?}: {plan}");
            }
        }
    }
}

#[test]
fn what_is_written_down_says_where_it_lies() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = world().await;
        let (engine, r) = (&world.engine, &world.r);
        engine.update(r, &boss(), 2, Some(1), &input(json!({"title": "x"}))).await.unwrap();
        engine.delete(r, &boss(), 3).await.unwrap();
        engine.create(r, &of(&[1]), &input(json!({"title": "y", "status": "open"}))).await.unwrap();
        let places = world.store.places.lock().unwrap().clone();
        assert_eq!(places, [Some(2), Some(3), Some(1)]);
        assert!(Engine::offers(r, Verb::Delete));
    });
}
