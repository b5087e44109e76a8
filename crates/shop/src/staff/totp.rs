//! One-time passwords by the clock (RFC 6238, with RFC 4226's truncation): SHA-1, six digits, 30 seconds, as every
//! authenticator app does it.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY},
};

/// Seconds a code lasts.
const STEP_SECONDS: i64 = 30;
/// How many steps a clock may be wrong, either way.
const WINDOW: i64 = 1;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step at `ms` (Unix ms).
pub(super) fn step_at(ms: i64) -> i64 {
    ms.div_euclid(1_000 * STEP_SECONDS)
}

/// The code of `step`.
pub(super) fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 0x0f);
    let number = u32::from_be_bytes([tag[offset] & 0x7f, tag[offset + 1], tag[offset + 2], tag[offset + 3]]);
    format!("{:06}", number % 1_000_000)
}

/// The step near `now` (Unix ms) and after `last` whose code this is.
pub(super) fn step_of(secret: &[u8], given: &str, now: i64, last: i64) -> Option<i64> {
    let now = step_at(now);
    (now - WINDOW..=now + WINDOW)
        .filter(|step| *step > last)
        .find(|step| verify_slices_are_equal(code(secret, *step).as_bytes(), given.as_bytes()).is_ok())
}

/// Bytes in base32 without padding (RFC 4648).
pub(super) fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut block = [0; 8];
        block[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(block);
        for place in 0..(chunk.len() * 8).div_ceil(5) {
            let index = (bits >> (35 - 5 * place)) & 31;
            text.push(char::from(ALPHABET[index as usize]));
        }
    }
    text
}

/// Reads what [`base32`] wrote.
pub(super) fn from_base32(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        bits = bits << 5 | value as u32;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(bytes)
}

/// What an authenticator app reads from a QR code.
pub(super) fn url(login: &str, secret: &[u8]) -> String {
    let label: String = url::form_urlencoded::byte_serialize(login.as_bytes()).collect();
    format!("otpauth://totp/Puzi:{label}?secret={}&issuer=Puzi&algorithm=SHA1&digits=6&period=30", base32(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    /// RFC 6238, appendix B, the last six of its eight digits.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SECRET, step_at(seconds * 1_000)), expected);
        }
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late_and_never_after_a_later_one() {
        let now = 1_111_111_111_000;
        let step = step_at(now);
        for (offset, taken) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = step_of(SECRET, &code(SECRET, step + offset), now, 0);
            assert_eq!(found, taken.then_some(step + offset), "{offset}");
        }
        assert_eq!(step_of(SECRET, &code(SECRET, step), now, step), None);
        assert_eq!(step_of(SECRET, &code(SECRET, step), now, step - 1), Some(step));
        assert_eq!(step_of(SECRET, "", now, 0), None);
    }

    /// RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_the_standard() {
        for (plain, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), text);
            assert_eq!(from_base32(text).unwrap(), plain.as_bytes());
        }
        assert_eq!(from_base32("M1"), None);
    }

    #[test]
    fn the_url_names_the_login_safely() {
        let url = url("a&b@例.cn", SECRET);
        assert!(url.starts_with("otpauth://totp/Puzi:a%26b%40"), "{url}");
        assert!(url.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&"), "{url}");
    }
}
