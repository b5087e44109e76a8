//! The pages of declared resources: list, show, form, import and what belongs to them, made from the declaration. A
//! [`Face`] says where a resource's pages leave the common form.

mod act;
mod address;
mod base;
mod cell;
mod conflict;
mod exchange;
mod face;
mod field;
mod filters;
mod form;
mod history;
mod list;
mod markup;
mod reader;
mod search;
mod sent;
mod show;
mod store;
mod views;
mod visit;

use std::sync::Arc;

use puzi_resource::{Engine, Verb};

pub(crate) use self::{
    act::Chosen,
    cell::{copyable, state, with_sub},
    face::{Rendering, Running},
    field::FieldView,
    form::{FormPage, FormView},
    list::{ListPage, ListView},
    markup::Markup,
    reader::{Texts, actor as desk_actor},
    search::search,
    show::{ShowPage, ShowView},
    store::{actor as shop_actor, every_account, from_shop},
};
pub use self::{
    face::{Face, Faces, Page},
    store::ResourceStore,
};
use self::{
    sent::{has_files, sending, uploading},
    visit::{reading, taking},
};
use super::{
    desk::Desk,
    routes::{FORM_LIMIT, Routes, may},
    shell::NavEntry,
};

/// The largest form that brings files along, in bytes.
const FILES_LIMIT: usize = 64 << 20;
/// The largest file to import, in bytes, with what the form adds to it.
const IMPORT_LIMIT: usize = (10 << 20) + (64 << 10);

/// The routes of all resources.
pub(super) fn routes(faces: &Faces) -> Routes {
    faces.iter().fold(Routes::new(), |routes, face| routes.merge(of_face(face)))
}

/// The resources of a group of the navigation that `desk` may see; the entry `active` is where the page is.
pub(super) fn nav(desk: &Desk, group: &str, active: &str) -> Vec<NavEntry> {
    let seen = desk.faces.iter().filter(|face| {
        let resource = face.resource();
        face.is_in_navigation() && resource.group == group && desk.may(&resource.permission(Verb::View))
    });
    let entry = |face: &Arc<Face>| NavEntry {
        label: reader::many(&Texts(desk.locale), face.resource()),
        href: face.path(),
        icon: face.resource().icon,
        active: face.resource().name == active,
        badge: None,
    };
    seen.map(entry).collect()
}

/// The routes of one resource: of each verb that it offers, under that verb's permission.
fn of_face(face: &Arc<Face>) -> Routes {
    if face.is_only_in_api() {
        return Routes::new();
    }
    let (resource, path) = (face.resource(), face.path());
    let at = |rest: &str| format!("{path}{rest}");
    let needs = |verb: Verb| may(resource.permission(verb));
    let offers = |verb: Verb| Engine::offers(resource, verb);
    let limit = if has_files(resource) { FILES_LIMIT } else { FORM_LIMIT };
    let mut routes = Routes::new();
    if !face.is_own(Page::List) {
        routes = routes.get(at(""), needs(Verb::View), reading(face, list::page));
    }
    if !face.is_own(Page::Show) {
        routes = routes.get(at("/{id}"), needs(Verb::View), reading(face, show::page));
    }
    // What a bulk action takes is checked when it is known which one it is.
    routes = routes
        .post(at("/bulk"), needs(Verb::View), taking(face, act::bulk))
        .post(at("/views"), needs(Verb::View), taking(face, views::save))
        .post(at("/views/{id}/delete"), needs(Verb::View), taking(face, views::delete))
        .get(at("/options/{field}"), needs(Verb::View), reading(face, views::options));
    if offers(Verb::Create) && !face.is_own(Page::New) {
        routes = routes
            .get(at("/new"), needs(Verb::Create), reading(face, form::new))
            .get(at("/{id}/duplicate"), needs(Verb::Create), reading(face, form::duplicate))
            .post_large(at(""), needs(Verb::Create), limit, sending(face, form::create));
    }
    if offers(Verb::Edit) && !face.is_own(Page::Edit) {
        routes = routes.get(at("/{id}/edit"), needs(Verb::Edit), reading(face, form::edit)).post_large(
            at("/{id}"),
            needs(Verb::Edit),
            limit,
            sending(face, form::update),
        );
    }
    if offers(Verb::Delete) {
        routes = routes.post(at("/{id}/delete"), needs(Verb::Delete), taking(face, act::delete));
    }
    if offers(Verb::Restore) {
        routes = routes.post(at("/{id}/restore"), needs(Verb::Restore), taking(face, act::restore));
    }
    for action in &resource.actions {
        let (name, needs) = (action.name, may(resource.action_permission(action)));
        let handler = taking(face, move |visit, form| act::act(visit, name, form));
        routes = routes.post(at(&format!("/{{id}}/do/{name}")), needs, handler);
    }
    routes.merge(exchange_routes(face))
}

fn exchange_routes(face: &Arc<Face>) -> Routes {
    let (resource, path) = (face.resource(), face.path());
    let at = |rest: &str| format!("{path}{rest}");
    let mut routes = Routes::new();
    if Engine::offers(resource, Verb::Export) {
        let needs = || may(resource.permission(Verb::Export));
        routes = routes.get(at("/export.csv"), needs(), reading(face, exchange::csv)).get(
            at("/export.xlsx"),
            needs(),
            reading(face, exchange::xlsx),
        );
    }
    if Engine::offers(resource, Verb::Import) {
        let needs = || may(resource.permission(Verb::Import));
        routes = routes
            .get(at("/import"), needs(), reading(face, exchange::ask))
            .post_large(at("/import"), needs(), IMPORT_LIMIT, uploading(face, exchange::check))
            .post(at("/import/{id}/apply"), needs(), taking(face, exchange::apply))
            .post(at("/import/{id}/undo"), needs(), taking(face, exchange::undo));
    }
    routes
}
