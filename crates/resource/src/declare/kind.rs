//! Kinds of fields. Each has a form in which its value is stored and exchanged inside ("stored form"): a number for
//! integer, money (fen), percent (basis points), decimal (the value times ten to its scale), datetime (Unix ms) and a
//! relation to one (the row number); `true` or `false`; a text for the rest; an array of texts or numbers for several
//! choices, pictures, files and a relation to many; any JSON for JSON.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{Actor, Field, Record, Result, Store};

/// What a computed field shows, from the record's other values.
pub type Compute = Arc<dyn Fn(&Record) -> Value + Send + Sync>;

/// Asks for the choices of a field.
pub type Choices = Arc<dyn for<'a> Fn(&'a dyn Store, &'a Actor) -> BoxFuture<'a, Result<Vec<Choice>>> + Send + Sync>;

/// The kind of a field: its widget, its reading form, its validation and its filter follow from it.
#[derive(Clone)]
pub enum Kind {
    /// One line of text.
    String,
    /// Several lines of text.
    Text,
    /// HTML, sanitised before it is stored.
    RichText,
    /// A whole number.
    Integer,
    /// A number with this many digits after the point, stored as a whole number of the last digit.
    Decimal(u8),
    /// Money in fen; entered and shown in yuan.
    Money,
    /// A rate in basis points; entered and shown in percent.
    Percent,
    /// Yes or no.
    Boolean,
    /// `YYYY-MM-DD`.
    Date,
    /// `HH:MM` or `HH:MM:SS`.
    Time,
    /// A moment, Unix ms; entered and shown in the actor's zone.
    DateTime,
    /// One of a few words, from a list.
    Select(Options),
    /// One of a few words, all in view.
    Radio(Options),
    /// Several of a few words, stored as a JSON array.
    MultiSelect(Options),
    /// Any JSON.
    Json,
    /// `#RRGGBB`.
    Colour,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// An `http` or `https` address.
    Url,
    /// Entered, hashed, never shown.
    Password,
    /// Pictures uploaded: keys of uploads, at most this many; stored as a JSON array.
    Image(usize),
    /// Files uploaded: keys of uploads, at most this many; stored as a JSON array.
    File(usize),
    /// One record of another resource: its row number.
    BelongsTo(Relation),
    /// Records of another resource, through a table of pairs.
    Many(Many),
    /// Records of another resource that belong to this one and are edited with it.
    Inline(Inline),
    /// Not stored: made from the other values when it is shown.
    Computed(Compute),
}

/// One choice of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The word stored.
    pub value: String,
    /// What a person reads; none: the catalogue's text of the value.
    pub label: Option<String>,
}

/// Where the choices come from.
#[derive(Clone)]
pub enum Options {
    /// Fixed words; their labels are in the catalogue.
    Fixed(&'static [&'static str]),
    /// Asked for each time.
    Asked(Choices),
}

/// A relation to one record of another resource.
#[derive(Debug, Clone)]
pub struct Relation {
    /// The other resource's name.
    pub resource: &'static str,
}

/// A relation to several records of another resource.
#[derive(Debug, Clone)]
pub struct Many {
    /// The other resource's name.
    pub resource: &'static str,
    /// The table of pairs.
    pub table: &'static str,
    /// Its column with this record's row number.
    pub here: &'static str,
    /// Its column with the other's.
    pub there: &'static str,
}

/// Rows of another table that belong to this record.
#[derive(Debug, Clone)]
pub struct Inline {
    /// Their table.
    pub table: &'static str,
    /// Their column with this record's row number.
    pub parent: &'static str,
    /// Their column with the place in the order, if they have one.
    pub position: Option<&'static str>,
    /// Their fields.
    pub fields: Vec<Field>,
}

impl Kind {
    /// The word for programs, templates and the API's documentation.
    pub fn word(&self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Text => "text",
            Self::RichText => "rich_text",
            Self::Integer => "integer",
            Self::Decimal(_) => "decimal",
            Self::Money => "money",
            Self::Percent => "percent",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "datetime",
            Self::Select(_) => "select",
            Self::Radio(_) => "radio",
            Self::MultiSelect(_) => "multi_select",
            Self::Json => "json",
            Self::Colour => "colour",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Url => "url",
            Self::Password => "password",
            Self::Image(_) => "image",
            Self::File(_) => "file",
            Self::BelongsTo(_) => "belongs_to",
            Self::Many(_) => "many",
            Self::Inline(_) => "inline",
            Self::Computed(_) => "computed",
        }
    }

    /// Whether values of this kind lie in a column of the resource's own table.
    pub fn has_column(&self) -> bool {
        !matches!(self, Self::Many(_) | Self::Inline(_) | Self::Computed(_))
    }

    /// Whether the stored form is a number.
    pub fn is_number(&self) -> bool {
        matches!(
            self,
            Self::Integer | Self::Decimal(_) | Self::Money | Self::Percent | Self::DateTime | Self::BelongsTo(_)
        )
    }

    /// Whether the stored form is an array.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::MultiSelect(_) | Self::Image(_) | Self::File(_) | Self::Many(_) | Self::Inline(_))
    }

    /// Whether figures stand at the right of a column.
    pub fn is_figure(&self) -> bool {
        matches!(self, Self::Integer | Self::Decimal(_) | Self::Money | Self::Percent)
    }

    /// The choices, for the kinds that have some.
    pub fn options(&self) -> Option<&Options> {
        match self {
            Self::Select(options) | Self::Radio(options) | Self::MultiSelect(options) => Some(options),
            _ => None,
        }
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
