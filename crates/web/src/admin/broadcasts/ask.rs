//! The box beside the form: how many they are, how long it takes, what is left of the quota, who approves it; and the bubble
//! as a phone shows it. It is told before anything is saved.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    accounts::settings::BROADCASTS_SECOND_PERSON,
    broadcasts::{AccountKind, Audience, Content, Quota, Whom, minutes},
};

use super::{broadcasts, form};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        number,
        shell::{Shell, page},
    },
};

/// What is told of a broadcast before it is saved.
pub(super) struct Told {
    /// The words of a text; empty for another kind.
    pub(super) bubble: String,
    /// What the bubble carries instead.
    pub(super) carries: Option<String>,
    /// How many, and how sure that is.
    pub(super) people: String,
    /// The rest, a sentence each.
    pub(super) lines: Vec<String>,
    /// Nothing is left to send.
    pub(super) refused: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/broadcasts/box.html")]
struct Part {
    shell: Shell,
    told: Told,
}

/// `POST /admin/broadcasts/form`: the box for what the form says now; nothing is saved.
pub(super) async fn step(State(app): State<Arc<App>>, desk: Desk, mut typed: Form) -> Answer {
    let account = typed.value("account_id").parse().ok().or(desk.account).ok_or_else(Failure::not_found)?;
    let told = tell(&app, &desk, account, &mut typed).await?;
    page(&Part { shell: Shell::new(&app, &desk, ""), told })
}

/// What the form means, as far as it can be told.
pub(super) async fn tell(app: &App, desk: &Desk, account: i64, typed: &mut Form) -> Result<Told, Failure> {
    let live = desk.live(app, account)?;
    let all = broadcasts(app);
    let quota = all.quota(&desk.reach, account).await?;
    let whom = form::whom(desk, &mut typed.clone(), None).unwrap_or(Whom::All);
    let found = all.audience(&desk.reach, account, &whom).await;
    // A tag that is not chosen yet is no fault.
    let audience = match found {
        Ok(audience) => Some(audience),
        Err(puzi_shop::Error::Invalid(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let speed = typed.value("speed").parse().ok();
    let (people, n) = match &audience {
        Some(audience) => {
            let (n, more) = all.people(&desk.reach, account, audience).await?;
            let key = match (audience, more) {
                (_, true) => "broadcasts.box.people_more",
                (Audience::All, _) => "broadcasts.box.people_all",
                (Audience::Tag { .. }, _) => "broadcasts.box.people_tag",
                _ => "broadcasts.box.people_list",
            };
            (desk.ta(key, &[("n", number::grouped(n))]), n)
        }
        None => (desk.t("broadcasts.box.nobody_yet"), 0),
    };
    let mut lines = vec![desk.ta("broadcasts.box.minutes", &[("n", minutes(n, speed).to_string())])];
    lines.extend(audience.as_ref().map(|audience| of_quota(desk, &quota, audience)));
    let second = live.settings.is_on(BROADCASTS_SECOND_PERSON);
    lines.push(desk.t(if second { "broadcasts.box.second" } else { "broadcasts.box.alone" }));
    let left = audience.as_ref().and_then(|audience| quota.left(audience));
    let refused = (left == Some(0)).then(|| desk.ta("broadcasts.box.none_left", &[("when", desk.when(quota.again()))]));
    let (bubble, carries) = match form::content(typed) {
        Some(Content::Text { text }) => (text, None),
        Some(content) => (String::new(), Some(desk.t(&format!("broadcasts.options.kind.{}", content.kind())))),
        None => (String::new(), None),
    };
    Ok(Told { bubble, carries, people, lines, refused })
}

/// What WeChat allows, in words.
pub(super) fn of_quota(desk: &Desk, quota: &Quota, audience: &Audience) -> String {
    let n = |n: i64| n.to_string();
    match (quota.kind, audience) {
        (AccountKind::Service, Audience::All) => {
            desk.ta("broadcasts.box.month_all", &[("limit", n(quota.month.limit)), ("next", n(quota.month.used + 1))])
        }
        (AccountKind::Service, _) => desk.ta("broadcasts.box.month_each", &[("limit", n(quota.month.limit))]),
        (AccountKind::Subscription, _) => desk.ta("broadcasts.box.day", &[("used", n(quota.day.used))]),
        (AccountKind::Unknown, _) => {
            desk.ta("broadcasts.box.unknown", &[("month", n(quota.month.used)), ("day", n(quota.day.used))])
        }
    }
}
