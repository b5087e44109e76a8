//! One account: what to paste, its health, its keys.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    accounts::{
        Account, Status,
        health::{self, Check, Checked, HealthParts},
    },
    conversations::{RefusedPush, figures, refused_of},
};

use super::{
    PATH,
    callback::Callback,
    checks::{self, CheckView},
    state,
};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        path::Path,
        resource::{self, Markup},
        shell::{Shell, page},
        visitor::Visitor,
    },
};

/// Refused pushes on the page.
const REFUSED: u32 = 5;

#[derive(Template)]
#[template(path = "admin/accounts/show.html")]
struct Page {
    shell: Shell,
    account: Account,
    callback: Callback,
    state: Markup,
    last_push: Option<i64>,
    refused: Vec<RefusedPush>,
    id: i64,
    tab: &'static str,
    checks: Vec<CheckView>,
    /// How it is on the whole: a colour, and the key of the sentence.
    whole: (&'static str, &'static str),
    paused: bool,
    two_keys: bool,
}

/// `GET /admin/accounts/{id}`
pub(super) async fn show(State(app): State<Arc<App>>, visitor: Visitor, desk: Desk, Path(id): Path<i64>) -> Answer {
    desk.live(&app, id)?;
    let account = app.registry.accounts().by_id(id).await?;
    let known = health::known(&app.db, &desk.reach, id).await?;
    render(&app, &visitor, &desk, account, &known).await
}

/// `POST /admin/accounts/{id}/check`: asks all six, or the `kind` named. What could not be asked is shown as it was, and
/// says so.
pub(super) async fn check(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    desk: Desk,
    Path(id): Path<i64>,
    form: Form,
) -> Answer {
    let live = desk.live(&app, id)?;
    let kinds = match form.value("kind") {
        "" => Check::ALL.to_vec(),
        word => vec![Check::from_word(word).ok_or_else(Failure::bad_request)?],
    };
    let public_url = app.admin.public_url.clone();
    let parts = HealthParts { db: app.db.clone(), registry: app.registry.clone(), public_url };
    let asked = health::check(&parts, &live, &kinds).await?;
    let mut known = health::known(&app.db, &desk.reach, id).await?;
    known.retain(|checked| !asked.iter().any(|now| now.check == checked.check));
    known.extend(asked);
    let account = app.registry.accounts().by_id(id).await?;
    render(&app, &visitor, &desk, account, &known).await
}

async fn render(app: &App, visitor: &Visitor, desk: &Desk, account: Account, known: &[Checked]) -> Answer {
    let shell = Shell::new(app, desk, account.name.clone())
        .active("accounts")
        .crumb(desk.t("accounts.many"), PATH)
        .crumb(account.name.clone(), None);
    let paused = account.status == Status::Paused;
    page(&Page {
        callback: Callback::of(app, visitor, &account),
        state: in_colour(&shell, state(paused, account.verified_at)),
        last_push: figures::last_push(app.db.read(), account.id).await?,
        refused: refused_of(&app.db, account.id, REFUSED).await?,
        id: account.id,
        tab: "show",
        checks: checks::views(desk, known),
        whole: checks::on_the_whole(known),
        paused,
        two_keys: account.previous_aes_key.is_some(),
        account,
        shell,
    })
}

/// A state as it stands in the list.
fn in_colour(shell: &Shell, word: &str) -> Markup {
    resource::state(word, &shell.t(format!("accounts.options.state.{word}")))
}
