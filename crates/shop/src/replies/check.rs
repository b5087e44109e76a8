//! What is refused when a rule is saved, with the field that is wrong.

use regex::RegexBuilder;
use regex_syntax::ast::ErrorKind;
use url::Url;

use super::{
    active::{Active, Window},
    normalise::normalise,
    rule::{Answer, Article, Draft, Matching, Rule, Trigger, WebhookSecret},
    template::{Setting, TEXT_LIMIT, Template, TemplateFault},
    webhook::{Guard, Refused, SigningKey},
};
use crate::error::Problem;

/// Bytes that one compiled pattern may take.
pub(super) const REGEX_SIZE: usize = 1 << 20;

pub(super) const NAME_CHARS: usize = 60;
const WORDS: usize = 50;
const WORD_CHARS: usize = 100;
const PATTERN_CHARS: usize = 500;
/// WeChat: a menu key has at most 128 bytes.
const KEY_BYTES: usize = 128;
/// WeChat: `scene_str` has at most 64 characters.
const SCENE_CHARS: usize = 64;
const ARTICLES: usize = 10;
const CHOICES: usize = 20;
const SPANS: usize = 10;
const TITLE_CHARS: usize = 200;
const DESCRIPTION_CHARS: usize = 600;
const MEDIA_ID_CHARS: usize = 256;
const URL_BYTES: usize = 1_024;
const PRIORITY: i32 = 10_000;
/// Room that `{account}` is given where the account is not known.
const ACCOUNT_ROOM: usize = 90;
/// Shortest and longest time that a webhook may be given, in milliseconds.
const TIMEOUT_MS: (u32, u32) = (100, 30_000);

/// Everything that is wrong with a rule; empty when it may be saved. Fields are paths such as
/// `answer.articles[1].url`.
pub fn check(draft: &Draft, guard: &Guard) -> Vec<Problem> {
    let mut checker = Checker { guard: Some(guard), problems: Vec::new() };
    checker.line("name", &draft.name, 1, NAME_CHARS);
    if draft.priority.abs() > PRIORITY {
        checker.add(Problem::new("priority", "rules.priority").with("max", PRIORITY));
    }
    checker.trigger(&draft.trigger);
    checker.active(&draft.active);
    checker.answer("answer", &draft.answer);
    checker.problems
}

/// What makes a stored rule unusable. Less than [`check()`]: a limit that was lowered later stops no rule.
pub(super) fn unusable(rule: &Rule, setting: &Setting) -> Vec<Problem> {
    let mut checker = Checker { guard: None, problems: Vec::new() };
    if let Trigger::Keyword { matching: Matching::Regex, words } = &rule.trigger {
        for (i, word) in words.iter().enumerate() {
            checker.regex(&format!("trigger.words[{i}]"), word);
        }
    }
    if Window::new(&rule.active, &setting.timezone).is_err() {
        checker.add(Problem::new("active", "rules.bad_date"));
    }
    checker.templates("answer", &rule.answer);
    checker.problems
}

