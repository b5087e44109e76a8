//! `/admin/runs`: long work as it goes on, and what came of it.

use crate::admin::number::grouped;
use std::{fmt::Write, sync::Arc};

use askama::Template;
use axum::{
    extract::State,
    http::{
        HeaderValue,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::IntoResponse,
};
use puzi_resource::{Options, Resource, Verb, belongs_to, datetime, integer, select, string};
use puzi_shop::{
    Error,
    accounts::Reach,
    db::now_ms,
    machine::Word,
    runs::{Event, Kind, LINE_PAGE, Line, Run, State as Stand, entity},
};
use serde::Deserialize;

use super::{
    calls::masked,
    desk::Desk,
    error::{Answer, Failure},
    followers::said,
    form::Form,
    path::{Path, Query},
    resource::{Face, Page, state},
    routes::{Routes, may},
    shell::{Shell, page},
    toast::{Toast, redirect, redirect_with},
};
use crate::App;

const PATH: &str = "/admin/runs";

/// The resource `runs`.
pub(super) fn face() -> Face {
    const KINDS: Options = Options::Fixed(&["sync_full", "sync_recent", "mark", "records"]);
    const STATES: Options =
        Options::Fixed(&["queued", "running", "paused", "waiting", "done", "partly", "failed", "cancelled"]);
    let resource = Resource::of::<entity::Entity>("runs")
        .in_group("system", "clock")
        .title("kind")
        .partitioned_by("account_id")
        .field(select("kind", KINDS).readonly().filter().in_list())
        .field(select("state", STATES).readonly().filter().in_list())
        .field(belongs_to("account_id", "accounts").readonly().in_list())
        .field(integer("seen").readonly().in_list())
        .field(integer("total").readonly())
        .field(integer("added").readonly())
        .field(integer("changed").readonly())
        .field(integer("gone").readonly())
        .field(integer("refused").readonly().in_list())
        .field(string("problem").readonly())
        .field(string("detail").readonly())
        .field(string("asked_by").readonly().in_list())
        .field(datetime("created_at").readonly().in_list())
        .field(datetime("started_at").readonly())
        .field(datetime("ended_at").readonly())
        .only(&[Verb::View]);
    Face::of(resource).own(Page::Show).cell("state", |run, reader| {
        let word = run.text("state");
        let word_of = if word == "partly" { "waiting" } else { word };
        state(word_of, &reader.t(&format!("runs.options.state.{word}")))
    })
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/runs/{id}", may("runs.view"), show)
        .get("/admin/runs/{id}/part", may("runs.view"), part)
        .get("/admin/runs/{id}/lines.csv", may("runs.view"), lines)
        .post("/admin/runs/{id}/pause", may("runs.steer"), pause)
        .post("/admin/runs/{id}/resume", may("runs.steer"), resume)
        .post("/admin/runs/{id}/cancel", may("runs.steer"), cancel)
}

/// How a state looks: `good`, `busy` and so on.
pub(super) fn mood(word: &str) -> &'static str {
    match word {
        "queued" | "running" => "busy",
        "waiting" | "paused" | "partly" => "warn",
        "done" => "good",
        "failed" => "bad",
        _ => "off",
    }
}

/// How a run stands, in words.
struct Told {
    id: i64,
    kind: String,
    word: &'static str,
    state: String,
    /// What it does now, or came to.
    sentence: String,
    /// Why it does not go on, and what to do.
    problem: Option<String>,
    detail: Option<String>,
    /// `value` and `max` of the bar.
    bar: Option<(i64, i64)>,
    counters: Vec<(String, String)>,
    asks: bool,
    can_pause: bool,
    can_resume: bool,
    can_cancel: bool,
    /// It changes by itself: the page looks again.
    open: bool,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    asked_by: String,
    refused: i64,
}

