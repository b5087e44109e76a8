//! What WeChat's records tell, and the key that names a record: WeChat gives it no number of its own.

use std::collections::HashMap;

use aws_lc_rs::digest::{Context, SHA256};
use puzi_wechat::api::service::Record;

/// Written by an agent.
const BY_AGENT: i64 = 2002;
/// Written by the follower.
const BY_FOLLOWER: i64 = 2003;

/// Bytes of a key: five of the second, so that new rows land at the end of their index, eight that are free, and eleven of
/// what was said.
pub(super) const KEY: usize = 24;

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) key: [u8; KEY],
    pub(super) openid: String,
    /// Written by an agent, not by the follower.
    pub(super) ours: bool,
    pub(super) worker: String,
    /// `text`, or what stands for a file.
    pub(super) kind: &'static str,
    pub(super) text: String,
    /// Unix ms; whole seconds.
    pub(super) at: i64,
}

/// Names the records of a span that was read whole, in the order of their time. Of several that are alike within one second
/// each is told apart by its place among them; so the same records have the same keys whenever they are read, and one that
/// WeChat adds later is a new one.
pub(super) fn named(records: &[Record]) -> Vec<Said> {
    let mut alike: HashMap<(i64, &str, i64, &str, &str), u64> = HashMap::new();
    let mut said = Vec::with_capacity(records.len());
    for record in records {
        if !matches!(record.opercode, BY_AGENT | BY_FOLLOWER) || record.openid.is_empty() || record.time <= 0 {
            continue;
        }
        let same = (record.time, record.openid.as_str(), record.opercode, record.worker.as_str(), record.text.as_str());
        let n = alike.entry(same).or_default();
        *n += 1;
        said.push(Said {
            key: key(record, *n),
            openid: record.openid.clone(),
            ours: record.opercode == BY_AGENT,
            worker: record.worker.clone(),
            kind: kind(&record.text),
            text: record.text.clone(),
            at: record.time.saturating_mul(1_000),
        });
    }
    said.sort_by_key(|one| one.at);
    said
}

fn key(record: &Record, n: u64) -> [u8; KEY] {
    let mut digest = Context::new(&SHA256);
    for part in [record.openid.as_bytes(), &record.opercode.to_be_bytes(), record.worker.as_bytes()] {
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.update(record.text.as_bytes());
    digest.update(&n.to_be_bytes());
    let digest = digest.finish();
    let mut key = [0; KEY];
    key[..5].copy_from_slice(&record.time.to_be_bytes()[3..]);
    key[13..].copy_from_slice(&digest.as_ref()[..11]);
    key
}

/// WeChat names files instead of keeping them.
fn kind(text: &str) -> &'static str {
    match text.trim() {
        "[image]" => "image",
        "[voice]" => "voice",
        "[video]" | "[shortvideo]" => "video",
        "[location]" => "location",
        "[link]" => "link",
        "[file]" => "file",
        _ => "text",
    }
}

/// Words as records and messages are compared: how a line ends, and what is around it, is nobody's word.
pub(super) fn comparable(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(time: i64, opercode: i64, text: &str) -> Record {
        let mut record = Record::default();
        record.openid = "oFan".into();
        record.opercode = opercode;
        record.text = text.into();
        record.time = time;
        record.worker = "ming@tea".into();
        record
    }

    #[test]
    fn equal_words_of_one_second_are_told_apart_and_named_alike_each_time() {
        let three = [record(100, 2003, "好的"), record(100, 2003, "好的"), record(100, 2003, "好的")];
        let first = named(&three);
        assert_eq!(first, named(&three));
        let keys: std::collections::HashSet<_> = first.iter().map(|said| said.key).collect();
        assert_eq!(keys.len(), 3);
        // A fourth that comes late is a new one, and the others stay what they were.
        let four = [&three[..], &[record(100, 2003, "好的")]].concat();
        assert_eq!(named(&four)[..3], first[..]);
        assert!(!keys.contains(&named(&four)[3].key));
    }

    #[test]
    fn who_what_and_when_make_the_key() {
        let one = named(&[record(100, 2003, "a")])[0].key;
        let other = |record: Record| named(&[record])[0].key;
        assert_ne!(one, other(record(101, 2003, "a")));
        assert_ne!(one, other(record(100, 2002, "a")));
        assert_ne!(one, other(record(100, 2003, "b")));
        let mut elsewhere = record(100, 2003, "a");
        elsewhere.worker = "hong@tea".into();
        assert_ne!(one, other(elsewhere));
        // The parts cannot flow into one another.
        let (mut left, mut right) = (record(100, 2003, ""), record(100, 2003, ""));
        left.worker = "a\u{0}\u{0}".into();
        right.worker = "a\u{0}".into();
        right.text = "\u{0}".into();
        assert_ne!(other(left), other(right));
    }

    #[test]
    fn what_was_done_is_no_word() {
        assert!(named(&[record(100, 1004, ""), record(0, 2003, "x")]).is_empty());
    }
}