struct Checker<'a> {
    guard: Option<&'a Guard>,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn add(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// A text in one line of `min` to `max` characters.
    fn line(&mut self, field: &str, text: &str, min: usize, max: usize) {
        if text.trim().is_empty() && min > 0 {
            return self.add(Problem::new(field, "rules.missing"));
        }
        let is = text.chars().count();
        if is > max {
            self.add(Problem::new(field, "rules.too_long").with("max", max).with("is", is));
        }
        if text.chars().any(char::is_control) {
            self.add(Problem::new(field, "rules.control"));
        }
    }

    fn count(&mut self, field: &str, is: usize, min: usize, max: usize) {
        if is < min {
            self.add(Problem::new(field, "rules.too_few").with("min", min).with("is", is));
        } else if is > max {
            self.add(Problem::new(field, "rules.too_many").with("max", max).with("is", is));
        }
    }

    fn trigger(&mut self, trigger: &Trigger) {
        match trigger {
            Trigger::Follow { scene: Some(scene) } | Trigger::Scan { scene } => {
                self.line("trigger.scene", scene, 1, SCENE_CHARS);
            }
            Trigger::Menu { key } => {
                self.line("trigger.key", key, 1, KEY_BYTES);
                if key.len() > KEY_BYTES && key.chars().count() <= KEY_BYTES {
                    self.add(
                        Problem::new("trigger.key", "rules.too_long_bytes")
                            .with("max", KEY_BYTES)
                            .with("is", key.len()),
                    );
                }
            }
            Trigger::Keyword { matching, words } => self.words(*matching, words),
            Trigger::Follow { scene: None } | Trigger::Default | Trigger::Kind { .. } => {}
        }
    }

    fn words(&mut self, matching: Matching, words: &[String]) {
        self.count("trigger.words", words.len(), 1, WORDS);
        let mut seen = Vec::new();
        // Of too many the first say enough: each is compared with all before it.
        for (i, word) in words.iter().enumerate().take(WORDS) {
            let field = format!("trigger.words[{i}]");
            if matching == Matching::Regex {
                self.line(&field, word, 1, PATTERN_CHARS);
                // One that is too long is not even read: memory for it grows a thousand times as fast as its length.
                if word.chars().count() <= PATTERN_CHARS {
                    self.regex(&field, word);
                }
                continue;
            }
            self.line(&field, word, 1, WORD_CHARS);
            let normal = normalise(word);
            if seen.contains(&normal) {
                self.add(Problem::new(field, "rules.duplicate_word").with("word", word));
            }
            seen.push(normal);
        }
    }

    fn regex(&mut self, field: &str, pattern: &str) {
        let mut parser = regex_syntax::ParserBuilder::new().case_insensitive(true).build();
        let (key, start) = match parser.parse(pattern) {
            Ok(_) => {
                if RegexBuilder::new(pattern).case_insensitive(true).size_limit(REGEX_SIZE).build().is_err() {
                    self.add(Problem::new(field, "rules.regex_too_big"));
                }
                return;
            }
            Err(regex_syntax::Error::Parse(error)) => (regex_reason(error.kind()), error.span().start.offset),
            Err(regex_syntax::Error::Translate(error)) => ("rules.regex_class", error.span().start.offset),
            Err(_) => ("rules.regex_other", 0),
        };
        let at = pattern.get(..start).map_or(0, |before| before.chars().count()) + 1;
        self.add(Problem::new(field, key).with("at", at));
    }

    fn active(&mut self, active: &Active) {
        if let (Some(from), Some(until)) = (active.from, active.until)
            && from >= until
        {
            self.add(Problem::new("active.until", "rules.range_reversed"));
        }
        self.count("active.daily", active.daily.len(), 0, SPANS);
        // Near the ends of the calendar a local time has no timestamp in some zones.
        for (field, moment) in [("active.from", active.from), ("active.until", active.until)] {
            if moment.is_some_and(|moment| !(1970..=9000).contains(&moment.year())) {
                self.add(Problem::new(field, "rules.bad_date"));
            }
        }
    }

    fn answer(&mut self, field: &str, answer: &Answer) {
        match answer {
            Answer::Text { content } => self.text(&format!("{field}.content"), content),
            Answer::Image { media_id } | Answer::Voice { media_id } => self.media(field, "media_id", media_id),
            Answer::Video { media_id, title, description } => {
                self.media(field, "media_id", media_id);
                self.caption(field, title, description, 0);
            }
            Answer::Music { title, description, music_url, hq_music_url, thumb_media_id } => {
                self.caption(field, title, description, 1);
                self.url(&format!("{field}.music_url"), music_url);
                if !hq_music_url.is_empty() {
                    self.url(&format!("{field}.hq_music_url"), hq_music_url);
                }
                self.media(field, "thumb_media_id", thumb_media_id);
            }
            Answer::News { articles } => {
                self.count(&format!("{field}.articles"), articles.len(), 1, ARTICLES);
                for (i, article) in articles.iter().enumerate().take(ARTICLES) {
                    self.article(&format!("{field}.articles[{i}]"), article);
                }
            }
            Answer::OneOf { answers } => self.one_of(field, answers),
            Answer::HandOver { kf_account: Some(agent) } => self.line(&format!("{field}.kf_account"), agent, 1, 100),
            Answer::Webhook { url, secret, timeout_ms } => self.webhook(field, url, secret, *timeout_ms),
            Answer::HandOver { kf_account: None } | Answer::Nothing => {}
        }
    }

    fn one_of(&mut self, field: &str, answers: &[Answer]) {
        let field = format!("{field}.answers");
        self.count(&field, answers.len(), 2, CHOICES);
        for (i, answer) in answers.iter().enumerate().take(CHOICES) {
            let field = format!("{field}[{i}]");
            match answer {
                Answer::OneOf { .. } | Answer::Webhook { .. } => self.add(Problem::new(field, "rules.nested")),
                plain => self.answer(&field, plain),
            }
        }
    }

    fn media(&mut self, field: &str, name: &str, media_id: &str) {
        self.line(&format!("{field}.{name}"), media_id, 1, MEDIA_ID_CHARS);
    }

    fn caption(&mut self, field: &str, title: &str, description: &str, min: usize) {
        self.line(&format!("{field}.title"), title, min, TITLE_CHARS);
        self.block(&format!("{field}.description"), description, DESCRIPTION_CHARS);
    }

    /// A text that may have several lines.
    fn block(&mut self, field: &str, text: &str, max: usize) {
        let is = text.chars().count();
        if is > max {
            self.add(Problem::new(field, "rules.too_long").with("max", max).with("is", is));
        }
        self.printable(field, text);
    }

    fn printable(&mut self, field: &str, text: &str) {
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.add(Problem::new(field, "rules.control"));
        }
    }

    fn text(&mut self, field: &str, content: &str) {
        if content.trim().is_empty() {
            return self.add(Problem::new(field, "rules.missing"));
        }
        self.printable(field, content);
        if let Some(template) = self.template(field, content) {
            let is = template.longest(ACCOUNT_ROOM);
            if is > TEXT_LIMIT {
                self.add(Problem::new(field, "rules.too_long_bytes").with("max", TEXT_LIMIT).with("is", is));
            }
        }
    }

    fn article(&mut self, field: &str, article: &Article) {
        self.caption(field, &article.title, &article.description, 1);
        self.template(&format!("{field}.title"), &article.title);
        self.template(&format!("{field}.description"), &article.description);
        if !article.pic_url.is_empty() {
            self.url(&format!("{field}.pic_url"), &article.pic_url);
        }
        self.url(&format!("{field}.url"), &article.url);
    }

    fn template(&mut self, field: &str, text: &str) -> Option<Template> {
        let problem = match Template::parse(text) {
            Ok(template) => return Some(template),
            Err(TemplateFault::Unknown { name, at }) => {
                Problem::new(field, "rules.unknown_placeholder").with("at", at).with("name", name)
            }
            Err(TemplateFault::Unclosed { at }) => Problem::new(field, "rules.unclosed_brace").with("at", at),
            Err(TemplateFault::Lone { at }) => Problem::new(field, "rules.lone_brace").with("at", at),
        };
        self.add(problem);
        None
    }

    /// Only what [`super::plan::Prepared`] would trip over.
    fn templates(&mut self, field: &str, answer: &Answer) {
        match answer {
            Answer::Text { content } => drop(self.template(&format!("{field}.content"), content)),
            Answer::News { articles } => {
                for (i, article) in articles.iter().enumerate() {
                    self.template(&format!("{field}.articles[{i}].title"), &article.title);
                    self.template(&format!("{field}.articles[{i}].description"), &article.description);
                }
            }
            Answer::OneOf { answers } if answers.is_empty() => {
                self.add(Problem::new(format!("{field}.answers"), "rules.too_few").with("min", 2).with("is", 0));
            }
            Answer::OneOf { answers } => {
                for (i, answer) in answers.iter().enumerate() {
                    let field = format!("{field}.answers[{i}]");
                    match answer {
                        Answer::OneOf { .. } | Answer::Webhook { .. } => self.add(Problem::new(field, "rules.nested")),
                        plain => self.templates(&field, plain),
                    }
                }
            }
            _ => {}
        }
    }

    /// An address that a phone opens: the platform passes it on, this server does not call it.
    fn url(&mut self, field: &str, text: &str) {
        let key = match Url::parse(text) {
            _ if text.trim().is_empty() => "rules.missing",
            _ if text.len() > URL_BYTES => {
                let problem = Problem::new(field, "rules.too_long_bytes").with("max", URL_BYTES).with("is", text.len());
                return self.add(problem);
            }
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => return,
            Ok(_) => "rules.url_scheme",
            Err(_) => "rules.bad_url",
        };
        self.add(Problem::new(field, key));
    }

    fn webhook(&mut self, field: &str, url: &str, secret: &WebhookSecret, timeout_ms: u32) {
        let url_field = format!("{field}.url");
        if url.len() > URL_BYTES {
            self.add(Problem::new(&url_field, "rules.too_long_bytes").with("max", URL_BYTES).with("is", url.len()));
        } else if let Some(Err(refused)) = self.guard.map(|guard| guard.check_url(url)) {
            self.add(refused_problem(url_field, url, &refused));
        }
        if secret.given().is_some_and(|secret| SigningKey::parse(secret).is_none()) {
            self.add(Problem::new(format!("{field}.secret"), "rules.webhook_key"));
        }
        let (min, max) = TIMEOUT_MS;
        if !(min..=max).contains(&timeout_ms) {
            let problem = Problem::new(format!("{field}.timeout_ms"), "rules.timeout");
            self.add(problem.with("min", min).with("max", max));
        }
    }
}

