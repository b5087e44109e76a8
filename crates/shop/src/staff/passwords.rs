//! Passwords: what is good enough, and argon2id with the parameters that OWASP's Password Storage Cheat Sheet names.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use puzi_wechat::Secret;
use tokio::sync::Semaphore;

use super::random;
use crate::{Error, Problem, Result};

/// Fewest characters.
pub const MIN_CHARS: usize = 10;
/// Most bytes: hashing a long text is work that anybody could order.
pub const MAX_BYTES: usize = 256;
/// Fewest different characters.
const MIN_DIFFERENT: usize = 5;
const SALT_BYTES: usize = 16;
/// How long an attempt waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is guessed first, of those long enough; in lower case.
const COMMON: &[&str] = &[
    "1234567890",
    "12345678910",
    "123456789a",
    "a123456789",
    "0123456789",
    "0987654321",
    "9876543210",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "qwertyuiop",
    "qwerty123456",
    "qwertyuiop123",
    "asdfghjkl123",
    "zxcvbnm123",
    "password123",
    "password1234",
    "password12345",
    "passw0rd123",
    "p@ssw0rd123",
    "p@ssword123",
    "administrator",
    "admin12345",
    "admin123456",
    "admin888888",
    "administrator1",
    "letmein1234",
    "welcome123",
    "welcome1234",
    "changeme123",
    "iloveyou123",
    "iloveyou1314",
    "woaini1314",
    "woaini1314520",
    "woaini520520",
    "5201314520",
    "1314520520",
    "woaini123456",
    "abc1234567",
    "abc123456789",
    "abcd123456",
    "abcd1234567",
    "abcdefghij",
    "abcdefg123",
    "abcdef123456",
    "q1w2e3r4t5",
    "qazwsxedc123",
    "zaq12wsxcde3",
    "1qaz@wsx3edc",
    "qwe1234567",
    "qwer123456",
    "asdf123456",
    "test123456",
    "root123456",
    "weixin1234",
    "weixin123456",
    "wechat123456",
    "puzi123456",
    "puzi1234567",
    "shop123456",
    "dianpu123456",
    "sunshine123",
    "football123",
    "superman123",
    "trustno1trustno1",
    "correcthorsebatterystaple",
];

/// Hashes and checks passwords, a few at a time and never on a thread that serves requests.
#[derive(Debug, Clone)]
pub(super) struct Hasher {
    argon: Arc<Argon2<'static>>,
    turns: Arc<Semaphore>,
    /// A hash that no password has, checked where there is no member: so that an unknown login takes as long.
    nobody: Arc<OnceLock<String>>,
    #[cfg(test)]
    pub(super) checks: Arc<std::sync::atomic::AtomicUsize>,
}

impl Hasher {
    /// With OWASP's parameters: 19 MiB, two passes, one lane.
    pub(super) fn strong() -> Self {
        Self::new(Params::new(19 * 1024, 2, 1, None).expect("these parameters are within argon2's bounds"))
    }

    /// Quick, for tests alone.
    #[cfg(test)]
    pub(super) fn quick() -> Self {
        Self::new(Params::new(Params::MIN_M_COST, 1, 1, None).unwrap())
    }

    fn new(params: Params) -> Self {
        let turns = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            argon: Arc::new(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)),
            turns: Arc::new(Semaphore::new(turns)),
            nobody: Arc::default(),
            #[cfg(test)]
            checks: Arc::default(),
        }
    }

    /// The hash of `password` in PHC form, with a salt of its own.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait.
    pub(super) async fn hash(&self, password: Secret<String>) -> Result<String> {
        let argon = self.argon.clone();
        self.in_turn(move || hash(&argon, password.expose())).await
    }

    /// Whether `password` is the one of `stored`. Without `stored` it is not, and that takes as long to say.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait.
    pub(super) async fn check(&self, password: &Secret<String>, stored: Option<String>) -> Result<bool> {
        let (argon, nobody, password) = (self.argon.clone(), self.nobody.clone(), password.clone());
        #[cfg(test)]
        self.checks.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.in_turn(move || {
            let known = stored.is_some();
            let stored = stored.unwrap_or_else(|| nobody.get_or_init(|| hash(&argon, &random::hex())).clone());
            // Longer than any password can be: refused after the same work as any other.
            let bytes = password.expose().as_bytes();
            let bytes = bytes.get(..MAX_BYTES + 1).unwrap_or(bytes);
            let right = PasswordHash::new(&stored).is_ok_and(|stored| argon.verify_password(bytes, &stored).is_ok());
            right && known
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| Error::Busy)?.expect("the semaphore is never closed");
        let done = tokio::task::spawn_blocking(move || {
            // Held by the thread: a caller who hangs up does not make room while the work goes on.
            let _turn = turn;
            work()
        });
        Ok(done.await.expect("hashing does not panic"))
    }
}

fn hash(argon: &Argon2<'_>, password: &str) -> String {
    let salt: [u8; SALT_BYTES] = random::bytes();
    argon.hash_password_with_salt(password.as_bytes(), &salt).expect("argon2 takes any text of this length").to_string()
}

/// What is wrong with `password` for a member of this login.
pub(super) fn problem(password: &str, login: &str) -> Option<Problem> {
    let lower = password.to_lowercase();
    let name = login.split('@').next().unwrap_or(login);
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    if password.chars().count() < MIN_CHARS {
        Some(Problem::new("password", "staff.password_short").with("min", MIN_CHARS))
    } else if password.len() > MAX_BYTES {
        Some(Problem::new("password", "staff.password_long").with("max", MAX_BYTES))
    } else if lower == login || lower == name || lower == name.repeat(2) {
        Some(Problem::new("password", "staff.password_is_login"))
    } else if COMMON.contains(&lower.as_str()) || different.len() < MIN_DIFFERENT {
        Some(Problem::new("password", "staff.password_common"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_uncommon_and_not_the_login() {
        for (password, key) in [
            ("短密码", Some("staff.password_short")),
            ("a-bc-def-", Some("staff.password_short")),
            ("PassWord123", Some("staff.password_common")),
            ("1111111111111", Some("staff.password_common")),
            ("ababababababab", Some("staff.password_common")),
            ("xiaoming2000@example.com", Some("staff.password_is_login")),
            ("XiaoMing2000", Some("staff.password_is_login")),
            ("绿茶乌龙茶红茶白茶黄茶", None),
            ("tea for two at four", None),
        ] {
            assert_eq!(problem(password, "xiaoming2000@example.com").map(|p| p.key), key, "{password}");
        }
        assert_eq!(problem(&"long ".repeat(60), "boss").map(|p| p.key), Some("staff.password_long"));
        assert!(COMMON.iter().all(|common| common.chars().count() >= MIN_CHARS && *common == common.to_lowercase()));
    }

    #[tokio::test]
    async fn a_hash_says_its_parameters_and_opens_only_to_its_password() {
        let hasher = Hasher::strong();
        let (one, other) = (Secret::new("绿茶乌龙茶红茶白茶".to_owned()), Secret::new("绿茶乌龙茶红茶白".to_owned()));
        let stored = hasher.hash(one.clone()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(stored, hasher.hash(one.clone()).await.unwrap());
        assert!(hasher.check(&one, Some(stored.clone())).await.unwrap());
        assert!(!hasher.check(&other, Some(stored)).await.unwrap());
        assert!(!hasher.check(&one, Some("no hash".into())).await.unwrap());
        assert!(!hasher.check(&one, None).await.unwrap());
    }
}
