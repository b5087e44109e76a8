//! Rendering, from specs built by hand.

mod every;
mod places;
mod refused;
mod whole;

use super::{Templates, plan};
use crate::{
    Rule,
    generate::{
        FieldSpec, ForeignKey, FormKind, IndexSpec, Names, OnDelete, OptionSpec, Part, Plan, RelationKind,
        RelationSpec, Spec, TypeWord,
    },
};

/// The name of the migrations here.
pub(super) const MIGRATION: &str = "m20261122_000011_made";

/// `puzi generate crud Ecommerces --fields=…`
pub(super) fn spec(plural: &str, singular: &str, fields: Vec<FieldSpec>) -> Spec {
    Spec {
        names: Names { plural: plural.into(), singular: singular.into() },
        table: plural.into(),
        key: "id".into(),
        fields,
        indexes: vec![],
        foreign_keys: vec![],
        relations: vec![],
        soft_deletes: false,
        per_page: None,
        route: true,
        only_api: false,
        group: "shop".into(),
        web_modules: vec![],
        shop_modules: vec![],
        view_path: "admin".into(),
        parts: Part::CRUD.to_vec(),
        kept_columns: ["version", "created_at", "updated_at"].map(String::from).into(),
        notes: vec![],
    }
}

/// `title#string#required|max:100`
pub(super) fn field(name: &str, word: &str, rules: &[&str]) -> FieldSpec {
    let known = TypeWord::find(word).unwrap();
    FieldSpec {
        name: name.into(),
        word: known.word,
        column: known.column,
        form: known.form,
        rules: rules.iter().map(|rule| Rule::parse(rule).unwrap().remove(0)).collect(),
        rule_texts: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        bounds: known.bounds,
        options: vec![],
        belongs_to: None,
        nullable: false,
        labels: [None, None],
        readonly: false,
    }
}

impl FieldSpec {
    fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    fn unsigned(mut self) -> Self {
        self.bounds.0 = Some(0);
        self
    }

    /// `open:Open,closed`
    fn options(mut self, options: &str) -> Self {
        let option = |option: &str| {
            let (value, label) = option.split_once(':').map_or((option, None), |(value, label)| (value, Some(label)));
            OptionSpec { value: value.into(), label: label.map(Into::into) }
        };
        self.options = options.split(',').map(option).collect();
        self
    }

    fn belongs_to(mut self, resource: &str) -> Self {
        self.form = FormKind::BelongsTo;
        self.belongs_to = Some(resource.into());
        self
    }
}

pub(super) fn foreign_key(column: &str, table: &str, on_delete: OnDelete) -> ForeignKey {
    ForeignKey { column: column.into(), table: table.into(), references: "id".into(), on_delete }
}

pub(super) fn index(columns: &[&str], unique: bool) -> IndexSpec {
    IndexSpec { columns: columns.iter().map(|column| (*column).to_owned()).collect(), unique }
}

pub(super) fn relation(name: &str, kind: RelationKind, table: &str, through: &str) -> RelationSpec {
    RelationSpec { name: name.into(), kind, table: table.into(), through: through.into() }
}

/// The example.
pub(super) fn ecommerces() -> Spec {
    spec("ecommerces", "ecommerce", vec![field("title", "string", &["required"])])
}

/// A resource with something of everything.
pub(super) fn books() -> Spec {
    let mut books = spec(
        "books",
        "book",
        vec![
            field("title", "string", &["required", "max:100"]),
            field("slug", "string", &["required", "regex:/^[a-z-]+$/", "unique", "not_in:new"]),
            field("author_id", "bigint", &["required"]).belongs_to("authors"),
            field("status", "enum", &["required"]).options("draft,live:Live,sold out:售完了"),
            field("binding", "radio", &[]).options("paper,cloth").nullable(),
            field("price", "money", &["required", "min:1", "max:9999900"]),
            field("pages", "smallint", &[]).unsigned().nullable(),
            field("cover_image", "image", &["required"]),
            field("tags", "multi_select", &[]).options("new,hot"),
            field("body", "longtext", &[]),
            field("published_on", "date", &["after:2000-01-01"]).nullable(),
            field("shelf_id", "integer", &["exists:shelves,id"]).nullable(),
            field("in_print", "boolean", &[]),
        ],
    );
    books.table = "library_books".into();
    books.key = "number".into();
    books.soft_deletes = true;
    books.per_page = Some(20);
    books.group = "followers".into();
    books.web_modules = vec!["library".into()];
    books.shop_modules = vec!["library".into(), "stock".into()];
    books.view_path = "admin/library".into();
    books.parts.push(Part::View);
    books.indexes = vec![index(&["title"], false), index(&["status", "price"], true), index(&["slug"], true)];
    books.foreign_keys = vec![
        foreign_key("author_id", "authors", OnDelete::Cascade),
        foreign_key("shelf_id", "shelves", OnDelete::SetNull),
    ];
    books.relations = vec![
        relation("reviews", RelationKind::HasMany, "reviews", "book_id"),
        relation("sequel", RelationKind::HasOne, "books", "author_id"),
        relation("readers", RelationKind::BelongsToMany, "readers", "book_reader"),
    ];
    books
}

