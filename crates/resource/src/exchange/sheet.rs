//! Reading a file that somebody brings: CSV in UTF-8 or GBK, or a workbook; bounded in every direction.

use std::io::{Cursor, Read};

use bytes::Bytes;
use calamine::{DataRef, Reader, Xlsx};

use crate::{Error, Problem, Result};

/// The largest file, in bytes.
pub const LARGEST_FILE: usize = 10 << 20;

/// What a workbook may unpack to, in bytes.
const LARGEST_UNPACKED: u64 = 200 << 20;

/// The most columns.
const MOST_COLUMNS: usize = 200;

/// The most bytes of a cell.
const LARGEST_CELL: usize = 65_535;

/// A file's rows of texts, each with the number of its line; the first is the head.
pub(super) type Rows = Vec<(u64, Vec<String>)>;

/// Reads a file with up to `most` rows below its head.
///
/// # Errors
/// [`Error::Invalid`] of the field `file` with a key `import.…`: too large, of no known kind, broken.
pub(super) fn read(file: &Bytes, most: usize) -> Result<Rows> {
    if file.len() > LARGEST_FILE {
        return Err(refused("import.too_large", LARGEST_FILE >> 20));
    }
    let mut rows = if file.starts_with(b"PK\x03\x04") { workbook(file, most)? } else { text(file, most)? };
    rows.retain(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()));
    if rows.is_empty() {
        return Err(refused("import.empty", 0));
    }
    if rows.len() > most + 1 {
        return Err(refused("import.too_many", most));
    }
    Ok(rows)
}

/// A refusal of the file itself.
pub(super) fn refused(key: &str, most: impl ToString) -> Error {
    Error::Invalid(vec![Problem::new("file", key).with("max", most)])
}

fn text(file: &[u8], most: usize) -> Result<Rows> {
    let decoded = match std::str::from_utf8(file) {
        Ok(text) => text.to_owned(),
        // What Excel saves as CSV on a Chinese Windows.
        Err(_) => {
            let (text, _, wrong) = encoding_rs::GB18030.decode(file);
            if wrong {
                return Err(refused("import.encoding", 0));
            }
            text.into_owned()
        }
    };
    let text = decoded.strip_prefix('\u{feff}').unwrap_or(&decoded);
    if text.contains('\0') {
        return Err(refused("import.kind", 0));
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut rows = Rows::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|_| refused("import.broken", 0))? {
        if rows.len() > most + 1 {
            return Err(refused("import.too_many", most));
        }
        let line = record.position().map_or(0, csv::Position::line);
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        fits(&cells)?;
        rows.push((line, cells));
    }
    Ok(rows)
}

/// What stands between the cells of the first line: a comma, or what Excel writes elsewhere.
fn delimiter(text: &str) -> u8 {
    let head = text.lines().next().unwrap_or_default();
    let most =
        [b',', b'\t', b';'].into_iter().rev().max_by_key(|mark| head.bytes().filter(|byte| byte == mark).count());
    most.unwrap_or(b',')
}

fn fits(cells: &[String]) -> Result<()> {
    if cells.len() > MOST_COLUMNS {
        return Err(refused("import.too_wide", MOST_COLUMNS));
    }
    if cells.iter().any(|cell| cell.len() > LARGEST_CELL) {
        return Err(refused("import.long_cell", LARGEST_CELL));
    }
    Ok(())
}

fn workbook(file: &Bytes, most: usize) -> Result<Rows> {
    let broken = || refused("import.broken", 0);
    unpacks(file)?;
    let mut book = Xlsx::new(Cursor::new(file.clone())).map_err(|_| broken())?;
    let name = book.sheet_names().first().cloned().ok_or_else(broken)?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(|_| broken())?;
    let mut rows = Rows::new();
    // Cell by cell, as they stand in the file: a range would make room for all cells up to the farthest one.
    while let Some(cell) = cells.next_cell().map_err(|_| broken())? {
        let (row, column) = cell.get_position();
        let Some(text) = written(cell.get_value()) else { continue };
        let line = u64::from(row) + 1;
        if rows.last().is_none_or(|(last, _)| *last != line) {
            if rows.len() > most + 1 {
                return Err(refused("import.too_many", most));
            }
            rows.push((line, Vec::new()));
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= MOST_COLUMNS {
            return Err(refused("import.too_wide", MOST_COLUMNS));
        }
        if let Some((_, cells)) = rows.last_mut() {
            if cells.len() <= column {
                cells.resize(column + 1, String::new());
            }
            cells[column] = text;
            fits(cells)?;
        }
    }
    Ok(rows)
}

/// Unpacks everything once into nothing: what the archive says about its size may be a lie.
fn unpacks(file: &Bytes) -> Result<()> {
    let broken = || refused("import.broken", 0);
    let mut archive = zip::ZipArchive::new(Cursor::new(file.clone())).map_err(|_| broken())?;
    if archive.len() > 1_000 {
        return Err(broken());
    }
    let mut left = LARGEST_UNPACKED;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(|_| broken())?;
        let unpacked = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink()).map_err(|_| broken())?;
        left = left.checked_sub(unpacked).ok_or_else(|| refused("import.unpacked", LARGEST_UNPACKED >> 20))?;
    }
    Ok(())
}

/// A cell as a person would have typed it; a date by its day, and by its time where it has one.
fn written(value: &DataRef<'_>) -> Option<String> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => u8::from(*yes).to_string(),
        DataRef::Error(error) => error.to_string(),
        DataRef::DateTime(moment) if moment.as_f64() < 1.0 || moment.is_duration() => {
            let (.., hour, minute, second, _) = moment.to_ymd_hms_milli();
            format!("{hour:02}:{minute:02}:{second:02}")
        }
        DataRef::DateTime(moment) => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            if moment.as_f64().fract() == 0.0 { date } else { format!("{date} {hour:02}:{minute:02}:{second:02}") }
        }
    })
}
