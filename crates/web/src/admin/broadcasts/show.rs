//! `GET /admin/broadcasts/{id}`: what it says and to whom, where it stands, what may be done now, and what became of it.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::HeaderValue};
use puzi_shop::{
    broadcasts::{
        Audience, Broadcast, Choice, Content, Event, Happened, Part, PartState, Results, State as Stand, minutes,
    },
    machine::Word,
};

use super::{
    PATH, broadcasts, number,
    words::{self, mood},
};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::Answer,
        number::grouped,
        path::Path,
        resource::Markup,
        shell::{Shell, page as show},
    },
};

/// Something that it sends, on the page.
struct Carried {
    name: String,
    path: String,
    /// Where its small picture is.
    picture: Option<String>,
}

/// Something that happened, on the page.
struct Step {
    what: String,
    by: String,
    why: String,
    at: i64,
}

/// A part, on the page.
struct Line {
    id: i64,
    number: i64,
    people: String,
    state: Markup,
    /// `value` and `max` of its bar.
    bar: Option<(i64, i64)>,
    counts: String,
    why: Option<String>,
    errcode: Option<i64>,
    unsure: bool,
}

/// An article's check, on the page.
struct Check {
    article: i64,
    what: String,
    url: Option<String>,
}

/// How it goes, and what became of it.
struct Going {
    id: i64,
    open: bool,
    /// `good`, `warn`, `bad` or `calm`.
    tone: &'static str,
    sentence: String,
    lines: Vec<Line>,
    figures: Vec<(String, String)>,
    dropped: Vec<String>,
    checks: Vec<Check>,
    urls: Vec<String>,
    may_resolve: bool,
}

#[derive(Template)]
#[template(path = "admin/broadcasts/going.html")]
struct PartsPage {
    shell: Shell,
    going: Going,
}

#[derive(Template)]
#[template(path = "admin/broadcasts/show.html")]
struct Page {
    shell: Shell,
    broadcast: Broadcast,
    state: Markup,
    account: Option<String>,
    kind: String,
    /// The words of a text.
    text: String,
    /// What else it sends.
    carries: Vec<Carried>,
    /// What is said about that, a line each.
    words: Vec<String>,
    whom: String,
    people: String,
    when: String,
    takes: String,
    steps: Vec<Step>,
    buttons: Vec<&'static str>,
    /// It waits, and whoever looks had a hand in it.
    same_person: bool,
    phone: String,
    going: Going,
}

impl Page {
    fn can(&self, event: &str) -> bool {
        self.buttons.contains(&event) && self.shell.may(&format!("broadcasts.{event}"))
    }
}

/// `GET /admin/broadcasts/{id}`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let (id, all) = (number(&id)?, broadcasts(&app));
    let results = all.results(&desk.reach, id).await?;
    let history = all.history(&desk.reach, id).await?;
    let broadcast = results.broadcast.clone();
    let by = desk.actor();
    let second = all.may_approve(&by, &broadcast).await?;
    let buttons = all.buttons_for(&by, &broadcast).await?;
    let live = desk.live(&app, broadcast.account_id)?;
    let several = desk.accounts(&app).len() > 1;
    let word = broadcast.state.word();
    let shell = Shell::new(&app, &desk, broadcast.name.clone())
        .active("broadcasts")
        .crumb(desk.t("broadcasts.many"), PATH)
        .crumb(broadcast.name.clone(), None);
    let (n, more) = match broadcast.frozen {
        0 => all.people(&desk.reach, broadcast.account_id, &broadcast.audience).await?,
        n => (n, false),
    };
    show(&Page {
        state: words::state(word, &desk.t(&format!("broadcasts.options.state.{word}"))),
        account: several.then(|| live.account.name.clone()),
        kind: desk.t(&format!("broadcasts.options.kind.{}", broadcast.content.kind())),
        text: match &broadcast.content {
            Content::Text { text } => text.clone(),
            _ => String::new(),
        },
        carries: carries(all.contents(&desk.reach, id).await?, &broadcast.content),
        words: words_beside(&broadcast.content),
        whom: whom(&desk, &broadcast.audience),
        people: if more { format!("{}+", grouped(n)) } else { grouped(n) },
        when: broadcast.at.map_or_else(|| desk.t("broadcasts.when_approved"), |at| desk.when(at)),
        takes: desk.ta("broadcasts.box.minutes", &[("n", minutes(n, broadcast.speed).to_string())]),
        steps: history.iter().map(|one| step(&desk, one)).collect(),
        buttons: buttons.iter().map(|event| button(*event)).collect(),
        same_person: broadcast.state == Stand::Waiting && !second,
        phone: all.phone(&by, broadcast.account_id).await?.unwrap_or_default(),
        going: going(&desk, results, second),
        broadcast,
        shell,
    })
}

