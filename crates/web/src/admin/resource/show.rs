//! The page of one record.

use askama::Template;
use puzi_resource::{Kind, Record, Verb};

use super::{
    address,
    cell::{self, Place},
    face::Rendering,
    form::may_edit,
    history::{self, HappenedView},
    list::ActionView,
    markup::Markup,
    reader::{self, Reader},
    visit::{Visit, failure, html},
};
use crate::admin::{error::Answer, shell::Shell};

/// The page.
#[derive(Template)]
#[template(path = "admin/resource/show.html")]
pub(crate) struct ShowPage {
    pub(crate) shell: Shell,
    pub(crate) show: ShowView,
    /// The record itself, for a template of one's own.
    pub(crate) record: Record,
}

/// What the page shows.
pub(crate) struct ShowView {
    pub(crate) id: i64,
    /// Where this record's pages lie.
    pub(crate) path: String,
    pub(crate) fields: Vec<ShownField>,
    /// Buttons at the top.
    pub(crate) actions: Vec<ActionView>,
    /// Buttons apart.
    pub(crate) danger: Vec<ActionView>,
    pub(crate) edit: Option<String>,
    pub(crate) duplicate: Option<String>,
    pub(crate) delete: bool,
    pub(crate) delete_question: String,
    /// A deletion can be taken back.
    pub(crate) soft: bool,
    pub(crate) restore: bool,
    /// When it was deleted, Unix ms.
    pub(crate) deleted: Option<i64>,
    /// Where to go back to.
    pub(crate) back: String,
    pub(crate) history: Vec<HappenedView>,
    /// The account it belongs to, when one works in another: its number and name.
    pub(crate) elsewhere: Option<(i64, String)>,
}

/// A field in its reading form.
pub(crate) struct ShownField {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) html: Markup,
    /// Takes the whole width: long texts, tables, pictures.
    pub(crate) wide: bool,
    /// What a button beside it copies.
    pub(crate) copy: Option<String>,
}

/// `GET /admin/{resource}/{id}`
pub(super) async fn page(visit: Visit) -> Answer {
    let (resource, actor, id) = (visit.resource(), visit.actor(), visit.id()?);
    let record = visit.engine().get(resource, &actor, id).await.map_err(failure)?;
    let labels = visit.engine().labels(resource, &actor, std::slice::from_ref(&record)).await.map_err(failure)?;
    let reader = Reader::new(&visit.desk, resource, &labels);
    let shown = resource.fields.iter().filter(|field| field.appears.show && !field.secret);
    let is_empty = |field: &puzi_resource::Field| match record.get(field.name) {
        serde_json::Value::Null => true,
        serde_json::Value::String(text) => text.is_empty(),
        serde_json::Value::Array(all) => all.is_empty(),
        _ => false,
    };
    let fields = shown.map(|field| ShownField {
        name: field.name,
        label: reader.label(field),
        html: cell::markup(&visit.face, field, &record, &reader, Place::Page),
        wide: matches!(field.kind, Kind::RichText | Kind::Json | Kind::Inline(_) | Kind::Image(_)) && !is_empty(field),
        copy: matches!(field.kind, Kind::Email | Kind::Phone | Kind::Url)
            .then(|| record.text(field.name).to_owned())
            .filter(|text| !text.is_empty()),
    });
    let show = view(&visit, &record, fields.collect(), history::of(&visit, id).await?);
    let title = resource.title_of(&record);
    let list = if show.back.starts_with(&visit.face.path()) { show.back.clone() } else { visit.face.path() };
    let shell = Shell::new(&visit.app, &visit.desk, title.clone())
        .active(resource.name)
        .crumb(reader::many(&visit.texts(), resource), list.as_str())
        .crumb(title, None);
    let page = ShowPage { shell, show, record };
    html(visit.face.write(&Rendering::Show(&page), || page.render())?)
}

/// The account that the record belongs to, when one works in another.
fn elsewhere(visit: &Visit, record: &Record) -> Option<(i64, String)> {
    let account = record.number(visit.resource().partition_field()?.name)?;
    let other = visit.desk.view.one().is_some_and(|chosen| chosen != account);
    let live = visit.desk.live(&visit.app, account).ok().filter(|_| other)?;
    Some((account, live.account.name.clone()))
}

fn view(visit: &Visit, record: &Record, fields: Vec<ShownField>, history: Vec<HappenedView>) -> ShowView {
    let resource = visit.resource();
    let path = format!("{}/{}", visit.face.path(), record.id);
    let back = visit.back_or_list();
    let living = record.deleted_at.is_none();
    let may = |verb| visit.may(verb);
    let own = resource.actions.iter().filter(|action| living && reader::may_run(&visit.desk, resource, action));
    let own = own.map(|action| ActionView {
        name: action.name.to_owned(),
        label: reader::action(&visit.texts(), resource, action.name),
        danger: action.danger,
        confirm: action.confirm,
        question: reader::asked(&visit.texts(), resource, action.name, "one"),
        to: None,
    });
    let (danger, actions) = own.partition(|action| action.danger);
    let to = |page: &str| address::carrying(&format!("{path}/{page}"), &back);
    ShowView {
        id: record.id,
        fields,
        actions,
        danger,
        edit: may_edit(visit, record).then(|| to("edit")),
        duplicate: (living && may(Verb::Create)).then(|| to("duplicate")),
        delete: living && may(Verb::Delete),
        delete_question: reader::question(&visit.texts(), resource, Verb::Delete.word(), "1"),
        soft: resource.offers(Verb::Restore),
        restore: !living && may(Verb::Restore),
        deleted: record.deleted_at,
        back,
        history,
        elsewhere: elsewhere(visit, record),
        path,
    }
}
