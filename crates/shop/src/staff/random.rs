//! Random values and their hashes.

use aws_lc_rs::rand;

use crate::digest;

/// So many random bytes.
pub(super) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// 32 random bytes in hex.
pub(super) fn hex() -> String {
    digest::hex(&bytes::<32>())
}

/// SHA-256 in hex, of `parts` with their `purpose`: what one purpose hashes is never another's.
pub(super) fn hash(purpose: &str, text: &str) -> String {
    digest::sha256(format!("{purpose}\0{text}").as_bytes())
}
