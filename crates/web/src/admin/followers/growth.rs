//! `/admin/followers/growth`: who came and who left, by day and by how they came.

use crate::admin::number::grouped;
use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::extract::State;
use jiff::civil::Date;
use puzi_shop::{
    db::now_ms,
    followers::growth::{self, Day, Sums, day_of},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::PATH;
use crate::{
    App,
    admin::{
        desk::Desk,
        error::Answer,
        path::Query,
        shell::{Shell, page},
    },
    texts,
};

/// The spans that can be chosen, in days.
const SPANS: [i64; 4] = [7, 30, 90, 365];
/// Days of the table below the charts.
const ROWS: usize = 60;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    days: Option<i64>,
    account: Option<i64>,
}

#[derive(Template)]
#[template(path = "admin/followers/growth.html")]
struct Growth {
    shell: Shell,
    /// There is an account to tell of.
    has_account: bool,
    account: String,
    spans: Vec<Span>,
    sentence: String,
    /// What the chart module reads; null where there is nothing to draw.
    days: Value,
    ways_sentence: String,
    ways: Value,
    rows: Vec<Row>,
    found: bool,
}

struct Span {
    label: String,
    href: String,
    chosen: bool,
}

struct Row {
    day: String,
    followed: String,
    left: String,
    net: String,
    imported: String,
}

/// `GET /admin/followers/growth?days=`
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk, Query(asked): Query<Asked>) -> Answer {
    let Some(account) = asked.account.or(desk.account) else { return nothing(&app, &desk) };
    let live = desk.live(&app, account)?;
    let span = asked.days.filter(|days| SPANS.contains(days)).unwrap_or(30);
    let today = day_of(now_ms(), &desk.zone);
    let first = today - span + 1;
    let booked = growth::days(&app.db, &desk.reach, account, first, today).await?;
    let title = desk.t("followers.growth.title");
    let shell = Shell::new(&app, &desk, title.clone()).active("followers").crumb(desk.t("followers.many"), PATH);
    let spans = SPANS.map(|days| Span {
        label: desk.ta("followers.growth.days", &[("n", days.to_string())]),
        href: format!("{PATH}/growth?days={days}&account={account}"),
        chosen: days == span,
    });
    let by_day = by_day(&booked, first, today);
    let (came, went) = sums(&by_day);
    let (ways_sentence, ways) = ways(&desk, &booked);
    page(&Growth {
        shell: shell.crumb(title, None),
        has_account: true,
        account: live.account.name.clone(),
        spans: spans.into_iter().collect(),
        sentence: sentence(&desk, span, came, went),
        days: chart(&desk, &by_day),
        ways_sentence,
        ways,
        rows: by_day.iter().rev().take(ROWS).filter_map(|(day, sums)| row(&desk, *day, sums)).collect(),
        found: booked.iter().any(|one| one.sums.found_left > 0),
    })
}

/// The page while there is no account.
fn nothing(app: &App, desk: &Desk) -> Answer {
    let title = desk.t("followers.growth.title");
    let shell = Shell::new(app, desk, title.clone()).active("followers").crumb(desk.t("followers.many"), PATH);
    page(&Growth {
        shell: shell.crumb(title, None),
        has_account: false,
        account: String::new(),
        spans: Vec::new(),
        sentence: String::new(),
        days: Value::Null,
        ways_sentence: String::new(),
        ways: Value::Null,
        rows: Vec::new(),
        found: false,
    })
}

/// Each day of the span, also those on which nothing happened.
fn by_day(booked: &[Day], first: i64, today: i64) -> BTreeMap<i64, Sums> {
    let mut days: BTreeMap<i64, Sums> = (first..=today).map(|day| (day, Sums::default())).collect();
    for Day { day, sums, .. } in booked {
        let of = days.entry(*day).or_default();
        of.followed += sums.followed;
        of.left += sums.left;
        of.found_left += sums.found_left;
        of.imported += sums.imported;
    }
    days
}

