//! Makes the database: the program's own tables, a million products, their indexes and their search index.

use std::net::{IpAddr, Ipv4Addr};

use puzi::settings::Settings;
use puzi_resource::create_search;
use puzi_shop::{
    audit::Actor,
    db::Db,
    staff::{Attempt, Staff},
    texts::Locale,
};
use puzi_web::Face;
use puzi_wechat::Secret;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::{Failure, plain, product};

/// Rows in one statement, and of the search index in one transaction.
const AT_ONCE: u64 = 500;
const INDEXED_AT_ONCE: u64 = 10_000;

const LOGIN: &str = "bench";
const PASSWORD: &str = "a password of the benchmark alone";

/// Fills the database unless it is filled, and gives a session.
pub(crate) async fn fill(settings: &Settings, rows: u64) -> Result<Value, Failure> {
    let place = settings.open().await.map_err(plain)?;
    let staff = Staff::new(place.db.clone(), place.vault.clone());
    if !is_filled(&place.db).await {
        let engine = puzi_web::faces(&place.db, &staff, vec![Face::of(product::resource())]).engine().clone();
        make(&place.db, &engine, rows).await?;
    }
    let password = || Secret::new(PASSWORD.to_owned());
    if !staff.any().await? {
        staff.create_first_owner(&Actor::system(), LOGIN, "Bench", password(), Locale::En).await?;
    }
    let attempt = Attempt {
        login: LOGIN.into(),
        password: password(),
        code: None,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        agent: "bench".into(),
    };
    let session = staff.log_in(attempt).await.map_err(|refused| format!("{refused:?}"))?.token;
    place.db.close().await?;
    Ok(json!({ "cookie": format!("puzi_admin={}", session.expose()) }))
}

/// The last index is made last.
async fn is_filled(db: &Db) -> bool {
    db.read().execute_unprepared("SELECT done FROM bench_filled").await.is_ok()
}

async fn make(db: &Db, engine: &puzi_resource::Engine, rows: u64) -> Result<(), Failure> {
    let on = db.read();
    let backend = on.get_database_backend();
    for old in ["bench_products_search", product::NAME] {
        on.execute_unprepared(&format!("DROP TABLE IF EXISTS {old}")).await?;
    }
    on.execute_unprepared(&product::table(if db.is_sqlite() {
        "INTEGER PRIMARY KEY"
    } else {
        "BIGSERIAL PRIMARY KEY"
    }))
    .await?;
    let mut next = 1;
    while next <= rows {
        let tx = db.begin_write().await?;
        for _ in 0..20 {
            let last = (next + AT_ONCE - 1).min(rows);
            if next <= last {
                let values: Vec<String> = (next..=last).map(product::row).collect();
                tx.execute_unprepared(&format!("INSERT INTO {} VALUES {}", product::NAME, values.join(", "))).await?;
                next = last + 1;
            }
        }
        tx.commit().await?;
        eprint!("\r{} of {rows} rows", next - 1);
    }
    for index in product::indexes() {
        on.execute_unprepared(&index).await?;
    }
    for statement in create_search(backend, product::NAME) {
        on.execute_unprepared(&statement).await?;
    }
    let resource = engine.resources().get(product::NAME).ok_or("the resource is declared")?.clone();
    let mut after = 0;
    while let Some(last) = engine.rebuild_search(&resource, after, INDEXED_AT_ONCE).await? {
        after = last;
        eprint!("\r{after} of {rows} rows in the search index");
    }
    eprintln!();
    // What autovacuum does on a server that has been running for a while. SQLite keeps no statistics, and gets none here.
    let rested = if db.is_sqlite() { "PRAGMA wal_checkpoint(TRUNCATE)" } else { "VACUUM ANALYZE" };
    on.execute_unprepared(rested).await?;
    on.execute_unprepared("CREATE TABLE bench_filled (done BOOLEAN)").await?;
    Ok(())
}
