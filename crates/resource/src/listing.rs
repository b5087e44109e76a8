//! Lists for the command line: what the columns are, what they are called, and where their values come from. From one
//! declaration follow a table for people and JSON for programs.
//!
//! ```
//! use puzi_resource::{Column, Listing};
//!
//! struct Tea {
//!     name: &'static str,
//!     grams: u32,
//! }
//!
//! let teas = Listing::new("teas")
//!     .column(Column::new("name", "tea.name", |tea: &Tea| tea.name.into()))
//!     .column(Column::new("grams", "tea.weight", |tea: &Tea| tea.grams.into()).shown(|tea| format!("{} g", tea.grams)));
//!
//! let rows = [Tea { name: "龙井", grams: 50 }, Tea { name: "Keemun", grams: 100 }];
//! let label = |key: &str| if key == "tea.name" { "Tea".to_owned() } else { "Weight".to_owned() };
//! assert_eq!(teas.to_table(&rows, label), ["Tea     Weight", "龙井    50 g", "Keemun  100 g"]);
//! assert_eq!(teas.to_json(&rows)["teas"][0]["grams"], 50);
//! ```

use serde_json::{Map, Value};

use crate::table::{self, on_one_line};

type Getter<T> = Box<dyn Fn(&T) -> Value + Send + Sync>;
type Shower<T> = Box<dyn Fn(&T) -> String + Send + Sync>;

/// One column of a listing.
pub struct Column<T> {
    name: &'static str,
    label: &'static str,
    get: Getter<T>,
    show: Option<Shower<T>>,
    at_most: Option<usize>,
    in_table: bool,
}

impl<T> Column<T> {
    /// A column by its name for programs, the key of its label for people, and where its value comes from.
    pub fn new(name: &'static str, label: &'static str, get: impl Fn(&T) -> Value + Send + Sync + 'static) -> Self {
        Self { name, label, get: Box::new(get), show: None, at_most: None, in_table: true }
    }

    /// What people see instead of the bare value: a time in their zone, a word in their language.
    #[must_use]
    pub fn shown(mut self, show: impl Fn(&T) -> String + Send + Sync + 'static) -> Self {
        self.show = Some(Box::new(show));
        self
    }

    /// In a table, what is wider than `width` columns of a terminal ends in `…`.
    #[must_use]
    pub fn at_most(mut self, width: usize) -> Self {
        self.at_most = Some(width);
        self
    }

    /// For programs only: a table leaves it out.
    #[must_use]
    pub fn only_json(mut self) -> Self {
        self.in_table = false;
        self
    }

    fn text(&self, row: &T) -> String {
        let text = match &self.show {
            Some(show) => show(row),
            None => plain(&(self.get)(row)),
        };
        let text = on_one_line(&text);
        match self.at_most {
            Some(most) => table::cut(&text, most),
            None => text,
        }
    }
}

/// A list for the command line, declared by its columns.
pub struct Listing<T> {
    name: &'static str,
    columns: Vec<Column<T>>,
}

impl<T> Listing<T> {
    /// A listing without columns yet; `name` is its plural for programs.
    pub fn new(name: &'static str) -> Self {
        Self { name, columns: Vec::new() }
    }

    /// The same with one column more.
    #[must_use]
    pub fn column(mut self, column: Column<T>) -> Self {
        self.columns.push(column);
        self
    }

    /// One row as a JSON object.
    pub fn row_to_json(&self, row: &T) -> Value {
        Value::Object(
            self.columns.iter().map(|column| (column.name.to_owned(), (column.get)(row))).collect::<Map<_, _>>(),
        )
    }

    /// The rows as JSON: `{"teas": [{…}, …]}`.
    pub fn to_json(&self, rows: &[T]) -> Value {
        let rows = rows.iter().map(|row| self.row_to_json(row)).collect();
        Value::Object(Map::from_iter([(self.name.to_owned(), Value::Array(rows))]))
    }

    /// The rows as an aligned table, a line each, under a line of labels; `label` says what a label's key means.
    pub fn to_table(&self, rows: &[T], label: impl Fn(&str) -> String) -> Vec<String> {
        let columns: Vec<_> = self.columns.iter().filter(|column| column.in_table).collect();
        let head = columns.iter().map(|column| label(column.label)).collect();
        let body = rows.iter().map(|row| columns.iter().map(|column| column.text(row)).collect());
        table::align(std::iter::once(head).chain(body).collect())
    }
}

impl<T> std::fmt::Debug for Listing<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.columns.iter().map(|column| column.name).collect();
        f.debug_struct("Listing").field("name", &self.name).field("columns", &names).finish()
    }
}

/// A value as a person reads it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Parcel {
        to: Option<&'static str>,
        note: &'static str,
        key: &'static str,
    }

    fn parcels() -> Listing<Parcel> {
        Listing::new("parcels")
            .column(Column::new("to", "To", |parcel: &Parcel| parcel.to.into()))
            .column(Column::new("note", "Note", |parcel: &Parcel| parcel.note.into()).at_most(8))
            .column(Column::new("key", "Key", |parcel: &Parcel| parcel.key.into()).only_json())
    }

    #[test]
    fn one_declaration_gives_table_and_json() {
        let rows =
            [Parcel { to: None, note: "当心轻放，易碎", key: "a" }, Parcel { to: Some("小明"), note: "tea", key: "b" }];
        assert_eq!(parcels().to_table(&rows, str::to_owned), ["To    Note", "-     当心轻…", "小明  tea"]);
        assert_eq!(
            parcels().to_json(&rows),
            json!({"parcels": [
                {"to": null, "note": "当心轻放，易碎", "key": "a"},
                {"to": "小明", "note": "tea", "key": "b"},
            ]})
        );
    }

    #[test]
    fn a_cell_cannot_break_out_of_its_line() {
        let rows = [Parcel { to: Some("a\r\nb"), note: "\u{1b}[31mred", key: "" }];
        assert_eq!(parcels().to_table(&rows, str::to_owned)[1], "a b  \u{fffd}[31mred");
    }
}
