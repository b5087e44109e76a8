//! The admin: everything below `/admin`. Each area adds its routes and its entry of the navigation here.

mod accounts;
mod agents;
mod assets;
mod audit;
mod broadcasts;
mod calls;
mod channels;
mod chart;
mod chats;
mod cookies;
mod dashboard;
mod desk;
mod drafts;
mod ecommerces;
mod error;
mod followers;
mod form;
mod gate;
mod generator;
mod inbox;
mod jobs;
mod kept;
mod login;
mod materials;
mod me;
mod menus;
mod nav;
mod notices;
mod number;
mod once;
mod opened;
mod parts;
mod path;
mod permissions;
mod phrases;
mod preferences;
mod problem;
mod resource;
mod roles;
mod routes;
mod rules;
pub(crate) mod runs;
mod said;
mod search;
mod settings;
mod setup;
mod shell;
mod staff;
mod tags;
mod toast;
mod tokens;
mod uploads;
mod visitor;
mod webhooks;
mod wechat;
mod when;

use std::sync::Arc;

use axum::{Router, http::Method};
use puzi_shop::{db::Db, staff::Staff};

pub(crate) use self::{
    agents::draw as draw_code,
    calls::masked,
    chats::words_of,
    dashboard::Remembered,
    once::Once,
    resource::{Running, shop_actor},
    visitor::address,
};
pub use self::{
    channels::{Size as PosterSize, svg as poster_svg},
    parts::AdminParts,
    resource::{Face, Faces, Page, ResourceStore},
    routes::Needs,
};
use self::{nav::NavItem, routes::Routes};
use crate::App;

/// The declared resources, in the order of the navigation. An area adds one line.
pub fn declared(staff: &Staff) -> Vec<Face> {
    vec![
        accounts::face(),
        staff::face(staff),
        roles::face(staff),
        tokens::face(staff),
        audit::face(),
        jobs::face(),
        runs::face(),
        calls::face(),
        chats::face(),
        broadcasts::face(),
        notices::face(),
        notices::templates(),
        drafts::face(),
        materials::face(),
        phrases::face(),
        followers::face(),
        tags::face(),
        channels::face(),
        channels::folders(),
        agents::face(),
        ecommerces::face(),
        webhooks::face(),
        webhooks::deliveries(),
    ]
}

/// The resources of `faces` over `db`.
pub fn faces(db: &Db, staff: &Staff, faces: Vec<Face>) -> Faces {
    Faces::new(Arc::new(ResourceStore::new(db.clone(), staff.clone())), faces)
}

/// Every route of the admin. An area adds one line.
fn routes(faces: &Faces) -> Routes {
    Routes::new()
        .get("/admin/assets/{file}", Needs::Nothing, assets::serve)
        .merge(login::routes())
        .merge(preferences::routes())
        .merge(setup::routes())
        .merge(me::routes())
        .merge(accounts::routes())
        .merge(agents::routes())
        .merge(calls::routes())
        .merge(channels::routes())
        .merge(broadcasts::routes())
        .merge(chats::routes())
        .merge(said::routes())
        .merge(webhooks::routes())
        .merge(notices::routes())
        .merge(dashboard::routes())
        .merge(search::routes())
        .merge(settings::routes())
        .merge(permissions::routes())
        .merge(inbox::routes())
        .merge(followers::routes())
        .merge(tags::routes())
        .merge(materials::routes())
        .merge(drafts::routes())
        .merge(rules::routes())
        .merge(menus::routes())
        .merge(runs::routes())
        .merge(uploads::routes())
        .merge(generator::routes())
        .merge(resource::routes(faces))
        // What is nowhere: last, for it takes all that is left.
        .get("/admin/{*rest}", Needs::LoggedIn, problem::nothing_here)
}

/// The navigation, in its order within each group. An area adds one line.
fn nav() -> Vec<NavItem> {
    vec![dashboard::nav(), inbox::nav(), rules::nav(), menus::nav(), settings::nav(), generator::nav()]
}

/// The admin's routes behind their gates.
pub(crate) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    routes(&app.admin.faces).into_router(app)
}

/// Every route of the admin, and who may use it.
pub(crate) fn route_table(faces: &Faces) -> Vec<(Method, String, Needs)> {
    routes(faces).table()
}
