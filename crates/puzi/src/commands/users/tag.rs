//! `puzi users tag`: the same run that the admin begins, done here.

use clap::Args;
use puzi_shop::followers::{Filter, Mark, Who};

use super::{Desk, Which, mark};
use crate::{
    commands::{
        common::{OfAccount, Show, Sure},
        staff::operator,
    },
    error::Failure,
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi users tag`.
#[derive(Debug, Args)]
pub struct TagArgs {
    /// Name of the tag
    #[arg(value_name = "TAG")]
    pub name: String,
    /// Take it off instead of putting it on
    #[arg(long)]
    pub off: bool,
    /// Make the tag when there is none of that name
    #[arg(long, conflicts_with = "off")]
    pub new: bool,
    /// These followers, by number or openid
    #[arg(long, value_name = "USER,…", value_delimiter = ',')]
    pub users: Vec<String>,
    /// All followers of the account
    #[arg(long, conflicts_with = "users")]
    pub all: bool,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// Which followers.
    #[command(flatten)]
    pub which: Which,
    /// Whether to ask.
    #[command(flatten)]
    pub sure: Sure,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

pub(super) async fn run(args: &TagArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let desk = Desk::open(place, settings, &args.account).await?;
    let (locale, reach) = (desk.locale, desk.reach());
    let who = if args.users.is_empty() {
        let filter = args.which.filter(&desk).await?;
        // Everybody is said, never meant by leaving something out.
        if filter == Filter::default() && !args.all {
            return Err(Failure::Refused(vec![say(locale, "users.say_who", &[])]));
        }
        Who::All(filter)
    } else {
        let mut ids = Vec::with_capacity(args.users.len());
        for user in &args.users {
            ids.push(desk.followers.find(&reach, Some(desk.account), user.trim()).await?.id);
        }
        Who::Ids(ids)
    };
    let count = match &who {
        Who::Ids(ids) => ids.len().to_string(),
        Who::All(filter) => {
            let count = puzi_shop::followers::estimate(&place.db, &reach, desk.account, filter).await?;
            let text = if count.more { format!("{}+", count.n) } else { count.n.to_string() };
            let key = if args.off { "users.ask_off" } else { "users.ask_put" };
            args.sure.ask(&say(locale, key, &[("n", text.clone()), ("name", args.name.clone())]), locale)?;
            text
        }
    };
    let by = operator();
    let tag = match desk.tag(&args.name).await {
        Ok(tag) => tag,
        Err(_) if args.new => desk.followers.create_tag(&by, &reach, desk.account, &args.name).await?,
        Err(failure) => return Err(failure),
    };
    let what = if args.off { Mark::Untag(tag) } else { Mark::Tag(tag) };
    let label = say(locale, "users.tagging", &[("n", count)]);
    mark::drive(&desk, place, (who, what), label, args.show).await
}
