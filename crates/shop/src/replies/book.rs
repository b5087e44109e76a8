//! The rules of one account, compiled for the callback's hot path.
//!
//! # Which rule wins
//!
//! Of the rules that match, are enabled and in force:
//!
//! 1. by how specific the trigger is: a follow with a scene, a keyword, a menu key; then a scanned scene (a follow by a
//!    scanned code finds it, too); then any follow, a message kind; then the default, which answers ordinary messages
//!    and no events;
//! 2. then the larger priority;
//! 3. then the closer comparison: exact, before contains (or a scene with `*`), before a regular expression;
//! 4. then the older rule (the smaller id).
//!
//! No two rules stand equal, so rules are sorted by this once and the first match is the winner.

use std::{borrow::Cow, cell::OnceCell, cmp::Reverse, collections::HashMap};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::{RegexSet, RegexSetBuilder};

use super::{
    active::{WallClock, Window},
    check,
    normalise::normalise,
    plan::{Choice, Prepared},
    rule::{Matching, MessageKind, Rule, Trigger},
    template::Setting,
};
use crate::error::Problem;

/// Bytes that one set of compiled patterns may take; one pattern alone may take [`check::REGEX_SIZE`].
const REGEXES_SIZE: usize = 16 << 20;

/// Bytes of words up to which they are searched by a table.
const DENSE_WORDS: usize = 4 << 10;

/// What rules look at in a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stimulus<'a> {
    /// WeChat's `MsgType`.
    pub kind: &'a str,
    /// The text of a text message, or what a voice message was heard to say.
    pub text: Option<&'a str>,
    /// WeChat's `Event`.
    pub event: Option<&'a str>,
    /// WeChat's `EventKey`.
    pub event_key: Option<&'a str>,
    /// The scene of a scanned code, without `qrscene_`.
    pub scene: Option<&'a str>,
}

impl<'a> Stimulus<'a> {
    /// A text message.
    pub fn text(text: &'a str) -> Self {
        Self { kind: "text", text: Some(text), ..Self::default() }
    }

    /// An ordinary message of another kind.
    pub fn kind(kind: &'a str) -> Self {
        Self { kind, ..Self::default() }
    }

    /// Somebody follows, perhaps by a scanned code.
    pub fn follow(scene: Option<&'a str>) -> Self {
        Self { kind: "event", event: Some("subscribe"), scene, ..Self::default() }
    }

    /// A follower scans a code.
    pub fn scan(scene: &'a str) -> Self {
        Self { kind: "event", event: Some("SCAN"), event_key: Some(scene), scene: Some(scene), ..Self::default() }
    }

    /// A tap on a menu button.
    pub fn tap(key: &'a str) -> Self {
        Self { kind: "event", event: Some("CLICK"), event_key: Some(key), ..Self::default() }
    }

    pub(super) fn is_event(&self, name: &str) -> bool {
        // SCAN arrives in either case, depending on the sender.
        self.event.is_some_and(|event| event.eq_ignore_ascii_case(name))
    }

    pub(super) fn is_follow(&self) -> bool {
        self.is_event("subscribe")
    }

    /// The scanned scene of a follow or a scan.
    pub(super) fn scanned(&self) -> Option<&'a str> {
        self.scene.filter(|_| self.is_follow() || self.is_event("SCAN"))
    }

    /// The key of the menu button that caused this. A `VIEW` carries an address instead, and wants no answer.
    pub(super) fn button(&self) -> Option<&'a str> {
        const BUTTONS: [&str; 7] = [
            "CLICK",
            "scancode_waitmsg",
            "scancode_push",
            "pic_sysphoto",
            "pic_photo_or_album",
            "pic_weixin",
            "location_select",
        ];
        self.event_key.filter(|_| BUTTONS.iter().any(|name| self.is_event(name)))
    }

    /// True for what a person sends, false for events of every sort.
    pub(super) fn is_message(&self) -> bool {
        self.event.is_none() && !matches!(self.kind, "event" | "device_event")
    }
}

/// A stored rule that cannot be used and is left out of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleProblem {
    /// The rule's id.
    pub rule_id: i64,
    /// The rule's name.
    pub name: String,
    /// What is wrong, by field.
    pub problems: Vec<Problem>,
}

pub(super) struct Entry {
    pub(super) rule: Rule,
    pub(super) window: Window,
    prepared: Prepared,
}

/// The rules of one account, ready to answer. Immutable: a change makes a new book.
pub struct RuleBook {
    setting: Setting,
    /// In the order of the module's documentation.
    entries: Vec<Entry>,
    broken: Vec<(Rule, RuleProblem)>,
    index: Index,
}

impl std::fmt::Debug for RuleBook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuleBook").field("rules", &self.entries.len()).field("broken", &self.broken.len()).finish()
    }
}

type Places = Vec<u32>;

