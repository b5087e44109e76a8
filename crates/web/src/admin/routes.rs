//! The admin's one route table: each route names what it needs, and nothing is served that does not stand in it.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    http::Method,
    middleware::from_fn_with_state,
    routing::{MethodRouter, get, post},
};

use super::gate::{self, Gate};
use crate::App;

/// The largest body of an ordinary form, in bytes.
pub(crate) const FORM_LIMIT: usize = 2 << 20;

/// Who may use a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needs {
    /// Everybody: signing in, the first run, assets.
    Nothing,
    /// Whoever is signed in.
    LoggedIn,
    /// Those whose role has this permission, such as `inbox.view`; where several are needed at once, `+` stands between them.
    Permission(Cow<'static, str>),
}

impl Needs {
    /// The first permission that is needed and not had.
    pub(crate) fn missing(&self, may: impl Fn(&str) -> bool) -> Option<&str> {
        match self {
            Self::Permission(permissions) => permissions.split('+').find(|permission| !may(permission)),
            Self::Nothing | Self::LoggedIn => None,
        }
    }
}

/// Needs this permission.
pub(crate) fn may(permission: impl Into<Cow<'static, str>>) -> Needs {
    Needs::Permission(permission.into())
}

/// Routes being collected.
#[derive(Default)]
pub(crate) struct Routes {
    rows: Vec<Row>,
}

struct Row {
    method: Method,
    path: String,
    needs: Needs,
    limit: usize,
    handler: MethodRouter<Arc<App>>,
}

impl Routes {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// `handler` answers `GET path`.
    pub(crate) fn get<H, T>(self, path: impl Into<String>, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.add(Method::GET, path.into(), needs, FORM_LIMIT, get(handler))
    }

    /// `handler` answers `POST path`, with a body of 2 MiB at most.
    pub(crate) fn post<H, T>(self, path: impl Into<String>, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.add(Method::POST, path.into(), needs, FORM_LIMIT, post(handler))
    }

    /// `handler` answers `POST path`, with a body of `limit` bytes at most: for files.
    pub(crate) fn post_large<H, T>(self, path: impl Into<String>, needs: Needs, limit: usize, handler: H) -> Self
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.add(Method::POST, path.into(), needs, limit, post(handler))
    }

    /// These routes and those.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self
    }

    fn add(
        mut self,
        method: Method,
        path: String,
        needs: Needs,
        limit: usize,
        handler: MethodRouter<Arc<App>>,
    ) -> Self {
        self.rows.push(Row { method, path, needs, limit, handler });
        self
    }

    /// What is served, and who may use it.
    pub(crate) fn table(&self) -> Vec<(Method, String, Needs)> {
        self.rows.iter().map(|row| (row.method.clone(), row.path.clone(), row.needs.clone())).collect()
    }

    /// The routes behind their gates.
    pub(crate) fn into_router(self, app: &Arc<App>) -> Router<Arc<App>> {
        self.rows.into_iter().fold(Router::new(), |router, row| {
            let gate = Gate { app: app.clone(), needs: row.needs, limit: row.limit };
            let handler =
                row.handler.layer(DefaultBodyLimit::max(row.limit)).layer(from_fn_with_state(gate, gate::pass));
            router.route(&row.path, handler)
        })
    }
}
