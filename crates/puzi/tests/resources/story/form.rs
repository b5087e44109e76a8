//! Steps with forms and the page of a record.

use puzi_resource::{Field, Kind, Labels, Options, Record, Rule, Say, reading};
use puzi_web::Page;
use serde_json::{Map, Value};

use super::{
    made::refers_to,
    page,
    telling::{Known, Telling},
    wrong::Wrong,
};

impl Telling {
    /// Fills the form of a new record in, as a browser does, files with it.
    pub(super) async fn made_by_form(&self) -> Known {
        let (path, before) = (self.path(), self.stored().await);
        let form = self.owner.page(&format!("{path}/new")).await;
        for field in self.r.fields.iter().filter(|field| field.is_taken(true)) {
            self.has_input(&form, field, true);
        }
        let (draft, found) = self.drafted().await;
        let mut pairs = self.making(&self.r, &found).pairs(&draft.values);
        pairs.push(("_back".into(), page::hidden(&form, "_back")));
        let made = if draft.files.is_empty() {
            self.owner.post(&path, &pairs).await
        } else {
            self.owner.post_files(&path, &pairs, &draft.files).await
        };
        let made = made.must_be(303, &format!("the form with {:?}", draft.values));
        let id = made.location().trim_start_matches(&format!("{path}/")).split('?').next().unwrap().parse();
        let id = id.unwrap_or_else(|_| panic!("the form leads to {}", made.location()));
        assert_eq!(self.stored().await, before + 1, "one record is made");
        let mut values = draft.values;
        if !draft.files.is_empty() {
            let read = self.token.get(&format!("{}/{id}", self.api())).await.must_be(200, "the record").json();
            for field in self.r.fields.iter().filter(|field| matches!(field.kind, Kind::Image(_) | Kind::File(_))) {
                values.insert(field.name.to_owned(), read[field.name].clone());
            }
        }
        Known { id, values }
    }

    /// The form has an input of this name, and a second one where the value is to be repeated.
    fn has_input(&self, form: &str, field: &Field, new: bool) {
        let name = field.name;
        assert!(form.contains(&format!("data-field=\"{name}\"")), "{name} has no place in the form");
        let named = match &field.kind {
            Kind::Image(_) | Kind::File(_) => format!("name=\"{name}.file\""),
            Kind::Inline(_) => format!("name=\"{name}."),
            Kind::MultiSelect(_) | Kind::Many(_) => format!("name=\"_has.{name}\""),
            _ => format!("name=\"{name}\""),
        };
        assert!(form.contains(&named), "{name} has no input {named} in the form");
        let again = format!("name=\"{name}_confirmation\"");
        let twice = field.rules.iter().any(|rule| matches!(rule, Rule::Confirmed));
        assert!(!twice || form.contains(&again), "{name} cannot be repeated: no {again} in the form (new: {new})");
    }

    /// The page of the record shows what was typed.
    pub(super) async fn shown(&self, known: &Known) {
        let html = self.owner.page(&format!("{}/{}", self.path(), known.id)).await;
        for field in self.r.fields.iter().filter(|field| field.appears.show && !field.secret) {
            let shown = page::unescaped(page::shown(&html, field.name));
            let Some(value) = known.values.get(field.name) else { continue };
            let expected = match self.story.shows.get(field.name) {
                Some(text) => vec![text.clone()],
                None => self.reads(field, value),
            };
            for text in expected {
                assert!(shown.contains(&text), "{} reads {:?}, not {text:?}", field.name, page::without_tags(&shown));
            }
        }
        for field in self.r.fields.iter().filter(|field| field.secret || matches!(field.kind, Kind::Password)) {
            let secret = known.values.get(field.name).and_then(Value::as_str).unwrap_or_default();
            assert!(secret.is_empty() || !html.contains(secret), "{} stands on the page", field.name);
        }
    }

    /// What the page of a record has of a value, in English.
    fn reads(&self, field: &Field, value: &Value) -> Vec<String> {
        let entries = || value.as_array().into_iter().flatten();
        match &field.kind {
            _ if super::rules::is_empty(value) => Vec::new(),
            Kind::Computed(_) | Kind::Password => Vec::new(),
            Kind::DateTime => {
                let machine = jiff::Timestamp::from_millisecond(value.as_i64().unwrap()).unwrap();
                vec![format!("datetime=\"{machine}\"")]
            }
            Kind::BelongsTo(relation) => vec![format!("href=\"/admin/{}/{value}\"", relation.resource)],
            Kind::Many(many) => entries().map(|id| format!("href=\"/admin/{}/{id}\"", many.resource)).collect(),
            Kind::Image(_) | Kind::File(_) => {
                entries().map(|key| format!("/admin/uploads/{}", key.as_str().unwrap())).collect()
            }
            Kind::Select(Options::Fixed(_)) | Kind::Radio(Options::Fixed(_)) => {
                vec![self.en.option(&self.r, field.name, value.as_str().unwrap())]
            }
            Kind::MultiSelect(Options::Fixed(_)) => {
                entries().map(|word| self.en.option(&self.r, field.name, word.as_str().unwrap())).collect()
            }
            Kind::Boolean => vec![self.en.say(if value == &Value::Bool(true) { "rules.yes" } else { "rules.no" }, &[])],
            Kind::Json => vec![serde_json::to_string_pretty(value).unwrap()],
            Kind::Inline(rows) => {
                let cells = entries().flat_map(|row| rows.fields.iter().map(move |inner| (inner, &row[inner.name])));
                cells.flat_map(|(inner, value)| self.reads(inner, value)).collect()
            }
            Kind::Select(_) | Kind::Radio(_) | Kind::MultiSelect(_) => Vec::new(),
            _ => {
                let record =
                    Record { values: Map::from_iter([(field.name.to_owned(), value.clone())]), ..Record::default() };
                vec![reading::read(&self.r, field, &record, &self.en, self.zone(), &Labels::default())]
            }
        }
    }

