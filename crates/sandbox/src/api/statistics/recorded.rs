//! What is written down as it happens, so that it can be counted later.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::dates::Day;
use crate::tokens::day_of;

/// Days that are remembered: more than the longest span that any figure asks for, twice.
const REMEMBERED: i64 = 92;

/// How a follower came, in the platform's numbers.
pub(super) const BY_SEARCH: i64 = 1;
/// By scanning a code.
pub(super) const BY_CODE: i64 = 30;

/// One hour of pushes to the callback.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pushes {
    pub(super) count: u64,
    pub(super) failed: u64,
    /// Milliseconds of all that were answered or failed.
    pub(super) total_ms: u64,
    pub(super) max_ms: u64,
}

impl Pushes {
    pub(super) fn add(&mut self, other: Self) {
        self.count += other.count;
        self.failed += other.failed;
        self.total_ms += other.total_ms;
        self.max_ms = self.max_ms.max(other.max_ms);
    }
}

#[derive(Debug, Default)]
struct OneDay {
    /// Who came and who went, by source.
    new: BTreeMap<i64, i64>,
    gone: BTreeMap<i64, i64>,
    /// Messages by hour and kind, and how many of each user.
    said: BTreeMap<(i64, i64), HashMap<String, u64>>,
    pushes: BTreeMap<i64, Pushes>,
}

/// What the account keeps of its days.
#[derive(Debug, Default)]
pub(crate) struct State {
    days: BTreeMap<Day, OneDay>,
}

impl State {
    fn day(&mut self, now: i64) -> &mut OneDay {
        let today = day_of(now);
        // The clock may be moved back: only what is long past is forgotten.
        while self.days.first_key_value().is_some_and(|(&first, _)| first < today - REMEMBERED) {
            self.days.pop_first();
        }
        self.days.entry(today).or_default()
    }

    /// Someone came (by this source) or went.
    pub(super) fn follower(&mut self, came: bool, source: i64, now: i64) {
        let day = self.day(now);
        let figures = if came { &mut day.new } else { &mut day.gone };
        *figures.entry(source).or_default() += 1;
    }

    /// Someone sent a message of a `MsgType`; kinds that the platform does not count are left out.
    pub(super) fn said(&mut self, openid: &str, msg_type: &str, now: i64) {
        let kind = match msg_type {
            "text" => 1,
            "image" => 2,
            "voice" => 3,
            "video" | "shortvideo" => 4,
            "link" => 6,
            _ => return,
        };
        let by_user = self.day(now).said.entry((hour_of(now), kind)).or_default();
        *by_user.entry(openid.to_owned()).or_default() += 1;
    }

    /// A push was delivered, or was not.
    pub(crate) fn pushed(&mut self, accepted: bool, millis: u64, now: i64) {
        let one = Pushes { count: 1, failed: u64::from(!accepted), total_ms: millis, max_ms: millis };
        self.day(now).pushes.entry(hour_of(now)).or_default().add(one);
    }

    /// Who came and went on a day: source, new, gone.
    pub(super) fn followers_of(&self, day: Day) -> Vec<(i64, i64, i64)> {
        let Some(figures) = self.days.get(&day) else { return Vec::new() };
        let sources: std::collections::BTreeSet<_> = figures.new.keys().chain(figures.gone.keys()).collect();
        let of = |map: &BTreeMap<i64, i64>, source| map.get(source).copied().unwrap_or_default();
        sources.into_iter().map(|source| (*source, of(&figures.new, source), of(&figures.gone, source))).collect()
    }

    /// How many more there are since the end of a day.
    pub(super) fn growth_since(&self, day: Day) -> i64 {
        let later = self.days.range(day + 1..).map(|(_, figures)| figures);
        later.map(|figures| figures.new.values().sum::<i64>() - figures.gone.values().sum::<i64>()).sum()
    }

    /// Messages of some days, by kind: distinct users and messages.
    pub(super) fn messages(&self, days: std::ops::RangeInclusive<Day>) -> Vec<(i64, usize, u64)> {
        let said = self.days.range(days).flat_map(|(_, figures)| &figures.said);
        by_kind(said.map(|((_, kind), by_user)| (*kind, by_user)))
    }

    /// The same of one hour.
    pub(super) fn messages_of_hour(&self, day: Day, hour: i64) -> Vec<(i64, usize, u64)> {
        let Some(figures) = self.days.get(&day) else { return Vec::new() };
        by_kind(figures.said.range((hour, 0)..(hour + 1, 0)).map(|((_, kind), by_user)| (*kind, by_user)))
    }

    /// How many messages each user sent in some days.
    pub(super) fn messages_by_user(&self, days: std::ops::RangeInclusive<Day>) -> HashMap<&str, u64> {
        let mut sums = HashMap::new();
        for by_user in self.days.range(days).flat_map(|(_, figures)| figures.said.values()) {
            for (openid, count) in by_user {
                *sums.entry(openid.as_str()).or_default() += count;
            }
        }
        sums
    }

    /// Pushes of a day, hour by hour.
    pub(super) fn pushes_of(&self, day: Day) -> impl Iterator<Item = (i64, Pushes)> {
        self.days.get(&day).into_iter().flat_map(|figures| figures.pushes.iter().map(|(hour, pushes)| (*hour, *pushes)))
    }
}

fn by_kind<'a>(said: impl Iterator<Item = (i64, &'a HashMap<String, u64>)>) -> Vec<(i64, usize, u64)> {
    let mut kinds: BTreeMap<i64, (HashSet<&str>, u64)> = BTreeMap::new();
    for (kind, by_user) in said {
        let (users, count) = kinds.entry(kind).or_default();
        users.extend(by_user.keys().map(String::as_str));
        *count += by_user.values().sum::<u64>();
    }
    kinds.into_iter().map(|(kind, (users, count))| (kind, users.len(), count)).collect()
}

/// The hour in Beijing.
fn hour_of(now: i64) -> i64 {
    (now + 8 * 3600).rem_euclid(86_400) / 3600
}
