//! Fields: a name, a kind, and what is true of it.

use std::{fmt, sync::Arc};

use regex::Regex;
use serde_json::Value;

use super::{
    Record, Rule,
    kind::{Inline, Kind, Many, Options, Relation},
};

/// How a value is shown instead of its kind's common reading form: plain text, which the page escapes.
type Reading = Arc<dyn Fn(&Record) -> String + Send + Sync>;

/// Where a field appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appears {
    /// A column of the list, shown until the person chooses other columns.
    pub list: bool,
    /// A column that the person may choose for the list.
    pub choosable: bool,
    /// The page of one record.
    pub show: bool,
    /// The form of a new record.
    pub create: bool,
    /// The form of an existing record.
    pub edit: bool,
    /// The JSON API and exports.
    pub api: bool,
}

/// A field of a resource.
#[derive(Clone)]
pub struct Field {
    /// Name in forms, JSON and texts.
    pub name: &'static str,
    /// Column of the table; the name unless said otherwise.
    pub column: &'static str,
    /// What it is.
    pub kind: Kind,
    /// How it is checked, in this order.
    pub rules: Vec<Rule>,
    /// Where it appears.
    pub appears: Appears,
    /// Found by the search of the list.
    pub searchable: bool,
    /// The list can be sorted by it; needs an index on (column, id).
    pub sortable: bool,
    /// The list can be sorted by it while it is filtered by a range of it, and then begins so; needs an index on (column,
    /// id) that may leave nulls out.
    pub ordered_with_filter: bool,
    /// An index has the records of each of its values in the resource's own order: on the partition's column, this one, the
    /// order's and the row number.
    pub in_order: bool,
    /// The list can be filtered by it; needs an index on (column, id) in a large table.
    pub filterable: bool,
    /// Value of a new record's form, in stored form.
    pub default: Option<Value>,
    /// Shown, never taken from a form or the API.
    pub readonly: bool,
    /// Lies in no column of the table: [`super::Resource::fill`] sets it.
    pub filled: bool,
    /// Never in an audit row, a log, an export or the API.
    pub secret: bool,
    /// Name of another widget than the kind's own.
    pub widget: Option<&'static str>,
    /// How it reads, instead of the kind's own way.
    pub reading: Option<Reading>,
}

impl Field {
    /// A field of any kind; the functions beside this one read better.
    pub fn new(name: &'static str, kind: Kind) -> Self {
        let (computed, password) = (matches!(kind, Kind::Computed(_)), matches!(kind, Kind::Password));
        let appears = Appears {
            list: false,
            choosable: !password && !matches!(kind, Kind::Inline(_) | Kind::RichText | Kind::Json),
            show: !password,
            create: !computed,
            edit: !computed,
            api: true,
        };
        Self {
            name,
            column: name,
            kind,
            rules: Vec::new(),
            appears,
            searchable: false,
            sortable: false,
            ordered_with_filter: false,
            in_order: false,
            filterable: false,
            default: None,
            readonly: computed,
            filled: false,
            secret: password,
            widget: None,
            reading: None,
        }
    }

    /// Lies in another column than its name says.
    #[must_use]
    pub fn column(mut self, column: &'static str) -> Self {
        self.column = column;
        self
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Something must be given.
    #[must_use]
    pub fn required(self) -> Self {
        self.rule(Rule::Required)
    }

    /// May be left empty: stored as null.
    #[must_use]
    pub fn nullable(self) -> Self {
        self.rule(Rule::Nullable)
    }

    /// At least this much: see [`super::Bound`].
    #[must_use]
    pub fn min(self, least: i64) -> Self {
        self.rule(Rule::Min(least))
    }

    /// At most this much: see [`super::Bound`].
    #[must_use]
    pub fn max(self, most: i64) -> Self {
        self.rule(Rule::Max(most))
    }

    /// A text of at most so many bytes in UTF-8, see [`Rule::Bytes`].
    #[must_use]
    pub fn max_bytes(self, most: usize) -> Self {
        self.rule(Rule::Bytes(most))
    }

    /// No other record has this value.
    #[must_use]
    pub fn unique(self) -> Self {
        self.rule(Rule::Unique)
    }

    /// Matches this pattern.
    ///
    /// # Panics
    /// When the pattern is none: it is part of the program, and every declaration is made by a test.
    #[must_use]
    pub fn matching(self, pattern: &str) -> Self {
        self.rule(Rule::Regex(Regex::new(pattern).expect("a declared pattern is a regular expression")))
    }

    /// A column of the list.
    #[must_use]
    pub fn in_list(mut self) -> Self {
        self.appears.list = true;
        self.appears.choosable = true;
        self
    }

    /// Found by the search of the list.
    #[must_use]
    pub fn searchable(mut self) -> Self {
        self.searchable = true;
        self
    }

    /// The list can be sorted by it.
    #[must_use]
    pub fn sortable(mut self) -> Self {
        self.sortable = true;
        self
    }

    /// The list can be filtered by it, and is sorted by it while it is filtered by a range of it: for a large table whose
    /// index on it leaves out most rows.
    #[must_use]
    pub fn ordered_with_filter(mut self) -> Self {
        self.filterable = true;
        self.ordered_with_filter = true;
        self
    }

    /// The list can be filtered by it.
    #[must_use]
    pub fn filter(mut self) -> Self {
        self.filterable = true;
        self
    }

    /// The list can be filtered by it, and an index has what one of its values finds in the resource's own order: no record
    /// of another value is looked at.
    #[must_use]
    pub fn filter_in_order(mut self) -> Self {
        self.filterable = true;
        self.in_order = true;
        self
    }

    /// What the form of a new record begins with, in stored form.
    #[must_use]
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Shown, never taken from a form or the API.
    #[must_use]
    pub fn readonly(mut self) -> Self {
        self.readonly = true;
        self.appears.create = false;
        self.appears.edit = false;
        self
    }

    /// Shown, and in no column of the table: [`super::Resource::fill`] sets it.
    #[must_use]
    pub fn filled(mut self) -> Self {
        self.filled = true;
        self.readonly()
    }

    /// Given once, with a new record.
    #[must_use]
    pub fn only_on_create(mut self) -> Self {
        self.appears.edit = false;
        self
    }

    /// Only in the form of an existing record.
    #[must_use]
    pub fn only_on_edit(mut self) -> Self {
        self.appears.create = false;
        self
    }

    /// Not on the page of one record.
    #[must_use]
    pub fn not_shown(mut self) -> Self {
        self.appears.show = false;
        self
    }

    /// Not in the JSON API.
    #[must_use]
    pub fn not_in_api(mut self) -> Self {
        self.appears.api = false;
        self
    }

    /// Never in an audit row, a log, an export, the API or on a page.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self.appears.show = false;
        self.appears.list = false;
        self.appears.choosable = false;
        self
    }

