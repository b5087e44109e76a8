//! Coming in: password, then the one-time code where there is one.

use std::net::IpAddr;

use puzi_wechat::Secret;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use super::{
    Member, Staff, Status, entity, fields,
    limits::{self, Charged, Key},
    second_factor, sessions,
};
use crate::{
    Error,
    audit::{self, Actor, Entry},
    db::{self, now_ms},
    settings::AUDIT_DAYS,
};

/// How long the second step may take, ms.
const TICKET_MS: i64 = 300_000;
const DAY_MS: i64 = 24 * 3_600_000;
const TICKET: &str = "staff/log-in ticket";

/// Somebody who wants to come in.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// User name or e-mail.
    pub login: String,
    /// Password.
    pub password: Secret<String>,
    /// One-time or recovery code, when it is given at once.
    pub code: Option<Secret<String>>,
    /// Where from.
    pub address: IpAddr,
    /// The browser's own words about itself.
    pub agent: String,
}

/// A new session.
#[derive(Debug, Clone)]
pub struct LoggedIn {
    /// For the cookie; it is stored nowhere.
    pub token: Secret<String>,
    /// Row number of the session.
    pub session: i64,
    /// Who came in.
    pub member: Member,
}

/// Why somebody does not come in.
#[derive(Debug, thiserror::Error)]
pub enum LoginRefused {
    /// No such login, or another password: nobody is told which.
    #[error("wrong login or password")]
    Wrong,
    /// The password is right; now [`Staff::finish_log_in`] with this ticket and a code. It holds for five minutes.
    #[error("a one-time code is needed")]
    NeedsCode {
        /// Sealed: it may stand in the form.
        ticket: String,
    },
    /// The one-time or recovery code is wrong or was used before.
    #[error("wrong one-time code")]
    WrongCode,
    /// The ticket is over: the password is needed again.
    #[error("the log-in took too long")]
    TooLate,
    /// Too many wrong attempts on this login or from this address.
    #[error("too many attempts; again in {retry_after_s} s")]
    TooMany {
        /// In so many seconds there is another chance.
        retry_after_s: u64,
    },
    /// The password is right, but the member may not come in any more.
    #[error("the member is disabled")]
    Disabled,
    /// It could not be found out.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<sea_orm::DbErr> for LoginRefused {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Failed(error.into())
    }
}

#[derive(Serialize, Deserialize)]
struct Ticket {
    id: i64,
    until: i64,
    /// A password changed meanwhile makes it worthless.
    password_changed_at: i64,
}

/// Whose attempts are counted: always login first, so that two attempts never wait for each other.
struct Counted {
    login: Key,
    address: Key,
}

impl Counted {
    fn new(login: &str, address: IpAddr) -> Self {
        Self { login: Key::login(login), address: Key::address(address) }
    }
}

impl Staff {
    /// Lets somebody in. The attempt counts against login and address until it proves right.
    ///
    /// # Errors
    /// [`LoginRefused`] says why not; an unknown login is answered like a wrong password, and as slowly.
    pub async fn log_in(&self, attempt: Attempt) -> Result<LoggedIn, LoginRefused> {
        let login = fields::normal_login(&attempt.login);
        let counted = Counted::new(&login, attempt.address);
        let locks = self.count(&counted).await?;
        let row = self.find_by_login(&login).await?;
        let stored = row.as_ref().map(|row| row.password.clone());
        if !self.hasher.check(&attempt.password, stored).await.map_err(busy)? {
            self.note_wrong(row.as_ref(), locks, attempt.address).await?;
            return Err(LoginRefused::Wrong);
        }
        let row = row.ok_or(LoginRefused::Wrong)?;
        if row.status != Status::Active.as_str() {
            return Err(LoginRefused::Disabled);
        }
        if row.totp_confirmed_at.is_some() && attempt.code.is_none() {
            let tx = self.db.begin_write().await?;
            limits::refund(&tx, &counted.login).await?;
            limits::refund(&tx, &counted.address).await?;
            tx.commit().await?;
            return Err(LoginRefused::NeedsCode { ticket: self.ticket(&row) });
        }
        self.let_in(row, attempt.code.as_ref(), &counted, attempt.address, &attempt.agent).await
    }

    /// The second step of a log-in that was refused with [`LoginRefused::NeedsCode`].
    ///
    /// # Errors
    /// As [`Staff::log_in`], and [`LoginRefused::TooLate`] when the ticket is over.
    pub async fn finish_log_in(
        &self,
        ticket: &str,
        code: &Secret<String>,
        address: IpAddr,
        agent: &str,
    ) -> Result<LoggedIn, LoginRefused> {
        let opened = self.vault.decrypt(TICKET, ticket).ok();
        let ticket: Option<Ticket> = opened.and_then(|text| serde_json::from_str(text.expose()).ok());
        let ticket = ticket.filter(|ticket| ticket.until > now_ms()).ok_or(LoginRefused::TooLate)?;
        let row = entity::staff::Entity::find_by_id(ticket.id).one(self.db.read()).await?;
        let row = row.filter(|row| row.password_changed_at == ticket.password_changed_at && row.deleted_at.is_none());
        let row = row.ok_or(LoginRefused::TooLate)?;
        let counted = Counted::new(&row.login, address);
        let locks = self.count(&counted).await?;
        let entered = self.let_in(row.clone(), Some(code), &counted, address, agent).await;
        if matches!(entered, Err(LoginRefused::WrongCode)) {
            self.note_wrong(Some(&row), locks, address).await?;
        }
        entered
    }

