//! `puzi doctor`: what is wrong with this installation, and what to do about it. It looks and changes nothing.

mod callback;
mod local;
mod online;
mod weak;

use puzi_shop::{accounts::Account, texts::Locale};
use serde::Serialize;

use crate::{cli::DoctorArgs, error::Failure, output, settings::Settings, texts::say};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Grade {
    Ok,
    Warn,
    Fail,
}

/// What the look at one thing found.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    grade: Grade,
    seen: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    todo: Option<String>,
}

/// All findings so far.
struct Report {
    locale: Locale,
    findings: Vec<Finding>,
    /// Whose findings the next ones are.
    account: Option<String>,
}

type TextArgs<'a> = &'a [(&'static str, String)];

impl Report {
    /// Nothing is wrong: the text is `doctor.ok.KEY`.
    fn ok(&mut self, check: &'static str, key: &str, args: TextArgs<'_>) {
        let seen = say(self.locale, &format!("doctor.ok.{key}"), args);
        self.findings.push(Finding { check, account: self.account.clone(), grade: Grade::Ok, seen, todo: None });
    }

    /// It works, but it should not stay so: the texts are `doctor.seen.KEY` and `doctor.todo.KEY`.
    fn warn(&mut self, check: &'static str, key: &str, args: TextArgs<'_>) {
        self.wrong(Grade::Warn, check, key, args);
    }

    /// It does not work: the texts are `doctor.seen.KEY` and `doctor.todo.KEY`.
    fn fail(&mut self, check: &'static str, key: &str, args: TextArgs<'_>) {
        self.wrong(Grade::Fail, check, key, args);
    }

    fn wrong(&mut self, grade: Grade, check: &'static str, key: &str, args: TextArgs<'_>) {
        let seen = say(self.locale, &format!("doctor.seen.{key}"), args);
        let todo = Some(say(self.locale, &format!("doctor.todo.{key}"), args));
        self.findings.push(Finding { check, account: self.account.clone(), grade, seen, todo });
    }

    fn count(&self, grade: Grade) -> usize {
        self.findings.iter().filter(|finding| finding.grade == grade).count()
    }
}

/// Looks at everything that can be looked at and prints what it saw.
///
/// # Errors
/// When something does not work.
pub async fn run(args: DoctorArgs, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let mut report = Report { locale, findings: Vec::new(), account: None };
    let accounts = look(&mut report, settings, args.offline).await;
    if accounts.is_empty() {
        report.warn("accounts", "no_accounts", &[]);
    }
    if args.json {
        output::json(&serde_json::json!({
            "findings": report.findings,
            "ok": report.count(Grade::Ok),
            "warn": report.count(Grade::Warn),
            "fail": report.count(Grade::Fail),
        }));
    } else {
        print(&report);
    }
    match report.count(Grade::Fail) {
        0 => Ok(()),
        count => Err(Failure::Plain(say(locale, "doctor.failed", &[("count", count.to_string())]))),
    }
}

async fn look(report: &mut Report, settings: &Settings, offline: bool) -> Vec<Account> {
    local::folder(report, settings);
    let accounts = local::database(report, settings).await;
    local::journal(report, settings);
    weak::look(report, settings, &accounts);
    local::public_url(report, settings);
    if offline {
        local::clock(report);
        return accounts;
    }
    online::clock(report, settings, &accounts).await;
    online::public_url(report, settings).await;
    for account in &accounts {
        report.account = Some(account.slug.clone());
        online::token(report, account).await;
        callback::look(report, settings, account).await;
    }
    report.account = None;
    accounts
}

fn print(report: &Report) {
    let label = |finding: &Finding| {
        let check = say(report.locale, &format!("doctor.check.{}", finding.check), &[]);
        match &finding.account {
            Some(account) => format!("{check} ({account})"),
            None => check,
        }
    };
    let widest = report.findings.iter().map(|finding| puzi_resource::width(&label(finding))).max().unwrap_or(0);
    for finding in &report.findings {
        let sign = match finding.grade {
            Grade::Ok => "✓",
            Grade::Warn => "!",
            Grade::Fail => "✗",
        };
        let label = label(finding);
        let space = " ".repeat(widest - puzi_resource::width(&label) + 2);
        output::line(format!("{sign} {label}{space}{}", puzi_resource::on_one_line(&finding.seen)));
        if let Some(todo) = &finding.todo {
            output::line(format!("  {}  → {}", " ".repeat(widest), puzi_resource::on_one_line(todo)));
        }
    }
    output::line("");
    let counts = [("ok", Grade::Ok), ("warn", Grade::Warn), ("fail", Grade::Fail)];
    output::line(say(
        report.locale,
        "doctor.summary",
        &counts.map(|(name, grade)| (name, report.count(grade).to_string())),
    ));
}
