//! From a spec to files. What is decided is decided here; the templates (`crates/resource/templates/generate`) only lay
//! it out. A template is Jinja, and gets:
//!
//! | name | what it is |
//! |---|---|
//! | `name`, `singular` | `blog_posts`, `blog_post`: resource, module, permissions |
//! | `one`, `many`, `title`, `an` | in words: `blog post`, `blog posts`, `Blog posts`, `a blog post` |
//! | `table`, `key` | the table, and its primary key's column |
//! | `route`, `only_api`, `soft_deletes` | whether it is served, without pages, and a deletion can be taken back |
//! | `group` | group of the menu |
//! | `columns` | all columns in their order, each with `name`, `schema` (`text_null("note")`), `rust` (`Option<String>`), `doc`, `is_key` |
//! | `foreign_keys` | expressions that make them: `ForeignKey::create()…` |
//! | `indexes` | each with `name` and `calls` (`.unique().col("title")`) |
//! | `entity` | `doc`, `uses`, `own_uses` (whole lines) and `relations`, each with `name`, `doc`, `entity`, `before` (a statement or none), `filter` |
//! | `resource` | `uses`, `own_uses`, `constants` (whole lines), `visibility`, `title`, `per_page`, `fields` (each a chain of calls), `face` |
//! | `pages` | `folder` of the templates below `crates/web/templates`, and `admin`: where the admin's modules are from the module of the pages |
//! | `test` | `function`; `refusals`: what is typed in to be refused, each with `field` and `value` as Rust; `one_line`: they fit on one |
//! | `texts` | in the template of the texts: `locale`, `one`, `many` (quoted), `fields` (each `key`, `text`), `options` (each `field`, `choices`) |
//!
//! Expressions longer than a line are broken by rustfmt, which every Rust file goes through.

mod declaration;
mod facts;
mod literal;
mod places;
mod refusals;
mod table;
mod templates;
mod texts;

#[cfg(test)]
mod tests;

use serde::Serialize;

pub use self::templates::Templates;

use self::{
    declaration::Declaration,
    refusals::Refusal,
    table::{Column, Index, Relation},
    texts::Texts,
};
use super::{NewFile, Part, Plan, Spec, labels};

/// What a template gets; see the module's documentation.
#[derive(Serialize)]
struct Context<'s> {
    name: &'s str,
    singular: &'s str,
    one: String,
    many: String,
    title: String,
    an: String,
    table: &'s str,
    key: &'s str,
    route: bool,
    only_api: bool,
    soft_deletes: bool,
    group: &'s str,
    columns: Vec<Column>,
    foreign_keys: Vec<String>,
    indexes: Vec<Index>,
    entity: Entity,
    resource: Declaration,
    pages: Pages,
    test: Test,
    texts: Option<Texts>,
}

#[derive(Serialize)]
struct Entity {
    doc: String,
    uses: Vec<String>,
    own_uses: Vec<String>,
    relations: Vec<Relation>,
}

#[derive(Serialize)]
struct Test {
    function: String,
    refusals: Vec<Refusal>,
    one_line: bool,
}

#[derive(Serialize)]
struct Pages {
    folder: String,
    admin: &'static str,
}

impl<'s> Context<'s> {
    fn of(spec: &'s Spec) -> Self {
        let one = texts::words(&spec.names.singular);
        let (uses, own_uses) = table::uses(spec);
        let an = texts::with_article(&one);
        let doc = format!("{}.", labels::capitalised(&an));
        Self {
            name: &spec.names.plural,
            singular: &spec.names.singular,
            many: texts::words(&spec.names.plural),
            title: labels::english(&spec.names.plural),
            test: Test::of(spec, &an),
            an,
            one,
            table: &spec.table,
            key: &spec.key,
            route: spec.route,
            only_api: spec.only_api,
            soft_deletes: spec.soft_deletes,
            group: &spec.group,
            columns: table::columns(spec),
            foreign_keys: table::foreign_keys(spec),
            indexes: table::indexes(spec),
            entity: Entity { doc, uses, own_uses, relations: table::relations(spec) },
            resource: declaration::of(spec),
            pages: Pages { folder: places::templates(spec), admin: declaration::admin(spec) },
            texts: None,
        }
    }
}

