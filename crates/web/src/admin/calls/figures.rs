//! The figures of calls, each chart with its answer in words; and the last hour, for the head of the list.

use crate::admin::number::grouped;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use jiff::{Timestamp, tz::TimeZone};
use puzi_shop::{
    calls::read_figures::{Failing, Figures, Gap, Point, figures, gaps},
    db::now_ms,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{PATH, words};
use crate::{
    App,
    admin::{
        chart::{Chart, Choice},
        desk::Desk,
        error::Answer,
        path::Query,
        shell::{Shell, page as show},
    },
};

const HOUR_MS: i64 = 3_600_000;
/// The spans that one may choose: word, text, length.
const SPANS: [(&str, &str, i64); 4] = [
    ("hour", "calls.figures.last_hour", HOUR_MS),
    ("day", "calls.figures.last_day", 24 * HOUR_MS),
    ("week", "calls.figures.last_week", 7 * 24 * HOUR_MS),
    ("month", "calls.figures.last_month", 30 * 24 * HOUR_MS),
];
/// Gaps that the head of the list tells.
const GAPS: usize = 3;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    span: String,
    #[serde(default)]
    way: String,
}

/// An endpoint where something fails.
struct FailingRow {
    endpoint: String,
    calls: String,
    failed: String,
    codes: Vec<String>,
    /// Its failures in the list.
    href: String,
}

/// How long an endpoint takes.
struct SpeedRow {
    endpoint: String,
    calls: String,
    p50: String,
    p95: String,
    max: String,
    slow: bool,
    href: String,
}

#[derive(Template)]
#[template(path = "admin/calls/figures.html")]
struct Page {
    shell: Shell,
    spans: Vec<Choice>,
    ways: Vec<Choice>,
    total: Chart,
    errors: Chart,
    failing: Vec<FailingRow>,
    slowest_sentence: String,
    slowest: Vec<SpeedRow>,
    left_out: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/calls/hour.html")]
struct Hour {
    sentence: String,
    failed: bool,
    chart: Option<Chart>,
    gaps: Vec<String>,
    /// Said where nothing is recorded any more.
    off: Option<String>,
}

/// `GET /admin/calls/hour`: the last hour, as the list's head shows it.
pub(super) async fn hour(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let now = now_ms();
    let account = desk.view.one();
    let figures = figures(&app.db, &desk.reach, account, now - HOUR_MS, now, None).await?;
    let gaps = gaps(&app.db, &desk.reach, account, now - 24 * HOUR_MS, now).await?;
    let args = [("n", grouped(figures.calls)), ("failed", grouped(figures.failed))];
    let key = match (figures.calls, figures.failed) {
        (0, _) => "calls.hour_none",
        (_, 0) => "calls.hour_fine",
        _ => "calls.hour",
    };
    let sentence = desk.ta(key, &args);
    let chart = (figures.calls > 0).then(|| {
        let mut chart = series(&desk, &figures, sentence.clone());
        chart.data["thin"] = true.into();
        chart
    });
    let gap = |gap: &Gap| {
        let time = |at| clock(at, &desk.zone, false);
        let args = [("from", time(gap.from)), ("to", time(gap.to)), ("n", grouped(gap.lines))];
        desk.ta("calls.gap", &args)
    };
    let gaps = gaps.iter().take(GAPS).map(gap).collect();
    let off = (!app.registry.recorder().is_on()).then(|| desk.t("calls.off"));
    show(&Hour { sentence, failed: figures.failed > 0, chart, gaps, off })
}

/// `GET /admin/calls/figures`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Query(asked): Query<Asked>) -> Answer {
    let (span, _, length) = SPANS.into_iter().find(|(word, ..)| *word == asked.span).unwrap_or(SPANS[1]);
    let way = ["call", "push"].into_iter().find(|way| *way == asked.way).unwrap_or("both");
    let outgoing = match way {
        "call" => Some(true),
        "push" => Some(false),
        _ => None,
    };
    let now = now_ms();
    let figures = figures(&app.db, &desk.reach, desk.view.one(), now - length, now, outgoing).await?;
    let title = desk.t("calls.figures.title");
    let shell =
        Shell::new(&app, &desk, title.clone()).active("calls").crumb(desk.t("calls.many"), PATH).crumb(title, None);
    let choice = |label: &str, href: String, current: bool| Choice { label: desk.t(label), href, current };
    let at = |span: &str, way: &str| format!("{PATH}/figures?span={span}&way={way}");
    show(&Page {
        shell,
        spans: SPANS.iter().map(|(word, label, _)| choice(label, at(word, way), *word == span)).collect(),
        ways: [("both", "calls.figures.both"), ("call", "calls.calls_only"), ("push", "calls.pushes_only")]
            .map(|(word, label)| choice(label, at(span, word), word == way))
            .into(),
        total: total(&desk, &figures),
        errors: errors(&desk, &figures),
        failing: figures.failing.iter().map(|row| failing(&desk, row, now - length)).collect(),
        slowest_sentence: slowest_sentence(&desk, &figures),
        slowest: slowest(&desk, &figures),
        left_out: (figures.left_out > 0)
            .then(|| desk.ta("calls.figures.left_out", &[("n", grouped(figures.left_out))])),
    })
}

