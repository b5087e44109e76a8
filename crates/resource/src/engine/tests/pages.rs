//! Pages: each record once, in order, forward and backward, against a list sorted in memory; and the plans behind them.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sea_orm::{ConnectionTrait, Statement};

use super::world::{STATUSES, World, boss};
use crate::{
    ListQuery, Order, Record, Store,
    query::{Page, route::Path, sql::Sql},
};

#[derive(Debug, Clone)]
struct Row {
    title: String,
    price: Option<i64>,
    open: bool,
    status: &'static str,
    deleted: bool,
}

fn row() -> impl Strategy<Value = Row> {
    let titles = prop::sample::select(vec!["", "a", "A", "b", "茶", "it's", "%"]);
    let status = prop::sample::select(STATUSES);
    (titles, prop::option::of(-2_i64..3), any::<bool>(), status, prop::bool::weighted(0.1))
        .prop_map(|(title, price, open, status, deleted)| Row { title: title.to_owned(), price, open, status, deleted })
}

#[derive(Debug, Clone)]
struct Ask {
    rows: Vec<Row>,
    sort: &'static str,
    descending: bool,
    filter: Option<(&'static str, &'static str)>,
    size: u64,
}

fn ask() -> impl Strategy<Value = Ask> {
    let filters =
        vec![None, Some(("f.status", "open")), Some(("f.price.from", "0")), Some(("f.open", "1")), Some(("q", "a"))];
    (
        prop::collection::vec(row(), 0..40),
        prop::sample::select(vec!["id", "title", "price", "open", "sold_at"]),
        any::<bool>(),
        prop::sample::select(filters),
        1_u64..9,
    )
        .prop_map(|(rows, sort, descending, filter, size)| Ask { rows, sort, descending, filter, size })
}

/// Row numbers as the list should have them.
fn expected(ask: &Ask) -> Vec<i64> {
    let matches = |row: &Row| match ask.filter {
        None => true,
        Some(("f.status", status)) => row.status == status,
        Some(("f.price.from", _)) => row.price.is_some_and(|price| price >= 0),
        Some(("f.open", _)) => row.open,
        Some(_) => row.title.eq_ignore_ascii_case("a"),
    };
    let mut kept: Vec<(i64, &Row)> = (1..).zip(&ask.rows).filter(|(_, row)| !row.deleted && matches(row)).collect();
    kept.sort_by(|(a, one), (b, two)| {
        let by_column = match ask.sort {
            "title" => one.title.cmp(&two.title),
            "price" => one.price.cmp(&two.price),
            "open" => one.open.cmp(&two.open),
            _ => std::cmp::Ordering::Equal,
        };
        by_column.then(a.cmp(b))
    });
    if ask.descending {
        kept.reverse();
    }
    kept.into_iter().map(|(id, _)| id).collect()
}

async fn fill(world: &World, rows: &[Row]) {
    world.sql("DELETE FROM teas").await;
    let values: Vec<String> = (1..)
        .zip(rows)
        .map(|(id, row): (i64, _)| {
            let price = row.price.map_or("NULL".to_owned(), |price| price.to_string());
            let deleted = if row.deleted { "5" } else { "NULL" };
            let title = row.title.replace('\'', "''");
            format!("({id}, '{title}', '{}', {price}, {}, 1, {deleted}, 0, 0)", row.status, row.open)
        })
        .collect();
    if !values.is_empty() {
        let columns = "id, title, status, price, open, version, deleted_at, created_at, updated_at";
        world.sql(&format!("INSERT INTO teas ({columns}) VALUES {}", values.join(", "))).await;
    }
}

