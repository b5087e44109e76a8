//! Codes and tokens of users who log in.

use std::collections::{HashMap, VecDeque};

use super::super::ApiError;
use crate::chance::Chance;

/// Seconds a code lives.
const CODE_LIFE: i64 = 300;
/// Seconds a user's access token lives.
pub(super) const TOKEN_LIFE: i64 = 7200;
/// Seconds a refresh token lives: thirty days.
const REFRESH_LIFE: i64 = 30 * 86_400;
/// Codes and tokens of each sort that are remembered; the oldest go first.
const REMEMBERED: usize = 20_000;

const BAD_CODE: ApiError = ApiError::new(40029, "invalid code");
const USED_CODE: ApiError = ApiError::new(40163, "code been used");

/// What a code can be exchanged for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A user's access token, with this scope.
    Web(&'static str),
    /// A mini program's session.
    MiniLogin,
    /// The user's telephone number.
    PhoneNumber,
}

/// Whom a code or token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) openid: String,
    pub(crate) scope: &'static str,
    /// Whether this is the made-up user of a snapshot page.
    pub(crate) snapshot: bool,
}

#[derive(Clone, Debug)]
struct Code {
    grant: Grant,
    purpose: Purpose,
    expires_at: i64,
    used: bool,
}

#[derive(Clone, Debug)]
struct UserToken {
    grant: Grant,
    expires_at: i64,
}

#[derive(Clone, Debug)]
struct Refresh {
    grant: Grant,
    token: String,
    expires_at: i64,
}

/// A map that forgets its oldest entries.
#[derive(Debug)]
struct Kept<T> {
    entries: HashMap<String, T>,
    order: VecDeque<String>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new() }
    }
}

impl<T> Kept<T> {
    fn put(&mut self, key: String, value: T) {
        self.order.push_back(key.clone());
        self.entries.insert(key, value);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }
}

/// What the account keeps of logins.
#[derive(Debug, Default)]
pub(crate) struct State {
    codes: Kept<Code>,
    tokens: Kept<UserToken>,
    refreshes: Kept<Refresh>,
    /// The newest logins by the web page, the oldest first.
    logins: VecDeque<Login>,
}

/// A login, as the state page tells of it.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) openid: String,
    pub(crate) scope: &'static str,
    pub(crate) snapshot: bool,
    /// Unix seconds.
    pub(crate) at: i64,
}

/// A user's tokens, as they are answered.
pub(super) struct Pair {
    pub(super) token: String,
    pub(super) refresh: String,
    pub(super) grant: Grant,
}

impl State {
    /// Makes a code; it lives five minutes and works once.
    pub(crate) fn code(&mut self, grant: Grant, purpose: Purpose, now: i64, chance: &mut Chance) -> String {
        let code = format!("0{}", &chance.media_id()[..31]);
        if let Purpose::Web(scope) = purpose {
            self.logins.push_back(Login { openid: grant.openid.clone(), scope, snapshot: grant.snapshot, at: now });
            if self.logins.len() > 50 {
                self.logins.pop_front();
            }
        }
        self.codes.put(code.clone(), Code { grant, purpose, expires_at: now + CODE_LIFE, used: false });
        code
    }

    /// Takes a code for what it was made for.
    pub(super) fn redeem(&mut self, code: &str, fits: impl Fn(&Purpose) -> bool, now: i64) -> Result<Grant, ApiError> {
        let code = self.codes.entries.get_mut(code).filter(|code| fits(&code.purpose)).ok_or(BAD_CODE)?;
        if code.used {
            return Err(USED_CODE);
        }
        if now >= code.expires_at {
            return Err(ApiError::new(42003, "oauth_code expired"));
        }
        code.used = true;
        Ok(code.grant.clone())
    }

    /// Makes the two tokens of a login.
    pub(super) fn issue(&mut self, grant: Grant, now: i64, chance: &mut Chance) -> Pair {
        let (token, refresh) = (chance.token(), chance.token());
        self.tokens.put(token.clone(), UserToken { grant: grant.clone(), expires_at: now + TOKEN_LIFE });
        let entry = Refresh { grant: grant.clone(), token: token.clone(), expires_at: now + REFRESH_LIFE };
        self.refreshes.put(refresh.clone(), entry);
        Pair { token, refresh, grant }
    }

    /// Renews: a token that still lives goes on for another two hours, one that does not is replaced.
    pub(super) fn renew(&mut self, refresh: &str, now: i64, chance: &mut Chance) -> Result<Pair, ApiError> {
        let entry = self.refreshes.entries.get_mut(refresh);
        let entry = entry.ok_or(ApiError::new(40030, "invalid refresh_token"))?;
        if now >= entry.expires_at {
            return Err(ApiError::new(42002, "refresh_token expired"));
        }
        let grant = entry.grant.clone();
        match self.tokens.entries.get_mut(&entry.token).filter(|token| now < token.expires_at) {
            Some(token) => token.expires_at = now + TOKEN_LIFE,
            None => {
                entry.token = chance.token();
                self.tokens.put(entry.token.clone(), UserToken { grant: grant.clone(), expires_at: now + TOKEN_LIFE });
            }
        }
        Ok(Pair { token: entry.token.clone(), refresh: refresh.to_owned(), grant })
    }

    /// Whom a token stands for; none when this account never issued it.
    pub(super) fn bearer(&self, token: &str, now: i64) -> Option<Result<&Grant, ApiError>> {
        let token = self.tokens.entries.get(token)?;
        let lives = now < token.expires_at;
        Some(if lives { Ok(&token.grant) } else { Err(ApiError::new(42001, "access_token expired")) })
    }

    /// The newest logins, the newest first.
    pub(crate) fn logins(&self) -> impl Iterator<Item = &Login> {
        self.logins.iter().rev()
    }
}
