//! What the record of calls costs and keeps: the server with it beside the one without, and what its tables say afterwards.

use std::path::Path;

use serde_json::{Value, json};

use crate::exec::{self, Context as _, Error, Result};
use crate::say;

use super::measure::{Case, Sample};
use super::targets::Target;

/// Lines that are due when the server starts, so that it sweeps while it is measured.
const DUE: u32 = 200_000;

/// What stands in the tables after the server has ended.
pub(crate) struct Kept {
    pub(crate) lines: u64,
    pub(crate) left_out: u64,
    pub(crate) figures: u64,
    /// Of the lines that were due, those still there.
    pub(crate) due: u64,
}

/// Puts lines into the record that are older than is kept.
pub(crate) fn fill(data: &Path) -> Result {
    exec::output(python()?.arg("fill").arg(data.join("puzi.db")).arg(DUE.to_string())).map(drop)
}

/// Reads the record of a server that has ended.
pub(crate) fn read(data: &Path) -> Result<Kept> {
    let line = exec::output(python()?.arg("read").arg(data.join("puzi.db")))?;
    let json: Value = serde_json::from_str(&line).context("what record.py printed")?;
    let number = |key: &str| json[key].as_u64().unwrap_or_default();
    Ok(Kept { lines: number("lines"), left_out: number("left_out"), figures: number("figures"), due: number("due") })
}

fn python() -> Result<std::process::Command> {
    let python = exec::find("python3").ok_or_else(|| {
        Error::new(say::pick(
            "Python is missing: apt-get install -y python3",
            "没有 Python：apt-get install -y python3",
        ))
    })?;
    let mut command = exec::program(python);
    command.arg(exec::root().join("bench/callback/record.py"));
    Ok(command)
}

impl Kept {
    /// One line for people.
    pub(crate) fn told(&self) -> String {
        let all = (self.lines + self.left_out).max(1);
        format!(
            "record of calls: {} lines written, {} left out ({:.1} %), {} counted; {} of {DUE} old lines not swept yet",
            self.lines,
            self.left_out,
            self.left_out as f64 * 100.0 / all as f64,
            self.figures,
            self.due
        )
    }

    pub(crate) fn json(&self) -> Value {
        json!({ "lines": self.lines, "left_out": self.left_out, "figures": self.figures, "due": self.due })
    }

    /// Figures are exact, and each push has a line or is counted as left out; the server never answers one it did not count.
    pub(crate) fn check(&self, sent: u64) -> Result {
        if self.figures != sent || self.lines + self.left_out != sent {
            let text = format!("{sent} pushes were sent, but {}", self.told());
            return Err(Error::new(text));
        }
        Ok(())
    }
}

/// The median, over the rounds, of the rate with the record to the rate without it.
pub(crate) fn costs(samples: &[Sample]) -> Vec<Target> {
    let cases = Case::ALL.into_iter().filter(|case| case.connections == 64);
    let target = |case: Case| {
        let of =
            |server: &str| samples.iter().filter(move |s| s.server == server && s.case == case).collect::<Vec<_>>();
        let mut ratios: Vec<f64> = (of("puzi").iter())
            .filter_map(|with| {
                let without = of("puzi-quiet").into_iter().find(|without| without.round == with.round)?;
                Some(with.per_second / without.per_second)
            })
            .collect();
        ratios.sort_by(f64::total_cmp);
        let found = *ratios.get(ratios.len() / 2)?;
        let what = if case.encrypted {
            "recording costs (rate with/without), encrypted"
        } else {
            "recording costs (rate with/without), plain"
        };
        Some(Target { what, wanted: "≥ 0.95×".into(), found: format!("{found:.3}×"), met: found >= 0.95 })
    };
    cases.filter_map(target).collect()
}

/// What is promised at a steady rate.
pub(crate) fn paced(sample: &Sample, left_out: u64) -> [Target; 2] {
    let millis = sample.p99_us / 1e3;
    let found = format!("{millis:.2} ms at {:.0}/s", sample.per_second);
    [
        Target { what: "p99 at a steady rate", wanted: "< 10 ms".into(), found, met: millis < 10.0 },
        Target {
            what: "lines left out at a steady rate",
            wanted: "0".into(),
            found: left_out.to_string(),
            met: left_out == 0,
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_is_compared_with_itself() {
        let sample = |server, round, per_second| Sample { round, ..Sample::blank(server, Case::ALL[0], per_second) };
        let samples = [
            sample("puzi", 1, 90.0),
            sample("puzi-quiet", 1, 100.0),
            sample("puzi-quiet", 2, 50.0),
            sample("puzi", 2, 49.0),
            sample("puzi", 3, 97.0),
            sample("puzi-quiet", 3, 100.0),
            sample("bare", 3, 1.0),
        ];
        let targets = costs(&samples);
        assert_eq!((targets.len(), targets[0].met, targets[0].found.as_str()), (1, true, "0.970×"));
    }

    #[test]
    fn a_push_that_is_nowhere_ends_the_run() {
        let kept = Kept { lines: 7, left_out: 2, figures: 9, due: 0 };
        assert!(kept.check(9).is_ok() && kept.check(10).is_err());
        assert!(Kept { lines: 6, ..kept }.check(9).is_err());
    }
}
