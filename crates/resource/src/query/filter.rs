//! Filters: what was asked, checked against the field's kind, and turned into a condition of typed values.

use jiff::{Timestamp, ToSpan as _, civil, tz::TimeZone};
use serde_json::Value as Json;

use crate::{
    declare::{Actor, Error, Field, Kind, Many, Options, Resource, Result},
    values,
};

/// The most values of one "any of" filter.
const MOST_VALUES: usize = 100;

/// The most filters at once.
const MOST_FILTERS: usize = 20;

/// How a filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Equal; among the choices of a field with several.
    Is,
    /// Not equal, or empty.
    Not,
    /// Equal to one of several.
    Any,
    /// A text within.
    Contains,
    /// At least, from.
    From,
    /// At most, to the end of the day named.
    To,
    /// Empty (`1`) or not (`0`).
    Empty,
}

impl Op {
    /// All operators.
    pub const ALL: [Self; 7] = [Self::Is, Self::Not, Self::Any, Self::Contains, Self::From, Self::To, Self::Empty];

    /// The word in a URL.
    pub fn word(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::Not => "not",
            Self::Any => "any",
            Self::Contains => "contains",
            Self::From => "from",
            Self::To => "to",
            Self::Empty => "empty",
        }
    }

    /// The operator of a word.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.word() == word)
    }
}

/// One condition as it was asked for; nothing is checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Name of the field.
    pub field: String,
    /// How to compare.
    pub op: Op,
    /// With what: one value, or several for [`Op::Any`].
    pub values: Vec<String>,
}

impl Filter {
    /// A condition with one value.
    pub fn new(field: impl Into<String>, op: Op, value: impl Into<String>) -> Self {
        Self { field: field.into(), op, values: vec![value.into()] }
    }

    /// From the part of a pair's name after `f.`, and its value; none when the value is empty.
    pub(crate) fn from_pair(name: &str, value: &str) -> Result<Option<Self>> {
        let (field, op) = match name.split_once('.') {
            None => (name, Op::Is),
            Some((field, word)) => {
                let unknown = || Error::Request(format!("{word} is no operator of a filter"));
                (field, Op::find(word).ok_or_else(unknown)?)
            }
        };
        let values: Vec<String> = match op {
            Op::Any => value.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect(),
            _ => Some(value).filter(|value| !value.is_empty()).map(str::to_owned).into_iter().collect(),
        };
        Ok(Some(Self { field: field.to_owned(), op, values }).filter(|filter| !filter.values.is_empty()))
    }

    /// The pair's name and value.
    pub fn to_pair(&self) -> (String, String) {
        let name = match self.op {
            Op::Is => format!("f.{}", self.field),
            op => format!("f.{}.{}", self.field, op.word()),
        };
        (name, self.values.join(","))
    }
}

/// A filter that a list can offer.
#[derive(Debug, Clone)]
pub struct FilterSpec<'r> {
    /// The field.
    pub field: &'r Field,
    /// What can be asked of it.
    pub ops: &'static [Op],
}

/// The filters of a resource's list.
pub fn filters(r: &Resource) -> Vec<FilterSpec<'_>> {
    let offered = r.fields.iter().filter(|field| field.filterable && !field.secret);
    offered.map(|field| FilterSpec { field, ops: ops(&field.kind) }).filter(|spec| !spec.ops.is_empty()).collect()
}

