use std::io::Cursor;

use image::{
    DynamicImage, Frame, GenericImageView, ImageFormat, Rgb, RgbImage, RgbaImage,
    codecs::{gif::GifEncoder, jpeg::JpegEncoder},
};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;

use super::*;
use crate::test_database::TestDatabase;

struct World {
    uploads: Uploads,
    database: TestDatabase,
    folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let (database, folder) = (TestDatabase::new().await, tempfile::tempdir().unwrap());
        let uploads = Uploads::new(database.db.clone(), folder.path().join("uploads")).unwrap();
        Self { uploads, database, folder }
    }

    /// The key of the problem; empty when the file was taken.
    async fn refusal(&self, wanted: Wanted, name: &str, bytes: impl Into<Vec<u8>>) -> &'static str {
        match self.uploads.take(wanted, name, bytes.into(), None).await {
            Ok(_) => "",
            Err(Error::Invalid(problems)) => problems[0].key,
            Err(error) => panic!("{error}"),
        }
    }

    async fn stored(&self, upload: &Upload, thumb: bool) -> Vec<u8> {
        let (mut file, length) = self.uploads.open(upload, thumb).await.unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).await.unwrap();
        assert_eq!(bytes.len() as u64, length);
        bytes
    }

    fn files(&self) -> usize {
        fn count(folder: &std::path::Path) -> usize {
            let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
            entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
        }
        count(self.folder.path())
    }

    async fn rows(&self) -> i64 {
        let on = self.database.db.read();
        let row = on.query_one_raw(statement(on, "SELECT COUNT(*) FROM uploads", [])).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }
}

/// Red at the left, blue at the right.
fn two_halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([250, 0, 0]) } else { Rgb([0, 0, 250]) })
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 95).encode_image(&two_halves(width, height)).unwrap();
    file
}

