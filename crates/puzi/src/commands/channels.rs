//! `puzi channels`: codes with a scene, their posters, and what came of them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use puzi_resource::{Column, Listing};
use puzi_shop::{
    Error,
    accounts::{Reach, Registry},
    channels::{Channel, Channels, NewChannel, State, Sums, lately},
    db::now_ms,
    followers::growth::day_of,
    texts::Locale,
};
use puzi_web::{PosterSize, poster_svg};
use serde_json::{Value, json};

use super::{
    common::{Lines, OfAccount, Show, Sure},
    staff::operator,
};
use crate::{
    error::Failure,
    exit,
    output::{self, Clock},
    settings::{Settings, Workplace},
    texts::say,
};

/// Days that lists and figures tell of.
const DAYS: i64 = 30;
/// Channels read at once.
const PAGE: u64 = 200;

/// `puzi channels …`.
#[derive(Debug, Subcommand)]
pub enum ChannelsCommand {
    /// List an account's channels, the newest first
    #[command(after_help = "Examples:\n  puzi channels list\n  puzi channels list --account tea --all --json")]
    List(ListArgs),
    /// Show one channel with its last 30 days
    #[command(after_help = "Example:\n  puzi channels show 3 --json")]
    Show(OneArgs),
    /// Make a channel; WeChat is asked for its code at once
    #[command(
        after_help = "Examples:\n  puzi channels new Counter --lasting --scene counter\n  puzi channels new \"Spring fair\" --days 7\n\nExit codes: 0 the code is there; 10 nobody knows yet; 12 the channel is there, and WeChat made no code."
    )]
    New(NewArgs),
    /// Ask WeChat again for a code that failed, expired, or that nobody knows of
    #[command(after_help = "Example:\n  puzi channels remake 3 --yes")]
    Remake(RemakeArgs),
    /// Save a channel's poster (.svg) or WeChat's picture of the code (.jpg)
    #[command(
        after_help = "Examples:\n  puzi channels poster 3 counter.svg --size a6\n  puzi channels poster 3 code.jpg"
    )]
    Poster(PosterArgs),
}

/// `puzi channels list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How many.
    #[command(flatten)]
    pub lines: Lines,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// One channel.
#[derive(Debug, Args)]
pub struct OneArgs {
    /// Number of the channel
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi channels new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// Name that people see, on the poster too
    pub name: String,
    /// What its scans are known by, a number or a text; made when it is not given
    #[arg(long, value_name = "SCENE")]
    pub scene: Option<String>,
    /// A code that lasts; an account can have 100,000
    #[arg(long, conflicts_with = "days")]
    pub lasting: bool,
    /// Days that a temporary code lives, 1 to 30 [default: 30]
    #[arg(long, value_name = "DAYS")]
    pub days: Option<i64>,
    /// Name of the folder it lies in
    #[arg(long, value_name = "NAME")]
    pub folder: Option<String>,
    /// For the team
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi channels remake`.
#[derive(Debug, Args)]
pub struct RemakeArgs {
    /// Number of the channel
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// Whether to ask.
    #[command(flatten)]
    pub sure: Sure,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi channels poster`.
#[derive(Debug, Args)]
pub struct PosterArgs {
    /// Number of the channel
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// Where it is saved: .svg a poster, .jpg WeChat's picture
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How large a poster: a4, a6 or square
    #[arg(long, default_value = "a4", value_name = "SIZE", value_parser = ["a4", "a6", "square"])]
    pub size: String,
}

/// Does what was asked about channels.
///
/// # Errors
/// When a channel is unknown, its fields are wrong, WeChat refuses, or the database does not answer.
pub async fn run(command: ChannelsCommand, settings: &Settings) -> Result<(), Failure> {
    let place = settings.open().await?;
    let registry = settings.registry(&place).await?;
    let zone = TimeZone::get(&settings.timezone).map_err(|error| Failure::setting("timezone", &error))?;
    let desk = Desk {
        channels: Channels::new(&place.db, &registry),
        place: &place,
        registry: &registry,
        locale: settings.locale(),
        clock: Clock::of(settings)?,
        today: day_of(now_ms(), &zone),
    };
    match command {
        ChannelsCommand::List(args) => desk.list(&args).await,
        ChannelsCommand::Show(args) => desk.show(&args).await,
        ChannelsCommand::New(args) => desk.new_one(args).await,
        ChannelsCommand::Remake(args) => desk.remake(&args).await,
        ChannelsCommand::Poster(args) => desk.poster(&args).await,
    }
}

/// Where the commands work.
struct Desk<'a> {
    channels: Channels,
    place: &'a Workplace,
    registry: &'a Registry,
    locale: Locale,
    clock: Clock,
    today: i64,
}

