//! Short fingerprints: they tell a change from none, the same on every node. They keep nobody from making two alike.

/// FNV-1a, 32 bits.
pub(crate) const fn of(bytes: &[u8]) -> u32 {
    let (mut hash, mut at) = (0x811c_9dc5_u32, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_as_fnv_1a_says() {
        assert_eq!([of(b""), of(b"a"), of(b"foobar")], [0x811c_9dc5, 0xe40c_292c, 0xbf9c_f968]);
    }
}
