//! `/admin`: what matters today. Each area puts its cards and charts here.

mod conversations;
mod system;

use std::{future::Future, pin::Pin, sync::Arc};

use askama::Template;
use axum::extract::State;

pub(crate) use self::conversations::Remembered;
use super::{
    desk::Desk,
    error::{Answer, Failure},
    nav::{Group, NavItem},
    routes::{Needs, Routes},
    shell::{Shell, page},
};
use crate::App;

/// One number that answers one question.
pub(super) struct Card {
    pub(super) title: String,
    pub(super) number: String,
    pub(super) detail: String,
    /// `good`, `warn`, `bad`, or `calm` where the number is neither.
    pub(super) tone: &'static str,
    /// Where more of it stands.
    pub(super) href: Option<String>,
}

/// A chart with its answer in words.
pub(super) struct Chart {
    pub(super) title: String,
    pub(super) sentence: String,
    /// What the chart module reads; null where there is nothing to draw.
    pub(super) data: serde_json::Value,
}

impl Chart {
    fn json(&self) -> String {
        super::chart::json(&self.data)
    }
}

/// What an area shows; it leaves out what the role may not see.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) cards: Vec<Card>,
    pub(super) charts: Vec<Chart>,
}

/// How an area is asked.
type Ask = for<'a> fn(&'a App, &'a Desk) -> Asked<'a>;
pub(super) type Asked<'a> = Pin<Box<dyn Future<Output = Result<Shown, Failure>> + Send + 'a>>;

/// The areas, in their order on the page. An area adds one line.
const AREAS: &[Ask] = &[conversations::show, system::show];

pub(super) fn routes() -> Routes {
    Routes::new().get("/admin", Needs::LoggedIn, show)
}

pub(super) fn nav() -> NavItem {
    NavItem {
        key: "dashboard",
        label: "nav.dashboard",
        href: "/admin",
        icon: "dashboard",
        permission: None,
        group: Group::Today,
    }
}

#[derive(Template)]
#[template(path = "admin/shell/dashboard.html")]
struct Page {
    shell: Shell,
    shown: Shown,
    greeting: String,
    no_account: bool,
}

/// `GET /admin`
async fn show(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let mut shown = Shown::default();
    if desk.may("dashboard.view") {
        for ask in AREAS {
            match ask(&app, &desk).await {
                Ok(area) => {
                    shown.cards.extend(area.cards);
                    shown.charts.extend(area.charts);
                }
                // One area that cannot be read does not take the others along; the failure stands in the log.
                Err(failure) => tracing::warn!(status = %failure.status, "a part of the dashboard is missing"),
            }
        }
    }
    let greeting = desk.ta("dashboard.greeting", &[("name", desk.staff.name.clone())]);
    let shell = Shell::new(&app, &desk, desk.t("nav.dashboard")).active("dashboard");
    page(&Page { shell, shown, greeting, no_account: desk.account.is_none() && desk.may("accounts.create") })
}
