//! Openids that are numbers in disguise: made from seed, account and number, and read back, so that a made-up
//! follower needs no memory.

use crate::chance::WORD;

/// Characters that all openids of an account begin with, as on the platform.
const PREFIX: usize = 6;
/// Characters of 64 bits.
const HALF: usize = 11;
/// An openid's characters.
const LEN: usize = PREFIX + 2 * HALF;

/// The openids of one account.
pub(crate) struct Openids {
    prefix: [u8; PREFIX],
    key: u64,
}

impl Openids {
    /// The same ones for the same seed and appid.
    pub(crate) fn new(seed: u64, appid: &str) -> Self {
        let key = appid.bytes().fold(mix(seed), |key, byte| mix(key ^ u64::from(byte)));
        let mut prefix = [b'o'; PREFIX];
        write(&mut prefix[1..], mix(!key));
        Self { prefix, key }
    }

    /// 28 characters, the first an `o`.
    pub(crate) fn of(&self, number: u32) -> String {
        let first = mix(u64::from(number) ^ self.key);
        let mut text = [0; LEN];
        text[..PREFIX].copy_from_slice(&self.prefix);
        write(&mut text[PREFIX..PREFIX + HALF], first);
        write(&mut text[PREFIX + HALF..], self.check(first));
        text.iter().copied().map(char::from).collect()
    }

    /// The number of an openid that this account has made.
    pub(crate) fn number(&self, openid: &str) -> Option<u32> {
        let text = openid.as_bytes();
        if text.len() != LEN || text[..PREFIX] != self.prefix {
            return None;
        }
        let first = read(&text[PREFIX..PREFIX + HALF])?;
        let is_ours = read(&text[PREFIX + HALF..])? == self.check(first);
        u32::try_from(unmix(first) ^ self.key).ok().filter(|_| is_ours)
    }

    /// The second half, which nobody makes up by chance.
    fn check(&self, first: u64) -> u64 {
        mix(first.rotate_left(32) ^ self.key)
    }
}

/// Six bits a character, the lowest first.
fn write(text: &mut [u8], mut bits: u64) {
    for place in text {
        *place = WORD[(bits & 63) as usize];
        bits >>= 6;
    }
}

fn read(text: &[u8]) -> Option<u64> {
    text.iter().rev().try_fold(0_u64, |bits, byte| {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'_' => 62,
            b'-' => 63,
            _ => return None,
        };
        // The last character carries four bits; more would be another number's openid.
        let is_room = bits >> 58 == 0;
        is_room.then_some(bits << 6 | u64::from(digit))
    })
}

/// Scatters a number over 64 bits; every number has its own place.
fn mix(mut n: u64) -> u64 {
    n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

/// [`mix`] backwards.
fn unmix(mut n: u64) -> u64 {
    n = (n ^ (n >> 31) ^ (n >> 62)).wrapping_mul(0x3196_42B2_D24D_8EC3);
    n = (n ^ (n >> 27) ^ (n >> 54)).wrapping_mul(0x96DE_1B17_3F11_9089);
    n ^ (n >> 30) ^ (n >> 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_back_and_nothing_else_is() {
        let (ours, theirs) = (Openids::new(1, "wxA"), Openids::new(1, "wxB"));
        for number in [0, 1, 2, 999_999, u32::MAX] {
            let openid = ours.of(number);
            assert_eq!((openid.len(), ours.number(&openid)), (28, Some(number)));
            assert!(openid.starts_with('o') && crate::config::is_openid(&openid), "{openid}");
            assert_eq!(theirs.number(&openid), None);
            let mut forged = openid.clone().into_bytes();
            for at in 0..28 {
                let kept = std::mem::replace(&mut forged[at], if openid.as_bytes()[at] == b'A' { b'B' } else { b'A' });
                assert_eq!(ours.number(std::str::from_utf8(&forged).unwrap()), None);
                forged[at] = kept;
            }
        }
        assert_ne!(ours.of(1), Openids::new(2, "wxA").of(1));
        assert_eq!(ours.of(3)[..6], ours.of(4)[..6]);
    }
}