impl Test {
    fn of(spec: &Spec, an: &str) -> Self {
        let refusals = refusals::of(spec);
        let calls = refusals.iter().map(|refusal| format!(".refuses({}, {})", refusal.field, refusal.value));
        let line = format!("Story::of(\"{}\"){}.tell().await;", spec.names.plural, calls.collect::<String>());
        let article = an.split(' ').next().unwrap_or_default();
        let function = format!("the_whole_life_of_{article}_{}", spec.names.singular);
        Self { function, refusals, one_line: literal::fits(4, &line) }
    }
}

/// What `spec` asks to write; `migration` is the name of its migration's file without `.rs`, such as
/// `m20261122_000011_ecommerces`.
///
/// # Errors
/// When a template of the workspace's own fails: what is wrong, with the line.
pub fn plan(spec: &Spec, templates: &Templates, migration: &str) -> Result<Plan, String> {
    let mut writer = Writer {
        templates,
        context: Context::of(spec),
        plan: Plan { name: spec.names.plural.clone(), notes: spec.notes.clone(), ..Plan::default() },
    };
    let asks = |part: Part| spec.parts.contains(&part);
    if asks(Part::Migration) {
        writer.file(places::migration(migration), "migration.rs.jinja")?;
        writer.plan.lines.extend(places::of_migration(migration));
    }
    if asks(Part::Model) {
        writer.file(places::entity(spec), "entity.rs.jinja")?;
        writer.module(places::of_entity(spec));
    }
    if asks(Part::Resource) {
        writer.file(places::resource(spec), "resource.rs.jinja")?;
        writer.module(places::of_admin(spec, &spec.names.plural));
        // What is only written is declared by whoever wants it served.
        writer.plan.lines.extend(places::of_declared(spec).into_iter().filter(|_| spec.route));
    }
    if asks(Part::View) {
        writer.pages(spec)?;
    }
    if asks(Part::Texts) {
        writer.texts(spec)?;
    }
    if asks(Part::Test) && spec.route {
        writer.file(places::test(spec), "test.rs.jinja")?;
        writer.plan.lines.push(places::of_test(spec));
    }
    Ok(writer.plan)
}

/// A plan that grows.
struct Writer<'p> {
    templates: &'p Templates,
    context: Context<'p>,
    plan: Plan,
}

impl Writer<'_> {
    fn file(&mut self, path: String, template: &str) -> Result<(), String> {
        let text = self.templates.render(template, &self.context)?;
        self.plan.files.push(NewFile { path, text });
        Ok(())
    }

    fn module(&mut self, (lines, rooms): (Vec<super::Line>, Vec<NewFile>)) {
        self.plan.lines.extend(lines.into_iter().filter(|line| !self.plan.lines.contains(line)).collect::<Vec<_>>());
        self.plan.rooms.extend(rooms.into_iter().filter(|room| !self.plan.rooms.contains(room)).collect::<Vec<_>>());
    }

    fn pages(&mut self, spec: &Spec) -> Result<(), String> {
        for page in ["list", "show", "form"] {
            self.file(places::html(spec, page), &format!("view_{page}.html.jinja"))?;
        }
        self.file(places::pages(spec), "view.rs.jinja")?;
        self.module(places::of_admin(spec, &format!("{}_pages", spec.names.plural)));
        if !spec.parts.contains(&Part::Resource) {
            self.plan.replacements.push(places::of_pages(spec));
        }
        Ok(())
    }

    fn texts(&mut self, spec: &Spec) -> Result<(), String> {
        let (both, note) = texts::both(spec);
        for texts in both {
            let path = places::texts(spec, texts.locale);
            self.context.texts = Some(texts);
            self.file(path, "texts.toml.jinja")?;
        }
        self.context.texts = None;
        self.plan.notes.extend(note);
        self.plan.lines.push(places::of_texts(spec));
        Ok(())
    }
}
