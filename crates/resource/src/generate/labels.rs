//! What people read, made of names: English by its words, Chinese by a dictionary of what a shop's tables have.

mod words;

use self::words::{LAST, WORDS};

/// Words that are written otherwise than they are spelled in names.
const WRITTEN: &[(&str, &str)] = &[
    ("api", "API"),
    ("appid", "AppID"),
    ("html", "HTML"),
    ("id", "ID"),
    ("ip", "IP"),
    ("json", "JSON"),
    ("openid", "openid"),
    ("pdf", "PDF"),
    ("qq", "QQ"),
    ("qr", "QR"),
    ("seo", "SEO"),
    ("sku", "SKU"),
    ("sms", "SMS"),
    ("unionid", "unionid"),
    ("url", "URL"),
    ("vat", "VAT"),
    ("vip", "VIP"),
    ("wechat", "WeChat"),
];

/// `cover_image` in words: `Cover image`.
pub(super) fn english(name: &str) -> String {
    let words = name.split(['_', '-', ' ']).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.map(|word| found(WRITTEN, &word.to_lowercase()).unwrap_or(word)).collect();
    capitalised(&words.join(" "))
}

/// The first letter in upper case, unless the word is written otherwise.
pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = text.split(' ').next().unwrap_or_default();
    match chars.next() {
        Some(letter) if !WRITTEN.iter().any(|(_, written)| *written == first) => {
            letter.to_uppercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

/// What `name` is called in Chinese, where every part of it is known.
pub(super) fn chinese(name: &str) -> Option<String> {
    let name = name.to_lowercase();
    if let Some(rest) = name.strip_prefix("is_").or_else(|| name.strip_prefix("has_")) {
        return chinese(rest).map(|rest| format!("是否{rest}"));
    }
    let words: Vec<&str> = name.split('_').collect();
    let mut out = String::new();
    let mut at = 0;
    while at < words.len() {
        // The longest run of words that is known: a cover image is no image of a cover.
        let (end, text) = (at + 1..=words.len()).rev().find_map(|end| {
            let run = words[at..end].join("_");
            Some((end, known(&run, at > 0)?))
        })?;
        out.push_str(text);
        at = end;
    }
    Some(out).filter(|out| !out.is_empty())
}

/// A run of words; at the end of a name some mean something else than by themselves.
fn known(run: &str, after: bool) -> Option<&'static str> {
    let last = || found(LAST, run).filter(|_| after);
    let one = || found(WORDS, run).or_else(|| found(WORDS, run.strip_suffix('s')?));
    let more =
        || found(WORDS, run.strip_suffix("es")?).or_else(|| found(WORDS, &format!("{}y", run.strip_suffix("ies")?)));
    last().or_else(one).or_else(more)
}

fn found(all: &[(&'static str, &'static str)], word: &str) -> Option<&'static str> {
    all.iter().find(|(known, _)| *known == word).map(|(_, text)| *text)
}

/// `In stock` as a name: `in_stock`.
pub(super) fn snake(text: &str) -> String {
    text.trim().to_lowercase().replace(['-', ' '], "_")
}

/// Whether it is a Chinese character.
pub(super) fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_become_english() {
        for (name, label) in [
            ("cover_image", "Cover image"),
            ("sku", "SKU"),
            ("logo_url", "Logo URL"),
            ("openid", "openid"),
            ("wechat_id", "WeChat ID"),
            ("blog_posts", "Blog posts"),
            ("in-stock", "In stock"),
        ] {
            assert_eq!(english(name), label);
        }
    }

    #[test]
    fn names_become_chinese_where_every_part_is_known() {
        for (name, label) in [
            ("title", "标题"),
            ("cover_image", "封面图片"),
            ("contact_phone", "联系电话"),
            ("published_at", "发布时间"),
            ("starts_on", "开始日期"),
            ("is_active", "是否启用"),
            ("tags", "标签"),
            ("categories", "分类"),
            ("blog_post", "博客文章"),
            ("ecommerce", "网店"),
            ("product_category", "商品分类"),
            ("comment_count", "评论数"),
            ("count", "数量"),
            ("addresses", "地址"),
            ("order_no", "订单号"),
        ] {
            assert_eq!(chinese(name).as_deref(), Some(label), "{name}");
        }
        for name in ["zyzzyva", "title_zyzzyva", "", "is_", "_"] {
            assert_eq!(chinese(name), None, "{name}");
        }
    }

    #[test]
    fn the_dictionary_says_each_word_once() {
        for all in [WORDS, LAST, WRITTEN] {
            let words: BTreeSet<&str> = all.iter().map(|(word, _)| *word).collect();
            assert_eq!(words.len(), all.len());
            assert!(all.iter().all(|(word, text)| !text.is_empty() && *word == word.to_lowercase()));
        }
        assert!(WORDS.len() > 300, "{}", WORDS.len());
    }
}
