//! Who reads a page: the language, the clock, and what the declared things are called.

use std::sync::Arc;

use jiff::tz::TimeZone;
use puzi_resource::{Action, Actor, Field, Labels, Problem, Record, Resource, Say, Verb, reading, validate};
use puzi_shop::texts::Locale;
use serde_json::Value;

use super::{face::Faces, markup::Markup};
use crate::{
    admin::{desk::Desk, when},
    texts,
};

/// The admin's texts in one language, for what is declared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Texts(pub(crate) Locale);

impl Say for Texts {
    fn tag(&self) -> &str {
        texts::tag(self.0)
    }

    fn find(&self, key: &str) -> Option<String> {
        texts::find(self.0, key).map(str::to_owned)
    }

    fn say(&self, key: &str, args: &[(&'static str, String)]) -> String {
        // What a use case of the shop finds wrong has its text there.
        match texts::find(self.0, key) {
            Some(_) => texts::say(self.0, key, args),
            None => puzi_shop::texts::t(self.0, key, args),
        }
    }
}

/// The member of the staff as the engine knows them.
pub(crate) fn actor(desk: &Desk) -> Actor {
    let permissions = desk.permissions().clone();
    Actor::new("staff", Some(desk.staff.id), desk.staff.name.clone(), move |permission| permissions.allows(permission))
        .at(desk.address.to_string())
        .in_zone(desk.zone.clone())
        .within(desk.reach.limited_to().cloned())
}

/// What it takes to write a record down for somebody.
pub(crate) struct Reader<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) texts: Texts,
    pub(crate) zone: TimeZone,
    /// Titles of the records related to.
    pub(crate) labels: &'a Labels,
    /// It is a row of a list, where one cell may say what another column would.
    pub(crate) in_list: bool,
    may: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    faces: Arc<Faces>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(desk: &Desk, resource: &'a Resource, labels: &'a Labels) -> Self {
        let permissions = desk.permissions().clone();
        let may = Arc::new(move |permission: &str| permissions.allows(permission));
        let faces = desk.faces.clone();
        Self { resource, texts: Texts(desk.locale), zone: desk.zone.clone(), labels, in_list: false, may, faces }
    }

    /// For the rows of a list.
    #[must_use]
    pub(super) fn of_a_list(self) -> Self {
        Self { in_list: true, ..self }
    }

    /// Whether the reader may do this: a link is only offered to whom it leads somewhere.
    pub(crate) fn may(&self, permission: &str) -> bool {
        (self.may)(permission)
    }

    /// Whether a record of `resource` has a page that the reader may see.
    pub(crate) fn may_visit(&self, resource: &str) -> bool {
        self.faces.have_pages(resource) && self.may(&format!("{resource}.{}", Verb::View.word()))
    }

    /// The text of `key`.
    pub(crate) fn t(&self, key: &str) -> String {
        self.texts.say(key, &[])
    }

    /// Whether `value` is a word that the field has a text for.
    pub(super) fn is_word(&self, field: &Field, value: &Value) -> bool {
        let text = |word: &str| self.texts.find(&format!("{}.options.{}.{word}", self.resource.name, field.name));
        value.as_str().and_then(text).is_some()
    }

    /// The value of `field` as people read it.
    pub(crate) fn read(&self, field: &Field, record: &Record) -> String {
        reading::read(self.resource, field, record, &self.texts, &self.zone, self.labels)
    }

    /// A time (Unix ms) as people say it.
    pub(crate) fn when(&self, at: i64) -> String {
        when::said(at, puzi_shop::db::now_ms(), &self.zone, self.texts.0)
    }

    /// A time to the second.
    pub(crate) fn when_full(&self, at: i64) -> String {
        when::full(at, &self.zone)
    }

    /// A time as people say it, to the second on hover.
    pub(crate) fn moment(&self, at: i64) -> Markup {
        let machine = when::machine(at);
        let attributes = [("datetime", machine.as_str()), ("title", &self.when_full(at)), ("class", "text-nowrap")];
        Markup::tag("time", &attributes, Markup::text(&self.when(at)))
    }

    /// What `field` is called.
    pub(crate) fn label(&self, field: &Field) -> String {
        label(&self.texts, self.resource, field.name)
    }
}

/// What one record is called.
pub(crate) fn one(texts: &dyn Say, resource: &Resource) -> String {
    texts.find(&format!("{}.one", resource.name)).unwrap_or_else(|| resource.name.to_owned())
}

/// What the records are called.
pub(crate) fn many(texts: &dyn Say, resource: &Resource) -> String {
    texts.find(&format!("{}.many", resource.name)).unwrap_or_else(|| resource.name.to_owned())
}

/// What the field `name` is called: the resource's own text, the common one of fields that many tables have, the name.
pub(crate) fn label(texts: &dyn Say, resource: &Resource, name: &str) -> String {
    let own = validate::label(resource, name, texts);
    if own == name { texts.find(&format!("resource.fields.{name}")).unwrap_or(own) } else { own }
}

/// What helps to fill the field `name` in.
pub(crate) fn help(texts: &dyn Say, resource: &Resource, name: &str) -> Option<String> {
    texts.find(&format!("{}.help.{name}", resource.name))
}

/// What the choice `value` of a field is called.
pub(crate) fn option(texts: &dyn Say, resource: &Resource, field: &str, value: &str) -> String {
    texts.find(&format!("{}.options.{field}.{value}", resource.name)).unwrap_or_else(|| value.to_owned())
}

/// What a button of `action` says.
pub(crate) fn action(texts: &dyn Say, resource: &Resource, action: &str) -> String {
    texts
        .find(&format!("{}.actions.{action}", resource.name))
        .or_else(|| texts.find(&format!("resource.actions.{action}")))
        .unwrap_or_else(|| action.to_owned())
}

/// What an action says before it runs on `count` records.
pub(crate) fn question(texts: &dyn Say, resource: &Resource, action_name: &str, count: &str) -> String {
    let args = [
        ("n", count.to_owned()),
        ("action", action(texts, resource, action_name)),
        ("one", one(texts, resource)),
        ("many", many(texts, resource)),
    ];
    let own = format!("{}.questions.{action_name}", resource.name);
    let common = format!("resource.questions.{action_name}");
    let key = [own, common].into_iter().find(|key| texts.find(key).is_some());
    texts.say(key.as_deref().unwrap_or("resource.questions.any"), &args)
}

/// What is asked before an action whose records are not counted yet: `chosen` in a list, `one` on its page.
pub(crate) fn asked(texts: &dyn Say, resource: &Resource, action_name: &str, which: &str) -> String {
    let args = [("action", action(texts, resource, action_name))];
    let own = texts.find(&format!("{}.questions.{action_name}", resource.name)).filter(|text| !text.contains("{n}"));
    own.unwrap_or_else(|| texts.say(&format!("resource.question.{which}"), &args))
}

/// The message of `problem`, naming the field.
pub(crate) fn message(texts: &dyn Say, resource: &Resource, problem: &Problem) -> String {
    validate::explain(resource, problem, texts)
}

/// Whether this reader may run `action`.
pub(crate) fn may_run(desk: &Desk, resource: &Resource, action: &Action) -> bool {
    desk.may(&resource.action_permission(action))
}
