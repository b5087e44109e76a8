//! A resource: everything that is said about one table, in one place.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait, ColumnType, EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn};
use serde_json::Value;

use super::{Action, Actor, Change, Field, Hook, Record, Result, Store, Writer};
use crate::query::Filter;

/// What an actor may see: a column and the value it must have; none: everything.
pub type Scope = Arc<dyn Fn(&Actor) -> Option<(&'static str, Value)> + Send + Sync>;

/// All partitions of a table.
pub type Partitions = Arc<dyn for<'a> Fn(&'a dyn Store) -> BoxFuture<'a, Result<Vec<i64>>> + Send + Sync>;

/// What a column must be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Limit {
    /// This value.
    Is(Value),
    /// One of these numbers, sorted; of none: nothing is seen.
    Any(Arc<[i64]>),
}

impl Limit {
    /// The only value it allows.
    pub(crate) fn only(&self) -> Option<Value> {
        match self {
            Self::Is(value) => Some(value.clone()),
            Self::Any(ids) => match **ids {
                [id] => Some(id.into()),
                _ => None,
            },
        }
    }

    /// Whether it allows `value`.
    pub(crate) fn allows(&self, value: &Value) -> bool {
        match self {
            Self::Is(only) => only == value,
            Self::Any(ids) => value.as_i64().is_some_and(|id| ids.binary_search(&id).is_ok()),
        }
    }
}

/// Sets fields that lie in no column of the table, for all records of a page at once.
pub type Fill = Arc<dyn for<'a> Fn(&'a dyn Store, &'a mut [Record]) -> BoxFuture<'a, Result<()>> + Send + Sync>;

/// Takes out of a record what this actor does not get to see.
pub type Veil = Arc<dyn Fn(&Actor, &mut Record) + Send + Sync>;

/// What a search of the list asks for, as filters that must all hold; none: nothing is found.
pub type SearchedBy = Arc<dyn Fn(&str) -> Vec<Filter> + Send + Sync>;

/// What happens to records everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Read.
    View,
    /// Make a new one, also as a copy of another.
    Create,
    /// Change one.
    Edit,
    /// Delete one, softly where the table has `deleted_at`.
    Delete,
    /// Take a soft deletion back.
    Restore,
    /// Take many out in a file.
    Export,
    /// Bring many in from a file.
    Import,
}

impl Verb {
    /// All verbs.
    pub const ALL: [Self; 7] =
        [Self::View, Self::Create, Self::Edit, Self::Delete, Self::Restore, Self::Export, Self::Import];

    /// The word in permissions and texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::Export => "export",
            Self::Import => "import",
        }
    }
}

/// An order of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Name of the field, or `id`.
    pub field: String,
    /// The largest first.
    pub descending: bool,
}

/// A resource.
#[derive(Clone)]
pub struct Resource {
    /// Plural name in addresses, permissions and texts.
    pub name: &'static str,
    /// The table.
    pub table: String,
    /// The column of the row number, by which records are found. In forms, JSON and files it is `id`, whatever the column
    /// is called.
    pub key: &'static str,
    /// The table's columns.
    pub columns: Vec<String>,
    /// Fields in the order of forms and lists.
    pub fields: Vec<Field>,
    /// What can be done besides.
    pub actions: Vec<Action>,
    /// What can be done at all.
    pub verbs: Vec<Verb>,
    /// Order of the list until the person chooses another one.
    pub order: Order,
    /// Records on one page.
    pub per_page: u64,
    /// Name of the field by which people know a record.
    pub title: &'static str,
    /// Group in the navigation.
    pub group: &'static str,
    /// Icon in the navigation.
    pub icon: &'static str,
    /// What an actor may see: all of them hold.
    pub scopes: Vec<Scope>,
    /// The column that parts the table among those who see a part of it each.
    pub partition: Option<&'static str>,
    /// A list may be narrowed to the partition that somebody works in.
    pub narrowed: bool,
    /// There is an index on (partition, key).
    pub partition_index: bool,
    /// All partitions there are, where a list asks for each of them by itself.
    pub partitions: Option<Partitions>,
    /// A page of the list looks at no more than so many rows.
    pub bound: Option<u64>,
    /// The area's use cases, in place of plain SQL.
    pub writer: Option<Arc<dyn Writer>>,
    /// Run when records were read.
    pub fills: Vec<Fill>,
    /// Run on each record before somebody gets it.
    pub veils: Vec<Veil>,
    /// Run before a change.
    pub before: Vec<Hook>,
    /// Run after a change, in the same transaction.
    pub after: Vec<Hook>,
    /// Has a search index (table `{table}_search`): searching stays fast in a large table.
    pub indexed_search: bool,
    /// Searches by filters of its own making.
    pub searched_by: Option<SearchedBy>,
}

