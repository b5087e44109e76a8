//! Reading pictures.

#![allow(deprecated, reason = "what is retired still answers")]

use puzi_wechat::client::Picture;

use crate::story::{Story, refused};

/// The header of a PNG; nothing reads further.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x90\0\0\x01\x2c\x08\x02\0\0\0";

fn file() -> Picture {
    Picture::file("a.png", PNG.to_vec())
}

fn url() -> Picture {
    Picture::url("https://example.com/a.jpg")
}

/// An address that leads to no picture.
fn gone() -> Picture {
    Picture::url("https://example.com/sandbox/media/gone")
}

#[tokio::test]
async fn ocr() {
    let story = Story::of("ocr", 0).await;
    let ocr = story.wechat.ocr();
    for picture in [file, url] {
        ocr.id_card(picture()).await.unwrap();
        ocr.bank_card(picture()).await.unwrap();
        ocr.vehicle_license(picture()).await.unwrap();
        ocr.driving_license(picture()).await.unwrap();
        ocr.business_license(picture()).await.unwrap();
        ocr.print(picture()).await.unwrap();
        ocr.plate(picture()).await.unwrap();
        ocr.menu(picture()).await.unwrap();
        ocr.codes(picture()).await.unwrap();
        ocr.crop(picture(), Some("1,2.35")).await.unwrap();
        ocr.enlarge(picture()).await.unwrap();
    }
    refused(ocr.id_card(gone()).await, 101_000);
    refused(ocr.bank_card(gone()).await, 101_000);
    refused(ocr.vehicle_license(gone()).await, 101_000);
    refused(ocr.driving_license(gone()).await, 101_000);
    refused(ocr.business_license(gone()).await, 101_000);
    refused(ocr.print(gone()).await, 101_000);
    refused(ocr.plate(gone()).await, 101_000);
    refused(ocr.menu(gone()).await, 101_000);
    refused(ocr.codes(gone()).await, 101_000);
    refused(ocr.crop(gone(), None).await, 101_000);
    refused(ocr.enlarge(gone()).await, 101_000);
    story.end();
}