fn refused_problem(field: String, url: &str, refused: &Refused) -> Problem {
    match refused {
        Refused::NotAUrl if url.trim().is_empty() => Problem::new(field, "rules.missing"),
        Refused::NotAUrl => Problem::new(field, "rules.bad_url"),
        Refused::Scheme => Problem::new(field, "rules.url_scheme"),
        Refused::Credentials => Problem::new(field, "rules.url_credentials"),
        Refused::Port(port) => Problem::new(field, "rules.webhook_port").with("port", port),
        Refused::Private(what) => Problem::new(field, "rules.webhook_private").with("host", what),
    }
}

/// The key of the reason in the reader's words; rare faults share one.
fn regex_reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::GroupUnclosed => "rules.regex_group_unclosed",
        ErrorKind::GroupUnopened => "rules.regex_group_unopened",
        ErrorKind::ClassUnclosed => "rules.regex_class_unclosed",
        ErrorKind::ClassRangeInvalid | ErrorKind::ClassRangeLiteral => "rules.regex_range",
        ErrorKind::RepetitionMissing => "rules.regex_repetition_missing",
        ErrorKind::RepetitionCountInvalid
        | ErrorKind::RepetitionCountDecimalEmpty
        | ErrorKind::RepetitionCountUnclosed => "rules.regex_repetition_count",
        ErrorKind::EscapeUnexpectedEof | ErrorKind::EscapeUnrecognized => "rules.regex_escape",
        ErrorKind::UnicodeClassInvalid | ErrorKind::ClassEscapeInvalid => "rules.regex_class",
        ErrorKind::UnsupportedBackreference => "rules.regex_backreference",
        ErrorKind::UnsupportedLookAround => "rules.regex_look_around",
        _ => "rules.regex_other",
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
