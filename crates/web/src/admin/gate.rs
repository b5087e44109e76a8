//! The gate before every admin route: who asks, whether the form is our own, whether the role allows it.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};

use super::{
    cookies,
    desk::Desk,
    error::Failure,
    form::Form,
    kept, login, nav,
    opened::Opened,
    problem,
    routes::{FORM_LIMIT, Needs},
    setup,
    toast::redirect,
    visitor::{Sender, Visitor},
};
use crate::App;

/// The field of a form that carries the session's value.
pub(super) const CSRF_FIELD: &str = "_csrf";
const CSRF_HEADER: &str = "x-csrf-token";
/// In a form with files the value comes first; this much is looked through for it, in bytes.
const LOOKED_THROUGH: usize = 16 << 10;

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);

/// What stands before one route.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) app: Arc<App>,
    pub(super) needs: Needs,
    /// The largest body, in bytes.
    pub(super) limit: usize,
}

/// Lets a request through, or answers it.
pub(super) async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visitor = Visitor::of(&gate.app, &parts);
    parts.extensions.insert(visitor.clone());
    let headers = parts.headers.clone();
    let mut desk = match gate.desk(&visitor, &headers).await {
        Ok(desk) => desk,
        Err(failure) => return finish(problem::page(&gate.app, &visitor, &headers, None, &failure), &visitor, None),
    };
    if let Some(desk) = &mut desk {
        gate.count_unread(desk, &parts.method).await;
    }
    if let Some(desk) = &desk {
        parts.extensions.insert(desk.clone());
    }
    let admitted = gate.admit(&visitor, desk.as_ref(), Request::from_parts(parts, body)).await;
    let mut response = match admitted {
        Ok(request) => next.run(request).await,
        Err(response) => response,
    };
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        response = problem::page(&gate.app, &visitor, &headers, desk.as_ref(), &failure);
    }
    finish(response, &visitor, desk.as_ref())
}

/// Who is signed in by the request's cookie.
pub(super) async fn desk_of(app: &App, visitor: &Visitor, headers: &HeaderMap) -> puzi_shop::Result<Option<Desk>> {
    let Some(token) = cookies::read(headers, cookies::SESSION) else { return Ok(None) };
    let session = app.staff.session(token).await?;
    Ok(session.map(|session| Desk::new(app, visitor, session, cookies::read(headers, cookies::TOAST))))
}

