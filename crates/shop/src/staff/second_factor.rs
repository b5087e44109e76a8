//! The second factor: one-time codes by the clock, and recovery codes for the day the telephone is lost.

use puzi_wechat::Secret;
use serde_json::json;

use super::{Staff, entity, random, totp};
use crate::{
    Error, Result,
    audit::{self, Actor, Entry},
    db::{self, WriteTx, now_ms},
    secrets::Vault,
};

const SECRET_BYTES: usize = 20;
const RECOVERY_CODES: usize = 10;
/// Ten bytes are sixteen letters: too many to guess, even for who has the hashes.
const RECOVERY_BYTES: usize = 10;

/// What an authenticator app needs to know.
#[derive(Debug, Clone)]
pub struct TotpSetUp {
    /// The secret in base32, to be typed in by hand.
    pub secret: Secret<String>,
    /// `otpauth://…`, to be shown as a QR code.
    pub url: Secret<String>,
}

impl Staff {
    /// Begins to set one-time codes up: makes a secret, or shows the one begun before. Nothing is asked for at log-in until
    /// [`Staff::confirm_totp`].
    ///
    /// # Errors
    /// [`Error::Invalid`] names `code` when codes are on already.
    pub async fn begin_totp(&self, member: i64) -> Result<TotpSetUp> {
        let tx = self.db.begin_write().await?;
        let secret = random::bytes::<SECRET_BYTES>();
        let sealed = self.vault.encrypt(&context(member), &totp::base32(&secret));
        // Of two pages that begin at once, both show the one secret that is stored.
        let sql = "UPDATE staff SET totp_secret = $1 WHERE id = $2 AND totp_secret IS NULL";
        db::execute(&*tx, sql, [sealed.into(), member.into()]).await?;
        let row = super::find(&*tx, member).await?;
        tx.commit().await?;
        if row.totp_confirmed_at.is_some() {
            return Err(Error::field("code", "staff.totp_on_already"));
        }
        let secret = open(&self.vault, &row)?.ok_or(Error::Unsealable)?;
        Ok(TotpSetUp {
            secret: Secret::new(totp::base32(secret.expose())),
            url: Secret::new(totp::url(&row.login, secret.expose())),
        })
    }

