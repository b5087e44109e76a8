//! Rules as a file: out, and in after a dry run.

use std::sync::Arc;

use askama::Template;
use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request, State},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::IntoResponse,
};
use puzi_shop::replies::file::{FileFault, FileProblem, ImportError, Report};

use super::{
    super::{
        desk::Desk,
        error::{Answer as Page, Failure},
        form::Form,
        shell::{Shell, page_with},
        toast::{Toast, redirect_with},
    },
    LIST, account_or_404, rules, shell,
};
use crate::App;

#[derive(Template)]
#[template(path = "admin/rules/import.html")]
struct Import {
    shell: Shell,
    /// The file as it was given.
    text: String,
    /// What it would change.
    would: Option<Report>,
    faults: Vec<Fault>,
    account: String,
}

/// Signing keys that an import made, shown once.
#[derive(Template)]
#[template(path = "admin/rules/imported.html")]
struct Imported {
    shell: Shell,
    report: Report,
}

struct Fault {
    line: String,
    rule: String,
    what: String,
}

/// `GET /admin/rules/export`.
pub(super) async fn export(State(app): State<Arc<App>>, desk: Desk) -> Page {
    let live = account_or_404(&app, &desk)?;
    let text = rules(&app).export(live.account.id).await?;
    let named = format!("attachment; filename=\"puzi-rules-{}.toml\"", live.account.slug);
    let headers = [(CONTENT_TYPE, "application/toml; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, named)];
    Ok((headers, text).into_response())
}

/// `GET /admin/rules/import`.
pub(super) async fn form(State(app): State<Arc<App>>, desk: Desk) -> Page {
    answer(&app, &desk, String::new(), None, vec![])
}

/// `POST /admin/rules/import`: a file or a text; with `apply` it is done, without it is tried.
pub(super) async fn import(State(app): State<Arc<App>>, desk: Desk, given: Given) -> Page {
    let live = account_or_404(&app, &desk)?;
    let Given { text, apply } = given;
    if text.trim().is_empty() {
        let what = desk.t("rules.import.nothing");
        return answer(&app, &desk, text, None, vec![Fault { line: String::new(), rule: String::new(), what }]);
    }
    let rules = rules(&app);
    let done = match apply {
        true => rules.import(&desk.actor(), live.account.id, &text).await,
        false => rules.try_import(live.account.id, &text).await,
    };
    match done {
        Ok(report) if !apply => answer(&app, &desk, text, Some(report), vec![]),
        Ok(report) if report.new_keys.is_empty() => {
            let counts = [
                ("added", report.added.len().to_string()),
                ("changed", report.changed.len().to_string()),
                ("removed", report.removed.len().to_string()),
            ];
            Ok(redirect_with(&desk, LIST, &Toast::done(desk.ta("rules.import.done", &counts))))
        }
        Ok(report) => {
            let shell = shell(&app, &desk, desk.t("rules.import.title"));
            page_with(StatusCode::OK, &Imported { shell, report })
        }
        Err(ImportError::File(problems)) => {
            let faults = problems.iter().map(|problem| fault(&desk, problem)).collect();
            answer(&app, &desk, text, None, faults)
        }
        Err(ImportError::Store(error)) => Err(error.into()),
    }
}

fn answer(app: &App, desk: &Desk, text: String, would: Option<Report>, faults: Vec<Fault>) -> Page {
    let live = account_or_404(app, desk)?;
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shell = shell(app, desk, desk.t("rules.import.title"));
    page_with(status, &Import { shell, text, would, faults, account: live.account.name.clone() })
}

fn fault(desk: &Desk, problem: &FileProblem) -> Fault {
    // Line and rule have columns of their own.
    let what = match &problem.fault {
        FileFault::Field(field) => format!("{}: {}", field.field, field.message(desk.locale)),
        _ => FileProblem { line: None, rule: None, ..problem.clone() }.text(desk.locale),
    };
    let line = problem.line.map(|line| line.to_string()).unwrap_or_default();
    Fault { line, rule: problem.rule.clone().unwrap_or_default(), what }
}

/// What was given: in the form, or as a file.
pub(super) struct Given {
    text: String,
    apply: bool,
}

impl FromRequest<Arc<App>> for Given {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        if !is_multipart(request.headers()) {
            let body = Bytes::from_request(request, app).await.map_err(|_| Failure::bad_request())?;
            let form = Form::parse(&body);
            return Ok(Self { text: form.value("text").to_owned(), apply: form.has("apply") });
        }
        let mut parts = Multipart::from_request(request, app).await.map_err(|_| Failure::bad_request())?;
        let (mut typed, mut file) = (String::new(), Vec::new());
        while let Some(part) =
            parts.next_field().await.map_err(|error| Failure { status: error.status(), ..Failure::bad_request() })?
        {
            match part.name() {
                Some("text") => typed = part.text().await.map_err(|_| Failure::bad_request())?,
                Some("file") => file = part.bytes().await.map_err(|_| Failure::bad_request())?.into(),
                _ => {}
            }
        }
        // A file that is no text at all is told of as the rules file it is not.
        let text = if file.is_empty() { typed } else { String::from_utf8_lossy(&file).into_owned() };
        Ok(Self { text, apply: false })
    }
}

fn is_multipart(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.starts_with("multipart/form-data")
}
