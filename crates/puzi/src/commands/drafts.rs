//! `puzi drafts`: articles written, saved at WeChat, published.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use puzi_resource::{Column, Listing};
use puzi_shop::{
    Error,
    accounts::Reach,
    drafts::{Article, Drafts, JOBS, entity::Model},
    jobs::Kinds,
    texts::{Locale, t},
    uploads::Uploads,
};
use serde_json::json;

use super::{
    common::{Lines, OfAccount, Show, Sure, Wait, drive},
    materials,
    staff::operator,
};
use crate::{
    error::Failure,
    exit,
    output::{self, Clock, Progress},
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi drafts …`.
#[derive(Debug, Subcommand)]
pub enum DraftsCommand {
    /// List drafts, the newest first
    #[command(after_help = "Example:\n  puzi drafts list --json")]
    List(ListArgs),
    /// Show one draft and the way it went
    #[command(after_help = "Example:\n  puzi drafts show 7")]
    Show(OneArgs),
    /// Write articles from a JSON file into a new draft, or into one that is there
    #[command(after_help = "Examples:\n  puzi drafts write articles.json\n  puzi drafts write articles.json --draft 7")]
    Write(WriteArgs),
    /// Save a draft among WeChat's drafts
    #[command(after_help = "Example:\n  puzi drafts save 7 --wait")]
    Save(GoArgs),
    /// Publish a saved draft, without a message to the followers
    #[command(
        after_help = "Example:\n  puzi drafts publish 7 --yes --wait\n\nExit codes: 0 it is public; 5 WeChat refused it; 10 nobody knows yet."
    )]
    Publish(PublishArgs),
}

/// `puzi drafts list`.
#[derive(Debug, Args)]
pub struct ListArgs {
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

/// One draft.
#[derive(Debug, Args)]
pub struct OneArgs {
    /// Number of the draft
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi drafts write`.
#[derive(Debug, Args)]
pub struct WriteArgs {
    /// JSON: a list of articles as the API has them
    pub file: PathBuf,
    /// Number of the draft to write into [default: a new one]
    #[arg(long, value_name = "NUMBER")]
    pub draft: Option<i64>,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi drafts save`.
#[derive(Debug, Args)]
pub struct GoArgs {
    /// Number of the draft
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// Whether to wait.
    #[command(flatten)]
    pub wait: Wait,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi drafts publish`.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// Number of the draft
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// Whether to ask.
    #[command(flatten)]
    pub sure: Sure,
    /// Whether to wait.
    #[command(flatten)]
    pub wait: Wait,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// Does what was asked about drafts.
///
/// # Errors
/// When a draft is unknown or wrong, WeChat refuses, or the database does not answer.
pub async fn run(command: DraftsCommand, settings: &Settings) -> Result<(), Failure> {
    let place = settings.open().await?;
    let (registry, materials) = materials::open(&place, settings).await?;
    let uploads = Uploads::new(place.db.clone(), settings.data.join("uploads"))?;
    let drafts = Drafts::new(&place.db, &registry, &materials, &uploads);
    let desk = Desk { place: &place, drafts, locale: settings.locale(), clock: Clock::of(settings)? };
    match command {
        DraftsCommand::List(args) => desk.list(&args).await,
        DraftsCommand::Show(args) => desk.show(&args).await,
        DraftsCommand::Write(args) => desk.write(&args).await,
        DraftsCommand::Save(args) => desk.save(&args).await,
        DraftsCommand::Publish(args) => desk.publish(&args).await,
    }
}

/// Where the commands work.
struct Desk<'a> {
    place: &'a Workplace,
    drafts: Drafts,
    locale: Locale,
    clock: Clock,
}

impl Desk<'_> {
    fn t(&self, key: &str, args: &[(&'static str, String)]) -> String {
        say(self.locale, key, args)
    }

    async fn find(&self, id: i64) -> Result<Model, Failure> {
        match self.drafts.get(&Reach::All, id).await {
            Ok(draft) if draft.deleted_at.is_none() => Ok(draft),
            Ok(_) | Err(Error::NotFound) => {
                Err(Failure::Refused(vec![self.t("drafts.unknown", &[("id", id.to_string())])]))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn list(&self, args: &ListArgs) -> Result<(), Failure> {
        let account = args.of.one(self.place, self.locale).await?;
        let limit = (!args.lines.all).then_some(u64::from(args.lines.lines));
        let found = self.drafts.latest(&Reach::All, account.id, limit).await?;
        if found.is_empty() && !args.show.json {
            output::line(self.t("drafts.none", &[]));
        } else {
            output::list(&listing(&self.clock, self.locale), &found, self.locale, args.show.json);
        }
        Ok(())
    }

    async fn show(&self, args: &OneArgs) -> Result<(), Failure> {
        let draft = self.find(args.id).await?;
        let history = self.drafts.history(&Reach::All, args.id).await?;
        if args.show.json {
            let mut row = listing(&self.clock, self.locale).row_to_json(&draft);
            row["articles"] = json!(draft.list());
            let events = history.iter().map(|one| {
                json!({ "event": one.event, "to": one.to_state, "who": one.who, "by": one.by, "at": self.clock.iso(one.at) })
            });
            row["events"] = events.collect();
            output::json(&row);
            return Ok(());
        }
        output::list(&listing(&self.clock, self.locale), std::slice::from_ref(&draft), self.locale, false);
        for (n, article) in draft.list().iter().enumerate() {
            let url = draft.addresses().get(n).cloned().unwrap_or_default();
            output::line(format!("{}. {} {url}", n + 1, article.title).trim_end());
        }
        for one in &history {
            let (from, to) = (state(self.locale, &one.from_state), state(self.locale, &one.to_state));
            output::line(format!("{}  {from} → {to}  {}", self.clock.show(one.at), one.by));
        }
        for line in self.refusal(&draft) {
            output::line(line);
        }
        Ok(())
    }

    fn tell(&self, draft: &Model, as_json: bool) {
        let listing = listing(&self.clock, self.locale);
        if as_json {
            output::json(&listing.row_to_json(draft));
        } else {
            output::list(&listing, std::slice::from_ref(draft), self.locale, false);
        }
    }

    async fn write(&self, args: &WriteArgs) -> Result<(), Failure> {
        if !args.file.is_file() {
            return Err(Failure::no_such_file(&args.file));
        }
        let text = tokio::fs::read(&args.file).await?;
        let articles: Vec<Article> = serde_json::from_slice(&text)
            .map_err(|error| Failure::Refused(vec![format!("{}: {error}", args.file.display())]))?;
        let (by, reach) = (operator(), Reach::All);
        let draft = match args.draft {
            Some(id) => {
                let before = self.find(id).await?;
                self.drafts.edit(&by, &reach, id, before.version, articles).await?
            }
            None => {
                let account = args.of.one(self.place, self.locale).await?;
                self.drafts.create(&by, &reach, account.id, articles).await?
            }
        };
        self.tell(&draft, args.show.json);
        Ok(())
    }

    async fn save(&self, args: &GoArgs) -> Result<(), Failure> {
        self.find(args.id).await?;
        self.drafts.save(&operator(), &Reach::All, args.id).await?;
        self.follow(args.id, &args.wait, args.show.json, "drafts.saving").await
    }

    async fn publish(&self, args: &PublishArgs) -> Result<(), Failure> {
        let draft = self.find(args.id).await?;
        args.sure.ask(&self.t("drafts.publish_ask", &[("title", draft.title)]), self.locale)?;
        self.drafts.publish(&operator(), &Reach::All, args.id).await?;
        self.follow(args.id, &args.wait, args.show.json, "drafts.publishing").await
    }

    /// Waits until nothing happens to the draft by itself any more, and says what came of it.
    async fn follow(&self, id: i64, wait: &Wait, as_json: bool, what: &str) -> Result<(), Failure> {
        if !wait.wait {
            let draft = self.find(id).await?;
            self.tell(&draft, as_json);
            return Ok(());
        }
        let progress = Progress::begin(self.locale, self.t(what, &[]), as_json);
        let handler = self.drafts.jobs(Kinds::new()).into_handler();
        let afterwards = self.t("drafts.goes_on", &[("id", id.to_string())]);
        let code = drive(self.place, JOBS, handler, wait.within, progress, &afterwards, async |_| {
            let draft = self.find(id).await?;
            Ok((!draft.is_under_way()).then(|| code_of(&draft)))
        })
        .await?;
        let draft = self.find(id).await?;
        self.tell(&draft, as_json);
        if code == 0 {
            return Ok(());
        }
        Err(Failure::Ended(code, self.refusal(&draft)))
    }

    /// Why it was not saved or published, and which articles are at fault.
    fn refusal(&self, draft: &Model) -> Vec<String> {
        let why = draft.error.iter().map(|error| match error.strip_prefix("draft.") {
            Some(_) => t(self.locale, error, &[]),
            None => error.clone(),
        });
        let refused = draft.refusals().into_iter().map(|n| self.t("drafts.article", &[("n", n.to_string())]));
        why.chain(refused).collect()
    }
}

/// A state in words.
fn state(locale: Locale, word: &str) -> String {
    say(locale, &format!("drafts.states.{word}"), &[])
}

/// The exit code of how a draft stands.
fn code_of(draft: &Model) -> u8 {
    match draft.state.as_str() {
        // As WeChat refuses any call.
        "failed" | "refused" => 5,
        "saved" if draft.error.is_some() => 5,
        "unsure" => exit::UNKNOWN,
        _ => 0,
    }
}

fn listing(clock: &Clock, locale: Locale) -> Listing<Model> {
    let (iso, show) = (clock.clone(), clock.clone());
    Listing::new("drafts")
        .column(Column::new("id", "drafts.id", |one: &Model| one.id.into()))
        .column(Column::new("title", "drafts.title", |one: &Model| one.title.as_str().into()).at_most(40))
        .column(
            Column::new("state", "drafts.state", |one: &Model| one.state.as_str().into())
                .shown(move |one| state(locale, &one.state)),
        )
        .column(
            Column::new("updated_at", "drafts.updated", move |one: &Model| iso.iso(one.updated_at).into())
                .shown(move |one| show.show(one.updated_at)),
        )
        .column(Column::new("media_id", "drafts.media_id", |one: &Model| one.media_id.clone().into()).only_json())
        .column(Column::new("article_id", "drafts.article_id", |one: &Model| one.article_id.clone().into()).only_json())
        .column(Column::new("urls", "drafts.urls", |one: &Model| one.addresses().into()).only_json())
        .column(Column::new("refused", "drafts.refused", |one: &Model| one.refusals().into()).only_json())
        .column(Column::new("error", "drafts.error", |one: &Model| one.error.clone().into()).only_json())
        .column(Column::new("errcode", "drafts.errcode", |one: &Model| one.errcode.into()).only_json())
        .column(Column::new("version", "drafts.version", |one: &Model| one.version.into()).only_json())
}