    /// Turns one-time codes on, when `code` shows that the app has the secret. Gives ten recovery codes, which are shown this
    /// once.
    ///
    /// # Errors
    /// [`Error::Invalid`] names `code` when it is wrong or nothing was begun.
    pub async fn confirm_totp(&self, by: &Actor, member: i64, code: &str) -> Result<Vec<Secret<String>>> {
        let tx = self.db.begin_write().await?;
        // Holds the row: of two at once the second finds it done.
        let sql = "UPDATE staff SET totp_step = totp_step WHERE id = $1 AND totp_confirmed_at IS NULL";
        if db::execute(&*tx, sql, [member.into()]).await? == 0 {
            return Err(Error::field("code", "staff.totp_on_already"));
        }
        let row = super::find(&*tx, member).await?;
        let secret = open(&self.vault, &row)?.ok_or_else(|| Error::field("code", "staff.totp_not_begun"))?;
        let step = totp::step_of(secret.expose(), &digits(code), now_ms(), row.totp_step);
        let step = step.ok_or_else(|| Error::field("code", "staff.code_wrong"))?;
        let sql = "UPDATE staff SET totp_confirmed_at = $1, totp_step = $2, version = version + 1, updated_at = $1 \
                   WHERE id = $3";
        db::execute(&*tx, sql, [now_ms().into(), step.into(), member.into()]).await?;
        let codes = new_codes(&tx, member).await?;
        let entry = Entry::new(by, "staff.totp_on", "staff", member);
        audit::record(&*tx, &entry.before(json!({"totp": false})).after(json!({"totp": true}))).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Makes ten new recovery codes; those before are worthless then.
    ///
    /// # Errors
    /// [`Error::Invalid`] names `password` when it is wrong, or `code` when one-time codes are off.
    pub async fn renew_recovery_codes(
        &self,
        by: &Actor,
        member: i64,
        password: &Secret<String>,
    ) -> Result<Vec<Secret<String>>> {
        self.confirm(member, password, "password").await?;
        let tx = self.db.begin_write().await?;
        let sql = "UPDATE staff SET totp_step = totp_step WHERE id = $1 AND totp_confirmed_at IS NOT NULL";
        if db::execute(&*tx, sql, [member.into()]).await? == 0 {
            return Err(Error::field("code", "staff.totp_not_begun"));
        }
        let codes = new_codes(&tx, member).await?;
        audit::record(&*tx, &Entry::new(by, "staff.recovery_codes", "staff", member)).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// How many recovery codes a member has left.
    pub async fn recovery_codes_left(&self, member: i64) -> Result<i64> {
        use sea_orm::ConnectionTrait;
        let sql = "SELECT COUNT(*) AS n FROM staff_recovery_codes WHERE staff_id = $1 AND used_at IS NULL";
        let row = self.db.read().query_one_raw(db::statement(self.db.read(), sql, [member.into()])).await?;
        Ok(row.map_or(Ok(0), |row| row.try_get("", "n"))?)
    }

    /// Members turn their own one-time codes off, with their password.
    ///
    /// # Errors
    /// [`Error::Invalid`] names `password` when it is wrong.
    pub async fn drop_totp(&self, by: &Actor, member: i64, password: &Secret<String>) -> Result<()> {
        self.confirm(member, password, "password").await?;
        let tx = self.db.begin_write().await?;
        turn_off(&tx, by, member).await?;
        tx.commit().await
    }
}

/// Forgets secret and recovery codes.
pub(super) async fn turn_off(tx: &WriteTx, by: &Actor, member: i64) -> Result<()> {
    let was_on = super::find(&**tx, member).await?.totp_confirmed_at.is_some();
    // The last step stays: a code used before is not taken again, should the same secret ever come back.
    let sql = "UPDATE staff SET totp_secret = NULL, totp_confirmed_at = NULL, version = version + 1, updated_at = $1 \
               WHERE id = $2";
    db::execute(&**tx, sql, [now_ms().into(), member.into()]).await?;
    db::execute(&**tx, "DELETE FROM staff_recovery_codes WHERE staff_id = $1", [member.into()]).await?;
    let entry = Entry::new(by, "staff.totp_off", "staff", member);
    audit::record(&**tx, &entry.before(json!({"totp": was_on})).after(json!({"totp": false}))).await
}

/// Takes a code: whoever comes second with the same one does not get in, not even at the same moment.
pub(super) async fn consume(
    tx: &WriteTx,
    vault: &Vault,
    row: &entity::staff::Model,
    code: &Secret<String>,
) -> Result<bool> {
    let typed = digits(code.expose());
    if typed.len() == 6 && typed.bytes().all(|b| b.is_ascii_digit()) {
        let secret = open(vault, row)?.ok_or(Error::Unsealable)?;
        let Some(step) = totp::step_of(secret.expose(), &typed, now_ms(), row.totp_step) else { return Ok(false) };
        let sql = "UPDATE staff SET totp_step = $1 WHERE id = $2 AND totp_step < $1";
        return Ok(db::execute(&**tx, sql, [step.into(), row.id.into()]).await? == 1);
    }
    let sql = "UPDATE staff_recovery_codes SET used_at = $1 WHERE staff_id = $2 AND code_hash = $3 AND used_at IS NULL";
    let values = [now_ms().into(), row.id.into(), hash(row.id, &typed).into()];
    Ok(db::execute(&**tx, sql, values).await? == 1)
}

async fn new_codes(tx: &WriteTx, member: i64) -> Result<Vec<Secret<String>>> {
    db::execute(&**tx, "DELETE FROM staff_recovery_codes WHERE staff_id = $1", [member.into()]).await?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let code = totp::base32(&random::bytes::<RECOVERY_BYTES>());
        let sql = "INSERT INTO staff_recovery_codes (staff_id, code_hash) VALUES ($1, $2)";
        db::execute(&**tx, sql, [member.into(), hash(member, &code).into()]).await?;
        codes.push(Secret::new([&code[..4], &code[4..8], &code[8..12], &code[12..]].join("-")));
    }
    Ok(codes)
}

/// A code without the blanks and dashes people write in it, in capitals.
fn digits(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).take(64).collect()
}

fn hash(member: i64, code: &str) -> String {
    random::hash("recovery", &format!("{member}:{code}"))
}

fn open(vault: &Vault, row: &entity::staff::Model) -> Result<Option<Secret<Vec<u8>>>> {
    let Some(sealed) = &row.totp_secret else { return Ok(None) };
    let text = vault.decrypt(&context(row.id), sealed)?;
    Ok(Some(Secret::new(totp::from_base32(text.expose()).ok_or(Error::Unsealable)?)))
}

fn context(member: i64) -> String {
    format!("staff/{member}/totp_secret")
}
