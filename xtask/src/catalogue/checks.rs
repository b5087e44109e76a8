//! Lines that check a request before it is sent.

use super::plan::{Member, Module, Side, Struct, Ty};
use super::words::number;

/// How a member is reached: as an argument, or as a field of `self`.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reach {
    Argument,
    Field,
}

/// Whether a struct has anything to check.
pub(super) fn bounded(module: &Module<'_>, it: &Struct) -> bool {
    it.side != Side::Answer && it.members.iter().any(|member| !lines(module, member, Reach::Field).is_empty())
}

/// The checks of one member, on a `check` that is there.
pub(super) fn lines(module: &Module<'_>, member: &Member, reach: Reach) -> Vec<String> {
    let name = [std::slice::from_ref(&member.json), member.inside.as_slice()].concat().join(".");
    let value = match reach {
        Reach::Argument => member.rust.clone(),
        Reach::Field => format!("self.{}", member.rust),
    };
    match &member.ty {
        Ty::Text => text(member, &name, &value, reach),
        Ty::Int => match bounds(member) {
            Some(range) => vec![format!("check.range(\"{name}\", {value}, {range})?;")],
            None => Vec::new(),
        },
        Ty::List(inner) => {
            let mut lines: Vec<_> = items(member, &name, &value).into_iter().collect();
            if let Ty::Struct(inner) = inner.as_ref()
                && module.find(inner).is_some_and(|inner| bounded(module, inner))
            {
                lines.push(format!("for (index, item) in {value}.iter().enumerate() {{"));
                lines.push(format!("item.check(&check.item(\"{name}\", index))?;"));
                lines.push("}".to_owned());
            }
            lines
        }
        Ty::Map(_) if member.required => vec![format!("check.items(\"{name}\", {value}.len(), 1..)?;")],
        Ty::Struct(inner) if module.find(inner).is_some_and(|inner| bounded(module, inner)) => {
            let check = format!("check(&check.field(\"{name}\"))?;");
            match (member.required, reach) {
                (true, _) => vec![format!("{value}.{check}")],
                (false, Reach::Field) => vec![format!("if let Some(it) = &{value} {{ it.{check} }}")],
                (false, Reach::Argument) => vec![format!("if let Some(it) = {value} {{ it.{check} }}")],
            }
        }
        _ => Vec::new(),
    }
}

fn text(member: &Member, name: &str, value: &str, reach: Reach) -> Vec<String> {
    let Some(leaf) = &member.leaf else { return Vec::new() };
    let value = match (reach, member.required) {
        (Reach::Argument, _) => value.to_owned(),
        (Reach::Field, true) => format!("{value}.as_str()"),
        (Reach::Field, false) => format!("{value}.as_deref()"),
    };
    let needed = member.required && !leaf.empty;
    let range = |most: i64| if needed { format!("1..={}", number(most)) } else { format!("..={}", number(most)) };
    let mut lines = Vec::new();
    if let Some(most) = leaf.max_chars {
        lines.push(format!("check.chars(\"{name}\", {value}, {})?;", range(most)));
    }
    if let Some(most) = leaf.max_bytes {
        lines.push(format!("check.bytes(\"{name}\", {value}, {})?;", range(most)));
    }
    if lines.is_empty() && needed {
        lines.push(format!("check.text(\"{name}\", {value})?;"));
    }
    lines
}

fn bounds(member: &Member) -> Option<String> {
    let leaf = member.leaf.as_ref()?;
    match (leaf.min, leaf.max) {
        (None, None) => None,
        (Some(least), None) => Some(format!("{least}..")),
        (None, Some(most)) => Some(format!("..={}", number(most))),
        (Some(least), Some(most)) => Some(format!("{least}..={}", number(most))),
    }
}

fn items(member: &Member, name: &str, value: &str) -> Option<String> {
    let least = member.min_items.unwrap_or(1);
    let range = match (member.required, member.max_items) {
        (true, Some(most)) => format!("{least}..={}", number(most)),
        (true, None) if least == 0 => return None,
        (true, None) => format!("{least}.."),
        // An empty list is not sent.
        (false, Some(most)) => format!("..={}", number(most)),
        (false, None) => return None,
    };
    Some(format!("check.items(\"{name}\", {value}.len(), {range})?;"))
}

/// What a caller must know of a field's bounds, as a sentence.
pub(super) fn in_words(member: &Member) -> String {
    use super::words::count;
    let mut says = Vec::new();
    let of_items = match (member.required, member.min_items, member.max_items) {
        (true, least, Some(most)) if least.unwrap_or(1) == most => Some(format!("Exactly {}.", count(most))),
        (true, least, Some(most)) => Some(format!("{} to {}.", count(least.unwrap_or(1)), count(most))),
        (false, _, Some(most)) => Some(format!("At most {}.", count(most))),
        (true, Some(least), None) if least > 1 => Some(format!("At least {}.", count(least))),
        _ => None,
    };
    says.extend(of_items);
    if let Some(leaf) = &member.leaf {
        says.extend(leaf.max_chars.map(|most| format!("At most {} characters.", count(most))));
        says.extend(leaf.max_bytes.map(|most| format!("At most {} bytes.", count(most))));
        says.extend(match (leaf.min, leaf.max) {
            (Some(least), Some(most)) => Some(format!("{} to {}.", count(least), count(most))),
            (Some(least), None) if least > 0 => Some(format!("At least {}.", count(least))),
            _ => None,
        });
        match leaf.kind.as_str() {
            "time" => says.push("Unix seconds.".to_owned()),
            "seconds" => says.push("In seconds.".to_owned()),
            _ => {}
        }
    }
    says.join(" ")
}
