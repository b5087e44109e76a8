//! Every route of the admin and the API, and who may use it: nobody, somebody without the permission, somebody with that one
//! permission and no other. A route that stands in the program and not in this table fails, and so does the reverse.

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

use crate::common::{Browser, World};

/// Method, path and need of every route that is written by hand: `-` is for everybody, `signed-in` for all staff, else the
/// permission, or several with `+` between them, all of which are needed. What follows from a declared resource is in [`OF_PAGES`] and [`OF_API`], and not here.
const TABLE: &str = include_str!("routes/table.txt");

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
