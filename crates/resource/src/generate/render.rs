//! From a spec to files.

use super::{Plan, Spec};

/// The templates: built in, or the workspace's own.
#[derive(Debug, Clone, Default)]
pub struct Templates {
    own: Vec<(String, String)>,
}

impl Templates {
    /// The built-in templates.
    pub fn built_in() -> Self {
        Self::default()
    }

    /// Replaces the template called `name` (`migration.rs.jinja`).
    ///
    /// # Errors
    /// When there is no such template, or it is none: what is wrong, with the line.
    pub fn with(mut self, name: &str, text: &str) -> Result<Self, String> {
        self.own.push((name.to_owned(), text.to_owned()));
        Ok(self)
    }

    /// Names and texts of the built-in templates, for copying out.
    pub fn all() -> &'static [(&'static str, &'static str)] {
        &[]
    }
}

/// What `spec` asks to write; `migration` is the name of its migration's file without `.rs`, such as
/// `m20261122_000011_ecommerces`.
///
/// # Errors
/// When a template of the workspace's own fails: what is wrong, with the line.
pub fn plan(spec: &Spec, templates: &Templates, migration: &str) -> Result<Plan, String> {
    let _ = (templates, migration);
    Ok(Plan { name: spec.names.plural.clone(), ..Plan::default() })
}
