//! What an account keeps, family by family.

use super::{
    autoreply, comments, draft, mass, material, menu, oauth, publish, qrcode, semantic, service, shortdata, statistics,
    subscribe, tags, template, tickets, users,
};

#[derive(Default)]
pub(crate) struct Families {
    pub(crate) autoreply: autoreply::State,
    pub(crate) comments: comments::State,
    pub(crate) draft: draft::State,
    pub(crate) mass: mass::State,
    pub(crate) material: material::State,
    pub(crate) menu: menu::State,
    pub(crate) oauth: oauth::State,
    /// Every message that was sent.
    pub(crate) outbox: crate::overview::Outbox,
    pub(crate) publish: publish::State,
    pub(crate) qrcode: qrcode::State,
    pub(crate) semantic: semantic::State,
    pub(crate) service: service::State,
    pub(crate) shortdata: shortdata::State,
    pub(crate) statistics: statistics::State,
    pub(crate) subscribe: subscribe::State,
    pub(crate) tags: tags::State,
    pub(crate) template: template::State,
    pub(crate) tickets: tickets::State,
    pub(crate) users: users::State,
}
