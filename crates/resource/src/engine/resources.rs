//! All resources, by name.

use std::{collections::HashMap, sync::Arc};

use crate::declare::{Field, Kind, Resource};

/// All resources of the program.
#[derive(Debug, Default)]
pub struct Resources {
    order: Vec<Arc<Resource>>,
    by_name: HashMap<&'static str, Arc<Resource>>,
}

impl Resources {
    /// All of `resources`, in this order.
    ///
    /// # Panics
    /// When two have one name, when a relation leads to none of them, or when order, title or a search lead to no
    /// field: declarations are part of the program, and all are made by a test.
    pub fn new(resources: Vec<Resource>) -> Self {
        let mut all = Self::default();
        for resource in resources {
            let resource = Arc::new(resource);
            let twin = all.by_name.insert(resource.name, resource.clone());
            assert!(twin.is_none(), "two resources are called {}", resource.name);
            all.order.push(resource);
        }
        for resource in &all.order {
            all.check(resource);
        }
        all
    }

    fn check(&self, resource: &Resource) {
        let name = resource.name;
        for field in resource.fields.iter().flat_map(with_rows) {
            if let Some(other) = related(field) {
                assert!(
                    self.by_name.contains_key(other),
                    "{name}.{} leads to {other}, which is no resource",
                    field.name
                );
            }
        }
        let is_field = |field: &str| field == "id" || resource.find(field).is_some_and(|it| it.has_column());
        assert!(is_field(&resource.order.field), "{name}: ordered by {}, which is no field", resource.order.field);
        // What is filled in may be its name too: where only the table is read, it is called by its number.
        let has_name = is_field(resource.title) || resource.find(resource.title).is_some_and(|it| it.filled);
        assert!(has_name, "{name}: called by {}, which is no field", resource.title);
        let searched = resource.fields.iter().any(|field| field.searchable);
        assert!(searched || !resource.indexed_search, "{name}: has a search index of no field");
    }

    /// The resource called `name`.
    pub fn get(&self, name: &str) -> Option<&Arc<Resource>> {
        self.by_name.get(name)
    }

    /// All, in the order of their declaration.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.order.iter()
    }
}

/// A field and the fields of its rows.
pub(crate) fn with_rows(field: &Field) -> impl Iterator<Item = &Field> {
    let rows = match &field.kind {
        Kind::Inline(rows) => rows.fields.as_slice(),
        _ => &[],
    };
    std::iter::once(field).chain(rows)
}

/// The name of the resource that a field leads to.
pub(crate) fn related(field: &Field) -> Option<&'static str> {
    match &field.kind {
        Kind::BelongsTo(relation) => Some(relation.resource),
        Kind::Many(many) => Some(many.resource),
        _ => None,
    }
}
