//! Leases: of several nodes one does what only one must. A node that dies gives its lease up by time.

use std::time::Duration;

use crate::{
    Result,
    db::{Db, now_ms},
};

/// How long a lease holds when its holder takes the standard one.
pub const USUAL: Duration = Duration::from_secs(60);

/// Takes the lease `name` for `holder`, or holds on to it. True when it is the holder's now, for as long as `time`.
///
/// A holder that works longer than `time` asks again meanwhile; when that says no, somebody else has begun.
///
/// # Errors
/// When the database does not answer: then nobody may begin.
pub async fn take(db: &Db, name: &str, holder: &str, time: Duration) -> Result<bool> {
    let now = now_ms();
    let until = now.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
    let sql = "INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3) \
               ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until \
               WHERE leases.until <= $4 OR leases.holder = excluded.holder";
    Ok(db.execute(sql, [name.into(), holder.into(), until.into(), now.into()]).await? == 1)
}

/// Gives the lease up, so that another one need not wait for its end. Nothing happens when it is somebody else's by now.
///
/// # Errors
/// When the database does not answer.
pub async fn give_up(db: &Db, name: &str, holder: &str) -> Result<()> {
    db.execute("DELETE FROM leases WHERE name = $1 AND holder = $2", [name.into(), holder.into()]).await?;
    Ok(())
}

/// A name for this process as a holder: no two are alike.
pub fn holder() -> String {
    format!("{:016x}", rand::random::<u64>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_database::TestDatabase;

    #[tokio::test]
    async fn one_of_two_holds_it_and_the_other_takes_it_when_its_time_is_over() {
        let place = TestDatabase::new().await;
        let (here, there) = (&place.db, place.second_node().await);
        let long = Duration::from_secs(60);
        let (one, other) = tokio::join!(take(here, "sweep", "one", long), take(&there, "sweep", "other", long));
        assert_ne!(one.unwrap(), other.unwrap(), "exactly one holds it");
        let holder = if take(here, "sweep", "one", long).await.unwrap() { "one" } else { "other" };
        let rival = if holder == "one" { "other" } else { "one" };
        assert!(take(here, "sweep", holder, long).await.unwrap(), "its holder holds on");
        assert!(!take(here, "sweep", rival, long).await.unwrap());
        assert!(take(here, "health", rival, long).await.unwrap(), "another name is another lease");

        assert!(take(here, "sweep", holder, Duration::ZERO).await.unwrap());
        assert!(take(&there, "sweep", rival, long).await.unwrap(), "what ran out is free");
        give_up(here, "sweep", holder).await.unwrap();
        assert!(!take(here, "sweep", holder, long).await.unwrap(), "one gives up only what one holds");
        give_up(&there, "sweep", rival).await.unwrap();
        assert!(take(here, "sweep", holder, long).await.unwrap());
    }
}
