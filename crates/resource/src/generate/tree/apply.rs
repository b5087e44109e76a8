//! Lines put into texts and taken out of them. A line is compared without its indentation.

use crate::generate::Anchor;

/// How often `line` stands in `text`.
pub(super) fn count(text: &str, line: &str) -> usize {
    text.split('\n').filter(|it| it.trim() == line).count()
}

/// `text` with `line` where the anchor says; `None` when there is no such place. In a room, which may have no lines of
/// this kind yet, a sorted line may also be the first one.
pub(super) fn insert(text: &str, line: &str, at: &Anchor, is_room: bool) -> Option<String> {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let place = place(&lines, line, at).or_else(|| is_room.then(|| below_the_head(&lines)))?;
    // A file keeps its own line ends.
    let end = if lines.first().is_some_and(|first| first.ends_with('\r')) { "\r" } else { "" };
    let new = format!("{}{line}{end}", place.indent);
    let mut added = vec![new.as_str()];
    if place.blank_before {
        added.insert(0, end);
    }
    if place.blank_after {
        added.push(end);
    }
    lines.splice(place.at..place.at, added);
    Some(lines.join("\n"))
}

/// `text` without `line`; `None` unless it stands there exactly once.
pub(super) fn remove(text: &str, line: &str) -> Option<String> {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let mut places = (0..lines.len()).filter(|at| lines[*at].trim() == line);
    let (place, None) = (places.next()?, places.next()) else { return None };
    lines.remove(place);
    Some(lines.join("\n"))
}

/// `text` with `to` for `from`; `None` unless that stands there exactly once.
pub(super) fn replace(text: &str, from: &str, to: &str) -> Option<String> {
    let at = only(text, from)?;
    Some([&text[..at], to, &text[at + from.len()..]].concat())
}

/// Whether `part` stands in `text` exactly once.
pub(super) fn stands_once(text: &str, part: &str) -> bool {
    only(text, part).is_some()
}

fn only(text: &str, part: &str) -> Option<usize> {
    text.find(part).filter(|at| !part.is_empty() && text.rfind(part) == Some(*at))
}

/// What of `before` became what of `after`: whole lines, and as many neighbours as make both the only such text.
/// `None` when nothing changed.
pub(super) fn change(before: &str, after: &str) -> Option<(String, String)> {
    let (old, new) = (pieces(before), pieces(after));
    let mut head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - head;
    let mut tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    if head + tail == old.len() && old.len() == new.len() {
        return None;
    }
    loop {
        let part = |all: &[&str]| all[head..all.len() - tail].concat();
        let (from, to) = (part(&old), part(&new));
        if (stands_once(before, &from) && stands_once(after, &to)) || (head == 0 && tail == 0) {
            return Some((from, to));
        }
        head = head.saturating_sub(1);
        tail = tail.saturating_sub(1);
    }
}

