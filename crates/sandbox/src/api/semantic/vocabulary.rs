//! The words that this simulation knows.

/// Chinese and English of the same thing.
pub(super) const PHRASES: &[(&str, &str)] = &[
    ("你好", "Hello"),
    ("谢谢", "Thank you"),
    ("再见", "Goodbye"),
    ("早上好", "Good morning"),
    ("晚安", "Good night"),
    ("多少钱", "How much is it"),
    ("营业时间", "Opening hours"),
    ("包邮吗", "Is shipping free"),
    ("我要退货", "I want to return it"),
    ("什么时候发货", "When will it be shipped"),
    ("绿茶", "Green tea"),
    ("订单", "Order"),
];

/// A phrase in the other language; case and closing punctuation do not count.
pub(super) fn translated(text: &str, into_english: bool) -> Option<&'static str> {
    let plain = text.trim().trim_end_matches(['。', '！', '？', '.', '!', '?']).trim();
    PHRASES.iter().find_map(|&(chinese, english)| match into_english {
        true => (chinese == plain).then_some(english),
        false => english.eq_ignore_ascii_case(plain).then_some(chinese),
    })
}

/// Categories of understanding, and the words that speak for each.
pub(super) const CATEGORIES: &[(&str, &[&str])] = &[
    ("flight", &["机票", "航班", "飞机"]),
    ("train", &["火车", "高铁", "动车"]),
    ("hotel", &["酒店", "宾馆", "住宿"]),
    ("weather", &["天气", "下雨", "气温"]),
    ("restaurant", &["餐厅", "餐馆", "吃饭", "好吃的"]),
    ("map", &["怎么走", "路线", "导航"]),
    ("movie", &["电影", "影院"]),
    ("music", &["歌", "音乐"]),
    ("stock", &["股票", "股价"]),
    ("remind", &["提醒", "闹钟"]),
    ("telephone", &["电话", "客服热线"]),
    ("travel", &["旅游", "景点", "门票"]),
];

/// Cities, by their short names.
pub(super) const CITIES: &[&str] =
    &["北京", "上海", "广州", "深圳", "杭州", "成都", "武汉", "西安", "南京", "苏州", "重庆", "天津"];

/// Words for days, and how many days on they mean.
pub(super) const DAYS: &[(&str, i64)] = &[("今天", 0), ("后天", 2), ("明天", 1)];
