//! Endpoints: made, changed, paused, given a new key, deleted.

use puzi_wechat::Secret;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use url::Url;

use super::{
    Webhooks,
    entity::webhook::{Column, Entity, Model},
    events::{EVENTS, PING},
    send::{self, Attempted, Package},
    state::{Endpoint, Event, State},
};
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    accounts::listed,
    audit::{self, Actor, Entry},
    db::{self, now_ms},
    machine::{self, Who, Word},
    outward::{Refused, SigningKey},
};

/// Endpoints that an account may have.
pub const MOST: i64 = 20;
/// The longest name, in characters.
pub const NAME_CHARS: usize = 50;
/// The longest address, in characters.
pub const URL_CHARS: usize = 1_000;
/// How long both keys sign after an exchange, ms.
const BOTH_KEYS_MS: i64 = 24 * 3_600_000;
/// Deliveries that are cancelled together with their endpoint at once; the others follow.
const AT_ONCE: u32 = 1_000;

/// An endpoint to be made.
#[derive(Debug, Clone, Default)]
pub struct NewWebhook {
    /// The account whose events it is told.
    pub account_id: i64,
    /// Name that people see.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Names of events.
    pub events: Vec<String>,
}

/// What is to be changed; what is not given stays.
#[derive(Debug, Clone, Default)]
pub struct WebhookEdit {
    /// Name that people see.
    pub name: Option<String>,
    /// Where it is.
    pub url: Option<String>,
    /// Names of events.
    pub events: Option<Vec<String>>,
}

impl Webhooks {
    /// The endpoint `id`, also a deleted one.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there or of an account that is not seen.
    pub async fn get(&self, reach: &Reach, id: i64) -> Result<Model> {
        find(self.db().read(), reach, id).await
    }

