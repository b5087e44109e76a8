//! Fields that are listed by their place, as the objects and lists that they lie in.

use super::model::{Call, Field};

/// A field of an object, with what lies below it.
pub(super) struct Node {
    /// As the platform calls it.
    pub(super) name: String,
    /// Where it lies in the request or the answer, with its brackets: `tags[]`.
    pub(super) at: String,
    pub(super) list: bool,
    pub(super) min_items: Option<i64>,
    pub(super) max_items: Option<i64>,
    pub(super) shape: Shape,
}

pub(super) enum Shape {
    Leaf(Field),
    Object(Vec<Node>),
    /// An object with free names; each value is such an object, or a leaf.
    Map(Box<Node>),
}

impl Node {
    /// Whether a request must have it.
    pub(super) fn required(&self, call: &Call) -> bool {
        if call.may_lack.iter().any(|at| at.trim_end_matches("[]") == self.at.trim_end_matches("[]")) {
            return false;
        }
        match &self.shape {
            Shape::Leaf(field) => field.required,
            Shape::Object(nodes) => nodes.iter().any(|node| node.required(call)),
            Shape::Map(value) => value.required(call),
        }
    }

    /// Whether all answers have it.
    pub(super) fn optional(&self) -> bool {
        match &self.shape {
            Shape::Leaf(field) => field.optional,
            Shape::Object(nodes) => nodes.iter().all(Self::optional),
            Shape::Map(value) => value.optional(),
        }
    }
}

/// The trees of these fields, each below its first name, in their order.
pub(super) fn grow<'a>(fields: impl IntoIterator<Item = &'a Field>) -> Vec<Node> {
    let fields: Vec<_> = fields.into_iter().map(|field| (field.place().to_owned(), field)).collect();
    below("", &fields)
}

fn below(at: &str, fields: &[(String, &Field)]) -> Vec<Node> {
    let mut names: Vec<&str> = Vec::new();
    for (rest, _) in fields {
        let first = rest.split('.').next().unwrap_or_default();
        if !names.contains(&first) {
            names.push(first);
        }
    }
    names.into_iter().map(|name| node(at, name, fields)).collect()
}

fn node(outer: &str, segment: &str, fields: &[(String, &Field)]) -> Node {
    let at = if outer.is_empty() { segment.to_owned() } else { format!("{outer}.{segment}") };
    let mut leaf = None;
    let mut inner = Vec::new();
    for (rest, field) in fields {
        match rest.split_once('.') {
            Some((first, rest)) if first == segment => inner.push((rest.to_owned(), *field)),
            None if rest == segment => leaf = Some((*field).clone()),
            _ => {}
        }
    }
    let list = segment.ends_with("[]");
    // Bounds of a list stand at a field of its items, and are those of the innermost list.
    let bounds = inner.iter().filter(|(rest, _)| list && !rest.contains("[]")).map(|(_, field)| *field);
    let bounds = bounds.chain(leaf.as_ref().filter(|_| list)).find(|it| it.min_items.or(it.max_items).is_some());
    let (min_items, max_items) = bounds.map_or((None, None), |field| (field.min_items, field.max_items));
    let shape = match leaf {
        Some(field) => Shape::Leaf(field),
        None => {
            let mut nodes = below(&at, &inner);
            match nodes.pop() {
                Some(value) if value.name == "{}" => Shape::Map(Box::new(value)),
                last => {
                    nodes.extend(last);
                    Shape::Object(nodes)
                }
            }
        }
    };
    Node { name: segment.trim_end_matches("[]").to_owned(), at, list, min_items, max_items, shape }
}
