//! Every route of the admin and the API, and who may use it: nobody, somebody without the permission, somebody with that one
//! permission and no other. A route that stands in the program and not in this table fails, and so does the reverse.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod common;

use std::{collections::BTreeSet, time::Duration};

use puzi_resource::Verb;
use puzi_shop::{
    audit::Actor,
    staff::{NewRole, NewToken, Staff},
    texts::Locale,
};
use puzi_web::{Face, Needs, Page};
use puzi_wechat::Secret;
use reqwest::{
    Client, Method, RequestBuilder, StatusCode,
    header::{self, HeaderValue},
    redirect::Policy,
};

use common::{Browser, World};

/// Method, path and need of every route that is written by hand: `-` is for everybody, `signed-in` for all staff, else the
/// permission, or several with `+` between them, all of which are needed. What follows from a declared resource is in [`OF_PAGES`] and [`OF_API`], and not here.
const TABLE: &str = "
GET    /admin signed-in
POST   /admin/account signed-in
GET    /admin/accounts/new accounts.create
POST   /admin/accounts/new accounts.create
GET    /admin/accounts/{id} accounts.view
POST   /admin/accounts/{id}/check accounts.view
POST   /admin/accounts/{id}/drop-key accounts.rotate
GET    /admin/accounts/{id}/edit accounts.edit
POST   /admin/accounts/{id}/edit accounts.edit
POST   /admin/accounts/{id}/pause accounts.pause
GET    /admin/accounts/{id}/quota accounts.view
GET    /admin/accounts/{id}/quota/clear accounts.clear_quota
POST   /admin/accounts/{id}/quota/clear accounts.clear_quota
POST   /admin/accounts/{id}/quota/refresh accounts.view
POST   /admin/accounts/{id}/resume accounts.pause
POST   /admin/accounts/{id}/rotate-key accounts.rotate
POST   /admin/accounts/{id}/rotate-token accounts.rotate
GET    /admin/accounts/{id}/settings accounts.edit
POST   /admin/accounts/{id}/settings accounts.edit
POST   /admin/agents/refresh agents.view
GET    /admin/agents/state agents.view
GET    /admin/agents/{id}/qr agents.view
POST   /admin/agents/{id}/qr agents.edit
GET    /admin/agents/{id}/qr.svg agents.view
GET    /admin/assets/{file} -
POST   /admin/broadcasts/form broadcasts.view
GET    /admin/broadcasts/new broadcasts.create
POST   /admin/broadcasts/new broadcasts.create
POST   /admin/broadcasts/speed broadcasts.approve
GET    /admin/broadcasts/{id} broadcasts.view
POST   /admin/broadcasts/{id}/approve broadcasts.approve
POST   /admin/broadcasts/{id}/cancel broadcasts.cancel
GET    /admin/broadcasts/{id}/edit broadcasts.edit
POST   /admin/broadcasts/{id}/edit broadcasts.edit
GET    /admin/broadcasts/{id}/parts broadcasts.view
POST   /admin/broadcasts/{id}/parts/{part}/resolve broadcasts.approve
POST   /admin/broadcasts/{id}/preview broadcasts.preview
POST   /admin/broadcasts/{id}/reject broadcasts.reject
POST   /admin/broadcasts/{id}/retry broadcasts.retry
POST   /admin/broadcasts/{id}/revoke broadcasts.revoke
POST   /admin/broadcasts/{id}/stop broadcasts.stop
POST   /admin/broadcasts/{id}/submit broadcasts.submit
GET    /admin/calls/figures calls.view
GET    /admin/calls/hour calls.view
GET    /admin/calls/replay calls.replay
POST   /admin/calls/replay calls.replay
GET    /admin/calls/rid calls.view
POST   /admin/calls/rid/ask calls.view
GET    /admin/calls/{id} calls.view
GET    /admin/channels/{id} channels.view
GET    /admin/channels/{id}/part channels.view
GET    /admin/channels/{id}/picture channels.view
GET    /admin/channels/{id}/poster channels.view
GET    /admin/chats/cloud chats.view
GET    /admin/chats/figures chats.view
POST   /admin/chats/records chats.serve
GET    /admin/chats/said chats.view+inbox.view
GET    /admin/chats/sessions chats.view
POST   /admin/chats/sessions chats.serve
GET    /admin/chats/{id} chats.view
GET    /admin/chats/{id}/export chats.export+inbox.view
POST   /admin/deliveries/replay deliveries.replay
GET    /admin/deliveries/{id} deliveries.view
POST   /admin/drafts/form drafts.view
GET    /admin/drafts/new drafts.create
POST   /admin/drafts/new drafts.create
GET    /admin/drafts/{id} drafts.view
POST   /admin/drafts/{id}/decide drafts.publish
GET    /admin/drafts/{id}/edit drafts.edit
POST   /admin/drafts/{id}/edit drafts.edit
POST   /admin/materials materials.create
GET    /admin/materials/new materials.create
GET    /admin/materials/pick materials.view
POST   /admin/materials/pick materials.create
GET    /admin/materials/sync materials.view
POST   /admin/materials/sync materials.sync
POST   /admin/materials/sync/pause materials.sync
GET    /admin/materials/{id} materials.view
POST   /admin/materials/{id}/again materials.create
GET    /admin/materials/{id}/file materials.view
POST   /admin/materials/{id}/replace materials.replace
GET    /admin/materials/{id}/thumbnail materials.view
POST   /admin/followers/block followers.block
GET    /admin/followers/growth followers.view
GET    /admin/followers/head followers.view
POST   /admin/followers/sync followers.sync
POST   /admin/followers/tags followers.tag
GET    /admin/followers/{id} followers.view
POST   /admin/followers/{id}/block followers.block
POST   /admin/followers/{id}/notes inbox.note
GET    /admin/followers/{id}/picture followers.view
POST   /admin/followers/{id}/refresh followers.sync
POST   /admin/followers/{id}/remark followers.edit
POST   /admin/followers/{id}/tags followers.tag
GET    /admin/generator generator.view
GET    /admin/generator/new generator.view
GET    /admin/generator/{table} generator.view
GET    /admin/inbox inbox.view
GET    /admin/inbox/events inbox.view
GET    /admin/inbox/list inbox.view
GET    /admin/inbox/{chat} inbox.view
POST   /admin/inbox/{chat}/assign inbox.assign
POST   /admin/inbox/{chat}/done inbox.reply
GET    /admin/inbox/{chat}/media/{message}/{part} inbox.view
POST   /admin/inbox/{chat}/notes inbox.note
POST   /admin/inbox/{chat}/notes/{note} inbox.note
GET    /admin/inbox/{chat}/parts inbox.view
POST   /admin/inbox/{chat}/read inbox.view
POST   /admin/inbox/{chat}/reply inbox.reply
POST   /admin/inbox/{chat}/retry/{message} inbox.reply
GET    /admin/inbox/{chat}/sent/{message} inbox.view
POST   /admin/inbox/{chat}/typing inbox.reply
GET    /admin/login -
POST   /admin/login -
POST   /admin/login/code -
GET    /admin/login/once -
POST   /admin/logout signed-in
GET    /admin/me signed-in
POST   /admin/me signed-in
POST   /admin/me/password signed-in
POST   /admin/me/sessions/end-others signed-in
POST   /admin/me/sessions/{id}/end signed-in
GET    /admin/me/tokens tokens.create
POST   /admin/me/tokens tokens.create
POST   /admin/me/tokens/{id}/revoke signed-in
GET    /admin/me/totp signed-in
POST   /admin/me/totp signed-in
POST   /admin/me/totp/codes signed-in
POST   /admin/me/totp/off signed-in
GET    /admin/notice_templates/new notice_templates.create
POST   /admin/notice_templates/new notice_templates.create
POST   /admin/notice_templates/sync notice_templates.sync
GET    /admin/notice_templates/{id} notice_templates.view
POST   /admin/notice_templates/{id}/remove notice_templates.delete
POST   /admin/notice_templates/{id}/test notices.send
GET    /admin/notices/{id} notices.view
GET    /admin/menus menus.view
POST   /admin/menus menus.edit
GET    /admin/menus/compare menus.view
POST   /admin/menus/form menus.view
GET    /admin/menus/publications/{id} menus.view
GET    /admin/menus/publications/{id}/part menus.view
POST   /admin/menus/publications/{id}/resume menus.publish
POST   /admin/menus/publish menus.publish
POST   /admin/menus/shown menus.view
GET    /admin/menus/versions menus.view
GET    /admin/menus/versions/{number} menus.view
POST   /admin/menus/versions/{number}/restore menus.edit
GET    /admin/permissions roles.view
POST   /admin/preferences -
GET    /admin/rules rules.view
POST   /admin/rules rules.create
GET    /admin/rules/export rules.export
POST   /admin/rules/form rules.view
GET    /admin/rules/import rules.import
POST   /admin/rules/import rules.import
GET    /admin/rules/media rules.view
POST   /admin/rules/media rules.edit
GET    /admin/rules/media/{id}/thumbnail rules.view
GET    /admin/rules/new rules.create
POST   /admin/rules/order rules.edit
POST   /admin/rules/preview rules.view
GET    /admin/rules/test rules.view
GET    /admin/rules/{id} rules.view
POST   /admin/rules/{id} rules.edit
POST   /admin/rules/{id}/delete rules.delete
POST   /admin/rules/{id}/move rules.edit
POST   /admin/rules/{id}/restore rules.restore
POST   /admin/rules/{id}/switch rules.edit
GET    /admin/runs/{id} runs.view
POST   /admin/runs/{id}/cancel runs.steer
GET    /admin/runs/{id}/lines.csv runs.view
GET    /admin/runs/{id}/part runs.view
POST   /admin/runs/{id}/pause runs.steer
POST   /admin/runs/{id}/resume runs.steer
GET    /admin/search signed-in
POST   /admin/see-as signed-in
GET    /admin/settings settings.view
POST   /admin/settings settings.edit
GET    /admin/setup -
POST   /admin/setup -
GET    /admin/setup/account accounts.create
POST   /admin/setup/account accounts.create
GET    /admin/setup/connect/{id} accounts.rotate
GET    /admin/setup/connect/{id}/state accounts.rotate
GET    /admin/setup/done signed-in
GET    /admin/tags/new tags.create
POST   /admin/tags/new tags.create
POST   /admin/tags/refresh tags.create
GET    /admin/tags/{id} tags.view
POST   /admin/tags/{id} tags.edit
POST   /admin/tags/{id}/delete tags.delete
POST   /admin/uploads uploads.create
GET    /admin/uploads/{key} signed-in
GET    /admin/uploads/{key}/thumb signed-in
GET    /admin/webhooks/new webhooks.create
POST   /admin/webhooks/new webhooks.create
GET    /admin/webhooks/{id} webhooks.view
POST   /admin/webhooks/{id}/delete webhooks.delete
GET    /admin/webhooks/{id}/edit webhooks.edit
POST   /admin/webhooks/{id}/edit webhooks.edit
POST   /admin/webhooks/{id}/pause webhooks.edit
POST   /admin/webhooks/{id}/restore webhooks.restore
POST   /admin/webhooks/{id}/resume webhooks.edit
POST   /admin/webhooks/{id}/rotate webhooks.rotate
POST   /admin/webhooks/{id}/test webhooks.test
GET    /admin/{*rest} signed-in
GET    /api/v1 -
POST   /api/v1/accounts accounts.create
PATCH  /api/v1/accounts/{id} accounts.edit
GET    /api/v1/accounts/{id}/health accounts.view
POST   /api/v1/accounts/{id}/agents/refresh agents.view
POST   /api/v1/accounts/{id}/check accounts.view
POST   /api/v1/accounts/{id}/drop-key accounts.rotate
POST   /api/v1/accounts/{id}/pause accounts.pause
GET    /api/v1/accounts/{id}/quotas accounts.view
POST   /api/v1/accounts/{id}/quotas accounts.view
POST   /api/v1/accounts/{id}/quota-clear accounts.clear_quota
POST   /api/v1/accounts/{id}/resume accounts.pause
POST   /api/v1/accounts/{id}/rotate-key accounts.rotate
POST   /api/v1/accounts/{id}/rotate-token accounts.rotate
GET    /api/v1/accounts/{id}/settings accounts.view
PATCH  /api/v1/accounts/{id}/settings accounts.edit
POST   /api/v1/agents/{id}/qr agents.edit
GET    /api/v1/agents/{id}/qr.svg agents.view
POST   /api/v1/broadcasts broadcasts.create
GET    /api/v1/broadcasts/quota broadcasts.view
PATCH  /api/v1/broadcasts/{id} broadcasts.edit
POST   /api/v1/broadcasts/{id}/approve broadcasts.approve
POST   /api/v1/broadcasts/{id}/cancel broadcasts.cancel
POST   /api/v1/broadcasts/{id}/parts/{number}/resolve broadcasts.approve
POST   /api/v1/broadcasts/{id}/preview broadcasts.preview
POST   /api/v1/broadcasts/{id}/reject broadcasts.reject
GET    /api/v1/broadcasts/{id}/results broadcasts.view
POST   /api/v1/broadcasts/{id}/retry broadcasts.retry
POST   /api/v1/broadcasts/{id}/revoke broadcasts.revoke
POST   /api/v1/broadcasts/{id}/stop broadcasts.stop
POST   /api/v1/broadcasts/{id}/submit broadcasts.submit
GET    /api/v1/calls/figures calls.view
GET    /api/v1/calls/new calls.view
POST   /api/v1/calls/replay calls.replay
GET    /api/v1/calls/rid/{rid} calls.view
POST   /api/v1/calls/rid/{rid}/ask calls.view
GET    /api/v1/calls/{id}/whole calls.view
GET    /api/v1/channels/figures channels.view
GET    /api/v1/channels/{id}/figures channels.view
GET    /api/v1/channels/{id}/picture channels.view
GET    /api/v1/channels/{id}/poster channels.view
GET    /api/v1/chats/cloud chats.view
GET    /api/v1/chats/figures chats.view
GET    /api/v1/chats/records chats.view
POST   /api/v1/chats/records chats.serve
GET    /api/v1/chats/said chats.view+inbox.view
GET    /api/v1/chats/sessions chats.view
POST   /api/v1/chats/sessions chats.serve
GET    /api/v1/chats/{id}/export chats.export+inbox.view
GET    /api/v1/chats/{id}/messages chats.view+inbox.view
POST   /api/v1/deliveries/replay deliveries.replay
GET    /api/v1/deliveries/{id}/whole deliveries.view
GET    /api/v1/docs.css -
PATCH  /api/v1/followers/{id} followers.edit
GET    /api/v1/followers/{id}/timeline inbox.view
POST   /api/v1/followers/mark followers.view
POST   /api/v1/followers/sync followers.sync
POST   /api/v1/tags tags.create
PATCH  /api/v1/tags/{id} tags.edit
DELETE /api/v1/tags/{id} tags.delete
GET    /api/v1/menus/{account} menus.view
PUT    /api/v1/menus/{account} menus.edit
GET    /api/v1/menus/{account}/diff menus.view
GET    /api/v1/menus/{account}/live menus.view
GET    /api/v1/menus/{account}/publications/{id} menus.view
POST   /api/v1/menus/{account}/publications/{id}/resume menus.publish
POST   /api/v1/menus/{account}/publish menus.publish
GET    /api/v1/menus/{account}/versions menus.view
GET    /api/v1/menus/{account}/versions/{number} menus.view
POST   /api/v1/menus/{account}/versions/{number}/restore menus.edit
GET    /api/v1/openapi.json -
POST   /api/v1/notice_templates notice_templates.create
POST   /api/v1/notice_templates/sync notice_templates.sync
DELETE /api/v1/notice_templates/{id} notice_templates.delete
POST   /api/v1/notices notices.send
GET    /api/v1/runs/{id}/lines runs.view
POST   /api/v1/runs/{id}/cancel runs.steer
POST   /api/v1/runs/{id}/pause runs.steer
POST   /api/v1/runs/{id}/resume runs.steer
POST   /api/v1/webhooks webhooks.create
PATCH  /api/v1/webhooks/{id} webhooks.edit
DELETE /api/v1/webhooks/{id} webhooks.delete
POST   /api/v1/webhooks/{id}/pause webhooks.edit
POST   /api/v1/webhooks/{id}/restore webhooks.restore
POST   /api/v1/webhooks/{id}/resume webhooks.edit
POST   /api/v1/webhooks/{id}/rotate webhooks.rotate
POST   /api/v1/webhooks/{id}/test webhooks.test
POST   /api/v1/drafts drafts.create
PATCH  /api/v1/drafts/{id} drafts.edit
POST   /api/v1/drafts/{id}/decide drafts.publish
GET    /api/v1/drafts/{id}/history drafts.view
GET    /api/v1/followers/growth followers.view
POST   /api/v1/followers/{id}/notes inbox.note
POST   /api/v1/followers/{id}/refresh followers.sync
GET    /api/v1/material_syncs/{account} materials.view
POST   /api/v1/material_syncs/{account} materials.sync
POST   /api/v1/material_syncs/{account}/pause materials.sync
POST   /api/v1/materials materials.create
POST   /api/v1/materials/{id}/again materials.create
GET    /api/v1/materials/{id}/file materials.view
POST   /api/v1/materials/{id}/replace materials.replace
GET    /api/v1/materials/{id}/uses materials.view
POST   /api/v1/tags/refresh tags.create
";

