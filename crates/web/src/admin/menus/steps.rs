//! Steps of the editor that save nothing: a button more, one less, another order, another one chosen.

use puzi_shop::menus::Conditional;
use puzi_wechat::client::{Action, Button};

use super::{place::Place, reading::Editor};

/// Takes a step such as `add:b`, `remove:b.1.sub.0` or `order:b:2-0-1`; one that makes no sense changes nothing.
pub(super) fn take(editor: &mut Editor, step: &str) {
    let mut parts = step.splitn(3, ':');
    let (verb, at, rest) =
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if let Some(verb) = verb.strip_prefix("menu-") {
        return of_menus(editor, verb, at, rest);
    }
    let Some(at) = Place::read(at) else { return };
    match verb {
        "select"
            if (at.path.is_empty() || button(editor, &at).is_some())
                && row(editor, &Place::of(at.menu, &[])).is_some() =>
        {
            editor.at = at;
        }
        "add" => add(editor, &at),
        "remove" => remove(editor, &at),
        "back" => shift(editor, &at, false),
        "on" => shift(editor, &at, true),
        "order" => {
            let chosen = &editor.at;
            let was = (chosen.above() == at).then(|| chosen.path.last().copied()).flatten();
            if let Some(row) = row(editor, &at)
                && let Some(order) = order(rest, row.len())
            {
                reorder(row, &order);
                if let Some(now) = was.and_then(|was| order.iter().position(|old| *old == was)) {
                    editor.at = at.below(now);
                }
            }
        }
        _ => {}
    }
}

/// The row that `at` holds: the top of a menu, or what lies below a button.
fn row<'a>(editor: &'a mut Editor, at: &Place) -> Option<&'a mut Vec<Button>> {
    let top = match at.menu {
        None => &mut editor.set.buttons,
        Some(menu) => &mut editor.set.conditional.get_mut(menu)?.buttons,
    };
    match at.path.as_slice() {
        [] => Some(top),
        [place] => match &mut top.get_mut(*place)?.action {
            Action::Open(subs) => Some(subs),
            _ => None,
        },
        _ => None,
    }
}

fn button<'a>(editor: &'a mut Editor, at: &Place) -> Option<&'a mut Button> {
    let place = *at.path.last()?;
    row(editor, &at.above())?.get_mut(place)
}

fn add(editor: &mut Editor, at: &Place) {
    // What did something itself opens a list from now on.
    if let [_] = at.path.as_slice()
        && let Some(button) = button(editor, at)
        && !matches!(button.action, Action::Open(_))
    {
        button.action = Action::Open(Vec::new());
    }
    if let Some(row) = row(editor, at) {
        row.push(Button::click("", ""));
        let last = row.len() - 1;
        editor.at = at.below(last);
    }
}

fn remove(editor: &mut Editor, at: &Place) {
    let (Some(place), above) = (at.path.last().copied(), at.above()) else { return };
    let Some(row) = row(editor, &above) else { return };
    if place >= row.len() {
        return;
    }
    row.remove(place);
    let left = row.len();
    editor.at = if left == 0 { above } else { above.below(place.min(left - 1)) };
}

fn shift(editor: &mut Editor, at: &Place, forth: bool) {
    let (Some(place), above) = (at.path.last().copied(), at.above()) else { return };
    let Some(row) = row(editor, &above) else { return };
    let to = if forth { place.checked_add(1) } else { place.checked_sub(1) };
    if let Some(to) = to.filter(|to| *to < row.len() && place < row.len()) {
        row.swap(place, to);
        editor.at = above.below(to);
    }
}

fn of_menus(editor: &mut Editor, verb: &str, at: &str, rest: &str) {
    let menus = &mut editor.set.conditional;
    let place = at.parse::<usize>().ok().filter(|place| *place < menus.len());
    match (verb, place) {
        ("add", _) => {
            // It begins as what everybody sees.
            let buttons = editor.set.buttons.clone();
            menus.push(Conditional { buttons, ..Conditional::default() });
            editor.at = Place::of(Some(menus.len() - 1), &[]);
        }
        ("remove", Some(place)) => {
            menus.remove(place);
            editor.at = Place::default();
        }
        ("back", Some(place)) if place > 0 => {
            menus.swap(place, place - 1);
            editor.at = Place::of(Some(place - 1), &[]);
        }
        ("on", Some(place)) if place + 1 < menus.len() => {
            menus.swap(place, place + 1);
            editor.at = Place::of(Some(place + 1), &[]);
        }
        ("order", _) => {
            if let Some(order) = order(rest, menus.len()) {
                reorder(menus, &order);
                editor.at.menu = editor.at.menu.and_then(|was| order.iter().position(|old| *old == was));
            }
        }
        _ => {}
    }
}

