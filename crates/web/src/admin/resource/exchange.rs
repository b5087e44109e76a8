//! Records as files: the filtered list taken out, many records brought in after a look at what would change.

use crate::admin::number::grouped;
use std::sync::Arc;

use askama::Template;
use axum::{
    body::{Body, Bytes},
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::IntoResponse,
};
use futures_util::StreamExt;
use puzi_resource::{Error, Field, Format, ImportReport, Kind, Labels, Problem, Record, Say};
use puzi_shop::texts::Locale;
use serde_json::{Map, Value};

use super::{
    address::Asked,
    cell::{self, Place},
    history::ChangeView,
    markup::Markup,
    reader::{self, Reader, Texts},
    visit::{Visit, failure, said},
};
use crate::admin::{
    error::{Answer, Failure},
    form::Form,
    shell::{Shell, page, page_with},
    toast::{Toast, redirect_with},
};

/// Lines of each kind that a report shows.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "admin/resource/import.html")]
struct ImportPage {
    shell: Shell,
    path: String,
    /// Name and label of each column that a file may have.
    columns: Vec<(&'static str, String)>,
    export: Option<String>,
    error: Option<String>,
    past: Vec<PastView>,
}

/// A file that was brought in before.
struct PastView {
    file: String,
    /// Unix ms.
    at: i64,
    applied: bool,
    undo: String,
}

#[derive(Template)]
#[template(path = "admin/resource/import_report.html")]
struct ReportPage {
    shell: Shell,
    path: String,
    file: String,
    apply: Option<String>,
    /// Lines that would be written, in figures.
    lines: String,
    counts: [(String, String, &'static str); 4],
    ignored: Option<String>,
    faulty: Vec<FaultyView>,
    changed: Vec<ChangedView>,
    new: Vec<NewView>,
    /// Heads of the table of new records.
    heads: Vec<String>,
    more: [Option<String>; 3],
}

struct FaultyView {
    line: u64,
    reasons: Vec<String>,
}

struct ChangedView {
    line: u64,
    id: i64,
    changes: Vec<ChangeView>,
}

struct NewView {
    line: u64,
    cells: Vec<(String, Markup)>,
}

/// `GET /admin/{resource}/export.csv`
pub(super) async fn csv(visit: Visit) -> Answer {
    export(&visit, Format::Csv)
}

/// `GET /admin/{resource}/export.xlsx`
pub(super) async fn xlsx(visit: Visit) -> Answer {
    export(&visit, Format::Xlsx)
}

fn export(visit: &Visit, format: Format) -> Answer {
    let resource = visit.resource();
    let query = visit.list_query(&Asked::read(&visit.query))?;
    let texts = visit.texts();
    let rows = visit.engine().export(resource, &visit.actor(), &query, format, Arc::new(texts)).map_err(failure)?;
    let day = jiff::Timestamp::now().to_zoned(visit.desk.zone.clone()).strftime("%Y-%m-%d").to_string();
    let name = format!("{}-{day}.{}", resource.name, format.extension());
    let shown = format!("{} {day}.{}", reader::many(&texts, resource), format.extension());
    let shown: String = url::form_urlencoded::byte_serialize(shown.as_bytes()).collect::<String>().replace('+', "%20");
    let disposition = format!("attachment; filename=\"{name}\"; filename*=UTF-8''{shown}");
    let disposition = HeaderValue::from_str(&disposition).map_err(|_| Failure::internal())?;
    let name = resource.name;
    let body = Body::from_stream(rows.inspect(move |row| {
        if let Err(error) = row {
            // The file is cut off: the browser notices, and the log says why.
            tracing::error!(%error, resource = name, "an export broke off");
        }
    }));
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(format.media_type())), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, body).into_response())
}

/// `GET /admin/{resource}/import`
pub(super) async fn ask(visit: Visit) -> Answer {
    ask_with(&visit, None).await
}

async fn ask_with(visit: &Visit, error: Option<String>) -> Answer {
    let (resource, texts) = (visit.resource(), visit.texts());
    let path = visit.face.path();
    let taken = resource.fields.iter().filter(|field| is_importable(field));
    let columns = taken.map(|field| (field.name, reader::label(&texts, resource, field.name))).collect();
    let past = visit.engine().imports(resource, &visit.actor()).await.map_err(failure)?;
    let past = past.into_iter().take(5).map(|row| PastView {
        applied: row.status == "applied",
        at: row.applied_at.unwrap_or(row.created_at),
        undo: format!("{path}/import/{}/undo", row.id),
        file: row.file,
    });
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = ImportPage {
        shell: frame(visit),
        columns,
        export: visit.may(puzi_resource::Verb::Export).then(|| format!("{path}/export.xlsx")),
        error,
        past: past.collect(),
        path,
    };
    page_with(status, &page)
}

fn frame(visit: &Visit) -> Shell {
    let many = reader::many(&visit.texts(), visit.resource());
    let title = visit.desk.ta("resource.import.title", &[("many", many.clone())]);
    Shell::new(&visit.app, &visit.desk, title.clone())
        .active(visit.resource().name)
        .crumb(many, visit.face.path().as_str())
        .crumb(title, None)
}

/// Whether a file may have a column of this field.
fn is_importable(field: &Field) -> bool {
    let taken = field.is_taken(true) || field.is_taken(false);
    taken
        && !field.secret
        && field.appears.api
        && !matches!(field.kind, Kind::Password | Kind::Inline(_) | Kind::Computed(_))
}

