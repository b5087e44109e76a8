//! Mass messages: what is sent to whom, the people of a frozen list, the parts in which it goes out, what became of each,
//! previews, and results that arrive before their part knows its number.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Written out, not `LIKE`: SQLite takes a partial index only for the very same words.
const INDEXES: [&str; 13] = [
    "CREATE INDEX broadcasts_of_account ON broadcasts (account_id, id)",
    // What a look after a crash goes over.
    "CREATE INDEX broadcasts_open ON broadcasts (id) WHERE state IN ('freezing', 'approved', 'sending', 'stopping')",
    "CREATE INDEX broadcasts_draft ON broadcasts (draft_id) WHERE draft_id IS NOT NULL",
    "CREATE INDEX broadcasts_finished ON broadcasts (finished_at) WHERE finished_at IS NOT NULL",
    "CREATE UNIQUE INDEX broadcast_given_once ON broadcast_given (broadcast_id, openid)",
    "CREATE UNIQUE INDEX broadcast_recipients_once ON broadcast_recipients (broadcast_id, openid)",
    "CREATE INDEX broadcast_recipients_dropped ON broadcast_recipients (broadcast_id, position) WHERE dropped IS NOT NULL",
    "CREATE UNIQUE INDEX broadcast_parts_number ON broadcast_parts (broadcast_id, number)",
    "CREATE INDEX broadcast_parts_msg ON broadcast_parts (account_id, msg_id) WHERE msg_id IS NOT NULL",
    "CREATE INDEX broadcast_parts_accepted ON broadcast_parts (account_id, accepted_at) WHERE accepted_at IS NOT NULL",
    "CREATE INDEX broadcast_events_of ON broadcast_events (broadcast_id, id)",
    "CREATE INDEX broadcast_part_events_of ON broadcast_part_events (part_id, id)",
    "CREATE INDEX broadcast_previews_of ON broadcast_previews (account_id, at)",
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [broadcasts(), given(), recipients(), parts(), results(), previews(), phones()] {
            manager.create_table(table).await?;
        }
        manager.create_table(events("broadcast_events", "broadcast_id", "broadcasts")).await?;
        manager.create_table(events("broadcast_part_events", "part_id", "broadcast_parts")).await?;
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "broadcast_part_events",
            "broadcast_events",
            "preview_phones",
            "broadcast_previews",
            "mass_results",
            "broadcast_parts",
            "broadcast_recipients",
            "broadcast_given",
            "broadcasts",
        ] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn one_of(column: &'static str, words: &[&'static str]) -> ColumnDef {
    text(column).check(Expr::col(column).is_in(words.iter().copied())).to_owned()
}