/// A photograph taken with the camera on its side, with a place in it and a small picture of itself.
fn photograph() -> Vec<u8> {
    let mut exif =
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0GPS 30.2741N 120.1551E".to_vec();
    exif.extend(jpeg(8, 8));
    let mut file = vec![0xFF, 0xD8, 0xFF, 0xE1];
    file.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    file.extend(exif);
    file.extend(&jpeg(40, 20)[2..]);
    file
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_photograph_stands_upright_and_does_not_say_where_it_was_taken() {
    let world = World::new().await;
    assert!(contains(&photograph(), b"GPS 30.2741N"));
    let upload = world.uploads.take(Wanted::Picture, "西湖.JPG", photograph(), Some(7)).await.unwrap();
    assert_eq!((upload.size, upload.media_type.as_str(), upload.is_picture), (Some((20, 40)), "image/jpeg", true));
    assert_eq!((upload.name.as_str(), upload.attached), ("西湖.JPG", false));
    assert_eq!(world.uploads.find(&upload.key).await.unwrap(), upload);
    for thumb in [false, true] {
        let bytes = world.stored(&upload, thumb).await;
        assert!(!contains(&bytes, b"Exif") && !contains(&bytes, b"GPS"));
        let picture = image::load_from_memory(&bytes).unwrap();
        // Turned by a quarter to the right: what was at the left is above.
        let ([top, ..], [.., bottom, _]) = (picture.get_pixel(10, 5).0, picture.get_pixel(10, 35).0);
        assert!(top > 200 && bottom > 200, "{top} {bottom}");
    }
}

#[tokio::test]
async fn nothing_hidden_in_a_picture_survives() {
    let world = World::new().await;
    let script = b"<html><script>alert(document.domain)</script></html>";
    let behind = |mut file: Vec<u8>| {
        file.extend(script);
        file
    };
    // A comment of the JPEG, right at its beginning.
    let mut comment = vec![0xFF, 0xD8, 0xFF, 0xFE, 0, u8::try_from(script.len() + 2).unwrap()];
    comment.extend(script);
    comment.extend(&jpeg(20, 20)[2..]);
    for (name, file) in [
        ("a.png", behind(encoded(two_halves(20, 20), ImageFormat::Png))),
        ("a.jpg", behind(jpeg(20, 20))),
        ("b.jpg", comment),
        ("a.gif", behind(encoded(two_halves(20, 20), ImageFormat::Gif))),
    ] {
        assert!(contains(&file, b"<script>"));
        let upload = world.uploads.take(Wanted::Picture, name, file, None).await.unwrap();
        assert!(!contains(&world.stored(&upload, false).await, b"<script>"), "{name}");
        assert!(!contains(&world.stored(&upload, true).await, b"<script>"), "{name}");
    }
}

#[tokio::test]
async fn each_kind_of_picture_is_made_anew() {
    let world = World::new().await;
    let mut moving = Vec::new();
    let frames =
        [two_halves(30, 30), RgbImage::new(30, 30)].map(|frame| Frame::new(DynamicImage::from(frame).into_rgba8()));
    GifEncoder::new(&mut moving).encode_frames(frames).unwrap();
    let clear = || RgbaImage::from_fn(30, 30, |x, _| image::Rgba([0, 200, 0, if x < 15 { 0 } else { 255 }]));
    for (name, file, media_type) in [
        ("a.jpg", jpeg(30, 30), "image/jpeg"),
        ("a.png", encoded(two_halves(30, 30), ImageFormat::Png), "image/png"),
        ("clear.png", encoded(clear(), ImageFormat::Png), "image/png"),
        ("a.gif", moving, "image/png"),
        ("a.webp", encoded(two_halves(30, 30), ImageFormat::WebP), "image/jpeg"),
        ("clear.webp", encoded(clear(), ImageFormat::WebP), "image/png"),
        ("deep.png", encoded(DynamicImage::from(two_halves(30, 30)).into_rgb16(), ImageFormat::Png), "image/png"),
        ("grey.jpg", encoded(DynamicImage::from(two_halves(30, 30)).into_luma8(), ImageFormat::Jpeg), "image/jpeg"),
        // A name that says another kind of picture is a common slip, and no danger.
        ("really_a_jpeg.png", jpeg(30, 30), "image/jpeg"),
        ("without ending", jpeg(30, 30), "image/jpeg"),
    ] {
        let upload = world.uploads.take(Wanted::Picture, name, file, None).await.unwrap();
        assert_eq!((upload.media_type.as_str(), upload.size), (media_type, Some((30, 30))), "{name}");
        let picture = image::load_from_memory(&world.stored(&upload, false).await).unwrap();
        assert_eq!(picture.color().has_alpha(), name.starts_with("clear"), "{name}");
        if name == "a.gif" {
            assert_eq!(picture.get_pixel(2, 2).0[0], 250, "the first frame");
        }
    }
}

#[tokio::test]
async fn a_large_picture_has_a_small_version() {
    let world = World::new().await;
    let take = |width, height| world.uploads.take(Wanted::Picture, "a.jpg", jpeg(width, height), None);
    let upload = take(1000, 500).await.unwrap();
    let small = image::load_from_memory(&world.stored(&upload, true).await).unwrap();
    assert_eq!((upload.size, small.dimensions()), (Some((1000, 500)), (320, 160)));
    let upload = take(100, 50).await.unwrap();
    let small = image::load_from_memory(&world.stored(&upload, true).await).unwrap();
    assert_eq!(small.dimensions(), (100, 50), "nothing is blown up");
    assert_eq!(take(5000, 10).await.unwrap().size, Some((4096, 8)));
}

/// A valid PNG of `side` × `side` black pixels, its rows packed as tightly as deflate can.
fn bomb(side: u32) -> Vec<u8> {
    let length = u64::from(side) * (u64::from(side) + 1);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [side.to_be_bytes(), side.to_be_bytes()].concat();
    header.extend([8, 0, 0, 0, 0]);
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", &zeros(length));
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    let table: Vec<u32> = (0..256_u32)
        .map(|byte| (0..8).fold(byte, |crc, _| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 }))
        .collect();
    let step = |crc: u32, byte: &u8| table[((crc ^ u32::from(*byte)) & 0xFF) as usize] ^ (crc >> 8);
    let crc = !name.iter().chain(data).fold(u32::MAX, step);
    file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
    file.extend(name);
    file.extend(data);
    file.extend(crc.to_be_bytes());
}

