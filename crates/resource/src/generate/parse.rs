//! From a request to a spec.

use super::{Fault, Known, Request, Spec};

/// Checks `request` against what there is and makes a spec of it.
///
/// # Errors
/// The first fault, with its place.
pub fn read(request: &Request, known: &Known) -> Result<Spec, Fault> {
    let _ = known;
    Err(Fault::new("name", vec![("name", request.name.clone())]))
}
