//! The record of calls: lines, what was in them, exact figures beside them, and replays of pushes.
//!
//! Lines have no foreign key to their account: there may be tens of millions, an account is never deleted, and the check
//! would cost as much as another index.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Most lines are pushes that went well: they are in the first two indexes alone.
const INDEXES: [&str; 10] = [
    "CREATE INDEX calls_at ON calls (account_id, at, id)",
    "CREATE INDEX calls_endpoint ON calls (account_id, endpoint, at, id)",
    "CREATE INDEX calls_troubled ON calls (account_id, at, id) WHERE trouble IS NOT NULL",
    "CREATE INDEX calls_trouble ON calls (account_id, trouble, at, id) WHERE trouble IS NOT NULL",
    "CREATE INDEX calls_errcode ON calls (account_id, errcode, at, id) WHERE errcode IS NOT NULL",
    "CREATE INDEX calls_rid ON calls (rid, account_id) WHERE rid IS NOT NULL",
    "CREATE INDEX calls_openid ON calls (account_id, openid, at, id) WHERE openid IS NOT NULL",
    "CREATE INDEX refused_pushes_call ON refused_pushes (call_key) WHERE call_key IS NOT NULL",
    "CREATE INDEX replays_message ON replays (message_id) WHERE message_id IS NOT NULL",
    "CREATE INDEX replays_source ON replays (source, source_id)",
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [lines(manager), bodies(), figures(), errors(), left_out(), endpoints(), replays()] {
            manager.create_table(table).await?;
        }
        let key = ColumnDef::new("call_key").blob().null().to_owned();
        manager.alter_table(Table::alter().table("refused_pushes").add_column(key).to_owned()).await?;
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("refused_pushes_call").table("refused_pushes").to_owned()).await?;
        manager.alter_table(Table::alter().table("refused_pushes").drop_column("call_key").to_owned()).await?;
        for table in ["replays", "endpoints", "call_left_out", "call_errors", "call_figures", "call_bodies", "calls"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn lines(manager: &SchemaManager) -> TableCreateStatement {
    // Without SQLite's AUTOINCREMENT, which writes one more row with each insert. The sweeper never takes the highest
    // number, so none comes twice.
    let id = if manager.get_database_backend() == DbBackend::Sqlite {
        ColumnDef::new("id").integer().not_null().primary_key().to_owned()
    } else {
        big_pk_auto("id")
    };
    Table::create()
        .table("calls")
        .col(id)
        .col(big_integer("account_id"))
        .col(big_integer("at"))
        .col(boolean("outgoing"))
        .col(text("endpoint"))
        .col(big_integer("us"))
        .col(big_integer("sent"))
        .col(big_integer("received"))
        .col(text_null("trouble"))
        .col(big_integer_null("errcode"))
        .col(integer_null("status"))
        .col(text_null("rid"))
        .col(integer("attempt"))
        .col(text("node"))
        .col(text("origin"))
        .col(text_null("openid"))
        .col(ColumnDef::new("message_key").blob().null())
        .col(text_null("errmsg"))
        .col(boolean("has_bodies"))
        .to_owned()
}

fn bodies() -> TableCreateStatement {
    Table::create()
        .table("call_bodies")
        .col(big_integer("call_id").primary_key())
        .col(text_null("request"))
        .col(text_null("response"))
        .to_owned()
}

fn figures() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("call_figures")
        .col(big_integer("account_id"))
        // m: a minute, h: an hour.
        .col(text("span"))
        .col(big_integer("at"))
        .col(boolean("outgoing"))
        .col(text("endpoint"))
        .col(big_integer("calls"))
        .col(big_integer("failed"))
        .col(big_integer("total_us"))
        .col(big_integer("max_us"));
    for bucket in 0..10 {
        table.col(big_integer(format!("b{bucket}")).default(0));
    }
    table
        .primary_key(Index::create().col("account_id").col("span").col("at").col("outgoing").col("endpoint"))
        .to_owned()
}

fn errors() -> TableCreateStatement {
    Table::create()
        .table("call_errors")
        .col(big_integer("account_id"))
        // The hour.
        .col(big_integer("at"))
        .col(text("endpoint"))
        .col(big_integer("errcode"))
        .col(big_integer("calls"))
        .primary_key(Index::create().col("account_id").col("at").col("endpoint").col("errcode"))
        .to_owned()
}

fn left_out() -> TableCreateStatement {
    Table::create()
        .table("call_left_out")
        .col(big_integer("account_id"))
        // The minute.
        .col(big_integer("at"))
        .col(big_integer("lines"))
        .primary_key(Index::create().col("account_id").col("at"))
        .to_owned()
}

fn endpoints() -> TableCreateStatement {
    Table::create()
        .table("endpoints")
        .col(big_integer("account_id"))
        .col(text("endpoint"))
        .primary_key(Index::create().col("account_id").col("endpoint"))
        .to_owned()
}

fn replays() -> TableCreateStatement {
    Table::create()
        .table("replays")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        // message, refused.
        .col(text("source"))
        .col(big_integer("source_id"))
        .col(big_integer_null("message_id"))
        .col(text("state").check(Expr::col("state").is_in(["new", "stored", "sending", "sent", "not_sent", "unknown"])))
        .col(boolean("answer_wanted"))
        .col(boolean("webhooks_wanted"))
        .col(text_null("answer"))
        .col(text_null("error"))
        .col(text("form").unique_key())
        .col(text("by_kind"))
        .col(big_integer_null("by_id"))
        .col(text("by_name"))
        .col(big_integer("created_at"))
        .col(big_integer_null("done_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}
