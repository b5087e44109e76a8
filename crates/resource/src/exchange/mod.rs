//! Files: a list taken out as CSV or XLSX, and records brought in from one.

mod apply;
mod cell;
mod csv;
mod export;
mod import;
mod sheet;
mod undo;
mod xlsx;

#[cfg(test)]
mod tests;

pub use self::{
    apply::Applied,
    csv::is_formula,
    export::Format,
    import::{Changed, Faulty, ImportReport, MOST_ROWS, New},
    sheet::LARGEST_FILE,
    undo::{ImportRow, Undone},
};
