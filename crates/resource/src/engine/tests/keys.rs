//! A table whose key is not called `id`: everything that finds a record by its number.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use sea_orm::DbBackend;
use serde_json::json;

use super::world::{Plain, World, at_fault, boss};
use crate::{
    Engine, Error, Format, Inline, Input, ListQuery, Many, Record, Resource, Resources, belongs_to, create_search,
    inline, integer, many, string,
};

mod gifts {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "gifts")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub gift_no: i64,
        pub code: Option<String>,
        pub name: String,
        pub price: Option<i64>,
        pub box_no: Option<i64>,
        pub version: i64,
        pub deleted_at: Option<i64>,
        pub created_at: i64,
        pub updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const TABLES: [&str; 4] = [
    "CREATE TABLE gifts (gift_no {key}, code TEXT UNIQUE, name TEXT NOT NULL, price BIGINT, \
     box_no BIGINT REFERENCES gifts (gift_no), version BIGINT NOT NULL, deleted_at BIGINT, created_at BIGINT NOT NULL, \
     updated_at BIGINT NOT NULL)",
    "CREATE INDEX gifts_price ON gifts (price, gift_no)",
    "CREATE TABLE gift_pairs (one BIGINT NOT NULL, other BIGINT NOT NULL, PRIMARY KEY (one, other))",
    "CREATE TABLE ribbons (id {key}, gift_no BIGINT NOT NULL REFERENCES gifts (gift_no), length BIGINT)",
];

fn gifts() -> Resource {
    let pairs = Many { resource: "gifts", table: "gift_pairs", here: "one", there: "other" };
    let ribbons = Inline { table: "ribbons", parent: "gift_no", position: None, fields: vec![integer("length")] };
    Resource::of::<gifts::Entity>("gifts")
        .title("name")
        .field(string("code").unique().nullable())
        .field(string("name").required().searchable().sortable().in_list())
        .field(integer("price").nullable().sortable().filter().in_list())
        .field(belongs_to("box_no", "gifts").nullable().filter())
        .field(many("with", pairs).nullable().filter())
        .field(inline("ribbons", ribbons).nullable())
}

struct Shop {
    world: World,
    engine: Engine,
    r: Arc<Resource>,
}

impl Shop {
    async fn open(indexed: bool) -> Self {
        let world = World::new().await;
        let (key, backend) = match world.is_sqlite() {
            true => ("INTEGER PRIMARY KEY", DbBackend::Sqlite),
            false => ("BIGSERIAL PRIMARY KEY", DbBackend::Postgres),
        };
        for table in TABLES {
            world.sql(&table.replace("{key}", key)).await;
        }
        for statement in create_search(backend, "gifts") {
            world.sql(&statement).await;
        }
        let resource = if indexed { gifts().indexed_search() } else { gifts() };
        let resources = Arc::new(Resources::new(vec![resource]));
        let r = resources.get("gifts").unwrap().clone();
        Self { engine: Engine::new(world.store.clone(), resources), r, world }
    }

    async fn make(&self, json: serde_json::Value) -> Record {
        self.engine.create(&self.r, &boss(), &Input::from_json(json).unwrap()).await.unwrap()
    }

    async fn list(&self, pairs: &[(&str, &str)]) -> Vec<i64> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut query = ListQuery::from_pairs(pairs).unwrap();
        let mut seen = Vec::new();
        loop {
            let page = self.engine.list(&self.r, &boss(), &query).await.unwrap();
            seen.extend(page.records.iter().map(|record| record.id));
            query.cursor = page.next;
            if query.cursor.is_none() {
                return seen;
            }
        }
    }
}

/// Sixty gifts, every tenth of them rare; their numbers begin far from those of a new table.
async fn fill(shop: &Shop) {
    let rows = "WITH RECURSIVE n (i) AS (SELECT 501 UNION ALL SELECT i + 1 FROM n WHERE i < 560) \
                INSERT INTO gifts (gift_no, name, price, version, created_at, updated_at) \
                SELECT i, CASE WHEN i % 10 = 0 THEN '茶具 rare' ELSE '茶具' END, i % 3, 1, 0, 0 FROM n";
    shop.world.sql(rows).await;
    if shop.r.indexed_search {
        shop.engine.rebuild_search(&shop.r, 0, 1_000).await.unwrap();
    }
}

#[test]
fn the_key_is_the_entitys() {
    let r = gifts();
    assert_eq!((r.key, r.order.field.as_str()), ("gift_no", "id"));
}

#[test]
#[should_panic(expected = "called as the row number is")]
fn no_field_takes_the_row_numbers_name() {
    let _ = gifts().field(crate::computed("id", |_| json!(0)));
}

#[tokio::test]
async fn lists_are_paged_filtered_and_searched() {
    for indexed in [false, true] {
        let shop = Shop::open(indexed).await;
        fill(&shop).await;
        for (pairs, found) in [
            (&[][..], 60),
            (&[("f.price", "1")], 20),
            (&[("q", "茶具")], 60),
            (&[("q", "rare")], 6),
            (&[("q", "茶 rare"), ("f.price.from", "1")], 4),
            (&[("q", "!!")], 0),
        ] {
            for sort in ["id", "-id", "price", "-price", "name"] {
                let mut pairs = pairs.to_vec();
                pairs.extend([("sort", sort), ("size", "7")]);
                let seen = shop.list(&pairs).await;
                let once: BTreeSet<i64> = seen.iter().copied().collect();
                assert_eq!((seen.len(), once.len()), (found, found), "{pairs:?}, indexed: {indexed}");
                assert!(once.iter().all(|id| (501..=560).contains(id)));
                match sort {
                    "id" => assert!(seen.is_sorted()),
                    "-id" => assert!(seen.iter().rev().is_sorted()),
                    _ => {}
                }
            }
        }
    }
}

