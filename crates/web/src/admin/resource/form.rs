//! The form of a record: new, changed, copied.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use puzi_resource::{Error, Field, Input, Kind, Options, Problem, Record};

use super::{
    address,
    base::Base,
    conflict,
    face::{Page, Rendering},
    field::{FieldView, Found, Maker},
    reader,
    sent::has_files,
    visit::{Visit, failure, html_with, said},
};
use crate::admin::{
    error::{Answer, Failure},
    form::Form,
    shell::Shell,
    toast::{Toast, redirect_with},
};

/// Choices that one search brings.
const FOUND: usize = 20;

/// The page.
#[derive(Template)]
#[template(path = "admin/resource/form.html")]
pub(crate) struct FormPage {
    pub(crate) shell: Shell,
    pub(crate) form: FormView,
}

/// The form.
pub(crate) struct FormView {
    /// Where it is sent to.
    pub(crate) action: String,
    pub(crate) new: bool,
    /// It brings its files along.
    pub(crate) files: bool,
    pub(crate) fields: Vec<FieldView>,
    /// The version that the person saw.
    pub(crate) version: Option<i64>,
    /// Fingerprints of what the person saw.
    pub(crate) base: String,
    /// Where to go back to.
    pub(crate) back: String,
    /// Where giving up leads.
    pub(crate) cancel: String,
    /// What is wrong and belongs to no field shown.
    pub(crate) notes: Vec<String>,
    /// How many fields are wrong, in words.
    pub(crate) wrong: Option<String>,
    /// A line above the form.
    pub(crate) about: Option<String>,
}

/// What a form begins with.
struct Start {
    record: Record,
    new: bool,
    about: Option<String>,
}

/// `GET /admin/{resource}/new`
pub(super) async fn new(visit: Visit) -> Answer {
    let mut record = visit.engine().draft(visit.resource(), &visit.actor()).await.map_err(failure)?;
    if let (Some(field), Some(account)) = (visit.resource().partition_field(), visit.desk.account) {
        // It begins in the account that one works in.
        record.set(field.name, account);
    }
    show(&visit, Start { record, new: true, about: None }, None, Vec::new()).await
}

/// `GET /admin/{resource}/{id}/duplicate`
pub(super) async fn duplicate(visit: Visit) -> Answer {
    let (resource, actor, id) = (visit.resource(), visit.actor(), visit.id()?);
    let original = visit.engine().get(resource, &actor, id).await.map_err(failure)?;
    let record = visit.engine().duplicate(resource, &actor, id).await.map_err(failure)?;
    let about = visit.desk.ta("resource.form.copy_of", &[("title", resource.title_of(&original))]);
    show(&visit, Start { record, new: true, about: Some(about) }, None, Vec::new()).await
}

/// `GET /admin/{resource}/{id}/edit`
pub(super) async fn edit(visit: Visit) -> Answer {
    let record = visit.engine().get(visit.resource(), &visit.actor(), visit.id()?).await.map_err(failure)?;
    if record.deleted_at.is_some() {
        return Err(Failure::not_found());
    }
    show(&visit, Start { record, new: false, about: None }, None, Vec::new()).await
}

/// `POST /admin/{resource}`
pub(super) async fn create(visit: Visit, form: Form) -> Answer {
    let (resource, actor) = (visit.resource(), visit.actor());
    let input = Input::from_pairs(form.values().to_vec());
    let start = async || {
        let record = visit.engine().draft(resource, &actor).await.map_err(failure)?;
        Ok::<_, Failure>(Start { record, new: true, about: None })
    };
    if only_rearranges(&form) || !form.is_fine() {
        return show(&visit, start().await?, Some((&form, &input)), Vec::new()).await;
    }
    match visit.engine().create(resource, &actor, &input).await {
        Ok(record) => done(&visit, &form, &record, "resource.done.create"),
        Err(Error::Invalid(problems)) => show(&visit, start().await?, Some((&form, &input)), problems).await,
        Err(error @ Error::Refused(..)) => refused(&visit, start().await?, &form, &input, &error).await,
        Err(error) => Err(failure(error)),
    }
}

