//! `puzi users show`.

use clap::Args;
use puzi_shop::accounts::Reach;

use super::{Desk, Row, list};
use crate::{
    commands::common::{OfAccount, Show},
    error::Failure,
    output,
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi users show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Number or openid of the follower
    #[arg(value_name = "USER")]
    pub user: String,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

pub(super) async fn run(args: &ShowArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let account = args.account.named(place, locale).await?.map(|account| account.id);
    // Any account will do to begin with: the follower says which one it is.
    let mut desk = Desk::of_any(place, settings, account).await?;
    let follower = desk.followers.find(&Reach::All, account, &args.user).await?;
    desk.account = follower.account_id;
    let row = Row::of(follower, &desk).await?;
    let listing = list::listing(&desk.clock, locale);
    if args.show.json {
        output::json(&listing.row_to_json(&row));
        return Ok(());
    }
    let follower = &row.follower;
    let when = |at: Option<i64>| at.map(|at| desk.clock.show(at)).unwrap_or_default();
    let account = desk.registry.by_id(follower.account_id).map(|live| live.account.name.clone()).unwrap_or_default();
    let facts = [
        ("users.name", row.name.clone()),
        ("users.named_by", say(locale, &format!("users.by.{}", row.named_by), &[])),
        ("users.account", account),
        ("users.openid", follower.openid.clone()),
        ("users.unionid", follower.unionid.clone().unwrap_or_default()),
        ("users.remark", follower.remark.clone()),
        ("users.tags", row.tags.join(", ")),
        ("users.state", say(locale, &format!("users.states.{}", row.state()), &[])),
        ("users.source", follower.source.clone().unwrap_or_default()),
        ("users.scene", follower.scene.clone().unwrap_or_default()),
        ("users.followed", when(follower.followed_at)),
        ("users.left", when(follower.left_at)),
        ("users.spoke", when(follower.spoke_at)),
        ("users.seen", when(Some(follower.last_seen_at))),
    ];
    let facts: Vec<_> = facts.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let labels: Vec<_> = facts.iter().map(|(key, _)| say(locale, key, &[])).collect();
    let widest = labels.iter().map(|label| puzi_resource::width(label)).max().unwrap_or_default();
    for (label, (_, value)) in labels.iter().zip(&facts) {
        let gap = " ".repeat(widest - puzi_resource::width(label) + 2);
        output::line(puzi_resource::on_one_line(&format!("{label}{gap}{value}")));
    }
    Ok(())
}
