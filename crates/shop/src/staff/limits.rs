//! How often somebody may be wrong. An attempt is counted before it is looked at and given back when it was right: so many
//! attempts at once are not so many free guesses. The counts lie in the database, for all nodes.

use std::net::IpAddr;

use sea_orm::ConnectionTrait;

use super::random;
use crate::{
    Result,
    db::{self, WriteTx},
};

/// How many wrong attempts cost what.
struct Policy {
    /// The wrong attempt after which one waits.
    wait_after: i64,
    /// The wrong attempt after which one is locked out.
    lock_after: i64,
    /// Without an attempt for so long, the count begins anew, ms.
    forget: i64,
}

/// Of one login.
const OF_LOGIN: Policy = Policy { wait_after: 5, lock_after: 20, forget: 24 * HOUR };
/// Of one address; a whole office may stand behind it.
const OF_ADDRESS: Policy = Policy { wait_after: 10, lock_after: 40, forget: HOUR };

const HOUR: i64 = 3_600_000;
const FIRST_WAIT: i64 = 5_000;
const LONGEST_WAIT: i64 = 600_000;
const LOCK: i64 = 1_800_000;

/// Whose attempts are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key(String);

impl Key {
    /// Those on a login. It is hashed: people type their password there by mistake.
    pub(super) fn login(login: &str) -> Self {
        Self(format!("login:{}", random::hash("login", login)))
    }

    /// Those of a member who is in already and is asked for the password again.
    pub(super) fn confirm(id: i64) -> Self {
        Self(format!("confirm:{id}"))
    }

    /// Those from an address; of IPv6 the first 64 bits, which one household has to itself.
    pub(super) fn address(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(format!("address:{address}")),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self(format!("address:{a:x}:{b:x}:{c:x}:{d:x}::/64"))
            }
        }
    }

    fn policy(&self) -> &'static Policy {
        if self.0.starts_with("address:") { &OF_ADDRESS } else { &OF_LOGIN }
    }
}

impl Policy {
    /// For how long (ms) the `failures`-th wrong attempt closes the door.
    fn wait(&self, failures: i64) -> i64 {
        if failures >= self.lock_after {
            LOCK
        } else if failures >= self.wait_after {
            let doubled = u32::try_from(failures - self.wait_after).unwrap_or(u32::MAX).min(10);
            (FIRST_WAIT << doubled).min(LONGEST_WAIT)
        } else {
            0
        }
    }
}

/// What became of an attempt that was to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charged {
    /// It is counted; if it proves wrong, the door is still open, or closed for a while.
    Counted,
    /// It is counted; if it proves wrong, that was the lock-out.
    Locks,
    /// The door is closed until then (Unix ms); it is not counted.
    Closed(i64),
}

/// Counts an attempt as wrong, beforehand.
pub(super) async fn charge(tx: &WriteTx, key: &Key, now: i64) -> Result<Charged> {
    const COUNT: &str = "INSERT INTO staff_failures (key, failures, last_at, blocked_until) VALUES ($1, 1, $2, 0) \
                         ON CONFLICT (key) DO UPDATE SET last_at = excluded.last_at, \
                         failures = CASE WHEN staff_failures.last_at < $3 THEN 1 ELSE staff_failures.failures + 1 END \
                         WHERE staff_failures.blocked_until <= $2 RETURNING failures";
    let policy = key.policy();
    let values = [key.0.as_str().into(), now.into(), (now - policy.forget).into()];
    let Some(row) = tx.query_one_raw(db::statement(&**tx, COUNT, values)).await? else {
        return Ok(Charged::Closed(closed_until(&**tx, key, now).await?.unwrap_or(now)));
    };
    let failures = row.try_get("", "failures")?;
    let wait = policy.wait(failures);
    if wait > 0 {
        let sql = "UPDATE staff_failures SET blocked_until = $2 WHERE key = $1";
        db::execute(&**tx, sql, [key.0.as_str().into(), (now + wait).into()]).await?;
    }
    Ok(if failures == policy.lock_after { Charged::Locks } else { Charged::Counted })
}

/// Until when (Unix ms) the door is closed; none when it is open.
pub(super) async fn closed_until<C: ConnectionTrait>(on: &C, key: &Key, now: i64) -> Result<Option<i64>> {
    let sql = "SELECT blocked_until FROM staff_failures WHERE key = $1 AND blocked_until > $2";
    let row = on.query_one_raw(db::statement(on, sql, [key.0.as_str().into(), now.into()])).await?;
    Ok(row.map(|row| row.try_get("", "blocked_until")).transpose()?)
}

/// Takes back what one [`charge`] counted, and nothing of what others did.
pub(super) async fn refund(tx: &WriteTx, key: &Key) -> Result<()> {
    let sql = "UPDATE staff_failures SET blocked_until = 0, failures = CASE WHEN failures > 0 THEN failures - 1 ELSE 0 END \
               WHERE key = $1";
    db::execute(&**tx, sql, [key.0.as_str().into()]).await?;
    Ok(())
}

/// Forgets all wrong attempts.
pub(super) async fn clear(tx: &WriteTx, key: &Key) -> Result<()> {
    db::execute(&**tx, "DELETE FROM staff_failures WHERE key = $1", [key.0.as_str().into()]).await?;
    Ok(())
}

/// Removes counts that mean nothing any more.
pub(super) async fn tidy(tx: &WriteTx, now: i64) -> Result<()> {
    let sql = "DELETE FROM staff_failures WHERE last_at < $1 AND blocked_until < $2";
    db::execute(&**tx, sql, [(now - OF_LOGIN.forget).into(), now.into()]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end_in_a_lock_out() {
        let waits: Vec<i64> = (1..=21).map(|failures| OF_LOGIN.wait(failures) / 1_000).collect();
        assert_eq!(waits[..4], [0; 4]);
        assert_eq!(waits[4..12], [5, 10, 20, 40, 80, 160, 320, 600]);
        assert!(waits[12..19].iter().all(|wait| *wait == 600), "{waits:?}");
        assert_eq!(waits[19..], [1_800, 1_800]);
        assert_eq!((OF_ADDRESS.wait(9), OF_ADDRESS.wait(10), OF_ADDRESS.wait(40)), (0, 5_000, LOCK));
    }

    #[test]
    fn an_address_is_one_household() {
        let key = |text: &str| Key::address(text.parse().unwrap());
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.2"), key("192.0.2.1"));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    }
}
