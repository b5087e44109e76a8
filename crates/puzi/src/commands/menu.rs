//! `puzi menu`: the menu of an account as a file, compared with what is live, put live, brought back.

use std::{
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Subcommand};
use puzi_resource::{Column, Listing};
use puzi_shop::{
    Error,
    accounts::Reach,
    jobs::Kinds,
    machine::Word,
    menus::{Difference, JOB, Live, MenuSet, Menus, Origin, State, Version, What, compare, has_gap, plan},
    texts::Locale,
};
use puzi_wechat::client::{Action, Button, ErrorKind};
use serde_json::{Value, json};

use super::{
    common::{OfAccount, Show, Sure, Wait, drive},
    staff::operator,
};
use crate::{
    error::Failure,
    exit,
    output::{self, Clock, Progress},
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi menu …`.
#[derive(Debug, Subcommand)]
pub enum MenuCommand {
    /// Show the draft, what is live, or a version
    #[command(
        after_help = "Examples:\n  puzi menu show\n  puzi menu show --live --json > menu.json\n  puzi menu show --number 3"
    )]
    Show(ShowArgs),
    /// Compare the draft, or a file, with what is live
    #[command(
        after_help = "Examples:\n  puzi menu diff\n  puzi menu diff menu.json --json\n\nExit codes: 0 no difference; 11 there is one."
    )]
    Diff(DiffArgs),
    /// Save a file as the draft
    #[command(
        after_help = "Examples:\n  puzi menu save menu.json\n  puzi call GET cgi-bin/menu/get | puzi menu save -"
    )]
    Save(SaveArgs),
    /// Put the draft, or a file, live; asks first
    #[command(
        after_help = "Examples:\n  puzi menu publish\n  puzi menu publish menu.json --yes --wait\n\nExit codes: 0 done; 12 partly done, 5 WeChat refused, 10 not ended in time (with --wait)."
    )]
    Publish(PublishArgs),
    /// List every menu that was ever live, the newest first
    #[command(after_help = "Example:\n  puzi menu versions --json")]
    Versions(VersionsArgs),
    /// Put a version into the draft; publish it as any other
    #[command(after_help = "Example:\n  puzi menu restore 3 && puzi menu publish --wait")]
    Restore(RestoreArgs),
}

/// `puzi menu show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// What is live, not the draft
    #[arg(long, conflicts_with = "number")]
    pub live: bool,
    /// The version of this number, not the draft
    #[arg(long, value_name = "NUMBER")]
    pub number: Option<i64>,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi menu diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// A file to compare instead of the draft; - reads the standard input
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi menu save`.
#[derive(Debug, Args)]
pub struct SaveArgs {
    /// JSON as the API takes it, or as WeChat's menu/get gives it; - reads the standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
}

/// `puzi menu publish`.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// A file that becomes the draft first
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Whether to ask.
    #[command(flatten)]
    pub sure: Sure,
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

/// `puzi menu versions`.
#[derive(Debug, Args)]
pub struct VersionsArgs {
    /// Only those before this number
    #[arg(long, value_name = "NUMBER")]
    pub before: Option<i64>,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi menu restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Number of the version
    #[arg(value_name = "NUMBER")]
    pub number: i64,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
}

/// Does what was asked about menus.
///
/// # Errors
/// When the account or the version is unknown, the menu is not complete, or WeChat or the database refuses;
/// [`Failure::Ended`] tells how it stands by its exit code.
pub async fn run(command: MenuCommand, settings: &Settings) -> Result<(), Failure> {
    let place = settings.open().await?;
    let registry = settings.registry(&place).await?;
    let menus = Menus::new(&place.db, &registry);
    let desk = Desk { place: &place, menus, locale: settings.locale(), clock: Clock::of(settings)? };
    match command {
        MenuCommand::Show(args) => desk.show(&args).await,
        MenuCommand::Diff(args) => desk.diff(&args).await,
        MenuCommand::Save(args) => desk.save(&args).await,
        MenuCommand::Publish(args) => desk.publish(&args).await,
        MenuCommand::Versions(args) => desk.versions(&args).await,
        MenuCommand::Restore(args) => desk.restore(&args).await,
    }
}

/// Where the commands work.
struct Desk<'a> {
    place: &'a Workplace,
    menus: Menus,
    locale: Locale,
    clock: Clock,
}

impl Desk<'_> {
    fn t(&self, key: &str, args: &[(&'static str, String)]) -> String {
        say(self.locale, key, args)
    }

    async fn account(&self, of: &OfAccount) -> Result<i64, Failure> {
        Ok(of.one(self.place, self.locale).await?.id)
    }

    async fn show(&self, args: &ShowArgs) -> Result<(), Failure> {
        let account = self.account(&args.of).await?;
        let set = match (args.live, args.number) {
            (true, _) => self.menus.live(&Reach::All, account).await?.set,
            (false, Some(number)) => self.version(account, number).await?.set,
            (false, None) => self.menus.draft(&Reach::All, account).await?.set,
        };
        if args.show.json {
            output::json(&set.json());
        } else if set.is_empty() {
            output::line(self.t("menu.none", &[]));
        } else {
            output::lines(tree(&set, self.locale));
        }
        Ok(())
    }

    async fn version(&self, account: i64, number: i64) -> Result<Version, Failure> {
        let found = self.menus.version(&Reach::All, account, number).await;
        found.map_err(|error| self.unknown(number, error))
    }

    fn unknown(&self, number: i64, error: Error) -> Failure {
        match error {
            Error::NotFound => Failure::Refused(vec![self.t("menu.unknown", &[("number", number.to_string())])]),
            other => other.into(),
        }
    }

    async fn diff(&self, args: &DiffArgs) -> Result<(), Failure> {
        let account = self.account(&args.of).await?;
        let wanted = match &args.file {
            Some(file) => read(file)?,
            None => self.menus.draft(&Reach::All, account).await?.set,
        };
        let live = self.menus.live(&Reach::All, account).await?;
        let found = compare(&live.set, &wanted);
        if args.show.json {
            let differences: Vec<_> = found.iter().map(Difference::json).collect();
            output::json(&json!({ "seen": live.digest, "differences": differences }));
        } else {
            self.tell(&found);
        }
        if found.is_empty() { Ok(()) } else { Err(Failure::Ended(exit::DIFFERENT, Vec::new())) }
    }

    fn tell(&self, found: &[Difference]) {
        if found.is_empty() {
            output::line(self.t("menu.same", &[]));
        } else {
            output::lines(found.iter().map(line));
        }
    }

    async fn save(&self, args: &SaveArgs) -> Result<(), Failure> {
        let account = self.account(&args.of).await?;
        let set = read(&args.file)?;
        let draft = self.menus.draft(&Reach::All, account).await?;
        let version = self.menus.save(&operator(), &Reach::All, account, draft.version, &set).await?;
        output::line(self.t("menu.saved", &[("version", version.to_string())]));
        Ok(())
    }

    async fn publish(&self, args: &PublishArgs) -> Result<(), Failure> {
        let account = self.account(&args.of).await?;
        let draft = self.menus.draft(&Reach::All, account).await?;
        let wanted = match &args.file {
            Some(file) => read(file)?,
            None => draft.set.clone(),
        };
        let problems = wanted.check();
        if !problems.is_empty() {
            return Err(Error::Invalid(problems).into());
        }
        let live = self.menus.live(&Reach::All, account).await?;
        let found = compare(&live.set, &wanted);
        if found.is_empty() {
            self.told(args, &live, None);
            return Ok(());
        }
        if !args.show.json {
            self.tell(&found);
        }
        if has_gap(&plan(&live.set, &live.ids, &wanted)) {
            output::note(&self.t("menu.gap", &[]));
        }
        args.sure.ask(&self.t("menu.publish_ask", &[]), self.locale)?;
        // What was compared is what goes live: with a file it becomes the draft, and the draft stands still otherwise.
        let version = if args.file.is_some() || draft.version == 0 {
            self.menus.save(&operator(), &Reach::All, account, draft.version, &wanted).await?
        } else {
            draft.version
        };
        let id = self.menus.publish(&operator(), &Reach::All, account, version, &live.digest).await?;
        if args.wait.wait {
            return self.watch(args, account, id).await;
        }
        self.told(args, &live, Some(id));
        Ok(())
    }

    /// What came of asking, where nobody waits.
    fn told(&self, args: &PublishArgs, live: &Live, id: Option<i64>) {
        match (args.show.json, id) {
            (true, id) => output::json(&json!({ "publication": id, "seen": live.digest })),
            (false, Some(id)) => output::line(self.t("menu.queued", &[("id", id.to_string())])),
            (false, None) => output::line(self.t("menu.same", &[])),
        }
    }

    /// Works on the publication, or watches who does, until it ends.
    async fn watch(&self, args: &PublishArgs, account: i64, id: i64) -> Result<(), Failure> {
        const KINDS: &[&str] = &[JOB];
        let handler = self.menus.jobs(Kinds::new()).into_handler();
        let progress = Progress::begin(self.locale, self.t("menu.publishing", &[]), args.show.json);
        let afterwards = self.t("menu.goes_on", &[("id", id.to_string())]);
        let within: Option<Duration> = args.wait.within;
        let ended = async |progress: &mut Progress| -> Result<Option<u8>, Failure> {
            let now = self.menus.publication(&Reach::All, account, id).await?;
            progress.at(now.done.len() as u64, None);
            Ok(match now.state {
                State::Queued | State::Running => None,
                State::Live => Some(0),
                State::Partly => Some(exit::PARTLY),
                State::Failed => Some(exit::of_call(ErrorKind::BusinessState)),
            })
        };
        let code = drive(self.place, KINDS, handler, within, progress, &afterwards, ended).await?;
        let now = self.menus.publication(&Reach::All, account, id).await?;
        if args.show.json {
            output::json(&json!({
                "publication": id, "number": now.number, "state": now.state.word(), "done": now.done,
                "error": now.error, "errcode": now.errcode, "rid": now.rid,
            }));
        } else {
            output::line(self.t(&format!("menu.states.{}", now.state.word()), &[("number", now.number.to_string())]));
        }
        if code == 0 {
            return Ok(());
        }
        let code_told = now.errcode.map(|code| format!("{code} ")).unwrap_or_default();
        let why = now.error.map(|error| plain(&format!("{code_told}{error}")));
        Err(Failure::Ended(code, why.into_iter().filter(|_| !args.show.json).collect()))
    }

    async fn versions(&self, args: &VersionsArgs) -> Result<(), Failure> {
        let account = self.account(&args.of).await?;
        let found = self.menus.versions(&Reach::All, account, args.before).await?;
        if found.is_empty() && !args.show.json {
            output::line(self.t("menu.no_versions", &[]));
            return Ok(());
        }
        output::list(&self.listing(), &found, self.locale, args.show.json);
        Ok(())
    }

    fn listing(&self) -> Listing<Version> {
        let (iso, show, locale) = (self.clock.clone(), self.clock.clone(), self.locale);
        let who = move |version: &Version| match version.origin {
            Origin::Published => version.made_by.clone(),
            origin => say(locale, &format!("menu.origins.{}", origin.word()), &[]),
        };
        Listing::new("versions")
            .column(Column::new("number", "menu.number", |version: &Version| version.number.into()))
            .column(
                Column::new("created_at", "menu.when", move |version: &Version| iso.iso(version.created_at).into())
                    .shown(move |version| show.show(version.created_at)),
            )
            .column(Column::new("origin", "menu.origin", |version: &Version| version.origin.word().into()).shown(who))
            .column(
                Column::new("buttons", "menu.buttons", |version: &Version| {
                    Value::from(version.set.buttons.iter().map(|one| one.name.clone()).collect::<Vec<_>>())
                })
                .shown(|version| version.set.buttons.iter().map(|one| plain(&one.name)).collect::<Vec<_>>().join(" | "))
                .at_most(48),
            )
            .column(
                Column::new("digest", "menu.digest", |version: &Version| version.digest.as_str().into()).only_json(),
            )
    }

    async fn restore(&self, args: &RestoreArgs) -> Result<(), Failure> {
        let account = self.account(&args.of).await?;
        let draft = self.menus.draft(&Reach::All, account).await?;
        let restored = self.menus.restore(&operator(), &Reach::All, account, args.number, draft.version).await;
        let version = restored.map_err(|error| self.unknown(args.number, error))?;
        let told = [("number", args.number.to_string()), ("version", version.to_string())];
        output::line(self.t("menu.restored", &told));
        Ok(())
    }
}

/// Reads a file, or the standard input.
fn read(file: &Path) -> Result<MenuSet, Failure> {
    let mut text = String::new();
    if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(file)
            .map_err(|error| Failure::Refused(vec![format!("{}: {error}", file.display())]))?;
    }
    let json: Value = serde_json::from_str(&text).map_err(|error| Failure::Refused(vec![error.to_string()]))?;
    Ok(MenuSet::read(&json)?)
}

/// A difference as a line: `+` is new, `-` goes, `~` changes, `>` moves.
fn line(one: &Difference) -> String {
    let sign = match one.what {
        What::Added => '+',
        What::Removed => '-',
        What::Moved { .. } => '>',
        What::Changed { .. } => '~',
    };
    let menu = one.menu.as_ref().map(|menu| {
        let name = if menu.name.is_empty() { rule(&menu.rule) } else { plain(&menu.name) };
        format!(" [{name}]")
    });
    let menu = menu.unwrap_or_default();
    let at = if one.at.is_empty() { String::new() } else { format!(" {}", one.at) };
    let before = one.before.as_ref().map(described);
    let after = one.after.as_ref().map(described);
    let what = match (&one.what, before, after) {
        (What::Moved { from }, _, after) => format!(" {} < {from}", after.unwrap_or_default()),
        (What::Changed { .. }, Some(before), Some(after)) => format!(" {before} → {after}"),
        (_, before, after) => after.or(before).map(|text| format!(" {text}")).unwrap_or_default(),
    };
    format!("{sign}{menu}{at}{}", what.trim_end())
}

fn rule(rule: &puzi_wechat::client::MenuRule) -> String {
    let json = serde_json::to_value(rule).unwrap_or_default();
    let fields = json.as_object().into_iter().flatten();
    plain(&fields.map(|(name, value)| field(name, value)).collect::<Vec<_>>().join(" "))
}

fn field(name: &str, value: &Value) -> String {
    value.as_str().map_or_else(|| format!("{name}={value}"), |text| format!("{name}={text}"))
}

/// A button in one line.
fn described(button: &Button) -> String {
    let json = serde_json::to_value(button).unwrap_or_default();
    let kind = json["type"].as_str().unwrap_or_default().to_owned();
    let fields = json.as_object().into_iter().flatten();
    let fields = fields.filter(|(name, _)| !matches!(name.as_str(), "name" | "type" | "sub_button"));
    let fields = fields.map(|(name, value)| field(name, value));
    let subs = match &button.action {
        Action::Open(subs) if !subs.is_empty() => {
            Some(format!("({})", subs.iter().map(|sub| sub.name.as_str()).collect::<Vec<_>>().join(", ")))
        }
        _ => None,
    };
    let rest: Vec<_> = std::iter::once(kind).chain(fields).filter(|part| !part.is_empty()).chain(subs).collect();
    plain(&format!("{} {}", button.name, rest.join(" "))).trim_end().to_owned()
}

fn tree(set: &MenuSet, locale: Locale) -> Vec<String> {
    let mut lines = Vec::new();
    let row = |buttons: &[Button]| {
        let mut lines = Vec::new();
        for button in buttons {
            if let Action::Open(subs) = &button.action {
                lines.push(format!("  {}", plain(&button.name)));
                lines.extend(subs.iter().map(|sub| format!("    {}", described(sub))));
            } else {
                lines.push(format!("  {}", described(button)));
            }
        }
        lines
    };
    lines.push(say(locale, "menu.everybody", &[]));
    lines.extend(row(&set.buttons));
    for one in &set.conditional {
        lines.push(plain(&format!("{} {}", one.name, rule(&one.rule))).trim().to_owned());
        lines.extend(row(&one.buttons));
    }
    lines
}

/// A text that cannot steer the terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_lines() {
        let of = |json: Value| MenuSet::read(&json).unwrap();
        let live = of(json!({ "button": [{ "type": "click", "name": "今日", "key": "K" }] }));
        let wanted = of(json!({ "button": [
            { "type": "click", "name": "明日", "key": "K" }, { "type": "view", "name": "a\u{1b}b", "url": "https://a" }] }));
        let lines: Vec<_> = compare(&live, &wanted).iter().map(line).collect();
        assert_eq!(lines, ["~ 0 今日 click key=K → 明日 click key=K", "+ 1 a b view url=https://a"]);
        let wanted = of(json!({
            "button": [{ "name": "更多", "sub_button": [{ "type": "click", "name": "客服", "key": "H" }] }],
            "conditional": [{ "matchrule": { "tag_id": "2" }, "button": [{ "type": "click", "name": "a", "key": "A" }] }],
        }));
        let lines: Vec<_> = compare(&live, &wanted).iter().map(line).collect();
        assert_eq!(lines, ["~ 0 今日 click key=K → 更多 (客服)", "+ [tag_id=2]"]);
    }
}
