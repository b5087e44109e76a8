//! Whether everything runs: the accounts, and what waits or failed.

use puzi_shop::{accounts::Status, jobs};

use super::{Asked, Card, Shown};
use crate::{App, admin::desk::Desk};

/// What this area shows.
pub(super) fn show<'a>(app: &'a App, desk: &'a Desk) -> Asked<'a> {
    Box::pin(async move {
        let mut cards = Vec::new();
        if desk.may("accounts.view") {
            cards.push(accounts(app, desk));
        }
        if desk.may("settings.view") || desk.may("jobs.view") {
            let (waiting, dead) = jobs::counts_of(&app.db, &desk.reach).await?;
            cards.push(work(desk, waiting, dead, app.conversations.waiting_in_journal()));
        }
        Ok(Shown { cards, charts: Vec::new() })
    })
}

fn accounts(app: &App, desk: &Desk) -> Card {
    let all = desk.accounts(app);
    let active = all.iter().filter(|live| live.account.status == Status::Active);
    let good = active.clone().filter(|live| live.account.verified_at.is_some()).count();
    let unverified = active.clone().count() - good;
    let (detail, tone) = match (all.len(), unverified) {
        (0, _) => (desk.t("dashboard.accounts_none"), "calm"),
        (_, 0) => (desk.t("dashboard.accounts_good"), "good"),
        (_, n) => (desk.ta("dashboard.accounts_unverified", &[("n", n.to_string())]), "warn"),
    };
    let number = format!("{good}/{}", all.len());
    Card { title: desk.t("dashboard.accounts"), number, detail, tone, href: Some("/admin/accounts".into()) }
}

/// Jobs that failed for good, and messages that wait for the database.
fn work(desk: &Desk, waiting: i64, dead: i64, journal: usize) -> Card {
    let (detail, tone) = if journal > 0 {
        (desk.ta("dashboard.work_journal", &[("n", journal.to_string())]), "bad")
    } else if dead > 0 {
        (desk.t("dashboard.work_dead"), "bad")
    } else {
        (desk.ta("dashboard.work_waiting", &[("n", waiting.to_string())]), "good")
    };
    let href = desk.may("jobs.view").then(|| "/admin/jobs".to_owned());
    Card { title: desk.t("dashboard.work"), number: dead.to_string(), detail, tone, href }
}
