//! Menus for users with a tag, or with a kind of phone.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::ask::{BAD_FORMAT, INVALID, number, text};
use super::super::shelf::object;
use super::super::tags::last_tag;
use super::super::{Answered, ApiError, Call, Reply};
use super::{NO_MENU, check, tell};
use crate::content::Platform;
use crate::world::{Account, Inner, World};

/// Conditional menus of an account; the documents name an errcode and no number.
const MENUS: usize = 100;
/// Domains that all of them may lead to.
const DOMAINS: usize = 3;
/// Conditions on what is private, which are refused since 2020.
const PRIVATE: [&str; 5] = ["sex", "country", "province", "city", "language"];

/// A menu for some users.
pub(super) struct Conditional {
    pub(super) id: u64,
    pub(super) buttons: Value,
    pub(super) rule: Rule,
}

impl Conditional {
    /// As `menu/get` tells it.
    pub(super) fn told(&self) -> Value {
        json!({ "button": self.buttons, "matchrule": self.rule.given, "menuid": self.id })
    }
}

/// Who sees it.
pub(super) struct Rule {
    given: Value,
    tag_id: Option<i64>,
    platform: Option<Platform>,
}

impl Rule {
    fn asked(request: &Value) -> Result<Self, ApiError> {
        const EMPTY: ApiError = ApiError::new(65304, "match rule empty");
        let given = match &request["matchrule"] {
            Value::Null => return Err(EMPTY),
            Value::Object(fields) => fields,
            _ => return Err(BAD_FORMAT),
        };
        // An empty text asks for nothing.
        let filled: serde_json::Map<_, _> =
            given.clone().into_iter().filter(|(_, value)| !value.is_null() && value != "").collect();
        if PRIVATE.iter().any(|name| filled.contains_key(*name)) {
            return Err(ApiError::new(65320, "privacy field is not supported in match rule"));
        }
        let given = Value::Object(filled);
        // Groups became tags, with the same numbers.
        let tag = if given["tag_id"].is_null() { "group_id" } else { "tag_id" };
        let asked = |name: &str| if given[name].is_null() { Ok(None) } else { number(&given, name, INVALID).map(Some) };
        let tag_id = asked(tag)?;
        let platform = match asked("client_platform_type")? {
            None => None,
            Some(number) => Some(Platform::from_number(number).ok_or(INVALID)?),
        };
        if tag_id.is_none() && platform.is_none() {
            return Err(EMPTY);
        }
        Ok(Self { given, tag_id, platform })
    }

    /// Whether a phone's user fits all that is asked; of several tags the one counts that was put on last.
    pub(super) fn fits(&self, account: &Account, openid: &str) -> bool {
        let platform = || account.families.menu.platforms.get(openid).copied().unwrap_or_default();
        self.tag_id.is_none_or(|tag| last_tag(account, openid) == Some(tag))
            && self.platform.is_none_or(|asked| platform() == asked)
    }
}

/// `POST /cgi-bin/menu/addconditional`, addConditionalMenu.
pub(super) fn add(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let account = world.account(&call.appid);
    if account.menu.is_none() {
        return Err(ApiError::new(65303, "no default menu, can not create conditional menu"));
    }
    let rule = Rule::asked(&request)?;
    if request["button"].as_array().is_none_or(Vec::is_empty) {
        return Err(ApiError::new(65307, "conditional menu is empty"));
    }
    let buttons = check::buttons(account, call, &request).map_err(own_number)?;
    let menus = &account.families.menu.conditional;
    if menus.len() >= MENUS {
        return Err(ApiError::new(65305, "conditional menu count limit"));
    }
    let mut domains = BTreeSet::new();
    for buttons in menus.iter().map(|menu| &menu.buttons).chain([&buttons]) {
        collect_domains(buttons, &mut domains);
    }
    if domains.len() > DOMAINS {
        return Err(ApiError::new(65316, "too many domains in conditional menus"));
    }
    let id = world.chance.menu_id();
    world.account_mut(&call.appid).families.menu.conditional.push(Conditional { id, buttons, rule });
    tell(world, &call.appid);
    Ok(Reply::Json(json!({ "menuid": id.to_string() })))
}

/// Two faults of buttons have a number of their own here.
fn own_number(error: ApiError) -> ApiError {
    match error.errcode {
        40017 | 40024 => ApiError::new(65308, "button without action"),
        40055 => ApiError::new(65317, "invalid url"),
        _ => error,
    }
}

fn collect_domains<'a>(buttons: &'a Value, domains: &mut BTreeSet<&'a str>) {
    for button in buttons.as_array().into_iter().flatten() {
        let after = button["url"].as_str().and_then(|url| url.split_once("://"));
        domains.extend(after.and_then(|(_, rest)| rest.split(['/', '?', '#', ':']).next()));
        collect_domains(&button["sub_button"], domains);
    }
}

/// `POST /cgi-bin/menu/delconditional`, deleteConditionalMenu.
pub(super) fn delete(_: &Inner, world: &mut World, call: &Call) -> Answered {
    const NO_SUCH: ApiError = ApiError::new(65301, "menuid does not exist");
    let request = object(call)?;
    let id = u64::try_from(number(&request, "menuid", NO_SUCH)?).map_err(|_| NO_SUCH)?;
    let menus = &mut world.account_mut(&call.appid).families.menu.conditional;
    let place = menus.iter().position(|menu| menu.id == id).ok_or(NO_SUCH)?;
    menus.remove(place);
    tell(world, &call.appid);
    Ok(Reply::ok())
}

/// `POST /cgi-bin/menu/trymatch`, tryMatchMenu: the menu that a user sees.
pub(super) fn try_match(_: &Inner, world: &mut World, call: &Call) -> Answered {
    const NO_USER: ApiError = ApiError::new(65302, "user does not exist");
    let request = object(call)?;
    let openid = text(&request, "user_id", NO_USER)?;
    let account = world.account(&call.appid);
    if !account.is_following(openid) {
        return Err(NO_USER);
    }
    // What the admin platform made is no menu of the API.
    let shown = account.menu_for(openid).filter(|shown| shown.id.is_some()).ok_or(NO_MENU)?;
    Ok(Reply::Json(json!({ "button": shown.buttons })))
}
