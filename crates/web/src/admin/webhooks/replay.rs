//! `POST /admin/deliveries/replay`: sending deliveries once more, asked first.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::{Error, webhooks::MOST_REPLAYED};

use super::{DELIVERIES, REPLAY};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        resource::{Chosen, desk_actor},
        shell::{Shell, page},
        toast::{Toast, redirect_with},
    },
};

#[derive(Template)]
#[template(path = "admin/webhooks/replay.html")]
struct Page {
    shell: Shell,
    question: String,
    action: &'static str,
    ids: String,
    form: String,
    back: String,
}

/// Names one question: answered twice it is done once.
pub(super) fn new_form() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// `POST /admin/deliveries/replay`: `ids` or a list's selection; with `form`, the question is answered.
pub(super) async fn replay(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    // Only back into the deliveries: an address from outside leads nowhere.
    let back = Some(form.value("_back").to_owned()).filter(|back| {
        back.strip_prefix(DELIVERIES).is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '/']))
    });
    let back = back.unwrap_or_else(|| DELIVERIES.to_owned());
    let Some(ids) = ids(&app, &desk, &form).await? else {
        let text = desk.ta("deliveries.too_many", &[("n", MOST_REPLAYED.to_string())]);
        return Ok(redirect_with(&desk, &back, &Toast::error(text)));
    };
    if ids.is_empty() {
        return Ok(redirect_with(&desk, &back, &Toast::warning(desk.t("resource.bulk.none"))));
    }
    let named = form.trimmed("form");
    if named.is_empty() {
        return ask(&app, &desk, &ids, back);
    }
    let toast = match app.admin.webhooks.replay(&desk.actor(), &desk.reach, &ids, &named).await {
        Ok(0) => Toast::warning(desk.t("deliveries.none_replayed")),
        Ok(n) => Toast::done(desk.ta("deliveries.replayed", &[("n", n.to_string())])),
        Err(Error::NotNow(why)) => Toast::error(why.message(desk.locale)),
        Err(error) => return Err(error.into()),
    };
    Ok(redirect_with(&desk, &back, &toast))
}

/// The deliveries chosen; none when they are too many.
async fn ids(app: &App, desk: &Desk, form: &Form) -> Result<Option<Vec<i64>>, Failure> {
    let mut query = match Chosen::read(desk, form)? {
        Chosen::These(ids) => return Ok((ids.len() <= MOST_REPLAYED).then_some(ids)),
        Chosen::All(query) => query,
    };
    query.size = Some(200);
    let engine = app.admin.faces.engine();
    let resource = engine.resources().get("deliveries").ok_or_else(Failure::not_found)?;
    let actor = desk_actor(desk);
    let mut ids = Vec::new();
    loop {
        let page = engine.list(resource, &actor, &query).await.map_err(|_| Failure::bad_request())?;
        ids.extend(page.records.iter().map(|record| record.id));
        if ids.len() > MOST_REPLAYED {
            return Ok(None);
        }
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(Some(ids)),
        }
    }
}

fn ask(app: &App, desk: &Desk, ids: &[i64], back: String) -> Answer {
    let title = desk.t("deliveries.actions.replay");
    let shell = Shell::new(app, desk, title.clone())
        .active("webhooks")
        .crumb(desk.t("webhooks.many"), super::PATH)
        .crumb(desk.t("deliveries.many"), DELIVERIES)
        .crumb(title, None);
    let question = desk.ta("deliveries.replay_ask", &[("n", ids.len().to_string())]);
    let ids = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    page(&Page { shell, question, action: REPLAY, ids, form: new_form(), back })
}