    /// The endpoints that are there, by account and number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list(&self, reach: &Reach) -> Result<Vec<Model>> {
        let all = Entity::find().filter(Column::DeletedAt.is_null());
        let all = all.order_by_asc(Column::AccountId).order_by_asc(Column::Id).all(self.db().read()).await?;
        Ok(all.into_iter().filter(|webhook| reach.sees(webhook.account_id)).collect())
    }

    /// Makes an endpoint; its key is given this once.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field; [`Error::NotFound`] for an account that is not seen.
    pub async fn create(&self, by: &Actor, reach: &Reach, new: NewWebhook) -> Result<(Model, Secret<String>)> {
        reach.must_see(new.account_id)?;
        let (name, url, events) = self.check(Some(&new.name), Some(&new.url), Some(&new.events))?;
        let uid = format!("{:032x}", rand::random::<u128>());
        let secret = SigningKey::generate();
        let sealed = self.vault().encrypt(&context(&uid), secret.expose());
        let tx = self.db().begin_write().await?;
        hold(&*tx, new.account_id).await?;
        refuse_too_many(&*tx, new.account_id).await?;
        refuse_taken(&*tx, new.account_id, name.as_deref(), None).await?;
        const SQL: &str = "INSERT INTO webhooks (account_id, uid, name, url, host, events, secret, state, \
                           created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $9) RETURNING id";
        let now = now_ms();
        let values = [
            new.account_id.into(),
            uid.into(),
            name.into(),
            url.as_deref().into(),
            url.as_deref().map(host_of).into(),
            events.into(),
            sealed.into(),
            now.into(),
            now.into(),
        ];
        let row = tx.query_one_raw(db::statement(&*tx, SQL, values)).await?.ok_or(Error::NotFound)?;
        let webhook = find(&*tx, reach, row.try_get("", "id")?).await?;
        audit::record(&*tx, &entry(by, "create", &webhook).after(shown(&webhook))).await?;
        tx.commit().await?;
        Ok((webhook, secret))
    }

    /// Changes what `edit` names, and nothing else.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field; [`Error::Stale`] when the endpoint is no longer of `version`;
    /// [`Error::NotFound`].
    pub async fn edit(
        &self,
        by: &Actor,
        reach: &Reach,
        id: i64,
        version: Option<i64>,
        edit: WebhookEdit,
    ) -> Result<Model> {
        let (name, url, events) = self.check(edit.name.as_deref(), edit.url.as_deref(), edit.events.as_deref())?;
        let tx = self.db().begin_write().await?;
        let before = living(&*tx, reach, id).await?;
        hold(&*tx, before.account_id).await?;
        refuse_taken(&*tx, before.account_id, name.as_deref(), Some(id)).await?;
        const SQL: &str = "UPDATE webhooks SET name = COALESCE($1, name), url = COALESCE($2, url), \
                           host = COALESCE($3, host), events = COALESCE($4, events), version = version + 1, \
                           updated_at = $5 WHERE id = $6 AND version = $7";
        let seen = version.unwrap_or(before.version);
        let host = url.as_deref().map(host_of);
        let values = [name.into(), url.into(), host.into(), events.into(), now_ms().into(), id.into(), seen.into()];
        if db::execute(&*tx, SQL, values).await? != 1 {
            return Err(Error::Stale);
        }
        let after = find(&*tx, reach, id).await?;
        let mut now = shown(&after);
        if after.url != before.url {
            // Where it leads now is told as far as it is told at all; that it changed always is.
            now["url_changed"] = true.into();
        }
        audit::record(&*tx, &entry(by, "edit", &after).before(shown(&before)).after(now)).await?;
        tx.commit().await?;
        Ok(after)
    }

    /// Stops telling it anything; what is for it waits.
    ///
    /// # Errors
    /// [`Error::NotNow`] when it is paused already; [`Error::NotFound`].
    pub async fn pause(&self, by: &Actor, reach: &Reach, id: i64) -> Result<Model> {
        self.steer(by, reach, id, Event::Pause).await
    }

    /// Tells it again, first what waited.
    ///
    /// # Errors
    /// [`Error::NotNow`] when it is not paused; [`Error::NotFound`].
    pub async fn resume(&self, by: &Actor, reach: &Reach, id: i64) -> Result<Model> {
        let webhook = self.steer(by, reach, id, Event::Resume).await?;
        self.wake();
        Ok(webhook)
    }

    async fn steer(&self, by: &Actor, reach: &Reach, id: i64, event: Event) -> Result<Model> {
        let tx = self.db().begin_write().await?;
        let before = living(&*tx, reach, id).await?;
        step(&*tx, by, Who::Staff, &before, event).await?;
        if event == Event::Resume {
            super::keep::unpark(&*tx, id).await?;
        }
        let after = find(&*tx, reach, id).await?;
        tx.commit().await?;
        Ok(after)
    }

    /// Gives it a new key, told this once; for a day both sign. Done once more within that day, it is the last two.
    ///
    /// # Errors
    /// [`Error::Stale`] when it is no longer of `version`: pressed twice, the key in use would be lost; [`Error::NotFound`].
    pub async fn rotate(&self, by: &Actor, reach: &Reach, id: i64, version: Option<i64>) -> Result<Secret<String>> {
        let secret = SigningKey::generate();
        let tx = self.db().begin_write().await?;
        let before = living(&*tx, reach, id).await?;
        let keys = Keys::of(&*tx, id).await?;
        let sealed = self.vault().encrypt(&context(&keys.uid), secret.expose());
        const SQL: &str = "UPDATE webhooks SET previous_secret = secret, previous_until = $1, secret = $2, \
                           version = version + 1, updated_at = $3 WHERE id = $4 AND version = $5";
        let now = now_ms();
        let seen = version.unwrap_or(before.version);
        let values = [(now + BOTH_KEYS_MS).into(), sealed.into(), now.into(), id.into(), seen.into()];
        if db::execute(&*tx, SQL, values).await? != 1 {
            return Err(Error::Stale);
        }
        audit::record(&*tx, &entry(by, "rotate", &before)).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// Deletes it; what waits for it is cancelled.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        let tx = self.db().begin_write().await?;
        let before = living(&*tx, reach, id).await?;
        let now = now_ms();
        let sql = "UPDATE webhooks SET deleted_at = $1, version = version + 1, updated_at = $2 \
                   WHERE id = $3 AND deleted_at IS NULL";
        if db::execute(&*tx, sql, [now.into(), now.into(), id.into()]).await? != 1 {
            return Err(Error::NotFound);
        }
        super::keep::cancel(&*tx, id, "deleted", i64::MAX, AT_ONCE).await?;
        audit::record(&*tx, &entry(by, "delete", &before).before(shown(&before))).await?;
        tx.commit().await
    }

    /// Takes the deletion back. What was cancelled stays so.
    ///
    /// # Errors
    /// [`Error::Invalid`] when its name was given to another one, or there are too many; [`Error::NotFound`].
    pub async fn restore(&self, by: &Actor, reach: &Reach, id: i64) -> Result<Model> {
        let tx = self.db().begin_write().await?;
        let before = find(&*tx, reach, id).await?;
        if before.deleted_at.is_none() {
            return Err(Error::NotFound);
        }
        hold(&*tx, before.account_id).await?;
        refuse_too_many(&*tx, before.account_id).await?;
        refuse_taken(&*tx, before.account_id, Some(&before.name), Some(id)).await?;
        let sql = "UPDATE webhooks SET deleted_at = NULL, version = version + 1, updated_at = $1 \
                   WHERE id = $2 AND deleted_at IS NOT NULL";
        if db::execute(&*tx, sql, [now_ms().into(), id.into()]).await? != 1 {
            return Err(Error::Stale);
        }
        let after = find(&*tx, reach, id).await?;
        audit::record(&*tx, &entry(by, "restore", &after).after(shown(&after))).await?;
        tx.commit().await?;
        Ok(after)
    }

    /// Sends a `ping` at once, also to a paused endpoint; it is not tried again.
    ///
    /// # Errors
    /// [`Error::NotFound`]; what the endpoint does is no error.
    pub async fn test(&self, by: &Actor, reach: &Reach, id: i64) -> Result<Attempted> {
        let webhook = living(self.db().read(), reach, id).await?;
        let keys = Keys::of(self.db().read(), id).await?;
        let slug = listed::slug_of(self.db().read(), webhook.account_id).await?.ok_or(Error::NotFound)?;
        let event = super::events::Event {
            name: PING,
            id: format!("ping_{:016x}", rand::random::<u64>()),
            at: now_ms(),
            data: json!({ "name": webhook.name }),
        };
        let package = Package {
            url: webhook.url.clone(),
            keys: keys.open(self, now_ms())?,
            body: event.body(&slug),
            id: event.id,
            replay: false,
        };
        let attempted = send::attempt(self.sender(), &package, self.timing().within).await;
        let after = json!({ "status": attempted.status, "error": attempted.error });
        let tx = self.db().begin_write().await?;
        audit::record(&*tx, &entry(by, "test", &webhook).after(after)).await?;
        tx.commit().await?;
        Ok(attempted)
    }

    /// The fields as they are stored; what is not given is none.
    fn check(&self, name: Option<&str>, url: Option<&str>, events: Option<&[String]>) -> Result<Checked> {
        let mut problems = Vec::new();
        let name = name.map(str::trim);
        if let Some(name) = name {
            if name.is_empty() {
                problems.push(Problem::new("name", "webhooks.required"));
            } else if name.chars().count() > NAME_CHARS {
                problems.push(Problem::new("name", "webhooks.too_long").with("max", NAME_CHARS));
            }
        }
        let url = url.map(str::trim);
        if let Some(url) = url {
            if url.chars().count() > URL_CHARS {
                problems.push(Problem::new("url", "webhooks.too_long").with("max", URL_CHARS));
            } else if let Err(refused) = self.sender().guard().check_url(url) {
                problems.push(match refused {
                    Refused::Private(host) => Problem::new("url", "webhooks.private_address").with("host", host),
                    Refused::Port(port) => Problem::new("url", "webhooks.port").with("port", port),
                    Refused::NotAUrl | Refused::Scheme | Refused::Credentials => {
                        Problem::new("url", "webhooks.bad_url")
                    }
                });
            }
        }
        let events = events.map(|given| {
            // In the order of the list, without doubles.
            let known: Vec<_> = EVENTS.iter().filter(|name| given.iter().any(|given| given == *name)).collect();
            if given.iter().any(|given| !EVENTS.contains(&given.as_str())) {
                problems.push(Problem::new("events", "webhooks.unknown_event"));
            } else if known.is_empty() {
                problems.push(Problem::new("events", "webhooks.no_events"));
            }
            json!(known).to_string()
        });
        if problems.is_empty() {
            Ok((name.map(str::to_owned), url.map(str::to_owned), events))
        } else {
            Err(Error::Invalid(problems))
        }
    }
}

