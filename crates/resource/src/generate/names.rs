//! Names of a resource, in the forms in which code and people need them.

/// The names of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// `blog_posts`: resource, table, module, permissions, addresses.
    pub plural: String,
    /// `blog_post`.
    pub singular: String,
}
