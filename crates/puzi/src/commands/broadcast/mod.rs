//! `puzi broadcast`: mass messages, from the first word to what became of them.

mod act;
mod new;
mod show;

use clap::{Args, Subcommand};
use puzi_shop::{
    Error,
    accounts::{Reach, Registry},
    broadcasts::{Broadcast, Broadcasts},
    texts::Locale,
};

use super::common::{OfAccount, Show, Sure, Wait};
use crate::{
    error::Failure,
    output::Clock,
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi broadcast …`.
#[derive(Debug, Subcommand)]
pub enum BroadcastCommand {
    /// List broadcasts, the newest first
    #[command(after_help = "Examples:\n  puzi broadcast list\n  puzi broadcast list --account tea --json")]
    List(ListArgs),
    /// Show one: what it says, to whom, and where it stands
    #[command(after_help = "Example:\n  puzi broadcast show 7")]
    Show(OneArgs),
    /// Write one; it goes to nobody before it is submitted and approved
    #[command(
        after_help = "Examples:\n  puzi broadcast new \"Spring tea\" --text \"The new tea is here\" --to all\n  puzi broadcast new Sale --text @sale.txt --to tag:Regulars --at 2026-12-01T10:00\n  puzi broadcast new Articles --draft 3 --to openids.txt"
    )]
    New(Box<NewArgs>),
    /// Send it to one phone, to look at it
    #[command(
        after_help = "Example:\n  puzi broadcast preview 7 --to oABC\n\nExit codes: 0 it is on the phone; 12 it is not; 10 nobody knows."
    )]
    Preview(PreviewArgs),
    /// Ask for approval; with --wait until all of it went out
    #[command(
        after_help = "Examples:\n  puzi broadcast submit 7\n  puzi broadcast submit 7 --wait --for 10m\n\nExit codes: 0 done; 12 partly, the output says what; 13 it waits for a second person."
    )]
    Submit(SubmitArgs),
    /// Approve exactly what `show` showed: by somebody who did not write, change or submit it
    #[command(after_help = "Example:\n  puzi broadcast approve 7 --digest 3f2a…")]
    Approve(ApproveArgs),
    /// Send it back to whoever wrote it
    #[command(after_help = "Example:\n  puzi broadcast reject 7 \"The price is wrong\"")]
    Reject(RejectArgs),
    /// Give it up before it goes out
    #[command(after_help = "Example:\n  puzi broadcast cancel 7 --yes")]
    Cancel(SureArgs),
    /// Send no further part
    #[command(after_help = "Example:\n  puzi broadcast stop 7 --yes")]
    Stop(SureArgs),
    /// Send what failed or was stopped; by a second person
    #[command(after_help = "Example:\n  puzi broadcast retry 7 --yes")]
    Retry(SureArgs),
    /// Show what became of it, part by part
    #[command(after_help = "Example:\n  puzi broadcast results 7 --json")]
    Results(OneArgs),
    /// Show what may be sent now
    #[command(after_help = "Example:\n  puzi broadcast quota --account tea")]
    Quota(QuotaArgs),
    /// Show how fast WeChat sends, or set it: 0 is the fastest step, 4 the slowest
    #[command(after_help = "Examples:\n  puzi broadcast speed\n  puzi broadcast speed 2")]
    Speed(SpeedArgs),
}

/// `puzi broadcast list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// How many lines
    #[arg(long, short = 'n', default_value_t = 20, value_name = "NUMBER")]
    pub lines: u32,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// One broadcast.
#[derive(Debug, Args)]
pub struct OneArgs {
    /// Number of the broadcast
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi broadcast new`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").args(["text", "draft", "image", "voice", "video"]).required(true))]
pub struct NewArgs {
    /// Name that people see; followers do not
    pub name: String,
    /// The words, or @FILE
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// Number of a draft
    #[arg(long, value_name = "NUMBER")]
    pub draft: Option<i64>,
    /// Number of a picture among the materials; may be given several times
    #[arg(long, value_name = "NUMBER")]
    pub image: Vec<i64>,
    /// Number of a voice among the materials
    #[arg(long, value_name = "NUMBER")]
    pub voice: Option<i64>,
    /// Number of a video among the materials; with --title
    #[arg(long, value_name = "NUMBER", requires = "title")]
    pub video: Option<i64>,
    /// Title of the video
    #[arg(long, requires = "video")]
    pub title: Option<String>,
    /// What is said about the video
    #[arg(long, requires = "video")]
    pub description: Option<String>,
    /// To whom: all, tag:NAME, or a file of openids
    #[arg(long, value_name = "WHOM")]
    pub to: String,
    /// When, such as 2026-12-01T10:00 [default: as soon as it is approved]
    #[arg(long, value_name = "WHEN")]
    pub at: Option<String>,
    /// Step of the speed, 0 to 4
    #[arg(long, value_name = "STEP")]
    pub speed: Option<i64>,
    /// Send articles also where they are found to be copies
    #[arg(long)]
    pub ignore_reprint: bool,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi broadcast preview`.
#[derive(Debug, Args)]
pub struct PreviewArgs {
    /// Number of the broadcast
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// Openid or WeChat name [default: the one of last time]
    #[arg(long, value_name = "OPENID")]
    pub to: Option<String>,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi broadcast submit`.
#[derive(Debug, Args)]
pub struct SubmitArgs {
    /// Number of the broadcast
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// Whether to wait.
    #[command(flatten)]
    pub wait: Wait,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi broadcast approve`.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// Number of the broadcast
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// The digest that `show` showed
    #[arg(long, value_name = "DIGEST")]
    pub digest: String,
    /// Whether to wait.
    #[command(flatten)]
    pub wait: Wait,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi broadcast reject`.
#[derive(Debug, Args)]
pub struct RejectArgs {
    /// Number of the broadcast
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// Why
    pub why: String,
}

/// One broadcast, asked about first.
#[derive(Debug, Args)]
pub struct SureArgs {
    /// Number of the broadcast
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// Whether to ask.
    #[command(flatten)]
    pub sure: Sure,
}

/// `puzi broadcast quota`.
#[derive(Debug, Args)]
pub struct QuotaArgs {
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi broadcast speed`.
#[derive(Debug, Args)]
pub struct SpeedArgs {
    /// The step to set, 0 to 4
    pub step: Option<i64>,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// Does what was asked about broadcasts.
///
/// # Errors
/// When a broadcast is unknown, refused, or the database does not answer; [`Failure::Ended`] tells by its exit code how it
/// stands.
pub async fn run(command: BroadcastCommand, settings: &Settings) -> Result<(), Failure> {
    let place = settings.open().await?;
    let registry = settings.registry(&place).await?;
    let broadcasts = Broadcasts::new(&place.db, &registry);
    let desk = Desk { place: &place, registry, broadcasts, locale: settings.locale(), clock: Clock::of(settings)? };
    match command {
        BroadcastCommand::List(args) => desk.list(&args).await,
        BroadcastCommand::Show(args) => desk.show(&args).await,
        BroadcastCommand::New(args) => desk.write(*args).await,
        BroadcastCommand::Preview(args) => desk.preview(&args).await,
        BroadcastCommand::Submit(args) => desk.submit(&args).await,
        BroadcastCommand::Approve(args) => desk.approve(&args).await,
        BroadcastCommand::Reject(args) => desk.reject(&args).await,
        BroadcastCommand::Cancel(args) => desk.cancel(&args).await,
        BroadcastCommand::Stop(args) => desk.stop(&args).await,
        BroadcastCommand::Retry(args) => desk.retry(&args).await,
        BroadcastCommand::Results(args) => desk.results(&args).await,
        BroadcastCommand::Quota(args) => desk.quota(&args).await,
        BroadcastCommand::Speed(args) => desk.speed(&args).await,
    }
}

/// Where the commands work.
struct Desk<'a> {
    place: &'a Workplace,
    registry: Registry,
    broadcasts: Broadcasts,
    locale: Locale,
    clock: Clock,
}

impl Desk<'_> {
    fn t(&self, key: &str, args: &[(&'static str, String)]) -> String {
        say(self.locale, key, args)
    }

    async fn one(&self, id: i64) -> Result<Broadcast, Failure> {
        self.broadcasts.get(&Reach::All, id).await.map_err(|error| self.unknown(id, error))
    }

    /// What is wrong with a broadcast's number.
    fn unknown(&self, id: i64, error: Error) -> Failure {
        match error {
            Error::NotFound => Failure::Refused(vec![self.t("broadcast.unknown", &[("id", id.to_string())])]),
            other => other.into(),
        }
    }
}