fn broadcasts() -> TableCreateStatement {
    let count = |name| big_integer(name).default(0).to_owned();
    Table::create()
        .table("broadcasts")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        .col(text("name"))
        .col(one_of("kind", &["text", "mpnews", "image", "voice", "mpvideo"]))
        // JSON by kind; the draft of articles also by itself, for whoever wants to change that draft.
        .col(text("content"))
        .col(big_integer_null("draft_id"))
        .col(one_of("audience", &["all", "tag", "list"]))
        // JSON: the tag, the filter, or the name of what was pasted; and the same in a word for lists.
        .col(text("whom"))
        .col(text("whom_name").default(""))
        .col(boolean("ignore_reprint").default(false))
        .col(big_integer_null("speed"))
        // When; none: as soon as it is approved.
        .col(big_integer_null("at"))
        .col(one_of(
            "state",
            &[
                "draft",
                "freezing",
                "waiting",
                "approved",
                "sending",
                "stopping",
                "done",
                "partly",
                "failed",
                "stopped",
                "cancelled",
                "revoked",
            ],
        ))
        // How many it goes to, and how far freezing is; null before its first step.
        .col(count("frozen"))
        .col(big_integer_null("frozen_after"))
        // Of these, who had their four messages of the month; and who turned out to be nobody.
        .col(count("over_quota"))
        .col(count("left_out"))
        // What is approved.
        .col(text_null("digest"))
        // JSON array: whoever wrote, changed or submitted it; none of them approves.
        .col(text("hands").default("[]"))
        .col(text("made_name").default(""))
        .col(text("submitted_name").default(""))
        .col(big_integer_null("submitted_at"))
        .col(text_null("approved_by"))
        .col(text("approved_name").default(""))
        .col(big_integer_null("approved_at"))
        // Approved by somebody who had a hand in it, under the account's switch.
        .col(boolean("alone").default(false))
        // Key of a text, or what WeChat said.
        .col(text_null("error"))
        .col(big_integer("version").default(1))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .col(big_integer_null("finished_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}

/// Openids that somebody pasted.
fn given() -> TableCreateStatement {
    Table::create()
        .table("broadcast_given")
        .col(big_integer("broadcast_id"))
        .col(big_integer("position"))
        .col(text("openid"))
        .primary_key(Index::create().col("broadcast_id").col("position"))
        .foreign_key(&mut of("broadcasts", "broadcast_id"))
        .to_owned()
}

/// The frozen list.
fn recipients() -> TableCreateStatement {
    Table::create()
        .table("broadcast_recipients")
        .col(big_integer("broadcast_id"))
        .col(big_integer("position"))
        .col(text("openid"))
        // Why nothing was sent: `unknown`, nobody of this account.
        .col(text_null("dropped"))
        .primary_key(Index::create().col("broadcast_id").col("position"))
        .foreign_key(&mut of("broadcasts", "broadcast_id"))
        .to_owned()
}

/// One call each.
fn parts() -> TableCreateStatement {
    Table::create()
        .table("broadcast_parts")
        .col(big_pk_auto("id"))
        .col(big_integer("broadcast_id"))
        .col(big_integer("account_id"))
        .col(big_integer("number"))
        .col(big_integer("from_position"))
        .col(big_integer("until_position"))
        // Written before the first call, and the same in every call until an answer is certain.
        .col(ColumnDef::new("clientmsgid").text().not_null().unique_key())
        // Its own copy of the draft, or the prepared video; and whether that is the draft itself, which is used up.
        .col(text_null("media_id"))
        .col(boolean("own_draft").default(false))
        .col(one_of("state", &["ready", "sending", "accepted", "done", "failed", "unsure", "cancelled"]))
        // A call went out and nobody knows what became of it: from then on WeChat must still know the clientmsgid.
        .col(boolean("doubt").default(false))
        .col(big_integer_null("first_tried_at"))
        .col(big_integer_null("tried_at"))
        .col(big_integer("tries").default(0))
        .col(big_integer_null("msg_id"))
        .col(big_integer_null("msg_data_id"))
        .col(big_integer_null("accepted_at"))
        // WeChat's word, and what it counted.
        .col(text_null("result"))
        .col(big_integer_null("total"))
        .col(big_integer_null("filtered"))
        .col(big_integer_null("sent"))
        .col(big_integer_null("errors"))
        .col(text_null("told"))
        .col(big_integer_null("errcode"))
        .col(text_null("error"))
        .col(text_null("rid"))
        .col(big_integer("changed_at"))
        .foreign_key(&mut of("broadcasts", "broadcast_id"))
        .to_owned()
}

fn results() -> TableCreateStatement {
    Table::create()
        .table("mass_results")
        .col(big_integer("account_id"))
        .col(big_integer("msg_id"))
        .col(text("payload"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("account_id").col("msg_id"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}

fn previews() -> TableCreateStatement {
    Table::create()
        .table("broadcast_previews")
        .col(big_pk_auto("id"))
        .col(big_integer("account_id"))
        .col(big_integer("broadcast_id"))
        .col(text("to_whom"))
        .col(one_of("state", &["sent", "failed", "unknown"]))
        .col(big_integer_null("errcode"))
        .col(text_null("error"))
        .col(text_null("rid"))
        .col(text("by"))
        .col(big_integer("at"))
        .foreign_key(&mut of("broadcasts", "broadcast_id"))
        .to_owned()
}

/// The phone that a member looks at previews on.
fn phones() -> TableCreateStatement {
    Table::create()
        .table("preview_phones")
        .col(big_integer("account_id"))
        .col(text("person"))
        .col(text("to_whom"))
        .primary_key(Index::create().col("account_id").col("person"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
        .to_owned()
}

fn events(table: &'static str, column: &'static str, of_table: &'static str) -> TableCreateStatement {
    Table::create()
        .table(table)
        .col(big_pk_auto("id"))
        .col(big_integer(column))
        .col(text("event"))
        .col(text("from_state"))
        .col(text("to_state"))
        .col(text("who"))
        .col(text("by"))
        .col(text("why").default(""))
        .col(big_integer("at"))
        .foreign_key(&mut of(of_table, column))
        .to_owned()
}

fn of(table: &'static str, column: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from_col(column).to(table, "id").on_delete(ForeignKeyAction::Cascade).to_owned()
}
