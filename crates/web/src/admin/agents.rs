//! Customer-service accounts: a declared list over the mirror of WeChat's, written by the use cases that call it.

use std::sync::{Arc, OnceLock};

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use fast_qr::{
    QRBuilder,
    convert::{Builder, Shape, svg::SvgBuilder},
};
use futures_util::future::BoxFuture;
use puzi_resource::{
    Actor, Record, Resource, Result, Say, Verb, Writer, belongs_to, boolean, computed, datetime, image, integer, string,
};
use puzi_shop::{
    Error,
    accounts::Reach,
    agents::{AgentEdit, Agents, NICKNAME_CHARS, NewAgent, entity},
    uploads::Uploads,
};
use serde_json::Value;

use super::{
    desk::Desk,
    error::{Answer, Failure},
    path::Path,
    resource::{Face, ListPage, Markup, from_shop, shop_actor, state, with_sub},
    routes::{Routes, may},
    shell::{Shell, page},
    toast::{Toast, redirect_with},
};
use crate::App;
use crate::admin::wechat;

const PATH: &str = "/admin/agents";

/// The resource `agents`.
pub(super) fn face() -> Face {
    let writing = Writing::default();
    let running = writing.0.clone();
    let resource = Resource::of::<entity::Entity>("agents")
        .in_group("followers", "user")
        .title("nickname")
        .partitioned_by("account_id")
        .ordered_by("id", false)
        .field(string("nickname").required().max(NICKNAME_CHARS as i64).searchable().in_list())
        .field(string("kf_account").required().max(41).only_on_create().searchable())
        .field(belongs_to("account_id", "accounts").required().only_on_create().filter())
        .field(computed("state", |agent| state_of(agent).into()).in_list())
        .field(image("avatar").only_on_edit().not_shown())
        .field(string("invite_wx").max(20).only_on_edit())
        .field(string("wx").readonly())
        .field(string("invite_status").readonly().not_shown())
        .field(datetime("invite_ends_at").readonly().not_shown())
        .field(boolean("online").readonly().filter())
        .field(integer("sessions").readonly().in_list())
        .field(string("qr_url").readonly().in_list())
        .field(datetime("seen_at").readonly())
        .field(datetime("created_at").readonly())
        .without(&[Verb::Import, Verb::Restore])
        .written_by(writing);
    Face::of(resource)
        .head(head)
        .when_running(move |parts| {
            // A second server in one process has faces of its own.
            let _ = running.set((Agents::new(parts.db, parts.registry), parts.uploads.clone()));
        })
        .cell("nickname", |agent, reader| with_sub(agent.text("nickname"), agent.text("kf_account"), reader))
        .cell("state", |agent, reader| {
            let word = state_of(agent);
            let text = match agent.number("sessions") {
                Some(n) if word == "online" => reader.texts.say("agents.online", &[("n", n.to_string())]),
                _ => reader.t(&format!("agents.options.state.{word}")),
            };
            let until = match agent.number("invite_ends_at") {
                Some(at) if word == "waiting" => {
                    let text = reader.texts.say("agents.invited", &[("at", reader.when(at))]);
                    Markup::tag("span", &[("class", "sub")], Markup::text(&text))
                }
                _ => Markup::default(),
            };
            let tone = match word {
                "online" => "active",
                "unbound" => "off",
                word => word,
            };
            state(tone, &text).and(until)
        })
        .cell("qr_url", |agent, reader| {
            let href = format!("{PATH}/{}/qr", agent.id);
            Markup::tag("a", &[("href", href.as_str())], Markup::text(&reader.t("agents.qr_look")))
        })
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/agents/state", may("agents.view"), show_state)
        .post("/admin/agents/refresh", may("agents.view"), refresh)
        .get("/admin/agents/{id}/qr", may("agents.view"), show_qr)
        .post("/admin/agents/{id}/qr", may("agents.edit"), make_qr)
        .get("/admin/agents/{id}/qr.svg", may("agents.view"), picture)
}

/// The word of an agent's state.
fn state_of(agent: &Record) -> &'static str {
    if agent.deleted_at.is_some() {
        return "deleted";
    }
    match (agent.get("online") == &Value::Bool(true), agent.text("wx"), agent.text("invite_status")) {
        (true, ..) => "online",
        (_, wx, _) if !wx.is_empty() => "off",
        (.., "waiting") => "waiting",
        (.., "rejected") => "refused",
        (.., "expired") => "expired",
        _ => "unbound",
    }
}

#[derive(Template)]
#[template(path = "admin/agents/head.html")]
struct Head<'a> {
    shell: &'a Shell,
}

/// Above the list: whether it is WeChat's, asked as soon as the page is there.
fn head(list: &ListPage) -> Markup {
    Markup::trusted(Head { shell: &list.shell }.render().unwrap_or_default())
}

