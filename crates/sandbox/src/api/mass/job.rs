//! A job from its acceptance to its end, which the clock brings.

use std::collections::HashSet;
use std::sync::Arc;

use super::audience::{Audience, Target};
use super::content::Message;
use super::originals::{self, Check};
use super::show;
use crate::push;
use crate::world::{Account, Inner, PhoneState};
use crate::xml::{Fields, nested, number, text};

/// Ten thousands a minute, by the speed that is set.
pub(super) const SPEEDS: [usize; 5] = [80, 60, 45, 30, 10];
/// Milliseconds that the smallest job takes.
const LEAST_MS: i64 = 3000;
/// Chats that a message shows in: chats are bounded, and many followers are nobody's phone.
const SHOWN: usize = 200;
/// In whose name the end is told.
const HELPER: &str = "mphelper";

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Sending,
    Sent,
    Failed,
    Deleted,
}

impl Status {
    /// As `mass/get` says it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sending => "SENDING",
            Self::Sent => "SEND_SUCCESS",
            Self::Failed => "SEND_FAIL",
            Self::Deleted => "DELETE",
        }
    }
}

/// One message on its way to many.
pub(super) struct Job {
    /// 0 unless articles.
    pub(super) msg_data_id: i64,
    /// Unix seconds of its acceptance.
    pub(super) at: i64,
    pub(super) message: Message,
    pub(super) audience: Audience,
    /// Whether it goes on when an article is a reprint.
    pub(super) reprints: bool,
    /// Its number in the outbox.
    pub(super) letter: u64,
    pub(super) status: Status,
}

/// Milliseconds that a job to so many takes.
pub(super) fn takes_ms(speed: usize, followers: usize) -> i64 {
    let a_minute = SPEEDS.get(speed).copied().unwrap_or(SPEEDS[0]) * 10_000;
    LEAST_MS + i64::try_from(followers.saturating_mul(60_000) / a_minute).unwrap_or(i64::MAX / 4)
}

/// The end of a job: it shows in chats, or failed; either way it is told.
pub(super) fn finish(inner: &Arc<Inner>, appid: &str, msg_id: i64) {
    let at = inner.clock.now_ms();
    let mut world = inner.world();
    let account = world.account_mut(appid);
    let Some(mut job) = account.families.mass.jobs.remove(&msg_id) else { return };
    let check = originals::check(&account.families.mass.originals, &job.message, job.reprints);
    let lost = lost(account, &job.audience);
    let mut shown = Vec::new();
    if check.refused.is_none() {
        job.status = Status::Sent;
        for (idx, article) in (1..).zip(&mut job.message.articles) {
            article.url = format!("{}/sandbox/articles/{}/{idx}", inner.base_url, job.msg_data_id);
        }
        account.families.comments.open_articles(job.msg_data_id, &job.message.values);
        shown = chats(account, &job);
    } else {
        job.status = Status::Failed;
        account.families.mass.quotas.give_back(&job.audience, job.at);
    }
    account.families.outbox.settle(job.letter, if check.refused.is_none() { "delivered" } else { "failed" });
    let fields = told(msg_id, &job, &check, lost);
    job.audience.forget();
    for openid in &shown {
        show(&mut world, appid, openid, &job.message, at);
    }
    world.account_mut(appid).families.mass.jobs.insert(msg_id, job);
    drop(world);
    push::announce_with(inner, appid, HELPER, "MASSSENDJOBFINISH", fields);
}

/// How many stopped following while it was sent.
fn lost(account: &Account, audience: &Audience) -> usize {
    match &audience.target {
        Target::All => audience.wanted.saturating_sub(account.follower_count()).min(audience.left()),
        Target::List(openids) => {
            openids.iter().filter(|openid| audience.reaches(openid) && !account.is_following(openid)).count()
        }
    }
}

/// The chats it shows in: all of them when they are few; else those of phones that are held, the latest to do something
/// first.
fn chats(account: &Account, job: &Job) -> Vec<String> {
    let reached = |phone: &PhoneState| {
        // Who came after it was taken on is not among its readers.
        phone.is_following() && phone.subscribe_time <= job.at && job.audience.reaches(&phone.openid)
    };
    let few = match &job.audience.target {
        Target::All if job.audience.wanted <= SHOWN => Some(account.followers_after(0, SHOWN).1),
        Target::List(openids) if openids.len() <= SHOWN => Some(openids.clone()),
        _ => None,
    };
    if let Some(mut openids) = few {
        openids.retain(|openid| account.phone(openid).is_some_and(|phone| reached(&phone)));
        return openids;
    }
    let named: Option<HashSet<&str>> = match &job.audience.target {
        Target::All => None,
        Target::List(openids) => Some(openids.iter().map(String::as_str).collect()),
    };
    let is_named = |phone: &PhoneState| named.as_ref().is_none_or(|named| named.contains(phone.openid.as_str()));
    let mut held: Vec<_> = account.known_phones().filter(|phone| reached(phone) && is_named(phone)).collect();
    held.sort_by_key(|phone| std::cmp::Reverse((phone.last_active_ms, phone.last_place)));
    held.into_iter().take(SHOWN).map(|phone| phone.openid.clone()).collect()
}

/// Numbers as the platform counts: those who are left are those it reached and those it failed for.
fn told(msg_id: i64, job: &Job, check: &Check, lost: usize) -> Fields {
    let left = job.audience.left();
    let (status, sent, errors) = match &check.refused {
        None => ("send success".to_owned(), left - lost, lost),
        Some(code) => (format!("err({code})"), 0, 0),
    };
    let is_sent = check.refused.is_none();
    let urls = job.message.articles.iter().filter(|_| is_sent).enumerate().map(|(place, article)| {
        nested("item", vec![number("ArticleIdx", place + 1), text("ArticleUrl", &article.url)])
    });
    let urls: Fields = urls.collect();
    vec![
        number("MsgID", msg_id),
        text("Status", status),
        number("TotalCount", job.audience.wanted),
        number("FilterCount", if is_sent { left } else { 0 }),
        number("SentCount", sent),
        number("ErrorCount", errors),
        nested("CopyrightCheckResult", check.fields()),
        nested("ArticleUrlResult", vec![number("Count", urls.len()), nested("ResultList", urls)]),
    ]
}