type Checked = (Option<String>, Option<String>, Option<String>);

/// The sealed keys of an endpoint.
#[derive(Debug, FromQueryResult)]
pub(super) struct Keys {
    uid: String,
    secret: String,
    previous_secret: Option<String>,
    previous_until: Option<i64>,
}

impl Keys {
    pub(super) async fn of<C: ConnectionTrait>(on: &C, id: i64) -> Result<Self> {
        let sql = "SELECT uid, secret, previous_secret, previous_until FROM webhooks WHERE id = $1";
        Self::find_by_statement(db::statement(on, sql, [id.into()])).one(on).await?.ok_or(Error::NotFound)
    }

    /// The keys that sign now, the newest first.
    pub(super) fn open(&self, webhooks: &Webhooks, now: i64) -> Result<Vec<Secret<String>>> {
        let previous = self.previous_secret.iter().filter(|_| self.previous_until.is_some_and(|until| until > now));
        let sealed = std::iter::once(&self.secret).chain(previous);
        sealed.map(|sealed| webhooks.vault().decrypt(&context(&self.uid), sealed)).collect()
    }
}

fn context(uid: &str) -> String {
    format!("webhooks/{uid}/secret")
}

/// The endpoint `id`, also a deleted one, when it is seen.
async fn find<C: ConnectionTrait>(on: &C, reach: &Reach, id: i64) -> Result<Model> {
    let webhook = Entity::find_by_id(id).one(on).await?.ok_or(Error::NotFound)?;
    reach.must_see(webhook.account_id)?;
    Ok(webhook)
}

