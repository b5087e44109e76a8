//! `puzi users growth`: who came and who left, by day.

use clap::Args;
use jiff::{civil::Date, tz::TimeZone};
use puzi_shop::{
    accounts::Reach,
    db::now_ms,
    followers::growth::{self, day_of},
};
use serde_json::json;

use crate::{
    commands::common::{OfAccount, Show},
    error::Failure,
    output,
    settings::Settings,
    texts::say,
};

/// `puzi users growth`.
#[derive(Debug, Args)]
pub struct GrowthArgs {
    #[command(flatten)]
    pub account: OfAccount,
    /// How many days, today included
    #[arg(long, default_value_t = 30, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=366))]
    pub days: i64,
    #[command(flatten)]
    pub show: Show,
}

/// Shows the days.
///
/// # Errors
/// When there is no such account or the database does not answer.
pub async fn run(args: GrowthArgs, settings: &Settings) -> Result<(), Failure> {
    let (place, locale) = (settings.open().await?, settings.locale());
    let account = args.account.one(&place, locale).await?;
    let zone = TimeZone::get(&settings.timezone).map_err(|error| Failure::setting("timezone", &error))?;
    let today = day_of(now_ms(), &zone);
    let days = growth::days(&place.db, &Reach::All, account.id, today - args.days + 1, today).await?;
    if args.show.json {
        let day = |one: &growth::Day| {
            let sums = one.sums;
            json!({
                "day": date(one.day).to_string(),
                "source": one.source,
                "followed": sums.followed,
                "left": sums.left,
                "found_left": sums.found_left,
                "imported": sums.imported,
            })
        };
        output::json(&json!({ "days": days.iter().map(day).collect::<Vec<_>>() }));
        return Ok(());
    }
    if days.is_empty() {
        output::line(say(locale, "users.growth.nothing", &[("n", args.days.to_string())]));
    }
    for one in days {
        let source = if one.source.is_empty() { "-" } else { &one.source };
        let growth::Sums { followed, left, found_left, imported } = one.sums;
        output::line(format!(
            "{}  {source:<32}  +{followed}  -{}  {}",
            date(one.day),
            left + found_left,
            say(locale, "users.growth.before", &[("n", imported.to_string())]),
        ));
    }
    Ok(())
}

fn date(day: i64) -> Date {
    let days = jiff::Span::new().try_days(day).unwrap_or_default();
    Date::constant(1970, 1, 1).checked_add(days).unwrap_or_default()
}