/// `length` zero bytes in zlib's form: one zero, and then "the same 258 times" over and over.
fn zeros(length: u64) -> Vec<u8> {
    let (mut out, mut held, mut bits) = (vec![0x78, 0x01], 0_u64, 0);
    // Codes of Huffman begin with their highest bit, everything else with its lowest.
    let mut push = |out: &mut Vec<u8>, value: u64, count: u32| {
        held |= value << bits;
        bits += count;
        while bits >= 8 {
            out.push((held & 0xFF) as u8);
            held >>= 8;
            bits -= 8;
        }
    };
    let zero = u64::from(0b0011_0000_u8.reverse_bits());
    push(&mut out, 0b011, 3);
    let repeated = (length - 1) / 258;
    (0..length - repeated * 258).for_each(|_| push(&mut out, zero, 8));
    (0..repeated).for_each(|_| push(&mut out, u64::from(0b1100_0101_u8.reverse_bits()), 13));
    push(&mut out, 0, 7);
    push(&mut out, 0, 7);
    let sum = u32::try_from(length % 65_521).unwrap() << 16 | 1;
    out.extend(sum.to_be_bytes());
    out
}

#[tokio::test]
async fn a_picture_of_a_hundred_megapixels_is_refused_by_its_header() {
    let world = World::new().await;
    // The same picture, smaller, is a good one.
    assert_eq!(world.refusal(Wanted::Picture, "a.png", bomb(300)).await, "");
    let bomb = bomb(10_000);
    assert!(bomb.len() < PICTURE_BYTES / 10, "{} bytes", bomb.len());
    // Not a pixel of it is needed to know.
    assert_eq!(picture::pixels(&bomb[..64], ImageFormat::Png), Err(Refusal::TooManyPixels));
    assert_eq!(world.refusal(Wanted::Picture, "a.png", bomb).await, "uploads.too_many_pixels");
    let huge_gif = b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff\xff\xff\0\x02\x02L\x01\0;";
    assert_eq!(world.refusal(Wanted::Picture, "a.gif", huge_gif).await, "uploads.too_many_pixels");
    assert_eq!((world.files(), world.rows().await), (2, 1));
}

#[tokio::test]
async fn a_picture_that_did_not_arrive_whole_is_refused() {
    let world = World::new().await;
    let noise = RgbImage::from_fn(200, 200, |x, y| Rgb([(x * 7 + y * 13) as u8, (x * y) as u8, (x ^ y) as u8]));
    for (name, file) in [
        ("a.jpg", encoded(noise.clone(), ImageFormat::Jpeg)),
        ("photo.jpg", photograph()),
        ("a.png", encoded(noise.clone(), ImageFormat::Png)),
        ("a.gif", encoded(noise.clone(), ImageFormat::Gif)),
        ("a.webp", encoded(noise, ImageFormat::WebP)),
    ] {
        assert_eq!(world.refusal(Wanted::Picture, name, file.clone()).await, "");
        for part in [file.len() * 9 / 10, file.len() / 2, 40, 12] {
            assert_eq!(world.refusal(Wanted::Picture, name, &file[..part]).await, "uploads.broken", "{name} {part}");
        }
    }
}

/// A ZIP file of empty parts.
fn zip(names: &[&str]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for name in names {
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        directory.extend(b"PK\x01\x02");
        directory.extend([0; 24]);
        directory.extend(length);
        directory.extend([0; 12]);
        directory.extend(u32::try_from(file.len()).unwrap().to_le_bytes());
        directory.extend(name.as_bytes());
        file.extend(b"PK\x03\x04");
        file.extend([0; 22]);
        file.extend(length);
        file.extend([0; 2]);
        file.extend(name.as_bytes());
    }
    let start = u32::try_from(file.len()).unwrap();
    let count = u16::try_from(names.len()).unwrap().to_le_bytes();
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend([count, count].concat());
    file.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0; 2]);
    file
}

