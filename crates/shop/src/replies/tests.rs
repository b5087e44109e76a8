//! The compiled book against the rules read one by one.

use std::borrow::Cow;

use proptest::prelude::*;
use puzi_wechat::reply::Reply;

use super::*;
use crate::texts::Locale;

/// 2026-11-22 12:00 in Shanghai, a Sunday.
const NOON: i64 = 1_795_320_000_000;

fn setting() -> Setting {
    Setting::new("Asia/Shanghai", "铺子茶铺").unwrap()
}

fn book(drafts: impl IntoIterator<Item = Draft>) -> RuleBook {
    RuleBook::compile((1..).zip(drafts).map(|(id, draft)| draft.into_rule(id, 1)), setting())
}

fn keyword(matching: Matching, words: &[&str]) -> Trigger {
    Trigger::Keyword { matching, words: words.iter().map(|word| (*word).to_owned()).collect() }
}

fn rule(name: &str, trigger: Trigger) -> Draft {
    Draft::new(name, trigger, Answer::text(name))
}

fn winner<'b>(book: &'b RuleBook, stimulus: &Stimulus<'_>) -> Option<&'b str> {
    book.choose(stimulus, NOON).rule().map(|rule| rule.name.as_str())
}

#[test]
fn the_specific_goes_before_the_general_whatever_the_priority() {
    let book = book([
        rule("default", Trigger::Default).priority(100),
        rule("text", Trigger::Kind { kind: MessageKind::Text }).priority(50),
        rule("hello", keyword(Matching::Exact, &["hello"])),
        rule("follow", Trigger::Follow { scene: None }).priority(100),
        rule("scan", Trigger::Scan { scene: "fair".into() }).priority(50),
        rule("follow by fair", Trigger::Follow { scene: Some("fair".into()) }),
    ]);
    for (stimulus, expected) in [
        (Stimulus::text("Hello "), Some("hello")),
        (Stimulus::text("bye"), Some("text")),
        (Stimulus::kind("voice"), Some("default")),
        (Stimulus::kind("hologram"), Some("default")),
        (Stimulus::follow(None), Some("follow")),
        (Stimulus::follow(Some("fair")), Some("follow by fair")),
        (Stimulus::follow(Some("other")), Some("follow")),
        (Stimulus::scan("fair"), Some("scan")),
        (Stimulus::scan("other"), None),
        (Stimulus::tap("hello"), None),
    ] {
        assert_eq!(winner(&book, &stimulus), expected, "{stimulus:?}");
    }
}

#[test]
fn a_follow_by_a_code_finds_the_rule_of_the_code() {
    let book = book([
        rule("follow", Trigger::Follow { scene: None }).priority(9),
        rule("scan", Trigger::Scan { scene: "table-*".into() }),
    ]);
    assert_eq!(winner(&book, &Stimulus::follow(Some("table-7"))), Some("scan"));
    assert_eq!(winner(&book, &Stimulus::scan("table-7")), Some("scan"));
}

#[test]
fn then_priority_then_closeness_then_age() {
    let contains = |name: &str| rule(name, keyword(Matching::Contains, &["tea"]));
    let older = book([contains("older"), contains("younger")]);
    assert_eq!(winner(&older, &Stimulus::text("green tea")), Some("older"));
    let closer = book([
        rule("regex", keyword(Matching::Regex, &["^tea$"])),
        contains("contains"),
        rule("exact", keyword(Matching::Exact, &["tea"])),
    ]);
    assert_eq!(winner(&closer, &Stimulus::text("tea")), Some("exact"));
    let wanted = book([rule("exact", keyword(Matching::Exact, &["tea"])), contains("contains").priority(1)]);
    assert_eq!(winner(&wanted, &Stimulus::text("tea")), Some("contains"));
}

#[test]
fn a_menu_button_is_any_event_that_carries_its_key() {
    let book = book([rule("scan a parcel", Trigger::Menu { key: "PARCEL".into() })]);
    let event =
        |event| Stimulus { kind: "event", event: Some(event), event_key: Some("PARCEL"), ..Stimulus::default() };
    for name in ["CLICK", "scancode_waitmsg", "pic_weixin", "location_select"] {
        assert_eq!(winner(&book, &event(name)), Some("scan a parcel"), "{name}");
    }
    for name in ["VIEW", "SCAN", "LOCATION"] {
        assert_eq!(winner(&book, &event(name)), None, "{name}");
    }
}

