use super::*;

fn data(values: &[(&str, &str)]) -> BTreeMap<String, String> {
    values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn keys(words: &[Word], values: &[(&str, &str)]) -> Vec<(String, &'static str)> {
    check(words, &data(values)).into_iter().map(|problem| (problem.field, problem.key)).collect()
}

#[test]
fn words_are_read_from_both_kinds_of_templates() {
    let words = read("快递公司:{{thing4.DATA}}\n发货时间：{{time3.DATA}}\n", &[]);
    let told: Vec<_> = words.iter().map(|word| (word.key.as_str(), word.label.as_str(), word.kind.as_str())).collect();
    assert_eq!(told, [("thing4", "快递公司", "thing"), ("time3", "发货时间", "time")]);
    let words = read("{{first.DATA}}\n支付金额：{{keyword1.DATA}}\n{{remark.DATA}}", &[]);
    let told: Vec<_> = words.iter().map(|word| (word.key.as_str(), word.label.as_str(), word.kind.as_str())).collect();
    assert_eq!(told, [("first", "", ""), ("keyword1", "支付金额", ""), ("remark", "", "")]);
    let only = [("enum1.DATA".to_owned(), vec!["男".to_owned(), "女".to_owned()])];
    assert_eq!(read("性别:{{enum1.DATA}}", &only)[0].values, ["男", "女"]);
    assert!(read("{{}} {{.DATA}} {{x}} {{thing1.DATA", &[]).is_empty());
    assert_eq!(read("{{thing1.DATA}} {{thing1.DATA}}", &[]).len(), 1, "twice in the text, once in the data");
}

#[test]
fn a_value_that_looks_like_a_word_stays_as_it_is() {
    let text =
        fill("甲:{{thing1.DATA}}\n乙:{{thing2.DATA}}\n", &data(&[("thing1", "{{thing2.DATA}}"), ("thing2", "b")]));
    assert_eq!(text, "甲:{{thing2.DATA}}\n乙:b");
    assert_eq!(fill("{{first.DATA}}\n甲:{{thing1.DATA}}", &data(&[("thing1", "a")])), "甲:a");
}

#[test]
fn each_kind_takes_its_own_and_nothing_else() {
    let (twenty, more) = ("字".repeat(20), "字".repeat(21));
    for (kind, good, bad) in [
        ("thing", vec![twenty.as_str(), "a 1 。"], vec!["", " ", more.as_str()]),
        ("number", vec!["1", "-1.50"], vec!["1.", "1,000", "一", "--1"]),
        ("letter", vec!["abC"], vec!["a1", "字"]),
        ("symbol", vec!["-*/", "。！"], vec!["a", "------", "字"]),
        ("character_string", vec!["No.2026-11"], vec!["单号1"]),
        (
            "time",
            vec![
                "15:01",
                "2026年10月1日 15:01",
                "2026年10月1日15:01",
                "2026-10-01 15:01:59",
                "15:01~16:00",
                "2026年10月1日",
            ],
            vec!["25:00", "15:61", "now", "15:01~", "15:01:02:03"],
        ),
        ("date", vec!["2026年10月1日", "2026-10-1 15:01", "2026/1/1~2026/1/2"], vec!["15:01", "2026-13-01", "10月1日"]),
        ("amount", vec!["¥100.50", "100元", "0.01"], vec!["-1", "¥", "12345678901", "一百元"]),
        ("phone_number", vec!["+86-0766-66888866"], vec!["1234567890123456789", "12a"]),
        ("car_number", vec!["粤A8Z888挂", "A1"], vec!["粤粤A8888", "粤A8Z888挂挂"]),
        ("name", vec!["王小明", "Ann O'Neil"], vec!["王小明1", "abcdefghijklmnopqrstuv", "一二三四五六七八九十一"]),
        ("phrase", vec!["配送中"], vec!["货物正在配送", "ok"]),
    ] {
        let word = read(&format!("x:{{{{{kind}1.DATA}}}}"), &[]);
        let key = format!("{kind}1");
        for value in good {
            assert!(keys(&word, &[(&key, value)]).is_empty(), "{kind}: {value:?}");
        }
        for value in bad {
            assert_eq!(keys(&word, &[(&key, value)]).len(), 1, "{kind}: {value:?}");
        }
    }
}

#[test]
fn what_is_missing_or_too_much_is_named() {
    let words = read("甲:{{thing1.DATA}}\n乙:{{phrase2.DATA}}", &[]);
    let more = "字".repeat(21);
    let problems = keys(&words, &[("thing1", &more), ("thing9", "x")]);
    let told: Vec<_> = problems.iter().map(|(field, key)| (field.as_str(), *key)).collect();
    assert_eq!(
        told,
        [
            ("data.thing1", "notices.too_long"),
            ("data.phrase2", "notices.empty"),
            ("data.thing9", "notices.no_such_word")
        ]
    );
    // Words without a kind may be left out, but not all of them.
    let words = read("{{first.DATA}}\n支付金额：{{keyword1.DATA}}", &[]);
    assert!(keys(&words, &[("keyword1", "30.00元")]).is_empty());
    assert_eq!(keys(&words, &[("keyword1", " ")]), [("data.first".to_owned(), "notices.empty")]);
    let only = [("enum1".to_owned(), vec!["男".to_owned(), "女".to_owned()])];
    let words = read("性别:{{enum1.DATA}}", &only);
    assert!(keys(&words, &[("enum1", "男")]).is_empty());
    assert_eq!(keys(&words, &[("enum1", "人")]), [("data.enum1".to_owned(), "notices.not_listed")]);
}
