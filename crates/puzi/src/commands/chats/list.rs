//! `puzi chats list`.

use clap::Args;
use puzi_resource::{Column, Listing};
use puzi_shop::{
    chats::list::{Filter, Listed},
    db::now_ms,
};

use super::{Desk, is_plain, name};
use crate::{
    commands::common::{Lines, OfAccount, Show, When},
    error::Failure,
    output,
    settings::Workplace,
    texts::say,
};

/// `puzi chats list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// Only where the follower waits for so long: 2h, 1d
    #[arg(long, value_name = "LENGTH")]
    pub unanswered_for: Option<When>,
    /// Only where this one answered last
    #[arg(long, value_parser = ["rule", "staff", "agent"], value_name = "WHO")]
    pub by: Option<String>,
    /// Only where the last message is of this kind, in WeChat's words: text, image …
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Only where something was said since: 7d, 2026-11-22
    #[arg(long, value_name = "WHEN")]
    pub since: Option<When>,
    /// How many.
    #[command(flatten)]
    pub lines: Lines,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

pub(super) async fn run(args: &ListArgs, desk: &Desk, place: &Workplace) -> Result<(), Failure> {
    let now = now_ms();
    let filter = Filter {
        waiting_since: args.unanswered_for.map(|when| when.begin(&desk.clock, now)),
        by: args.by.clone(),
        kind: args.kind.clone(),
        since: args.since.map(|when| when.begin(&desk.clock, now)),
    };
    let reach = desk.reach(place, &args.account).await?;
    let limit = if args.lines.all { i32::MAX as usize } else { args.lines.lines as usize };
    let rows = desk.chats.list(&reach, &filter, limit).await?;
    if rows.is_empty() && !args.show.json {
        let key = if is_plain(&filter) { "chats.none" } else { "chats.none_such" };
        output::line(say(desk.locale, key, &[]));
        return Ok(());
    }
    output::list(&listing(desk), &rows, desk.locale, args.show.json);
    Ok(())
}

fn listing(desk: &Desk) -> Listing<Listed> {
    let time = |name, label, get: fn(&Listed) -> Option<i64>| {
        let (iso, show) = (desk.clock.clone(), desk.clock.clone());
        Column::new(name, label, move |row: &Listed| get(row).map(|at| iso.iso(at)).into())
            .shown(move |row| get(row).map(|at| show.show(at)).unwrap_or_default())
    };
    Listing::new("chats")
        .column(Column::new("id", "chats.id", |row: &Listed| row.id.into()))
        .column(Column::new("name", "chats.name", |row: &Listed| name(row).into()).at_most(20))
        .column(Column::new("openid", "chats.openid", |row: &Listed| row.openid.as_str().into()))
        .column(time("last_at", "chats.last_at", |row| Some(row.last_at)))
        .column(time("waiting_since", "chats.waiting", |row| row.waiting_since))
        .column(Column::new("answered_by", "chats.by", |row: &Listed| row.answered_by.clone().into()))
        .column(Column::new("kind", "chats.kind", |row: &Listed| row.last_kind.as_str().into()))
        .column(Column::new("text", "chats.last", |row: &Listed| row.last_summary.as_str().into()).at_most(48))
        .column(Column::new("status", "chats.status", |row: &Listed| row.status.as_str().into()).only_json())
}
