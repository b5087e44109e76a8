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
/// So often the place of somebody whom WeChat no longer knows is looked for anew.
const LOST: u32 = 20;
/// Between two commits, so that callbacks are stored meanwhile.
const BREATH: Duration = Duration::from_millis(30);

/// Reads the list from its place to its end.
pub(super) async fn read(turn: &mut Turn, place: &mut Place, zone: &TimeZone) -> Result<(), Halt> {
    let mut store = Store::of_turn(turn, zone).await?;
    let mut bits = Bits::listed(turn.run.id);
    loop {
        let page = page(turn, place).await?;
        place.page_start.clone_from(&place.after);
        if page.total > 0 {
            place.total = i64::try_from(page.total).unwrap_or(i64::MAX);
            turn.expect(place.total).await?;
        }
        let listed = page.openids.len();
        go_over(turn, place, &mut store, Over::List(&mut bits), openids(page)).await?;
        let all_told = turn.run.seen + place.passed >= place.total;
        // A page that leads nowhere would be read for ever.
        if listed == 0 || place.after == place.page_start || (listed < PAGE && all_told) {
            place.last.clone_from(&place.after);
            return Ok(());
        }
    }
}

/// The openids of a page, each once: WeChat's own example has empty ones among them.
pub(super) fn openids(page: FollowerPage) -> Vec<String> {
    let mut known = std::collections::HashSet::with_capacity(page.openids.len());
    page.openids.into_iter().filter(|openid| is_openid(openid) && known.insert(openid.clone())).collect()
}

/// Neither empty nor with a sign that PostgreSQL does not keep.
pub(super) fn is_openid(text: &str) -> bool {
    !text.is_empty() && !text.contains('\0')
}

/// Whom a reading goes over.
pub(super) enum Over<'a> {
    /// A page of the whole list; who has their bit set is passed over.
    List(&'a mut Bits),
    /// A page of what came behind the last reading.
    Later,
    /// Those of whom an event told: where they stand in WeChat's list says nothing of how far that is read.
    Told,
}

/// Asks for the details of `openids` in their order, and stores them with the place behind the last one stored.
pub(super) async fn go_over(
    turn: &mut Turn,
    place: &mut Place,
    store: &mut Store,
    mut over: Over<'_>,
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
            store.tags_changed(turn, &told).await?;
        }
        if let (Some(last), false) = (told.last(), matches!(over, Over::Told)) {
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
        let bits = match &mut over {
            Over::List(bits) => Some(&mut **bits),
            Over::Later | Over::Told => None,
        };
        let stored = store.store(step.tx(), &told, bits).await?;
        for (openid, refusal) in &stored.refused {
            step.refuse(turn, openid, refusal.errcode, &refusal.detail).await?;
        }
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
            Err(error) if error.is(Condition::NoSuchUser) && place.lost >= LOST => {
                tracing::warn!(run = turn.run.id, %error, "the place in WeChat's list is lost");
                return Ok(FollowerPage::default());
            }
            Err(error) if error.is(Condition::NoSuchUser) && place.after.is_some() => {
                place.lost += 1;
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
