//! What commands have in common: which account, how much of a list, since when, whether to ask, whether to wait.

use std::{io::IsTerminal, str::FromStr, time::Duration};

use clap::Args;
use jiff::{Timestamp, civil};
use puzi_shop::{
    accounts::Account,
    db::now_ms,
    jobs::{self, Handler},
    texts::Locale,
};
use tokio_util::sync::CancellationToken;

use super::accounts::pick;
use crate::{
    error::Failure,
    exit,
    output::{self, Clock, Progress},
    settings::Workplace,
    texts::say,
};

/// How often [`drive`] looks whether the work has ended.
const LOOK: Duration = Duration::from_millis(300);

/// One account, or all where a command can.
#[derive(Debug, Clone, Default, Args)]
pub struct OfAccount {
    /// Slug, AppID or name of the account; not needed when there is only one
    #[arg(long, value_name = "WHICH")]
    pub account: Option<String>,
}

impl OfAccount {
    /// The account named, or the only one there is.
    ///
    /// # Errors
    /// When there is none of that name, or none is named and there are several.
    pub async fn one(&self, place: &Workplace, locale: Locale) -> Result<Account, Failure> {
        pick(place, self.account.as_deref(), locale).await
    }

    /// The account named; none when none is named: all are meant.
    ///
    /// # Errors
    /// When there is none of that name.
    pub async fn named(&self, place: &Workplace, locale: Locale) -> Result<Option<Account>, Failure> {
        match &self.account {
            Some(which) => pick(place, Some(which), locale).await.map(Some),
            None => Ok(None),
        }
    }
}

/// How the answer is shown.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Show {
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// How much of a list.
#[derive(Debug, Clone, Copy, Args)]
pub struct Lines {
    /// How many lines
    #[arg(long, short = 'n', default_value_t = 20, value_name = "NUMBER")]
    pub lines: u32,
    /// All of them
    #[arg(long, conflicts_with = "lines")]
    pub all: bool,
}

/// From when to when.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Span {
    /// Not before: 15m, 1h, 7d, 2026-11-22 or 2026-11-22T20:00
    #[arg(long, value_name = "WHEN")]
    pub since: Option<When>,
    /// Not after, said likewise; a day counts to its end
    #[arg(long, value_name = "WHEN")]
    pub until: Option<When>,
}

impl Span {
    /// Both ends in Unix milliseconds; the second is no longer part of it.
    ///
    /// # Errors
    /// When it ends before it begins.
    pub fn bounds(&self, clock: &Clock, locale: Locale) -> Result<(Option<i64>, Option<i64>), Failure> {
        let now = now_ms();
        let (from, to) = (self.since.map(|when| when.begin(clock, now)), self.until.map(|when| when.end(clock, now)));
        match (from, to) {
            (Some(from), Some(to)) if from >= to => Err(Failure::Refused(vec![say(locale, "common.empty_span", &[])])),
            _ => Ok((from, to)),
        }
    }
}

/// A moment as people say it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// So long ago.
    Ago(Duration),
    /// A day.
    Day(civil::Date),
    /// A day with a time, by the settings' zone.
    Civil(civil::DateTime),
    /// A moment with its own zone.
    At(Timestamp),
}

impl FromStr for When {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if let Some(ago) = duration(text) {
            return Ok(Self::Ago(ago));
        }
        // A date alone would also pass as a midnight.
        if text.len() == 10
            && let Ok(day) = text.parse()
        {
            return Ok(Self::Day(day));
        }
        if let Ok(at) = text.parse() {
            return Ok(Self::At(at));
        }
        let moment = text.parse().map(Self::Civil);
        moment.map_err(|_| "is a time such as 90s, 15m, 1h, 7d, 2026-11-22 or 2026-11-22T20:00")
    }
}

impl When {
    /// The moment, of a day its first, in Unix milliseconds.
    pub fn begin(self, clock: &Clock, now: i64) -> i64 {
        match self {
            Self::Ago(ago) => now.saturating_sub(i64::try_from(ago.as_millis()).unwrap_or(i64::MAX)),
            Self::Day(day) => in_zone(day.to_datetime(civil::Time::midnight()), clock),
            Self::Civil(moment) => in_zone(moment, clock),
            Self::At(at) => at.as_millisecond(),
        }
    }

    /// The moment, of a day the first of the next one.
    pub fn end(self, clock: &Clock, now: i64) -> i64 {
        match self {
            Self::Day(day) => match day.tomorrow() {
                Ok(next) => Self::Day(next).begin(clock, now),
                Err(_) => i64::MAX,
            },
            other => other.begin(clock, now),
        }
    }
}

fn in_zone(moment: civil::DateTime, clock: &Clock) -> i64 {
    clock.zone().to_ambiguous_timestamp(moment).compatible().map_or(i64::MAX, Timestamp::as_millisecond)
}

/// `90s`, `15m`, `1h`, `7d`.
fn duration(text: &str) -> Option<Duration> {
    let (number, seconds) = match text.split_at_checked(text.len().checked_sub(1)?)? {
        (number, "s") => (number, 1),
        (number, "m") => (number, 60),
        (number, "h") => (number, 3_600),
        (number, "d") => (number, 86_400),
        _ => return None,
    };
    let number: u32 = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())??;
    Some(Duration::from_secs(u64::from(number) * seconds))
}

