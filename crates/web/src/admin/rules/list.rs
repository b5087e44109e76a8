//! The list: the rules in the order in which they are asked.

use std::{collections::HashMap, sync::Arc};

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use puzi_shop::{
    db::now_ms,
    materials::Material,
    replies::{
        Answer, Draft, Rule,
        hits::{self, Hits},
    },
    texts::Locale,
};
use serde::Deserialize;

use super::{
    super::{
        desk::Desk,
        error::{Answer as Page, Failure},
        form::Form,
        path::{Path, Query},
        shell::{Shell, page as show},
        toast::{Toast, redirect, redirect_with},
    },
    LIST, account, account_or_404, examples, preview, rules,
    words::{self, Words},
};
use crate::App;

/// The height of the largest bar, in the picture's units.
const BAR: i64 = 20;

#[derive(Template)]
#[template(path = "admin/rules/list.html")]
struct List {
    shell: Shell,
    account: String,
    has_account: bool,
    filter: Filter,
    kinds: Vec<(&'static str, String)>,
    states: Vec<(&'static str, String)>,
    stages: Vec<Stage>,
    /// Rules of the account, whatever the filter shows.
    all: usize,
    shown: usize,
    examples: Vec<(&'static str, String, String)>,
}

/// Rules that are asked together.
struct Stage {
    number: usize,
    title: String,
    about: String,
    rows: Vec<Row>,
}

struct Row {
    id: i64,
    name: String,
    enabled: bool,
    trigger: Words,
    answer: Words,
    active: String,
    /// A file of the answer has ended.
    file_ended: bool,
    total: i64,
    month: i64,
    last_at: Option<i64>,
    bars: Vec<Bar>,
    is_first: bool,
    is_last: bool,
}

struct Bar {
    x: usize,
    y: i64,
    height: i64,
}

/// What the list shows.
#[derive(Debug, Default, Clone, Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    q: String,
    #[serde(default)]
    on: String,
    #[serde(default)]
    state: String,
}

impl Filter {
    /// Whether rules may be hidden; then their order is not all of it, and cannot be changed.
    fn is_set(&self) -> bool {
        !(self.q.trim().is_empty() && self.on.is_empty() && self.state.is_empty())
    }

    fn shows(&self, rule: &Rule, row: &Row) -> bool {
        let state = match self.state.as_str() {
            "on" => rule.enabled,
            "off" => !rule.enabled,
            "never" => row.total == 0,
            "ended" => row.file_ended,
            _ => true,
        };
        state && (self.on.is_empty() || self.on == rule.trigger.word()) && self.finds(rule)
    }

    /// Whether every word that is searched stands somewhere in the rule.
    fn finds(&self, rule: &Rule) -> bool {
        let words = self.q.to_lowercase();
        let mut words = words.split_whitespace().peekable();
        if words.peek().is_none() {
            return true;
        }
        let draft = Draft::from(rule.clone());
        let texts = [
            rule.name.clone(),
            serde_json::to_string(&draft.trigger).unwrap_or_default(),
            serde_json::to_string(&draft.answer).unwrap_or_default(),
        ];
        let text = texts.join(" ").to_lowercase();
        words.all(|word| text.contains(word))
    }
}

/// `GET /admin/rules`.
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Query(filter): Query<Filter>) -> Page {
    let shell = Shell::new(&app, &desk, desk.t("nav.rules")).active("rules");
    let live = account(&app, &desk);
    let (all, stages) = match &live {
        Some(live) => stages(&app, &desk, live.account.id, &filter).await?,
        None => (0, vec![]),
    };
    let word = |group: &str, word: &'static str| (word, desk.t(&format!("rules.{group}.{word}")));
    show(&List {
        shell,
        account: live.as_ref().map(|live| live.account.name.clone()).unwrap_or_default(),
        has_account: live.is_some(),
        kinds: ["follow", "keyword", "menu", "scan", "kind", "default"].map(|kind| word("trigger", kind)).into(),
        states: ["on", "off", "never", "ended"].map(|state| word("state", state)).into(),
        shown: stages.iter().map(|stage| stage.rows.len()).sum(),
        stages,
        all,
        examples: examples::NAMES
            .map(|name| {
                let of = |part: &str| desk.t(&format!("rules.examples.{name}.{part}"));
                (name, of("name"), of("about"))
            })
            .into(),
        filter,
    })
}

async fn stages(app: &App, desk: &Desk, account_id: i64, filter: &Filter) -> Result<(usize, Vec<Stage>), Failure> {
    let rules = rules(app).list(account_id).await?;
    let now = now_ms();
    let hits = hits::of_account(&app.db, account_id, &app.admin.zone, now).await?;
    let files = preview::files(app, account_id, rules.iter().map(|rule| &rule.answer)).await?;
    let mut stages: Vec<Stage> = Vec::new();
    for (number, rules) in in_stages(&rules) {
        let count = rules.len();
        let rows = rules.iter().enumerate().map(|(place, rule)| {
            let row = row(desk.locale, rule, hits.get(&rule.id), has_ended(&rule.answer, &files, now));
            (rule, Row { is_first: place == 0, is_last: place + 1 == count, ..row })
        });
        let rows: Vec<_> = rows.filter(|(rule, row)| filter.shows(rule, row)).map(|(_, row)| row).collect();
        if !rows.is_empty() {
            let of = |part: &str| desk.t(&format!("rules.stages.{part}_{number}"));
            stages.push(Stage { number, title: of("title"), about: of("about"), rows });
        }
    }
    Ok((rules.len(), stages))
}

/// The rules by how specific their triggers are, which no priority changes.
fn in_stages(rules: &[Rule]) -> Vec<(usize, Vec<&Rule>)> {
    let mut stages: Vec<(usize, Vec<&Rule>)> = Vec::new();
    for rule in rules {
        let number = usize::from(rule.trigger.stage());
        match stages.last_mut() {
            Some((last, rules)) if *last == number => rules.push(rule),
            _ => stages.push((number, vec![rule])),
        }
    }
    stages
}

fn row(locale: Locale, rule: &Rule, hits: Option<&Hits>, file_ended: bool) -> Row {
    let days = hits.map_or([0; hits::DAYS], |hits| hits.days);
    Row {
        id: rule.id,
        name: rule.name.clone(),
        enabled: rule.enabled,
        trigger: words::trigger(locale, &rule.trigger),
        answer: words::answer(locale, &rule.answer),
        active: words::active(locale, &rule.active),
        file_ended,
        total: hits.map_or(0, |hits| hits.total),
        month: days.iter().sum(),
        last_at: hits.map(|hits| hits.last_at),
        bars: bars(&days),
        is_first: false,
        is_last: false,
    }
}

/// A bar for each day with hits; the largest has the full height, and one hit can still be seen.
fn bars(days: &[i64]) -> Vec<Bar> {
    let most = days.iter().copied().max().unwrap_or(0).max(1);
    let bar = |(day, hits): (usize, &i64)| {
        let height = (hits * BAR / most).max(2);
        (*hits > 0).then_some(Bar { x: day * 4, y: BAR - height, height })
    };
    days.iter().enumerate().filter_map(bar).collect()
}

fn has_ended(answer: &Answer, files: &HashMap<String, Material>, now: i64) -> bool {
    let ended = |id: &String| files.get(id).is_some_and(|file| file.has_ended(now));
    match answer {
        Answer::Image { media_id } | Answer::Voice { media_id } | Answer::Video { media_id, .. } => ended(media_id),
        Answer::Music { thumb_media_id, .. } => ended(thumb_media_id),
        Answer::OneOf { answers } => answers.iter().any(|answer| has_ended(answer, files, now)),
        _ => false,
    }
}

/// `POST /admin/rules/{id}/switch`, with `on` = 1 or 0.
pub(super) async fn switch(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, form: Form) -> Page {
    let live = account_or_404(&app, &desk)?;
    let on = form.is("on", "1");
    rules(&app).switch(&desk.actor(), live.account.id, id, on).await?;
    let name = rules(&app).get(live.account.id, id).await?.name;
    let key = if on { "rules.switched_on" } else { "rules.switched_off" };
    Ok(back(&desk, &form, id, &Toast::done(desk.ta(key, &[("name", name)]))))
}

/// `POST /admin/rules/{id}/move`, with `to` = up or down: one place among the rules that are asked together.
pub(super) async fn step_in_order(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, form: Form) -> Page {
    let live = account_or_404(&app, &desk)?;
    let all = rules(&app).list(live.account.id).await?;
    let stages = in_stages(&all);
    let stage =
        stages.iter().find(|(_, rules)| rules.iter().any(|rule| rule.id == id)).ok_or_else(Failure::not_found)?;
    let mut ids: Vec<i64> = stage.1.iter().map(|rule| rule.id).collect();
    let place = ids.iter().position(|other| *other == id).unwrap_or_default();
    match form.value("to") {
        "up" if place > 0 => ids.swap(place, place - 1),
        "down" if place + 1 < ids.len() => ids.swap(place, place + 1),
        _ => return Ok(redirect(&here(&form, id))),
    }
    rules(&app).reorder(&desk.actor(), live.account.id, &ids).await?;
    Ok(redirect(&here(&form, id)))
}

/// `POST /admin/rules/order`: the rules of one stage in their new order, as `ids` fields; a script asks.
pub(super) async fn order(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Page {
    let live = account_or_404(&app, &desk)?;
    let read = |text: &String| text.parse::<i64>().map_err(|_| Failure::bad_request());
    let ids = form.all("ids").iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let all = rules(&app).list(live.account.id).await?;
    // Somebody else may have added or deleted one since the page was made: then it is looked at again first.
    let stage = in_stages(&all).into_iter().find(|(_, rules)| rules.iter().any(|rule| ids.contains(&rule.id)));
    let mut there: Vec<i64> = stage.ok_or_else(Failure::not_found)?.1.iter().map(|rule| rule.id).collect();
    let mut given = ids.clone();
    there.sort_unstable();
    given.sort_unstable();
    if there != given {
        return Err(Failure::conflict());
    }
    rules(&app).reorder(&desk.actor(), live.account.id, &ids).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /admin/rules/{id}/delete`.
pub(super) async fn delete(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Page {
    let live = account_or_404(&app, &desk)?;
    let name = rules(&app).get(live.account.id, id).await?.name;
    rules(&app).delete(&desk.actor(), live.account.id, id).await?;
    let mut toast = Toast::done(desk.ta("rules.deleted", &[("name", name)]));
    if desk.may("rules.restore") {
        toast = toast.undo(format!("{LIST}/{id}/restore"));
    }
    Ok(redirect_with(&desk, LIST, &toast))
}

/// `POST /admin/rules/{id}/restore`.
pub(super) async fn restore(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Page {
    let live = account_or_404(&app, &desk)?;
    let name = rules(&app).restore(&desk.actor(), live.account.id, id).await?;
    let toast = Toast::done(desk.ta("rules.restored", &[("name", name)]));
    Ok(redirect_with(&desk, &format!("{LIST}#rule-{id}"), &toast))
}

fn back(desk: &Desk, form: &Form, id: i64, toast: &Toast) -> Response {
    redirect_with(desk, &here(form, id), toast)
}

/// The list as it was filtered, at the rule.
fn here(form: &Form, id: i64) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for name in ["q", "on", "state"] {
        let value = form.value(&format!("filter_{name}"));
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { format!("{LIST}#rule-{id}") } else { format!("{LIST}?{query}#rule-{id}") }
}

#[cfg(test)]
mod tests {
    use puzi_shop::replies::{Matching, Trigger};

    use super::*;

    fn rule(id: i64, trigger: Trigger) -> Rule {
        Draft::new(format!("规则 {id}"), trigger, Answer::text("九点开门")).into_rule(id, 1)
    }

    fn keyword(word: &str) -> Trigger {
        Trigger::Keyword { matching: Matching::Exact, words: vec![word.into()] }
    }

    #[test]
    fn bars_fit_and_a_single_hit_is_seen() {
        let mut days = [0; hits::DAYS];
        (days[0], days[29]) = (1, 10_000);
        let bars: Vec<_> = bars(&days).iter().map(|bar| (bar.x, bar.y, bar.height)).collect();
        assert_eq!(bars, [(0, 18, 2), (116, 0, 20)]);
        assert!(super::bars(&[0; hits::DAYS]).is_empty());
    }

    #[test]
    fn a_search_finds_names_words_and_answers() {
        let one = rule(1, keyword("营业时间"));
        let finds = |q: &str| Filter { q: q.into(), ..Filter::default() }.finds(&one);
        assert!(finds("") && finds("规则") && finds("营业") && finds("九点") && finds("营业 九点"));
        assert!(!finds("晚上") && !finds("营业 晚上"));
    }

    #[test]
    fn stages_are_by_trigger() {
        let rules = [rule(1, keyword("a")), rule(2, Trigger::Menu { key: "k".into() }), rule(3, Trigger::Default)];
        let stages: Vec<_> = in_stages(&rules).iter().map(|(number, rules)| (*number, rules.len())).collect();
        assert_eq!(stages, [(0, 2), (3, 1)]);
    }
}
