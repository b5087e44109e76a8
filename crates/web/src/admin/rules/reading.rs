//! Between a rule and the editor's form. A field is named by its path in the rule, as problems name it:
//! `answer.articles[1].url`.

use jiff::civil::DateTime;
use puzi_shop::{
    replies::{
        Active, Answer, Article, DEFAULT_TIMEOUT_MS, Draft, Matching, MessageKind, Rules, Span, Trigger, WebhookSecret,
    },
    texts::Locale,
};
use puzi_wechat::Secret;

use super::{
    super::form::Form,
    words::{WEEKDAYS, matching_word},
};
use crate::texts::say;

/// The most parts of a list that are read; the rules allow fewer, and say so.
const PARTS: usize = 30;

/// Reads the rule. What cannot be read at all is refused in the form, and something harmless stands in its place.
pub(super) fn draft(form: &mut Form, locale: Locale) -> Draft {
    let priority = match form.trimmed("priority").as_str() {
        "" => 0,
        text => text.parse().unwrap_or_else(|_| {
            form.refuse("priority", say(locale, "rules.bad.priority", &[]));
            0
        }),
    };
    Draft {
        name: form.trimmed("name"),
        priority,
        enabled: form.has("enabled"),
        trigger: trigger(form, locale),
        active: active(form, locale),
        answer: answer(form, "answer", locale),
    }
}

/// Reads the rule and says everything that is wrong with it.
pub(super) fn checked(form: &mut Form, rules: &Rules, locale: Locale) -> Draft {
    let draft = draft(form, locale);
    take_problems(form, &rules.check(&draft), locale);
    draft
}

/// Puts what is wrong beside the field that a person sees: the words of a rule are one field.
pub(super) fn take_problems(form: &mut Form, problems: &[puzi_shop::Problem], locale: Locale) {
    for problem in problems {
        let message = problem.message(locale);
        match word_place(&problem.field) {
            Some(place) => {
                let args = [("n", (place + 1).to_string()), ("what", message)];
                form.refuse("trigger.words", say(locale, "rules.bad.word", &args));
            }
            None => form.refuse(&problem.field, message),
        }
    }
}

fn word_place(field: &str) -> Option<usize> {
    field.strip_prefix("trigger.words[")?.strip_suffix(']')?.parse().ok()
}

fn trigger(form: &mut Form, locale: Locale) -> Trigger {
    let scene = form.trimmed("trigger.scene");
    match form.value("trigger.on") {
        "follow" => Trigger::Follow { scene: Some(scene).filter(|scene| !scene.is_empty()) },
        "keyword" => keyword(form),
        "menu" => Trigger::Menu { key: form.trimmed("trigger.key") },
        "scan" => Trigger::Scan { scene },
        "kind" => {
            Trigger::Kind { kind: MessageKind::from_wire(form.value("trigger.kind")).unwrap_or(MessageKind::Image) }
        }
        "default" => Trigger::Default,
        _ => {
            form.refuse("trigger.on", say(locale, "rules.bad.choice", &[]));
            Trigger::Default
        }
    }
}

fn keyword(form: &Form) -> Trigger {
    let matching = match form.value("trigger.matching") {
        "contains" => Matching::Contains,
        "regex" => Matching::Regex,
        _ => Matching::Exact,
    };
    let words = form.value("trigger.words").lines().map(str::trim).filter(|word| !word.is_empty());
    Trigger::Keyword { matching, words: words.map(str::to_owned).collect() }
}

fn active(form: &mut Form, locale: Locale) -> Active {
    let mut moment = |name: &str| {
        let text = form.trimmed(name);
        if text.is_empty() {
            return None;
        }
        let read = text.parse::<DateTime>().ok();
        if read.is_none() {
            form.refuse(name, say(locale, "rules.bad.moment", &[]));
        }
        read
    };
    let (from, until) = (moment("active.from"), moment("active.until"));
    let mut daily = Vec::new();
    let spans = form.trimmed("active.daily");
    for text in spans.split([',', '，', '、', ';', '；', '\n']).map(str::trim).filter(|text| !text.is_empty()) {
        match text.parse::<Span>() {
            Ok(span) => daily.push(span),
            Err(_) => form.refuse("active.daily", say(locale, "rules.bad.span", &[("what", text.to_owned())])),
        }
    }
    let chosen = |word: &str| form.is("active.weekdays", word);
    let weekdays = WEEKDAYS.iter().filter(|(_, word)| chosen(word)).map(|(day, _)| *day).collect();
    Active { from, until, daily, weekdays }
}