/// What the pages of a declared resource serve: the verb that must be offered and is needed, method, address after the
/// resource's own, and the page that an area may serve itself instead. Written down here once more, so that a change of
/// what follows from a declaration is a change of this table, too.
const OF_PAGES: &[(Verb, Method, &str, Option<Page>)] = &[
    (Verb::View, Method::GET, "", Some(Page::List)),
    (Verb::View, Method::GET, "/{id}", Some(Page::Show)),
    (Verb::View, Method::POST, "/bulk", None),
    (Verb::View, Method::POST, "/views", None),
    (Verb::View, Method::POST, "/views/{id}/delete", None),
    (Verb::View, Method::GET, "/options/{field}", None),
    (Verb::Create, Method::GET, "/new", Some(Page::New)),
    (Verb::Create, Method::GET, "/{id}/duplicate", Some(Page::New)),
    (Verb::Create, Method::POST, "", Some(Page::New)),
    (Verb::Edit, Method::GET, "/{id}/edit", Some(Page::Edit)),
    (Verb::Edit, Method::POST, "/{id}", Some(Page::Edit)),
    (Verb::Delete, Method::POST, "/{id}/delete", None),
    (Verb::Restore, Method::POST, "/{id}/restore", None),
    (Verb::Export, Method::GET, "/export.csv", None),
    (Verb::Export, Method::GET, "/export.xlsx", None),
    (Verb::Import, Method::GET, "/import", None),
    (Verb::Import, Method::POST, "/import", None),
    (Verb::Import, Method::POST, "/import/{id}/apply", None),
    (Verb::Import, Method::POST, "/import/{id}/undo", None),
];

