//! Everything random, from one seed.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

pub(crate) const WORD: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/// Random values in separate streams, so that a fault switched on changes no openid and no MsgId.
pub(crate) struct Chance {
    people: StdRng,
    wire: StdRng,
    faults: StdRng,
    platform: StdRng,
    msg_id: u64,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        let stream = |n: u64| StdRng::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(n));
        let mut ids = stream(4);
        Self {
            people: stream(0),
            wire: stream(1),
            faults: stream(2),
            platform: stream(3),
            msg_id: ids.random_range(23_000_000_000_000_000..25_000_000_000_000_000),
        }
    }

    /// Picks a place in a list of `len`.
    pub(crate) fn pick(&mut self, len: usize) -> usize {
        self.people.random_range(0..len)
    }

    /// The next message's id: they grow, not one by one.
    pub(crate) fn msg_id(&mut self) -> u64 {
        self.msg_id += self.wire.random_range(1..4096);
        self.msg_id
    }

    /// A number as WeChat uses for `nonce`.
    pub(crate) fn nonce(&mut self) -> String {
        self.wire.random_range(100_000_000_u32..2_000_000_000).to_string()
    }

    /// The 16 bytes in front of a sealed message.
    pub(crate) fn block(&mut self) -> [u8; 16] {
        self.wire.random()
    }

    /// A number as WeChat uses for `echostr`.
    pub(crate) fn echostr(&mut self) -> String {
        self.wire.random_range(1_000_000_000_000_000_000_u64..9_000_000_000_000_000_000).to_string()
    }

    /// Whether something with this chance in percent happens now.
    pub(crate) fn happens(&mut self, percent: u8) -> bool {
        percent > 0 && self.faults.random_range(0..100) < percent
    }

    /// Heads or tails.
    pub(crate) fn coin(&mut self) -> bool {
        self.faults.random()
    }

    /// An access token in the platform's form.
    pub(crate) fn token(&mut self) -> String {
        format!("{}_{}", self.platform.random_range(60..99), word(&mut self.platform, 133))
    }

    /// A media id in the platform's form.
    pub(crate) fn media_id(&mut self) -> String {
        word(&mut self.platform, 64)
    }

    /// A ticket for the JS-SDK or for cards in the platform's form.
    pub(crate) fn ticket(&mut self) -> String {
        word(&mut self.platform, 86)
    }

    /// A short key: 15 letters and digits.
    pub(crate) fn short_key(&mut self) -> String {
        let digits = &WORD[..62];
        (0..15).map(|_| char::from(digits[self.platform.random_range(0..digits.len())])).collect()
    }

    /// A code's ticket, base64 as on the platform: clients must escape its `+`, `/` and `=`.
    pub(crate) fn code_ticket(&mut self) -> String {
        let middle = word(&mut self.platform, 90).replace('_', "/").replace('-', "+");
        format!("gQ{middle}+/==")
    }

    /// What a code says.
    pub(crate) fn code_url(&mut self) -> String {
        format!("http://weixin.qq.com/q/02{}", word(&mut self.platform, 22))
    }

    /// A menu's number.
    pub(crate) fn menu_id(&mut self) -> u64 {
        self.platform.random_range(400_000_000..500_000_000)
    }

    /// The number of a failed request, as `rid: …` in its errmsg.
    pub(crate) fn rid(&mut self, now: i64) -> String {
        format!("{:08x}-{:08x}-{:08x}", now, self.platform.random::<u32>(), self.platform.random::<u32>())
    }
}

fn word(rng: &mut StdRng, len: usize) -> String {
    (0..len).map(|_| char::from(WORD[rng.random_range(0..WORD.len())])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_do_not_disturb_each_other() {
        let (mut calm, mut stormy) = (Chance::new(7), Chance::new(7));
        for _ in 0..100 {
            stormy.happens(50);
            stormy.token();
        }
        assert_eq!(calm.pick(1000), stormy.pick(1000));
        assert_eq!(calm.msg_id(), stormy.msg_id());
    }

    #[test]
    fn forms_are_the_platforms() {
        let mut chance = Chance::new(1);
        assert_eq!(chance.code_ticket().len(), 96);
        assert_eq!(chance.rid(0x5f3d_ed7d).len(), 26);
        assert_ne!(Chance::new(2).token(), Chance::new(3).token());
    }
}
