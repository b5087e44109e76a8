//! The document names every path.

use super::FAMILIES;

#[test]
fn every_path_is_in_the_document() {
    let document = include_str!("../../../../docs/sandbox.md");
    let paths = FAMILIES.iter().flat_map(|family| family.iter()).map(|endpoint| endpoint.path);
    let missing: Vec<_> = paths.filter(|path| !document.contains(&format!("`{path}`"))).collect();
    assert!(missing.is_empty(), "docs/sandbox.md does not name {missing:?}");
}
