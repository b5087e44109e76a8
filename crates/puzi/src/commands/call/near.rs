//! The paths that the catalogue knows, and the one that was meant.

/// A call of the catalogue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// What lets one in: `account`, `user`, `secret` or `none`.
    pub(super) token: &'static str,
    /// Its body is plain text, not JSON.
    pub(super) text: bool,
}

/// Every call of the catalogue, typed or not.
pub(super) const KNOWN: &[Known] = include!(concat!(env!("OUT_DIR"), "/calls.rs"));

/// The calls at `path`: there may be one for each method.
pub(super) fn at(path: &str) -> impl Iterator<Item = &'static Known> {
    KNOWN.iter().filter(move |known| known.path == path)
}

/// The path that was probably meant by one that the catalogue has not.
pub(super) fn nearest(path: &str) -> Option<&'static str> {
    let most = path.len() / 5 + 1;
    let found = KNOWN.iter().map(|known| (distance_of(path, known.path), known.path)).min()?;
    Some(found.1).filter(|_| found.0 <= most)
}

/// The distance of two paths; a left out `/cgi-bin` is one mistake.
fn distance_of(typed: &str, known: &str) -> usize {
    let (typed, known) = (typed.to_ascii_lowercase(), known.to_ascii_lowercase());
    let without = known.strip_prefix("/cgi-bin").map(|rest| distance(&typed, rest) + 1);
    distance(&typed, &known).min(without.unwrap_or(usize::MAX))
}

/// Letters to add, drop, change or swap with the next one.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before = vec![0; to.len() + 1];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let change = usize::from(from[i - 1] != to[j - 1]);
            let mut best = (last[j - 1] + change).min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_known() {
        assert!(KNOWN.len() > 400, "{}", KNOWN.len());
        assert!(at("/cgi-bin/user/get").any(|known| known.method == "GET" && known.token == "account"));
        assert!(at("/sns/userinfo").all(|known| known.token == "user"));
    }

    #[test]
    fn the_path_that_was_meant_is_found() {
        for (typed, meant) in [
            ("/cgi-bin/user/gett", "/cgi-bin/user/get"),
            ("/cgi-bin/uesr/get", "/cgi-bin/user/get"),
            ("/user/get", "/cgi-bin/user/get"),
            ("/cgi-bin/menu/creat", "/cgi-bin/menu/create"),
            ("/CGI-BIN/Menu/Create", "/cgi-bin/menu/create"),
        ] {
            assert_eq!(nearest(typed), Some(meant), "{typed}");
        }
        assert_eq!(nearest("/something/quite/else"), None);
    }

    #[test]
    fn swapped_letters_are_one_mistake() {
        assert_eq!((distance("ab", "ba"), distance("", "abc"), distance("kitten", "sitting")), (1, 3, 3));
    }
}
