//! `puzi materials`: the library of an account's pictures, voices and films.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use puzi_resource::{Column, Listing};
use puzi_shop::{
    accounts::{Reach, Registry},
    db::now_ms,
    jobs::Kinds,
    materials::{Materials, NewMaterial, SYNC_JOBS, entity::Model},
    texts::Locale,
};
use puzi_wechat::client::MediaKind;
use serde_json::{Value, json};

use super::{
    common::{Lines, OfAccount, Show, Wait, drive},
    staff::operator,
};
use crate::{
    error::Failure,
    exit,
    output::{self, Clock, Progress},
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi materials …`.
#[derive(Debug, Subcommand)]
pub enum MaterialsCommand {
    /// List materials, the newest first
    #[command(after_help = "Examples:\n  puzi materials list\n  puzi materials list --kind image --all --json")]
    List(ListArgs),
    /// Upload a file to WeChat
    #[command(
        after_help = "Examples:\n  puzi materials upload tea.jpg\n  puzi materials upload hello.mp3 --kind voice --passing"
    )]
    Upload(UploadArgs),
    /// Read WeChat's own list
    #[command(after_help = "Examples:\n  puzi materials sync --wait\n  puzi materials sync --pause")]
    Sync(SyncArgs),
}

/// A kind of material.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    /// A picture
    Image,
    /// A voice
    Voice,
    /// A film
    Video,
    /// A small cover
    Thumb,
}

impl KindArg {
    fn kind(self) -> MediaKind {
        match self {
            Self::Image => MediaKind::Image,
            Self::Voice => MediaKind::Voice,
            Self::Video => MediaKind::Video,
            Self::Thumb => MediaKind::Thumb,
        }
    }
}

/// `puzi materials list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only of this kind
    #[arg(long, value_name = "KIND")]
    pub kind: Option<KindArg>,
    /// How many.
    #[command(flatten)]
    pub lines: Lines,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi materials upload`.
#[derive(Debug, Args)]
pub struct UploadArgs {
    /// The file
    pub file: PathBuf,
    /// What it is to be
    #[arg(long, value_name = "KIND", default_value = "image")]
    pub kind: KindArg,
    /// Let it end after three days
    #[arg(long)]
    pub passing: bool,
    /// Title of a film
    #[arg(long, default_value = "", hide_default_value = true)]
    pub title: String,
    /// What the film is about
    #[arg(long, default_value = "", hide_default_value = true)]
    pub about: String,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi materials sync`.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Stop the reading where it is
    #[arg(long, conflicts_with = "wait")]
    pub pause: bool,
    /// Whether to wait.
    #[command(flatten)]
    pub wait: Wait,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// Does what was asked about materials.
///
/// # Errors
/// When a file is not taken, WeChat refuses, or the database does not answer.
pub async fn run(command: MaterialsCommand, settings: &Settings) -> Result<(), Failure> {
    let place = settings.open().await?;
    let materials = open(&place, settings).await?.1;
    match command {
        MaterialsCommand::List(args) => list(&place, &materials, &args, settings).await,
        MaterialsCommand::Upload(args) => upload(&place, &materials, args, settings).await,
        MaterialsCommand::Sync(args) => sync(&place, &materials, &args, settings).await,
    }
}

/// The accounts and the library of this installation.
pub(super) async fn open(place: &Workplace, settings: &Settings) -> Result<(Registry, Materials), Failure> {
    let registry = settings.registry(place).await?;
    let materials = Materials::new(&place.db, &registry, settings.data.join("materials"))?;
    Ok((registry, materials))
}

async fn list(place: &Workplace, materials: &Materials, args: &ListArgs, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let account = args.of.one(place, locale).await?;
    let limit = (!args.lines.all).then_some(u64::from(args.lines.lines));
    let kind = args.kind.map(KindArg::kind);
    let found = materials.latest(&Reach::All, account.id, kind, limit).await?;
    if found.is_empty() && !args.show.json {
        output::line(say(locale, "materials.none", &[]));
    } else {
        output::list(&listing(&Clock::of(settings)?, locale), &found, locale, args.show.json);
    }
    Ok(())
}

async fn upload(
    place: &Workplace,
    materials: &Materials,
    args: UploadArgs,
    settings: &Settings,
) -> Result<(), Failure> {
    let locale = settings.locale();
    let account = args.of.one(place, locale).await?;
    if !args.file.is_file() {
        return Err(Failure::no_such_file(&args.file));
    }
    let file = tokio::fs::read(&args.file).await?;
    let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let new = NewMaterial {
        kind: args.kind.kind(),
        name,
        title: args.title,
        introduction: args.about,
        lasting: !args.passing,
        file,
    };
    let added = materials.add(&operator(), &Reach::All, account.id, new).await?;
    let listing = listing(&Clock::of(settings)?, locale);
    if args.show.json {
        output::json(&listing.row_to_json(&added));
    } else {
        output::list(&listing, std::slice::from_ref(&added), locale, false);
    }
    Ok(())
}

async fn sync(place: &Workplace, materials: &Materials, args: &SyncArgs, settings: &Settings) -> Result<(), Failure> {
    let (locale, reach, by) = (settings.locale(), Reach::All, operator());
    let account = args.of.one(place, locale).await?.id;
    if args.pause {
        materials.pause(&by, &reach, account).await?;
        output::note(&say(locale, "materials.paused", &[]));
        return Ok(());
    }
    materials.sync(&by, &reach, account).await?;
    if !args.wait.wait {
        output::note(&say(locale, "materials.begun", &[]));
        return Ok(());
    }
    let progress = Progress::begin(locale, say(locale, "materials.reading", &[]), args.show.json);
    let handler = materials.jobs(Kinds::new()).into_handler();
    let afterwards = say(locale, "materials.goes_on", &[]);
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    let code = drive(place, SYNC_JOBS, handler, args.wait.within, progress, &afterwards, async |progress| {
        let told = materials.progress(&reach, account).await?;
        let (done, total) = told.counts();
        progress.at(count(done), Some(count(total)).filter(|total| *total > 0));
        Ok(match (told.is_running(), told.error()) {
            (true, _) => None,
            (false, Some(_)) => Some(exit::FAILED),
            (false, None) => Some(0),
        })
    })
    .await?;
    let told = materials.progress(&reach, account).await?;
    let (done, total) = told.counts();
    if args.show.json {
        output::json(&json!({ "read": done, "total": total, "error": told.error() }));
    } else if code == 0 {
        output::line(say(locale, "materials.read", &[("n", total.to_string())]));
    }
    match code {
        0 => Ok(()),
        code => Err(Failure::Ended(code, told.error().map(str::to_owned).into_iter().collect())),
    }
}

/// A length in bytes as people say it; empty while it is not known.
fn size(bytes: i64) -> String {
    match bytes {
        0 => String::new(),
        bytes if bytes < 1 << 20 => format!("{} KB", (bytes >> 10).max(1)),
        bytes => format!("{}.{} MB", bytes >> 20, ((bytes % (1 << 20)) * 10) >> 20),
    }
}

fn listing(clock: &Clock, locale: Locale) -> Listing<Model> {
    let (iso, ends, show) = (clock.clone(), clock.clone(), clock.clone());
    Listing::new("materials")
        .column(Column::new("id", "materials.id", |one: &Model| one.id.into()))
        .column(
            Column::new("kind", "materials.kind", |one: &Model| one.kind.as_str().into())
                .shown(move |one| say(locale, &format!("materials.kinds.{}", one.kind), &[])),
        )
        .column(Column::new("name", "materials.name", |one: &Model| one.name.as_str().into()).at_most(40))
        .column(Column::new("state", "materials.state", |one: &Model| one.state.as_str().into()).shown(move |one| {
            let ended = one.state == "ready" && one.has_ended(now_ms());
            let word = if ended { "ended" } else { one.state.as_str() };
            say(locale, &format!("materials.states.{word}"), &[])
        }))
        .column(
            Column::new("lasting", "materials.lasting", |one: &Model| one.lasting.into())
                .shown(move |one| say(locale, if one.lasting { "materials.stays" } else { "materials.ends" }, &[])),
        )
        .column(Column::new("bytes", "materials.bytes", |one: &Model| one.bytes.into()).shown(|one| size(one.bytes)))
        .column(
            Column::new("expires_at", "materials.expires", move |one: &Model| {
                one.expires_at.map_or(Value::Null, |at| ends.iso(at).into())
            })
            .shown(move |one| one.expires_at.map(|at| show.show(at)).unwrap_or_default()),
        )
        .column(Column::new("media_id", "materials.media_id", |one: &Model| one.media_id().into()).only_json())
        .column(Column::new("title", "materials.title", |one: &Model| one.title.as_str().into()).only_json())
        .column(Column::new("error", "materials.error", |one: &Model| one.error.clone().into()).only_json())
        .column(
            Column::new("created_at", "materials.created", move |one: &Model| iso.iso(one.created_at).into())
                .only_json(),
        )
}