#[test]
fn an_event_never_gets_the_default() {
    let book = book([rule("default", Trigger::Default)]);
    for event in ["unsubscribe", "LOCATION", "VIEW", "TEMPLATESENDJOBFINISH", "subscribe"] {
        let stimulus = Stimulus { kind: "event", event: Some(event), ..Stimulus::default() };
        assert_eq!(winner(&book, &stimulus), None, "{event}");
    }
}

#[test]
fn out_of_hours_the_next_rule_answers() {
    let night = Active::daily(["22:00-06:00".parse().unwrap()]);
    let book = book([
        rule("night", keyword(Matching::Exact, &["help"])).priority(1).active(night),
        rule("day", keyword(Matching::Exact, &["help"])),
    ]);
    let at = |hour: i64| book.choose(&Stimulus::text("help"), NOON + hour * 3_600_000).rule().unwrap().name.clone();
    assert_eq!([at(0), at(9), at(10), at(17), at(18)], ["day", "day", "night", "night", "day"]);
}

#[test]
fn a_broken_rule_is_left_out_and_reported_and_silences_no_other() {
    let broken = rule("broken", keyword(Matching::Regex, &["ok", "(tea"]));
    let typo = Draft::new("typo", keyword(Matching::Exact, &["tea"]), Answer::text("{nick}"));
    let book = book([broken, typo, rule("tea", keyword(Matching::Contains, &["tea"]))]);
    assert_eq!(winner(&book, &Stimulus::text("(tea")), Some("tea"));
    let problems: Vec<_> =
        book.problems().map(|p| (p.rule_id, p.problems[0].field.as_str(), p.problems[0].key)).collect();
    assert_eq!(
        problems,
        [(1, "trigger.words[1]", "rules.regex_group_unclosed"), (2, "answer.content", "rules.unknown_placeholder")]
    );
    let explanation = book.explain(&Stimulus::text("tea"), NOON);
    assert_eq!(explanation.considered.len(), 3);
    assert_eq!(explanation.considered[2].verdict, Verdict::Out(explain::Miss::Unusable));
}

#[test]
fn the_explanation_says_why_each_rule_does_not_answer() {
    let mut off = rule("off", Trigger::Default);
    off.enabled = false;
    let book = book([
        rule("tea", keyword(Matching::Contains, &["茶"])),
        rule("green tea", keyword(Matching::Exact, &["绿茶"])),
        rule("menu", Trigger::Menu { key: "A".into() }),
        rule("default", Trigger::Default),
        off,
    ]);
    let explanation = book.explain(&Stimulus::text("绿茶"), NOON);
    assert_eq!(explanation.winner().map(|rule| rule.id), Some(2));
    let texts: Vec<_> = explanation
        .considered
        .iter()
        .map(|one| format!("{}: {}", one.rule.name, one.verdict.text(Locale::ZhCn)))
        .collect();
    assert_eq!(
        texts,
        [
            "green tea: 由它回复：文字与“绿茶”完全一致",
            "menu: 只在点菜单时回复",
            "tea: 文字里有“茶”，但让位给“green tea”：那条匹配得更准",
            "default: 没有更具体的规则时由它回复，但让位给“green tea”：那条更具体",
            "off: 已停用",
        ]
    );
}

#[test]
fn a_plan_is_what_the_answer_needs() {
    let book = book([
        Draft::new("now", keyword(Matching::Exact, &["1"]), Answer::text("营业 {{9}} 点")),
        Draft::new("time", keyword(Matching::Exact, &["2"]), Answer::text("{time}")),
        Draft::new("name", keyword(Matching::Exact, &["3"]), Answer::text("{nickname}好")),
        Draft::new(
            "hook",
            keyword(Matching::Exact, &["4"]),
            Answer::Webhook { url: "https://a.example/".into(), secret: WebhookSecret::Kept, timeout_ms: 700 },
        ),
    ]);
    let choose = |text: &'static str| book.choose(&Stimulus::text(text), NOON);
    assert!(matches!(choose("1").plan(b""), Plan::Now(Cow::Borrowed(reply)) if *reply == Reply::text("营业 {9} 点")));
    assert!(matches!(choose("2").plan(b""), Plan::Now(reply) if *reply == Reply::text("12:00")));
    let Plan::NeedsFollower(filling) = choose("3").plan(b"") else { panic!("it has a nickname") };
    assert_eq!(filling.fill(Some("小明")), Reply::text("小明好"));
    assert!(
        matches!(choose("4").plan(b""), Plan::AskWebhook(call) if call.rule_id == 4 && call.timeout.as_millis() == 700)
    );
    assert!(matches!(choose("5").plan(b""), Plan::Now(reply) if *reply == Reply::Nothing));
}