fn total(desk: &Desk, figures: &Figures) -> Chart {
    let key = match (figures.calls, figures.failed) {
        (0, _) => "calls.figures.total_none",
        (_, 0) => "calls.figures.total_fine",
        _ => "calls.figures.total_sentence",
    };
    let rate = rate(figures.failed, figures.calls);
    let args = [("n", grouped(figures.calls)), ("failed", grouped(figures.failed)), ("rate", rate)];
    let sentence = desk.ta(key, &args);
    if figures.calls == 0 { Chart { sentence, data: Value::Null } } else { series(desk, figures, sentence) }
}

/// What went well and what failed, one above the other.
fn series(desk: &Desk, figures: &Figures, sentence: String) -> Chart {
    let dates = figures.step * i64::try_from(figures.series.len()).unwrap_or(0) > 26 * HOUR_MS;
    let labels: Vec<_> = figures.series.iter().map(|point| clock(point.at, &desk.zone, dates)).collect();
    let values = |value: fn(&Point) -> i64| figures.series.iter().map(value).collect::<Vec<_>>();
    let data = json!({
        "kind": "bar", "stacked": true, "labels": labels, "tones": ["good", "bad"],
        "series": [
            { "name": desk.t("calls.figures.fine"), "values": values(|point| point.calls - point.failed) },
            { "name": desk.t("calls.figures.failed"), "values": values(|point| point.failed) },
        ],
    });
    Chart { sentence, data }
}

fn errors(desk: &Desk, figures: &Figures) -> Chart {
    let Some(worst) = figures.failing.first() else {
        return Chart { sentence: desk.t("calls.figures.errors_none"), data: Value::Null };
    };
    let args = [("endpoint", worst.endpoint.clone()), ("failed", grouped(worst.failed)), ("n", grouped(worst.calls))];
    let sentence = desk.ta("calls.figures.errors_sentence", &args);
    let most = &figures.failing[..figures.failing.len().min(10)];
    let data = json!({
        "kind": "bar", "sideways": true, "tones": ["bad"],
        "labels": most.iter().map(|row| row.endpoint.as_str()).collect::<Vec<_>>(),
        "series": [{
            "name": desk.t("calls.figures.failed"), "values": most.iter().map(|row| row.failed).collect::<Vec<_>>(),
        }],
    });
    Chart { sentence, data }
}

fn failing(desk: &Desk, row: &Failing, since: i64) -> FailingRow {
    let code = |(code, calls): &(i64, i64)| {
        let times = desk.ta("calls.figures.times", &[("code", code.to_string()), ("n", grouped(*calls))]);
        match words::why(desk.locale, *code) {
            Some(why) => format!("{times} {why}"),
            None => times,
        }
    };
    FailingRow {
        endpoint: row.endpoint.clone(),
        calls: grouped(row.calls),
        failed: grouped(row.failed),
        codes: row.errcodes.iter().take(5).map(code).collect(),
        href: in_list(desk, &row.endpoint, Some(since), true),
    }
}

fn slowest_sentence(desk: &Desk, figures: &Figures) -> String {
    let Some(slowest) = figures.slowest.first() else { return desk.t("calls.figures.slowest_none") };
    let args = [("endpoint", slowest.endpoint.clone()), ("p95", words::took(desk.locale, slowest.p95))];
    desk.ta("calls.figures.slowest_sentence", &args)
}

fn slowest(desk: &Desk, figures: &Figures) -> Vec<SpeedRow> {
    let took = |us| words::took(desk.locale, us);
    let row = |row: &puzi_shop::calls::read_figures::Speed| SpeedRow {
        endpoint: row.endpoint.clone(),
        calls: grouped(row.calls),
        p50: took(row.p50),
        p95: took(row.p95),
        max: took(row.max),
        slow: row.p95 > words::SLOW_US,
        href: in_list(desk, &row.endpoint, None, false),
    };
    figures.slowest.iter().take(20).map(row).collect()
}

/// The lines of an endpoint.
fn in_list(desk: &Desk, endpoint: &str, since: Option<i64>, failed: bool) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("f.endpoint", endpoint);
    if let Some(day) = since.and_then(|at| zoned(at, &desk.zone)) {
        query.append_pair("f.at.from", &day.date().to_string());
    }
    if failed {
        query.append_pair("f.trouble.any", &puzi_shop::calls::Trouble::ALL.map(|one| one.as_str()).join(","));
    }
    format!("{PATH}?{}", query.finish())
}

/// `1.2 %`; of what is not nothing never `0 %`.
fn rate(failed: i64, calls: i64) -> String {
    if calls == 0 {
        return "0 %".to_owned();
    }
    let tenths = (failed * 1_000 + calls - 1) / calls;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn zoned(at: i64, zone: &TimeZone) -> Option<jiff::Zoned> {
    Some(Timestamp::from_millisecond(at).ok()?.to_zoned(zone.clone()))
}

/// `14:05`, and with the day where several days are shown.
fn clock(at: i64, zone: &TimeZone, dates: bool) -> String {
    zoned(at, zone).map(|at| at.strftime(if dates { "%m-%d %H:%M" } else { "%H:%M" }).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_never_nothing_where_something_failed() {
        assert_eq!(rate(0, 10), "0.0 %");
        assert_eq!(rate(1, 1_000_000), "0.1 %");
        assert_eq!(rate(1, 3), "33.4 %");
        assert_eq!(rate(0, 0), "0 %");
    }
}
