//! `get_current_selfmenu_info`: the menu in use, whoever made it.

use serde_json::{Map, Value, json};

use super::super::{Answered, Call, Reply};
use crate::world::{Inner, World};

/// `GET /cgi-bin/get_current_selfmenu_info`, getCurrentSelfmenuInfo: here sub-buttons lie in a `list`.
pub(super) fn get(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let account = world.account(&call.appid);
    let info = match (&account.menu, &account.families.menu.admin) {
        (Some(menu), _) => json!({ "button": told(&menu.buttons) }),
        (None, Some((given, _))) => given.clone(),
        (None, None) => return Ok(Reply::Json(json!({ "is_menu_open": 0 }))),
    };
    Ok(Reply::Json(json!({ "is_menu_open": 1, "selfmenu_info": info })))
}

fn told(buttons: &Value) -> Value {
    let each = |button: &Value| {
        let mut button = button.clone();
        let subs = button["sub_button"].take();
        match subs.as_array() {
            Some(list) if !list.is_empty() => button["sub_button"] = json!({ "list": told(&subs) }),
            _ => {
                button.as_object_mut().map(|fields| fields.remove("sub_button"));
            }
        }
        button
    };
    buttons.as_array().map_or_else(|| json!([]), |list| list.iter().map(each).collect())
}

/// Buttons of the admin platform in the form that phones show.
pub(super) fn shown(buttons: &Value) -> Value {
    let each = |button: &Value| {
        let mut fields: Map<String, Value> = button.as_object().cloned().unwrap_or_default();
        let subs = fields.remove("sub_button").unwrap_or_default();
        fields.insert("sub_button".into(), shown(&subs["list"]));
        Value::Object(fields)
    };
    buttons.as_array().map_or_else(|| json!([]), |list| list.iter().map(each).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_buttons_change_their_form_and_nothing_else() {
        let given = json!([
            { "name": "a", "type": "text", "value": "你好" },
            { "name": "b", "sub_button": { "list": [{ "name": "c", "type": "view", "url": "https://c" }] } },
        ]);
        let shown = shown(&given);
        assert_eq!(shown[0]["sub_button"], json!([]));
        assert_eq!(shown[1]["sub_button"][0]["url"], "https://c");
        assert_eq!(told(&shown), given);
    }
}
