//! The push engine: five seconds, three deliveries, and what the user sees of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;
use tokio::sync::oneshot;

use crate::SERVICE_FAILED;
use crate::answer::{Answer, Judged, judge};
use crate::api::service;
use crate::chat::{ChatItem, Note, Status};
use crate::exchange::{Delivery, Exchange, Outcome};
use crate::seal::{Dice, Sealer};
use crate::world::{Inner, World};

pub(crate) use crate::announce::{announce_soon, announce_with};
pub(crate) use crate::prepare::{Prepared, prepare};

/// How often a push is delivered before WeChat gives up.
const ATTEMPTS: u8 = 3;
/// How long a push waits to be overtaken when pushes are reordered.
const OVERTAKE: Duration = Duration::from_secs(1);
/// Bytes of an answer that are read.
const ANSWER_BYTES: usize = 1024 * 1024;

/// Delivers up to three times, shows the answer or the note, and closes the exchange.
pub(crate) async fn run(inner: &Arc<Inner>, push: &Prepared) -> Exchange {
    let mut deliveries = Vec::new();
    let has_callback = !inner.world().account(&push.appid).app.callback_url.is_empty();
    let mut accepted = push.silent || !has_callback;
    let mut overtaken = if push.silent { None } else { wait_turn(inner, &push.appid).await };
    for attempt in 1..=ATTEMPTS {
        if accepted {
            break;
        }
        let sent = if inner.world().chance.happens(inner.faults.get().duplicate) {
            let (one, other) = tokio::join!(deliver(inner, push, attempt, None), deliver(inner, push, attempt, None));
            vec![one, other]
        } else {
            vec![deliver(inner, push, attempt, None).await]
        };
        accepted = sent.iter().any(|delivery| delivery.outcome.is_accepted());
        deliveries.extend(sent);
        if let Some(overtaken) = overtaken.take() {
            // The one that waits may have given up waiting.
            let _ = overtaken.send(());
        }
    }
    finish(inner, push, accepted);
    Exchange {
        id: push.exchange_id,
        appid: push.appid.clone(),
        openid: push.openid.clone(),
        at: push.at,
        label: push.label.clone(),
        done: true,
        deliveries,
    }
}

fn finish(inner: &Inner, push: &Prepared, accepted: bool) {
    let at = inner.clock.now_ms();
    let mut world = inner.world();
    if let Some(item) = push.item_id.filter(|_| push.silent) {
        world.resay(&push.appid, item, |item| item.status = item.status.map(|_| Status::Sent));
    }
    if !accepted && !push.unasked && world.account(&push.appid).is_following(&push.openid) {
        world.say(ChatItem {
            at,
            note: Some(Note::ServiceFailed),
            text: Some(SERVICE_FAILED.to_owned()),
            ..envelope(push)
        });
    }
    world.change_exchange(push.exchange_id, |exchange| exchange.done = true);
}

fn envelope(push: &Prepared) -> ChatItem {
    ChatItem {
        appid: push.appid.clone(),
        openid: push.openid.clone(),
        exchange_id: Some(push.exchange_id),
        ..ChatItem::default()
    }
}

/// With pushes reordered: the first of a pair waits here until the second one was delivered; the second gets the
/// sender that lets the first go.
async fn wait_turn(inner: &Inner, appid: &str) -> Option<oneshot::Sender<()>> {
    if !inner.faults.get().reorder {
        return None;
    }
    let turn = {
        let mut world = inner.world();
        let account = world.account_mut(appid);
        if let Some(first) = account.held.take().filter(|first| !first.is_closed()) {
            return Some(first);
        }
        let (let_go, turn) = oneshot::channel();
        account.held = Some(let_go);
        turn
    };
    // Overtaken, or alone for a second: either way it goes now.
    let _ = tokio::time::timeout(OVERTAKE, turn).await;
    None
}

/// One delivery on its way.
struct Sending {
    delivery: Delivery,
    place: usize,
    url: String,
    sealer: Sealer,
    limit: Duration,
    slow: Duration,
    lost: Option<Lost>,
}

/// What the drop switch loses.
enum Lost {
    Request,
    Answer,
}

/// Delivers once.
pub(crate) async fn deliver(inner: &Arc<Inner>, push: &Prepared, attempt: u8, to: Option<&str>) -> Delivery {
    let sending = start(inner, push, attempt, to);
    let began = Instant::now();
    let judged = match sending.lost {
        Some(Lost::Request) => failed(Outcome::Dropped, "lost on the way to the callback".into()),
        _ => {
            let request = inner.http.post(&sending.url).header(CONTENT_TYPE, "text/xml");
            let request = request.body(sending.delivery.body.clone());
            answer_to(request, sending.limit, sending.slow).await
        }
    };
    settle(inner, push, sending, judged, began.elapsed())
}

type Got = Result<(u16, Bytes), (Outcome, String)>;

fn failed(outcome: Outcome, error: String) -> Got {
    Err((outcome, error))
}

/// Sends a request and reads its answer within the limit.
pub(crate) async fn answer_to(request: reqwest::RequestBuilder, limit: Duration, slow: Duration) -> Got {
    let answer = async {
        let mut response = request.send().await?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await? {
            body.extend_from_slice(&part);
            if body.len() > ANSWER_BYTES {
                break;
            }
        }
        tokio::time::sleep(slow).await;
        Ok::<_, reqwest::Error>((status, Bytes::from(body)))
    };
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok((_, body))) if body.len() > ANSWER_BYTES => failed(Outcome::BadAnswer, "over 1 MiB".into()),
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => failed(Outcome::Refused, innermost(&error)),
        Err(_) => failed(Outcome::Timeout, format!("no answer in {} ms", limit.as_millis())),
    }
}

