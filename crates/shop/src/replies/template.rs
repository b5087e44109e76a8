//! Placeholders in answers.
//!
//! | written | becomes |
//! |---|---|
//! | `{nickname}` | the follower's nickname; unknown: `朋友` |
//! | `{nickname\|客官}` | the nickname; unknown: `客官` |
//! | `{time}` | `14:05` |
//! | `{date}` | `2026年11月22日`, in English `2026-11-22` |
//! | `{greeting}` | `下午好`, by the hour |
//! | `{account}` | the account's name |
//! | `{{`, `}}` | `{`, `}` |

use std::fmt::Write;

use jiff::tz::TimeZone;

use super::active::WallClock;
use crate::texts::{Locale, t};

/// The most that WeChat takes as a text reply, in UTF-8 bytes. Its documents name 2,048; a reply of exactly that
/// many is reported to fail, so one less.
pub const TEXT_LIMIT: usize = 2_047;

/// Room kept for a nickname when a text is measured, in bytes: WeChat's nicknames have at most 32 characters.
const NICKNAME_ROOM: usize = 96;

/// Where and how an account answers: what placeholders and times of the day need.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The zone of the account's clock.
    pub timezone: TimeZone,
    /// The account's name, for `{account}`.
    pub account: String,
    /// The language of `{greeting}`, `{date}` and of a missing nickname.
    pub locale: Locale,
}

impl Setting {
    /// The setting of an account that speaks Chinese, with the zone by its name, such as `Asia/Shanghai`.
    ///
    /// # Errors
    /// When no zone has that name. The zones are compiled in; the machine needs none.
    pub fn new(timezone: &str, account: impl Into<String>) -> Result<Self, jiff::Error> {
        Ok(Self { timezone: TimeZone::get(timezone)?, account: account.into(), locale: Locale::ZhCn })
    }
}

/// What the placeholders of one answer stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) setting: &'a Setting,
    pub(super) now_ms: i64,
    pub(super) nickname: Option<&'a str>,
}

/// A text, taken apart once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Literal(String),
    Nickname { fallback: Option<String> },
    Time,
    Date,
    Greeting,
    Account,
}

/// What is wrong with a template; `at` counts characters from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TemplateFault {
    Unknown { name: String, at: usize },
    Unclosed { at: usize },
    Lone { at: usize },
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, TemplateFault> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut chars = text.char_indices().peekable();
        let mut place = 0;
        while let Some((start, c)) = chars.next() {
            place += 1;
            match c {
                '{' | '}' if chars.peek().is_some_and(|(_, next)| *next == c) => {
                    chars.next();
                    place += 1;
                    literal.push(c);
                }
                '}' => return Err(TemplateFault::Lone { at: place }),
                '{' => {
                    let inside = &text[start + 1..];
                    let end = inside.find(['}', '{', '\n']).filter(|end| inside[*end..].starts_with('}'));
                    let name = &inside[..end.ok_or(TemplateFault::Unclosed { at: place })?];
                    let part =
                        Part::parse(name).ok_or_else(|| TemplateFault::Unknown { name: name.to_owned(), at: place })?;
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal)));
                    }
                    parts.push(part);
                    let skipped = name.chars().count() + 1;
                    chars.nth(skipped - 1);
                    place += skipped;
                }
                _ => literal.push(c),
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self { parts })
    }

    /// The whole text when it holds no placeholder.
    pub(super) fn constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    pub(super) fn needs_nickname(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Nickname { .. }))
    }

    /// The longest that it can become, in bytes, for an account name of `account` bytes.
    pub(super) fn longest(&self, account: usize) -> usize {
        let length = |part: &Part| match part {
            Part::Literal(text) => text.len(),
            Part::Nickname { fallback } => NICKNAME_ROOM.max(fallback.as_ref().map_or(0, String::len)),
            Part::Time => "00:00".len(),
            Part::Date => "2026年11月22日".len(),
            Part::Greeting => "Good afternoon".len(),
            Part::Account => account,
        };
        self.parts.iter().map(length).sum()
    }

    pub(super) fn render(&self, facts: Facts<'_>) -> String {
        let clock = WallClock::at(facts.now_ms, &facts.setting.timezone);
        let mut out = String::with_capacity(self.longest(facts.setting.account.len()));
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Nickname { fallback } => {
                    match (facts.nickname.filter(|name| !name.trim().is_empty()), fallback) {
                        (Some(name), _) => out.push_str(name),
                        (None, Some(fallback)) => out.push_str(fallback),
                        (None, None) => out.push_str(&t(facts.setting.locale, "rules.nobody", &[])),
                    }
                }
                Part::Time => {
                    write!(out, "{:02}:{:02}", clock.minute / 60, clock.minute % 60).expect("a String takes all");
                }
                Part::Date => out.push_str(&date(facts)),
                Part::Greeting => out.push_str(&t(facts.setting.locale, greeting(clock.minute / 60), &[])),
                Part::Account => out.push_str(&facts.setting.account),
            }
        }
        // Only a nickname longer than WeChat has them can get here: the text was measured when it was saved.
        out.truncate(out.floor_char_boundary(TEXT_LIMIT));
        out
    }
}

