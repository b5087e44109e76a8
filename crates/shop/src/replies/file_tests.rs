//! Files that come back the same, and files that are refused.

use super::*;
use crate::replies::{
    Active, Span, demo_rules,
    rule::{Matching, Trigger},
    store::test_world::World,
};

fn rules(drafts: Vec<Draft>) -> Vec<Rule> {
    (1..).zip(drafts).map(|(id, draft)| draft.into_rule(id, 1)).collect()
}

fn webhook() -> Draft {
    let answer =
        Answer::Webhook { url: "https://hooks.example.com/".into(), secret: WebhookSecret::Kept, timeout_ms: 2_500 };
    Draft::new("机器人", Trigger::Default, answer)
}

fn every_shape() -> Vec<Draft> {
    let mut drafts = demo_rules("https://shop.example");
    drafts.push(webhook());
    drafts.push(Draft::new("图", Trigger::Menu { key: "PIC".into() }, Answer::Image { media_id: "m1".into() }));
    let active = Active {
        from: Some("2026-11-01T00:00".parse().unwrap()),
        until: Some("2026-11-12T08:30".parse().unwrap()),
        daily: vec![Span::new((22, 0), (6, 0)).unwrap()],
        weekdays: vec![crate::replies::Weekday::Fri, crate::replies::Weekday::Sat],
    };
    let words = vec!["\\d{4}\"引号\"".to_owned(), "'''".to_owned()];
    let mut odd = Draft::new(
        "双十一",
        Trigger::Keyword { matching: Matching::Regex, words },
        Answer::text("行一\n行二\t\"\"\" \\ 完"),
    );
    odd.enabled = false;
    drafts.push(odd.priority(-5).active(active));
    drafts
}

#[test]
fn what_is_exported_is_read_back_the_same() {
    let text = export(rules(every_shape()));
    let read = parse(&text, &Guard::default()).unwrap();
    let mut expected = rules(every_shape());
    expected.sort_by_cached_key(order);
    assert_eq!(read, expected.into_iter().map(Draft::from).collect::<Vec<_>>());
    assert_eq!(export(rules(read)), text);
    assert_eq!(parse(&export([]), &Guard::default()), Ok(vec![]));
}

#[test]
fn a_file_reads_like_this() {
    let draft = Draft::new(
        "打招呼",
        Trigger::Keyword { matching: Matching::Exact, words: vec!["你好".into(), "hi".into()] },
        Answer::text("{greeting}！\n想喝点什么？"),
    );
    let body = export(rules(vec![draft])).split_off(HEADER.len());
    assert_eq!(
        body,
        r#"
[[rule]]
name = "打招呼"

[rule.trigger]
on = "keyword"
matching = "exact"
words = [
    "你好",
    "hi",
]

[rule.answer]
kind = "text"
content = """
{greeting}！
想喝点什么？"""
"#
    );
}

#[test]
fn what_is_wrong_is_said_with_line_and_rule() {
    let text = r#"# 规则
[[rule]]
name = "一"
trigger = { on = "keyword", matching = "regex", words = ["("] }
answer = { kind = "text", content = "{who}" }

[[rule]]
name = "二"
trigger = { on = "smell" }
answer = { kind = "nothing" }

[[rule]]
name = "一"
trigger = { on = "default" }
answer = { kind = "nothing" }
"#;
    let texts: Vec<_> = parse(text, &Guard::default()).unwrap_err().iter().map(|p| p.text(Locale::ZhCn)).collect();
    assert_eq!(texts.len(), 4, "{texts:?}");
    assert_eq!(texts[0], "第 2 行：规则“一”：trigger.words[0]: 正则第 1 个字：括号 ( 没有合上");
    assert!(
        texts[1].starts_with("第 2 行：规则“一”：answer.content: 第 1 个字：没有 {who} 这个占位符"),
        "{}",
        texts[1]
    );
    assert!(texts[2].starts_with("第 7 行：规则“二”：写法不对：unknown variant `smell`"), "{}", texts[2]);
    assert_eq!(texts[3], "第 12 行：规则“一”：文件里有同名的规则");
}

