//! All that commands print: lines, tables, JSON, progress.

use std::{
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

use clap::CommandFactory;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use jiff::{Timestamp, tz::TimeZone};
use puzi_resource::Listing;
use puzi_shop::texts::Locale;
use serde::Serialize;

use crate::{cli::Cli, error::Failure, settings::Settings, texts::say};

/// The clock by which times are shown.
#[derive(Debug, Clone)]
pub struct Clock(TimeZone);

impl Clock {
    /// The clock of the settings' time zone.
    ///
    /// # Errors
    /// When no zone has that name.
    pub fn of(settings: &Settings) -> Result<Self, Failure> {
        TimeZone::get(&settings.timezone).map(Self).map_err(|error| Failure::setting("timezone", &error))
    }

    /// The zone.
    pub fn zone(&self) -> &TimeZone {
        &self.0
    }

    /// Unix milliseconds as people read them: `2026-11-22 20:00:05`.
    pub fn show(&self, ms: i64) -> String {
        self.at(ms).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// Unix milliseconds as programs read them (RFC 3339): `2026-11-22T20:00:05.250+08:00`.
    pub fn iso(&self, ms: i64) -> String {
        self.at(ms).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
    }

    fn at(&self, ms: i64) -> jiff::Zoned {
        Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(self.0.clone())
    }
}

/// Prints one line to standard output.
pub fn line(text: impl AsRef<str>) {
    write(&mut std::io::stdout().lock(), text.as_ref());
}

/// Prints lines to standard output.
pub fn lines<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) {
    let mut out = std::io::stdout().lock();
    for line in lines {
        write(&mut out, line.as_ref());
    }
}

/// Prints a value as indented JSON.
pub fn json(value: &impl Serialize) {
    line(serde_json::to_string_pretty(value).expect("what commands show has text keys only"));
}

/// Prints a value as one line of JSON.
pub fn json_line(value: &impl Serialize) {
    line(serde_json::to_string(value).expect("what commands show has text keys only"));
}

/// Prints rows as a table, its labels from the command line's texts, or as JSON.
pub fn list<T>(resource: &Listing<T>, rows: &[T], locale: Locale, as_json: bool) {
    if as_json {
        json(&resource.to_json(rows));
    } else {
        lines(resource.to_table(rows, |label| say(locale, label, &[])));
    }
}

/// Says on standard error why a command failed.
pub fn failure(failure: &Failure, locale: Locale) {
    let mut err = std::io::stderr().lock();
    let lines = failure.lines(locale);
    // The lines under a first one that are ready: a caret stands where it points.
    let ready = matches!(failure, Failure::Refused(_) | Failure::Call(..)).then_some(1);
    // What was done, though not as wanted, is no error of Puzi's.
    let ready = if let Failure::Ended(..) = failure { 0 } else { ready.unwrap_or(usize::MAX) };
    for (at, line) in lines.into_iter().enumerate() {
        let line = if at < ready { say(locale, "output.failure", &[("what", line)]) } else { line };
        write(&mut err, &line);
    }
}

/// Says something beside the output proper, on standard error.
pub fn note(text: &str) {
    write(&mut std::io::stderr().lock(), text);
}

/// Prints the completions of a shell.
pub fn completions(shell: clap_complete::Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "puzi", &mut script);
    line(String::from_utf8_lossy(&script).trim_end());
}

fn write(out: &mut impl Write, line: &str) {
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        // Nobody reads on (`puzi chats tail -f | head`): there is nothing left to do.
        std::process::exit(0);
    }
}

/// How often progress is told where there is no terminal.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// How far something long is, on standard error: a bar at a terminal, else a line every ten seconds, or for a program an
/// object a line.
#[derive(Debug)]
pub struct Progress {
    locale: Locale,
    what: String,
    as_json: bool,
    began: Instant,
    told: Instant,
    /// What was done before this process began.
    first: Option<u64>,
    total: Option<u64>,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Begins something called `what`; nothing is shown yet.
    pub fn begin(locale: Locale, what: impl Into<String>, as_json: bool) -> Self {
        let (what, now) = (what.into(), Instant::now());
        let bar = (!as_json && std::io::stderr().is_terminal())
            .then(|| ProgressBar::new_spinner().with_message(what.clone()));
        Self { locale, what, as_json, began: now, told: now, first: None, total: None, bar }
    }

    /// So many are done, of so many when that is known.
    pub fn at(&mut self, done: u64, total: Option<u64>) {
        self.first.get_or_insert(done);
        if let Some(bar) = &self.bar {
            if total != self.total {
                bar.set_length(total.unwrap_or_default());
                bar.set_style(style(total.is_some()));
            }
            bar.set_position(done);
        } else if self.told.elapsed() >= TOLD_EVERY || total.is_some_and(|total| done >= total) {
            self.told = Instant::now();
            write(&mut std::io::stderr().lock(), &self.line(done, total));
        }
        self.total = total;
    }

    fn line(&self, done: u64, total: Option<u64>) -> String {
        let seconds = self.began.elapsed().as_secs_f64().max(0.001);
        let rate = done.saturating_sub(self.first.unwrap_or_default()) as f64 / seconds;
        if self.as_json {
            let rate = (rate * 10.0).round() / 10.0;
            return serde_json::json!({ "progress": self.what, "done": done, "total": total, "per_second": rate })
                .to_string();
        }
        let mut args = vec![("what", self.what.clone()), ("done", done.to_string()), ("rate", format!("{rate:.0}"))];
        match total {
            Some(total) if rate > 0.0 => {
                let left = Duration::from_secs_f64((total.saturating_sub(done) as f64 / rate).min(1e9));
                args.extend([("total", total.to_string()), ("left", HumanDuration(left).to_string())]);
                say(self.locale, "progress.of", &args)
            }
            _ => say(self.locale, "progress.so_far", &args),
        }
    }

    /// It has ended, one way or another.
    pub fn end(self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(has_end: bool) -> ProgressStyle {
    let template = if has_end {
        "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}"
    } else {
        "{spinner} {msg} {human_pos} {per_sec}"
    };
    ProgressStyle::with_template(template).expect("the template is well-formed")
}

/// Steps of something that takes a while: a moving line at a terminal, else a line each.
#[derive(Debug)]
pub struct Steps {
    locale: Locale,
    bar: Option<ProgressBar>,
}

impl Steps {
    /// Begins; nothing is shown yet.
    pub fn begin(locale: Locale) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner:.green} {msg}").expect("the template is well-formed");
            let bar = ProgressBar::new_spinner().with_style(style);
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { locale, bar }
    }

    /// Shows the step whose text has this key.
    pub fn step(&self, key: &str) {
        let text = say(self.locale, key, &[]);
        match &self.bar {
            Some(bar) => bar.set_message(text),
            None => write(&mut std::io::stderr().lock(), &text),
        }
    }

    /// The last step is done.
    pub fn done(self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