/// Where to look for which stimulus; every number is a place in [`RuleBook::entries`], and lists ascend.
#[derive(Default)]
struct Index {
    follow: Places,
    follow_scene: Scenes,
    scan: Scenes,
    menu: HashMap<String, Places>,
    exact: HashMap<String, Places>,
    contains: Option<AhoCorasick>,
    /// By pattern of `contains`.
    contains_places: Places,
    /// Sets of patterns, each with the places by pattern. One set, unless it would grow too large.
    regexes: Vec<(RegexSet, Places)>,
    /// By [`MessageKind`].
    kinds: [Places; MessageKind::ALL.len()],
    default: Places,
}

#[derive(Default)]
struct Scenes {
    exact: HashMap<String, Places>,
    prefixes: Vec<(String, u32)>,
}

impl Scenes {
    fn add(&mut self, pattern: &str, place: u32) {
        match pattern.strip_suffix('*') {
            Some(prefix) => self.prefixes.push((prefix.to_owned(), place)),
            None => self.exact.entry(pattern.to_owned()).or_default().push(place),
        }
    }

    fn find(&self, scene: &str) -> impl Iterator<Item = u32> {
        let exact = self.exact.get(scene).into_iter().flatten().copied();
        exact.chain(self.prefixes.iter().filter(|(prefix, _)| scene.starts_with(prefix)).map(|(_, place)| *place))
    }
}

impl RuleBook {
    /// Compiles the rules of one account. A stored rule that cannot be used (written by a later version, say) is left
    /// out and reported by [`RuleBook::problems`]: it must not silence the others.
    pub fn compile(rules: impl IntoIterator<Item = Rule>, setting: Setting) -> Self {
        let mut entries = Vec::new();
        let mut broken = Vec::new();
        for rule in rules {
            let problems = check::unusable(&rule, &setting);
            if problems.is_empty()
                && let (Ok(window), Ok(prepared)) =
                    (Window::new(&rule.active, &setting.timezone), Prepared::new(&rule.answer, rule.id))
            {
                entries.push(Entry { rule, window, prepared });
            } else {
                let problem = RuleProblem { rule_id: rule.id, name: rule.name.clone(), problems };
                broken.push((rule, problem));
            }
        }
        entries.sort_by_cached_key(|entry| order(&entry.rule));
        let index = Index::new(&entries);
        Self { setting, entries, broken, index }
    }

    /// The rules that were left out.
    pub fn problems(&self) -> impl Iterator<Item = &RuleProblem> {
        self.broken.iter().map(|(_, problem)| problem)
    }

    /// How many rules there are, disabled and unusable ones included.
    pub fn len(&self) -> usize {
        self.entries.len() + self.broken.len()
    }

