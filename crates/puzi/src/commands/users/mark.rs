//! `puzi users block|unblock`, and doing what marks many: the same run that the admin begins, done here.

use clap::Args;
use puzi_shop::{
    accounts::Reach,
    followers::{Mark, Who},
    machine::Word,
    runs::State,
};
use tokio_util::sync::CancellationToken;

use super::Desk;
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

/// Refused lines that are said; the admin has them all.
const LINES: usize = 20;

/// `puzi users block`, `puzi users unblock`.
#[derive(Debug, Args)]
pub struct BlockArgs {
    /// Numbers or openids of the followers
    #[arg(value_name = "USER", required = true)]
    pub users: Vec<String>,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// Whether to ask.
    #[command(flatten)]
    pub sure: Sure,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

pub(super) async fn run(args: &BlockArgs, on: bool, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let (desk, first) = Desk::of_follower(place, settings, &args.account, &args.users[0]).await?;
    let mut ids = vec![first.id];
    for user in &args.users[1..] {
        let found = desk.followers.find(&desk.reach(), Some(desk.account), user.trim()).await;
        let unknown = || say(desk.locale, "users.unknown", &[("which", user.clone())]);
        ids.push(found.map_err(|_| Failure::Refused(vec![unknown()]))?.id);
    }
    let count = ("n", ids.len().to_string());
    if on {
        // Whoever is taken off can simply be put on again; who is put on hears nothing any more.
        args.sure.ask(&say(desk.locale, "users.ask_block", std::slice::from_ref(&count)), desk.locale)?;
    }
    let (what, key) = if on { (Mark::Block, "users.blocking") } else { (Mark::Unblock, "users.unblocking") };
    let label = say(desk.locale, key, &[count]);
    drive(&desk, place, (Who::Ids(ids), what), label, args.show).await
}

/// Begins the run and works on it, or watches who does; `label` is said while it goes on.
pub(super) async fn drive(
    desk: &Desk,
    place: &Workplace,
    asked: (Who, Mark),
    label: String,
    show: Show,
) -> Result<(), Failure> {
    let (locale, reach) = (desk.locale, desk.reach());
    let runs = serve::runs(&place.db, &desk.registry, desk.clock.zone());
    let id = desk.followers.mark(&runs, &operator(), &reach, desk.account, asked, None).await?;
    let stop = CancellationToken::new();
    let interrupted = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let mut progress = Progress::begin(locale, label, show.json);
    let number = |n: i64| u64::try_from(n).unwrap_or_default();
    let run = runs.drive(&Reach::All, id, &stop, |run| progress.at(number(run.seen), run.total.map(number))).await?;
    progress.end();
    if show.json {
        output::json(&serde_json::json!({ "run": id, "state": run.state.word(), "changed": run.changed,
            "seen": run.seen, "refused": run.refused }));
    } else {
        let args = [("changed", run.changed.to_string()), ("seen", run.seen.to_string())];
        output::line(say(locale, "users.tagged", &args));
    }
    let mut lines = Vec::new();
    for line in runs.lines(&Reach::All, id, 0).await?.into_iter().take(LINES) {
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
