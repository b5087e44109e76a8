//! `puzi rules`: reply rules, and which one a message would hit.

mod test;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use puzi_resource::{Column, Listing};
use puzi_shop::{
    replies::{
        Matching, Rule, Rules, Trigger,
        file::{self, ImportError, Report},
        store,
    },
    texts::Locale,
};

pub use self::test::TestArgs;
use super::{accounts::pick, staff::operator};
use crate::{
    error::Failure,
    output,
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi rules …`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the rules in the order in which they go
    #[command(after_help = "Examples:\n  puzi rules list\n  puzi rules list --account tea --json")]
    List(ListArgs),
    /// Say which rule a message would hit and why, and what it would be answered
    #[command(after_help = "Examples:\n  puzi rules test \"opening hours\"\n  puzi rules test --menu CONTACT_US\n  \
                      puzi rules test --scan poster-7\n  puzi rules test --follow\n  puzi rules test --kind image\n  \
                      puzi rules test \"hello\" --at \"2026-11-22 20:00\"")]
    Test(TestArgs),
    /// Make the rules those of a file, all or nothing
    #[command(
        after_help = "Examples:\n  puzi rules import rules.toml --dry-run\n  puzi rules import rules.toml --account tea\n  \
                      cat rules.toml | puzi rules import -"
    )]
    Import(ImportArgs),
    /// Write the rules as one readable file
    #[command(after_help = "Examples:\n  puzi rules export rules.toml\n  puzi rules export --account tea | less")]
    Export(ExportArgs),
    /// Switch a rule on
    #[command(after_help = "Example:\n  puzi rules enable \"Opening hours\"")]
    Enable(SwitchArgs),
    /// Switch a rule off; it stays and can be switched on again
    #[command(after_help = "Example:\n  puzi rules disable \"Opening hours\"")]
    Disable(SwitchArgs),
}

/// Whose rules.
#[derive(Debug, Args)]
pub struct AccountArgs {
    /// Slug, AppID or name of the account; not needed when there is only one
    #[arg(long, value_name = "WHICH")]
    pub account: Option<String>,
}

/// `puzi rules list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Whose rules.
    #[command(flatten)]
    pub account: AccountArgs,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// `puzi rules import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// File with the rules; - reads standard input
    pub file: PathBuf,
    /// Whose rules.
    #[command(flatten)]
    pub account: AccountArgs,
    /// Only say what would change
    #[arg(long)]
    pub dry_run: bool,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// `puzi rules export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// File to write; standard output when absent
    pub file: Option<PathBuf>,
    /// Whose rules.
    #[command(flatten)]
    pub account: AccountArgs,
}

/// `puzi rules enable` and `disable`.
#[derive(Debug, Args)]
pub struct SwitchArgs {
    /// Name or number of the rule
    pub rule: String,
    /// Whose rules.
    #[command(flatten)]
    pub account: AccountArgs,
}

/// Does what was asked about rules.
///
/// # Errors
/// When a rule is refused, the account or the rule is unknown, or the database does not answer.
pub async fn run(command: RulesCommand, settings: &Settings) -> Result<(), Failure> {
    let place = settings.open().await?;
    match command {
        RulesCommand::List(args) => list(&args, &place, settings.locale()).await,
        RulesCommand::Test(args) => test::run(&args, &place, settings).await,
        RulesCommand::Import(args) => import(&args, &place, settings).await,
        RulesCommand::Export(args) => export(&args, &place, settings.locale()).await,
        RulesCommand::Enable(args) => switch(&args, true, &place, settings).await,
        RulesCommand::Disable(args) => switch(&args, false, &place, settings).await,
    }
}

async fn list(args: &ListArgs, place: &Workplace, locale: Locale) -> Result<(), Failure> {
    let account = pick(place, args.account.account.as_deref(), locale).await?;
    let rules = store::list(&place.db, &place.vault, account.id).await?;
    if rules.is_empty() && !args.json {
        output::line(say(locale, "rules.none", &[]));
    } else {
        output::list(&resource(locale), &rules, locale, args.json);
    }
    Ok(())
}

async fn import(args: &ImportArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let account = pick(place, args.account.account.as_deref(), locale).await?;
    let text = read(&args.file, locale)?;
    let rules = Rules::new(place.db.clone(), place.vault.clone(), settings.guard()?);
    let imported = match args.dry_run {
        true => rules.try_import(account.id, &text).await,
        false => rules.import(&operator(), account.id, &text).await,
    };
    let report = match imported {
        Ok(report) => report,
        Err(ImportError::File(problems)) => {
            let lines: Vec<_> = problems.iter().map(|problem| problem.text(locale)).collect();
            let nothing = say(locale, "rules.not_imported", &[]);
            return Err(Failure::Plain(format!("{}\n{nothing}", lines.join("\n"))));
        }
        Err(ImportError::Store(error)) => return Err(error.into()),
    };
    if args.json {
        output::json(&report);
    } else {
        tell(&report, args.dry_run, locale);
    }
    Ok(())
}

