//! Sessions: a random token in a cookie, of which only the hash is stored.

use puzi_wechat::Secret;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, QueryResult};

use super::{Member, Permissions, Staff, Status, random, roles};
use crate::{
    Error, Result,
    accounts::{Reach, reach},
    audit::Actor,
    db::{self, WriteTx, now_ms},
    texts::Locale,
};

/// A session not used for so long is over: 7 days, ms.
pub const IDLE_MS: i64 = 7 * 24 * 3_600_000;
/// A session is over so long after its log-in: 30 days, ms.
pub const ABSOLUTE_MS: i64 = 30 * 24 * 3_600_000;
/// Its last use is written down at most so often, ms.
const TOUCH_MS: i64 = 60_000;
const AGENT_CHARS: usize = 200;
/// How much may wait for the next page, bytes.
const FLASH_BYTES: usize = 4_000;

/// A session that is open now.
#[derive(Debug, Clone)]
pub struct Session {
    /// Row number.
    pub id: i64,
    /// Whose it is.
    pub member: Member,
    /// What may be done in it: what the member's role permits, less while another role is seen as.
    pub permissions: Permissions,
    /// What the member's own role permits.
    pub own_permissions: Permissions,
    /// The name of the member's role; empty when it is a ready-made one, whose name is a text.
    pub role_name: String,
    /// The role whose view is tried.
    pub seeing_as: Option<String>,
    /// Its name, likewise.
    pub seen_name: String,
    /// The accounts the member may see.
    pub reach: Reach,
    /// The Official Account chosen in the admin.
    pub account_id: Option<i64>,
    /// All of them are chosen, as far as pages can show several at once.
    pub all_accounts: bool,
    /// Stands in every form; derived from the token, so it is of this session alone.
    pub csrf: Secret<String>,
    /// Something to be told on the next page, see [`Staff::take_flash`].
    pub flash: Option<String>,
    /// When it began, Unix ms.
    pub created_at: i64,
    /// When it was last used, Unix ms, to the minute.
    pub last_seen_at: i64,
}

impl Session {
    /// The member as the audit log knows him.
    pub fn actor(&self) -> Actor {
        Actor::staff(self.member.id, &self.member.name)
    }
}

/// A session in the list that its member sees.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct SessionRow {
    /// Row number.
    pub id: i64,
    /// Network address at log-in.
    pub address: String,
    /// The browser's own words about itself.
    pub agent: String,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms, to the minute.
    pub last_seen_at: i64,
}

impl Staff {
    /// The open session of this token, if there is one: not too old, and its member still active.
    pub async fn session(&self, token: &str) -> Result<Option<Session>> {
        const SQL: &str = "SELECT s.id AS session_id, s.seeing_as, s.account_id, s.flash, s.created_at AS began_at, \
            s.last_seen_at, s.all_accounts, m.reach, m.accounts, m.id, m.login, m.name, m.role, m.locale, m.theme, m.totp_confirmed_at, m.created_at, \
            m.last_login_at, m.version, r.permissions, v.permissions AS seen_permissions, \
            r.name AS role_name, v.name AS seen_name \
            FROM staff_sessions s JOIN staff m ON m.id = s.staff_id \
            LEFT JOIN roles r ON r.key = m.role AND r.deleted_at IS NULL \
            LEFT JOIN roles v ON v.key = s.seeing_as AND v.deleted_at IS NULL \
            WHERE s.token_hash = $1 AND s.last_seen_at > $2 AND s.created_at > $3 \
            AND m.status = 'active' AND m.deleted_at IS NULL";
        let now = now_ms();
        let values = [hash(token).into(), (now - IDLE_MS).into(), (now - ABSOLUTE_MS).into()];
        let row = self.db.read().query_one_raw(db::statement(self.db.read(), SQL, values)).await?;
        let Some(row) = row else { return Ok(None) };
        let session = read(&row, token)?;
        if session.last_seen_at < now - TOUCH_MS {
            let sql = "UPDATE staff_sessions SET last_seen_at = $1 WHERE id = $2 AND last_seen_at < $3";
            let values = [now.into(), session.id.into(), (now - TOUCH_MS).into()];
            if let Err(error) = self.db.execute(sql, values).await {
                // A page that only reads is still shown when nothing can be written.
                tracing::warn!(%error, "a session's use could not be written down");
            }
        }
        Ok(Some(session))
    }

