//! `puzi chats records`: what WeChat's customer service keeps of conversations, read by the same run that the admin begins;
//! and counting anew.

use clap::{Args, Subcommand};
use puzi_shop::{
    Error,
    accounts::Reach,
    chats::back::MOST_DAYS,
    machine::Word,
    runs::{Run, Runs, State},
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Desk;
use crate::{
    commands::{
        common::{OfAccount, Show},
        serve,
        staff::operator,
    },
    error::Failure,
    exit,
    output::{self, Progress},
    settings::Workplace,
    texts::say,
};

/// `puzi chats records …`.
#[derive(Debug, Subcommand)]
pub enum RecordsCommand {
    /// Read what agents and followers said in the last days, or watch who does
    #[command(
        after_help = "Examples:\n  puzi chats records read\n  puzi chats records read --days 30\n\nExit codes: 0 all was read, 4 WeChat refuses until something is put right, 10 not done yet, 12 hours were left out, 130 Ctrl-C: a running server goes on."
    )]
    Read(ReadArgs),
    /// Pause the reading that is under way
    #[command(after_help = "Example:\n  puzi chats records pause")]
    Pause(SteerArgs),
    /// Let the paused or failed reading go on, here
    #[command(after_help = "Example:\n  puzi chats records resume")]
    Resume(SteerArgs),
    /// Give the reading up; what was read stays
    #[command(after_help = "Example:\n  puzi chats records cancel")]
    Cancel(SteerArgs),
}

/// `puzi chats records read`.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// How many days back, at most 30
    #[arg(long, default_value_t = 7, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_DAYS)))]
    pub days: u32,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// The reading that is under way.
#[derive(Debug, Args)]
pub struct SteerArgs {
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

pub(super) async fn run(command: &RecordsCommand, desk: &Desk, place: &Workplace) -> Result<(), Failure> {
    let (of, show) = match command {
        RecordsCommand::Read(args) => (&args.account, args.show),
        RecordsCommand::Pause(args) | RecordsCommand::Resume(args) | RecordsCommand::Cancel(args) => {
            (&args.account, args.show)
        }
    };
    let account = of.one(place, desk.locale).await?.id;
    let runs = serve::runs(&place.db, &desk.registry, &desk.zone);
    let (by, reach) = (operator(), Reach::of([account]));
    let open = desk.chats.reading_back(&runs, &reach, account).await?;
    let nothing = || Failure::Refused(vec![say(desk.locale, "chats.records_nothing", &[])]);
    match command {
        RecordsCommand::Read(args) => {
            let begun = desk.chats.begin_reading_back(&runs, &by, &reach, account, args.days, None).await;
            let id = match (begun, open) {
                // One is under way: that is the one to watch.
                (Err(Error::Invalid(_)), Some(run)) if run.state.is_open() => run.id,
                (begun, _) => begun?,
            };
            watch(desk, &runs, id, show).await
        }
        RecordsCommand::Pause(_) => {
            let id = open.ok_or_else(nothing)?.id;
            runs.pause(&by, &reach, id).await?;
            stands(desk, &runs.get(&reach, id).await?, show);
            Ok(())
        }
        RecordsCommand::Resume(_) => {
            let id = open.ok_or_else(nothing)?.id;
            runs.resume(&by, &reach, id, false).await?;
            watch(desk, &runs, id, show).await
        }
        RecordsCommand::Cancel(_) => {
            let id = open.ok_or_else(nothing)?.id;
            runs.cancel(&by, &reach, id).await?;
            stands(desk, &runs.get(&reach, id).await?, show);
            Ok(())
        }
    }
}

/// Works on the run, or watches who does, until it comes to a stop.
async fn watch(desk: &Desk, runs: &Runs, id: i64, show: Show) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let interrupted = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            // The run is given back: whoever serves goes on at once.
            interrupted.cancel();
        }
    });
    let mut bar = Progress::begin(desk.locale, say(desk.locale, "chats.reading", &[]), show.json);
    let number = |n: i64| u64::try_from(n).unwrap_or_default();
    let run = runs.drive(&Reach::All, id, &stop, |run| bar.at(number(run.seen), run.total.map(number))).await;
    bar.end();
    let run = run?;
    stands(desk, &run, show);
    if stop.is_cancelled() && run.state.is_open() {
        return Err(Failure::Ended(exit::INTERRUPTED, vec![say(desk.locale, "chats.records_go_on", &[])]));
    }
    match run.state {
        State::Done => Ok(()),
        State::Partly => {
            let lines = runs.lines(&Reach::All, id, 0).await?.into_iter();
            let words = |key: Option<&str>, detail: &str| match key {
                Some(key) => say(desk.locale, key, &[]),
                None => detail.to_owned(),
            };
            let lines = lines.map(|line| format!("{}: {}", line.subject, words(line.key(), &line.detail)));
            Err(Failure::Ended(exit::PARTLY, lines.collect()))
        }
        State::Failed => Err(Failure::Ended(exit::CONFIGURATION, why(desk, &run))),
        _ => Err(Failure::Ended(exit::UNKNOWN, why(desk, &run))),
    }
}

/// Why it does not go on, and what WeChat said.
fn why(desk: &Desk, run: &Run) -> Vec<String> {
    let detail = run.detail.clone().unwrap_or_default();
    let args = [("n", detail.clone()), ("when", desk.clock.show(run.wake_at))];
    let problem = run.problem.as_ref().map(|key| say(desk.locale, key, &args));
    problem.into_iter().chain(Some(detail).filter(|detail| !detail.is_empty())).collect()
}

fn stands(desk: &Desk, run: &Run, show: Show) {
    if show.json {
        output::json_line(&json!({
            "run": run.id, "state": run.state.word(), "hours": run.seen, "of": run.total, "new": run.added,
            "known": run.changed, "left_out": run.refused,
        }));
        return;
    }
    let args = [
        ("state", say(desk.locale, &format!("runs.options.state.{}", run.state.word()), &[])),
        ("id", run.id.to_string()),
        ("n", run.added.to_string()),
        ("twins", run.changed.to_string()),
    ];
    output::line(say(desk.locale, "chats.records_read", &args));
}

pub(super) async fn recount(desk: &Desk) -> Result<(), Failure> {
    let hours = desk.chats.recount().await?;
    output::line(say(desk.locale, "chats.recounted", &[("n", hours.to_string())]));
    Ok(())
}
