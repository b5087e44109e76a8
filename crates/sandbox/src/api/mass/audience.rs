//! Who gets a message, and how many of them they may get.

use std::collections::{HashMap, HashSet};

use crate::AccountKind;
use crate::api::ApiError;
use crate::tokens::{day_of, month_of};
use crate::world::Account;

/// Messages that a follower of a service account gets in a month, and that it may send to all.
const A_MONTH: u32 = 4;

/// Whom a request names.
pub(super) enum Target {
    All,
    List(Vec<String>),
}

/// Whom a job goes to.
pub(super) struct Audience {
    pub(super) target: Target,
    /// Those of them who do not get it: they do not follow, refuse, or had their four.
    out: HashSet<String>,
    /// How many were named.
    pub(super) wanted: usize,
    month: i64,
}

impl Audience {
    /// How many it is sent to.
    pub(super) fn left(&self) -> usize {
        self.wanted.saturating_sub(self.out.len())
    }

    /// Keeps the numbers only: a job that is over needs no names.
    pub(super) fn forget(&mut self) {
        self.target = Target::List(Vec::new());
        self.out.clear();
    }

    /// Whether it comes to this follower.
    pub(super) fn reaches(&self, openid: &str) -> bool {
        !self.out.contains(openid)
    }
}

/// What was sent in this month (and day). A message to all is counted once, not once a follower.
#[derive(Default)]
pub(super) struct Quotas {
    month: i64,
    /// Unix seconds of each message to all.
    to_all: Vec<i64>,
    /// What single followers got beside that.
    single: HashMap<String, u32>,
    day: i64,
    today: u32,
}

impl Quotas {
    fn turn(&mut self, now: i64) {
        if self.month != month_of(now) {
            self.month = month_of(now);
            self.to_all.clear();
            self.single.clear();
        }
        if self.day != day_of(now) {
            self.day = day_of(now);
            self.today = 0;
        }
    }

    /// What a follower since `since` got this month.
    fn got(&self, openid: &str, since: i64) -> usize {
        let single = self.single.get(openid).copied().unwrap_or_default() as usize;
        single + self.to_all.iter().filter(|at| since <= **at).count()
    }

    /// Gives back what a job took that reached nobody.
    pub(super) fn give_back(&mut self, audience: &Audience, at: i64) {
        if self.month != audience.month {
            return;
        }
        match &audience.target {
            Target::All => {
                if let Some(place) = self.to_all.iter().position(|sent| *sent == at) {
                    self.to_all.remove(place);
                }
            }
            Target::List(openids) => {
                for openid in openids.iter().filter(|openid| audience.reaches(openid)) {
                    if let Some(got) = self.single.get_mut(openid) {
                        *got = got.saturating_sub(1);
                    }
                }
            }
        }
    }
}

/// The audience of a job, taken out of the quotas.
pub(super) fn take(account: &mut Account, target: Target, now: i64) -> Result<Audience, ApiError> {
    const NONE_LEFT: ApiError = ApiError::new(45028, "has no masssend quota");
    let mut quotas = std::mem::take(&mut account.families.mass.quotas);
    quotas.turn(now);
    let is_service = account.app.kind == AccountKind::Service;
    let is_spent = match (account.app.kind, &target) {
        (AccountKind::Service, Target::All) => quotas.to_all.len() >= A_MONTH as usize,
        (AccountKind::Service, Target::List(_)) => false,
        (AccountKind::Subscription, _) => quotas.today >= 1,
    };
    if is_spent {
        account.families.mass.quotas = quotas;
        return Err(NONE_LEFT);
    }
    let is_out = |openid: &str| match account.phone(openid).filter(|phone| phone.is_following()) {
        None => true,
        Some(phone) => {
            let spent = is_service && quotas.got(openid, phone.subscribe_time) >= A_MONTH as usize;
            spent || account.is_blacklisted(openid)
        }
    };
    let (wanted, out) = match &target {
        // Of a million followers only those are looked at who can be out: who got something of their own, or refuse.
        Target::All => {
            let looked_at = quotas.single.keys().map(String::as_str).chain(account.blacklist());
            let followers = looked_at.filter(|openid| account.is_following(openid));
            (account.follower_count(), followers.filter(|openid| is_out(openid)).map(str::to_owned).collect())
        }
        Target::List(openids) => (openids.len(), openids.iter().filter(|openid| is_out(openid)).cloned().collect()),
    };
    let audience = Audience { target, out, wanted, month: quotas.month };
    quotas.today += 1;
    match &audience.target {
        Target::All => quotas.to_all.push(now),
        Target::List(openids) => {
            for openid in openids.iter().filter(|openid| audience.reaches(openid)) {
                *quotas.single.entry(openid.clone()).or_default() += 1;
            }
        }
    }
    account.families.mass.quotas = quotas;
    Ok(audience)
}
