//! What stands twice: a message that WeChat pushed to us and lists in its records too, or an answer of ours that it lists.
//!
//! Nothing says which is which but who spoke, what, and when. Each record has one twin at most, each message too, so that
//! the number of bubbles is right even where the same word was said again and again.

use std::collections::BTreeMap;

use super::record::comparable;

/// A pushed message has the second of the record; clocks of two of WeChat's servers may differ.
const THEIRS_MS: i64 = 5_000;
/// What we sent is in the records once WeChat took it.
const OURS_MS: i64 = 30_000;

/// Where a twin stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Same {
    /// In the messages: the follower's, or a late answer of the rules.
    Message(i64),
    /// Among what staff sent.
    Sent(i64),
}

impl Same {
    /// The words of `service_records.same_kind`.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Sent(_) => "sent",
        }
    }

    pub(super) fn id(self) -> i64 {
        match self {
            Self::Message(id) | Self::Sent(id) => id,
        }
    }
}

/// A record without a twin, of one follower.
#[derive(Debug, Clone)]
pub(super) struct Alone {
    pub(super) id: i64,
    pub(super) ours: bool,
    pub(super) kind: String,
    pub(super) text: String,
    pub(super) at: i64,
}

/// What may be its twin: of the same follower, and nobody's twin yet.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) same: Same,
    pub(super) ours: bool,
    /// `text`, `image` and so on.
    pub(super) kind: String,
    pub(super) text: String,
    pub(super) at: i64,
}

/// Records and candidates that say the same words, of one side.
type Group<'a> = (Vec<&'a Alone>, Vec<&'a Candidate>);

/// The twins: number of the record, and what it is the same as. As many as can be, each within its time.
pub(super) fn find(records: &[Alone], candidates: &[Candidate]) -> Vec<(i64, Same)> {
    let mut groups: BTreeMap<(bool, String), Group<'_>> = BTreeMap::new();
    for record in records {
        groups.entry((record.ours, words(&record.kind, &record.text))).or_default().0.push(record);
    }
    for candidate in candidates {
        if let Some(group) = groups.get_mut(&(candidate.ours, words(&candidate.kind, &candidate.text))) {
            group.1.push(candidate);
        }
    }
    let mut twins = Vec::new();
    for ((ours, _), (mut records, mut candidates)) in groups {
        records.sort_by_key(|record| (record.at, record.id));
        candidates.sort_by_key(|candidate| (candidate.at, candidate.same.id()));
        let limit = if ours { OURS_MS } else { THEIRS_MS };
        let (mut r, mut c) = (0, 0);
        // All of one group fit equally far, so going along both in the order of time pairs as many as can be paired.
        while let (Some(record), Some(candidate)) = (records.get(r), candidates.get(c)) {
            match candidate.at - record.at {
                apart if apart < -limit => c += 1,
                apart if apart > limit => r += 1,
                _ => {
                    twins.push((record.id, candidate.same));
                    (r, c) = (r + 1, c + 1);
                }
            }
        }
    }
    twins
}

/// What is compared: a file is known by its kind alone, for records do not say which.
fn words(kind: &str, text: &str) -> String {
    match kind {
        "text" => format!("t{}", comparable(text)),
        "shortvideo" => "kvideo".into(),
        kind => format!("k{kind}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn alone(id: i64, ours: bool, text: &str, at: i64) -> Alone {
        let kind = if text == "[image]" { "image" } else { "text" };
        Alone { id, ours, kind: kind.into(), text: text.into(), at }
    }

    fn message(id: i64, ours: bool, text: &str, at: i64) -> Candidate {
        Candidate { same: Same::Message(id), ours, kind: "text".into(), text: text.into(), at }
    }

    #[test]
    fn two_equal_messages_and_one_record_are_two_bubbles() {
        let twins =
            find(&[alone(1, false, "好的", 2_000)], &[message(7, false, "好的", 0), message(8, false, "好的", 1_000)]);
        assert_eq!(twins.len(), 1);
    }

    #[test]
    fn who_said_it_and_what_must_be_the_same() {
        let record = [alone(1, false, "好的\r\n", 10_000)];
        assert_eq!(find(&record, &[message(7, false, "好的", 15_000)]), [(1, Same::Message(7))]);
        assert!(find(&record, &[message(7, false, "好的", 15_001)]).is_empty());
        assert!(find(&record, &[message(7, true, "好的", 10_000)]).is_empty());
        assert!(find(&record, &[message(7, false, "好", 10_000)]).is_empty());
        let picture = Candidate { kind: "image".into(), text: String::new(), ..message(7, false, "", 10_000) };
        assert_eq!(find(&[alone(1, false, "[image]", 10_000)], &[picture]), [(1, Same::Message(7))]);
    }

    /// The largest number of pairs, tried out.
    fn most(records: &[i64], candidates: &[i64], limit: i64) -> usize {
        let Some((first, rest)) = records.split_first() else { return 0 };
        let mut best = most(rest, candidates, limit);
        for (n, candidate) in candidates.iter().enumerate() {
            if (candidate - first).abs() <= limit {
                let mut left = candidates.to_vec();
                left.remove(n);
                best = best.max(1 + most(rest, &left, limit));
            }
        }
        best
    }

    proptest! {
        #[test]
        fn as_many_as_can_be_each_once_and_in_time(
            records in prop::collection::vec(0_i64..20, 0..6),
            candidates in prop::collection::vec(0_i64..20, 0..6),
        ) {
            let rows: Vec<_> = records.iter().enumerate().map(|(n, at)| alone(n as i64, false, "好", at * 1_000)).collect();
            let others: Vec<_> =
                candidates.iter().enumerate().map(|(n, at)| message(n as i64, false, "好", at * 1_000)).collect();
            let twins = find(&rows, &others);
            let (mut ours, mut theirs): (Vec<_>, Vec<_>) = twins.iter().map(|(id, same)| (*id, same.id())).unzip();
            for (id, same) in &twins {
                let apart = rows[*id as usize].at - others[same.id() as usize].at;
                prop_assert!(apart.abs() <= THEIRS_MS);
            }
            ours.sort_unstable();
            ours.dedup();
            theirs.sort_unstable();
            theirs.dedup();
            prop_assert_eq!((ours.len(), theirs.len()), (twins.len(), twins.len()));
            prop_assert_eq!(twins.len(), most(&records, &candidates, 5));
        }
    }
}
