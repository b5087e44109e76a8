//! Exact sums over everything that was exchanged, also over what got no line of its own: by minute, endpoint and way. They
//! are added up in memory and added to the tables every few seconds.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use sea_orm::Value;

use super::line::{PushEndpoint, PushSeen, Trouble};

/// Upper bounds of the buckets, in microseconds; what is longer than the last falls into one more.
pub const BUCKETS_US: [i64; BUCKETS - 1] =
    [5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000];
/// How many buckets there are: the columns `b0` to `b9`.
pub const BUCKETS: usize = 10;
/// A minute, in ms.
pub(super) const MINUTE: i64 = 60_000;
/// An hour, in ms.
pub(super) const HOUR: i64 = 60 * MINUTE;

const FIGURE: &str = "INSERT INTO call_figures (account_id, span, at, outgoing, endpoint, calls, failed, total_us, \
                      max_us, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9) VALUES \
                      ($1, 'm', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
                      ON CONFLICT (account_id, span, at, outgoing, endpoint) DO UPDATE SET \
                      calls = call_figures.calls + excluded.calls, failed = call_figures.failed + excluded.failed, \
                      total_us = call_figures.total_us + excluded.total_us, \
                      max_us = CASE WHEN excluded.max_us > call_figures.max_us THEN excluded.max_us \
                      ELSE call_figures.max_us END, \
                      b0 = call_figures.b0 + excluded.b0, b1 = call_figures.b1 + excluded.b1, \
                      b2 = call_figures.b2 + excluded.b2, b3 = call_figures.b3 + excluded.b3, \
                      b4 = call_figures.b4 + excluded.b4, b5 = call_figures.b5 + excluded.b5, \
                      b6 = call_figures.b6 + excluded.b6, b7 = call_figures.b7 + excluded.b7, \
                      b8 = call_figures.b8 + excluded.b8, b9 = call_figures.b9 + excluded.b9";
const ERROR: &str = "INSERT INTO call_errors (account_id, at, endpoint, errcode, calls) VALUES ($1, $2, $3, $4, $5) \
                     ON CONFLICT (account_id, at, endpoint, errcode) \
                     DO UPDATE SET calls = call_errors.calls + excluded.calls";
const LEFT_OUT: &str = "INSERT INTO call_left_out (account_id, at, lines) VALUES ($1, $2, $3) \
                        ON CONFLICT (account_id, at) DO UPDATE SET lines = call_left_out.lines + excluded.lines";
const ENDPOINT: &str = "INSERT INTO endpoints (account_id, endpoint) VALUES ($1, $2) \
                        ON CONFLICT (account_id, endpoint) DO NOTHING";

/// The name of an endpoint; a push's takes no memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Name {
    Push(PushEndpoint),
    Path(Arc<str>),
}

