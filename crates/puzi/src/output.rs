//! All that commands print: lines, tables, JSON, progress.

use std::{
    io::{IsTerminal, Write},
    time::Duration,
};

use clap::CommandFactory;
use indicatif::{ProgressBar, ProgressStyle};
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
    let ready = matches!(failure, Failure::Refused(_) | Failure::Call(..)).then_some(1).unwrap_or(usize::MAX);
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
