//! Those who came lately: whom no event told of, and the details of those of whom one did.

use jiff::tz::TimeZone;
use puzi_wechat::client::Condition;
use sea_orm::ConnectionTrait;

use super::{
    Place,
    list::{self, Over},
    store::Store,
};
use crate::{
    db::{self, now_ms},
    runs::{Counted, Ended, Halt, Turn},
};

/// Followers of one step.
const STEP: usize = 500;

/// Reads on where the last reading ended, then the details that are missing.
pub(super) async fn read(mut turn: Turn, zone: TimeZone) -> Result<Ended, Halt> {
    let mut place: Place = turn.run.placed().unwrap_or_default();
    let mut store = Store::of_turn(&turn, &zone).await?;
    if place.after.is_none() && place.id == 0 {
        place.after = super::known(&turn.db, turn.run.account_id).await?.last_openid;
    }
    // Without a full reading there is nowhere to go on from.
    while place.id == 0 && place.after.is_some() {
        let mut patience = turn.patience();
        let page = loop {
            match turn.live.client.users().list(place.after.as_deref()).await {
                Ok(page) => break page,
                Err(error) if error.is(Condition::NoSuchUser) => {
                    // They left, and WeChat knows them no more: the next full reading finds the place again.
                    place.after = place.anchors.pop();
                    if place.after.is_none() {
                        break puzi_wechat::client::FollowerPage::default();
                    }
                }
                Err(error) => patience.after(error).await?,
            }
        };
        let (openids, before) = (list::openids(page), place.after.clone());
        if openids.is_empty() {
            break;
        }
        list::go_over(&mut turn, &mut place, &mut store, Over::Later, openids).await?;
        if place.after == before {
            break;
        }
    }
    loop {
        let bare = bare(&turn, place.id).await?;
        let Some((last, _)) = bare.last() else { break };
        let last = *last;
        let openids = bare.into_iter().map(|(_, openid)| openid).collect();
        list::go_over(&mut turn, &mut place, &mut store, Over::Told, openids).await?;
        place.id = last;
        turn.note(&place, Counted::default()).await?;
    }
    const READ: &str = "INSERT INTO follower_syncs (account_id, last_openid, recent_at) VALUES ($1, $2, $3) \
                        ON CONFLICT (account_id) DO UPDATE SET recent_at = excluded.recent_at, not_before = 0, \
                        last_openid = COALESCE(excluded.last_openid, follower_syncs.last_openid)";
    let step = turn.begin().await?;
    let values = [turn.run.account_id.into(), place.after.as_deref().into(), now_ms().into()];
    db::execute(step.tx(), READ, values).await?;
    step.commit(&mut turn, &place, Counted::default()).await?;
    Ok(Ended::Done)
}

/// Followers of whom an event told and WeChat has not been asked, behind the number `after`.
async fn bare(turn: &Turn, after: i64) -> crate::Result<Vec<(i64, String)>> {
    let sql = format!(
        "SELECT id, openid FROM followers WHERE account_id = $1 AND id > $2 AND details_at IS NULL \
         AND followed_at IS NOT NULL ORDER BY id LIMIT {STEP}"
    );
    let on = turn.db.read();
    let values = [turn.run.account_id.into(), after.into()];
    let rows = on.query_all_raw(db::statement(on, &sql, values)).await?;
    rows.iter().map(|row| Ok((row.try_get("", "id")?, row.try_get("", "openid")?))).collect()
}
