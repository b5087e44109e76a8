//! The spec, of what was read and checked.

use super::{fields::Draft, limits::typed, rules::scale, settings::Settings, target::Target};
use crate::{
    Rule,
    generate::{FieldSpec, ForeignKey, FormKind, IndexSpec, Note, Part, RelationSpec, Request, Spec},
};

/// What a spec has beside its fields.
pub(super) struct Beside {
    pub foreign_keys: Vec<ForeignKey>,
    pub relations: Vec<RelationSpec>,
    pub indexes: Vec<IndexSpec>,
}

pub(super) fn spec(
    request: &Request,
    mut target: Target<'_>,
    settings: Settings,
    drafts: Vec<Draft<'_>>,
    beside: Beside,
) -> Spec {
    for draft in &drafts {
        tell_field(draft, &mut target);
    }
    tell_table(request, &drafts, &mut target);
    let stays = target.there.is_some();
    Spec {
        fields: drafts.into_iter().map(|draft| field(draft, stays)).collect(),
        names: target.names,
        table: target.table,
        key: target.key,
        indexes: beside.indexes,
        foreign_keys: beside.foreign_keys,
        relations: beside.relations,
        soft_deletes: target.soft_deletes,
        per_page: settings.per_page,
        route: settings.route,
        only_api: request.only_api,
        group: settings.group,
        web_modules: settings.web_modules,
        shop_modules: settings.shop_modules,
        view_path: settings.view_path,
        parts: target.parts,
        kept_columns: target.kept,
        notes: target.notes,
    }
}

fn field(draft: Draft<'_>, stays: bool) -> FieldSpec {
    let nullable = is_nullable(&draft, stays);
    let (rules, rule_texts) = draft.rules.into_iter().map(|given| (given.rule, given.text)).unzip();
    FieldSpec {
        name: draft.name.as_str().to_owned(),
        word: draft.word.word,
        column: draft.column,
        form: draft.form,
        rules,
        rule_texts,
        bounds: draft.bounds,
        options: draft.options.map(|options| options.all).unwrap_or_default(),
        belongs_to: draft.belongs_to,
        nullable,
        labels: draft.labels,
        readonly: draft.readonly.is_some(),
    }
}

/// Whether the column may be null: when it is said, and where nothing given is stored as nothing. The engine stores an
/// empty text as such, an empty list as `[]`, and a box that is not ticked as no.
fn is_nullable(draft: &Draft<'_>, stays: bool) -> bool {
    use FormKind as F;
    if draft.nullable.is_some() {
        return true;
    }
    // What no form sets is not there in a new row.
    if draft.readonly.is_some() && !stays {
        return true;
    }
    if draft.is_required() {
        return false;
    }
    match draft.form {
        // Two empty texts are the same, two nulls are not.
        F::String | F::Email | F::Phone | F::Url | F::Colour => draft.is_unique() && !stays,
        F::Text | F::RichText | F::MultiSelect | F::Image | F::File | F::Boolean => false,
        F::Integer | F::Decimal(_) | F::Money | F::Percent | F::Date | F::Time | F::DateTime => true,
        F::Select | F::Radio | F::Json | F::Password | F::BelongsTo => true,
    }
}

/// What is to be told of a field.
fn tell_field(draft: &Draft<'_>, target: &mut Target<'_>) {
    let name = || draft.name.as_str().to_owned();
    if let Some(key) = draft.word.note {
        target.note(key, vec![("field", name()), ("type", draft.word.word.to_owned())]);
    }
    if let Some(scale) = scale(draft.form) {
        let has_bounds = |rule: &Rule| matches!(rule, Rule::Min(_) | Rule::Max(_) | Rule::Between(..) | Rule::Size(_));
        for given in draft.rules.iter().filter(|given| has_bounds(&given.rule) && given.text != given.at.as_str()) {
            let args = vec![
                ("field", name()),
                ("rule", given.at.as_str().to_owned()),
                ("stored", given.text.clone()),
                ("one", typed(1, scale)),
            ];
            target.note("scaled", args);
        }
    }
    let text =
        matches!(draft.form, FormKind::String | FormKind::Email | FormKind::Phone | FormKind::Url | FormKind::Colour);
    let made = target.there.is_none();
    if text && made && draft.is_unique() && !draft.is_required() && draft.nullable.is_none() {
        target.note("unique_nullable", vec![("field", name())]);
    }
}

/// What is to be told of a table that stays as it is.
fn tell_table(request: &Request, drafts: &[Draft<'_>], target: &mut Target<'_>) {
    if let Some(table) = target.there.filter(|_| request.from_table.is_some()) {
        let is_kept = |name: &str| name == target.key || target.kept.iter().any(|kept| kept == name);
        let is_field = |name: &str| drafts.iter().any(|draft| draft.name.as_str() == name);
        let names = table.columns.iter().map(|column| column.name.as_str());
        let left: Vec<&str> = names.filter(|name| !is_kept(name) && !is_field(name)).collect();
        if !left.is_empty() {
            let args = vec![("table", table.name.clone()), ("columns", left.join(", "))];
            target.notes.push(Note::new("columns_left", args));
        }
    }
    let in_code = target.writes(Part::Model) || target.writes(Part::Resource);
    if in_code && !target.writes(Part::Migration) {
        let options = [("--indexes", request.indexes.is_some()), ("--foreign-keys", request.foreign_keys.is_some())];
        let given: Vec<&str> = options.into_iter().filter_map(|(option, given)| given.then_some(option)).collect();
        if !given.is_empty() {
            target.note("table_stays", vec![("table", target.table.clone()), ("options", given.join(", "))]);
        }
    }
}
