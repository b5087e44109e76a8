//! Each table row: what is wrong, where it is said to be wrong, and with which message.

use puzi_wechat::Secret;

use super::*;
use crate::{
    replies::{Span, rule::MessageKind},
    texts::Locale,
};

fn problems(draft: &Draft) -> Vec<(String, &'static str)> {
    check(draft, &Guard::default()).into_iter().map(|problem| (problem.field, problem.key)).collect()
}

fn with_answer(answer: Answer) -> Draft {
    Draft::new("a", Trigger::Default, answer)
}

fn with_trigger(trigger: Trigger) -> Draft {
    Draft::new("a", trigger, Answer::Nothing)
}

fn words(matching: Matching, words: &[&str]) -> Draft {
    with_trigger(Trigger::Keyword { matching, words: words.iter().map(|w| (*w).to_owned()).collect() })
}

fn webhook(url: &str) -> Draft {
    with_answer(Answer::Webhook { url: url.into(), secret: WebhookSecret::Kept, timeout_ms: 4_000 })
}

fn article(title: &str, pic_url: &str, url: &str) -> Article {
    Article { title: title.into(), description: String::new(), pic_url: pic_url.into(), url: url.into() }
}

#[test]
fn what_is_right_passes() {
    for draft in [
        with_answer(Answer::text("{greeting}，{nickname|客官}！\n第二行")),
        with_answer(Answer::News { articles: vec![article("题", "", "https://a.example/1")] }),
        words(Matching::Regex, &["^(你好|hello)\\s*$"]),
        words(Matching::Exact, &["你好", "hi"]),
        with_trigger(Trigger::Kind { kind: MessageKind::Image }),
        webhook("https://hooks.example.com/wechat?x=1"),
        webhook("http://hooks.example.com:8080/"),
    ] {
        assert_eq!(problems(&draft), [], "{draft:?}");
    }
}

#[test]
fn very_much_of_it_is_not_looked_through() {
    let many = problems(&words(Matching::Exact, &["a"; 200]));
    assert_eq!(many.len(), WORDS, "{many:?}");
    // Refused for its length alone: it is never read as a pattern.
    let long = format!("({}", "a".repeat(PATTERN_CHARS));
    assert_eq!(problems(&words(Matching::Regex, &[&long])), [("trigger.words[0]".into(), "rules.too_long")]);
}

#[test]
fn names_words_and_keys() {
    let mut nameless = with_answer(Answer::Nothing);
    nameless.name = " ".into();
    let mut wordy = with_answer(Answer::Nothing);
    wordy.name = "名".repeat(61);
    let key = |key: &str| with_trigger(Trigger::Menu { key: key.into() });
    for (draft, field, key) in [
        (nameless, "name", "rules.missing"),
        (wordy, "name", "rules.too_long"),
        (with_answer(Answer::Nothing).priority(10_001), "priority", "rules.priority"),
        (words(Matching::Exact, &[]), "trigger.words", "rules.too_few"),
        (words(Matching::Exact, &["a", "　"]), "trigger.words[1]", "rules.missing"),
        (words(Matching::Contains, &["a", "Ａ"]), "trigger.words[1]", "rules.duplicate_word"),
        (words(Matching::Exact, &["a\u{7}"]), "trigger.words[0]", "rules.control"),
        (key(""), "trigger.key", "rules.missing"),
        (key(&"键".repeat(43)), "trigger.key", "rules.too_long_bytes"),
        (with_trigger(Trigger::Scan { scene: "s".repeat(65) }), "trigger.scene", "rules.too_long"),
        (with_trigger(Trigger::Follow { scene: Some(String::new()) }), "trigger.scene", "rules.missing"),
    ] {
        assert_eq!(problems(&draft), [(field.to_owned(), key)], "{draft:?}");
    }
}

#[test]
fn a_bad_regex_is_refused_with_its_place_and_reason() {
    for (pattern, at, key) in [
        ("你好(", "3", "rules.regex_group_unclosed"),
        ("你)", "2", "rules.regex_group_unopened"),
        ("[a-", "1", "rules.regex_class_unclosed"),
        ("[z-a]", "2", "rules.regex_range"),
        ("茶+|*", "4", "rules.regex_repetition_missing"),
        ("a{3,2}", "2", "rules.regex_repetition_count"),
        ("a\\", "2", "rules.regex_escape"),
        ("\\p{Tea}", "1", "rules.regex_class"),
        ("(a)\\1", "4", "rules.regex_backreference"),
        ("(?!x)a", "1", "rules.regex_look_around"),
    ] {
        let found = check(&words(Matching::Regex, &["ok", pattern]), &Guard::default());
        assert_eq!(found, [Problem::new("trigger.words[1]", key).with("at", at)], "{pattern}");
    }
    assert_eq!(
        problems(&words(Matching::Regex, &["(\\w{50}){50}"])),
        [("trigger.words[0]".to_owned(), "rules.regex_too_big")]
    );
    let message = check(&words(Matching::Regex, &["你好("]), &Guard::default())[0].message(Locale::ZhCn);
    assert_eq!(message, "正则第 3 个字：括号 ( 没有合上");
}

