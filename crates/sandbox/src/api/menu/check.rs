//! What a menu's buttons may be.

use serde_json::{Value, json};

use super::super::{ApiError, Call};
use crate::world::Account;

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

/// The buttons of a request as they are kept, when every one may be.
pub(super) fn buttons(account: &Account, call: &Call, request: &Value) -> Result<Value, ApiError> {
    if has_escapes(&call.body) {
        const ESCAPED: &str = "invalid charset. please check your request, if include \\uxxxx will create fail!";
        return Err(ApiError::new(40033, ESCAPED));
    }
    let buttons = &request["button"];
    check_level(account, buttons, &TOP)?;
    Ok(filled(buttons))
}

/// Whether non-ASCII text came as `\uXXXX`, which the platform refuses here.
fn has_escapes(body: &[u8]) -> bool {
    body.windows(6).any(|w| w[0] == b'\\' && w[1] == b'u' && w[2..].iter().all(u8::is_ascii_hexdigit))
}

fn check_level(account: &Account, buttons: &Value, level: &Level) -> Result<(), ApiError> {
    let buttons = buttons.as_array().ok_or(level.count)?;
    if buttons.is_empty() || buttons.len() > level.most {
        return Err(level.count);
    }
    buttons.iter().try_for_each(|button| check_button(account, button, level))
}

fn check_button(account: &Account, button: &Value, level: &Level) -> Result<(), ApiError> {
    let text = |name: &str| button[name].as_str().unwrap_or_default();
    if !(1..=level.name_bytes).contains(&text("name").len()) {
        return Err(level.name);
    }
    let has_subs = button["sub_button"].as_array().is_some_and(|subs| !subs.is_empty());
    if has_subs {
        // Two levels and no third.
        return if level.most == TOP.most { check_level(account, &button["sub_button"], &SUB) } else { Err(SUB.count) };
    }
    let material = || account.families.material.kind_of(text("media_id"));
    match text("type") {
        kind if KEYED.contains(&kind) => (1..=128).contains(&text("key").len()).then_some(()).ok_or(level.key),
        "view" => check_url(button, level),
        "miniprogram" => {
            check_url(button, level)?;
            let named = !text("appid").is_empty() && !text("pagepath").is_empty();
            named.then_some(()).ok_or(ApiError::new(45064, "no permission to use weapp in menu"))
        }
        "media_id" => match material() {
            Some("image" | "voice" | "video" | "news") => Ok(()),
            _ => Err(super::super::media::BAD_ID),
        },
        "view_limited" => (material() == Some("news")).then_some(()).ok_or(super::super::media::BAD_ID),
        "article_id" | "article_view_limited" => {
            let published = account.families.publish.has(text("article_id"));
            published.then_some(()).ok_or(super::super::publish::NO_ARTICLE)
        }
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
