//! Users' pictures: head and shoulders on the phone's colour.

use crate::samples::{chunk, stored};

/// Pixels of a side, the smallest size that WeChat offers but 0 (which is 640).
const SIDE: u32 = 132;

/// A valid PNG on a colour written as `#rrggbb`.
pub(crate) fn png(color: &str) -> Vec<u8> {
    let part = |at: usize| color.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(0x80);
    let ground = [part(1), part(3), part(5)];
    let figure = ground.map(|channel| channel + (255 - channel) / 4 * 3);
    let mut rows = Vec::with_capacity(((SIDE + 1) * SIDE) as usize);
    for y in 0..SIDE {
        rows.push(0);
        rows.extend((0..SIDE).map(|x| u8::from(is_figure(f64::from(x), f64::from(y)))));
    }
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [SIDE.to_be_bytes(), SIDE.to_be_bytes()].concat();
    header.extend([8, 3, 0, 0, 0]);
    chunk(&mut png, b"IHDR", &header);
    chunk(&mut png, b"PLTE", &[ground, figure].concat());
    chunk(&mut png, b"IDAT", &stored(&rows));
    chunk(&mut png, b"IEND", &[]);
    png
}

fn is_figure(x: f64, y: f64) -> bool {
    let centre = f64::from(SIDE) / 2.0;
    let head = (x - centre).hypot(y - 52.0) < 24.0;
    let shoulders = ((x - centre) / 46.0).hypot((y - 132.0) / 46.0) < 1.0;
    head || shoulders
}