    /// Ends a session, by its own number.
    pub async fn log_out(&self, session: i64) -> Result<()> {
        self.db.execute("DELETE FROM staff_sessions WHERE id = $1", [session.into()]).await?;
        Ok(())
    }

    /// The open sessions of a member, the last used first.
    pub async fn list_sessions(&self, member: i64) -> Result<Vec<SessionRow>> {
        let sql = "SELECT id, address, agent, created_at, last_seen_at FROM staff_sessions \
                   WHERE staff_id = $1 AND last_seen_at > $2 AND created_at > $3 ORDER BY last_seen_at DESC, id DESC";
        let now = now_ms();
        let values = [member.into(), (now - IDLE_MS).into(), (now - ABSOLUTE_MS).into()];
        Ok(SessionRow::find_by_statement(db::statement(self.db.read(), sql, values)).all(self.db.read()).await?)
    }

    /// Ends one of a member's sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for somebody else's.
    pub async fn end_session(&self, member: i64, session: i64) -> Result<()> {
        let sql = "DELETE FROM staff_sessions WHERE id = $1 AND staff_id = $2";
        match self.db.execute(sql, [session.into(), member.into()]).await? {
            0 => Err(Error::NotFound),
            _ => Ok(()),
        }
    }

    /// Ends all sessions of a member but this one, and says how many.
    pub async fn end_all_but(&self, member: i64, session: i64) -> Result<u64> {
        let sql = "DELETE FROM staff_sessions WHERE staff_id = $1 AND id <> $2";
        self.db.execute(sql, [member.into(), session.into()]).await
    }

    /// Shows the admin as somebody of `role` sees it, less what the member himself may not; `None` ends that.
    ///
    /// # Errors
    /// [`Error::Invalid`] names `role` when there is no such role.
    pub async fn see_as(&self, session: i64, role: Option<&str>) -> Result<()> {
        if let Some(role) = role {
            self.role(role).await.map_err(|error| match error {
                Error::NotFound => Error::field("role", "staff.role_unknown"),
                other => other,
            })?;
        }
        self.set(session, "seeing_as", role.into()).await
    }

    /// Chooses the Official Account that the admin's pages are about; none: all, where a page can show several. Whether
    /// the session's member may see it is asked before.
    pub async fn choose_account(&self, session: i64, account: Option<i64>) -> Result<()> {
        // The last one chosen stays, for the pages that are about one.
        const SQL: &str =
            "UPDATE staff_sessions SET account_id = COALESCE($1, account_id), all_accounts = $2 WHERE id = $3";
        match self.db.execute(SQL, [account.into(), account.is_none().into(), session.into()]).await? {
            0 => Err(Error::NotFound),
            _ => Ok(()),
        }
    }

    /// Keeps something to be told on the next page (JSON of the caller's own, at most 4,000 bytes; more is dropped).
    pub async fn set_flash(&self, session: i64, json: &str) -> Result<()> {
        let kept = (json.len() <= FLASH_BYTES).then_some(json);
        self.set(session, "flash", kept.into()).await
    }

    /// What [`Staff::set_flash`] kept, once: of two pages that ask at once, one gets it.
    pub async fn take_flash(&self, session: i64) -> Result<Option<String>> {
        let sql = "SELECT flash FROM staff_sessions WHERE id = $1";
        let row = self.db.read().query_one_raw(db::statement(self.db.read(), sql, [session.into()])).await?;
        let Some(flash) = row.map(|row| row.try_get::<Option<String>>("", "flash")).transpose()?.flatten() else {
            return Ok(None);
        };
        let sql = "UPDATE staff_sessions SET flash = NULL WHERE id = $1 AND flash = $2";
        let taken = self.db.execute(sql, [session.into(), flash.as_str().into()]).await? == 1;
        Ok(taken.then_some(flash))
    }