/// Who came and who left in all; those from before the account was connected are not comings of these days alone, for
/// who had left again is not among them.
fn sums(days: &BTreeMap<i64, Sums>) -> (i64, i64) {
    let came = days.values().map(|sums| sums.followed).sum();
    (came, days.values().map(|sums| sums.left + sums.found_left).sum())
}

fn sentence(desk: &Desk, span: i64, came: i64, went: i64) -> String {
    let net = came - went;
    let args = [("n", span.to_string()), ("net", grouped(net.abs())), ("came", grouped(came)), ("went", grouped(went))];
    let key = match net {
        _ if came == 0 && went == 0 => "followers.growth.nothing",
        0.. => "followers.growth.grew",
        _ => "followers.growth.shrank",
    };
    desk.ta(key, &args)
}

fn chart(desk: &Desk, days: &BTreeMap<i64, Sums>) -> Value {
    let values = |of: fn(&Sums) -> i64| days.values().map(of).collect::<Vec<_>>();
    let mut series = vec![
        json!({ "name": desk.t("followers.growth.followed"), "values": values(|sums| sums.followed) }),
        json!({ "name": desk.t("followers.growth.left"), "values": values(|sums| -sums.left - sums.found_left) }),
    ];
    let mut tones = vec!["good", "bad"];
    if days.values().any(|sums| sums.imported > 0) {
        series.push(json!({ "name": desk.t("followers.growth.imported"), "values": values(|sums| sums.imported) }));
        tones.push("calm");
    }
    let labels: Vec<_> = days.keys().map(|day| short(desk, *day)).collect();
    json!({ "kind": "bar", "stacked": true, "labels": labels, "series": series, "tones": tones })
}

/// How they came: a sentence, and one bar a way with the most frequent on top.
fn ways(desk: &Desk, booked: &[Day]) -> (String, Value) {
    let mut ways: BTreeMap<&str, i64> = BTreeMap::new();
    for Day { source, sums, .. } in booked {
        *ways.entry(source).or_default() += sums.followed + sums.imported;
    }
    let mut ways: Vec<_> = ways.into_iter().filter(|(_, n)| *n > 0).collect();
    ways.sort_by_key(|(source, n)| (-n, *source));
    let Some((most, n)) = ways.first() else { return (String::new(), Value::Null) };
    let sentence = desk.ta("followers.growth.most_by", &[("way", way(desk, most)), ("n", grouped(*n))]);
    let labels: Vec<_> = ways.iter().map(|(source, _)| way(desk, source)).collect();
    let values: Vec<_> = ways.iter().map(|(_, n)| *n).collect();
    let name = desk.t("followers.growth.came");
    let series = json!([{ "name": name, "values": values }]);
    (sentence, json!({ "kind": "bar", "sideways": true, "labels": labels, "series": series }))
}

fn row(desk: &Desk, day: i64, sums: &Sums) -> Option<Row> {
    if *sums == Sums::default() {
        return None;
    }
    let left = sums.left + sums.found_left;
    let net = sums.followed - left;
    let net = if net > 0 { format!("+{}", grouped(net)) } else { grouped(net) };
    Some(Row {
        day: short(desk, day),
        followed: grouped(sums.followed),
        left: grouped(left),
        net,
        imported: grouped(sums.imported),
    })
}

/// A day as people say it.
fn short(desk: &Desk, day: i64) -> String {
    let days = jiff::Span::new().try_days(day).unwrap_or_default();
    let date = Date::constant(1970, 1, 1).checked_add(days).unwrap_or_default();
    desk.ta("dashboard.day", &[("month", date.month().to_string()), ("day", date.day().to_string())])
}

/// What a way of coming is called.
fn way(desk: &Desk, source: &str) -> String {
    let key = if source.is_empty() {
        "followers.growth.unknown".to_owned()
    } else {
        format!("followers.options.source.{source}")
    };
    texts::find(desk.locale, &key).map_or_else(|| source.to_owned(), str::to_owned)
}