#[test]
fn what_is_not_toml_is_said_with_its_line() {
    let problems = parse("[[rule]]\nname = \"a\"\ntrigger = {\n", &Guard::default()).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].line.is_some_and(|line| line >= 3), "{problems:?}");
    let unknown = parse("[[rules]]\nname = \"a\"\n", &Guard::default()).unwrap_err();
    assert!(unknown[0].text(Locale::En).contains("unknown field `rules`"), "{unknown:?}");
}

#[tokio::test]
async fn an_import_makes_the_account_what_the_file_says() {
    let world = World::new().await;
    let first = world.import(&export(rules(every_shape())), false).await.unwrap();
    assert_eq!(first.added.len(), every_shape().len());
    let text = export(world.rules().await);

    let again = world.import(&text, false).await.unwrap();
    assert_eq!(again.unchanged.len(), every_shape().len());
    assert_eq!(again.changed.len() + again.added.len() + again.removed.len(), 0);

    let edited = text.replacen("m1", "m2", 1).replacen("name = \"道谢\"", "name = \"感谢\"", 1);
    let before = (world.rules().await, world.version().await);
    let dry = world.import(&edited, true).await.unwrap();
    assert_eq!(
        (&dry.added, &dry.changed, &dry.removed),
        (&vec!["感谢".to_owned()], &vec!["图".to_owned()], &vec!["道谢".to_owned()])
    );
    assert_eq!((world.rules().await, world.version().await), before);

    assert_eq!(world.import(&edited, false).await.unwrap(), dry);
    assert_eq!(export(world.rules().await), edited_in_order(&edited));
    assert_eq!(world.version().await, before.1 + 1);
}

/// The renamed rule is the youngest now, so that it goes last among its equals.
fn edited_in_order(text: &str) -> String {
    let drafts = parse(text, &Guard::default()).unwrap();
    let (young, old): (Vec<_>, Vec<_>) = drafts.into_iter().partition(|draft| draft.name == "感谢");
    export(rules([old, young].concat()))
}

#[test]
fn of_a_file_with_too_many_rules_none_is_looked_at() {
    let problems = parse(&"[[rule]]\n".repeat(1_001), &Guard::default()).unwrap_err();
    assert_eq!(problems, [FileProblem { line: None, rule: None, fault: FileFault::TooMany }]);
    let lines: Vec<_> =
        parse(&"\n[[rule]]\n".repeat(3), &Guard::default()).unwrap_err().iter().map(|it| it.line).collect();
    assert_eq!(lines, [Some(2), Some(4), Some(6)]);
}

#[tokio::test]
async fn a_wrong_file_changes_nothing() {
    let world = World::new().await;
    world.import(&export(rules(vec![webhook()])), false).await.unwrap();
    let before = (world.rules().await, world.version().await);
    let wrong = export(rules(demo_rules("https://shop.example"))).replacen("{greeting}，", "{greet}，", 1);
    assert!(matches!(world.import(&wrong, false).await, Err(ImportError::File(problems)) if problems.len() == 1));
    assert_eq!((world.rules().await, world.version().await), before);
}

#[tokio::test]
async fn keys_of_webhooks_stay_at_home() {
    let world = World::new().await;
    world.import(&export(rules(vec![webhook()])), false).await.unwrap();
    let key = world.key_of("机器人").await;
    assert!(key.starts_with("whsec_"), "a new webhook gets a key");

    let text = export(world.rules().await);
    assert!(!text.contains("whsec_") && text.contains("secret = \"kept\""), "{text}");
    assert_eq!(world.import(&text, false).await.unwrap().unchanged, ["机器人"]);
    let slower = text.replacen("2500", "3000", 1);
    assert_eq!(world.import(&slower, false).await.unwrap().changed, ["机器人"]);
    assert_eq!(world.key_of("机器人").await, key);

    let own = slower.replace("kept", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    assert_eq!(world.import(&own, false).await.unwrap().changed, ["机器人"]);
    assert_ne!(world.key_of("机器人").await, key);
}
