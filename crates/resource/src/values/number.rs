//! Numbers with a fixed number of digits after the point, exactly: no float on the way.

use super::Fault;

/// The largest number taken: every reader of JSON keeps it exactly (2⁵³ − 1).
pub const MOST: i64 = 9_007_199_254_740_991;

/// What a Chinese keyboard makes of figures and signs, as ASCII; other characters stay.
pub(super) fn plain_figures(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| match c {
            // Full-width forms have the order of ASCII.
            '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            '￥' => '¥',
            '−' => '-',
            '\u{3000}' | '\u{a0}' | '\u{202f}' => ' ',
            other => other,
        })
        .collect()
}

/// Why a text is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoNumber {
    /// It does not look like one.
    Shape,
    /// It has more digits after the point than are kept.
    TooPrecise,
    /// It is beyond [`MOST`].
    TooLarge,
}

/// `1,234.5` with `scale` 2 is 123450. Commas stand between groups of three digits or nowhere: `1,5` may be one and a
/// half to its writer, and fifteen to nobody.
pub(super) fn parse_scaled(text: &str, scale: u8) -> Result<i64, NoNumber> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return Err(NoNumber::Shape),
        None => (digits, ""),
    };
    let whole = ungrouped(whole).ok_or(NoNumber::Shape)?;
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NoNumber::Shape);
    }
    let kept = fraction.trim_end_matches('0');
    if kept.len() > usize::from(scale) {
        return Err(NoNumber::TooPrecise);
    }
    let digits = format!("{whole}{kept:0<width$}", width = usize::from(scale));
    let value: i64 = digits.parse().map_err(|_| NoNumber::TooLarge)?;
    if value > MOST {
        return Err(NoNumber::TooLarge);
    }
    Ok(if negative { -value } else { value })
}

/// The digits without commas between the thousands.
fn ungrouped(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next().filter(|first| !first.is_empty())?;
    let rest: Vec<_> = groups.collect();
    let grouped = rest.is_empty() || (first.len() <= 3 && rest.iter().all(|group| group.len() == 3));
    let digits = first.to_owned() + &rest.concat();
    (grouped && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

/// Money in fen from yuan: `12.34`, `¥1,234.5`, `5 元`.
pub(super) fn money(text: &str) -> Result<i64, Fault> {
    let text = plain_figures(text);
    let text = text.strip_suffix('元').unwrap_or(&text).trim_end();
    let number = match text.strip_prefix("-¥") {
        Some(rest) => format!("-{}", rest.trim_start()),
        None => text.strip_prefix('¥').unwrap_or(text).trim_start().to_owned(),
    };
    scaled(&number, 2, "rules.money")
}

/// A rate in basis points from percent: `12.5`, `12.5 %`.
pub(super) fn percent(text: &str) -> Result<i64, Fault> {
    let text = plain_figures(text);
    scaled(text.strip_suffix('%').unwrap_or(&text).trim_end(), 2, "rules.percent")
}

/// A number with `scale` digits after the point.
pub(super) fn decimal(text: &str, scale: u8) -> Result<i64, Fault> {
    scaled(&plain_figures(text), scale, "rules.decimal").map_err(|fault| fault.with("places", scale))
}

/// A whole number.
pub(super) fn integer(text: &str) -> Result<i64, Fault> {
    scaled(&plain_figures(text), 0, "rules.integer")
}

fn scaled(text: &str, scale: u8, otherwise: &'static str) -> Result<i64, Fault> {
    parse_scaled(text, scale).map_err(|why| match why {
        NoNumber::TooLarge => Fault::new("rules.too_large").with("max", grouped(&plain(MOST, scale))),
        NoNumber::Shape | NoNumber::TooPrecise => Fault::new(otherwise),
    })
}

/// 123450 with `scale` 2 is `1234.50`.
pub(super) fn plain(value: i64, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The same without zeros at the end of the fraction: `12.5`.
pub(super) fn trimmed(value: i64, scale: u8) -> String {
    let text = plain(value, scale);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Commas between the thousands.
pub(super) fn grouped(plain: &str) -> String {
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let mut out = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// Money as people read it: `¥1,234.50`.
pub(super) fn yuan(fen: i64) -> String {
    let text = grouped(&plain(fen, 2));
    text.strip_prefix('-').map_or_else(|| format!("¥{text}"), |text| format!("-¥{text}"))
}
