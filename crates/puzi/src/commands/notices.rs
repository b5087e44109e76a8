//! `puzi notices`: template messages and subscription notifications, a test of one, and the account's templates.

use std::{collections::BTreeMap, time::Duration};

use clap::{Args, Subcommand};
use puzi_resource::{Column, Listing};
use puzi_shop::{
    Error,
    accounts::Reach,
    db::now_ms,
    jobs::Kinds,
    machine::Word,
    notices::{
        JOBS, Notices, State, Test, Which,
        entity::{notice, template},
    },
    texts::Locale,
};
use puzi_wechat::client::ErrorKind;
use serde_json::Value;

use super::{
    common::{Lines, OfAccount, Show, When, drive},
    staff::operator,
};
use crate::{
    error::Failure,
    exit,
    output::{self, Clock, Progress},
    settings::{Settings, Workplace},
    texts::say,
};

/// How long a test waits for WeChat's answer.
const WITHIN: Duration = Duration::from_secs(60);
/// Notices that are read at once.
const PAGE: u64 = 500;

/// `puzi notices …`.
#[derive(Debug, Subcommand)]
pub enum NoticesCommand {
    /// List what was sent, the newest last
    #[command(
        after_help = "Examples:\n  puzi notices list --failed --since 1d\n  puzi notices list --account tea --all --json"
    )]
    List(ListArgs),
    /// Show one notice
    #[command(after_help = "Example:\n  puzi notices show 204")]
    Show(OneArgs),
    /// Send a notice to one phone, to see it there
    #[command(after_help = "Examples:\n  puzi notices test 3 --to oABC thing1=顺丰 time2=15:01\n  \
                      puzi notices test TEMPLATE_ID --to oABC --url https://shop.example.com first=Hello\n\n\
                      Exit codes: 0 WeChat took it; 2 a value is wrong, nothing was sent; 5 WeChat refused it; 10 nobody knows.")]
    Test(TestArgs),
    /// Send one again that failed, or of which nobody knows
    #[command(after_help = "Example:\n  puzi notices again 204")]
    Again(OneArgs),
    /// The account's templates: list them, read them from WeChat
    #[command(subcommand)]
    Templates(TemplatesCommand),
}

/// `puzi notices templates …`.
#[derive(Debug, Subcommand)]
pub enum TemplatesCommand {
    /// List the templates that WeChat has
    #[command(after_help = "Example:\n  puzi notices templates list --json")]
    List(TemplatesArgs),
    /// Read the templates from WeChat
    #[command(after_help = "Example:\n  puzi notices templates sync --account tea")]
    Sync(TemplatesArgs),
}

/// `puzi notices list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only what failed, was refused by its follower, or of which nobody knows
    #[arg(long)]
    pub failed: bool,
    /// Not before: 15m, 1h, 7d, 2026-11-22 or 2026-11-22T20:00
    #[arg(long, value_name = "WHEN")]
    pub since: Option<When>,
    /// How much of it.
    #[command(flatten)]
    pub lines: Lines,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// One notice.
