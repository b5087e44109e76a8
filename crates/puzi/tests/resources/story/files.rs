//! Files to upload: small real ones of each kind that is taken.

use std::io::{Cursor, Write};

use image::{ImageFormat, Rgb, RgbImage};
use puzi_resource::{Field, Kind, Rule};

/// A file of a form.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    /// Name of the part in the form.
    pub(super) part: String,
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Upload {
    pub(super) fn new(part: impl Into<String>, ending: &str, bytes: Vec<u8>) -> Self {
        Self { part: part.into(), name: format!("story.{ending}"), bytes }
    }
}

/// A file that the field takes. `serial` tells files apart.
pub(super) fn fitting(field: &Field, serial: usize) -> Upload {
    let picture = matches!(field.kind, Kind::Image(_)) || field.rules.iter().any(|rule| matches!(rule, Rule::Image));
    let kinds = field.rules.iter().find_map(|rule| match rule {
        Rule::Mimes(kinds) => Some(kinds.as_slice()),
        _ => None,
    });
    let any = if picture { "png" } else { "pdf" };
    let kind = match kinds {
        None => any,
        Some(kinds) => kinds
            .iter()
            .map(String::as_str)
            .find(|kind| if picture { is_picture(kind) } else { is_taken(kind) })
            .unwrap_or_else(|| panic!("{}: no file of the kinds {kinds:?} is ever taken", field.name)),
    };
    of_kind(format!("{}.file", field.name), kind, serial, kib(field))
}

/// A file that uploads take but the field does not; none when it takes whatever they take.
pub(super) fn unfitting(field: &Field) -> Option<Upload> {
    let part = format!("{}.file", field.name);
    let takes = |kind: &str| {
        field.rules.iter().all(|rule| match rule {
            Rule::Mimes(kinds) => kinds.iter().any(|one| one == kind || (one == "jpeg" && kind == "jpg")),
            Rule::Image => is_picture(kind),
            _ => true,
        }) && (is_picture(kind) || !matches!(field.kind, Kind::Image(_)))
    };
    let kind = ["txt", "png", "pdf"].into_iter().find(|kind| !takes(kind))?;
    Some(of_kind(part, kind, 0, kib(field)))
}

/// A file of a fitting kind with another number of KiB than its bounds allow; none without such bounds.
pub(super) fn too_large(field: &Field) -> Option<Upload> {
    let most = field.rules.iter().find_map(|rule| match rule {
        Rule::Max(most) | Rule::Between(_, most) | Rule::Size(most) => Some(*most),
        _ => None,
    })?;
    let fits = fitting(field, 0);
    let ending = fits.name.rsplit('.').next().unwrap_or_default().to_owned();
    // Beyond what is taken at all there is nothing to show; a picture of many pixels takes long to make.
    (most < 2_000).then(|| of_kind(fits.part, &ending, 0, most + most / 20 + 8))
}

/// KiB that a file of the field should have.
fn kib(field: &Field) -> i64 {
    let (mut least, mut most) = (0, i64::MAX);
    for rule in &field.rules {
        match rule {
            Rule::Min(n) => least = least.max(*n),
            Rule::Max(n) => most = most.min(*n),
            Rule::Between(a, b) => (least, most) = (least.max(*a), most.min(*b)),
            Rule::Size(n) => (least, most) = (*n, *n),
            _ => {}
        }
    }
    // How large a picture becomes is not known to the byte.
    match (least, most) {
        (..=1, _) => 1,
        (least, i64::MAX) => least + least / 20 + 8,
        (least, most) => i64::midpoint(least, most),
    }
}

fn is_picture(kind: &str) -> bool {
    // Others become one of these when they are stored.
    matches!(kind, "png" | "jpg" | "jpeg")
}

fn is_taken(kind: &str) -> bool {
    is_picture(kind) || matches!(kind, "pdf" | "txt" | "csv" | "docx" | "xlsx" | "pptx" | "mp3" | "wav" | "amr" | "mp4")
}

fn of_kind(part: String, kind: &str, serial: usize, kib: i64) -> Upload {
    let length = usize::try_from(kib).unwrap_or(1) * 1024;
    let padded = |head: &[u8], filler: u8| {
        let mut bytes = head.to_vec();
        bytes.extend(format!("{serial:04}").bytes());
        bytes.resize(length, filler);
        bytes
    };
    let bytes = match kind {
        "png" => picture(serial, length, ImageFormat::Png),
        "jpg" | "jpeg" => picture(serial, length, ImageFormat::Jpeg),
        "pdf" => padded(b"%PDF-1.4\n", b' '),
        "txt" => padded(b"green tea ", b'.'),
        "csv" => padded(b"tea,price\nKeemun,", b'1'),
        "mp3" => padded(b"ID3\x04\0\0\0\0\0\0", 0),
        "wav" => padded(b"RIFF\x24\0\0\0WAVEfmt ", 0),
        "amr" => padded(b"#!AMR\n", 0),
        "mp4" => padded(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", 0),
        "docx" => office("word/document.xml", serial, length),
        "xlsx" => office("xl/workbook.xml", serial, length),
        "pptx" => office("ppt/presentation.xml", serial, length),
        other => panic!("no file of the kind {other} can be made"),
    };
    Upload::new(part, kind, bytes)
}

/// A picture of noise, which no format makes smaller: some `length` bytes of it.
fn picture(serial: usize, length: usize, format: ImageFormat) -> Vec<u8> {
    // A little under it: formats add heads of their own, and a started KiB counts.
    let pixels = (length.saturating_sub(400) / if format == ImageFormat::Png { 3 } else { 2 }).max(4);
    let side = u32::try_from(pixels.isqrt()).unwrap_or(2).max(2);
    let mut state = 0x9e37_79b9_u32.wrapping_add(u32::try_from(serial).unwrap_or_default());
    let image = RgbImage::from_fn(side, side, |_, _| {
        let mut byte = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        Rgb([byte(), byte(), byte()])
    });
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The least that is an office program's file.
fn office(document: &str, serial: usize, length: usize) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for name in ["[Content_Types].xml", document] {
        archive.start_file(name, stored).unwrap();
        write!(archive, "<!-- {serial} -->").unwrap();
    }
    archive.write_all(&vec![b' '; length.saturating_sub(500)]).unwrap();
    archive.finish().unwrap().into_inner()
}
