//! What is asked, as the command line says it, and what there is already.

/// What a generator writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The table.
    Migration,
    /// The entity.
    Model,
    /// The declaration with its routes, its place in the menu and its permissions.
    Resource,
    /// Templates of one's own for its pages.
    View,
    /// The texts, in both languages.
    Texts,
    /// The test of the whole resource.
    Test,
}

impl Part {
    /// What `puzi generate crud` writes.
    pub const CRUD: &[Self] = &[Self::Migration, Self::Model, Self::Resource, Self::Texts, Self::Test];
}

/// A command line, each option in the form in which it was typed; `None` was not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The name, such as `Ecommerces`.
    pub name: String,
    /// `--fields`, also `--schema`.
    pub fields: Option<String>,
    /// `--fields-from-file`: the file's name and its text.
    pub file: Option<(String, String)>,
    /// `--validations`.
    pub validations: Option<String>,
    /// `--route`: `yes` or `no`.
    pub route: Option<String>,
    /// `--route-group`.
    pub route_group: Option<String>,
    /// `--pk`.
    pub pk: Option<String>,
    /// `--view-path`.
    pub view_path: Option<String>,
    /// `--namespace`, also `--controller-namespace`.
    pub controller_namespace: Option<String>,
    /// `--model-namespace`.
    pub model_namespace: Option<String>,
    /// `--pagination`.
    pub pagination: Option<String>,
    /// `--indexes`.
    pub indexes: Option<String>,
    /// `--foreign-keys`.
    pub foreign_keys: Option<String>,
    /// `--relationships`.
    pub relationships: Option<String>,
    /// `--soft-deletes`: `yes` or `no`.
    pub soft_deletes: Option<String>,
    /// `--form-helper`.
    pub form_helper: Option<String>,
    /// `--localize`: `yes` or `no`.
    pub localize: Option<String>,
    /// `--locales`.
    pub locales: Option<String>,
    /// `--fillable` of `model`.
    pub fillable: Option<String>,
    /// `--custom-data` of `view`.
    pub custom_data: Option<String>,
    /// `--crud-name` of `controller`.
    pub crud_name: Option<String>,
    /// `--model-name` of `controller`.
    pub model_name: Option<String>,
    /// `--table` of `model`: another table than the name says.
    pub table: Option<String>,
    /// `--from-table`: the table exists, and no migration is written.
    pub from_table: Option<String>,
    /// `--force`: what is there may be overwritten.
    pub force: bool,
    /// What to write.
    pub parts: Vec<Part>,
    /// `crud-api`: the JSON API without pages.
    pub only_api: bool,
}

/// What the program and the tree have already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The tables of the schema.
    pub tables: Vec<KnownTable>,
    /// Names of the declared resources.
    pub resources: Vec<String>,
    /// Paths that are served, such as `/admin/rules`.
    pub routes: Vec<String>,
    /// Names of the modules directly in the shop's and the admin's folder: other areas' rooms.
    pub modules: Vec<String>,
    /// Resources that were generated before and may be related to: they have an entity `puzi_shop::{name}::Entity`.
    pub generated: Vec<String>,
}

/// A table of the schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownTable {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<KnownColumn>,
}

/// A column of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownColumn {
    /// Its name.
    pub name: String,
    /// Is the primary key, or has a unique index of its own: a foreign key may lead to it.
    pub unique: bool,
}

impl Known {
    /// The table called `name`.
    pub fn table(&self, name: &str) -> Option<&KnownTable> {
        self.tables.iter().find(|table| table.name == name)
    }
}
