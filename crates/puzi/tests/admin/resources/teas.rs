//! A resource that has every kind of field, over tables of its own.

use puzi_resource::{
    Action, Done, Inline, Many, Options, Resource, Run, Verb, belongs_to, boolean, colour, computed, date, datetime,
    decimal, email, file, images, inline, integer, json, many, money, multi_select, password, percent, phone, radio,
    rich_text, select, string, text, time, url,
};
use puzi_shop::{db::Db, staff::Staff};
use puzi_web::Face;
use sea_orm::{ConnectionTrait, Value};

mod entity {
    pub mod teas {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
        #[sea_orm(table_name = "teas")]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i64,
            pub name: String,
            pub code: Option<String>,
            pub note: Option<String>,
            pub story: Option<String>,
            pub grams: Option<i64>,
            pub strength: Option<i64>,
            pub price: i64,
            pub discount: Option<i64>,
            pub organic: bool,
            pub picked: Option<String>,
            pub opens: Option<String>,
            pub on_sale_at: Option<i64>,
            pub season: Option<String>,
            pub roast: Option<String>,
            pub flavours: Option<String>,
            pub extra: Option<String>,
            pub colour: Option<String>,
            pub mail: Option<String>,
            pub phone: Option<String>,
            pub site: Option<String>,
            pub secret: Option<String>,
            pub pictures: Option<String>,
            pub paper: Option<String>,
            pub garden_id: Option<i64>,
            pub stock: i64,
            pub deleted_at: Option<i64>,
            pub version: i64,
            pub created_at: i64,
            pub updated_at: i64,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    }

    pub mod gardens {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
        #[sea_orm(table_name = "gardens")]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i64,
            pub name: String,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    }
}

const TABLES: [&str; 4] = [
    "CREATE TABLE gardens (id {KEY}, name TEXT NOT NULL)",
    "CREATE TABLE teas (id {KEY}, name TEXT NOT NULL, code TEXT UNIQUE, note TEXT, story TEXT, grams BIGINT, \
     strength BIGINT, price BIGINT NOT NULL, discount BIGINT, organic BOOLEAN NOT NULL, picked TEXT, opens TEXT, \
     on_sale_at BIGINT, season TEXT, roast TEXT, flavours TEXT, extra TEXT, colour TEXT, mail TEXT, phone TEXT, \
     site TEXT, secret TEXT, pictures TEXT, paper TEXT, garden_id BIGINT REFERENCES gardens (id), \
     stock BIGINT NOT NULL DEFAULT 0, deleted_at BIGINT, version BIGINT NOT NULL, created_at BIGINT NOT NULL, \
     updated_at BIGINT NOT NULL)",
    "CREATE TABLE tea_gardens (tea_id BIGINT NOT NULL, garden_id BIGINT NOT NULL, PRIMARY KEY (tea_id, garden_id))",
    "CREATE TABLE tea_sizes (id {KEY}, tea_id BIGINT NOT NULL, title TEXT NOT NULL, price BIGINT NOT NULL, \
     position BIGINT NOT NULL DEFAULT 0)",
];

/// Makes the tables and two gardens.
pub async fn make_tables(db: &Db) {
    let key = if db.is_sqlite() { "INTEGER PRIMARY KEY AUTOINCREMENT" } else { "BIGSERIAL PRIMARY KEY" };
    for table in TABLES {
        db.read().execute_unprepared(&table.replace("{KEY}", key)).await.unwrap();
    }
    for name in ["狮峰山", "洞庭山"] {
        db.execute("INSERT INTO gardens (name) VALUES ($1)", [Value::from(name)]).await.unwrap();
    }
}

/// The admin's own resources, and the teas.
pub fn declared(staff: &Staff) -> Vec<Face> {
    let mut faces = puzi_web::declared(staff);
    faces.push(Face::of(gardens()));
    faces.push(Face::of(teas()));
    faces.push(Face::of(plots()).only_in_api());
    faces.push(Face::of(tastings()).not_in_navigation());
    faces
}