    fn ticket(&self, row: &entity::staff::Model) -> String {
        let ticket = Ticket { id: row.id, until: now_ms() + TICKET_MS, password_changed_at: row.password_changed_at };
        self.vault.encrypt(TICKET, &serde_json::to_string(&ticket).expect("a ticket is plain data"))
    }

    /// Counts an attempt. True when it locks the login, if it proves wrong.
    async fn count(&self, counted: &Counted) -> Result<bool, LoginRefused> {
        let now = now_ms();
        let tx = self.db.begin_write().await?;
        let mut locks = false;
        for key in [&counted.login, &counted.address] {
            match limits::charge(&tx, key, now).await? {
                Charged::Closed(until) => return Err(too_many(until, now)),
                charged => locks |= charged == Charged::Locks && key == &counted.login,
            }
        }
        tx.commit().await?;
        Ok(locks)
    }

    /// The log tells the operator of each wrong attempt, the audit log of a member who is locked out by it. What was typed
    /// as login stays out of both: it may be a password.
    async fn note_wrong(&self, row: Option<&entity::staff::Model>, locks: bool, address: IpAddr) -> Result<(), Error> {
        tracing::info!(%address, member = row.map(|row| row.id), "a log-in was refused");
        let Some(row) = row.filter(|_| locks) else { return Ok(()) };
        let tx = self.db.begin_write().await?;
        let actor = Actor::system().at(address.to_canonical().to_string());
        audit::record(&*tx, &Entry::new(&actor, "staff.lock", "staff", row.id)).await?;
        tx.commit().await
    }

    async fn find_by_login(&self, login: &str) -> Result<Option<entity::staff::Model>, Error> {
        use entity::staff::{Column, Entity};
        // PostgreSQL refuses a text with NUL in it; nobody has such a login.
        if login.contains('\0') {
            return Ok(None);
        }
        let query = Entity::find().filter(Column::Login.eq(login)).filter(Column::DeletedAt.is_null());
        Ok(query.one(self.db.read()).await?)
    }

    /// The password was right for `row`: the rest in one transaction.
    async fn let_in(
        &self,
        row: entity::staff::Model,
        code: Option<&Secret<String>>,
        counted: &Counted,
        address: IpAddr,
        agent: &str,
    ) -> Result<LoggedIn, LoginRefused> {
        let address = address.to_canonical().to_string();
        let tx = self.db.begin_write().await?;
        // While the password was checked it may have been changed, or the member disabled. The write also holds the row.
        let sql = "UPDATE staff SET last_login_at = $1 WHERE id = $2 AND password = $3 AND status = 'active' \
                   AND deleted_at IS NULL";
        let now = now_ms();
        if db::execute(&*tx, sql, [now.into(), row.id.into(), row.password.as_str().into()]).await? == 0 {
            return Err(LoginRefused::Wrong);
        }
        // After the member's row, as every other change of both takes them.
        limits::clear(&tx, &counted.login).await?;
        limits::refund(&tx, &counted.address).await?;
        let row = super::find(&*tx, row.id).await?;
        if row.totp_confirmed_at.is_some() {
            let code = code.ok_or(LoginRefused::Wrong)?;
            if !second_factor::consume(&tx, &self.vault, &row, code).await? {
                return Err(LoginRefused::WrongCode);
            }
        }
        let (session, token) = sessions::begin(&tx, row.id, &address, agent).await?;
        let actor = Actor::staff(row.id, &row.name).at(address);
        audit::record(&*tx, &Entry::new(&actor, "staff.log_in", "staff", row.id)).await?;
        tx.commit().await?;
        if let Err(error) = self.tidy(now).await {
            // Next time.
            tracing::warn!(%error, "what is over could not be swept away");
        }
        Ok(LoggedIn { token, session, member: row.into() })
    }

    /// Whoever comes in sweeps the floor: sessions, counts and old rows of the audit log that are over.
    async fn tidy(&self, now: i64) -> Result<(), Error> {
        let keep_days = self.settings.number(AUDIT_DAYS).await?;
        let tx = self.db.begin_write().await?;
        if keep_days > 0 {
            audit::forget(&*tx, now - keep_days * DAY_MS).await?;
        }
        sessions::tidy(&tx, now).await?;
        limits::tidy(&tx, now).await?;
        tx.commit().await
    }
}

fn too_many(until: i64, now: i64) -> LoginRefused {
    LoginRefused::TooMany { retry_after_s: u64::try_from((until - now).div_euclid(1_000) + 1).unwrap_or(1) }
}

fn busy(error: Error) -> LoginRefused {
    match error {
        Error::Busy => LoginRefused::TooMany { retry_after_s: 10 },
        other => other.into(),
    }
}