#[test]
fn a_repeated_delivery_gets_the_same_random_answer() {
    let answers = ["a", "b", "c"].map(Answer::text).to_vec();
    let book = book([Draft::new("random", Trigger::Default, Answer::OneOf { answers })]);
    let choice = book.choose(&Stimulus::text("x"), NOON);
    let answer = |seed: u32| match choice.plan(&seed.to_be_bytes()) {
        Plan::Now(reply) => reply.into_owned(),
        other => panic!("{other:?}"),
    };
    let all: Vec<_> = (0..60).map(answer).collect();
    assert_eq!(all, (0..60).map(answer).collect::<Vec<_>>());
    for text in ["a", "b", "c"] {
        assert!(all.contains(&Reply::text(text)), "{text} never came");
    }
}

#[test]
fn patterns_that_fill_a_set_are_split_over_several() {
    // Each repeats a Unicode class: some 600 KB compiled, and a set takes 16 MB.
    let drafts = (0..40).map(|n| rule(&format!("r{n}"), keyword(Matching::Regex, &[&format!("^k{n:02}\\w{{1,8}}$")])));
    let book = book(drafts);
    assert_eq!(book.problems().count(), 0);
    for n in [0, 17, 39] {
        assert_eq!(winner(&book, &Stimulus::text(&format!("K{n:02}茶"))), Some(format!("r{n}").as_str()));
    }
}

fn any_trigger() -> impl Strategy<Value = Trigger> {
    let word = prop::sample::select(vec!["a", "b", "ab", "A", "ａ", "茶", "绿茶", "茶 "]).prop_map(str::to_owned);
    let pattern = prop::sample::select(vec!["^a", "b$", "茶|A", "a.b", "."]).prop_map(str::to_owned);
    let scene = prop::sample::select(vec!["s", "s1", "s*", "*", "t"]).prop_map(str::to_owned);
    let words = |of: BoxedStrategy<String>| prop::collection::vec(of, 1..3);
    let matching = prop::sample::select(vec![Matching::Exact, Matching::Contains]);
    prop_oneof![
        prop::option::of(scene.clone()).prop_map(|scene| Trigger::Follow { scene }),
        Just(Trigger::Default),
        (matching, words(word.boxed())).prop_map(|(matching, words)| Trigger::Keyword { matching, words }),
        words(pattern.boxed()).prop_map(|words| Trigger::Keyword { matching: Matching::Regex, words }),
        prop::sample::select(vec!["k", "K", "j"]).prop_map(|key| Trigger::Menu { key: key.into() }),
        scene.prop_map(|scene| Trigger::Scan { scene }),
        prop::sample::select(MessageKind::ALL.to_vec()).prop_map(|kind| Trigger::Kind { kind }),
    ]
}

fn any_rule() -> impl Strategy<Value = Draft> {
    let active = prop::sample::select(vec![
        Active::default(),
        Active::daily(["11:00-13:00".parse().unwrap()]),
        Active::daily(["13:00-11:00".parse().unwrap()]),
        Active { weekdays: vec![Weekday::Sun], ..Active::default() },
        Active { until: Some("2026-11-22T12:00".parse().unwrap()), ..Active::default() },
    ]);
    (any_trigger(), -1..2_i32, active, prop::bool::weighted(0.9)).prop_map(|(trigger, priority, active, enabled)| {
        Draft { enabled, ..rule("any", trigger).priority(priority).active(active) }
    })
}