    async fn set(&self, session: i64, column: &'static str, value: sea_orm::Value) -> Result<()> {
        let sql = format!("UPDATE staff_sessions SET {column} = $1 WHERE id = $2");
        match self.db.execute(&sql, [value, session.into()]).await? {
            0 => Err(Error::NotFound),
            _ => Ok(()),
        }
    }
}

/// Begins a session in the transaction of the log-in: its number and its token.
pub(super) async fn begin(tx: &WriteTx, member: i64, address: &str, agent: &str) -> Result<(i64, Secret<String>)> {
    const SQL: &str = "INSERT INTO staff_sessions (token_hash, staff_id, address, agent, created_at, last_seen_at) \
                       VALUES ($1, $2, $3, $4, $5, $5) RETURNING id";
    let (token, now) = (random::hex(), now_ms());
    // PostgreSQL takes no NUL, and nobody else should meet other control characters.
    let agent: String = agent.chars().filter(|c| !c.is_control()).take(AGENT_CHARS).collect();
    let values = [hash(&token).into(), member.into(), address.into(), agent.into(), now.into()];
    let row = tx.query_one_raw(db::statement(&**tx, SQL, values)).await?.ok_or(Error::NotFound)?;
    Ok((row.try_get("", "id")?, Secret::new(token)))
}

/// Ends all sessions of a member, in the transaction that takes his right to them.
pub(super) async fn end_all(tx: &WriteTx, member: i64) -> Result<()> {
    db::execute(&**tx, "DELETE FROM staff_sessions WHERE staff_id = $1", [member.into()]).await?;
    Ok(())
}

/// Removes sessions that are over.
pub(super) async fn tidy(tx: &WriteTx, now: i64) -> Result<()> {
    let sql = "DELETE FROM staff_sessions WHERE last_seen_at <= $1 OR created_at <= $2";
    db::execute(&**tx, sql, [(now - IDLE_MS).into(), (now - ABSOLUTE_MS).into()]).await?;
    Ok(())
}

fn hash(token: &str) -> String {
    random::hash("session", token)
}

fn read(row: &QueryResult, token: &str) -> Result<Session> {
    let role: String = row.try_get("", "role")?;
    let stored: Option<String> = row.try_get("", "permissions")?;
    let seeing_as: Option<String> = row.try_get("", "seeing_as")?;
    let seen: Option<String> = row.try_get("", "seen_permissions")?;
    let name = |column| Ok::<_, DbErr>(row.try_get::<Option<String>>("", column)?.unwrap_or_default());
    let own_permissions = roles::permissions_of(&role, stored.as_deref());
    let permissions = match &seeing_as {
        Some(seen_role) => own_permissions.clone().and(roles::permissions_of(seen_role, seen.as_deref())),
        None => own_permissions.clone(),
    };
    let member = Member {
        id: row.try_get("", "id")?,
        login: row.try_get("", "login")?,
        name: row.try_get("", "name")?,
        role,
        locale: Locale::from_tag(&row.try_get::<String>("", "locale")?),
        theme: row.try_get("", "theme")?,
        reach: reach::stored(&row.try_get::<String>("", "reach")?, &row.try_get::<String>("", "accounts")?),
        status: Status::Active,
        totp: row.try_get::<Option<i64>>("", "totp_confirmed_at")?.is_some(),
        created_at: row.try_get("", "created_at")?,
        last_login_at: row.try_get("", "last_login_at")?,
        deleted_at: None,
        version: row.try_get("", "version")?,
    };
    Ok(Session {
        id: row.try_get("", "session_id")?,
        permissions,
        own_permissions,
        role_name: name("role_name")?,
        seeing_as,
        seen_name: name("seen_name")?,
        reach: member.reach.clone(),
        member,
        account_id: row.try_get("", "account_id")?,
        all_accounts: row.try_get("", "all_accounts")?,
        csrf: Secret::new(random::hash("csrf", token)),
        flash: row.try_get("", "flash")?,
        created_at: row.try_get("", "began_at")?,
        last_seen_at: row.try_get("", "last_seen_at")?,
    })
}
