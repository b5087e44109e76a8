use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend};

use super::*;
use crate::engine::tests::world::World;

/// The tests' tables, and one with everything in it.
async fn world() -> World {
    let world = World::new().await;
    let key = if world.is_sqlite() { "INTEGER PRIMARY KEY" } else { "BIGSERIAL PRIMARY KEY" };
    let only_there =
        if world.is_sqlite() { "weight REAL" } else { "weight NUMERIC(10,2), seen TIMESTAMPTZ, tags TEXT[]" };
    world
        .sql(&format!(
            "CREATE TABLE blog_posts (nr {key}, title VARCHAR(100) NOT NULL, slug VARCHAR(64) NOT NULL UNIQUE, body TEXT NOT \
             NULL DEFAULT '', state TEXT NOT NULL CHECK (state IN ('draft', 'live')), price BIGINT, hits BIGINT NOT NULL \
             DEFAULT 0, shown BOOLEAN NOT NULL, live_at BIGINT, email TEXT, logo TEXT, about VARCHAR(2000), contact_token \
             TEXT, \"odd-name\" TEXT, origin_id BIGINT NOT NULL REFERENCES origins (id) ON DELETE CASCADE, version BIGINT \
             NOT NULL, created_at BIGINT NOT NULL, deleted_at BIGINT, {only_there})"
        ))
        .await;
    world.sql("CREATE INDEX blog_posts_origin ON blog_posts (origin_id)").await;
    world.sql("CREATE UNIQUE INDEX blog_posts_two ON blog_posts (origin_id, title)").await;
    world.sql("CREATE INDEX blog_posts_some ON blog_posts (price) WHERE shown").await;
    world.sql("CREATE INDEX blog_posts_lower ON blog_posts (lower(title))").await;
    world.sql("CREATE INDEX blog_posts_hits ON blog_posts (hits, nr)").await;
    world.sql("CREATE TABLE seaql_migrations (version TEXT PRIMARY KEY)").await;
    world
}

fn reader(world: &World) -> &DatabaseConnection {
    crate::Store::reader(&*world.store)
}

#[tokio::test]
async fn the_database_s_own_tables_are_none() {
    let world = world().await;
    let names = tables(reader(&world)).await.unwrap();
    let expected = ["blog_posts", "imports", "origins", "resource_views", "tea_blends", "tea_packs", "teas"];
    assert_eq!(names, expected);
    for own in ["teas_search", "seaql_migrations", "sqlite_master", "pg_class", "", "a\0b", "teas; DROP TABLE teas"] {
        assert_eq!(describe(reader(&world), own).await.unwrap(), None, "{own}");
    }
}

#[tokio::test]
async fn a_table_is_described_as_it_is() {
    let world = world().await;
    let table = describe(reader(&world), "blog_posts").await.unwrap().unwrap();
    assert_eq!(table.key().map(|key| key.name.as_str()), Some("nr"));
    let seen = |name: &str| {
        let column = table.column(name).unwrap();
        (column.declared.as_str(), column.nullable, column.has_default)
    };
    assert_eq!(seen("title"), ("varchar(100)", false, false));
    assert_eq!(seen("body"), ("text", false, true));
    let bigint = if world.is_sqlite() { "bigint" } else { "int8" };
    assert_eq!((seen("price"), seen("hits")), ((bigint, true, false), (bigint, false, true)));
    assert_eq!(table.column("state").unwrap().options, ["draft", "live"]);
    let leads_to = table.column("origin_id").unwrap().leads_to.clone();
    assert_eq!(leads_to, Some(("origins".into(), "id".into(), "cascade".into())));
    let indexes: Vec<_> = table.indexes.iter().map(|(columns, unique)| (columns.join("|"), *unique)).collect();
    let expected = [("hits|nr", false), ("origin_id", false), ("origin_id|title", true), ("slug", true)];
    assert_eq!(indexes, expected.map(|(columns, unique)| (columns.to_owned(), unique)));
    let unique: Vec<_> = table.known().columns.into_iter().filter(|it| it.unique).map(|it| it.name).collect();
    assert_eq!(unique, ["nr", "slug"]);
}