/// The same of the JSON API.
const OF_API: &[(Verb, Method, &str)] = &[
    (Verb::View, Method::GET, ""),
    (Verb::View, Method::GET, "/{id}"),
    (Verb::Create, Method::POST, ""),
    (Verb::Edit, Method::PATCH, "/{id}"),
    (Verb::Delete, Method::DELETE, "/{id}"),
    (Verb::Restore, Method::POST, "/{id}/restore"),
];

/// The role that is given what a step needs.
const ROLE: &str = "walker";
/// A record that is not there.
const NOWHERE: &str = "987654321";

/// One route.
#[derive(Debug, Clone)]
struct Route {
    method: Method,
    path: String,
    need: String,
}

impl Route {
    /// Those written by hand, and those of the declared resources.
    fn all(faces: &[Face]) -> Vec<Self> {
        let lines = TABLE.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(Self::parse).chain(faces.iter().flat_map(Self::of_face)).collect()
    }

    fn parse(line: &str) -> Self {
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap_or_else(|| panic!("{line}"));
        Self { method: word().parse().unwrap(), path: word().to_owned(), need: word().to_owned() }
    }

    /// What a declared resource serves: for each verb it offers and each of its actions.
    fn of_face(face: &Face) -> Vec<Self> {
        let r = face.resource();
        let offers = |verb: Verb| {
            r.verbs.contains(&verb)
                && match verb {
                    // What cannot be brought back, and what use cases write, one by one.
                    Verb::Restore => r.columns.iter().any(|column| column == "deleted_at"),
                    Verb::Import => r.writer.is_none(),
                    _ => true,
                }
        };
        let route = |method: &Method, path: String, verb: &str| Self {
            method: method.clone(),
            path,
            need: format!("{}.{verb}", r.name),
        };
        let (pages, api) = (format!("/admin/{}", r.name), format!("/api/v1/{}", r.name));
        let mut routes = Vec::new();
        for (verb, method, rest, page) in OF_PAGES.iter().filter(|_| !face.is_only_in_api()) {
            if offers(*verb) && !page.is_some_and(|page| face.is_own(page)) {
                routes.push(route(method, format!("{pages}{rest}"), verb.word()));
            }
        }
        for (verb, method, rest) in OF_API.iter().filter(|(verb, ..)| offers(*verb)) {
            routes.push(route(method, format!("{api}{rest}"), verb.word()));
        }
        for action in &r.actions {
            if !face.is_only_in_api() {
                routes.push(route(&Method::POST, format!("{pages}/{{id}}/do/{}", action.name), action.name));
            }
            routes.push(route(&Method::POST, format!("{api}/{{id}}/{}", action.name), action.name));
        }
        routes
    }