/// `GET /admin/broadcasts/{id}/parts`: how it goes, looked at again while it does.
pub(super) async fn parts(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let all = broadcasts(&app);
    let results = all.results(&desk.reach, number(&id)?).await?;
    let second = all.may_approve(&desk.actor(), &results.broadcast).await?;
    let open = results.broadcast.is_open();
    let mut response = show(&PartsPage { going: going(&desk, results, second), shell: Shell::new(&app, &desk, "") })?;
    if !open {
        // What may be done now stands beside the part.
        response.headers_mut().insert("hx-refresh", HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// The name of the button, which is that of its permission.
fn button(event: Event) -> &'static str {
    match event {
        Event::Freeze => "submit",
        event => event.word(),
    }
}

fn whom(desk: &Desk, audience: &Audience) -> String {
    match audience {
        Audience::All => desk.t("broadcasts.options.audience.all"),
        Audience::Tag { name, .. } => desk.ta("broadcasts.whom_tag", &[("name", name.clone())]),
        Audience::Filter { .. } => desk.t("broadcasts.whom_filter"),
        Audience::File { name, count } => {
            desk.ta("broadcasts.whom_file", &[("name", name.clone()), ("n", grouped(*count))])
        }
    }
}

/// What it sends beside words: names, links and small pictures. What is not there any more is named by its number.
fn carries(found: Vec<Choice>, content: &Content) -> Vec<Carried> {
    let (ids, list) = match content.draft() {
        Some(draft) => (vec![draft], "/admin/drafts"),
        None => (content.materials().1.to_vec(), "/admin/materials"),
    };
    let line = |id: i64| {
        let there = found.iter().find(|choice| choice.id == id);
        let path = format!("{list}/{id}");
        Carried {
            name: there.map_or_else(|| format!("#{id}"), |choice| choice.name.clone()),
            picture: there.filter(|choice| choice.pictured).map(|_| format!("{path}/thumbnail")),
            path,
        }
    };
    ids.into_iter().map(line).collect()
}

/// What is said about pictures or a video.
fn words_beside(content: &Content) -> Vec<String> {
    let mut words = match content {
        Content::Image { recommend, .. } => vec![recommend.clone()],
        Content::Mpvideo { title, description, .. } => vec![title.clone(), description.clone()],
        _ => Vec::new(),
    };
    words.retain(|words| !words.is_empty());
    words
}

fn step(desk: &Desk, one: &Happened) -> Step {
    let own = one.why.starts_with("broadcast.");
    Step {
        what: desk.t(&format!("broadcasts.events.{}", one.event)),
        by: if matches!(one.who.as_str(), "staff" | "second") { one.by.clone() } else { String::new() },
        why: match one.why.as_str() {
            "alone" => desk.t("broadcasts.approved_alone"),
            why if own => words::error(desk.locale, why),
            why => why.to_owned(),
        },
        at: one.at,
    }
}

fn going(desk: &Desk, results: Results, second: bool) -> Going {
    let broadcast = &results.broadcast;
    let (tone, sentence) = sentence(desk, &results);
    let mut figures = Vec::new();
    let mut figure = |key: &str, n: i64| figures.push((desk.t(&format!("broadcasts.figures.{key}")), grouped(n)));
    if results.parts.iter().any(|part| part.sent.is_some()) {
        figure("sent", results.sent);
        figure("filtered_out", results.filtered_out);
        figure("errors", results.errors);
    }
    if broadcast.left_out > 0 {
        figure("left_out", broadcast.left_out);
    }
    if broadcast.over_quota > 0 {
        figure("over_quota", broadcast.over_quota);
    }
    let checks = results.copyright.iter().filter(|line| line.audit != 0).map(|line| Check {
        article: line.article,
        what: desk.t(&format!("broadcasts.audit.{}", if (1..=3).contains(&line.audit) { line.audit } else { 3 })),
        url: Some(line.original_url.clone()).filter(|url| url.starts_with("https://") || url.starts_with("http://")),
    });
    Going {
        id: broadcast.id,
        open: broadcast.is_open(),
        tone,
        sentence,
        // Before it goes out there is nothing to tell of its parts.
        lines: match broadcast.state {
            Stand::Draft | Stand::Freezing | Stand::Waiting | Stand::Approved | Stand::Cancelled => Vec::new(),
            _ => results.parts.iter().map(|part| line(desk, broadcast, part)).collect(),
        },
        figures,
        dropped: results.dropped.iter().map(|one| one.openid.clone()).collect(),
        checks: checks.collect(),
        urls: results.urls.iter().filter(|url| url.starts_with("http")).cloned().collect(),
        may_resolve: second && desk.may("broadcasts.approve"),
    }
}

/// How many a part goes to: of a list exactly, else as last synced.
fn people_of(broadcast: &Broadcast, part: &Part) -> i64 {
    if broadcast.audience.is_list() { part.until_position - part.from_position } else { broadcast.frozen }
}

fn line(desk: &Desk, broadcast: &Broadcast, part: &Part) -> Line {
    let word = part.state.word();
    let counts = match (part.sent, part.total) {
        (Some(sent), Some(total)) => {
            desk.ta("broadcasts.part_counts", &[("sent", grouped(sent)), ("total", grouped(total))])
        }
        _ if part.state == PartState::Done => desk.t("broadcasts.part_uncounted"),
        _ => String::new(),
    };
    Line {
        id: part.id,
        number: part.number,
        people: grouped(people_of(broadcast, part)),
        state: Markup::tag(
            "span",
            &[("class", &format!("state state-{}", mood(word)))],
            Markup::text(&desk.t(&format!("broadcasts.part_states.{word}"))),
        ),
        bar: part.sent.zip(part.total.filter(|total| *total > 0)),
        counts,
        why: words::why(desk.locale, part),
        errcode: part.errcode,
        unsure: part.state == PartState::Unsure,
    }
}

fn sentence(desk: &Desk, results: &Results) -> (&'static str, String) {
    let broadcast = &results.broadcast;
    let count = |states: &[PartState]| results.parts.iter().filter(|part| states.contains(&part.state)).count();
    let people = |states: &[PartState]| {
        let some = results.parts.iter().filter(|part| states.contains(&part.state));
        some.map(|part| people_of(broadcast, part)).sum::<i64>()
    };
    let went = [PartState::Accepted, PartState::Done];
    let rest = [PartState::Ready, PartState::Failed, PartState::Cancelled];
    let args = [
        ("done", count(&went).to_string()),
        ("parts", results.parts.len().to_string()),
        ("people", grouped(people(&went))),
        ("rest", grouped(people(&rest))),
        ("unsure", grouped(people(&[PartState::Unsure]))),
        ("sent", grouped(results.sent)),
        ("n", grouped(broadcast.frozen)),
        ("when", broadcast.at.map(|at| desk.when(at)).unwrap_or_default()),
        ("why", broadcast.error.as_deref().map(|error| words::error(desk.locale, error)).unwrap_or_default()),
    ];
    let counted = results.parts.iter().any(|part| part.sent.is_some());
    let (tone, key) = match broadcast.state {
        Stand::Draft if broadcast.error.is_some() => ("warn", "draft_back"),
        Stand::Draft => ("calm", "draft"),
        Stand::Freezing => ("calm", "freezing"),
        Stand::Waiting if broadcast.error.is_some() => ("warn", "waiting_again"),
        Stand::Waiting => ("calm", "waiting"),
        Stand::Approved if broadcast.at.is_some() => ("calm", "approved_at"),
        Stand::Approved => ("calm", "approved"),
        Stand::Sending => ("calm", "sending"),
        Stand::Stopping => ("warn", "stopping"),
        Stand::Done if counted => ("good", "done"),
        Stand::Done => ("good", "done_uncounted"),
        Stand::Partly => ("warn", "partly"),
        Stand::Failed => ("bad", "failed"),
        Stand::Stopped if broadcast.error.is_some() => ("warn", "stopped_why"),
        Stand::Stopped => ("warn", "stopped"),
        Stand::Cancelled => ("calm", "cancelled"),
        Stand::Revoked => ("calm", "revoked"),
    };
    (tone, desk.ta(&format!("broadcasts.said.{key}"), &args))
}
