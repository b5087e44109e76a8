//! Numbers that look random and come out the same for the same words: figures and sample results of a simulation.

/// A number made of texts (FNV-1a, mixed once more so that neighbours differ in every bit).
pub(crate) fn mixed(parts: &[&str]) -> u64 {
    let mut sum = 0xCBF2_9CE4_8422_2325_u64;
    for part in parts {
        // A byte that no UTF-8 text has keeps ["ab", "c"] and ["a", "bc"] apart.
        for byte in part.bytes().chain([0xFF]) {
            sum = (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
    sum = (sum ^ (sum >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    sum ^ (sum >> 29)
}

/// One of a list, the same for the same words.
pub(crate) fn one_of<'a, T>(list: &'a [T], parts: &[&str]) -> &'a T {
    let place = mixed(parts) % u64::try_from(list.len()).expect("a list fits in memory");
    &list[usize::try_from(place).expect("a place in a list fits")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_give_the_same_number_and_others_another() {
        assert_eq!(mixed(&["a", "b"]), mixed(&["a", "b"]));
        assert_ne!(mixed(&["ab", "c"]), mixed(&["a", "bc"]));
        assert_ne!(mixed(&["1"]) % 1000, mixed(&["2"]) % 1000);
    }
}