impl Told {
    fn of(run: &Run, desk: &Desk) -> Self {
        let buttons = if desk.may("runs.steer") && desk.may(run.permission()) { run.buttons() } else { Vec::new() };
        let can = |event| buttons.contains(&event);
        let word = run.state.word();
        let counter = |name: &str, n: i64| (desk.t(&format!("runs.fields.{name}")), grouped(n));
        let names: &[(&str, i64)] = match run.kind {
            Kind::Mark => &[("changed", run.changed), ("refused", run.refused)],
            Kind::Records => &[("added", run.added), ("refused", run.refused)],
            _ => &[("added", run.added), ("changed", run.changed), ("gone", run.gone), ("refused", run.refused)],
        };
        let n = |detail: &String| detail.parse::<i64>().map_or_else(|_| detail.clone(), grouped);
        let args =
            |run: &Run| [("n", run.detail.as_ref().map(n).unwrap_or_default()), ("when", desk.when(run.wake_at))];
        let problem = run.problem.as_ref().map(|key| desk.ta(key, &args(run)));
        Self {
            id: run.id,
            kind: desk.t(&format!("runs.options.kind.{}", run.kind.word())),
            word,
            state: desk.t(&format!("runs.options.state.{word}")),
            sentence: sentence(run, desk),
            problem,
            detail: run.detail.clone().filter(|_| !run.asks()),
            bar: run.total.filter(|total| *total > 0).map(|total| (run.seen.min(total), total)),
            counters: names.iter().map(|(name, n)| counter(name, *n)).collect(),
            asks: run.asks(),
            can_pause: can(Event::Pause),
            can_resume: can(Event::Resume),
            can_cancel: can(Event::Cancel),
            open: run.state.is_open(),
            started_at: run.started_at,
            ended_at: run.ended_at,
            asked_by: run.asked_by.clone(),
            refused: run.refused,
        }
    }
}

/// One sentence that answers how far it is.
fn sentence(run: &Run, desk: &Desk) -> String {
    let (seen, now) = (grouped(run.seen), now_ms());
    let hours = run.kind == Kind::Records;
    let of = match run.total {
        Some(total) if hours => desk.ta("runs.of_hours", &[("seen", seen), ("total", grouped(total))]),
        Some(total) if total > 0 => desk.ta("runs.of", &[("seen", seen), ("total", grouped(total))]),
        _ => desk.ta("runs.so_far", &[("seen", seen)]),
    };
    let args = |key: &str, rest: &[(&'static str, String)]| {
        let mut all = vec![("of", of.clone())];
        all.extend_from_slice(rest);
        desk.ta(key, &all)
    };
    match run.state {
        // Hours of records are read by the minute: a rate a second would say nothing.
        Stand::Running if hours => args("runs.says.running", &[]),
        Stand::Running => match run.rate(now) {
            Some((rate, Some(left))) => {
                let rest = [("rate", grouped(rate as i64)), ("left", span(desk, left))];
                args("runs.says.running_left", &rest)
            }
            Some((rate, None)) => args("runs.says.running_rate", &[("rate", grouped(rate as i64))]),
            None => args("runs.says.running", &[]),
        },
        Stand::Waiting => args("runs.says.waiting", &[("when", desk.when(run.wake_at))]),
        state => {
            let took = run.started_at.zip(run.ended_at).map(|(from, to)| span(desk, (to - from) / 1_000));
            args(&format!("runs.says.{}", state.word()), &[("took", took.unwrap_or_default())])
        }
    }
}

/// Seconds as people say them.
fn span(desk: &Desk, seconds: i64) -> String {
    let say = |key: &str, n: i64| desk.ta(key, &[("n", n.max(1).to_string())]);
    match seconds {
        ..90 => say("runs.seconds", seconds),
        90..5_400 => say("runs.minutes", (seconds + 30) / 60),
        _ => say("runs.hours", (seconds + 1_800) / 3_600),
    }
}

#[derive(Template)]
#[template(path = "admin/runs/show.html")]
struct Show {
    shell: Shell,
    told: Told,
    account: String,
    lines: Vec<Line>,
    /// Number of the last line of this page, when there are more.
    more: Option<i64>,
    /// The lines may be downloaded.
    may_take: bool,
}

#[derive(Template)]
#[template(path = "admin/runs/part.html")]
struct Part {
    shell: Shell,
    told: Told,
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    /// Lines after this one.
    #[serde(default)]
    after: i64,
}

/// `GET /admin/runs/{id}?after=`
async fn show(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, Query(asked): Query<Asked>) -> Answer {
    let run = app.admin.runs.get(&desk.reach, id).await?;
    let lines = app.admin.runs.lines(&desk.reach, id, asked.after).await?;
    let more = (lines.len() == LINE_PAGE).then(|| lines.last().map(|line| line.number)).flatten();
    let told = Told::of(&run, &desk);
    let account = app.registry.by_id(run.account_id).map(|live| live.account.name.clone()).unwrap_or_default();
    let shell = Shell::new(&app, &desk, told.kind.clone()).active("runs").crumb(desk.t("runs.many"), PATH);
    let shell = shell.crumb(told.kind.clone(), None);
    let lines = lines.into_iter().map(|line| seen(worded(line, &desk), &run, &desk)).collect();
    let may_take = may_take(&desk, &run);
    page(&Show { shell, told, account, lines, more, may_take })
}

/// A line as whoever may not see followers reads it: of whom it is about only the ends.
fn seen(mut line: Line, run: &Run, desk: &Desk) -> Line {
    if run.names_followers() && !desk.may("followers.view") {
        line.subject = masked(&line.subject);
    }
    line
}

/// Whether the lines may be taken out as a file.
fn may_take(desk: &Desk, run: &Run) -> bool {
    !run.names_followers() || desk.may("followers.export")
}

/// A line whose words are in the reader's language where they are ours.
fn worded(mut line: Line, desk: &Desk) -> Line {
    if line.key().is_some() {
        line.detail = desk.t(&line.detail);
    }
    line
}

/// `GET /admin/runs/{id}/part`: what changes while it works.
async fn part(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let run = app.admin.runs.get(&desk.reach, id).await?;
    let told = Told::of(&run, &desk);
    page(&Part { shell: Shell::new(&app, &desk, told.kind.clone()), told })
}

/// `GET /admin/runs/{id}/lines.csv`: all that was refused and kept.
async fn lines(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let run = app.admin.runs.get(&desk.reach, id).await?;
    if !may_take(&desk, &run) {
        return Err(Failure::forbidden());
    }
    let mut csv = format!("\u{feff}{}\r\n", ["number", "openid", "errcode", "detail"].join(","));
    for line in app.admin.runs.take_lines(&desk.actor(), &desk.reach, id).await? {
        let line = seen(worded(line, &desk), &run, &desk);
        let errcode = line.errcode.map(|code| code.to_string()).unwrap_or_default();
        let _ = write!(csv, "{},{},{errcode},{}\r\n", line.number, cell(&line.subject), cell(&line.detail));
    }
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"run-{id}.csv\""));
    let disposition = disposition.map_err(|_| Failure::internal())?;
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, disposition)], csv).into_response())
}