/// Old places in their new order: `2-0-1`. Each of `count` once, else none.
fn order(text: &str, count: usize) -> Option<Vec<usize>> {
    let order: Vec<usize> = text.split('-').map(|place| place.parse().ok()).collect::<Option<_>>()?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    (sorted == (0..count).collect::<Vec<_>>()).then_some(order)
}

fn reorder<T: Clone>(row: &mut Vec<T>, order: &[usize]) {
    *row = order.iter().map(|place| row[*place].clone()).collect();
}

#[cfg(test)]
mod tests {
    use puzi_shop::menus::MenuSet;

    use super::*;

    fn after(steps: &[&str]) -> String {
        let row = |names: &[&str]| names.iter().map(|name| Button::click(*name, "K")).collect::<Vec<_>>();
        let buttons = vec![Button::click("a", "K"), Button::open("b", row(&["c", "d", "e"])), Button::click("f", "K")];
        let mut editor = Editor { set: MenuSet { buttons, conditional: Vec::new() }, ..Editor::default() };
        for step in steps {
            take(&mut editor, step);
        }
        let names = |buttons: &[Button]| -> Vec<String> {
            let told = |button: &Button| match &button.action {
                Action::Open(subs) => {
                    let subs: Vec<_> = subs.iter().map(|sub| sub.name.clone()).collect();
                    format!("{}({})", button.name, subs.join(""))
                }
                _ => button.name.clone(),
            };
            buttons.iter().map(told).collect()
        };
        let menus: Vec<_> = editor.set.conditional.iter().map(|one| names(&one.buttons).join("")).collect();
        format!("{} {} {}", names(&editor.set.buttons).join(""), menus.join("|"), editor.at).replace("  ", " ")
    }

    #[test]
    fn buttons_come_go_and_move() {
        assert_eq!(after(&["select:b.1.sub.2"]), "ab(cde)f b.1.sub.2");
        assert_eq!(after(&["add:b.1"]), "ab(cde)f b.1.sub.3");
        assert_eq!(after(&["add:b.0"]), "a()b(cde)f b.0.sub.0");
        assert_eq!(after(&["remove:b.1.sub.2"]), "ab(cd)f b.1.sub.1");
        assert_eq!(after(&["remove:b.0"]), "b(cde)f b.0");
        assert_eq!(after(&["back:b.1"]), "b(cde)af b.0");
        assert_eq!(after(&["on:b.1.sub.0"]), "ab(dce)f b.1.sub.1");
        assert_eq!(after(&["select:b.0", "order:b:2-0-1"]), "fab(cde) b.1");
        assert_eq!(after(&["order:b.1:2-1-0"]), "ab(edc)f b");
    }

    #[test]
    fn menus_of_some_people_begin_as_the_one_of_everybody() {
        assert_eq!(after(&["menu-add"]), "ab(cde)f ab(cde)f c.0.b");
        assert_eq!(
            after(&["menu-add", "remove:c.0.b.0", "menu-add", "menu-back:1"]),
            "ab(cde)f ab(cde)f|b(cde)f c.0.b"
        );
        assert_eq!(after(&["menu-add", "menu-remove:0"]), "ab(cde)f b");
    }

    #[test]
    fn what_makes_no_sense_changes_nothing() {
        for step in [
            "",
            ":",
            "select:b.7",
            "select:c.0.b",
            "add:b.7",
            "add:b.1.sub.0",
            "remove:b",
            "remove:b.9.sub.9",
            "back:b.0",
            "on:b.2",
            "order:b:0-0-1",
            "order:b:0-1",
            "order:b:",
            "order:b.0:0",
            "menu-remove:0",
            "menu-order::0",
            "x:b.0",
        ] {
            assert_eq!(after(&[step]), "ab(cde)f b", "{step}");
        }
    }
}
