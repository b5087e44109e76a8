//! The rules of an account as one readable file: to read them over, to keep them in version control, to carry them to
//! another account. Keys of webhooks are not in it.

use std::fmt::Write;

use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{
    bin,
    book::order,
    check::check,
    entity::Model,
    rule::{Answer, Draft, Rule, WebhookSecret},
    store,
    webhook::Guard,
};
use crate::{
    Error, Problem, accounts,
    db::Db,
    secrets::Vault,
    texts::{Locale, t},
};

const HEADER: &str = "\
# 自动回复规则 · Reply rules
#
# 一个 [[rule]] 就是一条规则；导入时以 name 对应已有规则，文件里没有的规则会被删除。
# One [[rule]] is one rule; on import `name` finds the stored rule, and rules that are not here are removed.
#
# trigger.on   follow 关注 | keyword 关键词 | menu 菜单 | scan 扫码 | kind 消息类型 | default 默认
#   matching   exact 完全一致（默认）| contains 包含 | regex 正则；不分大小写和全角半角
#   scene      末尾的 * 代表任意内容，如 \"poster-*\"
# answer.kind  text | image | voice | video | music | news | one_of 随机一条 | hand_over 转人工 | webhook | nothing 不回复
#   占位符     {nickname} {nickname|客官} {time} {date} {greeting} {account}；要写花括号本身就写两遍：{{ }}
# priority     大的优先，默认 0        enabled = false 表示停用
# [rule.active]  from = \"2026-11-01T00:00:00\"  until = …  daily = [\"09:00-18:00\"]  weekdays = [\"mon\", \"sat\"]
# webhook 的 secret = \"kept\" 表示沿用服务器里保存的密钥，新规则会自动生成一个。
# secret = \"kept\" keeps the key that the server has; a new rule gets a new one.
";

/// What an import changes, by names of rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In the file only.
    pub added: Vec<String>,
    /// In both, and different.
    pub changed: Vec<String>,
    /// In the account only.
    pub removed: Vec<String>,
    /// In both, and the same.
    pub unchanged: Vec<String>,
    /// Signing keys made for webhooks that had none: this is the only time they are shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub new_keys: Vec<NewKey>,
}

/// A signing key made for the webhook of a rule.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct NewKey {
    /// The rule's name.
    pub rule: String,
    /// `whsec_` and base64: for the merchant's server.
    pub secret: String,
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey").field("rule", &self.rule).finish_non_exhaustive()
    }
}

/// Something wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// The line, from 1: of the fault itself, or of the rule that has it.
    pub line: Option<usize>,
    /// The rule's name.
    pub rule: Option<String>,
    /// What is wrong.
    pub fault: FileFault,
}

/// What can be wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileFault {
    /// It is not TOML, or a field is missing, unknown or of another type; in the words of the parser.
    Form(String),
    /// A field has a value that is refused.
    Field(Problem),
    /// Another rule of the file has the same name.
    SameName,
    /// More rules than an account may have.
    TooMany,
}

/// Why an import did not happen. Nothing is changed then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is wrong.
    #[error("{}", in_english(.0))]
    File(Vec<FileProblem>),
    /// The database or the vault refused.
    #[error(transparent)]
    Store(#[from] Error),
}

impl FileProblem {
    /// The problem in the reader's words, with its place.
    pub fn text(&self, locale: Locale) -> String {
        let mut out = String::new();
        if let Some(line) = self.line {
            out += &t(locale, "rules.file_line", &[("line", line.to_string())]);
        }
        if let Some(rule) = &self.rule {
            out += &t(locale, "rules.file_rule", &[("rule", rule.clone())]);
        }
        match &self.fault {
            FileFault::Form(what) => out += &t(locale, "rules.file_form", &[("what", what.clone())]),
            FileFault::Field(problem) => {
                write!(out, "{}: {}", problem.field, problem.message(locale)).expect("a String takes all");
            }
            FileFault::SameName => out += &t(locale, "rules.file_same_name", &[]),
            FileFault::TooMany => out += &t(locale, "rules.too_many_rules", &[("max", store::MAX_RULES.to_string())]),
        }
        out
    }
}

fn in_english(problems: &[FileProblem]) -> String {
    problems.iter().map(|problem| problem.text(Locale::En)).collect::<Vec<_>>().join("\n")
}

#[derive(Serialize)]
struct Written {
    rule: Vec<Draft>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    #[serde(default)]
    rule: Vec<Spanned<toml::Table>>,
}

/// The rules as a file, in the order in which they go.
pub fn export(rules: impl IntoIterator<Item = Rule>) -> String {
    let mut rules: Vec<Rule> = rules.into_iter().collect();
    rules.sort_by_cached_key(order);
    let rule: Vec<Draft> = rules.into_iter().map(Draft::from).collect();
    if rule.is_empty() {
        return HEADER.to_owned();
    }
    let body = toml::to_string_pretty(&Written { rule }).expect("a draft is made of tables, lists and plain values");
    format!("{HEADER}\n{body}")
}

