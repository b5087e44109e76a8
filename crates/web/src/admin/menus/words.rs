//! What a menu is and how two differ, in the reader's words.

use puzi_shop::{
    Problem,
    menus::{Difference, Origin, State, What, Which},
};
use puzi_wechat::client::{Action, Button, MenuRule};

use super::{
    super::desk::Desk,
    place::Place,
    reading::{kind_of, value_of},
};

/// A kind of button.
pub(super) fn kind(desk: &Desk, action: &Action) -> String {
    match action {
        Action::Open(subs) if subs.is_empty() => desk.t("menus.kinds.nothing"),
        Action::Open(_) => desk.t("menus.kinds.open"),
        Action::Other { kind, .. } => desk.ta("menus.kinds.other", &[("kind", kind.clone())]),
        action => desk.t(&format!("menus.kinds.{}", kind_of(action))),
    }
}

/// A button in one line: its kind, and what that kind needs.
pub(super) fn button(desk: &Desk, button: &Button) -> String {
    let value = match &button.action {
        Action::MiniProgram { appid, pagepath, .. } => format!("{appid} {pagepath}"),
        Action::Open(subs) => subs.iter().map(|sub| sub.name.as_str()).collect::<Vec<_>>().join(" · "),
        action => value_of(action).to_owned(),
    };
    let kind = kind(desk, &button.action);
    if value.is_empty() { kind } else { desk.ta("menus.kind_value", &[("kind", kind), ("value", value)]) }
}

/// The name of a button, or that it has none.
pub(super) fn name(desk: &Desk, button: &Button) -> String {
    if button.name.is_empty() { desk.t("menus.unnamed") } else { button.name.clone() }
}

/// Whom a rule fits.
pub(super) fn rule(desk: &Desk, rule: &MenuRule, tags: &[(i64, String)]) -> String {
    let tag = rule.tag_id.map(|id| {
        let known = tags.iter().find(|(tag, _)| *tag == id).map(|(_, name)| name.clone());
        known.unwrap_or_else(|| desk.ta("menus.tag_number", &[("n", id.to_string())]))
    });
    let platform = rule.client_platform.map(|one| desk.t(&format!("menus.platforms.{}", one.number())));
    let parts: Vec<_> = [tag, platform].into_iter().flatten().collect();
    if parts.is_empty() { desk.t("menus.no_rule") } else { parts.join(" · ") }
}

/// What a menu of some people is called.
pub(super) fn menu(desk: &Desk, called: &str, whom: &MenuRule, tags: &[(i64, String)]) -> String {
    if called.is_empty() { rule(desk, whom, tags) } else { called.to_owned() }
}

/// A problem with the place it is at.
pub(super) fn problem(desk: &Desk, problem: &Problem) -> String {
    let (place, _) = Place::of_field(&problem.field);
    let at = place_of(desk, &place);
    desk.ta("menus.at", &[("place", at), ("what", problem.message(desk.locale))])
}

/// A place as people count: the second button, the first below it.
pub(super) fn place_of(desk: &Desk, place: &Place) -> String {
    let menu = match place.menu {
        None => desk.t("menus.everybody"),
        Some(menu) => desk.ta("menus.menu_number", &[("n", (menu + 1).to_string())]),
    };
    match place.path.as_slice() {
        [] => menu,
        [top] => desk.ta("menus.place_top", &[("menu", menu), ("n", (top + 1).to_string())]),
        [top, below, ..] => {
            let args = [("menu", menu), ("n", (top + 1).to_string()), ("m", (below + 1).to_string())];
            desk.ta("menus.place_below", &args)
        }
    }
}

/// A difference as a sentence.
pub(super) fn difference(desk: &Desk, one: &Difference, tags: &[(i64, String)]) -> String {
    let of_menu = |which: &Which| menu(desk, &which.name, &which.rule, tags);
    let whole = one.before.is_none() && one.after.is_none();
    let said = |key: &str, args: &[(&'static str, String)]| desk.ta(&format!("menus.differs.{key}"), args);
    if let (true, Some(which)) = (whole, &one.menu) {
        let args = [("menu", of_menu(which))];
        return match &one.what {
            What::Added => said("menu_added", &args),
            What::Removed => said("menu_removed", &args),
            What::Moved { .. } | What::Changed { .. } => said("menu_moved", &args),
        };
    }
    let shown = one.after.as_ref().or(one.before.as_ref());
    let named = shown.map(|button| name(desk, button)).unwrap_or_default();
    let told = |button: &Option<Button>| button.as_ref().map(|one| self::button(desk, one)).unwrap_or_default();
    let sentence = match &one.what {
        What::Added => said("added", &[("name", named), ("what", told(&one.after))]),
        What::Removed => said("removed", &[("name", named), ("what", told(&one.before))]),
        What::Moved { .. } => said("moved", &[("name", named)]),
        What::Changed { fields } => {
            let was = one.before.as_ref().map(|button| name(desk, button)).unwrap_or_default();
            let renamed = fields.iter().any(|field| field == "name");
            match (renamed, fields.len()) {
                (true, 1) => said("renamed", &[("was", was), ("name", named)]),
                (true, _) => {
                    let args = [("was", was), ("name", named), ("from", told(&one.before)), ("to", told(&one.after))];
                    said("renamed_changed", &args)
                }
                (false, _) => {
                    said("changed", &[("name", named), ("from", told(&one.before)), ("to", told(&one.after))])
                }
            }
        }
    };
    match &one.menu {
        Some(which) => desk.ta("menus.in_menu", &[("menu", of_menu(which)), ("what", sentence)]),
        None => sentence,
    }
}

/// Who made a version.
pub(super) fn origin(desk: &Desk, origin: Origin, by: &str) -> String {
    match origin {
        Origin::Published => desk.ta("menus.origins.published", &[("name", by.to_owned())]),
        Origin::Found => desk.t("menus.origins.found"),
        Origin::Platform => desk.t("menus.origins.platform"),
    }
}

/// How a publication's state looks: `good`, `busy` and so on.
pub(super) fn mood(state: State) -> &'static str {
    match state {
        State::Queued | State::Running => "busy",
        State::Live => "good",
        State::Partly => "warn",
        State::Failed => "bad",
    }
}
