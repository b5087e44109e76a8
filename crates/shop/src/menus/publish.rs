//! Publishing: asked for by a person who saw what is live, done by a job.

use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Event, Live, MenuSet, Menus, Origin, State, stored, versions};
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    audit::{self, Actor, Entry},
    db::{self, WriteTx, now_ms},
    jobs,
    machine::{self, Who, Word},
};

/// The kind of a publication's job.
pub const JOB: &str = "menu.publish";

/// What the job needs to know.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Payload {
    pub(super) publication: i64,
}

/// A publication as it stands.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Row number.
    pub id: i64,
    /// The account.
    pub account_id: i64,
    /// Row number of the version that goes live.
    pub version_id: i64,
    /// That version's number.
    pub number: i64,
    /// Where it stands.
    pub state: State,
    /// The calls that were made, in their order; a refused one is the last.
    pub done: Vec<Done>,
    /// How often all calls of a plan were made and something else was live afterwards.
    pub rounds: i64,
    /// What WeChat said when it did not go on.
    pub error: Option<String>,
    /// WeChat's number of that.
    pub errcode: Option<i64>,
    /// WeChat's number of the call.
    pub rid: Option<String>,
    /// Who asked for it.
    pub asked_by: String,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub changed_at: i64,
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// `create`, `delete`, `add` or `remove`.
    #[serde(rename = "do")]
    pub what: String,
    /// WeChat's number of the menu of some people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub menu: Option<i64>,
    /// Its place in the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<usize>,
    /// What WeChat refused it with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errcode: Option<i64>,
    /// WeChat's number of the refused call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rid: Option<String>,
    /// Unix ms.
    pub at: i64,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    account_id: i64,
    version_id: i64,
    number: i64,
    state: String,
    done: String,
    rounds: i64,
    error: Option<String>,
    errcode: Option<i64>,
    rid: Option<String>,
    asked_by: String,
    created_at: i64,
    changed_at: i64,
}

const SELECT: &str = "SELECT p.id, p.account_id, p.version_id, v.number, p.state, p.done, p.rounds, p.error, p.errcode, \
                      p.rid, p.asked_by, p.created_at, p.changed_at \
                      FROM menu_publications p JOIN menu_versions v ON v.id = p.version_id";

impl From<Row> for Publication {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            account_id: row.account_id,
            version_id: row.version_id,
            number: row.number,
            // The table's own check keeps other words out.
            state: State::read(&row.state).unwrap_or(State::Failed),
            done: serde_json::from_str(&row.done).unwrap_or_default(),
            rounds: row.rounds,
            error: row.error,
            errcode: row.errcode,
            rid: row.rid,
            asked_by: row.asked_by,
            created_at: row.created_at,
            changed_at: row.changed_at,
        }
    }
}

impl Publication {
    /// Whether a person may let it go on.
    pub fn may_resume(&self) -> bool {
        machine::may::<Menus>(self.state, Who::Staff).contains(&Event::Resume)
    }
}