#[tokio::test]
async fn files_are_what_they_contain_and_what_their_names_say() {
    let world = World::new().await;
    let word = zip(&["[Content_Types].xml", "word/document.xml"]);
    let sheet = zip(&["[Content_Types].xml", "xl/workbook.xml"]);
    let macros = zip(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]);
    let mp4 = b"\0\0\0\x18ftypisom\0\0\0\0".to_vec();
    for (name, file, media_type) in [
        ("a.pdf", b"%PDF-1.7 ...".to_vec(), "application/pdf"),
        ("a.docx", word.clone(), file::media_type(&word, "docx").unwrap()),
        ("a.xlsx", sheet.clone(), file::media_type(&sheet, "xlsx").unwrap()),
        ("a.txt", "\u{feff}说明\r\n1 < 2".into(), "text/plain"),
        ("a.csv", "名称,价格\n龙井,12.5\n".into(), "text/csv"),
        ("a.mp3", b"ID3\x03\0".to_vec(), "audio/mpeg"),
        ("a.amr", b"#!AMR\n\x7c".to_vec(), "audio/amr"),
        ("a.MP4", mp4.clone(), "video/mp4"),
    ] {
        let upload = world.uploads.take(Wanted::Any, name, file.clone(), None).await.unwrap();
        assert_eq!((upload.media_type.as_str(), upload.is_picture, upload.size), (media_type, false, None), "{name}");
        assert_eq!(world.stored(&upload, false).await, file);
        assert!(matches!(world.uploads.open(&upload, true).await, Err(Error::NotFound)));
        assert_eq!(world.refusal(Wanted::Picture, name, file).await, "uploads.no_picture", "{name}");
    }
    for (name, file, key) in [
        ("a.xlsx", word, "uploads.mismatch"),
        ("a.zip", sheet, "uploads.mismatch"),
        ("a.docx", macros, "uploads.wrong_kind"),
        ("a.docx", zip(&["evil.exe"]), "uploads.wrong_kind"),
        ("a.docx", b"PK\x03\x04 and nothing else".to_vec(), "uploads.wrong_kind"),
        ("a.png", b"%PDF-1.7".to_vec(), "uploads.mismatch"),
        ("a.pdf", mp4, "uploads.mismatch"),
        ("a.pdf", jpeg(9, 9), "uploads.mismatch"),
        ("a.html", jpeg(9, 9), "uploads.mismatch"),
        ("a.exe", b"MZ\x90\0\x03".to_vec(), "uploads.wrong_kind"),
        ("a.js", b"alert(1)".to_vec(), "uploads.mismatch"),
        ("a.html", b"no markup at all".to_vec(), "uploads.mismatch"),
        ("a", b"a text without an ending".to_vec(), "uploads.mismatch"),
        ("a.txt", b"nul \0".to_vec(), "uploads.wrong_kind"),
        ("a.txt", vec![0xB2, 0xE8], "uploads.wrong_kind"),
        ("a.jpg", b"\0\0\0\x18ftypheic\0\0\0\0".to_vec(), "uploads.heic"),
        ("a.mp4", b"\0\0\0\x18ftypavif\0\0\0\0".to_vec(), "uploads.heic"),
        ("a.txt", Vec::new(), "uploads.empty"),
    ] {
        assert_eq!(world.refusal(Wanted::Any, name, file).await, key, "{name}");
    }
}

#[tokio::test]
async fn markup_is_refused_whatever_it_is_called() {
    let world = World::new().await;
    for markup in [
        "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"><script>alert(1)</script></svg>",
        "<?xml version=\"1.0\"?><svg onload=\"alert(1)\"/>",
        "<!doctype html><script>alert(1)</script>",
        "\u{feff}\n  <html><body onload=alert(1)>",
        "<!-- GIF89a --><script>alert(1)</script>",
    ] {
        for name in ["a.svg", "a.png", "a.jpg", "a.html", "a.txt", "a.csv", "a.pdf", "a.svg.png"] {
            assert_eq!(world.refusal(Wanted::Any, name, markup).await, "uploads.wrong_kind", "{name} {markup}");
            assert_eq!(world.refusal(Wanted::Picture, name, markup).await, "uploads.no_picture", "{name} {markup}");
        }
    }
    // The mark of a picture alone makes none.
    let lies = [("GIF89a", "uploads.too_many_pixels"), ("\u{89}PNG\r\n\u{1a}\n", "uploads.broken")];
    for (start, key) in lies {
        let lie: Vec<u8> = start.chars().map(|c| c as u8).chain(*b"/*<script>alert(1)</script>*/").collect();
        assert_eq!(world.refusal(Wanted::Any, "a.gif", lie).await, key);
    }
    assert_eq!((world.files(), world.rows().await), (0, 0));
}

#[tokio::test]
async fn a_file_is_not_endless() {
    let world = World::new().await;
    let mut file = jpeg(9, 9);
    file.resize(PICTURE_BYTES + 1, 0);
    assert_eq!(world.refusal(Wanted::Any, "a.jpg", file).await, "uploads.too_large");
    assert_eq!(world.refusal(Wanted::Any, "a.txt", vec![b'a'; FILE_BYTES + 1]).await, "uploads.too_large");
    assert_eq!(world.refusal(Wanted::Any, "a.txt", vec![b'a'; FILE_BYTES]).await, "");
}

