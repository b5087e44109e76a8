//! The words for types, and what they mean here.

/// The column of a field. Texts have no length in the database, numbers are whole and of 64 bits: how long and how
/// large they may be is a rule of the field, which gives people a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// Yes or no.
    Boolean,
}

/// The field in forms and lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormKind {
    /// One line.
    String,
    /// Several lines.
    Text,
    /// Text with form.
    RichText,
    /// A whole number.
    Integer,
    /// A number with this many digits after the point.
    Decimal(u8),
    /// Money in fen.
    Money,
    /// A rate in basis points.
    Percent,
    /// Yes or no.
    Boolean,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A moment.
    DateTime,
    /// One choice, from a list.
    Select,
    /// One choice, all in view.
    Radio,
    /// Several choices.
    MultiSelect,
    /// Any JSON.
    Json,
    /// A colour.
    Colour,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// An address of the web.
    Url,
    /// A password.
    Password,
    /// A picture.
    Image,
    /// A file.
    File,
    /// A record of another resource.
    BelongsTo,
}

/// A word for a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeWord {
    /// The word, as in Laravel's generator.
    pub word: &'static str,
    /// The column.
    pub column: ColumnKind,
    /// The field.
    pub form: FormKind,
    /// Least and greatest: length of texts, value of numbers.
    pub bounds: (Option<i64>, Option<i64>),
    /// Greatest value with `unsigned`, where it differs.
    pub unsigned: Option<i64>,
    /// Key of a note below `generate.notes`: the type means something else here than elsewhere.
    pub note: Option<&'static str>,
}

const fn word(word: &'static str, column: ColumnKind, form: FormKind) -> TypeWord {
    TypeWord { word, column, form, bounds: (None, None), unsigned: None, note: None }
}

impl TypeWord {
    const fn most(mut self, most: i64) -> Self {
        self.bounds.1 = Some(most);
        self
    }

    const fn bits(mut self, bits: u32) -> Self {
        let half = 1 << (bits - 1);
        self.bounds = (Some(-half), Some(half - 1));
        self.unsigned = Some(2 * half - 1);
        self
    }

    const fn note(mut self, key: &'static str) -> Self {
        self.note = Some(key);
        self
    }
}

use ColumnKind as C;
use FormKind as F;

/// All types: the columns of Laravel's generator, its form fields, and this program's own kinds.
pub const TYPES: &[TypeWord] = &[
    word("string", C::Text, F::String).most(255),
    word("char", C::Text, F::String).most(255),
    word("varchar", C::Text, F::String).most(255),
    word("password", C::Text, F::Password),
    word("email", C::Text, F::Email),
    word("date", C::Text, F::Date),
    word("datetime", C::Integer, F::DateTime),
    word("time", C::Text, F::Time),
    word("timestamp", C::Integer, F::DateTime),
    word("text", C::Text, F::Text),
    word("mediumtext", C::Text, F::Text),
    word("longtext", C::Text, F::Text),
    word("json", C::Text, F::Json),
    word("jsonb", C::Text, F::Json),
    word("binary", C::Text, F::File).note("binary"),
    word("number", C::Integer, F::Integer),
    word("integer", C::Integer, F::Integer),
    word("bigint", C::Integer, F::Integer),
    word("mediumint", C::Integer, F::Integer).bits(24),
    word("tinyint", C::Integer, F::Integer).bits(8),
    word("smallint", C::Integer, F::Integer).bits(16),
    word("boolean", C::Boolean, F::Boolean),
    word("decimal", C::Integer, F::Decimal(2)),
    word("double", C::Integer, F::Decimal(6)).note("floating"),
    word("float", C::Integer, F::Decimal(4)).note("floating"),
    word("enum", C::Text, F::Select),
    word("textarea", C::Text, F::Text),
    word("radio", C::Text, F::Radio),
    word("select", C::Text, F::Select),
    word("file", C::Text, F::File),
    word("rich_text", C::Text, F::RichText),
    word("money", C::Integer, F::Money),
    word("percent", C::Integer, F::Percent),
    word("multi_select", C::Text, F::MultiSelect),
    word("colour", C::Text, F::Colour),
    word("phone", C::Text, F::Phone),
    word("url", C::Text, F::Url),
    word("image", C::Text, F::Image),
];

impl TypeWord {
    /// The type of this word.
    pub fn find(word: &str) -> Option<&'static Self> {
        TYPES.iter().find(|known| known.word == word)
    }
}