    /// Everything that a rule forbids comes back with a message beside its field, from the form and from the API, and
    /// nothing is stored.
    pub(super) async fn refused(&self, first: &Known) {
        let (draft, found) = self.drafted().await;
        let values = self.with_uploads(&self.r, &draft).await;
        let making = self.making(&self.r, &found);
        let wrongs = Wrong::all(self, &making, first, &values);
        let before = self.stored().await;
        for wrong in &wrongs {
            self.refused_by_form(wrong, &making.pairs(&wrong.without(&values))).await;
            assert_eq!(self.stored().await, before, "{wrong}: a record is made by the form");
            self.refused_by_api(wrong, &values).await;
            assert_eq!(self.stored().await, before, "{wrong}: a record is made by the API");
        }
    }

    async fn refused_by_form(&self, wrong: &Wrong<'_>, rest: &[(String, String)]) {
        if !self.has(Page::New) {
            return;
        }
        let pairs = [rest, &wrong.pairs()].concat();
        let answer = match &wrong.upload {
            Some(file) => self.owner.post_files(&self.path(), &pairs, std::slice::from_ref(file)).await,
            None => self.owner.post(&self.path(), &pairs).await,
        };
        let errors = page::errors(&answer.must_be(422, &format!("{wrong}: the form")).text);
        let fields: Vec<_> = errors.iter().map(|(field, _)| field.as_str()).collect();
        self.names_only(wrong, &fields);
        let message = &errors.iter().find(|(field, _)| field == wrong.field.name).unwrap().1;
        assert!(!message.starts_with("rules."), "{wrong}: {message} is no text");
    }

    /// The field at fault is named, and no other but those whose rules look at it.
    pub(super) fn names_only(&self, wrong: &Wrong<'_>, fields: &[&str]) {
        let name = wrong.field.name;
        assert!(fields.contains(&name), "{wrong}: no message is beside the field, but beside {fields:?}");
        for other in fields.iter().filter(|other| **other != name) {
            let looks = self.r.find(other).is_some_and(|field| refers_to(field).contains(&name));
            assert!(looks, "{wrong}: {other} has a message, too");
        }
    }

    /// Changes every field in the form; then sends the form as it was opened before.
    pub(super) async fn edited(&self, known: &Known) {
        let record = format!("{}/{}", self.path(), known.id);
        let form = self.owner.page(&format!("{record}/edit")).await;
        let fields: Vec<&Field> = self.r.fields.iter().filter(|field| field.is_taken(false)).collect();
        for field in &fields {
            self.has_input(&form, field, false);
        }
        let found = self.found(&self.r, vec![self.r.name]).await;
        let making = self.making(&self.r, &found);
        let draft = making.draft(&self.without_hopeless(&fields, &found), self.serial());
        let values = self.with_uploads(&self.r, &draft).await;
        let mut pairs = making.pairs(&values);
        for name in ["_version", "_base", "_back"] {
            if form.contains(&format!("name=\"{name}\"")) {
                pairs.push((name.into(), page::hidden(&form, name)));
            }
        }
        self.owner.post(&record, &pairs).await.must_be(303, &format!("the form with {values:?}"));
        self.shown_or_read(&Known { id: known.id, values: values.clone() }).await;

        if !self.r.is_versioned() {
            return;
        }
        let late = making.draft(&self.without_hopeless(&fields, &found), self.serial());
        let mut late = making.pairs(&self.with_uploads(&self.r, &late).await);
        late.extend(pairs.into_iter().filter(|(name, _)| name.starts_with('_') && !name.starts_with("_has.")));
        self.owner.post(&record, &late).await.must_be(409, "the form of a version that is no more");
        self.shown_or_read(&Known { id: known.id, values }).await;
    }

    async fn shown_or_read(&self, known: &Known) {
        if self.has(Page::Show) {
            self.shown(known).await;
        }
        self.read_by_api(known).await;
    }
}
