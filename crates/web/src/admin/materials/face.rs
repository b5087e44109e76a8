//! The declared resource `materials`.

use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use puzi_resource::{
    Actor, Options, Record, Resource, Result, Verb, Writer, belongs_to, boolean, datetime, integer, select, string,
};
use puzi_shop::{
    accounts::Reach,
    db::now_ms,
    materials::{MaterialEdit, Materials, entity},
};

use super::{size, sync, thumbnail_of};
use crate::admin::resource::{Face, Markup, Page, from_shop, shop_actor, state};

/// The resource `materials`.
pub(in crate::admin) fn face() -> Face {
    const KINDS: Options = Options::Fixed(&["image", "voice", "video", "thumb"]);
    const STATES: Options = Options::Fixed(&["ready", "uploading", "failed", "gone"]);
    let writing = Writing::default();
    let running = writing.0.clone();
    let resource = Resource::of::<entity::Entity>("materials")
        .in_group("content", "image")
        .title("name")
        .partitioned_by("account_id")
        .field(string("name").required().max(100).searchable().in_list())
        .field(select("kind", KINDS).readonly().filter().in_list())
        .field(select("state", STATES).readonly().filter().in_list())
        .field(boolean("lasting").readonly().filter().in_list())
        .field(string("title").max(64))
        .field(string("introduction").max(200))
        .field(integer("bytes").readonly().in_list())
        .field(string("media_type").readonly())
        .field(string("lasting_id").readonly())
        .field(string("lasting_url").readonly())
        .field(string("passing_id").readonly())
        .field(datetime("expires_at").readonly())
        .field(string("error").readonly())
        .field(integer("errcode").readonly())
        .field(string("rid").readonly())
        .field(datetime("seen_at").readonly())
        .field(belongs_to("account_id", "accounts").readonly().filter())
        .field(datetime("created_at").readonly().in_list())
        .field(datetime("updated_at").readonly())
        .only(&[Verb::View, Verb::Edit, Verb::Delete, Verb::Export])
        .written_by(writing);
    Face::of(resource)
        .own(Page::New)
        .own(Page::Show)
        .head(sync::head)
        .when_running(move |parts| {
            let _ = running.set(parts.materials.clone());
        })
        .cell("name", |material, reader| {
            let name = Markup::text(material.text("name"));
            if !reader.in_list || !matches!(material.text("kind"), "image" | "thumb") {
                return name;
            }
            let source = thumbnail_of(material.id);
            let picture =
                Markup::void("img", &[("src", &source), ("alt", ""), ("loading", "lazy"), ("class", "thumb")]);
            picture.and(Markup::tag("span", &[("class", "material-name")], name))
        })
        .cell("state", |material, reader| {
            let word = word_of(material);
            state(tone(word), &reader.t(&format!("materials.options.state.{word}")))
        })
        .cell("lasting", |material, reader| {
            let word = if material.get("lasting").as_bool() == Some(true) { "stays" } else { "ends" };
            Markup::text(&reader.t(&format!("materials.{word}")))
        })
        .cell("bytes", |material, _| Markup::text(&size(material.number("bytes").unwrap_or_default())))
}

/// The word of a material's state; one that ended has no column of its own for that.
fn word_of(material: &Record) -> &str {
    let ended =
        material.text("lasting_id").is_empty() && material.number("expires_at").is_some_and(|at| at <= now_ms());
    match material.text("state") {
        "ready" if ended => "ended",
        word => word,
    }
}

/// The word by which a state has its colour.
pub(super) fn tone(word: &str) -> &str {
    match word {
        "ready" => "active",
        "uploading" => "waiting",
        "ended" => "expired",
        "gone" => "deleted",
        other => other,
    }
}

/// The use cases as the resource calls them, once the server runs.
#[derive(Clone, Default)]
struct Writing(Arc<OnceLock<Materials>>);

impl Writing {
    fn materials(&self) -> Result<&Materials> {
        self.0.get().ok_or_else(|| puzi_resource::Error::Other("materials are written by a running server".into()))
    }
}

fn reach(actor: &Actor) -> Reach {
    actor.within.as_ref().map_or(Reach::All, |ids| Reach::of(ids.iter().copied()))
}

impl Writer for Writing {
    fn create<'a>(&'a self, _: &'a Actor, _: &'a Record) -> BoxFuture<'a, Result<i64>> {
        Box::pin(async { Err(puzi_resource::Error::NotFound) })
    }

    fn update<'a>(
        &'a self,
        actor: &'a Actor,
        id: i64,
        version: Option<i64>,
        values: &'a Record,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let given = |field: &str| values.values.contains_key(field).then(|| values.text(field).to_owned());
            let edit = MaterialEdit { name: given("name"), title: given("title"), introduction: given("introduction") };
            let edited = self.materials()?.edit(&shop_actor(actor), &reach(actor), id, version, edit).await;
            edited.map_err(from_shop)
        })
    }

    fn delete<'a>(&'a self, actor: &'a Actor, id: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(
            async move { self.materials()?.remove(&shop_actor(actor), &reach(actor), id).await.map_err(from_shop) },
        )
    }

    fn restore<'a>(&'a self, _: &'a Actor, _: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Err(puzi_resource::Error::NotFound) })
    }
}
