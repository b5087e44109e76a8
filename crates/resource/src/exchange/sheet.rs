//! Reading a file that somebody brings: CSV in UTF-8 or GBK, or a workbook; bounded in every direction.

use std::io::{Cursor, Read, Write};

use bytes::Bytes;
use calamine::{DataRef, Reader, Xlsx};

use crate::{Error, Problem, Result};

/// The largest file, in bytes.
pub const LARGEST_FILE: usize = 10 << 20;

/// What a workbook may unpack to, in bytes.
const LARGEST_UNPACKED: u64 = 200 << 20;

/// What the texts of all cells may be together, in bytes: a workbook keeps a text once and may name it in every cell.
const LARGEST_TEXTS: usize = if cfg!(test) { 1 << 20 } else { 64 << 20 };

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
    let mut room = LARGEST_TEXTS;
    // Cell by cell, as they stand in the file: a range would make room for all cells up to the farthest one.
    while let Some(cell) = cells.next_cell().map_err(|_| broken())? {
        let (row, column) = cell.get_position();
        let Some(text) = written(cell.get_value()) else { continue };
        room = room.checked_sub(text.len()).ok_or_else(|| refused("import.unpacked", LARGEST_TEXTS >> 20))?;
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
        let is_texts = entry.name_raw().to_ascii_lowercase().ends_with(b"sharedstrings.xml");
        let mut entry = entry.take(left + 1);
        let unpacked = if is_texts {
            let mut texts = Texts::default();
            let unpacked = std::io::copy(&mut entry, &mut texts).map_err(|_| broken())?;
            if texts.lie(unpacked) {
                return Err(broken());
            }
            unpacked
        } else {
            std::io::copy(&mut entry, &mut std::io::sink()).map_err(|_| broken())?
        };
        left = left.checked_sub(unpacked).ok_or_else(|| refused("import.unpacked", LARGEST_UNPACKED >> 20))?;
    }
    Ok(())
}

/// Looks through a workbook's shared texts for how many it says there are: room for so many is made before the first is
/// read, and a number that is a lie would end not the import but the process.
#[derive(Default)]
struct Texts {
    /// Bytes of the attribute's name that were seen, then its sign and its quote.
    seen: usize,
    number: u64,
    most: u64,
    has_nul: bool,
}

impl Texts {
    const NAME: &'static [u8] = b"uniqueCount";

    /// Each text takes four bytes at least, so that there cannot be more; and what has NUL is in another encoding, in
    /// which the number was not seen.
    fn lie(&self, unpacked: u64) -> bool {
        self.has_nul || self.most > unpacked / 4
    }

    fn look(&mut self, byte: u8) {
        let (sign, quote) = (Self::NAME.len(), Self::NAME.len() + 1);
        self.has_nul |= byte == 0;
        self.seen = match (self.seen, byte) {
            (at, byte) if at < sign && Self::NAME[at] == byte => at + 1,
            (at, b' ' | b'\t' | b'\r' | b'\n') if at >= sign => at,
            (at, b'=') if at == sign => quote,
            (at, b'"' | b'\'' | b'+') if at == quote => at,
            (at, digit @ b'0'..=b'9') if at == quote => {
                self.number = self.number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
                self.most = self.most.max(self.number);
                at
            }
            (_, byte) => {
                self.number = 0;
                usize::from(byte == Self::NAME[0])
            }
        };
    }
}

impl Write for Texts {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        bytes.iter().for_each(|byte| self.look(*byte));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
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
