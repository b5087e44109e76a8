//! `puzi users list`.

use clap::Args;
use puzi_resource::{Column, Listing};
use puzi_shop::texts::Locale;

use super::{Desk, Row, Which};
use crate::{
    commands::common::{Lines, OfAccount, Show},
    error::Failure,
    output::{self, Clock},
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi users list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// Which followers.
    #[command(flatten)]
    pub which: Which,
    /// How many.
    #[command(flatten)]
    pub lines: Lines,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

pub(super) async fn run(args: &ListArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let desk = Desk::open(place, settings, &args.account).await?;
    let filter = args.which.filter(&desk).await?;
    let limit = if args.lines.all { usize::MAX } else { args.lines.lines as usize };
    let mut rows = Vec::new();
    for follower in desk.followers.latest(&desk.reach(), desk.account, &filter, limit).await? {
        rows.push(Row::of(follower, &desk).await?);
    }
    if rows.is_empty() && !args.show.json {
        output::line(say(desk.locale, "users.nobody", &[]));
        return Ok(());
    }
    output::list(&listing(&desk.clock, desk.locale), &rows, desk.locale, args.show.json);
    Ok(())
}

/// The columns, for a list and for one.
pub(super) fn listing(clock: &Clock, locale: Locale) -> Listing<Row> {
    let time = |name, label, get: fn(&Row) -> Option<i64>| {
        let (iso, show) = (clock.clone(), clock.clone());
        Column::new(name, label, move |row: &Row| get(row).map(|at| iso.iso(at)).into())
            .shown(move |row| get(row).map(|at| show.show(at)).unwrap_or_default())
    };
    Listing::new("users")
        .column(Column::new("id", "users.id", |row: &Row| row.follower.id.into()))
        .column(Column::new("name", "users.name", |row: &Row| row.name.as_str().into()).at_most(24))
        .column(Column::new("named_by", "users.named_by", |row: &Row| row.named_by.into()).only_json())
        .column(Column::new("openid", "users.openid", |row: &Row| row.follower.openid.as_str().into()))
        .column(Column::new("remark", "users.remark", |row: &Row| row.follower.remark.as_str().into()).only_json())
        .column(
            Column::new("tags", "users.tags", |row: &Row| row.tags.clone().into())
                .shown(|row| row.tags.join(", "))
                .at_most(32),
        )
        .column(Column::new("source", "users.source", |row: &Row| row.follower.source.clone().into()))
        .column(time("followed_at", "users.followed", |row| row.follower.followed_at))
        .column(time("spoke_at", "users.spoke", |row| row.follower.spoke_at))
        .column(
            Column::new("state", "users.state", |row: &Row| row.state().into())
                .shown(move |row| say(locale, &format!("users.states.{}", row.state()), &[])),
        )
}
