//! Where everything lies: the files, and the lines that other files get.

use super::declaration;
use crate::generate::{Anchor, Line, NewFile, Replacement, Spec};

pub(super) const SHOP: &str = "crates/shop/src";
pub(super) const ADMIN: &str = "crates/web/src/admin";
const MIGRATIONS: &str = "crates/shop/src/migrations";
const TESTS: &str = "crates/puzi/tests/resources";

pub(super) fn migration(name: &str) -> String {
    format!("{MIGRATIONS}/{name}.rs")
}

pub(super) fn entity(spec: &Spec) -> String {
    inside(SHOP, &spec.shop_modules, &spec.names.plural)
}

pub(super) fn resource(spec: &Spec) -> String {
    inside(ADMIN, &spec.web_modules, &spec.names.plural)
}

pub(super) fn pages(spec: &Spec) -> String {
    inside(ADMIN, &spec.web_modules, &format!("{}_pages", spec.names.plural))
}

/// Folder of the pages' own templates, as askama names it.
pub(super) fn templates(spec: &Spec) -> String {
    format!("{}/{}", spec.view_path, spec.names.plural)
}

pub(super) fn html(spec: &Spec, page: &str) -> String {
    format!("crates/web/templates/{}/{page}.html", templates(spec))
}

pub(super) fn texts(spec: &Spec, locale: &str) -> String {
    format!("locales/{locale}/{}.toml", spec.names.plural)
}

pub(super) fn test(spec: &Spec) -> String {
    format!("{TESTS}/{}.rs", spec.names.plural)
}

fn inside(base: &str, modules: &[String], name: &str) -> String {
    let between: String = modules.iter().map(|module| format!("{module}/")).collect();
    format!("{base}/{between}{name}.rs")
}

/// The lines for a migration.
pub(super) fn of_migration(name: &str) -> Vec<Line> {
    let path = format!("{MIGRATIONS}/mod.rs");
    vec![
        sorted(&path, "mod ", name),
        line(&path, format!("Box::new({name}::Migration),"), Anchor::After("Box::new(".into())),
    ]
}

/// The lines and rooms for an entity.
pub(super) fn of_entity(spec: &Spec) -> (Vec<Line>, Vec<NewFile>) {
    module(SHOP, ("lib.rs", "pub mod "), &spec.shop_modules, &spec.names.plural)
}

/// The lines and rooms for a module of the admin called `name`.
pub(super) fn of_admin(spec: &Spec, name: &str) -> (Vec<Line>, Vec<NewFile>) {
    module(ADMIN, ("mod.rs", "mod "), &spec.web_modules, name)
}

/// The lines that declare the resource and let roles permit it.
pub(super) fn of_declared(spec: &Spec) -> [Line; 2] {
    let name = &spec.names.plural;
    let path: String = spec.web_modules.iter().map(|module| format!("{module}::")).collect();
    [
        line(
            &format!("{ADMIN}/mod.rs"),
            format!("{path}{name}::face(),"),
            Anchor::Before { from: "pub fn declared".into(), until: "]".into() },
        ),
        line(
            &format!("{SHOP}/staff/roles.rs"),
            format!("(\"{name}\", VERBS),"),
            Anchor::Before { from: "pub const AREAS".into(), until: "];".into() },
        ),
    ]
}

/// The line that reads the texts.
pub(super) fn of_texts(spec: &Spec) -> Line {
    let at = Anchor::Before { from: "catalogues![".into(), until: "]".into() };
    line("crates/web/src/texts.rs", format!("\"{}.toml\",", spec.names.plural), at)
}

/// The line that runs the test.
pub(super) fn of_test(spec: &Spec) -> Line {
    sorted(&format!("{TESTS}/main.rs"), "mod ", &spec.names.plural)
}

/// What gives a face that is there already its own pages.
pub(super) fn of_pages(spec: &Spec) -> Replacement {
    let from = "Face::of(resource)".to_owned();
    Replacement { path: resource(spec), to: format!("{from}{}", declaration::template(spec)), from }
}

/// The line that names a module in its parent, and the modules on the way with theirs.
fn module(base: &str, (root, prefix): (&str, &str), between: &[String], name: &str) -> (Vec<Line>, Vec<NewFile>) {
    let (mut lines, mut rooms) = (Vec::new(), Vec::new());
    let (mut parent, mut folder, mut prefix) = (format!("{base}/{root}"), base.to_owned(), prefix);
    for room in between {
        lines.push(sorted(&parent, prefix, room));
        folder = format!("{folder}/{room}");
        parent = format!("{folder}/mod.rs");
        prefix = "pub mod ";
        let title = super::labels::english(room);
        rooms.push(NewFile { path: parent.clone(), text: format!("//! {title}.\n") });
    }
    lines.push(sorted(&parent, prefix, name));
    (lines, rooms)
}

fn sorted(path: &str, prefix: &str, module: &str) -> Line {
    line(path, format!("{prefix}{module};"), Anchor::Sorted(prefix.to_owned()))
}

fn line(path: &str, text: String, at: Anchor) -> Line {
    Line { path: path.to_owned(), text, at }
}