    fn permissions(&self) -> Vec<&str> {
        if self.need.contains('.') { self.need.split('+').collect() } else { Vec::new() }
    }

    fn writes(&self) -> bool {
        self.method != Method::GET
    }

    fn is_api(&self) -> bool {
        self.path.starts_with("/api/")
    }

    /// The path to the record `id`.
    fn of(&self, id: &str) -> String {
        let parts = self.path.split('/').map(|part| if part.starts_with('{') { id } else { part });
        parts.collect::<Vec<_>>().join("/")
    }

    /// Patterns of a role that may everything but `permission`.
    fn everything_but(permission: &str) -> [String; 2] {
        ["*".to_owned(), format!("!{permission}")]
    }

    /// Patterns of a role that may this and nothing else.
    fn this_alone(&self) -> Vec<String> {
        let mut patterns: Vec<_> = self.permissions().into_iter().map(str::to_owned).collect();
        if self.path.ends_with("/duplicate") || self.path.ends_with("/edit") && !self.writes() {
            // These forms show a record.
            patterns.extend(patterns[0].split_once('.').map(|(area, _)| format!("{area}.view")));
        }
        patterns
    }
}

/// Who walks, in a shop with an owner.
struct Walk {
    world: World,
    staff: Staff,
    nobody: Client,
    member: Browser,
    csrf: String,
    token: Secret<String>,
}