/// `POST /admin/{resource}/{id}`
pub(super) async fn update(visit: Visit, form: Form) -> Answer {
    let (resource, actor, id) = (visit.resource(), visit.actor(), visit.id()?);
    let form = conflict::settled(form);
    let input = Input::from_pairs(form.values().to_vec());
    let version = form.value("_version").parse().ok();
    let start = async || {
        let mut record = visit.engine().get(resource, &actor, id).await.map_err(failure)?;
        // What this person saw: the form that comes back must not overwrite what came between.
        record.version = version.or(record.version);
        Ok::<_, Failure>(Start { record, new: false, about: None })
    };
    if only_rearranges(&form) || !form.is_fine() {
        return show(&visit, start().await?, Some((&form, &input)), Vec::new()).await;
    }
    match visit.engine().update(resource, &actor, id, version, &input).await {
        Ok(record) => done(&visit, &form, &record, "resource.done.edit"),
        Err(Error::Conflict(_)) => {
            let current = visit.engine().get(resource, &actor, id).await.map_err(failure)?;
            conflict::page(&visit, current, &form, &input).await
        }
        Err(Error::Invalid(problems)) => show(&visit, start().await?, Some((&form, &input)), problems).await,
        Err(error @ Error::Refused(..)) => refused(&visit, start().await?, &form, &input, &error).await,
        Err(error) => Err(failure(error)),
    }
}

/// Whether a button was used that only changes the form: an inline row more, a search among choices.
fn only_rearranges(form: &Form) -> bool {
    form.has("_add") || form.has("_search")
}

/// To the record, which tells that it is saved.
fn done(visit: &Visit, form: &Form, record: &Record, key: &str) -> Answer {
    let resource = visit.resource();
    let args = [("title", resource.title_of(record)), ("one", reader::one(&visit.texts(), resource))];
    let toast = Toast::done(visit.desk.ta(key, &args));
    let to = visit.record_path(record.id, address::back(form.value("_back")));
    Ok(redirect_with(&visit.desk, &to, &toast))
}

async fn refused(visit: &Visit, start: Start, form: &Form, input: &Input, error: &Error) -> Answer {
    let text = said(&visit.texts(), visit.resource(), error);
    write(visit, start, Some((form, input)), Vec::new(), vec![text]).await
}

async fn show(visit: &Visit, start: Start, typed: Option<(&Form, &Input)>, problems: Vec<Problem>) -> Answer {
    let messages = problems
        .iter()
        .map(|problem| (problem.field.clone(), reader::message(&visit.texts(), visit.resource(), problem)));
    // A file that was refused before the rest was looked at.
    let files = typed.map(|(form, _)| form.problems().to_vec()).unwrap_or_default();
    write(visit, start, typed, files.into_iter().chain(messages).collect(), Vec::new()).await
}

/// Writes the form with what was typed and what is wrong.
async fn write(
    visit: &Visit,
    start: Start,
    typed: Option<(&Form, &Input)>,
    problems: Vec<(String, String)>,
    mut notes: Vec<String>,
) -> Answer {
    let resource = visit.resource();
    let fields: Vec<&Field> = resource.fields.iter().filter(|field| is_in_form(field, start.new)).collect();
    let in_form = |name: &str| fields.iter().any(|field| name.split('.').next() == Some(field.name));
    let (problems, elsewhere): (Vec<_>, Vec<_>) = problems.into_iter().partition(|(name, _)| in_form(name));
    notes.extend(elsewhere.into_iter().map(|(_, message)| message));
    let views = views(visit, &start, typed, &fields, &problems).await?;
    let fine = problems.is_empty() && notes.is_empty();
    let wrong =
        (!problems.is_empty()).then(|| visit.desk.ta("resource.form.wrong", &[("n", problems.len().to_string())]));
    let sent = |name: &str| typed.map(|(form, _)| form.value(name).to_owned()).filter(|value| !value.is_empty());
    let back = sent("_back").and_then(|back| address::back(&back).map(str::to_owned)).or_else(|| visit.back());
    let back = back.unwrap_or_else(|| visit.face.path());
    let form = FormView {
        action: if start.new { visit.face.path() } else { format!("{}/{}", visit.face.path(), start.record.id) },
        new: start.new,
        files: has_files(resource),
        version: start.record.version.filter(|_| !start.new && resource.is_versioned()),
        base: sent("_base").unwrap_or_else(|| Base::of(&fields, &start.record, &visit.desk.zone).to_string()),
        cancel: if start.new { back.clone() } else { visit.record_path(start.record.id, Some(&back)) },
        back,
        fields: views,
        notes,
        wrong,
        about: start.about.clone(),
    };
    let page = FormPage { shell: frame(visit, &start, &form.back), form };
    let status = if fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    html_with(status, visit.face.write(&Rendering::Form(&page), || page.render())?)
}