/// `POST /admin/{resource}/import`: looks at the file; nothing is changed.
pub(super) async fn check(visit: Visit, name: String, file: Bytes) -> Answer {
    let (resource, actor) = (visit.resource(), visit.actor());
    if file.is_empty() {
        return ask_with(&visit, Some(visit.desk.t("resource.import.missing"))).await;
    }
    // Whoever exported in one language may import in the other.
    let texts =
        [visit.desk.locale].into_iter().chain(Locale::ALL).map(|locale| Arc::new(Texts(locale)) as Arc<dyn Say>);
    let texts: Vec<_> = texts.collect();
    match visit.engine().import_check(resource, &actor, file, &name, &texts).await {
        Ok(report) => show(&visit, name, report).await,
        Err(error @ (Error::Invalid(_) | Error::Refused(..))) => {
            ask_with(&visit, Some(said(&visit.texts(), resource, &error))).await
        }
        Err(error) => Err(failure(error)),
    }
}

async fn show(visit: &Visit, file: String, report: ImportReport) -> Answer {
    let (resource, texts) = (visit.resource(), visit.texts());
    let labels = labels(visit, &report).await?;
    let reader = Reader::new(&visit.desk, resource, &labels);
    let written = report.new.len() + report.changed.len();
    let count = |key: &str, n: u64, tone| (visit.desk.t(key), grouped(n), tone);
    let more = |n: usize| {
        n.checked_sub(SHOWN)
            .filter(|n| *n > 0)
            .map(|n| visit.desk.ta("resource.import.more", &[("n", grouped(n as u64))]))
    };
    let fields: Vec<&Field> = report.columns.iter().filter_map(|name| resource.find(name)).collect();
    page(&ReportPage {
        shell: frame(visit),
        path: visit.face.path(),
        file,
        apply: report.id.map(|id| format!("{}/import/{id}/apply", visit.face.path())),
        lines: grouped(written as u64),
        counts: [
            count("resource.import.new", report.new.len() as u64, "good"),
            count("resource.import.changed", report.changed.len() as u64, "calm"),
            count("resource.import.same", report.same, "off"),
            count(
                "resource.import.faulty",
                report.faulty.len() as u64,
                if report.faulty.is_empty() { "off" } else { "bad" },
            ),
        ],
        ignored: (!report.ignored.is_empty()).then(|| report.ignored.join(&visit.desk.t("resource.comma"))),
        faulty: report
            .faulty
            .iter()
            .take(SHOWN)
            .map(|faulty| FaultyView {
                line: faulty.line,
                reasons: faulty.problems.iter().map(|problem| reason(&texts, visit, problem)).collect(),
            })
            .collect(),
        changed: report
            .changed
            .iter()
            .take(SHOWN)
            .map(|changed| ChangedView {
                line: changed.line,
                id: changed.id,
                changes: fields
                    .iter()
                    .filter(|field| changed.after.contains_key(field.name))
                    .map(|field| ChangeView {
                        label: reader.label(field),
                        before: Some(value(visit, field, &changed.before, &reader)),
                        after: Some(value(visit, field, &changed.after, &reader)),
                    })
                    .collect(),
            })
            .collect(),
        new: report
            .new
            .iter()
            .take(SHOWN)
            .map(|new| NewView {
                line: new.line,
                cells: fields
                    .iter()
                    .map(|field| (reader.label(field), value(visit, field, &new.after, &reader)))
                    .collect(),
            })
            .collect(),
        heads: fields.iter().map(|field| reader.label(field)).collect(),
        more: [more(report.faulty.len()), more(report.changed.len()), more(report.new.len())],
    })
}

/// Titles of the related records that the shown lines name.
async fn labels(visit: &Visit, report: &ImportReport) -> Result<Labels, Failure> {
    let new = report.new.iter().take(SHOWN).map(|new| &new.after);
    let changed = report.changed.iter().take(SHOWN).flat_map(|changed| [&changed.before, &changed.after]);
    let record = |values: &Map<String, Value>| Record { values: values.clone(), ..Record::default() };
    let records: Vec<Record> = new.chain(changed).map(record).collect();
    visit.engine().labels(visit.resource(), &visit.actor(), &records).await.map_err(failure)
}

fn value(visit: &Visit, field: &Field, values: &Map<String, Value>, reader: &Reader<'_>) -> Markup {
    let record = Record { values: values.clone(), ..Record::default() };
    cell::markup(&visit.face, field, &record, reader, Place::List)
}

fn reason(texts: &Texts, visit: &Visit, problem: &Problem) -> String {
    reader::message(texts, visit.resource(), problem)
}

/// `POST /admin/{resource}/import/{id}/apply`
pub(super) async fn apply(visit: Visit, _: Form) -> Answer {
    let path = visit.face.path();
    let id = visit.id()?;
    match visit.engine().import_apply(visit.resource(), &visit.actor(), id).await {
        Ok(applied) => {
            let args = [("new", grouped(applied.created)), ("changed", grouped(applied.changed))];
            let toast = Toast::done(visit.desk.ta("resource.import.applied", &args));
            Ok(redirect_with(&visit.desk, &path, &toast.undo(format!("{path}/import/{id}/undo"))))
        }
        Err(error) => visit.refused(error, &format!("{path}/import")),
    }
}

/// `POST /admin/{resource}/import/{id}/undo`
pub(super) async fn undo(visit: Visit, _: Form) -> Answer {
    let path = visit.face.path();
    match visit.engine().import_undo(visit.resource(), &visit.actor(), visit.id()?).await {
        Ok(_) => {
            let toast = Toast::done(visit.desk.t("resource.import.undone"));
            Ok(redirect_with(&visit.desk, &path, &toast))
        }
        Err(error) => visit.refused(error, &format!("{path}/import")),
    }
}