impl Walk {
    async fn begin() -> Self {
        let world = World::new().await;
        let staff = Staff::new(world.db.clone(), world.vault.clone());
        let by = Actor::system();
        let password = || Secret::new(format!("{:032x}", rand::random::<u128>()));
        let owner = staff.create_first_owner(&by, "owner", "Owner", password(), Locale::En).await.unwrap();
        let role = NewRole { key: ROLE.into(), name: "Walker".into(), permissions: vec!["dashboard.view".into()] };
        staff.create_role(&by, role).await.unwrap();
        let new = NewToken { name: "walk".into(), scopes: vec!["*".into()], expires_at: None };
        let (_, token) = staff.create_token(&Actor::staff(owner.id, "Owner"), new).await.unwrap();
        let member = Browser::signed_in(&world, ROLE).await;
        let csrf = member.csrf().await;
        let nobody = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { world, staff, nobody, member, csrf, token }
    }

    async fn grant(&self, patterns: &[String]) {
        let patterns = serde_json::json!(patterns).to_string();
        let sql = "UPDATE roles SET permissions = $1 WHERE key = $2";
        assert_eq!(self.world.db.execute(sql, [patterns.into(), ROLE.into()]).await.unwrap(), 1);
    }

    async fn limit_token(&self, patterns: &[String]) {
        let sql = "UPDATE api_tokens SET scopes = $1";
        let patterns = serde_json::json!(patterns).to_string();
        assert_eq!(self.world.db.execute(sql, [patterns.into()]).await.unwrap(), 1);
    }