impl Menus {
    /// Puts the draft live, and gives the publication's number; a job does it. `seen` is the digest of what was live when the
    /// person looked.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each field that is not complete; [`Error::Stale`] when the draft is no longer of `version`, or
    /// something else is live than was `seen`; [`Error::NotNow`] while another publication of the account goes on;
    /// [`Error::NotFound`]; what WeChat refuses when it is asked what is live.
    pub async fn publish(&self, by: &Actor, reach: &Reach, account: i64, version: i64, seen: &str) -> Result<i64> {
        self.seen(reach, account)?;
        let draft = stored(self.db.read(), account).await?;
        let draft = draft.ok_or_else(|| Error::NotNow(Problem::new("version", "menu.no_draft")))?;
        if draft.version != version {
            return Err(Error::Stale);
        }
        let problems = draft.set.check();
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        if self.under_way(reach, account).await?.is_some() {
            return Err(running());
        }
        let live: Live = self.live(reach, account).await?;
        if live.digest != seen {
            return Err(Error::Stale);
        }
        let tx = self.db.begin_write().await?;
        hold(&tx, account, Some(version)).await?;
        bury_orphan(&tx, account).await?;
        let id = insert(&tx, by, account, &draft.set, seen).await?;
        let entry = Entry::new(by, "menus.publish", "menus", id).of_account(account);
        audit::record(&*tx, &entry.after(json!({ "version": version, "seen": seen }))).await?;
        push(&tx, account, id).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// One publication.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the account has none of that number, or is out of reach.
    pub async fn publication(&self, reach: &Reach, account: i64, id: i64) -> Result<Publication> {
        self.seen(reach, account)?;
        let publication = find(self.db.read(), id).await?;
        if publication.account_id == account { Ok(publication) } else { Err(Error::NotFound) }
    }

    /// The latest publication of an account.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach.
    pub async fn latest(&self, reach: &Reach, account: i64) -> Result<Option<Publication>> {
        self.seen(reach, account)?;
        let sql = format!("{SELECT} WHERE p.account_id = $1 ORDER BY p.account_id DESC, p.id DESC LIMIT 1");
        let on = self.db.read();
        let row = Row::find_by_statement(db::statement(on, &sql, [account.into()])).one(on).await?;
        Ok(row.map(Publication::from))
    }

    /// The publication of an account that goes on, if one does. One whose job is gone is buried by whoever publishes next.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach.
    pub async fn under_way(&self, reach: &Reach, account: i64) -> Result<Option<i64>> {
        let Some(latest) = self.latest(reach, account).await?.filter(|latest| latest.state.is_open()) else {
            return Ok(None);
        };
        let alive = jobs::alive(self.db.read(), &[key(account)]).await?;
        Ok(Some(latest.id).filter(|_| !alive.is_empty()))
    }

    /// Lets a publication go on that ended before all was live.
    ///
    /// # Errors
    /// [`Error::NotNow`] when it did not, when a later one was begun, or while another goes on; [`Error::NotFound`].
    pub async fn resume(&self, by: &Actor, reach: &Reach, account: i64, id: i64) -> Result<()> {
        self.publication(reach, account, id).await?;
        let tx = self.db.begin_write().await?;
        hold(&tx, account, None).await?;
        bury_orphan(&tx, account).await?;
        let sql = "SELECT COUNT(*) AS n FROM menu_publications WHERE account_id = $1 AND id > $2";
        if db::one_number(&*tx, sql, [account.into(), id.into()]).await? > 0 {
            return Err(Error::NotNow(Problem::new("state", "menu.later_one")));
        }
        machine::step::<Self>(&*tx, id, Event::Resume, Who::Staff, by, "").await?;
        let sql = "UPDATE menu_publications SET rounds = 0, error = NULL, errcode = NULL, rid = NULL, changed_at = $1 \
                   WHERE id = $2";
        db::execute(&*tx, sql, [now_ms().into(), id.into()]).await?;
        push(&tx, account, id).await?;
        tx.commit().await
    }
}

fn running() -> Error {
    Error::NotNow(Problem::new("state", "menu.running"))
}

/// The key of an account's job: one waits or runs at a time.
pub(super) fn key(account: i64) -> String {
    format!("menu/{account}")
}

/// One publication, whoever asks.
pub(super) async fn find<C: ConnectionTrait>(on: &C, id: i64) -> Result<Publication> {
    let sql = format!("{SELECT} WHERE p.id = $1");
    let row = Row::find_by_statement(db::statement(on, &sql, [id.into()])).one(on).await?;
    row.map(Publication::from).ok_or(Error::NotFound)
}

/// Keeps others from publishing for the account until `tx` ends. [`Error::Stale`] when the draft is of another `version`.
async fn hold(tx: &WriteTx, account: i64, version: Option<i64>) -> Result<()> {
    let sql = "UPDATE menu_drafts SET version = version WHERE account_id = $1 AND ($2 = 0 OR version = $2)";
    match db::execute(&**tx, sql, [account.into(), version.unwrap_or_default().into()]).await? {
        1 => Ok(()),
        _ => Err(Error::Stale),
    }
}

/// A publication whose job died for good, or was taken away, does not keep the account from publishing for ever.
async fn bury_orphan(tx: &WriteTx, account: i64) -> Result<()> {
    let sql = "SELECT id AS n FROM menu_publications WHERE account_id = $1 AND state IN ('queued', 'running')";
    let id = db::one_number(&**tx, sql, [account.into()]).await?;
    if id == 0 || !jobs::alive(&**tx, &[key(account)]).await?.is_empty() {
        return Ok(());
    }
    machine::step::<Menus>(&**tx, id, Event::Fail, Who::Clock, &Actor::system(), "its job is gone").await?;
    Ok(())
}

async fn insert(tx: &WriteTx, by: &Actor, account: i64, set: &MenuSet, seen: &str) -> Result<i64> {
    const SQL: &str = "INSERT INTO menu_publications (account_id, version_id, state, seen, asked_by, created_at, \
                       changed_at) VALUES ($1, $2, 'queued', $3, $4, $5, $5) ON CONFLICT DO NOTHING RETURNING id";
    let version = versions::keep(&**tx, account, (set, &set.digest()), Origin::Published, &by.name).await?;
    let values = [account.into(), version.into(), seen.into(), by.name.as_str().into(), now_ms().into()];
    let row = tx.query_one_raw(db::statement(&**tx, SQL, values)).await?.ok_or_else(running)?;
    Ok(row.try_get("", "id")?)
}

async fn push(tx: &WriteTx, account: i64, publication: i64) -> Result<()> {
    jobs::push_of(&**tx, Some(account), JOB, Some(&key(account)), &Payload { publication }, now_ms()).await
}
