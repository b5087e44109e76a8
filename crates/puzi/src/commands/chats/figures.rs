//! `puzi chats figures|cloud`: how much is asked, who answers and how soon, and what is spoken of.

use clap::Args;
use puzi_resource::{Column, Listing};
use puzi_shop::{
    chats::figures::{Figures, MOST_DAYS, lengths},
    db::now_ms,
};
use serde_json::json;

use super::Desk;
use crate::{
    commands::common::{OfAccount, Show},
    error::Failure,
    output,
    settings::Workplace,
    texts::say,
};

/// `puzi chats figures`, `puzi chats cloud`.
#[derive(Debug, Args)]
pub struct FiguresArgs {
    /// How many days, today included
    #[arg(long, default_value_t = 7, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_DAYS)))]
    pub days: u32,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

pub(super) async fn run(args: &FiguresArgs, desk: &Desk, place: &Workplace) -> Result<(), Failure> {
    let reach = desk.reach(place, &args.account).await?;
    let figures = desk.chats.figures(&reach, args.days, &desk.zone).await?;
    if args.show.json {
        output::json(&as_json(&figures));
        return Ok(());
    }
    output::lines(sentences(desk, &figures));
    if !figures.people.is_empty() {
        let people: Vec<_> = figures
            .people
            .iter()
            .map(|person| {
                let kind = say(desk.locale, &format!("chats.speakers.{}", person.by_kind), &[]);
                let name = if person.name.is_empty() { kind.clone() } else { person.name.clone() };
                (name, kind, person.waits, length(desk, person.wait_ms / person.waits.max(1)))
            })
            .collect();
        let listing = Listing::new("people")
            .column(Column::new("name", "chats.figures_person", |one: &Person| one.0.as_str().into()))
            .column(Column::new("kind", "chats.figures_as", |one: &Person| one.1.as_str().into()))
            .column(Column::new("waits", "chats.figures_waits", |one: &Person| one.2.into()))
            .column(Column::new("average", "chats.figures_average", |one: &Person| one.3.as_str().into()));
        output::list(&listing, &people, desk.locale, false);
    }
    Ok(())
}

/// Who answered: name, as what, how often, how soon.
type Person = (String, String, i64, String);

fn as_json(figures: &Figures) -> serde_json::Value {
    let people = figures.people.iter().map(|person| {
        let average = person.wait_ms / person.waits.max(1);
        json!({ "by": person.by_kind, "name": person.name, "waits": person.waits, "average_ms": average })
    });
    let hours = figures.by_hour.iter().map(|hour| json!({ "asked": hour.asked, "said": hour.said }));
    json!({
        "days": figures.days, "asked": figures.asked, "at_once": figures.at_once, "by_staff": figures.by_staff,
        "by_agent": figures.by_agent, "waits": figures.waits, "waiting_now": figures.waiting.n,
        "half_within_ms": figures.half_within, "most_within_ms": figures.most_within, "within": lengths(figures),
        "by_hour": hours.collect::<Vec<_>>(), "people": people.collect::<Vec<_>>(),
    })
}

/// The answers in words, as the page has them.
fn sentences(desk: &Desk, figures: &Figures) -> Vec<String> {
    let t = |key: &str, args: &[(&'static str, String)]| say(desk.locale, key, args);
    let mut lines = Vec::new();
    if figures.asked == 0 {
        lines.push(t("chats.figures_none", &[("days", figures.days.to_string())]));
    } else {
        let busiest = (0..24).max_by_key(|hour| figures.by_hour[*hour].asked).unwrap_or(0);
        lines.push(t(
            "chats.figures_asked",
            &[
                ("asked", figures.asked.to_string()),
                ("from", format!("{busiest}:00")),
                ("to", format!("{}:00", busiest + 1)),
            ],
        ));
        lines.push(t(
            "chats.figures_answered",
            &[
                ("rules", figures.at_once.to_string()),
                ("staff", figures.by_staff.to_string()),
                ("agents", figures.by_agent.to_string()),
            ],
        ));
    }
    if let (Some(half), Some(most)) = (figures.half_within, figures.most_within) {
        lines.push(t("chats.figures_first", &[("half", length(desk, half)), ("most", length(desk, most))]));
    }
    let more = if figures.waiting.more { "+" } else { "" };
    lines.push(t("chats.figures_waiting", &[("n", format!("{}{more}", figures.waiting.n))]));
    lines
}

/// Milliseconds as people say them.
fn length(desk: &Desk, ms: i64) -> String {
    let (key, n) = match ms.max(0) / 1_000 {
        seconds @ ..90 => ("runs.seconds", seconds),
        seconds @ 90..5_400 => ("runs.minutes", (seconds + 30) / 60),
        seconds => ("runs.hours", (seconds + 1_800) / 3_600),
    };
    say(desk.locale, key, &[("n", n.to_string())])
}

pub(super) async fn cloud(args: &FiguresArgs, desk: &Desk, place: &Workplace) -> Result<(), Failure> {
    let reach = desk.reach(place, &args.account).await?;
    let from = now_ms() - i64::from(args.days) * 24 * 3_600_000;
    let words = desk.chats.cloud(&reach, from).await?;
    if words.is_empty() && !args.show.json {
        output::line(say(desk.locale, "chats.no_words", &[]));
        return Ok(());
    }
    let listing = Listing::new("words")
        .column(Column::new("word", "chats.word", |one: &(String, u32)| one.0.as_str().into()))
        .column(Column::new("n", "chats.times", |one: &(String, u32)| one.1.into()));
    output::list(&listing, &words, desk.locale, args.show.json);
    Ok(())
}
