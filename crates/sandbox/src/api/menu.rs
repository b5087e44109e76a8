//! The custom menu.

use serde_json::{Value, json};

use super::{Answered, ApiError, Call, Reply};
use crate::world::{Inner, Menu, World};

const NO_MENU: ApiError = ApiError::new(46003, "menu no exist");
/// Types whose button needs a key.
const KEYED: [&str; 7] = [
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
];

/// The errors of one level: the platform has a number for each, apart for buttons and sub-buttons.
struct Level {
    count: ApiError,
    kind: ApiError,
    name: ApiError,
    key: ApiError,
    url: ApiError,
    most: usize,
    name_bytes: usize,
}

const TOP: Level = Level {
    count: ApiError::new(40016, "invalid button size"),
    kind: ApiError::new(40017, "invalid button type"),
    name: ApiError::new(40018, "invalid button name size"),
    key: ApiError::new(40019, "invalid button key size"),
    url: ApiError::new(40020, "invalid button url size"),
    most: 3,
    name_bytes: 16,
};

const SUB: Level = Level {
    count: ApiError::new(40023, "invalid sub button size"),
    kind: ApiError::new(40024, "invalid sub button type"),
    name: ApiError::new(40025, "invalid sub button name size"),
    key: ApiError::new(40026, "invalid sub button key size"),
    url: ApiError::new(40027, "invalid sub button url size"),
    most: 5,
    name_bytes: 60,
};

/// `POST /cgi-bin/menu/create`, createCustomMenu.
pub(super) fn create(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    if has_escapes(&call.body) {
        const ESCAPED: &str = "invalid charset. please check your request, if include \\uxxxx will create fail!";
        return Err(ApiError::new(40033, ESCAPED));
    }
    let buttons = &request["button"];
    check_level(buttons, &TOP)?;
    let id = world.chance.menu_id();
    world.account_mut(&call.appid).menu = Some(Menu { id, buttons: filled(buttons) });
    world.tell_app(&call.appid);
    Ok(Reply::ok())
}

/// Whether non-ASCII text came as `\uXXXX`, which the platform refuses here.
fn has_escapes(body: &[u8]) -> bool {
    body.windows(6).any(|w| w[0] == b'\\' && w[1] == b'u' && w[2..].iter().all(u8::is_ascii_hexdigit))
}

fn check_level(buttons: &Value, level: &Level) -> Result<(), ApiError> {
    let buttons = buttons.as_array().ok_or(level.count)?;
    if buttons.is_empty() || buttons.len() > level.most {
        return Err(level.count);
    }
    buttons.iter().try_for_each(|button| check_button(button, level))
}

fn check_button(button: &Value, level: &Level) -> Result<(), ApiError> {
    let size = |name: &str| button[name].as_str().map_or(0, str::len);
    if !(1..=level.name_bytes).contains(&size("name")) {
        return Err(level.name);
    }
    let has_subs = button["sub_button"].as_array().is_some_and(|subs| !subs.is_empty());
    if has_subs {
        // Two levels and no third.
        return if level.most == TOP.most { check_level(&button["sub_button"], &SUB) } else { Err(SUB.count) };
    }
    match button["type"].as_str().unwrap_or_default() {
        kind if KEYED.contains(&kind) => (1..=128).contains(&size("key")).then_some(()).ok_or(level.key),
        "view" => check_url(button, level),
        "miniprogram" => {
            check_url(button, level)?;
            let named = size("appid") > 0 && size("pagepath") > 0;
            named.then_some(()).ok_or(ApiError::new(45064, "no permission to use weapp in menu"))
        }
        "media_id" | "view_limited" if size("media_id") > 0 => Ok(()),
        "media_id" | "view_limited" => Err(ApiError::new(40007, "invalid media_id")),
        "article_id" | "article_view_limited" if size("article_id") > 0 => Ok(()),
        "article_id" | "article_view_limited" => Err(ApiError::new(53600, "invalid article_id")),
        _ => Err(level.kind),
    }
}

fn check_url(button: &Value, level: &Level) -> Result<(), ApiError> {
    let url = button["url"].as_str().unwrap_or_default();
    if !(1..=1024).contains(&url.len()) {
        return Err(level.url);
    }
    let names_site = url.starts_with("http://") || url.starts_with("https://");
    names_site.then_some(()).ok_or(ApiError::new(40055, "invalid button url domain"))
}

/// Every button as the platform gives it back: with a `sub_button`, be it empty.
fn filled(buttons: &Value) -> Value {
    let each = |button: &Value| {
        let mut button = button.clone();
        button["sub_button"] = filled(&button["sub_button"]);
        button
    };
    buttons.as_array().map_or_else(|| json!([]), |list| list.iter().map(each).collect())
}

/// `GET /cgi-bin/menu/get`, getMenu.
pub(super) fn get(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let menu = world.account(&call.appid).menu.as_ref().ok_or(NO_MENU)?;
    Ok(Reply::Json(json!({ "menu": { "button": menu.buttons, "menuid": menu.id } })))
}

/// `GET /cgi-bin/menu/delete`, deleteMenu; deleting none is fine.
pub(super) fn delete(_: &Inner, world: &mut World, call: &Call) -> Answered {
    world.account_mut(&call.appid).menu = None;
    world.tell_app(&call.appid);
    Ok(Reply::ok())
}

/// `GET /cgi-bin/get_current_selfmenu_info`, getCurrentSelfmenuInfo: here sub-buttons lie in a `list`.
pub(super) fn current(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let Some(menu) = &world.account(&call.appid).menu else {
        return Ok(Reply::Json(json!({ "is_menu_open": 0 })));
    };
    let each = |button: &Value| {
        let mut button = button.clone();
        let subs = button["sub_button"].take();
        match subs.as_array() {
            Some(list) if !list.is_empty() => button["sub_button"] = json!({ "list": list }),
            _ => {
                if let Some(fields) = button.as_object_mut() {
                    fields.remove("sub_button");
                }
            }
        }
        button
    };
    let buttons: Value = menu.buttons.as_array().map_or_else(Vec::new, |list| list.iter().map(each).collect()).into();
    Ok(Reply::Json(json!({ "is_menu_open": 1, "selfmenu_info": { "button": buttons } })))
}