async fn walk(world: &World, ask: &Ask, back: bool) -> Vec<i64> {
    let pairs = ask.filter.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut query = ListQuery::from_pairs(pairs).unwrap();
    query.order = Some(Order { field: ask.sort.to_owned(), descending: ask.descending });
    query.size = Some(ask.size);
    query.back = back;
    let mut seen = Vec::new();
    for _ in 0..=ask.rows.len() {
        let page = world.engine.list(&world.r, &boss(), &query).await.unwrap();
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

#[test]
fn pages_visit_each_record_once_in_both_directions() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
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

#[tokio::test]
async fn a_page_knows_its_neighbours() {
    let world = World::new().await;
    for at in 0..5 {
        world.tea(&format!("tea {at}")).await;
    }
    let ids = |records: &[Record]| records.iter().map(|record| record.id).collect::<Vec<_>>();
    let ask = async |cursor: Option<String>, back: bool| {
        let query = ListQuery { cursor, back, size: Some(2), ..ListQuery::default() };
        world.engine.list(&world.r, &boss(), &query).await.unwrap()
    };
    let first = ask(None, false).await;
    assert_eq!((ids(&first.records), &first.previous), (vec![5, 4], &None));
    let second = ask(first.next, false).await;
    let third = ask(second.next.clone(), false).await;
    assert_eq!((ids(&third.records), &third.next), (vec![1], &None));
    let again = ask(third.previous, true).await;
    assert_eq!(ids(&again.records), ids(&second.records));
    assert_eq!(again.next, second.next);
    let last = ask(None, true).await;
    assert_eq!((ids(&last.records), &last.next), (vec![2, 1], &None));
    // Everything after the cursor is gone: the way back is the last page.
    world.sql("DELETE FROM teas WHERE id < 4").await;
    let empty = ask(second.next, false).await;
    assert_eq!((empty.records.len(), empty.previous.as_deref()), (0, Some("")));
}

/// How the database reads a page, with 20,000 rows in the table.
async fn explain(world: &World, pairs: &[(&str, &str)], expected: Path) -> String {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let query = ListQuery::from_pairs(pairs).unwrap();
    let by = boss();
    let page = Page::new(&world.r, &by, &query, Vec::new()).unwrap();
    let reader = world.store.reader();
    let mut lines = Vec::new();
    let (route, _) = page.survey(reader).await.unwrap();
    if world.is_sqlite() {
        assert_eq!(route.path, expected, "{query:?}");
    }
    for statement in page.statements(&Sql::new(reader), &route, query.back, 51) {
        let word = if world.is_sqlite() { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
        let explained = Statement { sql: format!("{word} {}", statement.sql), ..statement };
        for row in reader.query_all_raw(explained).await.unwrap() {
            lines.push(row.try_get_by_index::<String>(if world.is_sqlite() { 3 } else { 0 }).unwrap());
        }
    }
    lines.join("\n")
}

#[tokio::test]
async fn pages_are_read_along_indexes_and_nothing_large_is_sorted() {
    let world = World::new().await;
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
                INSERT INTO teas (title, status, price, open, version, created_at, updated_at, shop_id) \
                SELECT 'tea ' || i, CASE WHEN i % 5000 = 0 THEN 'draft' WHEN i % 2 = 0 THEN 'open' ELSE 'closed' END, \
                i % 5000, TRUE, 1, 0, 0, 1 FROM n";
    world.sql(rows).await;
    if !world.is_sqlite() {
        world.sql("ANALYZE teas").await;
    }
    for (pairs, path) in [
        (&[][..], Path::Walk),
        (&[("sort", "price")], Path::Walk),
        (&[("sort", "-title")], Path::Walk),
        (&[("sort", "-price"), ("before", "")], Path::Walk),
        (&[("f.status", "open")], Path::Natural(0)),
        (&[("f.status", "open"), ("sort", "price")], Path::Walk),
        (&[("f.price.from", "20"), ("sort", "price")], Path::Walk),
        (&[("f.price.from", "20"), ("f.status", "open"), ("sort", "price")], Path::Walk),
    ] {
        let plan = explain(&world, pairs, path).await;
        assert!(
            plan.to_lowercase().contains("index") || plan.contains("PRIMARY KEY") || plan == "SCAN teas",
            "{pairs:?}: {plan}"
        );
        for sorting in ["TEMP B-TREE", "Sort"] {
            assert!(!plan.contains(sorting), "{pairs:?}: {plan}");
        }
        assert!(!plan.contains("Seq Scan"), "{pairs:?}: {plan}");
    }
    let gathered = explain(&world, &[("f.status", "draft"), ("sort", "price")], Path::Gather(Some(0))).await;
    assert!(gathered.contains("teas_status"), "{gathered}");
    // PostgreSQL knows how many prices are null, and may begin with those.
    assert!(!world.is_sqlite() || !gathered.contains("teas_price"), "{gathered}");
}