#[tokio::test]
async fn a_record_is_made_changed_deleted_and_restored() {
    let shop = Shop::open(true).await;
    fill(&shop).await;
    shop.world.sql("UPDATE gifts SET code = 'taken' WHERE gift_no = 510").await;
    if !shop.world.is_sqlite() {
        shop.world.sql("SELECT setval(pg_get_serial_sequence('gifts', 'gift_no'), 600)").await;
    }
    let made = shop
        .make(json!({"name": "盒子", "box_no": 501, "with": [502, 503], "ribbons": [{"length": 3}], "code": "own"}))
        .await;
    assert!(made.id > 560, "{made:?}");
    assert_eq!((made.get("with"), made.get("ribbons")[0]["length"].as_i64()), (&json!([502, 503]), Some(3)));
    let (engine, r, by) = (&shop.engine, &shop.r, boss());
    let labels = engine.labels(r, &by, std::slice::from_ref(&made)).await.unwrap();
    assert_eq!((labels.of("box_no", 501), labels.of("with", 502)), (Some("茶具"), Some("茶具")));
    for pairs in [[("f.box_no", "501")], [("f.with", "503")], [("q", "盒子")]] {
        assert_eq!(shop.list(&pairs).await, [made.id], "{pairs:?}");
    }
    let offered = engine.options(r, &by, "box_no", "盒").await.unwrap();
    assert_eq!(offered[0].value, made.id.to_string());
    let edit = async |json: serde_json::Value, version| {
        engine.update(r, &by, made.id, Some(version), &Input::from_json(json).unwrap()).await
    };
    assert_eq!(at_fault(edit(json!({"code": "taken"}), 1).await)[0].1, "rules.unique");
    assert_eq!(at_fault(edit(json!({"box_no": 999}), 1).await)[0].1, "rules.choice");
    let ribbon = made.get("ribbons")[0]["id"].clone();
    let change = json!({"name": "礼盒", "code": "own", "with": [504], "ribbons": [{"id": ribbon, "length": 4}]});
    let changed = edit(change, 1).await.unwrap();
    assert_eq!((changed.version, changed.get("ribbons")[0]["length"].as_i64()), (Some(2), Some(4)));
    assert!(matches!(edit(json!({"name": "x"}), 1).await, Err(Error::Conflict(_))));
    assert_eq!((shop.list(&[("q", "盒子")]).await.len(), shop.list(&[("q", "礼盒")]).await.len()), (0, 1));
    engine.delete(r, &by, made.id).await.unwrap();
    assert_eq!(shop.list(&[("deleted", "only")]).await, [made.id]);
    assert_eq!(engine.restore(r, &by, made.id).await.unwrap().version, Some(4));
    assert_eq!(engine.act(r, &by, "delete", &[501, 502]).await.unwrap().changed, 2);
    assert!(matches!(engine.act(r, &by, "delete", &[503, 9_999]).await, Err(Error::NotFound)));
    let copy = engine.duplicate(r, &by, made.id).await.unwrap();
    assert_eq!((copy.id, copy.get("code"), copy.text("name")), (0, &json!(null), "礼盒"));
}

#[tokio::test]
async fn a_record_is_erased_where_nothing_keeps_it() {
    let shop = Shop::open(true).await;
    let mut hard = Resource::clone(&shop.r);
    hard.columns.retain(|column| column != "deleted_at");
    let made = shop.make(json!({"name": "盒子", "ribbons": [{"length": 3}]})).await;
    shop.engine.delete(&hard, &boss(), made.id).await.unwrap();
    assert_eq!(shop.world.number("SELECT COUNT(*) FROM gifts").await, 0);
}

#[tokio::test]
async fn files_name_the_number_id() {
    let shop = Shop::open(false).await;
    fill(&shop).await;
    shop.world.sql("DELETE FROM gifts WHERE gift_no > 502").await;
    let (engine, r, by) = (&shop.engine, &shop.r, boss());
    let query = ListQuery::from_pairs([("sort".to_owned(), "id".to_owned())]).unwrap();
    let stream = engine.export(r, &by, &query, Format::Csv, Arc::new(Plain)).unwrap();
    let csv: Vec<Bytes> = stream.try_collect().await.unwrap();
    let csv = String::from_utf8(csv.concat()).unwrap();
    assert!(csv.starts_with("\u{feff}id,code,name") && csv.contains("\r\n501,,茶具,"), "{csv}");
    let file = "id,name,box_no\n501,茶盘,#502\n,新的,茶盘\n";
    let check = async |file: &str| {
        engine.import_check(r, &by, Bytes::from(file.to_owned()), "gifts.csv", &[Arc::new(Plain)]).await.unwrap()
    };
    let unclear = check(file).await;
    assert_eq!((unclear.changed.len(), unclear.faulty.len()), (1, 1), "茶盘 is nobody's name yet: {unclear:?}");
    let report = check(&file.replace("新的,茶盘", "新的,502")).await;
    assert_eq!((report.changed[0].id, report.new.len()), (501, 1));
    let id = report.id.unwrap();
    if !shop.world.is_sqlite() {
        shop.world.sql("SELECT setval(pg_get_serial_sequence('gifts', 'gift_no'), 600)").await;
    }
    let applied = engine.import_apply(r, &by, id).await.unwrap();
    assert_eq!((applied.created, applied.changed), (1, 1));
    assert_eq!(engine.get(r, &by, 501).await.unwrap().text("name"), "茶盘");
    assert_eq!(shop.list(&[("f.box_no", "502")]).await.len(), 2);
    engine.import_undo(r, &by, id).await.unwrap();
    assert_eq!(engine.get(r, &by, 501).await.unwrap().text("name"), "茶具");
}
