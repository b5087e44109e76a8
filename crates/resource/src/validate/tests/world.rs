//! A shop of teas in memory.

use futures_util::future::BoxFuture;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, QueryResult};
use serde_json::{Map, Value};

use crate::{
    Actor, AuditEntry, Checker, Choice, Error, Field, Inline, Input, Kind, Many, Options, Problem, Record, Resource,
    Resources, Result, Rule, Store, Transaction, Upload, belongs_to, boolean, computed, datetime, image, images,
    inline, integer, many, money, multi_select, password, query::sql::Sql, rich_text, select, string, text,
};
use std::sync::Arc;

pub mod tea {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "teas")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub shop_id: i64,
        pub code: String,
        pub title: String,
        pub body: String,
        pub price: i64,
        pub grade: String,
        pub tags: String,
        pub season: Option<String>,
        pub opens_at: Option<i64>,
        pub hot: bool,
        pub secret: Option<String>,
        pub picture: String,
        pub pictures: String,
        pub views: i64,
        pub deleted_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod shop {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "shops")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub region: String,
        pub deleted_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub fn teas() -> Resource {
    let seasons = Options::Asked(Arc::new(|_, _| {
        Box::pin(async { Ok(vec![Choice { value: "spring".into(), label: Some("春".into()) }]) })
    }));
    let steps = Inline {
        table: "steps",
        parent: "tea_id",
        position: Some("position"),
        fields: vec![string("name").required(), integer("seconds").min(1), belongs_to("shop_id", "shops").nullable()],
    };
    let pairs = Many { resource: "shops", table: "tea_shops", here: "tea_id", there: "shop_id" };
    Resource::of::<tea::Entity>("teas")
        .field(belongs_to("shop_id", "shops").required())
        .field(string("code").required().unique().max(20))
        .field(string("title").required())
        .field(rich_text("body"))
        .field(money("price").min(1).default(100))
        .field(select("grade", Options::Fixed(&["first", "second"])).default("first"))
        .field(multi_select("tags", Options::Fixed(&["new", "rare"])))
        .field(select("season", seasons).nullable())
        .field(datetime("opens_at").nullable())
        .field(boolean("hot"))
        .field(password("secret").nullable().rule(Rule::Confirmed))
        .field(image("picture").max(10))
        .field(images("pictures", 2).rule(Rule::Mimes(vec!["png".into()])))
        .field(integer("views").readonly())
        .field(many("sold_in", pairs))
        .field(inline("steps", steps))
        .field(computed("label", |record| record.get("title").clone()))
}

fn shops() -> Resource {
    Resource::of::<shop::Entity>("shops")
        .field(string("name").required())
        .field(string("region"))
        .scope(|by: &Actor| by.name.strip_prefix("of ").map(|region| ("region", Value::from(region))))
}

pub struct Shop(DatabaseConnection);

impl Store for Shop {
    fn reader(&self) -> &DatabaseConnection {
        &self.0
    }

    fn begin(&self) -> BoxFuture<'_, Result<Box<dyn Transaction>>> {
        Box::pin(async { Err(Error::Other("a check writes nothing".into())) })
    }

    fn audit<'a>(&'a self, _: &'a DatabaseTransaction, _: AuditEntry<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn hash_password(&self, password: String) -> BoxFuture<'_, Result<String>> {
        Box::pin(async move { Ok(format!("hash of {password}")) })
    }

    fn uploads<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<Vec<Upload>>> {
        Box::pin(async move {
            let mut sql = Sql::new(&self.0);
            sql.push("SELECT key, kind, media_type, bytes FROM uploads WHERE key IN (");
            sql.bind_all(keys.iter().cloned()).push(")");
            let rows = self.0.query_all_raw(sql.statement()).await?;
            let read = |row: &QueryResult| {
                Ok(Upload {
                    key: row.try_get_by_index(0)?,
                    is_picture: row.try_get_by_index::<String>(1)? == "image",
                    media_type: row.try_get_by_index(2)?,
                    bytes: row.try_get_by_index(3)?,
                })
            };
            rows.iter().map(read).collect()
        })
    }

    fn attach_uploads<'a>(&'a self, tx: &'a DatabaseTransaction, keys: &'a [&'a str]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let mut sql = Sql::new(tx);
            sql.push("UPDATE uploads SET attached = TRUE WHERE key IN (").bind_all(keys.iter().copied()).push(")");
            tx.execute_raw(sql.statement()).await?;
            Ok(())
        })
    }
}

