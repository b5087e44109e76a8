//! Things that an account keeps by id, in the order they came.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::ask::{INVALID, number, number_or};
use super::{ApiError, Call};

/// Items that `count` may ask for on one page.
const PAGE: i64 = 20;

/// Found by id at once, listed the newest first.
pub(crate) struct Shelf<T> {
    by_place: BTreeMap<u64, (String, T)>,
    places: HashMap<String, u64>,
    last: u64,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { by_place: BTreeMap::new(), places: HashMap::new(), last: 0 }
    }
}

impl<T> Shelf<T> {
    pub(super) fn put(&mut self, id: String, item: T) {
        self.last += 1;
        self.places.insert(id.clone(), self.last);
        self.by_place.insert(self.last, (id, item));
    }

    pub(super) fn get(&self, id: &str) -> Option<&T> {
        let place = self.places.get(id)?;
        self.by_place.get(place).map(|(_, item)| item)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        let place = self.places.get(id)?;
        self.by_place.get_mut(place).map(|(_, item)| item)
    }

    pub(super) fn take(&mut self, id: &str) -> Option<T> {
        let place = self.places.remove(id)?;
        self.by_place.remove(&place).map(|(_, item)| item)
    }

    pub(super) fn len(&self) -> usize {
        self.by_place.len()
    }

    pub(super) fn newest(&self) -> impl Iterator<Item = (&str, &T)> {
        self.by_place.values().rev().map(|(id, item)| (id.as_str(), item))
    }
}

/// A page of a list, as `offset` and `count` ask for it.
pub(super) struct Page {
    pub(super) offset: usize,
    pub(super) count: usize,
}

impl Page {
    /// `offset` from 0, `count` from 1 to 20.
    pub(super) fn asked(request: &Value) -> Result<Self, ApiError> {
        let offset = number_or(request, "offset", 0)?;
        let count = number(request, "count", INVALID)?;
        if offset < 0 || !(1..=PAGE).contains(&count) {
            return Err(INVALID);
        }
        let size = |number: i64| usize::try_from(number).map_err(|_| INVALID);
        Ok(Self { offset: size(offset)?, count: size(count)? })
    }
}

/// The body as an object, whatever its fields.
pub(super) fn object(call: &Call) -> Result<Value, ApiError> {
    let request: Value = call.json()?;
    if request.is_object() { Ok(request) } else { Err(super::ask::BAD_FORMAT) }
}