/// How long `--wait` goes on.
fn patience(text: &str) -> Result<Duration, &'static str> {
    let time = duration(text).filter(|time| !time.is_zero());
    time.ok_or("is a time such as 90s, 10m or 2h")
}

/// Whether somebody is sure.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Sure {
    /// Do it without asking
    #[arg(long)]
    pub yes: bool,
}

impl Sure {
    /// Asks `question` at a terminal, unless `--yes` has answered it.
    ///
    /// # Errors
    /// When the answer is no, or nobody is there to ask: then nothing is done.
    pub fn ask(self, question: &str, locale: Locale) -> Result<(), Failure> {
        let refused = |key: &str| Err(Failure::Refused(vec![say(locale, key, &[])]));
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            return refused("common.nobody_to_ask");
        }
        output::note(&format!("{question} {}", say(locale, "common.yes_or_no", &[])));
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" | "是" => Ok(()),
            _ => refused("common.nothing_done"),
        }
    }
}

/// Whether to wait for the end of long work.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Wait {
    /// Wait until it has ended
    #[arg(long)]
    pub wait: bool,
    /// How long --wait goes on, such as 10m [default: until the end]
    #[arg(long = "for", id = "within", value_name = "TIME", value_parser = patience, requires = "wait")]
    pub within: Option<Duration>,
}

/// Does jobs of `handler`'s kinds in this process until `ended` tells an exit code: so long work needs no server, and beside
/// one this process is simply a second node. `ended` is asked about three times a second and shows how far it is on
/// `progress`. `afterwards` is said when Ctrl-C or the end of `within` comes first: the work is not lost.
///
/// Gives the exit code: that of `ended`, [`exit::UNKNOWN`] when time is over, [`exit::INTERRUPTED`] after Ctrl-C.
///
/// # Errors
/// Those of `ended`.
pub async fn drive(
    place: &Workplace,
    kinds: &'static [&'static str],
    handler: Handler,
    within: Option<Duration>,
    mut progress: Progress,
    afterwards: &str,
    mut ended: impl AsyncFnMut(&mut Progress) -> Result<Option<u8>, Failure>,
) -> Result<u8, Failure> {
    let stop = CancellationToken::new();
    let runner = tokio::spawn(jobs::run_only(place.db.clone(), kinds, handler, stop.clone()));
    let until = within.map(|within| tokio::time::Instant::now() + within);
    let mut interrupt = Box::pin(tokio::signal::ctrl_c());
    let is_over = || until.is_some_and(|until| tokio::time::Instant::now() >= until);
    let code = loop {
        match ended(&mut progress).await {
            Ok(Some(code)) => break Ok(code),
            Ok(None) if is_over() => break Ok(exit::UNKNOWN),
            Ok(None) => {}
            Err(failure) => break Err(failure),
        }
        if tokio::time::timeout(LOOK, &mut interrupt).await.is_ok() {
            break Ok(exit::INTERRUPTED);
        }
    };
    progress.end();
    if matches!(code, Ok(exit::UNKNOWN | exit::INTERRUPTED)) {
        output::note(afterwards);
    }
    // What the runner has in hand it brings to its end.
    stop.cancel();
    let _ = runner.await;
    code
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn clock() -> Clock {
        Clock::of(&Settings { timezone: "Asia/Shanghai".into(), ..Settings::default() }).unwrap()
    }

    #[test]
    fn moments_are_said_in_many_ways() {
        let now = 1_763_812_800_000; // 2025-11-22T20:00+08:00
        let at = |text: &str| text.parse::<When>().unwrap().begin(&clock(), now);
        assert_eq!(at("90s"), now - 90_000);
        assert_eq!(at("15m"), now - 900_000);
        assert_eq!(at("1h"), now - 3_600_000);
        assert_eq!(at("7d"), now - 7 * 86_400_000);
        assert_eq!(at("2025-11-22"), now - 20 * 3_600_000);
        assert_eq!(at("2025-11-22T20:00"), now);
        assert_eq!(at("2025-11-22T12:00:00Z"), now);
        assert_eq!("2025-11-22".parse::<When>().unwrap().end(&clock(), now), now + 4 * 3_600_000);
        for wrong in ["", "s", "h", "1", "-1h", "1.5h", "2025-13-01", "yesterday", "1 h", "１h", "99999999999d"] {
            assert!(wrong.parse::<When>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_span_that_ends_before_it_begins_is_refused() {
        let span = |since: &str, until: &str| Span { since: since.parse().ok(), until: until.parse().ok() };
        let bounds = |span: Span| span.bounds(&clock(), Locale::En);
        assert!(bounds(span("1h", "2h")).is_err());
        assert!(bounds(span("2h", "1h")).is_ok());
        assert!(
            matches!(bounds(span("2025-11-22", "2025-11-22")), Ok((Some(from), Some(to))) if to - from == 86_400_000)
        );
        assert!(matches!(bounds(Span::default()), Ok((None, None))));
    }
}