fn answer(form: &mut Form, at: &str, locale: Locale) -> Answer {
    let text = |name: &str| form.trimmed(&format!("{at}.{name}"));
    match form.value(&format!("{at}.kind")) {
        "text" => Answer::Text { content: lines(form.value(&format!("{at}.content"))) },
        "image" => Answer::Image { media_id: text("media_id") },
        "voice" => Answer::Voice { media_id: text("media_id") },
        "video" => {
            Answer::Video { media_id: text("media_id"), title: text("title"), description: lines(&text("description")) }
        }
        "music" => Answer::Music {
            title: text("title"),
            description: lines(&text("description")),
            music_url: text("music_url"),
            hq_music_url: text("hq_music_url"),
            thumb_media_id: text("thumb_media_id"),
        },
        "news" => Answer::News { articles: articles(form, at) },
        "one_of" => Answer::OneOf { answers: answers(form, at, locale) },
        "hand_over" => Answer::HandOver { kf_account: Some(text("kf_account")).filter(|agent| !agent.is_empty()) },
        "webhook" => webhook(form, at),
        "nothing" => Answer::Nothing,
        _ => {
            form.refuse(&format!("{at}.kind"), say(locale, "rules.bad.choice", &[]));
            Answer::Nothing
        }
    }
}

fn articles(form: &Form, at: &str) -> Vec<Article> {
    let list = format!("{at}.articles");
    let read = |i: usize| {
        let text = |name: &str| form.trimmed(&format!("{list}[{i}].{name}"));
        Article {
            title: text("title"),
            description: lines(&text("description")),
            pic_url: text("pic_url"),
            url: text("url"),
        }
    };
    (0..parts(form, &list)).map(read).collect()
}

fn answers(form: &mut Form, at: &str, locale: Locale) -> Vec<Answer> {
    let list = format!("{at}.answers");
    let count = parts(form, &list);
    // One level only: deeper, the form has no fields, and whoever forges them gets what the rules say.
    if at != "answer" {
        return vec![];
    }
    (0..count).map(|i| answer(form, &format!("{list}[{i}]"), locale)).collect()
}

fn webhook(form: &Form, at: &str) -> Answer {
    let timeout = form.trimmed(&format!("{at}.timeout_ms"));
    let typed = form.trimmed(&format!("{at}.secret"));
    let secret = match typed.as_str() {
        "" if form.has(&format!("{at}.new_secret")) => WebhookSecret::generate(),
        "" => WebhookSecret::Kept,
        _ => WebhookSecret::Given(Secret::new(typed)),
    };
    // Nought is out of range, which the rules say.
    let timeout_ms = if timeout.is_empty() { DEFAULT_TIMEOUT_MS } else { timeout.parse().unwrap_or(0) };
    Answer::Webhook { url: form.trimmed(&format!("{at}.url")), secret, timeout_ms }
}

/// How many parts of a list a form has.
pub(super) fn parts(form: &Form, list: &str) -> usize {
    let index = |name: &str| name.strip_prefix(list)?.strip_prefix('[')?.split_once(']')?.0.parse::<usize>().ok();
    let last = form.values().iter().filter_map(|(name, _)| index(name)).filter(|i| *i < PARTS).max();
    last.map_or(0, |last| last + 1)
}

/// Browsers send CR LF; an answer has LF.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The form that a rule fills.
pub(super) fn form_of(draft: &Draft) -> Form {
    let mut fields = vec![("name".to_owned(), draft.name.clone()), ("priority".to_owned(), draft.priority.to_string())];
    if draft.enabled {
        fields.push(("enabled".to_owned(), "1".to_owned()));
    }
    write_trigger(&mut fields, &draft.trigger);
    write_active(&mut fields, &draft.active);
    write_answer(&mut fields, "answer", &draft.answer);
    from_fields(&fields)
}

type Fields = Vec<(String, String)>;

/// A form with these fields.
pub(super) fn from_fields(fields: &[(String, String)]) -> Form {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    Form::parse(body.finish().as_bytes())
}

fn write_trigger(fields: &mut Fields, trigger: &Trigger) {
    let mut put = |name: &str, value: &str| fields.push((format!("trigger.{name}"), value.to_owned()));
    put("on", trigger.word());
    match trigger {
        Trigger::Follow { scene } => put("scene", scene.as_deref().unwrap_or_default()),
        Trigger::Scan { scene } => put("scene", scene),
        Trigger::Menu { key } => put("key", key),
        Trigger::Kind { kind } => put("kind", kind.wire()),
        Trigger::Keyword { matching, words } => {
            put("matching", matching_word(*matching));
            put("words", &words.join("\n"));
        }
        Trigger::Default => {}
    }
}

