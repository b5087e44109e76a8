//! How the grams of a block of texts lie in the table: one row a bucket, and in it for each gram the texts that have it.
//!
//! A row is a sequence of entries, by gram: the gram's number (4 bytes, little-endian), the length of what follows (varint),
//! and the texts' places in the block, each as the distance to the one before (varint). Two grams of one number share an
//! entry; what is found is compared with the texts anyway.

/// Places in a block of the larger size.
pub(super) const LARGE: i64 = 65_536;
/// Places in a block of the smaller size.
pub(super) const SMALL: i64 = 1_024;
/// Numbers of rows that each block may take: its row of a bucket is `block * ROWS + bucket`.
pub(super) const ROWS: i64 = 4_096;

/// The bucket of a gram in a block of `size` places: the uppermost bits, so that buckets follow the grams' order.
pub(super) fn bucket(gram: u32, size: i64) -> u32 {
    if size == LARGE { gram >> 20 } else { gram >> 26 }
}

/// A row that cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// The rows of a block: `postings` are pairs of gram and place.
pub(super) fn rows(mut postings: Vec<(u32, u32)>, size: i64) -> Vec<(u32, Vec<u8>)> {
    postings.sort_unstable();
    postings.dedup();
    let mut rows: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut places = Vec::new();
    for of_one in postings.chunk_by(|a, b| a.0 == b.0) {
        let gram = of_one[0].0;
        let bucket = bucket(gram, size);
        if rows.last().is_none_or(|row| row.0 != bucket) {
            rows.push((bucket, Vec::new()));
        }
        places.clear();
        let mut next = 0;
        for (_, place) in of_one {
            put_varint(&mut places, place - next);
            next = place + 1;
        }
        if let Some((_, row)) = rows.last_mut() {
            row.extend(gram.to_le_bytes());
            put_varint(row, places.len() as u32);
            row.extend(&places);
        }
    }
    rows
}

/// The places of the texts with `gram` in a row, in order; none when no text has it.
pub(super) fn places(row: &[u8], gram: u32) -> Result<Vec<u32>, Broken> {
    let mut rest = row;
    while !rest.is_empty() {
        let (head, after) = rest.split_first_chunk::<4>().ok_or(Broken)?;
        rest = after;
        let length = take_varint(&mut rest)? as usize;
        let (entry, after) = rest.split_at_checked(length).ok_or(Broken)?;
        match u32::from_le_bytes(*head).cmp(&gram) {
            std::cmp::Ordering::Less => rest = after,
            std::cmp::Ordering::Equal => return read(entry),
            std::cmp::Ordering::Greater => break,
        }
    }
    Ok(Vec::new())
}

fn read(mut entry: &[u8]) -> Result<Vec<u32>, Broken> {
    let mut places = Vec::new();
    let mut next = 0u32;
    while !entry.is_empty() {
        let place = next.checked_add(take_varint(&mut entry)?).ok_or(Broken)?;
        if i64::from(place) >= LARGE {
            return Err(Broken);
        }
        places.push(place);
        next = place + 1;
    }
    Ok(places)
}

/// What all of `lists` have, each in order. No lists have nothing.
pub(super) fn common(mut lists: Vec<Vec<u32>>) -> Vec<u32> {
    lists.sort_by_key(Vec::len);
    let mut lists = lists.into_iter();
    let Some(mut common) = lists.next() else { return Vec::new() };
    for list in lists {
        common.retain(|place| list.binary_search(place).is_ok());
    }
    common
}

fn put_varint(into: &mut Vec<u8>, mut n: u32) {
    while n >= 0x80 {
        into.push(n as u8 | 0x80);
        n >>= 7;
    }
    into.push(n as u8);
}

fn take_varint(from: &mut &[u8]) -> Result<u32, Broken> {
    let mut n = 0u32;
    for shift in (0..=28).step_by(7) {
        let (&byte, rest) = from.split_first().ok_or(Broken)?;
        *from = rest;
        let bits = u32::from(byte & 0x7f);
        if shift == 28 && bits > 0x0f {
            return Err(Broken);
        }
        n |= bits << shift;
        if byte < 0x80 {
            return Ok(n);
        }
    }
    Err(Broken)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_put_in_comes_out(
            postings in prop::collection::vec((0u32..200, 0u32..1024), 0..400), spread in 0u32..28,
        ) {
            let postings: Vec<_> = postings.into_iter().map(|(gram, place)| (gram << spread >> (spread / 2), place)).collect();
            let rows = rows(postings.clone(), LARGE);
            let wanted: BTreeSet<u32> = postings.iter().map(|(gram, _)| *gram).collect();
            for gram in wanted {
                let places_of: BTreeSet<u32> = postings.iter().filter(|p| p.0 == gram).map(|p| p.1).collect();
                let row = &rows.iter().find(|row| row.0 == bucket(gram, LARGE)).unwrap().1;
                prop_assert_eq!(places(row, gram), Ok(places_of.into_iter().collect::<Vec<_>>()));
            }
        }

        #[test]
        fn a_row_of_any_bytes_is_read_or_refused(row in prop::collection::vec(any::<u8>(), 0..64), gram: u32) {
            let _ = places(&row, gram);
        }

        #[test]
        fn what_is_common_is_in_each(lists in prop::collection::vec(prop::collection::btree_set(0u32..50, 0..30), 1..4)) {
            let wanted: Vec<u32> = (0..50).filter(|n| lists.iter().all(|list| list.contains(n))).collect();
            let lists = lists.into_iter().map(|list| list.into_iter().collect()).collect();
            prop_assert_eq!(common(lists), wanted);
        }
    }

    #[test]
    fn a_row_cut_anywhere_never_panics() {
        let postings = (0..300).map(|n| ((n % 7) << 2, n * 3)).collect();
        for (_, row) in rows(postings, SMALL) {
            for end in 0..row.len() {
                let _ = places(&row[..end], 8);
            }
        }
    }
}