    /// What must be the same after a request that was refused.
    async fn state(&self) -> Vec<i64> {
        const COUNTED: [&str; 9] = [
            "SELECT COUNT(*) AS n FROM audit_log",
            "SELECT CAST(COALESCE(SUM(version + rules_version), 0) AS BIGINT) AS n FROM accounts",
            "SELECT COUNT(*) AS n FROM reply_rules",
            "SELECT CAST(SUM(version) AS BIGINT) AS n FROM staff",
            "SELECT COUNT(*) AS n FROM staff_sessions",
            "SELECT COUNT(*) AS n FROM resource_views",
            "SELECT COUNT(*) AS n FROM imports",
            "SELECT COUNT(*) AS n FROM uploads",
            "SELECT COUNT(*) AS n FROM api_tokens WHERE revoked_at IS NULL",
        ];
        let mut counts = Vec::new();
        for sql in COUNTED {
            counts.push(self.world.count(sql).await);
        }
        for face in puzi_web::declared(&self.staff) {
            counts.push(self.world.count(&format!("SELECT COUNT(*) AS n FROM {}", face.resource().table)).await);
        }
        counts
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.world.node.url)
    }

    /// The session's request; a write brings a form with this value.
    fn by_session(&self, route: &Route, id: &str, csrf: &str) -> RequestBuilder {
        let request = self.member.request(route.method.clone(), &route.of(id));
        if route.writes() { request.form(&[("_csrf", csrf)]) } else { request }
    }

    fn by_token(&self, route: &Route, id: &str) -> RequestBuilder {
        let request = self.nobody.request(route.method.clone(), self.url(&route.of(id)));
        let request = request.bearer_auth(self.token.expose());
        if route.writes() { request.json(&serde_json::json!({})) } else { request }
    }
}

