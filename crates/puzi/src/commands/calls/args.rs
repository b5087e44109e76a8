//! What `puzi calls …` is asked.

use clap::{Args, Subcommand, ValueEnum};
use puzi_shop::{calls::read::Filter, texts::Locale};

use super::super::{
    accounts::pick,
    common::{OfAccount, Show, When},
};
use crate::{error::Failure, settings::Workplace};

/// `puzi calls …`.
#[derive(Debug, Subcommand)]
pub enum CallsCommand {
    /// List the latest calls and pushes
    #[command(
        after_help = "Examples:\n  puzi calls list --failed --since 1h\n  puzi calls list --out --errcode 45009 --json"
    )]
    List(ListArgs),
    /// Show calls and pushes as they come, until Ctrl-C
    #[command(
        after_help = "Examples:\n  puzi calls tail\n  puzi calls tail --failed --account tea --json | jq .endpoint"
    )]
    Tail(TailArgs),
    /// Show one line with its masked contents and its other attempts
    #[command(after_help = "Example:\n  puzi calls show 1204")]
    Show(ShowArgs),
    /// Find what has this rid, and with --ask what WeChat says about it
    #[command(after_help = "Example:\n  puzi calls rid 65f1a2b3-0a1b2c3d-12345678 --ask")]
    Rid(RidArgs),
    /// How many, what fails, what is slow
    #[command(after_help = "Example:\n  puzi calls figures --since 24h")]
    Figures(FiguresArgs),
    /// Look at a push again; with --yes store it if it could not be read then, and with --answer send what the rules answer now
    #[command(after_help = "Examples:\n  puzi calls replay refused 12\n  puzi calls replay refused 12 --yes\n  \
                            puzi calls replay message 340 --answer --yes\n\n\
                            Exit codes: 0 done; 5 not in this state; 10 the answer was not sent in time, or nobody knows.")]
    Replay(ReplayArgs),
}

/// Which lines.
#[derive(Debug, Args)]
pub struct WhichArgs {
    /// Only what went wrong
    #[arg(long)]
    pub failed: bool,
    /// Only of this endpoint, such as /cgi-bin/user/info or push:text
    #[arg(long, value_name = "ENDPOINT")]
    pub endpoint: Option<String>,
    /// Only with this errcode
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub errcode: Option<i64>,
    /// Only pushes from WeChat
    #[arg(long = "in", id = "pushes", conflicts_with = "calls")]
    pub pushes: bool,
    /// Only calls of WeChat's API
    #[arg(long = "out", id = "calls")]
    pub calls: bool,
    /// Only this account, by slug, AppID or name
    #[arg(long, value_name = "WHICH")]
    pub account: Option<String>,
}

impl WhichArgs {
    pub(super) async fn filter(&self, place: &Workplace, locale: Locale) -> Result<Filter, Failure> {
        let account = match &self.account {
            Some(which) => Some(pick(place, Some(which), locale).await?.id),
            None => None,
        };
        let outgoing = match (self.pushes, self.calls) {
            (true, _) => Some(false),
            (_, true) => Some(true),
            _ => None,
        };
        let (endpoint, errcode) = (self.endpoint.clone(), self.errcode);
        Ok(Filter { account, failed: self.failed, outgoing, endpoint, errcode, since: None })
    }
}

/// `puzi calls list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which lines.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Not before: 15m, 1h, 7d, 2026-11-22 or 2026-11-22T20:00
    #[arg(long, value_name = "WHEN")]
    pub since: Option<When>,
    /// How many lines
    #[arg(long, short = 'n', default_value_t = 20, value_name = "NUMBER")]
    pub lines: u32,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi calls tail`.
#[derive(Debug, Args)]
pub struct TailArgs {
    /// Which lines.
    #[command(flatten)]
    pub which: WhichArgs,
    /// How many of the latest come first
    #[arg(long, short = 'n', default_value_t = 10, value_name = "NUMBER")]
    pub lines: u32,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `puzi calls show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Number of the line
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi calls rid`.
#[derive(Debug, Args)]
pub struct RidArgs {
    /// The rid, out of the words of an error
    #[arg(value_name = "RID")]
    pub rid: String,
    /// Ask WeChat, too, as the account that made the call
    #[arg(long)]
    pub ask: bool,
    /// Whom to ask as.
    #[command(flatten)]
    pub account: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi calls figures`.
#[derive(Debug, Args)]
pub struct FiguresArgs {
    /// Not before: 15m, 1h, 7d, 2026-11-22 or 2026-11-22T20:00
    #[arg(long, value_name = "WHEN", default_value = "24h")]
    pub since: String,
    /// Only this account, by slug, AppID or name
    #[arg(long, value_name = "WHICH")]
    pub account: Option<String>,
    /// Only pushes from WeChat
    #[arg(long = "in", id = "pushes", conflicts_with = "calls")]
    pub pushes: bool,
    /// Only calls of WeChat's API
    #[arg(long = "out", id = "calls")]
    pub calls: bool,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// What is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SourceWord {
    /// A push that was stored.
    Message,
    /// A push that could not be read.
    Refused,
}

/// `puzi calls replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// What it is
    #[arg(value_enum, value_name = "WHAT")]
    pub source: SourceWord,
    /// Its number: of the message, or in `puzi chats refused`
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// Send what the rules answer now, once, as a customer-service message
    #[arg(long)]
    pub answer: bool,
    /// Tell the webhooks again
    #[arg(long)]
    pub webhooks: bool,
    /// Do it; without this it only looks
    #[arg(long)]
    pub yes: bool,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}
