//! Quick phrases of the inbox.

use askama::Template;
use puzi_resource::{Resource, Verb, datetime, integer, string, text};
use puzi_shop::inbox::phrases::entity;

use super::{
    resource::{Face, FormPage, FormView, Rendering},
    shell::Shell,
};

/// Places that a phrase may have; each is explained by the text `phrases.places.{name}`.
const PLACES: [&str; 4] = ["nickname", "staff", "shop", "account"];

/// The resource `phrases`.
pub(super) fn face() -> Face {
    let resource = Resource::of::<entity::Entity>("phrases")
        .in_group("content", "quote")
        .title("title")
        .ordered_by("position", false)
        .field(string("title").required().max(50).searchable().sortable().in_list())
        .field(text("text").required().max(1_000).searchable().in_list())
        .field(string("group_name").max(30).filter().in_list())
        .field(string("shortcut").max(20).searchable().in_list())
        .field(integer("position").required().min(0).max(9_999).default(0).sortable())
        .field(datetime("updated_at").readonly())
        .without(&[Verb::Restore]);
    Face::of(resource).template(|page| match page {
        Rendering::Form(page) => {
            Some(WithPlaces { shell: &page.shell, form: &page.form, places: places(page) }.render())
        }
        _ => None,
    })
}

/// The form with what the places in a phrase become beside it.
#[derive(Template)]
#[template(path = "admin/resource/phrases.html")]
struct WithPlaces<'a> {
    shell: &'a Shell,
    form: &'a FormView,
    /// A place as it is written, and what it becomes.
    places: Vec<(String, String)>,
}

fn places(page: &FormPage) -> Vec<(String, String)> {
    PLACES.map(|name| (format!("{{{name}}}"), page.shell.t(format!("phrases.places.{name}")))).into()
}