/// Status and where it leads; streams are not waited for.
async fn ask(request: RequestBuilder) -> (StatusCode, String) {
    let answer = tokio::time::timeout(Duration::from_secs(20), request.send()).await.expect("an answer within 20 s");
    let answer = answer.unwrap();
    let location = answer.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
    (answer.status(), location.unwrap_or_default())
}

#[tokio::test]
async fn every_route_lets_in_whom_it_should_and_nobody_else() {
    let walk = Walk::begin().await;
    let routes = Route::all(&puzi_web::declared(&walk.staff));
    the_table_is_whole(&walk, &routes);
    nobody_changes_anything(&walk, &routes).await;
    without_the_permission_nothing_opens(&walk, &routes).await;
    a_form_of_another_page_does_nothing(&walk, &routes).await;
    with_that_one_permission_it_opens(&walk, &routes).await;
}

fn the_table_is_whole(walk: &Walk, routes: &[Route]) {
    let faces = puzi_web::faces(&walk.world.db, &walk.staff, puzi_web::declared(&walk.staff));
    let line = |(method, path, needs): &(Method, String, Needs)| {
        let need = match needs {
            Needs::Nothing => "-",
            Needs::LoggedIn => "signed-in",
            Needs::Permission(permission) => permission,
        };
        format!("{method} {path} {need}")
    };
    let served = puzi_web::route_table(&faces);
    let served_lines: BTreeSet<_> = served.iter().map(line).collect();
    assert_eq!(served_lines.len(), served.len(), "a route stands twice");
    let known: BTreeSet<_> = routes.iter().map(|it| format!("{} {} {}", it.method, it.path, it.need)).collect();
    assert_eq!(known.len(), routes.len(), "a route stands in the table, and follows from a declaration as well");
    let new: Vec<_> = served_lines.difference(&known).cloned().collect();
    let gone: Vec<_> = known.difference(&served_lines).cloned().collect();
    assert!(new.is_empty(), "served, and not in this table:\n{}", new.join("\n"));
    assert!(gone.is_empty(), "in this table, and not served:\n{}", gone.join("\n"));
}

