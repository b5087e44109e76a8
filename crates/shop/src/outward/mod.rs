//! Requests to addresses that a merchant typed: a rule's webhook, and endpoints that are told of events.
//!
//! A [`Sender`] posts to where its [`Guard`] lets it: the address is looked at when it is saved, when it is called, and once
//! more on every address that its name resolves to. Redirects are not followed and no proxy is used: both would lead past the
//! guard. Requests are signed as <https://www.standardwebhooks.com/> has it.

mod guard;
mod sign;

use std::{io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use futures_util::FutureExt;
use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::CONTENT_TYPE,
    redirect,
};

pub use guard::{Guard, NotAllowable, Refused};
pub(crate) use sign::SigningKey;

/// Why a request was not answered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NotSent {
    /// The address is one that may not be called.
    #[error("the address is refused: {0}")]
    Refused(#[from] Refused),
    /// The connection failed; the words hold no address.
    #[error("{0}")]
    Unreachable(String),
}

/// A signed request.
#[derive(Debug, Clone)]
pub(crate) struct Letter<'a> {
    /// `webhook-id`.
    pub(crate) id: &'a str,
    /// `webhook-timestamp`, Unix seconds.
    pub(crate) timestamp: i64,
    /// `webhook-signature`.
    pub(crate) signature: String,
    /// JSON.
    pub(crate) body: Vec<u8>,
    /// The `webhook-replay` header: sent again because somebody asked for it.
    pub(crate) replay: bool,
}

/// Posts to public addresses and those the operator allows; cheap to clone, with one pool of connections.
#[derive(Debug, Clone)]
pub struct Sender {
    client: Client,
    guard: Arc<Guard>,
}

impl Sender {
    /// A sender that may reach what `guard` lets it.
    pub fn new(guard: Guard) -> Self {
        Self::with_lookup(guard, Arc::new(system_lookup))
    }

    pub(crate) fn with_lookup(guard: Guard, lookup: Lookup) -> Self {
        let guard = Arc::new(guard);
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            // A proxy from the environment would resolve names itself, past the guard.
            .no_proxy()
            .dns_resolver(Arc::new(GuardedResolver { guard: guard.clone(), lookup }))
            .connect_timeout(Duration::from_secs(3))
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(4)
            .user_agent(concat!("Puzi/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("rustls and its roots are compiled in");
        Self { client, guard }
    }

    /// The rule of which addresses may be called.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Posts once. There is no time limit here: whoever calls has one over the whole exchange.
    pub(crate) async fn post(&self, url: &str, letter: Letter<'_>) -> Result<Response, NotSent> {
        let url = self.guard.check_url(url)?;
        let mut request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", letter.id)
            .header("webhook-timestamp", letter.timestamp)
            .header("webhook-signature", letter.signature);
        if letter.replay {
            request = request.header("webhook-replay", "1");
        }
        request.body(letter.body).send().await.map_err(NotSent::from)
    }
}

impl From<reqwest::Error> for NotSent {
    /// The guard's refusal when it lies under the error, else what went wrong, without the address.
    fn from(error: reqwest::Error) -> Self {
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        let mut deepest = String::new();
        while let Some(cause) = source {
            if let Some(refused) = cause.downcast_ref::<Refused>() {
                return Self::Refused(refused.clone());
            }
            deepest = cause.to_string();
            source = cause.source();
        }
        Self::Unreachable(deepest)
    }
}

/// How names become addresses.
pub(crate) type Lookup = Arc<dyn Fn(String) -> Looking + Send + Sync>;
/// A look-up under way.
pub(crate) type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

fn system_lookup(host: String) -> Looking {
    async move { Ok(tokio::net::lookup_host((host, 0)).await?.collect()) }.boxed()
}

/// Resolves names and refuses a name as soon as one of its addresses is forbidden.
struct GuardedResolver {
    guard: Arc<Guard>,
    lookup: Lookup,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, lookup) = (self.guard.clone(), self.lookup.clone());
        async move {
            let addresses = lookup(name.as_str().to_owned()).await?;
            for address in &addresses {
                guard.check_resolved(name.as_str(), address.ip())?;
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        }
        .boxed()
    }
}
