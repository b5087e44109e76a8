//! Who works here: the signed-in member, what they may do and see, and how they like their pages.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{StatusCode, request::Parts},
};
use jiff::tz::TimeZone;
use puzi_shop::{
    accounts::{LiveAccount, Reach},
    audit,
    staff::{Member, Permissions, Session},
    texts::Locale,
};

use super::{error::Failure, opened::Opened, resource::Faces, toast::Toast, visitor::Visitor, when};
use crate::{App, texts};

/// Which of the accounts that somebody sees they look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// One.
    One(i64),
    /// All of them.
    All,
}

impl View {
    /// The one account, if it is one.
    pub(crate) fn one(self) -> Option<i64> {
        match self {
            Self::One(id) => Some(id),
            Self::All => None,
        }
    }
}

/// The desk of the signed-in member.
#[derive(Clone)]
pub(crate) struct Desk {
    /// Who works here.
    pub(crate) staff: Member,
    /// Their language.
    pub(crate) locale: Locale,
    /// The shop's clock.
    pub(crate) zone: TimeZone,
    /// The accounts they may see.
    pub(crate) reach: Reach,
    /// The account they chose, else the first one that they see; none while there is none.
    pub(crate) account: Option<i64>,
    /// What lists of several accounts show.
    pub(crate) view: View,
    /// htmx asks.
    pub(crate) htmx: bool,
    /// Where the request came from.
    pub(crate) address: IpAddr,
    /// Row number of the session.
    pub(crate) session_id: i64,
    /// The stored name of the member's role; empty for a ready-made one.
    pub(crate) role_name: String,
    /// The role whose view is tried on, and its stored name.
    pub(crate) seeing_as: Option<(String, String)>,
    /// Conversations that nobody has read, for the navigation; none where it is not shown.
    pub(crate) unread: Option<i64>,
    /// What is known without the session.
    pub(crate) visitor: Visitor,
    /// The declared resources.
    pub(super) faces: Arc<Faces>,
    /// The session's own value, and what forms carry.
    key: String,
    csrf: String,
    permissions: Permissions,
    own: Permissions,
    toast: Option<Toast>,
    toast_told: Arc<AtomicBool>,
}

impl Desk {
    pub(super) fn new(app: &App, visitor: &Visitor, session: Session, toast: Option<&str>) -> Self {
        let accounts = seen(app, &session.reach);
        let chosen = session.account_id.filter(|id| accounts.iter().any(|live| live.account.id == *id));
        let account = chosen.or_else(|| accounts.first().map(|live| live.account.id));
        let mut desk = Self {
            view: account.filter(|_| !session.all_accounts).map_or(View::All, View::One),
            reach: session.reach,
            locale: session.member.locale,
            zone: app.admin.zone.clone(),
            account,
            htmx: visitor.htmx,
            address: visitor.address,
            session_id: session.id,
            visitor: visitor.clone(),
            toast: toast.and_then(|sealed| Toast::open(sealed, session.csrf.expose())),
            toast_told: Arc::default(),
            faces: app.admin.faces.clone(),
            key: session.csrf.expose().clone(),
            csrf: String::new(),
            permissions: session.permissions,
            own: session.own_permissions,
            role_name: session.role_name,
            seeing_as: session.seeing_as.map(|role| (role, session.seen_name)),
            unread: None,
            staff: session.member,
        };
        desk.write_csrf();
        desk
    }

    /// Works on under the account that a form was opened under. One that is not seen any more is none.
    pub(super) fn go_on(&mut self, app: &App, opened: Opened) {
        let live = self.live(app, opened.account);
        self.account = live.ok().map(|live| live.account.id);
        if self.account.is_some() {
            self.view = opened.view;
        }
        self.write_csrf();
    }

    fn write_csrf(&mut self) {
        let opened = self.account.map(|account| Opened { account, view: self.view });
        self.csrf = format!("{}{}", self.key, opened.map(|opened| opened.to_string()).unwrap_or_default());
    }

    /// The accounts that the member sees, by their numbers.
    pub(crate) fn accounts(&self, app: &App) -> Vec<Arc<LiveAccount>> {
        seen(app, &self.reach)
    }

    /// The accounts that are looked at: all that are seen, or the one that was chosen.
    pub(crate) fn chosen(&self, app: &App) -> Vec<Arc<LiveAccount>> {
        let mut accounts = self.accounts(app);
        accounts.retain(|live| self.view.one().is_none_or(|one| one == live.account.id));
        accounts
    }

    /// The same as a reach.
    pub(crate) fn meant(&self) -> Reach {
        self.view.one().map_or_else(|| self.reach.clone(), |chosen| self.reach.only(chosen))
    }

    /// The account `id`, when the member sees it: the first line of every handler whose address names an account.
    ///
    /// # Errors
    /// Not found, also for an account that is there for others.
    pub(crate) fn live(&self, app: &App, id: i64) -> Result<Arc<LiveAccount>, Failure> {
        self.reach.must_see(id)?;
        app.registry.by_id(id).ok_or_else(Failure::not_found)
    }

    /// Whether the member may do this now; while another role's view is tried on, both must allow it.
    pub(crate) fn may(&self, permission: &str) -> bool {
        self.permissions.allows(permission)
    }

    /// Whether the member's own role allows it, whatever is tried on.
    pub(crate) fn may_oneself(&self, permission: &str) -> bool {
        self.own.allows(permission)
    }

    /// What the member may do now.
    pub(crate) fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    /// The value that only this session's pages know.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// What every form of this page carries as `_csrf`: the session's value, and which account it was opened under.
    pub(crate) fn csrf(&self) -> &str {
        &self.csrf
    }

    /// The member as the audit log names them.
    pub(crate) fn actor(&self) -> audit::Actor {
        audit::Actor::staff(self.staff.id, &self.staff.name).at(self.address.to_string())
    }

    /// The text of `key` in the member's language.
    pub(crate) fn t(&self, key: &str) -> String {
        texts::say(self.locale, key, &[])
    }

    /// The text of `key`, its `{name}` places filled.
    pub(crate) fn ta(&self, key: &str, args: &[(&'static str, String)]) -> String {
        texts::say(self.locale, key, args)
    }

    /// A time (Unix ms) as people say it: `今天 14:05`.
    pub(crate) fn when(&self, at: i64) -> String {
        when::said(at, puzi_shop::db::now_ms(), &self.zone, self.locale)
    }

    /// The toast that waited for a page; it is told once.
    pub(super) fn take_toast(&self) -> Option<Toast> {
        let toast = self.toast.clone()?;
        (!self.toast_told.swap(true, Ordering::Relaxed)).then_some(toast)
    }

    /// Whether the toast's cookie has done its work.
    pub(super) fn toast_is_told(&self) -> bool {
        self.toast_told.load(Ordering::Relaxed)
    }
}

fn seen(app: &App, reach: &Reach) -> Vec<Arc<LiveAccount>> {
    let mut seen = app.registry.all();
    seen.retain(|live| reach.sees(live.account.id));
    seen.sort_by_key(|live| live.account.id);
    seen
}

impl FromRequestParts<Arc<App>> for Desk {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, StatusCode> {
        // The gate leaves one on every route that needs somebody; on another this is a fault of the table.
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl OptionalFromRequestParts<Arc<App>> for Desk {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Option<Self>, StatusCode> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
