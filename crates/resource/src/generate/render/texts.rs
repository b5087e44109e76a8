//! What people read, in both languages.

use serde::Serialize;

use super::literal;
use crate::generate::{FieldSpec, FormKind, Note, Part, Spec, labels};

/// Fields whose texts are there for all resources.
const COMMON: [&str; 4] = ["id", "created_at", "updated_at", "deleted_at"];

/// The texts of a resource in one language.
#[derive(Serialize)]
pub(super) struct Texts {
    /// `zh-CN` or `en`.
    pub locale: &'static str,
    pub one: String,
    pub many: String,
    pub fields: Vec<Entry>,
    /// The fields with choices.
    pub options: Vec<Choices>,
}

/// A key of TOML and its text in quotes.
#[derive(Serialize)]
pub(super) struct Entry {
    pub key: String,
    pub text: String,
}

/// The choices of a field.
#[derive(Serialize)]
pub(super) struct Choices {
    pub field: String,
    pub choices: Vec<Entry>,
}

/// A text in both languages; none in Chinese when nobody knows it.
struct Label {
    zh: Option<String>,
    en: String,
}

/// The texts in Chinese, those in English, and what to tell about them.
pub(super) fn both(spec: &Spec) -> ([Texts; 2], Option<Note>) {
    let own = spec.fields.iter().filter(|field| !COMMON.contains(&field.name.as_str()));
    let fields: Vec<(&FieldSpec, Label)> = own.map(|field| (field, label(field))).collect();
    let names = one_and_many(spec);
    let texts = |locale: &'static str| {
        let text = |label: &Label| literal::toml_text(in_language(label, locale));
        let entry = |key: &str, label: &Label| Entry { key: literal::toml_key(key), text: text(label) };
        let choices = |field: &FieldSpec| Choices {
            field: field.name.clone(),
            choices: choices(field).map(|(value, label)| entry(value, &label)).collect(),
        };
        Texts {
            locale,
            one: text(&names[0]),
            many: text(&names[1]),
            fields: fields.iter().map(|(field, label)| entry(&field.name, label)).collect(),
            options: spec.fields.iter().filter(|field| !field.options.is_empty()).map(choices).collect(),
        }
    };
    let all = fields.iter().map(|(_, label)| label).chain(&names[1..]);
    let mut untranslated: Vec<String> = all.filter(|label| label.zh.is_none()).map(|label| label.en.clone()).collect();
    let words = spec.fields.iter().flat_map(choices).filter(|(_, label)| label.zh.is_none());
    untranslated.extend(words.map(|(_, label)| label.en));
    let note = (!untranslated.is_empty() && spec.parts.contains(&Part::Texts))
        .then(|| vec![("labels", untranslated.join(", ")), ("name", spec.names.plural.clone())])
        .map(|args| Note::new("untranslated", args));
    (["zh-CN", "en"].map(texts), note)
}

fn in_language<'l>(label: &'l Label, locale: &str) -> &'l str {
    match &label.zh {
        Some(zh) if locale == "zh-CN" => zh,
        _ => &label.en,
    }
}

/// What one record is called, and what many are.
fn one_and_many(spec: &Spec) -> [Label; 2] {
    let zh = labels::chinese(&spec.names.singular);
    let one = labels::english(&spec.names.singular);
    [Label { zh: zh.clone(), en: uncapitalised(&one) }, Label { zh, en: labels::english(&spec.names.plural) }]
}

fn label(field: &FieldSpec) -> Label {
    let [zh, _] = &field.labels;
    let known = || labels::chinese(without_id(field));
    Label { zh: zh.clone().or_else(known), en: english(field) }
}

/// What the field is called in English.
pub(super) fn english(field: &FieldSpec) -> String {
    field.labels[1].clone().unwrap_or_else(|| labels::english(without_id(field)))
}

/// A relation is called as what it leads to: `user_id` is the user.
fn without_id(field: &FieldSpec) -> &str {
    let bare = field.name.strip_suffix("_id").filter(|_| field.form == FormKind::BelongsTo);
    bare.unwrap_or(&field.name)
}

/// The choices of a field with what they are called. A label given is Chinese when it has Chinese characters in it.
fn choices(field: &FieldSpec) -> impl Iterator<Item = (&str, Label)> {
    field.options.iter().map(|option| {
        let given = option.label.as_ref();
        let zh = given.filter(|label| label.chars().any(labels::is_chinese)).cloned();
        let en = given.filter(|_| zh.is_none()).cloned();
        let label = Label {
            zh: zh.or_else(|| labels::chinese(&labels::snake(&option.value))),
            en: en.unwrap_or_else(|| labels::english(&option.value)),
        };
        (option.value.as_str(), label)
    })
}

/// `blog_posts` in words: `blog posts`.
pub(super) fn words(name: &str) -> String {
    uncapitalised(&labels::english(name))
}

/// `an ecommerce`.
pub(super) fn with_article(words: &str) -> String {
    let vowel = words.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    format!("{} {words}", if vowel { "an" } else { "a" })
}

/// `Blog post` within a sentence; `SKU` stays.
fn uncapitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if !chars.clone().next().is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}
