//! Rules in plain words.

use puzi_shop::{
    replies::{Active, Answer, Matching, MessageKind, Trigger, Weekday},
    texts::Locale,
};

use crate::texts::say;

/// A short text of an answer in a list, in characters.
const EXCERPT: usize = 80;

/// What something is, and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// “关键词完全一致”.
    pub(super) what: String,
    /// The words, the key, the scene.
    pub(super) parts: Vec<String>,
}

fn plain(locale: Locale, key: &str) -> String {
    say(locale, key, &[])
}

/// When a rule answers.
pub(super) fn trigger(locale: Locale, trigger: &Trigger) -> Words {
    let (key, parts) = match trigger {
        Trigger::Follow { scene: None } => ("follow", vec![]),
        Trigger::Follow { scene: Some(scene) } => ("follow_scene", vec![scene.clone()]),
        Trigger::Default => ("default", vec![]),
        Trigger::Keyword { matching, words } => (matching_word(*matching), words.clone()),
        Trigger::Menu { key } => ("menu", vec![key.clone()]),
        Trigger::Scan { scene } => ("scan", vec![scene.clone()]),
        Trigger::Kind { kind } => ("kind", vec![message_kind(locale, *kind)]),
    };
    Words { what: plain(locale, &format!("rules.on.{key}")), parts }
}

/// The word of a comparison in texts and forms.
pub(super) fn matching_word(matching: Matching) -> &'static str {
    match matching {
        Matching::Exact => "exact",
        Matching::Contains => "contains",
        Matching::Regex => "regex",
    }
}

/// A message kind as people call it.
pub(super) fn message_kind(locale: Locale, kind: MessageKind) -> String {
    plain(locale, &format!("rules.kinds.{}", kind.wire()))
}

/// What a rule answers.
pub(super) fn answer(locale: Locale, answer: &Answer) -> Words {
    let what = plain(locale, &format!("rules.answers.{}", answer.word()));
    let text = match answer {
        Answer::Text { content } => content.clone(),
        Answer::Video { title, .. } | Answer::Music { title, .. } => title.clone(),
        Answer::News { articles } => articles.iter().map(|one| one.title.as_str()).collect::<Vec<_>>().join(" / "),
        Answer::OneOf { answers } => {
            let inner: Vec<_> = answers.iter().flat_map(|one| self::answer(locale, one).parts).collect();
            inner.join(" / ")
        }
        Answer::HandOver { kf_account } => kf_account.clone().unwrap_or_default(),
        Answer::Webhook { url, .. } => url.clone(),
        Answer::Image { .. } | Answer::Voice { .. } | Answer::Nothing => String::new(),
    };
    let text = excerpt(&text);
    Words { what, parts: if text.is_empty() { vec![] } else { vec![text] } }
}

/// The beginning of a text, on one line.
pub(super) fn excerpt(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = line.join(" ");
    if line.chars().count() <= EXCERPT {
        return line;
    }
    line.chars().take(EXCERPT).chain(['…']).collect()
}

/// When a rule is in force; empty when always.
pub(super) fn active(locale: Locale, active: &Active) -> String {
    let mut parts = Vec::new();
    let moment = |at: &jiff::civil::DateTime| at.strftime("%Y-%m-%d %H:%M").to_string();
    match (&active.from, &active.until) {
        (Some(from), Some(until)) => parts.push(format!("{} – {}", moment(from), moment(until))),
        (Some(from), None) => parts.push(say(locale, "rules.active.from", &[("at", moment(from))])),
        (None, Some(until)) => parts.push(say(locale, "rules.active.until", &[("at", moment(until))])),
        (None, None) => {}
    }
    if !active.weekdays.is_empty() {
        let days: Vec<_> = WEEKDAYS.iter().filter(|(day, _)| active.weekdays.contains(day)).collect();
        parts.push(days.iter().map(|(_, word)| weekday(locale, word)).collect::<Vec<_>>().join(" "));
    }
    if !active.daily.is_empty() {
        parts.push(active.daily.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    }
    parts.join(" · ")
}

/// The days with their words in forms.
pub(super) const WEEKDAYS: [(Weekday, &str); 7] = [
    (Weekday::Mon, "mon"),
    (Weekday::Tue, "tue"),
    (Weekday::Wed, "wed"),
    (Weekday::Thu, "thu"),
    (Weekday::Fri, "fri"),
    (Weekday::Sat, "sat"),
    (Weekday::Sun, "sun"),
];

/// A day's short name.
pub(super) fn weekday(locale: Locale, word: &str) -> String {
    plain(locale, &format!("rules.weekdays.{word}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_at_random_tells_of_its_parts() {
        let answer = Answer::OneOf { answers: vec![Answer::text("一\n二"), Answer::Nothing, Answer::text("三")] };
        let words = super::answer(Locale::ZhCn, &answer);
        assert_eq!(words, Words { what: "随机一条".into(), parts: vec!["一 二 / 三".into()] });
    }

    #[test]
    fn times_are_said_shortly() {
        let active = Active {
            from: Some("2026-11-01T09:00".parse().unwrap()),
            daily: vec!["09:00-12:00".parse().unwrap(), "14:00-18:00".parse().unwrap()],
            weekdays: vec![Weekday::Sat, Weekday::Mon],
            ..Active::default()
        };
        assert_eq!(super::active(Locale::ZhCn, &active), "2026-11-01 09:00 起 · 周一 周六 · 09:00-12:00 14:00-18:00");
        assert_eq!(super::active(Locale::En, &Active::default()), "");
    }
}