#[tokio::test]
async fn a_table_becomes_the_command_line_that_makes_its_resource() {
    let world = world().await;
    let table = describe(reader(&world), "blog_posts").await.unwrap().unwrap();
    let request = request_for(&table).unwrap();
    let fields = [
        "title#string(100)#required",
        "slug#string(64)#required|unique",
        "body#text",
        "state#enum(draft,live)#required",
        "price#money#nullable",
        // An emptied number is null, which the column refuses.
        "hits#integer#required",
        "shown#boolean",
        "live_at#datetime#nullable",
        "email#email#nullable",
        "logo#image#nullable",
        "about#text#nullable|max:2000",
        "origin_id#integer#required",
    ];
    assert_eq!(request.fields.as_deref(), Some(fields.join("; ").as_str()));
    assert_eq!((request.name.as_str(), request.pk.as_deref()), ("BlogPosts", Some("nr")));
    assert_eq!(request.foreign_keys.as_deref(), Some("origin_id#id#origins#cascade"));
    assert_eq!(request.indexes.as_deref(), Some("origin_id|title#unique"));
    assert_eq!(request.soft_deletes.as_deref(), Some("yes"));
    let left_out: Vec<_> = table.left_out().into_iter().map(|it| (it.column, it.declared, it.why)).collect();
    let mut expected = vec![("contact_token", "text", Why::Secret), ("odd-name", "text", Why::Name)];
    if world.is_sqlite() {
        expected.push(("weight", "real", Why::Type));
    } else {
        expected.extend([
            ("weight", "numeric(10,2)", Why::Type),
            ("seen", "timestamptz", Why::Type),
            ("tags", "text[]", Why::Type),
        ]);
    }
    assert_eq!(left_out, expected.into_iter().map(|(a, b, why)| (a.into(), b.into(), why)).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_table_without_a_key_of_whole_numbers_has_no_request() {
    let world = world().await;
    world.sql("CREATE TABLE words (word TEXT PRIMARY KEY, n BIGINT)").await;
    for name in ["words", "tea_blends"] {
        let table = describe(reader(&world), name).await.unwrap().unwrap();
        let fault = request_for(&table).unwrap_err();
        assert_eq!((fault.key, fault.place.unwrap().text.as_str()), ("table_without_key", name));
    }
}

#[tokio::test]
async fn a_column_that_only_has_the_name_of_the_engine_s_own_is_not_taken_for_it() {
    let world = world().await;
    world.sql("CREATE TABLE odd (id BIGINT PRIMARY KEY, version TEXT, created_at DOUBLE PRECISION, name TEXT)").await;
    let table = describe(reader(&world), "odd").await.unwrap().unwrap();
    let known: Vec<_> = table.known().columns.into_iter().map(|column| column.name).collect();
    assert_eq!(known, ["id", "name"]);
    let left_out: Vec<_> = table.left_out().into_iter().map(|it| (it.column, it.why)).collect();
    assert_eq!(left_out, [("version".to_owned(), Why::Name), ("created_at".to_owned(), Why::Type)]);
    assert_eq!(request_for(&table).unwrap().fields.as_deref(), Some("name#string#nullable"));
}

#[tokio::test]
async fn the_next_migration_follows_the_last_one() {
    let world = world().await;
    let today = jiff::civil::date(2026, 11, 23);
    assert_eq!(next_migration(reader(&world), "posts", today).await.unwrap(), "m20261123_000001_posts");
    world.sql("INSERT INTO seaql_migrations VALUES ('m20261122_000009_a'), ('m20261122_000010_b')").await;
    assert_eq!(next_migration(reader(&world), "posts", today).await.unwrap(), "m20261123_000011_posts");
}

#[tokio::test]
async fn sqlite_s_own_ways_are_understood() {
    let db = Database::connect(ConnectOptions::new("sqlite::memory:")).await.unwrap();
    assert_eq!(db.get_database_backend(), DbBackend::Sqlite);
    for sql in [
        "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
        "CREATE TABLE \"Odd Ones\" (ID INTEGER PRIMARY KEY, parent INT REFERENCES parents, flag TINYINT(1) NOT NULL, small \
         SMALLINT UNSIGNED, note, day DATE, twice INT AS (small * 2))",
        "CREATE VIEW seen AS SELECT * FROM parents",
    ] {
        db.execute_unprepared(sql).await.unwrap();
    }
    assert_eq!(tables(&db).await.unwrap(), ["Odd Ones", "parents"]);
    let table = describe(&db, "Odd Ones").await.unwrap().unwrap();
    assert_eq!(table.column("parent").unwrap().leads_to, Some(("parents".into(), "id".into(), "no action".into())));
    let request = request_for(&table).unwrap();
    let fields = "parent#integer#nullable; flag#boolean; small#smallint#unsigned#nullable";
    assert_eq!(request.fields.as_deref(), Some(fields));
    assert_eq!((request.pk.as_deref(), request.foreign_keys.as_deref()), (Some("ID"), Some("parent#id#parents")));
    assert!(
        command_line(&request).starts_with("puzi generate crud OddOnes --from-table=\"Odd Ones\" --fields=\"parent#")
    );
    let left_out: Vec<_> = table.left_out().into_iter().map(|it| it.column).collect();
    assert_eq!(left_out, ["note", "day"]);
}