impl Part {
    fn parse(name: &str) -> Option<Self> {
        if let Some(("nickname", fallback)) = name.split_once('|') {
            return Some(Self::Nickname { fallback: Some(fallback.to_owned()) });
        }
        Some(match name {
            "nickname" => Self::Nickname { fallback: None },
            "time" => Self::Time,
            "date" => Self::Date,
            "greeting" => Self::Greeting,
            "account" => Self::Account,
            _ => return None,
        })
    }
}

fn date(facts: Facts<'_>) -> String {
    let now = jiff::Timestamp::from_millisecond(facts.now_ms).unwrap_or_default();
    let date = now.to_zoned(facts.setting.timezone.clone()).date();
    match facts.setting.locale {
        Locale::ZhCn => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Locale::En => date.to_string(),
    }
}

fn greeting(hour: u16) -> &'static str {
    match hour {
        5..9 => "rules.good_early_morning",
        9..12 => "rules.good_morning",
        12..14 => "rules.good_noon",
        14..18 => "rules.good_afternoon",
        18..23 => "rules.good_evening",
        _ => "rules.good_night",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn render(text: &str, local: &str, nickname: Option<&str>) -> String {
        let setting = Setting::new("Asia/Shanghai", "铺子茶铺").unwrap();
        let now = local.parse::<jiff::civil::DateTime>().unwrap().to_zoned(setting.timezone.clone()).unwrap();
        let facts = Facts { setting: &setting, now_ms: now.timestamp().as_millisecond(), nickname };
        Template::parse(text).unwrap().render(facts)
    }

    #[test]
    fn placeholders_become_what_they_stand_for() {
        let now = "2026-11-22T14:05";
        for (text, nickname, seen) in [
            ("{nickname}，{greeting}！", Some("小明"), "小明，下午好！"),
            ("{nickname}，欢迎", None, "朋友，欢迎"),
            ("{nickname|客官}，欢迎", None, "客官，欢迎"),
            ("{nickname|客官}，欢迎", Some("  "), "客官，欢迎"),
            ("{nickname|}欢迎", None, "欢迎"),
            ("现在是{date}{time}", None, "现在是2026年11月22日14:05"),
            ("{account}的{{nickname}}", None, "铺子茶铺的{nickname}"),
            ("{{{account}}}", None, "{铺子茶铺}"),
            ("", None, ""),
        ] {
            assert_eq!(render(text, now, nickname), seen, "{text}");
        }
    }

    #[test]
    fn every_hour_has_its_greeting() {
        for (hour, word) in
            [(0, "夜深了"), (5, "早上好"), (9, "上午好"), (12, "中午好"), (18, "晚上好"), (23, "夜深了")]
        {
            assert_eq!(render("{greeting}", &format!("2026-11-22T{hour:02}:30"), None), word);
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let fault = |text: &str| Template::parse(text).unwrap_err();
        assert_eq!(fault("你好{nick}"), TemplateFault::Unknown { name: "nick".into(), at: 3 });
        assert_eq!(fault("{time|x}"), TemplateFault::Unknown { name: "time|x".into(), at: 1 });
        assert_eq!(fault("{}"), TemplateFault::Unknown { name: String::new(), at: 1 });
        assert_eq!(fault("你{nickname"), TemplateFault::Unclosed { at: 2 });
        assert_eq!(fault("{nickname {time}"), TemplateFault::Unclosed { at: 1 });
        assert_eq!(fault("{{好}"), TemplateFault::Lone { at: 4 });
        assert_eq!(fault("{time}好}"), TemplateFault::Lone { at: 8 });
    }

    #[test]
    fn only_a_text_with_placeholders_is_work() {
        assert_eq!(Template::parse("营业 {{9}} 点").unwrap().constant(), Some("营业 {9} 点"));
        assert_eq!(Template::parse("{time}").unwrap().constant(), None);
        assert!(Template::parse("{nickname}").unwrap().needs_nickname());
        assert!(!Template::parse("{time}").unwrap().needs_nickname());
    }

    #[test]
    fn an_endless_nickname_is_cut_between_characters() {
        let text = render("你好{nickname}", "2026-11-22T14:05", Some(&"茶".repeat(2_000)));
        assert_eq!(text.len(), TEXT_LIMIT - TEXT_LIMIT % 3);
    }

    proptest! {
        #[test]
        fn an_escaped_text_comes_back_whole(text in "[a-z你好{}|]{0,30}") {
            let escaped = text.replace('{', "{{").replace('}', "}}");
            let template = Template::parse(&escaped).unwrap();
            prop_assert_eq!(template.constant(), Some(text.as_str()));
        }

        #[test]
        fn no_text_breaks_the_parser(text in "\\PC{0,60}") {
            let _ = Template::parse(&text);
        }
    }
}
