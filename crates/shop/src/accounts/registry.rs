//! The accounts as the callback needs them: keys parsed, rules compiled, a client at hand. A copy in memory, looked at
//! afresh every second, so that a change made by another process or the command line is taken up.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use puzi_wechat::{client::Client, envelope::Receiver};
use sea_orm::FromQueryResult;
use tokio_util::sync::CancellationToken;

use super::{
    Account, Accounts, DatabaseTokens, Status,
    settings::{self, AccountSettings},
};
use crate::{
    Result,
    calls::{Policy, Recorder},
    db::{self, Db},
    replies::{self, RuleBook, Setting},
    secrets::Vault,
};

/// How old the copy may be.
const REFRESH: Duration = Duration::from_secs(1);

/// An account ready to receive and to call WeChat.
pub struct LiveAccount {
    /// The account as stored.
    pub account: Account,
    /// Verifies, decrypts and encrypts.
    pub receiver: Receiver,
    /// The compiled reply rules.
    pub rules: RuleBook,
    /// Calls WeChat's API.
    pub client: Client,
    /// Its own settings.
    pub settings: AccountSettings,
}

type BySlug = HashMap<String, Arc<LiveAccount>>;

/// All accounts, by slug.
#[derive(Clone)]
pub struct Registry {
    accounts: Accounts,
    db: Db,
    vault: Arc<Vault>,
    timezone: Arc<str>,
    replay_window: Duration,
    live: Arc<RwLock<Arc<BySlug>>>,
    recorder: Recorder,
}

#[derive(FromQueryResult)]
struct Versions {
    id: i64,
    version: i64,
    rules_version: i64,
}

impl Registry {
    /// Reads all accounts of `db`. `timezone` (such as `Asia/Shanghai`) is the clock of rules and placeholders.
    pub async fn load(db: Db, vault: Arc<Vault>, timezone: &str, replay_window: Duration) -> Result<Self> {
        Self::load_recording(db, vault, timezone, replay_window, Recorder::off()).await
    }

    /// The same; what is exchanged with WeChat is told to `recorder`.
    pub async fn load_recording(
        db: Db,
        vault: Arc<Vault>,
        timezone: &str,
        replay_window: Duration,
        recorder: Recorder,
    ) -> Result<Self> {
        let registry = Self {
            accounts: Accounts::new(db.clone(), vault.clone()),
            db,
            vault,
            timezone: timezone.into(),
            replay_window,
            live: Arc::default(),
            recorder,
        };
        registry.refresh().await?;
        Ok(registry)
    }

    /// The accounts' own use cases.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The shop's clock, such as `Asia/Shanghai`.
    pub fn timezone(&self) -> &str {
        &self.timezone
    }

    /// What seals secrets.
    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Where calls and pushes are told.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// The active account of this slug.
    pub fn find(&self, slug: &str) -> Option<Arc<LiveAccount>> {
        self.snapshot().get(slug).filter(|live| live.account.status == Status::Active).cloned()
    }

    /// The account with this row number, also a paused one.
    pub fn by_id(&self, id: i64) -> Option<Arc<LiveAccount>> {
        self.snapshot().values().find(|live| live.account.id == id).cloned()
    }

    /// All accounts.
    pub fn all(&self) -> Vec<Arc<LiveAccount>> {
        self.snapshot().values().cloned().collect()
    }

    /// Takes up what changed since the last look.
    pub async fn refresh(&self) -> Result<()> {
        let before = self.snapshot();
        let sql = "SELECT id, version, rules_version FROM accounts";
        let versions = Versions::find_by_statement(db::statement(self.db.read(), sql, [])).all(self.db.read()).await?;
        let current = |live: &LiveAccount| {
            versions.iter().any(|v| {
                (v.id, v.version, v.rules_version)
                    == (live.account.id, live.account.version, live.account.rules_version)
            })
        };
        if versions.len() == before.len() && before.values().all(|live| current(live)) {
            show_revision(&before);
            return Ok(());
        }
        let mut after = HashMap::with_capacity(versions.len());
        for account in self.accounts.list().await? {
            let known = before.values().find(|live| live.account.id == account.id);
            let live = match known {
                Some(live) if current(live) => live.clone(),
                known => Arc::new(self.make_live(account, known).await?),
            };
            after.insert(live.account.slug.clone(), live);
        }
        let after = Arc::new(after);
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = after.clone();
        show_revision(&after);
        Ok(())
    }

    /// Looks for changes every second until `stop`.
    pub async fn watch(self, stop: CancellationToken) {
        while tokio::time::timeout(REFRESH, stop.cancelled()).await.is_err() {
            if let Err(error) = self.refresh().await {
                // The copy stays as it is: answering with yesterday's rules beats not answering.
                tracing::warn!(%error, "accounts could not be read again");
            }
        }
    }

    async fn make_live(&self, account: Account, before: Option<&Arc<LiveAccount>>) -> Result<LiveAccount> {
        let setting = Setting::new(&self.timezone, account.name.clone())
            .map_err(|_| crate::Error::field("timezone", "account.bad_timezone"))?;
        let rules = RuleBook::compile(replies::store::load(&self.db, &self.vault, account.id).await?, setting);
        for problem in rules.problems() {
            tracing::warn!(account = account.slug, ?problem, "a reply rule is left out");
        }
        let receiver = Receiver::new(account.token.clone(), account.appid.clone())
            .mode(account.mode)
            .key(account.aes_key.clone())
            .previous_key(account.previous_aes_key.clone())
            .replay_window(self.replay_window);
        // A client remembers its token; it is made anew only when what it is made of may have changed.
        let client = match before {
            Some(live) if live.account.version == account.version => live.client.clone(),
            _ => self.client(&account)?,
        };
        let settings = settings::load(self.db.read(), account.id).await?;
        self.recorder.policy(account.id, Policy::of(&settings));
        Ok(LiveAccount { account, receiver, rules, client, settings })
    }

    fn client(&self, account: &Account) -> Result<Client> {
        let tokens = Arc::new(DatabaseTokens::new(self.db.clone(), self.vault.clone()));
        let mut builder = Client::builder(account.appid.clone(), account.secret.clone()).tokens(tokens);
        if let Some(base) = &account.api_base {
            builder = builder.base_url(base.clone());
        }
        if self.recorder.is_on() {
            builder = builder.observer(self.recorder.of(account));
        }
        Ok(builder.build()?)
    }

    fn snapshot(&self) -> Arc<BySlug> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Lets an operator see that this process has taken a change up: the sum is the database's then.
fn show_revision(live: &BySlug) {
    let sum: i64 = live.values().map(|live| live.account.version + live.account.rules_version).sum();
    metrics::gauge!("puzi_registry_revision").set(sum as f64);
}