/// A channel with its last days.
struct Row {
    channel: Channel,
    scans: i64,
    follows: i64,
}

impl Desk<'_> {
    fn t(&self, key: &str, args: &[(&'static str, String)]) -> String {
        say(self.locale, key, args)
    }

    async fn find(&self, id: i64) -> Result<Channel, Failure> {
        self.channels.get(&Reach::All, id).await.map_err(|error| match error {
            Error::NotFound => Failure::Refused(vec![self.t("channels.unknown", &[("id", id.to_string())])]),
            other => other.into(),
        })
    }

    async fn rows(&self, channels: Vec<Channel>) -> Result<Vec<Row>, Failure> {
        let ids: Vec<_> = channels.iter().map(|channel| channel.id).collect();
        let sums = lately(self.place.db.read(), &ids, self.today - DAYS + 1).await?;
        let row = |channel: Channel| {
            let (scans, follows) = sums.get(&channel.id).copied().unwrap_or_default();
            Row { channel, scans, follows }
        };
        Ok(channels.into_iter().map(row).collect())
    }

    async fn list(&self, args: &ListArgs) -> Result<(), Failure> {
        let account = args.of.one(self.place, self.locale).await?;
        let most = if args.lines.all { usize::MAX } else { args.lines.lines as usize };
        let (mut rows, mut before) = (Vec::new(), None);
        while rows.len() < most {
            let page = self.channels.list(&Reach::All, account.id, before, PAGE).await?;
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            rows.extend(self.rows(page).await?);
        }
        rows.truncate(most);
        if rows.is_empty() && !args.show.json {
            output::line(self.t("channels.none", &[]));
        } else {
            output::list(&listing(&self.clock), &rows, self.locale, args.show.json);
        }
        Ok(())
    }

    async fn show(&self, args: &OneArgs) -> Result<(), Failure> {
        let channel = self.find(args.id).await?;
        self.tell(channel, args.show.json).await
    }

    async fn tell(&self, channel: Channel, as_json: bool) -> Result<(), Failure> {
        let figures = self.channels.figures(&Reach::All, channel.id, self.today - DAYS + 1, self.today).await?;
        let error = channel.error.clone();
        let rows = self.rows(vec![channel]).await?;
        let listing = listing(&self.clock);
        let Sums { scans, follows, fresh, again, .. } = figures.total;
        if as_json {
            for row in &rows {
                let mut shown = listing.row_to_json(row);
                shown["figures"] = json!({
                    "days": DAYS, "scans": scans, "follows": follows, "fresh": fresh, "again": again,
                    "people": figures.people.n, "revenue": figures.revenue,
                });
                output::json(&shown);
            }
            return Ok(());
        }
        output::list(&listing, &rows, self.locale, false);
        let args = [
            ("n", DAYS.to_string()),
            ("scans", scans.to_string()),
            ("follows", follows.to_string()),
            ("fresh", fresh.to_string()),
        ];
        output::line(self.t("channels.all", &args));
        if let Some(why) = error.filter(|why| !why.is_empty()) {
            output::line(self.t("channels.failed", &[("why", why)]));
        }
        Ok(())
    }

    async fn new_one(&self, args: NewArgs) -> Result<(), Failure> {
        let account = args.of.one(self.place, self.locale).await?;
        let folder_id = match &args.folder {
            Some(name) => Some(self.channels.folder(&Reach::All, account.id, name).await?),
            None => None,
        };
        let new = NewChannel {
            account_id: account.id,
            name: args.name,
            note: args.note.unwrap_or_default(),
            folder_id,
            lasting: args.lasting,
            ttl_days: args.days,
            scene: args.scene.unwrap_or_default(),
        };
        let channel = self.channels.create(&operator(), &Reach::All, new).await?;
        if !args.show.json {
            let args =
                [("id", channel.id.to_string()), ("name", channel.name.clone()), ("scene", channel.scene.clone())];
            output::line(self.t("channels.made", &args));
        }
        self.end(channel, args.show.json).await
    }

    async fn remake(&self, args: &RemakeArgs) -> Result<(), Failure> {
        let channel = self.find(args.id).await?;
        args.sure.ask(&self.t("channels.remake_ask", &[("name", channel.name.clone())]), self.locale)?;
        self.channels.remake(&operator(), &Reach::All, args.id).await?;
        self.end(self.find(args.id).await?, args.show.json).await
    }

    /// What came of asking WeChat.
    async fn end(&self, channel: Channel, as_json: bool) -> Result<(), Failure> {
        let id = [("id", channel.id.to_string())];
        let ended = match channel.stand() {
            State::Live => None,
            State::Failed => {
                let why = channel.error.clone().unwrap_or_default();
                Some((exit::PARTLY, self.t("channels.failed", &[("why", why)])))
            }
            State::Unknown => Some((exit::UNKNOWN, self.t("channels.not_known", &id))),
            State::Making | State::Asking => Some((exit::UNKNOWN, self.t("channels.making", &id))),
        };
        if as_json || ended.is_none() {
            self.tell(channel, as_json).await?;
        }
        match ended {
            None => Ok(()),
            Some((code, _)) if as_json => Err(Failure::Ended(code, Vec::new())),
            Some((code, line)) => Err(Failure::Ended(code, vec![line])),
        }
    }

    async fn poster(&self, args: &PosterArgs) -> Result<(), Failure> {
        let channel = self.find(args.id).await?;
        let file = args.file.display().to_string();
        let ending = args.file.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
        let no_code = || Failure::Refused(vec![self.t("channels.no_code", &[("id", args.id.to_string())])]);
        let bytes = match ending.as_str() {
            "svg" => {
                let url = channel.url.as_deref().filter(|_| channel.is_good(now_ms())).ok_or_else(no_code)?;
                let size = PosterSize::read(Some(&args.size)).unwrap_or(PosterSize::A4);
                let live = self.registry.by_id(channel.account_id).ok_or(Error::NotFound)?;
                let drawing = poster_svg(size, url, &channel.name, &live.account.name, self.locale);
                drawing.ok_or_else(no_code)?.into_bytes()
            }
            "jpg" | "jpeg" => self.channels.picture(&Reach::All, args.id, None).await?,
            _ => return Err(Failure::Refused(vec![self.t("channels.bad_file", &[("file", file)])])),
        };
        std::fs::write(&args.file, bytes).map_err(|error| Failure::folder(&args.file, &error))?;
        output::line(self.t("channels.saved", &[("file", file)]));
        Ok(())
    }
}

/// Where a code stands, as people see it.
fn stand(channel: &Channel) -> &'static str {
    match channel.stand() {
        State::Live if channel.is_over(now_ms()) => "over",
        State::Live => "live",
        State::Making | State::Asking => "making",
        State::Failed => "failed",
        State::Unknown => "unknown",
    }
}

