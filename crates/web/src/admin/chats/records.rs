//! What agents and followers said past the server: how reading it stands, and `POST /admin/chats/records`, which begins to
//! read older records.

use std::sync::Arc;

use axum::extract::State;
use puzi_shop::{
    chats::{Chats, back::MOST_DAYS},
    runs::Run,
};

use super::{PATH, chats};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        followers::said,
        form::Form,
        number::grouped,
        toast::{Toast, redirect, redirect_with},
    },
};

/// The days that may be chosen.
const SPANS: [u32; 4] = [1, 3, 7, MOST_DAYS];

/// How reading the records of an account stands.
pub(super) struct Told {
    pub(super) account: i64,
    /// In a sentence.
    pub(super) sentence: String,
    /// Why WeChat's records could not be read.
    pub(super) problem: Option<String>,
    /// A reading of older ones that is not over, and how far it is.
    pub(super) run: Option<(i64, String)>,
    /// What may be chosen: days, label.
    pub(super) spans: Vec<(u32, String)>,
    /// Names the form, so that sending it twice begins one run.
    pub(super) form: String,
}

/// How it stands for `account`.
pub(super) async fn told(app: &App, desk: &Desk, account: i64) -> Result<Told, Failure> {
    let (area, runs) = (Chats::new(&app.db, &app.registry), &app.admin.runs);
    let reading = area.reading(&desk.reach, account).await?;
    let when = |at: i64| desk.when(at.saturating_mul(1_000));
    let sentence = match &reading {
        None => desk.t("chats.records.never"),
        Some(reading) if !reading.enabled => desk.t("chats.records.off"),
        Some(reading) => match reading.back_until {
            Some(back) => {
                let args = [("until", when(reading.read_until)), ("back", when(back))];
                desk.ta("chats.records.until_back", &args)
            }
            None => desk.ta("chats.records.until", &[("until", when(reading.read_until))]),
        },
    };
    let far = |run: &Run| {
        let args = [("seen", grouped(run.seen)), ("total", grouped(run.total.unwrap_or(run.seen)))];
        desk.ta("runs.of_hours", &args)
    };
    let run = area.reading_back(runs, &desk.reach, account).await?.map(|run| (run.id, far(&run)));
    let days = |n: u32| (n, desk.ta("chats.records.last", &[("n", n.to_string())]));
    Ok(Told {
        account,
        sentence,
        problem: reading.and_then(|reading| reading.problem),
        run,
        spans: SPANS.into_iter().map(days).collect(),
        form: format!("{:032x}", rand::random::<u128>()),
    })
}

/// `POST /admin/chats/records`: `account` and `days`.
pub(super) async fn begin(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let account: i64 = form.value("account").parse().map_err(|_| Failure::bad_request())?;
    desk.live(&app, account)?;
    let days = form.value("days").parse().map_err(|_| Failure::bad_request())?;
    let (area, runs) = (chats(&app), &app.admin.runs);
    let named = Some(form.value("form")).filter(|name| !name.is_empty());
    match area.begin_reading_back(runs, &desk.actor(), &desk.reach, account, days, named).await {
        Ok(run) => Ok(redirect(&format!("/admin/runs/{run}"))),
        Err(error) => {
            // One is under way already: that is the one to watch.
            if let Some(run) = area.reading_back(runs, &desk.reach, account).await? {
                return Ok(redirect(&format!("/admin/runs/{}", run.id)));
            }
            let back = format!("{PATH}/sessions?account={account}");
            Ok(redirect_with(&desk, &back, &Toast::error(said(&desk, error)?)))
        }
    }
}
