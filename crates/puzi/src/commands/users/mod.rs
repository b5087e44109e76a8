//! `puzi users`: followers at the terminal.

mod export;
mod growth;
mod list;
mod mark;
mod one;
mod show;
mod sync;
mod tag;
mod tags;

use clap::{Args, Subcommand};
use puzi_shop::{
    Error,
    accounts::{Reach, Registry},
    followers::{Filter, Followers, Span as Times, entity::Model, face_of},
    texts::Locale,
};

use super::common::{OfAccount, Span};
use crate::{
    error::Failure,
    output::Clock,
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi users …`.
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// List followers, the newest first
    #[command(
        after_help = "Examples:\n  puzi users list\n  puzi users list --tag 老客户 --since 7d\n  puzi users list --blocked --json"
    )]
    List(list::ListArgs),
    /// Show one follower
    #[command(after_help = "Examples:\n  puzi users show 42\n  puzi users show oABC --json")]
    Show(show::ShowArgs),
    /// Put a tag on followers, or take it off
    #[command(
        after_help = "Examples:\n  puzi users tag 老客户 --users 42,oABC\n  puzi users tag 老客户 --since 30d --new\n  puzi users tag 老客户 --all --off --yes\n\nExit codes: 0 done, 12 partly done (the output says who was not)."
    )]
    Tag(tag::TagArgs),
    /// Tags of an account: list, make, rename, delete, read again
    #[command(subcommand)]
    Tags(tags::TagsCommand),
    /// Call a follower something, at WeChat too
    #[command(
        after_help = "Examples:\n  puzi users remark 42 王阿姨\n  puzi users remark oABC ''\n\nAt most 30 bytes, ten Chinese characters; an empty one takes it away."
    )]
    Remark(one::RemarkArgs),
    /// Write a note on a follower, for the team only
    #[command(after_help = "Examples:\n  puzi users note 42 '喜欢龙井，不要打电话'\n  puzi users note 42 - < note.txt")]
    Note(one::NoteArgs),
    /// Put followers on WeChat's blacklist
    #[command(
        after_help = "Example:\n  puzi users block 42 oABC --yes\n\nExit codes: 0 done, 12 partly done (the output says who was not)."
    )]
    Block(mark::BlockArgs),
    /// Take followers off WeChat's blacklist
    #[command(
        after_help = "Example:\n  puzi users unblock 42\n\nExit codes: 0 done, 12 partly done (the output says who was not)."
    )]
    Unblock(mark::BlockArgs),
    /// Read one follower from WeChat again
    #[command(after_help = "Example:\n  puzi users refresh 42")]
    Refresh(one::RefreshArgs),
    /// Read followers from WeChat
    Sync(sync::SyncArgs),
    /// Show who came and went, by day
    Growth(growth::GrowthArgs),
    /// Write followers into a CSV file
    #[command(after_help = "Examples:\n  puzi users export users.csv\n  puzi users export - --tag 老客户")]
    Export(export::ExportArgs),
}

/// Which followers.
#[derive(Debug, Clone, Default, Args)]
pub struct Which {
    /// Only who has this tag
    #[arg(long = "having", visible_alias = "tag", value_name = "NAME")]
    pub having: Option<String>,
    /// Only who came like this, in WeChat's words (ADD_SCENE_QR_CODE …)
    #[arg(long, value_name = "WORD")]
    pub source: Option<String>,
    /// Only whom these words find
    #[arg(long, value_name = "WORDS")]
    pub search: Option<String>,
    /// Only who is on the blacklist
    #[arg(long)]
    pub blocked: bool,
    /// Only who has left
    #[arg(long)]
    pub left: bool,
    /// When they followed.
    #[command(flatten)]
    pub followed: Span,
}

impl Which {
    /// As the shop knows it, for one account.
    async fn filter(&self, desk: &Desk) -> Result<Filter, Failure> {
        let (from, until) = self.followed.bounds(&desk.clock, desk.locale)?;
        let tag = match &self.having {
            Some(name) => Some(desk.tag(name).await?),
            None => None,
        };
        Ok(Filter {
            tag,
            source: self.source.clone(),
            search: self.search.clone().unwrap_or_default(),
            blocked: self.blocked.then_some(true),
            subscribed: self.left.then_some(false),
            followed: Times { from, until },
            ..Filter::default()
        })
    }
}

/// What every command here works with.
struct Desk {
    registry: Registry,
    followers: Followers,
    account: i64,
    clock: Clock,
    locale: Locale,
}

impl Desk {
    async fn open(place: &Workplace, settings: &Settings, which: &OfAccount) -> Result<Self, Failure> {
        let account = which.one(place, settings.locale()).await?.id;
        Self::of_any(place, settings, Some(account)).await
    }

    /// Without saying which account.
    async fn of_any(place: &Workplace, settings: &Settings, account: Option<i64>) -> Result<Self, Failure> {
        let registry = settings.registry(place).await?;
        let followers = Followers::new(&place.db, &registry);
        let (clock, locale) = (Clock::of(settings)?, settings.locale());
        Ok(Self { followers, registry, account: account.unwrap_or_default(), clock, locale })
    }

    /// The follower of this number or openid. Any account will do to begin with: the follower says which one it is.
    async fn of_follower(
        place: &Workplace,
        settings: &Settings,
        of: &OfAccount,
        which: &str,
    ) -> Result<(Self, Model), Failure> {
        let account = of.named(place, settings.locale()).await?.map(|account| account.id);
        let mut desk = Self::of_any(place, settings, account).await?;
        let found = desk.followers.find(&Reach::All, account, which.trim()).await;
        let follower = found.map_err(|error| match error {
            Error::NotFound => {
                Failure::Refused(vec![say(desk.locale, "users.unknown", &[("which", which.to_owned())])])
            }
            other => other.into(),
        })?;
        desk.account = follower.account_id;
        Ok((desk, follower))
    }

    fn reach(&self) -> Reach {
        Reach::of([self.account])
    }

    /// The row number of the tag called `name`.
    async fn tag(&self, name: &str) -> Result<i64, Failure> {
        let tags = self.followers.tags(&self.reach(), self.account).await?;
        let found = tags.iter().find(|tag| tag.name == name);
        found.map(|tag| tag.id).ok_or_else(|| {
            let known = tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>().join(", ");
            Failure::Refused(vec![say(self.locale, "users.no_tag", &[("name", name.to_owned()), ("known", known)])])
        })
    }
}

/// A follower with what stands in other tables.
struct Row {
    follower: Model,
    name: String,
    named_by: &'static str,
    tags: Vec<String>,
}

impl Row {
    async fn of(follower: Model, desk: &Desk) -> Result<Self, Failure> {
        let face = face_of(&follower, desk.locale);
        let tags = desk.followers.tags_of(follower.id).await?.into_iter().map(|tag| tag.name).collect();
        Ok(Self { name: face.name, named_by: face.named_by.as_str(), tags, follower })
    }

    fn state(&self) -> &'static str {
        match (self.follower.blocked, self.follower.subscribed) {
            (true, _) => "blocked",
            (false, true) => "follows",
            (false, false) => "left",
        }
    }
}

/// Does what was asked about followers.
///
/// # Errors
/// When the account or the follower is unknown, or WeChat or the database refuses.
pub async fn run(command: UsersCommand, settings: &Settings) -> Result<(), Failure> {
    let command = match command {
        UsersCommand::Sync(args) => return sync::run(args, settings).await,
        UsersCommand::Growth(args) => return growth::run(args, settings).await,
        command => command,
    };
    let place = settings.open().await?;
    match command {
        UsersCommand::List(args) => list::run(&args, &place, settings).await,
        UsersCommand::Show(args) => show::run(&args, &place, settings).await,
        UsersCommand::Tag(args) => tag::run(&args, &place, settings).await,
        UsersCommand::Export(args) => export::run(&args, &place, settings).await,
        UsersCommand::Tags(command) => tags::run(command, &place, settings).await,
        UsersCommand::Remark(args) => one::remark(&args, &place, settings).await,
        UsersCommand::Note(args) => one::note(&args, &place, settings).await,
        UsersCommand::Block(args) => mark::run(&args, true, &place, settings).await,
        UsersCommand::Unblock(args) => mark::run(&args, false, &place, settings).await,
        UsersCommand::Refresh(args) => one::refresh(&args, &place, settings).await,
        UsersCommand::Sync(_) | UsersCommand::Growth(_) => Ok(()),
    }
}
