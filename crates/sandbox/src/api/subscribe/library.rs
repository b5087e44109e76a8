//! A small public library of notification templates; the platform's own has thousands. Template messages of the newer
//! kind (类目模板) are made from it as well.

/// A title that templates are made of.
pub(in crate::api) struct Title {
    pub(in crate::api) tid: &'static str,
    pub(in crate::api) name: &'static str,
    pub(in crate::api) category: u32,
    /// Whether one agreement lasts for ever.
    pub(in crate::api) lasting: bool,
    pub(in crate::api) keywords: &'static [Keyword],
}

/// A line that a template may have.
pub(in crate::api) struct Keyword {
    pub(in crate::api) kid: u32,
    pub(in crate::api) name: &'static str,
    /// What it may hold.
    pub(in crate::api) rule: &'static str,
    pub(in crate::api) example: &'static str,
}

impl Keyword {
    /// Its name in `data`.
    pub(in crate::api) fn key(&self) -> String {
        format!("{}{}", self.rule, self.kid)
    }
}

/// What the account's business is registered as.
pub(in crate::api) const CATEGORIES: &[(u32, &str)] = &[(307, "服装/鞋/箱包"), (308, "食品饮料"), (616, "公交")];

const fn word(kid: u32, name: &'static str, rule: &'static str, example: &'static str) -> Keyword {
    Keyword { kid, name, rule, example }
}

const TITLES: &[Title] = &[
    Title {
        tid: "1856",
        name: "订单发货通知",
        category: 308,
        lasting: false,
        keywords: &[
            word(1, "商品名称", "thing", "明前龙井"),
            word(2, "订单编号", "character_string", "20261101-0001"),
            word(3, "发货时间", "time", "2026年11月1日 15:01"),
            word(4, "快递公司", "thing", "顺丰速运"),
            word(5, "快递单号", "character_string", "SF1234567890"),
            word(6, "收货人", "name", "王小明"),
        ],
    },
    Title {
        tid: "2763",
        name: "订单支付成功通知",
        category: 308,
        lasting: false,
        keywords: &[
            word(1, "订单编号", "character_string", "20261101-0001"),
            word(2, "支付金额", "amount", "¥88.00"),
            word(3, "支付时间", "time", "2026年11月1日 15:01"),
            word(4, "商品名称", "thing", "明前龙井"),
            word(5, "支付状态", "phrase", "支付成功"),
            word(6, "商品数量", "number", "2"),
        ],
    },
    Title {
        tid: "1451",
        name: "退款通知",
        category: 307,
        lasting: false,
        keywords: &[
            word(1, "订单编号", "character_string", "20261101-0001"),
            word(2, "退款金额", "amount", "¥88.00"),
            word(3, "退款日期", "date", "2026年11月2日"),
            word(4, "退款原因", "thing", "七天无理由"),
            word(5, "联系电话", "phone_number", "0571-88888888"),
        ],
    },
    Title {
        tid: "4162",
        name: "会员等级变更提醒",
        category: 307,
        lasting: false,
        keywords: &[
            word(1, "会员名称", "thing", "小满"),
            word(2, "当前等级", "letter", "VIP"),
            word(3, "标记", "symbol", "***"),
            word(4, "变更日期", "date", "2026年11月1日"),
        ],
    },
    Title {
        tid: "9085",
        name: "停车缴费提醒",
        category: 616,
        lasting: true,
        keywords: &[
            word(1, "车牌号", "car_number", "浙A12345"),
            word(2, "应缴金额", "amount", "¥12.00"),
            word(3, "入场时间", "time", "2026年11月1日 09:30"),
            word(4, "停车地点", "thing", "西湖停车场"),
        ],
    },
];

/// The titles of some categories, in their order.
pub(in crate::api) fn titles_in(categories: &[u32]) -> Vec<&'static Title> {
    TITLES.iter().filter(|title| categories.contains(&title.category)).collect()
}

pub(in crate::api) fn title(tid: &str) -> Option<&'static Title> {
    TITLES.iter().find(|title| title.tid == tid)
}

/// The lines of a template: how they lie in its `content` (with `example` false) or in its `example`.
pub(in crate::api) fn lines(keywords: &[&Keyword], example: bool) -> String {
    let line = |keyword: &&Keyword| match example {
        true => format!("{}:{}\n", keyword.name, keyword.example),
        false => format!("{}:{{{{{}.DATA}}}}\n", keyword.name, keyword.key()),
    };
    keywords.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::subscribe::formats::fits;

    #[test]
    fn examples_fit_their_own_rules() {
        for title in TITLES {
            assert!(CATEGORIES.iter().any(|(id, _)| *id == title.category), "{}", title.name);
            for (place, keyword) in title.keywords.iter().enumerate() {
                assert_eq!(keyword.kid as usize, place + 1, "{}", title.name);
                assert!(fits(keyword.rule, keyword.example), "{} {}", title.name, keyword.name);
            }
        }
    }
}
