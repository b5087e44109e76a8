//! All followers with their details, as an export would do it: a page of openids, its batches of 100, the next page.

use std::{sync::Arc, time::Instant};

use puzi_wechat::client::Client;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{At, Outcome, memory};

/// Openids of a batch.
const BATCH: usize = 100;

/// What came of the followers, kept in so many bytes however many they are.
#[derive(Default)]
struct Seen {
    listed: usize,
    detailed: usize,
    following: usize,
    /// The last openid of the list, which another client must have come to, too.
    last: String,
}

/// Lists up to `limit` followers and fetches their details.
pub(crate) async fn fetch(at: &At, limit: usize, parallel: usize) -> Outcome<Value> {
    let client = at.client()?;
    client.token().await?;
    let (idle, started) = (memory::resident(), Instant::now());
    let (mut seen, mut pages) = (Seen::default(), client.users().pages());
    while let Some(mut openids) = pages.next().await? {
        openids.truncate(limit - seen.listed);
        seen.listed += openids.len();
        if let Some(last) = openids.last() {
            seen.last.clone_from(last);
        }
        details(&client, &openids, parallel, &mut seen).await?;
        if seen.listed == limit {
            break;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    if seen.detailed != seen.listed || seen.following != seen.listed {
        return Err(format!("{} listed, details of {}", seen.listed, seen.detailed).into());
    }
    Ok(json!({
        "listed": seen.listed,
        "detailed": seen.detailed,
        "last": seen.last,
        "parallel": parallel,
        "seconds": seconds,
        "idle": idle,
        "peak": memory::peak(),
        "cpu_seconds": memory::cpu().as_secs_f64(),
    }))
}

/// The details of one page, so many batches at the same time.
async fn details(client: &Client, openids: &[String], parallel: usize, seen: &mut Seen) -> Outcome<()> {
    let (turns, mut batches) = (Arc::new(Semaphore::new(parallel.max(1))), JoinSet::new());
    for batch in openids.chunks(BATCH) {
        let turn = turns.clone().acquire_owned().await?;
        let (client, batch) = (client.clone(), batch.to_vec());
        batches.spawn(async move {
            let followers = client.users().infos(&batch).await;
            drop(turn);
            let followers = followers?;
            let right =
                followers.len() == batch.len() && followers.iter().zip(&batch).all(|(one, asked)| one.openid == *asked);
            if !right {
                return Err("details of someone else".into());
            }
            Outcome::Ok((followers.len(), followers.iter().filter(|follower| follower.subscribe).count()))
        });
    }
    while let Some(batch) = batches.join_next().await {
        let (detailed, following) = batch??;
        seen.detailed += detailed;
        seen.following += following;
    }
    Ok(())
}