#[test]
fn names_are_cleaned() {
    for (given, expected) in [
        ("茶.jpg", "茶.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\li\\照片.PNG", "照片.PNG"),
        ("..", "file"),
        ("", "file"),
        (".png", "png"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
        ("photo\u{202e}gpj.exe", "photogpj.exe"),
        ("a\"b<c>.pdf", "a_b_c_.pdf"),
        (" a . txt ", "a . txt"),
    ] {
        assert_eq!(name::clean(given), expected, "{given:?}");
    }
    let long = name::clean(&format!("{}.pdf", "长".repeat(500)));
    assert!(long.chars().count() == 120 && long.ends_with(".pdf"));
    assert_eq!(name::clean(&name::clean(&long)), long);
}

#[tokio::test]
async fn no_path_leads_out_of_the_folder() {
    let world = World::new().await;
    let upload = world.uploads.take(Wanted::Any, "../../../evil.txt", b"a".to_vec(), None).await.unwrap();
    assert_eq!(upload.name, "evil.txt");
    assert_eq!((world.files(), upload.key.len()), (1, 32));
    for key in ["../../etc/passwd", "", "ab", &"A".repeat(32), &format!("{}/../x", "a".repeat(27))] {
        assert!(matches!(world.uploads.find(key).await, Err(Error::NotFound)), "{key}");
        let forged = Upload { key: key.to_owned(), ..upload.clone() };
        assert!(matches!(world.uploads.open(&forged, false).await, Err(Error::NotFound)), "{key}");
    }
}

#[tokio::test]
async fn two_at_once_are_two() {
    let world = World::new().await;
    let take = || world.uploads.take(Wanted::Picture, "a.jpg", jpeg(600, 400), Some(1));
    let (a, b, c) = tokio::join!(take(), take(), take());
    let all = [a.unwrap(), b.unwrap(), c.unwrap()];
    assert!(all[0].key != all[1].key && all[1].key != all[2].key && all[0].key != all[2].key);
    for upload in &all {
        assert_eq!(world.stored(upload, false).await.len() as i64, upload.bytes);
    }
    assert_eq!(world.uploads.megapixels.available_permits(), MEGAPIXELS as usize, "all is given back");
    let keys = [all[2].key.clone(), "0".repeat(32), all[0].key.clone()];
    assert_eq!(find_all(&world.database.db, &keys).await.unwrap(), [all[2].clone(), all[0].clone()]);
}

#[tokio::test]
async fn what_cannot_be_stored_leaves_no_row() {
    let world = World::new().await;
    std::fs::remove_dir_all(world.folder.path().join("uploads/incoming")).unwrap();
    let refused = world.uploads.take(Wanted::Any, "a.txt", b"a".to_vec(), None).await;
    assert!(matches!(refused, Err(Error::Io(_))));
    assert_eq!((world.rows().await, world.files()), (0, 0));
}

#[tokio::test]
async fn what_no_record_takes_in_a_day_is_removed() {
    let world = World::new().await;
    let take = || world.uploads.take(Wanted::Picture, "a.jpg", jpeg(9, 9), None);
    let (loose, kept) = (take().await.unwrap(), take().await.unwrap());
    let tx = world.database.db.begin_write().await.unwrap();
    attach(&*tx, &[&kept.key]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.uploads.tidy(now_ms()).await.unwrap(), 0);
    assert_eq!(world.files(), 4);
    assert_eq!(world.uploads.tidy(now_ms() + WAITS + 1).await.unwrap(), 1);
    assert!(matches!(world.uploads.find(&loose.key).await, Err(Error::NotFound)));
    assert!(world.uploads.find(&kept.key).await.unwrap().attached);
    assert_eq!(world.files(), 2);
    // In small steps.
    for _ in 0..STEP + 3 {
        world.uploads.take(Wanted::Any, "a.txt", b"a".to_vec(), None).await.unwrap();
    }
    assert_eq!(world.uploads.tidy(now_ms() + WAITS + 1).await.unwrap(), STEP);
    assert_eq!(world.uploads.tidy(now_ms() + WAITS + 1).await.unwrap(), 3);
}