/// The same, unless it is deleted.
async fn living<C: ConnectionTrait>(on: &C, reach: &Reach, id: i64) -> Result<Model> {
    let webhook = find(on, reach, id).await?;
    if webhook.deleted_at.is_some() { Err(Error::NotFound) } else { Ok(webhook) }
}

/// Moves an endpoint by `event`, and writes it down.
pub(super) async fn step<C: ConnectionTrait>(
    tx: &C,
    by: &Actor,
    who: Who,
    webhook: &Model,
    event: Event,
) -> Result<State> {
    let not_now = || {
        let (event, state) = (event.word(), webhook.state.as_str());
        Error::NotNow(Problem::new("state", "machine.not_now").with("event", event).with("state", state))
    };
    let from = State::read(&webhook.state).ok_or_else(not_now)?;
    let to = machine::leads::<Endpoint>(from, event, who).ok_or_else(not_now)?;
    let now = now_ms();
    let note = match event {
        Event::Pause => Some("staff"),
        Event::Gone => Some("gone"),
        Event::GiveUp => Some("failed"),
        Event::Fail | Event::Recover | Event::Resume => None,
    };
    // Who resumes it believes that it is well again: the days are counted anew.
    let sql = match event {
        Event::Resume | Event::Recover => {
            "UPDATE webhooks SET state = $1, note = $2, failing_since = NULL, trouble_since = NULL, failures = 0, \
             updated_at = $3 WHERE id = $4 AND state = $5"
        }
        Event::Fail => {
            "UPDATE webhooks SET state = $1, note = $2, failing_since = $3, updated_at = $3 WHERE id = $4 AND state = $5"
        }
        Event::Pause | Event::Gone | Event::GiveUp => {
            "UPDATE webhooks SET state = $1, note = $2, updated_at = $3 WHERE id = $4 AND state = $5"
        }
    };
    let values = [to.word().into(), note.into(), now.into(), webhook.id.into(), from.word().into()];
    if db::execute(tx, sql, values).await? != 1 {
        return Err(Error::Stale);
    }
    let entry = entry(by, event.word(), webhook).before(json!({ "state": from.word() }));
    audit::record(tx, &entry.after(json!({ "state": to.word() }))).await?;
    Ok(to)
}

