//! `puzi users remark|note|refresh`: what is done with one follower.

use std::io::Read;

use clap::Args;
use puzi_shop::inbox::Inbox;
use serde_json::json;

use super::{Desk, Row, list};
use crate::{
    commands::{
        common::{OfAccount, Show},
        staff::operator,
    },
    error::Failure,
    output,
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi users remark`.
#[derive(Debug, Args)]
pub struct RemarkArgs {
    /// Number or openid of the follower
    #[arg(value_name = "USER")]
    pub user: String,
    /// What they are called; empty: nothing
    #[arg(value_name = "REMARK", allow_hyphen_values = true)]
    pub remark: String,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi users note`.
#[derive(Debug, Args)]
pub struct NoteArgs {
    /// Number or openid of the follower
    #[arg(value_name = "USER")]
    pub user: String,
    /// The note; - reads it from standard input
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    pub text: String,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi users refresh`.
#[derive(Debug, Args)]
pub struct RefreshArgs {
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

pub(super) async fn remark(args: &RemarkArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let (desk, follower) = Desk::of_follower(place, settings, &args.account, &args.user).await?;
    desk.followers.set_remark(&operator(), &desk.reach(), follower.id, Some(follower.version), &args.remark).await?;
    told(&desk, follower.id, "users.remark_set", args.show).await
}

pub(super) async fn refresh(args: &RefreshArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let (desk, follower) = Desk::of_follower(place, settings, &args.account, &args.user).await?;
    desk.followers.refresh(&desk.reach(), follower.id, desk.clock.zone()).await?;
    told(&desk, follower.id, "users.refreshed", args.show).await
}

/// The follower as they are now.
async fn told(desk: &Desk, id: i64, key: &str, show: Show) -> Result<(), Failure> {
    let row = Row::of(desk.followers.get(&desk.reach(), id).await?, desk).await?;
    if show.json {
        output::json(&list::listing(&desk.clock, desk.locale).row_to_json(&row));
    } else {
        output::line(say(desk.locale, key, &[("name", row.name)]));
    }
    Ok(())
}

pub(super) async fn note(args: &NoteArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let (desk, follower) = Desk::of_follower(place, settings, &args.account, &args.user).await?;
    let mut text = args.text.clone();
    if text == "-" {
        text.clear();
        std::io::stdin().read_to_string(&mut text)?;
    }
    let inbox = Inbox::new(place.db.clone(), desk.registry.clone(), settings.data.join("media"))?;
    // Nobody of the staff: the name of who sits at this machine signs it.
    let name = operator().name;
    let seen = inbox.seen_by(&desk.reach());
    let chat = seen.note_on(follower.account_id, &follower.openid, &text, (None, &name)).await?;
    if args.show.json {
        output::json(&json!({ "follower": follower.id, "chat": chat, "by": name }));
    } else {
        output::line(say(desk.locale, "users.noted", &[]));
    }
    Ok(())
}
