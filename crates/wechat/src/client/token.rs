//! Where access tokens are kept, so that many processes share one.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::Secret;

/// An access token and its end.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token itself.
    pub value: Secret<String>,
    /// Its end, unix seconds.
    pub expires_at: i64,
}

impl AccessToken {
    /// Seconds left at `now` (unix seconds); negative when it is over.
    pub fn seconds_left(&self, now: i64) -> i64 {
        self.expires_at.saturating_sub(now)
    }

    /// Whether both are the same token, whatever their ends.
    pub fn is_same(&self, other: &Self) -> bool {
        self.value.expose() == other.value.expose()
    }
}

/// A token store that could not be read or written.
#[derive(Debug, Clone)]
pub struct StoreError(String);

impl StoreError {
    /// Says what failed; the text must not contain a token.
    pub fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "token store: {}", self.0)
    }
}

impl std::error::Error for StoreError {}

/// What a [`TokenStore`] answers.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps one access token for each account, and a lease on fetching it.
///
/// A store in a database makes several processes share the token: only the one that gets the lease asks the platform,
/// the others wait for what it saves. When a store fails, the client goes on with what it knows itself.
///
/// ```
/// use std::sync::Arc;
///
/// use puzi_wechat::Secret;
/// use puzi_wechat::client::{AccessToken, Client, MemoryTokens, TokenStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Arc::new(MemoryTokens::new());
/// let wechat = Client::builder("wx1", Secret::new("a secret".to_owned())).tokens(store.clone()).build()?;
///
/// // What one holder of the lease saves, all have.
/// assert!(store.try_lease("wx1", "me", 15).await?);
/// assert!(!store.try_lease("wx1", "another", 15).await?);
/// let token = AccessToken { value: Secret::new("a token".to_owned()), expires_at: i64::MAX };
/// store.save("wx1", "me", &token).await?;
/// assert!(wechat.token().await?.is_same(&token));
/// # Ok(())
/// # }
/// ```
pub trait TokenStore: Send + Sync {
    /// The account's token, also when it is over; `None` when there is none.
    fn load<'a>(&'a self, appid: &'a str) -> StoreFuture<'a, Option<AccessToken>>;

    /// Takes the right to fetch for `seconds`; `false` while another holder has it. The holder itself gets it again,
    /// and gives it up with 0 seconds.
    fn try_lease<'a>(&'a self, appid: &'a str, holder: &'a str, seconds: u32) -> StoreFuture<'a, bool>;

    /// Keeps a fetched token and ends the lease. Does nothing when the lease has gone to another holder meanwhile.
    fn save<'a>(&'a self, appid: &'a str, holder: &'a str, token: &'a AccessToken) -> StoreFuture<'a, ()>;

    /// Forgets the token if it is still `failed`: another process may have replaced it already.
    fn drop_if<'a>(&'a self, appid: &'a str, failed: &'a AccessToken) -> StoreFuture<'a, ()>;
}

/// Tokens in this process's memory: right for one process, and for tests.
#[derive(Default)]
pub struct MemoryTokens {
    slots: Mutex<HashMap<String, Slot>>,
}

#[derive(Default)]
struct Slot {
    token: Option<AccessToken>,
    lease: Option<(String, Instant)>,
}

impl Slot {
    fn leased_to_another(&self, holder: &str) -> bool {
        self.lease.as_ref().is_some_and(|(who, until)| who != holder && Instant::now() < *until)
    }
}

impl MemoryTokens {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn with<'a, T: Send + 'a>(&self, appid: &str, act: impl FnOnce(&mut Slot) -> T) -> StoreFuture<'a, T> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let result = act(slots.entry(appid.to_owned()).or_default());
        Box::pin(std::future::ready(Ok(result)))
    }
}

impl fmt::Debug for MemoryTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryTokens").finish_non_exhaustive()
    }
}

impl TokenStore for MemoryTokens {
    fn load<'a>(&'a self, appid: &'a str) -> StoreFuture<'a, Option<AccessToken>> {
        self.with(appid, |slot| slot.token.clone())
    }

    fn try_lease<'a>(&'a self, appid: &'a str, holder: &'a str, seconds: u32) -> StoreFuture<'a, bool> {
        self.with(appid, |slot| {
            let free = !slot.leased_to_another(holder);
            if free {
                let until = Instant::now() + Duration::from_secs(seconds.into());
                slot.lease = Some((holder.to_owned(), until));
            }
            free
        })
    }

    fn save<'a>(&'a self, appid: &'a str, holder: &'a str, token: &'a AccessToken) -> StoreFuture<'a, ()> {
        self.with(appid, |slot| {
            if !slot.leased_to_another(holder) {
                *slot = Slot { token: Some(token.clone()), lease: None };
            }
        })
    }

    fn drop_if<'a>(&'a self, appid: &'a str, failed: &'a AccessToken) -> StoreFuture<'a, ()> {
        self.with(appid, |slot| {
            slot.token.take_if(|kept| kept.is_same(failed));
        })
    }
}

/// The time now, unix seconds.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(value: &str) -> AccessToken {
        AccessToken { value: Secret::new(value.to_owned()), expires_at: now() + 7200 }
    }

    async fn kept(store: &MemoryTokens) -> Option<String> {
        store.load("wx1").await.unwrap().map(|t| t.value.expose().clone())
    }

    #[tokio::test]
    async fn a_lease_has_one_holder_and_an_end() {
        let store = MemoryTokens::new();
        assert!(store.try_lease("wx1", "a", 60).await.unwrap());
        assert!(!store.try_lease("wx1", "b", 60).await.unwrap());
        assert!(store.try_lease("wx2", "b", 60).await.unwrap(), "another account has its own lease");
        assert!(store.try_lease("wx1", "a", 0).await.unwrap(), "the holder gives it up");
        assert!(store.try_lease("wx1", "b", 60).await.unwrap());
    }

    #[tokio::test]
    async fn who_lost_the_lease_does_not_overwrite() {
        let store = MemoryTokens::new();
        store.try_lease("wx1", "slow", 0).await.unwrap();
        store.try_lease("wx1", "quick", 60).await.unwrap();
        store.save("wx1", "slow", &token("old")).await.unwrap();
        assert_eq!(kept(&store).await, None);
        store.save("wx1", "quick", &token("new")).await.unwrap();
        assert_eq!(kept(&store).await.as_deref(), Some("new"));
    }

    #[tokio::test]
    async fn only_the_failed_token_is_dropped() {
        let store = MemoryTokens::new();
        store.save("wx1", "a", &token("new")).await.unwrap();
        store.drop_if("wx1", &token("old")).await.unwrap();
        assert_eq!(kept(&store).await.as_deref(), Some("new"));
        store.drop_if("wx1", &token("new")).await.unwrap();
        assert_eq!(kept(&store).await, None);
    }
}
