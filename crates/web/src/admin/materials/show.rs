//! `GET /admin/materials/{id}`: what it is, what uses it, another file in its place.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Multipart, State},
    http::{
        HeaderMap,
        header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    },
    response::IntoResponse,
};
use puzi_shop::{
    Error,
    db::now_ms,
    materials::{Use, entity::Model, kind},
    media_type::MediaType,
};
use puzi_wechat::client::MediaKind;

use super::{
    PATH,
    face::tone,
    new::{Choice, Sent, choice, read},
    path_of, size,
};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        inbox,
        path::Path,
        resource::{Markup, state},
        shell::{Shell, page as show},
        toast::{Toast, redirect_with},
        wechat,
    },
};

/// A use, with where it is.
struct Used {
    label: String,
    href: String,
}

#[derive(Template)]
#[template(path = "admin/materials/show.html")]
struct Page {
    shell: Shell,
    material: Model,
    kind: String,
    state: Markup,
    size: String,
    /// When it ends, in words; empty for one that stays.
    ends: String,
    error: Option<String>,
    /// `image`, `audio` or `video`: how it can be shown; empty when its file is not here.
    shown: &'static str,
    uses: Vec<Used>,
    can_try_again: bool,
    /// Its three days are over.
    has_ended: bool,
    /// What a file in its place may be.
    takes: Choice,
}

/// `GET /admin/materials/{id}`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let material = app.admin.materials.get(&desk.reach, id).await?;
    if material.deleted_at.is_some() {
        return Err(Failure::not_found());
    }
    let uses = app.admin.materials.uses(&desk.reach, id).await?;
    let now = now_ms();
    let word = if material.state == "ready" && material.has_ended(now) { "ended" } else { material.state.as_str() };
    let ends = match material.expires_at.filter(|_| material.lasting_id.is_none()) {
        Some(at) => desk.ta("materials.ends_at", &[("at", desk.when(at))]),
        None => String::new(),
    };
    let error = material.error.as_deref().map(|error| match error {
        "interrupted" => desk.t("materials.interrupted"),
        words => desk.ta("materials.refused", &[("why", words.to_owned())]),
    });
    let here = material.file.is_some() || material.kind == "image" && material.lasting_id.is_some();
    let shell = Shell::new(&app, &desk, material.name.clone())
        .active("materials")
        .crumb(desk.t("materials.many"), PATH)
        .crumb(material.name.clone(), None);
    show(&Page {
        kind: desk.t(&format!("materials.options.kind.{}", material.kind)),
        state: state(tone(word), &desk.t(&format!("materials.options.state.{word}"))),
        size: size(material.bytes),
        ends,
        error,
        shown: match material.kind.as_str() {
            _ if !here => "",
            "image" | "thumb" => "image",
            "voice" if material.media_type != "audio/amr" => "audio",
            "video" => "video",
            _ => "",
        },
        uses: uses.into_iter().map(|one| used(&desk, one)).collect(),
        takes: choice(&desk, kind(&material.kind).unwrap_or(MediaKind::Image)),
        can_try_again: matches!(word, "failed" | "gone" | "ended") && material.file.is_some(),
        has_ended: word == "ended",
        material,
        shell,
    })
}

fn used(desk: &Desk, one: Use) -> Used {
    let id = one.id.unwrap_or_default();
    let href = match one.kind {
        "rule" => format!("/admin/rules/{id}/edit"),
        "draft" => format!("/admin/drafts/{id}"),
        "broadcast" => format!("/admin/broadcasts/{id}"),
        _ => "/admin/menus".to_owned(),
    };
    Used { label: desk.ta(&format!("materials.uses.{}", one.kind), &[("name", one.name)]), href }
}

/// `GET /admin/materials/{id}/file`
pub(super) async fn file(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, headers: HeaderMap) -> Answer {
    let (path, material) = app.admin.materials.file(&desk.reach, id).await?;
    inbox::serve(path, MediaType::of_mime(&material.media_type), &format!("material-{id}"), &headers).await
}

/// `GET /admin/materials/{id}/thumbnail`
pub(super) async fn thumbnail(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let jpeg = match app.admin.materials.picture(&desk.reach, id).await {
        // WeChat gives it another time.
        Err(Error::WeChat(_) | Error::NotNow(_)) => return Err(Failure::not_found()),
        other => other?,
    };
    let headers =
        [(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, "private, max-age=300"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Ok((headers, jpeg).into_response())
}

/// `POST /admin/materials/{id}/replace`: `version`, `file`.
pub(super) async fn replace(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, form: Multipart) -> Answer {
    let Sent { form, name, file, too_large } = read(form).await?;
    if too_large {
        let material = app.admin.materials.get(&desk.reach, id).await?;
        let takes = choice(&desk, kind(&material.kind).unwrap_or(MediaKind::Image));
        return Ok(redirect_with(&desk, &path_of(id), &Toast::error(takes.too_large)));
    }
    let version = form.value("version").parse().ok();
    let replaced = app.admin.materials.replace(&desk.actor(), &desk.reach, id, version, &name, file).await;
    let toast = match replaced {
        Ok(done) => {
            app.registry.refresh().await?;
            let mut words = vec![desk.ta("materials.done.replace", &[("rules", done.rules.to_string())])];
            if done.menu > 0 {
                words.push(desk.t("materials.publish_menu"));
            }
            if done.drafts > 0 {
                words.push(desk.ta("materials.save_drafts", &[("n", done.drafts.to_string())]));
            }
            let left = done.menu > 0 || done.drafts > 0;
            let text = words.join(" ");
            if left { Toast::warning(text) } else { Toast::done(text) }
        }
        Err(error) => Toast::error(why(&desk, error)?),
    };
    Ok(redirect_with(&desk, &path_of(id), &toast))
}

/// `POST /admin/materials/{id}/again`
pub(super) async fn again(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let toast = match app.admin.materials.again(&desk.actor(), &desk.reach, id).await {
        Ok(material) => {
            // Rules may name another file now.
            app.registry.refresh().await?;
            Toast::done(desk.ta("materials.done.create", &[("name", material.name)]))
        }
        Err(error) => Toast::error(why(&desk, error)?),
    };
    Ok(redirect_with(&desk, &path_of(id), &toast))
}

/// A refusal in words; what is no refusal is a failure.
pub(super) fn why(desk: &Desk, error: Error) -> Result<String, Failure> {
    match error {
        Error::Invalid(problems) => Ok(problems.iter().map(|p| p.message(desk.locale)).collect::<Vec<_>>().join(" ")),
        Error::NotNow(problem) => Ok(problem.message(desk.locale)),
        Error::Stale => Ok(desk.t("materials.changed_meanwhile")),
        Error::WeChat(error) => Ok(wechat::refused(desk.locale, &error)),
        other => Err(other.into()),
    }
}
