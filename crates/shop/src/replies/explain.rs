//! Why a message hits this rule and not that one, for `puzi rules test` and the admin.

use regex::RegexBuilder;

use super::{
    active::Inactive,
    book::{RuleBook, Stimulus, class, closeness, order},
    check::REGEX_SIZE,
    normalise::normalise,
    rule::{Matching, MessageKind, Rule, Trigger},
};
use crate::texts::{Locale, t};

/// Every rule of a book in the order in which they go, with what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation<'a> {
    /// Each rule once; what goes first stands first.
    pub considered: Vec<Considered<'a>>,
}

/// One rule, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Considered<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It answers.
    Wins(Hit),
    /// It matches, but another goes first.
    Beaten {
        /// How it matches.
        hit: Hit,
        /// Name of the rule that answers instead.
        by: String,
        /// Why that one goes first.
        why: Precedence,
    },
    /// It does not answer this.
    Out(Miss),
}

/// How a rule matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hit {
    /// Somebody follows.
    Follow,
    /// The scanned scene fits this one.
    Scene(String),
    /// The menu key.
    Menu(String),
    /// This word, compared so.
    Word(Matching, String),
    /// The message kind.
    Kind,
    /// Nothing more specific was asked for.
    Default,
}

/// Why one of two matching rules goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precedence {
    /// Its trigger is more specific.
    Specific,
    /// Its priority is larger.
    Priority,
    /// Its comparison is closer: exact before contains before regex, a whole scene before one with `*`.
    Closer,
    /// It is older.
    Older,
}

/// Why a rule does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    /// It is switched off.
    Disabled,
    /// It is stored but cannot be used; see [`RuleBook::problems`].
    Unusable,
    /// Its time has not come.
    NotYet,
    /// Its time is over.
    Over,
    /// Neither the hour nor the day is its own.
    OtherTime,
    /// It wants a follow.
    NotAFollow,
    /// It wants a scanned code.
    NotAScan,
    /// It wants this scene.
    OtherScene(String),
    /// It wants a menu tap.
    NotAButton,
    /// It wants this menu key.
    OtherKey(String),
    /// It wants a text.
    NoText,
    /// None of its words is there.
    NoWord(Matching),
    /// It wants a message of this kind.
    OtherKind(MessageKind),
    /// It is for messages, and this is an event.
    AnEvent,
}

impl RuleBook {
    /// Considers every rule, one after the other and without the indexes that [`RuleBook::choose`] uses; slow, and
    /// the two agree.
    pub fn explain(&self, stimulus: &Stimulus<'_>, now_ms: i64) -> Explanation<'_> {
        let mut winner: Option<&Rule> = None;
        let mut considered: Vec<_> = self
            .entries()
            .iter()
            .map(|entry| {
                let rule = &entry.rule;
                let found = look(rule, stimulus).and_then(|hit| {
                    let now = entry.window.check(now_ms, || self.clock(now_ms));
                    now.map_err(Miss::from).map(|()| hit)
                });
                let verdict = match (found, winner) {
                    (Err(miss), _) => Verdict::Out(miss),
                    (Ok(hit), None) => {
                        winner = Some(rule);
                        Verdict::Wins(hit)
                    }
                    (Ok(hit), Some(first)) => {
                        Verdict::Beaten { hit, by: first.name.clone(), why: precedence(first, rule) }
                    }
                };
                Considered { rule, verdict }
            })
            .collect();
        considered.extend(self.broken().map(|rule| Considered { rule, verdict: Verdict::Out(Miss::Unusable) }));
        Explanation { considered }
    }
}

impl<'a> Explanation<'a> {
    /// The rule that answers.
    pub fn winner(&self) -> Option<&'a Rule> {
        self.considered.iter().find(|one| matches!(one.verdict, Verdict::Wins(_))).map(|one| one.rule)
    }
}

/// Why `first` goes before `second`.
fn precedence(first: &Rule, second: &Rule) -> Precedence {
    debug_assert!(order(first) < order(second));
    if class(&first.trigger) != class(&second.trigger) {
        Precedence::Specific
    } else if first.priority != second.priority {
        Precedence::Priority
    } else if closeness(&first.trigger) != closeness(&second.trigger) {
        Precedence::Closer
    } else {
        Precedence::Older
    }
}

