//! `GET /admin/rules/test`: which rule a message would hit, why that one, and what is answered.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use jiff::civil::DateTime;
use puzi_shop::{
    accounts::LiveAccount,
    db::now_ms,
    replies::{MessageKind, RuleBook, Stimulus, Verdict, preview},
};
use serde::Deserialize;

use super::{
    super::{
        desk::Desk,
        error::{Answer as Page, Failure},
        path::Query,
        shell::{Shell, page as show},
    },
    account_or_404,
    bubbles::{Bubble, Chat, Maker, Piece},
    rules, setting, shell,
    words::{self, Words},
};
use crate::App;

/// The longest message that is tried, in characters.
const LONGEST: usize = 2_000;

#[derive(Template)]
#[template(path = "admin/rules/test.html")]
struct Trial {
    shell: Shell,
    whats: Vec<(&'static str, String)>,
    kinds: Vec<(&'static str, String)>,
    asked: Asked,
    /// Label of the field that belongs to what is tried.
    label: String,
    at_problem: String,
    outcome: Option<Outcome>,
}

struct Outcome {
    /// Number and name of the rule that answers.
    winner: Option<(i64, String)>,
    chat: Chat,
    /// Those that match, the winner first.
    matched: Vec<Judged>,
    /// The others.
    out: Vec<Judged>,
}

struct Judged {
    id: i64,
    name: String,
    trigger: Words,
    why: String,
    wins: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    what: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    at: String,
    /// The form was sent.
    #[serde(default)]
    go: String,
}

impl Asked {
    fn stimulus(&self) -> Stimulus<'_> {
        let value = self.value.trim();
        match self.what.as_str() {
            "follow" => Stimulus::follow(Some(value).filter(|scene| !scene.is_empty())),
            "scan" => Stimulus::scan(value),
            "menu" => Stimulus::tap(value),
            "kind" => Stimulus::kind(&self.kind),
            _ => Stimulus::text(&self.value),
        }
    }

    /// Whether there is something to try.
    fn is_complete(&self) -> bool {
        !self.go.is_empty() && (matches!(self.what.as_str(), "follow" | "kind") || !self.value.trim().is_empty())
    }
}

/// The form, and what came of it.
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Query(mut asked): Query<Asked>) -> Page {
    let live = account_or_404(&app, &desk)?;
    if !["text", "follow", "scan", "menu", "kind"].contains(&asked.what.as_str()) {
        asked.what = "text".to_owned();
    }
    asked.value = asked.value.chars().take(LONGEST).collect();
    if MessageKind::from_wire(&asked.kind).is_none() {
        asked.kind = "image".to_owned();
    }
    let (at, at_problem) = moment(&desk, &asked.at);
    let outcome = match at {
        Some(at) if asked.is_complete() => Some(judge(&app, &desk, &live, &asked, at).await?),
        _ => None,
    };
    let word = |what: &'static str| (what, desk.t(&format!("rules.test.what_{what}")));
    show(&Trial {
        shell: shell(&app, &desk, desk.t("rules.test.title")),
        whats: ["text", "follow", "menu", "scan", "kind"].map(word).into(),
        kinds: MessageKind::ALL.map(|kind| (kind.wire(), words::message_kind(desk.locale, kind))).into(),
        label: desk.t(&format!("rules.test.label_{}", asked.what)),
        asked,
        at_problem,
        outcome,
    })
}

/// The moment to try, Unix ms: now when none is given, none when it cannot be read.
fn moment(desk: &Desk, text: &str) -> (Option<i64>, String) {
    if text.trim().is_empty() {
        return (Some(now_ms()), String::new());
    }
    let read = text.trim().parse::<DateTime>().ok().and_then(|at| at.to_zoned(desk.zone.clone()).ok());
    match read {
        Some(at) => (Some(at.timestamp().as_millisecond()), String::new()),
        None => (None, desk.t("rules.bad.moment")),
    }
}

async fn judge(app: &App, desk: &Desk, live: &LiveAccount, asked: &Asked, at: i64) -> Result<Outcome, Failure> {
    let rules = rules(app).load(live.account.id).await?;
    let files = super::preview::files(app, live.account.id, rules.iter().map(|rule| &rule.answer)).await?;
    let setting = setting(app, live);
    // Of the stored rules, not of the compiled ones that answer now: what was saved a moment ago counts.
    let book = RuleBook::compile(rules, setting.clone());
    let stimulus = asked.stimulus();
    let explanation = book.explain(&stimulus, at);
    let to_message = !matches!(asked.what.as_str(), "follow" | "scan" | "menu");
    let maker = Maker { locale: desk.locale, files: &files, now_ms: now_ms(), to_message };
    let winner = explanation.winner();
    let shown = winner.map(|rule| preview(&rule.answer, &setting, at)).unwrap_or_default();
    let mut mine = vec![cause(desk, asked)];
    if winner.is_none() {
        mine.push(Bubble::Note(desk.t("rules.test.silence")));
    }
    let judged = |one: &puzi_shop::replies::Considered<'_>| Judged {
        id: one.rule.id,
        name: one.rule.name.clone(),
        trigger: words::trigger(desk.locale, &one.rule.trigger),
        why: one.verdict.text(desk.locale),
        wins: one.verdict.wins(),
    };
    let is_out = |one: &&puzi_shop::replies::Considered<'_>| matches!(one.verdict, Verdict::Out(_));
    Ok(Outcome {
        winner: winner.map(|rule| (rule.id, rule.name.clone())),
        chat: maker.chat(mine, &shown),
        matched: explanation.considered.iter().filter(|one| !is_out(one)).map(judged).collect(),
        out: explanation.considered.iter().filter(is_out).map(judged).collect(),
    })
}

fn cause(desk: &Desk, asked: &Asked) -> Bubble {
    let what = match asked.what.as_str() {
        "kind" => {
            MessageKind::from_wire(&asked.kind).map(|kind| words::message_kind(desk.locale, kind)).unwrap_or_default()
        }
        _ => asked.value.trim().to_owned(),
    };
    let key = match asked.what.as_str() {
        "follow" if what.is_empty() => "rules.cause.follow",
        "follow" => "rules.cause.follow_scene",
        "scan" => "rules.cause.scan",
        "menu" => "rules.cause.menu",
        "kind" => "rules.cause.kind",
        _ => return Bubble::Text(vec![Piece { text: what, link: false }]),
    };
    Bubble::Note(desk.ta(key, &[("what", what)]))
}
