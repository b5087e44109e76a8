//! Going over WeChat's list of followers: page by page, details with 8 calls under way, a commit each 500.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::tz::TimeZone;
use puzi_wechat::client::{Condition, FollowerPage};
use tokio_util::task::AbortOnDropHandle;

use super::{
    Place,
    bits::Bits,
    details::{self, BATCH, Told},
    store::Store,
};
use crate::{
    Error,
    runs::{Halt, Turn},
};

/// Calls for details under way at once.
const CALLS: usize = 8;
/// Batches of one commit.
const BATCHES: usize = 5;
/// Openids of a full page.
const PAGE: usize = 10_000;
/// Ends of earlier commits that are remembered.
const ANCHORS: usize = 3;
/// Between two commits, so that callbacks are stored meanwhile.
const BREATH: Duration = Duration::from_millis(30);

/// Reads the list from its place to its end.
pub(super) async fn read(turn: &mut Turn, place: &mut Place, zone: &TimeZone) -> Result<(), Halt> {
    let mut store = Store::new(turn, zone).await?;
    let mut bits = Bits::listed(turn.run.id);
    loop {
        let page = page(turn, place).await?;
        place.page_start.clone_from(&place.after);
        if page.total > 0 {
            place.total = i64::try_from(page.total).unwrap_or(i64::MAX);
            turn.expect(place.total).await?;
        }
        let listed = page.openids.len();
        go_over(turn, place, &mut store, Some(&mut bits), openids(page)).await?;
        let all_told = turn.run.seen + place.passed >= place.total;
        if listed == 0 || (listed < PAGE && all_told) {
            place.last.clone_from(&place.after);
            return Ok(());
        }
    }
}

/// The openids of a page, each once: WeChat's own example has empty ones among them.
pub(super) fn openids(page: FollowerPage) -> Vec<String> {
    let mut known = std::collections::HashSet::with_capacity(page.openids.len());
    page.openids.into_iter().filter(|openid| !openid.is_empty() && known.insert(openid.clone())).collect()
}

/// Asks for the details of `openids` in their order, and stores them with the place behind the last one stored.
pub(super) async fn go_over(
    turn: &mut Turn,
    place: &mut Place,
    store: &mut Store,
    mut bits: Option<&mut Bits>,
    openids: Vec<String>,
) -> Result<(), Halt> {
    let (live, patience) = (turn.live.clone(), turn.patience());
    // Each in a task of its own: answers are read also while something is being stored. Dropped, they end.
    let asked = stream::iter(openids.chunks(BATCH).map(<[_]>::to_vec).collect::<Vec<_>>())
        .map(move |batch| {
            let asking = tokio::spawn(details::ask(live.clone(), patience.clone(), batch));
            AbortOnDropHandle::new(asking)
        })
        .buffered(CALLS)
        .chunks(BATCHES);
    tokio::pin!(asked);
    while let Some(group) = asked.next().await {
        let mut told: Vec<Told> = Vec::with_capacity(BATCHES * BATCH);
        let mut cut_off = None;
        for batch in group {
            match batch.map_err(|error| Error::Io(std::io::Error::other(error)))? {
                Ok(more) => told.extend(more),
                // What was told before it is stored all the same: a quota that is used up cost that much.
                Err(halt) => {
                    cut_off = Some(halt);
                    break;
                }
            }
        }
        if store.misses_a_tag(&told) {
            store.tags_changed(turn).await?;
        }
        if let Some(last) = told.last() {
            place.after = Some(last.openid.clone());
            place.anchors.push(last.openid.clone());
            place.anchors.drain(..place.anchors.len().saturating_sub(ANCHORS));
        }
        if told.is_empty()
            && let Some(halt) = cut_off
        {
            return Err(halt);
        }
        let mut step = turn.begin().await?;
        let stored = store.store(&mut step, turn, &told, bits.as_deref_mut()).await?;
        place.passed += stored.passed;
        step.commit(turn, place, stored.counted).await?;
        if let Some(halt) = cut_off {
            return Err(halt);
        }
        turn.pause(BREATH).await?;
    }
    Ok(())
}

/// The page behind the place. When its owner left and WeChat knows them no more, the page behind an earlier one: who was
/// seen is passed over.
async fn page(turn: &Turn, place: &mut Place) -> Result<FollowerPage, Halt> {
    let mut patience = turn.patience();
    loop {
        match turn.live.client.users().list(place.after.as_deref()).await {
            Ok(page) => return Ok(page),
            Err(error) if error.is(Condition::NoSuchUser) && place.after.is_some() => {
                let gone = place.after.take();
                let earlier = place.anchors.pop().or_else(|| place.page_start.take());
                place.after = earlier;
                if place.after == gone {
                    place.after = place.anchors.pop().or_else(|| place.page_start.take());
                }
            }
            Err(error) => patience.after(error).await?,
        }
    }
}