fn any_stimulus() -> impl Strategy<Value = Stimulus<'static>> {
    let text = prop::sample::select(vec!["a", " A ", "ａｂ", "ab", "绿茶", "茶", "茶叶", "zzz", ""]);
    let scene = prop::sample::select(vec!["s", "s1", "s12", "t", "u"]);
    let key = prop::sample::select(vec!["k", "K", "x"]);
    prop_oneof![
        4 => text.prop_map(Stimulus::text),
        1 => prop::option::of(scene.clone()).prop_map(Stimulus::follow),
        1 => scene.prop_map(Stimulus::scan),
        1 => key.prop_map(Stimulus::tap),
        1 => prop::sample::select(vec!["image", "shortvideo", "file", "hologram"]).prop_map(Stimulus::kind),
    ]
}

/// The documented rule, in the plainest words: is there a match at [`NOON`]?
fn matches_at_noon(rule: &Rule, seen: &Stimulus<'_>) -> bool {
    let scene_fits = |pattern: &str| {
        seen.scene
            .is_some_and(|s| pattern == s || pattern.ends_with('*') && s.starts_with(&pattern[..pattern.len() - 1]))
    };
    let fold = |text: &str| text.trim().replace('ａ', "a").replace('ｂ', "b").to_lowercase();
    let matched = match &rule.trigger {
        Trigger::Follow { scene } => seen.event == Some("subscribe") && scene.as_ref().is_none_or(|s| scene_fits(s)),
        Trigger::Scan { scene } => scene_fits(scene),
        Trigger::Menu { key } => seen.event == Some("CLICK") && seen.event_key == Some(key),
        Trigger::Kind { kind } => seen.kind == kind.wire(),
        Trigger::Default => seen.event.is_none(),
        Trigger::Keyword { matching, words } => seen.text.is_some_and(|text| {
            words.iter().any(|word| match matching {
                Matching::Exact => fold(word) == fold(text),
                Matching::Contains => fold(text).contains(&fold(word)),
                Matching::Regex => regex::Regex::new(&format!("(?i:{word})")).unwrap().is_match(text.trim()),
            })
        }),
    };
    // Of the spans above, only the one over midnight is closed at noon; and what ends at noon has ended.
    let open =
        rule.active.until.is_none() && rule.active.daily.first().is_none_or(|span| span.to_string() == "11:00-13:00");
    rule.enabled && open && matched
}

fn rank(rule: &Rule) -> (u8, i32, u8, i64) {
    let class = match rule.trigger {
        Trigger::Default => 3,
        Trigger::Follow { scene: None } | Trigger::Kind { .. } => 2,
        Trigger::Scan { .. } => 1,
        _ => 0,
    };
    let closeness = match &rule.trigger {
        Trigger::Keyword { matching, .. } => *matching as u8,
        Trigger::Follow { scene: Some(scene) } | Trigger::Scan { scene } => u8::from(scene.ends_with('*')),
        _ => 0,
    };
    (class, -rule.priority, closeness, rule.id)
}

proptest! {
    #[test]
    fn the_book_chooses_what_reading_all_rules_chooses(
        drafts in prop::collection::vec(any_rule(), 0..12),
        stimulus in any_stimulus(),
    ) {
        let rules: Vec<_> = (1..).zip(drafts).map(|(id, draft)| draft.into_rule(id, 1)).collect();
        let expected = rules.iter().filter(|rule| matches_at_noon(rule, &stimulus)).min_by_key(|rule| rank(rule));
        let book = RuleBook::compile(rules.clone(), setting());
        let chosen = book.choose(&stimulus, NOON).rule();
        prop_assert_eq!(chosen, expected);
        prop_assert_eq!(book.explain(&stimulus, NOON).winner(), expected);
    }

    #[test]
    fn a_rule_survives_its_json(draft in any_rule()) {
        let json = serde_json::to_string(&draft).unwrap();
        prop_assert_eq!(serde_json::from_str::<Draft>(&json).unwrap(), draft);
    }
}

#[test]
fn every_text_exists_in_both_languages() {
    let key = regex::Regex::new(r#""((?:rules|rule_why)\.[a-z_]+)""#).unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/replies");
    let mut found = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(source) = std::fs::read_to_string(&path) else { continue };
        for (_, [key]) in key.captures_iter(&source).map(|capture| capture.extract()) {
            found += 1;
            for locale in Locale::ALL {
                assert_ne!(crate::texts::t(locale, key, &[]), key, "{} names a text that is missing", path.display());
            }
        }
    }
    assert!(found > 60, "{found}");
}