    /// Another widget than the kind's own, by its name.
    #[must_use]
    pub fn widget(mut self, name: &'static str) -> Self {
        self.widget = Some(name);
        self
    }

    /// How it reads, instead of the kind's own way: plain text, which the page escapes.
    #[must_use]
    pub fn reads(mut self, reading: impl Fn(&Record) -> String + Send + Sync + 'static) -> Self {
        self.reading = Some(Arc::new(reading));
        self
    }

    /// Whether the value lies in a column of the resource's own table.
    pub fn has_column(&self) -> bool {
        self.kind.has_column() && !self.filled
    }

    /// Whether something must be given.
    pub fn is_required(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule, Rule::Required))
    }

    /// Whether it is taken from a form or the API for a new (or else an existing) record.
    pub fn is_taken(&self, new: bool) -> bool {
        !self.readonly && if new { self.appears.create } else { self.appears.edit }
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

macro_rules! plain_kinds {
    ($($(#[$doc:meta])* $name:ident => $kind:ident),* $(,)?) => {
        $($(#[$doc])* pub fn $name(name: &'static str) -> Field { Field::new(name, Kind::$kind) })*
    };
}

plain_kinds! {
    /// One line of text.
    string => String,
    /// Several lines of text.
    text => Text,
    /// HTML, sanitised before it is stored.
    rich_text => RichText,
    /// A whole number.
    integer => Integer,
    /// Money in fen.
    money => Money,
    /// A rate in basis points.
    percent => Percent,
    /// Yes or no.
    boolean => Boolean,
    /// A day.
    date => Date,
    /// A time of day.
    time => Time,
    /// A moment.
    datetime => DateTime,
    /// Any JSON.
    json => Json,
    /// A colour.
    colour => Colour,
    /// An e-mail address.
    email => Email,
    /// A telephone number.
    phone => Phone,
    /// An address of the web.
    url => Url,
    /// Entered, hashed, never shown.
    password => Password,
}

/// A number with `scale` digits after the point.
pub fn decimal(name: &'static str, scale: u8) -> Field {
    Field::new(name, Kind::Decimal(scale))
}

/// One of these words, from a list.
pub fn select(name: &'static str, options: Options) -> Field {
    Field::new(name, Kind::Select(options))
}

/// One of these words, all in view.
pub fn radio(name: &'static str, options: Options) -> Field {
    Field::new(name, Kind::Radio(options))
}

/// Several of these words.
pub fn multi_select(name: &'static str, options: Options) -> Field {
    Field::new(name, Kind::MultiSelect(options))
}

/// One picture.
pub fn image(name: &'static str) -> Field {
    Field::new(name, Kind::Image(1))
}

/// Up to `most` pictures in an order.
pub fn images(name: &'static str, most: usize) -> Field {
    Field::new(name, Kind::Image(most))
}

/// One file.
pub fn file(name: &'static str) -> Field {
    Field::new(name, Kind::File(1))
}

/// Up to `most` files in an order.
pub fn files(name: &'static str, most: usize) -> Field {
    Field::new(name, Kind::File(most))
}

/// One record of the resource `resource`; `name` is the column, such as `account_id`.
pub fn belongs_to(name: &'static str, resource: &'static str) -> Field {
    Field::new(name, Kind::BelongsTo(Relation { resource }))
}

/// Several records of another resource, through a table of pairs.
pub fn many(name: &'static str, relation: Many) -> Field {
    Field::new(name, Kind::Many(relation))
}

/// Rows of another table, edited with this record.
pub fn inline(name: &'static str, rows: Inline) -> Field {
    Field::new(name, Kind::Inline(rows))
}

/// Made from the other values when it is shown.
pub fn computed(name: &'static str, compute: impl Fn(&Record) -> Value + Send + Sync + 'static) -> Field {
    Field::new(name, Kind::Computed(Arc::new(compute)))
}