pub(super) fn made(spec: &Spec) -> Plan {
    plan(spec, &Templates::built_in(), MIGRATION).unwrap()
}

/// The text of the file whose path ends so.
pub(super) fn file<'p>(plan: &'p Plan, end: &str) -> &'p str {
    let file = plan.files.iter().find(|file| file.path.ends_with(end));
    &file.unwrap_or_else(|| panic!("no {end} among {:?}", plan.files)).text
}

#[test]
fn a_template_of_ones_own_takes_the_place_of_the_built_in_one() {
    let own = Templates::built_in().with("test.rs.jinja", "// {{ title }}, {{ name }}\n\n").unwrap();
    let own = own.with("test.rs.jinja", "// {{ title }}\n").unwrap();
    let plan = plan(&ecommerces(), &own, MIGRATION).unwrap();
    assert_eq!(file(&plan, "tests/resources/ecommerces.rs"), "// Ecommerces\n");
    assert!(file(&plan, "admin/ecommerces.rs").contains("fn face()"));
}

#[test]
fn a_template_that_is_none_says_where() {
    let error = Templates::built_in().with("tests.rs.jinja", "").unwrap_err();
    assert!(error.contains("tests.rs.jinja") && error.contains("view_show.html.jinja"), "{error}");
    let error = Templates::built_in().with("test.rs.jinja", "a\n{% for x %}\n").unwrap_err();
    assert!(error.starts_with("test.rs.jinja:2: syntax error: "), "{error}");
    let own = Templates::built_in().with("test.rs.jinja", "a\nb\n{{ titel }}\n").unwrap();
    let error = plan(&ecommerces(), &own, MIGRATION).unwrap_err();
    assert!(error.starts_with("test.rs.jinja:3: undefined value"), "{error}");
}

#[test]
fn parts_are_written_by_themselves() {
    let names = |parts: &[Part]| {
        let plan = made(&Spec { parts: parts.to_vec(), ..ecommerces() });
        let files: Vec<String> = plan.files.into_iter().map(|file| file.path).collect();
        let lines: Vec<String> = plan.lines.into_iter().map(|line| format!("{}: {}", line.path, line.text)).collect();
        (files.join(" "), lines.join(" | "), plan.replacements.len())
    };
    let migration = "crates/shop/src/migrations";
    assert_eq!(
        names(&[Part::Migration]),
        (
            format!("{migration}/{MIGRATION}.rs"),
            format!("{migration}/mod.rs: mod {MIGRATION}; | {migration}/mod.rs: Box::new({MIGRATION}::Migration),"),
            0
        )
    );
    let (files, lines, replacements) = names(&[Part::View]);
    assert_eq!(files.split(' ').count(), 4, "{files}");
    assert_eq!(lines, "crates/web/src/admin/mod.rs: mod ecommerces_pages;");
    assert_eq!(replacements, 1);
    assert_eq!(names(&[]), (String::new(), String::new(), 0));
}

#[test]
fn what_is_not_served_is_only_written() {
    let plan = made(&Spec { route: false, ..ecommerces() });
    assert!(!plan.files.iter().any(|file| file.path.contains("tests/")));
    assert!(!plan.lines.iter().any(|line| line.text.contains("face()") || line.text.contains("VERBS")));
    let resource = file(&plan, "admin/ecommerces.rs");
    assert!(resource.starts_with("//! Ecommerces.\n#![expect(dead_code, "), "{resource}");
}

#[test]
fn a_resource_without_pages_says_so_before_its_templates() {
    let plan = made(&Spec { only_api: true, ..ecommerces() });
    assert!(file(&plan, "admin/ecommerces.rs").contains("    Face::of(resource).only_in_api()\n"));
}

#[test]
fn labels_given_by_hand_and_what_nobody_translated() {
    let mut title = field("title", "string", &[]);
    title.labels = [Some("大名".into()), Some("Great name".into())];
    let kind = field("mood", "select", &[]).options("open,zyx,yes:是的,no:Never \"ever\"");
    let plan = made(&spec("zyxes", "zyx", vec![title, kind]));
    let zh = "[zyxes]\none = \"zyx\"\nmany = \"Zyxes\"\n\n[zyxes.fields]\ntitle = \"大名\"\nmood = \"Mood\"\n\n\
              [zyxes.options.mood]\nopen = \"营业\"\nzyx = \"Zyx\"\nyes = \"是的\"\nno = \"否\"\n";
    assert_eq!(file(&plan, "zh-CN/zyxes.toml"), zh);
    let en = "[zyxes]\none = \"zyx\"\nmany = \"Zyxes\"\n\n[zyxes.fields]\ntitle = \"Great name\"\nmood = \"Mood\"\n\n\
              [zyxes.options.mood]\nopen = \"Open\"\nzyx = \"Zyx\"\nyes = \"Yes\"\nno = \"Never \\\"ever\\\"\"\n";
    assert_eq!(file(&plan, "en/zyxes.toml"), en);
    let note = plan.notes.iter().find(|note| note.key == "untranslated").unwrap();
    assert_eq!(note.args, [("labels", "Mood, Zyxes, Zyx".to_owned()), ("name", "zyxes".to_owned())]);
}