pub struct World {
    pub shop: Shop,
    pub resources: Resources,
    pub by: Actor,
}

impl World {
    pub async fn new() -> Self {
        Self::with(vec![teas()]).await
    }

    /// A world in which only the field `title` of a tea is declared, as `field` says, and `other` beside it.
    pub async fn of(field: Field, other: Field) -> Self {
        Self::with(vec![Resource::of::<tea::Entity>("teas").field(field).field(other)]).await
    }

    async fn with(mut resources: Vec<Resource>) -> Self {
        let connection = Database::connect("sqlite::memory:").await.unwrap();
        for sql in [
            "CREATE TABLE shops (id INTEGER PRIMARY KEY, name TEXT, region TEXT, deleted_at INTEGER)",
            "INSERT INTO shops VALUES (1, '杭州店', 'east', NULL), (2, '成都店', 'west', NULL), (3, '旧店', 'east', 5)",
            "CREATE TABLE teas (id INTEGER PRIMARY KEY, code TEXT, title TEXT, deleted_at INTEGER)",
            "INSERT INTO teas VALUES (1, 'lj', '龙井', NULL), (2, 'old', '陈茶', 5)",
            "CREATE TABLE steps (id INTEGER PRIMARY KEY, tea_id INTEGER, name TEXT)",
            "INSERT INTO steps VALUES (1, 1, '温杯'), (2, 2, '投茶')",
            "CREATE TABLE uploads (key TEXT, kind TEXT, media_type TEXT, bytes INTEGER, attached BOOLEAN)",
            "INSERT INTO uploads VALUES ('pic', 'image', 'image/png', 2048, FALSE),
                ('photo', 'image', 'image/jpeg', 2048, FALSE), ('big', 'image', 'image/png', 10241, FALSE),
                ('doc', 'file', 'application/pdf', 10, FALSE)",
        ] {
            connection.execute_unprepared(sql).await.unwrap();
        }
        resources.push(shops());
        Self { shop: Shop(connection), resources: Resources::new(resources), by: Actor::system() }
    }

    pub async fn check(&self, input: Input, existing: Option<&Record>) -> Result<Map<String, Value>, Vec<Problem>> {
        let checker = Checker { store: &self.shop, resources: &self.resources };
        match checker.check(self.resources.get("teas").unwrap(), &self.by, &input, existing).await {
            Ok(record) => Ok(record.values),
            Err(Error::Invalid(problems)) => Err(problems),
            Err(other) => panic!("{other}"),
        }
    }

    /// The problems as `field key`.
    pub async fn problems(&self, input: Input, existing: Option<&Record>) -> Vec<String> {
        let problems = self.check(input, existing).await.err().unwrap_or_default();
        problems.iter().map(|problem| format!("{} {}", problem.field, problem.key)).collect()
    }
}

pub fn form(pairs: &[(&str, &str)]) -> Input {
    Input::from_pairs(pairs.iter().copied())
}

pub fn body(value: Value) -> Input {
    Input::from_json(value).unwrap()
}

/// A tea that is there, with these values.
pub fn stored(values: Value) -> Record {
    Record { id: 1, values: values.as_object().unwrap().clone(), ..Record::default() }
}

/// A text field that a rule is tried on.
pub fn line() -> Field {
    string("title")
}

/// Another one, for rules between two.
pub fn beside(kind: Kind) -> Field {
    Field::new("body", kind).rules("nullable")
}

pub fn lines() -> Field {
    text("title")
}
