//! `GET /admin/channels/{id}`: the code and its posters, what came of it in one sentence and by day, who came last.

use std::{collections::HashMap, sync::Arc};

use askama::Template;
use axum::{
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use jiff::civil::Date;
use puzi_shop::{
    channels::{Channel, Channels, Day, Figures, State as Stand},
    db::now_ms,
    followers::{self, growth::day_of},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    PATH, path_of,
    poster::{Size, svg},
};
use crate::{
    App,
    admin::{
        desk::Desk,
        draw_code,
        error::{Answer, Failure},
        path::{Path, Query},
        resource::{Markup, state},
        shell::{Shell, page as show},
    },
};

/// The spans that can be chosen, in days.
const SPANS: [i64; 3] = [7, 30, 90];
/// People on the page.
const PEOPLE: u32 = 12;
/// WeChat's code: the account has its 100,000 lasting ones.
const FULL: i64 = 45_029;
/// WeChat's code: the account may not make codes.
const NOT_ALLOWED: i64 = 48_001;

/// What an address of the page may say.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    days: Option<i64>,
}

struct Span {
    label: String,
    href: String,
    chosen: bool,
}

/// Somebody who scanned.
struct Came {
    name: String,
    /// Only where there is a page of them.
    href: Option<String>,
    at: i64,
    scans: String,
}

/// Where the code stands.
struct Told {
    id: i64,
    name: String,
    /// The drawing of the code, while it is good.
    code: Option<Markup>,
    state: Markup,
    /// What is wrong, or what is going on.
    said: Option<String>,
    /// The colour of that.
    tone: &'static str,
    /// WeChat's words about it.
    detail: Option<String>,
    remake: bool,
    /// Asked before it is made again.
    ask: String,
    /// It changes by itself: the page looks again.
    open: bool,
}

#[derive(Template)]
#[template(path = "admin/channels/show.html")]
struct Page {
    shell: Shell,
    told: Told,
    channel: Channel,
    deleted: Option<i64>,
    /// Only where there are several.
    account: Option<String>,
    folder: Option<String>,
    lives: String,
    spans: Vec<Span>,
    sentence: String,
    counting: bool,
    scans: Value,
    follows: Value,
    people: Vec<Came>,
}

#[derive(Template)]
#[template(path = "admin/channels/part.html")]
struct Part {
    shell: Shell,
    told: Told,
}

impl Page {
    /// The data inside a `<script>`, which no value can end.
    fn json(data: &Value) -> String {
        data.to_string().replace('<', "\\u003c")
    }
}

fn channels(app: &App) -> Channels {
    Channels::new(&app.db, &app.registry)
}

/// `GET /admin/channels/{id}?days=`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Answer {
    let channels = channels(&app);
    let channel = channels.get(&desk.reach, id).await?;
    let span = asked.days.filter(|days| SPANS.contains(days)).unwrap_or(30);
    let today = day_of(now_ms(), &desk.zone);
    let figures = channels.figures(&desk.reach, id, today - span + 1, today).await?;
    let people = if desk.may("followers.view") { came(&app, &desk, &channel).await? } else { Vec::new() };
    let several = desk.accounts(&app).len() > 1;
    let account = desk.live(&app, channel.account_id).ok().map(|live| live.account.name.clone());
    let shell = Shell::new(&app, &desk, channel.name.clone())
        .active("channels")
        .crumb(desk.t("channels.many"), PATH)
        .crumb(channel.name.clone(), None);
    let spans = SPANS.map(|days| Span {
        label: desk.ta("channels.days", &[("n", days.to_string())]),
        href: format!("{}?days={days}", path_of(id)),
        chosen: days == span,
    });
    show(&Page {
        told: told(&desk, &channel)?,
        deleted: channel.deleted_at,
        account: account.filter(|_| several),
        folder: channels.folder_name(&channel).await?,
        lives: lives(&desk, &channel),
        spans: spans.into_iter().collect(),
        sentence: sentence(&desk, span, &figures),
        counting: channel.counted_to.is_some(),
        scans: chart(&desk, &figures.days, &[SCANS]),
        follows: chart(&desk, &figures.days, &[FRESH, AGAIN]),
        people,
        channel,
        shell,
    })
}

