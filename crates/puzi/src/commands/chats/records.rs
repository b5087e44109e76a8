//! `puzi chats records`: what WeChat's customer service keeps of conversations; and counting anew.

use clap::{Args, Subcommand};
use puzi_shop::{accounts::Reach, chats::records::MOST_DAYS};

use super::Desk;
use crate::{
    commands::common::{OfAccount, Show},
    error::Failure,
    output::{self, Progress},
    settings::Workplace,
    texts::say,
};

/// `puzi chats records …`.
#[derive(Debug, Subcommand)]
pub enum RecordsCommand {
    /// Read what agents and followers said in the last days
    #[command(after_help = "Examples:\n  puzi chats records read\n  puzi chats records read --days 30")]
    Read(ReadArgs),
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

pub(super) async fn run(command: &RecordsCommand, desk: &Desk, place: &Workplace) -> Result<(), Failure> {
    let RecordsCommand::Read(args) = command;
    let account = args.account.one(place, desk.locale).await?.id;
    let mut bar = Progress::begin(desk.locale, say(desk.locale, "chats.reading", &[]), args.show.json);
    let reach = Reach::of([account]);
    let read = desk.chats.read_back(&reach, account, args.days, |progress| bar.at(progress.done, Some(progress.of)));
    let read = read.await;
    bar.end();
    let kept = read?.kept;
    if args.show.json {
        output::json_line(&serde_json::json!({ "new": kept.new, "known": kept.twins }));
    } else {
        let args = [("n", kept.new.to_string()), ("twins", kept.twins.to_string())];
        output::line(say(desk.locale, "chats.records_read", &args));
    }
    Ok(())
}

pub(super) async fn recount(desk: &Desk) -> Result<(), Failure> {
    let hours = desk.chats.recount().await?;
    output::line(say(desk.locale, "chats.recounted", &[("n", hours.to_string())]));
    Ok(())
}
