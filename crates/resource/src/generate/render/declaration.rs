//! The declaration: each field as a chain of calls.

use super::{
    facts::{self, is_list},
    literal,
};
use crate::{
    Rule,
    generate::{FieldSpec, FormKind, Part, Spec},
};

/// What the file of a resource is made of.
#[derive(serde::Serialize)]
pub(super) struct Declaration {
    /// `use` lines of other crates, and of this one.
    pub uses: Vec<String>,
    pub own_uses: Vec<String>,
    /// Constants with the choices.
    pub constants: Vec<String>,
    /// How far `face` can be seen.
    pub visibility: &'static str,
    /// Field by which people know a record.
    pub title: Option<String>,
    pub per_page: Option<u64>,
    /// The fields, each as a chain of calls.
    pub fields: Vec<String>,
    /// What is returned.
    pub face: String,
}

pub(super) fn of(spec: &Spec) -> Declaration {
    let with_choices = || spec.fields.iter().filter(|field| has_choices(field.form));
    let constants = with_choices().map(|field| {
        let choices = literal::list(field.options.iter().map(|option| option.value.as_str()));
        format!("const {}: Options = Options::Fixed(&[{choices}]);", literal::constant(&field.name))
    });
    let mut fields: Vec<String> = spec.fields.iter().map(|field| chain(spec, field)).collect();
    let mut names: Vec<&str> = spec.fields.iter().map(|field| function(field.form)).collect();
    if facts::keeps(spec, "updated_at") {
        fields.push(r#"datetime("updated_at").readonly()"#.to_owned());
        names.push("datetime");
    }
    names.push("Resource");
    names.extend(with_choices().next().map(|_| "Options"));
    let model = ["puzi_shop"].into_iter().chain(spec.shop_modules.iter().map(String::as_str)).collect::<Vec<_>>();
    Declaration {
        uses: vec![
            literal::import("puzi_resource", names),
            literal::import(&model.join("::"), vec![&spec.names.plural]),
        ],
        own_uses: vec![format!("use {}::resource::Face;", admin(spec))],
        constants: constants.collect(),
        visibility: visibility(spec),
        title: facts::title(spec).map(str::to_owned),
        per_page: spec.per_page,
        fields,
        face: face(spec),
    }
}

/// Where the admin's modules are from one of the resource's.
pub(super) fn admin(spec: &Spec) -> &'static str {
    if spec.web_modules.is_empty() { "super" } else { "crate::admin" }
}

/// How far what an admin module offers can be seen: everywhere in the admin.
pub(super) fn visibility(spec: &Spec) -> &'static str {
    if spec.web_modules.is_empty() { "pub(super)" } else { "pub(in crate::admin)" }
}

/// The common pages, with the templates of one's own that are written with it.
fn face(spec: &Spec) -> String {
    let mut face = "Face::of(resource)".to_owned();
    if spec.only_api {
        face.push_str(".only_in_api()");
    }
    if spec.parts.contains(&Part::View) {
        face.push_str(&template(spec));
    }
    face
}

/// The call that hands the pages to the module with the templates.
pub(super) fn template(spec: &Spec) -> String {
    format!(".template(super::{}_pages::write)", spec.names.plural)
}

fn has_choices(form: FormKind) -> bool {
    matches!(form, FormKind::Select | FormKind::Radio | FormKind::MultiSelect)
}

/// The function that makes a field of this kind.
fn function(form: FormKind) -> &'static str {
    match form {
        FormKind::String => "string",
        FormKind::Text => "text",
        FormKind::RichText => "rich_text",
        FormKind::Integer => "integer",
        FormKind::Decimal(_) => "decimal",
        FormKind::Money => "money",
        FormKind::Percent => "percent",
        FormKind::Boolean => "boolean",
        FormKind::Date => "date",
        FormKind::Time => "time",
        FormKind::DateTime => "datetime",
        FormKind::Select => "select",
        FormKind::Radio => "radio",
        FormKind::MultiSelect => "multi_select",
        FormKind::Json => "json",
        FormKind::Colour => "colour",
        FormKind::Email => "email",
        FormKind::Phone => "phone",
        FormKind::Url => "url",
        FormKind::Password => "password",
        FormKind::Image => "image",
        FormKind::File => "file",
        FormKind::BelongsTo => "belongs_to",
    }
}

