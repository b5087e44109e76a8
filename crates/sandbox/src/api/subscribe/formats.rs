//! What the fields of a notification may hold, by their kind.

/// Whether a value fits a kind (`thing`, `number`, …). A kind that is not known takes anything.
pub(in crate::api) fn fits(kind: &str, value: &str) -> bool {
    let len = value.chars().count();
    let value = value.trim();
    if value.is_empty() {
        return false;
    }
    match kind {
        "thing" => len <= 20,
        "number" => len <= 32 && is_decimal(value),
        "letter" => len <= 32 && value.chars().all(|c| c.is_ascii_alphabetic()),
        "symbol" => len <= 5 && value.chars().all(|c| !c.is_alphanumeric() && !c.is_control()),
        "character_string" => len <= 32 && value.chars().all(|c| !is_han(c) && !c.is_control()),
        "time" => is_span(value, is_time),
        "date" => is_span(value, is_date),
        "amount" => is_amount(value),
        "phone_number" => len <= 17 && value.chars().all(|c| c.is_ascii_digit() || "+-() ".contains(c)),
        "car_number" => is_car_number(value),
        "name" => is_name(value),
        "phrase" => len <= 5 && value.chars().all(is_han),
        _ => true,
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

fn is_decimal(value: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match value.strip_prefix('-').unwrap_or(value).split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(value.strip_prefix('-').unwrap_or(value)),
    }
}

/// One moment, or two with `~` between.
fn is_span(value: &str, is_moment: impl Fn(&str) -> bool) -> bool {
    match value.split_once('~') {
        Some((from, to)) => is_moment(from.trim()) && is_moment(to.trim()),
        None => is_moment(value),
    }
}

/// A time of day, with or without its day before it.
fn is_time(value: &str) -> bool {
    match value.rsplit_once([' ', '日']) {
        Some((day, time)) if !value.ends_with('日') => {
            is_day(&value[..value.len() - time.len()]) && !day.is_empty() && is_hour(time)
        }
        _ => is_hour(value) || is_day(value),
    }
}

/// A day, with or without a time of day after it.
fn is_date(value: &str) -> bool {
    is_day(value) || (is_time(value) && !is_hour(value))
}

fn is_hour(value: &str) -> bool {
    let parts: Vec<&str> = value.trim().split(':').collect();
    let within = |text: &str, most: u8| text.len() <= 2 && text.parse::<u8>().is_ok_and(|number| number <= most);
    match parts.as_slice() {
        [hour, minute] => within(hour, 23) && within(minute, 59),
        [hour, minute, second] => within(hour, 23) && within(minute, 59) && within(second, 59),
        _ => false,
    }
}

/// `2019年10月1日`, `2019-10-01`, `2019/10/1`, `2019.10.1`.
fn is_day(value: &str) -> bool {
    let value = value.trim().trim_end_matches('日');
    let parts: Vec<&str> = value.split(['年', '月', '-', '/', '.']).collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let within = |text: &str, most: u8| text.len() <= 2 && text.parse::<u8>().is_ok_and(|n| (1..=most).contains(&n));
    year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) && within(month, 12) && within(day, 31)
}

/// At most one sign of currency, ten digits, and 元.
fn is_amount(value: &str) -> bool {
    let value = value.strip_suffix('元').unwrap_or(value);
    let number = value.strip_prefix(['¥', '￥', '$', '€', '£']).unwrap_or(value);
    let whole = number.split('.').next().unwrap_or_default();
    whole.len() <= 10 && is_decimal(number) && !number.starts_with('-')
}

fn is_car_number(value: &str) -> bool {
    let letters: Vec<char> = value.chars().collect();
    let ends = [0, letters.len() - 1];
    letters.len() <= 8
        && letters.iter().enumerate().all(|(at, c)| c.is_ascii_alphanumeric() || (ends.contains(&at) && is_han(*c)))
}

/// Ten characters where some are Chinese, twenty where none is.
fn is_name(value: &str) -> bool {
    let len = value.chars().count();
    let most = if value.chars().any(is_han) { 10 } else { 20 };
    len <= most && value.chars().all(|c| !c.is_ascii_digit() && !c.is_control())
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn each_kind_takes_its_own_and_nothing_else() {
        let twenty = "字".repeat(20);
        for (kind, good, bad) in [
            ("thing", vec![twenty.as_str(), "a 1 。"], vec!["", " ", "二十一个字二十一个字二十一个字二十一个字长"]),
            ("number", vec!["1", "-1.50"], vec!["1.", "1,000", "一"]),
            ("letter", vec!["abC"], vec!["a1", "字"]),
            ("symbol", vec!["-*/", "。！"], vec!["a", "------", "字"]),
            ("character_string", vec!["No.2026-11"], vec!["单号1"]),
            (
                "time",
                vec!["15:01", "2019年10月1日 15:01", "2019-10-01 15:01:59", "15:01~16:00", "2019年10月1日"],
                vec!["25:00", "15:61", "now", "15:01~"],
            ),
            (
                "date",
                vec!["2019年10月1日", "2019-10-1 15:01", "2019/1/1~2019/1/2"],
                vec!["15:01", "2019-13-01", "10月1日"],
            ),
            ("amount", vec!["¥100.50", "100元", "0.01"], vec!["-1", "¥", "12345678901", "一百元"]),
            ("phone_number", vec!["+86-0766-66888866"], vec!["1234567890123456789", "12a"]),
            ("car_number", vec!["粤A8Z888挂", "A1"], vec!["粤粤A8888", "粤A8Z888挂挂"]),
            ("name", vec!["王小明", "Ann O'Neil"], vec!["王小明1", "abcdefghijklmnopqrstuv", "一二三四五六七八九十一"]),
            ("phrase", vec!["配送中"], vec!["货物正在配送", "ok"]),
        ] {
            for value in good {
                assert!(fits(kind, value), "{kind}: {value:?}");
            }
            for value in bad {
                assert!(!fits(kind, value), "{kind}: {value:?}");
            }
        }
    }
}
