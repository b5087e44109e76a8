//! The custom menu, the menus for some users only, and the one that the admin platform made.

mod check;
mod conditional;
mod current;
mod lines;

use serde_json::{Value, json};

use super::material::is_named;
use super::shelf::object;
use super::{Answered, ApiError, Call, Endpoint, Reply, read, write};
use crate::content::Platform;
use crate::world::{Account, Inner, Menu, World};
use conditional::Conditional;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    write("/cgi-bin/menu/create", 1000, create),
    read("/cgi-bin/menu/get", 10_000, get),
    read("/cgi-bin/menu/delete", 1000, delete),
    write("/cgi-bin/menu/addconditional", 2000, conditional::add),
    write("/cgi-bin/menu/delconditional", 2000, conditional::delete),
    write("/cgi-bin/menu/trymatch", 20_000, conditional::try_match),
    read("/cgi-bin/get_current_selfmenu_info", 10_000, current::get),
];

const NO_MENU: ApiError = ApiError::new(46003, "menu no exist");

/// What the account keeps beside the default menu, which lies in the account itself.
#[derive(Default)]
pub(crate) struct State {
    /// In the order they were made.
    conditional: Vec<Conditional>,
    /// What the admin platform made, as `get_current_selfmenu_info` tells it, and as phones show it.
    admin: Option<(Value, Value)>,
    /// What phones run on, where they told.
    platforms: std::collections::HashMap<String, Platform>,
}

impl State {
    /// Whether a menu, the default one aside, names this material.
    pub(super) fn names(&self, media_id: &str) -> bool {
        let admin = self.admin.as_ref().is_some_and(|(given, _)| is_named(given, media_id));
        admin || self.conditional.iter().any(|menu| is_named(&menu.buttons, media_id))
    }

    /// Says what a phone runs on.
    pub(crate) fn set_platform(&mut self, openid: &str, platform: Platform) {
        self.platforms.insert(openid.to_owned(), platform);
    }
}

/// The menu that one phone shows.
pub(crate) struct Shown<'a> {
    /// None of a menu that the admin platform made.
    pub(crate) id: Option<u64>,
    pub(crate) buttons: &'a Value,
    /// Whether only some users see it.
    pub(crate) conditional: bool,
}

impl Account {
    /// The menu that this phone shows: the newest conditional one whose rule fits, else the default one.
    pub(crate) fn menu_for(&self, openid: &str) -> Option<Shown<'_>> {
        let menus = &self.families.menu;
        let fits = menus.conditional.iter().rev().find(|menu| menu.rule.fits(self, openid));
        let fits = fits.map(|menu| Shown { id: Some(menu.id), buttons: &menu.buttons, conditional: true });
        fits.or_else(|| self.default_menu())
    }

    /// The menu that users see for whom there is no other.
    pub(crate) fn default_menu(&self) -> Option<Shown<'_>> {
        let made = self.menu.as_ref();
        let made = made.map(|menu| Shown { id: Some(menu.id), buttons: &menu.buttons, conditional: false });
        let admin = self.families.menu.admin.as_ref();
        made.or_else(|| admin.map(|(_, shown)| Shown { id: None, buttons: shown, conditional: false }))
    }

    /// Makes a menu on the admin platform: buttons as `get_current_selfmenu_info` tells them. It takes the place of
    /// all that the API made.
    pub(crate) fn set_admin_menu(&mut self, given: &Value) {
        self.menu = None;
        let shown = current::shown(&given["button"]);
        let menus = &mut self.families.menu;
        menus.conditional.clear();
        menus.admin = Some((given.clone(), shown));
    }
}

/// `POST /cgi-bin/menu/create`, createCustomMenu; conditional menus stay as they are.
fn create(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let buttons = check::buttons(world.account(&call.appid), call, &object(call)?)?;
    let id = world.chance.menu_id();
    let account = world.account_mut(&call.appid);
    account.menu = Some(Menu { id, buttons });
    account.families.menu.admin = None;
    tell(world, &call.appid);
    Ok(Reply::ok())
}

/// `GET /cgi-bin/menu/get`, getMenu: what the API made.
fn get(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let account = world.account(&call.appid);
    let menu = account.menu.as_ref().ok_or(NO_MENU)?;
    let mut answer = json!({ "menu": { "button": menu.buttons, "menuid": menu.id } });
    let conditional = &account.families.menu.conditional;
    if !conditional.is_empty() {
        answer["conditionalmenu"] = conditional.iter().map(Conditional::told).collect();
    }
    Ok(Reply::Json(answer))
}

/// `GET /cgi-bin/menu/delete`, deleteMenu: all menus; deleting none is fine.
fn delete(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let account = world.account_mut(&call.appid);
    account.menu = None;
    account.families.menu.admin = None;
    account.families.menu.conditional.clear();
    tell(world, &call.appid);
    Ok(Reply::ok())
}

/// Shows every phone the menu that it has now.
fn tell(world: &World, appid: &str) {
    world.tell_app(appid);
    world.tell_phones(appid);
}