fn tell(report: &Report, dry_run: bool, locale: Locale) {
    for (sign, names) in [("+", &report.added), ("~", &report.changed), ("-", &report.removed)] {
        output::lines(names.iter().map(|name| format!("{sign} {}", puzi_resource::on_one_line(name))));
    }
    let counts = [
        ("added", report.added.len().to_string()),
        ("changed", report.changed.len().to_string()),
        ("removed", report.removed.len().to_string()),
        ("unchanged", report.unchanged.len().to_string()),
    ];
    output::line(say(locale, if dry_run { "rules.would_change" } else { "rules.changed" }, &counts));
    for key in &report.new_keys {
        output::line(say(locale, "rules.new_key", &[("rule", key.rule.clone()), ("secret", key.secret.clone())]));
    }
}

async fn export(args: &ExportArgs, place: &Workplace, locale: Locale) -> Result<(), Failure> {
    let account = pick(place, args.account.account.as_deref(), locale).await?;
    let rules = store::list(&place.db, &place.vault, account.id).await?;
    let count = rules.len().to_string();
    let text = file::export(rules);
    let Some(path) = &args.file else {
        output::line(text.trim_end());
        return Ok(());
    };
    let named = || ("path", path.display().to_string());
    std::fs::write(path, text)
        .map_err(|error| Failure::Plain(say(locale, "output.unwritable", &[named(), ("why", error.to_string())])))?;
    output::line(say(locale, "rules.exported", &[("count", count), named()]));
    Ok(())
}

async fn switch(args: &SwitchArgs, on: bool, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let account = pick(place, args.account.account.as_deref(), locale).await?;
    let desk = Rules::new(place.db.clone(), place.vault.clone(), settings.guard()?);
    let rules = desk.list(account.id).await?;
    let named = rules.iter().find(|rule| rule.name == args.rule);
    let Some(rule) = named.or_else(|| rules.iter().find(|rule| rule.id.to_string() == args.rule)) else {
        return Err(Failure::Plain(say(locale, "rules.unknown", &[("rule", args.rule.clone())])));
    };
    desk.switch(&operator(), account.id, rule.id, on).await?;
    output::line(say(locale, if on { "rules.enabled" } else { "rules.disabled" }, &[("rule", rule.name.clone())]));
    Ok(())
}

fn read(path: &Path, locale: Locale) -> Result<String, Failure> {
    let read =
        if path.as_os_str() == "-" { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) };
    read.map_err(|error| {
        let args = [("path", path.display().to_string()), ("why", error.to_string())];
        Failure::Plain(say(locale, "output.unreadable", &args))
    })
}

fn resource(locale: Locale) -> Listing<Rule> {
    Listing::new("rules")
        .column(Column::new("id", "rules.id", |rule: &Rule| rule.id.into()))
        .column(Column::new("name", "rules.name", |rule: &Rule| rule.name.as_str().into()).at_most(32))
        .column(
            Column::new("trigger", "rules.trigger", |rule: &Rule| json(&rule.trigger))
                .shown(move |rule| trigger(&rule.trigger, locale))
                .at_most(48),
        )
        .column(
            Column::new("answer", "rules.answer", |rule: &Rule| json(&rule.answer))
                .shown(move |rule| say(locale, &format!("rules.answer_{}", rule.answer.word()), &[])),
        )
        .column(Column::new("priority", "rules.priority", |rule: &Rule| rule.priority.into()))
        .column(Column::new("active", "rules.active", |rule: &Rule| json(&rule.active)).shown(move |rule| {
            say(locale, if rule.active.is_always() { "rules.always" } else { "rules.at_times" }, &[])
        }))
        .column(
            Column::new("enabled", "rules.enabled_column", |rule: &Rule| rule.enabled.into())
                .shown(move |rule| say(locale, if rule.enabled { "output.yes" } else { "output.no" }, &[])),
        )
}

fn json(value: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(value).expect("triggers, answers and times have text keys only")
}

/// A trigger in a few words.
fn trigger(trigger: &Trigger, locale: Locale) -> String {
    let (key, what) = match trigger {
        Trigger::Follow { scene: None } => ("rules.on_follow", String::new()),
        Trigger::Follow { scene: Some(scene) } => ("rules.on_follow_scene", scene.clone()),
        Trigger::Default => ("rules.on_default", String::new()),
        Trigger::Keyword { matching, words } => {
            let key = match matching {
                Matching::Exact => "rules.on_exact",
                Matching::Contains => "rules.on_contains",
                Matching::Regex => "rules.on_regex",
            };
            (key, words.join(" | "))
        }
        Trigger::Menu { key } => ("rules.on_menu", key.clone()),
        Trigger::Scan { scene } => ("rules.on_scan", scene.clone()),
        Trigger::Kind { kind } => ("rules.on_kind", kind.wire().to_owned()),
    };
    say(locale, key, &[("what", what)])
}