fn gardens() -> Resource {
    Resource::of::<entity::gardens::Entity>("gardens")
        .title("name")
        .in_group("shop", "tag")
        .field(string("name").required().searchable().in_list())
}

/// The gardens once more, for programs only.
fn plots() -> Resource {
    Resource::of::<entity::gardens::Entity>("plots")
        .title("name")
        .in_group("shop", "tag")
        .field(string("name").required().searchable().in_list())
}

/// The teas as somebody sees them who only tastes them.
fn tastings() -> Resource {
    Resource::of::<entity::teas::Entity>("tastings")
        .title("name")
        .field(string("name").in_list())
        .field(belongs_to("garden_id", "plots").in_list())
        .only(&[Verb::View])
}

fn teas() -> Resource {
    Resource::of::<entity::teas::Entity>("teas")
        .title("name")
        .in_group("shop", "gift")
        .per_page(20)
        .field(string("name").required().max(60).searchable().sortable().in_list())
        .field(string("code").nullable().unique().matching("^[A-Z]{2}-[0-9]+$").searchable().in_list())
        .field(belongs_to("garden_id", "gardens").nullable().filter().in_list())
        .field(money("price").required().min(0).sortable().filter().in_list())
        .field(integer("stock").readonly().sortable().in_list())
        .field(select("season", Options::Fixed(&["spring", "autumn"])).nullable().filter().in_list())
        .field(radio("roast", Options::Fixed(&["light", "dark"])).filter().default("light"))
        .field(boolean("organic").filter().in_list())
        .field(multi_select("flavours", Options::Fixed(&["nutty", "floral", "smoky"])).filter())
        .field(datetime("on_sale_at").nullable().filter().sortable().in_list())
        .field(date("picked").nullable())
        .field(time("opens").nullable())
        .field(integer("grams").nullable().min(1).max(5_000))
        .field(decimal("strength", 2).nullable())
        .field(percent("discount").nullable().max(10_000))
        .field(text("note").max(200))
        .field(rich_text("story"))
        .field(json("extra").nullable())
        .field(colour("colour").nullable())
        .field(email("mail").nullable())
        .field(phone("phone").nullable())
        .field(url("site").nullable())
        .field(password("secret").nullable().min(8))
        .field(images("pictures", 5))
        .field(file("paper"))
        .field(many("gardens", Many { resource: "gardens", table: "tea_gardens", here: "tea_id", there: "garden_id" }))
        .field(inline(
            "sizes",
            Inline {
                table: "tea_sizes",
                parent: "tea_id",
                position: Some("position"),
                fields: vec![string("title").required().max(20), money("price").required().min(1)],
            },
        ))
        .field(computed("value", |tea| {
            let (price, stock) = (tea.number("price").unwrap_or_default(), tea.number("stock").unwrap_or_default());
            (price * stock).into()
        }))
        .field(datetime("created_at").readonly())
        .field(datetime("updated_at").readonly())
        .action(
            Action::new("restock", |run: Run<'_>| {
                Box::pin(async move {
                    let tx = run.store.begin().await?;
                    for id in &run.ids {
                        let sql = format!("UPDATE teas SET stock = stock + 10, version = version + 1 WHERE id = {id}");
                        tx.on().execute_unprepared(&sql).await?;
                    }
                    tx.commit().await?;
                    Ok(Done { changed: run.ids.len() as u64, ..Done::default() })
                })
            })
            .bulk(),
        )
        .action(
            Action::new("burn", |run: Run<'_>| {
                Box::pin(async move {
                    let tx = run.store.begin().await?;
                    for id in &run.ids {
                        let sql = format!("UPDATE teas SET stock = 0, version = version + 1 WHERE id = {id}");
                        tx.on().execute_unprepared(&sql).await?;
                    }
                    tx.commit().await?;
                    Ok(Done { changed: run.ids.len() as u64, ..Done::default() })
                })
            })
            .bulk()
            .danger(),
        )
}
