//! What it costs to choose an answer: one text against a hundred rules, on the callback's hot path.

use divan::{Bencher, black_box};
use puzi_shop::replies::{Active, Answer, Draft, Matching, RuleBook, Setting, Span, Stimulus, Trigger};

/// 2026-11-22 12:00 in Shanghai, in Unix milliseconds.
const NOON: i64 = 1_795_320_000_000;
const SEED: &[u8] = &[7; 24];

fn main() {
    divan::main();
}

/// Forty exact and forty contains rules of three words, twenty of two patterns; every tenth keeps opening hours.
fn book() -> RuleBook {
    let rule = |n: i64| {
        let (matching, words) = match n % 5 {
            0 | 1 => (Matching::Exact, vec![format!("词{n}"), format!("word{n}"), format!("问{n}题")]),
            2 | 3 => (Matching::Contains, vec![format!("营业{n}"), format!("hour{n}"), format!("优惠{n}")]),
            _ => (Matching::Regex, vec![format!(r"^订单{n}\d{{4,}}$"), format!("(快递|物流).{{0,6}}{n}")]),
        };
        let mut draft = Draft::new(format!("{n}"), Trigger::Keyword { matching, words }, Answer::text("好的"));
        if n % 10 == 0 {
            draft = draft.active(Active::daily(Span::new((9, 0), (18, 0))));
        }
        draft.into_rule(n, 1)
    };
    let default = Draft::new("default", Trigger::Default, Answer::text("没听懂")).into_rule(1_000, 1);
    let setting = Setting::new("Asia/Shanghai", "铺子").expect("the zone is compiled in");
    RuleBook::compile((0..99).map(rule).chain([default]), setting)
}

#[divan::bench(args = [
    "词50",
    "请问你们营业92是几点呀，谢谢",
    "我的快递到哪了 94",
    "随便说一句不会命中任何规则的话，大约三十个字左右吧",
])]
fn text_against_a_hundred_rules(bencher: Bencher<'_, '_>, text: &str) {
    let book = book();
    let stimulus = Stimulus::text(text);
    bencher.bench_local(|| {
        black_box(book.choose(black_box(&stimulus), NOON).plan(SEED));
    });
}

#[divan::bench]
fn compile_a_hundred_rules() -> RuleBook {
    book()
}