/// `GET /admin/channels/{id}/part`: the code alone, while it is being made.
pub(super) async fn part(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let channel = channels(&app).get(&desk.reach, id).await?;
    let shell = Shell::new(&app, &desk, channel.name.clone());
    show(&Part { told: told(&desk, &channel)?, shell })
}

/// `GET /admin/channels/{id}/picture`: WeChat's own picture of the code.
pub(super) async fn picture(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let folder = app.admin.inbox.folder();
    let jpeg = channels(&app).picture(&desk.reach, id, Some(folder)).await?;
    Ok(file("image/jpeg", &format!("channel-{id}.jpg"), jpeg))
}

/// What is asked of a poster.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    size: Option<String>,
    #[serde(rename = "as")]
    form: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/channels/poster.html")]
struct PosterPage {
    shell: Shell,
    id: i64,
    name: String,
    sizes: Vec<Span>,
    size: &'static str,
    drawing: Markup,
}

/// `GET /admin/channels/{id}/poster?size=a4|a6|square&as=page|svg`
pub(super) async fn poster(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path(id): Path<i64>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let channel = channels(&app).get(&desk.reach, id).await?;
    let size = Size::read(wanted.size.as_deref()).ok_or_else(Failure::bad_request)?;
    let url = good(&channel).ok_or_else(Failure::not_found)?;
    let account = desk.live(&app, channel.account_id)?.account.name.clone();
    let drawing = svg(size, url, &channel.name, &account, desk.locale).ok_or_else(Failure::internal)?;
    match wanted.form.as_deref() {
        Some("svg") => {
            let name = format!("channel-{id}-{}.svg", size.word());
            Ok(file("image/svg+xml", &name, drawing.into_bytes()))
        }
        None | Some("page") => {
            let shell = Shell::new(&app, &desk, desk.t("channels.poster.title"))
                .active("channels")
                .crumb(desk.t("channels.many"), PATH)
                .crumb(channel.name.clone(), path_of(id).as_str())
                .crumb(desk.t("channels.poster.title"), None);
            let sizes = Size::ALL.map(|one| Span {
                label: desk.t(&format!("channels.poster.sizes.{}", one.word())),
                href: format!("{}/poster?size={}", path_of(id), one.word()),
                chosen: one == size,
            });
            show(&PosterPage {
                shell,
                id,
                name: channel.name,
                sizes: sizes.into_iter().collect(),
                size: size.word(),
                drawing: Markup::trusted(drawing),
            })
        }
        Some(_) => Err(Failure::bad_request()),
    }
}

/// A file to keep. As a page of its own it may do nothing.
fn file(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_DISPOSITION, disposition),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}

/// What the code says, while it is good.
fn good(channel: &Channel) -> Option<&str> {
    channel.url.as_deref().filter(|_| channel.is_good(now_ms()))
}

fn told(desk: &Desk, channel: &Channel) -> Result<Told, Failure> {
    let over = channel.is_over(now_ms());
    let (word, tone) = match channel.stand() {
        Stand::Live if over => ("over", "warn"),
        Stand::Live => ("live", "good"),
        Stand::Making | Stand::Asking => ("making", "calm"),
        Stand::Failed => ("failed", "bad"),
        Stand::Unknown => ("unknown", "warn"),
    };
    let when = channel.expires_at.map(|at| desk.when(at)).unwrap_or_default();
    let key = match (word, channel.errcode) {
        ("live", _) => None,
        ("failed", Some(FULL)) => Some("channels.said.full"),
        ("failed", Some(NOT_ALLOWED)) => Some("channels.said.not_allowed"),
        ("failed", _) => Some("channels.said.failed"),
        ("over", _) => Some("channels.said.over"),
        ("unknown", _) => Some("channels.said.unknown"),
        _ => Some("channels.said.making"),
    };
    let code = good(channel).map(draw_code).transpose()?;
    Ok(Told {
        id: channel.id,
        name: channel.name.clone(),
        code: code.map(Markup::trusted),
        state: state(super::face::tone(word), &desk.t(&format!("channels.options.stand.{word}"))),
        said: key.map(|key| desk.ta(key, &[("when", when)])),
        tone,
        detail: channel.error.clone().filter(|error| !error.is_empty() && word != "live"),
        remake: channel.deleted_at.is_none()
            && matches!(word, "over" | "failed" | "unknown")
            && desk.may("channels.remake"),
        ask: desk.t(if channel.lasting { "channels.ask_lasting" } else { "channels.ask" }),
        open: word == "making" && channel.deleted_at.is_none(),
    })
}

