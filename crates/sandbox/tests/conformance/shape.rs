//! Where fields lie: the catalogue's list of places as a tree, to walk along a JSON value.

use std::collections::BTreeMap;

use crate::catalogue::Field;

/// What may stand at one place.
#[derive(Default)]
pub struct Shape<'a> {
    pub field: Option<&'a Field>,
    pub named: BTreeMap<&'a str, Self>,
    /// The value of every other name.
    pub free: Option<Box<Self>>,
    pub item: Option<Box<Self>>,
}

impl<'a> Shape<'a> {
    /// The fields of a JSON body.
    pub fn of(fields: impl IntoIterator<Item = &'a Field>) -> Self {
        let mut whole = Self::default();
        for field in fields {
            let mut here = &mut whole;
            for part in field.at.split('.').filter(|part| !part.is_empty()) {
                let name = part.trim_end_matches("[]");
                here = match name {
                    "{}" => here.free.get_or_insert_default(),
                    // The body itself is a list.
                    "" => here,
                    name => here.named.entry(name).or_default(),
                };
                for _ in 0..(part.len() - name.len()) / 2 {
                    here = here.item.get_or_insert_default();
                }
            }
            here.field = Some(field);
        }
        whole
    }

    /// The fields that say how long this list may be: those of its items, not of lists within.
    pub fn bounds(&self) -> (Option<usize>, Option<usize>) {
        let Some(item) = &self.item else { return (None, None) };
        let fields = item.named.values().filter_map(|it| it.field).chain(item.field);
        let (mut least, mut most) = (None, None);
        for field in fields {
            (least, most) = (least.or(field.min_items), most.or(field.max_items));
        }
        (least, most)
    }
}
