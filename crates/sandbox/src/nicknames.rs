//! Names and colours for phones that were not given any.

const NAMES: &[&str] = &[
    "小满",
    "阿茶",
    "青柠",
    "林间有鹿",
    "陈皮",
    "一颗柚子",
    "周末去爬山",
    "南风",
    "米粒",
    "老王",
    "清和",
    "Momo",
    "橘子汽水",
    "向阳",
    "豆包妈妈",
    "木木",
    "阿乐",
    "雨前龙井",
    "Tina",
    "早点睡",
    "海边的卡夫卡",
    "团子",
    "小禾",
    "江小鱼",
    "山月",
    "七七",
    "Leo",
    "桂花酿",
    "晚安玛卡巴卡",
    "布丁",
    "静水",
    "麦田",
    "阿泽",
    "芝麻糊",
    "云朵",
    "吃饱了再说",
    "Echo",
    "竹里馆",
    "二十四桥",
    "星星点灯",
];

const COLORS: &[&str] =
    &["#3d8361", "#c26e4b", "#4a6fa5", "#8e5a9b", "#b08d3c", "#5b8a8a", "#b5566b", "#6b7a3a", "#7a5c45", "#4f5d9b"];

/// The name of the `n`th phone of a sandbox that begins at `start` in the list.
pub(crate) fn name(start: usize, n: usize) -> String {
    let place = start + n;
    let name = NAMES[place % NAMES.len()];
    match n / NAMES.len() {
        0 => name.to_owned(),
        round => format!("{name}{}", round + 1),
    }
}

/// The colour of the `n`th phone.
pub(crate) fn color(n: usize) -> &'static str {
    COLORS[n % COLORS.len()]
}

/// How many different names there are.
pub(crate) const COUNT: usize = NAMES.len();
