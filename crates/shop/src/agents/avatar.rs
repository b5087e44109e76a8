//! An uploaded picture as WeChat wants an agent's: a JPEG, square, 640 pixels wide.

use image::{DynamicImage, ImageReader, codecs::jpeg::JpegEncoder, imageops::FilterType};
use tokio::io::AsyncReadExt;

use crate::{Error, Result, uploads::Uploads};

/// Width and height, in pixels.
const SIDE: u32 = 640;
const QUALITY: u8 = 88;

/// The upload of `key`, its middle, as a JPEG.
pub(super) async fn jpeg(uploads: &Uploads, key: &str) -> Result<Vec<u8>> {
    let no_picture = || Error::field("avatar", "agents.avatar_kind");
    let upload = uploads.find(key).await.map_err(|error| match error {
        Error::NotFound => no_picture(),
        other => other,
    })?;
    if !upload.is_picture {
        return Err(no_picture());
    }
    let (mut file, length) = uploads.open(&upload, false).await?;
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.read_to_end(&mut bytes).await?;
    // Decoding takes a while and belongs to no worker of the runtime.
    let made = tokio::task::spawn_blocking(move || square(&bytes)).await;
    made.ok().flatten().ok_or_else(no_picture)
}

/// What is stored was written by us, so it is whole and of bounded size.
fn square(bytes: &[u8]) -> Option<Vec<u8>> {
    let reader = ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format().ok()?;
    let image = reader.decode().ok()?.resize_to_fill(SIDE, SIDE, FilterType::Triangle);
    let mut jpeg = Vec::new();
    // What was clear becomes white: JPEG knows no clearness.
    let mut ground = image::RgbaImage::from_pixel(SIDE, SIDE, image::Rgba([255; 4]));
    image::imageops::overlay(&mut ground, &image.into_rgba8(), 0, 0);
    let image: DynamicImage = DynamicImage::from(ground).into_rgb8().into();
    image.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, QUALITY)).ok()?;
    Some(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_picture_becomes_a_square_jpeg() {
        let mut png = std::io::Cursor::new(Vec::new());
        image::RgbaImage::from_pixel(300, 50, image::Rgba([0, 0, 0, 0]))
            .write_to(&mut png, image::ImageFormat::Png)
            .unwrap();
        let jpeg = square(png.get_ref()).unwrap();
        assert_eq!(&jpeg[..2], [0xFF, 0xD8]);
        let image = image::load_from_memory(&jpeg).unwrap().into_rgb8();
        assert_eq!(image.dimensions(), (SIDE, SIDE));
        assert!(image.get_pixel(9, 9).0.iter().all(|channel| *channel > 250), "clear is white");
        assert!(square(b"no picture").is_none());
    }
}