impl Gate {
    async fn desk(&self, visitor: &Visitor, headers: &HeaderMap) -> Result<Option<Desk>, Failure> {
        match desk_of(&self.app, visitor, headers).await {
            Ok(desk) => Ok(desk),
            // Assets and the login page come without the database.
            Err(error) if self.needs == Needs::Nothing => {
                tracing::debug!(%error, "a session could not be read");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Counts what the navigation of a page shows. A page without that number is still a page.
    async fn count_unread(&self, desk: &mut Desk, method: &Method) {
        if self.needs == Needs::Nothing || *method != Method::GET || desk.htmx || !desk.may("inbox.view") {
            return;
        }
        match self.app.admin.inbox.seen_by(&desk.meant()).unread_of_all(nav::UNREAD).await {
            Ok(unread) => desk.unread = Some(unread),
            Err(error) => tracing::warn!(%error, "unread conversations could not be counted"),
        }
    }

    /// The request, its body still to be read, when it may pass.
    async fn admit(&self, visitor: &Visitor, desk: Option<&Desk>, request: Request) -> Result<Request, Response> {
        let writes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        let sender = Sender::of(&self.app, request.headers());
        if writes && sender == Sender::Stranger {
            tracing::warn!(path = request.uri().path(), "a form of another site was refused");
            return Err(Failure::new(StatusCode::FORBIDDEN, "stranger").into_response());
        }
        if self.needs == Needs::Nothing {
            return Ok(request);
        }
        let Some(desk) = desk else { return Err(self.ask_to_sign_in(visitor, sender, writes, request).await) };
        let request = match writes {
            true => {
                let (mut request, opened) = self.check_csrf(visitor, desk, sender, request).await?;
                if let (Some(opened), Some(desk)) = (opened, request.extensions_mut().get_mut::<Desk>()) {
                    desk.go_on(&self.app, opened);
                }
                request
            }
            false => request,
        };
        match self.needs.missing(|permission| desk.may(permission)) {
            Some(_) => Err(Failure::forbidden().into_response()),
            None => Ok(request),
        }
    }

    async fn ask_to_sign_in(&self, visitor: &Visitor, sender: Sender, writes: bool, request: Request) -> Response {
        match self.app.has_staff().await {
            Ok(true) => {}
            Ok(false) => return elsewhere(visitor, setup::PATH),
            Err(error) => return Failure::from(error).into_response(),
        }
        if visitor.htmx || problem::wants_json(request.headers()) {
            let mut response = StatusCode::UNAUTHORIZED.into_response();
            if let Ok(login) = HeaderValue::from_str(&login::path_back_to(None)) {
                response.headers_mut().insert(HeaderName::from_static("hx-redirect"), login);
            }
            return response;
        }
        if !writes {
            return redirect(&login::path_back_to(Some(&visitor.path)));
        }
        if sender == Sender::OurPage && is_form(request.headers()) {
            // Signed out while typing: what was typed is not lost.
            // No more of it than of a form without files: nobody knows who sends it.
            if let Ok(body) = to_bytes(request.into_body(), self.limit.min(FORM_LIMIT)).await {
                // It has no session's value, but still says where it was opened.
                let opened = csrf_of(&body).and_then(|value| Opened::split(&value).1);
                let csrf = opened.map(|opened| opened.to_string()).unwrap_or_default();
                return kept::page(visitor, &csrf, None, &Form::parse(&body));
            }
        }
        redirect(&login::path_back_to(None))
    }

    async fn check_csrf(
        &self,
        visitor: &Visitor,
        desk: &Desk,
        sender: Sender,
        request: Request,
    ) -> Result<(Request, Option<Opened>), Response> {
        let (parts, body) = request.into_parts();
        let header = parts.headers.get(CSRF_HEADER).map(|value| value.to_str().unwrap_or_default().to_owned());
        // A script's header is of the page as it was first loaded, the field of a form of the form itself: it comes first.
        if is_form(&parts.headers) {
            let body = to_bytes(body, self.limit).await.map_err(|_| too_large())?;
            let field = csrf_of(&body);
            let right = [&field, &header].into_iter().flatten().find_map(|value| right(desk, value));
            return match right {
                Some(opened) => Ok((Request::from_parts(parts, Body::from(body)), opened)),
                // Only what our own page sent is offered once more: another's would lead somebody to send it by a click.
                None => Err(match sender {
                    Sender::OurPage if header.is_none() => kept_for(&self.app, visitor, desk, &body),
                    _ => expired(),
                }),
            };
        }
        let by_header = header.as_ref().and_then(|value| right(desk, value));
        if is_multipart(&parts.headers) {
            let (field, body) = look_through(body).await.map_err(|_| Failure::bad_request().into_response())?;
            let by_field = field.as_ref().and_then(|value| right(desk, value));
            return by_field.or(by_header).map(|it| (Request::from_parts(parts, body), it)).ok_or_else(expired);
        }
        by_header.map(|opened| (Request::from_parts(parts, body), opened)).ok_or_else(expired)
    }
}

/// What was typed, on a page from which it can be sent once more: under the account that it was typed under.
fn kept_for(app: &App, visitor: &Visitor, desk: &Desk, body: &[u8]) -> Response {
    let mut desk = desk.clone();
    if let Some(opened) = csrf_of(body).and_then(|value| Opened::split(&value).1) {
        desk.go_on(app, opened);
    }
    kept::page(visitor, desk.csrf(), Some(&desk), &Form::parse(body))
}

/// The field `_csrf` of a form.
fn csrf_of(body: &[u8]) -> Option<String> {
    let field = url::form_urlencoded::parse(body).find(|(name, _)| name == CSRF_FIELD);
    field.map(|(_, value)| value.into_owned())
}

/// Looks for the value at the beginning of a form with files, and gives the whole body back.
async fn look_through(body: Body) -> Result<(Option<String>, Body), axum::Error> {
    let mut rest = body.into_data_stream();
    let mut head = Vec::new();
    let mut found = None;
    while head.len() < LOOKED_THROUGH && found.is_none() {
        let Some(chunk) = rest.next().await else { break };
        head.extend_from_slice(&chunk?);
        found = first_value(&head).map(|value| String::from_utf8_lossy(value).into_owned());
    }
    let whole = stream::once(std::future::ready(Ok(Bytes::from(head)))).chain(rest);
    Ok((found, Body::from_stream(whole)))
}

/// The value of the part named `_csrf`, when it is wholly there.
fn first_value(head: &[u8]) -> Option<&[u8]> {
    let after =
        |bytes: &'_ [u8], mark: &[u8]| bytes.windows(mark.len()).position(|w| w == mark).map(|at| at + mark.len());
    let name = after(head, b"name=\"_csrf\"")?;
    let value = &head[name + after(&head[name..], b"\r\n\r\n")?..];
    let end = after(value, b"\r\n")? - 2;
    Some(&value[..end])
}

/// What a value of this session says of where its form was opened; none for another's value.
fn right(desk: &Desk, value: &str) -> Option<Option<Opened>> {
    let (token, opened) = Opened::split(value);
    verify_slices_are_equal(desk.key().as_bytes(), token.as_bytes()).ok().map(|()| opened)
}

fn is_form(headers: &HeaderMap) -> bool {
    has_type(headers, "application/x-www-form-urlencoded")
}

fn is_multipart(headers: &HeaderMap) -> bool {
    has_type(headers, "multipart/form-data")
}

fn has_type(headers: &HeaderMap, name: &str) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|value| value.trim().eq_ignore_ascii_case(name))
}

fn expired() -> Response {
    Failure::new(StatusCode::FORBIDDEN, "expired").into_response()
}

fn too_large() -> Response {
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large").into_response()
}

/// To another page, also when htmx asks for a part of this one.
fn elsewhere(visitor: &Visitor, path: &'static str) -> Response {
    if !visitor.htmx {
        return redirect(path);
    }
    ([(HeaderName::from_static("hx-redirect"), HeaderValue::from_static(path))], StatusCode::OK).into_response()
}

fn finish(mut response: Response, visitor: &Visitor, desk: Option<&Desk>) -> Response {
    if desk.is_some_and(Desk::toast_is_told) {
        cookies::set(&mut response, visitor, cookies::TOAST, "", 0);
    }
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(POLICY);
    // Not `no-referrer`: with it a browser would hide the origin of our own forms from us.
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(VARY).or_insert(HeaderValue::from_static("hx-request, cookie"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_found_in_a_form_with_files() {
        let head = b"--x\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\nabc123\r\n--x\r\nContent-Disposition: form-data; name=\"file\"";
        assert_eq!(first_value(head), Some(&b"abc123"[..]));
        for cut in [0, 10, 48, 57, 60] {
            assert_eq!(first_value(&head[..cut]), None, "{cut}");
        }
        assert_eq!(first_value(b"--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nabc\r\n"), None);
    }
}
