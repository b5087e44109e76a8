//! Files that are no pictures: taken when their content is of a kind on the list, and their name says so.

use super::Refusal;
use crate::media_type::{self, MediaType};

/// A kind of file: media type and the endings its name may have.
struct Known(&'static str, &'static [&'static str]);

const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const SLIDES: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

const KNOWN: &[Known] = &[
    Known("application/pdf", &["pdf"]),
    Known(WORD, &["docx"]),
    Known(SHEET, &["xlsx"]),
    Known(SLIDES, &["pptx"]),
    Known("audio/mpeg", &["mp3"]),
    Known("audio/wav", &["wav"]),
    Known("audio/amr", &["amr"]),
    Known("video/mp4", &["mp4", "m4v"]),
    Known("text/plain", &["txt"]),
    Known("text/csv", &["csv"]),
];

/// The media type of a file whose name has this ending.
///
/// # Errors
/// [`Refusal::WrongKind`] when the content is of no kind on the list, [`Refusal::Mismatch`] when its name says another.
pub(super) fn media_type(bytes: &[u8], ending: &str) -> Result<&'static str, Refusal> {
    let found = match sniff(bytes) {
        Some(media_type) => media_type,
        // Texts have no mark of their own.
        None if is_plain_text(bytes) => {
            if ending == "csv" {
                "text/csv"
            } else {
                "text/plain"
            }
        }
        None => return Err(Refusal::WrongKind),
    };
    let known = KNOWN.iter().find(|Known(media_type, _)| *media_type == found).ok_or(Refusal::WrongKind)?;
    if known.1.contains(&ending) { Ok(known.0) } else { Err(Refusal::Mismatch) }
}

/// Whether these are pictures as telephones keep them, which browsers do not show.
pub(super) fn is_heic(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"ftyp")
        && matches!(
            bytes.get(8..12),
            Some(b"heic" | b"heix" | b"heim" | b"hevc" | b"mif1" | b"msf1" | b"avif" | b"avis")
        )
}

fn sniff(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"%PDF-") {
        return Some("application/pdf");
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return office(bytes);
    }
    match media_type::sniff(bytes) {
        _ if is_heic(bytes) => None,
        MediaType::Other | MediaType::Picture(_) => None,
        kind => Some(kind.mime()),
    }
}

/// A ZIP file of an office program: told by the names in its directory. Nothing is unpacked. One with macros is none.
fn office(bytes: &[u8]) -> Option<&'static str> {
    let names = zip_names(bytes)?;
    let has = |start: &str| names.iter().any(|name| name.starts_with(start));
    if !has("[Content_Types].xml") || names.iter().any(|name| name.ends_with("vbaProject.bin")) {
        return None;
    }
    let kinds = [("word/document.xml", WORD), ("xl/workbook.xml", SHEET), ("ppt/presentation.xml", SLIDES)];
    kinds.into_iter().find(|(part, _)| has(part)).map(|(_, media_type)| media_type)
}

/// The names in a ZIP file's directory (APPNOTE 4.3.12 and 4.3.16), without the 64-bit extension.
fn zip_names(bytes: &[u8]) -> Option<Vec<&str>> {
    const END: usize = 22;
    let two = |at: usize| Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let four = |at: usize| usize::try_from(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok();
    // The end of the directory, behind which is at most a comment.
    let earliest = bytes.len().saturating_sub(END + usize::from(u16::MAX));
    let end = (earliest..=bytes.len().checked_sub(END)?).rev().find(|at| bytes[*at..].starts_with(b"PK\x05\x06"))?;
    let (count, mut at) = (two(end + 10)?, four(end + 16)?);
    let mut names = Vec::new();
    for _ in 0..count {
        if !bytes.get(at..)?.starts_with(b"PK\x01\x02") {
            return None;
        }
        let (name, extra, comment) = (two(at + 28)?, two(at + 30)?, two(at + 32)?);
        names.push(std::str::from_utf8(bytes.get(at + 46..at + 46 + name)?).ok()?);
        at += 46 + name + extra + comment;
    }
    Some(names)
}

/// Whether it is text in UTF-8 and no markup: nothing a browser could take for a page.
fn is_plain_text(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    !text.starts_with('<') && !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n' | '\u{c}'))
}