/// Does the rule match, whatever the time?
fn look(rule: &Rule, stimulus: &Stimulus<'_>) -> Result<Hit, Miss> {
    if !rule.enabled {
        return Err(Miss::Disabled);
    }
    match &rule.trigger {
        Trigger::Follow { .. } if !stimulus.is_follow() => Err(Miss::NotAFollow),
        Trigger::Follow { scene: None } => Ok(Hit::Follow),
        Trigger::Follow { scene: Some(pattern) } | Trigger::Scan { scene: pattern } => {
            let scene = stimulus.scanned().ok_or(Miss::NotAScan)?;
            let fits = match pattern.strip_suffix('*') {
                Some(prefix) => scene.starts_with(prefix),
                None => scene == pattern,
            };
            if fits { Ok(Hit::Scene(pattern.clone())) } else { Err(Miss::OtherScene(pattern.clone())) }
        }
        Trigger::Menu { key } => match stimulus.button() {
            None => Err(Miss::NotAButton),
            Some(tapped) if tapped == key => Ok(Hit::Menu(key.clone())),
            Some(_) => Err(Miss::OtherKey(key.clone())),
        },
        Trigger::Keyword { matching, words } => {
            let text = stimulus.text.ok_or(Miss::NoText)?;
            let word = words.iter().find(|word| word_matches(*matching, word, text)).ok_or(Miss::NoWord(*matching))?;
            Ok(Hit::Word(*matching, word.clone()))
        }
        Trigger::Kind { .. } | Trigger::Default if !stimulus.is_message() => Err(Miss::AnEvent),
        Trigger::Kind { kind } if stimulus.kind == kind.wire() => Ok(Hit::Kind),
        Trigger::Kind { kind } => Err(Miss::OtherKind(*kind)),
        Trigger::Default => Ok(Hit::Default),
    }
}

fn word_matches(matching: Matching, word: &str, text: &str) -> bool {
    match matching {
        Matching::Exact => normalise(word) == normalise(text),
        Matching::Contains => normalise(text).contains(normalise(word).as_ref()),
        Matching::Regex => RegexBuilder::new(word)
            .case_insensitive(true)
            .size_limit(REGEX_SIZE)
            .build()
            .is_ok_and(|regex| regex.is_match(text.trim())),
    }
}

impl From<Inactive> for Miss {
    fn from(inactive: Inactive) -> Self {
        match inactive {
            Inactive::NotYet => Self::NotYet,
            Inactive::Over => Self::Over,
            Inactive::OtherTime => Self::OtherTime,
        }
    }
}

impl Verdict {
    /// True for the rule that answers.
    pub fn wins(&self) -> bool {
        matches!(self, Self::Wins(_))
    }

    /// The verdict in the reader's words.
    pub fn text(&self, locale: Locale) -> String {
        match self {
            Self::Wins(hit) => t(locale, "rule_why.wins", &[("hit", hit.text(locale))]),
            Self::Beaten { hit, by, why } => {
                let why = t(locale, why.key(), &[]);
                t(locale, "rule_why.beaten", &[("hit", hit.text(locale)), ("why", why), ("by", by.clone())])
            }
            Self::Out(miss) => miss.text(locale),
        }
    }
}

impl Hit {
    fn text(&self, locale: Locale) -> String {
        let (key, what) = match self {
            Self::Follow => ("rule_why.hit_follow", None),
            Self::Scene(scene) => ("rule_why.hit_scene", Some(scene)),
            Self::Menu(key) => ("rule_why.hit_menu", Some(key)),
            Self::Word(Matching::Exact, word) => ("rule_why.hit_exact", Some(word)),
            Self::Word(Matching::Contains, word) => ("rule_why.hit_contains", Some(word)),
            Self::Word(Matching::Regex, word) => ("rule_why.hit_regex", Some(word)),
            Self::Kind => ("rule_why.hit_kind", None),
            Self::Default => ("rule_why.hit_default", None),
        };
        t(locale, key, &[("what", what.cloned().unwrap_or_default())])
    }
}

impl Precedence {
    fn key(self) -> &'static str {
        match self {
            Self::Specific => "rule_why.specific",
            Self::Priority => "rule_why.priority",
            Self::Closer => "rule_why.closer",
            Self::Older => "rule_why.older",
        }
    }
}

impl Miss {
    fn text(&self, locale: Locale) -> String {
        let (key, what) = match self {
            Self::Disabled => ("rule_why.disabled", ""),
            Self::Unusable => ("rule_why.unusable", ""),
            Self::NotYet => ("rule_why.not_yet", ""),
            Self::Over => ("rule_why.over", ""),
            Self::OtherTime => ("rule_why.other_time", ""),
            Self::NotAFollow => ("rule_why.not_a_follow", ""),
            Self::NotAScan => ("rule_why.not_a_scan", ""),
            Self::OtherScene(scene) => ("rule_why.other_scene", scene.as_str()),
            Self::NotAButton => ("rule_why.not_a_button", ""),
            Self::OtherKey(key) => ("rule_why.other_key", key.as_str()),
            Self::NoText => ("rule_why.no_text", ""),
            Self::NoWord(Matching::Exact) => ("rule_why.no_word_exact", ""),
            Self::NoWord(Matching::Contains) => ("rule_why.no_word_contains", ""),
            Self::NoWord(Matching::Regex) => ("rule_why.no_word_regex", ""),
            Self::OtherKind(kind) => ("rule_why.other_kind", kind.wire()),
            Self::AnEvent => ("rule_why.an_event", ""),
        };
        t(locale, key, &[("what", what.to_owned())])
    }
}
