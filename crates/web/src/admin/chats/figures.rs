//! `/admin/chats/figures`: when people write, how long they wait, who answers, and what they speak of; each with its answer in
//! words.

use crate::admin::number::grouped;
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    accounts::Reach,
    chats::figures::{Figures, MOST_DAYS},
    db::now_ms,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{PATH, chats, length};
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

/// The spans that one may choose, days.
const SPANS: [u32; 4] = [1, 7, 30, 90];
/// How long found words are remembered, ms.
const REMEMBERED_MS: i64 = 10 * 60_000;
/// So many answers are remembered at most.
const REMEMBERED: usize = 64;

/// Words with how often they come.
pub(crate) type Words = Arc<Vec<(String, u32)>>;

/// What was found for whom and how many days, and when.
static FOUND: LazyLock<Mutex<HashMap<String, (i64, Words)>>> = LazyLock::new(Mutex::default);

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    days: Option<u32>,
}

impl Asked {
    fn days(&self) -> u32 {
        self.days.filter(|days| (1..=MOST_DAYS).contains(days)).unwrap_or(7)
    }
}

/// Somebody who answered.
struct PersonRow {
    name: String,
    kind: String,
    waits: String,
    average: String,
}

#[derive(Template)]
#[template(path = "admin/chats/figures.html")]
struct Page {
    shell: Shell,
    days: u32,
    spans: Vec<Choice>,
    hours: Chart,
    first: Chart,
    share: String,
    people: Vec<PersonRow>,
    waiting: String,
    /// Those who wait; none when nobody does.
    waits: Option<String>,
}

/// A word of the cloud; its size from 1 to 5.
struct Word {
    text: String,
    n: String,
    size: u32,
    href: String,
}

#[derive(Template)]
#[template(path = "admin/chats/cloud.html")]
struct Cloud {
    shell: Shell,
    words: Vec<Word>,
}

/// `GET /admin/chats/figures?days=`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Query(asked): Query<Asked>) -> Answer {
    let days = asked.days();
    let figures = chats(&app).figures(&desk.meant(), days, &desk.zone).await?;
    let span = |n: &u32| Choice {
        label: desk.ta(if *n == 1 { "chats.figures.today" } else { "chats.figures.days" }, &[("n", n.to_string())]),
        href: format!("{PATH}/figures?days={n}"),
        current: *n == days,
    };
    let people = figures.people.iter().map(|person| PersonRow {
        name: if person.by_kind == "rule" { desk.t("inbox.robot_said") } else { person.name.clone() },
        kind: desk.t(&format!("chats.options.answered_by.{}", person.by_kind)),
        waits: grouped(person.waits),
        average: length(&|key, args| desk.ta(key, args), person.wait_ms / person.waits.max(1)),
    });
    let waiting = match (figures.waiting.n, figures.waiting.more) {
        (0, _) => desk.t("chats.figures.waiting_none"),
        (n, more) => {
            let n = if more { format!("{}+", grouped(n)) } else { grouped(n) };
            desk.ta("chats.figures.waiting", &[("n", n)])
        }
    };
    show(&Page {
        shell: Shell::new(&app, &desk, desk.t("chats.figures.title")).active("chats"),
        days,
        spans: SPANS.iter().map(span).collect(),
        hours: hours(&desk, &figures),
        first: first(&desk, &figures),
        share: share(&desk, &figures),
        people: people.collect(),
        waiting,
        waits: (figures.waiting.n > 0).then(|| super::list::waiting_since(now_ms())),
    })
}

