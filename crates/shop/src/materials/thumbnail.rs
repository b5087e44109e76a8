//! A small picture of an uploaded one. The file is a stranger's: its size is looked at before its pixels are.

use std::io::Cursor;

use image::{ImageReader, Limits, codecs::jpeg::JpegEncoder};

/// Longest side, in pixels: twice what a bubble shows.
const SIDE: u32 = 320;
const QUALITY: u8 = 78;
/// Longest side of a picture that is looked at, in pixels.
const MAX_SIDE: u32 = 12_000;
/// Memory that its pixels may take, in bytes.
const MAX_MEMORY: u64 = 128 << 20;

/// The small picture as a JPEG; none when the file is no picture, or one too large to be looked at.
pub(super) async fn of(file: Vec<u8>) -> Option<Vec<u8>> {
    tokio::task::spawn_blocking(move || make(&file)).await.ok().flatten()
}

fn make(file: &[u8]) -> Option<Vec<u8>> {
    let mut reader = ImageReader::new(Cursor::new(file)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    // Transparent parts are white, as a chat shows them.
    let small = reader.decode().ok()?.thumbnail(SIDE, SIDE).to_rgba8();
    let mut flat = image::RgbImage::new(small.width(), small.height());
    for (to, from) in flat.pixels_mut().zip(small.pixels()) {
        let [r, g, b, a] = from.0.map(u16::from);
        to.0 = [r, g, b].map(|channel| ((channel * a + 255 * (255 - a)) / 255) as u8);
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&flat).ok()?;
    Some(jpeg)
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, RgbaImage};

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        RgbaImage::new(width, height).write_to(&mut file, ImageFormat::Png).unwrap();
        file.into_inner()
    }

    #[test]
    fn it_is_small_and_its_clear_parts_are_white() {
        let small = image::load_from_memory(&make(&png(800, 400)).unwrap()).unwrap().to_rgb8();
        assert_eq!((small.width(), small.height()), (320, 160));
        assert!(small.pixels().all(|pixel| pixel.0.iter().all(|channel| *channel > 250)));
    }

    #[test]
    fn what_is_no_picture_or_far_too_large_has_none() {
        assert_eq!(make(b"\x89PNG\r\n\x1a\nrubbish"), None);
        // The header alone claims 100 megapixels and more; nothing of them is made.
        let mut huge = png(1, 1);
        huge[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        huge[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        assert_eq!(make(&huge), None);
    }
}
