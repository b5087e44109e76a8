//! The platform's SHA-1 signature: parts sorted by their bytes, joined with nothing between, hashed, lower-case hex.
//!
//! The URL check and pushes sign `token, timestamp, nonce`; an encrypted push signs `token, timestamp, nonce, Encrypt` as
//! well (`msg_signature`). Document: "消息与事件推送 / 接入指南" and "消息加解密说明".

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;

const HEX: &[u8; 16] = b"0123456789abcdef";
/// Bytes of a SHA-1 digest.
const LEN: usize = 20;

/// Signs `parts`: 40 lower-case hex digits.
///
/// ```
/// use puzi_wechat::signature::{sign, verify};
///
/// let signature = sign(&["token", "1700000000", "42"]);
/// assert!(verify(&["token", "1700000000", "42"], &signature));
/// assert!(!verify(&["token", "1700000000", "43"], &signature));
/// ```
#[must_use]
pub fn sign(parts: &[&str]) -> String {
    let mut hex = String::with_capacity(2 * LEN);
    for byte in hash(parts) {
        hex.push(char::from(HEX[usize::from(byte >> 4)]));
        hex.push(char::from(HEX[usize::from(byte & 15)]));
    }
    hex
}

/// Whether `given` is the signature of `parts`. Hex digits count without case; the digests are compared in constant time.
#[must_use]
pub fn verify(parts: &[&str], given: &str) -> bool {
    let Some(given) = unhex(given.as_bytes()) else { return false };
    verify_slices_are_equal(&hash(parts), &given).is_ok()
}

fn hash(parts: &[&str]) -> [u8; LEN] {
    let mut sorted = Vec::with_capacity(parts.len());
    sorted.extend_from_slice(parts);
    sorted.sort_unstable();
    // One call over one buffer is several times quicker than a context fed part by part.
    let joined = sorted.concat();
    let mut out = [0; LEN];
    out.copy_from_slice(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, joined.as_bytes()).as_ref());
    out
}

fn unhex(hex: &[u8]) -> Option<[u8; LEN]> {
    if hex.len() != 2 * LEN {
        return None;
    }
    let mut out = [0; LEN];
    for (byte, pair) in out.iter_mut().zip(hex.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

fn digit(hex: u8) -> Option<u8> {
    match hex {
        b'0'..=b'9' => Some(hex - b'0'),
        b'a'..=b'f' => Some(hex - b'a' + 10),
        b'A'..=b'F' => Some(hex - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{sign, verify};

    #[test]
    fn parts_are_sorted_before_they_are_joined() {
        assert_eq!(sign(&["c", "a", "b"]), sign(&["a", "b", "c"]));
        assert_ne!(sign(&["ab", "c"]), sign(&["ab", "d"]));
    }

    #[test]
    fn verification_takes_hex_of_either_case_and_nothing_else() {
        let signature = sign(&["token", "1", "2"]);
        assert!(verify(&["2", "token", "1"], &signature));
        assert!(verify(&["2", "token", "1"], &signature.to_uppercase()));
        assert!(!verify(&["2", "token", "3"], &signature));
        for wrong in ["", "0", &signature[1..], &format!("{signature}0"), &"é".repeat(20), &"g".repeat(40)] {
            assert!(!verify(&["2", "token", "1"], wrong), "{wrong:?}");
        }
    }
}
