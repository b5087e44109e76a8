//! Rules to begin with.

use puzi_shop::{
    replies::{Active, Answer, Draft, Matching, Trigger, Weekday},
    texts::Locale,
};

use crate::texts::say;

/// The names of the examples, in the order in which they are offered.
pub(super) const NAMES: [&str; 4] = ["welcome", "hours", "person", "default"];

/// The example of this name, in the reader's language.
pub(super) fn find(name: &str, locale: Locale) -> Option<Draft> {
    NAMES.contains(&name).then(|| make(name, locale))
}

fn make(name: &str, locale: Locale) -> Draft {
    let text = |part: &str| say(locale, &format!("rules.examples.{name}.{part}"), &[]);
    let keyword =
        |matching| Trigger::Keyword { matching, words: text("words").split_whitespace().map(str::to_owned).collect() };
    let (trigger, answer) = match name {
        "welcome" => (Trigger::Follow { scene: None }, Answer::text(text("text"))),
        "hours" => (keyword(Matching::Contains), Answer::text(text("text"))),
        "person" => (keyword(Matching::Exact), Answer::HandOver { kf_account: None }),
        _ => (Trigger::Default, Answer::text(text("text"))),
    };
    let draft = Draft::new(text("name"), trigger, answer);
    if name != "person" {
        return draft;
    }
    let weekdays = vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
    let daily = "09:00-18:00".parse().ok().into_iter().collect();
    draft.active(Active { daily, weekdays, ..Active::default() })
}

#[cfg(test)]
mod tests {
    use puzi_shop::replies::{Guard, check};

    use super::*;

    #[test]
    fn every_example_can_be_saved_as_it_is() {
        for locale in Locale::ALL {
            for name in NAMES {
                let draft = find(name, locale).unwrap();
                assert_eq!(check(&draft, &Guard::default()), [], "{name}");
                assert!(!draft.name.contains("rules."), "{name} has no text");
            }
        }
        assert_eq!(find("other", Locale::En), None);
    }
}