fn ops(kind: &Kind) -> &'static [Op] {
    use Op::{Any, Contains, Empty, From, Is, Not, To};
    match kind {
        Kind::String | Kind::Email | Kind::Phone | Kind::Url => &[Contains, Is, Not, Any, Empty],
        Kind::Text | Kind::RichText | Kind::Json => &[Contains, Empty],
        Kind::Integer | Kind::Decimal(_) | Kind::Money | Kind::Percent => &[Is, Not, From, To, Empty],
        Kind::Date | Kind::Time => &[Is, From, To, Empty],
        Kind::DateTime => &[From, To, Empty],
        Kind::Boolean => &[Is, Empty],
        Kind::Colour => &[Is, Not, Empty],
        Kind::Select(_) | Kind::Radio(_) | Kind::MultiSelect(_) | Kind::BelongsTo(_) | Kind::Many(_) => {
            &[Is, Not, Any, Empty]
        }
        Kind::Image(_) | Kind::File(_) => &[Empty],
        Kind::Password | Kind::Inline(_) | Kind::Computed(_) => &[],
    }
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    /// Bound.
    Text(String),
    /// Bound.
    Number(i64),
    /// A word of the declaration: it stands in the statement itself, so that the planner sees how frequent it is.
    Word(&'static str),
    /// A row number of another table, likewise.
    Key(i64),
    /// Likewise.
    Bool(bool),
}

/// A condition of typed values on a declared column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cond {
    Compare {
        column: String,
        op: &'static str,
        value: Operand,
    },
    /// Not this value, or empty.
    Unlike {
        column: String,
        value: Operand,
    },
    Any {
        column: String,
        values: Vec<Operand>,
    },
    /// One of these texts within the column; with `absent`, none of them.
    Within {
        column: String,
        texts: Vec<String>,
        absent: bool,
    },
    /// Null, or an empty text or list.
    Empty {
        column: String,
        text: bool,
        filled: bool,
    },
    /// In the table of pairs.
    Pairs {
        many: PairTable,
        ids: Option<Vec<i64>>,
        absent: bool,
    },
    /// Every text is in one of the columns.
    Search {
        columns: Vec<String>,
        texts: Vec<String>,
    },
    /// In the search index: the query in the index's own language.
    Indexed {
        table: String,
        query: String,
        columns: Vec<String>,
    },
    /// One of these row numbers, a JSON array.
    Ids(String),
    /// Living or deleted.
    Deleted(bool),
}

/// The table of pairs of a relation to many.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PairTable {
    pub(crate) table: &'static str,
    pub(crate) here: &'static str,
    pub(crate) there: &'static str,
}

impl From<&Many> for PairTable {
    fn from(many: &Many) -> Self {
        Self { table: many.table, here: many.here, there: many.there }
    }
}

/// The conditions of the filters asked for.
///
/// # Errors
/// [`Error::Request`] for a field that offers no such filter and for a value that is none of its kind.
pub(crate) fn conditions(r: &Resource, by: &Actor, filters: &[Filter], exact: bool) -> Result<Vec<Cond>> {
    if filters.len() > MOST_FILTERS {
        return Err(Error::Request("too many filters".into()));
    }
    filters.iter().map(|filter| condition(r, by, filter, exact)).collect()
}

