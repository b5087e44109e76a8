//! Rules written as in Laravel.

use proptest::prelude::*;

use crate::{Rule, string};

fn names(text: &str) -> Vec<String> {
    Rule::parse(text).unwrap().iter().map(|rule| rule.name().to_owned()).collect()
}

#[test]
fn rules_are_read_in_their_order() {
    assert_eq!(names("required|max:100|in:a,b|regex:/^x/"), ["required", "max", "in", "regex"]);
    assert_eq!(names(""), [""; 0]);
    assert_eq!(names(" required | nullable "), ["required", "nullable"]);
    assert_eq!(string("title").rules("required|max:5").rules("unique").rules.len(), 3);
}

#[test]
fn what_stands_behind_the_colon_is_read() {
    let rule = |text: &str| Rule::parse(text).unwrap().remove(0);
    assert!(matches!(rule("between:-5,10"), Rule::Between(-5, 10)));
    assert!(matches!(rule("digits_between:1,3"), Rule::DigitsBetween(1, 3)));
    assert!(matches!(rule("exists:accounts,id"), Rule::Exists(table, column) if table == "accounts" && column == "id"));
    assert!(matches!(rule("in:a, b ,\"c,d\",\"e\"\"f\""), Rule::In(words) if words == ["a", "b", "c,d", "e\"f"]));
    assert!(matches!(rule("mimes:PNG,jpg"), Rule::Mimes(kinds) if kinds == ["png", "jpg"]));
    assert!(matches!(rule("after:start_on"), Rule::After(other) if other == "start_on"));
    assert!(matches!(rule("required_with:a,b"), Rule::RequiredWith(others) if others == ["a", "b"]));
}

#[test]
fn a_pattern_may_hold_bars_and_marks() {
    let rules = Rule::parse("required|regex:/^(a|b)\\/c$/i|max:3").unwrap();
    let [Rule::Required, Rule::Regex(pattern), Rule::Max(3)] = &rules[..] else { panic!("{rules:?}") };
    assert!(pattern.is_match("B/c") && !pattern.is_match("d/c"));
    let Rule::Regex(pattern) = &Rule::parse("regex:#a|/#").unwrap()[0] else { panic!() };
    assert!(pattern.is_match("/"));
}

#[test]
fn an_error_names_the_piece_its_place_and_what_was_meant() {
    for (text, piece, offset, suggestion) in [
        ("required|mex:3", "mex:3", 9, Some("max")),
        ("requird", "requird", 0, Some("required")),
        ("必填|required", "必填", 0, None),
        ("required| alphanum", "alphanum", 10, Some("alpha_num")),
        ("nullable|after_or_equal:today", "after_or_equal:today", 9, Some("after")),
        ("required||max:3", "", 9, None),
        ("required|", "", 9, None),
        ("max", "max", 0, None),
        ("max:", "max:", 0, None),
        ("max:ten", "max:ten", 0, None),
        ("max:1.5", "max:1.5", 0, None),
        ("max:99999999999999999999", "max:99999999999999999999", 0, None),
        ("digits:-1", "digits:-1", 0, None),
        ("between:3", "between:3", 0, None),
        ("between:5,3", "between:5,3", 0, None),
        ("required:yes", "required:yes", 0, None),
        ("unique:users,email", "unique:users,email", 0, None),
        ("exists:accounts", "exists:accounts", 0, None),
        ("in:a,,b", "in:a,,b", 0, None),
        ("in:\"a", "in:\"a", 0, None),
        ("same:a,b", "same:a,b", 0, None),
        ("regex:^a$", "regex:^a$", 0, None),
        ("regex:/(/", "regex:/(/", 0, None),
        ("regex:/a/q", "regex:/a/q", 0, None),
        ("regex:/a", "regex:/a", 0, None),
    ] {
        let error = Rule::parse(text).unwrap_err();
        assert_eq!((error.piece.as_str(), error.offset, error.suggestion), (piece, offset, suggestion), "{error}");
        assert!(text[error.offset..].starts_with(piece));
        assert!(!error.reason.is_empty());
    }
    let error = Rule::parse("requird|max:3").unwrap_err();
    assert_eq!(error.to_string(), r#"rule "requird" at 0: there is no such rule; did you mean "required"?"#);
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,30}|[a-z_:|,/\"\\\\]{0,30}|regex:/[a-z|/\\\\]{0,9}") {
        if let Err(error) = Rule::parse(&text) {
            prop_assert!(text[error.offset..].starts_with(&error.piece));
        }
    }
}
