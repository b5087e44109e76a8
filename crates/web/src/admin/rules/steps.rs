//! Steps of the editor that save nothing: one part more, one part less, another order.

use super::{
    super::form::Form,
    reading::{from_fields, parts},
};

/// The form after a step such as `add:answer.articles` or `remove:answer.articles[1]`; an unknown step changes nothing,
/// and so does `apply`, which only shows the fields of the chosen kinds.
pub(super) fn taken(form: &Form) -> Form {
    let step = form.value("step").to_owned();
    let form = form.clone().without(&["step"]);
    let Some((verb, at)) = step.split_once(':') else { return form };
    if verb == "add" {
        return added(&form, at);
    }
    let Some((list, place)) = at.strip_suffix(']').and_then(|at| at.rsplit_once('[')) else { return form };
    let (Ok(place), count) = (place.parse::<usize>(), parts(&form, list)) else { return form };
    if place >= count {
        return form;
    }
    let mut order: Vec<usize> = (0..count).collect();
    match verb {
        "remove" => drop(order.remove(place)),
        "up" if place > 0 => order.swap(place, place - 1),
        "down" if place + 1 < count => order.swap(place, place + 1),
        _ => {}
    }
    reordered(&form, list, &order)
}

fn added(form: &Form, list: &str) -> Form {
    let next = parts(form, list);
    let first = match list.rsplit('.').next() {
        Some("articles") => ("title", ""),
        Some("answers") => ("kind", "text"),
        _ => return form.clone(),
    };
    let mut fields = form.values().to_vec();
    fields.push((format!("{list}[{next}].{}", first.0), first.1.to_owned()));
    from_fields(&fields)
}

/// The parts of a list in the order of `order`, which names them by their old places; the others are left out.
fn reordered(form: &Form, list: &str, order: &[usize]) -> Form {
    let renamed = |name: &str| -> Option<String> {
        let Some((place, rest)) = name.strip_prefix(list).and_then(|rest| rest.strip_prefix('[')?.split_once(']'))
        else {
            return Some(name.to_owned());
        };
        let place: usize = place.parse().ok()?;
        let now = order.iter().position(|old| *old == place)?;
        Some(format!("{list}[{now}]{rest}"))
    };
    let fields: Vec<_> =
        form.values().iter().filter_map(|(name, value)| Some((renamed(name)?, value.clone()))).collect();
    from_fields(&fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(step: &str) -> Vec<String> {
        let fields = [
            ("step", step),
            ("name", "n"),
            ("answer.articles[0].title", "a"),
            ("answer.articles[0].url", "ua"),
            ("answer.articles[1].title", "b"),
            ("answer.articles[2].title", "c"),
        ];
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let form = taken(&from_fields(&fields));
        assert!(form.value("name") == "n" && !form.has("step"));
        let title = |i: usize| {
            let of = |name: &str| form.value(&format!("answer.articles[{i}].{name}"));
            format!("{}{}", of("title"), of("url"))
        };
        (0..parts(&form, "answer.articles")).map(title).collect()
    }

    #[test]
    fn parts_come_go_and_move() {
        assert_eq!(after("apply"), ["aua", "b", "c"]);
        assert_eq!(after("add:answer.articles"), ["aua", "b", "c", ""]);
        assert_eq!(after("remove:answer.articles[0]"), ["b", "c"]);
        assert_eq!(after("up:answer.articles[2]"), ["aua", "c", "b"]);
        assert_eq!(after("down:answer.articles[0]"), ["b", "aua", "c"]);
    }

    #[test]
    fn what_makes_no_sense_changes_nothing() {
        for step in [
            "up:answer.articles[0]",
            "down:answer.articles[2]",
            "remove:answer.articles[7]",
            "remove:answer.articles[-1]",
            "remove:answer.articles",
            "add:name",
            "explode:answer.articles[0]",
            ":",
            "",
        ] {
            assert_eq!(after(step), ["aua", "b", "c"], "{step}");
        }
    }
}
