//! What is to be made: a request that was checked.

use super::{ColumnKind, FormKind, Names, Part};
use crate::Rule;

/// A resource to be made. Everything in it is sound: names are free and no keywords, relations lead somewhere.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Its names.
    pub names: Names,
    /// The table.
    pub table: String,
    /// Name of the primary key's column.
    pub key: String,
    /// The fields, in the order in which they were given.
    pub fields: Vec<FieldSpec>,
    /// Indexes besides those of unique fields and foreign keys.
    pub indexes: Vec<IndexSpec>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Relations to records of other tables that lead here.
    pub relations: Vec<RelationSpec>,
    /// A deletion can be taken back.
    pub soft_deletes: bool,
    /// Records on one page, where it is not the usual number.
    pub per_page: Option<u64>,
    /// Declared with its routes and in the menu; else only written.
    pub route: bool,
    /// The JSON API without pages.
    pub only_api: bool,
    /// The group of the menu: `today`, `content`, `followers`, `shop` or `system`.
    pub group: String,
    /// Modules between `crates/web/src/admin` and the declaration, outermost first.
    pub web_modules: Vec<String>,
    /// Modules between `crates/shop/src` and the entity, outermost first.
    pub shop_modules: Vec<String>,
    /// Folder of the templates of one's own, below `crates/web/templates`.
    pub view_path: String,
    /// What to write.
    pub parts: Vec<Part>,
    /// What there is in the table already: columns `version`, `created_at`, `updated_at` (a new table has all).
    pub kept_columns: Vec<String>,
    /// What should be told.
    pub notes: Vec<Note>,
}

/// One field.
#[derive(Debug, Clone)]
pub struct FieldSpec {
    /// Name of field and column.
    pub name: String,
    /// The word of its type, as it was typed: `varchar`.
    pub word: &'static str,
    /// The column.
    pub column: ColumnKind,
    /// The field.
    pub form: FormKind,
    /// Its rules in the order in which they were given, without what the type, `unsigned` and `nullable` imply.
    pub rules: Vec<Rule>,
    /// The text of each rule, as it was typed; as many as `rules`.
    pub rule_texts: Vec<String>,
    /// Least and greatest that the type allows, where no rule says otherwise: length of texts, value of numbers.
    pub bounds: (Option<i64>, Option<i64>),
    /// The choices.
    pub options: Vec<OptionSpec>,
    /// The resource it belongs to, for [`FormKind::BelongsTo`].
    pub belongs_to: Option<String>,
    /// The column may be null.
    pub nullable: bool,
    /// Labels given by hand, `zh-CN` and `en`.
    pub labels: [Option<String>; 2],
    /// Only shown: the column has a type that is not written here.
    pub readonly: bool,
}

impl FieldSpec {
    /// Whether something must be given.
    pub fn is_required(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule, Rule::Required))
    }

    /// Whether no other record may have its value.
    pub fn is_unique(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule, Rule::Unique))
    }
}

/// A choice of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionSpec {
    /// The word stored.
    pub value: String,
    /// What people read, where it was given.
    pub label: Option<String>,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexSpec {
    /// Its columns.
    pub columns: Vec<String>,
    /// No two rows have the same values.
    pub unique: bool,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The column here.
    pub column: String,
    /// The table it leads to.
    pub table: String,
    /// The column it leads to.
    pub references: String,
    /// What happens here when the other row is deleted.
    pub on_delete: OnDelete,
}

/// What a foreign key does when the row it leads to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    /// Refuses.
    Restrict,
    /// Deletes this row too.
    Cascade,
    /// Leaves the column empty.
    SetNull,
}

/// A relation that leads here from another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationSpec {
    /// The name by which code calls it.
    pub name: String,
    /// What it is.
    pub kind: RelationKind,
    /// The other table.
    pub table: String,
    /// The other table's column that leads here; for [`RelationKind::BelongsToMany`] the table of pairs.
    pub through: String,
}

/// Kinds of relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// Several rows of the other table have this one's key.
    HasMany,
    /// At most one has.
    HasOne,
    /// Through a table of pairs.
    BelongsToMany,
}

/// Something to tell, which is no fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Key of the text, below `generate.notes`.
    pub key: &'static str,
    /// What the text's places stand for.
    pub args: Vec<(&'static str, String)>,
}

impl Note {
    /// The note `generate.notes.{key}`.
    pub fn new(key: &'static str, args: Vec<(&'static str, String)>) -> Self {
        Self { key, args }
    }
}
