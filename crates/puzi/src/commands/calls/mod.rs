//! `puzi calls`: the record of what was exchanged with WeChat, what happened to a rid, figures, replaying a push.

mod args;
mod figures;
mod list;
mod replay;
mod show;
mod told;

use std::time::Duration;

use puzi_shop::{accounts::Registry, texts::Locale};

pub use self::args::{
    CallsCommand, FiguresArgs, ListArgs, ReplayArgs, RidArgs, ShowArgs, SourceWord, TailArgs, WhichArgs,
};
use crate::{
    error::Failure,
    output::Clock,
    settings::{Settings, Workplace},
    texts::say,
};

/// How often it is looked for what came.
const LOOK: Duration = Duration::from_millis(500);

/// Does what was asked about calls.
///
/// # Errors
/// When the account, the line or the push is unknown, WeChat does not tell, or the database does not answer.
pub async fn run(command: CallsCommand, settings: &Settings) -> Result<(), Failure> {
    let place = settings.open().await?;
    let desk = Desk { place: &place, settings, locale: settings.locale(), clock: Clock::of(settings)? };
    match command {
        CallsCommand::List(args) => desk.list(&args).await,
        CallsCommand::Tail(args) => desk.tail(&args).await,
        CallsCommand::Show(args) => desk.show(&args).await,
        CallsCommand::Rid(args) => desk.rid(&args).await,
        CallsCommand::Figures(args) => desk.figures(&args).await,
        CallsCommand::Replay(args) => desk.replay(&args).await,
    }
}

/// Where the commands work.
struct Desk<'a> {
    place: &'a Workplace,
    settings: &'a Settings,
    locale: Locale,
    clock: Clock,
}

impl Desk<'_> {
    fn t(&self, key: &str) -> String {
        say(self.locale, key, &[])
    }

    async fn registry(&self) -> Result<Registry, Failure> {
        self.settings.registry(self.place).await
    }
}

/// Waits for the next look; true when Ctrl-C comes first.
async fn interrupted() -> bool {
    tokio::time::timeout(LOOK, tokio::signal::ctrl_c()).await.is_ok()
}
