//! `GET /admin/materials/pick`: the dialog in which menus, drafts and broadcasts choose a material. Opened as a page it is the
//! same list, to copy a number from.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Multipart, State};
use puzi_shop::{
    db::now_ms,
    materials::{self, Material, NewMaterial, Wanted, kind},
};
use puzi_wechat::client::MediaKind;
use serde::Deserialize;

use super::{
    PATH,
    new::{Choice, Sent, choice, choices, read},
    show::why,
    size, thumbnail_of,
};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        path::Query,
        shell::{Shell, Words, page as show},
    },
};

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    q: String,
    /// Only what stays.
    #[serde(default)]
    lasting: String,
    before: Option<i64>,
}

/// A material in the list.
struct File {
    id: i64,
    media_id: String,
    name: String,
    /// Empty when there is none.
    picture: String,
    about: String,
}

/// The list alone, for the dialog.
#[derive(Template)]
#[template(path = "admin/materials/pick.html")]
struct Picker {
    csrf: String,
    words: Words,
    kind: &'static str,
    kinds: Vec<Choice>,
    q: String,
    lasting: bool,
    files: Vec<File>,
    /// Where the next page is; empty on the last.
    more: String,
    problem: String,
    may_upload: bool,
}

#[derive(Template)]
#[template(path = "admin/materials/pick_page.html")]
struct Page {
    shell: Shell,
    picker: Picker,
}

/// `GET /admin/materials/pick?kind=image&q=&lasting=1&before=`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Query(asked): Query<Asked>) -> Answer {
    render(&app, &desk, asked, String::new()).await
}

/// `POST /admin/materials/pick`: uploads one more, and shows the list with it.
pub(super) async fn upload(State(app): State<Arc<App>>, desk: Desk, form: Multipart) -> Answer {
    let Sent { form, name, file, too_large } = read(form).await?;
    let account = desk.account.ok_or_else(Failure::not_found)?;
    let lasting = form.is("lasting", "1");
    let title = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem).chars().take(64).collect();
    let of = kind(form.value("kind")).unwrap_or(MediaKind::Image);
    let new = NewMaterial { kind: of, title, introduction: String::new(), name, lasting, file };
    let problem = if too_large {
        choice(&desk, of).too_large
    } else {
        match app.admin.materials.add(&desk.actor(), &desk.reach, account, new).await {
            Ok(_) => String::new(),
            Err(error) => why(&desk, error)?,
        }
    };
    let lasting = if lasting { "1".to_owned() } else { String::new() };
    let asked = Asked { kind: form.value("kind").to_owned(), lasting, ..Asked::default() };
    render(&app, &desk, asked, problem).await
}

async fn render(app: &App, desk: &Desk, asked: Asked, problem: String) -> Answer {
    let account = desk.account.ok_or_else(Failure::not_found)?;
    let kind = kind(&asked.kind).unwrap_or(MediaKind::Image).as_str();
    let lasting = asked.lasting == "1";
    let wanted = Wanted { kind, search: asked.q.clone(), lasting, before: asked.before };
    let found = materials::pick(&app.db, account, &wanted, now_ms()).await?;
    let more = match found.last() {
        Some(last) if found.len() >= 60 => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("kind", kind).append_pair("q", &asked.q).append_pair("lasting", &asked.lasting);
            format!("{PATH}/pick?{}", query.append_pair("before", &last.id.to_string()).finish())
        }
        _ => String::new(),
    };
    let picker = Picker {
        csrf: desk.csrf().to_owned(),
        words: Words::of(desk.locale),
        kind,
        kinds: choices(desk),
        q: asked.q,
        lasting,
        files: found.into_iter().map(|one| file(desk, one)).collect(),
        more,
        problem,
        may_upload: desk.may("materials.create"),
    };
    if desk.htmx && !desk.visitor.partial {
        return show(&picker);
    }
    let title = desk.t("materials.pick.title");
    let shell = Shell::new(app, desk, title.clone())
        .active("materials")
        .crumb(desk.t("materials.many"), PATH)
        .crumb(title, None);
    show(&Page { shell, picker })
}

fn file(desk: &Desk, one: Material) -> File {
    let ends = if one.lasting {
        desk.t("materials.stays")
    } else {
        desk.ta("materials.ends_at", &[("at", desk.when(one.expires_at))])
    };
    let about: Vec<_> = [size(one.bytes), ends].into_iter().filter(|text| !text.is_empty()).collect();
    File {
        picture: if one.has_thumbnail { thumbnail_of(one.id) } else { String::new() },
        about: about.join(" · "),
        id: one.id,
        media_id: one.media_id,
        name: one.name,
    }
}