/// A quoted cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let guard = if puzi_resource::is_formula(text) || puzi_resource::is_formula(text.trim_start()) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// `POST /admin/runs/{id}/pause`
async fn pause(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let reach = may_steer(&app, &desk, id).await?;
    let done = app.admin.runs.pause(&desk.actor(), &reach, id).await;
    tell(&desk, id, "pause", done)
}

/// `POST /admin/runs/{id}/resume`: with `agreed`, what it asks is agreed to.
async fn resume(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, form: Form) -> Answer {
    let reach = may_steer(&app, &desk, id).await?;
    let done = app.admin.runs.resume(&desk.actor(), &reach, id, form.value("agreed") == "1").await;
    tell(&desk, id, "resume", done)
}

/// `POST /admin/runs/{id}/cancel`
async fn cancel(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let reach = may_steer(&app, &desk, id).await?;
    let done = app.admin.runs.cancel(&desk.actor(), &reach, id).await;
    tell(&desk, id, "cancel", done)
}

/// Whoever steers a run must also be allowed to do what it does.
async fn may_steer(app: &App, desk: &Desk, id: i64) -> Result<Reach, Failure> {
    let run = app.admin.runs.get(&desk.reach, id).await?;
    if desk.may(run.permission()) { Ok(desk.reach.clone()) } else { Err(Failure::forbidden()) }
}

fn tell(desk: &Desk, id: i64, event: &str, done: Result<(), Error>) -> Answer {
    let path = format!("{PATH}/{id}");
    match done {
        Ok(()) if event == "cancel" => Ok(redirect_with(desk, &path, &Toast::done(desk.t("runs.told.cancel")))),
        Ok(()) => Ok(redirect(&path)),
        Err(error) => Ok(redirect_with(desk, &path, &Toast::error(said(desk, error)?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula() {
        assert_eq!(cell("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"");
        assert_eq!(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
        assert_eq!(cell("oABC"), "\"oABC\"");
        assert_eq!(cell("＝1"), "\"'＝1\"");
        assert_eq!(cell("  =1"), "\"'  =1\"");
    }
}
