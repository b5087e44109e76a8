//! Uploading one.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Multipart, State, multipart::MultipartError},
    http::StatusCode,
};
use puzi_shop::{
    Error,
    materials::{KINDS, NewMaterial, kind},
};
use puzi_wechat::client::MediaKind;

use super::{PATH, path_of};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::{Form, typed},
        shell::{Shell, form_page},
        toast::{Toast, redirect_with},
        wechat,
    },
};

/// A kind that may be chosen.
pub(super) struct Choice {
    pub(super) word: &'static str,
    pub(super) label: String,
    /// `PNG / JPG / GIF, up to 10 MB`
    pub(super) limits: String,
    /// For the browser, which says what is wrong before anything is sent: endings with spaces between them, bytes, and the
    /// words for both.
    pub(super) takes: String,
    pub(super) max: u64,
    pub(super) wrong_type: String,
    pub(super) too_large: String,
}

#[derive(Template)]
#[template(path = "admin/materials/new.html")]
struct Page {
    shell: Shell,
    form: Form,
    kinds: Vec<Choice>,
    accept: String,
}

/// A form that brought a file along.
pub(super) struct Sent {
    pub(super) form: Form,
    pub(super) name: String,
    pub(super) file: Vec<u8>,
    /// The file was longer than any may be: it was not read to its end.
    pub(super) too_large: bool,
}

/// `GET /admin/materials/new`
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    page(&app, &desk, Form::of([("kind", "image"), ("lasting", "1")]))
}

/// `POST /admin/materials`: `kind`, `lasting`, `title`, `introduction`, `file`.
pub(super) async fn create(State(app): State<Arc<App>>, desk: Desk, form: Multipart) -> Answer {
    let Sent { mut form, name, file, too_large } = read(form).await?;
    let account = desk.account.ok_or_else(Failure::not_found)?;
    let of = kind(form.value("kind")).unwrap_or(MediaKind::Image);
    if too_large {
        // What stands after the file in the form was not read.
        if form.value("lasting").is_empty() {
            form = form.with("lasting", "1");
        }
        form.refuse("file", choice(&desk, of).too_large);
        return page(&app, &desk, form);
    }
    let new = NewMaterial {
        kind: of,
        name,
        title: form.trimmed("title"),
        introduction: form.trimmed("introduction"),
        lasting: form.is("lasting", "1"),
        file,
    };
    match app.admin.materials.add(&desk.actor(), &desk.reach, account, new).await {
        Ok(material) => {
            let toast = Toast::done(desk.ta("materials.done.create", &[("name", material.name)]));
            Ok(redirect_with(&desk, &path_of(material.id), &toast))
        }
        // The row stays and says so: it can be tried again.
        Err(Error::WeChat(error)) => {
            let toast = Toast::error(wechat::refused(desk.locale, &error));
            Ok(redirect_with(&desk, PATH, &toast))
        }
        Err(error) => {
            form.take(error, desk.locale)?;
            page(&app, &desk, form)
        }
    }
}

/// Reads a form with one file.
///
/// # Errors
/// When it cannot be read.
pub(super) async fn read(mut form: Multipart) -> Result<Sent, Failure> {
    let (mut fields, mut name, mut file) = (Form::default(), String::new(), Vec::new());
    while let Some(part) = form.next_field().await.map_err(unreadable)? {
        match part.name().map(str::to_owned) {
            Some(field) if field == "file" => {
                name = part.file_name().unwrap_or_default().to_owned();
                match part.bytes().await {
                    Ok(bytes) => file = bytes.into(),
                    Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                        return Ok(Sent { form: fields, name, file, too_large: true });
                    }
                    Err(error) => return Err(unreadable(error)),
                }
            }
            Some(field) if !field.starts_with('_') => {
                let value = typed(&part.text().await.map_err(unreadable)?);
                fields = fields.with(&field, value);
            }
            _ => {}
        }
    }
    Ok(Sent { form: fields, name, file, too_large: false })
}

fn unreadable(error: MultipartError) -> Failure {
    tracing::debug!(%error, "an upload could not be read");
    Failure { status: error.status(), ..Failure::bad_request() }
}

/// The kinds, with what WeChat takes of each.
pub(super) fn choices(desk: &Desk) -> Vec<Choice> {
    KINDS.into_iter().map(|kind| choice(desk, kind)).collect()
}

/// One kind, with what WeChat takes of it.
pub(super) fn choice(desk: &Desk, kind: MediaKind) -> Choice {
    let limit = kind.max_bytes();
    let max = if limit < 1 << 20 { format!("{} KB", limit >> 10) } else { format!("{} MB", limit >> 20) };
    let types = kind.endings().join(" / ");
    Choice {
        word: kind.as_str(),
        label: desk.t(&format!("materials.options.kind.{}", kind.as_str())),
        limits: desk.ta("materials.limits", &[("types", types.clone()), ("max", max.clone())]),
        takes: kind.endings().join(" "),
        max: limit,
        wrong_type: desk.ta("materials.wrong_type", &[("types", types)]),
        too_large: desk.ta("materials.too_large", &[("max", max)]),
    }
}

fn page(app: &App, desk: &Desk, mut form: Form) -> Answer {
    form.order(&["kind", "file", "name", "title", "introduction"]);
    let title = desk.t("materials.actions.create");
    let shell = Shell::new(app, desk, title.clone())
        .active("materials")
        .crumb(desk.t("materials.many"), PATH)
        .crumb(title, None);
    let endings = KINDS.iter().flat_map(|kind| kind.endings()).map(|ending| format!(".{ending}"));
    let accept = endings.collect::<Vec<_>>().join(",");
    form_page(&form.clone(), &Page { shell, form, kinds: choices(desk), accept })
}