/// Lets one at a time name and count the endpoints of `account`.
async fn hold<C: ConnectionTrait>(tx: &C, account: i64) -> Result<()> {
    let held = db::execute(tx, "UPDATE accounts SET version = version WHERE id = $1", [account.into()]).await?;
    if held == 1 { Ok(()) } else { Err(Error::NotFound) }
}

async fn refuse_too_many<C: ConnectionTrait>(tx: &C, account: i64) -> Result<()> {
    let sql = "SELECT COUNT(*) AS n FROM webhooks WHERE account_id = $1 AND deleted_at IS NULL";
    let row = tx.query_one_raw(db::statement(tx, sql, [account.into()])).await?;
    let n: i64 = row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0);
    if n < MOST {
        return Ok(());
    }
    Err(Error::Invalid(vec![Problem::new("account_id", "webhooks.too_many").with("max", MOST)]))
}

async fn refuse_taken<C: ConnectionTrait>(tx: &C, account: i64, name: Option<&str>, but: Option<i64>) -> Result<()> {
    let Some(name) = name else { return Ok(()) };
    let sql = "SELECT id FROM webhooks WHERE account_id = $1 AND name = $2 AND deleted_at IS NULL AND id <> $3";
    let values = [account.into(), name.into(), but.unwrap_or(0).into()];
    match tx.query_one_raw(db::statement(tx, sql, values)).await? {
        Some(_) => Err(Error::field("name", "webhooks.name_taken")),
        None => Ok(()),
    }
}

fn entry(by: &Actor, verb: &str, webhook: &Model) -> Entry {
    Entry::new(by, format!("webhooks.{verb}"), "webhooks", webhook.id).of_account(webhook.account_id)
}

/// What the audit log shows.
fn shown(webhook: &Model) -> Value {
    json!({ "name": webhook.name, "url": without_key(&webhook.url), "events": webhook.wanted() })
}

/// The host of an address; empty for what is none.
pub(crate) fn host_of(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// An address as it is told to whoever may not change it. Many receivers are known by their address alone, and their key
/// stands behind the host: in the path, or behind the question mark.
pub fn without_key(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return String::new() };
    let nothing_more = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    format!("{}/{}", url.origin().ascii_serialization(), if nothing_more { "" } else { "…" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_the_host_is_not_told() {
        for (url, told) in [
            ("https://oapi.dingtalk.com/robot/send?access_token=k1", "https://oapi.dingtalk.com/…"),
            ("https://open.feishu.cn/open-apis/bot/v2/hook/k1", "https://open.feishu.cn/…"),
            ("https://erp.example.com:8443/?k=1", "https://erp.example.com:8443/…"),
            ("https://erp.example.com", "https://erp.example.com/"),
            ("https://erp.example.com/#k", "https://erp.example.com/…"),
            ("nonsense", ""),
        ] {
            assert_eq!(without_key(url), told);
        }
        assert_eq!(host_of("https://erp.example.com:8443/a"), "erp.example.com");
    }
}