/// `string("title").required().max(100).searchable().in_list()`.
fn chain(spec: &Spec, field: &FieldSpec) -> String {
    let name = literal::text(&field.name);
    let second = match field.form {
        FormKind::Decimal(scale) => format!(", {scale}"),
        FormKind::BelongsTo => format!(", {}", literal::text(field.belongs_to.as_deref().unwrap_or_default())),
        form if has_choices(form) => format!(", {}", literal::constant(&field.name)),
        _ => String::new(),
    };
    let checks = if field.readonly { ".readonly()".to_owned() } else { checks(spec, field) };
    format!("{}({name}{second}){checks}{}", function(field.form), place(spec, field))
}

/// The calls that check what is given.
fn checks(spec: &Spec, field: &FieldSpec) -> String {
    let mut calls = Calls::default();
    // A list is never null, and what must be given is neither.
    if field.nullable && !is_list(field.form) && !field.is_required() {
        calls.add("nullable()");
    }
    for (rule, text) in facts::rules(field) {
        match rule {
            Rule::Required => calls.add("required()"),
            Rule::Min(least) => calls.add(&format!("min({})", literal::number(*least))),
            Rule::Max(most) => calls.add(&format!("max({})", literal::number(*most))),
            Rule::Unique => calls.add("unique()"),
            Rule::Nullable => {}
            _ => calls.others.push(text),
        }
    }
    let (least, most) = bounds(field);
    for (name, bound) in [("min", least), ("max", most)] {
        if let Some(bound) = bound {
            calls.add(&format!("{name}({})", literal::number(bound)));
        }
    }
    if facts::is_unique(spec, field) && !field.is_unique() {
        calls.add("unique()");
    }
    calls.flush();
    calls.text
}

/// The bounds of the type, where no rule says otherwise.
fn bounds(field: &FieldSpec) -> (Option<i64>, Option<i64>) {
    let says = |is: fn(&Rule) -> bool| field.rules.iter().any(is);
    let both = says(|rule| matches!(rule, Rule::Between(..) | Rule::Size(_)));
    let least = field.bounds.0.filter(|_| !both && !says(|rule| matches!(rule, Rule::Min(_))));
    let most = field.bounds.1.filter(|_| !both && !says(|rule| matches!(rule, Rule::Max(_))));
    (least, most)
}

/// Calls in their order; rules without a call of their own are gathered as they were typed.
#[derive(Default)]
struct Calls<'r> {
    text: String,
    others: Vec<&'r str>,
}

impl Calls<'_> {
    fn add(&mut self, call: &str) {
        self.flush();
        self.text.push('.');
        self.text.push_str(call);
    }

    fn flush(&mut self) {
        if !self.others.is_empty() {
            self.text.push_str(&format!(".rules({})", literal::text(&self.others.join("|"))));
            self.others.clear();
        }
    }
}

/// The calls that say where the field is and what the list does with it.
fn place(spec: &Spec, field: &FieldSpec) -> String {
    use FormKind::{BelongsTo, Boolean, Date, Radio, Select};
    let listed = facts::listed(spec).contains(&field.name.as_str());
    let says = [
        (listed && facts::is_wording(field.form), ".searchable()"),
        (facts::leads_an_index(spec, field) && field.form != FormKind::Password, ".sortable()"),
        (listed && matches!(field.form, Select | Radio | Boolean | BelongsTo | Date), ".filter()"),
        (listed, ".in_list()"),
    ];
    says.into_iter().filter(|(is, _)| *is).map(|(_, call)| call).collect()
}
