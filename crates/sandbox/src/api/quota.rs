//! How often an account may call: a day by path, a minute in all.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::{ApiError, Endpoint};
use crate::tokens::{day_of, month_of};

/// Times a month that all quotas can be cleared.
const CLEARED: u32 = 10;
/// Times a month that the quota of one path can be cleared.
const PATHS_CLEARED: u32 = 50;

const SPENT: ApiError = ApiError::new(45009, "reach max api daily quota limit");
const TOO_FAST: ApiError = ApiError::new(45011, "api minute-quota reach limit  mustslower  retry next minute");
const CLEARED_OUT: ApiError = ApiError::new(48006, "forbid to clear quota because of reaching the limit");

/// What a sandbox allows, beside the platform's table.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Calls a minute that an account has.
    pub(crate) calls_a_minute: u32,
    /// Calls a day, by path, in place of the table's.
    pub(crate) quotas: BTreeMap<String, u32>,
}

impl Limits {
    /// Calls a day.
    pub(super) fn daily(&self, endpoint: &Endpoint) -> u32 {
        self.quotas.get(endpoint.path).copied().unwrap_or(endpoint.daily)
    }

    /// Calls a minute of one path.
    pub(super) fn a_minute(&self, endpoint: &Endpoint) -> u32 {
        if endpoint.a_minute == 0 { self.calls_a_minute } else { endpoint.a_minute.min(self.calls_a_minute) }
    }
}

/// How far the quota of a path is used today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuotaUse {
    /// The path, `/cgi-bin/…`.
    pub path: &'static str,
    /// Calls today, by Beijing's day.
    pub used: u32,
    /// Calls a day.
    pub limit: u32,
}

/// How often an account called what today, and how often it cleared that.
#[derive(Default)]
pub(crate) struct Counters {
    day: i64,
    used: HashMap<&'static str, u32>,
    minute: i64,
    /// Calls of this minute, and those of the paths with a limit of their own.
    calls: u32,
    calls_by_path: HashMap<&'static str, u32>,
    month: i64,
    cleared: u32,
    paths_cleared: u32,
}

impl Counters {
    /// Counts a call, or refuses it: a refused one is not counted.
    pub(super) fn count(&mut self, endpoint: &Endpoint, limits: &Limits, now: i64) -> Result<(), ApiError> {
        self.turn(now);
        if self.minute != now.div_euclid(60) {
            (self.minute, self.calls) = (now.div_euclid(60), 0);
            self.calls_by_path.clear();
        }
        let used = self.used.entry(endpoint.path).or_default();
        if *used >= limits.daily(endpoint) {
            return Err(SPENT);
        }
        if self.calls >= limits.calls_a_minute {
            return Err(TOO_FAST);
        }
        if endpoint.a_minute > 0 {
            let calls = self.calls_by_path.entry(endpoint.path).or_default();
            if *calls >= endpoint.a_minute {
                return Err(TOO_FAST);
            }
            *calls += 1;
        }
        self.calls += 1;
        *used += 1;
        Ok(())
    }

    fn turn(&mut self, now: i64) {
        if self.day != day_of(now) {
            self.day = day_of(now);
            self.used.clear();
        }
        let month = month_of(now);
        if self.month != month {
            (self.month, self.cleared, self.paths_cleared) = (month, 0, 0);
        }
    }

    pub(super) fn used(&mut self, endpoint: &Endpoint, now: i64) -> u32 {
        self.turn(now);
        self.used.get(endpoint.path).copied().unwrap_or_default()
    }

    /// Every path that was called today, by name.
    pub(crate) fn all(&mut self, limits: &Limits, now: i64) -> Vec<QuotaUse> {
        self.turn(now);
        let each = |(path, used): (&&'static str, &u32)| {
            let limit = super::find(path).map_or(0, |endpoint| limits.daily(endpoint));
            QuotaUse { path, used: *used, limit }
        };
        let mut all: Vec<_> = self.used.iter().map(each).collect();
        all.sort_unstable_by_key(|one| one.path);
        all
    }

    /// Clears all quotas, ten times a month.
    pub(super) fn clear(&mut self, now: i64) -> Result<(), ApiError> {
        self.turn(now);
        if self.cleared >= CLEARED {
            return Err(CLEARED_OUT);
        }
        self.cleared += 1;
        self.used.clear();
        Ok(())
    }

    /// Clears the quota of one path, fifty times a month in all.
    pub(super) fn clear_path(&mut self, endpoint: &Endpoint, now: i64) -> Result<(), ApiError> {
        self.turn(now);
        if self.paths_cleared >= PATHS_CLEARED {
            return Err(CLEARED_OUT);
        }
        self.paths_cleared += 1;
        self.used.remove(endpoint.path);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_have_a_rate_of_its_own() {
        let limits = Limits { calls_a_minute: 20_000, quotas: BTreeMap::new() };
        let (stable, tags) = (super::super::find("/cgi-bin/stable_token"), super::super::find("/cgi-bin/tags/get"));
        let (stable, tags, mut counters) = (stable.unwrap(), tags.unwrap(), Counters::default());
        for _ in 0..10_000 {
            counters.count(stable, &limits, 60).unwrap();
        }
        assert_eq!(counters.count(stable, &limits, 119), Err(TOO_FAST));
        assert_eq!((counters.count(tags, &limits, 119), counters.count(stable, &limits, 120)), (Ok(()), Ok(())));
        assert_eq!(counters.used(stable, 120), 10_001);
    }
}