#[test]
fn times_that_cannot_be() {
    let moment = |text: &str| Some(text.parse().unwrap());
    let active = |from, until| with_answer(Answer::Nothing).active(Active { from, until, ..Active::default() });
    let many = Active::daily([Span::new((9, 0), (10, 0)).unwrap(); 11]);
    for (draft, field, key) in [
        (active(moment("2026-01-02T00:00"), moment("2026-01-01T00:00")), "active.until", "rules.range_reversed"),
        (active(moment("2026-01-02T00:00"), moment("2026-01-02T00:00")), "active.until", "rules.range_reversed"),
        (active(moment("9999-12-31T23:59"), None), "active.from", "rules.bad_date"),
        (with_answer(Answer::Nothing).active(many), "active.daily", "rules.too_many"),
    ] {
        assert_eq!(problems(&draft), [(field.to_owned(), key)], "{draft:?}");
    }
}

#[test]
fn answers_that_wechat_would_refuse() {
    let news = |articles: Vec<Article>| with_answer(Answer::News { articles });
    let fine = article("题", "https://a.example/1.jpg", "https://a.example/");
    let text_of = |bytes| with_answer(Answer::text("a".repeat(bytes)));
    assert_eq!(problems(&text_of(TEXT_LIMIT)), []);
    for (draft, field, key) in [
        (text_of(TEXT_LIMIT + 1), "answer.content", "rules.too_long_bytes"),
        (with_answer(Answer::text("茶".repeat(670) + "{nickname}")), "answer.content", "rules.too_long_bytes"),
        (with_answer(Answer::text(" \n")), "answer.content", "rules.missing"),
        (with_answer(Answer::text("a\u{0}b")), "answer.content", "rules.control"),
        (with_answer(Answer::text("你好 {nick}")), "answer.content", "rules.unknown_placeholder"),
        (with_answer(Answer::text("你好 {nickname")), "answer.content", "rules.unclosed_brace"),
        (with_answer(Answer::text("你好 }")), "answer.content", "rules.lone_brace"),
        (with_answer(Answer::Image { media_id: String::new() }), "answer.media_id", "rules.missing"),
        (news(vec![]), "answer.articles", "rules.too_few"),
        (news(vec![fine.clone(); 11]), "answer.articles", "rules.too_many"),
        (news(vec![fine.clone(), article("题", "", "/relative")]), "answer.articles[1].url", "rules.bad_url"),
        (news(vec![article("题", "", "")]), "answer.articles[0].url", "rules.missing"),
        (news(vec![article("题", "ftp://a/", "https://a/")]), "answer.articles[0].pic_url", "rules.url_scheme"),
        (news(vec![article("题", "", "javascript:alert(1)")]), "answer.articles[0].url", "rules.url_scheme"),
        (news(vec![article("{who}", "", "https://a/")]), "answer.articles[0].title", "rules.unknown_placeholder"),
        (with_answer(Answer::OneOf { answers: vec![Answer::Nothing] }), "answer.answers", "rules.too_few"),
        (
            with_answer(Answer::OneOf { answers: vec![Answer::text("a"), webhook("https://a.example/").answer] }),
            "answer.answers[1]",
            "rules.nested",
        ),
        (
            with_answer(Answer::OneOf { answers: vec![Answer::text("a"), Answer::text("{")] }),
            "answer.answers[1].content",
            "rules.unclosed_brace",
        ),
    ] {
        assert_eq!(problems(&draft), [(field.to_owned(), key)], "{draft:?}");
    }
}

#[test]
fn a_webhook_may_not_point_inside() {
    for (url, key) in [
        ("", "rules.missing"),
        ("hooks.example.com", "rules.bad_url"),
        ("file:///etc/passwd", "rules.url_scheme"),
        ("https://user:pw@hooks.example.com/", "rules.url_credentials"),
        ("http://127.0.0.1/", "rules.webhook_private"),
        ("http://localhost:8080/", "rules.webhook_private"),
        ("http://hooks.example.com:22/", "rules.webhook_port"),
        ("http://hooks.example.com:6379/", "rules.webhook_port"),
    ] {
        assert_eq!(problems(&webhook(url)), [("answer.url".to_owned(), key)], "{url}");
    }
    let odd = |secret: &str, timeout_ms| {
        let secret = WebhookSecret::Given(Secret::new(secret.into()));
        with_answer(Answer::Webhook { url: "https://a.example/".into(), secret, timeout_ms })
    };
    assert_eq!(problems(&odd("password", 4_000)), [("answer.secret".to_owned(), "rules.webhook_key")]);
    let key = SigningKey::generate();
    assert_eq!(problems(&odd(key.expose(), 30_001)), [("answer.timeout_ms".to_owned(), "rules.timeout")]);
    assert_eq!(problems(&odd(key.expose(), 30_000)), []);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let mut draft = words(Matching::Regex, &["("]);
    draft.name = String::new();
    draft.answer = Answer::text("{x}");
    let fields: Vec<_> = problems(&draft).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["name", "trigger.words[0]", "answer.content"]);
}

#[test]
fn a_message_shows_the_placeholder_as_it_was_typed() {
    let problem = &check(&with_answer(Answer::text("你{nick}")), &Guard::default())[0];
    assert!(
        problem.message(Locale::ZhCn).starts_with("第 2 个字：没有 {nick} 这个占位符"),
        "{}",
        problem.message(Locale::ZhCn)
    );
    assert!(problem.message(Locale::En).starts_with("character 2: there is no placeholder {nick};"));
}