/// When people write, by the hour of the day.
fn hours(desk: &Desk, figures: &Figures) -> Chart {
    if figures.asked == 0 {
        return Chart { sentence: desk.t("chats.figures.hours_none"), data: Value::Null };
    }
    let busiest = (0..24).max_by_key(|hour| figures.by_hour[*hour].asked).unwrap_or(0);
    let args = [
        ("n", grouped(figures.asked)),
        ("from", format!("{busiest}:00")),
        ("to", format!("{}:00", busiest + 1)),
        ("most", grouped(figures.by_hour[busiest].asked)),
    ];
    let values =
        |value: fn(&puzi_shop::chats::figures::HourOfDay) -> i64| figures.by_hour.iter().map(value).collect::<Vec<_>>();
    let data = json!({
        "kind": "bar", "tones": ["good", "calm"],
        "labels": (0..24).map(|hour| format!("{hour}:00")).collect::<Vec<_>>(),
        "series": [
            { "name": desk.t("chats.figures.them"), "values": values(|hour| hour.asked) },
            { "name": desk.t("chats.figures.us"), "values": values(|hour| hour.said) },
        ],
    });
    Chart { sentence: desk.ta("chats.figures.hours_sentence", &args), data }
}

/// How long the first answer takes.
fn first(desk: &Desk, figures: &Figures) -> Chart {
    let (Some(half), Some(most)) = (figures.half_within, figures.most_within) else {
        return Chart { sentence: desk.t("chats.figures.first_none"), data: Value::Null };
    };
    let say = |ms: i64| length(&|key, args| desk.ta(key, args), ms);
    let args = [("half", say(half)), ("most", say(most)), ("n", grouped(figures.waits))];
    let labels =
        ["w1m", "w5m", "w15m", "w1h", "w6h", "w24h", "w_more"].map(|name| desk.t(&format!("chats.figures.{name}")));
    let data = json!({
        "kind": "bar", "labels": labels, "tones": ["calm"],
        "series": [{ "name": desk.t("chats.figures.waits"), "values": figures.within }],
    });
    Chart { sentence: desk.ta("chats.figures.first_sentence", &args), data }
}

/// Who answers.
fn share(desk: &Desk, figures: &Figures) -> String {
    if figures.asked == 0 {
        return desk.t("chats.figures.share_none");
    }
    let part = |n: i64| format!("{}%", (n * 100 + figures.asked / 2) / figures.asked.max(1));
    let args = [
        ("asked", grouped(figures.asked)),
        ("rules", grouped(figures.at_once)),
        ("part", part(figures.at_once)),
        ("staff", grouped(figures.by_staff)),
        ("agents", grouped(figures.by_agent)),
    ];
    desk.ta("chats.figures.share_sentence", &args)
}

/// The words that are spoken of most by followers of the accounts in `reach` in the last `days` days, each with how often.
/// They are remembered for ten minutes: finding them reads what was written.
pub(crate) async fn words_of(app: &Arc<App>, reach: &Reach, days: u32) -> puzi_shop::Result<Words> {
    // Two servers of one process, as tests have them, know nothing of one another.
    let key = format!("{:p}/{reach:?}/{days}", Arc::as_ptr(app));
    let now = now_ms();
    let known = FOUND.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    if let Some((_, words)) = known.filter(|(at, _)| now - at < REMEMBERED_MS) {
        return Ok(words);
    }
    let words = Arc::new(chats(app).cloud(reach, now - i64::from(days) * 24 * 3_600_000).await?);
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    found.retain(|_, (at, _)| now - *at < REMEMBERED_MS);
    if found.len() < REMEMBERED {
        found.insert(key, (now, words.clone()));
    }
    Ok(words)
}

/// `GET /admin/chats/cloud?days=`
pub(super) async fn cloud(State(app): State<Arc<App>>, desk: Desk, Query(asked): Query<Asked>) -> Answer {
    let words = words_of(&app, &desk.meant(), asked.days()).await?;
    let most = words.iter().map(|(_, n)| *n).max().unwrap_or(1);
    let shown = words.iter().map(|(text, n)| Word {
        href: format!(
            "{PATH}/said?{}",
            url::form_urlencoded::Serializer::new(String::new()).append_pair("q", text).finish()
        ),
        size: 1 + (4.0 * f64::from(*n).ln_1p() / f64::from(most).ln_1p()).round() as u32,
        n: grouped(i64::from(*n)),
        text: text.clone(),
    });
    show(&Cloud { words: shown.collect(), shell: Shell::new(&app, &desk, desk.t("chats.figures.cloud")) })
}
