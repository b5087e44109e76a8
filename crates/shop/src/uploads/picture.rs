//! Pictures, made anew: what is stored was written by us, pixel by pixel. Whatever else a picture brought along, such as
//! where it was taken, or a script behind it, stays behind.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    imageops::FilterType,
};

use super::Refusal;
use crate::media_type::{MediaType, sniff};

/// Most pixels that are decoded.
pub(super) const PIXELS: u64 = 50_000_000;
/// Longest side of what is stored, in pixels: no screen shows more.
const SIDE: u32 = 4096;
/// Longest side of the small version, in pixels.
const THUMB: u32 = 320;
/// Memory that decoding may take, in bytes: [`PIXELS`] of four bytes, and room to work.
const MEMORY: u64 = 256 << 20;
const QUALITY: u8 = 88;
const THUMB_QUALITY: u8 = 80;

/// A picture made anew.
pub(super) struct Picture {
    pub(super) bytes: Vec<u8>,
    pub(super) media_type: &'static str,
    pub(super) width: u32,
    pub(super) height: u32,
    /// The small version, a JPEG or a PNG.
    pub(super) thumb: Vec<u8>,
}

/// What kind of picture begins like this.
pub(super) fn format_of(bytes: &[u8]) -> Option<ImageFormat> {
    match sniff(bytes) {
        MediaType::Picture(mime) => ImageFormat::from_mime_type(mime),
        _ => None,
    }
}

fn decoder(bytes: &[u8], format: ImageFormat) -> Result<impl ImageDecoder + '_, Refusal> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    reader.into_decoder().map_err(|_| Refusal::Broken)
}

/// How many pixels the picture says it has: only its header is read.
///
/// # Errors
/// [`Refusal::TooManyPixels`], before a byte is taken for one of them.
pub(super) fn pixels(bytes: &[u8], format: ImageFormat) -> Result<u64, Refusal> {
    let (width, height) = decoder(bytes, format)?.dimensions();
    match u64::from(width) * u64::from(height) {
        0 => Err(Refusal::Broken),
        pixels if pixels > PIXELS => Err(Refusal::TooManyPixels),
        pixels => Ok(pixels),
    }
}

/// Decodes the picture (of a moving one the first frame), turns it as its camera was held, and writes it anew.
pub(super) fn remake(bytes: &[u8], format: ImageFormat) -> Result<Picture, Refusal> {
    pixels(bytes, format)?;
    // The decoder fills what is missing with grey.
    if format == ImageFormat::Jpeg && !is_whole_jpeg(bytes) {
        return Err(Refusal::Broken);
    }
    let mut decoder = decoder(bytes, format)?;
    let orientation = decoder.orientation().map_err(|_| Refusal::Broken)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| Refusal::Broken)?;
    image.apply_orientation(orientation);
    if image.width().max(image.height()) > SIDE {
        image = image.resize(SIDE, SIDE, FilterType::Triangle);
    }
    let image = in_eight_bits(image);
    let lossless = image.color().has_alpha() || matches!(format, ImageFormat::Png | ImageFormat::Gif);
    let thumb = if image.width().max(image.height()) > THUMB { &image.thumbnail(THUMB, THUMB) } else { &image };
    Ok(Picture {
        bytes: encode(&image, lossless, QUALITY)?,
        media_type: if lossless { "image/png" } else { "image/jpeg" },
        width: image.width(),
        height: image.height(),
        thumb: encode(thumb, image.color().has_alpha(), THUMB_QUALITY)?,
    })
}

/// Eight bits a channel, and no channel for clearness where nothing is clear.
fn in_eight_bits(image: DynamicImage) -> DynamicImage {
    let colour = image.color();
    if !colour.has_alpha() {
        return if colour.has_color() { image.into_rgb8().into() } else { image.into_luma8().into() };
    }
    let image = image.into_rgba8();
    let opaque = image.pixels().all(|pixel| pixel.0[3] == u8::MAX);
    if opaque { DynamicImage::from(image).into_rgb8().into() } else { image.into() }
}

fn encode(image: &DynamicImage, lossless: bool, quality: u8) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    let written = if lossless {
        image.write_with_encoder(PngEncoder::new(&mut out))
    } else {
        image.write_with_encoder(JpegEncoder::new_with_quality(&mut out, quality))
    };
    written.map_err(|_| Refusal::Broken)?;
    Ok(out)
}

/// Whether a JPEG reaches its end: its segments are walked, for a small picture inside it has an end of its own.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        let Some(&[0xFF, marker]) = bytes.get(at..at + 2) else { return false };
        at += 2;
        match marker {
            0xD9 => return true,
            // Fill bytes, and markers without a length.
            0xFF => at -= 1,
            0x01 | 0xD0..=0xD8 => {}
            _ => {
                let Some(&[high, low]) = bytes.get(at..at + 2) else { return false };
                at += usize::from(u16::from_be_bytes([high, low]));
                if marker == 0xDA {
                    // The pixels: up to the next marker that is neither a stuffed byte nor a restart.
                    let rest = bytes.get(at..).unwrap_or_default();
                    let next =
                        rest.windows(2).position(|two| two[0] == 0xFF && !matches!(two[1], 0x00 | 0xD0..=0xD7 | 0xFF));
                    let Some(next) = next else { return false };
                    at += next;
                }
            }
        }
    }
}