fn listing(clock: &Clock) -> Listing<Row> {
    let (iso, show) = (clock.clone(), clock.clone());
    Listing::new("channels")
        .column(Column::new("id", "channels.id", |row: &Row| row.channel.id.into()))
        .column(Column::new("name", "channels.name", |row: &Row| row.channel.name.as_str().into()).at_most(30))
        .column(Column::new("scene", "channels.scene", |row: &Row| row.channel.scene.as_str().into()).at_most(30))
        .column(Column::new("state", "channels.state", |row: &Row| stand(&row.channel).into()))
        .column(Column::new("scans_30", "channels.scans", |row: &Row| row.scans.into()))
        .column(Column::new("follows_30", "channels.follows", |row: &Row| row.follows.into()))
        .column(
            Column::new("expires_at", "channels.expires", move |row: &Row| {
                row.channel.expires_at.map_or(Value::Null, |at| iso.iso(at).into())
            })
            .shown(move |row| row.channel.expires_at.map(|at| show.show(at)).unwrap_or_default()),
        )
        .column(Column::new("url", "channels.url", |row: &Row| row.channel.url.clone().into()).only_json())
        .column(Column::new("lasting", "channels.lasting", |row: &Row| row.channel.lasting.into()).only_json())
        .column(Column::new("account_id", "channels.account", |row: &Row| row.channel.account_id.into()).only_json())
        .column(Column::new("folder_id", "channels.folder", |row: &Row| row.channel.folder_id.into()).only_json())
        .column(Column::new("error", "channels.error", |row: &Row| row.channel.error.clone().into()).only_json())
}
