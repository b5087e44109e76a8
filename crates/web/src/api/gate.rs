//! Who asks the API, and whether the token allows it.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use puzi_resource::{Actor, Resource, Say};
use puzi_shop::{accounts::Reach, texts::Locale};

use super::problem::Problem;
use crate::{App, Needs, admin::address, pages, texts};

/// What stands before one route.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) app: Arc<App>,
    pub(super) needs: Needs,
}

/// Who reads: in which language refusals are written (the one the client accepts, else English), and what is there.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(super) locale: Locale,
    /// The accounts that the token's member may see; nothing without a token.
    pub(crate) reach: Reach,
}

impl Reader {
    /// Whoever sends these headers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self { locale: pages::accepted_locale(headers).unwrap_or(Locale::En), reach: Reach::none() }
    }

    /// The problem of `status`.
    pub(crate) fn problem(&self, status: StatusCode) -> Problem {
        Problem::new(status, self)
    }

    /// The text of `key`.
    pub(super) fn text(&self, key: &str) -> String {
        texts::say(self.locale, key, &[])
    }

    /// The text of `key`, its `{name}` places filled.
    pub(super) fn ta(&self, key: &str, args: &[(&'static str, String)]) -> String {
        self.say(key, args)
    }

    /// What people call `field`; for a field of an inline row (`items.2.title`) that field.
    pub(super) fn label(&self, resource: &Resource, field: &str) -> String {
        let name = field.rsplit('.').next().unwrap_or(field);
        self.find(&format!("{}.fields.{name}", resource.name)).unwrap_or_else(|| field.to_owned())
    }
}

impl Say for Reader {
    fn tag(&self) -> &str {
        texts::tag(self.locale)
    }

    fn find(&self, key: &str) -> Option<String> {
        texts::find(self.locale, key).map(str::to_owned)
    }

    fn say(&self, key: &str, args: &[(&'static str, String)]) -> String {
        // What a use case of the shop finds wrong has its text there.
        match texts::find(self.locale, key) {
            Some(_) => texts::say(self.locale, key, args),
            None => puzi_shop::texts::t(self.locale, key, args),
        }
    }
}

impl FromRequestParts<Arc<App>> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Infallible> {
        // The gate leaves one on every route that needs a token.
        let reader = parts.extensions.get::<Self>().cloned();
        Ok(reader.unwrap_or_else(|| Self::of(&parts.headers)))
    }
}

/// Lets a request through with its actor, or answers it.
pub(super) async fn pass(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let mut reader = Reader::of(request.headers());
    if gate.needs != Needs::Nothing {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
        let headers = request.headers().clone();
        match gate.admit(&reader, &headers, peer).await {
            Ok((actor, reach)) => {
                reader.reach = reach;
                request.extensions_mut().insert(actor);
                request.extensions_mut().insert(reader);
            }
            Err(problem) => return problem.into_response(),
        }
    }
    next.run(request).await
}

/// Who comes in, and what they see.
type Admitted = Result<(Actor, Reach), Problem>;

impl Gate {
    async fn admit(&self, reader: &Reader, headers: &HeaderMap, peer: Option<SocketAddr>) -> Admitted {
        let unknown = || reader.problem(StatusCode::UNAUTHORIZED);
        let token = bearer(headers).ok_or_else(unknown)?;
        let holder = match self.app.staff.authenticate_token(token).await {
            Ok(Some(holder)) => holder,
            Ok(None) => return Err(unknown()),
            Err(error) => {
                tracing::error!(%error, "a token could not be looked up");
                return Err(reader.problem(StatusCode::SERVICE_UNAVAILABLE));
            }
        };
        let permissions = holder.permissions.clone();
        let by = holder.actor();
        let actor = Actor::new("token", by.id, by.name, move |permission| permissions.allows(permission));
        let actor = actor.acting_for(holder.member.id).in_zone(self.app.admin.zone.clone());
        let actor = actor.within(holder.reach.limited_to().cloned());
        let actor = match peer {
            Some(peer) => actor.at(address(Some(peer.ip().to_canonical()), headers).to_string()),
            None => actor,
        };
        match self.needs.missing(|permission| actor.may(permission)) {
            Some(permission) => Err(reader.problem(StatusCode::FORBIDDEN).with("permission", permission)),
            None => Ok((actor, holder.reach)),
        }
    }
}

/// The token of `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
