//! `puzi chats`: conversations at the terminal.

mod export;
mod figures;
mod list;
mod records;
mod search;
mod sessions;
mod show;
mod tail;

use clap::Subcommand;
use puzi_shop::{
    accounts::{Reach, Registry},
    chats::{
        Chats,
        list::{Filter, Listed},
    },
    inbox::{Inbox, Whose},
    texts::Locale,
};

pub use self::tail::{RefusedArgs, TailArgs};
use super::common::OfAccount;
use crate::{
    error::Failure,
    output::Clock,
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi chats …`.
#[derive(Debug, Subcommand)]
pub enum ChatsCommand {
    /// List conversations, the latest first
    #[command(
        after_help = "Examples:\n  puzi chats list\n  puzi chats list --unanswered-for 2h\n  puzi chats list --by staff --since 7d --json"
    )]
    List(list::ListArgs),
    /// Show what was said in a conversation
    #[command(
        after_help = "Examples:\n  puzi chats show 42\n  puzi chats show oABC -n 100\n  puzi chats show 42 --json"
    )]
    Show(show::ShowArgs),
    /// Find messages by their words, the latest first; two Chinese characters are enough
    #[command(
        after_help = "Examples:\n  puzi chats search 绿茶\n  puzi chats search 'order late' --by follower --since 7d --json"
    )]
    Search(search::SearchArgs),
    /// Write a conversation into a file
    #[command(
        after_help = "Examples:\n  puzi chats export 42 chat.csv\n  puzi chats export oABC - --as jsonl | jq .text\n\nThe last line says how many there are; a file without it broke off."
    )]
    Export(export::ExportArgs),
    /// Who waits for WeChat's customer service and who is served; take, end, hand over
    #[command(
        subcommand_required = false,
        args_conflicts_with_subcommands = true,
        after_help = "Examples:\n  puzi chats sessions\n  puzi chats sessions open oABC --agent ming@tea\n  puzi chats sessions move oABC --agent hong@tea\n  puzi chats sessions close oABC"
    )]
    Sessions(sessions::SessionsArgs),
    /// What agents and followers said, as WeChat's records have it
    #[command(subcommand)]
    Records(records::RecordsCommand),
    /// How much is asked, who answers and how soon
    #[command(after_help = "Examples:\n  puzi chats figures\n  puzi chats figures --days 30 --account tea --json")]
    Figures(figures::FiguresArgs),
    /// The words that followers write most
    #[command(after_help = "Examples:\n  puzi chats cloud\n  puzi chats cloud --days 30 --json")]
    Cloud(figures::FiguresArgs),
    /// Show the latest messages with their answers, and go on with -f
    #[command(
        after_help = "Examples:\n  puzi chats tail\n  puzi chats tail -f --account tea\n  puzi chats tail -f --json | jq .text"
    )]
    Tail(TailArgs),
    /// List what WeChat sent and could not be read; the latest thousand are kept
    #[command(after_help = "Examples:\n  puzi chats refused\n  puzi chats refused --lines 5 --json")]
    Refused(RefusedArgs),
    /// Count the figures of chats anew
    #[command(after_help = "Examples:\n  puzi chats recount")]
    Recount,
}

/// Does what was asked about conversations.
///
/// # Errors
/// When the account or the conversation is unknown, WeChat refuses, or the database does not answer.
pub async fn run(command: ChatsCommand, settings: &Settings) -> Result<(), Failure> {
    let place = settings.open().await?;
    match command {
        ChatsCommand::Tail(args) => tail::tail(&args, &place, settings).await,
        ChatsCommand::Refused(args) => tail::refused(&args, &place, settings).await,
        ChatsCommand::List(args) => list::run(&args, &Desk::open(&place, settings).await?, &place).await,
        ChatsCommand::Show(args) => show::run(&args, &Desk::open(&place, settings).await?, &place).await,
        ChatsCommand::Search(args) => search::run(&args, &Desk::open(&place, settings).await?, &place).await,
        ChatsCommand::Export(args) => export::run(&args, &Desk::open(&place, settings).await?, &place).await,
        ChatsCommand::Sessions(args) => sessions::run(&args, &Desk::open(&place, settings).await?, &place).await,
        ChatsCommand::Records(command) => records::run(&command, &Desk::open(&place, settings).await?, &place).await,
        ChatsCommand::Figures(args) => figures::run(&args, &Desk::open(&place, settings).await?, &place).await,
        ChatsCommand::Cloud(args) => figures::cloud(&args, &Desk::open(&place, settings).await?, &place).await,
        ChatsCommand::Recount => records::recount(&Desk::open(&place, settings).await?).await,
    }
}

/// What every command here works with.
struct Desk {
    registry: Registry,
    chats: Chats,
    inbox: Inbox,
    clock: Clock,
    zone: jiff::tz::TimeZone,
    locale: Locale,
}

impl Desk {
    async fn open(place: &Workplace, settings: &Settings) -> Result<Self, Failure> {
        let registry = settings.registry(place).await?;
        let inbox = Inbox::new(place.db.clone(), registry.clone(), settings.data.join("media"))?;
        let zone = jiff::tz::TimeZone::get(&settings.timezone).map_err(|error| Failure::setting("timezone", &error))?;
        let (clock, locale) = (Clock::of(settings)?, settings.locale());
        Ok(Self { chats: Chats::new(&place.db, &registry), registry, inbox, clock, zone, locale })
    }

    /// The conversation of this number or openid.
    async fn find(&self, place: &Workplace, account: &OfAccount, which: &str) -> Result<(i64, Whose), Failure> {
        let reach = self.reach(place, account).await?;
        let nobody = || Failure::plain(say(self.locale, "chats.unknown", &[("which", which.to_owned())]));
        if let Ok(id) = which.parse::<i64>() {
            let chat = self.inbox.seen_by(&reach).chat(id).await.map_err(|_| nobody())?;
            return Ok((chat.id, Whose { account_id: chat.account_id, openid: chat.openid }));
        }
        let found = self.chats.with(&reach, which).await?;
        match &found[..] {
            [one] => Ok((one.id, Whose { account_id: one.account_id, openid: one.openid.clone() })),
            _ => Err(nobody()),
        }
    }

    /// The account named, or all.
    async fn reach(&self, place: &Workplace, account: &OfAccount) -> Result<Reach, Failure> {
        let named = account.named(place, self.locale).await?;
        Ok(named.map_or(Reach::All, |account| Reach::of([account.id])))
    }
}

/// What a follower is called.
fn name(listed: &Listed) -> String {
    listed.nickname.clone().unwrap_or_else(|| puzi_shop::followers::code(&listed.openid))
}

/// Whether nothing is asked for but the latest.
fn is_plain(filter: &Filter) -> bool {
    *filter == Filter::default()
}
