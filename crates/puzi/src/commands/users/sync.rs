//! `puzi users sync`: reading an account's followers, here or wherever somebody serves.

use clap::Args;
use jiff::tz::TimeZone;
use puzi_shop::{
    Error,
    accounts::Reach,
    followers::sync,
    machine::Word,
    runs::{Kind, Run, Runs, State},
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    commands::{
        common::{OfAccount, Show, Wait},
        serve,
        staff::operator,
    },
    error::Failure,
    exit,
    output::{self, Clock, Progress},
    settings::Settings,
    texts::say,
};

/// `puzi users sync`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("do").args(["full", "pause", "resume", "cancel"]))]
pub struct SyncArgs {
    #[command(flatten)]
    pub account: OfAccount,
    /// Read all followers, not only those who came lately
    #[arg(long)]
    pub full: bool,
    /// Pause the reading that is under way
    #[arg(long)]
    pub pause: bool,
    /// Let the paused reading go on
    #[arg(long)]
    pub resume: bool,
    /// Give the reading up
    #[arg(long)]
    pub cancel: bool,
    /// With --resume: those who were not on WeChat's list have left
    #[arg(long, requires = "resume")]
    pub agree: bool,
    #[command(flatten)]
    pub wait: Wait,
    #[command(flatten)]
    pub show: Show,
}

/// Does what was asked.
///
/// # Errors
/// When it cannot be begun or steered; [`Failure::Ended`] tells how it stands by its exit code.
pub async fn run(args: SyncArgs, settings: &Settings) -> Result<(), Failure> {
    let (place, locale) = (settings.open().await?, settings.locale());
    let account = args.account.one(&place, locale).await?;
    let registry = settings.registry(&place).await?;
    let zone = TimeZone::get(&settings.timezone).map_err(|error| Failure::setting("timezone", &error))?;
    let runs = serve::runs(&place.db, &registry, &zone);
    let (by, reach) = (operator(), Reach::All);
    let id = if args.pause || args.resume || args.cancel {
        let nothing = || Failure::Refused(vec![say(locale, "users.sync.nothing", &[])]);
        let run = match runs.reading(account.id).await? {
            Some(run) => run,
            // One that failed may go on too.
            None => latest(&runs, account.id)
                .await?
                .filter(|run| args.resume && run.state == State::Failed)
                .ok_or_else(nothing)?,
        };
        if args.pause {
            runs.pause(&by, &reach, run.id).await?;
        } else if args.resume {
            runs.resume(&by, &reach, run.id, args.agree).await?;
        } else {
            runs.cancel(&by, &reach, run.id).await?;
        }
        run.id
    } else {
        match (sync::begin(&runs, &by, &reach, account.id, args.full, None).await, runs.reading(account.id).await?) {
            // One is under way: that is the one to watch.
            (Err(Error::Invalid(_)), Some(run)) if args.wait.wait && run.state.is_open() => run.id,
            (begun, _) => begun?,
        }
    };
    if !args.wait.wait {
        let run = runs.get(&reach, id).await?;
        if args.show.json {
            output::json(&told(&run));
        } else {
            let key = if run.state.is_open() { "users.sync.begun" } else { "users.sync.stands" };
            output::line(say(locale, key, &args_of(&run, locale)));
        }
        return Ok(());
    }
    watch(&args, &runs, id, locale, settings).await
}

async fn latest(runs: &Runs, account: i64) -> Result<Option<Run>, Failure> {
    let latest = runs.latest(&Reach::All, account, 20).await?;
    Ok(latest.into_iter().find(|run| matches!(run.kind, Kind::SyncFull | Kind::SyncRecent)))
}

/// Works on the run, or watches who does, until it comes to a stop.
async fn watch(
    args: &SyncArgs,
    runs: &Runs,
    id: i64,
    locale: puzi_shop::texts::Locale,
    settings: &Settings,
) -> Result<(), Failure> {
    let (reach, stop) = (Reach::All, CancellationToken::new());
    let mut progress = Progress::begin(locale, say(locale, "users.sync.what", &[]), args.show.json);
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    let cut_off = std::cell::Cell::new(None);
    let driving = runs.drive(&reach, id, &stop, |run| progress.at(count(run.seen), run.total.map(count)));
    let watching = async {
        let late = async {
            match args.wait.within {
                Some(within) => tokio::time::sleep(within).await,
                None => std::future::pending().await,
            }
        };
        cut_off.set(Some(tokio::select! {
            _ = tokio::signal::ctrl_c() => exit::INTERRUPTED,
            () = late => exit::UNKNOWN,
        }));
        // The run is given back: whoever serves goes on at once.
        stop.cancel();
        std::future::pending::<()>().await;
    };
    let run = tokio::select! {
        run = driving => run?,
        () = watching => return Ok(()),
    };
    progress.end();
    if let Some(code) = cut_off.get().filter(|_| run.state.is_open()) {
        output::note(&say(locale, "users.sync.goes_on", &[("id", id.to_string())]));
        return Err(Failure::Ended(code, Vec::new()));
    }
    if args.show.json {
        output::json(&told(&run));
    } else {
        let mut lines = vec![say(locale, "users.sync.came_to", &args_of(&run, locale))];
        if let Some(problem) = &run.problem {
            let clock = Clock::of(settings)?;
            let detail = run.detail.clone().unwrap_or_default();
            lines.push(say(locale, problem, &[("n", detail.clone()), ("when", clock.show(run.wake_at))]));
            lines.extend(Some(detail).filter(|detail| !detail.is_empty()));
        }
        output::lines(lines);
        for line in runs.lines(&reach, id, 0).await? {
            let words = line.key().map_or_else(|| line.detail.clone(), |key| say(locale, key, &[]));
            output::line(format!("{}  {} {words}", line.subject, line.errcode.unwrap_or_default()));
        }
    }
    match run.state {
        State::Done => Ok(()),
        State::Partly => Err(Failure::Ended(exit::PARTLY, Vec::new())),
        State::Paused if run.asks() => Err(Failure::Ended(exit::SECOND, Vec::new())),
        State::Failed => Err(Failure::Ended(exit::CONFIGURATION, Vec::new())),
        _ => Err(Failure::Ended(exit::UNKNOWN, Vec::new())),
    }
}

fn args_of(run: &Run, locale: puzi_shop::texts::Locale) -> Vec<(&'static str, String)> {
    vec![
        ("id", run.id.to_string()),
        ("state", say(locale, &format!("runs.options.state.{}", run.state.word()), &[])),
        ("seen", run.seen.to_string()),
        ("added", run.added.to_string()),
        ("changed", run.changed.to_string()),
        ("gone", run.gone.to_string()),
        ("refused", run.refused.to_string()),
    ]
}

/// The run for a program.
fn told(run: &Run) -> serde_json::Value {
    json!({
        "run": run.id,
        "kind": run.kind.word(),
        "state": run.state.word(),
        "total": run.total,
        "seen": run.seen,
        "added": run.added,
        "changed": run.changed,
        "gone": run.gone,
        "refused": run.refused,
        "problem": run.problem,
        "detail": run.detail,
    })
}
