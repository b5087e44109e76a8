//! What is done with records besides editing them: one at a time, several chosen, all that match.

use crate::admin::number::grouped;
use askama::Template;
use puzi_resource::{Done, Error, ListQuery, Say, Verb};

use super::{
    address::{self, Asked},
    reader,
    visit::{Visit, failure, list_query},
};
use crate::admin::{
    desk::Desk,
    error::{Answer, Failure},
    form::Form,
    shell::{Shell, page},
    toast::{Toast, redirect_with},
};

/// The most records that one bulk action works on.
const AT_MOST: usize = 1_000;
/// Records whose titles a question names.
const NAMED: usize = 10;
/// The most records whose deletion the toast can take back: their numbers are in its address.
const UNDOABLE: usize = 100;

#[derive(Template)]
#[template(path = "admin/resource/confirm.html")]
struct ConfirmPage {
    shell: Shell,
    question: String,
    /// The records by name, and how many more there are.
    titles: Vec<String>,
    more: Option<String>,
    action: String,
    /// Everything that was sent, to be sent again.
    fields: Vec<(String, String)>,
    button: String,
    danger: bool,
    /// It cannot be taken back.
    final_: bool,
    back: String,
}

/// `POST /admin/{resource}/{id}/delete`
pub(super) async fn delete(visit: Visit, form: Form) -> Answer {
    let id = visit.id()?;
    one(&visit, Verb::Delete.word(), id, &form).await
}

/// `POST /admin/{resource}/{id}/restore`
pub(super) async fn restore(visit: Visit, form: Form) -> Answer {
    let id = visit.id()?;
    one(&visit, Verb::Restore.word(), id, &form).await
}

/// `POST /admin/{resource}/{id}/do/{action}`: the route of each action names it.
pub(super) async fn act(visit: Visit, action: &'static str, form: Form) -> Answer {
    let id = visit.id()?;
    one(&visit, action, id, &form).await
}

async fn one(visit: &Visit, action: &str, id: i64, form: &Form) -> Answer {
    let back = address::back(form.value("_back")).map(str::to_owned);
    let list = back.clone().filter(|back| back.starts_with(&visit.face.path())).unwrap_or_else(|| visit.face.path());
    let record = visit.record_path(id, back.as_deref());
    // What is gone has no page to come back to.
    let deletes = action == Verb::Delete.word();
    let after = if deletes { list.clone() } else { record.clone() };
    let target = format!(
        "{}/{id}/{}",
        visit.face.path(),
        match action {
            "delete" | "restore" => action.to_owned(),
            other => format!("do/{other}"),
        }
    );
    run(visit, action, &[id], form, &target, [&after, &list, &record]).await
}

/// `POST /admin/{resource}/bulk`: what to do and with which records, in the form or in the address.
pub(super) async fn bulk(visit: Visit, form: Form) -> Answer {
    let given = |name: &str| match form.value(name) {
        "" => address::of_query(&visit.query, name).unwrap_or_default(),
        value => value.to_owned(),
    };
    let action = given("action");
    let back = address::back(&given("_back")).map_or_else(|| visit.face.path(), str::to_owned);
    let mut lists = form.all("ids");
    lists.extend(address::of_query(&visit.query, "ids"));
    let ids = match chosen(&visit.desk, &given("all"), &given("_selection"), &lists)? {
        Chosen::These(mut ids) => {
            ids.truncate(AT_MOST);
            ids
        }
        Chosen::All(query) => match all_that_match(&visit, query).await? {
            Some(ids) => ids,
            None => {
                let text = visit.desk.ta("resource.bulk.too_many", &[("n", grouped(AT_MOST as u64))]);
                return Ok(redirect_with(&visit.desk, &back, &Toast::error(text)));
            }
        },
    };
    if ids.is_empty() {
        let toast = Toast::warning(visit.desk.t("resource.bulk.none"));
        return Ok(redirect_with(&visit.desk, &back, &toast));
    }
    let target = format!("{}/bulk", visit.face.path());
    run(&visit, &action, &ids, &form, &target, [&back, &back, &back]).await
}

/// Which records of a list were chosen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Chosen {
    /// These row numbers, sorted. Whether they are there and this person's is to be asked.
    These(Vec<i64>),
    /// All that match, with the account that the list was narrowed to.
    All(ListQuery),
}

impl Chosen {
    /// Reads what a button of [`super::Face::bulk_to`] posts.
    ///
    /// # Errors
    /// For a selection that is none.
    pub(crate) fn read(desk: &Desk, form: &Form) -> Result<Self, Failure> {
        chosen(desk, form.value("all"), form.value("_selection"), &form.all("ids"))
    }
}

