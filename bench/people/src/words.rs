//! What people say: pairs of signs, a few of them in every tenth text and most of them nearly never, as in a language.

use rand::{Rng, SeedableRng, rngs::StdRng};

/// How many pairs there are.
const PAIRS: u32 = 20_000;
/// Said once, in the very first message.
pub(crate) const RARE: &str = "龘靐";
/// Never said.
pub(crate) const ABSENT: &str = "麤鱻";

/// The pair of this rank; the lower, the more often it is said.
pub(crate) fn pair(rank: u32) -> String {
    let sign = |n: u32| char::from_u32(0x4e00 + n % 3_000).unwrap_or('一');
    [sign(rank * 7 + 11), sign(rank / 3 + rank * 13 + 977)].iter().collect()
}

/// Texts, the same in each run.
pub(crate) struct Texts(StdRng);

impl Texts {
    pub(crate) fn new() -> Self {
        Self(StdRng::seed_from_u64(7))
    }

    /// Some nine signs.
    pub(crate) fn next(&mut self) -> String {
        let pairs = self.0.random_range(2..=7);
        (0..pairs).map(|_| pair(f64::from(PAIRS).powf(self.0.random::<f64>()) as u32)).collect()
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: i64) -> i64 {
        self.0.random_range(0..n)
    }
}
