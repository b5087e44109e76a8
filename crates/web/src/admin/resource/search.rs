//! What the palette finds among the records of declared resources.

use puzi_resource::ListQuery;

use super::{
    face::Faces,
    reader::{self, Texts},
};
use crate::admin::desk::Desk;

/// Hits of one resource.
const HITS: u64 = 5;

/// A record that was found.
pub(crate) struct Hit {
    /// What the record is called.
    pub(crate) title: String,
    /// What kind of thing it is.
    pub(crate) kind: String,
    pub(crate) href: String,
    pub(crate) icon: &'static str,
}

/// The records that `words` find for `desk`, a few of each resource whose records it may see.
pub(crate) async fn search(faces: &Faces, desk: &Desk, words: &str) -> Vec<Hit> {
    let texts = Texts(desk.locale);
    let actor = reader::actor(desk);
    let mut hits = Vec::new();
    for face in faces.iter() {
        let resource = face.resource();
        let searched = resource.fields.iter().any(|field| field.searchable);
        if !searched || face.is_only_in_api() || !faces.engine().may(resource, &actor, puzi_resource::Verb::View) {
            continue;
        }
        let query = ListQuery { search: words.to_owned(), size: Some(HITS), ..ListQuery::default() };
        match faces.engine().list(resource, &actor, &query).await {
            Ok(page) => hits.extend(page.records.iter().map(|record| Hit {
                title: resource.title_of(record),
                kind: reader::one(&texts, resource),
                href: format!("{}/{}", face.path(), record.id),
                icon: resource.icon,
            })),
            // One list that cannot be searched does not silence the others.
            Err(error) => tracing::warn!(%error, resource = resource.name, "a search failed"),
        }
    }
    hits
}
