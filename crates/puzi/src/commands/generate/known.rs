//! What there is already: in this program, and in the tree that it may be older than.

use std::{collections::BTreeSet, fs, sync::Arc};

use puzi_resource::generate::{Known, KnownColumn, KnownTable, TableShape, Tree, describe_all};
use puzi_shop::{db::Db, secrets::Vault, staff::Staff};

use crate::error::Failure;

/// What the program and the tree have.
///
/// # Errors
/// When a file of the tree cannot be read.
pub(super) async fn gather(tree: &Tree) -> Result<Known, Failure> {
    let db = Db::connect("sqlite::memory:").await?;
    db.migrate().await?;
    let mut known = Known { tables: shapes(&db).await?, modules: tree.modules()?, ..Known::default() };
    // The declarations ask for staff and their secrets, and no row of either is there.
    let vault = Vault::new(&[0; 32])?;
    let staff = Staff::new(db.clone(), Arc::new(vault));
    let faces = puzi_web::faces(&db, &staff, puzi_web::declared(&staff));
    known.resources = faces.engine().resources().iter().map(|resource| resource.name.to_owned()).collect();
    let paths: BTreeSet<String> = puzi_web::route_table(&faces).into_iter().map(|(_, path, _)| path).collect();
    known.routes = paths.into_iter().collect();
    for entry in tree.entries()? {
        newer_than_the_program(tree, &entry.name, &entry.files, &mut known);
    }
    Ok(known)
}

/// The tables of a database.
pub(super) async fn shapes(db: &Db) -> Result<Vec<KnownTable>, Failure> {
    Ok(describe_all(db.read()).await?.iter().map(TableShape::known).collect())
}

/// A program that was built before its tree knows nothing of what was generated since; the migrations tell.
fn newer_than_the_program(tree: &Tree, name: &str, files: &[String], known: &mut Known) {
    let below = |path: &&String, folder: &str| path.starts_with(folder) && path.ends_with(".rs");
    let is_migration = |path: &&String| below(path, "crates/shop/src/migrations/");
    if files.iter().any(|path| below(&path, "crates/shop/src/") && !is_migration(&path)) {
        known.generated.push(name.to_owned());
    }
    let declared = files.iter().any(|path| below(&path, "crates/web/src/admin/"));
    if declared && !known.resources.iter().any(|resource| resource == name) {
        known.resources.push(name.to_owned());
        known.routes.push(format!("/admin/{name}"));
    }
    let migration = files.iter().find(is_migration);
    let Some(text) = migration.and_then(|path| fs::read_to_string(tree.root().join(path)).ok()) else { return };
    let Some(table) = after(&text, ".table(\"").next() else { return };
    if known.table(table).is_some() {
        return;
    }
    let columns = text.lines().filter_map(|line| {
        let name = after(line.trim().strip_prefix(".col(")?, "(\"").next()?;
        let unique = line.contains("pk_auto(") || line.contains("unique_key()") || line.contains("_uniq(");
        Some(KnownColumn { name: name.to_owned(), unique })
    });
    known.tables.push(KnownTable { name: table.to_owned(), columns: columns.collect() });
}

/// The quoted words that follow `mark`.
fn after<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(mark).skip(1).filter_map(|rest| rest.split('"').next())
}
