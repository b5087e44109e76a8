//! CSV as spreadsheets read it, without anything that they would calculate.

use super::cell::Cell;

/// Tells Excel that the file is UTF-8.
pub(super) const BOM: &str = "\u{feff}";

/// Whether a spreadsheet would take `text` for a formula.
pub fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

/// Adds a line.
pub(super) fn line(into: &mut String, cells: impl IntoIterator<Item = Cell>) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            into.push(',');
        }
        match cell {
            Cell::Empty => {}
            Cell::Number(number) => into.push_str(&number),
            Cell::Text(text) => push(into, &text),
        }
    }
    into.push_str("\r\n");
}

fn push(into: &mut String, text: &str) {
    let defused = is_formula(text);
    if !defused && !text.contains([',', '"', '\n', '\r', ';', '\'']) && text.trim() == text {
        return into.push_str(text);
    }
    into.push('"');
    if defused {
        into.push('\'');
    }
    into.push_str(&text.replace('"', "\"\""));
    into.push('"');
}