fn pieces(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Where a line goes.
struct Spot {
    at: usize,
    indent: String,
    blank_before: bool,
    blank_after: bool,
}

impl Spot {
    fn new(at: usize, indent: &str) -> Self {
        Self { at, indent: indent.to_owned(), blank_before: false, blank_after: false }
    }
}

fn place(lines: &[&str], line: &str, at: &Anchor) -> Option<Spot> {
    let begins = |at: usize, prefix: &str| lines[at].trim_start().starts_with(prefix);
    match at {
        Anchor::Sorted(prefix) => {
            let first = (0..lines.len()).find(|at| begins(*at, prefix))?;
            let end = (first..lines.len()).find(|at| !begins(*at, prefix)).unwrap_or(lines.len());
            let at = (first..end).find(|at| lines[*at].trim() > line).unwrap_or(end);
            Some(Spot::new(at, indent(lines[first])))
        }
        Anchor::After(prefix) => {
            let last = (0..lines.len()).rfind(|at| begins(*at, prefix))?;
            Some(Spot::new(last + 1, indent(lines[last])))
        }
        Anchor::Before { from, until } => {
            let start = lines.iter().position(|it| it.contains(from.as_str()))?;
            let end = (start + 1..lines.len()).find(|at| begins(*at, until))?;
            let neighbour = (start + 1..end).rfind(|at| !lines[*at].trim().is_empty());
            let deeper = format!("{}    ", indent(lines[end]));
            Some(Spot::new(end, neighbour.map_or(&deeper, |at| indent(lines[at]))))
        }
    }
}

/// Below what a file says of itself, with an empty line on either side.
fn below_the_head(lines: &[&str]) -> Spot {
    let of_head = |it: &&str| it.trim().is_empty() || it.starts_with("//") || it.starts_with("#![");
    let head = lines.iter().take_while(|it| of_head(it)).count();
    let at = (0..head).rfind(|at| !lines[*at].trim().is_empty()).map_or(0, |last| last + 1);
    let has_more = head < lines.len();
    Spot { blank_before: at > 0, blank_after: at == 0 && has_more, ..Spot::new(at, "") }
}

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(prefix: &str) -> Anchor {
        Anchor::Sorted(prefix.into())
    }

    fn before(from: &str, until: &str) -> Anchor {
        Anchor::Before { from: from.into(), until: until.into() }
    }

    fn put(text: &str, line: &str, at: &Anchor) -> String {
        let with = insert(text, line, at, false).unwrap();
        assert_eq!(remove(&with, line).as_deref(), Some(text), "and back");
        with
    }

    #[test]
    fn a_sorted_line_goes_into_the_first_run() {
        let text = "use x;\n\nmod a;\nmod c;\n\nfn f() {}\nmod tests;\n";
        assert_eq!(put(text, "mod b;", &sorted("mod ")), text.replace("mod c;", "mod b;\nmod c;"));
        assert_eq!(put(text, "mod z;", &sorted("mod ")), text.replace("mod c;\n", "mod c;\nmod z;\n"));
        assert_eq!(put("  mod b;", "mod a;", &sorted("mod ")), "  mod a;\n  mod b;");
        assert_eq!(put("  mod b;", "mod c;", &sorted("mod ")), "  mod b;\n  mod c;");
        assert_eq!(insert(text, "pub mod b;", &sorted("pub mod "), false), None);
    }

    #[test]
    fn a_line_goes_after_the_last_of_its_kind() {
        let text = "vec![\n    Box::new(a),\n    Box::new(b),\n]\n";
        let with = put(text, "Box::new(A),", &Anchor::After("Box::new(".into()));
        assert_eq!(with, "vec![\n    Box::new(a),\n    Box::new(b),\n    Box::new(A),\n]\n");
    }

    #[test]
    fn a_line_goes_last_in_a_region() {
        let text = "const A: &[u8] = &[\n    1,\n];\nconst B: &[u8] = &[\n    2,\n    (\n        3,\n    ),\n];\n";
        assert_eq!(put(text, "4,", &before("const B", "]")), text.replace("    ),\n", "    ),\n    4,\n"));
        assert_eq!(put(text, "4,", &before("const A", "]")), text.replace("    1,\n", "    1,\n    4,\n"));
        assert_eq!(put("fn f() {\n}\n", "g();", &before("fn f", "}")), "fn f() {\n    g();\n}\n");
        assert_eq!(insert(text, "4,", &before("const C", "]"), false), None);
        assert_eq!(insert("const A = [];\n", "4,", &before("const A", "]"), false), None);
    }

    #[test]
    fn a_room_takes_its_first_line_below_its_head() {
        let first = |text| insert(text, "mod a;", &sorted("mod "), true).unwrap();
        assert_eq!(first("//! A room.\n"), "//! A room.\n\nmod a;\n");
        assert_eq!(first("//! A room.\n\nuse b;\n"), "//! A room.\n\nmod a;\n\nuse b;\n");
        assert_eq!(first("use b;\n"), "mod a;\n\nuse b;\n");
        assert_eq!(first(""), "mod a;\n");
    }

    #[test]
    fn line_ends_stay_as_they_are() {
        assert_eq!(put("mod a;\r\nmod c;\r\n", "mod b;", &sorted("mod ")), "mod a;\r\nmod b;\r\nmod c;\r\n");
    }

    #[test]
    fn only_what_stands_once_is_taken_out_or_replaced() {
        assert_eq!(remove("a\nb\n  a\n", "a"), None);
        assert_eq!(remove("b\n", "a"), None);
        assert_eq!(remove("b\n    a\nc", "a").as_deref(), Some("b\nc"));
        assert_eq!(replace("xabx", "ab", "c").as_deref(), Some("xcx"));
        assert_eq!((replace("aaa", "aa", "b"), replace("a", "", "b")), (None, None));
        assert_eq!(count("a\n a \nab\n", "a"), 2);
    }

    #[test]
    fn a_change_is_as_small_as_it_can_be_found_again() {
        let tests = [
            ("a\nb\nc\n", "a\nB\nc\n", "b\n", "B\n"),
            ("a\nb\nc\n", "a\nb\nb2\nc\n", "b\nc\n", "b\nb2\nc\n"),
            ("a\n}\nb\n}\n", "a\n}\nb\n", "b\n}\n", "b\n"),
            ("", "a\n", "", "a\n"),
        ];
        for (before, after, from, to) in tests {
            assert_eq!(change(before, after), Some((from.into(), to.into())), "{before:?}");
            if !before.is_empty() {
                assert_eq!(replace(after, to, from).as_deref(), Some(before));
            }
        }
        assert_eq!(change("a\n", "a\n"), None);
    }
}
