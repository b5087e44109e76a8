//! Files for answers: those that WeChat has, and one more.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Multipart, State},
    http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    response::IntoResponse,
};
use puzi_shop::{
    Error,
    accounts::LiveAccount,
    db::now_ms,
    materials::{self, Material, NewMaterial},
};
use puzi_wechat::client::MediaKind;
use serde::Deserialize;

use super::{
    super::{
        desk::Desk,
        error::{Answer as Page, Failure},
        path::{Path, Query},
        shell::{Shell, page as show, page_with},
        toast::{Toast, redirect_with},
    },
    account_or_404, shell,
};
use crate::App;
use crate::admin::wechat;

#[derive(Template)]
#[template(path = "admin/rules/media.html")]
struct Media {
    shell: Shell,
    picker: Picker,
}

/// The files of one kind; alone for the dialog.
#[derive(Template)]
#[template(path = "admin/rules/picker.html")]
struct Picker {
    csrf: String,
    kind: &'static str,
    kinds: Vec<(&'static str, String)>,
    accept: String,
    files: Vec<File>,
    /// `WeChat takes PNG, JPEG …`
    limits: String,
    problem: String,
    may_upload: bool,
    words: Words,
}

struct Words {
    ends: String,
    choose: String,
    upload: String,
    file: String,
    empty: String,
    copy: String,
}

struct File {
    media_id: String,
    name: String,
    /// Address of a small picture; empty when there is none.
    picture: String,
    size: String,
    ends: String,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    kind: String,
}

/// `GET /admin/rules/media?kind=image`; htmx gets the list alone.
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Query(asked): Query<Asked>) -> Page {
    let live = account_or_404(&app, &desk)?;
    let kind = materials::kind(&asked.kind).unwrap_or(MediaKind::Image);
    let picker = picker(&app, &desk, &live, kind, String::new()).await?;
    if desk.htmx && !desk.visitor.partial {
        return show(&picker);
    }
    show(&Media { shell: shell(&app, &desk, desk.t("rules.media.title")), picker })
}

/// `POST /admin/rules/media`: `_csrf`, `kind` and `file`.
pub(super) async fn upload(State(app): State<Arc<App>>, desk: Desk, form: Multipart) -> Page {
    let live = account_or_404(&app, &desk)?;
    let (kind, name, file) = read(form).await?;
    let new = new_material(kind, name, file);
    let problem = match app.admin.materials.add(&desk.actor(), &desk.reach, live.account.id, new).await {
        Ok(_) if desk.htmx => String::new(),
        Ok(material) => {
            let toast = Toast::done(desk.ta("rules.media.uploaded", &[("name", material.name)]));
            return Ok(redirect_with(&desk, &format!("/admin/rules/media?kind={}", kind.as_str()), &toast));
        }
        Err(Error::Invalid(problems)) => {
            problems.first().map(|problem| problem.message(desk.locale)).unwrap_or_default()
        }
        Err(Error::WeChat(error)) => wechat::refused(desk.locale, &error),
        Err(error) => return Err(error.into()),
    };
    let status =
        if problem.is_empty() { axum::http::StatusCode::OK } else { axum::http::StatusCode::UNPROCESSABLE_ENTITY };
    let picker = picker(&app, &desk, &live, kind, problem).await?;
    if desk.htmx {
        // htmx puts no refused answer into the page; the problem is in it.
        return show(&picker);
    }
    page_with(status, &Media { shell: shell(&app, &desk, desk.t("rules.media.title")), picker })
}

async fn read(mut form: Multipart) -> Result<(MediaKind, String, Vec<u8>), Failure> {
    let (mut kind, mut name, mut file) = (MediaKind::Image, String::new(), Vec::new());
    while let Some(part) = form.next_field().await.map_err(unreadable)? {
        match part.name() {
            Some("kind") => {
                let word = part.text().await.map_err(unreadable)?;
                kind = materials::kind(&word).ok_or_else(Failure::bad_request)?;
            }
            Some("file") => {
                name = part.file_name().unwrap_or_default().to_owned();
                file = part.bytes().await.map_err(unreadable)?.into();
            }
            _ => {}
        }
    }
    Ok((kind, name, file))
}

fn unreadable(error: axum::extract::multipart::MultipartError) -> Failure {
    tracing::debug!(%error, "an upload could not be read");
    Failure { status: error.status(), ..Failure::bad_request() }
}

/// A file for an answer ends after three days, and is uploaded anew as long as a rule names it.
fn new_material(kind: MediaKind, name: String, file: Vec<u8>) -> NewMaterial {
    NewMaterial { kind, name, title: String::new(), introduction: String::new(), lasting: false, file }
}

async fn picker(
    app: &App,
    desk: &Desk,
    live: &LiveAccount,
    kind: MediaKind,
    problem: String,
) -> Result<Picker, Failure> {
    let now = now_ms();
    let files = materials::list(&app.db, live.account.id, kind, now).await?;
    let endings: Vec<_> = kind.endings().iter().map(|ending| format!(".{ending}")).collect();
    let limit = kind.max_bytes();
    let limit = if limit < 1 << 20 { format!("{} KB", limit >> 10) } else { format!("{} MB", limit >> 20) };
    let args = [("types", kind.endings().join(" / ")), ("max", limit)];
    Ok(Picker {
        csrf: desk.csrf().to_owned(),
        kind: kind.as_str(),
        kinds: materials::KINDS
            .map(|kind| (kind.as_str(), desk.t(&format!("rules.media.kinds.{}", kind.as_str()))))
            .into(),
        accept: endings.join(","),
        files: files.into_iter().map(|file| shown(desk, file, now)).collect(),
        limits: desk.ta("rules.media.limits", &args),
        problem,
        may_upload: desk.may("rules.edit"),
        words: Words {
            ends: desk.t("rules.media.ends"),
            choose: desk.t("rules.media.choose_this"),
            upload: desk.t("rules.media.upload"),
            file: desk.t("rules.media.file"),
            empty: desk.t("rules.media.empty"),
            copy: desk.t("rules.media.copy"),
        },
    })
}

fn shown(desk: &Desk, file: Material, now: i64) -> File {
    let ends = if file.lasting {
        desk.t("materials.stays")
    } else {
        let hours = (file.expires_at - now) / 3_600_000;
        desk.ta("rules.media.ends_in", &[("hours", hours.to_string()), ("at", desk.when(file.expires_at))])
    };
    File {
        picture: if file.has_thumbnail { thumbnail_path(file.id) } else { String::new() },
        size: size(file.bytes),
        ends,
        media_id: file.media_id,
        name: file.name,
    }
}

fn size(bytes: i64) -> String {
    if bytes < 1 << 20 {
        format!("{} KB", (bytes >> 10).max(1))
    } else {
        format!("{:.1} MB", bytes as f64 / 1_048_576.0)
    }
}

/// Where the small picture of a file lies.
pub(super) fn thumbnail_path(id: i64) -> String {
    format!("/admin/rules/media/{id}/thumbnail")
}

/// `GET /admin/rules/media/{id}/thumbnail`.
pub(super) async fn thumbnail(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Page {
    let live = account_or_404(&app, &desk)?;
    let jpeg = match app.admin.materials.picture(&desk.reach.only(live.account.id), id).await {
        // WeChat gives it another time.
        Err(Error::WeChat(_) | Error::NotNow(_)) => return Err(Failure::not_found()),
        other => other?,
    };
    let headers = [
        (CONTENT_TYPE, "image/jpeg"),
        (CACHE_CONTROL, "private, max-age=86400, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, jpeg).into_response())
}
