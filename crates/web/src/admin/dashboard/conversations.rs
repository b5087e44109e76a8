//! Messages, conversations and followers of the chosen account.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::{Timestamp, ToSpan, Zoned, tz::TimeZone};
use puzi_shop::{accounts::Reach, conversations::figures, db::Count, followers};
use serde_json::json;

use super::{Asked, Card, Chart, Shown};
use crate::{
    App,
    admin::{desk::Desk, error::Failure, number::grouped},
};

/// Days on the chart, today included.
const DAYS: usize = 14;
/// How old the numbers may be.
const FRESH: Duration = Duration::from_secs(20);

/// The numbers of one account.
struct Figures {
    /// Messages of each day, the oldest first; the days as the shop's clock has them.
    days: Vec<(Zoned, Count)>,
    unread: Count,
    followers: Count,
}

/// The numbers of a moment ago, by account: many who look at once count once.
#[derive(Default)]
pub(crate) struct Remembered(Mutex<HashMap<i64, (Instant, Arc<Figures>)>>);

/// What this area shows.
pub(super) fn show<'a>(app: &'a App, desk: &'a Desk) -> Asked<'a> {
    Box::pin(async move {
        let Some(account) = desk.account else { return Ok(Shown::default()) };
        let figures = figures_of(app, account, &desk.zone).await?;
        let mut shown = Shown::default();
        if desk.may("inbox.view") {
            shown.cards.extend([today(desk, &figures), unread(desk, &figures)]);
            shown.charts.push(messages(desk, &figures));
        }
        if desk.may("followers.view") {
            shown.cards.push(followers(desk, &figures));
        }
        Ok(shown)
    })
}

async fn figures_of(app: &App, account: i64, zone: &TimeZone) -> Result<Arc<Figures>, Failure> {
    let known = || app.figures.0.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = known().get(&account).filter(|(at, _)| at.elapsed() < FRESH).map(|(_, figures)| figures.clone());
    if let Some(figures) = fresh {
        return Ok(figures);
    }
    let figures = Arc::new(count(app, account, zone).await?);
    known().insert(account, (Instant::now(), figures.clone()));
    Ok(figures)
}

async fn count(app: &App, account: i64, zone: &TimeZone) -> Result<Figures, Failure> {
    let mut days = Vec::with_capacity(DAYS);
    for day in last_days(Timestamp::now(), zone) {
        let from = day.timestamp().as_millisecond();
        let to = day.checked_add(1.day()).map_or(i64::MAX, |next| next.timestamp().as_millisecond());
        days.push((day, figures::messages(&app.db, account, from, to).await?));
    }
    let unread = app.admin.inbox.seen_by(&Reach::of([account])).unread(account).await?;
    let followers = followers::count(&app.db, account).await?;
    Ok(Figures { days, unread, followers })
}

/// The beginnings of the last days, the oldest first; today is the last.
fn last_days(now: Timestamp, zone: &TimeZone) -> Vec<Zoned> {
    let Ok(today) = now.to_zoned(zone.clone()).start_of_day() else { return Vec::new() };
    let back = |days: usize| today.checked_sub(i64::try_from(days).unwrap_or(0).days()).ok();
    (0..DAYS).rev().filter_map(back).collect()
}

fn today(desk: &Desk, figures: &Figures) -> Card {
    let day = |back: usize| figures.days.iter().rev().nth(back).map(|(_, count)| *count).unwrap_or_default();
    Card {
        title: desk.t("dashboard.messages_today"),
        number: said(desk, day(0)),
        detail: desk.ta("dashboard.yesterday", &[("n", said(desk, day(1)))]),
        tone: "calm",
        href: Some("/admin/inbox".into()),
    }
}

fn unread(desk: &Desk, figures: &Figures) -> Card {
    let none = figures.unread.n == 0;
    Card {
        title: desk.t("dashboard.unread"),
        number: said(desk, figures.unread),
        detail: desk.t(if none { "dashboard.unread_none" } else { "dashboard.unread_some" }),
        tone: if none { "good" } else { "warn" },
        href: Some("/admin/inbox".into()),
    }
}

fn followers(desk: &Desk, figures: &Figures) -> Card {
    Card {
        title: desk.t("dashboard.followers"),
        number: said(desk, figures.followers),
        detail: desk.t("dashboard.followers_now"),
        tone: "calm",
        href: Some("/admin/followers?f.subscribed=1".into()),
    }
}

fn messages(desk: &Desk, figures: &Figures) -> Chart {
    let total: i64 = figures.days.iter().map(|(_, count)| count.n).sum();
    let most = figures.days.iter().max_by_key(|(_, count)| count.n);
    let title = desk.t("dashboard.messages_14");
    let Some((day, most)) = most.filter(|(_, count)| count.n > 0) else {
        return Chart { title, sentence: desk.t("dashboard.messages_none"), data: serde_json::Value::Null };
    };
    let args = [("total", grouped(total)), ("day", short_day(desk, day)), ("most", said(desk, *most))];
    let sentence = desk.ta("dashboard.messages_sentence", &args);
    let labels: Vec<_> = figures.days.iter().map(|(day, _)| short_day(desk, day)).collect();
    let values: Vec<_> = figures.days.iter().map(|(_, count)| count.n).collect();
    let name = desk.t("dashboard.messages");
    let data = json!({ "kind": "bar", "labels": labels, "series": [{ "name": name, "values": values }] });
    Chart { title, sentence, data }
}

fn short_day(desk: &Desk, day: &Zoned) -> String {
    desk.ta("dashboard.day", &[("month", day.month().to_string()), ("day", day.day().to_string())])
}

/// `1,234`, or that there are more.
fn said(desk: &Desk, count: Count) -> String {
    let number = grouped(count.n);
    if count.more { desk.ta("dashboard.more_than", &[("n", number)]) } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_begin_at_the_shops_midnight() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let days = last_days("2026-11-22T17:00:00Z".parse().unwrap(), &zone);
        assert_eq!(days.len(), DAYS);
        assert_eq!(days[DAYS - 1].timestamp().to_string(), "2026-11-22T16:00:00Z");
        assert_eq!(days[0].timestamp().to_string(), "2026-11-09T16:00:00Z");
        assert!(days.is_sorted());
    }
}
