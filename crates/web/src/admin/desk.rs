//! Who works here: the signed-in member, what they may do, and how they like their pages.

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
    audit,
    staff::{Member, Permissions, Session},
    texts::Locale,
};

use super::{resource::Faces, toast::Toast, visitor::Visitor, when};
use crate::{App, texts};

/// The desk of the signed-in member.
#[derive(Clone)]
pub(crate) struct Desk {
    /// Who works here.
    pub(crate) staff: Member,
    /// Their language.
    pub(crate) locale: Locale,
    /// The shop's clock.
    pub(crate) zone: TimeZone,
    /// The account they chose, else the first one; none while there is no account.
    pub(crate) account: Option<i64>,
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
    csrf: String,
    permissions: Permissions,
    own: Permissions,
    toast: Option<Toast>,
    toast_told: Arc<AtomicBool>,
}

impl Desk {
    pub(super) fn new(app: &App, visitor: &Visitor, session: Session, toast: Option<&str>) -> Self {
        let accounts = app.registry.all();
        let chosen = session.account_id.filter(|id| accounts.iter().any(|live| live.account.id == *id));
        Self {
            locale: session.member.locale,
            zone: app.admin.zone.clone(),
            account: chosen.or_else(|| accounts.iter().map(|live| live.account.id).min()),
            htmx: visitor.htmx,
            address: visitor.address,
            session_id: session.id,
            visitor: visitor.clone(),
            toast: toast.and_then(|sealed| Toast::open(sealed, session.csrf.expose())),
            toast_told: Arc::default(),
            faces: app.admin.faces.clone(),
            csrf: session.csrf.expose().clone(),
            permissions: session.permissions,
            own: session.own_permissions,
            role_name: session.role_name,
            seeing_as: session.seeing_as.map(|role| (role, session.seen_name)),
            unread: None,
            staff: session.member,
        }
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

    /// What every form of this session carries as `_csrf`.
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