async fn nobody_changes_anything(walk: &Walk, routes: &[Route]) {
    let before = walk.state().await;
    for route in routes.iter().filter(|route| route.need != "-") {
        let mut request = walk.nobody.request(route.method.clone(), walk.url(&route.of("1")));
        if route.writes() {
            request = request.form(&[("_csrf", "x")]).header("sec-fetch-site", "same-origin");
        }
        let (status, location) = ask(request).await;
        let right = match (route.is_api(), route.writes()) {
            (true, _) => status == StatusCode::UNAUTHORIZED,
            (false, false) => status == StatusCode::SEE_OTHER && location.starts_with("/admin/login"),
            // What was typed is kept on a page that leads to signing in.
            (false, true) => status == StatusCode::FORBIDDEN,
        };
        assert!(right, "nobody: {route:?}: {status} {location}");
    }
    assert_eq!(walk.state().await, before, "nobody changed something");
}

async fn without_the_permission_nothing_opens(walk: &Walk, routes: &[Route]) {
    let before = walk.state().await;
    for route in routes {
        for permission in route.permissions() {
            let request = if route.is_api() {
                walk.limit_token(&Route::everything_but(permission)).await;
                walk.by_token(route, "1")
            } else {
                walk.grant(&Route::everything_but(permission)).await;
                walk.by_session(route, "1", &walk.csrf)
            };
            let (status, location) = ask(request).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "without {permission}: {route:?}: {location}");
        }
    }
    assert_eq!(walk.state().await, before, "somebody without the permission changed something");
}

async fn a_form_of_another_page_does_nothing(walk: &Walk, routes: &[Route]) {
    let before = walk.state().await;
    walk.grant(&["*".to_owned()]).await;
    for route in routes.iter().filter(|route| route.writes() && !route.is_api()) {
        if route.need != "-" {
            let (status, _) = ask(walk.by_session(route, "1", "wrong")).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "with another session's value: {route:?}");
        }
        let mut request = walk.by_session(route, "1", &walk.csrf).build().unwrap();
        request.headers_mut().insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
        let request = RequestBuilder::from_parts(walk.nobody.clone(), request);
        assert_eq!(ask(request).await.0, StatusCode::FORBIDDEN, "from another site: {route:?}");
    }
    assert_eq!(walk.state().await, before, "a form of another page changed something");
}

async fn with_that_one_permission_it_opens(walk: &Walk, routes: &[Route]) {
    let (last, first): (Vec<_>, Vec<_>) = routes.iter().partition(|route| route.path == "/admin/logout");
    let mut shut = Vec::new();
    for route in first.into_iter().chain(last) {
        let request = if route.is_api() {
            walk.limit_token(&route.this_alone()).await;
            walk.by_token(route, NOWHERE)
        } else {
            walk.grant(&route.this_alone()).await;
            walk.by_session(route, NOWHERE, &walk.csrf)
        };
        let (status, location) = ask(request).await;
        let refused = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        // What anybody may leads there by itself, and so does leaving.
        let leads_there = route.need == "-" || route.path == "/admin/logout";
        let sent_away = location.starts_with("/admin/login") && !leads_there;
        let broken = status.is_server_error() || status == StatusCode::METHOD_NOT_ALLOWED;
        if refused || sent_away || broken {
            shut.push(format!("{route:?}: {status} {location}"));
        }
    }
    assert!(shut.is_empty(), "with the permission:\n{}", shut.join("\n"));
}
