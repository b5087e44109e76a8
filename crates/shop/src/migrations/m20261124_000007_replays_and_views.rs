//! An endpoint's host is a column of its own: what else stands in its address may be a key of the receiver's. A replay says
//! whether it stored its push, how many deliveries it made and when its answer began to be sent; a saved view says what its maker saw.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::Statement};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let host = text("host").default("").to_owned();
        manager.alter_table(Table::alter().table("webhooks").add_column(host).to_owned()).await?;
        let db = manager.get_connection();
        let backend = db.get_database_backend();
        for row in db.query_all_raw(Statement::from_string(backend, "SELECT id, url FROM webhooks")).await? {
            let (id, url): (i64, String) = (row.try_get("", "id")?, row.try_get("", "url")?);
            let values = [crate::webhooks::host_of(&url).into(), id.into()];
            let sql = "UPDATE webhooks SET host = $1 WHERE id = $2";
            db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        }
        for column in
            [boolean("stored_here").default(false).to_owned(), big_integer_null("told"), big_integer_null("began_at")]
        {
            manager.alter_table(Table::alter().table("replays").add_column(column).to_owned()).await?;
        }
        // Which of those from before stored their push is not known; told of by the feed they were not.
        manager
            .get_connection()
            .execute_unprepared("UPDATE replays SET stored_here = TRUE WHERE source = 'refused'")
            .await?;
        // Null: whoever made it saw all. So it is of those from before, which nobody whose view is limited finds any more.
        manager.alter_table(Table::alter().table("resource_views").add_column(text_null("parts")).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("resource_views").drop_column("parts").to_owned()).await?;
        manager.alter_table(Table::alter().table("webhooks").drop_column("host").to_owned()).await?;
        for column in ["stored_here", "told", "began_at"] {
            manager.alter_table(Table::alter().table("replays").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