impl Name {
    fn as_str(&self) -> &str {
        match self {
            Self::Push(endpoint) => endpoint.name(),
            Self::Path(path) => path,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    account: i64,
    minute: i64,
    name: Name,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Figure {
    calls: i64,
    failed: i64,
    total_us: i64,
    max_us: i64,
    buckets: [i64; BUCKETS],
}

impl Figure {
    fn add(&mut self, us: i64, failed: bool) {
        self.merge(&Self {
            calls: 1,
            failed: i64::from(failed),
            total_us: us,
            max_us: us,
            buckets: std::array::from_fn(|at| i64::from(at == bucket(us))),
        });
    }

    fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.total_us += other.total_us;
        self.max_us = self.max_us.max(other.max_us);
        self.buckets.iter_mut().zip(other.buckets).for_each(|(sum, more)| *sum += more);
    }
}

fn bucket(us: i64) -> usize {
    BUCKETS_US.iter().position(|bound| us <= *bound).unwrap_or(BUCKETS - 1)
}

/// Sums that are not in the tables yet.
#[derive(Debug, Default)]
pub(super) struct Sums {
    figures: HashMap<Key, Figure>,
    errors: HashMap<(i64, i64, Name, i64), i64>,
    left_out: HashMap<(i64, i64), i64>,
    endpoints: Vec<(i64, Name)>,
}

impl Sums {
    /// A push was seen. True: it is the first of its kind in this minute since the sums began anew.
    pub(super) fn push(&mut self, seen: &PushSeen) -> bool {
        if seen.trouble.is_some() {
            self.error(seen.account, seen.at, Name::Push(seen.endpoint), None);
        }
        self.add(seen.account, seen.at, Name::Push(seen.endpoint), seen.us.into(), seen.trouble.is_some())
    }

    /// A call was made; answers as [`Sums::push`] does.
    pub(super) fn call(
        &mut self,
        (account, at): (i64, i64),
        path: Arc<str>,
        us: i64,
        trouble: Option<Trouble>,
        errcode: Option<i64>,
    ) -> bool {
        if trouble.is_some() {
            self.error(account, at, Name::Path(path.clone()), errcode);
        }
        self.add(account, at, Name::Path(path), us, trouble.is_some())
    }

    fn add(&mut self, account: i64, at: i64, name: Name, us: i64, failed: bool) -> bool {
        let key = Key { account, minute: at - at.rem_euclid(MINUTE), name };
        match self.figures.entry(key) {
            Entry::Occupied(mut figure) => {
                figure.get_mut().add(us, failed);
                false
            }
            Entry::Vacant(place) => {
                place.insert(Figure::default()).add(us, failed);
                true
            }
        }
    }

    /// What failed without an errcode is counted under 0.
    fn error(&mut self, account: i64, at: i64, name: Name, errcode: Option<i64>) {
        let key = (account, at - at.rem_euclid(HOUR), name, errcode.unwrap_or_default());
        *self.errors.entry(key).or_default() += 1;
    }

    /// A line was left out.
    pub(super) fn left_out(&mut self, account: i64, at: i64) {
        *self.left_out.entry((account, at - at.rem_euclid(MINUTE))).or_default() += 1;
    }

    /// An endpoint that has not been seen before.
    pub(super) fn endpoint(&mut self, account: i64, name: Name) {
        self.endpoints.push((account, name));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.figures.is_empty() && self.errors.is_empty() && self.left_out.is_empty() && self.endpoints.is_empty()
    }

    /// Takes over what `other` has.
    pub(super) fn merge(&mut self, other: Self) {
        for (key, figure) in other.figures {
            self.figures.entry(key).or_default().merge(&figure);
        }
        for (key, calls) in other.errors {
            *self.errors.entry(key).or_default() += calls;
        }
        for (key, lines) in other.left_out {
            *self.left_out.entry(key).or_default() += lines;
        }
        self.endpoints.extend(other.endpoints);
    }

    /// Takes some of it out, as many as are written at once.
    pub(super) fn take(&mut self, most: usize) -> Self {
        let mut part = Self::default();
        let room = |taken: usize| most.saturating_sub(taken);
        part.endpoints = self.endpoints.split_off(self.endpoints.len().saturating_sub(most));
        let mut taken = part.endpoints.len();
        part.figures = some(&mut self.figures, room(taken));
        taken += part.figures.len();
        part.errors = some(&mut self.errors, room(taken));
        taken += part.errors.len();
        part.left_out = some(&mut self.left_out, room(taken));
        part
    }

    /// The statements that add it to the tables, in an order that is the same for all nodes.
    pub(super) fn statements(&self) -> Vec<(&'static str, Vec<Value>)> {
        let mut rows: Vec<(&'static str, Vec<Value>)> = Vec::new();
        let mut endpoints: Vec<_> = self.endpoints.iter().map(|(account, name)| (*account, name.as_str())).collect();
        endpoints.sort_unstable();
        rows.extend(endpoints.iter().map(|(account, name)| (ENDPOINT, vec![(*account).into(), (*name).into()])));
        let mut figures: Vec<_> = self.figures.iter().collect();
        figures.sort_unstable_by_key(|(key, _)| (key.account, key.minute, key.name.as_str()));
        for (key, figure) in figures {
            let outgoing = matches!(key.name, Name::Path(_));
            let mut values = vec![key.account.into(), key.minute.into(), outgoing.into(), key.name.as_str().into()];
            values.extend([figure.calls, figure.failed, figure.total_us, figure.max_us].map(Value::from));
            values.extend(figure.buckets.map(Value::from));
            rows.push((FIGURE, values));
        }
        let mut errors: Vec<_> = self.errors.iter().collect();
        errors.sort_unstable_by_key(|((account, hour, name, errcode), _)| (*account, *hour, name.as_str(), *errcode));
        for ((account, hour, name, errcode), calls) in errors {
            let name = name.as_str().into();
            rows.push((ERROR, vec![(*account).into(), (*hour).into(), name, (*errcode).into(), (*calls).into()]));
        }
        let mut left_out: Vec<_> = self.left_out.iter().collect();
        left_out.sort_unstable();
        for ((account, minute), lines) in left_out {
            rows.push((LEFT_OUT, vec![(*account).into(), (*minute).into(), (*lines).into()]));
        }
        rows
    }
}

fn some<K: Clone + Eq + std::hash::Hash, V>(map: &mut HashMap<K, V>, most: usize) -> HashMap<K, V> {
    if map.len() <= most {
        return std::mem::take(map);
    }
    let keys: Vec<K> = map.keys().take(most).cloned().collect();
    keys.into_iter().filter_map(|key| map.remove_entry(&key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(calls: &[(i64, &str, i64, Option<Trouble>)]) -> Sums {
        let mut sums = Sums::default();
        for (at, path, us, trouble) in calls {
            sums.call((1, *at), Arc::from(*path), *us, *trouble, trouble.map(|_| 45009));
        }
        sums
    }

    #[test]
    fn times_fall_into_their_buckets() {
        for (us, at) in [(0, 0), (5_000, 0), (5_001, 1), (1_000_000, 7), (4_999_999, 8), (5_000_001, 9)] {
            assert_eq!(bucket(us), at, "{us}");
        }
    }

    #[test]
    fn sums_are_by_minute_and_endpoint_and_taken_in_parts() {
        let refused = Some(Trouble::Refused);
        let mut sums =
            sums(&[(0, "/a", 7, None), (59_999, "/a", 9, refused), (60_000, "/a", 1, None), (0, "/b", 2, None)]);
        sums.left_out(1, 61_000);
        assert_eq!(sums.figures.len(), 3);
        let figure = sums.figures[&Key { account: 1, minute: 0, name: Name::Path("/a".into()) }];
        assert_eq!((figure.calls, figure.failed, figure.total_us, figure.max_us), (2, 1, 16, 9));
        assert_eq!(figure.buckets[0], 2);

        let mut parts = Vec::new();
        while !sums.is_empty() {
            parts.push(sums.take(2));
        }
        assert_eq!(parts.iter().map(|part| part.statements().len()).collect::<Vec<_>>(), [2, 2, 1]);
        for part in parts {
            sums.merge(part);
        }
        assert_eq!(sums.statements().len(), 5, "what could not be written is there again");
    }
}
