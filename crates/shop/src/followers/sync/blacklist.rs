//! WeChat's blacklist, brought into the table.

use std::time::Duration;

use puzi_wechat::client::Condition;
use sea_orm::{ConnectionTrait, Value};

use super::{Place, bits::Bits, list::is_openid};
use crate::{
    db::{self, now_ms},
    runs::{Counted, Halt, Turn},
};

/// Rows of one statement.
const ROWS: usize = 50;
/// Rows of one commit.
const STEP: usize = 500;
/// Openids of a full page.
const PAGE: usize = 1_000;
const BREATH: Duration = Duration::from_millis(30);

/// Reads the list from its place to its end; then whoever is blocked here and was not on it is so no longer.
pub(super) async fn read(turn: &mut Turn, place: &mut Place) -> Result<(), Halt> {
    let mut bits = Bits::blocked(turn.run.id);
    if place.blocked_at == 0 {
        place.blocked_at = now_ms();
    }
    loop {
        let mut patience = turn.patience();
        let (asked_at, page) = loop {
            let asked_at = now_ms();
            match turn.live.client.tags().blacklist(place.openid.as_deref()).await {
                Ok(page) => break (asked_at, page),
                // The account may not have one: what is known here stays.
                Err(error) if error.is(Condition::NotPermitted) => return Ok(()),
                Err(error) if error.is(Condition::NoSuchUser) && place.openid.is_some() => {
                    // Once from the beginning. When the list ends with them again, nobody knows what comes behind them,
                    // and nobody is taken off it here.
                    if place.again {
                        return Ok(());
                    }
                    (place.again, place.openid) = (true, None);
                }
                Err(error) => patience.after(error).await?,
            }
        };
        let listed = page.openids.len();
        let openids: Vec<_> = page.openids.into_iter().filter(|openid| is_openid(openid)).collect();
        if openids.is_empty() || openids.last() == place.openid.as_ref() {
            break;
        }
        for part in openids.chunks(STEP) {
            place.openid = part.last().cloned();
            block(turn, place, &mut bits, part, asked_at).await?;
        }
        if listed < PAGE && page.total > 0 && place.blocked >= page.total {
            break;
        }
    }
    release(turn, place, &mut bits).await
}

async fn block(
    turn: &mut Turn,
    place: &mut Place,
    bits: &mut Bits,
    openids: &[String],
    asked_at: i64,
) -> Result<(), Halt> {
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
        // Who was marked here since the page was asked for is as they were marked.
        let is_newer = format!("COALESCE(followers.marked_at, 0) > ${}", part.len() * 7 + 1);
        sql.push_str(&format!(
            " ON CONFLICT (account_id, openid) DO UPDATE SET \
             blocked = CASE WHEN {is_newer} THEN followers.blocked ELSE TRUE END, \
             version = CASE WHEN followers.blocked OR {is_newer} THEN followers.version \
             ELSE followers.version + 1 END RETURNING id"
        ));
        let row = |openid: &String| -> [Value; 7] {
            [account.into(), openid.as_str().into(), false.into(), 0_i64.into(), now.into(), now.into(), true.into()]
        };
        let values = part.iter().flat_map(row).chain([asked_at.into()]);
        let rows = step.tx().query_all_raw(db::statement(step.tx(), &sql, values)).await?;
        for row in rows {
            ids.push(row.try_get::<i64>("", "id")?);
        }
    }
    bits.load(step.tx(), ids.iter().copied()).await?;
    for id in ids {
        place.blocked += i64::from(bits.set(id));
    }
    bits.store(step.tx()).await?;
    step.commit(turn, place, Counted::default()).await?;
    turn.pause(BREATH).await
}

/// Nobody else is blocked.
async fn release(turn: &mut Turn, place: &mut Place, bits: &mut Bits) -> Result<(), Halt> {
    const BLOCKED: &str =
        "SELECT id, openid FROM followers WHERE account_id = $1 AND blocked = TRUE AND id > $2 ORDER BY id LIMIT 500";
    place.id = 0;
    loop {
        let values = [turn.run.account_id.into(), place.id.into()];
        let rows = turn.db.read().query_all_raw(db::statement(turn.db.read(), BLOCKED, values)).await?;
        let people = rows.iter().map(|row| Ok((row.try_get("", "openid")?, row.try_get("", "id")?)));
        let people: Vec<(String, i64)> = people.collect::<crate::Result<_>>()?;
        let Some((_, last)) = people.last().cloned() else { break };
        bits.load(turn.db.read(), people.iter().map(|(_, id)| *id)).await?;
        let mut released: Vec<_> = people.into_iter().filter(|(_, id)| !bits.has(*id)).collect();
        // As everybody locks them.
        released.sort_unstable();
        if !released.is_empty() {
            let step = turn.begin().await?;
            for (_, id) in released {
                const SQL: &str = "UPDATE followers SET blocked = FALSE, version = version + 1 WHERE id = $1 \
                                   AND blocked = TRUE AND COALESCE(marked_at, 0) < $2";
                db::execute(step.tx(), SQL, [id.into(), place.blocked_at.into()]).await?;
            }
            step.commit(turn, place, Counted::default()).await?;
            turn.pause(BREATH).await?;
        }
        place.id = last;
    }
    place.id = 0;
    Ok(())
}
