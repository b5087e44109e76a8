//! The declared resource `drafts`, with the orders that a person gives.

use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use puzi_resource::{
    Action, Actor, Done, Options, Record, Resource, Result, Run, Verb, Writer, belongs_to, datetime, integer, json,
    select, string,
};
use puzi_shop::{
    accounts::Reach,
    audit,
    drafts::{Drafts, entity},
};

use crate::admin::resource::{Face, Page, from_shop, shop_actor, state};

/// All states, as the table has them.
pub(super) const STATES: &[&str] = &[
    "editing",
    "saving",
    "saved",
    "failed",
    "submitting",
    "unsure",
    "publishing",
    "published",
    "refused",
    "sent",
    "removing",
    "removed",
];

/// What is done with one draft.
#[derive(Clone, Copy)]
enum Order {
    Save,
    Publish,
    Unpublish,
}

/// The resource `drafts`.
pub(in crate::admin) fn face() -> Face {
    let writing = Writing::default();
    let running = writing.0.clone();
    let action = |name: &'static str, text: &'static str, order: Order| {
        let writing = writing.clone();
        Action::new(name, move |run: Run<'_>| {
            let writing = writing.clone();
            Box::pin(async move { writing.give(order, run, text).await })
        })
    };
    let resource = Resource::of::<entity::Entity>("drafts")
        .in_group("content", "note")
        .title("title")
        .partitioned_by("account_id")
        .field(string("title").readonly().searchable().in_list())
        .field(select("state", Options::Fixed(STATES)).readonly().filter().in_list())
        .field(json("articles").readonly().not_shown())
        .field(json("urls").readonly().not_shown())
        .field(json("refused").readonly().not_shown())
        .field(string("error").readonly())
        .field(integer("errcode").readonly())
        .field(string("rid").readonly())
        .field(string("media_id").readonly())
        .field(integer("saved_version").readonly())
        .field(string("publish_id").readonly())
        .field(string("msg_data_id").readonly())
        .field(string("article_id").readonly())
        .field(belongs_to("account_id", "accounts").readonly().filter())
        .field(datetime("updated_at").readonly().in_list())
        .field(datetime("created_at").readonly())
        .only(&[Verb::View, Verb::Delete, Verb::Restore, Verb::Export])
        .action(action("save", "drafts.done.save", Order::Save))
        .action(action("publish", "drafts.done.publish", Order::Publish).confirm())
        .action(action("unpublish", "drafts.done.unpublish", Order::Unpublish).danger())
        .written_by(writing.clone());
    Face::of(resource)
        .own(Page::New)
        .own(Page::Edit)
        .own(Page::Show)
        .when_running(move |parts| {
            let _ = running.set(parts.drafts.clone());
        })
        .cell("state", |draft, reader| {
            let word = draft.text("state");
            state(tone(word), &reader.t(&format!("drafts.options.state.{word}")))
        })
}

/// The word by which a state has its colour.
pub(super) fn tone(word: &str) -> &str {
    match word {
        "saved" => "active",
        "saving" | "submitting" | "publishing" | "removing" | "unsure" => "waiting",
        "editing" => "draft",
        "removed" => "off",
        other => other,
    }
}

/// The use cases as the resource calls them, once the server runs.
#[derive(Clone, Default)]
struct Writing(Arc<OnceLock<Drafts>>);

impl Writing {
    fn drafts(&self) -> Result<&Drafts> {
        self.0.get().ok_or_else(|| puzi_resource::Error::Other("drafts are written by a running server".into()))
    }

    async fn give(&self, order: Order, run: Run<'_>, text: &'static str) -> Result<Done> {
        let (drafts, by, reach) = (self.drafts()?, shop_actor(run.actor), reach(run.actor));
        let mut changed = 0;
        for id in &run.ids {
            one(drafts, order, &by, &reach, *id).await.map_err(from_shop)?;
            changed += 1;
        }
        Ok(Done { changed, text: Some(text.to_owned()), args: Vec::new() })
    }
}

async fn one(drafts: &Drafts, order: Order, by: &audit::Actor, reach: &Reach, id: i64) -> puzi_shop::Result<()> {
    match order {
        Order::Save => drafts.save(by, reach, id).await,
        Order::Publish => drafts.publish(by, reach, id).await,
        Order::Unpublish => drafts.unpublish(by, reach, id).await,
    }
}

fn reach(actor: &Actor) -> Reach {
    actor.within.as_ref().map_or(Reach::All, |ids| Reach::of(ids.iter().copied()))
}

impl Writer for Writing {
    fn create<'a>(&'a self, _: &'a Actor, _: &'a Record) -> BoxFuture<'a, Result<i64>> {
        Box::pin(async { Err(puzi_resource::Error::NotFound) })
    }

    fn update<'a>(&'a self, _: &'a Actor, _: i64, _: Option<i64>, _: &'a Record) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Err(puzi_resource::Error::NotFound) })
    }

    fn delete<'a>(&'a self, actor: &'a Actor, id: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.drafts()?.delete(&shop_actor(actor), &reach(actor), id).await.map_err(from_shop) })
    }

    fn restore<'a>(&'a self, actor: &'a Actor, id: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.drafts()?.restore(&shop_actor(actor), &reach(actor), id).await.map_err(from_shop) })
    }
}