fn condition(r: &Resource, by: &Actor, filter: &Filter, exact: bool) -> Result<Cond> {
    let offered = r
        .find(&filter.field)
        .filter(|field| field.filterable && !field.secret && ops(&field.kind).contains(&filter.op));
    let no_such = || Error::Request(format!("{} has no filter {}.{}", r.name, filter.field, filter.op.word()));
    let field = offered.ok_or_else(no_such)?;
    let wrong = || Error::Request(format!("{}: this is no value to filter by", filter.field));
    if filter.values.is_empty() || filter.values.len() > MOST_VALUES {
        return Err(wrong());
    }
    let first = filter.values[0].trim();
    let column = field.column.to_owned();
    if filter.op == Op::Empty {
        let filled = match first {
            "1" | "true" => false,
            "0" | "false" => true,
            _ => return Err(wrong()),
        };
        return Ok(match &field.kind {
            Kind::Many(many) => Cond::Pairs { many: many.into(), ids: None, absent: !filled },
            kind => Cond::Empty { column, text: !kind.is_number() && !matches!(kind, Kind::Boolean), filled },
        });
    }
    if filter.op == Op::Contains {
        return Ok(Cond::Within { column, texts: vec![first.to_owned()], absent: false });
    }
    match &field.kind {
        Kind::Many(many) => {
            let ids = filter.values.iter().map(|value| value.trim().parse().ok()).collect::<Option<Vec<i64>>>();
            return Ok(Cond::Pairs {
                many: many.into(),
                ids: Some(ids.ok_or_else(wrong)?),
                absent: filter.op == Op::Not,
            });
        }
        Kind::MultiSelect(_) => {
            // As the words stand in the JSON array.
            let texts = filter.values.iter().map(|value| Json::from(value.trim()).to_string()).collect();
            return Ok(Cond::Within { column, texts, absent: filter.op == Op::Not });
        }
        _ => {}
    }
    let operand = |value: &str| operand(field, value.trim(), &by.zone, exact, filter.op).ok_or_else(wrong);
    Ok(match filter.op {
        Op::Not => Cond::Unlike { column, value: operand(first)?.0 },
        Op::Any => {
            let values = filter.values.iter().map(|value| Ok(operand(value)?.0)).collect::<Result<_>>()?;
            Cond::Any { column, values }
        }
        Op::From => Cond::Compare { column, op: ">=", value: operand(first)?.0 },
        Op::To => {
            let (value, whole_day) = operand(first)?;
            Cond::Compare { column, op: if whole_day { "<" } else { "<=" }, value }
        }
        Op::Is | Op::Contains | Op::Empty => Cond::Compare { column, op: "=", value: operand(first)?.0 },
    })
}

/// The typed value, and whether it is the end of a day, itself excluded.
fn operand(field: &Field, value: &str, zone: &TimeZone, exact: bool, op: Op) -> Option<(Operand, bool)> {
    let entered = || values::from_text(&field.kind, value, zone).ok().flatten();
    let operand = match &field.kind {
        Kind::Money | Kind::Percent if exact => Operand::Number(value.parse().ok()?),
        Kind::Integer | Kind::Decimal(_) | Kind::Money | Kind::Percent => Operand::Number(entered()?.as_i64()?),
        Kind::BelongsTo(_) => Operand::Key(value.parse().ok()?),
        Kind::Boolean => Operand::Bool(entered()?.as_bool()?),
        Kind::DateTime => {
            let (at, whole_day) = moment(value, zone, op == Op::To)?;
            return Some((Operand::Number(at), whole_day));
        }
        Kind::Date | Kind::Time => Operand::Text(entered()?.as_str()?.to_owned()),
        Kind::Select(Options::Fixed(words)) | Kind::Radio(Options::Fixed(words)) => {
            Operand::Word(words.iter().find(|word| **word == value)?)
        }
        _ => Operand::Text(value.to_owned()),
    };
    Some((operand, false))
}

/// A moment in Unix ms: RFC 3339, a local time, or a day, which for an end means the next one's beginning.
fn moment(value: &str, zone: &TimeZone, end: bool) -> Option<(i64, bool)> {
    if let Ok(at) = value.parse::<Timestamp>() {
        return Some((at.as_millisecond(), false));
    }
    if let (Ok(day), true) = (value.parse::<civil::Date>(), value.len() <= 10) {
        let day = if end { day.checked_add(1.day()).ok()? } else { day };
        return Some((day.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond(), end));
    }
    let local: civil::DateTime = value.parse().ok()?;
    Some((local.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond(), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_where_the_next_begins_in_the_readers_zone() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let ms = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        assert_eq!(moment("2026-01-02", &shanghai, false), Some((ms("2026-01-01T16:00:00Z"), false)));
        assert_eq!(moment("2026-01-02", &shanghai, true), Some((ms("2026-01-02T16:00:00Z"), true)));
        assert_eq!(moment("2026-01-02T08:30", &shanghai, false), Some((ms("2026-01-02T00:30:00Z"), false)));
        assert_eq!(moment("2026-01-02T08:30:00Z", &shanghai, true), Some((ms("2026-01-02T08:30:00Z"), false)));
        assert_eq!(moment("yesterday", &shanghai, false), None);
    }
}
