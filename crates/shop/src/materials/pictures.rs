//! Pictures inside articles: uploaded once, and known by their digest from then on.

use std::io::Cursor;

use image::{ImageReader, Limits, codecs::jpeg::JpegEncoder, imageops::FilterType};
use sea_orm::ConnectionTrait;

use super::Materials;
use crate::{
    Error, Problem, Result,
    accounts::LiveAccount,
    db, digest,
    media_type::{MediaType, sniff},
};

/// WeChat takes less than 1 MB.
const LARGEST: usize = (1 << 20) - 1;
/// Longest sides that are tried, in pixels: an article is as wide as a telephone.
const SIDES: [u32; 4] = [2_160, 1_440, 1_080, 720];
const QUALITY: u8 = 82;
/// Longest side of a picture that is looked at, in pixels.
const MAX_SIDE: u32 = 12_000;
/// Memory that its pixels may take, in bytes.
const MAX_MEMORY: u64 = 256 << 20;

impl Materials {
    /// WeChat's address of a picture for the inside of an article.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it cannot be made small enough; [`Error::WeChat`].
    pub(crate) async fn article_picture(&self, live: &LiveAccount, bytes: Vec<u8>) -> Result<String> {
        let account = live.account.id;
        let digest = digest::sha256(&bytes);
        let sql = "SELECT url FROM article_pictures WHERE account_id = $1 AND digest = $2";
        let on = self.db.read();
        let known = on.query_one_raw(db::statement(on, sql, [account.into(), digest.as_str().into()])).await?;
        if let Some(row) = known {
            return Ok(row.try_get("", "url")?);
        }
        let fitted = tokio::task::spawn_blocking(move || fit(bytes)).await.ok().flatten();
        let (bytes, ending) =
            fitted.ok_or_else(|| Error::Invalid(vec![Problem::new("content", "draft.bad_picture")]))?;
        let url = live.client.media().upload_image(&format!("picture.{ending}"), bytes).await?;
        const KEEP: &str = "INSERT INTO article_pictures (account_id, digest, url) VALUES ($1, $2, $3) \
                            ON CONFLICT (account_id, digest) DO NOTHING";
        self.db.execute(KEEP, [account.into(), digest.into(), url.as_str().into()]).await?;
        Ok(url)
    }
}

/// The picture as WeChat takes it inside an article: JPEG or PNG below 1 MB; none when it cannot be made so.
fn fit(bytes: Vec<u8>) -> Option<(Vec<u8>, &'static str)> {
    let found = sniff(&bytes);
    let fits = matches!(found, MediaType::Picture("image/png" | "image/jpeg"));
    if fits && bytes.len() <= LARGEST {
        return Some((bytes, found.ending()));
    }
    let mut reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let picture = reader.decode().ok()?;
    SIDES.into_iter().find_map(|side| {
        let smaller = if picture.width().max(picture.height()) > side {
            picture.resize(side, side, FilterType::Triangle)
        } else {
            picture.clone()
        };
        let mut jpeg = Vec::new();
        let flat = flat(&smaller.to_rgba8());
        JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&flat).ok()?;
        (jpeg.len() <= LARGEST).then_some((jpeg, "jpg"))
    })
}

/// Transparent parts are white.
fn flat(picture: &image::RgbaImage) -> image::RgbImage {
    let mut flat = image::RgbImage::new(picture.width(), picture.height());
    for (to, from) in flat.pixels_mut().zip(picture.pixels()) {
        let [r, g, b, a] = from.0.map(u16::from);
        to.0 = [r, g, b].map(|channel| ((channel * a + 255 * (255 - a)) / 255) as u8);
    }
    flat
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, RgbaImage};

    use super::*;

    #[test]
    fn a_small_one_stays_and_a_large_one_is_made_to_fit() {
        let mut small = Cursor::new(Vec::new());
        RgbaImage::new(40, 30).write_to(&mut small, ImageFormat::Png).unwrap();
        let small = small.into_inner();
        assert_eq!(fit(small.clone()), Some((small, "png")));
        // Noise, which no format makes small.
        let mut state = 7_u32;
        let noise = RgbaImage::from_fn(1_200, 1_200, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [a, b, c, _] = state.to_be_bytes();
            image::Rgba([a, b, c, 255])
        });
        let mut large = Cursor::new(Vec::new());
        noise.write_to(&mut large, ImageFormat::Png).unwrap();
        let (fitted, ending) = fit(large.into_inner()).unwrap();
        assert!(fitted.len() <= LARGEST && ending == "jpg");
        assert_eq!(fit(b"GIF89a rubbish".to_vec()), None);
    }
}