impl Resource {
    /// A resource `name` over the table of the entity `E`. A column `version` gives optimistic locking, `deleted_at`
    /// soft deletion; `created_at` and `updated_at` are kept by themselves.
    ///
    /// # Panics
    /// When the entity's primary key is not one whole number.
    pub fn of<E: EntityTrait>(name: &'static str) -> Self {
        Self {
            name,
            table: E::default().table_name().to_owned(),
            key: key_of::<E>(name),
            columns: E::Column::iter().map(|column| column.as_str().to_owned()).collect(),
            fields: Vec::new(),
            actions: Vec::new(),
            verbs: Verb::ALL.to_vec(),
            order: Order { field: "id".into(), descending: true },
            per_page: 50,
            title: "id",
            group: "system",
            icon: "table",
            scopes: Vec::new(),
            partition: None,
            narrowed: true,
            partition_index: true,
            partitions: None,
            bound: None,
            writer: None,
            fills: Vec::new(),
            veils: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            indexed_search: false,
            searched_by: None,
        }
    }

    /// Adds a field.
    ///
    /// # Panics
    /// When the table has no such column, a field of the name is there already or it is called `id`, as the row number
    /// is: a declaration is part of the program, and every one is made by a test.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        let has_column = !field.has_column() || self.has_column(field.column);
        assert!(has_column, "{}: the table {} has no column {}", self.name, self.table, field.column);
        assert!(field.name != "id", "{}: a field is called as the row number is", self.name);
        let asked = field.searchable || field.sortable || field.filterable;
        assert!(!(field.filled && asked), "{}: {} is asked for and lies in no column", self.name, field.name);
        assert!(self.find(field.name).is_none(), "{}: two fields are called {}", self.name, field.name);
        self.fields.push(field);
        self
    }

    /// The field by which people know a record.
    #[must_use]
    pub fn title(mut self, field: &'static str) -> Self {
        self.title = field;
        self
    }

    /// Where it stands in the navigation, and its icon.
    #[must_use]
    pub fn in_group(mut self, group: &'static str, icon: &'static str) -> Self {
        self.group = group;
        self.icon = icon;
        self
    }

    /// Adds an action.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// Allows these verbs only.
    #[must_use]
    pub fn only(mut self, verbs: &[Verb]) -> Self {
        self.verbs = verbs.to_vec();
        self
    }

    /// Allows all verbs but these.
    #[must_use]
    pub fn without(mut self, verbs: &[Verb]) -> Self {
        self.verbs.retain(|verb| !verbs.contains(verb));
        self
    }

    /// The list's order: by this field, or `id`.
    #[must_use]
    pub fn ordered_by(mut self, field: &str, descending: bool) -> Self {
        self.order = Order { field: field.to_owned(), descending };
        self
    }

    /// Records on one page.
    #[must_use]
    pub fn per_page(mut self, records: u64) -> Self {
        self.per_page = records;
        self
    }

    /// Only records whose column has the value that `scope` gives for an actor. Of several, all hold.
    #[must_use]
    pub fn scope(mut self, scope: impl Fn(&Actor) -> Option<(&'static str, Value)> + Send + Sync + 'static) -> Self {
        self.scopes.push(Arc::new(scope));
        self
    }

    /// Parts the table by this column, a whole number: whoever is [`Actor::within`] some partitions finds, changes and
    /// makes nothing in the others, and nothing where the column is null. It may be the key itself.
    ///
    /// # Panics
    /// When the table has no such column: a declaration is part of the program, and every one is made by a test.
    #[must_use]
    pub fn partitioned_by(mut self, column: &'static str) -> Self {
        assert!(self.has_column(column), "{}: the table {} has no column {column}", self.name, self.table);
        self.partition = Some(column);
        self
    }

    /// Its table has no index on (partition, key), so that a new row is written into fewer of them: in the order of the row
    /// numbers it is walked by those, and the partition only looked at.
    #[must_use]
    pub fn without_partition_index(mut self) -> Self {
        self.partition_index = false;
        self
    }

    /// A large table whose indexes all begin with the partition: who sees all is asked for each one that `all` names.
    #[must_use]
    pub fn partitions(
        mut self,
        all: impl for<'a> Fn(&'a dyn Store) -> BoxFuture<'a, Result<Vec<i64>>> + Send + Sync + 'static,
    ) -> Self {
        self.partitions = Some(Arc::new(all));
        self
    }

    /// A large table: a page of its list looks at no more than `rows` rows. When they are looked at and the page is not
    /// full, it ends there all the same, and the next one goes on behind them.
    #[must_use]
    pub fn bounded(mut self, rows: u64) -> Self {
        self.bound = Some(rows.max(1));
        self
    }

    /// Its list shows all partitions that somebody sees, whichever one they work in: [`crate::ListQuery::partition`] is
    /// passed over.
    #[must_use]
    pub fn not_narrowed(mut self) -> Self {
        self.narrowed = false;
        self
    }

    /// Writes through an area's use cases instead of plain SQL.
    #[must_use]
    pub fn written_by(mut self, writer: impl Writer + 'static) -> Self {
        self.writer = Some(Arc::new(writer));
        self
    }

    /// Sets the fields that are [`Field::filled`] when records were read: one question to another table for a whole page
    /// of them.
    #[must_use]
    pub fn fill(
        mut self,
        fill: impl for<'a> Fn(&'a dyn Store, &'a mut [Record]) -> BoxFuture<'a, Result<()>> + Send + Sync + 'static,
    ) -> Self {
        self.fills.push(Arc::new(fill));
        self
    }

    /// Takes out of each record that is given out (list, page, API, file) what its reader does not get to see. Such a field
    /// is not to be searched, filtered or sorted by: it could be guessed letter by letter.
    #[must_use]
    pub fn veiled(mut self, veil: impl Fn(&Actor, &mut Record) + Send + Sync + 'static) -> Self {
        self.veils.push(Arc::new(veil));
        self
    }

    /// Runs `hook` before each change, in its transaction.
    #[must_use]
    pub fn before(
        mut self,
        hook: impl for<'c, 't> Fn(&'c mut Change<'t>) -> BoxFuture<'c, Result<()>> + Send + Sync + 'static,
    ) -> Self {
        self.before.push(Arc::new(hook));
        self
    }

    /// Runs `hook` after each change, in its transaction.
    #[must_use]
    pub fn after(
        mut self,
        hook: impl for<'c, 't> Fn(&'c mut Change<'t>) -> BoxFuture<'c, Result<()>> + Send + Sync + 'static,
    ) -> Self {
        self.after.push(Arc::new(hook));
        self
    }

    /// Searches through the table `{table}_search`, which every change through the resource keeps up to date.
    #[must_use]
    pub fn indexed_search(mut self) -> Self {
        self.indexed_search = true;
        self
    }

    /// The field of the column that parts the table; none where that is the key, or no field at all.
    pub fn partition_field(&self) -> Option<&Field> {
        self.fields.iter().find(|field| Some(field.column) == self.partition && field.column != self.key)
    }

    /// What must be true of a record for `by` to see it: columns, and what they must be.
    pub(crate) fn limits(&self, by: &Actor) -> Vec<(&'static str, Limit)> {
        let scoped = self.scopes.iter().filter_map(|scope| scope(by)).map(|(column, value)| (column, Limit::Is(value)));
        let parts = self.partition.zip(by.within.as_ref()).map(|(column, ids)| (column, Limit::Any(ids.clone())));
        scoped.chain(parts).collect()
    }

    /// Searches by filters that `search` makes of the words, in place of looking through texts: for a table so long that
    /// only its indexes may be asked. [`Field::searchable`] says what the search is told to look through.
    #[must_use]
    pub fn searched_by(mut self, search: impl Fn(&str) -> Vec<Filter> + Send + Sync + 'static) -> Self {
        self.searched_by = Some(Arc::new(search));
        self
    }

    /// The field called `name`.
    pub fn find(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether the table has this column.
    pub fn has_column(&self, column: &str) -> bool {
        self.columns.iter().any(|known| known == column)
    }

    /// Whether changes are counted, so that nobody overwrites what he has not seen.
    pub fn is_versioned(&self) -> bool {
        self.has_column("version")
    }

    /// Whether a deleted record can be restored.
    pub fn is_soft(&self) -> bool {
        self.has_column("deleted_at")
    }

    /// Whether `verb` is offered at all.
    pub fn offers(&self, verb: Verb) -> bool {
        self.verbs.contains(&verb) && (verb != Verb::Restore || self.is_soft())
    }

    /// The permission that `verb` takes, such as `accounts.edit`.
    pub fn permission(&self, verb: Verb) -> String {
        format!("{}.{}", self.name, verb.word())
    }

    /// The permission that an action takes.
    pub fn action_permission(&self, action: &Action) -> String {
        format!("{}.{}", self.name, action.name)
    }

    /// What people call a record.
    pub fn title_of(&self, record: &Record) -> String {
        match record.get(self.title) {
            Value::String(text) if !text.is_empty() => text.clone(),
            _ => format!("#{}", record.id),
        }
    }
}

/// The column of the primary key, the one whole number by which records are found.
fn key_of<E: EntityTrait>(name: &str) -> &'static str {
    let mut keys = E::PrimaryKey::iter();
    let key = keys.next().map(PrimaryKeyToColumn::into_column);
    let single = key.filter(|_| keys.next().is_none()).filter(|key| {
        matches!(
            key.def().get_column_type(),
            ColumnType::SmallInteger | ColumnType::Integer | ColumnType::BigInteger | ColumnType::BigUnsigned
        )
    });
    single.unwrap_or_else(|| panic!("{name}: the table's primary key is not one whole number")).as_str()
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource").field("name", &self.name).field("fields", &self.fields).finish_non_exhaustive()
    }
}
