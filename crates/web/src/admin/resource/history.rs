//! What happened to a record: who changed what, and when.

use puzi_resource::{Labels, Record, Resource, Say};
use puzi_shop::audit::{self, ActorKind, Recorded, Which};
use serde_json::{Map, Value};

use super::{
    cell::{self, Place},
    face::Face,
    markup::Markup,
    reader::{self, Reader, Texts},
    visit::{Visit, failure},
};
use crate::admin::error::Failure;

/// Rows on the page of a record; the rest is in the audit log.
const SHOWN: u64 = 20;

/// One row of the history.
pub(crate) struct HappenedView {
    pub(crate) who: String,
    /// Unix ms.
    pub(crate) at: i64,
    /// What was done, in words.
    pub(crate) what: String,
    pub(crate) changes: Vec<ChangeView>,
}

/// One field of a change.
pub(crate) struct ChangeView {
    pub(crate) label: String,
    /// None: there was nothing, for the record was new.
    pub(crate) before: Option<Markup>,
    pub(crate) after: Option<Markup>,
}

/// The latest changes of the record `id`.
pub(super) async fn of(visit: &Visit, id: i64) -> Result<Vec<HappenedView>, Failure> {
    let rows = rows(visit, id, SHOWN).await?;
    let resource = visit.resource();
    let records: Vec<Record> = rows.iter().flat_map(|row| [record(&row.before), record(&row.after)]).collect();
    let labels = visit.engine().labels(resource, &visit.actor(), &records).await.map_err(failure)?;
    Ok(rows.iter().map(|row| view(visit, row, &labels)).collect())
}

/// Who changed the record `id` last, and when (Unix ms).
pub(super) async fn latest(visit: &Visit, id: i64) -> Result<Option<(String, i64)>, Failure> {
    let row = rows(visit, id, 1).await?.into_iter().next();
    Ok(row.map(|row| (who(&visit.texts(), &row.actor), row.at)))
}

async fn rows(visit: &Visit, id: i64, limit: u64) -> Result<Vec<Recorded>, Failure> {
    let id = id.to_string();
    let which = Which { subject: Some((visit.resource().name, &id)), ..Which::default() };
    Ok(audit::list(&visit.app.db, which, limit).await?)
}

fn record(values: &Option<Value>) -> Record {
    let values = values.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    Record { values, ..Record::default() }
}

fn view(visit: &Visit, row: &Recorded, labels: &Labels) -> HappenedView {
    let (texts, resource) = (visit.texts(), visit.resource());
    let reader = Reader::new(&visit.desk, resource, labels);
    HappenedView {
        who: who(&texts, &row.actor),
        at: row.at,
        what: what(&texts, resource, &row.action),
        changes: changes(&visit.face, &reader, row),
    }
}

/// An actor's name, with what it is when it is no person in a browser.
pub(crate) fn who(texts: &Texts, actor: &audit::Actor) -> String {
    let key = match actor.kind {
        ActorKind::Staff => return actor.name.clone(),
        ActorKind::Token => "resource.history.token",
        ActorKind::Cli => "resource.history.cli",
        ActorKind::System => "resource.history.system",
    };
    texts.say(key, &[("name", actor.name.clone())])
}

/// What `accounts.edit` is called.
fn what(texts: &Texts, resource: &Resource, action: &str) -> String {
    let verb = action.rsplit('.').next().unwrap_or(action);
    let told = texts.find(&format!("resource.history.{verb}")).or_else(|| texts.find(&format!("audit.verbs.{verb}")));
    told.unwrap_or_else(|| reader::action(texts, resource, verb))
}

/// The fields that differ, as far as the resource declares them and shows them.
fn changes(face: &Face, reader: &Reader<'_>, row: &Recorded) -> Vec<ChangeView> {
    let (before, after) = (record(&row.before), record(&row.after));
    let has = |values: &Map<String, Value>, name: &str| values.get(name).is_some_and(|value| !value.is_null());
    let shown =
        face.resource().fields.iter().filter(|field| !field.secret && !field.kind.word().starts_with("computed"));
    let changed = shown.filter(|field| {
        let known = has(&before.values, field.name) || has(&after.values, field.name);
        known && before.values.get(field.name) != after.values.get(field.name)
    });
    let side = |whole: &Option<Value>, record: &Record, field| {
        whole.as_ref().map(|_| cell::markup(face, field, record, reader, Place::List))
    };
    changed
        .map(|field| ChangeView {
            label: reader.label(field),
            before: side(&row.before, &before, field),
            after: side(&row.after, &after, field),
        })
        .collect()
}