fn chosen(desk: &Desk, all: &str, selection: &str, ids: &[String]) -> Result<Chosen, Failure> {
    if all == "1" {
        return Ok(Chosen::All(list_query(desk, &Asked::read(selection).selection())?));
    }
    let mut ids: Vec<i64> = ids.iter().flat_map(|list| list.split(',')).filter_map(|id| id.parse().ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(Chosen::These(ids))
}

/// The row numbers of all records that a selection matches; none when they are too many.
async fn all_that_match(visit: &Visit, mut query: ListQuery) -> Result<Option<Vec<i64>>, Failure> {
    query.size = Some(200);
    let mut ids = Vec::new();
    loop {
        let page = visit.engine().list(visit.resource(), &visit.actor(), &query).await.map_err(failure)?;
        ids.extend(page.records.iter().map(|record| record.id));
        if ids.len() > AT_MOST || (ids.len() == AT_MOST && page.next.is_some()) {
            return Ok(None);
        }
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(Some(ids)),
        }
    }
}

/// Runs `action` on `ids`, asking first where it must. It leads to the page `after`; to the one `without` when the record
/// is no longer among those that are seen; when it is refused, to `refused_at`.
async fn run(
    visit: &Visit,
    action: &str,
    ids: &[i64],
    form: &Form,
    target: &str,
    [after, without, refused_at]: [&str; 3],
) -> Answer {
    let resource = visit.resource();
    if asks(visit, action, ids.len()) && form.value("confirmed") != "1" {
        return confirm(visit, action, ids, form, target, refused_at).await;
    }
    match visit.engine().act(resource, &visit.actor(), action, ids).await {
        Ok(done) => {
            let after = if is_gone(visit, ids).await { without } else { after };
            Ok(redirect_with(&visit.desk, after, &told(visit, action, ids, &done)))
        }
        Err(error) => visit.refused(error, refused_at),
    }
}

/// Whether the one record of `ids` is no longer among those that are seen.
async fn is_gone(visit: &Visit, ids: &[i64]) -> bool {
    let [id] = ids else { return false };
    matches!(visit.engine().get(visit.resource(), &visit.actor(), *id).await, Err(Error::NotFound))
}

/// Whether one is asked before: a deletion that can be taken back needs no question.
fn asks(visit: &Visit, action: &str, count: usize) -> bool {
    let resource = visit.resource();
    match action {
        "delete" => !resource.offers(Verb::Restore) || count > UNDOABLE,
        _ => resource.actions.iter().any(|known| known.name == action && known.confirm),
    }
}

fn told(visit: &Visit, action: &str, ids: &[i64], done: &Done) -> Toast {
    let (texts, resource) = (visit.texts(), visit.resource());
    let n = ("n", grouped(done.changed));
    let text = match &done.text {
        Some(key) => {
            let args: Vec<_> = done.args.iter().cloned().chain([n]).collect();
            texts.say(key, &args)
        }
        None => {
            let own = format!("{}.done.{action}", resource.name);
            let common = format!("resource.done.{action}");
            let key = [own, common].into_iter().find(|key| texts.find(key).is_some());
            let args =
                [n, ("action", reader::action(&texts, resource, action)), ("one", reader::one(&texts, resource))];
            texts.say(key.as_deref().unwrap_or("resource.done.any"), &args)
        }
    };
    let toast = Toast::done(text);
    let undo = match action {
        "delete" if resource.offers(Verb::Restore) => Verb::Restore,
        _ => return toast,
    };
    if ids.len() > UNDOABLE || !visit.may(undo) {
        return toast;
    }
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    toast.undo(format!("{}/bulk?action={}&ids={}", visit.face.path(), undo.word(), ids.join(",")))
}

/// The page that asks, with everything that was sent.
async fn confirm(visit: &Visit, action: &str, ids: &[i64], form: &Form, target: &str, back: &str) -> Answer {
    let (texts, resource, actor) = (visit.texts(), visit.resource(), visit.actor());
    let mut titles = Vec::new();
    // Whoever may only do this is asked about a number of records, not about their names.
    let named = if visit.may(Verb::View) { NAMED } else { 0 };
    for id in ids.iter().take(named) {
        titles.push(resource.title_of(&visit.engine().get(resource, &actor, *id).await.map_err(failure)?));
    }
    let more = ids.len().checked_sub(NAMED).filter(|more| *more > 0 && named > 0);
    let button = reader::action(&texts, resource, action);
    let title = visit.desk.ta("resource.confirm.title", &[("action", button.clone())]);
    let shell = Shell::new(&visit.app, &visit.desk, title.clone())
        .active(resource.name)
        .crumb(reader::many(&texts, resource), visit.face.path().as_str())
        .crumb(title, None);
    let known = resource.actions.iter().find(|known| known.name == action);
    // Those that match are written down, so that what is confirmed is what was named.
    let mut fields: Vec<(String, String)> = vec![
        ("action".into(), action.into()),
        ("confirmed".into(), "1".into()),
        ("_back".into(), form.value("_back").into()),
    ];
    fields.extend(ids.iter().map(|id| ("ids".to_owned(), id.to_string())));
    page(&ConfirmPage {
        shell,
        question: reader::question(&texts, resource, action, &grouped(ids.len() as u64)),
        titles,
        more: more.map(|more| visit.desk.ta("resource.confirm.more", &[("n", grouped(more as u64))])),
        action: target.to_owned(),
        fields,
        button,
        danger: action == "delete" || known.is_some_and(|known| known.danger),
        final_: action == "delete" && !resource.offers(Verb::Restore),
        back: back.to_owned(),
    })
}
