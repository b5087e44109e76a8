//! Template messages and subscription notifications: the account's templates, every notice, and results that came before
//! their notice knew its number.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const INDEXES: [&str; 11] = [
    "CREATE UNIQUE INDEX notice_templates_once ON notice_templates (account_id, way, template_id)",
    "CREATE INDEX notice_templates_of_account ON notice_templates (account_id, id)",
    "CREATE UNIQUE INDEX notices_form ON notices (account_id, form)",
    "CREATE INDEX notices_of_account ON notices (account_id, id)",
    "CREATE INDEX notices_of_follower ON notices (account_id, openid, id)",
    "CREATE INDEX notices_of_template ON notices (template_row, id)",
    "CREATE INDEX notices_by_number ON notices (account_id, msg_id) WHERE msg_id IS NOT NULL",
    "CREATE INDEX notices_failed ON notices (account_id, id) WHERE state IN ('failed', 'blocked', 'unknown')",
    "CREATE INDEX notices_under_way ON notices (id) WHERE state IN ('queued', 'sending')",
    "CREATE INDEX notice_results_at ON notice_results (at)",
    "CREATE INDEX notice_templates_asked ON notice_templates (way, asked_at)",
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [templates(), notices(), results()] {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["notice_results", "notices", "notice_templates"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn templates() -> TableCreateStatement {
    Table::create()
        .table("notice_templates")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        .col(text("way").check(Expr::col("way").is_in(["template", "subscribe"])))
        // WeChat's id.
        .col(text("template_id"))
        .col(text("title"))
        .col(text("content"))
        .col(text("example"))
        // JSON array of what stands in the content: key, label, kind, values.
        .col(text("words"))
        .col(text("category").default(""))
        // One agreement of the follower is good for ever.
        .col(boolean("lasting").default(false))
        // When it was asked last which messages were intercepted, and the last of those.
        .col(big_integer("asked_at").default(0))
        .col(big_integer("blocked_id").default(0))
        .col(big_integer("seen_at"))
        .col(big_integer_null("gone_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}

fn notices() -> TableCreateStatement {
    const STATES: [&str; 7] = ["queued", "sending", "accepted", "delivered", "blocked", "failed", "unknown"];
    Table::create()
        .table("notices")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        .col(big_integer("template_row"))
        .col(text("way").check(Expr::col("way").is_in(["template", "subscribe"])))
        .col(text("openid"))
        // JSON object of texts.
        .col(text("data"))
        .col(text_null("url"))
        // JSON: appid, pagepath.
        .col(text_null("miniprogram"))
        .col(text("purpose").check(Expr::col("purpose").is_in(["test", "order", "staff"])))
        .col(text("reference").default(""))
        // Which request made it: the same one makes no second.
        .col(text_null("form"))
        // What WeChat knows a repeated sending by; another one when a person sends it again.
        .col(text("client_msg_id").unique_key())
        .col(text("state").check(Expr::col("state").is_in(STATES)))
        .col(integer("tries").default(0))
        .col(big_integer("queued_at"))
        // When it was first sent without a certain answer since.
        .col(big_integer_null("doubt_at"))
        .col(big_integer_null("msg_id"))
        // What WeChat told of its arrival.
        .col(text_null("outcome"))
        .col(big_integer_null("errcode"))
        .col(text_null("error"))
        .col(text_null("rid"))
        .col(text("sent_by"))
        .col(big_integer("created_at"))
        .col(big_integer_null("accepted_at"))
        .col(big_integer_null("ended_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .foreign_key(ForeignKey::create().from_col("template_row").to("notice_templates", "id"))
        .to_owned()
}

fn results() -> TableCreateStatement {
    Table::create()
        .table("notice_results")
        .col(big_integer("account_id"))
        .col(big_integer("msg_id"))
        // Empty: the notice came first, and waits for it.
        .col(text("status"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("account_id").col("msg_id"))
        .to_owned()
}