fn write_active(fields: &mut Fields, active: &Active) {
    let mut put = |name: &str, value: String| fields.push((format!("active.{name}"), value));
    for (name, moment) in [("from", &active.from), ("until", &active.until)] {
        if let Some(moment) = moment {
            put(name, moment.strftime("%Y-%m-%dT%H:%M:%S").to_string());
        }
    }
    put("daily", active.daily.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    for (day, word) in WEEKDAYS {
        if active.weekdays.contains(&day) {
            put("weekdays", word.to_owned());
        }
    }
}

fn write_answer(fields: &mut Fields, at: &str, answer: &Answer) {
    let mut put = |name: &str, value: &str| fields.push((format!("{at}.{name}"), value.to_owned()));
    put("kind", answer.word());
    match answer {
        Answer::Text { content } => put("content", content),
        Answer::Image { media_id } | Answer::Voice { media_id } => put("media_id", media_id),
        Answer::Video { media_id, title, description } => {
            put("media_id", media_id);
            put("title", title);
            put("description", description);
        }
        Answer::Music { title, description, music_url, hq_music_url, thumb_media_id } => {
            put("title", title);
            put("description", description);
            put("music_url", music_url);
            put("hq_music_url", hq_music_url);
            put("thumb_media_id", thumb_media_id);
        }
        Answer::News { articles } => {
            for (i, article) in articles.iter().enumerate() {
                put(&format!("articles[{i}].title"), &article.title);
                put(&format!("articles[{i}].description"), &article.description);
                put(&format!("articles[{i}].pic_url"), &article.pic_url);
                put(&format!("articles[{i}].url"), &article.url);
            }
        }
        Answer::OneOf { answers } => {
            for (i, answer) in answers.iter().enumerate() {
                write_answer(fields, &format!("{at}.answers[{i}]"), answer);
            }
        }
        Answer::HandOver { kf_account } => put("kf_account", kf_account.as_deref().unwrap_or_default()),
        // The key stays where it is.
        Answer::Webhook { url, timeout_ms, .. } => {
            put("url", url);
            put("timeout_ms", &timeout_ms.to_string());
        }
        Answer::Nothing => {}
    }
}

#[cfg(test)]
mod tests {
    use puzi_shop::replies::{Guard, check, demo_rules};

    use super::*;

    fn read(fields: &[(&str, &str)]) -> (Draft, Form) {
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut form = from_fields(&fields);
        (draft(&mut form, Locale::En), form)
    }

    #[test]
    fn a_rule_survives_the_way_through_the_form() {
        let mut drafts = demo_rules("https://shop.example.com");
        drafts.push(Draft::new(
            "all the rest",
            Trigger::Kind { kind: MessageKind::ShortVideo },
            Answer::OneOf {
                answers: vec![
                    Answer::Video { media_id: "v".into(), title: "t".into(), description: "a\nb".into() },
                    Answer::Music {
                        title: "t".into(),
                        description: String::new(),
                        music_url: "https://a.example/m".into(),
                        hq_music_url: String::new(),
                        thumb_media_id: "m".into(),
                    },
                    Answer::HandOver { kf_account: Some("x@y".into()) },
                    Answer::Voice { media_id: "m".into() },
                    Answer::Nothing,
                ],
            },
        ));
        for draft in drafts {
            assert_eq!(check(&draft, &Guard::default()), []);
            let mut form = form_of(&draft);
            assert_eq!((super::draft(&mut form, Locale::En), form.is_fine()), (draft, true));
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_beside_its_field_and_stays() {
        let (_, form) = read(&[
            ("priority", "high"),
            ("trigger.on", "smell"),
            ("active.from", "tomorrow"),
            ("active.daily", "09:00-12:00, 25:00-26:00"),
            ("answer.kind", "hologram"),
        ]);
        for field in ["priority", "trigger.on", "active.from", "active.daily", "answer.kind"] {
            assert!(form.problem(field).is_some(), "{field}");
            assert!(!form.value(field).is_empty(), "{field}");
        }
    }

    #[test]
    fn a_wrong_word_is_told_beside_the_words() {
        let (draft, mut form) = read(&[
            ("name", "x"),
            ("trigger.on", "keyword"),
            ("trigger.matching", "regex"),
            ("trigger.words", "ok\r\n\r\n(\r\n"),
            ("answer.kind", "nothing"),
        ]);
        take_problems(&mut form, &check(&draft, &Guard::default()), Locale::En);
        assert!(form.problem("trigger.words").is_some_and(|problem| problem.starts_with("Word 2")), "{form:?}");
    }

    #[test]
    fn a_forged_number_of_parts_is_not_believed() {
        let (draft, _) = read(&[
            ("trigger.on", "default"),
            ("answer.kind", "one_of"),
            ("answer.answers[99999999].kind", "text"),
            ("answer.answers[0].kind", "one_of"),
            ("answer.answers[0].answers[0].kind", "one_of"),
        ]);
        assert_eq!(draft.answer, Answer::OneOf { answers: vec![Answer::OneOf { answers: vec![] }] });
    }

    #[test]
    fn a_key_is_kept_unless_another_is_given() {
        let of = |fields: &[(&str, &str)]| {
            let all = [&[("trigger.on", "default"), ("answer.kind", "webhook")], fields].concat();
            let Answer::Webhook { secret, timeout_ms, .. } = read(&all).0.answer else { panic!("no webhook") };
            (secret.given().map(|key| key.expose().len()), timeout_ms)
        };
        assert_eq!(of(&[]), (None, 4_000));
        assert_eq!(of(&[("answer.secret", "whsec_x"), ("answer.timeout_ms", "soon")]), (Some(7), 0));
        assert!(of(&[("answer.new_secret", "1")]).0.is_some_and(|length| length > 24));
    }
}