/// `GET /admin/agents/state`: compares with WeChat what is older than half a minute, and says how that went.
async fn show_state(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let agents = Agents::new(&app.db, &app.registry);
    let (mut changed, mut troubles) = (false, Vec::new());
    for live in desk.chosen(&app) {
        let account = &live.account;
        match agents.mirror_if_old(&desk.reach, account.id).await {
            Ok(differs) => changed |= differs,
            Err(error) => troubles.push((account.name.clone(), why(&desk, error)?)),
        }
    }
    let markup = if troubles.is_empty() {
        Markup::tag("span", &[("class", "quiet")], Markup::text(&desk.t("agents.as_wechat")))
    } else {
        let line = |(name, why): (String, String)| {
            Markup::tag("p", &[], Markup::text(&desk.ta("agents.trouble", &[("name", name), ("why", why)])))
        };
        let lines = troubles.into_iter().map(line).reduce(Markup::and).unwrap_or_default();
        Markup::tag("div", &[("class", "note note-warn"), ("role", "status")], lines)
    };
    let mut response = Html(markup.to_string()).into_response();
    if changed {
        response.headers_mut().insert("hx-refresh", HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// `POST /admin/agents/refresh`: compares with WeChat now.
async fn refresh(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let agents = Agents::new(&app.db, &app.registry);
    let mut told = Toast::done(desk.t("agents.refreshed"));
    for live in desk.chosen(&app) {
        let account = &live.account;
        if let Err(error) = agents.mirror(&desk.reach, account.id).await {
            let args = [("name", account.name.clone()), ("why", why(&desk, error)?)];
            told = Toast::error(desk.ta("agents.trouble", &args));
        }
    }
    Ok(redirect_with(&desk, PATH, &told))
}

/// A refusal in words; what is no refusal is a failure.
fn why(desk: &Desk, error: Error) -> Result<String, Failure> {
    match error {
        Error::Invalid(problems) => Ok(problems.iter().map(|p| p.message(desk.locale)).collect::<Vec<_>>().join(" ")),
        Error::NotNow(problem) => Ok(problem.message(desk.locale)),
        Error::WeChat(error) => Ok(wechat::refused(desk.locale, &error)),
        other => Err(other.into()),
    }
}

#[derive(Template)]
#[template(path = "admin/agents/qr.html")]
struct QrPage {
    shell: Shell,
    id: i64,
    nickname: String,
    kf_account: String,
    /// The picture, when there is a code.
    picture: Option<String>,
}

/// `GET /admin/agents/{id}/qr`
async fn show_qr(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let agent = Agents::new(&app.db, &app.registry).get(&desk.reach, id).await?;
    let shell = Shell::new(&app, &desk, desk.t("agents.qr"))
        .active("agents")
        .crumb(desk.t("agents.many"), PATH)
        .crumb(agent.nickname.clone(), format!("{PATH}/{id}").as_str())
        .crumb(desk.t("agents.qr"), None);
    let picture = agent.qr_url.as_deref().map(draw).transpose()?;
    page(&QrPage { shell, id, nickname: agent.nickname, kf_account: agent.kf_account, picture })
}

/// `POST /admin/agents/{id}/qr`: makes the code, and the rule that hands over to the agent.
async fn make_qr(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let made = Agents::new(&app.db, &app.registry).qr(&desk.actor(), &desk.reach, id).await;
    let toast = match made {
        Ok(_) => {
            app.registry.refresh().await?;
            Toast::done(desk.t("agents.qr_made"))
        }
        Err(error) => Toast::error(why(&desk, error)?),
    };
    Ok(redirect_with(&desk, &format!("{PATH}/{id}/qr"), &toast))
}

/// `GET /admin/agents/{id}/qr.svg`
async fn picture(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let agent = Agents::new(&app.db, &app.registry).get(&desk.reach, id).await?;
    let url = agent.qr_url.ok_or_else(Failure::not_found)?;
    svg(&url)
}

/// The picture of `url` as a file to keep.
fn svg(url: &str) -> Result<Response, Failure> {
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"agent.svg\""),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, draw(url)?).into_response())
}

/// Draws `url` as a code.
pub(crate) fn draw(url: &str) -> Result<String, Failure> {
    let code = QRBuilder::new(url).build().map_err(|_| Failure::internal())?;
    Ok(SvgBuilder::default().shape(Shape::Square).to_str(&code))
}

/// The use cases as the resource calls them, once the server runs.
#[derive(Clone, Default)]
struct Writing(Arc<OnceLock<(Agents, Uploads)>>);

impl Writing {
    fn parts(&self) -> Result<&(Agents, Uploads)> {
        self.0.get().ok_or_else(|| puzi_resource::Error::Other("agents are written by a running server".into()))
    }
}

fn reach(actor: &Actor) -> Reach {
    actor.within.as_ref().map_or(Reach::All, |ids| Reach::of(ids.iter().copied()))
}

impl Writer for Writing {
    fn create<'a>(&'a self, actor: &'a Actor, values: &'a Record) -> BoxFuture<'a, Result<i64>> {
        Box::pin(async move {
            let (agents, _) = self.parts()?;
            let new = NewAgent {
                kf_account: values.text("kf_account").to_owned(),
                nickname: values.text("nickname").to_owned(),
            };
            let account = values.number("account_id").unwrap_or_default();
            agents.create(&shop_actor(actor), &reach(actor), account, new).await.map_err(from_shop)
        })
    }

    fn update<'a>(
        &'a self,
        actor: &'a Actor,
        id: i64,
        version: Option<i64>,
        values: &'a Record,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let (agents, uploads) = self.parts()?;
            let given = |field: &str| values.values.contains_key(field).then(|| values.text(field).to_owned());
            let edit = AgentEdit { nickname: given("nickname"), avatar: upload(values), invite_wx: given("invite_wx") };
            let edited = agents.edit(&shop_actor(actor), &reach(actor), id, version, edit, uploads).await;
            edited.map_err(from_shop)
        })
    }

    fn delete<'a>(&'a self, actor: &'a Actor, id: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.parts()?.0.delete(&shop_actor(actor), &reach(actor), id).await.map_err(from_shop) })
    }

    fn restore<'a>(&'a self, _: &'a Actor, _: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Err(puzi_resource::Error::NotFound) })
    }
}

/// The key of the upload in the picture's field, which holds a list.
fn upload(values: &Record) -> Option<String> {
    let list = match values.values.get("avatar")? {
        Value::String(json) => serde_json::from_str(json).unwrap_or_default(),
        other => other.clone(),
    };
    list.as_array()?.first()?.as_str().map(str::to_owned)
}