fn frame(visit: &Visit, start: &Start, back: &str) -> Shell {
    let (texts, resource) = (visit.texts(), visit.resource());
    let one = ("one", reader::one(&texts, resource));
    let title = if start.new {
        visit.desk.ta("resource.form.new", &[one])
    } else {
        visit.desk.ta("resource.form.edit", &[one, ("title", resource.title_of(&start.record))])
    };
    let list = if back.starts_with(&visit.face.path()) { back } else { &visit.face.path() };
    let shell = Shell::new(&visit.app, &visit.desk, title.clone()).active(resource.name);
    let shell = shell.crumb(reader::many(&texts, resource), list);
    if start.new {
        return shell.crumb(title, None);
    }
    let record = visit.record_path(start.record.id, Some(back));
    shell.crumb(resource.title_of(&start.record), record.as_str()).crumb(visit.desk.t("resource.actions.edit"), None)
}

/// What the form takes, and what it only shows.
pub(super) fn is_in_form(field: &Field, new: bool) -> bool {
    field.is_taken(new) || (!new && matches!(field.kind, Kind::Computed(_)) && field.appears.show)
}

async fn views(
    visit: &Visit,
    start: &Start,
    typed: Option<(&Form, &Input)>,
    fields: &[&Field],
    problems: &[(String, String)],
) -> Result<Vec<FieldView>, Failure> {
    let (resource, actor) = (visit.resource(), visit.actor());
    let labelled = with_typed(&start.record, fields, typed);
    let labels = visit.engine().labels(resource, &actor, std::slice::from_ref(&labelled)).await.map_err(failure)?;
    let maker = Maker {
        face: &Arc::clone(&visit.face),
        texts: visit.texts(),
        zone: &visit.desk.zone,
        record: &start.record,
        input: typed.map(|(_, input)| input),
        problems,
        labels: &labels,
        new: start.new,
    };
    let mut views = Vec::with_capacity(fields.len());
    for field in fields {
        if !field.is_taken(start.new) {
            views.push(maker.shown(field));
            continue;
        }
        let found = found(visit, &actor, field, typed.map(|(form, _)| form)).await?;
        let mut view = maker.field(field, found)?;
        let grows = typed.is_some_and(|(form, _)| form.value("_add") == field.name);
        if let (Kind::Inline(inline), true) = (&field.kind, grows) {
            let at = view.rows.len().to_string();
            view.rows.push(maker.empty_row(field.name, &inline.fields, &at)?);
            // The control was written before the row came.
            view = view.rewritten(&visit.face)?;
        }
        views.push(view);
    }
    let nothing_wrong = !views.iter().any(|view| view.focus);
    let first = views.iter().position(|view| start.new && !view.readonly && !view.group);
    if let Some(at) = first.filter(|_| nothing_wrong) {
        let mut view = views.remove(at);
        view.focus = true;
        views.insert(at, view.rewritten(&visit.face)?);
    }
    Ok(views)
}

/// The record with the relations that were typed, so that their titles are asked for.
fn with_typed(record: &Record, fields: &[&Field], typed: Option<(&Form, &Input)>) -> Record {
    let mut record = record.clone();
    let Some((_, input)) = typed else { return record };
    for field in fields.iter().filter(|field| input.has(field.name)) {
        let ids: Vec<i64> = input.raw_all(field.name).iter().filter_map(|id| id.parse().ok()).collect();
        match &field.kind {
            Kind::BelongsTo(_) => record.set(field.name, ids.last().copied()),
            Kind::Many(_) => record.set(field.name, ids),
            _ => {}
        }
    }
    record
}

/// The choices of a field that has to ask for them.
async fn found(
    visit: &Visit,
    actor: &puzi_resource::Actor,
    field: &Field,
    form: Option<&Form>,
) -> Result<Found, Failure> {
    let asks = matches!(field.kind, Kind::BelongsTo(_) | Kind::Many(_))
        || matches!(field.kind.options(), Some(Options::Asked(_)));
    if !asks {
        return Ok(Found::default());
    }
    let find = form.map(|form| form.trimmed(&format!("_find.{}", field.name))).unwrap_or_default();
    match visit.engine().options(visit.resource(), actor, field.name, &find).await {
        Ok(choices) => {
            let more = choices.len() >= FOUND || !find.is_empty();
            Ok(Found { more, find: Some(find).filter(|find| !find.is_empty()), choices })
        }
        // Who may not see the other records keeps what is chosen.
        Err(Error::Forbidden(_)) => Ok(Found::default()),
        Err(error) => Err(failure(error)),
    }
}

/// Whether this person may change the record.
pub(super) fn may_edit(visit: &Visit, record: &Record) -> bool {
    record.deleted_at.is_none() && visit.opens(Page::Edit)
}