/// How long it lives, in words.
fn lives(desk: &Desk, channel: &Channel) -> String {
    match (channel.lasting, channel.expires_at) {
        (true, _) => desk.t("channels.lives.lasting"),
        (false, Some(at)) => desk.ta("channels.lives.until", &[("when", desk.when(at))]),
        (false, None) => desk.ta("channels.lives.days", &[("n", channel.ttl_days.unwrap_or_default().to_string())]),
    }
}

fn sentence(desk: &Desk, span: i64, figures: &Figures) -> String {
    let total = figures.total;
    let more = if figures.people.more { "+" } else { "" };
    let args = [
        ("n", span.to_string()),
        ("scans", total.scans.to_string()),
        ("people", format!("{}{more}", figures.people.n)),
        ("follows", total.follows.to_string()),
        ("fresh", total.fresh.to_string()),
    ];
    let key = match (total.scans, total.follows) {
        (0, _) => "channels.nothing",
        (_, 0) => "channels.scanned",
        _ => "channels.followed",
    };
    desk.ta(key, &args)
}

/// What a bar says, its colour, and how high it is.
struct Bar {
    key: &'static str,
    tone: &'static str,
    of: fn(&Day) -> i64,
}

const SCANS: Bar = Bar { key: "channels.scans", tone: "calm", of: |day| day.sums.scans };
const FRESH: Bar = Bar { key: "channels.fresh", tone: "good", of: |day| day.sums.fresh };
const AGAIN: Bar = Bar { key: "channels.again", tone: "warn", of: |day| day.sums.again };

/// What the chart module reads; null where there is nothing to draw.
fn chart(desk: &Desk, days: &[Day], bars: &[Bar]) -> Value {
    if !days.iter().any(|day| bars.iter().any(|bar| (bar.of)(day) > 0)) {
        return Value::Null;
    }
    let series: Vec<_> = bars
        .iter()
        .map(|bar| json!({ "name": desk.t(bar.key), "values": days.iter().map(bar.of).collect::<Vec<_>>() }))
        .collect();
    let tones: Vec<_> = bars.iter().map(|bar| bar.tone).collect();
    let labels: Vec<_> = days.iter().map(|day| short(desk, day.day)).collect();
    json!({ "kind": "bar", "stacked": true, "labels": labels, "series": series, "tones": tones })
}

/// A day as people say it.
fn short(desk: &Desk, day: i64) -> String {
    let days = jiff::Span::new().try_days(day).unwrap_or_default();
    let date = Date::constant(1970, 1, 1).checked_add(days).unwrap_or_default();
    desk.ta("dashboard.day", &[("month", date.month().to_string()), ("day", date.day().to_string())])
}

/// Who scanned last.
async fn came(app: &App, desk: &Desk, channel: &Channel) -> Result<Vec<Came>, Failure> {
    let latest = channels(app).latest(&desk.reach, channel.id, PEOPLE).await?;
    let whose: Vec<_> = latest.iter().map(|person| (channel.account_id, person.openid.clone())).collect();
    let faces: HashMap<_, _> = followers::faces(&app.db, &whose, desk.locale).await?;
    let openids: Vec<_> = latest.iter().map(|person| person.openid.clone()).collect();
    let numbers = followers::numbers(&app.db, channel.account_id, &openids).await?;
    let came = latest.into_iter().map(|person| {
        let face = faces.get(&(channel.account_id, person.openid.clone()));
        Came {
            name: face.map_or_else(|| followers::code(&person.openid), |face| face.name.clone()),
            href: numbers.get(&person.openid).map(|id| format!("/admin/followers/{id}")),
            at: person.last_at,
            scans: person.scans.to_string(),
        }
    });
    Ok(came.collect())
}
