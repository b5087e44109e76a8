//! A workbook written as it goes: what is written so far can be sent, and memory holds one batch of rows.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use zip::{
    CompressionMethod, ZipWriter,
    result::ZipResult,
    write::{SimpleFileOptions, StreamWriter},
};

use super::cell::Cell;

/// Rows of a sheet: Excel takes no more, so another sheet goes on.
const ROWS: u64 = 1_048_576;

/// Bytes of a sheet before another one goes on: an entry of 4 GiB would need the 64-bit form, which not everybody reads.
const BYTES: u64 = 3 << 30;

/// Characters of a cell: Excel calls a file with more damaged.
const CHARACTERS: usize = 32_767;

const TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const KINDS: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// Where the archive's bytes wait to be taken.
#[derive(Clone, Default)]
struct Outlet(Arc<Mutex<Vec<u8>>>);

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A workbook under way.
pub(super) struct Workbook {
    zip: ZipWriter<StreamWriter<Outlet>>,
    outlet: Outlet,
    head: Vec<String>,
    sheets: usize,
    rows: u64,
    bytes: u64,
    /// Rows of a sheet; fewer in tests.
    most: u64,
}

impl Workbook {
    /// A workbook whose sheets begin with `head`.
    pub(super) fn new(head: Vec<String>) -> ZipResult<Self> {
        Self::with_rows(head, ROWS)
    }

    pub(super) fn with_rows(head: Vec<String>, most: u64) -> ZipResult<Self> {
        let outlet = Outlet::default();
        let zip = ZipWriter::new_stream(outlet.clone());
        let mut book = Self { zip, outlet, head, sheets: 0, rows: 0, bytes: 0, most };
        book.begin_sheet()?;
        Ok(book)
    }

    fn entry(&mut self, name: &str) -> ZipResult<()> {
        // Level 1: a file made on demand; a better one takes three times as long for a tenth less.
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).compression_level(Some(1));
        self.zip.start_file(name, options)
    }

    fn write(&mut self, text: &str) -> ZipResult<()> {
        self.bytes += text.len() as u64;
        Ok(self.zip.write_all(text.as_bytes())?)
    }

    fn begin_sheet(&mut self) -> ZipResult<()> {
        self.sheets += 1;
        (self.rows, self.bytes) = (0, 0);
        self.entry(&format!("xl/worksheets/sheet{}.xml", self.sheets))?;
        // The first row stays in view.
        let view = "<sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" \
                    activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews>";
        self.write(&format!("{XML}<worksheet xmlns=\"{MAIN}\">{view}<sheetData>"))?;
        let head: Vec<Cell> = self.head.iter().cloned().map(Cell::Text).collect();
        self.put(head)
    }

    fn end_sheet(&mut self) -> ZipResult<()> {
        self.write("</sheetData></worksheet>")
    }

    /// Adds a row, on another sheet when this one is full.
    pub(super) fn row(&mut self, cells: Vec<Cell>) -> ZipResult<()> {
        if self.rows >= self.most || self.bytes >= BYTES {
            self.end_sheet()?;
            self.begin_sheet()?;
        }
        self.put(cells)
    }

    fn put(&mut self, cells: Vec<Cell>) -> ZipResult<()> {
        self.rows += 1;
        let mut row = format!("<row r=\"{}\">", self.rows);
        for (at, cell) in cells.into_iter().enumerate() {
            let place = format!("{}{}", column(at), self.rows);
            match cell {
                Cell::Empty => {}
                // Beyond 15 digits Excel rounds.
                Cell::Number(number) if number.bytes().filter(u8::is_ascii_digit).count() <= 15 => {
                    row.push_str(&format!("<c r=\"{place}\"><v>{number}</v></c>"));
                }
                // A text is never calculated, whatever it begins with.
                Cell::Number(text) | Cell::Text(text) => {
                    row.push_str(&format!("<c r=\"{place}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">"));
                    escape(&mut row, &text);
                    row.push_str("</t></is></c>");
                }
            }
        }
        row.push_str("</row>");
        self.write(&row)
    }

    /// What has been written since the last time.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut *self.outlet.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends the workbook and gives its last bytes.
    pub(super) fn finish(mut self) -> ZipResult<Vec<u8>> {
        self.end_sheet()?;
        let numbers = 1..=self.sheets;
        let each = |one: &dyn Fn(usize) -> String| numbers.clone().map(one).collect::<String>();
        let types = each(&|n| {
            format!("<Override PartName=\"/xl/worksheets/sheet{n}.xml\" ContentType=\"{KINDS}.worksheet+xml\"/>")
        });
        let listed = each(&|n| format!("<sheet name=\"Sheet{n}\" sheetId=\"{n}\" r:id=\"rId{n}\"/>"));
        let related = each(&|n| {
            format!("<Relationship Id=\"rId{n}\" Type=\"{RELATIONS}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>")
        });
        let parts = [
            (
                "[Content_Types].xml",
                format!(
                    "<Types xmlns=\"{TYPES}\"><Default Extension=\"rels\" \
                     ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                     <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
                     <Override PartName=\"/xl/workbook.xml\" ContentType=\"{KINDS}.sheet.main+xml\"/>{types}</Types>"
                ),
            ),
            (
                "_rels/.rels",
                format!(
                    "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"rId1\" Type=\"{RELATIONS}/officeDocument\" \
                     Target=\"xl/workbook.xml\"/></Relationships>"
                ),
            ),
            (
                "xl/workbook.xml",
                format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets>{listed}</sheets></workbook>"),
            ),
            ("xl/_rels/workbook.xml.rels", format!("<Relationships xmlns=\"{PACKAGE}\">{related}</Relationships>")),
        ];
        for (name, text) in parts {
            self.entry(name)?;
            self.write(&format!("{XML}{text}"))?;
        }
        let Self { zip, outlet, .. } = self;
        zip.finish()?;
        Ok(std::mem::take(&mut *outlet.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// `A` to `Z`, `AA` and so on.
fn column(at: usize) -> String {
    let (before, last) = (at / 26, at % 26);
    let letter = char::from(b'A' + u8::try_from(last).unwrap_or_default());
    if before == 0 { letter.to_string() } else { format!("{}{letter}", column(before - 1)) }
}

fn escape(into: &mut String, text: &str) {
    for character in text.chars().take(CHARACTERS) {
        match character {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            // XML has no other control characters, not even escaped.
            '\t' | '\n' => into.push(character),
            '\r' => into.push_str("&#13;"),
            '\u{fffe}' | '\u{ffff}' => {}
            character if character.is_control() && character < ' ' => {}
            character => into.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        assert_eq!([0, 25, 26, 51, 52, 701, 702].map(column), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }
}
