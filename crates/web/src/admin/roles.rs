//! Roles of the shop's own, and the ready-made ones beside them.

use std::sync::Arc;

use askama::Template;
use futures_util::future::BoxFuture;
use puzi_resource::{Actor, Choice, Options, Record, Resource, Result, Verb, Writer, datetime, multi_select, string};
use puzi_shop::{
    staff::{NewRole, Staff, entity, roles},
    texts::Locale,
};
use serde_json::Value;

use super::resource::{Face, FieldView, ListPage, Markup, Rendering, from_shop, shop_actor};
use crate::texts;

/// The resource `roles`.
pub(super) fn face(staff: &Staff) -> Face {
    let resource = Resource::of::<entity::roles::Entity>("roles")
        .in_group("system", "shield")
        .title("name")
        .ordered_by("name", false)
        .field(string("name").required().max(50).searchable().sortable().in_list())
        .field(string("key").required().unique().matching("^[a-z0-9_]{2,40}$").only_on_create().in_list())
        .field(multi_select("permissions", permissions()).required().in_list())
        .field(datetime("updated_at").readonly().in_list())
        .without(&[Verb::Import])
        .written_by(Writing(staff.clone()));
    Face::of(resource)
        .cell("permissions", |record, reader| {
            let patterns = record.get("permissions").as_array().into_iter().flatten().filter_map(Value::as_str);
            patterns.fold(Markup::default(), |html, pattern| {
                let words = in_words(pattern, reader.texts.0);
                html.and(Markup::tag("span", &[("class", "tag")], Markup::text(&words))).and(Markup::text(" "))
            })
        })
        .widget("permissions", |field| Ok(Markup::trusted(Grid::of(field).render()?)))
        .template(|page| match page {
            Rendering::List(page) => {
                Some(List { shell: &page.shell, list: &page.list, ready_made: ready_made(page) }.render())
            }
            _ => None,
        })
}

/// Everything that can be permitted.
fn permissions() -> Options {
    Options::Asked(Arc::new(|_, _| {
        let choice = |value: String| Choice { value, label: None };
        let whole = roles::AREAS.iter().map(|(area, _)| format!("{area}.*"));
        Box::pin(async move { Ok(whole.chain(roles::all_permissions()).map(choice).collect()) })
    }))
}

/// `inbox.reply` as people read it.
fn in_words(pattern: &str, locale: Locale) -> String {
    let say = |key: &str| texts::say(locale, key, &[]);
    if pattern == "*" {
        return say("roles.everything");
    }
    let (taken, bare) = pattern.strip_prefix('!').map_or((false, pattern), |bare| (true, bare));
    let Some((area, verb)) = bare.split_once('.') else { return pattern.to_owned() };
    let word = |word: &str, text: Option<&str>| match word {
        "*" => say("roles.all_of"),
        word => text.unwrap_or(word).to_owned(),
    };
    let words = format!("{} · {}", word(area, texts::area(locale, area)), word(verb, texts::verb(locale, bare)));
    if taken { format!("{} {words}", say("roles.but")) } else { words }
}

/// The permissions as a grid: an area a line.
#[derive(Template)]
#[template(path = "admin/resource/permissions.html")]
struct Grid<'a> {
    f: &'a FieldView,
    lines: Vec<GridLine>,
    /// Patterns that are given and have no box of their own.
    others: Vec<String>,
}

struct GridLine {
    label: String,
    boxes: Vec<GridBox>,
}

struct GridBox {
    value: String,
    label: String,
    ticked: bool,
}

impl<'a> Grid<'a> {
    fn of(f: &'a FieldView) -> Self {
        let locale = f.locale();
        let ticked = |value: &str| f.values.iter().any(|given| given == value);
        let line = |(area, verbs): &(&str, &[&str])| {
            let all = GridBox {
                value: format!("{area}.*"),
                label: f.t("roles.all_of"),
                ticked: ticked(&format!("{area}.*")),
            };
            let each = verbs.iter().map(|verb| {
                let value = format!("{area}.{verb}");
                let label = texts::verb(locale, &value).unwrap_or(verb).to_owned();
                GridBox { ticked: ticked(&value), label, value }
            });
            let label = texts::area(locale, area).unwrap_or(area).to_owned();
            GridLine { label, boxes: std::iter::once(all).chain(each).collect() }
        };
        let lines: Vec<GridLine> = roles::AREAS.iter().map(line).collect();
        let has_box = |given: &String| lines.iter().flat_map(|line| &line.boxes).any(|known| known.value == *given);
        let others = f.values.iter().filter(|given| !has_box(given)).cloned().collect();
        Self { f, others, lines }
    }
}

/// The list with the ready-made roles under it.
#[derive(Template)]
#[template(path = "admin/resource/roles.html")]
struct List<'a> {
    shell: &'a super::shell::Shell,
    list: &'a super::resource::ListView,
    ready_made: Vec<(String, Vec<String>)>,
}

fn ready_made(page: &ListPage) -> Vec<(String, Vec<String>)> {
    let role = |role: &roles::BuiltIn| {
        let patterns = role.permissions.iter().map(|pattern| in_words(pattern, page.shell.locale()));
        (page.shell.t(format!("staff.options.role.{}", role.key)), patterns.collect())
    };
    roles::ROLES.iter().map(role).collect()
}

/// The use cases as the resource calls them.
struct Writing(Staff);

impl Writer for Writing {
    fn create<'a>(&'a self, actor: &'a Actor, values: &'a Record) -> BoxFuture<'a, Result<i64>> {
        Box::pin(async move {
            let new = NewRole {
                key: values.text("key").to_owned(),
                name: values.text("name").to_owned(),
                permissions: patterns(values),
            };
            let role = self.0.create_role(&shop_actor(actor), new).await.map_err(from_shop)?;
            Ok(role.id.unwrap_or_default())
        })
    }

    fn update<'a>(
        &'a self,
        actor: &'a Actor,
        id: i64,
        version: Option<i64>,
        values: &'a Record,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let roles = self.0.roles().await.map_err(from_shop)?;
            let now = roles.into_iter().find(|role| role.id == Some(id)).ok_or(puzi_resource::Error::NotFound)?;
            let given = |field: &str| values.values.contains_key(field);
            let name = if given("name") { values.text("name").to_owned() } else { now.name };
            let permissions = if given("permissions") { patterns(values) } else { now.permissions };
            let by = shop_actor(actor);
            self.0.edit_role(&by, id, version, &name, permissions).await.map(drop).map_err(from_shop)
        })
    }

    fn delete<'a>(&'a self, actor: &'a Actor, id: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.0.delete_role(&shop_actor(actor), id).await.map(drop).map_err(from_shop) })
    }

    fn restore<'a>(&'a self, actor: &'a Actor, id: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.0.restore_role(&shop_actor(actor), id).await.map(drop).map_err(from_shop) })
    }
}

fn patterns(values: &Record) -> Vec<String> {
    let given = values.get("permissions").as_array().into_iter().flatten();
    given.filter_map(|pattern| pattern.as_str().map(str::to_owned)).collect()
}