/// Reads a file and checks each of its rules.
///
/// # Errors
/// Everything that is wrong, in the order of the file.
pub fn parse(text: &str, guard: &Guard) -> Result<Vec<Draft>, Vec<FileProblem>> {
    // From one rule to the next, not from the beginning for each: a file may have very many.
    let (mut seen, mut lines) = (0, 1);
    let mut line_at = |offset: usize| {
        lines += text.get(seen..offset)?.matches('\n').count();
        seen = offset;
        Some(lines)
    };
    let form =
        |line, rule, message: &str| FileProblem { line, rule, fault: FileFault::Form(message.trim().to_owned()) };
    let file: Read = toml::from_str(text)
        .map_err(|e| vec![form(e.span().and_then(|span| line_at(span.start)), None, e.message())])?;
    if file.rule.len() as u64 > store::MAX_RULES {
        return Err(vec![FileProblem { line: None, rule: None, fault: FileFault::TooMany }]);
    }
    let mut drafts: Vec<Draft> = Vec::new();
    let mut problems = Vec::new();
    for spanned in file.rule {
        let line = line_at(spanned.span().start);
        let table = spanned.into_inner();
        let name = table.get("name").and_then(toml::Value::as_str).map(str::to_owned);
        let draft: Draft = match table.try_into() {
            Ok(draft) => draft,
            Err(e) => {
                problems.push(form(line, name, e.message()));
                continue;
            }
        };
        let field = |problem| FileProblem { line, rule: name.clone(), fault: FileFault::Field(problem) };
        problems.extend(check(&draft, guard).into_iter().map(field));
        if drafts.iter().any(|other| other.name == draft.name) {
            problems.push(FileProblem { line, rule: name, fault: FileFault::SameName });
        }
        drafts.push(draft);
    }
    if problems.is_empty() { Ok(drafts) } else { Err(problems) }
}

/// Makes the account's rules those of the file, all or nothing. With `dry_run` it only tells what would change.
///
/// # Errors
/// [`ImportError`]; nothing is changed then.
pub async fn import(
    db: &Db,
    vault: &Vault,
    guard: &Guard,
    account_id: i64,
    text: &str,
    dry_run: bool,
) -> Result<Report, ImportError> {
    let drafts = parse(text, guard).map_err(ImportError::File)?;
    if dry_run {
        return Ok(Changes::between(store::rows(db.read(), account_id).await?, drafts, vault).report);
    }
    let tx = db.begin_write().await?;
    let report = import_in(&*tx, vault, account_id, drafts).await?;
    tx.commit().await.map_err(ImportError::Store)?;
    Ok(report)
}

/// Makes the account's rules those of a file that was read and checked.
pub(super) async fn import_in<C: ConnectionTrait>(
    tx: &C,
    vault: &Vault,
    account_id: i64,
    drafts: Vec<Draft>,
) -> Result<Report, Error> {
    accounts::rules_changed(tx, account_id).await?;
    let mut changes = Changes::between(store::rows(tx, account_id).await?, drafts, vault);
    for row in changes.remove {
        bin::throw(tx, row.id).await?;
    }
    for (row, draft) in changes.replace {
        let made = makes_a_key(&draft) && row.webhook_secret.is_none();
        let rule = store::replace(tx, vault, row, draft).await?;
        changes.report.new_keys.extend(new_key(&rule).filter(|_| made));
    }
    for draft in changes.insert {
        let made = makes_a_key(&draft);
        let rule = store::insert(tx, vault, account_id, draft).await?;
        changes.report.new_keys.extend(new_key(&rule).filter(|_| made));
    }
    Ok(changes.report)
}

/// Whether saving the rule makes a signing key when none is stored.
fn makes_a_key(draft: &Draft) -> bool {
    matches!(draft.answer, Answer::Webhook { secret: WebhookSecret::Kept, .. })
}

fn new_key(rule: &Rule) -> Option<NewKey> {
    let Answer::Webhook { secret, .. } = &rule.answer else { return None };
    Some(NewKey { rule: rule.name.clone(), secret: secret.given()?.expose().clone() })
}

#[derive(Default)]
struct Changes {
    remove: Vec<Model>,
    replace: Vec<(Model, Draft)>,
    insert: Vec<Draft>,
    report: Report,
}

impl Changes {
    fn between(mut rows: Vec<Model>, drafts: Vec<Draft>, vault: &Vault) -> Self {
        let mut changes = Self::default();
        for draft in drafts {
            let Some(place) = rows.iter().position(|row| row.name == draft.name) else {
                changes.report.added.push(draft.name.clone());
                changes.insert.push(draft);
                continue;
            };
            let row = rows.remove(place);
            // A row that cannot be read is different from whatever the file has.
            if store::to_rule(&row, vault).is_ok_and(|rule| is_same(rule.into(), &draft)) {
                changes.report.unchanged.push(draft.name);
            } else {
                changes.report.changed.push(draft.name.clone());
                changes.replace.push((row, draft));
            }
        }
        changes.report.removed = rows.iter().map(|row| row.name.clone()).collect();
        changes.remove = rows;
        changes
    }
}

/// Equal but for a key that the file leaves as it is.
fn is_same(mut stored: Draft, draft: &Draft) -> bool {
    if let (Answer::Webhook { secret, .. }, Answer::Webhook { secret: WebhookSecret::Kept, .. }) =
        (&mut stored.answer, &draft.answer)
    {
        *secret = WebhookSecret::Kept;
    }
    stored == *draft
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
