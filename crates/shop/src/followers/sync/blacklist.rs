//! WeChat's blacklist, brought into the table.

use std::time::Duration;

use puzi_wechat::client::Condition;
use sea_orm::{ConnectionTrait, Value};

use super::{Place, bits::Bits};
use crate::{
    db::{self, now_ms},
    runs::{Counted, Halt, Turn},
};

/// Rows of one statement.
const ROWS: usize = 50;
/// Rows of one commit.
const STEP: usize = 500;
const BREATH: Duration = Duration::from_millis(30);

/// Reads the list from its place to its end; then whoever is blocked here and was not on it is so no longer.
pub(super) async fn read(turn: &mut Turn, place: &mut Place) -> Result<(), Halt> {
    let mut bits = Bits::blocked(turn.run.id);
    loop {
        let mut patience = turn.patience();
        let page = loop {
            match turn.live.client.tags().blacklist(place.openid.as_deref()).await {
                Ok(page) => break page,
                // The account may not have one: what is known here stays.
                Err(error) if error.is(Condition::NotPermitted) => return Ok(()),
                Err(error) if error.is(Condition::NoSuchUser) && place.openid.is_some() => place.openid = None,
                Err(error) => patience.after(error).await?,
            }
        };
        let openids: Vec<_> = page.openids.into_iter().filter(|openid| !openid.is_empty()).collect();
        if openids.is_empty() || openids.last() == place.openid.as_ref() {
            break;
        }
        for part in openids.chunks(STEP) {
            place.openid = part.last().cloned();
            block(turn, place, &mut bits, part).await?;
        }
    }
    release(turn, place, &mut bits).await
}

async fn block(turn: &mut Turn, place: &Place, bits: &mut Bits, openids: &[String]) -> Result<(), Halt> {
    let (account, now) = (turn.run.account_id, now_ms());
    let step = turn.begin().await?;
    let mut openids = openids.to_vec();
    openids.sort_unstable();
    openids.dedup();
    let mut ids = Vec::with_capacity(openids.len());
    for part in openids.chunks(ROWS) {
        // Somebody unknown does not follow, and nothing is told of when they left.
        let mut sql = String::from(
            "INSERT INTO followers (account_id, openid, subscribed, subscription_changed_at, first_seen_at, last_seen_at, \
             blocked) VALUES ",
        );
        db::push_rows(&mut sql, part.len(), 7);
        sql.push_str(
            " ON CONFLICT (account_id, openid) DO UPDATE SET blocked = TRUE, version = CASE WHEN followers.blocked \
             THEN followers.version ELSE followers.version + 1 END RETURNING id",
        );
        let row = |openid: &String| -> [Value; 7] {
            [account.into(), openid.as_str().into(), false.into(), 0_i64.into(), now.into(), now.into(), true.into()]
        };
        let rows = step.tx().query_all_raw(db::statement(step.tx(), &sql, part.iter().flat_map(row))).await?;
        for row in rows {
            ids.push(row.try_get::<i64>("", "id")?);
        }
    }
    bits.load(step.tx(), ids.iter().copied()).await?;
    for id in ids {
        bits.set(id);
    }
    bits.store(step.tx()).await?;
    step.commit(turn, place, Counted::default()).await?;
    turn.pause(BREATH).await
}

/// Nobody else is blocked.
async fn release(turn: &mut Turn, place: &mut Place, bits: &mut Bits) -> Result<(), Halt> {
    const BLOCKED: &str =
        "SELECT id FROM followers WHERE account_id = $1 AND blocked = TRUE AND id > $2 ORDER BY id LIMIT 500";
    place.id = 0;
    loop {
        let values = [turn.run.account_id.into(), place.id.into()];
        let rows = turn.db.read().query_all_raw(db::statement(turn.db.read(), BLOCKED, values)).await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
        let Some(last) = ids.last().copied() else { break };
        bits.load(turn.db.read(), ids.iter().copied()).await?;
        let released: Vec<_> = ids.into_iter().filter(|id| !bits.has(*id)).collect();
        if !released.is_empty() {
            let step = turn.begin().await?;
            for id in released {
                let sql =
                    "UPDATE followers SET blocked = FALSE, version = version + 1 WHERE id = $1 AND blocked = TRUE";
                db::execute(step.tx(), sql, [id.into()]).await?;
            }
            step.commit(turn, place, Counted::default()).await?;
            turn.pause(BREATH).await?;
        }
        place.id = last;
    }
    place.id = 0;
    Ok(())
}
