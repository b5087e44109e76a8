//! Numbered steps with their times, and a table of them at the end.

use std::time::{Duration, Instant};

use crate::exec::{self, Error, Result};

enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// A run of steps; with `keep_going` a failed step does not stop the ones after it.
pub(crate) struct Steps {
    total: usize,
    keep_going: bool,
    started: Instant,
    done: Vec<(&'static str, Duration, Outcome)>,
    first_error: Option<Error>,
}

impl Steps {
    pub(crate) fn new(total: usize, keep_going: bool) -> Self {
        Self { total, keep_going, started: Instant::now(), done: Vec::new(), first_error: None }
    }

    /// Runs one step, unless an earlier one has failed and that ends the run.
    pub(crate) fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result) {
        if exec::interrupted() || (self.first_error.is_some() && !self.keep_going) {
            self.done.push((name, Duration::ZERO, Outcome::Skipped));
            return;
        }
        println!("\n[{}/{}] {name}", self.done.len() + 1, self.total);
        let started = Instant::now();
        let outcome = match work() {
            Ok(()) => Outcome::Passed,
            Err(error) => {
                eprintln!("{error}");
                self.first_error.get_or_insert(error);
                Outcome::Failed
            }
        };
        self.done.push((name, started.elapsed(), outcome));
    }

    /// Prints the table; an error when a step failed.
    pub(crate) fn finish(self) -> Result {
        let width = self.done.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
        println!();
        for (name, took, outcome) in &self.done {
            match outcome {
                Outcome::Passed => println!("  ok      {name:width$}  {:>8}", clock(*took)),
                Outcome::Failed => println!("  FAILED  {name:width$}  {:>8}", clock(*took)),
                Outcome::Skipped => println!("  not run {name}"),
            }
        }
        println!("  {:7} {:width$}  {:>8}", "", "all", clock(self.started.elapsed()));
        match self.first_error {
            Some(error) => Err(error),
            None if exec::interrupted() => Err(Error::new("Interrupted.")),
            None => Ok(()),
        }
    }
}

/// `4.2 s` or `3 m 07 s`.
pub(crate) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} m {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_stops_the_rest_and_is_what_is_reported() {
        let mut steps = Steps::new(3, false);
        let mut ran = Vec::new();
        steps.step("one", || Ok(()));
        steps.step("two", || Err(Error::new("two broke")));
        steps.step("three", || {
            ran.push("three");
            Ok(())
        });
        assert_eq!(steps.finish().unwrap_err().to_string(), "two broke");
        assert!(ran.is_empty());
    }

    #[test]
    fn keep_going_runs_everything_and_still_fails() {
        let mut steps = Steps::new(2, true);
        let mut ran = false;
        steps.step("one", || Err(Error::new("one broke")));
        steps.step("two", || {
            ran = true;
            Ok(())
        });
        assert_eq!(steps.finish().unwrap_err().to_string(), "one broke");
        assert!(ran);
    }

    #[test]
    fn times_are_read_at_a_glance() {
        assert_eq!(clock(Duration::from_millis(4_240)), "4.2 s");
        assert_eq!(clock(Duration::from_secs(187)), "3 m 07 s");
    }
}