/// The cause at the bottom: reqwest's own text only says that sending failed.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut at = error;
    while let Some(source) = at.source() {
        at = source;
    }
    at.to_string()
}

fn start(inner: &Inner, push: &Prepared, attempt: u8, to: Option<&str>) -> Sending {
    let faults = inner.faults.get();
    let mut guard = inner.world();
    let world = &mut *guard;
    let dice = Dice {
        timestamp: inner.clock.now(),
        nonce: world.chance.nonce(),
        block: world.chance.block(),
        wrong_signature: faults.wrong_signature,
    };
    let lost = world.chance.happens(faults.drop).then(|| match world.chance.coin() {
        true => Lost::Request,
        false => Lost::Answer,
    });
    let account = world.account(&push.appid);
    let sealer = account.sealer.clone();
    let callback = target(&account.app.callback_url, to);
    let sealed = sealer.seal(&push.message, &push.openid, &dice);
    let url = with_query(&callback, &sealed.query);
    let delivery = Delivery {
        attempt,
        at: inner.clock.now_ms(),
        method: "POST",
        url: callback,
        query: sealed.query,
        encrypted: sealed.encrypted,
        body: sealed.body,
        plain: push.message.clone(),
        status: None,
        millis: None,
        outcome: Outcome::Running,
        response: String::new(),
        response_plain: String::new(),
        error: None,
        answer: None,
    };
    if let Some(item) = push.item_id.filter(|_| attempt == 1) {
        world.resay(&push.appid, item, |item| item.status = item.status.map(|_| Status::Sent));
    }
    let mut place = 0;
    world.change_exchange(push.exchange_id, |exchange| {
        place = exchange.deliveries.len();
        exchange.deliveries.push(delivery.clone());
    });
    drop(guard);
    Sending { delivery, place, url, sealer, limit: faults.timeout(), slow: Duration::from_millis(faults.slow_ms), lost }
}

/// The callback URL, on another node when one is named: a URL with a path replaces it, one without only its host.
fn target(callback: &str, to: Option<&str>) -> String {
    let Some(to) = to else { return callback.to_owned() };
    let path_of = |url: &str| {
        let after = url.find("://").map_or(0, |at| at + 3);
        url[after..].find('/').map_or(url.len(), |at| after + at)
    };
    match &to[path_of(to)..] {
        "" | "/" => format!("{}{}", &to[..path_of(to)], &callback[path_of(callback)..]),
        _ => to.to_owned(),
    }
}

/// Appends a signed query to a URL that may have one already.
pub(crate) fn with_query(url: &str, query: &str) -> String {
    format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' })
}

/// Writes down how a delivery ended and shows its answer, the first one only.
fn settle(inner: &Inner, push: &Prepared, sending: Sending, got: Got, took: Duration) -> Delivery {
    let Sending { mut delivery, place, sealer, lost, .. } = sending;
    delivery.millis = u64::try_from(took.as_millis()).ok();
    match got {
        Err((outcome, error)) => {
            delivery.outcome = outcome;
            delivery.error = Some(error);
        }
        Ok((status, body)) => {
            delivery.status = Some(status);
            delivery.response = String::from_utf8_lossy(&body).into_owned();
            let judged = judge(status, &body, &sealer, &push.openid);
            let judged = judged.with_file_of(&push.appid, &inner.world().media, inner.clock.now());
            record(&mut delivery, judged, lost.is_some());
        }
    }
    let at = inner.clock.now_ms();
    let mut world = inner.world();
    let mut is_first = true;
    world.change_exchange(push.exchange_id, |exchange| {
        is_first = !exchange.deliveries.iter().any(|before| before.answer.is_some());
        exchange.done |= delivery.outcome.is_accepted();
        if let Some(running) = exchange.deliveries.get_mut(place) {
            running.clone_from(&delivery);
        }
    });
    let took = delivery.millis.unwrap_or_default();
    let figures = &mut world.account_mut(&push.appid).families.statistics;
    figures.pushed(delivery.outcome.is_accepted(), took, at.div_euclid(1000));
    if let Some(answer) = delivery.answer.as_ref().filter(|_| is_first) {
        show(inner, &mut world, push, answer, at);
    }
    drop(world);
    delivery
}

fn record(delivery: &mut Delivery, judged: Judged, lost: bool) {
    delivery.response_plain = judged.plain;
    if lost {
        delivery.outcome = Outcome::Dropped;
        delivery.error = Some("the answer was lost on the way back".into());
    } else {
        delivery.outcome = judged.outcome;
        delivery.answer = judged.answer;
        delivery.error = judged.error;
    }
}

fn show(inner: &Inner, world: &mut World, push: &Prepared, answer: &Answer, at: i64) {
    if push.unasked || !world.account(&push.appid).is_following(&push.openid) {
        return;
    }
    if let Answer::Transfer { kf_account } = answer {
        service::transfer(inner, world, &push.appid, &push.openid, kf_account.as_deref());
    }
    let mut item = answer.item(push.articles);
    if let Some(media_id) = item.media_id.as_deref().filter(|id| world.media.get(id).is_some()) {
        item.url = Some(inner.media_url(media_id));
    }
    let ChatItem { appid, openid, exchange_id, .. } = envelope(push);
    world.say(ChatItem { appid, openid, exchange_id, at, ..item });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_node_is_named_by_its_host_or_in_full() {
        let callback = "http://127.0.0.1:1/wechat/7";
        assert_eq!(target(callback, None), callback);
        assert_eq!(target(callback, Some("http://127.0.0.1:2")), "http://127.0.0.1:2/wechat/7");
        assert_eq!(target(callback, Some("http://127.0.0.1:2/")), "http://127.0.0.1:2/wechat/7");
        assert_eq!(target(callback, Some("http://h/x")), "http://h/x");
    }
}
