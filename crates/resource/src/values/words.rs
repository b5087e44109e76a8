//! Addresses, telephone numbers and colours.

use super::number::plain_figures;

/// Longest e-mail address (RFC 5321).
const EMAIL: usize = 254;
/// Longest web address, in bytes: what browsers and WeChat take everywhere.
const URL: usize = 2048;

/// Whether `text` is an e-mail address one could write to: one `@`, something sane on both sides, a domain with a dot.
pub(crate) fn email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let local_fits = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    text.len() <= EMAIL
        && (1..=64).contains(&local.len())
        && local.chars().all(local_fits)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.contains('.')
        && domain.split('.').all(label_fits)
        // A domain that ends in figures is an address of the network, or a slip.
        && !domain.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether `text` is an `http` or `https` address with a host, and nothing hidden in it.
pub(crate) fn url(text: &str) -> bool {
    let clean = !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\\'));
    let address = (clean && text.len() <= URL).then(|| url::Url::parse(text).ok()).flatten();
    let slashes = text.split_once(':').is_some_and(|(_, rest)| rest.starts_with("//"));
    slashes
        && address.is_some_and(|address| {
            matches!(address.scheme(), "http" | "https") && address.has_host() && address.username().is_empty()
        })
}

/// A telephone number with 5 to 20 figures, as it was written but in ASCII.
pub(super) fn phone(text: &str) -> Option<String> {
    let text = plain_figures(text);
    let figures = text.bytes().filter(u8::is_ascii_digit).count();
    let rest = text.strip_prefix('+').unwrap_or(&text);
    let fits = rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '.' | '/'));
    ((5..=20).contains(&figures) && fits && text.len() <= 32).then_some(text)
}

/// `#rrggbb`, from that or from `#rgb`.
pub(super) fn colour(text: &str) -> Option<String> {
    let digits = text.trim().strip_prefix('#')?.to_ascii_lowercase();
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    match digits.len() {
        6 => Some(format!("#{digits}")),
        3 => Some(digits.chars().fold("#".to_owned(), |out, c| format!("{out}{c}{c}"))),
        _ => None,
    }
}