#[derive(Debug, Args)]
pub struct OneArgs {
    /// Number of the notice
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi notices test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// The template: its number, or WeChat's id
    // WeChat's ids may begin with a hyphen.
    #[arg(value_name = "TEMPLATE", allow_hyphen_values = true)]
    pub template: String,
    /// Openid of the phone
    #[arg(long, value_name = "OPENID")]
    pub to: String,
    /// What stands for a word: thing1=VALUE
    // Not `data`: that is the folder of the shop, for every command.
    #[arg(value_name = "WORD=VALUE", required = true)]
    pub words: Vec<String>,
    /// What a tap opens
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi notices templates …`.
#[derive(Debug, Args)]
pub struct TemplatesArgs {
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// Does what was asked about notices.
///
/// # Errors
/// When a notice or a template is unknown, a value is wrong, WeChat refuses, or the database does not answer.
pub async fn run(command: NoticesCommand, settings: &Settings) -> Result<(), Failure> {
    let place = settings.open().await?;
    let registry = settings.registry(&place).await?;
    let notices = Notices::new(&place.db, &registry);
    let desk = Desk { place: &place, notices, locale: settings.locale(), clock: Clock::of(settings)? };
    match command {
        NoticesCommand::List(args) => desk.list(&args).await,
        NoticesCommand::Show(args) => desk.show(&args).await,
        NoticesCommand::Test(args) => desk.test(args).await,
        NoticesCommand::Again(args) => desk.again(&args).await,
        NoticesCommand::Templates(TemplatesCommand::List(args)) => desk.templates(&args).await,
        NoticesCommand::Templates(TemplatesCommand::Sync(args)) => desk.sync(&args).await,
    }
}

/// Where the commands work.
struct Desk<'a> {
    place: &'a Workplace,
    notices: Notices,
    locale: Locale,
    clock: Clock,
}

impl Desk<'_> {
    fn t(&self, key: &str, args: &[(&'static str, String)]) -> String {
        say(self.locale, key, args)
    }

    fn unknown(&self, error: Error, what: &str) -> Failure {
        match error {
            Error::NotFound => Failure::Refused(vec![self.t("notices.unknown", &[("what", what.to_owned())])]),
            other => other.into(),
        }
    }

    async fn list(&self, args: &ListArgs) -> Result<(), Failure> {
        let account_id = args.of.named(self.place, self.locale).await?.map(|account| account.id);
        let since = args.since.map(|when| when.begin(&self.clock, now_ms()));
        let mut which = Which { account_id, failed: args.failed, since, ..Which::default() };
        let most = if args.lines.all { u64::MAX } else { u64::from(args.lines.lines) };
        let mut found: Vec<notice::Model> = Vec::new();
        while (found.len() as u64) < most {
            let page = self.notices.list(&Reach::All, which, PAGE.min(most - found.len() as u64)).await?;
            let Some(last) = page.last() else { break };
            which.before = Some(last.id);
            found.extend(page);
        }
        if found.is_empty() && !args.show.json {
            output::line(self.t("notices.none", &[]));
            return Ok(());
        }
        if !args.show.json {
            found.reverse();
        }
        output::list(&listed(&self.clock), &found, self.locale, args.show.json);
        Ok(())
    }

    async fn show(&self, args: &OneArgs) -> Result<(), Failure> {
        let found = self.notices.get(&Reach::All, args.id).await;
        let notice = found.map_err(|error| self.unknown(error, &args.id.to_string()))?;
        self.tell(&notice, args.show.json);
        Ok(())
    }

    fn tell(&self, notice: &notice::Model, as_json: bool) {
        let listing = listed(&self.clock);
        if as_json {
            output::json(&listing.row_to_json(notice));
        } else {
            output::list(&listing, std::slice::from_ref(notice), self.locale, false);
        }
    }

    async fn test(&self, args: TestArgs) -> Result<(), Failure> {
        let account = args.of.one(self.place, self.locale).await?;
        let found = self.notices.find_template(&Reach::All, account.id, &args.template).await;
        let template = found.map_err(|error| self.unknown(error, &args.template))?;
        let mut data = BTreeMap::new();
        for pair in &args.words {
            let Some((word, value)) = pair.split_once('=') else {
                return Err(Failure::Refused(vec![self.t("notices.no_pair", &[("pair", pair.clone())])]));
            };
            data.insert(word.to_owned(), value.to_owned());
        }
        let test = Test { template_row: template.id, openid: args.to, data, url: args.url, form: None };
        let id = self.notices.send_test(&operator(), &Reach::All, test).await?;
        self.bring_out(id, args.show.json).await
    }

    async fn again(&self, args: &OneArgs) -> Result<(), Failure> {
        let done = self.notices.again(&operator(), &Reach::All, args.id).await;
        done.map_err(|error| self.unknown(error, &args.id.to_string()))?;
        self.bring_out(args.id, args.show.json).await
    }

    /// Sends what was queued from here, and tells how it went.
    async fn bring_out(&self, id: i64, as_json: bool) -> Result<(), Failure> {
        let handler = self.notices.jobs(Kinds::new()).into_handler();
        let progress = Progress::begin(self.locale, self.t("notices.sending", &[]), as_json);
        let afterwards = self.t("notices.goes_on", &[("id", id.to_string())]);
        let code = drive(self.place, JOBS, handler, Some(WITHIN), progress, &afterwards, async |_| {
            Ok(code_of(self.notices.get(&Reach::All, id).await?.state()))
        })
        .await?;
        let notice = self.notices.get(&Reach::All, id).await?;
        self.tell(&notice, as_json);
        if code == 0 {
            return Ok(());
        }
        let why = notice.error.clone().filter(|_| !as_json);
        Err(Failure::Ended(code, why.into_iter().collect()))
    }

    async fn templates(&self, args: &TemplatesArgs) -> Result<(), Failure> {
        let account = args.of.named(self.place, self.locale).await?.map(|account| account.id);
        let all = self.notices.templates(&Reach::All, account).await?;
        if all.is_empty() && !args.show.json {
            output::line(self.t("notices.no_templates", &[]));
        } else {
            output::list(&templates(&self.clock), &all, self.locale, args.show.json);
        }
        Ok(())
    }

    async fn sync(&self, args: &TemplatesArgs) -> Result<(), Failure> {
        let account = args.of.one(self.place, self.locale).await?;
        let synced = self.notices.sync(&Reach::All, account.id).await?;
        let refused: Vec<String> =
            synced.refused.iter().map(|(way, error)| format!("{}: {error}", way.word())).collect();
        if args.show.json {
            output::json(&serde_json::json!({ "found": synced.found, "gone": synced.gone, "refused": refused }));
        } else {
            let args = [("n", synced.found.to_string()), ("gone", synced.gone.to_string())];
            output::line(self.t("notices.synced", &args));
        }
        match refused.is_empty() {
            true => Ok(()),
            false => Err(Failure::Ended(exit::PARTLY, if args.show.json { Vec::new() } else { refused })),
        }
    }
}

/// The exit code of a notice that is there; none while it is under way.
fn code_of(state: State) -> Option<u8> {
    match state {
        State::Queued | State::Sending => None,
        State::Accepted | State::Delivered => Some(0),
        State::Blocked | State::Failed => Some(exit::of_call(ErrorKind::BusinessState)),
        State::Unknown => Some(exit::UNKNOWN),
    }
}

fn listed(clock: &Clock) -> Listing<notice::Model> {
    let (iso, show, taken, ended) = (clock.clone(), clock.clone(), clock.clone(), clock.clone());
    Listing::new("notices")
        .column(Column::new("id", "notices.id", |one: &notice::Model| one.id.into()))
        .column(
            Column::new("created_at", "notices.created", move |one: &notice::Model| iso.iso(one.created_at).into())
                .shown(move |one| show.show(one.created_at)),
        )
        .column(Column::new("template_row", "notices.template", |one: &notice::Model| one.template_row.into()))
        .column(Column::new("openid", "notices.openid", |one: &notice::Model| one.openid.as_str().into()).at_most(30))
        .column(Column::new("state", "notices.state", |one: &notice::Model| one.state.as_str().into()))
        .column(Column::new("errcode", "notices.errcode", |one: &notice::Model| one.errcode.into()))
        .column(Column::new("error", "notices.error", |one: &notice::Model| one.error.clone().into()).at_most(40))
        .column(Column::new("reference", "notices.reference", |one: &notice::Model| one.reference.as_str().into()))
        .column(Column::new("way", "notices.way", |one: &notice::Model| one.way.as_str().into()).only_json())
        .column(
            Column::new("purpose", "notices.purpose", |one: &notice::Model| one.purpose.as_str().into()).only_json(),
        )
        .column(Column::new("data", "notices.data", |one: &notice::Model| serde_json::json!(one.values())).only_json())
        .column(Column::new("url", "notices.url", |one: &notice::Model| one.url.clone().into()).only_json())
        .column(Column::new("outcome", "notices.outcome", |one: &notice::Model| one.outcome.clone().into()).only_json())
        .column(Column::new("msg_id", "notices.msg_id", |one: &notice::Model| one.msg_id.into()).only_json())
        .column(Column::new("rid", "notices.rid", |one: &notice::Model| one.rid.clone().into()).only_json())
        .column(
            Column::new("sent_by", "notices.sent_by", |one: &notice::Model| one.sent_by.as_str().into()).only_json(),
        )
        .column(
            Column::new("accepted_at", "notices.accepted", move |one: &notice::Model| {
                one.accepted_at.map_or(Value::Null, |at| taken.iso(at).into())
            })
            .only_json(),
        )
        .column(
            Column::new("ended_at", "notices.ended", move |one: &notice::Model| {
                one.ended_at.map_or(Value::Null, |at| ended.iso(at).into())
            })
            .only_json(),
        )
        .column(Column::new("account_id", "notices.account", |one: &notice::Model| one.account_id.into()).only_json())
}

fn templates(clock: &Clock) -> Listing<template::Model> {
    let seen = clock.clone();
    Listing::new("templates")
        .column(Column::new("id", "notices.id", |one: &template::Model| one.id.into()))
        .column(Column::new("way", "notices.way", |one: &template::Model| one.way.as_str().into()))
        .column(Column::new("title", "notices.title", |one: &template::Model| one.title.as_str().into()).at_most(40))
        .column(
            Column::new("words", "notices.words", |one: &template::Model| {
                one.all_words().into_iter().map(|word| word.key).collect::<Vec<_>>().into()
            })
            .shown(|one| one.all_words().into_iter().map(|word| word.key).collect::<Vec<_>>().join(" ")),
        )
        .column(Column::new("template_id", "notices.template_id", |one: &template::Model| {
            one.template_id.as_str().into()
        }))
        .column(
            Column::new("content", "notices.content", |one: &template::Model| one.content.as_str().into()).only_json(),
        )
        .column(
            Column::new("example", "notices.example", |one: &template::Model| one.example.as_str().into()).only_json(),
        )
        .column(
            Column::new("category", "notices.category", |one: &template::Model| one.category.as_str().into())
                .only_json(),
        )
        .column(Column::new("lasting", "notices.lasting", |one: &template::Model| one.lasting.into()).only_json())
        .column(
            Column::new("seen_at", "notices.seen", move |one: &template::Model| seen.iso(one.seen_at).into())
                .only_json(),
        )
        .column(Column::new("account_id", "notices.account", |one: &template::Model| one.account_id.into()).only_json())
}
