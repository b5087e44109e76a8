//! QR channels for programs, beside the resource: figures, WeChat's picture and posters.

use axum::http::{Method, StatusCode};
use jiff::civil::Date;
use puzi_shop::{
    Error,
    channels::{Channels, Day, MOST_FIGURES_DAYS, Sums},
    db::now_ms,
    followers::growth::day_of,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Call},
    extra::Extra,
    problem::Problem,
};
use crate::admin::{PosterSize, poster_svg};

/// Days told when nothing is said.
const DAYS: i64 = 30;

/// The extra routes of channels.
pub(super) fn extras() -> Vec<Extra> {
    let get = Method::GET;
    let at = |rest: &str| format!("/api/v1/channels/{{id}}{rest}");
    let days = || json!({ "type": "integer", "minimum": 1, "maximum": MOST_FIGURES_DAYS, "default": DAYS });
    let n = || json!({ "type": "integer" });
    let sums = json!({ "scans": n(), "follows": n(), "fresh": n(), "again": n(), "people": n() });
    let mut day = sums.clone();
    day["day"] = json!({ "type": "string", "format": "date" });
    let list = json!({ "type": "array", "items": { "type": "object", "properties": day } });
    let whole = json!({
        "type": "object", "required": ["days", "total"],
        "properties": {
            "days": list.clone(), "total": { "type": "object", "properties": sums },
            "revenue": { "type": ["integer", "null"] }, "counting": { "type": "boolean" },
        },
    });
    vec![
        Extra::new(&get, at("/figures"), ("channels", "figures"), "channels.view", figures)
            .asks("days", days())
            .answers(whole),
        Extra::new(&get, "/api/v1/channels/figures", ("channels", "account_figures"), "channels.view", of_account)
            .asks("account", json!({ "type": "string" }))
            .asks("days", days())
            .answers(json!({ "type": "object", "required": ["days"], "properties": { "days": list } })),
        Extra::new(&get, at("/picture"), ("channels", "picture"), "channels.view", picture)
            .gives("image/jpeg")
            .calls_wechat(),
        Extra::new(&get, at("/poster"), ("channels", "poster"), "channels.view", poster)
            .asks("size", json!({ "type": "string", "enum": PosterSize::ALL.map(PosterSize::word) }))
            .gives("image/svg+xml"),
    ]
}

fn channels(call: &Call) -> Channels {
    Channels::new(&call.app.db, &call.app.registry)
}

#[derive(Deserialize)]
struct Asked {
    account: Option<String>,
    days: Option<i64>,
}

impl Asked {
    /// First and last day asked for.
    fn span(&self, call: &Call) -> Result<(i64, i64), Problem> {
        let days = self.days.unwrap_or(DAYS);
        if !(1..=MOST_FIGURES_DAYS).contains(&days) {
            return Err(call.reader.problem(StatusCode::BAD_REQUEST));
        }
        let today = day_of(now_ms(), &call.app.admin.zone);
        Ok((today - days + 1, today))
    }
}

/// `GET /api/v1/channels/{id}/figures?days`
async fn figures(call: Call) -> Answer {
    let (id, asked): (i64, Asked) = (call.number("id")?, call.query()?);
    let (first, last) = asked.span(&call)?;
    let channels = channels(&call);
    let channel = channels.get(&call.reach, id).await.map_err(|error| call.refused(error))?;
    let figures = channels.figures(&call.reach, id, first, last).await.map_err(|error| call.refused(error))?;
    let mut total = sums(&figures.total);
    total["people"] = figures.people.n.into();
    Ok(call.answer(&json!({
        "days": days(&figures.days), "total": total, "revenue": figures.revenue,
        "counting": channel.counted_to.is_some(),
    })))
}

/// `GET /api/v1/channels/figures?account&days`
async fn of_account(call: Call) -> Answer {
    let asked: Asked = call.query()?;
    let (first, last) = asked.span(&call)?;
    let Some(which) = &asked.account else { return Err(call.reader.problem(StatusCode::BAD_REQUEST)) };
    let account = call.find_account(which)?.account.id;
    let found = channels(&call).of_account(&call.reach, account, first, last).await;
    let found = found.map_err(|error| call.refused(error))?;
    Ok(call.answer(&json!({ "days": days(&found) })))
}

/// `GET /api/v1/channels/{id}/picture`
async fn picture(call: Call) -> Answer {
    let id = call.number("id")?;
    let folder = call.app.admin.inbox.folder();
    let jpeg = channels(&call).picture(&call.reach, id, Some(folder)).await;
    let jpeg = jpeg.map_err(|error| match error {
        // There is no code, or none that works any more.
        Error::NotNow(_) => call.reader.problem(StatusCode::NOT_FOUND),
        error => call.refused(error),
    })?;
    Ok(call.bytes("image/jpeg", jpeg))
}

#[derive(Deserialize)]
struct Wanted {
    size: Option<String>,
}

/// `GET /api/v1/channels/{id}/poster?size`
async fn poster(call: Call) -> Answer {
    let (id, wanted): (i64, Wanted) = (call.number("id")?, call.query()?);
    let channel = channels(&call).get(&call.reach, id).await.map_err(|error| call.refused(error))?;
    let none = || call.reader.problem(StatusCode::NOT_FOUND);
    let size = PosterSize::read(wanted.size.as_deref());
    let size = size.ok_or_else(|| call.reader.problem(StatusCode::BAD_REQUEST))?;
    let url = channel.url.as_deref().filter(|_| channel.is_good(now_ms())).ok_or_else(none)?;
    let live = call.app.registry.by_id(channel.account_id).ok_or_else(none)?;
    let drawing = poster_svg(size, url, &channel.name, &live.account.name, call.reader.locale).ok_or_else(none)?;
    Ok(call.bytes("image/svg+xml", drawing.into_bytes()))
}

fn sums(sums: &Sums) -> Value {
    let Sums { scans, follows, fresh, again, people } = sums;
    json!({ "scans": scans, "follows": follows, "fresh": fresh, "again": again, "people": people })
}

fn days(days: &[Day]) -> Vec<Value> {
    let date = |day: i64| {
        let days = jiff::Span::new().try_days(day).unwrap_or_default();
        Date::constant(1970, 1, 1).checked_add(days).unwrap_or_default().to_string()
    };
    let one = |day: &Day| {
        let mut told = sums(&day.sums);
        told["day"] = date(day.day).into();
        told
    };
    days.iter().map(one).collect()
}