    /// True when there is no rule at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rule that answers, at `now_ms` (Unix milliseconds).
    pub fn choose(&self, stimulus: &Stimulus<'_>, now_ms: i64) -> Choice<'_> {
        let mut search = Search { book: self, now_ms, clock: OnceCell::new(), best: u32::MAX };
        search.run(stimulus);
        let chosen = self.entries.get(search.best as usize).map(|entry| (&entry.rule, &entry.prepared));
        Choice { chosen, setting: &self.setting, now_ms }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn broken(&self) -> impl Iterator<Item = &Rule> {
        self.broken.iter().map(|(rule, _)| rule)
    }

    pub(super) fn clock(&self, now_ms: i64) -> WallClock {
        WallClock::at(now_ms, &self.setting.timezone)
    }
}

/// The order of rules: see the module's documentation. Smaller goes first.
pub(super) fn order(rule: &Rule) -> (u8, Reverse<i32>, u8, i64) {
    (class(&rule.trigger), Reverse(rule.priority), closeness(&rule.trigger), rule.id)
}

/// Smaller is more specific.
pub(super) fn class(trigger: &Trigger) -> u8 {
    match trigger {
        Trigger::Follow { scene: Some(_) } | Trigger::Keyword { .. } | Trigger::Menu { .. } => 0,
        Trigger::Scan { .. } => 1,
        Trigger::Follow { scene: None } | Trigger::Kind { .. } => 2,
        Trigger::Default => 3,
    }
}

/// Smaller is closer.
pub(super) fn closeness(trigger: &Trigger) -> u8 {
    match trigger {
        Trigger::Keyword { matching: Matching::Contains, .. } => 1,
        Trigger::Keyword { matching: Matching::Regex, .. } => 2,
        Trigger::Follow { scene: Some(scene) } | Trigger::Scan { scene } => u8::from(scene.ends_with('*')),
        _ => 0,
    }
}

impl Index {
    fn new(entries: &[Entry]) -> Self {
        let mut index = Self::default();
        let (mut contains, mut regexes) = (Vec::new(), Vec::new());
        for (place, entry) in (0_u32..).zip(entries) {
            if !entry.rule.enabled {
                continue;
            }
            match &entry.rule.trigger {
                Trigger::Follow { scene: None } => index.follow.push(place),
                Trigger::Follow { scene: Some(scene) } => index.follow_scene.add(scene, place),
                Trigger::Scan { scene } => index.scan.add(scene, place),
                Trigger::Menu { key } => index.menu.entry(key.clone()).or_default().push(place),
                Trigger::Kind { kind } => index.kinds[*kind as usize].push(place),
                Trigger::Default => index.default.push(place),
                Trigger::Keyword { matching: Matching::Exact, words } => {
                    for word in words {
                        index.exact.entry(normalise(word).into_owned()).or_default().push(place);
                    }
                }
                Trigger::Keyword { matching: Matching::Contains, words } => {
                    contains.extend(words.iter().map(|word| normalise(word)));
                    index.contains_places.extend(words.iter().map(|_| place));
                }
                Trigger::Keyword { matching: Matching::Regex, words } => {
                    regexes.extend(words.iter().map(|word| (word.as_str(), place)));
                }
            }
        }
        if !contains.is_empty() {
            index.contains = Some(automaton(&contains));
        }
        index.regexes = regex_sets(&regexes);
        index
    }
}

/// Finds all words in one scan.
fn automaton(words: &[Cow<'_, str>]) -> AhoCorasick {
    let size: usize = words.iter().map(|word| word.len()).sum();
    // A table of transitions needs two thirds of the time and takes up to 1 KB for each byte of the words.
    let kind = (size <= DENSE_WORDS).then_some(AhoCorasickKind::DFA);
    let built = AhoCorasick::builder().kind(kind).build(words.iter().map(|word| word.as_bytes()));
    built.expect("the store's limits keep the words far below 4 GB")
}

/// One scan tells which of a set's patterns match, so few sets are better than many.
fn regex_sets(patterns: &[(&str, u32)]) -> Vec<(RegexSet, Places)> {
    if patterns.is_empty() {
        return Vec::new();
    }
    let built = RegexSetBuilder::new(patterns.iter().map(|(pattern, _)| pattern))
        .case_insensitive(true)
        .size_limit(REGEXES_SIZE)
        .build();
    match built {
        Ok(set) => vec![(set, patterns.iter().map(|(_, place)| *place).collect())],
        // A pattern that compiled alone within a smaller limit: nothing is lost but what cannot happen.
        Err(_) if patterns.len() == 1 => Vec::new(),
        Err(_) => {
            let (left, right) = patterns.split_at(patterns.len() / 2);
            [regex_sets(left), regex_sets(right)].concat()
        }
    }
}

/// One question to the book.
struct Search<'b> {
    book: &'b RuleBook,
    now_ms: i64,
    clock: OnceCell<WallClock>,
    best: u32,
}

impl Search<'_> {
    fn run(&mut self, stimulus: &Stimulus<'_>) {
        let index = &self.book.index;
        if let Some(text) = stimulus.text {
            self.keywords(text);
        }
        if let Some(places) = stimulus.button().and_then(|key| index.menu.get(key)) {
            self.first_of(places.iter().copied());
        }
        if let Some(scene) = stimulus.scanned() {
            if stimulus.is_follow() {
                self.all_of(index.follow_scene.find(scene));
            }
            self.all_of(index.scan.find(scene));
        }
        if stimulus.is_follow() {
            self.first_of(index.follow.iter().copied());
        }
        if stimulus.is_message() && self.best == u32::MAX {
            if let Some(kind) = MessageKind::from_wire(stimulus.kind) {
                self.first_of(index.kinds[kind as usize].iter().copied());
            }
            self.first_of(index.default.iter().copied());
        }
    }

    fn keywords(&mut self, text: &str) {
        let index = &self.book.index;
        let seen = normalise(text);
        if let Some(places) = index.exact.get(seen.as_ref()) {
            self.first_of(places.iter().copied());
        }
        if let Some(automaton) = &index.contains {
            self.all_of(automaton.find_overlapping_iter(seen.as_ref()).map(|hit| index.contains_places[hit.pattern()]));
        }
        for (set, places) in &index.regexes {
            let matches = set.matches(text.trim());
            self.first_of(matches.into_iter().map(|pattern| places[pattern]));
        }
    }

    /// Of places that ascend, the first in force is enough.
    fn first_of(&mut self, places: impl Iterator<Item = u32>) {
        for place in places {
            if place >= self.best || self.consider(place) {
                return;
            }
        }
    }

    fn all_of(&mut self, places: impl Iterator<Item = u32>) {
        for place in places {
            self.consider(place);
        }
    }

    /// Takes the place when it is better than the best and its rule is in force.
    fn consider(&mut self, place: u32) -> bool {
        let better = place < self.best;
        let clock = || *self.clock.get_or_init(|| self.book.clock(self.now_ms));
        if better && self.book.entries[place as usize].window.check(self.now_ms, clock).is_ok() {
            self.best = place;
            return true;
        }
        false
    }
}
