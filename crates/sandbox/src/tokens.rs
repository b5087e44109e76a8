//! Which access token lives and which dies: `getAccessToken` and `getStableAccessToken`, isolated from each other.

use std::collections::{HashMap, VecDeque};

use crate::api::ApiError;
use crate::chance::Chance;

/// Seconds a token lives.
const LIFE: i64 = 7200;
/// Seconds that an outdated token stays usable, and before its end that a stable token is renewed.
const OVERLAP: i64 = 300;
/// Seconds between two forced refreshes that do something.
const FORCE_PAUSE: i64 = 30;
/// Forced refreshes a day.
const FORCE_DAILY: u32 = 20;
/// How many tokens are remembered, so that an old one is told from a made-up one.
const REMEMBERED: usize = 10_000;

const LIMIT: ApiError = ApiError::new(45009, "reach max api daily quota limit");

/// A token and the seconds it still lives.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Granted {
    pub(crate) token: String,
    pub(crate) expires_in: i64,
}

struct Issued {
    appid: String,
    expires_at: i64,
    /// When a newer one took its place and the overlap ended, or when it was invalidated.
    dies_at: Option<i64>,
}

#[derive(Default)]
struct Forced {
    last_at: Option<i64>,
    day: i64,
    count: u32,
}

/// All tokens that were issued. Times are unix seconds.
#[derive(Default)]
pub(crate) struct Tokens {
    issued: HashMap<String, Issued>,
    order: VecDeque<String>,
    plain: HashMap<String, String>,
    stable: HashMap<String, String>,
    forced: HashMap<String, Forced>,
}

impl Tokens {
    /// `GET /cgi-bin/token`: a new token each time; the one before lives five minutes more.
    pub(crate) fn plain(&mut self, appid: &str, now: i64, chance: &mut Chance) -> Granted {
        let token = self.issue(appid, now, chance);
        if let Some(before) = self.plain.insert(appid.to_owned(), token.clone()) {
            self.outdate(&before, now);
        }
        Granted { token, expires_in: LIFE }
    }

    /// `POST /cgi-bin/stable_token`: the same token until five minutes before its end. A forced refresh within 30 s
    /// of the last one changes nothing; more than 20 a day are refused.
    pub(crate) fn stable(
        &mut self,
        appid: &str,
        force: bool,
        now: i64,
        chance: &mut Chance,
    ) -> Result<Granted, ApiError> {
        let left = self.stable.get(appid).map(|token| (token.clone(), self.left(token, now)));
        match left {
            Some((token, left)) if left > OVERLAP && !(force && self.may_force(appid, now)?) => {
                Ok(Granted { token, expires_in: left })
            }
            before => {
                let token = self.issue(appid, now, chance);
                self.stable.insert(appid.to_owned(), token.clone());
                if let Some((before, _)) = before {
                    self.outdate(&before, now);
                }
                Ok(Granted { token, expires_in: LIFE })
            }
        }
    }

    /// Whose token it is, or why it is refused.
    pub(crate) fn check(&self, token: &str, now: i64) -> Result<&str, ApiError> {
        const STALE: ApiError = ApiError::new(
            40001,
            "invalid credential, access_token is invalid or not latest, could get access_token by \
             getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r",
        );
        if !is_well_formed(token) {
            return Err(ApiError::new(40014, "invalid access_token"));
        }
        let issued = self.issued.get(token).ok_or(STALE)?;
        if now >= issued.expires_at {
            return Err(ApiError::new(42001, "access_token expired"));
        }
        if issued.dies_at.is_some_and(|dies_at| now >= dies_at) {
            return Err(STALE);
        }
        Ok(&issued.appid)
    }

    /// Kills all tokens of an account at once, as a changed secret does.
    pub(crate) fn invalidate(&mut self, appid: &str, now: i64) {
        self.plain.remove(appid);
        self.stable.remove(appid);
        for issued in self.issued.values_mut().filter(|issued| issued.appid == appid) {
            issued.dies_at = Some(now);
        }
    }

    fn issue(&mut self, appid: &str, now: i64, chance: &mut Chance) -> String {
        let token = chance.token();
        let issued = Issued { appid: appid.to_owned(), expires_at: now + LIFE, dies_at: None };
        self.issued.insert(token.clone(), issued);
        self.order.push_back(token.clone());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.issued.remove(&oldest);
        }
        token
    }

    fn outdate(&mut self, token: &str, now: i64) {
        if let Some(issued) = self.issued.get_mut(token) {
            issued.dies_at = Some(now + OVERLAP);
        }
    }

    fn left(&self, token: &str, now: i64) -> i64 {
        self.issued.get(token).map_or(0, |issued| issued.expires_at - now)
    }

    fn may_force(&mut self, appid: &str, now: i64) -> Result<bool, ApiError> {
        let forced = self.forced.entry(appid.to_owned()).or_default();
        let day = day_of(now);
        if forced.day != day {
            *forced = Forced { day, last_at: forced.last_at, count: 0 };
        }
        if forced.last_at.is_some_and(|last| now - last < FORCE_PAUSE) {
            return Ok(false);
        }
        if forced.count >= FORCE_DAILY {
            return Err(LIMIT);
        }
        forced.count += 1;
        forced.last_at = Some(now);
        Ok(true)
    }
}

/// The day in Beijing, where quotas begin anew at midnight.
pub(crate) fn day_of(now: i64) -> i64 {
    (now + 8 * 3600).div_euclid(86_400)
}

/// The month of that day, counted on.
pub(crate) fn month_of(now: i64) -> i64 {
    // Years of 365.2425 days that begin in March, so that the leap day is their last.
    let days = day_of(now) + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    (era * 400 + year) * 12 + (5 * day + 2) / 153
}

fn is_well_formed(token: &str) -> bool {
    let Some((head, tail)) = token.split_once('_') else { return false };
    token.len() >= 100
        && head.bytes().all(|b| b.is_ascii_digit())
        && tail.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_in_beijing() {
        // 2026-03-01 00:00:00 in Beijing, the day after 28 February.
        let march = 1_772_294_400;
        assert_eq!(month_of(march) - month_of(march - 1), 1);
        assert_eq!(month_of(march), month_of(march + 31 * 86_400 - 1));
        assert_eq!(month_of(march + 31 * 86_400) - month_of(march), 1);
        // 2028 has a 29 February.
        let leap = 1_835_366_400;
        assert_eq!((month_of(leap), month_of(leap + 86_400)), (month_of(leap - 1), month_of(leap) + 1));
    }
}
