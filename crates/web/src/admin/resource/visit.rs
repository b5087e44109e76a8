//! One request to a page of a resource.

use std::{future::Future, sync::Arc};

use axum::{
    extract::{RawPathParams, RawQuery, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};
use puzi_resource::{Actor, Engine, Error, ListQuery, Resource, Say, Verb};

use super::{
    address::{self, Asked},
    face::{Face, Page},
    reader::{self, Texts},
};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        toast::{Toast, redirect_with},
    },
};

/// Who asks for what.
pub(super) struct Visit {
    pub(super) app: Arc<App>,
    pub(super) face: Arc<Face>,
    pub(super) desk: Desk,
    /// The query of the address.
    pub(super) query: String,
    params: Vec<(String, String)>,
}

impl Visit {
    pub(super) fn engine(&self) -> &Engine {
        self.app.admin.faces.engine()
    }

    pub(super) fn resource(&self) -> &Resource {
        self.face.resource()
    }

    pub(super) fn actor(&self) -> Actor {
        reader::actor(&self.desk)
    }

    /// Whether this person may do this with the records; a button for it is shown.
    pub(super) fn may(&self, verb: Verb) -> bool {
        self.engine().may(self.resource(), &self.actor(), verb)
    }

    /// Whether this person may open the page: the common one, or the area's own.
    pub(super) fn opens(&self, page: Page) -> bool {
        let verb = match page {
            Page::List | Page::Show => Verb::View,
            Page::New => Verb::Create,
            Page::Edit => Verb::Edit,
        };
        self.may(verb) || self.face.is_own(page) && self.desk.may(&self.resource().permission(verb))
    }

    /// What a list is asked for, narrowed to the account that this person works in.
    pub(super) fn list_query(&self, asked: &Asked) -> Result<ListQuery, Failure> {
        list_query(&self.desk, asked)
    }

    pub(super) fn texts(&self) -> Texts {
        Texts(self.desk.locale)
    }

    /// The part `{name}` of the path.
    pub(super) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    /// The record's row number in the path.
    pub(super) fn id(&self) -> Result<i64, Failure> {
        self.param("id").parse().ok().filter(|id| *id > 0).ok_or_else(Failure::not_found)
    }

    /// The address of the record `id`, carrying where to go back to.
    pub(super) fn record_path(&self, id: i64, back: Option<&str>) -> String {
        let path = format!("{}/{id}", self.face.path());
        back.map_or_else(|| path.clone(), |back| address::carrying(&path, back))
    }

    /// Where this page was come from, when its address says so.
    pub(super) fn back(&self) -> Option<String> {
        address::of_query(&self.query, "back").as_deref().and_then(address::back).map(str::to_owned)
    }

    /// Where to go back to: where one came from, else the list.
    pub(super) fn back_or_list(&self) -> String {
        self.back().unwrap_or_else(|| self.face.path())
    }

    /// Says on the page `path` why something did not happen, when the business refused it.
    ///
    /// # Errors
    /// What is not a refusal of the business.
    pub(super) fn refused(&self, error: Error, path: &str) -> Answer {
        match error {
            Error::Refused(..) | Error::Invalid(_) => {
                let text = said(&self.texts(), self.resource(), &error);
                Ok(redirect_with(&self.desk, path, &Toast::error(text)))
            }
            error => Err(failure(error)),
        }
    }
}

/// What a list is asked for, narrowed to the account that `desk` works in.
pub(super) fn list_query(desk: &Desk, asked: &Asked) -> Result<ListQuery, Failure> {
    let query = ListQuery::from_pairs(asked.pairs()).map_err(failure)?;
    Ok(ListQuery { partition: desk.view.one(), ..query })
}

/// What the business or a rule says against it.
pub(super) fn said(texts: &Texts, resource: &Resource, error: &Error) -> String {
    match error {
        Error::Refused(key, args) => texts.say(key, args),
        Error::Invalid(problems) => {
            let messages: Vec<_> = problems.iter().map(|problem| reader::message(texts, resource, problem)).collect();
            messages.join(&texts.say("resource.semicolon", &[]))
        }
        other => other.to_string(),
    }
}

/// What went wrong, for the page of problems.
pub(super) fn failure(error: Error) -> Failure {
    match error {
        Error::NotFound => Failure::not_found(),
        Error::Forbidden(_) => Failure::forbidden(),
        Error::Conflict(_) => Failure::conflict(),
        Error::Request(_) | Error::Invalid(_) | Error::Refused(..) => Failure::bad_request(),
        Error::Database(error) => puzi_shop::Error::Database(error).into(),
        Error::Other(why) => {
            tracing::error!(%why, "a page of a resource failed");
            Failure::internal()
        }
    }
}

/// A page that is written already.
pub(super) fn html(page: String) -> Answer {
    html_with(StatusCode::OK, page)
}

/// A page that is written already, with any status.
pub(super) fn html_with(status: StatusCode, page: String) -> Answer {
    Ok((status, [(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response())
}

/// A handler that only reads.
pub(super) fn reading<F, A>(
    face: &Arc<Face>,
    handler: F,
) -> impl Fn(State<Arc<App>>, Desk, RawPathParams, RawQuery) -> A + Clone + Send + Sync + 'static
where
    F: Fn(Visit) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let face = face.clone();
    move |State(app), desk, params, RawQuery(query)| handler(visit(app, face.clone(), desk, &params, query))
}

/// A handler that takes a form.
pub(super) fn taking<F, A>(
    face: &Arc<Face>,
    handler: F,
) -> impl Fn(State<Arc<App>>, Desk, RawPathParams, RawQuery, Form) -> A + Clone + Send + Sync + 'static
where
    F: Fn(Visit, Form) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let face = face.clone();
    move |State(app), desk, params, RawQuery(query), form| handler(visit(app, face.clone(), desk, &params, query), form)
}

/// The request's parts, as handlers take them.
pub(super) fn visit(
    app: Arc<App>,
    face: Arc<Face>,
    desk: Desk,
    params: &RawPathParams,
    query: Option<String>,
) -> Visit {
    let params = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Visit { app, face, desk, query: query.unwrap_or_default(), params }
}
