//! `puzi users tag`: the same run that the admin begins, done here.

use clap::Args;
use puzi_shop::{
    accounts::Reach,
    followers::{Filter, Mark, Who},
    runs::State,
};
use tokio_util::sync::CancellationToken;

use super::{Desk, Which};
use crate::{
    commands::{
        common::{OfAccount, Show, Sure},
        serve,
        staff::operator,
    },
    error::Failure,
    exit,
    output::{self, Progress},
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
    let runs = serve::runs(&place.db, &desk.registry, desk.clock.zone());
    let id = desk.followers.mark(&runs, &by, &reach, desk.account, (who, what), None).await?;
    let stop = CancellationToken::new();
    let interrupted = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let mut progress = Progress::begin(locale, say(locale, "users.tagging", &[("n", count)]), args.show.json);
    let number = |n: i64| u64::try_from(n).unwrap_or_default();
    let run = runs.drive(&Reach::All, id, &stop, |run| progress.at(number(run.seen), run.total.map(number))).await?;
    progress.end();
    if args.show.json {
        output::json(&serde_json::json!({ "run": id, "state": puzi_shop::machine::Word::word(run.state),
            "changed": run.changed, "seen": run.seen, "refused": run.refused }));
    } else {
        let args = [("changed", run.changed.to_string()), ("seen", run.seen.to_string())];
        output::line(say(locale, "users.tagged", &args));
    }
    let mut lines = Vec::new();
    for line in runs.lines(&Reach::All, id, 0).await?.into_iter().take(20) {
        let detail = line.key().map_or_else(|| line.detail.clone(), |key| say(locale, key, &[]));
        lines.push(format!("{}: {detail}", line.subject));
    }
    match run.state {
        State::Done => Ok(()),
        State::Partly => Err(Failure::Ended(exit::PARTLY, lines)),
        State::Failed => {
            let why = run.problem.map(|key| say(locale, &key, &[])).unwrap_or_default();
            Err(Failure::Ended(exit::FAILED, vec![format!("{why} {}", run.detail.unwrap_or_default())]))
        }
        _ => Err(Failure::Ended(exit::UNKNOWN, vec![say(locale, "users.goes_on", &[("id", id.to_string())])])),
    }
}
